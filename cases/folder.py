"""The result folder: written aside, put in place whole, never mixed with anything else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from meshes.errors import InputError, SolveError
from postprocess.biology_columns import TABLES


@dataclass(frozen=True)
class Contract:
    """What one command leaves in a folder.

    Parameters
    ----------
    marks
        Files by which such a folder is known; the first holds the hash of the case.
    files
        All that the command writes: anything else in the folder is its owner's.
    """

    marks: tuple[str, ...]
    files: frozenset[str]


RUN = Contract(
    marks=("case.json", "summary.json"),
    files=frozenset(
        {
            "case.json",
            "contraction.csv",
            "fields.vtu",
            "figures",
            "report.html",
            "report.pdf",
            "sites.csv",
            "sites.parquet",
            "sites.vtp",
            "steps.vtkhdf",
            "toolpath.vtp",
            "summary.json",
            *(f"{name}.csv" for name in TABLES),
        }
    ),
)
MESH = Contract(
    marks=("mesh.json", "mesh.vtu"),
    files=frozenset({"figures", "mesh.json", "mesh.msh", "mesh.vtu"}),
)
IMAGE = Contract(
    marks=("image.json", "field.csv"),
    files=frozenset({"field.csv", "fibres.csv", "figures", "image.json"}),
)
MATERIAL = Contract(
    marks=("material.json", "material.html"),
    files=frozenset(
        {"curves.csv", "figures", "fit.csv", "ink.yaml", "material.html", "material.json"}
    ),
)


def require_free(
    target: Path,
    content_hash: str,
    overwrite: bool,
    figures: bool = True,
    contract: Contract = RUN,
) -> None:
    """Refuse a folder that is not ours to replace, before anything is computed.

    A result of the same case (by its content) is replaced; one of another case, one that holds
    somebody's own files, or one with pictures by one without, only with ``overwrite``; a folder
    that is no result, never.

    Raises
    ------
    InputError
        With the way out.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise InputError(f"{target} is not a folder", hint="name another folder with -o")
    if target.is_dir() and any(target.iterdir()):
        if not all((target / mark).is_file() for mark in contract.marks):
            raise InputError(
                f"{target} exists and holds something else than a dormatrix result",
                hint="name another folder with -o",
            )
        if not overwrite and _hash(target / contract.marks[0]) != content_hash:
            raise InputError(
                f"{target} holds the result of another case (or of another version of this one)",
                hint="keep it and name another folder with -o, or add --overwrite",
            )
        strangers = sorted(_strangers(target, contract))
        if not overwrite and strangers:
            raise InputError(
                f"{target} holds files that are not of the run: {', '.join(strangers[:5])}",
                hint="move them, name another folder with -o, or give them up with --overwrite",
            )
        if not overwrite and not figures and (target / "figures").is_dir():
            raise InputError(
                f"{target} holds this result with its pictures",
                hint="run with pictures, name another folder with -o, or add --overwrite",
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


def _strangers(folder: Path, contract: Contract) -> set[str]:
    """Names in a result folder that the command did not write."""
    names = {entry.name for entry in folder.iterdir()} - contract.files
    pictures = folder / "figures"
    if pictures.is_dir():
        names |= {f"figures/{p.name}" for p in pictures.iterdir() if p.suffix != ".png"}
    return names


def _hash(file: Path) -> str:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return str(record.get("hash", ""))
    except (OSError, ValueError, AttributeError):
        return ""


@contextmanager
def result_folder(
    target: Path, still_free: Callable[[], None] = lambda: None, *, tidy: bool = True
) -> Iterator[Path]:
    """A folder beside ``target`` to write into; it takes ``target``'s place when all went well.

    Whatever goes wrong inside, ``target`` stays as it was.

    Parameters
    ----------
    target
        The result folder.
    still_free
        Raises an ``InputError`` if ``target`` is no longer ours to replace: another run may have
        finished meanwhile. The new result is then kept beside it.
    tidy
        First clear what killed runs left beside ``target``; not for one of thousands of folders
        that somebody else keeps in order, for it reads all their names.

    Raises
    ------
    SolveError
        If the disk refuses, or the new result had to be kept under another name.
    """
    target = target.absolute()
    aside = target.parent / f".{target.name}.partial-{os.getpid()}"
    old = target.parent / f".{target.name}.replaced-{os.getpid()}"
    if tidy:
        sweep_aside(target)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        yield aside
        try:
            still_free()
        except InputError as error:
            kept = _unused(target)
            aside.rename(kept)
            raise SolveError(
                f"{error.args[0]}; it came while this run was computing",
                hint=f"nothing is lost: this run's result is {kept}",
            ) from None
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


def _unused(target: Path) -> Path:
    """A name beside ``target`` that nothing has."""
    for number in count(2):
        other = target.parent / f"{target.name}-{number}"
        if not other.exists():
            return other
    raise AssertionError("count does not end")


def sweep_aside(target: Path) -> None:
    """Remove what a killed run left aside; bring back a result it had moved away."""
    for left in target.parent.glob(f".{target.name}.*-*"):
        kind, _, number = left.name.rpartition("-")
        if not number.isdigit() or is_alive(int(number)):
            continue
        if kind.endswith(".replaced") and not target.exists():
            left.rename(target)
        elif kind.endswith((".partial", ".replaced")):
            shutil.rmtree(left, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Return whether a process of this number runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
