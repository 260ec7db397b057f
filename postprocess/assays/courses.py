"""Cells in time: numbers, what sleeps, what makes DNA, what a treatment leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.assays.look import (
    COLOURS,
    EDGE,
    HATCHES,
    KINDS,
    MARKS,
    NAMES,
    arm_name,
    line_look,
    mark_spells,
    plain_log,
)
from postprocess.assays.numbers import DAY, clone_sizes, groups_by_p, share_line, size_line
from postprocess.assays.view import ASLEEP, Arm, States
from postprocess.contract import FloatArray
from postprocess.style import WIDTH, drawing

_MOST_LEVEL = 9  # classes of clone sizes whose names fit beside each other
_LOG_FROM = 5.0  # ratio of the largest to the smallest number from which it is shown by decades


def draw_courses(arms: Sequence[Arm], level: float, path: Path) -> str:
    """Numbers and G0 fraction in time, with P(dormant) of the rule beside; returns the caption.

    Parameters
    ----------
    arms
        The courses.
    level
        Coverage of the intervals.
    path
        The PNG file.
    """
    with drawing(WIDTH, 3.7) as figure:
        left, middle, rule = figure.subplots(1, 3, width_ratios=(1, 1, 0.22))
        highest = []
        for number, arm in enumerate(arms):
            look = line_look(number)
            size = size_line(arm, level)
            highest.append(size.value)
            for axes, line in ((left, size), (middle, share_line(arm, ASLEEP, level))):
                t = line.times_h / DAY
                axes.fill_between(t, line.low, line.high, color=look["color"], alpha=0.22, lw=0)
                axes.plot(t, line.value, lw=1.8, label=arm_name(arm), **look)
            _rule_bar(rule, arm, number)
        if _by_decades(np.concatenate(highest)):
            left.set_yscale("log")
            left.set_ylim(bottom=_floor(np.concatenate(highest)))
            plain_log(left.yaxis, np.concatenate(highest))
        else:
            left.set_ylim(0, None)
        for axes in (left, middle):
            axes.set_xlim(0, max(arm.times_h[-1] for arm in arms) / DAY)
            axes.set_xlabel("days")
            for arm in arms:
                mark_spells(axes, arm.spells, named=False)
        left.set_ylabel("living cells per founder")
        left.set_title("Numbers")
        middle.set(ylim=(0, 1), ylabel="share of the living cells")
        middle.set_title("In G0")
        rule.set(ylim=(0, 1), xlim=(-0.6, len(arms) - 0.4), xticks=[], yticklabels=[])
        rule.set_title("Mean P")
        rule.set_xlabel("rule")
        figure.legend(
            *left.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(arms), 3)
        )
        figure.savefig(path, metadata={"Software": None})
    treated = any(arm.spells for arm in arms)
    return (
        "Mean over clones and its sampling error (areas): living cells per founder, and the share "
        "of all living cells in G0. Apart, at the right: the mean P(dormant) over the sites with "
        "the band of the rule, which more cells would not narrow."
        + (" Dotted upright lines: a treatment starts." if treated else "")
    )


def _rule_bar(axes: Any, arm: Arm, number: int) -> None:
    mean, low, high = arm.p_band
    colour = line_look(number)["color"]
    axes.plot([number, number], [low, high], color=colour, lw=5, alpha=0.35, solid_capstyle="butt")
    axes.plot(number, mean, MARKS[number % len(MARKS)], color=colour, ms=6, mec="white", mew=0.6)


def _by_decades(values: FloatArray) -> bool:
    positive = values[values > 0]
    return len(positive) > 0 and bool(positive.max() > _LOG_FROM * positive.min())


def _floor(values: FloatArray) -> float:
    """Lower end of an axis by decades: below the least positive number."""
    return float(values[values > 0].min()) * 0.7


def draw_held(arms: Sequence[Arm], level: float, path: Path) -> str:
    """G0 fraction of groups of clones against their P(dormant); returns the caption.

    Parameters
    ----------
    arms
        Courses without treatment.
    level
        Coverage of the intervals.
    path
        The PNG file.
    """
    with drawing(WIDTH, 3.6) as figure:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=EDGE, lw=1, ls=(0, (2, 2)), label="share = P")
        for number, arm in enumerate(arms):
            groups, colour = groups_by_p(arm, level), line_look(number)["color"]
            axes.vlines(groups.p, groups.low, groups.high, color=colour, lw=1.4)
            axes.plot(groups.p, groups.value, MARKS[number % len(MARKS)], color=colour, ms=5.5,
                      mec="white", mew=0.6, label=arm_name(arm))  # fmt: skip
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="P(dormant) of the cells’ sites",
                 ylabel="share in G0 at the end", aspect="equal")  # fmt: skip
        axes.set_title("Do sites keep their P?")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
        figure.savefig(path, metadata={"Software": None})
    return (
        "Clones in groups of like P(dormant): the share of their cells in G0 at the end, with its "
        "sampling error, against the mean P of the same cells. Off the line: the course is too "
        "short for the share to have settled, or chance."
    )


def draw_clones(arms: Sequence[Arm], path: Path) -> str:
    """Share of the clones by their living cells at the end; returns the caption.

    Parameters
    ----------
    arms
        Courses whose numbers can change.
    path
        The PNG file.
    """
    sizes = [clone_sizes(arm)[-1] for arm in arms]
    classes = int(np.ceil(np.log2(max(2, max(int(size.max()) for size in sizes))))) + 1
    edges = np.concatenate([[-0.5, 0.5], 2.0 ** np.arange(classes) + 0.5])
    names = ["0", "1", "2", *(f"{2**k + 1}–{2 ** (k + 1)}" for k in range(1, classes - 1))]
    width, x = 0.82 / len(arms), np.arange(classes + 1)
    with drawing(WIDTH, 3.0) as figure:
        axes = figure.subplots()
        for number, (arm, size) in enumerate(zip(arms, sizes, strict=True)):
            share = np.histogram(size, edges)[0] / len(size)
            axes.bar(
                x + (number - 0.5 * (len(arms) - 1)) * width,
                share,
                width,
                color=line_look(number)["color"],
                hatch=("", "////", "....", "xx", "\\\\\\\\")[number % 5],
                edgecolor="white",
                linewidth=0.4,
                label=arm_name(arm),
            )
        axes.set_xticks(x, names[: classes + 1])
        if classes > _MOST_LEVEL:
            axes.tick_params(axis="x", labelrotation=40)
        axes.set(xlabel="living cells of a clone at the end", ylabel="share of the clones")
        axes.set_title("Clone sizes")
        figure.legend(
            *axes.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(arms), 3)
        )
        figure.savefig(path, metadata={"Software": None})
    return "Clones by their living cells at the end; each founder is a clone, 0: died out."


def draw_states(arms: Sequence[tuple[Arm, States]], path: Path) -> str:
    """Living cells by state in time, arm beside arm; returns the caption.

    Parameters
    ----------
    arms
        Courses with their states, at least one.
    path
        The PNG file.
    """
    from matplotlib.patches import Patch

    columns = min(len(arms), 2)
    rows = -(-len(arms) // columns)
    with drawing(WIDTH, 0.6 + 2.5 * rows) as figure:
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (arm, states) in zip(grid, arms, strict=False):
            below = np.zeros(len(states.times_h))
            for kind in KINDS:
                above = below + getattr(states, kind)
                axes.fill_between(states.times_h / DAY, below, above, facecolor=COLOURS[kind],
                                  hatch=HATCHES[kind], edgecolor=EDGE, lw=0.3)  # fmt: skip
                below = above
            axes.set(xlim=(states.times_h[0] / DAY, states.times_h[-1] / DAY), ylim=(0, None),
                     xlabel="days", ylabel="living cells")  # fmt: skip
            axes.set_ylim(0, 1.25 * max(float(below.max()), 1.0))
            mark_spells(axes, arm.spells)
            axes.set_title(arm_name(arm, 34))
        for axes in grid[len(arms) :]:
            axes.set_axis_off()
        handles = [
            Patch(facecolor=COLOURS[kind], hatch=HATCHES[kind], edgecolor=EDGE, lw=0.4,
                  label=NAMES[kind])
            for kind in KINDS
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        figure.savefig(path, metadata={"Software": None})
    return (
        "Living cells by what they do, stacked. Each panel has its own scale: what a treatment "
        "leaves is read from how the colours share the height."
    )
