"""The few places where DOLFINx 0.9 to 0.11 differ, behind one spelling."""

from __future__ import annotations

from typing import Any

import basix.ufl
import dolfinx
import numpy as np
import ufl
from mpi4py import MPI
from numpy.typing import NDArray

VERSION = tuple(int(part) for part in dolfinx.__version__.split(".")[:2])


def create_mesh(
    comm: MPI.Comm, points: NDArray[np.float64], cells: NDArray[np.int64]
) -> dolfinx.mesh.Mesh:
    """A tetrahedral mesh from arrays ``(n, 3)`` and ``(m, 4)`` held by rank 0 (others: empty)."""
    domain = ufl.Mesh(basix.ufl.element("Lagrange", "tetrahedron", 1, shape=(3,)))
    if VERSION >= (0, 10):
        return dolfinx.mesh.create_mesh(comm, cells, domain, points)
    return dolfinx.mesh.create_mesh(comm, cells, points, domain)


def facet_tags(
    mesh: dolfinx.mesh.Mesh, facets: NDArray[np.int64], values: NDArray[np.int32]
) -> dolfinx.mesh.MeshTags:
    """Tags of boundary triangles ``(k, 3)``, given by input vertex numbers on rank 0."""
    mesh.topology.create_connectivity(2, 0)
    mesh.topology.create_connectivity(2, 3)
    mesh.topology.create_connectivity(3, 2)
    entities, local = dolfinx.io.distribute_entity_data(
        mesh, 2, np.ascontiguousarray(facets, dtype=np.int64), values.astype(np.int32)
    )
    adjacency = dolfinx.graph.adjacencylist(entities)
    return dolfinx.mesh.meshtags_from_entities(mesh, 2, adjacency, local)


def quadrature_element(shape: tuple[int, ...], degree: int) -> Any:
    """Quadrature element on tetrahedra, values of the given shape."""
    return basix.ufl.quadrature_element("tetrahedron", value_shape=shape, degree=degree)


def quadrature_rule(degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points ``(q, 3)`` and weights ``(q,)`` of the rule behind :func:`quadrature_element`."""
    points, weights = basix.make_quadrature(basix.CellType.tetrahedron, degree)
    return points, weights


def quadrature_points(
    mesh: dolfinx.mesh.Mesh, degree: int, cells: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points ``(n, 3)`` of the rule in the first ``cells`` of a rank, and the volume of each."""
    rule, weights = quadrature_rule(degree)
    geometry = mesh.geometry
    corners = geometry.x[geometry.dofmap[:cells]]  # (m, 4, 3), straight-sided
    shape = np.column_stack([1.0 - rule.sum(axis=1), rule])
    points = np.einsum("qk,mkx->mqx", shape, corners).reshape(-1, 3)
    volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))  # of the parallelepiped
    return points, np.outer(volume, weights).ravel()
