"""A tetrahedral mesh as a scaffold: cells are seeded, probed and solved on the very same mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from meshes.cad.boundary import boundary_faces
from meshes.cad.polyhedron import Polyhedron
from meshes.cad.trees import CellTree
from meshes.checks import require_direction
from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray, as_points
from meshes.tetmesh import TetMesh

_STANDS = 1e-6  # of the height: how far from z = 0 the lowest vertex may lie


@dataclass(frozen=True, eq=False)
class MeshBody:
    """The body that a tetrahedral mesh fills, as a :class:`~meshes.scaffold.Scaffold`.

    Parameters
    ----------
    mesh
        The mesh, lengths in µm, its lowest vertex at z = 0.
    direction
        Print direction everywhere, shape (3,); normalised here. A mesh does not say how it was
        printed: +x is an assumption.
    on_glass
        Whether a rigid plane carries the body at z = 0; without it that face is bathed too.

    Raises
    ------
    InputError
        If the mesh does not stand on z = 0, or the direction has no length.
    """

    mesh: TetMesh
    direction: tuple[float, float, float] = (1.0, 0.0, 0.0)
    on_glass: bool = True

    def __post_init__(self) -> None:
        direction = require_direction(self.direction, "a body")
        object.__setattr__(self, "direction", direction)
        low, height = self._surface.bounds[0, 2], self._surface.height
        if abs(low) > _STANDS * abs(height):
            raise InputError(
                f"mesh: its lowest vertex lies at z = {low:g} µm, it must stand on z = 0",
                hint=f"move it by {-low:g} µm in z",
            )

    @property
    def inks(self) -> tuple[str, ...]:
        """Names of the inks of the mesh."""
        return self.mesh.inks

    @property
    def substrate_height(self) -> float | None:
        """z of the glass, µm, or None."""
        return 0.0 if self.on_glass else None

    @property
    def height(self) -> float:
        """z of the highest vertex, µm."""
        return self._surface.height

    @property
    def footprint_area(self) -> float:
        """Area of the convex hull of the body seen from above, µm²."""
        return self._surface.footprint_area

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        return self._surface.bounds

    @cached_property
    def _boundary(self) -> tuple[IntArray, IntArray]:
        """Outer faces, and the cell of each."""
        return boundary_faces(self.mesh.cells)

    @cached_property
    def _surface(self) -> Polyhedron:
        return Polyhedron(self.mesh.points, self._boundary[0])

    @cached_property
    def _cells(self) -> CellTree:
        return CellTree(self.mesh.points, self.mesh.cells)

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the boundary triangles, negative inside: (n, 3) µm -> (n,) µm."""
        return self._surface.signed_distance(as_points(x))

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the bathed triangles: (n, 3) µm -> (n,) µm.

        On glass the body goes on straight below its triangles at z = 0.
        """
        if not self.on_glass:
            return self.signed_distance(x)
        return self._surface.free_distance(as_points(x))

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Ink of the cell that holds each point, else of the nearest: (n, 3) µm -> (n,)."""
        points = as_points(x)
        if len(self.inks) == 1:
            return np.zeros(len(points), dtype=np.int64)
        cell = self._cells.holding(points)
        outside = np.flatnonzero(cell < 0)
        if len(outside):
            _, face = self._surface.tree.nearest(points[outside])
            cell[outside] = self._boundary[1][face]
        return self.mesh.cell_ink[cell].astype(np.int64)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """The given direction everywhere: (n, 3) µm -> (n, 3)."""
        return np.tile(np.array(self.direction), (len(as_points(x)), 1))

    def volume(self) -> dict[str, float]:
        """Volume of the cells of each ink, µm³: the mesh is the body."""
        return dict(zip(self.inks, map(float, self.mesh.ink_volumes()), strict=True))
