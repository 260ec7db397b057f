"""Nodes moved one by one, each only where the cells around it stay good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from meshes.quality import scaled_jacobian
from meshes.scaffold import FloatArray, IntArray

# Least scaled Jacobian around a node before and after a move -> whether to move, shapes (k,).
Accept = Callable[[FloatArray, FloatArray], np.ndarray]

_SHARES = (1.0, 0.5, 0.25)  # of the way to the middle


@dataclass(frozen=True)
class Stars:
    """The cells around some nodes.

    Parameters
    ----------
    count
        Number of nodes.
    owner, cell, place
        Of each pair of a node and a cell around it: the node's rank, the cell's index, the node's
        place among the cell's four. Sorted by owner. Shape (p,).
    """

    count: int
    owner: IntArray
    cell: IntArray
    place: IntArray


def stars(cells: IntArray, n_points: int, nodes: IntArray) -> Stars:
    """Cells around nodes, given once each."""
    rank = np.full(n_points, -1)
    rank[nodes] = np.arange(len(nodes))
    near = np.flatnonzero((rank[cells] >= 0).any(axis=1))
    row, place = np.nonzero(rank[cells[near]] >= 0)
    owner = rank[cells[near[row], place]]
    order = np.argsort(owner, kind="stable")
    return Stars(len(nodes), owner[order], near[row[order]], place[order])


def independent(around: Stars, candidate: np.ndarray) -> np.ndarray:
    """Candidates, (k,) of bool, that share no cell with a candidate that comes before them."""
    considered = candidate[around.owner]
    _, cell = np.unique(around.cell[considered], return_inverse=True)
    owner = around.owner[considered]
    first = np.full(cell.max(initial=-1) + 1, around.count)
    np.minimum.at(first, cell, owner)
    chosen = candidate.copy()
    chosen[owner[first[cell] != owner]] = False
    return chosen


def move(
    points: FloatArray,
    cells: IntArray,
    around: Stars,
    chosen: np.ndarray,
    nodes: IntArray,
    targets: FloatArray,
    accept: Accept,
) -> np.ndarray:
    """Move independent nodes where that is accepted.

    Parameters
    ----------
    points
        Shape (n, 3), µm; changed in place.
    cells
        Shape (m, 4).
    around
        Stars of `nodes`.
    chosen
        Which of them to move: no two in one cell, shape (k,).
    nodes, targets
        Nodes, shape (k,), and their new places, shape (k, 3), µm.
    accept
        Rule on the worst cell around each node.

    Returns
    -------
    ndarray, shape (k,)
        Whether each node was moved.
    """
    pairs = np.flatnonzero(chosen[around.owner])
    moved = np.zeros(around.count, dtype=bool)
    if len(pairs) == 0:
        return moved
    owner = around.owner[pairs]
    corners = points[cells[around.cell[pairs]]]
    before = _worst(corners, owner)
    corners[np.arange(len(pairs)), around.place[pairs]] = targets[owner]
    after = _worst(corners, owner)
    picked = np.flatnonzero(chosen)
    taken = picked[accept(before, after)]
    moved[taken] = True
    points[nodes[taken]] = targets[taken]
    return moved


def relax(points: FloatArray, cells: IntArray, free: np.ndarray, *, below: float) -> None:
    """Move free nodes towards the middle of their neighbours where that improves the worst cell.

    Parameters
    ----------
    points
        Shape (n, 3), µm; changed in place.
    cells
        Shape (m, 4).
    free
        Nodes that may be moved, shape (n,).
    below
        Scaled Jacobian of the cells whose nodes are tried.
    """
    poor = cells[scaled_jacobian(points, cells) < below]
    nodes = np.unique(poor[free[poor]])
    around = stars(cells, len(points), nodes)
    for share in _SHARES:
        left = np.ones(len(nodes), dtype=bool)
        while left.any():
            chosen = independent(around, left)
            targets = points[nodes]
            targets[chosen] += share * (_middles(points, cells, around, chosen) - targets[chosen])
            move(points, cells, around, chosen, nodes, targets, np.less)
            left &= ~chosen


def _middles(points: FloatArray, cells: IntArray, around: Stars, chosen: np.ndarray) -> FloatArray:
    """Mean of the other corners of the cells around each chosen node, shape (k, 3), µm."""
    pairs = np.flatnonzero(chosen[around.owner])
    corners = points[cells[around.cell[pairs]]]
    corners[np.arange(len(pairs)), around.place[pairs]] = 0.0
    owner = (np.cumsum(chosen) - 1)[around.owner[pairs]]
    sums = [np.bincount(owner, corners[:, :, axis].sum(axis=1)) for axis in range(3)]
    middles: FloatArray = np.stack(sums, axis=1) / (3.0 * np.bincount(owner)[:, None])
    return middles


def _worst(corners: FloatArray, owner: IntArray) -> FloatArray:
    """Least scaled Jacobian of the cells of each owner; owners come sorted."""
    shape = scaled_jacobian(corners.reshape(-1, 3), np.arange(4 * len(corners)).reshape(-1, 4))
    first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    worst: FloatArray = np.minimum.reduceat(shape, first)
    return worst
