"""The body-centred cubic lattice, turned so that whole layers of its tetrahedra are flat.

Its tetrahedra are bounded by planes of the family {110}. Two of these planes are laid across z and
y: no tetrahedron crosses the planes y = const and z = const through lattice points, so bottom, top
and two sides of a box are met exactly. Across x only lattice points can be laid on the box.

A point has three whole numbers (h, m, n) with h + m + n even and lies at
``origin + (h, m, n)·spacing``; with the long edge a the spacing is (a/2, a/√2, a/√2), slightly
stretched to fit the box. The four short edges are v₁ … v₄ below, whose sum is zero; the six
tetrahedra of a point are the paths along v₁, v₂, v₃ in any order (Kuhn's division of a cube,
sheared).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from meshes.scaffold import FloatArray, IntArray

_SHORT = np.array([(1, 1, 0), (1, -1, 0), (-1, 0, 1)])
# Edges that start at a point, as (dh, dm, dn); the other seven end there. The first four are short.
DIRECTIONS = np.array([*_SHORT, _SHORT.sum(axis=0), *(_SHORT[[0, 0, 1]] + _SHORT[[1, 2, 2]])])
LONG = np.array([False] * 4 + [True] * 3)
CELLS_PER_POINT = 6
LARGEST_STRETCH = 1.1
# Mean edge of the lattice over its long edge: four short and three long ones per point.
MEAN_EDGE = (3.0 + 2.0 * np.sqrt(3.0)) / 7.0


@dataclass(frozen=True)
class Lattice:
    """Points of the lattice in a box.

    Parameters
    ----------
    origin
        Place of the numbers (0, 0, 0), shape (3,), µm.
    spacing
        µm per unit of h, m and n, shape (3,).
    shape
        Number of planes along n and m, and of points along a row.
    flat
        Whether the lattice ends with the box along m, n: no tetrahedron lies beyond.
    """

    origin: FloatArray
    spacing: FloatArray
    shape: tuple[int, int, int]
    flat: tuple[bool, bool]

    @property
    def size(self) -> int:
        """Number of points."""
        return int(np.prod(self.shape))

    @property
    def edge(self) -> float:
        """Length of a long edge along x, µm."""
        return 2.0 * float(self.spacing[0])

    def numbers(self, index: IntArray) -> IntArray:
        """(h, m, n) of points given by their flat index: (k,) -> (k, 3)."""
        row, column = np.divmod(index, self.shape[2])
        n, m = np.divmod(row, self.shape[1])
        return np.stack([2 * column + ((m + n) & 1), m, n], axis=-1)

    def places(self, numbers: IntArray) -> FloatArray:
        """Coordinates of points: (k, 3) -> (k, 3) µm."""
        return self.origin + numbers * self.spacing

    def neighbours(self, numbers: IntArray, offset: IntArray) -> tuple[IntArray, np.ndarray]:
        """Index of the points at an offset (dh, dm, dn), and which exist: (k, 3) -> (k,), (k,)."""
        h, m, n = (numbers[:, axis] + offset[axis] for axis in range(3))
        layers, rows, columns = self.shape
        column = h >> 1
        there = (column >= 0) & (column < columns)
        there &= (m >= 0) & (m < rows) & (n >= 0) & (n < layers)
        return (n * rows + m) * columns + column, there

    def on_face(self, numbers: IntArray) -> np.ndarray:
        """Whether points lie on a flat end of the lattice along m, n: (k, 3) -> (k, 2)."""
        last = np.array([self.shape[1] - 1, self.shape[0] - 1])
        ends = (numbers[:, 1:] == 0) | (numbers[:, 1:] == last)
        result: np.ndarray = ends & np.array(self.flat)
        return result


def fit_lattice(bounds: FloatArray, size: float, *, extra_layers: int = 0) -> Lattice:
    """Lattice with a mean edge near `size` whose planes end at the bottom and top of a box.

    The sides follow where a stretch of at most 10 % brings them there; otherwise the lattice
    reaches past them.

    Parameters
    ----------
    bounds
        Lower and upper corner, shape (2, 3), µm.
    size
        Edge length asked for, µm; a box lower than two layers gets two.
    extra_layers
        Layers beyond those that come nearest to `size`.
    """
    extent = bounds[1] - bounds[0]
    layers = max(2, round(extent[2] * np.sqrt(2.0) * MEAN_EDGE / size)) + extra_layers
    rise = extent[2] / layers
    cubic = rise * np.array([np.sqrt(0.5), 1.0, 1.0])
    origin, spacing = bounds[0].copy(), cubic.copy()
    # along x whole long edges, two units of h
    counts = [max(1, round(extent[0] / (2 * cubic[0]))), max(1, round(extent[1] / cubic[1]))]
    fits = []
    for axis, unit in ((0, 2), (1, 1)):
        stretch = extent[axis] / (counts[axis] * unit * cubic[axis])
        fits.append(bool(1.0 / LARGEST_STRETCH <= stretch <= LARGEST_STRETCH))
        if fits[axis]:
            spacing[axis] *= stretch
        else:
            counts[axis] = int(np.ceil(extent[axis] / (unit * cubic[axis]) + 1e-9)) + 1
            origin[axis] -= 0.5 * (counts[axis] * unit * cubic[axis] - extent[axis])
    origin[0] -= 2.0 * spacing[0]
    return Lattice(
        origin=origin,
        spacing=spacing,
        shape=(layers + 1, counts[1] + 1, counts[0] + 3),
        flat=(fits[1], True),
    )


def cell_paths() -> tuple[IntArray, IntArray]:
    """Vertices of the six tetrahedra of a point as offsets, shape (6, 4, 3), and orientations.

    The orientation is +1 where the vertices come in positive order, else -1, shape (6,).
    """
    paths, signs = [], []
    for order in permutations(range(3)):
        steps = _SHORT[list(order)]
        paths.append(np.concatenate([np.zeros((1, 3), dtype=np.int64), steps.cumsum(axis=0)]))
        signs.append(round(np.sign(np.linalg.det(steps))))
    return np.array(paths), np.array(signs)
