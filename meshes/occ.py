"""From an implicit scaffold to tetrahedra: OpenCASCADE bodies, meshed by Gmsh.

Nothing here trusts a boolean operation: the volumes of the bodies are held against the implicit
body, their number against the strands and the pieces of the mesh, the mesh against the bodies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from meshes.bodies import DimTags, slab_bodies, woodpile_bodies
from meshes.errors import InputError, SolveError
from meshes.mesh_size import default_size, require_feasible
from meshes.quality import components, quality, scaled_jacobian
from meshes.scaffold import FloatArray, Scaffold, require_positive
from meshes.session import gmsh_model, try_generate
from meshes.slab import Slab
from meshes.tetmesh import SurfaceTag, TetMesh, signed_volumes
from meshes.volumes import ink_volumes
from meshes.woodpile import Woodpile

GOOD_SCALED_JACOBIAN = 0.03  # stop trying
WORST_SCALED_JACOBIAN = 0.01  # a solve on less cannot be trusted
# Gmsh's surface algorithm and the share of the size asked for. Frontal-Delaunay (6) gives the
# better triangles; MeshAdapt (1) keeps out of trouble in sharp corners of curved faces.
ATTEMPTS = ((6, 1.0), (1, 1.0), (6, 0.8), (1, 0.8), (1, 0.6))
LARGEST_BODY_ERROR = 0.01  # OpenCASCADE's volume against the implicit body
LARGEST_MESH_ERROR = 0.15  # meshed volume against OpenCASCADE's


class NoExactRoute(InputError):
    """The shape has no OpenCASCADE bodies: mesh it from its signed distance."""


def mesh_scaffold(scaffold: Scaffold, size: float | None = None) -> TetMesh:
    """Mesh a shape that OpenCASCADE can build with linear tetrahedra.

    The same scaffold and size give the same arrays, bit for bit, on the same version of Gmsh.

    Parameters
    ----------
    scaffold
        A :class:`~meshes.slab.Slab`, a :class:`~meshes.woodpile.Woodpile` or a shape that
        :mod:`meshes.occ_shapes` can build.
    size
        Target edge length, µm; default :func:`~meshes.mesh_size.default_size`.

    Returns
    -------
    TetMesh
        Ink interfaces conform; `facets` are the outer boundary only, tagged by plane: BOTTOM at
        z = 0, TOP at z = height, FREE elsewhere.

    Raises
    ------
    InputError
        If the size is not positive, too coarse for the shape or too fine for a computer, the shape
        has no OpenCASCADE bodies (:class:`NoExactRoute`), or a piece of it is not joined to
        anything on the glass.
    SolveError
        If OpenCASCADE or Gmsh fail, or what they return does not match the scaffold.
    """
    if not isinstance(scaffold, Scaffold):
        raise InputError(f"cannot mesh a {type(scaffold).__name__}: expected a scaffold")
    edge = default_size(scaffold) if size is None else require_positive("mesh size (µm)", size)
    _require_exact_route(scaffold)  # before the volumes: they take seconds where none is exact
    expected = ink_volumes(scaffold)
    require_feasible(scaffold, edge, float(expected.sum()))
    try:
        with gmsh_model("scaffold") as gmsh:
            bodies = _bodies(gmsh, scaffold)
            gmsh.model.occ.synchronize()
            exact = _body_volumes(gmsh, bodies)
            _check_bodies(scaffold, bodies, exact, expected)
            mesh = _generate(gmsh, scaffold, bodies, exact, edge)
    except (InputError, SolveError):
        raise
    except Exception as error:  # Gmsh raises bare exceptions with the last line of its log
        raise SolveError(
            f"OpenCASCADE could not build the scaffold: {error}",
            hint="change the pitch or the footprint slightly",
        ) from error
    _check_mesh(scaffold, mesh, [len(body) for body in bodies])
    return mesh


def _generate(
    gmsh: Any, scaffold: Scaffold, bodies: list[DimTags], exact: FloatArray, edge: float
) -> TetMesh:
    """Mesh the bodies in the current model, by the first attempt that gives a good mesh.

    Where oblique strands end in sharp corners at the footprint's edge, triangles on neighbouring
    faces can cross each other; another algorithm or a somewhat smaller size resolves it.
    """
    best: TetMesh | None = None
    shape = 0.0
    reasons: list[str] = []
    for algorithm, factor in ATTEMPTS:
        gmsh.model.mesh.clear()
        gmsh.option.setNumber("Mesh.Algorithm", algorithm)
        gmsh.option.setNumber("Mesh.MeshSizeMin", factor * edge)
        gmsh.option.setNumber("Mesh.MeshSizeMax", factor * edge)
        failure = try_generate(gmsh)
        if failure:
            reasons.append(failure)
            continue
        mesh = _extract(gmsh, scaffold, bodies, exact)
        worst = float(scaled_jacobian(mesh.points, mesh.cells).min())
        if worst > shape:
            best, shape = mesh, worst
        if worst >= GOOD_SCALED_JACOBIAN:
            break
        reasons.append(f"a tetrahedron has a scaled Jacobian of {worst:.2g}")
    if best is None or shape < WORST_SCALED_JACOBIAN:
        raise SolveError(
            f"Gmsh found no good mesh at {edge:g} µm nor somewhat finer: "
            + "; ".join(dict.fromkeys(reasons)),
            hint="choose a finer mesh size, less overlap of layers (below 40 %) or another "
            "footprint",
        )
    return best


def _bodies(gmsh: Any, scaffold: Scaffold) -> list[DimTags]:
    """Volumes of each ink in the current model."""
    if isinstance(scaffold, Slab):
        return slab_bodies(gmsh, scaffold)
    if isinstance(scaffold, Woodpile):
        return woodpile_bodies(gmsh, scaffold)
    from meshes.occ_shapes import shape_bodies

    bodies = shape_bodies(gmsh, scaffold)
    assert bodies is not None, "asked before"
    return bodies


def _require_exact_route(scaffold: Scaffold) -> None:
    """Refuse shapes that OpenCASCADE cannot build."""
    from meshes.occ_shapes import has_bodies

    if not isinstance(scaffold, Slab | Woodpile) and not has_bodies(scaffold):
        raise NoExactRoute(
            f"mesh route: a {type(scaffold).__name__} has no exact bodies",
            hint="choose the route 'implicit', or 'auto'",
        )


def _body_volumes(gmsh: Any, bodies: list[DimTags]) -> FloatArray:
    """Volume of each ink from OpenCASCADE's mass properties, µm³."""
    return np.array([sum(gmsh.model.occ.getMass(*volume) for volume in body) for body in bodies])


def _check_bodies(
    scaffold: Scaffold, bodies: list[DimTags], exact: FloatArray, expected: FloatArray
) -> None:
    """Compare number and volumes of the bodies with the implicit scaffold."""
    error = np.abs(exact / expected - 1.0)
    if not (error < LARGEST_BODY_ERROR).all():
        worst = int(np.argmax(error))
        raise SolveError(
            f"OpenCASCADE's body of ink {scaffold.inks[worst]!r} has {exact[worst]:.5g} µm³, the "
            f"scaffold {expected[worst]:.5g} µm³: a boolean operation failed",
            hint="change the pitch or the footprint slightly",
        )
    found = sum(len(body) for body in bodies)
    if len(scaffold.inks) > 1 and isinstance(scaffold, Woodpile) and found != scaffold.strand_count:
        raise SolveError(
            f"OpenCASCADE made {found} volumes of {scaffold.strand_count} strands",
            hint="change the pitch or the footprint slightly",
        )


def _extract(gmsh: Any, scaffold: Scaffold, bodies: list[DimTags], exact: FloatArray) -> TetMesh:
    """Read Gmsh's mesh into arrays; points are numbered in the order of Gmsh's tags."""
    cell_blocks: list[np.ndarray] = []
    inks: list[np.ndarray] = []
    facet_blocks: list[np.ndarray] = []
    tags: list[np.ndarray] = []
    for ink, body in enumerate(bodies):
        for _, volume in body:
            block = _elements(gmsh, 3, volume, 4)
            cell_blocks.append(block)
            inks.append(np.full(len(block), ink))
    for _, surface in gmsh.model.getEntities(2):
        neighbours, _ = gmsh.model.getAdjacencies(2, surface)
        if len(neighbours) == 1:  # two: an interface between inks
            block = _elements(gmsh, 2, surface, 3)
            facet_blocks.append(block)
            tags.append(np.full(len(block), _surface_tag(gmsh, surface, scaffold.height)))
    node_tags, coordinates, _ = gmsh.model.mesh.getNodes()
    cells = np.concatenate(cell_blocks)
    if len(cells) == 0:
        raise SolveError("Gmsh made no tetrahedra", hint="try another mesh size")
    used = np.unique(cells)
    order = np.argsort(node_tags)
    points = coordinates.reshape(-1, 3)[order[np.searchsorted(node_tags[order], used)]]
    cells = np.searchsorted(used, cells)
    if (signed_volumes(points, cells) <= 0.0).any():
        raise SolveError("Gmsh made inverted tetrahedra", hint="try another mesh size")
    return TetMesh(
        points=points,
        cells=cells,
        cell_ink=np.concatenate(inks),
        facets=np.searchsorted(used, np.concatenate(facet_blocks)),
        facet_tag=np.concatenate(tags),
        inks=scaffold.inks,
        exact_volumes=exact,
    )


def _elements(gmsh: Any, dimension: int, tag: int, nodes: int) -> np.ndarray:
    """Node tags of the simplices of one entity, shape (n, nodes)."""
    _, _, node_tags = gmsh.model.mesh.getElements(dimension, tag)
    flat = np.concatenate(node_tags) if node_tags else np.empty(0)
    return flat.astype(np.int64).reshape(-1, nodes)


def _surface_tag(gmsh: Any, surface: int, height: float) -> SurfaceTag:
    """Tag of a surface from the plane in which it lies."""
    low, high = np.array(gmsh.model.getBoundingBox(2, surface)).reshape(2, 3)[:, 2]
    tolerance = 1e-6 * height
    for plane, tag in ((0.0, SurfaceTag.BOTTOM), (height, SurfaceTag.TOP)):
        if abs(low - plane) < tolerance and abs(high - plane) < tolerance:
            return tag
    return SurfaceTag.FREE


def _check_mesh(scaffold: Scaffold, mesh: TetMesh, volumes: list[int]) -> None:
    """Compare a mesh with the bodies it was made of."""
    error = quality(mesh).total_volume_error
    if abs(error) > LARGEST_MESH_ERROR:
        raise SolveError(
            f"the volume of the mesh is {100 * error:+.1f} % off the body's",
            hint="choose a finer mesh size",
        )
    count, piece = components(mesh)
    if len(mesh.inks) == 1 and count != sum(volumes):
        raise SolveError(f"the mesh has {count} pieces, OpenCASCADE made {sum(volumes)} bodies")
    held = piece[mesh.facets[mesh.facet_tag == SurfaceTag.BOTTOM]]
    loose = count - len(np.unique(held))
    if loose:
        raise InputError(
            f"scaffold: {loose} of {count} pieces are joined to nothing that stands on the glass",
            hint="strands at the rim cross none below: change size, pitch or lay_down",
        )
