"""From the bytes of a print file to words: a letter with a number, line by line.

The words of a line stand in any order of spacing and case; what is a remark is dropped: from a
semicolon to the end of the line, and between parentheses. Line numbers (N…) and checksums (\\*…,
the exclusive or of all bytes before the star) are checked and dropped too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from operator import xor
from pathlib import Path

from meshes.errors import InputError

MAX_BYTES = 64 * 1024 * 1024
"""Largest file that is read: about two million moves."""
MAX_COMMAND = 1000
"""Longest command of one line, characters."""

Words = list[tuple[str, float]]

# Nine digits before the point are more than any printer has; Python writes small numbers 1e-05.
_NUMBER = r"[-+]?(?:\d{1,9}+(?!\d)(?:\.\d*+)?+|\.\d++)(?:e[-+]\d\d(?!\d|\.))?"
_WORD = re.compile(rf"([A-Za-z])\s*+({_NUMBER})")
_WORDS = re.compile(rf"(?:\s*+[A-Za-z]\s*+{_NUMBER})*+\s*+")
_NUMBERED = re.compile(r"\s*[Nn]\s*\d+")
_CHECKED = re.compile(r"([^;*]*+)\*\s*(\d{1,3})\s*(?:;|$)")
_REMARK = re.compile(r"\([^()]*+\)|;.*+")
_NAMED = re.compile(r"[A-Za-z_]{2,}[A-Za-z0-9_]*(?=\s|$)")
# What a program decides while it runs: words of a language, variables, expressions.
_PROGRAMMED = re.compile(
    r"^\s*+(?:o\s*+(?:\d++|<[^>]*+>)?\s*+(?:sub|call|if|while|repeat|do|return|end)"
    r"|(?:if|while|elif|else|goto|var|global|set|break|continue|abort|repeat|do\d*)\b)|^[^;]*[#\[\]{}]",
    re.IGNORECASE,
)
_MAGIC = {
    b"GCDE": "a binary G-code file (.bgcode)",
    b"PK\x03\x04": "a ZIP archive (a .3mf project?)",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a PNG picture",
    b"%PDF": "a PDF document",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that hold a command, without remarks, numbers and checksums.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    number, command
        Line in the file, from 1, and what is left of it.

    Raises
    ------
    InputError
        If there is no such file, it is larger than :data:`MAX_BYTES`, no text, a command is longer
        than :data:`MAX_COMMAND` characters or a checksum does not agree.
    """
    _check_file(path)
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        for number, line in enumerate(file, start=1):
            command = line
            if "*" in command or "N" in command or "n" in command:
                command = _without_number(command, number)
            if ";" in command or "(" in command:
                command = _REMARK.sub(" ", command)
            command = command.strip()
            if len(command) > MAX_COMMAND:
                raise InputError(
                    f"line {number}: a command of {len(command)} characters; "
                    f"{MAX_COMMAND} are the limit",
                    hint="the file is no G-code, or its line ends were lost",
                )
            if command and command != "%":
                yield number, command


def words_of(command: str, number: int) -> Words:
    """Split a command into words.

    Parameters
    ----------
    command
        As :func:`read_lines` yields it.
    number
        Line in the file, for messages.

    Returns
    -------
    list of (letter, number)
        Letters in upper case.

    Raises
    ------
    InputError
        If something is left that is no letter with a plain decimal number.
    """
    match = _WORDS.match(command)
    if match is None or match.end() < len(command):
        rest = command[match.end() if match else 0 :].strip()
        if _PROGRAMMED.search(command):
            raise refused(number, command, "variables, conditions and loops")
        raise InputError(
            f"line {number}: expected letters with decimal numbers, found {rest[:40]!r} in "
            f"{command[:80]!r}",
            hint="numbers are written like -12.5, with at most nine digits before the point",
        )
    return [(letter.upper(), float(value)) for letter, value in _WORD.findall(command)]


def first_word(command: str) -> tuple[str, float] | str | None:
    """The first word of a command; a name, where a firmware's own command stands; else None.

    Parameters
    ----------
    command
        As :func:`read_lines` yields it.
    """
    named = None if _PROGRAMMED.search(command) else _NAMED.match(command)
    if named is not None:
        return named[0]
    match = _WORD.match(command)
    return (match[1].upper(), float(match[2])) if match else None


def refused(number: int, command: str, what: str) -> InputError:
    """The error for a line whose path cannot be known without a printer that runs it."""
    return InputError(
        f"line {number}: {what} are not followed: {command[:80]!r}",
        hint="export the print as straight moves and arcs, each written out",
    )


def _without_number(command: str, number: int) -> str:
    """Check and drop checksum and line number."""
    checked = _CHECKED.match(command)
    if checked:
        found = reduce(xor, checked[1].encode("utf-8", "replace"), 0)
        if found != int(checked[2]):
            raise InputError(
                f"line {number}: the checksum is {checked[2]}, the line gives {found}: "
                "the file is damaged or was edited by hand",
                hint="export it again, or remove the checksums (*…) after editing",
            )
        command = checked[1]
    match = _NUMBERED.match(command)
    return command[match.end() :] if match else command


def _check_file(path: Path) -> None:
    """Refuse what is missing, too large or no text."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            f"{path.name}: {size / 1e6:.0f} MB is more than the {MAX_BYTES / 1e6:.0f} MB that are "
            "read",
            hint="export a smaller piece of the print, or fewer and longer moves",
        )
    with path.open("rb") as file:
        head = file.read(65536)
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise InputError(
                f"{path.name}: this is {what}, not plain G-code", hint="save it as plain text"
            )
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13))
    if b"\0" in head or controls > len(head) // 50:
        raise InputError(
            f"{path.name}: binary data, not plain G-code",
            hint="export the print as text (.gcode, .nc)",
        )
