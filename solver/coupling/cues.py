"""The cue table ``cues.csv``: one line per signal that wakes cells or keeps them asleep."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path

from meshes.errors import InputError

from .parameters import STANDINGS

GATES = ("integrin_b1", "FAK", "MLCK")
"""Blocks that act on the integrin gate itself, besides the cues that name them."""

SITE_CONDITIONS = ("ligand", "upar", "fibronectin")
"""Quantities of a site that a cue may need although they are no cues."""

# Names that the columns of the log-odds already carry.
_RESERVED = (
    *SITE_CONDITIONS,
    "stiffness",
    "matrix_stiffness",
    "collagen_mechanics",
    "blocks",
    "confinement",
)


@dataclass(frozen=True)
class Cue:
    """One line of the cue table.

    Attributes
    ----------
    cue : str
        Name, as doses are keyed.
    acts_through : str
        Pathway, for readers.
    needs : tuple of str
        Other cues, or site conditions (`SITE_CONDITIONS`), without which it does not act; each
        multiplies the dose by its own, capped at 1.
    blocked_by : tuple of str
        Blocks that take it away.
    direction : int
        +1 keeps asleep (lowers R), -1 wakes (raises R).
    weight, weight_low, weight_high : float
        Nominal and range, in units of ln F: at weight 1, dose 1 changes R by the factor F.
    standing : str
        Of the weight: measured, published, derived or assumption.
    source, note : str
        DOI (of the sign, where the weight is an assumption), and what it rests on.
    """

    cue: str
    acts_through: str
    needs: tuple[str, ...]
    blocked_by: tuple[str, ...]
    direction: int
    weight: float
    weight_low: float
    weight_high: float
    standing: str
    source: str
    note: str


COLUMNS = tuple(field.name for field in fields(Cue))


class _Line:
    """One CSV line that knows where it stands, so that every complaint names line and column."""

    def __init__(self, table: str, number: int, cells: dict[str, str]) -> None:
        self.table, self.number, self.cells = table, number, cells

    def wrong(self, column: str, expected: str) -> InputError:
        found = self.cells[column]
        return InputError(
            f"{self.table}, line {self.number}, column {column}: "
            f"expected {expected}, found {found!r}"
        )

    def name(self, column: str) -> str:
        text = self.cells[column]
        if not text.isidentifier() or text in _RESERVED:
            raise self.wrong(
                column, "a name of letters, digits and _ that no log-odds column has already"
            )
        return text

    def names(self, column: str) -> tuple[str, ...]:
        names = tuple(part.strip() for part in self.cells[column].split(";") if part.strip())
        if not all(name.isidentifier() for name in names):
            raise self.wrong(column, "names of letters, digits and _ separated by ';'")
        return names

    def number_from_zero(self, column: str) -> float:
        try:
            value = float(self.cells[column])
        except ValueError:
            raise self.wrong(column, "a number") from None
        if not (math.isfinite(value) and value >= 0.0):
            raise self.wrong(column, "a finite number >= 0 (the sign stands in 'direction')")
        return value

    def direction(self) -> int:
        if self.cells["direction"] not in ("+1", "1", "-1"):
            raise self.wrong("direction", "+1 (keeps asleep) or -1 (wakes)")
        return int(self.cells["direction"])

    def cue(self) -> Cue:
        low, high = self.number_from_zero("weight_low"), self.number_from_zero("weight_high")
        weight = self.number_from_zero("weight")
        if not low <= weight <= high:
            raise self.wrong("weight", f"weight_low <= weight <= weight_high ({low:g} to {high:g})")
        if self.cells["standing"] not in STANDINGS:
            raise self.wrong("standing", " | ".join(STANDINGS))
        return Cue(
            cue=self.name("cue"),
            acts_through=self.cells["acts_through"],
            needs=self.names("needs"),
            blocked_by=self.names("blocked_by"),
            direction=self.direction(),
            weight=weight,
            weight_low=low,
            weight_high=high,
            standing=self.cells["standing"],
            source=self.cells["source"],
            note=self.cells["note"],
        )


def _lines(table: str, text: str) -> list[_Line]:
    reader = csv.reader(text.splitlines(keepends=True))
    header = [cell.strip() for cell in next(reader, [])]
    for column in COLUMNS:
        if column not in header:
            raise InputError(
                f"{table}, line 1: column {column} is missing, "
                f"found {', '.join(header) or 'nothing'}",
                hint=f"the columns are {','.join(COLUMNS)}, separated by commas",
            )
    lines = []
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            last = header[min(len(row), len(header)) - 1]
            raise InputError(
                f"{table}, line {reader.line_num}, column {last}: expected {len(header)} cells, "
                f"found {len(row)}",
                hint="put a text that contains a comma between double quotes",
            )
        cells = {key: cell.strip() for key, cell in zip(header, row, strict=True)}
        lines.append(_Line(table, reader.line_num, cells))
    return lines


def _in_order_of_need(lines: Sequence[_Line], cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """Cues sorted so that each follows the cues it needs; otherwise in the table's order."""
    waiting = dict(zip((cue.cue for cue in cues), zip(lines, cues, strict=True), strict=True))
    for line, cue in waiting.values():
        for need in cue.needs:
            if need not in waiting and need not in SITE_CONDITIONS:
                raise line.wrong("needs", f"cues of this table or {', '.join(SITE_CONDITIONS)}")
    ordered: list[Cue] = []
    while waiting:
        ready = [cue for _, cue in waiting.values() if not any(n in waiting for n in cue.needs)]
        if not ready:
            line, _ = next(iter(waiting.values()))
            raise line.wrong("needs", "no circle of cues that need each other")
        ordered.append(ready[0])
        del waiting[ready[0].cue]
    return tuple(ordered)


def load_cues(path: str | PathLike[str] | None = None) -> tuple[Cue, ...]:
    """Read a cue table.

    Parameters
    ----------
    path
        CSV file with the columns `COLUMNS` (UTF-8, comma); None reads the table that comes along.

    Returns
    -------
    tuple of Cue
        In the table's order, except that a cue comes after those it needs.

    Raises
    ------
    InputError
        Naming line and column, if a cell is not what its column holds, a name occurs twice, a need
        is unknown or needs run in a circle.
    """
    if path is None:
        return _own_cues()
    return _parse(Path(path).name, Path(path).read_text(encoding="utf-8-sig"))


def _parse(table: str, text: str) -> tuple[Cue, ...]:
    lines = _lines(table, text)
    cues = [line.cue() for line in lines]
    seen: set[str] = set()
    for line, cue in zip(lines, cues, strict=True):
        if cue.cue in seen:
            raise line.wrong("cue", "a name that no earlier line has")
        seen.add(cue.cue)
    return _in_order_of_need(lines, cues)


@cache
def _own_cues() -> tuple[Cue, ...]:
    return _parse("cues.csv", files(__package__).joinpath("cues.csv").read_text(encoding="utf-8"))


def known_cues() -> tuple[str, ...]:
    """Names of the cues that a dose can be given for."""
    return tuple(cue.cue for cue in load_cues())


def block_names(cues: Sequence[Cue]) -> tuple[str, ...]:
    """Names of all blocks that act on the gate or on one of the given cues.

    Parameters
    ----------
    cues
        A cue table.

    Returns
    -------
    tuple of str
        `GATES` first, then those of ``blocked_by`` in the table's order, each once.
    """
    return tuple(dict.fromkeys((*GATES, *(name for cue in cues for name in cue.blocked_by))))


def known_blocks() -> tuple[str, ...]:
    """Names of the blocks (inhibitors, antibodies, knock-outs) of the table that comes along."""
    return block_names(load_cues())
