"""How good a mesh is, in the few numbers that decide whether to trust a solve on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.scaffold import FloatArray, IntArray
from meshes.tetmesh import TetMesh, signed_volumes

# Nodes of a tetrahedron and the three nodes each is joined to.
_CORNERS = ((0, (1, 2, 3)), (1, (0, 2, 3)), (2, (0, 1, 3)), (3, (0, 1, 2)))


@dataclass(frozen=True)
class MeshQuality:
    """Size, shape and faithfulness of a mesh.

    Parameters
    ----------
    n_cells, n_points
        Number of tetrahedra and of vertices.
    min_scaled_jacobian, mean_scaled_jacobian
        Over all cells; 1 is the regular tetrahedron, 0 a flat one.
    volume_error
        Meshed volume of each ink against the curved body, minus one; chords cut corners, so it is
        negative for convex strands. Shape (n_inks,), as a tuple.
    total_volume_error
        The same for the whole body.
    n_components
        Number of pieces that share no vertex.
    """

    n_cells: int
    n_points: int
    min_scaled_jacobian: float
    mean_scaled_jacobian: float
    volume_error: tuple[float, ...]
    total_volume_error: float
    n_components: int


def scaled_jacobian(points: FloatArray, cells: IntArray) -> FloatArray:
    """Scaled Jacobian of each tetrahedron, √2·6V/λ.

    λ is the largest product of the three edges that meet in one vertex. It is 1 for the regular
    tetrahedron, 0 for a flat one and negative for an inverted one.

    Parameters
    ----------
    points
        Shape (n, 3), µm.
    cells
        Shape (m, 4).

    Returns
    -------
    ndarray, shape (m,)

    References
    ----------
    Knupp 2000, Int. J. Numer. Methods Eng. 48, 1165-1185,
    doi 10.1002/(SICI)1097-0207(20000720)48:8<1165::AID-NME940>3.0.CO;2-Y, normalised as in the
    Verdict library (Stimpson et al. 2007, Sandia report SAND2007-1751).
    """
    corner = points[cells]
    largest = np.zeros(len(cells))
    for node, others in _CORNERS:
        product = np.ones(len(cells))
        for other in others:
            product *= np.linalg.norm(corner[:, other] - corner[:, node], axis=1)
        np.maximum(largest, product, out=largest)
    return np.sqrt(2.0) * 6.0 * signed_volumes(points, cells) / largest


def components(mesh: TetMesh) -> tuple[int, IntArray]:
    """Number of pieces that share no vertex, and the piece of each point, shape (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = np.repeat(mesh.cells[:, 0], 3)
    columns = mesh.cells[:, 1:].ravel()
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), (len(mesh.points),) * 2)
    count, label = connected_components(graph, directed=False)
    return int(count), label.astype(np.int64)


def quality(mesh: TetMesh) -> MeshQuality:
    """Measure a mesh.

    Parameters
    ----------
    mesh
        Any :class:`~meshes.tetmesh.TetMesh`.
    """
    shape = scaled_jacobian(mesh.points, mesh.cells)
    meshed = mesh.ink_volumes()
    return MeshQuality(
        n_cells=len(mesh.cells),
        n_points=len(mesh.points),
        min_scaled_jacobian=float(shape.min()),
        mean_scaled_jacobian=float(shape.mean()),
        volume_error=tuple(float(v) for v in meshed / mesh.exact_volumes - 1.0),
        total_volume_error=round(float(meshed.sum() / mesh.exact_volumes.sum() - 1.0), 9) + 0.0,
        n_components=components(mesh)[0],
    )
