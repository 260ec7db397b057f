"""The semi-affine law of collagen gels (Steinwachs et al. 2016, 10.1038/nmeth.3685).

With s = λ − 1: ``w'' = k e^{s/d0}`` for s < 0 (buckling), ``k`` up to λ_s, then
``k e^{(s − λ_s)/ds}`` (stiffening). The network's energy is ``⟨w⟩`` over its directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.materials.fibres.law import FibreResponse
from solver.materials.tensors import FloatArray

# Growth of the tangent, in e-folds, after which it is continued as a constant. 20 e-folds are a
# factor of 5e8; with the published ds this is a stretch of 1.67, where no collagen is whole.
CAP = 20.0


@dataclass(frozen=True)
class SemiAffine:
    """A fibre that buckles at once, is linear for a while, and stiffens exponentially.

    Parameters
    ----------
    stiffness
        k, kPa.
    buckling, linear_range, stiffening
        d0, λ_s and ds, strains; the defaults are those of collagen I (10.1038/nmeth.3685).

    Raises
    ------
    ValueError
        If a number is not positive (λ_s may be 0).
    """

    stiffness: float
    buckling: float = 0.0008
    linear_range: float = 0.0075
    stiffening: float = 0.033

    def __post_init__(self) -> None:
        for name in ("stiffness", "buckling", "stiffening"):
            value = getattr(self, name)
            if not value > 0.0:
                raise ValueError(f"semi-affine fibre: expected {name} > 0, found {value:g}")
        if not self.linear_range >= 0.0:
            raise ValueError(
                f"semi-affine fibre: expected linear_range >= 0, found {self.linear_range:g}"
            )

    def __call__(self, stretch: FloatArray) -> FibreResponse:
        """Energy, force and tangent at each stretch; kPa per unit of network weight."""
        s = np.asarray(stretch, dtype=float) - 1.0
        d0, ds, edge = self.buckling, self.stiffening, self.linear_range
        # one exponential for both branches: at most one of the two exponents is not zero
        push = np.minimum(s, 0.0)
        pull = np.maximum(s - edge, 0.0)
        capped = np.minimum(pull, CAP * ds)
        grown = np.expm1(push / d0 + capped / ds)
        low = np.where(s < 0.0, grown, 0.0)
        high = np.where(s > edge, grown, 0.0)
        middle = np.clip(s, 0.0, edge)
        over = pull - capped
        tangent = 1.0 + grown
        force = middle + d0 * low + ds * high + over * tangent
        energy = (
            0.5 * middle**2
            + edge * pull
            + d0 * (d0 * low - push)
            + ds * (ds * high - capped)
            + over * (ds * high + 0.5 * over * tangent)
        )
        k = self.stiffness
        return FibreResponse(k * energy, k * force, k * tangent)
