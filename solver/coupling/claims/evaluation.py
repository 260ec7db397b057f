"""Every test in every background by both tiers: the sign that comes out, and how large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..collagen_doses import FloatArray
from .conditions import Condition, condition
from .tables import Test, load_backgrounds, load_tests
from .tiers import TIERS, Answer, Tier, answers

TOLERANCE = {"rule": 0.0, "network": 1e-6}
"""Differences up to here are none: the rule is a closed form and nothing has to be exactly nothing;
the network's steady state is found by iteration."""


@dataclass(frozen=True)
class Outcome:
    """What one tier says of one test.

    Attributes
    ----------
    sign : str
        ``+``, ``-`` or ``0``; ``mixed`` where places or backgrounds differ; ``absent`` where the
        tier does not compute the quantity.
    low, high : float
        Smallest and largest difference over stiffness and backgrounds.
    against : tuple of str
        Backgrounds in which the sign is not the expected one.
    """

    sign: str
    low: float
    high: float
    against: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """A test with the outcome of each tier."""

    test: Test
    outcomes: Mapping[str, Outcome]

    def holds(self, tier: str) -> bool | None:
        """Whether a tier has the expected sign; None where it does not compute the quantity."""
        sign = self.outcomes[tier].sign
        return None if sign == "absent" else sign == self.test.expected


def sign_of(differences: FloatArray, tolerance: float) -> str:
    """The common sign of differences.

    Parameters
    ----------
    differences
        Any shape.
    tolerance
        Up to here a difference is none.

    Returns
    -------
    str
        ``+`` (some up, none down), ``-`` (some down, none up), ``0`` (none moves) or ``mixed``.
    """
    up, down = (differences > tolerance).any(), (differences < -tolerance).any()
    if up and down:
        return "mixed"
    return "+" if up else "-" if down else "0"


def _read(quantity: str, answer: Answer) -> FloatArray:
    """The quantity of a test, shape (k,) or (1,)."""
    if quantity == "P":
        return answer.p
    if quantity == "E":
        return answer.stiffness
    if quantity == "slope":
        steps = np.diff(answer.p) / np.diff(np.log(answer.stiffness))
        return np.abs(steps).max(keepdims=True)
    if quantity == "range":
        return np.ptp(answer.p, keepdims=True)
    return answer.nodes[quantity.removeprefix("node:")]


def _outcome(tier: str, test: Test, differences: Mapping[str, FloatArray]) -> Outcome:
    tolerance = TOLERANCE[tier]
    everywhere = np.concatenate(list(differences.values()))
    wanted = {test.expected, "0"}
    against = tuple(
        background
        for background, here in differences.items()
        if sign_of(here, tolerance) not in wanted
    )
    return Outcome(
        sign_of(everywhere, tolerance), float(everywhere.min()), float(everywhere.max()), against
    )


def _grid(quantity: str) -> dict[str, str]:
    """Between few stiffnesses a slope would be that of a chord."""
    return {"grid": "fine"} if quantity in ("slope", "range") else {}


def evaluate(tiers: Mapping[str, Tier] = TIERS) -> list[Result]:
    """Make every test of ``arms.csv`` in every background, by both tiers or by those given.

    Parameters
    ----------
    tiers
        By the names of `TIERS`.

    Returns
    -------
    list of Result
        In the table's order.
    """
    tests, backgrounds = load_tests(), load_backgrounds()
    conditions: dict[str, Condition] = {}
    pairs: dict[tuple[int, str], tuple[str, str]] = {}
    for number, test in enumerate(tests):
        for background, ground in backgrounds.items():
            if background in test.not_in:
                continue
            arms = []
            for arm in (test.without, test.with_it):
                merged = {**ground, **arm, **_grid(test.quantity)}
                name = " ".join(f"{key}={value}" for key, value in sorted(merged.items()))
                if name not in conditions:
                    conditions[name] = condition(merged)
                arms.append(name)
            pairs[number, background] = (arms[0], arms[1])
    told = {tier: answers(ask, conditions) for tier, ask in tiers.items()}
    results = []
    for number, test in enumerate(tests):
        outcomes = {}
        for tier, answer in told.items():
            if test.kinds[tier] == "absent":
                outcomes[tier] = Outcome("absent", 0.0, 0.0, ())
                continue
            differences = {}
            for background in backgrounds:
                if (number, background) in pairs:
                    without, with_it = (
                        _read(test.quantity, answer[name]) for name in pairs[number, background]
                    )
                    differences[background] = with_it - without
            outcomes[tier] = _outcome(tier, test, differences)
        results.append(Result(test, outcomes))
    return results


def without_cues() -> dict[str, Answer]:
    """Both tiers along stiffness, with parental ligand, uPAR and fibronectin and no cue.

    Returns
    -------
    dict of str to Answer
        By tier.
    """
    asked = {"": condition({"grid": "fine"})}
    return {tier: answers(ask, asked)[""] for tier, ask in TIERS.items()}
