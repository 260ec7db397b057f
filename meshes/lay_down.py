"""When does a pile of strand layers repeat on a rectangle?

A layer at angle θ with pitch p is a comb: invariant under a shift t if ``t·n`` is a whole number of
pitches, n its horizontal normal. The rectangle (lx, ly) is a period of all layers if
``lx sin θ/p`` and ``ly cos θ/p`` are whole numbers for each of them. The rectangle may be turned
against the pile: layers at 45° and 135° repeat on a square of one pitch turned by 45°.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray

MAX_REPEATS = 8  # longest side of the rectangle, in pitches
_WHOLE = 1e-4  # how far from a whole number of pitches still counts: 0.006° of angle
_TRIALS = 4_000  # lay-downs tried in the search for the nearest one that repeats


@dataclass(frozen=True, eq=False)
class Rectangle:
    """The rectangle on which a lay-down repeats.

    Attributes
    ----------
    turn
        Angle of the rectangle's first side against x, degrees.
    sides
        Lengths of its sides over the pitch, (2,).
    waves
        Whole pitches of each layer along the two sides, (n, 2): the number of a strand is
        ``waves·(x/lx, y/ly)`` in coordinates along the sides.
    """

    turn: float
    sides: FloatArray
    waves: IntArray

    @property
    def area(self) -> float:
        """Area over the square of the pitch."""
        return float(np.prod(self.sides))


def repeat_rectangle(lay_down: Sequence[float]) -> Rectangle:
    """The smallest rectangle on which a lay-down repeats.

    Parameters
    ----------
    lay_down
        Angles of the layers against x, degrees in [0, 180).

    Raises
    ------
    InputError
        If none of at most 8 pitches a side does; the hint names the nearest angles that do.
    """
    found = _smallest(np.asarray(lay_down, dtype=float))
    if found is not None:
        return found
    raise InputError(
        f"lay_down: layers at {_written(lay_down)} do not repeat on a rectangle of at most "
        f"{MAX_REPEATS} pitches a side",
        hint=_nearest(np.asarray(lay_down, dtype=float)),
    )


def _smallest(angles: FloatArray) -> Rectangle | None:
    """Try the pile's own axes first, then those of each layer."""
    best: Rectangle | None = None
    for turn in dict.fromkeys([0.0, *(float(a) for a in angles)]):
        radians = np.radians(angles - turn)
        normals = np.column_stack([-np.sin(radians), np.cos(radians)])
        normals[np.abs(normals) < 1e-9] = 0.0
        sides = [_common_period(normals[:, axis]) for axis in (0, 1)]
        if sides[0] is None or sides[1] is None:
            continue
        lengths = np.array(sides, dtype=float)
        waves = np.rint(normals * lengths).astype(np.int64)
        candidate = Rectangle(turn, lengths, waves)
        if best is None or candidate.area < 0.999 * best.area:
            best = candidate
    return best


def _common_period(components: FloatArray) -> float | None:
    """Smallest length of which each component makes a whole number; 1 where all are zero."""
    sizes = np.abs(components[components != 0.0])
    if len(sizes) == 0:
        return 1.0
    lengths = np.arange(1, int(MAX_REPEATS * sizes[0] + 1e-9) + 1) / sizes[0]
    counts = lengths[:, None] * sizes
    fits = np.flatnonzero((np.abs(counts - np.rint(counts)) < _WHOLE).all(axis=1))
    return float(lengths[fits[0]]) if len(fits) else None


def _nearest(angles: FloatArray) -> str:
    """Hint with the lay-down that repeats and is nearest in the sum of changes.

    With one layer as it is, ``cos`` of the angle of any other to it must be a fraction b/j.
    """
    distinct = np.unique(angles)
    repeats = range(1, MAX_REPEATS + 1)
    cosines = np.unique([b / j for j in repeats for b in range(-j, j + 1)])
    pool = np.degrees(np.arccos(cosines))
    each = max(3, int((_TRIALS / len(distinct)) ** (1.0 / (len(distinct) - 1))))
    best, change = None, np.inf
    for base in distinct:
        options = []
        for angle in distinct:
            near = (base + pool) % 180.0
            away = np.abs((near - angle + 90.0) % 180.0 - 90.0)
            order = np.argsort(away, kind="stable")[:each]
            moved = list(zip(away[order], near[order], strict=True))
            options.append([(0.0, base)] if angle == base else moved)
        for choice in product(*options):
            total = sum(away for away, _ in choice)
            tried = np.round([angle for _, angle in choice], 4) % 180.0
            apart = len(np.unique(tried)) == len(distinct)
            if total < change - 1e-9 and apart and _smallest(tried) is not None:
                best, change = tried, total
    if best is None:
        return "use fewer different angles: 0, 90 or 0, 60, 120 repeat"
    place = np.searchsorted(distinct, angles)
    return f"the nearest lay-down that does is {_written(best[place])}"


def _written(angles: Sequence[float] | FloatArray) -> str:
    return "(" + ", ".join(f"{angle:.6g}" for angle in angles) + ")°"
