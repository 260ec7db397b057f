"""From any scaffold to a tagged mesh by isosurface stuffing.

What is exact: bottom and top, and the two sides across y where the body is cut by its box. Curved
faces have their nodes on the surface, so that volume and area converge with the square of the edge
length. Sharp edges are followed by nodes where the cells around stay good; where not, and at
corners, they are chamfered by less than an edge length, which costs a volume of second order too.
Cells belong to the ink of their centroid: the face between two inks is jagged by less than an edge
length; on a smooth face what one ink gains another loses elsewhere.
"""

from __future__ import annotations

import numpy as np

from meshes.errors import InputError, SolveError
from meshes.implicit.features import TangentPlanes, sharpen
from meshes.implicit.lattice import Lattice, fit_lattice
from meshes.implicit.moves import relax
from meshes.implicit.stuffing import Stuffing, stuff
from meshes.mesh_size import default_size, require_feasible
from meshes.quality import scaled_jacobian
from meshes.scaffold import FloatArray, IntArray, Scaffold, require_positive
from meshes.tetmesh import SurfaceTag, TetMesh, signed_volumes
from meshes.volumes import ink_volumes

CELLS_PER_CUBE = 10.5  # tetrahedra per cube of the edge length, as measured on many shapes
MAX_POINTS = 200_000_000  # of the lattice, inside and outside: a byte or two each
SMALLEST_SCALED_JACOBIAN = 0.1
_ATTEMPTS = 4  # each with one more layer of the lattice
LARGEST_VOLUME_ERROR = 0.15
_CRUMB = 2.0  # cubes of the edge length: what a single lattice point inside can make
_POOR = 0.3  # scaled Jacobian of cells whose inner nodes are moved to better places
_PASSES = 2  # of nodes moved onto sharp edges, and inner nodes after them
_INSET = 1e-6  # of an edge: where the flat faces ask for the body
# Faces of a positively oriented tetrahedron, seen from outside.
_FACES = np.array([(1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1)])


def mesh_implicit(scaffold: Scaffold, size: float | None = None) -> TetMesh:
    """Mesh any scaffold with linear tetrahedra, without Gmsh.

    The same scaffold and size give the same arrays, bit for bit, on the same version of NumPy.

    Parameters
    ----------
    scaffold
        Any body with a signed distance: its sign decides, its value only saves time.
    size
        Mean edge length, µm; default :func:`~meshes.mesh_size.default_size`.

    Returns
    -------
    TetMesh
        `facets` are the outer boundary only, seen from outside, tagged by plane: BOTTOM at z = 0,
        TOP at z = height, FREE elsewhere. `exact_volumes` are those of the scaffold.

    Raises
    ------
    InputError
        If the size is not positive, too coarse for the shape or too fine for a computer, an ink or
        the body vanishes at this size, or a piece of it is not joined to anything on the glass.
    SolveError
        If a tetrahedron has a scaled Jacobian below 0.1 in every attempt.
    """
    edge = default_size(scaffold) if size is None else require_positive("mesh size (µm)", size)
    exact = ink_volumes(scaffold)
    require_feasible(scaffold, edge, float(exact.sum()), cells_per_cube=CELLS_PER_CUBE)
    worst = 0.0
    for attempt in range(_ATTEMPTS):
        lattice = fit_lattice(scaffold.bounds, edge, extra_layers=attempt)
        if lattice.size > MAX_POINTS:
            raise InputError(
                f"mesh size: {edge:g} µm needs {lattice.size:.2g} points of a lattice around this "
                f"scaffold; {MAX_POINTS:.2g} are the most",
                hint="choose a coarser mesh size or a smaller piece of the scaffold",
            )
        body = _filled(scaffold, lattice)
        body = _without(body, _standing(body, _CRUMB * lattice.edge**3))
        facets = _boundary(body)
        _improve(scaffold, lattice, body, facets)
        worst = float(scaled_jacobian(body.points, body.cells).min())
        if worst >= SMALLEST_SCALED_JACOBIAN:
            return _tagged(scaffold, body, facets, exact)
    raise SolveError(
        f"no good mesh at {edge:g} µm: a tetrahedron has a scaled Jacobian of {worst:.2g}",
        hint="choose another mesh size, a tenth finer or coarser",
    )


def _filled(scaffold: Scaffold, lattice: Lattice) -> Stuffing:
    """Tetrahedra of the body, whose flat faces are asked for just inside."""
    inset = _INSET * lattice.edge
    low, high = _flat_ends(scaffold, lattice)
    low, high = low + inset, high - inset
    body = stuff(lattice, lambda x: scaffold.signed_distance(np.clip(x, low, high)))
    if len(body.cells) == 0:
        raise InputError(
            "scaffold: nothing of it is left at this mesh size", hint="choose a finer mesh size"
        )
    return body


def _flat_ends(scaffold: Scaffold, lattice: Lattice) -> tuple[FloatArray, FloatArray]:
    """Where the body ends with the lattice, and infinite where it does not, shapes (3,), µm."""
    low, high = (corner.astype(np.float64) for corner in scaffold.bounds)
    free = [0] if lattice.flat[0] else [0, 1]
    low[free], high[free] = -np.inf, np.inf
    return low, high


def _standing(body: Stuffing, crumb: float) -> np.ndarray:
    """Cells of all pieces but crumbs, shape (m,).

    Cells that share a node inside belong to one piece; those that touch in a node or an edge of the
    surface alone do not: they would hang there as on a hinge.

    Raises
    ------
    InputError
        If a piece larger than a crumb does not stand on the glass.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inside = body.inside[body.cells]
    anchor = np.take_along_axis(body.cells, inside.argmax(axis=1)[:, None], axis=1)[:, 0]
    rows = np.broadcast_to(anchor[:, None], inside.shape)[inside]
    links = np.ones(len(rows), dtype=np.int8)
    graph = coo_array((links, (rows, body.cells[inside])), (len(body.points),) * 2)
    _, label = connected_components(graph, directed=False)
    names, piece = np.unique(label[anchor], return_inverse=True)
    volume = np.bincount(piece, signed_volumes(body.points, body.cells))
    on_glass = body.flat[:, 0][body.cells].sum(axis=1) == 3
    standing = np.bincount(piece, on_glass) > 0
    large = volume > crumb
    loose = int(np.count_nonzero(large & ~standing))
    if loose or not standing.any():
        raise InputError(
            f"scaffold: {loose or len(names)} of {max(int(large.sum()), 1)} pieces are joined to "
            "nothing that stands on the glass",
            hint="let every part rest on z = 0 or on another one; where a thin neck joins them, "
            "choose a finer mesh size",
        )
    keep: np.ndarray = (large | (volume == volume.max()))[piece]
    return keep


def _without(body: Stuffing, keep: np.ndarray) -> Stuffing:
    """The same without some cells, and without nodes that belong to none."""
    cells = body.cells[keep]
    used = np.zeros(len(body.points), dtype=bool)
    used[cells] = True
    number = np.cumsum(used) - 1
    return Stuffing(body.points[used], number[cells], body.inside[used], body.flat[used])


def _boundary(body: Stuffing) -> IntArray:
    """Triangles of one cell only, seen from outside; all their nodes lie on the surface."""
    surface = ~body.inside | body.flat.any(axis=1)
    blocks = [body.cells[:, face] for face in _FACES]
    faces = np.concatenate([block[surface[block].all(axis=1)] for block in blocks])
    ordered = np.sort(faces, axis=1)
    order = np.lexsort(ordered.T[::-1])
    ordered = ordered[order]
    same = (ordered[1:] == ordered[:-1]).all(axis=1)
    shared = np.zeros(len(faces), dtype=bool)
    shared[1:] |= same
    shared[:-1] |= same
    facets: IntArray = faces[np.sort(order[~shared])]
    return facets


def _improve(scaffold: Scaffold, lattice: Lattice, body: Stuffing, facets: IntArray) -> None:
    """Move nodes onto sharp edges, and inner ones to where cells are better; points change."""
    ends = _flat_ends(scaffold, lattice)
    planes = TangentPlanes(scaffold.signed_distance, *ends, lattice.edge)
    held = np.zeros(body.points.shape, dtype=bool)
    held[:, 1] = body.flat[:, 2:].any(axis=1)
    held[:, 2] = body.flat[:, :2].any(axis=1)
    inner = body.inside & ~body.flat.any(axis=1)
    floor = SMALLEST_SCALED_JACOBIAN
    for _ in range(_PASSES):
        sharpen(body.points, body.cells, facets, held, planes, edge=lattice.edge, floor=floor)
        relax(body.points, body.cells, inner, below=_POOR)


def _tagged(scaffold: Scaffold, body: Stuffing, facets: IntArray, exact: FloatArray) -> TetMesh:
    """The mesh with inks, and boundary triangles by plane; checked against the body."""
    points, cells, flat = body.points, body.cells, body.flat
    points[flat[:, 0], 2] = 0.0
    points[flat[:, 1], 2] = scaffold.height  # without the lattice's rounding
    ink = scaffold.ink(points[cells].mean(axis=1)).astype(np.int32)
    missing = np.flatnonzero(np.bincount(ink, minlength=len(scaffold.inks)) == 0)
    if len(missing):
        raise InputError(
            f"mesh size: no tetrahedron lies in ink {scaffold.inks[missing[0]]!r}",
            hint="choose a finer mesh size",
        )
    tag = np.full(len(facets), SurfaceTag.FREE, dtype=np.int32)
    tag[flat[facets, 0].all(axis=1)] = SurfaceTag.BOTTOM
    tag[flat[facets, 1].all(axis=1)] = SurfaceTag.TOP
    mesh = TetMesh(points, cells, ink, facets, tag, scaffold.inks, exact)
    error = float(mesh.volumes().sum() / exact.sum() - 1.0)
    if abs(error) > LARGEST_VOLUME_ERROR:
        raise InputError(
            f"mesh size: the volume of the mesh is {100 * error:+.1f} % off the body's",
            hint="choose a finer mesh size",
        )
    return mesh
