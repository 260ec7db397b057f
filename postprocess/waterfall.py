"""Waterfall: how causes add up, one after the other, to the log-odds of sleep and to P(dormant)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.cascades import OTHERS, Bar, Cascade, Plateaus, bars
from postprocess.contract import FloatArray
from postprocess.labels import SHUT, percent, signed
from postprocess.style import SLEEP_COLOUR, WAKE_COLOUR, WIDTH, drawing, halo, shorten

_TOTAL_COLOUR = "#6b7480"
_FARTHEST = 6.0  # log-odds up to which the axis follows P and its band


def _steps(rows: Sequence[Bar], number: int) -> FloatArray:
    """Running sum of the open bars of one cascade, from 0 on."""
    values = [bar.values[number] for bar in rows if abs(bar.values[number]) < SHUT]
    return np.concatenate([[0.0], np.cumsum(values)])


def _limits(
    rows: Sequence[Bar], cascades: Sequence[Cascade], plateaus: Plateaus | None
) -> tuple[float, float]:
    """Range of log-odds that holds every open bar, with room for its number, and P."""
    reached = [*(_steps(rows, number) for number in range(len(cascades))), np.array([-1.0, 1.0])]
    if plateaus is not None:
        # Beyond the plateaus P has no log-odds: there the band ends in an arrow.
        ends = [
            plateaus.log_odds(value) for one in cascades for value in (one.low, one.p, one.high)
        ]
        reached.append(np.array([end for end in ends if abs(end) < _FARTHEST]))
    together = np.concatenate(reached)
    low, high = float(together.min()), float(together.max())
    room = (0.16 if len(cascades) == 1 else 0.26) * (high - low)
    return low - room, high + room


def _p_ticks(plateaus: Plateaus, limits: tuple[float, float]) -> list[tuple[float, str]]:
    """Whole percents for the axis of P, the roundest first, none too near another."""
    low, high = limits
    taken: list[tuple[float, str]] = []
    for step in (25, 10, 5, 1):
        if step == 1 and len(taken) >= 3:
            break
        for number in range(0, 101, step):
            x = plateaus.log_odds(number / 100)
            near = any(abs(x - other) < 0.115 * (high - low) for other, _ in taken)
            if low < x < high and not near:
                taken.append((x, f"{number} %"))
    return taken


def _draw(
    axes: Any,
    rows: Sequence[Bar],
    number: int,
    cascade: Cascade,
    plateaus: Plateaus | None,
    limits: tuple[float, float],
) -> None:
    edge = {1: limits[1], -1: limits[0]}
    reach, at, last = limits[1] - limits[0], 0.0, len(rows)
    for row, bar in enumerate([*rows, Bar("all together", False, ())]):
        value = cascade.total if row == last else bar.values[number]
        start = 0.0 if row == last else at
        way = 1 if value > 0 else -1
        shut = abs(value) >= SHUT or (row == last and cascade.shut)
        end = edge[way] if shut else start + value
        axes.barh(
            row,
            end - start,
            left=start,
            height=0.62,
            color=_TOTAL_COLOUR if row == last else SLEEP_COLOUR if value > 0 else WAKE_COLOUR,
            hatch="////" if bar.chemical else None,
            edgecolor="white",
            linewidth=0,
        )
        look: dict[str, Any] = {
            "textcoords": "offset points",
            "va": "center",
            "fontsize": 8.5,
            "fontweight": "bold" if row == last else "normal",
            "path_effects": halo(2.5),
        }
        if shut:
            axes.plot(
                end,
                row,
                marker=">" if way > 0 else "<",
                color="#222",
                ms=7,
                clip_on=False,
                zorder=4,
            )
            side = "right" if way > 0 else "left"
            axes.annotate("gate shut", (start, row), xytext=(-way * 4, 0), ha=side, **look)
        else:
            side = "left" if way > 0 else "right"
            axes.annotate(signed(value), (end, row), xytext=(way * 4, 0), ha=side, **look)
            if row < last:
                at = end
                axes.plot([at, at], [row + 0.31, row + 0.69], color="#777", lw=0.8)
    axes.axvline(0, color="#333", lw=0.9)
    axes.axhline(last - 0.5, color="#bbb", lw=0.8)
    if plateaus is not None:
        ends = [plateaus.log_odds(value) for value in (cascade.low, cascade.p, cascade.high)]
        low, middle, high = np.clip(ends, *limits)
        axes.plot([low, high], [last + 1] * 2, color="#222", lw=2.2, solid_capstyle="butt")
        for end, shown, arrow in ((ends[0], low, "<"), (ends[2], high, ">")):
            if end != shown:
                axes.plot(shown, last + 1, arrow, color="#222", ms=6, clip_on=False)
        axes.plot(middle, last + 1, "o", color="#222", ms=6, clip_on=False)
        upper = axes.secondary_xaxis("top")
        ticks = _p_ticks(plateaus, limits)
        upper.set_xticks([x for x, _ in ticks], [words for _, words in ticks])
        upper.tick_params(labelsize=8)
    band = f"{percent(cascade.low)} to {percent(cascade.high)}"
    axes.set_title(f"{cascade.title}:\nP(dormant) {percent(cascade.p)} (band {band})", fontsize=9.5)
    axes.set(xlim=limits, ylim=(last + (1.6 if plateaus else 0.6), -0.6))
    axes.locator_params(axis="x", nbins=7 if reach < 12 else 9)


def waterfall(
    cascades: Sequence[Cascade],
    plateaus: Plateaus | None,
    preset: str,
    path: Path,
) -> str:
    """Draw one cascade, or several side by side with the same rows; returns the caption.

    Parameters
    ----------
    cascades
        One to three.
    plateaus
        Scale of P for the upper axis; None draws none.
    preset
        Preset of the rule, named in the picture.
    path
        PNG to write.
    """
    rows = bars(cascades)
    limits = _limits(rows, cascades, plateaus)
    words = [shorten(bar.words, 26) for bar in rows] + ["all together"]
    if plateaus is not None:
        words.append("P(dormant) and band")
    with drawing(WIDTH, 1.7 + 0.29 * len(words)) as figure:
        panels = figure.subplots(1, len(cascades), sharey=True, squeeze=False)[0]
        for number, (axes, cascade) in enumerate(zip(panels, cascades, strict=True)):
            axes.tick_params(axis="y", left=number == 0)
            _draw(axes, rows, number, cascade, plateaus, limits)
        panels[0].set(yticks=range(len(words)), yticklabels=words)
        figure.supxlabel(
            f"◄ wakes      log-odds of sleep, preset {shorten(preset)}      keeps asleep ►",
            fontsize=9.5,
        )
        figure.savefig(path)
    return _caption(cascades, plateaus, preset, grouped=any(OTHERS in bar.words for bar in rows))


def _caption(
    cascades: Sequence[Cascade], plateaus: Plateaus | None, preset: str, *, grouped: bool
) -> str:
    if len(cascades) > 1:
        words = f"The same at single sites, row by row, with the preset “{preset}”."
    else:
        words = (
            f"Why P(dormant) is what it is, with the preset “{preset}”: from even odds (0) on, "
            "every cause adds its share to the log-odds of sleep. To the right it keeps cells "
            "asleep, to the left it wakes them; plain bars act by stiffness, hatched ones by "
            "chemistry."
        )
    if plateaus is not None:
        words += (
            " The upper axis turns log-odds into P on the rule’s plateaus "
            f"({percent(plateaus.p(-700.0))} to {percent(plateaus.p_max)}); on it, the dot is P "
            "and the line its band."
        )
        ends = [plateaus.log_odds(end) for one in cascades for end in (one.low, one.high)]
        if not np.isfinite(ends).all():
            words += " An arrow: the band reaches beyond the plateaus, which are uncertain too."
        if any(abs(plateaus.p(one.total) - one.p) > 0.005 for one in cascades):
            reason = "cells with a memory keep part of their past"
            if len(cascades) == 1:
                reason = f"a mean of P is not P at the mean, and {reason}"
            words += f" The dot need not lie under the end of the sum: {reason}."
    if grouped:
        words += " The smallest causes are summed as others."
    if any(one.shut for one in cascades):
        words += " A bar that runs off the scale is a gate that is shut: nothing else matters then."
    return words
