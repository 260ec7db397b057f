"""Directions that stand for all: rules on the sphere, its half and the half circle.

A fibre has no head (n ≡ −n), so for sums over fibres the directions of half a sphere are enough.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from solver.materials.entropy import match_means
from solver.materials.tensors import FloatArray

_GOLDEN = 0.5 * (1.0 + np.sqrt(5.0))
# Orbits of the icosahedral group: corners, faces, edges, points on mirror planes (angle from e_z
# in the plane x = 0). The weight of each orbit and the angles solve the conditions that the
# invariants of degree 6, 10, 12, 16 (one each) integrate to zero, as on the whole sphere
# [derived; Sobolev's theorem leaves no others below degree 18].
_CORNER, _FACE, _EDGE = (0.0, 1.0, _GOLDEN), (1.0, 1.0, 1.0), (1.0, 0.0, 0.0)
_MIRROR_ANGLE = 0.8689658851617118
_ORBITS = (
    (_CORNER, 0.08049490597031868),
    (_FACE, 0.16703085769157033),
    (_EDGE, 0.25847517692479755),
    ((0.0, np.sin(_MIRROR_ANGLE), np.cos(_MIRROR_ANGLE)), 0.49399905941331357),
)


def sphere_rule(n_polar: int = 48, n_azimuth: int = 24) -> tuple[FloatArray, FloatArray]:
    """Directions ``(n, 3)`` and weights ``(n,)`` (summing to 1) on the unit sphere.

    Gauss–Legendre in cos θ times the trapezoidal rule in φ: exact for all spherical polynomials
    of degree below ``min(2 n_polar, n_azimuth)``.

    Raises
    ------
    ValueError
        If fewer than 3 polar or 5 azimuthal points are asked for (fourth moments need them).
    """
    if n_polar < 3 or n_azimuth < 5:
        raise ValueError(f"expected n_polar >= 3, n_azimuth >= 5, found {n_polar}, {n_azimuth}")
    cosine, weight = np.polynomial.legendre.leggauss(n_polar)
    phi = 2.0 * np.pi * (np.arange(n_azimuth) + 0.5) / n_azimuth
    sine = np.sqrt(1.0 - cosine**2)
    directions = np.stack(
        [
            np.outer(sine, np.cos(phi)).ravel(),
            np.outer(sine, np.sin(phi)).ravel(),
            np.repeat(cosine, n_azimuth),
        ],
        axis=1,
    )
    return directions, np.repeat(weight / (2.0 * n_azimuth), n_azimuth)


@lru_cache(maxsize=1)
def _icosahedral_group() -> FloatArray:
    """The 60 rotations ``(60, 3, 3)`` of an icosahedron with two-fold axes along e_x, e_y, e_z."""
    axis = np.array(_CORNER) / np.linalg.norm(_CORNER)
    cross = np.cross(np.eye(3), axis)
    angle = 0.4 * np.pi
    fifth = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    generators = (np.roll(np.eye(3), 1, axis=0), np.diag([-1.0, -1.0, 1.0]), fifth)
    group = [np.eye(3)]
    for turn in group:  # grows while it is read
        for generator in generators:
            new = generator @ turn
            if min(np.abs(new - known).max() for known in group) > 1e-9:
                group.append(new)
    return np.array(group)


def _half_orbit(seed: tuple[float, float, float]) -> FloatArray:
    """Images ``(k, 3)`` of a direction, one of each pair n, −n."""
    images = _icosahedral_group() @ (np.array(seed) / np.linalg.norm(seed))
    lead = images[np.arange(len(images)), (np.abs(images) > 1e-9)[:, ::-1].argmax(axis=1) * -1 + 2]
    images = images * np.sign(lead)[:, None]
    _, first = np.unique(np.round(images, 9), axis=0, return_index=True)
    return np.asarray(images[np.sort(first)])


@lru_cache(maxsize=2)
def half_sphere_rule(fivefold: bool = False) -> tuple[FloatArray, FloatArray]:
    """61 directions ``(61, 3)`` and weights summing to 1: exact for even polynomials to degree 17.

    The set with its opposites is mapped to itself by every reflection x → −x, y → −y, z → −z.

    Parameters
    ----------
    fivefold
        Turn it so that it is mapped to itself by a fifth of a turn about e_z instead. Tensors of
        rank four with this symmetry are alike all around e_z: of harmonics in the angle about it
        only every fifth is left, and they have none above the fourth [derived]. So an axial density
        strained along its axis stays axial.
    """
    orbits = [(_half_orbit(seed), weight) for seed, weight in _ORBITS]
    directions = np.concatenate([images for images, _ in orbits])
    weights = np.concatenate([np.full(len(images), w / len(images)) for images, w in orbits])
    if fivefold:
        y, z = np.array(_CORNER[1:]) / np.hypot(*_CORNER[1:])
        directions = directions @ np.array([[1.0, 0.0, 0.0], [0.0, z, y], [0.0, -y, z]])
    return directions, weights


@lru_cache(maxsize=1)
def fine_half_sphere_rule() -> tuple[FloatArray, FloatArray]:
    """240 directions ``(240, 3)`` and weights: upper half of the sphere rule of degree 23."""
    directions, weights = sphere_rule(20, 24)
    upper = directions[:, 2] > 0.0
    return directions[upper], 2.0 * weights[upper]


def half_circle_rule(count: int) -> tuple[FloatArray, FloatArray]:
    """Evenly spread directions ``(count, 3)`` in the plane e_x–e_z, with equal weights.

    Symmetric about both axes; exact for even polynomials of degree below ``2 count``.
    """
    angle = np.pi * (np.arange(count) + 0.5) / count
    zero = np.zeros(count)
    return np.stack([np.sin(angle), zero, np.cos(angle)], axis=1), np.full(count, 1.0 / count)


def drawn(directions: FloatArray, pull: FloatArray) -> FloatArray:
    """Squared components ``(k, d, 3)`` of ``n = L u/|L u|``, L² = diag(1/pull), pull ``(k, 3)``."""
    squares: FloatArray = directions[None] ** 2 / pull[:, None, :]
    return squares / squares.sum(axis=2, keepdims=True)


def match_moments(
    squares: FloatArray, weights: FloatArray, moments: FloatArray, axial: bool = False
) -> FloatArray:
    """Weights nearest to the given ones (relative entropy) with exact second and fourth moments.

    ``w' ∝ w exp(λ·m(n))`` with the monomials m = x, y, x², y², xy of the squared components along
    the two less likely axes (axial: x, x² of x = n₃² or 1 − n₃², the smaller); always positive.

    Parameters
    ----------
    squares
        Squared components of the directions, ``(k, d, 3)``. With their opposites the directions
        are symmetric under reflections of each axis, and so are the weights; or `axial`.
    weights
        ``(k, d)``, k densities at once.
    moments
        ``⟨n_i² n_j²⟩``, ``(k, 3, 3)``.
    axial
        Directions lie in the plane e_x–e_z, or densities and directions are alike around e_z (see
        :func:`half_sphere_rule`): then the angle from e_z says all.

    Raises
    ------
    ArithmeticError
        If a density is too sharp for the directions.
    """
    second = moments.sum(axis=2)
    if axial:
        along = squares[:, :, 2]
        mean, mean_square = second[:, 2], moments[:, 2, 2]
        near = mean > 0.5
        x = np.where(near[:, None], 1.0 - along, along)
        features = [x, x**2]
        wanted = [
            np.where(near, 1.0 - mean, mean),
            np.where(near, 1.0 - 2.0 * mean + mean_square, mean_square),
        ]
    else:
        order = np.argsort(second, axis=1)
        rows = np.arange(len(moments))
        i, j = order[:, 0], order[:, 1]
        x, y = squares[rows, :, i], squares[rows, :, j]
        features = [x, y, x**2, y**2, x * y]
        wanted = [
            second[rows, i], second[rows, j], moments[rows, i, i], moments[rows, j, j],
            moments[rows, i, j],
        ]  # fmt: skip
    f, target = np.stack(features, axis=2), np.stack(wanted, axis=1)
    w = weights / weights.sum(axis=1, keepdims=True)
    # In units of their spread under each density, sharp ones are as well posed as even ones.
    f -= target[:, None, :]
    scale = np.sqrt(np.einsum("kd,kdi->ki", w, f**2))
    f /= scale[:, None, :]

    def family(x: FloatArray, rows: NDArray[np.int_]) -> tuple[FloatArray, FloatArray, FloatArray]:
        here = f[rows]
        log_norm, changed = _tilted(w[rows], here, x)
        mean = np.einsum("kd,kdi->ki", changed, here)
        covariance = np.einsum("kd,kdi,kdj->kij", changed, here, here)
        return log_norm, mean, covariance - mean[:, :, None] * mean[:, None, :]

    x = match_means(family, np.zeros_like(target), np.zeros_like(target), gap=1e-11)
    return _tilted(w, f, x)[1]


def _tilted(w: FloatArray, f: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """ln Σ w exp(x·f), and the weights w exp(x·f) made to sum to 1."""
    exponent = np.einsum("kdi,ki->kd", f, x)
    most = exponent.max(axis=1)
    tilted = w * np.exp(exponent - most[:, None])
    total = tilted.sum(axis=1)
    return most + np.log(total), tilted / total[:, None]
