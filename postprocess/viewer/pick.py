"""Which site lies under the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np

from postprocess.contract import FloatArray

_ABOUT = 1.15  # how much farther than its rim a dot can be hit
_LEAST_PX = 6.0  # and never less far than this


def project(points: FloatArray, camera: Any, size: tuple[int, int]) -> FloatArray:
    """View coordinates of points.

    Parameters
    ----------
    points
        ``(n, 3)`` µm.
    camera
        Of VTK.
    size
        Width and height of the picture, pixels.

    Returns
    -------
    numpy.ndarray
        ``(n, 3)``: −1 to 1 from the left, from the bottom, and away from the eye.
    """
    matrix = camera.GetCompositeProjectionTransformMatrix(size[0] / size[1], -1, 1)
    full = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])
    flat = np.c_[points, np.ones(len(points))] @ full.T
    return np.asarray(flat[:, :3] / flat[:, 3:])


def under(
    at: tuple[float, float], points: FloatArray, radius: float, camera: Any, size: tuple[int, int]
) -> int | None:
    """The dot under a point of the picture: of those hit the nearest to the eye.

    Parameters
    ----------
    at
        From the left and from the bottom, 0 to 1.
    points, camera, size
        As in :func:`project`; the camera sees in parallel.
    radius
        Of a dot, µm.

    Returns
    -------
    int or None
        Its number; None where there is none.
    """
    if not len(points):
        return None
    wide = np.array([size[0] / size[1], 1.0])
    place = project(points, camera, size)
    near = np.hypot(*((place[:, :2] - (2 * np.array(at) - 1)) * wide).T)
    reach = radius / float(camera.GetParallelScale())
    hit = np.flatnonzero(near <= max(_ABOUT * reach, 2 * _LEAST_PX / size[1]))
    if not len(hit):
        return None
    inside = hit[near[hit] <= reach]
    return int(inside[np.argmin(place[inside, 2])] if len(inside) else hit[np.argmin(near[hit])])
