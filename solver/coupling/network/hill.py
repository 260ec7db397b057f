"""The normalised Hill function of logic-based differential equations, and its slope.

``f(x) = B x^n / (K^n + x^n)`` with ``B = (EC50^n − 1)/(2 EC50^n − 1)`` and ``K^n = B − 1``, so that
f(0) = 0, f(EC50) = 1/2 and f(1) = 1 (Kraeutler 2010, 10.1186/1752-0509-4-157).
"""

from __future__ import annotations

import numpy as np

from solver.coupling.collagen_doses import FloatArray


def hill_constants(n: FloatArray, ec50: FloatArray) -> tuple[FloatArray, FloatArray]:
    """B and K^n of the normalised Hill function.

    Parameters
    ----------
    n, ec50
        Steepness and half-maximal activity, dimensionless, with ``2 ec50^n < 1``.

    Returns
    -------
    B, Kn : ndarray
        Dimensionless, of the broadcast shape.
    """
    power = np.asarray(ec50, dtype=float) ** n
    B = (power - 1.0) / (2.0 * power - 1.0)
    return B, B - 1.0


def hill(x: FloatArray, n: FloatArray, B: FloatArray, Kn: FloatArray) -> FloatArray:
    """f(x) of an activity x.

    Parameters
    ----------
    x
        Activity, 0 to 1; what a numerical step carries below 0 counts as 0.
    n, B, Kn
        Steepness, and `hill_constants`.

    Returns
    -------
    ndarray
        Dimensionless, 0 at 0, 1 at 1, of the broadcast shape.
    """
    power = np.maximum(x, 0.0) ** n
    return B * power / (Kn + power)


def hill_slope(x: FloatArray, n: FloatArray, B: FloatArray, Kn: FloatArray) -> FloatArray:
    """df/dx = B n x^(n−1) K^n / (K^n + x^n)^2.

    Parameters
    ----------
    x, n, B, Kn
        As in `hill`.

    Returns
    -------
    ndarray
        Dimensionless, of the broadcast shape; finite at 0 for n >= 1.
    """
    x = np.maximum(x, 0.0)
    return B * n * x ** (n - 1.0) * Kn / (Kn + x**n) ** 2
