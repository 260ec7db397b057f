"""The best cases of a sweep, and which of the others cannot be told apart from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from postprocess.contract import FloatArray
from postprocess.style import WIDTH, BoolArray, drawing
from postprocess.sweep.curves import by_decades
from postprocess.sweep.points import Banded, IntArray, Points
from postprocess.sweep.quantities import Quantity, capital

_GREY, _LIGHT = "#8a93a0", "#c4cad2"
_MOST_BARS = 120  # cases up to which each has a bar of its own
_LOG_FROM = 30.0


@dataclass(frozen=True)
class Ranking:
    """Design points in the order of an output.

    Parameters
    ----------
    quantity
        The output.
    order
        Whether the ``"highest"`` or the ``"lowest"`` comes first.
    rows
        ``(n,)`` points, the best first; those without the output are left out.
    low, high
        ``(n,)`` band of each, in the same order, widened to hold the central value of every
        replicate.
    tied
        ``(n,)`` whether that reaches the one of the best, so that the two are not told apart.
    """

    quantity: Quantity
    order: Literal["highest", "lowest"]
    rows: IntArray
    low: FloatArray
    high: FloatArray
    tied: BoolArray

    @property
    def undecided(self) -> int:
        """How many points besides the best are not told apart from it."""
        return int(self.tied[1:].sum())


def rank(points: Points, quantity: Quantity, order: Literal["highest", "lowest"]) -> Ranking:
    """Rank the design points of a sweep by an output.

    Parameters
    ----------
    points
        Design points of the sweep.
    quantity
        The output.
    order
        Which end comes first.
    """
    banded = points.of(quantity)
    sign = -1.0 if order == "highest" else 1.0
    ranked = np.argsort(sign * banded.value, kind="stable")
    rows = ranked[np.isfinite(banded.value[ranked])]
    low, high = widened(banded)
    low, high = low[rows], high[rows]
    tied = (low <= high[0]) & (high >= low[0]) if len(rows) else np.zeros(0, dtype=bool)
    return Ranking(quantity, order, rows, low, high, tied)


def widened(banded: Banded) -> tuple[FloatArray, FloatArray]:
    """Ends of the bands, ``(n,)`` each, such that they hold the value of every replicate."""
    return np.minimum(banded.low, banded.least), np.maximum(banded.high, banded.most)


def draw_ranking(points: Points, ranking: Ranking, path: Path) -> str:
    """Draw all points from best to worst with their bands; returns the caption.

    Parameters
    ----------
    points
        Design points of the sweep.
    ranking
        Their order, of at least two.
    path
        PNG file to write.
    """
    quantity = ranking.quantity
    value = points.of(quantity).value[ranking.rows]
    at = np.arange(1, len(value) + 1)
    top = "best" if points.view.goal else ranking.order
    with drawing(WIDTH, 3.3) as figure:
        axes = figure.subplots()
        groups = (
            (ranking.tied, quantity.colour, f"not told apart from the {top}"),
            (~ranking.tied, _GREY, f"told apart from the {top}"),
        )
        for mine, colour, words in groups:
            if not mine.any():
                continue
            if len(value) <= _MOST_BARS:
                axes.vlines(
                    at[mine], ranking.low[mine], ranking.high[mine],
                    color=colour, lw=min(5.0, 260 / len(value)), alpha=0.35,
                )  # fmt: skip
            else:
                for start, stop in _runs(mine):
                    axes.fill_between(
                        at[start:stop], ranking.low[start:stop], ranking.high[start:stop],
                        color=colour, alpha=0.3, lw=0, step="mid",
                    )  # fmt: skip
            size = 4.5 if len(value) <= _MOST_BARS else 1.6
            axes.plot(at[mine], value[mine], "o", color=colour, ms=size, mew=0, label=words)
        if ranking.tied.any():
            axes.axhspan(ranking.low[0], ranking.high[0], color=_LIGHT, alpha=0.4, lw=0, zorder=0)
        axes.plot(
            1,
            value[0],
            "D",
            color="#111",
            ms=6 if len(value) <= _MOST_BARS else 3,
            label=f"the {top}",
            zorder=4,
        )
        if quantity.fraction:
            axes.axhline(0.5, color="#888", lw=1, ls=":")
            axes.set_ylim(-0.02, 1.02)
        elif ranking.low.min() > 0 and ranking.high.max() > _LOG_FROM * ranking.low.min():
            axes.set_yscale("log")
            by_decades(axes.yaxis, np.array([ranking.low.min(), ranking.high.max()]))
        axes.set_xlim(0.3, len(value) + 0.7)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(
            xlabel=f"rank of the case, {ranking.order} first",
            ylabel=quantity.axis,
            title=points.view.title(quantity, "in order"),
        )
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=3,
            markerscale=1.0 if len(value) <= _MOST_BARS else 3.0,
        )
        figure.savefig(path)
    return (
        f"{capital(quantity.label)} of all cases in order, with their bands. Grey across: the band "
        f"of the {top}. Coloured: bands that reach it, so that the stated ranges leave open which "
        "of these is better. The same uncertain numbers move all cases together, so two cases "
        "may differ more surely than their bands suggest. Bands of the grey cases do not reach it."
    )


def _runs(mine: BoolArray) -> list[tuple[int, int]]:
    """Start and stop of the stretches in which all are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mine, [False]]).astype(int)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
