"""Periodic tetrahedra of a fibre cell: lofted tubes in a box, meshed by Gmsh.

Opposite sides get the same triangles, and that is verified afterwards: Gmsh may break it without
a word, where a fibre's surface is tangent to a side. Straight-sided elements cut the corners of
round fibres; the nodes of their surfaces are moved outwards until the volume is exact, which for
a beam of six-sided section leaves the bending stiffness 1 % off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from meshes.cell_bodies import (
    FIBRE,
    MATRIX,
    Images,
    box_origin,
    cell_bodies,
    check_bodies,
    stations,
)
from meshes.cell_nodes import match_sides, round_out
from meshes.errors import InputError, SolveError
from meshes.fibre_cell import FibreCell
from meshes.periodic_sides import pair_sides, read_tetrahedra
from meshes.quality import scaled_jacobian
from meshes.scaffold import FloatArray, IntArray, require_positive
from meshes.session import gmsh_model, try_generate
from meshes.tetmesh import TetMesh

DEFAULT_SIZE = 1.0  # edges at the fibre, over its radius: six to a circumference
COARSEST_SIZE = 1.2
DEFAULT_GROWTH = 0.5  # growth of the edge length per distance from the fibre
_MATCH = 1e-3  # of the edge length: nodes this close to their partner's image are partners
WORST_SCALED_JACOBIAN = 0.01
ATTEMPTS = (1.0, 0.85, 0.7)  # of the size asked for
__all__ = ["FIBRE", "MATRIX", "CellMesh", "mesh_cell"]


@dataclass(frozen=True)
class CellMesh:
    """A periodic mesh of a fibre cell.

    Parameters
    ----------
    mesh
        Tetrahedra; inks ("matrix", "fibre"), or ("fibre",) for fibres alone.
    size
        Periods along x, y, z, shape (3,), µm.
    periodic
        Which of the three directions repeat; fibres alone repeat along z only.
    phase
        MATRIX or FIBRE of each cell, shape (m,).
    fibre_volume
        Exact volume of the fibres, µm³.
    chord_error
        Meshed over exact volume of the fibres minus one, before the surface nodes were moved.
    min_scaled_jacobian
        Of the worst tetrahedron.
    """

    mesh: TetMesh
    size: FloatArray
    periodic: tuple[bool, bool, bool]
    phase: IntArray
    fibre_volume: float
    chord_error: float
    min_scaled_jacobian: float

    @property
    def points(self) -> FloatArray:
        """Vertices (n, 3), µm."""
        return self.mesh.points

    @property
    def cells(self) -> IntArray:
        """Tetrahedra (m, 4)."""
        return self.mesh.cells

    @property
    def volume(self) -> float:
        """Volume of the whole cell, matrix or not, µm³."""
        return float(np.prod(self.size))

    @property
    def volume_error(self) -> float:
        """Meshed over exact volume of the fibres minus one."""
        meshed = self.mesh.volumes()[self.phase == FIBRE].sum()
        return float(meshed / self.fibre_volume - 1.0)


def mesh_cell(
    cell: FibreCell,
    size: float | None = None,
    *,
    growth: float = DEFAULT_GROWTH,
    coarsest: float | None = None,
    matrix: bool = True,
) -> CellMesh:
    """Mesh a fibre cell so that opposite sides match node by node.

    Parameters
    ----------
    cell
        Fibres and box.
    size
        Edge length at the fibres, µm; default the thinnest radius.
    growth
        How fast edges grow with the distance from the nearest fibre.
    coarsest
        Longest edge, µm; default a quarter of the box's narrower side, at most half its
        height.
    matrix
        False for the fibres alone, whole where they pass a side; periodic along z.

    Raises
    ------
    InputError
        If the size is too coarse for the fibres, a fibre only just touches a side whatever the
        place of the box, or opposite sides do not match.
    SolveError
        If OpenCASCADE or Gmsh fail.
    """
    thinnest = min(f.radius for f in cell.fibres)
    edge = DEFAULT_SIZE * thinnest if size is None else require_positive("mesh size (µm)", size)
    if edge > COARSEST_SIZE * thinnest:
        raise InputError(
            f"mesh size: {edge:g} µm is too coarse for a fibre of radius {thinnest:g} µm",
            hint=f"choose {COARSEST_SIZE * thinnest:g} µm or less",
        )
    longest = min(0.25 * min(cell.size[:2]), 0.5 * cell.size[2]) if coarsest is None else coarsest
    origin = box_origin(cell) if matrix else np.zeros(3)
    reasons = []
    for factor in ATTEMPTS:
        sizes = (factor * edge, max(longest, factor * edge))
        try:
            with gmsh_model("fibre_cell") as gmsh:
                mesh = _generate(gmsh, cell, origin, sizes, growth, matrix)
        except (InputError, SolveError):
            raise
        except Exception as error:  # Gmsh raises bare exceptions with the last line of its log
            raise SolveError(
                f"the fibre cell could not be built: {error}",
                hint="shift the fibres or their phase slightly",
            ) from error
        if isinstance(mesh, CellMesh):
            return mesh
        reasons.append(mesh)
    raise SolveError(
        f"Gmsh found no good mesh of the fibre cell at {edge:g} µm nor somewhat finer: "
        + "; ".join(dict.fromkeys(reasons)),
        hint="choose another mesh size, or shift the fibres slightly",
    )


def _generate(
    gmsh: Any,
    cell: FibreCell,
    origin: FloatArray,
    sizes: tuple[float, float],
    growth: float,
    matrix: bool,
) -> CellMesh | str:
    """A mesh in a fresh model, or what is wrong with it."""
    thinnest, periods = min(f.radius for f in cell.fibres), np.asarray(cell.size)
    bodies, images = cell_bodies(gmsh, cell, origin, matrix)
    check_bodies(gmsh, cell, bodies[FIBRE])
    _grade(gmsh, cell, origin, images, sizes, growth)
    tolerance = gmsh.option.getNumber("Geometry.Tolerance")
    gmsh.option.setNumber("Geometry.Tolerance", 1e-3 * _MATCH * thinnest)
    try:
        for axis in range(0 if matrix else 2, 3):
            pair_sides(gmsh, periods, origin, axis, 1e-2 * thinnest)
        failure = try_generate(gmsh)
    finally:
        gmsh.option.setNumber("Geometry.Tolerance", tolerance)
    if failure:
        return failure
    points, cells, phase = read_tetrahedra(gmsh, bodies)
    periodic = (matrix, matrix, True)
    points = match_sides(points, cells, periods, periodic, _MATCH * sizes[0])
    points, chord_error = round_out(points, cells, phase, images, cell.fibre_volume)
    worst = float(scaled_jacobian(points, cells).min())
    if worst < WORST_SCALED_JACOBIAN:
        return f"a tetrahedron has a scaled Jacobian of {worst:.2g}"
    gel = [cell.volume - cell.fibre_volume] if matrix else []
    return CellMesh(
        mesh=TetMesh(
            points=points,
            cells=cells,
            cell_ink=(phase if matrix else np.zeros_like(phase)).astype(np.int32),
            facets=np.empty((0, 3), dtype=np.int64),
            facet_tag=np.empty(0, dtype=np.int32),
            inks=("matrix", "fibre") if matrix else ("fibre",),
            exact_volumes=np.array([*gel, cell.fibre_volume]),
        ),
        size=periods,
        periodic=periodic,
        phase=phase,
        fibre_volume=cell.fibre_volume,
        chord_error=chord_error,
        min_scaled_jacobian=worst,
    )


def _grade(
    gmsh: Any,
    cell: FibreCell,
    origin: FloatArray,
    images: Images,
    sizes: tuple[float, float],
    growth: float,
) -> None:
    """Fine at the fibres, coarser with the distance from the nearest centreline."""
    finest, coarsest = sizes
    lines = []
    for fibre, shift in images:
        z = stations(fibre, origin[2], cell.size[2])
        points = [gmsh.model.occ.addPoint(*p) for p in fibre.centre(z) + shift]
        lines.append(gmsh.model.occ.addSpline(points))
    gmsh.model.occ.synchronize()
    field = gmsh.model.mesh.field
    distance = field.add("Distance")
    field.setNumbers(distance, "CurvesList", lines)
    field.setNumber(distance, "Sampling", int(np.ceil(2.0 * cell.size[2] / finest)) + 2)
    radius = max(f.radius for f in cell.fibres)
    size = field.add("MathEval")
    beyond = f"Max(F{distance} - {1.2 * radius!r}, 0)"
    field.setString(size, "F", f"Min({finest!r} + {growth!r} * {beyond}, {coarsest!r})")
    field.setAsBackgroundMesh(size)
    gmsh.option.setNumber("Mesh.Algorithm", 6)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.option.setNumber("Mesh.MeshSizeMin", 0.5 * finest)
    gmsh.option.setNumber("Mesh.MeshSizeMax", coarsest)
