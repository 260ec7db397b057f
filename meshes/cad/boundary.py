"""The outer faces of a tetrahedral mesh, and where they lie."""

from __future__ import annotations

import numpy as np

from meshes.cad.polyhedron import GLASS_TOLERANCE
from meshes.scaffold import FloatArray, IntArray
from meshes.tetmesh import Int32Array, SurfaceTag

# Faces of a positively oriented tetrahedron, anticlockwise seen from outside.
_FACES = np.array([(1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1)])


def oriented_faces(cells: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """All faces of tetrahedra, the same ones together.

    Parameters
    ----------
    cells
        Positively oriented tetrahedra, shape (m, 4).

    Returns
    -------
    faces, owner, first
        Faces seen from outside their cell, shape (4m, 3), sorted so that equal ones follow each
        other; the cell of each, shape (4m,); where each new face begins, shape (k,).
    """
    faces = cells[:, _FACES].reshape(-1, 3)
    owner = np.repeat(np.arange(len(cells), dtype=np.int64), 4)
    corners = np.sort(faces, axis=1)
    order = np.lexsort((corners[:, 2], corners[:, 1], corners[:, 0]))
    corners = corners[order]
    fresh = np.ones(len(corners), dtype=bool)
    fresh[1:] = (corners[1:] != corners[:-1]).any(axis=1)
    return faces[order], owner[order], np.flatnonzero(fresh)


def boundary_faces(cells: IntArray) -> tuple[IntArray, IntArray]:
    """Faces that belong to one tetrahedron only.

    Parameters
    ----------
    cells
        Positively oriented tetrahedra, shape (m, 4).

    Returns
    -------
    faces, owner
        Anticlockwise seen from outside, shape (k, 3), and the cell of each, shape (k,).
    """
    faces, owner, first = oriented_faces(cells)
    single = first[np.diff(first, append=len(faces)) == 1]
    single = single[np.argsort(owner[single], kind="stable")]
    return faces[single], owner[single]


def plane_tags(points: FloatArray, faces: IntArray, height: float) -> Int32Array:
    """BOTTOM for faces in z = 0, TOP for those in z = height, FREE for all others.

    Parameters
    ----------
    points
        Shape (n, 3), µm.
    faces
        Shape (k, 3).
    height
        z of the top, µm.

    Returns
    -------
    ndarray, shape (k,)
    """
    z = points[faces, 2]
    tolerance = GLASS_TOLERANCE * height
    tags = np.full(len(faces), SurfaceTag.FREE, dtype=np.int32)
    tags[(np.abs(z) <= tolerance).all(axis=1)] = SurfaceTag.BOTTOM
    tags[(np.abs(z - height) <= tolerance).all(axis=1)] = SurfaceTag.TOP
    return tags
