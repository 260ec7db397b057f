"""Cell positions from a CSV file."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cases.errors import CaseError, Problem
from cases.schema.cells import MAX_CELLS

COLUMNS = ("x_um", "y_um", "z_um")


def read_positions(path: Path) -> npt.NDArray[np.float64]:
    """Read the centres of cells.

    Parameters
    ----------
    path
        CSV file (UTF-8, comma) with a header that names ``x_um``, ``y_um`` and ``z_um``; further
        columns are left alone, so that the ``sites.csv`` of a run can be read again.

    Returns
    -------
    ndarray, shape (n, 3), µm

    Raises
    ------
    CaseError
        With the line, where a column is missing or a cell is no finite number.
    """
    rows: list[list[float]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.reader(stream)
            header = [name.strip() for name in next(table, [])]
            missing = [name for name in COLUMNS if name not in header]
            if missing:
                raise _fault(
                    path, 1, "a column is missing", "a header with x_um, y_um and z_um",
                    ", ".join(header) or "nothing", "name the columns " + ", ".join(COLUMNS),
                )  # fmt: skip
            places = [header.index(name) for name in COLUMNS]
            for row in table:
                if not any(cell.strip() for cell in row):
                    continue
                if len(rows) == MAX_CELLS:
                    raise _fault(
                        path, table.line_num, "too many cells", f"at most {MAX_CELLS} rows",
                        "more rows", "take a random sample of the cells",
                    )  # fmt: skip
                rows.append(_numbers(path, table.line_num, row, places))
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise _fault(
            path, None, "not a readable table", "a CSV file in UTF-8", type(error).__name__,
            "save the table as CSV (UTF-8, comma separated)",
        ) from None  # fmt: skip
    if not rows:
        raise _fault(
            path, 1, "no cells in the file", "one row per cell", "a header only",
            "add rows, or use cells.count",
        )  # fmt: skip
    return np.array(rows, dtype=np.float64)


def _numbers(path: Path, line: int, row: list[str], places: list[int]) -> list[float]:
    try:
        values = [float(row[place]) for place in places]
    except (ValueError, IndexError):
        values = [math.nan]
    if not all(math.isfinite(value) and abs(value) <= 1e7 for value in values):
        raise _fault(
            path, line, "not a position", "three finite numbers, µm", ", ".join(row),
            "write plain numbers with a decimal point",
        )  # fmt: skip
    return values


def _fault(
    path: Path, line: int | None, headline: str, expected: str, found: str, mend: str
) -> CaseError:
    problem = Problem(headline, line=line, expected=expected, found=found, mend=mend)
    return CaseError(str(path), [problem])
