"""The plan of an experiment in a picture: the difference each assay would show of two designs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.assays.look import COLOURS, EDGE
from postprocess.assays.protocols import Contrast, Plan
from postprocess.assays.words import days
from postprocess.labels import percent
from postprocess.style import WIDTH, drawing, shorten

_MOST = 16  # rows that are drawn; the table holds all


def draw_plan(plan: Plan, path: Path) -> str:
    """Predicted differences with their bands, and how sure an experiment is; returns the caption.

    Parameters
    ----------
    plan
        The plan, best assay first.
    path
        The PNG file.
    """
    rows = list(plan.contrasts)[:_MOST]
    y = np.arange(len(rows))[::-1].astype(float)
    with drawing(WIDTH, 1.3 + 0.32 * len(rows)) as figure:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
        _differences(left, rows, y)
        right.barh(y, [one.power for one in rows], 0.62, facecolor="#9CC3E6", edgecolor=EDGE,
                   linewidth=0.5, label="for the difference predicted")  # fmt: skip
        right.plot([one.assurance for one in rows], y, "D", color=COLOURS["asleep"], ms=5,
                   label="over what is not known")  # fmt: skip
        right.axvline(plan.wanted, color="#222", lw=1.1, ls=(0, (5, 2)),
                      label=f"wanted: {percent(plan.wanted)}")  # fmt: skip
        right.set(xlim=(0, 1.02), xlabel="probability")
        right.set_title("Found with this effort")
        right.tick_params(axis="y", length=0)
        left.set_yticks(y, [f"{shorten(one.assay, 18)}, {days(one.at_h)}" for one in rows])
        left.set_ylim(-0.7, len(rows) - 0.3)
        handles = [part for axes in (left, right) for part in axes.get_legend_handles_labels()[0]]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        figure.savefig(path, metadata={"Software": None})
    level = percent(plan.band_level)
    return (
        f"Left: by how many points more (right of 0) or fewer cells of “{plan.second}” than of "
        f"“{plan.first}” would be called dormant, with the {level} band of what is not known of "
        "the rule, the same in both designs; upright stroke: the difference in G0 itself. Right: "
        "how probably the cells and replicates in the table find it."
    )


def _differences(axes: Any, rows: Sequence[Contrast], y: np.ndarray) -> None:
    for number, (at, one) in enumerate(zip(y, rows, strict=True)):
        low, value, high, true = (
            100 * end for end in (one.low, one.difference, one.high, one.true_difference)
        )
        names = ("band", "called dormant", "in G0") if number == 0 else ("", "", "")
        axes.plot([low, high], [at, at], color="#9CC3E6", lw=6, solid_capstyle="butt",
                  label=names[0] or None)  # fmt: skip
        axes.plot(value, at, "o", color="white", mec="#222", mew=1.4, ms=6, ls="",
                  label=names[1] or None)  # fmt: skip
        axes.plot(true, at, "|", color=COLOURS["asleep"], ms=13, mew=2.2, ls="",
                  label=names[2] or None)  # fmt: skip
    axes.axvline(0.0, color="#222", lw=0.9)
    axes.grid(axis="x", color="#dde2e8", lw=0.6)
    axes.set_xlabel("difference, percentage points")
    axes.set_title("What each assay would show")
