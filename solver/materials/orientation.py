"""Fibre directions: the sphere rule and the Watson density.

A direction and its opposite are the same fibre (n ≡ −n). Users give the order parameter
``S = (3⟨(n·a)²⟩ − 1)/2`` about the axis ``a``; the density is ``ρ(n) ∝ exp(k (n·a)²)``
(Watson, 10.1093/biomet/52.1-2.193) and ``k(S)`` is solved once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from solver.materials.tensors import FloatArray, dyads

S_MIN, S_MAX = -0.45, 0.98  # beyond these the rules below lose digits
_LINE_POINTS = 400


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
def _line_rule() -> tuple[FloatArray, FloatArray]:
    return np.polynomial.legendre.leggauss(_LINE_POINTS)


def _order_of_concentration(k: float) -> float:
    cosine, weight = _line_rule()
    density = weight * np.exp(k * cosine**2 - max(k, 0.0))
    return float(1.5 * (density @ cosine**2) / density.sum() - 0.5)


@lru_cache(maxsize=256)
def watson_concentration(order_parameter: float) -> float:
    """Concentration ``k`` of the Watson density with the given order parameter ``S``.

    Raises
    ------
    ValueError
        If ``S`` lies outside [−0.45, 0.98].
    """
    from scipy.optimize import brentq

    if not S_MIN <= order_parameter <= S_MAX:
        raise ValueError(f"expected {S_MIN} <= S <= {S_MAX}, found {order_parameter}")
    if order_parameter == 0.0:
        return 0.0
    return float(
        brentq(lambda k: _order_of_concentration(k) - order_parameter, -60.0, 200.0, xtol=1e-13)
    )


def watson_weights(directions: FloatArray, weights: FloatArray, order: float) -> FloatArray:
    """Weights ``(n,)`` (summing to 1) of the sphere rule under the Watson density about e_z."""
    k = watson_concentration(float(order))
    density = weights * np.exp(k * directions[:, 2] ** 2 - max(k, 0.0))
    return density / density.sum()


def fourth_moment(order: float) -> FloatArray:
    """``⟨n⊗n⊗n⊗n⟩`` as a Mandel matrix ``(6, 6)``, axis e_z, by the sphere rule."""
    directions, weights = sphere_rule()
    m = dyads(directions)
    return np.einsum("n,ni,nj->ij", watson_weights(directions, weights, order), m, m)
