"""The lines of a table that came from somebody's machine."""

from __future__ import annotations

import re
from pathlib import Path

from cases.errors import CaseError, Problem

MAX_BYTES = 5 << 20


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """Lines of a text file that hold something, with their numbers; comments left out.

    Raises
    ------
    CaseError
        If the file is missing, too large, or no text in UTF-8.
    """
    file = str(path)
    try:
        if not path.is_file():
            raise FileNotFoundError
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError:
        raise fault(
            file, _unread(path), expected="a CSV file with a measured curve",
            found="nothing of that name" if not path.exists() else "a folder"
            if path.is_dir() else "a file without rights to read it"
            if path.is_file() else "a device or a pipe",
            mend="check the name and the folder",
        ) from None  # fmt: skip
    if len(raw) > MAX_BYTES:
        raise fault(
            file, "the file is too large", expected=f"at most {MAX_BYTES >> 20} MiB",
            found="more than that", mend="keep the columns of strain and stress of one curve",
        )  # fmt: skip
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fault(
            file, "not a text file in UTF-8", line=raw.count(b"\n", 0, error.start) + 1,
            expected="text in UTF-8", found=f"byte 0x{raw[error.start]:02x}",
            mend="save the table as 'CSV UTF-8' (a spreadsheet's own format cannot be read)",
        ) from None  # fmt: skip
    if "\0" in text:
        raise fault(
            file, "not a text file", expected="a table as text", found="U+0000",
            mend="save the table as 'CSV UTF-8'",
        )  # fmt: skip
    lines = re.split(r"\r\n|\r|\n", text)
    return [
        (number, line)
        for number, line in enumerate(lines, 1)
        if line.strip(" \t,;") and not line.lstrip().startswith("#")
    ]


def _unread(path: Path) -> str:
    if not path.exists():
        return "no such file"
    return "the file cannot be read" if path.is_file() else "this is no file"


def fault(file: str, headline: str, **rows: str | int | None) -> CaseError:
    """The error of a table: the rows of :class:`cases.errors.Problem`."""
    return CaseError(file, [Problem(headline, **rows)])  # type: ignore[arg-type]
