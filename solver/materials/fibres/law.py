"""What a law of one fibre answers, and the smooth steps such laws are made of.

A law gives the energy of a fibre against its stretch λ (1 at rest). Energies are per unit of the
weight with which the network enters (its volume fraction, usually), in kPa.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from solver.materials.tensors import FloatArray


class FibreResponse(NamedTuple):
    """A fibre's answer, arrays of the stretch's shape, kPa per unit of network weight.

    Attributes
    ----------
    energy
        ψ(λ), zero at λ = 1.
    force
        dψ/dλ, zero at λ = 1.
    tangent
        d²ψ/dλ², positive or zero: energy is convex along the fibre.
    """

    energy: FloatArray
    force: FloatArray
    tangent: FloatArray


class FibreLaw(Protocol):
    """One fibre: stretch (any shape, dimensionless) to :class:`FibreResponse`."""

    def __call__(self, stretch: FloatArray) -> FibreResponse:
        """Energy, force and tangent at each stretch."""


def small_strain_tangent(law: FibreLaw) -> float:
    """Tangent in kPa at λ = 1: what the linear stage multiplies ``⟨n⊗n⊗n⊗n⟩`` with."""
    return float(law(np.ones(1)).tangent[0])


def smooth_step(x: FloatArray, start: float, width: float) -> FibreResponse:
    """The law whose tangent climbs from 0 at ``start`` to 1 at ``start + width``.

    In between it is ``3t² − 2t³``: once continuously differentiable with compact support, and its
    integrals are polynomials. Force and energy are those integrals from ``start`` on; a width of
    0 is a jump.
    """
    if width == 0.0:
        beyond = np.maximum(x - start, 0.0)
        return FibreResponse(0.5 * beyond**2, beyond, np.asarray(x >= start, dtype=float))
    t = np.clip((x - start) / width, 0.0, 1.0)
    beyond = np.maximum(x - (start + width), 0.0)
    square = t * t
    return FibreResponse(
        width**2 * square * square * (0.25 - 0.1 * t) + beyond * (0.5 * width + 0.5 * beyond),
        width * square * t * (1.0 - 0.5 * t) + beyond,
        square * (3.0 - 2.0 * t),
    )


def buckled(strain: FloatArray, share: float, buckling_strain: float) -> FibreResponse:
    """A fibre of unit stiffness that keeps only ``share`` of it once it has buckled.

    The tangent falls smoothly from 1 at rest to ``share`` at twice the buckling strain, midway at
    the buckling strain itself; in tension it is 1.
    """
    width = 2.0 * buckling_strain
    step = smooth_step(strain, -width, width)
    # the step's integrals start at -width: shift them so that nothing is left at rest
    rest = smooth_step(np.zeros(1), -width, width)
    kept = 1.0 - share
    return FibreResponse(
        0.5 * share * strain**2 + kept * (step.energy - rest.energy[0] - rest.force[0] * strain),
        share * strain + kept * (step.force - rest.force[0]),
        share + kept * step.tangent,
    )
