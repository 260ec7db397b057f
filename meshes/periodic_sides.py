"""Meshes whose opposite sides match: asked of Gmsh, then verified, then exact to the last digit."""

from __future__ import annotations

from typing import Any

import numpy as np

from meshes.bodies import DimTags
from meshes.errors import InputError, SolveError
from meshes.scaffold import FloatArray, IntArray

_FACES = [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def pair_sides(
    gmsh: Any, size: FloatArray, origin: FloatArray, axis: int, tolerance: float
) -> None:
    """Tell Gmsh to copy the mesh of each face on the low side to the high side.

    Parameters
    ----------
    gmsh
        The module, with the bodies in the current model.
    size, origin
        Periods and lower corner of the cell, (3,) µm.
    axis
        0, 1 or 2.
    tolerance
        How far a face may lie from the side, µm.

    Raises
    ------
    SolveError
        If there is no face on the side.
    InputError
        If the faces on opposite sides do not match.
    """
    shift = np.zeros(3)
    shift[axis] = size[axis]
    boxes = {
        tag: np.array(gmsh.model.getBoundingBox(2, tag)).reshape(2, 3)
        for _, tag in gmsh.model.getEntities(2)
    }
    low, high = (
        [tag for tag, box in boxes.items() if np.abs(box[:, axis] - level).max() < tolerance]
        for level in (origin[axis], origin[axis] + size[axis])
    )
    if not low:
        raise SolveError(f"OpenCASCADE's periodic cell has no side across {'xyz'[axis]}")
    corners = np.array([boxes[tag] for tag in low])
    partners = [
        low[int(np.argmin(np.abs(corners + shift - boxes[tag]).max(axis=(1, 2))))] for tag in high
    ]
    if len(low) != len(high) or len(set(partners)) != len(high):
        raise InputError(
            f"opposite sides of the periodic cell do not match along {'xyz'[axis]}",
            hint="shift the fibres or their phase slightly, or change the pitch",
        )
    affine = np.eye(4)
    affine[:3, 3] = shift
    gmsh.model.mesh.setPeriodic(2, high, partners, affine.ravel().tolist())


def read_tetrahedra(gmsh: Any, bodies: dict[int, DimTags]) -> tuple[FloatArray, IntArray, IntArray]:
    """Points (n, 3) µm, tetrahedra (m, 4) and the key in `bodies` of each, (m,).

    Raises
    ------
    SolveError
        If there are none.
    """
    blocks, keys = [], []
    for key, volumes in bodies.items():
        for _, tag in volumes:
            _, nodes = gmsh.model.mesh.getElementsByType(4, tag)
            blocks.append(nodes.astype(np.int64).reshape(-1, 4))
            keys.append(np.full(len(blocks[-1]), key))
    cells = np.concatenate(blocks)
    if len(cells) == 0:
        raise SolveError("Gmsh made no tetrahedra", hint="try another mesh size")
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    used, flat = np.unique(cells, return_inverse=True)
    order = np.argsort(tags)
    points = coordinates.reshape(-1, 3)[order[np.searchsorted(tags[order], used)]]
    return points, flat.reshape(cells.shape), np.concatenate(keys)


def outer_triangles(cells: IntArray) -> IntArray:
    """Triangles that belong to one tetrahedron only, (k, 3), vertices in rising order."""
    facets = np.sort(cells[:, _FACES].reshape(-1, 3), axis=1)
    triangles, count = np.unique(facets, axis=0, return_counts=True)
    return triangles[count == 1]


def match_triangles(
    points: FloatArray,
    triangles: IntArray,
    size: FloatArray,
    periodic: tuple[bool, bool, bool],
    tolerance: float,
) -> FloatArray:
    """Verify that triangles on opposite sides match, and make them match to the last digit.

    Parameters
    ----------
    points
        Of the mesh, (n, 3) µm.
    triangles
        All that lie on periodic sides, (k, 3).
    size
        Periods, (3,) µm.
    periodic
        Which directions repeat.
    tolerance
        How far a node may lie from its partner's image, µm.

    Returns
    -------
    ndarray, shape (n, 3), µm
        The points, each on its partner's image.

    Raises
    ------
    InputError
        If a triangle has no partner.
    """
    from scipy.spatial import cKDTree

    points = points.copy()
    keys = _keys(triangles, len(points))
    paired = 0
    for axis in np.flatnonzero(periodic):
        shift = np.zeros(3)
        shift[axis] = size[axis]
        distance, partner = cKDTree(points).query(points + shift, distance_upper_bound=tolerance)
        low = np.isfinite(distance)
        points[partner[low]] = points[low] + shift
        side = triangles[low[triangles].all(axis=1)]
        paired += 2 * int(np.isin(_keys(partner[side], len(points)), keys).sum())
    if len(triangles) == 0 or paired != len(triangles):
        raise InputError(
            f"{abs(len(triangles) - paired)} of {len(triangles)} triangles on the sides of the "
            "periodic cell have no partner on the opposite side: the mesh is not periodic",
            hint="a fibre or strand may be tangent to a side: shift its phase or position",
        )
    return points


def _keys(triangles: IntArray, n: int) -> IntArray:
    """One number for each triangle (k, 3) of a mesh of n points, whatever its vertices' order."""
    a, b, c = np.sort(triangles, axis=1).T
    keys: IntArray = (a * n + b) * n + c
    return keys
