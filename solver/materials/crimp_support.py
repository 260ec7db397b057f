"""How firmly a gel holds a wavy fibre: alone, or among parallel neighbours that wave in step.

A rigid cross-section of radius r pushed sideways by a force p cos(qz) per length spreads it evenly
over its rim; the mean displacement of the rim in an isotropic medium (G, ν) is, with κ the lateral
wave vector and J₀ averaging over the rim [derived],

    1/k = ∫ d²κ/(2π)² J₀(κr)² [1/(κ²+q²) − κ_x²/(2(1−ν)(κ²+q²)²)] / G .

Alone this is ``k = 8πG(1−ν)/((3−4ν) F + D)`` with ``F = I₀K₀ ≈ ln(2/(qr)) − 0.577`` and
``D = x(I₀K₁ − I₁K₀)/2 ≈ 1/2`` at x = qr: for ν = 1/2 the 4πG/(F + 1/2) of
:mod:`solver.materials.crimp`. On a lattice the integral becomes a sum over its reciprocal vectors,
whose first term 1/(G q² W²) is all fibres shearing the gel together: neighbours in step support
one another less. With random phases that term averages out, and a fibre is held as if alone.
"""

from __future__ import annotations

import numpy as np

from solver.materials.mean_field import Phase
from solver.materials.tensors import FloatArray

_REACH = 40.0  # of 1/r: lateral wave numbers beyond count less than 1e-2 of the local part


def lone_support(wavelength: float, radius: float, matrix: Phase) -> float:
    """Force per length and sideways displacement of a lone wavy fibre, kPa.

    Parameters
    ----------
    wavelength, radius
        µm.
    matrix
        The gel around it.
    """
    from scipy.special import ive, kve

    x = 2.0 * np.pi * radius / wavelength
    f = float(ive(0, x) * kve(0, x))
    d = 0.5 * x * float(ive(0, x) * kve(1, x) - ive(1, x) * kve(0, x))
    nu = matrix.poisson
    return 8.0 * np.pi * matrix.shear * (1.0 - nu) / ((3.0 - 4.0 * nu) * f + d)


def array_support(
    wavelength: float, radius: float, matrix: Phase, spacing: tuple[float, float]
) -> float:
    """The same for a rectangular array of fibres that all wave in step along x, kPa.

    Parameters
    ----------
    wavelength, radius
        µm.
    matrix
        The gel around them.
    spacing
        Distance of neighbours along x and y, µm.
    """
    from scipy.special import j0

    q2 = (2.0 * np.pi / wavelength) ** 2
    kx, ky = (_wave_numbers(w, radius) for w in spacing)
    square = kx[:, None] ** 2 + ky**2
    rim = j0(np.sqrt(square) * radius) ** 2
    mixed = kx[:, None] ** 2 / (2.0 * (1.0 - matrix.poisson) * (square + q2))
    share = np.where(kx > 0.0, 2.0, 1.0)[:, None] * np.where(ky > 0.0, 2.0, 1.0)  # and −κ
    total = float((share * rim * (1.0 - mixed) / (square + q2)).sum())
    return matrix.shear * spacing[0] * spacing[1] / total


def _wave_numbers(period: float, radius: float) -> FloatArray:
    count = int(np.ceil(_REACH / radius * period / (2.0 * np.pi)))
    return 2.0 * np.pi / period * np.arange(count + 1, dtype=float)
