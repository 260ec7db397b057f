"""Intensities of the assays with their gates, by what the cells truly do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from postprocess.assays.calls import Errors, errors, kinds, side
from postprocess.assays.look import COLOURS, EDGE, HATCHES, KINDS, NAMES, bar_look, plain_log
from postprocess.assays.view import Reading
from postprocess.assays.words import days
from postprocess.contract import FloatArray
from postprocess.labels import percent
from postprocess.style import WIDTH, drawing, halo, shorten

_BINS = 34
_FLOOR = 1e-3  # units of the unlabelled median: noise may read nothing at all
_ROW = 1.95  # inches


def draw_histograms(readings: Sequence[Reading], path: Path) -> str:
    """Draw one panel per channel of each reading; returns the caption.

    Parameters
    ----------
    readings
        One or more, each with cells.
    path
        The PNG file.
    """
    panels = [(one, c) for one in readings for c in range(len(one.channels))]
    columns = 1 if len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    with drawing(WIDTH, 0.5 + _ROW * rows) as figure:
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (one, channel) in zip(grid, panels, strict=False):
            _panel(axes, one, channel)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        figure.legend(handles=_legend(), loc="outside lower center", ncols=5)
        figure.savefig(path, metadata={"Software": None})
    return (
        "Intensity of every cell, by what it truly does (colour and hatch, stacked). Broken line: "
        "the gate that a laboratory would draw from its control, without knowing the truth. "
        "Shaded: the side that is called dormant; with two channels, both must hold. Intensities "
        "are in units of the median of cells without label."
    )


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        *(Patch(label=NAMES[kind], **bar_look(kind)) for kind in KINDS),
        Line2D([], [], color="#222", lw=1.4, ls=(0, (5, 2)), label="gate"),
        Patch(facecolor="#000", alpha=0.09, label="called dormant"),
    ]


def _panel(axes: Any, one: Reading, channel: int) -> None:
    values = np.maximum(one.intensity[:, channel], _FLOOR)
    gate = float(one.thresholds[channel])
    edges = _edges(values, gate)
    below = np.zeros(len(edges) - 1)
    for kind, which in kinds(one).items():
        height = below + np.histogram(values[which], edges)[0]
        axes.stairs(
            height,
            edges,
            baseline=below,
            fill=True,
            facecolor=COLOURS[kind],
            hatch=HATCHES[kind],
            edgecolor=EDGE,
            linewidth=0.3,
        )
        below = height
    axes.set_xscale("log")
    plain_log(axes.xaxis, edges)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.16 * max(below.max(), 1.0))
    axes.axvline(gate, color="#222", lw=1.4, ls=(0, (5, 2)))
    where = side(one.intensity[:, channel], gate, one.gate)
    if where is not None:
        ends = (gate, edges[-1]) if where == "above" else (edges[0], gate)
        axes.axvspan(*ends, color="#000", alpha=0.09, lw=0, zorder=0.5)
    score = one.score
    axes.text(
        0.985,
        0.975,
        f"called {percent(score.called.value)}, in G0 {percent(score.true.value)}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=8,
        path_effects=halo(2.5),
    )
    name = shorten(one.assay, 22)
    several = len(one.channels) > 1
    axes.set_title(f"{name}: {one.channels[channel]}" if several else name)
    axes.set_xlabel(f"{shorten(one.channels[channel], 18)} at {days(one.at_h)}, × unlabelled")
    axes.set_ylabel("cells")
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=4)


def _edges(values: FloatArray, gate: float) -> FloatArray:
    """Bins by decades that hold the values, with the gate between two of them."""
    low, high = np.quantile(values, (0.001, 0.999))
    low, high = min(low, gate) / 1.25, max(high, gate) * 1.25
    left = max(2, round(_BINS * np.log(gate / low) / np.log(high / low)))
    right = max(2, _BINS - left)
    return np.concatenate(
        [np.geomspace(low, gate, left + 1), np.geomspace(gate, high, right + 1)[1:]]
    )


def draw_calls(readings: Sequence[Reading], path: Path) -> str:
    """Draw what each assay calls against the truth, and its wrong calls; returns the caption.

    Parameters
    ----------
    readings
        One or more of one course, each with cells.
    path
        The PNG file.
    """
    found = [errors(one) for one in readings]
    y = np.arange(len(readings))[::-1].astype(float)
    with drawing(WIDTH, 1.35 + 0.34 * len(readings)) as figure:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.25))
        _called(left, readings, y)
        _wrong(right, found, y)
        figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        left.set_yticks(y, [shorten(one.assay, 18) for one in readings])
        left.set_ylim(-0.7, len(readings) - 0.3)
        figure.savefig(path, metadata={"Software": None})
    return (
        "Left: share of the cells that each assay calls dormant, with its interval; bar: the share "
        "that is in G0 with its interval. Right: its wrong calls as shares of all cells, missed to "
        "the left, over-called to the right, by what the cells truly do."
    )


def _called(axes: Any, readings: Sequence[Reading], y: FloatArray) -> None:
    for at, one in zip(y, readings, strict=True):
        called, true = one.score.called, one.score.true
        axes.fill_betweenx(
            [at - 0.36, at + 0.36], true.low, true.high, color=COLOURS["asleep"], alpha=0.3, lw=0
        )
        axes.plot([true.value] * 2, [at - 0.36, at + 0.36], color=COLOURS["asleep"], lw=1.8)
        axes.plot([called.low, called.high], [at, at], color="#222", lw=1.2)
        axes.plot(called.value, at, "o", color="white", mec="#222", mew=1.3, ms=6)
    axes.set(xlim=(0, 1), xlabel="share of the cells")
    axes.set_title("Called dormant (ring), in G0 (bar)")
    axes.grid(axis="x", color="#dde2e8", lw=0.6)


def _wrong(axes: Any, found: Sequence[Errors], y: FloatArray) -> None:
    cells = np.array([max(one.cells, 1) for one in found])

    def share(counts: list[int]) -> NDArray[np.float64]:
        return np.array(counts) / cells

    missed = share([one.missed for one in found])
    slow, cycling = share([one.slow for one in found]), share([one.cycling for one in found])
    size = {"height": 0.62}
    axes.barh(y, -missed, **size, **bar_look("asleep"), label="G0 missed")
    axes.barh(y, slow, **size, **bar_look("slow"), label="slow-cycling called")
    axes.barh(y, cycling, left=slow, **size, **bar_look("cycling"), label="cycling called")
    reach = max(0.05, float(np.max(missed)), float(np.max(slow + cycling)))
    axes.set_xlim(-1.08 * max(float(np.max(missed)), 0.15 * reach), 1.08 * reach)
    axes.axvline(0.0, color="#222", lw=0.9)
    axes.xaxis.set_major_formatter(lambda value, _: percent(abs(value)))
    axes.xaxis.get_major_locator().set_params(nbins=6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("wrong calls, of all cells")
    axes.set_title("What it gets wrong")
