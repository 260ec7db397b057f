"""What a comparison says in plain sentences made from its numbers. Plain text, never markup."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from postprocess.compare.difference import Differences
from postprocess.compare.headline import VERDICTS, Difference, Row
from postprocess.compare.pairs import Compared, Pairing, changed_sides, column, same_places
from postprocess.contract import CUE_PREFIX
from postprocess.labels import cue_label, percent, points, signed, significant
from postprocess.narrative import band_level
from postprocess.style import shorten

_NAME = 60  # signs of a name in a sentence
_FIRST_PATHS = 3  # paths that a sentence names at most


def lead(compared: Sequence[Compared], row: Row) -> list[str]:
    """One sentence for each result after the first: how mean P differs, and how surely."""
    first = row.numbers[0]
    assert first is not None, "every result has a mean P"
    said = []
    for one, number, difference in zip(compared[1:], row.numbers[1:], row.differences, strict=True):
        assert number is not None, "every result has a mean P"
        assert difference is not None, "every result has a mean P"
        step = points(difference.value)
        gap = "no difference to speak of" if step == "0" else f"{step} percentage points"
        said.append(
            f"On average {percent(number.value)} of the cells would sleep in {one.letter} "
            f"(“{shorten(one.name, _NAME)}”) and {percent(first.value)} in {compared[0].letter} "
            f"(“{shorten(compared[0].name, _NAME)}”): {gap}. {band_sentence(difference)}"
        )
    return said


def band_sentence(difference: Difference) -> str:
    """What the band says of a difference of fractions."""
    if difference.low is None or difference.high is None:
        return "There is no band."
    band = f"{points(difference.low)} to {points(difference.high)} points"
    if difference.kind == "unpaired":
        end = (
            "the bands of the two do not touch, so the sign holds"
            if difference.verdict == "holds"
            else "the bands of the two overlap; taken apart like this they leave the sign open"
        )
        return f"Band of the difference, unpaired: {band}; {end}."
    assert difference.alike is not None, "a paired difference has both bands"
    alike = f"{points(difference.alike.low)} to {points(difference.alike.high)} points"
    if difference.verdict == "same":
        return "The rule says the same of both in every sample."
    if difference.verdict == "holds":
        return f"Band of the difference: {band}; its sign holds over all the stated ranges."
    if difference.verdict == "if_alike":
        return (
            f"Band of the difference: {alike} if the inks are off alike, {band} if they are off "
            "apart: the sign holds only as far as the inks of the two err together."
        )
    return f"Band of the difference: {band}, which reaches zero: the sign is open."


def verdict(difference: Difference) -> str:
    """The verdict of a table, in short."""
    if difference.verdict == "open" and difference.kind == "unpaired":
        return "open (bands overlap)"
    if difference.verdict == "holds" and difference.kind == "unpaired":
        return "the sign holds (bands apart)"
    return VERDICTS[difference.verdict]


def number_words(value: float | None, unit: str) -> str:
    """A headline number: a fraction as percent, anything else with its unit."""
    if value is None:
        return "–"
    return percent(value) if unit == "share" else f"{significant(value)}\u00a0{unit}"


def step_words(value: float | None, unit: str) -> str:
    """A difference with its sign: percentage points, or the unit of the number."""
    if value is None:
        return "–"
    if unit == "share":
        return points(value)
    return f"{'+' if value > 0 else ''}{significant(value)}"


def paths(compared: Sequence[Compared]) -> list[str]:
    """By which path each result differs from the first, in mean shares of the log-odds."""
    first = compared[0]
    said = []
    for one in compared[1:]:
        cues = dict.fromkeys((*first.result.cues, *one.result.cues))
        steps = {cue: _mean(one, cue) - _mean(first, cue) for cue in cues}
        moved = sorted((c for c in steps if abs(steps[c]) >= 0.005), key=lambda c: -abs(steps[c]))
        if not moved:
            said.append(f"{one.letter} differs from {first.letter} in no path.")
            continue
        named = "; ".join(f"{cue_label(cue)} {signed(steps[cue])}" for cue in moved[:_FIRST_PATHS])
        rest = len(moved) - _FIRST_PATHS
        more = f"; {rest} more" if rest > 0 else ""
        said.append(
            f"From {first.letter} to {one.letter} the mean log-odds of sleep change by "
            f"{signed(sum(steps.values()))}: {named}{more}. Positive keeps asleep; +0.69 doubles "
            "the odds."
        )
    return said


def cell_by_cell(first: Compared, other: Compared) -> str:
    """What becomes of each cell, or that the cells are not the same ones."""
    if not same_places(first, other):
        return (
            f"The cells of {other.letter} do not sit where those of {first.letter} do: they are "
            "compared as crowds, not one by one."
        )
    before, after = column(first, "p_dormant"), column(other, "p_dormant")
    up, down = (int(mask.sum()) for mask in changed_sides(before, after))
    change = after - before
    low, high = np.percentile(change, [5, 95])
    return (
        f"The {len(before)} cells of {other.letter} sit where those of {first.letter} do. P rises "
        f"in {int((change > 1e-9).sum())} of them and falls in {int((change < -1e-9).sum())}; the "
        f"change is {points(float(low))} to {points(float(high))} points (5 to 95 % of the cells). "
        f"{up} go from under to over one half, {down} the other way."
    )


def pairing_sentence(compared: Sequence[Compared], pairings: Sequence[Pairing]) -> list[str]:
    """How the bands of the differences were made."""
    said = []
    if any(pairing.numbers for pairing in pairings):
        level = band_level(compared[0].result.case)
        share = f" (the middle {percent(level)} of the samples)" if level else ""
        said.append(
            "Both results rest on the same uncertain numbers of the rule. For the differences of P "
            f"the rule was asked again with the same draws of them for both{share}; the band of "
            "such a paired difference is mostly far narrower than the two bands suggest. What is "
            "not known of the stiffness of the inks is drawn in two ways, for no result says which "
            "is so: alike, where inks that stand for each other are off by the same draw, and "
            "apart, where only inks that both cases describe in the same words share one."
        )
    for one, pairing in zip(compared[1:], pairings, strict=True):
        if pairing.why_not:
            said.append(
                f"The difference of {one.letter} is not paired, for the rule could not be asked "
                f"again: {pairing.why_not}. Its band spans the far ends of both bands, which is "
                "wider than it need be."
            )
    said.append(
        "Differences of stiffness are not paired: their band goes from one far end to the other."
    )
    return said


def cautions(compared: Sequence[Compared], differ: Differences) -> list[str]:
    """What must be known before the results are compared."""
    first = compared[0]
    said = []
    for one in compared[1:]:
        if one.result.case.get("hash") == first.result.case.get("hash"):
            said.append(f"{first.letter} and {one.letter} are results of the same case.")
        if one.result.summary["preset"] != first.result.summary["preset"]:
            said.append(
                f"{one.letter} was asked with the preset “{one.result.summary['preset']}” and "
                f"{first.letter} with “{first.result.summary['preset']}”: no band covers that "
                "choice, and it is part of their difference."
            )
        if band_level(one.result.case) != band_level(first.result.case):
            said.append(
                f"The bands of {first.letter} and {one.letter} hold different shares of the "
                "samples."
            )
    if "Versions" in differ.sections:
        said.append("The results come from different versions of the software; see the last table.")
    whose: dict[str, list[str]] = {}
    for one in compared:
        for warning in dict.fromkeys(one.result.warnings):
            whose.setdefault(warning, []).append(one.letter)
    return said + [f"{', '.join(letters)}: {warning}" for warning, letters in whose.items()]


def _mean(one: Compared, cue: str) -> float:
    return float(column(one, CUE_PREFIX + cue).mean()) if cue in one.result.cues else 0.0
