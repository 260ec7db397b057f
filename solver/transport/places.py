"""From places in the gel to a mesh spread over ranks, and back: balls, points, nearest cells."""

from __future__ import annotations

# The package imports DOLFINx as if numba were absent, so it comes before DOLFINx itself.
import solver.mechanics  # noqa: F401

# isort: split
from dataclasses import dataclass
from typing import Any

import numpy as np
from dolfinx import fem, geometry
from mpi4py import MPI

from meshes.errors import InputError
from solver import _dolfinx
from solver.materials.tensors import FloatArray

QUADRATURE = 4
"""Degree of the rule that integrates sinks."""

SELF_FIELD = 10.0 / 7.0
"""Mean over a ball of the pressure it costs itself, in units of u/(4π κ b).

``2 ∫ M dM/ρ`` with M(ρ) = (5 ρ³/b³ − 3 ρ⁵/b⁵)/2, the share taken inside ρ.
"""

_EDGE = 2.04  # edge of a regular tetrahedron over the cube root of its volume


@dataclass(frozen=True, eq=False)
class Balls:
    """Sinks of oxygen too small for the mesh: clusters of cells, vessels.

    Parameters
    ----------
    centre
        ``(k, 3)`` µm.
    width
        Radius b of each ``(k,)``, µm.
    uptake
        What each takes at the pressure ``at`` ``(k,)``, amol/h; negative gives.
    slope
        How that changes with its mean pressure ``(k,)``, amol/(h mmHg), not negative.
    at
        ``(k,)`` mmHg.
    """

    centre: FloatArray
    width: FloatArray
    uptake: FloatArray
    slope: FloatArray
    at: FloatArray


def no_balls() -> Balls:
    """No sinks."""
    none = np.zeros(0)
    return Balls(np.zeros((0, 3)), none, none, none, none)


def vessels(
    centre: FloatArray, width: FloatArray, conductance: FloatArray, pressure: float
) -> Balls:
    """Perfused sites that give ``conductance · (pressure − p)``, amol/h, each."""
    k = len(centre)
    return Balls(centre, width, np.zeros(k), np.asarray(conductance), np.full(k, pressure))


class Places:
    """The quadrature points of a mesh.

    Parameters
    ----------
    mesh
        Tetrahedra, µm, spread over the ranks of ``comm``.
    comm
        Ranks that share it.

    Attributes
    ----------
    cells
        Owned cells of this rank.
    points, volumes
        Quadrature points of these, ``(q, 3)`` µm, cell by cell, and the volume of each, µm³.
    """

    def __init__(self, mesh: Any, comm: MPI.Comm) -> None:
        self.mesh, self.comm = mesh, comm
        self.cells = np.arange(mesh.topology.index_map(3).size_local, dtype=np.int32)
        self._per_cell = len(_dolfinx.quadrature_rule(QUADRATURE)[1])
        self.points, self.volumes = _dolfinx.quadrature_points(mesh, QUADRATURE, len(self.cells))

    def weights(self, balls: Balls) -> Any:
        """Weights of the balls at the quadrature points of this rank, sparse ``(k, q)``, 1/µm³."""
        from scipy.sparse import csr_array
        from scipy.spatial import cKDTree

        near = cKDTree(self.points).query_ball_point(balls.centre, balls.width)
        row = np.repeat(np.arange(len(near)), [len(found) for found in near])
        column = np.concatenate([np.zeros(0, dtype=int), *[np.sort(found) for found in near]])
        column = column.astype(int)
        distance = np.linalg.norm(self.points[column] - balls.centre[row], axis=1)
        weight = 1.0 - (distance / balls.width[row]) ** 2
        local = np.bincount(row, weight * self.volumes[column], minlength=len(near))
        whole = np.asarray(self.comm.allreduce(local))
        outside = np.flatnonzero(whole <= 0.0)
        if len(outside):
            k = int(outside[0])
            raise InputError(
                f"ball {k} at {np.round(balls.centre[k], 1).tolist()} µm of radius "
                f"{balls.width[k]:g} µm holds no gel",
                hint="balls lie in the gel and are no smaller than the mesh size",
            )
        return csr_array((weight / whole[row], (row, column)), shape=(len(near), len(self.points)))

    def mesh_size(self, points: FloatArray) -> FloatArray:
        """Edge ``(k,)`` µm of the mesh around points ``(k, 3)`` µm, the same on every rank."""
        volume = self.volumes.reshape(-1, self._per_cell).sum(axis=1)
        return self.in_nearest_cell(points, _EDGE * np.cbrt(volume))

    def in_nearest_cell(self, points: FloatArray, values: FloatArray) -> FloatArray:
        """Values of the cells of this rank at points ``(k, 3)`` µm: ``(k,)`` on every rank."""
        from scipy.spatial import cKDTree

        distance, found = np.full(len(points), np.inf), np.zeros(len(points))
        if len(self.cells):
            distance, nearest = cKDTree(self.points).query(points)
            found = values[nearest // self._per_cell]
        return self._from_nearest(distance, found)

    def from_nearest(self, distance: FloatArray, value: FloatArray) -> FloatArray:
        """For each point the value of the rank that is nearest to it."""
        distances, values = self.comm.allgather(distance), self.comm.allgather(value)
        rank = np.argmin(distances, axis=0)
        return np.asarray(np.take_along_axis(np.asarray(values), rank[None], axis=0)[0])

    def values_at(self, u: fem.Function, points: FloatArray) -> FloatArray:
        """A scalar at points ``(k, 3)`` µm: ``(k,)`` on every rank.

        A point outside the mesh gets the value of the nearest vertex.
        """
        from scipy.spatial import cKDTree

        points = np.asarray(points, dtype=float).reshape(-1, 3)
        tree = geometry.bb_tree(self.mesh, 3, padding=1e-9)
        touched = geometry.compute_collisions_points(tree, points)
        inside = geometry.compute_colliding_cells(self.mesh, touched, points)
        distance, found = np.full(len(points), np.inf), np.zeros(len(points))
        x = self.mesh.geometry.x
        if len(x):
            distance, nearest = cKDTree(x).query(points)
            found = at_vertices(u)[nearest]
        hit = np.flatnonzero(np.diff(inside.offsets))
        if len(hit):
            found[hit] = u.eval(points[hit], inside.array[inside.offsets[hit]]).ravel()
            distance[hit] = -1.0
        return self._from_nearest(distance, found)

    def _from_nearest(self, distance: FloatArray, value: FloatArray) -> FloatArray:
        """For each point the value of the rank that is nearest to it."""
        distances, values = self.comm.allgather(distance), self.comm.allgather(value)
        rank = np.argmin(distances, axis=0)
        return np.asarray(np.take_along_axis(np.asarray(values), rank[None], axis=0)[0])


def at_vertices(u: fem.Function) -> FloatArray:
    """A scalar at the geometry nodes of this rank, ``(nodes,)``."""
    mesh = u.function_space.mesh
    linear = fem.functionspace(mesh, ("Lagrange", 1))
    p1 = fem.Function(linear)
    p1.interpolate(u)
    values = np.zeros(len(mesh.geometry.x))
    values[mesh.geometry.dofmap] = p1.x.array[linear.dofmap.list]
    return values
