"""Nodes of a periodic mesh: matched to the last digit, and fibres made as thick as they are."""

from __future__ import annotations

import numpy as np

from meshes.cell_bodies import FIBRE, Images
from meshes.errors import InputError
from meshes.fibre_cell import FibrePath
from meshes.scaffold import FloatArray, IntArray
from meshes.tetmesh import signed_volumes

_ON_SURFACE = 1e-2  # of the radius: nodes this close to it are on the surface


def match_sides(
    points: FloatArray,
    cells: IntArray,
    size: FloatArray,
    periodic: tuple[bool, bool, bool],
    tolerance: float,
) -> FloatArray:
    """Verify that opposite sides match, and make them match to the last digit.

    Every triangle on the boundary must have its image on the opposite side; of fibres alone, those
    at the two ends.

    Parameters
    ----------
    points, cells
        The mesh: (n, 3) µm, (m, 4).
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
    facets = np.sort(cells[:, [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]].reshape(-1, 3), axis=1)
    triangles, count = np.unique(facets, axis=0, return_counts=True)
    outer = triangles[count == 1]
    if not all(periodic):
        levels = np.array([points[:, 2].min(), points[:, 2].max()])
        flat = np.abs(points[outer, 2][:, :, None] - levels) < tolerance
        outer = outer[flat.all(axis=1).any(axis=1)]
    keys = _keys(outer, len(points))
    paired = 0
    for axis in np.flatnonzero(periodic):
        shift = np.zeros(3)
        shift[axis] = size[axis]
        distance, partner = cKDTree(points).query(points + shift, distance_upper_bound=tolerance)
        low = np.isfinite(distance)
        points[partner[low]] = points[low] + shift
        side = outer[low[outer].all(axis=1)]
        paired += 2 * int(np.isin(_keys(partner[side], len(points)), keys).sum())
    if len(outer) == 0 or paired != len(outer):
        raise InputError(
            f"{abs(len(outer) - paired)} of {len(outer)} triangles on the sides of the fibre cell "
            "have no partner on the opposite side: the mesh is not periodic",
            hint="a fibre may be tangent to a side: shift its phase or position",
        )
    return points


def _keys(triangles: IntArray, n: int) -> IntArray:
    """One number for each triangle (k, 3) of a mesh of n points, whatever its vertices' order."""
    a, b, c = np.sort(triangles, axis=1).T
    keys: IntArray = (a * n + b) * n + c
    return keys


def round_out(
    points: FloatArray, cells: IntArray, phase: IntArray, images: Images, volume: float
) -> tuple[FloatArray, float]:
    """Move the nodes on the fibres' surfaces outwards until the fibres' volume is exact.

    Straight-sided elements cut the corners of a circle: six sides lose 17 % of the area. All
    nodes move by the same factor from their centreline, so that partners stay partners, though the
    sides of the cell are then no longer quite flat, which a period does not mind.

    Parameters
    ----------
    points, cells, phase
        The mesh: (n, 3) µm, (m, 4), (m,).
    images
        Centrelines in the cell.
    volume
        Exact volume of the fibres, µm³.

    Returns
    -------
    tuple
        New points and the meshed over the exact volume minus one beforehand.
    """
    fibre = cells[phase == FIBRE]
    nodes = np.unique(fibre)
    meshed = signed_volumes(points, fibre).sum()
    outward = np.zeros_like(points)
    for path, shift in images:
        arms = points[nodes] - shift - nearest_on(path, points[nodes] - shift)
        on = np.abs(np.linalg.norm(arms, axis=1) / path.radius - 1.0) < _ON_SURFACE
        outward[nodes[on]] = arms[on]
    moved = points
    factor = 1.0
    for _ in range(4):  # the volume is nearly quadratic in the factor
        factor *= np.sqrt(volume / signed_volumes(moved, fibre).sum())
        moved = points + (factor - 1.0) * outward
    return moved, float(meshed / volume - 1.0)


def nearest_on(path: FibrePath, x: FloatArray) -> FloatArray:
    """Points of a centreline nearest to points (n, 3), shape (n, 3), µm; for points near it."""
    q = path.wavenumber
    along = (x[:, :2] - path.position) @ path.direction[:2]
    z = x[:, 2].copy()
    for _ in range(20 if q > 0.0 else 0):
        phase = q * z + path.phase
        w, slope = path.amplitude * np.cos(phase), path.slope(z)
        curve = -(q**2) * w
        gradient = z - x[:, 2] + (w - along) * slope
        # Gauss-Newton's curvature where the full one is not positive
        full = 1.0 + slope**2 + (w - along) * curve
        z -= gradient / np.maximum(full, 0.5 * (1.0 + slope**2))
    return path.centre(z)
