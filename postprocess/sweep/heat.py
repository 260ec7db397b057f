"""Heat maps of an output over two inputs, and of samples a cloud coloured alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.labels import significant
from postprocess.style import WIDTH, BoolArray, drawing, shorten, value_range
from postprocess.sweep.curves import FAILED_COLOUR, by_decades, folded
from postprocess.sweep.points import Levels, Points, group_means, levels, tied
from postprocess.sweep.quantities import Quantity, capital
from postprocess.sweep.view import SweepInput, numbers

MOST_MAPS = 6
"""Pairs of inputs drawn at most."""

_FILLED = 0.6  # share of a grid that must be there to be drawn as one
_MOST_WRITTEN = 10  # columns of a grid up to which its numbers are written
_MOST_TICKS = {1: 10, 2: 6}  # of an axis, by the number of maps side by side
_MOST_DOTS = 1500
_LOG_FROM = 30.0  # ratio of the ends from which a modulus is coloured by decades
_MISSING = "#d3d7dc"

Pair = tuple[SweepInput, SweepInput]


@dataclass(frozen=True)
class HeatMap:
    """Means of an output over the grid of two inputs.

    Parameters
    ----------
    x, y
        Levels of the two inputs, ``k`` and ``m`` of them.
    value, low, high
        ``(m, k)`` mean over all else of the output and of the ends of its band; NaN where no case
        is done.
    lost
        ``(m, k)`` whether cases were tried there and all failed.
    """

    x: Levels
    y: Levels
    value: FloatArray
    low: FloatArray
    high: FloatArray
    lost: BoolArray


def chosen_pairs(points: Points, ranked: Sequence[SweepInput]) -> list[Pair]:
    """Pairs of inputs worth a map: those that move the output most, and none varied together.

    Parameters
    ----------
    points
        Design points of the sweep.
    ranked
        Inputs, the one that moves most first.

    Returns
    -------
    list of (along x, along y)
        At most :data:`MOST_MAPS`; a pair of names comes after all pairs with a number.
    """
    bound = {frozenset((one.column, other.column)) for one, other in tied(points)}
    pairs = [
        (ranked[one], ranked[other])
        for other in range(len(ranked))
        for one in range(other)
        if frozenset((ranked[one].column, ranked[other].column)) not in bound
    ]
    pairs.sort(key=lambda pair: sum(not item.numeric for item in pair))
    # A name goes along y, where there is room for its words.
    return [(y, x) if y.numeric and not x.numeric else (x, y) for x, y in pairs[:MOST_MAPS]]


def heat_map(points: Points, pair: Pair, quantity: Quantity) -> HeatMap | None:
    """Means over the grid of two inputs, or None where they form none (samples).

    Parameters
    ----------
    points
        Design points of the sweep.
    pair
        Inputs along x and along y.
    quantity
        Output.
    """
    most = len(points) + 1
    x, y = (levels(points.frame, item, most=most) for item in pair)
    if any(grouped.binned for grouped in (x, y)):
        return None
    shape = (len(y), len(x))
    there = (x.groups >= 0) & (y.groups >= 0)
    cell = np.where(there, y.groups * len(x) + x.groups, -1)
    if len(np.unique(cell[there])) < _FILLED * len(x) * len(y):
        return None
    banded = points.of(quantity)
    value, low, high = (
        group_means(cell, item, len(x) * len(y)).reshape(shape)
        for item in (banded.value, banded.low, banded.high)
    )
    return HeatMap(x, y, value, low, high, np.isnan(value) & _failures(points, pair, x, y))


def _failures(points: Points, pair: Pair, x: Levels, y: Levels) -> BoolArray:
    """In which cells of the grid a case failed."""
    table = points.view.table
    failed = table[(table["status"].astype(str) == "failed").to_numpy()]
    found = np.zeros((len(y), len(x)), dtype=bool)
    columns = []
    for item, grouped in zip(pair, (x, y), strict=True):
        number = {name: index for index, name in enumerate(grouped.names)}
        here = levels(failed, item, most=len(failed) + 1)
        known = np.array([*(number.get(name, -1) for name in here.names), -1], dtype=np.intp)
        columns.append(known[here.groups])  # group -1 takes the last entry, which is -1
    rows = (columns[0] >= 0) & (columns[1] >= 0)
    found[columns[1][rows], columns[0][rows]] = True
    return found


def draw_maps(points: Points, quantity: Quantity, pairs: Sequence[Pair], path: Path) -> str:
    """Draw one output over some pairs of inputs; returns the caption.

    Parameters
    ----------
    points
        Design points of the sweep.
    quantity
        Output.
    pairs
        From :func:`chosen_pairs`, at least one.
    path
        PNG file to write.
    """
    maps = [heat_map(points, pair, quantity) for pair in pairs]
    columns = min(len(pairs), 2)
    rows = -(-len(pairs) // columns)
    height = {1: 4.0, 2: 2.75}[columns]
    scale = _scale(points, quantity)
    with drawing(5.6 if columns == 1 else WIDTH, rows * height + 0.3) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        drawn: Any = None
        for axes, pair, found in zip(grid.flat, pairs, maps, strict=False):
            if found is None:
                drawn = _cloud(axes, points, pair, quantity, scale)
            else:
                drawn = _grid(axes, found, pair, quantity, scale, columns)
        used = list(grid.flat)[: len(pairs)]
        for axes in list(grid.flat)[len(pairs) :]:
            axes.remove()
        bar = figure.colorbar(drawn, ax=used, shrink=0.9 if rows < 2 else 0.6, aspect=28)
        bar.set_label(quantity.axis)
        if scale["norm"].__class__.__name__ == "LogNorm":
            by_decades(bar.ax.yaxis, np.array([scale["norm"].vmin, scale["norm"].vmax]))
        title = points.view.title(quantity, "over two inputs")
        figure.suptitle(title, x=0.005, ha="left", fontsize=10.5, fontweight="bold")
        figure.savefig(path)
    return _caption(quantity, maps, points, columns)


def _scale(points: Points, quantity: Quantity) -> dict[str, Any]:
    """Colour map and range: 0 to 1 for fractions, else that of all points."""
    import matplotlib
    from matplotlib.colors import LogNorm, Normalize

    colours = matplotlib.colormaps[quantity.colours].with_extremes(bad=_MISSING)
    if quantity.fraction:
        return {"cmap": colours, "norm": Normalize(0, 1)}
    value = points.of(quantity).value
    low, high = value_range(value[np.isfinite(value)])
    by_log = low > 0 and high > _LOG_FROM * low
    return {"cmap": colours, "norm": LogNorm(low, high) if by_log else Normalize(low, high)}


def _grid(
    axes: Any, found: HeatMap, pair: Pair, quantity: Quantity, scale: dict[str, Any], beside: int
) -> Any:
    drawn = axes.imshow(found.value, origin="lower", aspect="auto", **scale)
    rows, columns = found.value.shape
    if beside * columns <= _MOST_WRITTEN and rows <= 2 * _MOST_WRITTEN:
        _write_numbers(axes, found, scale, bands=_banded(found, quantity, beside))
    if _lined(found, quantity, beside):
        for colour, wide in (("white", 2.6), ("black", 1.2)):
            axes.contour(
                np.ma.masked_invalid(found.value), levels=[0.5], colors=colour, linewidths=wide,
                zorder=1.5,
            )  # fmt: skip
    up, along = np.nonzero(found.lost)
    if len(up):
        size = float(np.clip(60 / max(rows, columns), 2.5, 6))
        axes.plot(along, up, "x", color=FAILED_COLOUR, ms=size, mew=1.3)
    for axis, grouped, item in ((axes.xaxis, found.x, pair[0]), (axes.yaxis, found.y, pair[1])):
        at = np.arange(0, len(grouped), -(-len(grouped) // _MOST_TICKS[beside]))
        axis.set_ticks(at, [grouped.short(int(number), 14) for number in at])
        axis.set_label_text(folded(item.axis))
        axis.set_tick_params(length=2)
    if sum(len(text.get_text()) for text in axes.get_xticklabels()) > 36 / beside:
        axes.tick_params(axis="x", rotation=45)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    return drawn


def _banded(found: HeatMap, quantity: Quantity, beside: int) -> bool:
    """Whether the bands are written into the fields, for which these must be few."""
    rows, columns = found.value.shape
    return quantity.banded and beside * columns <= 8 and beside * rows <= 10


def _lined(found: HeatMap, quantity: Quantity, beside: int) -> bool:
    """Whether a line is drawn at one half: on a fine grid of a fraction that passes it."""
    coarse = min(found.value.shape) < 4 or _banded(found, quantity, beside)
    if coarse or not quantity.fraction:
        return False
    return bool(np.nanmin(found.value) < 0.5 < np.nanmax(found.value))


def _write_numbers(axes: Any, found: HeatMap, scale: dict[str, Any], *, bands: bool) -> None:
    """Value of each field, and its band."""
    columns = found.value.shape[1]
    for (up, along), value in np.ndenumerate(found.value):
        if not np.isfinite(value):
            continue
        shade = scale["cmap"](scale["norm"](value))
        dark = 0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2] < 0.5
        colour = "white" if dark else "black"
        look = {"ha": "center", "va": "center", "color": colour, "textcoords": "offset points"}
        text = significant(float(value), 2)
        size = 8.5 if columns <= 6 else 7.5
        axes.annotate(text, (along, up), (0, 4 if bands else 0), fontsize=size, **look)
        if bands:
            ends = (found.low[up, along], found.high[up, along])
            band = "–".join(significant(float(end), 2) for end in ends)
            axes.annotate(band, (along, up), (0, -6), fontsize=6.5, **look)


def _cloud(axes: Any, points: Points, pair: Pair, quantity: Quantity, scale: dict[str, Any]) -> Any:
    """Samples: every case a dot."""
    value = points.of(quantity).value
    places = []
    for item in pair:
        grouped = levels(points.frame, item) if not item.numeric else None
        places.append(
            numbers(points.frame, item.column) if grouped is None else grouped.at[grouped.groups]
        )
        if grouped is not None:
            axes.set_yticks(range(len(grouped)), [shorten(name, 14) for name in grouped.names])
    x, y = places
    rows = np.flatnonzero(np.isfinite(value) & np.isfinite(x) & np.isfinite(y))
    rows = rows[:: max(1, -(-len(rows) // _MOST_DOTS))]
    few = len(rows) <= 300
    drawn = axes.scatter(
        x[rows],
        y[rows],
        c=value[rows],
        s=16 if few else 7,
        edgecolor="#555" if few else "none",
        linewidth=0.25 if few else 0,
        **scale,
    )
    for axis, item, at in ((axes.xaxis, pair[0], x), (axes.yaxis, pair[1], y)):
        axis.set_label_text(folded(item.axis))
        if item.numeric and item.log and at[rows].min() > 0:
            (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
            by_decades(axis, at[rows])
    return drawn


def _caption(
    quantity: Quantity, maps: Sequence[HeatMap | None], points: Points, beside: int
) -> str:
    words = [f"{capital(quantity.label)} over pairs of inputs."]
    grids = [found for found in maps if found is not None]
    if grids:
        words.append(
            "Every field is one pair of values, all fields equally wide whatever lies between "
            "them." + (" All other inputs are averaged." if len(points.view.varied) > 2 else "")
        )
        if any(_lined(found, quantity, beside) for found in grids):
            words.append("Black line: one half.")
        if any(_banded(found, quantity, beside) for found in grids):
            words.append("Small: the band.")
        if any(found.lost.any() for found in grids):
            words.append("Red cross: every case failed there.")
        if any(not np.isfinite(found.value).all() for found in grids):
            words.append("Grey: nothing is known.")
    if len(grids) < len(maps):
        words.append(
            "Dots are cases, so the scatter of colours around a place is what the other inputs do."
        )
    return " ".join(words)
