"""Arcs (G2, G3) as chords."""

from __future__ import annotations

import math

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import FloatArray

CHORD_ERROR = 1.0
"""Largest distance of a chord from its arc, µm."""
RELATIVE_CHORD_ERROR = 0.02
"""The same as a share of the radius, for arcs smaller than a strand is fine."""
MAX_CHORDS = 100_000


def centre_from_radius(start: FloatArray, end: FloatArray, radius: float, sense: int) -> FloatArray:
    """Centre of an arc that is given by its radius.

    Parameters
    ----------
    start, end
        In the plane of the arc, shape (2,), µm.
    radius
        µm; negative for the longer of the two arcs.
    sense
        1 anticlockwise (G3), -1 clockwise (G2).

    Returns
    -------
    ndarray, shape (2,), µm

    Raises
    ------
    InputError
        If start and end coincide (any circle would do) or lie further apart than the diameter by
        more than 1 µm.
    """
    chord = end - start
    length = float(np.hypot(*chord))
    if length == 0.0:
        raise InputError(
            "an arc given by R ends where it starts, which any circle would do",
            hint="write a full circle with I and J",
        )
    if 0.5 * length > abs(radius) + 0.5:
        raise InputError(
            f"an arc of radius {abs(radius) / 1e3:g} mm cannot span {length / 1e3:g} mm",
            hint="check R, or export straight moves",
        )
    rise = math.sqrt(max(radius**2 - 0.25 * length**2, 0.0))
    left = np.array([-chord[1], chord[0]]) / length
    return 0.5 * (start + end) + (sense if radius > 0.0 else -sense) * rise * left


def arc_points(
    start: FloatArray, end: FloatArray, centre: FloatArray, sense: int, axes: tuple[int, int, int]
) -> FloatArray:
    """Points on an arc or helix, so close that chords stay within the error of this module.

    A chord over the angle φ leaves its arc by r·(1 - cos φ/2).

    Parameters
    ----------
    start, end
        Shape (3,), µm. The same place in the plane means a full circle.
    centre
        In the plane, shape (2,), µm.
    sense
        1 anticlockwise (G3), -1 clockwise (G2), seen against the third axis.
    axes
        The two axes of the plane and the one across it, along which the arc climbs evenly.

    Returns
    -------
    ndarray, shape (n, 3), µm
        Without `start`, with `end`.

    Raises
    ------
    InputError
        If the radius is zero, or that at the end differs by more than 50 µm and 2 % from that at
        the start, or more than :data:`MAX_CHORDS` chords would be needed.
    """
    plane, across = list(axes[:2]), axes[2]
    from_centre, to_centre = start[plane] - centre, end[plane] - centre
    radius, last = float(np.hypot(*from_centre)), float(np.hypot(*to_centre))
    if radius == 0.0 or abs(last - radius) > max(50.0, 0.02 * radius):
        raise InputError(
            f"an arc starts {radius / 1e3:g} mm from its centre and ends {last / 1e3:g} mm from it",
            hint="check I and J (centre relative to the start), or export straight moves",
        )
    first = math.atan2(from_centre[1], from_centre[0])
    turn = math.atan2(to_centre[1], to_centre[0]) - first
    turn = sense * ((sense * turn) % (2.0 * math.pi))
    if np.hypot(*(end[plane] - start[plane])) < 1e-3 or abs(turn) < 1e-9:
        turn = sense * 2.0 * math.pi
    error = min(CHORD_ERROR, RELATIVE_CHORD_ERROR * radius)
    count = math.ceil(abs(turn) / (2.0 * math.acos(1.0 - error / radius)))
    if count > MAX_CHORDS:
        raise InputError(f"an arc of radius {radius / 1e3:g} mm needs {count} chords")
    share = np.arange(1, count + 1) / count
    angle, reach = first + turn * share, radius + (last - radius) * share
    points = np.empty((count, 3))
    points[:, plane[0]] = centre[0] + reach * np.cos(angle)
    points[:, plane[1]] = centre[1] + reach * np.sin(angle)
    points[:, across] = start[across] + (end[across] - start[across]) * share
    points[-1] = end
    return points
