"""Digests of content: of plain values, and of the sources that compute from them."""

from __future__ import annotations

import dataclasses
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


def feed(digest: Any, value: Any) -> None:
    """Feed a value to a hash with its type and length, so that no two values read alike.

    Parameters
    ----------
    digest
        Of :mod:`hashlib`.
    value
        None, a text, bytes, a number, an array, or sequences, mappings and dataclasses of these.

    Raises
    ------
    TypeError
        If a part of the value is none of these.
    """
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest.update(f"array {value.dtype.str} {value.shape};".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
        digest.update(f"{type(value).__module__}.{type(value).__qualname__};".encode())
        feed(digest, fields)
    elif isinstance(value, tuple | list):
        digest.update(f"sequence {len(value)};".encode())
        for item in value:
            feed(digest, item)
    elif isinstance(value, dict):
        feed(digest, sorted(value.items()))
    elif value is None or isinstance(value, str | bytes | bool | int | float | np.generic):
        text = repr(value)
        digest.update(f"{type(value).__name__} {len(text)} {text};".encode())
    else:
        raise TypeError(f"a {type(value).__name__} has no canonical form")


def content_digest(value: Any) -> str:
    """SHA-256 of a value that :func:`feed` takes, 64 hexadecimal digits.

    Raises
    ------
    TypeError
        If the value has no canonical form.
    """
    digest = hashlib.sha256()
    feed(digest, value)
    return digest.hexdigest()


@cache
def source_digest(root: Path, parts: tuple[str, ...] = ("",), without: tuple[str, ...] = ()) -> str:
    """SHA-256 of Python sources: changes whenever the code that computes does.

    Parameters
    ----------
    root
        Folder of the sources.
    parts
        Files and folders in it, by relative paths; default all of it.
    without
        Beginnings of relative paths to leave out.
    """
    digest = hashlib.sha256()
    for part in parts:
        place = root / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = path.relative_to(root).as_posix()
            if not name.startswith(without):
                digest.update(name.encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
