"""One way from any scaffold to tetrahedra: the exact route where there is one, else the implicit.

OpenCASCADE gives sharp edges and inks that conform, but not for every shape, and it slows down with
the number of strands; the implicit route meshes whatever has a signed distance.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from meshes.errors import InputError
from meshes.mesh_cache import default_cache, load_mesh, mesh_key, store_mesh
from meshes.occ import mesh_scaffold
from meshes.quality import MeshQuality, quality
from meshes.scaffold import Scaffold
from meshes.tetmesh import TetMesh

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
        "occ" (OpenCASCADE and Gmsh) or "implicit" (isosurface stuffing).
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
        Edge length, µm; default a quarter of the strand diameter.
    elements
        Number of tetrahedra to come close to (within some 10 %), instead of `size`.
    route
        "occ", "implicit", or "auto": the exact route where there is one and it is affordable.
    cache
        Folder of meshes kept from earlier, by default
        :func:`~meshes.mesh_cache.default_cache`; None for no cache.

    Raises
    ------
    InputError
        If both `size` and `elements` are given, or the scaffold cannot be meshed as asked.
    SolveError
        If the mesher fails.
    """
    started = time.perf_counter()
    if size is not None and elements is not None:
        raise InputError("mesh: give a size or a number of elements, not both")
    folder = default_cache() if cache == "default" else cache
    key = mesh_key(scaffold, size=size, elements=elements, route=route) if folder else None
    mesh = load_mesh(folder, key) if folder and key else None
    cached = mesh is not None
    if mesh is None:
        mesh = mesh_scaffold(scaffold, size)
        if folder and key:
            store_mesh(folder, key, mesh)
    return MeshReport(
        mesh=mesh,
        quality=quality(mesh),
        route="occ",
        seconds=time.perf_counter() - started,
        cached=cached,
        warnings=(),
    )
