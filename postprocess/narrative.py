"""What a result says, in plain sentences made from its numbers. Plain text, never markup."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from postprocess.casefile import case_section
from postprocess.labels import band_percent, percent, quantity, significant
from postprocess.results import RunResult
from postprocess.style import detailed, uncertain

MEANING = (
    "P(dormant) at a site is the fraction of a heterogeneous cell population that would be in "
    "G0 arrest at that site."
)


def headline(result: RunResult) -> str:
    """Where cells would sleep: mean P and fraction above one half, with bands and the preset."""
    summary = result.summary
    count = len(result.sites)
    where = "the one site" if count == 1 else f"the {count} cell sites"
    sleepers = (
        f"With the preset “{summary['preset']}”, on average "
        f"{band_percent(summary['mean_p_dormant'])} of a heterogeneous cell population would be in "
        f"G0 arrest at {where} of this print"
    )
    if count == 1:
        return f"{sleepers}."
    return (
        f"{sleepers}; at {band_percent(summary['fraction_above_half'])} of the sites more than "
        "half of the cells would sleep."
    )


def confidence(result: RunResult) -> list[str]:
    """How far the headline can be trusted: which side of one half, and how many sites are open."""
    mean = result.summary["mean_p_dormant"]
    low, high = (result.sites[f"p_dormant_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    said = []
    if mean["low"] < 0.5 < mean["high"]:
        said.append(
            "The band of the mean reaches to both sides of one half: this result alone does not "
            "say whether most cells sleep or most are awake."
        )
    open_sites = int(uncertain(low, high).sum())
    if open_sites:
        said.append(
            f"{open_sites} of {len(low)} sites are uncertain: their band is wider than 0.5 or "
            "reaches to both sides of one half."
        )
    return said


def preset_direction(result: RunResult) -> str:
    """Which way stiffness acts in this run, read off the rule's curve."""
    p = np.asarray(result.curves["p_of_stiffness"]["p"], dtype=float)
    step = np.diff(p)
    tiny = 1e-6
    if np.all(step <= tiny):
        way = "a softer gel keeps more cells asleep" if np.ptp(p) > 0.01 else "stiffness has no say"
    elif np.all(step >= -tiny):
        way = "a stiffer gel keeps more cells asleep"
    else:
        way = "P(dormant) first falls and then rises with stiffness"
    return (
        f"In this run {way}. The direction is not universal: it depends on the cells and on "
        "whether the gel confines them, and it is set by the preset."
    )


def band_level(case: Mapping[str, Any]) -> float | None:
    """Share of the samples that a band holds, where the case says so."""
    dormancy = case_section(case).get("dormancy")
    band = dormancy.get("band") if isinstance(dormancy, Mapping) else None
    level = band.get("level") if isinstance(band, Mapping) else None
    return float(level) if isinstance(level, (int, float)) else None


@dataclass(frozen=True)
class Waviness:
    """What waviness leaves of one collagen's stiffness in one ink.

    Parameters
    ----------
    ink, collagen
        Names, ``"I"`` or ``"III"``.
    concentration
        mg/mL.
    held, free
        Share of a straight fibre's stiffness that is left, in this gel and without any gel.
    verdict
        One sentence.
    """

    ink: str
    collagen: str
    concentration: float
    held: float
    free: float
    verdict: str


def waviness(result: RunResult) -> list[Waviness]:
    """How much waviness matters, for every collagen of every ink described at length."""
    rows = []
    for ink in filter(detailed, result.inks):
        for collagen in ("I", "III"):
            amount = ink.get(f"collagen_{collagen}_mg_mL")
            held, free = (ink.get(f"crimp_factor_{collagen}{end}") for end in ("", "_free"))
            if amount and held is not None and free is not None:
                verdict = _waviness_verdict(float(held), float(free))
                rows.append(
                    Waviness(
                        str(ink["name"]), collagen, float(amount), float(held), float(free), verdict
                    )
                )
    return rows


def _waviness_verdict(held: float, free: float) -> str:
    if free > 0.995:
        return "These fibres are straight: there is nothing to straighten out."
    lost, alone = 1 - held, 1 - free
    kept = (
        f"Held by this gel, the wavy fibre keeps {percent(held)} of a straight fibre’s stiffness; "
        f"on its own it would keep {percent(free)}."
    )
    if lost < 0.1:
        return f"{kept} Mechanically, waviness hardly matters here."
    if lost < 0.5 * alone:
        return f"{kept} The gel undoes more than half of the softening."
    fold = held / free if free > 0 else np.inf
    if fold > 2:
        times = f"{significant(fold, 2)} times " if np.isfinite(fold) else "far "
        return (
            f"{kept} The gel makes it {times}stiffer than it would be alone, yet waviness still "
            "takes away most of its stiffness."
        )
    return f"{kept} The gel is too soft to hold the fibre: waviness softens it almost freely."


@dataclass(frozen=True)
class Step:
    """One step from the recipe to the cell: a stiffness (kPa) and P on the rule's curve."""

    words: str
    stiffness: float
    p: float


def stiffness_steps(result: RunResult, ink: Mapping[str, Any]) -> list[Step]:
    """From the matrix alone to what the cells of an ink sense, with P read off the rule's curve.

    Parameters
    ----------
    result
        The run.
    ink
        One of ``result.inks``.

    Returns
    -------
    list of Step
        Those that are known, at most four.
    """
    curve = result.curves["p_of_stiffness"]
    known, p = (np.asarray(curve[key], dtype=float) for key in ("stiffness_kPa", "p"))
    here = {str(row["ink"]): row for row in result.summary["per_ink"]}.get(str(ink["name"]), {})
    steps = []
    for words, value in (
        ("the matrix alone (collagen's receptors kept)", ink.get("matrix_kPa")),
        ("the gel with its collagen, averaged over directions", ink.get("e_isotropic_kPa")),
        ("what a cell deep inside it senses", ink.get("sensed_uniform_kPa")),
        ("what the cells of this print sense, on average", here.get("mean_stiffness_kPa")),
    ):
        if value is not None and value > 0:
            on_curve = float(np.interp(np.log(value), np.log(known), p))
            steps.append(Step(words, float(value), on_curve))
    return steps


def largest_step(steps: list[Step]) -> str:
    """Name the step that moves P most, if any does."""
    moves = [
        (abs(after.p - before.p), before, after) for before, after in itertools.pairwise(steps)
    ]
    if not moves or max(size for size, _, _ in moves) < 0.01:
        return "None of these steps moves P by as much as 0.01."
    size, before, after = max(moves, key=lambda move: move[0])
    return (
        f"The largest step is from {before.words} ({quantity(before.stiffness, 'kPa')}) to "
        f"{after.words} ({quantity(after.stiffness, 'kPa')}): it moves P by {size:.2f}."
    )
