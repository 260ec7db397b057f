"""Signed distance to a closed surface of triangles, with and without its face on the glass."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from meshes.cad.trees import TriangleTree
from meshes.scaffold import FloatArray, IntArray

# A triangle lies on the glass if no corner is higher than this share of the body's height.
GLASS_TOLERANCE = 1e-6
_REACH = 10.0  # how far the body is continued below the glass, in diagonals of its bounding box


class Polyhedron:
    """A body bounded by triangles that stands on z = 0.

    Parameters
    ----------
    points
        Vertices, shape (n, 3), µm, the lowest at z = 0.
    triangles
        A closed surface, anticlockwise seen from outside, shape (m, 3). It may meet itself: the
        body is all it winds around.
    """

    def __init__(self, points: FloatArray, triangles: IntArray) -> None:
        self.points = np.ascontiguousarray(points, dtype=np.float64)
        self.triangles = np.ascontiguousarray(triangles, dtype=np.int64)
        used = self.points[self.triangles.ravel()]
        self.bounds: FloatArray = np.array([used.min(axis=0), used.max(axis=0)])

    @property
    def height(self) -> float:
        """z of the highest corner, µm."""
        return float(self.bounds[1, 2])

    @cached_property
    def footprint_area(self) -> float:
        """Area of the convex hull of the body seen from above, µm²."""
        from scipy.spatial import ConvexHull

        return float(ConvexHull(self.points[np.unique(self.triangles), :2]).volume)

    @cached_property
    def on_glass(self) -> np.ndarray:
        """Which triangles lie flat on z = 0, shape (m,)."""
        z = self.points[self.triangles, 2]
        return (z <= GLASS_TOLERANCE * self.height).all(axis=1)

    @cached_property
    def tree(self) -> TriangleTree:
        """The tree of all triangles."""
        return TriangleTree(self.points, self.triangles)

    @cached_property
    def _depth(self) -> float:
        return _REACH * float(np.linalg.norm(self.bounds[1] - self.bounds[0]))

    @cached_property
    def _continued(self) -> TriangleTree:
        """The tree of the body continued below the glass, its lower face far down."""
        count = len(self.points)
        lower = self.points.copy()
        lower[:, 2] -= self._depth
        bottom = self.triangles[self.on_glass]
        outline = _outline(bottom)
        walls = np.stack([outline[:, 0], outline[:, 1], outline[:, 1] + count], axis=1)
        more = np.stack([outline[:, 0], outline[:, 1] + count, outline[:, 0] + count], axis=1)
        triangles = np.concatenate([self.triangles[~self.on_glass], walls, more, bottom + count])
        return TriangleTree(np.concatenate([self.points, lower]), triangles)

    def signed_distance(self, x: FloatArray) -> FloatArray:
        """Distance to the triangles, negative inside: (n, 3) µm -> (n,) µm.

        Exact for a surface that does not meet itself, else a lower bound inside.
        """
        return _signed(self.tree, x)

    def free_distance(self, x: FloatArray) -> FloatArray:
        """As :meth:`signed_distance`, the face on the glass continued straight down."""
        if not self.on_glass.any():
            return self.signed_distance(x)
        # Halfway down and below, body and distance do not change with z.
        above = np.column_stack([x[:, :2], np.maximum(x[:, 2], -0.5 * self._depth)])
        return _signed(self._continued, above)


def enclosed_volume(points: FloatArray, triangles: IntArray) -> float:
    """Volume that a closed, oriented surface encloses, Σ a·(b × c)/6, in µm³ (Gauss).

    Parameters
    ----------
    points
        Shape (n, 3), µm.
    triangles
        Shape (m, 3), anticlockwise seen from outside; clockwise gives a negative volume.
    """
    return float(shares_of_volume(points, triangles).sum())


def shares_of_volume(points: FloatArray, triangles: IntArray) -> FloatArray:
    """Signed volume between each triangle and the middle of the points, shape (m,), µm³."""
    # About the middle: far from the origin the sum would lose its digits.
    corner = (points - 0.5 * (points.min(axis=0) + points.max(axis=0)))[triangles]
    return np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6.0


def _signed(tree: TriangleTree, x: FloatArray) -> FloatArray:
    distance, _ = tree.nearest(x)
    return np.where(tree.winding(x) > 0, -distance, distance)


def _outline(triangles: IntArray) -> IntArray:
    """Directed edges that no other of the triangles passes the other way, shape (k, 2)."""
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    size = int(triangles.max()) + 1
    there, back = edges[:, 0] * size + edges[:, 1], edges[:, 1] * size + edges[:, 0]
    return edges[~np.isin(there, back)]
