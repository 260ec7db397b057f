"""Closed form: a cavity under pressure inside concentric elastic shells, free outside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def cavity_expansion(radii: Sequence[float], young: Sequence[float], poisson: float) -> float:
    """u(a)/a per unit pressure.

    Lamé: u = A r + B/r², σ_rr = 3K A − 4G B/r³ in each shell; pressure at the first radius,
    continuity at the inner ones, none at the last, which may be infinite.
    """
    n = len(young)
    bulk = [e / (3 * (1 - 2 * poisson)) for e in young]
    shear = [e / (2 * (1 + poisson)) for e in young]
    matrix, right = np.zeros((2 * n, 2 * n)), np.zeros(2 * n)
    a = radii[0]
    matrix[0, :2], right[0] = [3 * bulk[0], -4 * shear[0] / a**3], -1.0
    for i in range(n - 1):
        r = radii[i + 1]
        matrix[2 * i + 1, 2 * i : 2 * i + 4] = [r, r**-2, -r, -(r**-2)]
        matrix[2 * i + 2, 2 * i : 2 * i + 4] = [
            3 * bulk[i],
            -4 * shear[i] / r**3,
            -3 * bulk[i + 1],
            4 * shear[i + 1] / r**3,
        ]
    outer = radii[-1]
    decays = np.isinf(outer)
    matrix[-1, -2:] = [1.0, 0.0] if decays else [3 * bulk[-1], -4 * shear[-1] / outer**3]
    first, second = np.linalg.solve(matrix, right)[:2]
    return float(first + second / a**3)
