"""Sentences on a plan: which assay tells two designs apart, and what it takes."""

from __future__ import annotations

from postprocess.assays.protocols import Contrast, Plan
from postprocess.assays.words import days
from postprocess.labels import percent, points


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
        f"cells each find that with probability {percent(best.power)}; over what is not known of "
        f"the rule, {percent(best.assurance)}. {need[0].upper()}{need[1:]} reach "
        f"{percent(plan.wanted)}."
    )


def difference_words(one: Contrast) -> str:
    """Predicted difference with its band, in percentage points."""
    return f"{points(one.difference)}, band {points(one.low)} to {points(one.high)}"


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}".replace(",", "\u202f")


def needed_words(number: int | None) -> str:
    """Cells or replicates needed; "no number" where none reaches the power."""
    return "no number" if number is None else _count(number)


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
