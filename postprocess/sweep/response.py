"""Response of an output to one input: lines for the other inputs where few, else their mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from postprocess.contract import FloatArray
from postprocess.style import BoolArray, shorten
from postprocess.sweep.points import (
    Banded,
    IntArray,
    Levels,
    Points,
    group_means,
    levels,
    tied,
)
from postprocess.sweep.quantities import Quantity
from postprocess.sweep.view import SweepInput, numbers

MOST_LINES = 6
"""Combinations of the other inputs up to which each has a line of its own."""


@dataclass(frozen=True)
class Line:
    """One curve with its band, from low to high values of the input.

    Parameters
    ----------
    name
        What the other inputs are; ``""`` where there are none.
    at
        ``(k,)`` values of the input; of names, their number.
    y
        The output there, ``(k,)`` each.
    x, cases
        Input and central output of every case on the line, ``(m,)`` each; empty for a mean.
    """

    name: str
    at: FloatArray
    y: Banded
    x: FloatArray
    cases: FloatArray


@dataclass(frozen=True)
class Response:
    """What is to be drawn of one output against one input.

    Parameters
    ----------
    item
        The input.
    lines
        One per combination of the other inputs, or one mean over them.
    others
        The other inputs, those that lines stand for or that the mean is over.
    averaged
        Whether the line is a mean over the other inputs.
    spread
        Of a mean, 5th and 95th percentile of the central values at each value of the input,
        ``(k,)`` each: what the other inputs do, without any band.
    x, y
        Input and central output of every case, ``(m,)`` each.
    names
        Of an input of names, the text of each; empty for numbers.
    binned
        Whether the line is a mean over ranges of the input.
    """

    item: SweepInput
    lines: tuple[Line, ...]
    others: tuple[SweepInput, ...]
    averaged: bool
    spread: tuple[FloatArray, FloatArray] | None
    x: FloatArray
    y: FloatArray
    names: tuple[str, ...]
    binned: bool


def respond(points: Points, item: SweepInput, quantity: Quantity) -> Response:
    """Put the cases of a sweep in the order of one input.

    Parameters
    ----------
    points
        Design points of the sweep.
    item
        Input along the axis.
    quantity
        Output.

    Returns
    -------
    Response
        Lines without a value are left out.
    """
    y = points.of(quantity)
    grouped = levels(points.frame, item)
    x = numbers(points.frame, item.column) if item.numeric else grouped.at[grouped.groups]
    together = {other for pair in tied(points) if item in pair for other in pair}
    others = tuple(other for other in points.view.varied if other != item and other not in together)
    owner, names = _combinations(points, others)
    cases = numbers(points.view.done, quantity.key)
    averaged = len(names) > MOST_LINES or len(points) < 2 * len(names)
    if averaged:
        lines = [_mean_line(grouped, y)]
    else:
        lines = [
            _line(name, owner == number, x, y, points.owner, cases)
            for number, name in enumerate(names)
        ]
    return Response(
        item,
        tuple(line for line in lines if len(line.at)),
        others,
        averaged,
        _spread(grouped, y.value) if averaged else None,
        x[points.owner],
        cases,
        () if item.numeric else grouped.names,
        averaged and grouped.binned,
    )


def _combinations(points: Points, others: tuple[SweepInput, ...]) -> tuple[IntArray, list[str]]:
    """Which combination of the other inputs each point has, and the words of each."""
    owner: IntArray = np.zeros(len(points), dtype=np.intp)
    names = [""]
    for other in others:
        grouped = levels(points.frame, other, most=len(points) + 1)
        # Numbers are sorted already: lines come in the order of the values they stand for.
        owner = owner * (len(grouped) + 1) + grouped.groups + 1
        distinct, first, inverse = np.unique(owner, return_index=True, return_inverse=True)
        owner = inverse.astype(np.intp)
        if len(distinct) > MOST_LINES:
            return owner, [""] * len(distinct)
        names = ["" for _ in distinct]
        for number, row in enumerate(first):
            names[number] = _words(points, others[: others.index(other) + 1], int(row))
    return owner, names


def _words(points: Points, others: tuple[SweepInput, ...], row: int) -> str:
    pieces = []
    for other in others:
        grouped = levels(points.frame.iloc[[row]], other)
        text = f"{grouped.names[0]} {other.unit}".strip() if len(grouped) else "not set"
        pieces.append(shorten(text, 24))
    return ", ".join(pieces)


def _line(
    name: str, mine: BoolArray, x: FloatArray, y: Banded, owner: IntArray, cases: FloatArray
) -> Line:
    rows = np.flatnonzero(mine & np.isfinite(x) & np.isfinite(y.value))
    rows = rows[np.argsort(x[rows], kind="stable")]
    cut = (item[rows] for item in (y.value, y.low, y.high, y.least, y.most))
    here = mine[owner]
    return Line(name, x[rows], Banded(*cut), x[owner[here]], cases[here])


def _mean_line(grouped: Levels, y: Banded) -> Line:
    means = [
        group_means(grouped.groups, item, len(grouped))
        for item in (y.value, y.low, y.high, y.least, y.most)
    ]
    there = np.isfinite(means[0])
    none = np.empty(0)
    return Line("", grouped.at[there], Banded(*(item[there] for item in means)), none, none)


def _spread(grouped: Levels, value: FloatArray) -> tuple[FloatArray, FloatArray]:
    ends = [
        np.percentile(here, [5, 95])
        for number in range(len(grouped))
        if len(here := value[(grouped.groups == number) & np.isfinite(value)])
    ]
    low, high = np.array(ends).reshape(-1, 2).T
    return low, high
