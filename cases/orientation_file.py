"""Read a field of fibre directions: structure tensors at places, from a CSV file.

``x_um,y_um,z_um,a_xx,a_yy,a_zz,a_xy,a_xz,a_yz``: where, and the mean of n⊗n of the fibres there.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from cases.errors import CaseError, Problem
from solver.materials.orientation_field import MAX_ROWS, OrientationField

PLACES = ("x_um", "y_um", "z_um")
TENSOR = ("a_xx", "a_yy", "a_zz", "a_xy", "a_xz", "a_yz")
COLUMNS = PLACES + TENSOR
MAX_BYTES = 64 << 20
MAX_COLUMNS = 64
FARTHEST = 1e6  # µm: nothing printable is larger
# Tensors written with two digits: three diagonal terms, each off by half of 0.01.
ROUNDING = 0.0151
_PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
_EXAMPLE = "for example: " + ",".join(COLUMNS)


def read_orientation(
    path: Path, bounds: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
) -> OrientationField:
    """Read fibre directions given in space.

    Columns in any order, further ones are ignored; lines that begin with ``#`` are left out.
    Tensors are put right for the rounding of the file (trace 1, no negative eigenvalue, both
    within 0.015) and refused beyond it.

    Parameters
    ----------
    path
        CSV file, UTF-8, comma-separated, at most 64 MiB and 200 000 rows.
    bounds
        Lowest and highest corner of the scaffold (µm): at least one place must lie between.

    Raises
    ------
    CaseError
        With line, column, what was expected, what was found and how to mend it.
    """
    file = _File(path)
    values, lines = file.read()
    points = values[:, :3]
    if bounds is not None and not np.any(np.all((points >= bounds[0]) & (points <= bounds[1]), 1)):
        span = ", ".join(f"{a:g} to {b:g}" for a, b in zip(*bounds, strict=True))
        found = ", ".join(
            f"{a:g} to {b:g}" for a, b in zip(points.min(axis=0), points.max(axis=0), strict=True)
        )
        file.refuse(
            "no place of the file lies in the scaffold", expected=f"places within {span} um",
            found=f"{found} um", mend="check the unit and the origin: a corner of the scaffold "
            "at its lowest layer",
        )  # fmt: skip
    _, first, same = np.unique(points, axis=0, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[same.reshape(-1)] != np.arange(len(points)))
    if len(again):
        row = int(again[0])
        file.refuse(
            "the same place twice", line=lines[row], key="x_um",
            expected="one row for each place",
            found=f"{tuple(map(float, points[row]))}, as in line {lines[first[same.flat[row]]]}",
            mend="delete one of the rows, or write their mean",
        )  # fmt: skip
    return OrientationField(points, _tensors(file, values[:, 3:], lines))


def _tensors(file: _File, components: NDArray[np.float64], lines: list[int]) -> NDArray[np.float64]:
    """Structure tensors ``(m, 3, 3)``, rounding of the file put right."""
    tensors = np.empty((len(components), 3, 3))
    for k, (i, j) in enumerate(_PAIRS):
        tensors[:, i, j] = tensors[:, j, i] = components[:, k]
    trace = components[:, :3].sum(axis=1)
    wrong = np.flatnonzero(np.abs(trace - 1.0) > ROUNDING)
    if len(wrong):
        file.refuse(
            "not the mean of n⊗n of unit vectors", line=lines[wrong[0]], key="a_xx, a_yy, a_zz",
            expected="a_xx + a_yy + a_zz = 1", found=f"{trace[wrong[0]]:.6g}",
            mend="divide the six components by their trace",
        )  # fmt: skip
    values, vectors = np.linalg.eigh(tensors)
    wrong = np.flatnonzero(values[:, 0] < -ROUNDING)
    if len(wrong):
        file.refuse(
            "not the mean of n⊗n of unit vectors", line=lines[wrong[0]], key=", ".join(TENSOR),
            expected="a tensor without negative eigenvalues",
            found=f"an eigenvalue of {values[wrong[0], 0]:.6g}",
            mend="check signs and order of the columns: a_xy² must not exceed a_xx a_yy, and so on",
        )  # fmt: skip
    values = np.maximum(values, 0.0)
    values /= values.sum(axis=1)[:, None]
    return np.asarray(np.einsum("mik,mk,mjk->mij", vectors, values, vectors))


class _File:
    """One file; every refusal knows its name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refuse(self, headline: str, **rows: str | int | None) -> NoReturn:
        raise CaseError(str(self.path), [Problem(headline, **rows)])  # type: ignore[arg-type]

    def read(self) -> tuple[NDArray[np.float64], list[int]]:
        """Numbers ``(m, 9)`` in the order of COLUMNS, and the line that each row came from."""
        self._require_readable()
        values: list[list[float]] = []
        lines: list[int] = []
        columns: list[int] | None = None
        try:
            with self.path.open(newline="", encoding="utf-8-sig") as stream:
                reader = csv.reader(stream, strict=True)
                for row in reader:
                    if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                        continue
                    if columns is None:
                        columns = self._columns(row, reader.line_num)
                        continue
                    if len(values) == MAX_ROWS:
                        self.refuse(
                            "too many rows", line=reader.line_num, expected=f"at most {MAX_ROWS}",
                            found="more", mend="average neighbouring places",
                        )  # fmt: skip
                    values.append(self._numbers(row, columns, reader.line_num))
                    lines.append(reader.line_num)
        except OSError as error:
            self.refuse(
                "the file cannot be read", expected="a CSV file with fibre directions",
                found=error.strerror or str(error), mend="check its permissions",
            )  # fmt: skip
        except (csv.Error, UnicodeDecodeError) as error:
            self.refuse(
                "not a comma-separated text", line=(lines[-1] if lines else 0) + 1,
                expected="a table as text in UTF-8", found=str(error),
                mend="save the table as 'CSV UTF-8' (a spreadsheet's own format cannot be read)",
            )  # fmt: skip
        if not values:
            self.refuse(
                "an empty table", expected="a heading and rows of numbers",
                found="nothing" if columns is None else "a heading alone", mend=_EXAMPLE,
            )  # fmt: skip
        return np.array(values), lines

    def _require_readable(self) -> None:
        if not self.path.is_file():
            self.refuse(
                "no such file", expected="a CSV file with fibre directions",
                found="no readable file" if self.path.exists() else "nothing of that name",
                mend="check the name and the folder",
            )  # fmt: skip
        size = self.path.stat().st_size
        if size > MAX_BYTES:
            self.refuse(
                "the file is too large", expected=f"at most {MAX_BYTES >> 20} MiB",
                found=f"{size >> 20} MiB", mend="average neighbouring places",
            )  # fmt: skip

    def _columns(self, row: list[str], line: int) -> list[int]:
        """Where each of COLUMNS stands in the heading."""
        names = [cell.strip().lower() for cell in row]
        missing = [name for name in COLUMNS if name not in names]
        doubled = [name for name in COLUMNS if names.count(name) > 1]
        if len(names) > MAX_COLUMNS or missing or doubled:
            bare = [name for name in missing if name in PLACES and name[0] in names]
            if bare:
                mend = f"say the unit: write {bare[0]} for {bare[0][0]}, with values in micrometres"
            elif len(names) == 1 and any(sign in row[0] for sign in ";\t"):
                mend = "separate by commas"
            elif doubled:
                mend = f"keep one column {doubled[0]}"
            else:
                mend = f"name the columns in the first line; {_EXAMPLE}"
            self.refuse(
                "a column stands twice" if doubled and not missing else "a column is missing"
                if missing else "too many columns",
                line=line, key=(missing or doubled or [""])[0], expected=", ".join(COLUMNS),
                found=", ".join(names), mend=mend,
            )  # fmt: skip
        return [names.index(name) for name in COLUMNS]

    def _numbers(self, row: list[str], columns: list[int], line: int) -> list[float]:
        try:
            numbers = [float(row[column]) for column in columns]
        except (ValueError, IndexError):
            numbers = []
        places, tensor = numbers[:3], numbers[3:]
        # Comparisons with NaN are false: what is not known to be right is looked at closely.
        near = bool(numbers) and all(-FARTHEST <= x <= FARTHEST for x in places)
        if near and all(-1.0 - ROUNDING <= a <= 1.0 + ROUNDING for a in tensor):
            return numbers
        self._refuse_row(row, columns, line)

    def _refuse_row(self, row: list[str], columns: list[int], line: int) -> NoReturn:
        """Find the cell that is wrong and say so."""
        for name, column in zip(COLUMNS, columns, strict=True):
            cell = row[column].strip() if column < len(row) else ""
            try:
                number = float(cell)
            except ValueError:
                number = math.nan
            limit = FARTHEST if name in PLACES else 1.0 + ROUNDING
            if not math.isfinite(number):
                self.refuse(
                    "not a number" if cell else "a cell is empty", line=line, key=name,
                    expected="a number", found=cell or "nothing",
                    mend="delete the row, or write the number with a decimal point",
                )  # fmt: skip
            if abs(number) > limit:
                self.refuse(
                    "a number beyond what is possible", line=line, key=name,
                    expected=f"from {-FARTHEST:g} to {FARTHEST:g} um" if name in PLACES
                    else "from -1 to 1, a mean of products of unit vectors",
                    found=cell, mend="check the column and its unit",
                )  # fmt: skip
        raise AssertionError("a row was refused without a reason")
