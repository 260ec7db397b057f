"""The result folder: written aside, put in place whole, never mixed with anything else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meshes.errors import InputError, SolveError

_MARKS = ("case.json", "summary.json")


def require_free(target: Path, content_hash: str, overwrite: bool) -> None:
    """Refuse a folder that is not ours to replace, before anything is computed.

    A result of the same case (by its content) is replaced; one of another case only with
    ``overwrite``; a folder that is no result, never.

    Raises
    ------
    InputError
        With the way out.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise InputError(f"{target} is not a folder", hint="name another folder with -o")
    if target.is_dir() and any(target.iterdir()):
        if not all((target / mark).is_file() for mark in _MARKS):
            raise InputError(
                f"{target} exists and holds something else than a dormatrix result",
                hint="name another folder with -o",
            )
        if not overwrite and _hash(target) != content_hash:
            raise InputError(
                f"{target} holds the result of another case (or of another version of this one)",
                hint="keep it and name another folder with -o, or add --overwrite",
            )
    parent = target.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{parent} cannot be made: {error.strerror}", hint="name another folder with -o"
        ) from None
    if not os.access(parent, os.W_OK):
        raise InputError(f"{parent} cannot be written to", hint="name another folder with -o")


def _hash(folder: Path) -> str:
    try:
        record = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        return str(record.get("hash", ""))
    except (OSError, ValueError, AttributeError):
        return ""


@contextmanager
def result_folder(target: Path) -> Iterator[Path]:
    """A folder beside ``target`` to write into; it takes ``target``'s place when all went well.

    Whatever goes wrong inside, ``target`` stays as it was.

    Raises
    ------
    SolveError
        If the disk refuses.
    """
    target = target.absolute()
    aside = target.parent / f".{target.name}.partial-{os.getpid()}"
    old = target.parent / f".{target.name}.replaced-{os.getpid()}"
    _sweep(target)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        yield aside
        if target.exists():
            target.rename(old)
        aside.rename(target)
    except OSError as error:
        if old.exists() and not target.exists():
            old.rename(target)
        raise SolveError(
            f"{target} cannot be written: {error.strerror or error}",
            hint="check the space left on the disk and the rights of the folder",
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Remove what a killed run left aside; bring back a result it had moved away."""
    for left in target.parent.glob(f".{target.name}.*-*"):
        kind, _, number = left.name.rpartition("-")
        if not number.isdigit() or _alive(int(number)):
            continue
        if kind.endswith(".replaced") and not target.exists():
            left.rename(target)
        elif kind.endswith((".partial", ".replaced")):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
