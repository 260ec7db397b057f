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
        πr² - cuts·(r² arccos(c/r) - c √(r² - c²)) with c = h/2, in µm² (circular segment); πr²
        where the cuts do not reach the strand.
    """
    radius = 0.5 * diameter
    cut = min(0.5 * layer_height, radius)
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
    return shared_area(diameter, diameter, distance)


def shared_area(diameter: float, other: float, distance: float) -> float:
    """Area that two circles share, neither inside the other, µm²: two segments.

    Parameters
    ----------
    diameter, other
        Their diameters, µm.
    distance
        Between their centres, µm; at least half the difference of the diameters.

    Returns
    -------
    float
        r² arccos((h² + r² - s²)/2hr) + s² arccos((h² + s² - r²)/2hs) less the kite
        ½ √((r + s - h)(r - s + h)(s - r + h)(r + s + h)); 0 where they do not touch.
    """
    r, s, h = 0.5 * diameter, 0.5 * other, distance
    if h >= r + s:
        return 0.0
    sectors = r**2 * math.acos((h**2 + r**2 - s**2) / (2.0 * h * r))
    sectors += s**2 * math.acos((h**2 + s**2 - r**2) / (2.0 * h * s))
    kite = math.sqrt((r + s - h) * (r - s + h) * (s - r + h) * (r + s + h))
    return sectors - 0.5 * kite


def crossing_volume(diameter: float, distance: float) -> float:
    """Volume that two equal cylinders at right angles share, µm³.

    For h = 0 this is Steinmetz' 16 r³/3.

    Parameters
    ----------
    diameter
        Diameter 2r of both, µm.
    distance
        Between their axes h, µm, 0 < h < 2r.
    """
    return shared_volume(diameter, diameter, distance)


def shared_volume(diameter: float, other: float, distance: float) -> float:
    """Volume that two cylinders at right angles share, each axis outside the other, µm³.

    ∫ 4 √(r² - (h - z)²) √(s² - z²) dz over h - r ≤ z ≤ s, for axes h apart. The integrand vanishes
    like a square root at both ends: with z = m + w·t, m the middle and w the half-width of the
    range, it is √(1 - t²) times a smooth function, and Gauss-Chebyshev quadrature of the second
    kind converges geometrically.

    Parameters
    ----------
    diameter, other
        Diameters 2r and 2s, µm.
    distance
        Between their axes h, µm; at least half the difference of the diameters.

    Returns
    -------
    float
        0 where they do not touch.
    """
    r, s, h = 0.5 * diameter, 0.5 * other, distance
    reach = 0.5 * (r + s - h)
    if reach <= 0.0:
        return 0.0
    angle = np.arange(1, 65) * math.pi / 65
    t, weight = np.cos(angle), math.pi / 65 * np.sin(angle) ** 2
    # √((z - h + r)(s - z)(h + r - z)(s + z)) = reach·√(1 - t²)·√((h + r - z)(s + z))
    z = 0.5 * (h - r + s) + reach * t
    smooth = np.sqrt((h + r - z) * (s + z))
    return float(4.0 * reach**2 * np.sum(weight * smooth))
