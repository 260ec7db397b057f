"""One way from any scaffold to tetrahedra: the exact route where there is one, else the implicit.

OpenCASCADE gives sharp edges and inks that conform, but not for every shape, and it slows down with
the number of strands; the implicit route meshes whatever has a signed distance.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from meshes.errors import InputError, SolveError
from meshes.implicit.mesh import CELLS_PER_CUBE, mesh_implicit
from meshes.mesh_cache import StoredMesh, default_cache, load_mesh, mesh_key, store_mesh
from meshes.mesh_size import coarsest_size
from meshes.occ import NoExactRoute, mesh_scaffold
from meshes.quality import MeshQuality, quality
from meshes.scaffold import Scaffold
from meshes.tetmesh import TetMesh
from meshes.volumes import ink_volumes

AFFORDABLE_STRANDS = 400  # beyond them OpenCASCADE takes minutes
NEAR_ENOUGH = 0.1  # of the number of elements asked for
MOST_ELEMENTS_TRIES = 4
LARGEST_SILENT_ERROR = 0.05  # of the volume, beyond which the user is told
POOR_CELL = 0.1  # scaled Jacobian, below which the user is told
Route = Literal["auto", "occ", "implicit"]


@dataclass(frozen=True)
class MeshReport:
    """A mesh and how it came about.

    Parameters
    ----------
    mesh
        The tetrahedra.
    quality
        Their size, shape and faithfulness.
    route
        "occ" (OpenCASCADE and Gmsh), "implicit" (isosurface stuffing) or "given" (the body is a
        mesh already).
    seconds
        Time it took, s.
    cached
        Whether it came from the cache.
    warnings
        What a user should know, in plain words.
    """

    mesh: TetMesh
    quality: MeshQuality
    route: str
    seconds: float
    cached: bool
    warnings: tuple[str, ...]


def mesh_body(
    scaffold: Scaffold,
    *,
    size: float | None = None,
    elements: int | None = None,
    route: Route = "auto",
    cache: Path | Literal["default"] | None = "default",
) -> MeshReport:
    """Mesh any scaffold; the mesh itself is `mesh_body(…).mesh`.

    Parameters
    ----------
    scaffold
        Any body that keeps the :class:`~meshes.scaffold.Scaffold` protocol.
    size
        Edge length, µm; default :func:`~meshes.mesh_size.default_size`.
    elements
        Number of tetrahedra to come close to, instead of `size`.
    route
        "occ", "implicit", or "auto": OpenCASCADE where it can build the shape and its strands are
        400 or fewer, else implicit; implicit too, with a warning, where OpenCASCADE or Gmsh fail.
        A body that holds its own mesh (attribute `mesh`) keeps it, unless a size, a number of
        elements or a route is asked for.
    cache
        Folder of meshes kept from earlier, by default
        :func:`~meshes.mesh_cache.default_cache`; None for no cache.

    Raises
    ------
    InputError
        If both `size` and `elements` are given, the route is unknown, or the scaffold cannot be
        meshed as asked.
    SolveError
        If the mesher fails.
    """
    started = time.perf_counter()
    if size is not None and elements is not None:
        raise InputError("mesh: give a size or a number of elements, not both")
    if elements is not None and elements < 1:
        raise InputError(f"mesh elements: expected a number of 1 or more, found {elements!r}")
    if route not in ("auto", "occ", "implicit"):
        raise InputError(f"mesh route: expected 'auto', 'occ' or 'implicit', found {route!r}")
    folder = default_cache() if cache == "default" else cache
    key = mesh_key(scaffold, size=size, elements=elements, route=route) if folder else None
    made = load_mesh(folder, key) if folder and key else None
    cached = made is not None
    troubles: list[str] = []
    if made is None:
        made = _make(scaffold, size, elements, route)
        if folder and key:
            try:
                store_mesh(folder, key, made)
            except OSError as error:
                troubles.append(f"the mesh could not be kept in {folder}: {error.strerror}")
    measured = quality(made.mesh)
    if abs(measured.total_volume_error) > LARGEST_SILENT_ERROR:
        troubles.append(
            f"the volume of the mesh is {100 * measured.total_volume_error:+.1f} % off the body's: "
            "choose a finer mesh size"
        )
    if measured.min_scaled_jacobian < POOR_CELL:
        troubles.append(
            f"a tetrahedron has a scaled Jacobian of {measured.min_scaled_jacobian:.2g}; below "
            f"{POOR_CELL:g} strains are not to be trusted there: choose another mesh size, or the "
            "implicit route"
        )
    return MeshReport(
        mesh=made.mesh,
        quality=measured,
        route=made.route,
        seconds=time.perf_counter() - started,
        cached=cached,
        warnings=(*made.warnings, *troubles),
    )


def _make(scaffold: Scaffold, size: float | None, elements: int | None, route: Route) -> StoredMesh:
    """A new mesh, of a size or near a number of elements."""
    given = getattr(scaffold, "mesh", None)
    if isinstance(given, TetMesh) and size is None and elements is None and route == "auto":
        return StoredMesh(given, "given")
    if elements is None:
        return _by_size(scaffold, size, route)
    return _by_elements(scaffold, elements, route)


def _by_size(scaffold: Scaffold, size: float | None, route: Route) -> StoredMesh:
    """A mesh by the route asked for, else by the best there is."""
    strands = _strand_count(scaffold)
    if route == "implicit":
        return StoredMesh(mesh_implicit(scaffold, size), "implicit")
    if route == "auto" and strands > AFFORDABLE_STRANDS:
        warning = (
            f"{strands} strands are more than the {AFFORDABLE_STRANDS} that the exact route can "
            "afford: the implicit one was taken, which chamfers edges"
        )
        return StoredMesh(mesh_implicit(scaffold, size), "implicit", (warning,))
    try:
        return StoredMesh(mesh_scaffold(scaffold, size), "occ")
    except NoExactRoute:
        if route == "occ":
            raise
        return StoredMesh(mesh_implicit(scaffold, size), "implicit")
    except SolveError as error:
        if route == "occ":
            raise
        warning = (
            f"the exact route failed ({error.args[0]}): the implicit one was taken, which chamfers "
            "edges"
        )
        return StoredMesh(mesh_implicit(scaffold, size), "implicit", (warning,))


def _by_elements(scaffold: Scaffold, elements: int, route: Route) -> StoredMesh:
    """The nearest of a few meshes to a number of elements; the size follows n ∝ 1/size³."""
    coarsest = coarsest_size(scaffold)
    size = (CELLS_PER_CUBE * float(ink_volumes(scaffold).sum()) / elements) ** (1.0 / 3.0)
    best: StoredMesh | None = None
    notes: tuple[str, ...] = ()
    tried: set[float] = set()
    for _ in range(MOST_ELEMENTS_TRIES):
        size = min(size, coarsest)
        if size in tried:
            break
        tried.add(size)
        made = _by_size(scaffold, size, route)
        if route == "auto" and made.route == "implicit":
            route, notes = "implicit", made.warnings  # what did not work is not tried again
        if best is None or _misses(made, elements) < _misses(best, elements):
            best = made
        if _misses(made, elements) <= NEAR_ENOUGH:
            break
        size *= (len(made.mesh.cells) / elements) ** (1.0 / 3.0)
    assert best is not None, "one try at least"
    if best.route == "occ":
        notes = ()
    if _misses(best, elements) > NEAR_ENOUGH:
        note = f"the mesh has {len(best.mesh.cells)} tetrahedra instead of {elements}"
        notes += (note + ": fewer do not show this shape" if coarsest in tried else note,)
    return StoredMesh(best.mesh, best.route, notes)


def _misses(made: StoredMesh, elements: int) -> float:
    """How far a mesh is from a number of elements, as a share of it."""
    return abs(len(made.mesh.cells) / elements - 1.0)


def _strand_count(scaffold: Scaffold) -> int:
    """Number of strands that OpenCASCADE would have to join; 0 for bodies without."""
    inner = getattr(scaffold, "pile", scaffold)  # a core-shell pile is one of two pairs of strands
    return int(getattr(inner, "strand_count", 0))
