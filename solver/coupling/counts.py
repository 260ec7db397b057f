"""Read counted cells: a table of how many were dormant on gels of known stiffness."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .collagen_doses import FloatArray
from .csv_lines import Line

MAX_BYTES = 5 << 20
MAX_ROWS = 20_000
MAX_COLUMNS = 64
MOST_CELLS = 10**9
KPA = {"kPa": 1.0, "Pa": 1e-3, "MPa": 1e3}
"""Units of a stiffness in the heading, with their factor to kPa."""
EXAMPLE = "stiffness_kPa,n_dormant,n_total"

_SOFTEST, _STIFFEST = 1e-3, 1e6  # kPa: what a cell can stand on
_LONGEST = 40  # characters of a cell
_NAMED = 12  # headings that a message lists
_COUNTS = ("n_dormant", "n_total")
_GROUPED = re.compile(r"[1-9]\d{0,2},\d{3}\Z")  # 3,587: thousands, or a little more than three
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\Z")


@dataclass(frozen=True, eq=False)
class Counts:
    """Counted cells, one entry per gel (or dish, or field of view).

    Attributes
    ----------
    stiffness : ndarray, shape (m,)
        Of the gel, kPa, above 0.
    dormant, total : ndarray, shape (m,)
        Cells in G0 arrest, and cells counted: whole numbers, ``0 <= dormant <= total``,
        ``total >= 1``.
    source : str
        Name of the file, for messages.

    Raises
    ------
    ValueError
        If shapes differ or a number is out of range, naming its index.
    """

    stiffness: FloatArray
    dormant: NDArray[np.int64]
    total: NDArray[np.int64]
    source: str = "counts"

    def __post_init__(self) -> None:
        shapes = {np.shape(a) for a in (self.stiffness, self.dormant, self.total)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not len(self.stiffness):
            raise ValueError(f"counts: expected three arrays of one shape (m,), found {shapes}")
        good = np.isfinite(self.stiffness) & (self.stiffness > 0.0)
        good &= (self.dormant >= 0) & (self.total >= 1) & (self.dormant <= self.total)
        if not good.all():
            i = int(np.argmin(good))
            raise ValueError(
                "counts: expected stiffness > 0 and 0 <= dormant <= total >= 1, found "
                f"{self.stiffness[i]}, {self.dormant[i]}, {self.total[i]} at index {i}"
            )


def read_counts(path: str | PathLike[str]) -> Counts:
    """Read a table of counted cells.

    Parameters
    ----------
    path
        CSV file in UTF-8 with comma, semicolon or tab; lines beginning with ``#`` are left out.
        Columns ``stiffness_kPa`` (or ``stiffness (Pa)`` and the like: the unit follows the name),
        ``n_dormant`` and ``n_total``, in any order; others are let be.

    Returns
    -------
    Counts

    Raises
    ------
    InputError
        Naming file, line and column, what was expected and what was found: if the file is missing,
        too large or no text, a column is missing (with the heading most like it) or occurs twice,
        the unit is missing or unknown, or a cell is not what its column holds.
    """
    name = Path(path).name
    rows = _rows(name, _text(Path(path)))
    number, heading = next(rows, (1, []))
    columns, factor = _columns(name, number, heading)
    lines: list[Line] = []
    for number, row in rows:
        if len(lines) == MAX_ROWS:
            raise InputError(
                f"{name}, line {number}: expected at most {MAX_ROWS} rows, found more",
                hint="add up the cells of each gel",
            )
        if any(row[len(heading) :]) or len(row) <= max(columns.values()):
            raise InputError(
                f"{name}, line {number}: expected {len(heading)} cells, found {len(row)}",
                hint="write no commas for thousands, or part the columns by semicolons",
            )
        lines.append(Line(name, number, {key: row[i] for key, i in columns.items()}))
    if not lines:
        raise InputError(f"{name}: expected rows of counted cells, found none", hint=EXAMPLE)
    stiffness, dormant, total = zip(
        *(_numbers(line, columns, factor) for line in lines), strict=True
    )
    return Counts(np.array(stiffness), np.array(dormant), np.array(total), name)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise FileNotFoundError
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError:
        raise InputError(
            f"{path}: expected a CSV file of counted cells, found no file that can be read",
            hint="check the name and the folder",
        ) from None
    if len(raw) > MAX_BYTES:
        raise InputError(
            f"{path.name}: expected at most {MAX_BYTES >> 20} MiB, found more",
            hint="keep the columns of stiffness and counts",
        )
    try:
        text = raw.decode("utf-8-sig")
        found = "U+0000" if "\0" in text else ""
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02x} in line {line}"
    if found:
        raise InputError(
            f"{path.name}: expected text in UTF-8, found {found}",
            hint="save the table as 'CSV UTF-8' (a spreadsheet's own format cannot be read)",
        )
    return text


def _rows(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, with the number of their line; the first one is the heading."""
    separator = ""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip(" \t,;") or line.lstrip().startswith("#"):
            continue
        separator = separator or next((sign for sign in "\t;" if sign in line), ",")
        try:
            row = next(csv.reader([line], delimiter=separator, strict=True))
        except csv.Error as error:
            raise InputError(
                f"{name}, line {number}: not a row of a table ({error})",
                hint="a text between double quotes must end with a double quote",
            ) from None
        yield number, [_short(cell.strip()) for cell in row]


def _short(cell: str) -> str:
    """The cell, cut so that no message becomes a page; what is cut is no number any more."""
    return cell if len(cell) <= _LONGEST else cell[: _LONGEST - 1] + "…"


def _columns(name: str, number: int, heading: Sequence[str]) -> tuple[dict[str, int], float]:
    """Place of each column by its heading, the stiffness first, and its factor to kPa."""
    where = f"{name}, line {number}"
    if len(heading) > MAX_COLUMNS:
        raise InputError(f"{where}: expected at most {MAX_COLUMNS} columns, found {len(heading)}")
    words = [re.sub(r"[\s_\[\](){}]+", "_", cell).strip("_") for cell in heading]
    parts = [word.partition("_") for word in words]
    named = [i for i, (first, _, _) in enumerate(parts) if first.lower() == "stiffness"]
    # A column such as stiffness_sd_kPa is let be where another one is the stiffness itself.
    stiffness = [i for i in named if parts[i][2] in KPA]
    if named and not stiffness:
        raise _no_unit(where, heading[named[0]], parts[named[0]][2])
    counts = [[i for i, word in enumerate(words) if word.lower() == key] for key in _COUNTS]
    for key, places in zip(("stiffness_kPa", *_COUNTS), (stiffness, *counts), strict=True):
        if not places:
            raise _missing(where, key, heading, words)
        if len(places) > 1:
            raise InputError(f"{where}: expected one column {key}, found {len(places)}")
    factor = KPA[parts[stiffness[0]][2]]
    keys = (heading[stiffness[0]], *_COUNTS)
    return {key: p[0] for key, p in zip(keys, (stiffness, *counts), strict=True)}, factor


def _missing(where: str, key: str, heading: Sequence[str], words: Sequence[str]) -> InputError:
    near = difflib.get_close_matches(key, words, n=1, cutoff=0.5)
    return InputError(
        f"{where}: column {key} is missing, found {_listed(heading)}",
        hint=f"write {key} for {heading[words.index(near[0])]!r}?"
        if near
        else f"the first line names the columns: {EXAMPLE}",
    )


def _listed(heading: Sequence[str]) -> str:
    more = ", ..." if len(heading) > _NAMED else ""
    return ", ".join(heading[:_NAMED]) + more or "nothing"


def _no_unit(where: str, heading: str, unit: str) -> InputError:
    by_fold = {u.lower(): u for u in KPA}
    near = difflib.get_close_matches(unit.lower(), by_fold, n=1, cutoff=0.4)
    return InputError(
        f"{where}, column {heading}: expected the unit {', '.join(KPA)} after the name, "
        f"found {unit or 'none'}",
        hint=f"write stiffness_{by_fold[near[0]] if near else 'kPa'}, if that is the unit",
    )


def _numbers(line: Line, columns: dict[str, int], factor: float) -> tuple[float, int, int]:
    stiffness = next(iter(columns))
    text = line.cells[stiffness]
    if _GROUPED.match(text):
        raise line.wrong(stiffness, "a number whose comma can be read in one way only")
    text = text.replace(",", ".", 1)
    if not _NUMBER.match(text):
        raise line.wrong(stiffness, "a number")
    value = float(text) * factor
    if not _SOFTEST <= value <= _STIFFEST:
        raise line.wrong(stiffness, f"a stiffness from {_SOFTEST:g} to {_STIFFEST:g} kPa")
    dormant, total = (_whole(line, key) for key in _COUNTS)
    if total < 1:
        raise line.wrong("n_total", "at least one cell")
    if dormant > total:
        raise line.wrong("n_dormant", f"at most n_total ({total})")
    return value, dormant, total


def _whole(line: Line, column: str) -> int:
    text = line.cells[column]
    value = float(text) if _NUMBER.match(text) else -1.0
    if not (0.0 <= value <= MOST_CELLS and value == int(value)):
        raise line.wrong(column, f"a whole number of cells from 0 to {MOST_CELLS:g}")
    return int(value)
