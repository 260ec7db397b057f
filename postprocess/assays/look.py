"""Colours, hatches and lines that all pictures of the assays share; each reads in grey too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from postprocess.assays.numbers import DAY
from postprocess.assays.view import Arm, Spell
from postprocess.contract import FloatArray
from postprocess.labels import plain
from postprocess.style import INK_COLOURS, SLEEP_COLOUR, halo, shorten

KINDS = ("asleep", "slow", "cycling")
"""States of a cell, in the order in which they are stacked."""

NAMES = {"asleep": "in G0", "slow": "slow-cycling", "cycling": "cycling"}
COLOURS = {"asleep": SLEEP_COLOUR, "slow": "#5BA7D1", "cycling": "#F1E2A6"}
HATCHES = {"asleep": "", "slow": "////", "cycling": "...."}
EDGE = "#5b6675"
"""Of hatches, gates and thin lines."""

_FEW_DECADES = 40.0  # ratio of the ends of an axis below which 2 and 5 are labelled too

LINES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.4, 1.4)), (0, (7, 2, 1.4, 2)), (0, (3, 1)))
MARKS = ("o", "^", "s", "D", "v", "P", "X", "<")


def line_look(number: int) -> dict[str, Any]:
    """Colour and dash of the course of a number, from 0."""
    return {"color": INK_COLOURS[number % len(INK_COLOURS)], "ls": LINES[number % len(LINES)]}


def bar_look(kind: str) -> dict[str, Any]:
    """Fill, hatch and edge of cells of a state."""
    return {
        "facecolor": COLOURS[kind],
        "hatch": HATCHES[kind],
        "edgecolor": EDGE,
        "linewidth": 0.4,
    }


def mark_spells(axes: Any, spells: Sequence[Spell], *, named: bool = True) -> None:
    """Draw where treatments start on an axis of days."""
    for number, spell in enumerate(spells):
        at = spell.start_h / DAY
        axes.axvline(at, color=EDGE, lw=0.9, ls=(0, (2, 2)), zorder=1.5)
        if named:
            axes.text(
                at,
                0.97 - 0.09 * (number % 3),
                f" {shorten(spell.name, 24)}",
                transform=axes.get_xaxis_transform(),
                fontsize=7.5,
                color="#222",
                va="top",
                path_effects=halo(2.5),
            )


def plain_log(axis: Any, values: FloatArray) -> None:
    """Label a logarithmic axis with plain numbers: each decade, or 1, 2 and 5 where there are few.

    Parameters
    ----------
    axis
        Of matplotlib.
    values : ndarray
        What is shown along it; those at 0 or below are not.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    shown = values[np.isfinite(values) & (values > 0)]
    few = len(shown) > 0 and shown.max() < _FEW_DECADES * shown.min()
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(float(value))))
    axis.set_minor_formatter(NullFormatter())


def arm_name(arm: Arm, length: int = 30) -> str:
    """Name of a course for a legend."""
    return shorten(arm.name, length)
