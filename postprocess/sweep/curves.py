"""Response curves: every headline output against every input, with its band."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.plots import plain_decades
from postprocess.style import INK_COLOURS, WIDTH, drawing, shorten
from postprocess.sweep.points import MOST_LEVELS, Points, levels
from postprocess.sweep.quantities import Quantity, capital
from postprocess.sweep.response import Line, Response, respond
from postprocess.sweep.view import SweepInput, numbers

MOST_PANELS = 12
"""Inputs drawn at most, those that move the mean P(dormant) most first."""

FAILED_COLOUR = "#B00020"
"""Marks of cases that failed."""

_MOST_DOTS = 1500  # more only make a blot
_MOST_FAILED = 100  # failed samples, above which their marks would say nothing
_MOST_NAMES = 16  # names under an axis
_LOG_FROM = 30.0  # ratio of the ends from which a modulus is shown by decades
_ROOM = {1: 52, 2: 34, 3: 22}  # letters under an axis, by the number of panels side by side
_SPREAD = "#555"
_MARKERS = "osD^vP"


def draw_response(
    points: Points, quantity: Quantity, inputs: Sequence[SweepInput], path: Path
) -> str:
    """Draw one output against the inputs, a panel each; returns the caption.

    Parameters
    ----------
    points
        Design points of the sweep, at least two.
    quantity
        Output.
    inputs
        Inputs in the order of their panels, at least one.
    path
        PNG file to write.
    """
    answers = [respond(points, item, quantity) for item in inputs[:MOST_PANELS]]
    columns = {1: 1, 2: 2, 4: 2}.get(len(answers), 3)
    rows = -(-len(answers) // columns)
    lines = max(len(answer.lines) for answer in answers)
    legend = 0.2 * lines if lines > 1 else 0.0
    height = (3.4 if columns == 1 else 2.9 if columns == 2 else 2.35) + legend
    with drawing(WIDTH if columns > 1 else 5.2, rows * height + 0.5) as figure:
        grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
        drawn: set[str] = set()
        for axes, answer in zip(grid.flat, answers, strict=False):
            drawn |= _panel(axes, answer, quantity, points, _ROOM[columns])
        for axes in list(grid.flat)[len(answers) :]:
            axes.remove()
        _y_axis(grid, quantity, answers)
        title = points.view.title(quantity, "over the sweep")
        figure.suptitle(title, x=0.005, ha="left", fontsize=10.5, fontweight="bold")
        handles = _handles(answers, quantity, drawn)
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 3))
        figure.savefig(path)
    return _caption(answers, quantity, len(inputs), drawn)


def _panel(axes: Any, answer: Response, quantity: Quantity, points: Points, room: int) -> set[str]:
    """Draw one panel; returns what a legend has to name."""
    drawn = {"band"}
    if len(answer.lines) > 1:
        drawn.add("lines")
    colours = line_colours(answer, quantity)
    many = len(answer.lines)
    if answer.averaged and answer.item.sampled:
        _dots(axes, answer.x, answer.y, "#8a93a0")
        drawn.add("dots")
    for number, (line, colour) in enumerate(zip(answer.lines, colours, strict=True)):
        shift = 0.0 if answer.item.numeric else 0.5 * ((number + 0.5) / many - 0.5)
        marker = _MARKERS[number % len(_MARKERS)]
        if answer.item.numeric:
            _curve(axes, line, colour, marker, many)
        else:
            _bars(axes, line, colour, marker, shift)
        if points.replicated and not answer.averaged:
            axes.vlines(line.at + shift, line.y.least, line.y.most, color=_SPREAD, lw=1.1)
            _dots(axes, line.x + shift, line.cases, _SPREAD)
            drawn |= {"replicates", "dots"}
    if answer.spread is not None and not answer.item.sampled:
        where = answer.lines[0].at + (0.0 if answer.item.numeric else 0.18)
        axes.vlines(where, *answer.spread, color=_SPREAD, lw=1.1, zorder=2.5)
        axes.plot(where, answer.spread[0], "_", where, answer.spread[1], "_", color=_SPREAD, ms=5)
        drawn.add("spread")
    if quantity.fraction:
        axes.axhline(0.5, color="#888", lw=1, ls=":", zorder=0)
    under = _x_axis(axes, answer, room)
    if _rug(axes, answer, points):
        drawn.add("failed")
    if many > 1:
        title = ", ".join(shorten(other.label, 40) for other in answer.others)
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(0.0, -under),
            title=shorten(title, 52),
            title_fontsize=8.5,
            alignment="left",
            borderaxespad=0.0,
            ncols=1 + (many > 3),
        )
    return drawn


def line_colours(answer: Response, quantity: Quantity) -> list[Any]:
    """One line has the colour of its output, lines of an ordered input a ramp, others Okabe's."""
    import matplotlib

    count = len(answer.lines)
    if count == 1:
        return [quantity.colour]
    if len(answer.others) == 1 and answer.others[0].numeric:
        ramp = matplotlib.colormaps["magma"]
        return [ramp(at) for at in np.linspace(0.12, 0.78, count)]
    return list(INK_COLOURS[:count])


def _curve(axes: Any, line: Line, colour: Any, marker: str, many: int) -> None:
    axes.fill_between(
        line.at, line.y.low, line.y.high, color=colour, alpha=0.2 if many < 3 else 0.1, lw=0
    )
    if many > 1:  # where bands overlap, their ends are told apart by thin lines
        for end in (line.y.low, line.y.high):
            axes.plot(line.at, end, color=colour, lw=0.5, alpha=0.5)
    axes.plot(
        line.at,
        line.y.value,
        color=colour,
        lw=1.6,
        marker=marker if len(line.at) <= 25 else None,
        ms=4.2,
        label=line.name or None,
        zorder=3,
    )


def _bars(axes: Any, line: Line, colour: Any, marker: str, shift: float) -> None:
    at = line.at + shift
    axes.vlines(at, line.y.low, line.y.high, color=colour, lw=5, alpha=0.28)
    axes.plot(
        at, line.y.value, ls="", marker=marker, color=colour, ms=5.5, label=line.name, zorder=3
    )


def _dots(axes: Any, x: FloatArray, y: FloatArray, colour: str) -> None:
    """Every case, or an even choice of them."""
    step = max(1, -(-len(x) // _MOST_DOTS))
    small = len(x) > 300
    look = {"s": 3, "alpha": 0.5} if small else {"s": 9, "alpha": 0.8}
    axes.scatter(x[::step], y[::step], color=colour, linewidth=0, zorder=2.6, **look)


def _rug(axes: Any, answer: Response, points: Points) -> bool:
    """Where cases failed, along the axis."""
    table = points.view.table
    failed = table[(table["status"].astype(str) == "failed").to_numpy()]
    if len(failed) == 0 or (answer.item.sampled and len(failed) > _MOST_FAILED):
        return False
    if answer.item.numeric:
        where = numbers(failed, answer.item.column)
    else:
        number = {name: index for index, name in enumerate(answer.names)}
        grouped = levels(failed, answer.item)
        at = np.array([number.get(name, np.nan) for name in grouped.names])
        where = at[grouped.groups]
    where = np.unique(where[np.isfinite(where)])
    if answer.averaged and not answer.item.sampled:
        where = np.setdiff1d(where, answer.x)  # elsewhere other cases stand for the value
    if len(where) == 0:
        return False
    axes.plot(
        where,
        np.full(len(where), 0.025),
        "x" if len(where) <= MOST_LEVELS else "|",
        color=FAILED_COLOUR,
        ms=4,
        mew=1.1 if len(where) <= MOST_LEVELS else 0.5,
        transform=axes.get_xaxis_transform(),
    )
    return True


def _x_axis(axes: Any, answer: Response, room: int) -> float:
    """Label the axis; returns the share of the height of the panel that this takes below it."""
    item = answer.item
    label = folded(item.axis)
    axes.set_xlabel(label)
    under = 0.24 + 0.08 * label.count("\n")
    if item.numeric:
        known = answer.x[np.isfinite(answer.x)]
        if item.log and known.min() > 0:
            axes.set_xscale("log")
            by_decades(axes.xaxis, known)
        else:
            axes.xaxis.get_major_locator().set_params(nbins=5)
        return under
    names = answer.names[:_MOST_NAMES]
    axes.set(xticks=range(len(names)), xticklabels=[shorten(name, 18) for name in names])
    axes.set_xlim(-0.6, len(names) - 0.4)
    if sum(len(shorten(name, 18)) for name in names) > room:
        axes.tick_params(axis="x", rotation=35)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
        under += 0.22
    return under


def by_decades(axis: Any, values: FloatArray) -> None:
    """Plain numbers on a logarithmic axis: at 1, 2 and 5, or at decades where these are many."""
    from matplotlib.ticker import LogLocator

    plain_decades(axis)
    if values.max() > 120 * values.min():
        axis.set_major_locator(LogLocator(numticks=8))


def folded(text: str) -> str:
    """Label of an axis in at most two lines."""
    import textwrap

    lines = textwrap.wrap(shorten(text, 400), 34, max_lines=2, placeholder="…")
    return "\n".join(lines)


def _y_axis(grid: Any, quantity: Quantity, answers: Sequence[Response]) -> None:
    first = grid[0, 0]
    if quantity.fraction:
        first.set_ylim(-0.02, 1.02)
    else:
        ends = _ends(answers)
        if ends.min() > 0 and ends.max() > _LOG_FROM * ends.min():
            first.set_yscale("log")
            by_decades(first.yaxis, ends)
        elif ends.min() >= 0:
            first.set_ylim(0, 1.06 * float(ends.max()) or 1.0)
    for row in grid:
        row[0].set_ylabel(quantity.axis)


def _ends(answers: Sequence[Response]) -> FloatArray:
    pieces = [piece for answer in answers for line in answer.lines for piece in _sides(line)]
    return np.concatenate([*pieces, *(answer.y[np.isfinite(answer.y)] for answer in answers)])


def _sides(line: Line) -> tuple[FloatArray, FloatArray]:
    return line.y.low, line.y.high


def _handles(answers: Sequence[Response], quantity: Quantity, drawn: set[str]) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    several = "lines" in drawn
    colour = "#444" if several and all(len(a.lines) > 1 for a in answers) else quantity.colour
    averaged = any(answer.averaged for answer in answers)
    words = "mean over the other inputs" if averaged else quantity.label
    handles: list[Any] = [Line2D([], [], color=colour, lw=1.6, marker="o", ms=4.2, label=words)]
    if quantity.banded:
        band = "band, averaged likewise" if averaged else "its band"
        handles.append(Patch(color=colour, alpha=0.25, lw=0, label=band))
    if "spread" in drawn:
        words = "other inputs: 5 to 95 % of cases"
        handles.append(Line2D([], [], color=_SPREAD, lw=1.1, marker="_", ms=6, label=words))
    if "replicates" in drawn:
        handles.append(Line2D([], [], color=_SPREAD, lw=2.4, label="spread over replicates"))
    if "dots" in drawn:
        handles.append(Line2D([], [], color="#777", ls="", marker=".", ms=5, label="a case"))
    if "failed" in drawn:
        words = "cases failed here"
        handles.append(Line2D([], [], color=FAILED_COLOUR, ls="", marker="x", ms=4, label=words))
    return handles


def _caption(answers: Sequence[Response], quantity: Quantity, inputs: int, drawn: set[str]) -> str:
    words = [f"{capital(quantity.label)} against"]
    words.append("what was varied." if len(answers) > 1 else f"{answers[0].item.label}.")
    if any(answer.averaged for answer in answers):
        words.append(
            "Line: mean over the other inputs, as they were spread in this sweep; shaded: the mean "
            "of the bands, which is what is uncertain. Thin bars or dots: what the other inputs "
            "do, which is a choice and no uncertainty."
        )
    if any(answer.binned for answer in answers):
        words.append("Sampled inputs are averaged in groups of cases: small wiggles are chance.")
    if any(len(answer.lines) > 1 for answer in answers):
        words.append("One line for each value of the other inputs, each with its band.")
    elif not any(answer.averaged for answer in answers):
        words.append("Line: central value; shaded: its band.")
    if "replicates" in drawn:
        words.append("Dots: replicates, which differ only in their seeds; the line is their mean.")
    if quantity.fraction:
        words.append("Dotted: one half.")
    if len(answers) < inputs:
        words.append(f"The {inputs - len(answers)} inputs that move least are not drawn.")
    return " ".join(words)
