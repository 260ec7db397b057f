"""How much stiffness a wavy fibre keeps: free, and held by the gel around it.

Planar sinusoid of amplitude A and wavelength L, fibre radius r, q = 2π/L, I = πr⁴/4,
B = E I q⁴. The closed forms are derived (linear beam, axial and bending compliance in series) and
checked against the elastica to 5 %; that an elastic matrix takes away most of the softening is
published (10.1115/1.4032465).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SLENDER = 12.0  # wavelength over radius from which the slender-fibre formula holds
_FOUNDATION_STEPS = 20  # k_f depends on q by a logarithm only: each step gains a digit or more


class CrimpFactors(NamedTuple):
    """What waviness leaves of a straight fibre.

    Attributes
    ----------
    held, free
        Stiffness along the fibre as a share of the straight one, with and without matrix.
    locking_stretch
        λ_s at which the fibre is straight.
    support_ratio
        k_f/B: lateral support by the matrix over the fibre's own bending stiffness.
    """

    held: float
    free: float
    locking_stretch: float
    support_ratio: float


def straightness(amplitude: float, wavelength: float) -> float:
    """End-to-end over contour length, ``P_s = 1/(1 + (πA/L)²)``; A and L in the same unit."""
    return 1.0 / (1.0 + (np.pi * amplitude / wavelength) ** 2)


def _foundation(matrix_shear: float, x: float, poisson: float) -> float:
    """Force per length and sideways displacement of a gel around a fibre, kPa; x = q r.

    ``k_f = 8πG (1−ν)/((3−4ν) F + 1/2)``, ``F = ln(2/x) − 0.577``: the slender limit of the exact
    answer in :mod:`solver.materials.crimp_support` [derived]; 4πG/(F + 1/2) where ν = 1/2.
    """
    log = np.log(2.0 / x) - np.euler_gamma
    return float(8.0 * np.pi * matrix_shear * (1.0 - poisson) / ((3.0 - 4.0 * poisson) * log + 0.5))


def buckling_strain(
    fibril_radius: float,
    fibril_modulus: float,
    matrix_shear: float,
    held: float = 1.0,
    matrix_poisson: float = 0.5,
) -> float:
    """Compressive strain at which a fibre in a gel buckles.

    A beam on an elastic foundation gives way at ``P_cr = 2√(k_f E I)`` with the wavenumber
    ``q = (k_f/(E I))^{1/4}``, at which k_f itself is taken [derived]; the fibre carries that force
    at the strain ``P_cr/(η E π r²)``.

    Parameters
    ----------
    fibril_radius
        µm.
    fibril_modulus, matrix_shear
        kPa, both positive.
    held
        η, share of the straight fibre's stiffness that its crimp leaves.
    matrix_poisson
        Poisson ratio of the gel.
    """
    inertia = np.pi * fibril_radius**4 / 4.0
    bending = fibril_modulus * inertia
    q = thickest = 2.0 * np.pi / (SLENDER * fibril_radius)  # beyond it k_f has no meaning
    for _ in range(_FOUNDATION_STEPS):
        support = _foundation(matrix_shear, q * fibril_radius, matrix_poisson)
        q = min(float((support / bending) ** 0.25), thickest)
    force = 2.0 * np.sqrt(support * bending)
    return float(force / (held * fibril_modulus * np.pi * fibril_radius**2))


def _bending(wavelength: float, radius: float, modulus: float) -> float:
    """``B = E I q⁴`` in kPa: force per length and deflection of a beam bent with the wave."""
    return float(modulus * np.pi * radius**4 / 4.0 * (2.0 * np.pi / wavelength) ** 4)


def held_share(
    amplitude: float, wavelength: float, radius: float, modulus: float, support: float
) -> float:
    """Share of the straight fibre's stiffness that a wavy one keeps under a given support.

    ``1/(1 + (2A²/r²)/(1 + k/B))``, ``B = E I q⁴``. For small slopes: a wave that a stiff gel holds
    fast strains with the gel along its own slope θ and keeps ⟨(cos²θ − ν sin²θ)²/cos θ⟩ of the
    stiffness, not all of it.

    Parameters
    ----------
    amplitude, wavelength, radius
        µm.
    modulus
        Young's modulus of the fibre, kPa.
    support
        k, kPa; 0 for a free fibre.
    """
    firm = 1.0 + support / _bending(wavelength, radius, modulus)
    return float(1.0 / (1.0 + 2.0 * (amplitude / radius) ** 2 / firm))


def crimp_factors(
    amplitude: float,
    wavelength: float,
    fibril_radius: float,
    fibril_modulus: float,
    matrix_shear: float,
    matrix_poisson: float = 0.5,
) -> CrimpFactors:
    """Share of the straight fibre's small-strain stiffness that a wavy fibre keeps.

    ``E_eff/E = 1/(1 + (2A²/r²)/(1 + k_f/B))``, ``k_f`` of a fibre that the gel holds as if it
    were alone; free: k_f = 0. Neighbours that wave in step hold one another less
    (:func:`solver.materials.crimp_support.array_support`).

    Parameters
    ----------
    amplitude, wavelength, fibril_radius
        µm; amplitude 0 is a straight fibre.
    fibril_modulus
        Young's modulus of the fibril itself, kPa.
    matrix_shear
        Shear modulus of the gel that holds it, kPa; 0 for none.
    matrix_poisson
        Its Poisson ratio.

    Raises
    ------
    ValueError
        If the fibre is too thick for the slender-fibre formula (r > L/12).
    """
    if amplitude == 0.0:
        return CrimpFactors(1.0, 1.0, 1.0, float("inf"))
    if fibril_radius > wavelength / SLENDER:
        raise ValueError(
            f"expected a slender fibre, radius <= wavelength/{SLENDER:g} = "
            f"{wavelength / SLENDER:.3g} um, found {fibril_radius:.3g} um"
        )
    support = _foundation(matrix_shear, 2.0 * np.pi * fibril_radius / wavelength, matrix_poisson)
    fibre = (amplitude, wavelength, fibril_radius, fibril_modulus)
    return CrimpFactors(
        held=held_share(*fibre, support),
        free=held_share(*fibre, 0.0),
        locking_stretch=1.0 / straightness(amplitude, wavelength),
        support_ratio=support / _bending(wavelength, fibril_radius, fibril_modulus),
    )
