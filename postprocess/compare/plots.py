"""Results drawn over each other: histograms, P against stiffness, shares, the headline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from postprocess.compare.headline import Row
from postprocess.compare.pairs import Compared, column
from postprocess.contract import CUE_PREFIX, FloatArray
from postprocess.labels import SHUT, cue_label
from postprocess.plots import plain_decades
from postprocess.style import INK_COLOURS, WIDTH, drawing, shorten

_LINES = ("-", (0, (5, 1.6)), (0, (1.4, 1.4)), (0, (7, 2, 1.4, 2)), (0, (3, 1)), (0, (9, 3)))
_DOTS = ("o", "^", "s", "D", "v", "P")
_MOST_POINTS = 3000
_LOG_FROM = 5.0  # largest over smallest sensed stiffness from which it is shown by decades
_BESIDE = 4.0  # how far beyond the sites the rule is shown, as a factor
_FLOOR = 0.005  # mean shares of the log-odds below which a path is not drawn


def name_of(one: Compared, length: int = 30) -> str:
    """Letter and shortened name of a result."""
    return f"{one.letter}: {shorten(one.name, length)}"


def colour_of(number: int) -> str:
    """Colour of the result of a number, from 0."""
    return INK_COLOURS[number % len(INK_COLOURS)]


def histograms(compared: Sequence[Compared], path: Path) -> str:
    """Sensed stiffness and P of the sites of all results over each other; returns the caption."""
    stiffness = [column(one, "stiffness_kPa") for one in compared]
    log, edges = _edges(np.concatenate(stiffness))
    with drawing(WIDTH, 3.4) as figure:
        left, right = figure.subplots(1, 2)
        for axes, values, bins in (
            (left, stiffness, edges),
            (right, [column(one, "p_dormant") for one in compared], np.linspace(0, 1, 21)),
        ):
            for number, (one, here) in enumerate(zip(compared, values, strict=True)):
                look = {"color": colour_of(number), "ls": _LINES[number]}
                share = np.histogram(here, bins)[0] / len(here)
                axes.stairs(share, bins, fill=True, color=colour_of(number), alpha=0.16, lw=0)
                axes.stairs(share, bins, lw=1.8, label=name_of(one), **look)
                axes.plot(here.mean(), 1.0, _DOTS[number], color=colour_of(number), ms=7,
                          transform=axes.get_xaxis_transform(), clip_on=False)  # fmt: skip
            axes.set_ylabel("share of the sites")
            axes.set_ylim(0, None)
        if log:
            left.set_xscale("log")
            plain_decades(left.xaxis)
        left.set(xlabel="sensed stiffness (kPa)")
        left.set_title("What the cells sense", pad=12)
        right.axvline(0.5, color="#888", lw=1, ls=":")
        right.set(xlabel="P(dormant): fraction asleep", xlim=(0, 1))
        right.set_title("How many would sleep", pad=12)
        figure.legend(
            *left.get_legend_handles_labels(), loc="outside lower center", ncols=_columns(compared)
        )
        figure.savefig(path)
    return (
        "Sensed stiffness (left) and fraction asleep (right), as shares of the sites of each "
        "result; sign at the upper edge: the mean."
    )


def p_against_stiffness(compared: Sequence[Compared], path: Path) -> str:
    """P over sensed stiffness: sites of all results, rule and band of each; returns the caption."""
    with drawing(WIDTH, 4.1) as figure:
        axes = figure.subplots()
        sensed = np.concatenate([column(one, "stiffness_kPa") for one in compared])
        for number, one in enumerate(compared):
            colour, curve = colour_of(number), one.result.curves["p_of_stiffness"]
            e = np.asarray(curve["stiffness_kPa"], dtype=float)
            axes.fill_between(e, curve["low"], curve["high"], color=colour, alpha=0.13, lw=0)
            axes.plot(e, curve["p"], color=colour, lw=1.5, ls=_LINES[number])
            x, y = column(one, "stiffness_kPa"), column(one, "p_dormant")
            rows = np.arange(len(x))[:: max(1, -(-len(x) // _MOST_POINTS))]
            look = {"s": 18, "edgecolor": "white", "linewidth": 0.4} if len(x) < 1500 else {"s": 4}
            axes.scatter(
                x[rows], y[rows], color=colour, marker=_DOTS[number], label=name_of(one),
                zorder=3, **look,
            )  # fmt: skip
        axes.axhline(0.5, color="#888", lw=1, ls=":")
        axes.set_xscale("log")
        plain_decades(axes.xaxis)
        axes.set(
            xlabel="sensed stiffness (kPa)",
            ylabel="P(dormant): fraction asleep",
            ylim=(0, 1),
            xlim=(sensed.min() / _BESIDE, sensed.max() * _BESIDE),
            title="Sleep against sensed stiffness",
        )
        figure.legend(
            *axes.get_legend_handles_labels(), loc="outside lower center", ncols=_columns(compared)
        )
        figure.savefig(path)
    return (
        "Signs: sites. Lines with areas: the rule of each case, for its first ink and its signals, "
        "with its band. Sites that move along a line differ by what they sense; sites that move "
        "from one line to another differ by chemistry or by the rule itself."
    )


def shares(compared: Sequence[Compared], path: Path) -> str:
    """Mean shares of the log-odds of every path, result under result; returns the caption."""
    means = [_mean_shares(one) for one in compared]
    cues = list(dict.fromkeys(cue for mean in means for cue in mean))
    shown = [c for c in cues if max(abs(mean.get(c, 0.0)) for mean in means) >= _FLOOR]
    shown.sort(key=lambda c: -float(np.ptp([mean.get(c, 0.0) for mean in means])))
    lines = [(cue_label(cue), [mean.get(cue, 0.0) for mean in means]) for cue in shown]
    lines.append(("all together", [sum(mean.values()) for mean in means]))
    sizes = [abs(v) for _, values in lines for v in values if abs(v) < SHUT]
    reach = 1.15 * max([0.5, *sizes])
    thick = 0.8 / len(compared)
    with drawing(WIDTH, 1.4 + (0.2 + 0.17 * len(compared)) * len(lines)) as figure:
        axes = figure.subplots()
        for row, (_, values) in enumerate(lines):
            for number, value in enumerate(values):
                place = row + thick * (number - (len(values) - 1) / 2)
                axes.barh(place, value, height=0.86 * thick, color=colour_of(number))
                axes.plot(value, place, _DOTS[number], color="#222", ms=4, mfc="white")
        for number, one in enumerate(compared):
            axes.plot([], [], _DOTS[number], color=colour_of(number), ms=7, label=name_of(one))
        axes.axvline(0, color="#333", lw=0.9)
        axes.axhline(len(lines) - 1.5, color="#bbb", lw=0.8)
        axes.set(
            yticks=range(len(lines)),
            yticklabels=[shorten(words, 34) for words, _ in lines],
            xlim=(-reach, reach),
            ylim=(len(lines) - 0.4, -0.6),
            xlabel="◄ wakes     share in the log-odds of sleep (1: odds × 2.7)     keeps asleep ►",
            title="By which path they differ",
        )
        axes.tick_params(axis="y", length=0)
        figure.legend(
            *axes.get_legend_handles_labels(), loc="outside lower center", ncols=_columns(compared)
        )
        figure.savefig(path)
    words = (
        "Mean share of each path in the log-odds of sleep, that in which the results differ most "
        "on top. To the right it keeps cells asleep, to the left it wakes them."
    )
    if any(abs(value) >= SHUT for _, values in lines for value in values):
        words += " A bar that runs off the scale is a gate that is shut."
    return words


def headline(compared: Sequence[Compared], row: Row, path: Path) -> str:
    """Mean P of every result with its band, and the differences; returns the caption."""
    with drawing(WIDTH, 1.3 + 0.42 * len(compared)) as figure:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1))
        for number, (one, told) in enumerate(zip(compared, row.numbers, strict=True)):
            if told is None:
                continue
            look = {"color": colour_of(number), "marker": _DOTS[number], "ms": 7}
            if told.low is not None:
                left.plot([told.low, told.high], [number] * 2, color=look["color"], lw=2.2)
            left.plot(told.value, number, label=one.letter, **look)
        for number, difference in enumerate(row.differences, start=1):
            if difference is None:
                continue
            colour = colour_of(number)
            for ends, wide in (
                ((difference.low, difference.high), 1.4),
                ((difference.alike.low, difference.alike.high), 4.5)
                if difference.alike
                else ((None, None), 0),
            ):
                if ends[0] is not None:
                    right.plot(100 * np.array(ends), [number] * 2, color=colour, lw=wide,
                               solid_capstyle="butt")  # fmt: skip
            sure = difference.verdict in ("holds", "if_alike")
            right.plot(100 * difference.value, number, _DOTS[number], color=colour, ms=8,
                       mfc=colour if difference.verdict == "holds" else "white",
                       mew=1.6 if sure else 1.2)  # fmt: skip
        right.axvline(0, color="#333", lw=0.9)
        right.text(0, 0, " the one to compare with", va="center", color="#555", fontsize=8.5)
        left.axvline(0.5, color="#888", lw=1, ls=":")
        left.set(
            yticks=range(len(compared)),
            yticklabels=[name_of(one, 24) for one in compared],
            ylim=(len(compared) - 0.5, -0.5),
            xlim=(0, 1),
            xlabel="P(dormant), mean over the sites",
            title="How many would sleep",
        )
        right.set(
            xlabel=f"minus that of {compared[0].letter} (percentage points)", title="Difference"
        )
        for axes in (left, right):
            axes.tick_params(axis="y", length=0)
        figure.savefig(path)
    words = "Mean fraction asleep with its band (left) and its difference from the first (right). "
    if any(d is not None and d.kind == "paired" for d in row.differences):
        words += (
            "Thin: band of the difference where what is not known of the inks is off apart in the "
            "two; thick: where inks that stand for each other are off alike. Filled: zero lies "
            "outside both."
        )
    return words.rstrip()


def _mean_shares(one: Compared) -> dict[str, float]:
    return {cue: float(column(one, CUE_PREFIX + cue).mean()) for cue in one.result.cues}


def _columns(compared: Sequence[Compared]) -> int:
    return 2 if len(compared) != 3 else 3


def _edges(values: FloatArray) -> tuple[bool, FloatArray]:
    """Whether by decades, and the edges of the bins."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-6 * max(abs(high), 1e-12):
        return False, np.array([low * 0.97, low * 1.03]) if low else np.array([-0.5, 0.5])
    count = int(np.clip(1.5 * np.sqrt(len(values)), 8, 40))
    log = low > 0 and high > _LOG_FROM * low
    edges = np.geomspace(low, high, count + 1) if log else np.linspace(low, high, count + 1)
    edges[[0, -1]] = low, high
    return log, np.asarray(edges, dtype=np.float64)
