"""Nodes of a periodic mesh: matched to the last digit, and fibres made as thick as they are."""

from __future__ import annotations

import numpy as np

from meshes.cell_bodies import FIBRE, Images
from meshes.fibre_cell import FibrePath
from meshes.periodic_sides import match_triangles, outer_triangles
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
    outer = outer_triangles(cells)
    if not all(periodic):
        levels = np.array([points[:, 2].min(), points[:, 2].max()])
        flat = np.abs(points[outer, 2][:, :, None] - levels) < tolerance
        outer = outer[flat.all(axis=1).any(axis=1)]
    return match_triangles(points, outer, size, periodic, tolerance)


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
