"""Stages kept on disk under their keys: one file each, whole or not at all.

A stage is a mapping of plain values and NumPy arrays, however nested. Its file is a NumPy archive
without pickles: the arrays, and one text for all else. What is broken, too large or of another key
counts as absent, and is made again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from cases.batch.atomic import aside_of

LARGEST_FILE = 4 << 30  # bytes, packed and unpacked
LARGEST_TEXT = 64 << 20  # bytes
_TEXT = "plain"
_ARRAY, _WORDS = "array ", "words "  # begin the place of an array, and a text that looks like one


class StageStore:
    """Stages of a sweep.

    Parameters
    ----------
    folder
        Made when the first stage is saved.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def path(self, kind: str, key: str) -> Path:
        """File of a stage.

        Raises
        ------
        ValueError
            If kind or key could lead out of the folder.
        """
        if not (kind.isalpha() and key.isalnum()):
            raise ValueError(f"no stage: {kind!r}, {key!r}")
        return self.folder / kind / f"{key}.npz"

    def has(self, kind: str, key: str) -> bool:
        """Whether there is a file of a stage (broken or not: :meth:`load` tells)."""
        return self.path(kind, key).is_file()

    def load(self, kind: str, key: str) -> dict[str, Any] | None:
        """A stage as it was saved (tuples as lists), or None where there is none or it is broken.

        Parameters
        ----------
        kind, key
            Name of the stage, and its key.
        """
        path = self.path(kind, key)
        try:
            if path.stat().st_size > LARGEST_FILE:
                return None
            with np.load(path, allow_pickle=False) as stored:
                sizes = {entry.filename: entry.file_size for entry in stored.zip.infolist()}
                if sum(sizes.values()) > LARGEST_FILE or sizes[f"{_TEXT}.npy"] > LARGEST_TEXT:
                    return None
                found = json.loads(stored[_TEXT].tobytes())
                if found["of"] != [kind, key]:
                    return None
                stage: dict[str, Any] = _joined(found["stage"], stored)
                return stage
        except Exception:  # zipfile and NumPy raise of many kinds at what is broken
            return None

    def save(self, kind: str, key: str, stage: dict[str, Any]) -> None:
        """Write a stage aside and move it into place.

        Parameters
        ----------
        kind, key
            Name of the stage, and its key.
        stage
            Plain values and arrays under texts, however nested; no NaN outside of arrays.

        Raises
        ------
        OSError
            If the folder cannot be written, or the disk is full.
        """
        arrays: dict[str, Any] = {}
        plain = _parted(stage, arrays)
        text = json.dumps({"of": [kind, key], "stage": plain}, allow_nan=False)
        arrays[_TEXT] = np.frombuffer(text.encode(), np.uint8)
        path = self.path(kind, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = aside_of(path)
        try:
            with aside.open("wb") as file:
                np.savez(file, **arrays)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def _parted(value: Any, arrays: dict[str, Any]) -> Any:
    """A value with its arrays put aside, and a place in the text for each."""
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return _ARRAY + name
    if isinstance(value, str):
        return _WORDS + value if value.startswith((_ARRAY, _WORDS)) else value
    if isinstance(value, dict):
        return {key: _parted(entry, arrays) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_parted(entry, arrays) for entry in value]
    return value


def _joined(value: Any, stored: Any) -> Any:
    """The value again, its arrays put back."""
    if isinstance(value, str):
        name = value.removeprefix(_ARRAY)
        return value.removeprefix(_WORDS) if name == value else stored[name]
    if isinstance(value, dict):
        return {key: _joined(entry, stored) for key, entry in value.items()}
    if isinstance(value, list):
        return [_joined(entry, stored) for entry in value]
    return value
