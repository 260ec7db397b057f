"""The surface of the scaffold, thin enough for a page that travels by mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray

if TYPE_CHECKING:
    from postprocess.scene.data import Scene
    from postprocess.scene.quantities import Quantity

MOST_FACES = 30_000
"""Triangles in a page at most."""

EDGE_ANGLE = 60.0
"""Edges sharper than this are drawn as lines, degrees."""


@dataclass(frozen=True)
class Skin:
    """A thinned surface.

    Parameters
    ----------
    points
        ``(n, 3)`` corners, µm.
    faces
        ``(m, 3)`` corners of each triangle, ordered so that the front looks outwards.
    source
        ``(m,)`` for each triangle the nearest one of the whole skin: where its values are read.
    edges
        ``(2k, 3)`` ends of the sharp edges, µm.
    whole
        Number of triangles of the whole skin.
    """

    points: FloatArray
    faces: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    edges: FloatArray
    whole: int

    def values(self, scene: Scene, quantity: Quantity) -> FloatArray:
        """``(m,)`` values of a quantity of the mesh, one per triangle."""
        if quantity.where == "cells":
            return np.asarray(scene.skin.cell_data[quantity.key], dtype=float)[self.source]
        corners = np.asarray(scene.skin.point_data[quantity.key], dtype=float)
        return np.asarray(corners[_triangles(scene.skin)[self.source]].mean(axis=1))


def thin_skin(scene: Scene, most: int = MOST_FACES) -> Skin:
    """Thin the skin of a scaffold to at most ``most`` triangles.

    Shape is thinned by quadric error (10.1145/258734.258849); values are not averaged: each
    triangle shows that of the triangle of the whole skin whose middle is nearest.
    """
    whole = scene.skin
    thinned = whole.clean()
    if thinned.n_cells > most:
        thinned = thinned.decimate(1 - most / thinned.n_cells).clean()
    points, faces = np.asarray(thinned.points, dtype=float), _triangles(thinned)
    before = np.asarray(whole.points, dtype=float)[_triangles(whole)].mean(axis=1)
    return Skin(
        points=points,
        faces=faces,
        source=_nearest(before, points[faces].mean(axis=1)),
        edges=_sharp_edges(thinned),
        whole=len(before),
    )


def _nearest(known: FloatArray, asked: FloatArray) -> npt.NDArray[np.int64]:
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(known).query(asked)[1], dtype=np.int64)


def _triangles(surface: Any) -> npt.NDArray[np.int64]:
    """``(m, 3)`` corners of a surface that has triangles only, as that of tetrahedra has."""
    return np.asarray(surface.regular_faces, dtype=np.int64)


def _sharp_edges(surface: Any) -> FloatArray:
    lines = surface.extract_feature_edges(
        feature_angle=EDGE_ANGLE,
        boundary_edges=False,
        non_manifold_edges=False,
        manifold_edges=False,
    )
    if not lines.n_cells:
        return np.empty((0, 3))
    ends = np.asarray(lines.lines).reshape(-1, 3)[:, 1:]
    return np.asarray(lines.points, dtype=float)[ends.ravel()]
