"""Files that a case names: only those in the folder of the case, or below it."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, ClassVar

from pydantic import PrivateAttr, ValidationInfo, field_validator

from cases.quantity import rejection
from cases.schema.base import CaseModel

MAX_FILE_BYTES = 200 * 1024 * 1024


class NamesFile(CaseModel):
    """A group of keys among which ``file`` may name a table in the folder of the case."""

    columns: ClassVar[str] = ""  # that the table must have, for messages
    what: ClassVar[str] = "a CSV file"  # that is named, for messages

    _path: Path | None = PrivateAttr(default=None)
    _digest: str = PrivateAttr(default="")

    @field_validator("file", check_fields=False)
    @classmethod
    def _stay_inside(cls, name: str, info: ValidationInfo) -> str:
        inside_file(name, (info.context or {}).get("folder"), cls.columns, cls.what)
        return name

    def find_file(self, name: str | None, info: ValidationInfo) -> None:
        """Remember path and content of the file, where there is one and its folder is known."""
        folder = (info.context or {}).get("folder")
        if name is not None and folder is not None:
            self._path = inside_file(name, folder, self.columns, self.what)
            with self._path.open("rb") as stream:
                self._digest = hashlib.file_digest(stream, "sha256").hexdigest()

    @property
    def path(self) -> Path | None:
        """Absolute path of the table; None without a file."""
        return self._path

    def resolved(self) -> Any:
        """Return the keys that are set, the file with the hash of its content."""
        plain = {key: value for key, value in super().resolved().items() if value is not None}
        if self._digest:
            plain["file_sha256"] = self._digest
        return plain


def inside_file(name: str, folder: Path | None, columns: str, what: str = "a CSV file") -> Path:
    """Return the path of a file named in a case, if it lies inside the case's folder.

    Parameters
    ----------
    name
        As written in the case.
    folder
        Folder of the case file; None checks the name alone.
    columns
        Columns that the file must have, for messages; "" for files that are no tables.
    what
        What the file must be, for messages.

    Raises
    ------
    PydanticCustomError
        Saying what was expected, found and how to mend it.
    """
    relative = PurePosixPath(name.replace("\\", "/"))
    hostile = not name.strip() or not name.isprintable()
    outside = relative.is_absolute() or PureWindowsPath(name).drive or ".." in relative.parts
    escape = rejection(
        "a file outside the case's folder" if not hostile else "not a file name",
        expected=f"the name of {what} in the folder of the case, or in one below it",
        found=name,
        mend="copy the file beside the case and write its plain name"
        + (", e.g. file: table.csv" if columns else ""),
    )
    if hostile or outside:
        raise escape
    path = (folder or Path()) / Path(*relative.parts)
    if folder is None:
        return path
    try:
        real = path.resolve(strict=True)
        size = real.stat().st_size
    except (OSError, RuntimeError):
        raise rejection(
            "no such file",
            expected=f"{what} with columns {columns}" if columns else what,
            found=f"no file '{name}' beside the case",
            mend="check the name, or copy the file into the folder of the case",
        ) from None
    if not real.is_relative_to(folder.resolve()):
        raise escape
    if not real.is_file() or size > MAX_FILE_BYTES:
        raise rejection(
            "not a readable table" if columns else "not a readable file",
            expected=f"{what} of at most {MAX_FILE_BYTES // 2**20} MiB",
            found="something else than a file" if not real.is_file() else f"{size // 2**20} MiB",
            mend=f"write one row per point with columns {columns}"
            if columns
            else "name a smaller file"
            if real.is_file()
            else "name a file, not a folder or a device",
        )
    return real
