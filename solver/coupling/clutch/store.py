"""Where tables come from: the package, the user's cache, or a computation that fills the cache."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from .engine import FloatArray
from .parameters import ClutchParameters
from .table import ClutchGrid, ClutchTable, compute_table, table_digest

_LARGEST = 64 * 2**20
"""Bytes a stored table may unpack to; more is not a table of ours."""


def cache_folder() -> Path:
    """Folder of the user's tables: ``clutch`` in ``$DORMATRIX_CACHE``, else in XDG's cache folder.

    Returns
    -------
    Path
        It need not exist.
    """
    own = os.environ.get("DORMATRIX_CACHE")
    if own:
        return Path(own) / "clutch"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "dormatrix" / "clutch"


def _name(digest: str) -> str:
    return f"table-{digest[:16]}.npz"


def shipped_path(parameters: ClutchParameters, grid: ClutchGrid) -> Path:
    """Where the package keeps this table, if it does.

    Parameters
    ----------
    parameters, grid
        Of the table.

    Returns
    -------
    Path
        It need not exist.
    """
    return Path(__file__).parent / _name(table_digest(parameters, grid))


def write_table(table: ClutchTable, path: Path) -> None:
    """Write a table so that a reader sees all of it or none of it.

    Parameters
    ----------
    table
        To write.
    path
        ``.npz``; its folder is made.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    digest = table_digest(table.parameters, table.grid)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, digest=np.array(digest), mean=table.mean, se=table.se)
        os.chmod(draft, 0o644)  # mkstemp makes it private
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def read_table(path: Path, parameters: ClutchParameters, grid: ClutchGrid) -> ClutchTable | None:
    """Read a table, or find that there is none worth reading.

    Parameters
    ----------
    path
        ``.npz``; nothing in it is executed, and nothing larger than a table is unpacked.
    parameters, grid
        What the table must have been made from.

    Returns
    -------
    ClutchTable or None
        None if the file is missing, damaged, of other numbers or another version.
    """
    try:
        with zipfile.ZipFile(path) as members:
            if sum(member.file_size for member in members.infolist()) > _LARGEST:
                return None
        with np.load(path, allow_pickle=False) as stored:
            digest = str(stored["digest"])
            mean: FloatArray = stored["mean"]
            se: FloatArray = stored["se"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    right = digest == table_digest(parameters, grid) and mean.shape == se.shape == grid.shape
    if not right or mean.dtype != np.float64 or se.dtype != np.float64:
        return None
    if not (np.isfinite(mean).all() and np.isfinite(se).all()):
        return None
    return ClutchTable(parameters, grid, mean, se)


def clutch_table(
    parameters: ClutchParameters, grid: ClutchGrid, *, workers: int | None = None
) -> ClutchTable:
    """The table of these numbers: shipped, cached, or computed and then cached.

    Parameters
    ----------
    parameters, grid
        Of the table.
    workers
        As in `compute_table`.

    Returns
    -------
    ClutchTable
    """
    cached = cache_folder() / _name(table_digest(parameters, grid))
    for path in (shipped_path(parameters, grid), cached):
        table = read_table(path, parameters, grid)
        if table is not None:
            return table
    table = compute_table(parameters, grid, workers=workers)
    # A cache that cannot be written costs time, not the result.
    with contextlib.suppress(OSError):
        write_table(table, cached)
    return table
