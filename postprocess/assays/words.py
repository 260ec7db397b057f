"""Sentences of the page, made from its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from postprocess.assays.calls import Errors, errors, last_readings
from postprocess.assays.numbers import DAY, share_line
from postprocess.assays.protocols import Share
from postprocess.assays.view import ASLEEP, Arm, AssayView, Reading
from postprocess.labels import percent, significant

MEANING = (
    "P(dormant) is the fraction of a heterogeneous cell population that would be in G0 arrest. No "
    "laboratory sees it: it sees labels, each wrong in its own way. Here cells are simulated one "
    "by one, so that what an assay calls dormant can be held against what is in G0."
)


def day_number(hours: float) -> str:
    """Time as a number of days: ``"14"``, ``"0.5"``."""
    number = significant(hours / DAY, 3)
    return number.rstrip("0").rstrip(".") if "." in number else number


def days(hours: float) -> str:
    """Time in days: ``"14 days"``, ``"1 day"``, ``"0.5 days"``."""
    number = day_number(hours)
    return f"{number}\u00a0day{'' if number == '1' else 's'}"


def between(low: float, high: float) -> str:
    """An interval of shares: ``"12 to 18 %"``; one number where its ends read the same."""
    ends = percent(low), percent(high)
    first = ends[0].removesuffix("\u00a0%")  # the sign once, after the second
    return ends[0] if ends[0] == ends[1] else f"{first} to {ends[1]}"


def share_words(share: Share) -> str:
    """A share in percent; a dash where there are no cells."""
    return percent(share.value) if share.cells else "–"


def interval_words(share: Share) -> str:
    """Its interval: ``"12 to 18 %"``; nothing where there are no cells."""
    return between(share.low, share.high) if share.cells else ""


def headline(view: AssayView) -> str:
    """What is in G0 at the end, and what a laboratory would say."""
    arm = view.arms[0]
    line = share_line(arm, ASLEEP, view.level)
    if not np.isfinite(line.value[-1]):
        return f"After {days(arm.times_h[-1])} no cell is left alive."
    start = (
        f"After {days(arm.times_h[-1])}, {percent(line.value[-1])} of the living cells are in G0"
    )
    if np.isfinite(line.low[-1]):
        start += f" ({between(line.low[-1], line.high[-1])})"
    start += "."
    last = [one for one in last_readings(arm.readings) if one.score.called.cells]
    if len(last) < 2:
        return start
    last.sort(key=lambda one: one.score.called.value)
    near = min(last, key=lambda one: abs(one.score.called.value - one.score.true.value))
    return (
        f"{start} A laboratory would say anything from {percent(last[0].score.called.value)} "
        f"({last[0].assay}) to {percent(last[-1].score.called.value)} ({last[-1].assay}); nearest "
        f"to the truth comes {near.assay} with {percent(near.score.called.value)}."
    )


def beside_p(arm: Arm, level: float) -> str:
    """How the share of all cells in G0 and the mean P over the sites differ."""
    line = share_line(arm, ASLEEP, level)
    mean, low, high = arm.p_band
    rule = (
        f"The mean P(dormant) over the sites is {percent(mean)}, {percent(low)} to {percent(high)} "
        "by what is uncertain in the rule: that band is no sampling error and is shown apart."
    )
    if arm.fixed or arm.spells or not np.isfinite(line.value[-1]):
        return rule
    if line.high[-1] < mean:
        return (
            f"{rule} Of all cells fewer are in G0, {percent(line.value[-1])}: sites that keep "
            "their cells awake come to hold most of them, and no assay can tell from which site a "
            "cell came."
        )
    return rule


def wrong_words(found: Errors) -> str:
    """Which error dominates an assay, from its counts."""
    if not found.cells:
        return "No cell was there to be read."
    if not found.wrong:
        return "No call is wrong."
    names = {
        "missed": "missed G0",
        "slow": "slow-cyclers over-called",
        "cycling": "cycling cells over-called",
    }
    top = found.dominant
    heads = " and ".join(names[kind] for kind in top)
    share = sum(int(getattr(found, kind)) for kind in top) / found.wrong
    if len(top) == 3:
        text = "No kind of error stands out."
    else:
        text = f"{heads[0].upper()}{heads[1:]}: {percent(share)} of its wrong calls."
    parts = []
    if math.isfinite(found.of_asleep):
        parts.append(f"misses {percent(found.of_asleep)} of the cells in G0")
    over = []
    if math.isfinite(found.of_slow):
        over.append(f"{percent(found.of_slow)} of the slow-cycling")
    if math.isfinite(found.of_cycling):
        over.append(f"{percent(found.of_cycling)} of the other cycling cells")
    if over:
        parts.append(f"calls dormant {' and '.join(over)}")
    text += f" It {' and '.join(parts)}."
    if found.prefers_slow and "slow" not in top:
        text += " Slow-cyclers are over-called more often than others."
    return text


def compared(readings: Sequence[Reading]) -> list[str]:
    """Sentences on the assays together: who over-calls, who misses."""
    read = [(one, errors(one)) for one in last_readings(tuple(readings)) if len(one.gate)]

    def told(which: list[str], verb: str, rest: str) -> list[str]:
        if not which:
            return []
        if len(which) == 1:
            return [f"Only {which[0]} {verb}{'es' if verb.endswith('s') else 's'} {rest}"]
        return [f"{', '.join(which[:-1])} and {which[-1]} {verb} {rest}"]

    above = [one.assay for one, _ in read if one.score.called.low > one.score.true.high]
    below = [one.assay for one, _ in read if one.score.called.high < one.score.true.low]
    slow = [one.assay for one, found in read if found.prefers_slow]
    missing = [one.assay for one, found in read if found.of_asleep > 0.5]
    return [
        *told(above, "call", "more cells dormant than are in G0, beyond sampling error."),
        *told(below, "call", "fewer cells dormant than are in G0, beyond sampling error."),
        *told(slow, "take", "slow-cycling cells for dormant more often than other cycling cells."),
        *told(missing, "miss", "more than half of the cells in G0."),
    ]
