"""Files that the commands below ``dormatrix rule`` write."""

from __future__ import annotations

from pathlib import Path

from cases.errors import clean
from meshes.errors import InputError


def require_writable(path: Path, overwrite: bool, ending: str) -> None:
    """Refuse a file that must not or cannot be written, before anything is computed.

    Raises
    ------
    InputError
        Saying how to mend it.
    """
    shown = clean(path)
    if path.suffix.lower() != ending:
        raise InputError(
            f"{shown}: expected a name that ends in {ending}", hint=f"write {path.stem}{ending}"
        )
    if path.exists() and not (overwrite and path.is_file()):
        raise InputError(
            f"{shown} exists: it is left alone", hint="name a new file, or add --overwrite"
        )
    if not path.absolute().parent.is_dir():
        raise InputError(
            f"{shown}: there is no folder {clean(path.parent)}", hint="make the folder first"
        )
