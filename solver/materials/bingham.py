"""The Bingham density: the least that a structure tensor says about fibre directions.

Of all axial densities with a given second moment ``A = ⟨n⊗n⟩`` the one of largest entropy is
``ρ(n) ∝ exp(Σ b_i n_i²)`` in the principal frame of A (Bingham 1974, 10.1214/aos/1176342874). The
exponents b follow from the eigenvalues of A by Newton's method on a convex function. All moments
are integrals over one angle: the other gives Bessel functions. Everything works on many rows.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from solver.materials.entropy import match_means
from solver.materials.tensors import FloatArray

EIGENVALUE_FLOOR = 1e-3  # sharper than this is taken as this sharp: moments move by at most 2e-3
_LINE_POINTS = 48


@lru_cache(maxsize=1)
def _half_line() -> tuple[FloatArray, FloatArray]:
    point, weight = np.polynomial.legendre.leggauss(_LINE_POINTS)
    return 0.5 * (point + 1.0), 0.5 * weight


def bingham_moments(exponents: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Logarithm of the norm and even moments of ``ρ ∝ exp(Σ b_i n_i²)``.

    Parameters
    ----------
    exponents
        b, ``(k, 3)``, each row's largest 0 (a common shift changes nothing but the norm).

    Returns
    -------
    log_norm
        ln of the mean of ``exp(Σ b_i n_i²)`` over the sphere, ``(k,)``.
    second
        ``⟨n_i²⟩``, ``(k, 3)``.
    fourth
        ``⟨n_i² n_j²⟩``, ``(k, 3, 3)``.
    """
    from scipy.special import i0e, i1e

    order = np.argsort(exponents, axis=1)
    low, mid = np.take_along_axis(exponents, order, axis=1)[:, :2].T
    t, weight = _half_line()
    u = t**2
    # About the least likely axis the density is a ridge at t = 0, steep along it at most where
    # the Bessel functions take over: few points suffice for any sharpness.
    x = np.outer(-0.5 * mid, 1.0 - u)
    zeroth = i0e(x)
    density = weight * np.exp(np.outer(low, u)) * zeroth
    norm = density.sum(axis=1)
    density /= norm[:, None]
    c2 = i1e(x) / zeroth  # ⟨cos 2φ⟩, and ⟨cos 4φ⟩ = I₂/I₀ = 1 − 2 I₁/(x I₀)
    small = x < 1e-3
    c4 = np.where(small, x**2 / 8.0, 1.0 - 2.0 * c2 / np.where(small, 1.0, x))
    across, along = 0.5 * (1.0 - c2), 0.5 * (1.0 + c2)
    rest = 1.0 - u
    second = np.stack([density @ u, (density * across) @ rest, (density * along) @ rest], axis=1)
    fourth = np.empty((len(exponents), 3, 3))
    fourth[:, 0, 0] = density @ u**2
    fourth[:, 0, 1] = (density * across) @ (u * rest)
    fourth[:, 0, 2] = (density * along) @ (u * rest)
    fourth[:, 1, 1] = (density * (0.375 - 0.5 * c2 + 0.125 * c4)) @ rest**2
    fourth[:, 2, 2] = (density * (0.375 + 0.5 * c2 + 0.125 * c4)) @ rest**2
    fourth[:, 1, 2] = (density * (0.125 - 0.125 * c4)) @ rest**2
    for i, j in ((0, 1), (0, 2), (1, 2)):
        fourth[:, j, i] = fourth[:, i, j]
    back = np.argsort(order, axis=1)
    rows = np.arange(len(exponents))[:, None]
    return (
        np.log(norm),
        np.take_along_axis(second, back, axis=1),
        fourth[rows[:, :, None], back[:, :, None], back[:, None, :]],
    )


def clipped_eigenvalues(eigenvalues: FloatArray) -> FloatArray:
    """Eigenvalues ``(k, 3)`` raised to the floor, their sum kept at 1 by the largest."""
    clipped = np.maximum(eigenvalues, EIGENVALUE_FLOOR)
    rows = np.arange(len(clipped))
    clipped[rows, clipped.argmax(axis=1)] += 1.0 - clipped.sum(axis=1)
    return clipped


def bingham_exponents(eigenvalues: FloatArray) -> FloatArray:
    """Exponents b ``(k, 3)``, largest 0, of the densities with these second moments.

    Parameters
    ----------
    eigenvalues
        ``⟨n_i²⟩``, ``(k, 3)``, positive, each row summing to 1; at least the floor
        (:func:`clipped_eigenvalues`).

    Raises
    ------
    ArithmeticError
        If a row has not converged to 1e-13.
    """
    target = np.asarray(eigenvalues, dtype=float)
    start = -0.5 / target  # exact for sharp densities, near enough for the others

    def family(b: FloatArray, _: object) -> tuple[FloatArray, FloatArray, FloatArray]:
        shift = b.max(axis=1)
        log_norm, second, fourth = bingham_moments(b - shift[:, None])
        # A common shift of b does nothing; the constant keeps the covariance from being singular.
        covariance = fourth - second[:, :, None] * second[:, None, :] + 1.0 / 3.0
        return log_norm + shift, second, covariance

    b = match_means(family, target, start, gap=1e-13)
    return b - b.max(axis=1, keepdims=True)
