"""Trees of boxes over triangles and tetrahedra: exact nearest triangle, inside or out, which cell.

The first query of a process loads or compiles the kernels (some seconds, once per machine).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meshes.scaffold import FloatArray, IntArray

_PER_LEAF = 4
_BITS = 20  # of the Morton code, per axis
# Boxes are widened by this share of the whole, so that rounding loses nothing at their faces.
_PAD = 1e-12
# Slopes dx/dz and dy/dz of the rays that decide inside or outside: no printed or drawn direction.
_SLOPES = np.array(
    [
        (0.3178372419, 0.7391746523),
        (0.9137451873, 0.1827364519),
        (0.5312987641, 0.2938471652),
        (0.1293847561, 0.6473829105),
        (0.7710293847, 0.8461029375),
        (0.4019283746, 0.5527183946),
    ]
)


@dataclass(frozen=True)
class BoxTree:
    """A balanced binary tree of boxes around items, in the order of a space-filling curve.

    Parameters
    ----------
    order
        Items in the order of the leaves, shape (m,).
    starts
        First item of each leaf, and the end, shape (leaves + 1,).
    boxes
        Lower and upper corner per node of the heap, shape (2·leaves, 6), µm.
    """

    order: IntArray
    starts: IntArray
    boxes: FloatArray

    @classmethod
    def of(cls, low: FloatArray, high: FloatArray) -> BoxTree:
        """Build the tree of items with the boxes `low` to `high`, each shape (m, 3), µm."""
        order = np.argsort(_morton(0.5 * (low + high)), kind="stable")
        count = len(order)
        leaves = 1 << max(int(np.ceil(np.log2(max(count, 1) / _PER_LEAF))), 0)
        starts = np.arange(leaves + 1, dtype=np.int64) * count // leaves
        pad = _PAD * float(max(np.abs(low).max(), np.abs(high).max()))
        boxes = np.empty((2 * leaves, 6))
        boxes[0] = 0.0
        boxes[leaves:, :3] = np.minimum.reduceat(low[order], starts[:-1]) - pad
        boxes[leaves:, 3:] = np.maximum.reduceat(high[order], starts[:-1]) + pad
        while leaves > 1:
            children = boxes[leaves : 2 * leaves].reshape(-1, 2, 6)
            leaves //= 2
            boxes[leaves : 2 * leaves, :3] = children[:, :, :3].min(axis=1)
            boxes[leaves : 2 * leaves, 3:] = children[:, :, 3:].max(axis=1)
        return cls(order, starts, boxes)


def _morton(centres: FloatArray) -> npt.NDArray[np.uint64]:
    """Position of each point along a Z curve, shape (m,)."""
    low = centres.min(axis=0)
    span = float((centres.max(axis=0) - low).max()) or 1.0
    cell = ((centres - low) * ((2**_BITS - 1) / span)).astype(np.uint64)
    code = np.zeros(len(centres), dtype=np.uint64)
    for bit in range(_BITS):
        for axis in range(3):
            value = (cell[:, axis] >> np.uint64(bit)) & np.uint64(1)
            code |= value << np.uint64(3 * bit + axis)
    return code


class TriangleTree:
    """Nearest triangle and winding number of a closed, oriented surface.

    Parameters
    ----------
    points
        Vertices, shape (n, 3), µm.
    triangles
        Shape (m, 3), m ≥ 1; anticlockwise seen from outside.
    """

    def __init__(self, points: FloatArray, triangles: IntArray) -> None:
        corners = points[triangles]
        self._tree = BoxTree.of(corners.min(axis=1), corners.max(axis=1))
        self._corners = np.ascontiguousarray(corners[self._tree.order])

    def nearest(self, x: FloatArray) -> tuple[FloatArray, IntArray]:
        """Exact distance to the nearest triangle, (n,) µm, and its index, (n,)."""
        distance = np.empty(len(x))
        item = np.empty(len(x), dtype=np.int64)
        kernels = _kernels()
        kernels.nearest_triangles(
            self._tree.boxes, self._tree.starts, self._corners, _rows(x), distance, item
        )
        return distance, self._tree.order[item]

    def winding(self, x: FloatArray) -> IntArray:
        """How often the surface winds around each point, (n,): 0 outside, 1 inside a simple body.

        Crossings of a ray, counted with their sense: exact for every closed surface, however often
        it meets itself. On the surface itself the value is that of one of its sides.
        """
        winding = np.zeros(len(x), dtype=np.int64)
        kernels = _kernels()
        kernels.winding_numbers(
            self._tree.boxes, self._tree.starts, self._corners, _rows(x), _SLOPES, winding
        )
        return winding


class CellTree:
    """Which tetrahedron of a mesh holds a point.

    Parameters
    ----------
    points
        Vertices, shape (n, 3), µm.
    cells
        Tetrahedra with a volume, shape (m, 4).
    """

    def __init__(self, points: FloatArray, cells: IntArray) -> None:
        corners = points[cells]
        self._tree = BoxTree.of(corners.min(axis=1), corners.max(axis=1))
        corners = corners[self._tree.order]
        self._origin = np.ascontiguousarray(corners[:, 0])
        edges = np.swapaxes(corners[:, 1:] - corners[:, :1], 1, 2)
        self._inverse = np.ascontiguousarray(np.linalg.inv(edges))

    def holding(self, x: FloatArray, slack: float = 1e-9) -> IntArray:
        """Cell that holds each point, (n,), -1 for none; `slack` in barycentric coordinates."""
        item = np.empty(len(x), dtype=np.int64)
        tree = self._tree
        kernels = _kernels()
        kernels.holding_cells(
            tree.boxes, tree.starts, self._inverse, self._origin, _rows(x), slack, item
        )
        return np.where(item < 0, -1, tree.order[item])


def _rows(x: FloatArray) -> FloatArray:
    return np.ascontiguousarray(x, dtype=np.float64)


def _kernels() -> Any:
    """The compiled kernels, imported with the first query: numba takes a second to load."""
    from meshes.cad import kernels

    return kernels
