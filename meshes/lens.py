"""Closed forms of what circular strands share with a plane and with each other."""

from __future__ import annotations

import math

import numpy as np


def clipped_strand_area(diameter: float, layer_height: float, cuts: int) -> float:
    """Cross-section of a strand that is cut flat at half a layer height from its axis.

    Parameters
    ----------
    diameter
        Strand diameter d, µm.
    layer_height
        Layer height h < d, µm: each cut lies h/2 from the axis.
    cuts
        Number of flat sides: 0, 1 (on glass or under the plate) or 2.

    Returns
    -------
    float
        πr² - cuts·(r² arccos(c/r) - c √(r² - c²)) with c = h/2, in µm² (circular segment).
    """
    radius, cut = 0.5 * diameter, 0.5 * layer_height
    segment = radius**2 * math.acos(cut / radius) - cut * math.sqrt(radius**2 - cut**2)
    return math.pi * radius**2 - cuts * segment


def lens_area(diameter: float, distance: float) -> float:
    """Area that two equal circles share, µm²: twice the segment cut off by their common chord.

    Parameters
    ----------
    diameter
        Diameter of both, µm.
    distance
        Between their centres, µm, below the diameter.
    """
    radius, half = 0.5 * diameter, 0.5 * distance
    return 2.0 * (radius**2 * math.acos(half / radius) - half * math.sqrt(radius**2 - half**2))


def crossing_volume(diameter: float, distance: float) -> float:
    """Volume that two equal cylinders at right angles share, µm³.

    ∫ 4 √(r² - z²) √(r² - (z - h)²) dz over h - r ≤ z ≤ r, for axes h apart. The integrand vanishes
    like a square root at both ends: with z = h/2 + s·t, s = r - h/2, it is √(1 - t²) times a smooth
    function, and Gauss-Chebyshev quadrature of the second kind converges geometrically.
    For h = 0 this is Steinmetz' 16 r³/3.

    Parameters
    ----------
    diameter
        Diameter 2r of both, µm.
    distance
        Between their axes h, µm, 0 < h < 2r.
    """
    radius, half = 0.5 * diameter, 0.5 * distance
    reach = radius - half
    angle = np.arange(1, 65) * math.pi / 65
    t, weight = np.cos(angle), math.pi / 65 * np.sin(angle) ** 2
    # √((r - z)(r + z)(r - z + h)(r + z - h)) = reach·√(1 - t²)·√((r + z)(r + h - z))
    z = half + reach * t
    smooth = np.sqrt((radius + z) * (radius + 2.0 * half - z))
    return float(4.0 * reach**2 * np.sum(weight * smooth))
