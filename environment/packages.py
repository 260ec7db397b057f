"""The package list, the requirements of pyproject.toml, and the keys made from them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?$")
_ARRAY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=\s*\[")
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|(\])|,|#[^\n]*)')
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(.*)$")


@dataclass(frozen=True)
class Package:
    """One row of packages.txt."""

    debian: str
    conda: str
    why: str


def read_packages(path: Path) -> list[Package]:
    """Read the package list.

    Parameters
    ----------
    path
        ``packages.txt``: rows of Debian name, conda name or ``-``, and a reason.

    Raises
    ------
    ValueError
        With file and line, when a row has fewer than three columns or repeats a package.
    """
    found: list[Package] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        columns = text.split(None, 2)
        if len(columns) < 3:
            raise ValueError(
                f"{path}:{number}: expected 'debian-name conda-name-or-dash why', found {text!r}"
            )
        if any(package.debian == columns[0] for package in found):
            raise ValueError(f"{path}:{number}: {columns[0]} is listed twice")
        found.append(Package(*columns))
    return found


def read_requirements(pyproject: Path, extras: tuple[str, ...] = ("dev",)) -> list[str]:
    """Read the project's dependencies and those of its `extras` from pyproject.toml.

    The standard library reads TOML only from Python 3.11 on, and the host's may be older, so
    the arrays of strings wanted here are read directly.

    Raises
    ------
    ValueError
        When an expected array is missing.
    """
    wanted = [("project", "dependencies")]
    wanted += [("project.optional-dependencies", extra) for extra in extras]
    arrays = _string_arrays(pyproject.read_text(encoding="utf-8"))
    missing = [f"[{table}] {key}" for table, key in wanted if (table, key) not in arrays]
    if missing:
        raise ValueError(f"{pyproject}: expected {', '.join(missing)}")
    return [requirement for place in wanted for requirement in arrays[place]]


def _string_arrays(text: str) -> dict[tuple[str, str], list[str]]:
    arrays: dict[tuple[str, str], list[str]] = {}
    table, position = "", 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        header, array = _HEADER.match(line), _ARRAY.match(line)
        if header:
            table = header.group(1).strip()
        elif array:
            items, end = _items(text, position + array.end())
            if items is not None:
                arrays[table, array.group(1)] = items
        position = end + 1
    return arrays


def _items(text: str, position: int) -> tuple[list[str] | None, int]:
    """Return the strings up to the closing bracket, or None where it holds other things."""
    items: list[str] = []
    while True:
        match = _ITEM.match(text, position)
        if match is None:
            return None, position
        position = match.end()
        if match.group(3):
            return items, position
        if match.group(1) is not None or match.group(2) is not None:
            items.append(match.group(1) if match.group(1) is not None else match.group(2))


def split_requirement(requirement: str) -> tuple[str, str]:
    """Return name and version clauses: ``"a[b]>=1,<2"`` gives ``("a", ">=1,<2")``.

    Raises
    ------
    ValueError
        When there is no name at the start.
    """
    match = _NAME.match(requirement)
    if match is None:
        raise ValueError(f"{requirement!r} is not a requirement")
    return match.group(1), match.group(2).replace(" ", "")


def version_tuple(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: ``"1:0.9.0-7"`` gives ``(0, 9, 0)``."""
    numbers = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in numbers.group(1).split(".")) if numbers else ()


def satisfied(requirement: str, version: str | None) -> bool:
    """Tell whether an installed `version` surely meets `requirement`.

    Only ``>=`` clauses are understood. Anything else answers no, which costs one virtual
    environment, in which pip then decides properly.
    """
    if version is None:
        return False
    clauses = [clause for clause in split_requirement(requirement)[1].split(",") if clause]
    return all(
        clause.startswith(">=") and version_tuple(version) >= version_tuple(clause[2:])
        for clause in clauses
    )


def key(*parts: object) -> str:
    """Return twelve hexadecimal digits that change when any of `parts` changes."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
