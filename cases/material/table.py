"""Read a measured curve: a rheometer's or tensile tester's table with units in its headings.

``shear_strain_%, stress_Pa`` or ``stretch; nominal stress (kPa)``: the name says what a column is,
the unit is read by pint, and a table that leaves anything open is refused at its line and column.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cases.material.lines import fault, numbered_lines
from cases.material.notation import is_number, plain, thousands, unit_after
from cases.material.plausible import require_plausible
from cases.schema.rule import nearest
from cases.units import QuantityError, parse_quantity

MAX_ROWS = 20_000
MAX_COLUMNS = 64
MOST_POINTS = 200  # more rows are averaged with their neighbours
KINDS = ("shear", "tension", "compression")
STRAINS = ("shear_strain", "strain", "stretch")
# Name in the heading: what it is. A modulus without an adjective is what a rheometer's software
# prints: stress over strain.
VALUES = {
    "stress": "stress",
    "shear_stress": "stress",
    "nominal_stress": "stress",
    "engineering_stress": "stress",
    "modulus": "secant",
    "shear_modulus": "secant",
    "secant_modulus": "secant",
    "storage_modulus": "secant",
    "tangent_modulus": "tangent",
    "differential_modulus": "tangent",
}
LIMITS = {"shear_strain": (-3.0, 3.0), "strain": (-0.7, 3.0), "stretch": (0.3, 4.0)}
EXAMPLE = "for example: shear_strain_%,stress_Pa"

Kind = Literal["shear", "tension", "compression"]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """A measured curve, ordered by its strain.

    Attributes
    ----------
    kind
        ``shear`` (simple shear), ``tension`` or ``compression`` (uniaxial, sides free).
    strain
        ``(m,)`` shear strain γ, or stretch λ; pure numbers.
    value
        ``(m,)`` shear or nominal stress, secant or tangent modulus, kPa; compression negative.
    quantity
        ``stress``, ``secant`` or ``tangent``.
    sd
        ``(m,)`` scatter of the values, kPa; None where the table has no such column.
    rows
        Rows of the table; more than the points where neighbours were averaged.
    """

    kind: Kind
    strain: Values
    value: Values
    quantity: str
    sd: Values | None
    rows: int


@dataclass(frozen=True)
class _Column:
    """One heading, understood: its place, what it holds and the factor to a pure number or kPa."""

    index: int
    heading: str
    name: str
    factor: float


def read_curve(path: Path, kind: str | None = None) -> Curve:
    """Read a measured curve.

    Parameters
    ----------
    path
        CSV file with comma, semicolon or tab; lines beginning with ``#`` are left out. One column
        of strain (``shear_strain``, ``strain``, ``stretch``), one of ``stress`` or a modulus, and
        perhaps its scatter (``stress_sd``); the unit follows the name.
    kind
        ``shear``, ``tension`` or ``compression``; None: read off the headings.

    Raises
    ------
    CaseError
        With line, column, what was expected, what was found and how to mend it.
    """
    reader = _Reader(str(path), numbered_lines(path))
    strain, value, sd = reader.columns()
    numbers = reader.numbers([c for c in (strain, value, sd) if c is not None], strain)
    x, y = numbers[:, 0] * strain.factor, numbers[:, 1] * value.factor
    error = None if sd is None else numbers[:, 2] * sd.factor
    names = (strain.heading, value.heading, sd.heading if sd else "")
    require_plausible(reader.refuse, names, [number for number, _ in reader.rows], (x, y, error))
    test = _kind(reader, kind, strain.name, x)
    if test != "shear":
        x = x if strain.name == "stretch" else _signed(x, test) + 1.0
        y = _signed(y, test) if VALUES[value.name] == "stress" else y
    order = np.argsort(x, kind="stable")
    groups = np.array_split(order, min(len(order), MOST_POINTS))
    return Curve(
        kind=test,
        strain=_means(x, groups),
        value=_means(y, groups),
        quantity=VALUES[value.name],
        sd=None
        if error is None
        else np.array([np.sqrt(np.sum(error[g] ** 2)) / len(g) for g in groups]),
        rows=len(x),
    )


def _means(values: Values, groups: Sequence[NDArray[np.intp]]) -> Values:
    return np.array([values[group].mean() for group in groups])


def _signed(values: Values, kind: Kind) -> Values:
    """Compression is written as positive by most machines; here it is negative."""
    return -values if kind == "compression" and np.median(values) > 0.0 else values


def _kind(reader: _Reader, kind: str | None, name: str, x: Values) -> Kind:
    """Which test it was: as told, or as the headings say."""
    shear = name == "shear_strain"
    if kind is not None and shear != (kind == "shear") and name != "strain":
        reader.refuse(
            "the kind of test and the heading disagree", key=name,
            expected="shear_strain for shear, strain or stretch for tension and compression",
            found=f"--kind {kind} with a column {name}",
            mend="leave --kind away, or rename the column",
        )  # fmt: skip
    if kind is None:
        middle = float(np.median(x)) - (1.0 if name == "stretch" else 0.0)
        kind = "shear" if shear else "compression" if middle < 0.0 else "tension"
    chosen: dict[str, Kind] = {"shear": "shear", "tension": "tension", "compression": "compression"}
    return chosen[kind]


class _Reader:
    """The lines of one table; every refusal knows the file."""

    def __init__(self, file: str, lines: list[tuple[int, str]]) -> None:
        self.file = file
        if not lines:
            self.refuse(
                "an empty table", expected="a heading and rows of numbers", found="nothing",
                mend=EXAMPLE,
            )  # fmt: skip
        self.line, heading = lines[0]
        self.rows = lines[1:]
        self.separator = next((sign for sign in "\t;" if sign in heading), ",")
        self.headings = [cell.strip() for cell in self._split(self.line, heading)]
        if len(self.headings) > MAX_COLUMNS:
            self.refuse(
                "too many columns", line=self.line, expected=f"at most {MAX_COLUMNS}",
                found=str(len(self.headings)), mend="keep the columns of one curve",
            )  # fmt: skip
        if len(self.rows) > MAX_ROWS:
            self.refuse(
                "too many rows", line=self.rows[MAX_ROWS][0], expected=f"at most {MAX_ROWS}",
                found=str(len(self.rows)), mend="keep one curve, or every tenth row",
            )  # fmt: skip

    def refuse(self, headline: str, **rows: str | int | None) -> None:
        raise fault(self.file, headline, **rows)

    def _split(self, number: int, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self.separator))
        except (csv.Error, StopIteration):
            self.refuse(
                "a line that is no row of a table", line=number, expected="numbers in columns",
                found=line, mend="remove quotation marks that are not closed",
            )  # fmt: skip
            raise AssertionError("refuse returned") from None

    def columns(self) -> tuple[_Column, _Column, _Column | None]:
        """Strain, value and the value's scatter."""
        strains = self._named(STRAINS, "number")
        values = self._named(tuple(VALUES), "pressure")
        scatters = self._named(tuple(f"{name}_sd" for name in VALUES), "pressure")
        for what, found, wanted, names, example in (
            ("strain", strains, "one column of strain: shear_strain, strain or stretch",
             STRAINS, "shear_strain_%"),
            ("stress", values, "one column of stress or modulus, with its unit",
             tuple(VALUES), "stress_Pa"),
        ):  # fmt: skip
            if not found:
                self._missing(what, wanted, names, example)
            if len(found) > 1:
                self.refuse(
                    "more than one column of a kind", line=self.line, expected=wanted,
                    found=", ".join(column.heading for column in found),
                    mend=f"keep '{found[0].heading}' and rename or delete the other",
                )  # fmt: skip
        scatter = [c for c in scatters if c.name.removesuffix("_sd") == values[0].name]
        return strains[0], values[0], scatter[0] if scatter else None

    def _missing(self, what: str, wanted: str, names: tuple[str, ...], example: str) -> None:
        known = (*STRAINS, *VALUES)
        open_ = [h for h in self.headings if not plain(h).startswith(known)]
        near = [(h, nearest(plain(h), names)) for h in open_]
        said = next((f"write {good} for '{bad}'" for bad, good in near if good), "")
        looks_like_data = all(is_number(cell) for cell in self.headings)
        self.refuse(
            "a heading is missing" if looks_like_data else f"a column of {what} is missing",
            line=self.line, expected=wanted, found=", ".join(self.headings),
            mend=f"add a first line that names the columns; {EXAMPLE}"
            if looks_like_data
            else said or f"name the column that holds it, for example {example}",
        )  # fmt: skip

    def _named(self, names: Sequence[str], kind: str) -> list[_Column]:
        """Columns whose heading is one of the names followed by a unit of this kind.

        A name with something else behind it (``strain rate``) is another column, and left alone;
        only where no column is left is it refused as one that was meant.
        """
        found: list[_Column] = []
        meant: list[tuple[str, str, str, str]] = []
        for index, heading in enumerate(self.headings):
            words = plain(heading)
            fits = [n for n in names if words == n or words.startswith(n + "_")]
            if not fits:
                continue
            name = max(fits, key=len)
            if name + "_sd" == words[: len(name) + 3]:
                continue  # the scatter of this column has a name of its own
            unit = unit_after(heading, name)
            if not unit and kind == "pressure":
                meant.append((heading, name, unit, "a unit is missing"))
                continue
            try:
                factor = parse_quantity(f"1 {unit}" if unit else 1.0, kind)
            except QuantityError as error:
                meant.append((heading, name, unit, error.headline))
            else:
                found.append(_Column(index, heading, name, factor))
        if meant and not found:
            heading, name, unit, headline = meant[0]
            pressure = kind == "pressure"
            self.refuse(
                f"{headline} in a heading", line=self.line, key=heading,
                expected=f"{name} and its unit, e.g. {name}_Pa or {name}_kPa"
                if pressure else "no unit, or %", found=unit or heading,
                mend=f"rename the column to {name}_Pa, if it is in pascals"
                if pressure else f"write {name} or {name}_%",
            )  # fmt: skip
        return found

    def numbers(self, columns: Sequence[_Column], strain: _Column) -> Values:
        """The numbers ``(m, k)`` of the columns, as written; strains within what is possible."""
        table = []
        texts = [self._cells(number, line, columns) for number, line in self.rows]
        self._require_decimal(columns, texts)
        for (number, _), cells in zip(self.rows, texts, strict=True):
            row = [self._number(number, c, cell) for c, cell in zip(columns, cells, strict=True)]
            low, high = LIMITS[strain.name]
            if not low <= row[0] * strain.factor <= high:
                percent = strain.factor == 1.0 and strain.name != "stretch"
                self.refuse(
                    "a strain beyond what is possible", line=number, key=strain.heading,
                    expected=f"from {low:g} to {high:g}, as a pure number",
                    found=f"{row[0]:g}" + ("" if strain.factor == 1.0 else " %"),
                    mend=f"if the column is in per cent, name it {strain.name}_%"
                    if percent else "check the column",
                )  # fmt: skip
            table.append(row)
        if len(table) < 5:
            self.refuse(
                "too few rows", expected="at least 5 rows of numbers", found=str(len(table)),
                mend="export the whole curve",
            )  # fmt: skip
        return np.array(table)

    def _cells(self, number: int, line: str, columns: Sequence[_Column]) -> list[str]:
        """The cells of the columns; a row with more cells than headings is refused."""
        cells = [cell.strip() for cell in self._split(number, line)]
        wide = len(self.headings)
        if any(cells[wide:]):
            self.refuse(
                "more cells than headings", line=number, expected=f"{wide} cells, as in line "
                f"{self.line}", found=f"{len(cells)}: {line}",
                mend="write numbers with a decimal point and without commas for thousands, or part "
                "the columns by semicolons",
            )  # fmt: skip
        return [cells[c.index] if c.index < len(cells) else "" for c in columns]

    def _require_decimal(self, columns: Sequence[_Column], texts: Sequence[list[str]]) -> None:
        """Refuse a column in which a comma may part thousands."""
        if self.separator == ",":
            return
        points = any("." in cell for cells in texts for cell in cells)
        for i, column in enumerate(columns):
            place = thousands([cells[i] for cells in texts], points=points)
            if place is not None:
                self.refuse(
                    "a comma that can be read two ways", line=self.rows[place][0],
                    key=column.heading, expected="one decimal sign in all rows and columns",
                    found=f"{texts[place][i]} beside numbers without a decimal comma",
                    mend="take out the commas if they part thousands, or write a decimal point",
                )  # fmt: skip

    def _number(self, line: int, column: _Column, cell: str) -> float:
        text = cell.replace(",", ".") if self.separator != "," and cell.count(",") == 1 else cell
        value = float(text) if is_number(text) else math.nan
        if not math.isfinite(value):
            self.refuse(
                "not a number" if cell else "a cell is empty", line=line, key=column.heading,
                expected="a number", found=cell or "nothing",
                mend="delete the row, or write the number with a decimal point",
            )  # fmt: skip
        return value
