"""Densities of largest entropy with given means: Newton's method for many rows at once.

``ρ ∝ exp(x·m)`` has the means ⟨m⟩ wanted where the convex function ``ln Z(x) − x·⟨m⟩`` is least;
its gradient is the gap of the means and its Hessian the covariance of m (Jaynes 1957,
10.1103/PhysRev.106.620).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from solver.materials.tensors import FloatArray

# (x of some rows (k, p), which rows (k,)) -> ln Z (k,), means (k, p), covariances (k, p, p)
Family = Callable[[FloatArray, NDArray[np.int_]], tuple[FloatArray, FloatArray, FloatArray]]
_MOST_STEPS = 80
_MOST_HALVINGS = 40


def match_means(family: Family, target: FloatArray, x: FloatArray, gap: float) -> FloatArray:
    """Parameters ``(k, p)`` at which the means are the target to ``gap``.

    Parameters
    ----------
    family
        ln Z, means and covariances (not singular) of some of the rows.
    target
        Means wanted, ``(k, p)``.
    x
        Where to start, ``(k, p)``.
    gap
        Largest difference of a mean from its target.

    Raises
    ------
    ArithmeticError
        If a row is not found: its target lies on the border of what the densities can have.
    """
    x = x.copy()
    rows = np.arange(len(x))
    log_norm, mean, covariance = family(x, rows)
    for _ in range(_MOST_STEPS):
        left = np.abs(target[rows] - mean).max(axis=1) > gap
        if not left.any():
            return x
        rows, log_norm, mean, covariance = (a[left] for a in (rows, log_norm, mean, covariance))
        rest = target[rows] - mean
        try:
            step = np.linalg.solve(covariance, rest[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        slope = (rest * step).sum(axis=1)
        value = log_norm - (x[rows] * target[rows]).sum(axis=1)
        size = np.ones(len(rows))
        for _ in range(_MOST_HALVINGS):
            trial = x[rows] + size[:, None] * step
            log_norm, mean, covariance = family(trial, rows)
            new = log_norm - (trial * target[rows]).sum(axis=1)
            # Rounding hides the last falls.
            high = ~(new <= value - 1e-4 * size * slope + 1e-13 * (1.0 + np.abs(value)))
            if not high.any():
                break
            size[high] *= 0.5
        x[rows] = trial
    raise ArithmeticError(f"no density found with means {target[rows[0]]} (row {rows[0]})")
