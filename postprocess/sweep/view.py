"""What a sweep hands over to be shown: its table, what was varied, what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from postprocess.contract import FloatArray, ResultError
from postprocess.style import shorten
from postprocess.sweep.quantities import (
    HEADLINES,
    MEAN_P,
    Quantity,
    capital,
    quantity_of,
    with_unit,
)

if TYPE_CHECKING:
    import pandas

STATUSES = ("done", "failed", "left")
"""What a case can be."""

Goal = tuple[str, Literal["highest", "lowest"]]


@dataclass(frozen=True)
class SweepInput:
    """One thing that was varied.

    Parameters
    ----------
    column
        Its column in the table.
    label
        Words for it, without unit.
    unit
        Unit of the column; ``""`` for pure numbers and names.
    numeric
        Whether its values are numbers; others are names.
    log
        Whether it is shown by decades.
    sampled
        Whether its values were drawn (Latin hypercube, Sobol), so that no two cases share one.
    """

    column: str
    label: str
    unit: str = ""
    numeric: bool = True
    log: bool = False
    sampled: bool = False

    @property
    def axis(self) -> str:
        """Label of an axis, with the unit."""
        return with_unit(self.label, self.unit)


@dataclass(frozen=True)
class SweepView:
    """A sweep as it is to be shown.

    Parameters
    ----------
    name
        Name of the sweep.
    base
        Name of the case it starts from.
    table
        One row per case: ``case``, ``status`` (done, failed or left), the columns of the inputs,
        the outputs (``mean_p_dormant``, ``mean_p_dormant_low`` …, moduli in kPa, null where there
        is none), and where known ``replicate``, ``seconds``, ``reused``, ``reason``, ``folder``
        (relative to the folder of the sweep) and ``hash``.
    inputs
        What was varied, in the order in which it is shown.
    savings
        Per stage (``"mesh"``, ``"scaffold"``, ``"sensed"``) how often it was ``"made"`` and how
        often ``"reused"``.
    goal
        Output that is sought, and whether ``"highest"`` or ``"lowest"`` is best; None shows both
        ends of the mean P(dormant).
    warnings, assumptions
        Sentences to show.
    seconds
        Time the sweep took by the clock, s; None where unknown.
    preset
        Preset of the dormancy rule; None where it was varied.
    version
        Version of the program.

    Raises
    ------
    ResultError
        Columns that lack, a status that is none, or a case that comes twice.
    """

    name: str
    base: str
    table: pandas.DataFrame
    inputs: tuple[SweepInput, ...]
    savings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    goal: Goal | None = None
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    seconds: float | None = None
    preset: str | None = None
    version: str = "unknown version"

    def __post_init__(self) -> None:
        expected = ["case", "status", *(item.column for item in self.inputs)]
        for quantity in HEADLINES:
            expected += [quantity.key, quantity.low, quantity.high]
        if self.goal is not None:
            expected.append(self.goal[0])
        missing = [column for column in expected if column not in self.table.columns]
        if missing:
            raise ResultError(f"sweep table lacks the columns {', '.join(missing)}")
        strange = set(self.table["status"].astype(str)) - set(STATUSES)
        if strange:
            raise ResultError(
                f"sweep table: a status is {sorted(strange)[0]!r}, expected {', '.join(STATUSES)}"
            )
        twice = self.table["case"][self.table["case"].duplicated()]
        if len(twice):
            raise ResultError(f"sweep table: case {twice.iloc[0]} comes twice")

    @cached_property
    def done(self) -> pandas.DataFrame:
        """Rows of the cases that are done and have a mean P(dormant)."""
        there = np.isfinite(numbers(self.table, MEAN_P.key))
        return self.table[(self.table["status"].astype(str) == "done").to_numpy() & there]

    def count(self, status: str) -> int:
        """How many cases have this status."""
        return int((self.table["status"].astype(str) == status).sum())

    @cached_property
    def varied(self) -> tuple[SweepInput, ...]:
        """Inputs that have at least two values among the cases that are done."""
        return tuple(
            item for item in self.inputs if self.done[item.column].nunique(dropna=False) > 1
        )

    def title(self, quantity: Quantity, words: str) -> str:
        """Title of a picture, with the preset where P(dormant) is shown."""
        preset = f", preset {shorten(self.preset)}" if self.preset and quantity.fraction else ""
        return f"{capital(quantity.label)} {words}{preset}"

    @property
    def sought(self) -> Quantity:
        """The output that cases are ranked by."""
        return MEAN_P if self.goal is None else quantity_of(self.goal[0])


def numbers(frame: pandas.DataFrame, column: str) -> FloatArray:
    """Column of a table as floats, NaN where it is null or no number.

    Parameters
    ----------
    frame
        Any table of ``n`` rows.
    column
        One of its columns.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` float.
    """
    import pandas

    values = pandas.to_numeric(frame[column], errors="coerce")
    found = values.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)
