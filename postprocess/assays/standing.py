"""Sentences on what holds a size, how clones differ, and what a treatment leaves."""

from __future__ import annotations

import math

import numpy as np

from postprocess.assays.balance import STANDSTILL, STANDSTILL_DAYS, Balance, Kind
from postprocess.assays.numbers import Residual, clone_sizes
from postprocess.assays.view import Arm
from postprocess.assays.words import between, days
from postprocess.labels import percent, significant

_KINDS = {
    "mass": "tumour-mass dormancy",
    "cellular": "cellular dormancy",
    "grows": "grows",
    "shrinks": "shrinks",
    "held": "size held from outside",
    "gone": "died out",
    "open": "not told",
}


def kind_words(kind: Kind) -> str:
    """Short name of what holds a size."""
    return _KINDS[kind]


def balance_words(one: Balance) -> str:
    """What holds a size, with the numbers that say so."""
    if one.kind == "gone":
        return f"{one.name}: no cell is left alive."
    edu = f"EdU would mark {percent(one.labelled)}"
    rate = _rate(one.births)
    if one.kind == "held":
        return (
            f"{one.name}: {edu} of the cells, {rate} divisions per cell and day; the course holds "
            "one cell per place, so its constant size says nothing of dormancy."
        )
    if one.kind == "cellular":
        why = "held at one cell per place" if one.fixed else "stands still"
        return (
            f"{one.name}: cellular dormancy. {edu} of the cells{_asleep(one)}: hardly a cell "
            f"divides ({rate} per cell and day). The size {why}."
        )
    growth = f"{_signed(one.net)} per day"
    if one.net_high - one.net_low > 0.005:
        growth += f", {_signed(one.net_low)} to {_signed(one.net_high)}"
    if one.kind == "mass":
        return (
            f"{one.name}: tumour-mass dormancy. The size stands still ({growth}), yet {edu} of the "
            f"cells{_asleep(one)}: {rate} divisions per cell and day are balanced by as many "
            "deaths."
        )
    if one.kind == "open":
        return f"{one.name}: growth of {growth} does not tell standstill from change."
    verb = "grows" if one.kind == "grows" else "shrinks"
    return (
        f"{one.name}: {verb} ({growth}). {edu}; {rate} divisions and {_rate(one.deaths)} deaths "
        "per cell and day. Not dormant as a mass."
    )


def _asleep(one: Balance) -> str:
    return f", {percent(one.asleep)} are in G0" if math.isfinite(one.asleep) else ""


def _rate(value: float) -> str:
    return significant(value, 2) if value >= 0.01 else "under 0.01"


def _signed(value: float) -> str:
    text = f"{value:+.2f}".replace("-", "−")
    return "0.00" if text[1:] == "0.00" else text


def standstill_words() -> str:
    """What counts as standing still."""
    return (
        f"A size stands still that would take more than {STANDSTILL_DAYS:.0f} days to double or "
        f"halve (±{STANDSTILL:.2f} per day, assumption). Cells that divide more rarely than that "
        "are asleep: cellular dormancy. Where they divide more often and the size still stands, as "
        "many die: dormancy of the mass. Growth is read over the last quarter of each course; "
        "divisions of cells on their sites follow from the share that a pulse of EdU marks, as all "
        "that divide pass through S: share ÷ (length of S + pulse)."
    )


def clone_words(arm: Arm) -> str:
    """How unequal the clones of a course became."""
    sizes = clone_sizes(arm)[-1]
    living = sizes[sizes > 0]
    if not len(living):
        return f"{arm.name}: no clone is left."
    ordered = np.sort(sizes)[::-1]
    tenth = max(1, round(len(sizes) / 10))
    return (
        f"{arm.name}: {percent(1 - len(living) / len(sizes))} of {len(sizes)} clones died out, "
        f"{percent(np.mean(sizes == 1))} are single cells, the largest has {living.max()}; the "
        f"largest tenth holds {percent(ordered[:tenth].sum() / sizes.sum())} of the cells."
    )


def residual_words(one: Residual) -> str:
    """What a treatment leaves of all cells, and of those in G0."""
    if not math.isfinite(one.share_after):
        return f"{one.name}: no cell survives."
    text = (
        f"{one.name}: at the end {_ratio(one.survivors)} as many cells are alive as when "
        f"{one.spell} started ({days(one.start_h)}), and {percent(one.share_after)} of them are in "
        f"G0, against {percent(one.share_before)} then."
    )
    if math.isfinite(one.asleep[0]):
        text += f" Cells in G0: {_ratio(one.asleep)} as many as then."
    return text


def _ratio(number: tuple[float, float, float]) -> str:
    value, low, high = number
    if not math.isfinite(low):
        return percent(value)
    if value > 2.0:
        return f"{significant(value, 2)} ({significant(low, 2)} to {significant(high, 2)}) times"
    return f"{percent(value)} ({between(low, high)})"
