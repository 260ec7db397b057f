"""The exponential law of soft tissue (Gasser, Ogden & Holzapfel 2006, 10.1098/rsif.2005.0073).

``ψ = k1/(2 k2) (exp(k2 E²) − 1)``, ``E = λ² − 1``. With a structure tensor in place of single
directions this is their model of dispersed fibres. They let compressed fibres vanish; here a
stated small share is left, reached smoothly, so that the tangent is continuous at rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.materials.fibres.law import FibreResponse, buckled
from solver.materials.tensors import FloatArray

CAP = 20.0  # k2 E² beyond which the tangent is continued as a constant: a factor of 5e8
COMPRESSIVE_SHARE = 0.01  # stiffness left under compression [assumption: small, not zero]


@dataclass(frozen=True)
class Exponential:
    """A fibre that stiffens exponentially under tension.

    Parameters
    ----------
    k1
        kPa; the tangent at rest is 4 k1.
    k2
        Dimensionless, positive.
    compressive
        Share of the tangent at rest that is left under compression.
    buckling_strain
        Compressive strain around which the rest is lost.

    Raises
    ------
    ValueError
        If a number is not positive, or the share above 1.
    """

    k1: float
    k2: float
    compressive: float = COMPRESSIVE_SHARE
    buckling_strain: float = 0.005

    def __post_init__(self) -> None:
        for name in ("k1", "k2", "compressive", "buckling_strain"):
            value = getattr(self, name)
            if not value > 0.0:
                raise ValueError(f"exponential fibre: expected {name} > 0, found {value:g}")
        if self.compressive > 1.0:
            raise ValueError(
                f"exponential fibre: expected compressive <= 1, found {self.compressive:g}"
            )

    def __call__(self, stretch: FloatArray) -> FibreResponse:
        """Energy, force and tangent at each stretch; kPa per unit of network weight."""
        stretch = np.asarray(stretch, dtype=float)
        k1, k2 = self.k1, self.k2
        end = np.sqrt(1.0 + np.sqrt(CAP / k2))  # the stretch at which k2 E² = CAP
        pulled = np.clip(stretch, 1.0, end)
        over = np.maximum(stretch - end, 0.0)
        e = pulled**2 - 1.0
        rise = np.exp(k2 * e * e)
        force = 2.0 * k1 * pulled * e * rise
        tangent = k1 * rise * (4.0 * pulled**2 * (1.0 + 2.0 * k2 * e * e) + 2.0 * e)
        energy = 0.5 * k1 / k2 * np.expm1(k2 * e * e) + over * (force + 0.5 * over * tangent)
        force = force + over * tangent
        push = buckled(np.minimum(stretch - 1.0, 0.0), self.compressive, self.buckling_strain)
        rest = 4.0 * k1
        return FibreResponse(
            energy + rest * push.energy,
            force + rest * push.force,
            np.where(stretch < 1.0, rest * push.tangent, tangent),
        )
