"""Cases taken together: replicates into design points, values of an input into groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray
from postprocess.labels import plain
from postprocess.style import shorten
from postprocess.sweep.quantities import Quantity, tick_text
from postprocess.sweep.view import SweepInput, SweepView, numbers

if TYPE_CHECKING:
    import pandas

IntArray = npt.NDArray[np.intp]

MOST_LEVELS = 40
"""Values of an input up to which each is a group of its own; more are put into bins."""

_FEWEST_IN_BIN = 4  # cases, below which the mean of a bin is mostly chance


@dataclass(frozen=True)
class Banded:
    """A quantity at ``n`` design points, in its own unit.

    Parameters
    ----------
    value, low, high
        ``(n,)`` mean over the replicates of the central value and of the ends of its band.
    least, most
        ``(n,)`` lowest and highest central value of the replicates.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    least: FloatArray
    most: FloatArray


class Points:
    """Design points of a sweep: cases that are done and differ only in their seed are one point.

    Parameters
    ----------
    view
        The sweep.

    Attributes
    ----------
    view
        The sweep.
    frame
        First case of every point, in the order of the table: ``n`` rows.
    owner
        ``(m,)`` point of each of the ``m`` cases that are done.
    repeats
        ``(n,)`` cases of each point.
    """

    def __init__(self, view: SweepView) -> None:
        self.view = view
        columns = [item.column for item in view.inputs]
        if columns and len(view.done):
            grouped = view.done.groupby(columns, sort=False, dropna=False, observed=True)
            self.owner: IntArray = grouped.ngroup().to_numpy(dtype=np.intp)
        else:
            self.owner = np.zeros(len(view.done), dtype=np.intp)
        _, first = np.unique(self.owner, return_index=True)
        self.frame: pandas.DataFrame = view.done.iloc[first]
        self.repeats: IntArray = np.bincount(self.owner, minlength=len(first))

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def replicated(self) -> bool:
        """Whether any point has more than one case."""
        return len(self) > 0 and int(self.repeats.max()) > 1

    def of(self, quantity: Quantity) -> Banded:
        """The quantity at every point; NaN where no replicate has it."""
        done, size = self.view.done, len(self)
        value = numbers(done, quantity.key)
        low, high = numbers(done, quantity.low), numbers(done, quantity.high)
        # A value whose band lacks stands for itself.
        low, high = np.where(np.isnan(low), value, low), np.where(np.isnan(high), value, high)
        least, most = group_ends(self.owner, value, size)
        value, low, high = (group_means(self.owner, item, size) for item in (value, low, high))
        return Banded(value, low, high, least, most)


def group_means(groups: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Mean per group, ``(size,)``; NaN values do not count, a group without any is NaN."""
    there = np.isfinite(values) & (groups >= 0)
    count = np.bincount(groups[there], minlength=size)
    total = np.bincount(groups[there], weights=values[there], minlength=size)
    return np.divide(total, count, out=np.full(size, np.nan), where=count > 0)


def group_ends(groups: IntArray, values: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest value per group, ``(size,)`` each; NaN where a group has none."""
    there = np.isfinite(values) & (groups >= 0)
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, groups[there], values[there])
    np.maximum.at(high, groups[there], values[there])
    empty = np.isinf(low)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


@dataclass(frozen=True)
class Levels:
    """The values of an input, as groups.

    Parameters
    ----------
    at
        ``(k,)`` the value of each group, in the unit of the input (of a bin, the median of its
        cases); of names, their number in order.
    names
        Text of each group.
    numeric
        Whether the values are numbers.
    groups
        ``(n,)`` group of each row, -1 where it has none.
    binned
        Whether a group is a range of values and not one value.
    """

    at: FloatArray
    names: tuple[str, ...]
    numeric: bool
    groups: IntArray
    binned: bool = False

    def __len__(self) -> int:
        return len(self.at)

    def short(self, number: int, length: int) -> str:
        """Text of a group for an axis."""
        return (
            tick_text(float(self.at[number]))
            if self.numeric
            else shorten(self.names[number], length)
        )


def levels(frame: pandas.DataFrame, item: SweepInput, most: int = MOST_LEVELS) -> Levels:
    """Sort the rows of a table into the values of one input.

    Parameters
    ----------
    frame
        Table of ``n`` rows with the column of the input.
    item
        The input.
    most
        Number of values from which numbers are put into bins of about equal counts; a sampled
        input is always put into bins where it has more than a few values.

    Returns
    -------
    Levels
        Numbers from low to high; names in the order in which they first come.
    """
    if not item.numeric:
        return _names(frame, item)
    values = numbers(frame, item.column)
    there = np.isfinite(values)
    distinct, inverse = np.unique(values[there], return_inverse=True)
    groups = np.full(len(values), -1, dtype=np.intp)
    groups[there] = inverse
    dense = len(distinct) > (12 if item.sampled else most)
    if not dense:
        return Levels(distinct, tuple(plain(float(value)) for value in distinct), True, groups)
    count = int(np.clip(np.sqrt(there.sum()) / 1.5, 3, min(12, there.sum() // _FEWEST_IN_BIN)))
    ranked = np.argsort(values[there], kind="stable")
    bins = np.empty(len(ranked), dtype=np.intp)
    bins[ranked] = np.arange(len(ranked)) * count // len(ranked)
    groups[there] = bins
    at = np.array([np.median(values[there][bins == number]) for number in range(count)])
    return Levels(
        at, tuple(f"about {tick_text(float(value))}" for value in at), True, groups, binned=True
    )


def _names(frame: pandas.DataFrame, item: SweepInput) -> Levels:
    import pandas

    texts = [
        plain(None if pandas.api.types.is_scalar(value) and pandas.isna(value) else value)
        for value in frame[item.column].tolist()
    ]
    order = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    groups = np.array([order[text] for text in texts], dtype=np.intp)
    return Levels(np.arange(len(order), dtype=float), tuple(order), False, groups)


def tied(points: Points) -> list[tuple[SweepInput, SweepInput]]:
    """Pairs of inputs that were varied together, so that neither has an effect of its own.

    Each value of the one comes with one value of the other only, as in a zip.
    """
    found = []
    codes: dict[SweepInput, list[Any]] = {}
    for item in points.view.varied:
        if not item.sampled:
            codes[item] = list(levels(points.frame, item, most=len(points) + 1).groups)
    items = list(codes)
    for number, one in enumerate(items):
        for other in items[number + 1 :]:
            pairs = set(zip(codes[one], codes[other], strict=True))
            if len(pairs) == len(set(codes[one])) == len(set(codes[other])):
                found.append((one, other))
    return found
