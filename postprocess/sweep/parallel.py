"""Parallel coordinates: every case a line through all inputs, coloured by its mean P(dormant)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.style import WIDTH, drawing, shorten
from postprocess.sweep.points import Points, levels
from postprocess.sweep.quantities import MEAN_P, tick_text
from postprocess.sweep.view import SweepInput, numbers

MOST_AXES = 12
"""Inputs drawn at most, those that move the mean P(dormant) most."""

_MOST_LINES = 600
_FEW = 12  # values of an input up to which its lines are fanned out
_FAN = 0.62  # share of the distance between two values that a fan fills


def draw_parallel(points: Points, inputs: Sequence[SweepInput], path: Path) -> str:
    """Draw the picture; returns the caption.

    Parameters
    ----------
    points
        Design points of the sweep.
    inputs
        Inputs from left to right, at least two.
    path
        PNG file to write.
    """
    import matplotlib
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection
    from matplotlib.colors import Normalize

    shown = list(inputs[:MOST_AXES])
    p = points.of(MEAN_P).value
    ranked = np.argsort(p, kind="stable")
    step = max(1, -(-len(ranked) // _MOST_LINES))
    rows = np.unique(np.append(ranked[::step], ranked[-1:]))
    fanned = []
    heights = np.empty((len(rows), len(shown) + 1))
    for column, item in enumerate(shown):
        heights[:, column], ticks = axis_heights(points, item, rows, p[rows])
        fanned.append(ticks)
    heights[:, -1] = p[rows]
    colours = matplotlib.colormaps[MEAN_P.colours]
    # The middle first: the ends, which are sought, lie on top.
    order = np.argsort(np.abs(p[rows] - 0.5), kind="stable")
    lines = np.stack(
        [np.broadcast_to(np.arange(len(shown) + 1.0), heights.shape), heights], axis=-1
    )
    many = len(rows)
    with drawing(WIDTH, 4.3) as figure:
        axes = figure.subplots()
        axes.add_collection(
            LineCollection(
                list(lines[order]),
                colors=colours(p[rows][order]),
                linewidths=1.5 if many < 60 else 0.9 if many < 400 else 0.6,
                alpha=0.95 if many < 400 else 0.75,
            )
        )
        for column, ticks in enumerate([*fanned, [(v / 5, f"{v / 5:.1f}") for v in range(6)]]):
            axes.axvline(column, color="#222", lw=0.9, zorder=3)
            for height, text in ticks:
                axes.plot([column - 0.02, column + 0.02], [height] * 2, color="#222", lw=0.9)
                axes.text(
                    column + 0.035, height, text, fontsize=7.5, va="center", ha="left",
                    bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.8},
                    zorder=4,
                )  # fmt: skip
        axes.set(xlim=(-0.05, len(shown) + 0.3), ylim=(-0.03, 1.03), yticks=[])
        axes.set_facecolor("#eef0f3")
        axes.set_xticks(
            range(len(shown) + 1),
            [_wrapped(item.axis, len(shown)) for item in shown] + ["mean\nP(dormant)"],
        )
        axes.tick_params(length=0, pad=6)
        if len(shown) > 7:
            axes.tick_params(axis="x", rotation=40)
            for label in axes.get_xticklabels():
                label.set(ha="right", rotation_mode="anchor")
        for side in axes.spines.values():
            side.set_visible(False)
        bar = figure.colorbar(
            ScalarMappable(Normalize(0, 1), colours), ax=axes, shrink=0.8, pad=0.02
        )
        bar.set_label(MEAN_P.axis)
        axes.set_title("All cases through all inputs")
        figure.savefig(path)
    words = (
        "Every line is a case: it crosses each axis at the value it was given and ends at its mean "
        "P(dormant), which is also its colour. Where an input has few values, the lines through "
        "one value are fanned out from low to high P."
    )
    if step > 1:
        words += f" Drawn is one case in {step}, evenly over P."
    if len(inputs) > len(shown):
        words += f" The {len(inputs) - len(shown)} inputs that move least are not drawn."
    return words


def axis_heights(
    points: Points, item: SweepInput, rows: Any, p: FloatArray
) -> tuple[FloatArray, list[tuple[float, str]]]:
    """Heights at which lines cross an axis, and where its values stand.

    Parameters
    ----------
    points
        Design points of the sweep.
    item
        Input of the axis.
    rows
        ``(n,)`` points that are drawn.
    p
        ``(n,)`` their mean P(dormant), by which lines through one value are fanned out.

    Returns
    -------
    heights, ticks
        ``(n,)`` in [0, 1] with NaN where the input is not set; and pairs of height and text.
    """
    frame = points.frame.iloc[rows]
    grouped = levels(frame, item, most=_FEW)
    if grouped.binned:
        return _measured(numbers(frame, item.column), item)
    count = len(grouped)
    if count == 0:
        return np.full(len(frame), np.nan), []
    centre = (np.arange(count) + 0.5) / count
    heights = np.full(len(frame), np.nan)
    for number in range(count):
        mine = np.flatnonzero(grouped.groups == number)
        fan = (np.argsort(np.argsort(p[mine], kind="stable")) + 0.5) / len(mine) - 0.5
        heights[mine] = centre[number] + fan * _FAN / count
    step = -(-count // _FEW)
    texts = [(float(centre[number]), grouped.short(number, 12)) for number in range(0, count, step)]
    return heights, texts


def _measured(values: FloatArray, item: SweepInput) -> tuple[FloatArray, list[tuple[float, str]]]:
    """Heights in proportion to the values, or to their logarithms."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    by_log = item.log and low > 0
    if by_log:
        ticks = np.array([float(f"{value:.2g}") for value in np.geomspace(low, high, 5)])
        heights = np.log(values / low) / np.log(high / low)
    else:
        digits = 1 - int(np.floor(np.log10(high - low)))
        ticks = np.array([round(float(value), digits) for value in np.linspace(low, high, 5)])
        heights = (values - low) / (high - low)
    places = np.linspace(0, 1, 5)
    return heights, [
        (float(at), tick_text(float(value))) for at, value in zip(places, ticks, strict=True)
    ]


def _wrapped(text: str, count: int) -> str:
    import textwrap

    wide = max(9, 84 // (count + 1)) if count <= 7 else 24
    return "\n".join(textwrap.wrap(shorten(text, 200), wide, max_lines=3, placeholder="…"))
