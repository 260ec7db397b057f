"""What the fit's posterior is made of: pooled gels, the rule's response, bounds of the prior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .collagen_doses import FloatArray
from .counts import Counts
from .draws import Draw, draw_from_unit, factor_names, nominal_draw
from .parameters import unknown_name
from .posterior import Bounds
from .rule import DormancyRule, Doses
from .sobol import moving_factors

FITTED = ("E50", "n")
REACH = 20.0
"""How many times below the softest and above the stiffest gel E50 is looked for (assumption)."""
STEEPNESS = (0.25, 16.0)
"""Lowest and highest n that is looked for (assumption); the presets' own range is 1.2 to 4.6."""

_MOST_GELS = 128  # more distinct stiffnesses are pooled with their neighbours

Conditions = tuple[float, Doses | None, float, float]
"""Ligand, doses of cues, uPAR and fibronectin, the same for all gels."""


@dataclass(frozen=True, eq=False)
class Gels:
    """Counts added up over rows of the same stiffness.

    Attributes
    ----------
    stiffness : ndarray, shape (m,)
        kPa, rising.
    dormant, awake : ndarray, shape (m,)
        Cells in G0 arrest, and the others.
    of_row : ndarray, shape (rows,)
        Place of each row among the m.
    """

    stiffness: FloatArray
    dormant: FloatArray
    awake: FloatArray
    of_row: NDArray[np.intp]

    @classmethod
    def pooled(cls, counts: Counts) -> Gels:
        """Add up rows of the same stiffness; more than 128 are pooled with their neighbours."""
        distinct, of_row = np.unique(counts.stiffness, return_inverse=True)
        if len(distinct) > _MOST_GELS:
            # Neighbours share a place: among so many, far less apart than what P tells apart.
            of_row = of_row * _MOST_GELS // len(distinct)
        size = int(of_row.max()) + 1
        total, dormant, log_E = (
            np.bincount(of_row, np.asarray(weights, dtype=float), size).astype(float)
            for weights in (counts.total, counts.dormant, counts.total * np.log(counts.stiffness))
        )
        return cls(np.exp(log_E / total), dormant, total - dormant, of_row)


class Response:
    """How far from Pmax (0) to Pmin (1) the rule's P is on each gel, for given E50 and n.

    Parameters
    ----------
    rule
        All other numbers at their nominal value.
    stiffness
        Of the gels, kPa, shape (m,).
    conditions
        The same for all gels.
    """

    def __init__(self, rule: DormancyRule, stiffness: FloatArray, conditions: Conditions) -> None:
        self.rule, self.stiffness, self.conditions = rule, stiffness, conditions

    def __call__(self, E50: FloatArray, n: FloatArray) -> FloatArray:
        nominal = nominal_draw(self.rule.parameters, self.rule.cues)
        one = np.ones(len(E50))
        parameters = {name: value * one for name, value in nominal.parameters.items()}
        parameters |= {"E50": E50, "n": n, "Pmin": 0.0 * one, "Pmax": one}
        draw = Draw(parameters, {cue: weight * one for cue, weight in nominal.weights.items()})
        p = [self.rule.mean_samples(draw, E, *self.conditions) for E in self.stiffness]
        return 1.0 - np.array(p)

    def turned(self) -> Response:
        """The same, if stiffness acted in the other direction."""
        # n is given with every call: a low one in its place passes the check of q > n.
        parameters = self.rule.parameters.with_parameters({"n": STEEPNESS[0]})
        opposite = replace(parameters, stiffness_sign=-parameters.stiffness_sign)
        return Response(replace(self.rule, parameters=opposite), self.stiffness, self.conditions)

    def held(self) -> tuple[str, ...]:
        """Numbers with a range that act on these gels and are not fitted, in words."""
        rule = self.rule
        table, no_ink = rule.parameters.table, np.zeros(0)
        names = factor_names(rule.parameters, rule.cues, 0)
        wide = [p.high > p.low and p.name not in (*FITTED, "Pmin", "Pmax") for p in table.values()]
        wide += [cue.weight_high > cue.weight_low for cue in rule.cues]

        def mean(unit: FloatArray) -> FloatArray:
            draw = draw_from_unit(rule.parameters, rule.cues, no_ink, unit)
            return rule.mean_samples(draw, self.stiffness, *self.conditions)

        words = [_range(p.value, p.low, p.high, p.unit) for p in table.values()]
        words += [_range(cue.weight, cue.weight_low, cue.weight_high, "1") for cue in rule.cues]
        acting = moving_factors(mean, wide)
        named = zip(names, words, acting, strict=True)
        return tuple(f"{name} at {text}" for name, text, acts in named if acts)


def _range(value: float, low: float, high: float, unit: str) -> str:
    return f"{value:g}{'' if unit == '1' else f' {unit}'} (its range is {low:g} to {high:g})"


def prior_bounds(stiffness: FloatArray, rule: DormancyRule, hold: Mapping[str, float]) -> Bounds:
    """Bounds of the prior; a held number has none to move in.

    Parameters
    ----------
    stiffness
        Of the gels, kPa, shape (m,).
    rule
        Its plateaus' ranges are theirs.
    hold
        Name to number, as in `fit_counts`.

    Returns
    -------
    four pairs
        See `posterior.Bounds`.

    Raises
    ------
    InputError
        If a held number is unknown or out of range, or too much is asked of one gel.
    """
    table = rule.parameters.table
    for name, value in hold.items():
        if name not in FITTED:
            raise unknown_name("number of the fit to hold", name, FITTED)
        low, high = table[name].allowed
        if not (np.isfinite(value) and value > 0.0 and low <= value <= high):
            raise InputError(f"hold {name}: expected a number above 0, found {value}")
    if len(stiffness) < 2 and not hold:
        raise InputError(
            f"expected counts on at least 2 stiffnesses, found {len(stiffness)}: one gel cannot "
            "tell E50 and n apart",
            hint="hold one of them, for example n at 2",
        )
    steepest = STEEPNESS[1]
    if table["degradability"].value < 1.0 and rule.parameters.stiffness_sign > 0:
        # Confinement must outrun adhesion, or a stiffer gel never puts cells to sleep.
        steepest = min(steepest, rule.parameters["q"])
    ends = {
        "E50": (float(stiffness.min()) / REACH, float(stiffness.max()) * REACH),
        "n": (STEEPNESS[0], steepest),
    }
    ends |= {name: (value, value) for name, value in hold.items()}
    logs = {name: (float(np.log(low)), float(np.log(high))) for name, (low, high) in ends.items()}
    bottom, top = table["Pmin"], table["Pmax"]
    return logs["E50"], logs["n"], (bottom.low, bottom.high), (top.low, top.high)
