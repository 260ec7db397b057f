"""Where lattice edges cross a surface, and lattice points moved onto it where a cut comes close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError
from meshes.implicit.lattice import DIRECTIONS, LONG, Lattice
from meshes.scaffold import FloatArray, IntArray

Level = Callable[[FloatArray], FloatArray]  # points (n, 3) µm -> (n,) µm, below zero inside
CHUNK = 1 << 18  # points whose level is asked for at a time
# A cut this close to a lattice point, as share of the edge, moves the point onto the surface. The
# shares of Labelle & Shewchuk make the best dihedral angles; these make the best scaled Jacobian:
# above 0.08 whatever the surface, found by sampling all cases at their extremes.
WARP_LONG, WARP_SHORT = 0.31, 0.41
_TOLERANCE = 1e-7  # of the edge: half-width of the last bracket
_NOTHING = 1e-13  # of the edge: a level that is as good as zero
_STEPS = 60


@dataclass(frozen=True)
class Cuts:
    """Crossings of lattice edges with the surface.

    Parameters
    ----------
    tail, head
        Lattice points of each cut edge, shape (k,).
    direction
        Index into :data:`~meshes.implicit.lattice.DIRECTIONS`, shape (k,).
    share
        Where the cut lies between tail (0) and head (1), shape (k,).
    """

    tail: IntArray
    head: IntArray
    direction: IntArray
    share: FloatArray


def sample_inside(lattice: Lattice, level: Level) -> np.ndarray:
    """Whether each lattice point lies inside, shape (lattice.size,); asked in chunks."""
    inside = np.empty(lattice.size, dtype=bool)
    for start in range(0, lattice.size, CHUNK):
        index = np.arange(start, min(start + CHUNK, lattice.size))
        inside[index] = _ask(level, lattice.places(lattice.numbers(index))) < 0.0
    return inside


def find_cuts(lattice: Lattice, level: Level, inside: np.ndarray) -> Cuts:
    """All edges with one end inside, and the crossing on each."""
    parts = []
    for start in range(0, lattice.size, CHUNK):
        index = np.arange(start, min(start + CHUNK, lattice.size))
        numbers = lattice.numbers(index)
        for k, offset in enumerate(DIRECTIONS):
            other, there = lattice.neighbours(numbers, offset)
            tail, head = index[there], other[there]
            cut = inside[tail] != inside[head]
            parts.append((tail[cut], head[cut], np.full(np.count_nonzero(cut), k)))
    tail, head, direction = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    share = np.empty(len(tail))
    for start in range(0, len(tail), CHUNK):
        some = slice(start, start + CHUNK)
        ends = (lattice.places(lattice.numbers(ends[some])) for ends in (tail, head))
        share[some] = crossings(level, *ends)
    return Cuts(tail, head, direction, share)


def crossings(level: Level, a: FloatArray, b: FloatArray) -> FloatArray:
    """Share of the way from `a` to `b` at which the sign of the level changes.

    Regula falsi after Illinois, halved whenever it gains too little: the sign alone decides, so
    that a level that is only a bound of the distance gives the same points.

    Parameters
    ----------
    level
        Below zero inside.
    a, b
        Ends of segments, one inside and one outside, shape (k, 3), µm.

    Returns
    -------
    ndarray, shape (k,)
        Within 1e-7, or where the level is below 1e-13 of the segment's length.
    """
    low, high = np.zeros(len(a)), np.ones(len(a))
    at_low, at_high = _ask(level, a), _ask(level, b)
    length = np.linalg.norm(b - a, axis=1)
    share = np.where(np.abs(at_low) < np.abs(at_high), low, high)
    first_inside = at_low < 0.0
    active = np.flatnonzero(np.minimum(np.abs(at_low), np.abs(at_high)) > _NOTHING * length)
    halve = np.zeros(len(a), dtype=bool)
    last = np.zeros(len(a), dtype=np.int8)  # end moved last
    for _ in range(_STEPS):
        if len(active) == 0:
            break
        lo, hi, f, g = low[active], high[active], at_low[active], at_high[active]
        new = np.where(halve[active], 0.5 * (lo + hi), (lo * g - hi * f) / (g - f))
        new = np.clip(new, lo + 1e-3 * (hi - lo), hi - 1e-3 * (hi - lo))
        value = _ask(level, a[active] + new[:, None] * (b[active] - a[active]))
        left = (value < 0.0) == first_inside[active]  # the crossing lies after `new`
        low[active] = np.where(left, new, lo)
        high[active] = np.where(left, hi, new)
        again = last[active] == np.where(left, 1, -1)
        at_low[active] = np.where(left, value, np.where(again, 0.5 * f, f))
        at_high[active] = np.where(left, np.where(again, 0.5 * g, g), value)
        last[active] = np.where(left, 1, -1)
        width = high[active] - low[active]
        halve[active] = width > 0.5 * (hi - lo)
        found = np.abs(value) <= _NOTHING * length[active]
        share[active] = np.where(found, new, 0.5 * (low[active] + high[active]))
        active = active[~found & (width > 2.0 * _TOLERANCE)]
    return share


def warp(lattice: Lattice, cuts: Cuts, inside: np.ndarray) -> tuple[IntArray, FloatArray]:
    """Lattice points that go onto the surface, and by how much.

    A point goes to the nearest cut that is too close. On a flat end of the lattice it stays in that
    plane, where it can. Where only edges out of the plane are cut too close, it counts as on the
    surface without moving, which shifts a contact line by less than half an edge; but a point
    outside without a contact line that near leaves the plane.

    Parameters
    ----------
    lattice, cuts
        The lattice and all its cut edges.
    inside
        Whether each lattice point lies inside, shape (lattice.size,).

    Returns
    -------
    ndarray, shape (k,)
        Indices of the points, increasing.
    ndarray, shape (k, 3), µm
        Their displacements.
    """
    offset = DIRECTIONS[cuts.direction]
    length = np.linalg.norm(offset * lattice.spacing, axis=1)
    beyond = length.max(initial=0.0)
    limit = np.where(LONG, WARP_LONG, WARP_SHORT)[cuts.direction]
    points, moves, ranks, bound = [], [], [], []
    for end, share, sign in ((cuts.tail, cuts.share, 1.0), (cuts.head, 1.0 - cuts.share, -1.0)):
        face = lattice.on_face(lattice.numbers(end))
        leaves = (face & (offset[:, 1:] != 0)).any(axis=1)
        near = share < limit
        # inside, and at contact lines that come nearer than half an edge, points stay in the plane
        bound.append(end[face.any(axis=1) & (inside[end] | (~leaves & (share < 0.5)))])
        points.append(end[near])
        moves.append((sign * share[:, None] * offset * lattice.spacing)[near])
        ranks.append((leaves * beyond + share * length)[near])
    point, move, rank = np.concatenate(points), np.concatenate(moves), np.concatenate(ranks)
    order = np.lexsort((rank, point))
    chosen, first = np.unique(point[order], return_index=True)
    best = order[first]
    stuck = (rank[best] >= beyond) & np.isin(chosen, np.concatenate(bound))
    return chosen, np.where(stuck[:, None], 0.0, move[best])


def _ask(level: Level, points: FloatArray) -> FloatArray:
    """Level at points, refused where it is no number."""
    values = np.array(level(points), dtype=np.float64)  # a copy: it will be changed
    if not np.isfinite(values).all():
        place = points[int(np.argmax(~np.isfinite(values)))]
        raise InputError(
            f"scaffold: its signed distance is not a number at ({place[0]:.6g}, {place[1]:.6g}, "
            f"{place[2]:.6g}) µm"
        )
    return values
