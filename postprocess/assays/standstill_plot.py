"""Cellular dormancy and dormancy of the mass told apart, in curves and in a plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.assays.balance import STANDSTILL, Balance
from postprocess.assays.look import EDGE, MARKS, line_look, mark_spells, plain_log
from postprocess.assays.numbers import DAY, labelled_line, size_line
from postprocess.assays.view import Arm, Cluster
from postprocess.style import WIDTH, drawing, halo, shorten


def draw_standstill(
    arms: Sequence[Arm],
    clusters: Sequence[Cluster],
    balances: Sequence[Balance],
    level: float,
    path: Path,
) -> str:
    """Size and EdU in time, and growth against divisions at the end; returns the caption.

    Parameters
    ----------
    arms, clusters
        Courses of cells on their sites, and masses of cells.
    balances
        Of the arms, then of the clusters.
    level
        Coverage of the intervals.
    path
        The PNG file.
    """
    with drawing(WIDTH, 6.6) as figure:
        upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.25))
        left, right = upper.subplots(1, 2)
        for number, arm in enumerate(arms):
            look, size, edu = line_look(number), size_line(arm, level), labelled_line(arm, level)
            start = size.value[0]
            left.fill_between(size.times_h / DAY, size.low / start, size.high / start,
                              color=look["color"], alpha=0.2, lw=0)  # fmt: skip
            left.plot(size.times_h / DAY, size.value / start, lw=1.7, **look)
            right.fill_between(edu.times_h / DAY, edu.low, edu.high, color=look["color"],
                               alpha=0.2, lw=0)  # fmt: skip
            right.plot(edu.times_h / DAY, edu.value, lw=1.7, **look)
            for axes in (left, right):
                mark_spells(axes, arm.spells, named=False)
        for number, cluster in enumerate(clusters, len(arms)):
            look, t = line_look(number), cluster.times_h / DAY
            start = cluster.cells[0]
            left.fill_between(t, cluster.low / start, cluster.high / start, color=look["color"],
                              alpha=0.2, lw=0)  # fmt: skip
            left.plot(t, cluster.cells / start, lw=1.7, **look)
            right.plot(t, cluster.labelled, lw=1.7, **look)
        left.set_yscale("log")
        left.set(xlabel="days", ylabel="size, × start")
        plain_log(left.yaxis, np.array(left.get_ylim()))
        left.axhline(1.0, color=EDGE, lw=0.8)
        left.set_title("Size")
        right.set(xlabel="days", ylabel="share marked by EdU", ylim=(0, None))
        right.set_title("Who makes DNA")
        _plane(lower.subplots(), balances)
        figure.savefig(path, metadata={"Software": None})
    return (
        "Above: size and share of cells that make DNA, in time. Below: growth of the size against "
        "divisions, at the end of each course. In the shaded strip the size stands still: at its "
        "left end because hardly a cell divides (cellular dormancy), elsewhere because as many die "
        "as are born (dormancy of the mass). Size alone cannot tell the two apart. Above the "
        "broken line a size would grow faster than cells divide. Bars: sampling error."
    )


def _plane(axes: Any, balances: Sequence[Balance]) -> None:
    shown = [(n, one) for n, one in enumerate(balances) if math.isfinite(one.net)]
    right = 1.25 * max([4 * STANDSTILL, *(one.births for _, one in shown)])
    ends = [0.25, *(one.net for _, one in shown)]
    top, bottom = 1.2 * max(ends), 1.2 * min([-0.25, *ends])
    axes.set(xlim=(0, right), ylim=(bottom, top))
    axes.fill_between([0, right], -STANDSTILL, STANDSTILL, color="#000", alpha=0.07, lw=0)
    axes.fill_between([0, STANDSTILL], -STANDSTILL, STANDSTILL, color="#123570", alpha=0.3, lw=0)
    far = np.array([0.0, max(right, top)])
    axes.plot(far, far, color=EDGE, lw=1, ls=(0, (2, 2)))
    axes.axhline(0.0, color=EDGE, lw=0.7)
    words = {"color": "#444", "fontsize": 8, "path_effects": halo(2.5), "va": "center"}
    axes.annotate(
        "cellular dormancy", (0.5 * STANDSTILL, 0.0), (0.03 * right, 0.55 * bottom),
        arrowprops={"arrowstyle": "-", "color": "#444", "lw": 0.8}, **words,
    )  # fmt: skip
    axes.text(0.985 * right, STANDSTILL + 0.05 * top, "tumour-mass dormancy", ha="right", **words)
    axes.text(0.985 * right, 0.9 * bottom, "shrinks", ha="right", **words)
    axes.text(0.985 * right, 0.9 * top, "grows", ha="right", **words)
    for number, one in shown:
        look, mark = line_look(number), MARKS[number % len(MARKS)]
        colour = look["color"]
        name = shorten(one.name, 34)
        if one.fixed:
            # Its size could not change: only divisions were told.
            axes.plot(one.births, 0.0, marker=mark, mfc="white", mec=colour, mew=1.6, ms=7.5,
                      label=f"{name} (size held)", clip_on=False, zorder=4, **look)  # fmt: skip
            continue
        axes.plot([one.births] * 2, [one.net_low, one.net_high], color=colour, lw=1.3, zorder=3)
        axes.plot(one.births, one.net, marker=mark, mec="white", mew=0.7, ms=8, label=name,
                  clip_on=False, zorder=4, **look)  # fmt: skip
    axes.set(xlabel="divisions per cell and day", ylabel="growth of the size per day")
    axes.set_title("What holds the size")
    if shown:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=3.2)
