"""How many of many things are drawn, and how large."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray


def thin(points: FloatArray, most: int) -> npt.NDArray[np.int64]:
    """Choose at most ``most`` points spread evenly over space, the same ones each time.

    Parameters
    ----------
    points
        ``(n, 3)`` µm.
    most
        How many to keep at most.

    Returns
    -------
    numpy.ndarray
        Indices, ascending: from each voxel of a grid one point, drawn with a fixed seed.
    """
    if len(points) <= most:
        return np.arange(len(points))
    low, extent = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    step = float(np.prod(extent) / most) ** (1 / 3)
    # Which point of a voxel is chosen is left to chance: a fixed place in it would show as a grid.
    lot = np.random.default_rng(0).random(len(points))
    while True:
        voxel = np.floor((points - low) / step).astype(np.int64)
        order = np.lexsort((lot, voxel[:, 2], voxel[:, 1], voxel[:, 0]))
        fresh = np.r_[True, np.any(np.diff(voxel[order], axis=0) != 0, axis=1)]
        chosen = order[fresh]
        if len(chosen) <= most:
            return np.sort(chosen)
        step *= 1.1


def sphere_radius(points: FloatArray, bounds: FloatArray, true_radius: float | None) -> float:
    """Radius at which sites are drawn, µm: the true one unless that could not be seen.

    Parameters
    ----------
    points
        ``(n, 3)`` sites that are drawn, µm.
    bounds
        ``(2, 3)`` of the scaffold, µm.
    true_radius
        Radius of a cell, µm, or None where it is not known.
    """
    diagonal = float(np.linalg.norm(np.ptp(bounds, axis=0)))
    spacing = float(np.prod(np.maximum(np.ptp(bounds, axis=0), 1e-9)) / len(points)) ** (1 / 3)
    visible = min(0.011 * diagonal, 0.3 * spacing)
    return max(true_radius or 0.0, visible)
