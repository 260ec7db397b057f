"""Isosurface stuffing: tetrahedra of what lies inside a level surface, from lattice and stencils.

Reference: Labelle & Shewchuk 2007, ACM Trans. Graph. 26, 57, doi 10.1145/1275808.1276448.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.implicit.cuts import CHUNK, Cuts, Level, find_cuts, sample_inside, warp
from meshes.implicit.lattice import CELLS_PER_POINT, DIRECTIONS, Lattice, cell_paths
from meshes.implicit.stencils import EDGES, pattern, stencils
from meshes.scaffold import FloatArray, IntArray

# A node's key: eight times the lattice point, plus the direction of a cut edge that starts there or
# _VERTEX for the point itself.
_KEYS, _VERTEX = 8, 7


@dataclass(frozen=True)
class Stuffing:
    """Tetrahedra inside a level surface.

    Parameters
    ----------
    points
        Shape (n, 3), µm.
    cells
        Shape (m, 4).
    inside
        Whether each point lies strictly inside, on a flat end of the lattice or not; the others lie
        on the surface. Each cell has such a point. Shape (n,).
    flat
        Whether each point lies on the lattice's first, last plane along z, its first, last along y
        (where it is flat there), shape (n, 4).
    """

    points: FloatArray
    cells: IntArray
    inside: np.ndarray
    flat: np.ndarray


def stuff(lattice: Lattice, level: Level) -> Stuffing:
    """Fill the inside of a level surface with tetrahedra.

    Parameters
    ----------
    lattice
        The lattice; where it is not flat its outermost points must lie outside.
    level
        Function of points (n, 3) µm, below zero inside. Its sign decides, its value only helps.
    """
    inside = sample_inside(lattice, level)
    cuts = find_cuts(lattice, level, inside)
    moved, moves = warp(lattice, cuts, inside)
    state = np.where(inside, np.int8(-1), np.int8(1))
    del inside
    state[moved] = 0
    blocks = _cell_keys(lattice, state)
    keys = np.unique(np.concatenate([np.unique(block) for block in blocks]))
    vertex, kind = np.divmod(keys, _KEYS)
    numbers = lattice.numbers(vertex)
    # from the lattice point: towards the cut, onto the surface, or nowhere
    steps = np.zeros((len(keys), 3))
    cut = np.flatnonzero(kind != _VERTEX)
    steps[cut] = _share(cuts, keys[cut])[:, None] * DIRECTIONS[kind[cut]] * lattice.spacing
    warped = np.flatnonzero((kind == _VERTEX) & (state[vertex] == 0))
    steps[warped] = moves[np.searchsorted(moved, vertex[warped])]
    return Stuffing(
        points=lattice.places(numbers) + steps,
        cells=np.concatenate([np.searchsorted(keys, block) for block in blocks]),
        inside=(kind == _VERTEX) & (state[vertex] < 0),
        flat=_on_planes(lattice, numbers, steps),
    )


def _share(cuts: Cuts, keys: IntArray) -> FloatArray:
    """Place of each cut point along its edge."""
    known = cuts.tail * _KEYS + cuts.direction
    order = np.argsort(known)
    share: FloatArray = cuts.share[order[np.searchsorted(known[order], keys)]]
    return share


def _on_planes(lattice: Lattice, numbers: IntArray, steps: FloatArray) -> np.ndarray:
    """Which nodes lie on the flat ends of the lattice, shape (n, 4)."""
    result = np.zeros((len(numbers), 4), dtype=bool)
    for place, axis, flat in ((0, 2, lattice.flat[1]), (2, 1, lattice.flat[0])):
        stays = (steps[:, axis] == 0.0) & flat
        result[:, place] = stays & (numbers[:, axis] == 0)
        result[:, place + 1] = stays & (numbers[:, axis] == lattice.shape[2 - axis] - 1)
    return result


def _cell_keys(lattice: Lattice, state: np.ndarray) -> list[IntArray]:
    """Tetrahedra inside, each node as its key, in blocks of shape (m, 4)."""
    paths, signs = cell_paths()
    blocks = []
    for start in range(0, lattice.size, CHUNK):
        index = np.arange(start, min(start + CHUNK, lattice.size))
        numbers = lattice.numbers(index)
        for k in range(CELLS_PER_POINT):
            columns = [lattice.neighbours(numbers, offset) for offset in paths[k]]
            there = np.logical_and.reduce([exists for _, exists in columns])
            corners = np.stack([corner[there] for corner, _ in columns], axis=1)
            corners = corners[(state[corners] < 0).any(axis=1)]
            blocks.append(_cut_cells(corners, state, paths[k], flip=signs[k] < 0))
    return blocks


def _cut_cells(corners: IntArray, state: np.ndarray, path: IntArray, *, flip: bool) -> IntArray:
    """Parts inside of lattice tetrahedra that all run along one path, as keys."""
    keys = np.empty((len(corners), 10), dtype=np.int64)
    keys[:, :4] = corners * _KEYS + _VERTEX
    for place, (a, b) in enumerate(EDGES):
        direction = int(np.flatnonzero((path[b] - path[a] == DIRECTIONS).all(axis=1))[0])
        keys[:, 4 + place] = corners[:, a] * _KEYS + direction
    counts, nodes = stencils()
    code = pattern(state[corners].astype(np.int64))
    rows = np.repeat(np.arange(len(corners)), counts[code])
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts[code]) - counts[code], counts[code])
    cells: IntArray = np.take_along_axis(keys[rows], nodes[code[rows], nth], axis=1)
    return cells[:, [1, 0, 2, 3]] if flip else cells
