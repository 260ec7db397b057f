"""Small files that appear whole or not at all, and are read back with suspicion."""

from __future__ import annotations

import json
import math
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

from cases.folder import is_alive
from meshes.errors import SolveError

_ASIDE = ".part-"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside and rename it into place: a reader sees the old file or the new one.

    Parameters
    ----------
    path
        The file; its folder is made where it is missing.
    content
        All of it.

    Raises
    ------
    SolveError
        If the disk refuses; what was there before is untouched.
    """
    aside = aside_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.write_bytes(content)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise SolveError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="nothing is lost: make room on the disk, then give the same command again",
        ) from None


def write_json(path: Path, value: Any) -> None:
    """Write plain data as JSON by :func:`write_whole`; NaN and infinity are refused.

    Raises
    ------
    SolveError
        If the disk refuses.
    ValueError
        If a number is not finite.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, (text + "\n").encode("utf-8", "replace"))


def read_json(path: Path, largest: int) -> Any:
    """Plain data of a JSON file, or None where it is missing, broken, too large or no file.

    Parameters
    ----------
    path
        The file.
    largest
        Bytes beyond which it is not read.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            content = file.read(largest + 1)
        if len(content) > largest:
            return None
        return json.loads(content, parse_constant=_refuse)
    except (OSError, ValueError, RecursionError):
        return None


def aside_of(path: Path) -> Path:
    """Where this process writes a file before it is whole."""
    return path.parent / f".{path.name}{_ASIDE}{os.getpid()}"


def sweep_parts(folder: Path, before: float) -> None:
    """Remove what dead processes left aside in a folder and have not touched since `before`.

    Parameters
    ----------
    folder
        The folder; nothing below it.
    before
        Time in s since 1970.
    """
    for left in folder.glob(f".*{_ASIDE}*"):
        number = left.name.rpartition("-")[2]
        if number.isdigit() and not is_alive(int(number)) and changed(left) <= before:
            left.unlink(missing_ok=True)


def changed(path: Path) -> float:
    """Time of the last change of a file, in s since 1970; never, where it has just gone."""
    try:
        return path.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return math.inf


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe that has taken the file's place."""
    return os.open(path, flags | os.O_NONBLOCK)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
