"""Pictures of arms compared, of the unknowns that matter, and of the past."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.biology import Biology, decided
from postprocess.labels import points
from postprocess.style import SLEEP_COLOUR, WAKE_COLOUR, WIDTH, drawing, shorten

MOST_FACTORS = 12
"""Unknowns drawn at most, the most important first."""

_OPEN = "#8a93a0"  # a band that reaches zero


def difference_colour(low: float, high: float) -> str:
    """Blue where the whole band keeps asleep, yellow where it wakes, grey where it reaches zero."""
    sign = decided(low, high)
    return SLEEP_COLOUR if sign > 0 else WAKE_COLOUR if sign < 0 else _OPEN


def _row(axes: Any, at: float, value: float, low: float, high: float, colour: str) -> None:
    axes.plot([low, high], [at, at], color=colour, lw=2.2, solid_capstyle="butt")
    filled = colour != _OPEN
    axes.plot(
        value, at, "o", color=colour, ms=7, mfc=colour if filled else "white", mew=1.6, zorder=3
    )


def compare(biology: Biology, preset: str, path: Path) -> str:
    """Mean P of every arm, and its difference from the control, with bands; returns the caption."""
    assert biology.compare is not None, "drawn only where arms were compared"
    table = biology.compare
    rows = len(table)
    with drawing(WIDTH, 1.6 + 0.32 * rows) as figure:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.15))
        for at, arm in enumerate(table.itertuples()):
            _row(left, at, arm.mean_p, arm.mean_p_low, arm.mean_p_high, "#333")
            if at == 0:
                left.axvspan(arm.mean_p_low, arm.mean_p_high, color="#9aa5b1", alpha=0.16, lw=0)
                words = "as asked"
            else:
                low, high = arm.difference_low, arm.difference_high
                colour = difference_colour(low, high)
                _row(right, at, 100 * arm.difference, 100 * low, 100 * high, colour)
                words = f"{points(arm.difference)} ({points(low)} to {points(high)})"
            right.text(
                1.03, at, words, transform=right.get_yaxis_transform(), va="center", fontsize=8.5
            )
        right.axvline(0, color="#333", lw=0.9)
        left.axvline(0.5, color="#888", lw=1, ls=":")
        left.set(
            yticks=range(rows),
            yticklabels=[shorten(str(arm), 24) for arm in table["arm"]],
            xlim=(0, 1),
            ylim=(rows - 0.4, -0.6),
            xlabel="mean P(dormant)",
        )
        right.set_xlabel("◄ wakes     points     keeps asleep ►")
        right.margins(x=0.06)
        right.tick_params(axis="y", left=False)
        small = {"fontsize": 9.5, "fontweight": "normal", "color": "#444"}
        left.set_title("how many would sleep", **small)
        right.set_title("difference from the control", **small)
        title = f"What each change does, preset {shorten(preset)}"
        figure.suptitle(title, x=0.005, ha="left", fontsize=10.5, fontweight="bold")
        figure.savefig(path)
    return (
        f"What each change does, with the preset “{preset}”. Left: mean P(dormant) and its band; "
        "grey, the band of the control. Right: difference from the control in percentage points, "
        "and in brackets its band. Arm and control are drawn with the same values of every "
        "uncertain number, so the band of the difference can be much narrower than those on the "
        "left. Filled: the band excludes zero; hollow and grey: it reaches zero, so the stated "
        "ranges leave open whether the change wakes cells or keeps them asleep."
    )


def sensitivity(biology: Biology, preset: str, path: Path) -> str:
    """First-order and total indices of the unknowns; returns the caption."""
    assert biology.sensitivity is not None, "drawn only where the unknowns were ranked"
    table = biology.sensitivity.sort_values("total", ascending=False, kind="stable")
    shown = table.head(MOST_FACTORS)
    with drawing(WIDTH, 1.55 + 0.36 * len(shown)) as figure:
        axes = figure.subplots()
        at = np.arange(len(shown))
        for column, offset, colour, words in (
            ("first", -0.19, "#56B4E9", "alone (first-order index)"),
            ("total", 0.19, "#0072B2", "with its interactions (total index)"),
        ):
            size, half = (shown[name].to_numpy(dtype=float) for name in (column, f"{column}_conf"))
            axes.barh(
                at + offset,
                size,
                height=0.36,
                color=colour,
                xerr=half,
                error_kw={"ecolor": "#222", "elinewidth": 1.1, "capsize": 2.5},
                label=words,
            )
        axes.axvline(0, color="#333", lw=0.9)
        axes.set(
            yticks=at,
            yticklabels=[_wrapped(str(label), 36, 2) for label in shown["label"]],
            ylim=(len(shown) - 0.4, -0.6),
            xlabel="share of the variance of the mean P(dormant)",
            title=f"Which unknown matters most, preset {shorten(preset, 20)}",
        )
        axes.set_xlim(right=max(1.0, axes.get_xlim()[1]))
        figure.legend(loc="outside lower center", ncols=2)
        figure.savefig(path)
    left_out = len(table) - len(shown)
    return (
        "How much of the spread of the mean P(dormant) each unknown causes when all run through "
        f"their stated ranges, with the preset “{preset}”: alone, and together with what it does "
        "through others. Whiskers: 90 % confidence of the estimate."
        + (f" The {left_out} smallest are in sensitivity.csv only." if left_out else "")
    )


def history(biology: Biology, preset: str, path: Path) -> str:
    """Mean P of every past step and of the present, with and without memory; the caption."""
    assert biology.history is not None, "drawn only where there was a past"
    table = biology.history
    at = np.arange(len(table))
    p, low, high, without = (
        table[name].to_numpy(dtype=float)
        for name in ("mean_p", "mean_p_low", "mean_p_high", "without_memory")
    )
    with drawing(WIDTH, 3.5) as figure:
        axes = figure.subplots()
        axes.fill_between(at, low, high, color=SLEEP_COLOUR, alpha=0.14, lw=0)
        axes.vlines(at, low, high, color=SLEEP_COLOUR, lw=1.4, alpha=0.7, label="its band")
        axes.plot(at, p, "o-", color=SLEEP_COLOUR, ms=6, lw=1.6, label="with memory")
        axes.plot(
            at, without, "D--", color="#D55E00", ms=5, lw=1.3, mfc="white", label="without memory"
        )
        axes.axhline(0.5, color="#888", lw=1, ls=":")
        axes.set(
            xticks=at,
            xticklabels=_step_names(table["name"].tolist()),
            xlim=(-0.4, len(at) - 0.6),
            ylim=(0, 1),
            ylabel="mean P(dormant): fraction asleep",
            title=f"What the past leaves, preset {shorten(preset)}",
        )
        if len(at) > 6:
            axes.tick_params(axis="x", rotation=35)
            for label in axes.get_xticklabels():
                label.set(ha="right", rotation_mode="anchor")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        figure.savefig(path)
    return (
        "Mean P(dormant) after each past state and, last, in the present, with the preset "
        f"“{preset}”. With memory, cells that sleep need a stronger drive to wake than those awake "
        "need to stay so; without, only the state itself counts. The order of the states matters, "
        "their length does not: the rule has no time in it. Between the dots nothing was computed."
    )


def _wrapped(text: str, wide: int, lines: int) -> str:
    """Text of an axis, broken into at most some lines."""
    import textwrap

    clean = shorten(text, 400)  # textwrap needs no more, and names can be of any length
    return "\n".join(textwrap.wrap(clean, wide, max_lines=lines, placeholder="…"))


def _step_names(names: Sequence[str]) -> list[str]:
    """Names under an axis, broken into lines where the steps are few."""
    if len(names) > 6:
        return [shorten(name, 18) for name in names]
    return [_wrapped(name, max(10, 66 // len(names)), 3) for name in names]
