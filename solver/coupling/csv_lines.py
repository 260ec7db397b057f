"""Lines of a CSV table that know where they stand: every complaint names line and column."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass

from meshes.errors import InputError


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Attributes
    ----------
    table : str
        Name of the file, for messages.
    number : int
        Number of the line in the file, from 1.
    cells : mapping of str to str
        Column to text, stripped.
    """

    table: str
    number: int
    cells: dict[str, str]

    def wrong(self, column: str, expected: str) -> InputError:
        """The error for a cell that is not what its column holds.

        Parameters
        ----------
        column
            Where.
        expected
            What the column holds.

        Returns
        -------
        InputError
            To be raised by the caller.
        """
        found = self.cells[column]
        return InputError(
            f"{self.table}, line {self.number}, column {column}: "
            f"expected {expected}, found {found!r}"
        )

    def name(self, column: str, reserved: Sequence[str] = ()) -> str:
        """A name of letters, digits and _ that is not reserved.

        Parameters
        ----------
        column
            Where.
        reserved
            Names already taken by something else.

        Returns
        -------
        str

        Raises
        ------
        InputError
            If it is no such name.
        """
        text = self.cells[column]
        if not text.isidentifier():
            raise self.wrong(column, "a name of letters, digits and _")
        if text in reserved:
            raise self.wrong(column, "a name that nothing else in the rule has already")
        return text

    def names(self, column: str) -> tuple[str, ...]:
        """Names separated by ``;``; an empty cell holds none.

        Parameters
        ----------
        column
            Where.

        Returns
        -------
        tuple of str

        Raises
        ------
        InputError
            If one of them is not made of letters, digits and _.
        """
        names = tuple(part.strip() for part in self.cells[column].split(";") if part.strip())
        if not all(name.isidentifier() for name in names):
            raise self.wrong(column, "names of letters, digits and _ separated by ';'")
        return names

    def number_from_zero(self, column: str) -> float:
        """A finite number >= 0.

        Parameters
        ----------
        column
            Where.

        Returns
        -------
        float

        Raises
        ------
        InputError
            If it is none.
        """
        try:
            value = float(self.cells[column])
        except ValueError:
            raise self.wrong(column, "a number") from None
        if not (math.isfinite(value) and value >= 0.0):
            raise self.wrong(column, "a finite number >= 0")
        return value

    def one_of(self, column: str, known: Sequence[str]) -> str:
        """One of a few words.

        Parameters
        ----------
        column
            Where.
        known
            The words.

        Returns
        -------
        str

        Raises
        ------
        InputError
            If it is none of them.
        """
        if self.cells[column] not in known:
            raise self.wrong(column, " | ".join(known))
        return self.cells[column]


def read_lines(table: str, text: str, columns: Sequence[str]) -> list[Line]:
    """Split a comma-separated table with a heading into lines; blank ones are passed over.

    Parameters
    ----------
    table
        Name of the file, for messages.
    text
        What it holds.
    columns
        Columns it must have, in any order; others are let be.

    Returns
    -------
    list of Line

    Raises
    ------
    InputError
        If a column is missing, a line has too few or too many cells, or the quotes do not close.
    """
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(
            f"{table}, line {reader.line_num}: not a comma-separated table ({error})",
            hint="a text between double quotes must end with a double quote",
        ) from None
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    for column in columns:
        if column not in header:
            raise InputError(
                f"{table}, line 1: column {column} is missing, "
                f"found {', '.join(header) or 'nothing'}",
                hint=f"the columns are {','.join(columns)}, separated by commas",
            )
    lines = []
    for number, row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            last = header[min(len(row), len(header)) - 1]
            raise InputError(
                f"{table}, line {number}, column {last}: expected {len(header)} cells, "
                f"found {len(row)}",
                hint="put a text that contains a comma between double quotes",
            )
        cells = {key: cell.strip() for key, cell in zip(header, row, strict=True)}
        lines.append(Line(table, number, cells))
    return lines
