"""From a cell's compliance to what it senses: mean, stiffest and softest direction. NumPy only.

A cell that pulls with unit traction ``τ·n``, τ = m⊗m, sees the mean surface strain
``m·m : M : m·m``. Its *sensed stiffness* in direction m is the Young's modulus of the uniform
isotropic medium (same Poisson ratio) that would give the same strain:
``E_s(m) = (m⊗m : M₁(ν) : m⊗m) / (m⊗m : M : m⊗m)``, M₁ the answer of a uniform medium of modulus 1.
In an infinite medium ``m⊗m : M₁ : m⊗m = 2(1+ν)[1/12 + 2(4−5ν)/(3(7−5ν))]`` [derived]; here M₁ is
the same template's own answer, so that its discretisation error cancels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.materials.orientation import sphere_rule
from solver.materials.tensors import IDENTITY, FloatArray, dyads

_CHUNK = 20_000
_START_ANGLE = 0.15  # radians: about the spacing of the starting directions
_HALVINGS = 22


@dataclass(frozen=True, eq=False)
class SensedStiffness:
    """What each of ``n`` cells senses.

    Attributes
    ----------
    mean, stiffest, softest
        ``(n,)`` kPa: average over directions, largest and smallest value.
    axis
        ``(n, 3)`` unit vectors, the stiffest direction (sign: largest component positive).
    compliance
        ``(n, 6, 6)`` Mandel, 1/kPa: mean surface strain per unit traction tensor.
    relieved
        ``(n,)`` bool: strained gel that would buckle under its stress, which was left out; the
        tangent is that of the strained gel. ``None``: not asked.
    """

    mean: FloatArray
    stiffest: FloatArray
    softest: FloatArray
    axis: FloatArray
    compliance: FloatArray
    relieved: NDArray[np.bool_] | None = None

    @property
    def anisotropy(self) -> FloatArray:
        """Stiffest over softest, ``(n,)``."""
        return self.stiffest / self.softest


def infinite_medium_compliance(young: float, poisson: float) -> FloatArray:
    """Closed form of M ``(6, 6)`` in 1/kPa for a sphere in an infinite isotropic medium.

    Hydrostatic ``τ/(4G)``, deviatoric ``τ (4−5ν)/(G(7−5ν))`` [derived].
    """
    shear = young / (2.0 * (1.0 + poisson))
    j = np.outer(IDENTITY, IDENTITY) / 3.0
    deviatoric = (4.0 - 5.0 * poisson) / (shear * (7.0 - 5.0 * poisson))
    return j / (4.0 * shear) + deviatoric * (np.eye(6) - j)


def _ratio(compliance: FloatArray, uniform: FloatArray, directions: FloatArray) -> FloatArray:
    """E_s at directions ``(n, d, 3)`` of each of ``n`` cells: ``(n, d)`` kPa."""
    m = dyads(directions)
    top = np.einsum("ndi,nij,ndj->nd", m, uniform, m, optimize=True)
    return np.asarray(top / np.einsum("ndi,nij,ndj->nd", m, compliance, m, optimize=True))


def sense(compliance: FloatArray, uniform: FloatArray) -> SensedStiffness:
    """Evaluate compliances.

    Parameters
    ----------
    compliance
        ``(n, 6, 6)`` Mandel, 1/kPa, positive definite.
    uniform
        ``(n, 6, 6)`` or ``(6, 6)``: the answer of a uniform isotropic medium with E = 1 kPa.

    Raises
    ------
    ValueError
        If a compliance is not positive definite; the message names the row.
    """
    compliance = np.asarray(compliance, dtype=float)
    uniform = np.broadcast_to(uniform, compliance.shape)
    finite = np.isfinite(compliance).all(axis=(1, 2))
    smallest = np.full(len(compliance), -np.inf)
    smallest[finite] = np.linalg.eigvalsh(compliance[finite])[:, 0]
    if (smallest <= 0.0).any():
        row = int(np.argmax(smallest <= 0.0))
        raise ValueError(f"compliance {row} is not positive definite (eigenvalue {smallest[row]})")
    if not len(compliance):
        empty = np.zeros(0)
        return SensedStiffness(empty, empty, empty, np.zeros((0, 3)), compliance)
    parts = [
        _sense_chunk(compliance[i : i + _CHUNK], uniform[i : i + _CHUNK])
        for i in range(0, len(compliance), _CHUNK)
    ]
    mean, stiffest, softest, axis = (np.concatenate(p) for p in zip(*parts, strict=True))
    return SensedStiffness(mean, stiffest, softest, axis, compliance)


def _sense_chunk(compliance: FloatArray, uniform: FloatArray) -> tuple[FloatArray, ...]:
    directions, weights = sphere_rule(16, 20)
    upper = directions[:, 2] > 0.0  # E_s(m) = E_s(-m): half the sphere is enough
    directions, weights = directions[upper], 2.0 * weights[upper]
    m = dyads(directions)
    products = (m[:, :, None] * m[:, None, :]).reshape(len(m), 36)
    value = (uniform.reshape(-1, 36) @ products.T) / (compliance.reshape(-1, 36) @ products.T)
    axis, stiffest = _climb(compliance, uniform, directions[np.argmax(value, axis=1)], 1.0)
    _, softest = _climb(compliance, uniform, directions[np.argmin(value, axis=1)], -1.0)
    return value @ weights, stiffest, softest, axis


def _climb(
    compliance: FloatArray, uniform: FloatArray, start: FloatArray, sign: float
) -> tuple[FloatArray, FloatArray]:
    """Pattern search on the sphere from ``start`` ``(n, 3)`` for the extreme of ``sign · E_s``."""
    axis = start.copy()
    rows = np.arange(len(axis))
    best = sign * _ratio(compliance, uniform, axis[:, None])[:, 0]
    angle: FloatArray = np.full(len(axis), _START_ANGLE)
    turns = 2.0 * np.pi * np.arange(8) / 8.0
    for _ in range(3 * _HALVINGS):
        helper = np.eye(3)[np.argmin(np.abs(axis), axis=1)]
        e1 = np.cross(axis, helper)
        e1 /= np.linalg.norm(e1, axis=1, keepdims=True)
        e2 = np.cross(axis, e1)
        ring = np.cos(turns)[:, None] * e1[:, None] + np.sin(turns)[:, None] * e2[:, None]
        a = angle[:, None, None]
        trial = np.cos(a) * axis[:, None] + np.sin(a) * ring
        value = sign * _ratio(compliance, uniform, trial)
        k = np.argmax(value, axis=1)
        better = np.asarray(value[rows, k] > best)
        axis[better] = trial[rows, k][better]
        best = np.where(better, value[rows, k], best)
        angle = np.where(better, angle, 0.5 * angle)
        if angle.max() < _START_ANGLE * 2.0**-_HALVINGS:
            break
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    flip = axis[rows, np.argmax(np.abs(axis), axis=1)] < 0.0
    axis[flip] *= -1.0
    return axis, sign * best
