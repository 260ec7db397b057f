"""Fibres that align under tension (Wang & Shenoy 2014, 10.1016/j.bpj.2014.09.044).

The fibres act on the principal stretches λ_a: ``Ψ = Σ_a f(λ_a)`` with ``f' = 0`` below λ1,
``E_f ((λ − λ1)/(λ2 − λ1))^n (λ − λ1)/(n + 1)`` up to λ2, then
``E_f [(λ2 − λ1)/(n + 1) + ((1 + λ − λ2)^{m+1} − 1)/(m + 1)]``; λ1, λ2 = λ_c ∓ width/2.
At rest they carry nothing: the isotropic base of the network (in the same paper) does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.materials.fibres.law import FibreResponse
from solver.materials.tensors import FloatArray

# E_f over the confined modulus of the isotropic base (10.1016/j.bpj.2014.09.044)
STIFFNESS_RATIO = 50.0
CAP = 1.0  # stretch beyond λ2 from which the tangent is continued as a constant (2^30 at m = 30)


@dataclass(frozen=True)
class TensionAligned:
    """A law of the principal stretches, for isotropic gels only.

    Parameters
    ----------
    modulus
        E_f, kPa.
    critical_stretch, exponent, hardening
        λ_c, n and m.
    width
        Transition width in stretch, at most 2 (λ_c − 1) so that the reference state carries no
        stress [assumption: the largest]. ``None``: that.

    Raises
    ------
    ValueError
        If a number lies outside its range.
    """

    modulus: float
    critical_stretch: float = 1.02
    exponent: float = 5.0
    hardening: float = 30.0
    width: float | None = None

    def __post_init__(self) -> None:
        if not (self.modulus > 0.0 and self.exponent >= 1.0 and self.hardening >= 0.0):
            raise ValueError(
                f"tension-aligned fibres: expected modulus > 0, exponent >= 1, hardening >= 0, "
                f"found {self.modulus:g}, {self.exponent:g}, {self.hardening:g}"
            )
        widest = 2.0 * (self.critical_stretch - 1.0)
        if not (widest > 0.0 and 0.0 < self.transition <= widest * (1 + 1e-12)):
            raise ValueError(
                f"tension-aligned fibres: expected critical_stretch > 1 and 0 < width <= "
                f"2 (critical_stretch - 1), found {self.critical_stretch:g}, {self.transition:g}"
            )

    @property
    def transition(self) -> float:
        """Width in stretch of the transition."""
        return 2.0 * (self.critical_stretch - 1.0) if self.width is None else self.width

    def __call__(self, stretch: FloatArray) -> FibreResponse:
        """Energy, force and tangent at each principal stretch, kPa per unit of weight."""
        stretch = np.asarray(stretch, dtype=float)
        n, m, width = self.exponent, self.hardening, self.transition
        start = self.critical_stretch - 0.5 * width
        t = np.clip((stretch - start) / width, 0.0, 1.0)
        v = np.clip(stretch - start - width, 0.0, CAP)
        over = np.maximum(stretch - start - width - CAP, 0.0)
        risen = t**n
        hard = (1.0 + v) ** m
        slope = ((1.0 + v) * hard - 1.0) / (m + 1.0)
        tangent = risen * hard
        force = width * t * risen / (n + 1.0) + slope
        energy = (
            width**2 * t * t * risen / ((n + 1.0) * (n + 2.0))
            + width * v / (n + 1.0)
            + (((1.0 + v) ** 2 * hard - 1.0) / (m + 2.0) - v) / (m + 1.0)
            + over * (force + 0.5 * over * tangent)
        )
        e = self.modulus
        return FibreResponse(e * energy, e * (force + over * tangent), e * tangent)
