"""The default law: a crimped fibre, held by the gel, that straightens, and buckles under push.

``ψ'' = E [η (β + (1 − β) r₁(λ)) + (1 − η) r₂(λ)]``: η of the straight fibre's stiffness is there
from the start (the crimp formula, held by the matrix), the rest is recruited around the locking
stretch λ_s by the smooth step r₂, and below the buckling strain only β is left (step r₁). Both
steps leave λ = 1 alone: ψ''(1) = η E exactly, so the linear stage is the limit of this law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.materials.fibres.law import FibreResponse, buckled, smooth_step
from solver.materials.tensors import FloatArray

BUCKLING_SHARE = 0.1  # β, stiffness left in a buckled fibre [assumption]
# Width over which a wavy fibre is recruited, as a share of the widest that leaves λ = 1 alone,
# 2 (λ_s − 1) [assumption: fibres of one gel do not all have the same waves]
RECRUITMENT_SHARE = 0.5


def recruitment_width(locking_stretch: float) -> float:
    """Width in stretch of the recruitment around λ_s [assumption]."""
    return RECRUITMENT_SHARE * 2.0 * (locking_stretch - 1.0)


@dataclass(frozen=True)
class Crimped:
    """A crimped fibre.

    Parameters
    ----------
    modulus
        E of the straight fibre, kPa.
    held
        η, share of it that the crimped fibre has at small strain, 0 < η ≤ 1.
    locking_stretch
        λ_s at which the fibre is straight, from 1.
    width
        Recruitment width in stretch around λ_s, at most 2 (λ_s − 1).
    buckling
        β, share left under compression, 0 < β ≤ 1.
    buckling_strain
        Compressive strain at which the fibre buckles, positive.

    Raises
    ------
    ValueError
        If a number lies outside its range.
    """

    modulus: float
    held: float = 1.0
    locking_stretch: float = 1.0
    width: float = 0.0
    buckling: float = BUCKLING_SHARE
    buckling_strain: float = 0.005

    def __post_init__(self) -> None:
        widest = 2.0 * (self.locking_stretch - 1.0)
        for name, value, fits in (
            ("modulus > 0", self.modulus, self.modulus > 0.0),
            ("0 < held <= 1", self.held, 0.0 < self.held <= 1.0),
            ("locking_stretch >= 1", self.locking_stretch, self.locking_stretch >= 1.0),
            (f"0 <= width <= {widest:.4g}", self.width, 0.0 <= self.width <= widest * (1 + 1e-12)),
            ("0 < buckling <= 1", self.buckling, 0.0 < self.buckling <= 1.0),
            ("buckling_strain > 0", self.buckling_strain, self.buckling_strain > 0.0),
        ):
            if not fits:
                raise ValueError(f"crimped fibre: expected {name}, found {value:g}")

    def __call__(self, stretch: FloatArray) -> FibreResponse:
        """Energy, force and tangent at each stretch; kPa per unit of network weight."""
        strain = np.asarray(stretch, dtype=float) - 1.0
        answer = buckled(strain, self.buckling, self.buckling_strain)
        scale = self.modulus * self.held
        if self.held == 1.0:
            return FibreResponse(*(scale * a for a in answer))
        start = self.locking_stretch - 1.0 - 0.5 * self.width
        late = smooth_step(strain, start, self.width)
        rest = self.modulus * (1.0 - self.held)
        return FibreResponse(*(scale * a + rest * b for a, b in zip(answer, late, strict=True)))
