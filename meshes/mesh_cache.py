"""Meshes kept on disk under the hash of all that decides them.

The key covers the parameters of the body, what was asked for, the version of Gmsh and the sources
of this package, so a mesh is never reused after any of them has changed. Files are plain NumPy
archives: read without pickles, after their size has been checked, and made again when broken.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from meshes.digest import content_digest, source_digest
from meshes.scaffold import Scaffold
from meshes.tetmesh import TetMesh

LARGEST_FILE = 4 << 30  # bytes, before and after unpacking
LARGEST_CACHE = 8 << 30  # bytes; beyond them the meshes used longest ago go
_ARRAYS = ("points", "cells", "cell_ink", "facets", "facet_tag", "exact_volumes")


@dataclasses.dataclass(frozen=True)
class StoredMesh:
    """A mesh as it is kept, with the route it was made by and what its user should know."""

    mesh: TetMesh
    route: str
    warnings: tuple[str, ...] = ()


def default_cache() -> Path | None:
    """Folder of the cache: $DORMATRIX_CACHE, else ``dormatrix/meshes`` in the user's cache folder.

    ``DORMATRIX_CACHE=off`` turns it off: None.
    """
    chosen = os.environ.get("DORMATRIX_CACHE", "").strip()
    if chosen.lower() == "off":
        return None
    if chosen:
        return Path(chosen).expanduser().absolute()
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser().absolute() / "dormatrix" / "meshes"


def mesh_key(scaffold: Scaffold, **asked: Any) -> str | None:
    """Key of a mesh, 64 hexadecimal digits.

    Parameters
    ----------
    scaffold
        The body; a dataclass of numbers, texts, arrays, and sequences and dataclasses of these.
    **asked
        Size (µm), number of elements, route and the like.

    Returns
    -------
    str or None
        None for a body that cannot be written down: it is meshed each time.
    """
    try:
        return content_digest(
            [_sources(), gmsh_version(), np.__version__, scaffold, sorted(asked.items())]
        )
    except TypeError:
        return None


def load_mesh(folder: Path, key: str) -> StoredMesh | None:
    """Mesh of a key, or None where there is none or the file is broken."""
    path = _path(folder, key)
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_FILE:
                return None
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            inks, route, warnings = json.loads(str(stored["texts"]))
            mesh = TetMesh(inks=inks, **{name: stored[name] for name in _ARRAYS})
        os.utime(path)
        return StoredMesh(mesh, str(route), tuple(str(line) for line in warnings))
    except Exception:  # zipfile and NumPy raise of many kinds at what is broken
        return None


def store_mesh(folder: Path, key: str, stored: StoredMesh) -> None:
    """Write a mesh aside and move it into place, then make room.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix="part-", suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                key=np.array(key),
                texts=np.array(json.dumps([stored.mesh.inks, stored.route, stored.warnings])),
                **{name: getattr(stored.mesh, name) for name in _ARRAYS},
            )
        os.replace(name, _path(folder, key))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _make_room(folder)


def gmsh_version() -> str:
    """Version of the installed Gmsh, without loading it where its metadata tell."""
    try:
        return version("gmsh")
    except PackageNotFoundError:  # a distribution's package without metadata
        import gmsh

        return str(gmsh.__version__)


def _path(folder: Path, key: str) -> Path:
    return folder / f"{key}.npz"


def _make_room(folder: Path) -> None:
    """Remove the meshes used longest ago while all together are too large."""
    found = []
    for path in folder.glob("*.npz"):
        try:
            status = path.stat()
        except OSError:  # another process removed it
            continue
        found.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found)[:-1]:
        if total <= LARGEST_CACHE:
            return
        path.unlink(missing_ok=True)
        total -= size


def _sources() -> str:
    """Hash of the sources of this package: our mesher's version, with every shape's."""
    return source_digest(Path(__file__).parent)
