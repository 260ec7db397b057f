"""Sentences of the page of a sweep."""

from __future__ import annotations

import numpy as np

from postprocess.labels import percent, quantity
from postprocess.sweep.best import Ranking
from postprocess.sweep.effects import Effect
from postprocess.sweep.points import Points, tied
from postprocess.sweep.quantities import MEAN_P, Quantity
from postprocess.sweep.view import SweepInput

MEANING = (
    "P(dormant) is the fraction of a heterogeneous cell population that would be in G0 arrest. It "
    "is what a stated rule makes of stiffness and cues, not a measurement."
)


def listed(names: list[str], most: int = 6) -> str:
    """Names with commas and "and"; many are cut short."""
    shown = names[:most]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def worded(value: float, item: Quantity) -> str:
    """Value of an output in a sentence: fractions as percent, others with their unit."""
    return percent(value) if item.fraction else quantity(value, item.unit)


def headline(points: Points) -> str:
    """What the sweep found, in one or two sentences."""
    view = points.view
    if len(points) == 0:
        return (
            "No case has a result."
            if view.count("left") == 0
            else "No case has a result yet: the sweep was not finished."
        )
    value = points.of(MEAN_P).value
    low, high = float(value.min()), float(value.max())
    names = listed([item.label for item in view.varied])
    count = f"{len(view.done)} case{'s' if len(view.done) > 1 else ''}"
    if len(points) == 1:
        return f"{count} of one design: mean P(dormant) is {percent(low)}."
    if percent(low) == percent(high):
        return f"Over {count}, mean P(dormant) hardly moves with {names}: it is {percent(low)}."
    return (
        f"Over {count}, mean P(dormant) runs from {percent(low)} to {percent(high)} with {names}."
    )


def strongest(effects: list[Effect]) -> str:
    """Which input moves the mean P(dormant) most; nothing where none does."""
    if not effects or effects[0].span < 0.005:
        return ""
    top = effects[0]
    others = ", the other inputs averaged" if len(effects) > 1 else ""
    return (
        f"What moves it most is {top.item.label}: from {percent(top.low)} at "
        f"{at(top.low_at, top.item)} to {percent(top.high)} at {at(top.high_at, top.item)}{others}."
    )


def at(text: str, item: SweepInput) -> str:
    """Value of an input with its unit."""
    return f"{text}\u00a0{item.unit}" if item.unit else text


def inseparable(points: Points) -> list[str]:
    """Sentences on inputs that were varied together."""
    return [
        f"{one.label} and {other.label} were varied together, so this sweep cannot tell what "
        "either does alone."
        for one, other in tied(points)
    ]


def decided(ranking: Ranking) -> str:
    """How sure the first case is the first."""
    total = len(ranking.rows)
    if total < 2:
        return ""
    if not ranking.quantity.banded:
        return "This output has no band, so nothing is said on how surely the first is the first."
    if ranking.undecided == 0:
        return "The band of the first is apart from the bands of all others."
    return (
        f"{ranking.undecided} of the {total - 1} others cannot be told apart from the first: their "
        "bands reach its band."
    )


def spread_words(points: Points, item: Quantity) -> tuple[str, str]:
    """Lowest and highest central value of an output, as text; dashes where it has none."""
    value = points.of(item).value
    value = value[np.isfinite(value)]
    if len(value) == 0:
        return "–", "–"
    low, high = (worded(float(end), item) for end in (value.min(), value.max()))
    # The unit once, after the second of the two.
    return (low if low == high else low.removesuffix(f"\u00a0{item.unit or '%'}")), high
