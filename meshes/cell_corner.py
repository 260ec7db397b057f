"""Where the cell of an endless woodpile starts: no side may just touch a strand or a neck.

A periodic cell does not care where it starts, but a side tangent to a surface gives slivers, or a
mesh that is silently not periodic.
"""

from __future__ import annotations

import math

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray

_PLACES = 40  # tried along each side
_ENOUGH_ROOM = 0.15  # of the diameter, between a side and where it would touch
_LEAST_ROOM = 0.01


def quiet_corner(
    waves: IntArray, shifts: FloatArray, size: FloatArray, diameter: float, rise: float
) -> FloatArray:
    """Number of the strand at the cell's corner for each layer, (n,).

    A side along a strand is tangent to it at its flank, and lies in the edge where a layer is cut
    flat; an oblique strand must not end like that in a corner. A side that passes a crossing is
    tangent to the neck at its furthest reach. Among the places with room, those that cut the fewest
    strands lengthwise.

    Parameters
    ----------
    waves
        Whole strands of each layer along the two sides, (n, 2).
    shifts
        Shares of the pitch by which layers are shifted, (n,).
    size
        Sides of the cell, (2,) µm.
    diameter, rise
        Of strands and from layer to layer, µm.

    Raises
    ------
    InputError
        If a side touches something wherever the cell starts.
    """
    steps = np.arange(_PLACES) / _PLACES
    places = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    number = places @ waves.T - shifts
    spacing = 1.0 / np.linalg.norm(waves / size, axis=1)
    away = np.abs(number - np.rint(number)) * spacing / diameter
    edge = 0.5 * math.sqrt(1.0 - (rise / diameter) ** 2)
    room = np.minimum(np.abs(away - 0.5), np.abs(away - edge)).min(axis=1)
    for k in range(len(waves)):
        pair, shift = waves[[k - 1, k]], shifts[[k - 1, k]]
        if round(np.linalg.det(pair)) != 0:
            for axis in (0, 1):
                near = _room_at_necks(pair, shift, size, diameter, rise, axis, steps)
                grid = near[:, None] if axis == 0 else near[None, :]
                room = np.minimum(room, np.broadcast_to(grid, (_PLACES, _PLACES)).ravel())
    cut = ((away < 0.5) & (waves == 0).any(axis=1)).sum(axis=1)
    if not waves.any(axis=0).all():
        room[cut == 0] = 0.0  # strands of one direction only: a side between them has no gel
    if room.max() < _LEAST_ROOM:
        raise InputError(
            "wherever the cell of the woodpile starts, a side touches a strand",
            hint="change the pitch or the offset slightly",
        )
    best = int(np.argmax(np.minimum(room, _ENOUGH_ROOM) - 1e-3 * cut / len(waves)))
    corner: FloatArray = number[best]
    return corner


def _room_at_necks(
    waves: IntArray,
    shifts: FloatArray,
    size: FloatArray,
    diameter: float,
    rise: float,
    axis: int,
    steps: FloatArray,
) -> FloatArray:
    """Distance over the diameter from sides at `steps` to where they would touch a neck, (m,).

    The strands' surfaces meet where both distances ``√(r² − z²)`` and ``√(r² − (z − h)²)`` from the
    axes are given by the height z, ``h − r ≤ z ≤ r``. Crossings lie where both numbers are whole.
    """
    repeats = abs(round(np.linalg.det(waves)))
    whole = np.stack(np.meshgrid(*(np.arange(repeats),) * 2), axis=-1).reshape(-1, 2)
    crossings = np.linalg.solve(waves.astype(float), (whole + shifts).T)[axis]
    crossings = np.unique(np.round(crossings % 1.0, 9))
    normals = waves / size
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    lever = np.abs(np.linalg.inv(normals)[axis])
    radius = 0.5 * diameter
    z = np.linspace(rise - radius, radius, 101)
    apart = np.sqrt(np.maximum(radius**2 - np.array([z, z - rise]) ** 2, 0.0))
    reach = float((lever @ apart).max())
    gap = steps[:, None] - crossings
    gap = np.abs(gap - np.rint(gap)) * size[axis]
    # the nearest image counts on one flank, the one beyond it on the other
    near: FloatArray = np.minimum(np.abs(gap - reach), np.abs(size[axis] - gap - reach)).min(axis=1)
    return np.asarray(near / diameter, dtype=np.float64)
