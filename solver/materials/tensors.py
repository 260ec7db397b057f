"""Fourth-order stiffness as 6×6 matrices in Mandel notation.

Order 11, 22, 33, √2·23, √2·13, √2·12, so that a double contraction is a plain matrix product and
a rotation keeps the matrix norm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

SQRT2 = float(np.sqrt(2.0))
MANDEL_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
_WEIGHTS = np.array([1.0, 1.0, 1.0, SQRT2, SQRT2, SQRT2])
IDENTITY = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])


def to_mandel(tensor: ArrayLike) -> FloatArray:
    """Symmetric tensors ``(..., 3, 3)`` as Mandel vectors ``(..., 6)``, same unit."""
    tensor = np.asarray(tensor, dtype=float)
    scaled = zip(_WEIGHTS, MANDEL_PAIRS, strict=True)
    return np.stack([w * tensor[..., i, j] for w, (i, j) in scaled], -1)


def from_mandel(vector: ArrayLike) -> FloatArray:
    """Mandel vectors ``(..., 6)`` as symmetric tensors ``(..., 3, 3)``, same unit."""
    vector = np.asarray(vector, dtype=float)
    tensor = np.empty((*vector.shape[:-1], 3, 3))
    for k, (i, j) in enumerate(MANDEL_PAIRS):
        tensor[..., i, j] = tensor[..., j, i] = vector[..., k] / _WEIGHTS[k]
    return tensor


def dyads(directions: ArrayLike) -> FloatArray:
    """Mandel vectors ``(..., 6)`` of ``n⊗n`` for directions ``(..., 3)`` (unit length given)."""
    n = np.asarray(directions, dtype=float)
    return to_mandel(n[..., :, None] * n[..., None, :])


def isotropic(young: float, poisson: float) -> FloatArray:
    """Isotropic stiffness ``(6, 6)`` in kPa.

    Parameters
    ----------
    young
        Young's modulus, kPa, positive.
    poisson
        Poisson ratio, −1 < ν < 0.5.

    Raises
    ------
    ValueError
        If the pair is not positive definite.
    """
    if not (young > 0.0 and -1.0 < poisson < 0.5):
        raise ValueError(f"expected E > 0 and -1 < nu < 0.5, found E = {young}, nu = {poisson}")
    shear = young / (2.0 * (1.0 + poisson))
    lame = young * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson))
    return lame * np.outer(IDENTITY, IDENTITY) + 2.0 * shear * np.eye(6)


def rotation_matrix(rotation: ArrayLike) -> FloatArray:
    """The orthogonal ``(6, 6)`` matrix that a ``(3, 3)`` rotation means for Mandel vectors."""
    return symmetric_square(np.asarray(rotation, dtype=float)[None])[0]


def rotate(stiffness: ArrayLike, rotation: ArrayLike) -> FloatArray:
    """Stiffness ``(6, 6)`` of the body turned by ``rotation`` ``(3, 3)``; unit unchanged."""
    q = rotation_matrix(rotation)
    return q @ np.asarray(stiffness, dtype=float) @ q.T


def directional_modulus(stiffness: ArrayLike, directions: ArrayLike) -> FloatArray:
    """Young's modulus in kPa along each direction: ``1 / (n⊗n : C⁻¹ : n⊗n)``.

    Parameters
    ----------
    stiffness
        ``(6, 6)`` or ``(n, 6, 6)``, kPa.
    directions
        Unit vectors ``(3,)`` or ``(n, 3)``.
    """
    m = dyads(directions)
    compliance = np.linalg.inv(np.asarray(stiffness, dtype=float))
    return np.asarray(1.0 / np.einsum("...i,...ij,...j->...", m, compliance, m))


class IsotropicPart(NamedTuple):
    """Isotropic part of a stiffness: bulk, shear and Young's modulus in kPa, Poisson ratio."""

    bulk: FloatArray
    shear: FloatArray
    young: FloatArray
    poisson: FloatArray


def isotropic_part(stiffness: ArrayLike) -> IsotropicPart:
    """Project stiffness ``(..., 6, 6)`` (kPa) on the isotropic tensors (Voigt average).

    ``3K = J::C`` and ``10 G = (I − J)::C`` with ``J = δ⊗δ/3`` [derived].
    """
    c = np.asarray(stiffness, dtype=float)
    j = np.outer(IDENTITY, IDENTITY) / 3.0
    bulk = np.einsum("ij,...ij->...", j, c) / 3.0
    shear = np.einsum("ij,...ij->...", np.eye(6) - j, c) / 10.0
    young = 9.0 * bulk * shear / (3.0 * bulk + shear)
    poisson = (3.0 * bulk - 2.0 * shear) / (2.0 * (3.0 * bulk + shear))
    return IsotropicPart(bulk, shear, young, poisson)


class TransverseIsotropy:
    """A transversely isotropic stiffness that can be turned to any axis in one array operation.

    ``C:ε = λ tr(ε) I + 2μ_T ε + α[(a·εa) I + tr(ε) A] + 2(μ_L − μ_T)(Aε + εA) + β (a·εa) A``,
    ``A = a⊗a`` (Spencer's form): quadratic in A, so no rotation matrix per point is needed.

    Parameters
    ----------
    stiffness
        ``(6, 6)``, kPa, axis of symmetry e_z.

    Raises
    ------
    ValueError
        If the tensor is not transversely isotropic about e_z (to 1e-6 of its norm).
    """

    def __init__(self, stiffness: ArrayLike) -> None:
        c = np.asarray(stiffness, dtype=float)
        lame, mu_t, mu_l = c[0, 1], 0.5 * c[5, 5], 0.5 * c[3, 3]
        alpha = c[0, 2] - lame
        beta = c[2, 2] - lame - 2.0 * alpha - 4.0 * mu_l + 2.0 * mu_t
        self._constant = lame * np.outer(IDENTITY, IDENTITY) + 2.0 * mu_t * np.eye(6)
        basis = from_mandel(np.eye(6))
        linear = np.empty((6, 6, 6))
        for p, a in enumerate(basis):  # dC/dA_p, a constant (6, 6) for each Mandel component
            product = to_mandel(a @ basis + basis @ a).T
            unit = np.eye(6)[p]
            coupling = np.outer(IDENTITY, unit) + np.outer(unit, IDENTITY)
            linear[p] = alpha * coupling + 2.0 * (mu_l - mu_t) * product
        self._linear = linear.reshape(6, 36)
        self._beta = beta
        error = np.abs(self.along([[0.0, 0.0, 1.0]])[0] - c).max()
        if error > 1e-6 * np.abs(c).max():
            raise ValueError(f"not transversely isotropic about e_z: off by {error:.3g} kPa")

    def along(self, axes: ArrayLike) -> FloatArray:
        """Stiffness ``(n, 6, 6)`` in kPa with the axis turned to each unit vector ``(n, 3)``."""
        m = dyads(axes)
        turned = (m @ self._linear).reshape(-1, 6, 6)
        turned += self._constant
        turned += self._beta * m[:, :, None] * m[:, None, :]
        return turned


def symmetric_square(a: ArrayLike) -> FloatArray:
    """The ``(n, 6, 6)`` Mandel matrices of ``X ↦ A X Aᵀ`` for A ``(n, 3, 3)``, X symmetric.

    For a rotation it is the turn of Mandel vectors, for C⁻¹ the tensor ``C⁻¹⊙C⁻¹``.
    """
    a = np.asarray(a, dtype=float)
    i, j = np.array(MANDEL_PAIRS).T
    square = a[:, i[:, None], i] * a[:, j[:, None], j]
    other = a[:, i[:, None], j] * a[:, j[:, None], i]
    other[:, :, :3] = 0.0  # a diagonal component has no mirror image
    square += other
    square *= _WEIGHTS[:, None] / _WEIGHTS
    return square
