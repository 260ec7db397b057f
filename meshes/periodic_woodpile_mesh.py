"""Tetrahedra of the unit cell of an endless woodpile, by OpenCASCADE and Gmsh.

Strands go on past the box and are cut by it, so that what leaves through one side comes back
through the other. There are no elements in the pores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from meshes.bodies import DimTags
from meshes.errors import InputError, SolveError
from meshes.periodic_sides import match_triangles, outer_triangles, pair_sides, read_tetrahedra
from meshes.periodic_woodpile import PeriodicWoodpile
from meshes.quality import scaled_jacobian
from meshes.scaffold import FloatArray, IntArray, require_positive
from meshes.session import gmsh_model, try_generate
from meshes.tetmesh import SurfaceTag, TetMesh

DEFAULT_SIZE = 0.25  # edges over the strand diameter
COARSEST_SIZE = 0.5
MAX_CELLS = 2_000_000
WORST_SCALED_JACOBIAN = 0.01
GOOD_SCALED_JACOBIAN = 0.03
LARGEST_BODY_ERROR = 1e-3  # OpenCASCADE's volume against the closed form
# Gmsh's surface algorithm and the share of the size asked for, as for finite scaffolds
ATTEMPTS = ((6, 1.0), (1, 1.0), (6, 0.8), (1, 0.8), (1, 0.6))
_CELLS_PER_CUBE = 6.0
_MATCH = 1e-3  # of the edge length: nodes this close to their partner's image are partners


@dataclass(frozen=True, eq=False)
class PeriodicWoodpileMesh:
    """A mesh of a :class:`~meshes.periodic_woodpile.PeriodicWoodpile`, in the cell's coordinates.

    Parameters
    ----------
    cell
        What it is a mesh of.
    mesh
        Tetrahedra of the gel. Its facets are the surfaces of the pores (FREE) and, of a pile
        between glass and plate, those on them (BOTTOM, TOP); the periodic sides are none.
    phase
        Layer that owns each tetrahedron, (m,).
    min_scaled_jacobian
        Of the worst tetrahedron.
    """

    cell: PeriodicWoodpile
    mesh: TetMesh
    phase: IntArray
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
    def size(self) -> FloatArray:
        """Periods along x, y, z, (3,) µm."""
        return self.cell.size

    @property
    def periodic(self) -> tuple[bool, bool, bool]:
        """Which directions repeat."""
        return self.cell.periodic

    @property
    def volume_error(self) -> float:
        """Meshed over exact volume minus one; chords cut corners, so it is negative."""
        return float(self.mesh.volumes().sum() / self.mesh.exact_volumes.sum() - 1.0)


def mesh_periodic_woodpile(
    cell: PeriodicWoodpile, size: float | None = None
) -> PeriodicWoodpileMesh:
    """Mesh the unit cell so that opposite sides match node by node.

    Parameters
    ----------
    cell
        Layers and their repeat.
    size
        Target edge length, µm; default a quarter of the strand diameter.

    Raises
    ------
    InputError
        If the size is not positive, too coarse for the strands or too fine for a computer, or
        opposite sides do not match.
    SolveError
        If OpenCASCADE or Gmsh fail, or what they return does not have the volume of the cell.
    """
    given = DEFAULT_SIZE * cell.strand_diameter if size is None else size
    edge = require_positive("mesh size (µm)", given)
    _check_size(cell, edge)
    try:
        with gmsh_model("periodic_woodpile") as gmsh:
            bodies = _bodies(gmsh, cell)
            gmsh.model.occ.synchronize()
            _check_bodies(gmsh, cell, bodies)
            return _generate(gmsh, cell, bodies, edge)
    except (InputError, SolveError):
        raise
    except Exception as error:  # Gmsh raises bare exceptions with the last line of its log
        raise SolveError(
            f"the cell of the woodpile could not be built: {error}",
            hint="change the pitch slightly",
        ) from error


def _check_size(cell: PeriodicWoodpile, edge: float) -> None:
    coarsest = COARSEST_SIZE * cell.strand_diameter
    finest = (_CELLS_PER_CUBE * sum(cell.volume().values()) / MAX_CELLS) ** (1.0 / 3.0)
    if not finest <= edge <= coarsest:
        raise InputError(
            f"mesh size: {edge:g} µm is too {'coarse' if edge > coarsest else 'fine'} for the cell",
            hint=f"choose {finest:.3g} to {coarsest:.3g} µm",
        )


def _bodies(gmsh: Any, cell: PeriodicWoodpile) -> dict[int, DimTags]:
    """Volumes by layer; of a single ink all of them under 0, as one union.

    Of several inks each layer is cut by the one below, which was printed earlier.
    """
    occ = gmsh.model.occ
    n = cell.n_layers
    numbers = cell.layers_inside()
    layers = {k: _strands(occ, cell, k) for k in numbers}
    if len(cell.inks) == 1:
        strands = [strand for layer in layers.values() for strand in layer]
        whole = occ.fuse(strands[:1], strands[1:])[0] if len(strands) > 1 else strands
        return {0: _inside(occ, cell, whole)}
    for k in numbers[:0:-1]:  # from the top, so that each is cut by a whole one
        layers[k], _ = occ.cut(layers[k], layers[k - 1], removeTool=False)
    pieces = [(k % n, piece) for k, layer in layers.items() for piece in _inside(occ, cell, layer)]
    _, children = occ.fragment([piece for _, piece in pieces], [])
    bodies: dict[int, DimTags] = {k: [] for k in range(n)}
    for (k, _), parts in zip(pieces, children, strict=True):
        bodies[k] += parts
    return bodies


def _inside(occ: Any, cell: PeriodicWoodpile, volumes: DimTags) -> DimTags:
    box = occ.addBox(0.0, 0.0, 0.0, *cell.size)
    inside: DimTags = occ.intersect(volumes, [(3, box)])[0]
    return inside


def _strands(occ: Any, cell: PeriodicWoodpile, layer: int) -> DimTags:
    """Cylinders of all strands of a layer that reach into the box, going on past it."""
    along, normal = cell.axis(layer), cell.normal(layer)
    lx, ly, _ = cell.size
    corners = np.array([(0.0, 0.0, 0.0), (lx, 0.0, 0.0), (0.0, ly, 0.0), (lx, ly, 0.0)])
    spacing = cell.spacing(layer)
    margin = 0.5 * cell.strand_diameter / spacing
    numbers = cell.strand_number(corners, layer)
    first, last = np.ceil(numbers.min() - margin), np.floor(numbers.max() + margin)
    centre = np.array([0.5 * lx, 0.5 * ly, cell.axis_height(layer)])
    middle = float(cell.strand_number(centre, layer)[0])
    reach = 0.5 * float(np.hypot(lx, ly)) + cell.strand_diameter
    strands: DimTags = []
    for number in np.arange(first, last + 1.0):
        start = centre + (number - middle) * spacing * normal - reach * along
        axis = 2.0 * reach * along
        strands.append((3, occ.addCylinder(*start, *axis, 0.5 * cell.strand_diameter)))
        if (along == 0.0).sum() == 2:
            # OpenCASCADE puts the seam of a cylinder along an axis on its crest, where strands
            # cross and booleans fail on it; that of an oblique one lies at its side already.
            occ.rotate(strands[-1:], *start, *along, 0.5 * np.pi)
    return strands


def _check_bodies(gmsh: Any, cell: PeriodicWoodpile, bodies: dict[int, DimTags]) -> None:
    """Compare OpenCASCADE's volumes with the closed form."""
    built = dict.fromkeys(cell.inks, 0.0)
    for k, volumes in bodies.items():
        ink = cell.inks[k % len(cell.inks)]
        built[ink] += sum(gmsh.model.occ.getMass(*volume) for volume in volumes)
    for ink, exact in cell.volume().items():
        if abs(built[ink] / exact - 1.0) > LARGEST_BODY_ERROR:
            raise SolveError(
                f"OpenCASCADE's body of ink {ink!r} has {built[ink]:.5g} µm³ in a cell of the "
                f"woodpile, the closed form {exact:.5g} µm³: a boolean operation failed",
                hint="change the pitch or the layer height slightly",
            )


def _generate(
    gmsh: Any, cell: PeriodicWoodpile, bodies: dict[int, DimTags], edge: float
) -> PeriodicWoodpileMesh:
    """Mesh the bodies in the current model, by the first attempt that gives a good mesh."""
    tolerance = gmsh.option.getNumber("Geometry.Tolerance")
    gmsh.option.setNumber("Geometry.Tolerance", 1e-6 * cell.strand_diameter)
    best: PeriodicWoodpileMesh | None = None
    reasons: list[str] = []
    try:
        for axis in np.flatnonzero(cell.periodic):
            pair_sides(gmsh, cell.size, np.zeros(3), int(axis), 1e-3 * cell.strand_diameter)
        for algorithm, factor in ATTEMPTS:
            gmsh.model.mesh.clear()
            gmsh.option.setNumber("Mesh.Algorithm", algorithm)
            gmsh.option.setNumber("Mesh.MeshSizeMin", factor * edge)
            gmsh.option.setNumber("Mesh.MeshSizeMax", factor * edge)
            failure = try_generate(gmsh)
            if failure:
                reasons.append(failure)
                continue
            made = _extract(gmsh, cell, bodies, factor * edge)
            if best is None or made.min_scaled_jacobian > best.min_scaled_jacobian:
                best = made
            if best.min_scaled_jacobian >= GOOD_SCALED_JACOBIAN:
                break
            reasons.append(f"a tetrahedron has a scaled Jacobian of {made.min_scaled_jacobian:.2g}")
    finally:
        gmsh.option.setNumber("Geometry.Tolerance", tolerance)
    if best is None or best.min_scaled_jacobian < WORST_SCALED_JACOBIAN:
        raise SolveError(
            f"Gmsh found no good mesh of the woodpile's cell at {edge:g} µm nor somewhat finer: "
            + "; ".join(dict.fromkeys(reasons)),
            hint="choose a finer mesh size or less overlap of layers (below 40 %)",
        )
    return best


def _extract(
    gmsh: Any, cell: PeriodicWoodpile, bodies: dict[int, DimTags], edge: float
) -> PeriodicWoodpileMesh:
    """Gmsh's mesh as arrays, its sides matched and its surfaces tagged."""
    points, cells, layer = read_tetrahedra(gmsh, bodies)
    outer = outer_triangles(cells)
    tag = np.full(len(outer), SurfaceTag.FREE.value)
    side = np.zeros(len(outer), dtype=bool)
    for axis in range(3):
        for end, plane in enumerate((0.0, float(cell.size[axis]))):
            on = (np.abs(points[outer, axis] - plane) < _MATCH * edge).all(axis=1)
            if cell.periodic[axis]:
                side |= on
            else:
                tag[on] = SurfaceTag.TOP.value if end else SurfaceTag.BOTTOM.value
    points = match_triangles(points, outer[side], cell.size, cell.periodic, _MATCH * edge)
    if len(cell.inks) == 1:
        layer = cell.layer(points[cells].mean(axis=1))
    exact = cell.volume()
    mesh = TetMesh(
        points=points,
        cells=cells,
        cell_ink=(layer % len(cell.inks)).astype(np.int32),
        facets=outer[~side],
        facet_tag=tag[~side].astype(np.int32),
        inks=cell.inks,
        exact_volumes=np.array([exact[ink] for ink in cell.inks]),
    )
    worst = float(scaled_jacobian(points, cells).min())
    return PeriodicWoodpileMesh(cell, mesh, layer, worst)
