"""Sentences of the page, made from its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from postprocess.assays.calls import Errors, errors, last_readings
from postprocess.assays.numbers import (
    DAY,
    STANDSTILL,
    STANDSTILL_DAYS,
    Balance,
    Kind,
    Residual,
    clone_sizes,
    share_line,
)
from postprocess.assays.view import ASLEEP, Arm, AssayView, Contrast, Plan, Reading, Share
from postprocess.labels import percent, points, significant

MEANING = (
    "P(dormant) is the fraction of a heterogeneous cell population that would be in G0 arrest. No "
    "laboratory sees it: it sees labels, each wrong in its own way. Here cells are simulated one "
    "by one, so that what an assay calls dormant can be held against what is in G0."
)
_BALANCED = {
    "mass": "tumour-mass dormancy",
    "cellular": "cellular dormancy",
    "grows": "grows",
    "shrinks": "shrinks",
    "held": "size held from outside",
    "gone": "died out",
    "open": "not told",
}


def days(hours: float) -> str:
    """Time in days: ``"14 days"``, ``"1 day"``, ``"0.5 days"``."""
    number = significant(hours / DAY, 3)
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number}\u00a0day{'' if number == '1' else 's'}"


def share_words(share: Share) -> str:
    """A share in percent; a dash where there are no cells."""
    return percent(share.value) if share.cells else "–"


def interval_words(share: Share) -> str:
    """Its interval: ``"12 to 18 %"``; nothing where there are no cells."""
    return f"{100 * share.low:.0f} to {percent(share.high)}" if share.cells else ""


def headline(view: AssayView) -> str:
    """What is in G0 at the end, and what a laboratory would say."""
    arm = view.arms[0]
    line = share_line(arm, ASLEEP, view.level)
    if not np.isfinite(line.value[-1]):
        return f"After {days(arm.times_h[-1])} no cell is left alive."
    start = (
        f"After {days(arm.times_h[-1])}, {percent(line.value[-1])} of the living cells are in G0 "
        f"({100 * line.low[-1]:.0f} to {percent(line.high[-1])})."
    )
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
            "their cells awake come to hold most of them, and no assay can tell from which site a cell "
            "came."
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

    def told(which: list[str], what: str) -> list[str]:
        return [f"{_listed(which)} {what}"] if which else []

    above = [one.assay for one, _ in read if one.score.called.low > one.score.true.high]
    below = [one.assay for one, _ in read if one.score.called.high < one.score.true.low]
    slow = [one.assay for one, found in read if found.prefers_slow]
    missing = [one.assay for one, found in read if found.of_asleep > 0.5]
    return [
        *told(above, "call more cells dormant than are in G0, beyond sampling error."),
        *told(below, "call fewer cells dormant than are in G0, beyond sampling error."),
        *told(slow, "take slow-cycling cells for dormant more often than other cycling cells."),
        *told(missing, "miss more than half of the cells in G0."),
    ]


def _listed(names: Sequence[str]) -> str:
    start = "Of the assays, " if len(names) > 1 else "Of the assays only "
    joined = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return start + joined


def kind_words(kind: Kind) -> str:
    """Short name of what holds a size."""
    return _BALANCED[kind]


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
        return f"{one.name}: cellular dormancy. {edu} of the cells{_asleep(one)}: hardly a cell divides ({rate} per cell and day). The size {why}."
    growth = f"{_signed(one.net)} per day ({_signed(one.net_low)} to {_signed(one.net_high)})"
    if one.kind == "mass":
        return (
            f"{one.name}: tumour-mass dormancy. The size stands still ({growth}), yet {edu} of the "
            f"cells{_asleep(one)}: {rate} divisions per cell and day are balanced by as many deaths."
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
        f"halve (±{STANDSTILL:.2f} per day, assumption). Cells that divide more rarely than that are "
        "asleep: cellular dormancy. Where they divide more often and the size still stands, as "
        "many die: dormancy of the mass. Growth is read over the last quarter of each course; divisions "
        "of cells on their sites follow from the share in S, as all who divide pass through it: share ÷ (length of S + "
        "pulse)."
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


def residual_words(one: Residual, level: float) -> str:
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
    if value > 2.0:
        return f"{significant(value, 2)} ({significant(low, 2)} to {significant(high, 2)}) times"
    return f"{percent(value)} ({100 * low:.0f} to {percent(high)})"


def plan_words(plan: Plan) -> str:
    """Which assay tells two designs apart best."""
    best = plan.best
    if best is None:
        return (
            f"No assay simulated here tells “{plan.second}” from “{plan.first}” the right way "
            "round."
        )
    effort = best.effort
    need = (
        f"{_count(best.replicates_needed)} replicates of {effort.cells} cells"
        if best.replicates_needed is not None
        else "no usual number of replicates"
    )
    return (
        f"{best.assay} at {days(best.at_h)} tells “{plan.second}” from “{plan.first}” best: it "
        f"would call {percent(best.second)} dormant against {percent(best.first)} "
        f"({difference_words(best)} points). {effort.replicates} replicates of {effort.cells} "
        f"cells each find that with probability {percent(best.power)}; over what is not known of the "
        f"rule, {percent(best.assurance)}. {need[0].upper()}{need[1:]} reach "
        f"{percent(plan.wanted)}."
    )


def difference_words(one: Contrast) -> str:
    """Predicted difference with its band, in percentage points."""
    return f"{points(one.difference)}, band {points(one.low)} to {points(one.high)}"


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}".replace(",", "\u202f")


def needed_words(number: int | None) -> str:
    """Cells or replicates needed; "none does" where no number reaches the power."""
    return "none does" if number is None else _count(number)


def caution_words(one: Contrast) -> str:
    """What to heed of one row of a plan; nothing where there is nothing."""
    parts = []
    if one.misleads:
        parts.append("misleads: the difference in G0 has the other sign")
    if not one.resolved:
        parts.append("too few cells were simulated to tell it from none")
    if one.low < 0.0 < one.high:
        parts.append("the rule leaves the sign open")
    if one.few:
        parts.append("few cells on one side of the gate")
    return "; ".join(parts)
