"""Drugs: what kills cells that cycle, what wakes cells that sleep.

A drug against the cycle kills in S or in mitosis; a cell in G0 survives it. Two ways out have been
proposed. To *waken* sleepers first and then treat: the treatment meets those that woke, and fails
on those that did not, or that fell asleep again. To make sleepers *sensitive* without waking them:
blocking integrins β1 and αvβ3 does so for cells in the perivascular niche (Carlson et al. 2019,
10.1038/s41556-018-0267-0); here, the kill reaches a share of the sleepers.

All rates of drugs are the user's: none is known for cells in a gel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from meshes.errors import InputError

from .cycle import PHASES, CycleModel, Phase, Spell
from .sojourn import Occupancy, entry_rate, long_run

_GREATEST_FACTOR = 1e6


@dataclass(frozen=True)
class Treatment:
    """What acts on the cells at one time.

    Parameters
    ----------
    name
        What tables call it.
    kill
        Added to the death rates of early G1, late G1, S, G2/M and G0, 1/h, each at least 0.
    exit_factor, entry_factor
        By what the rates of waking and of falling asleep are multiplied, at least 0.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    name: str
    kill: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    exit_factor: float = 1.0
    entry_factor: float = 1.0

    def __post_init__(self) -> None:
        self.spell(0.0)

    def spell(self, start_h: float) -> Spell:
        """The same as rates of a simulation, from a time on, h."""
        return Spell(start_h, self.kill, self.exit_factor, self.entry_factor)

    def at_dose(self, dose: float, half: float = 1.0, hill: float = 1.0) -> Treatment:
        """The same at a dose, its numbers being those of a saturating one.

        Parameters
        ----------
        dose, half
            Concentration and that of half the effect, in one unit; at least 0 and above 0.
        hill
            Exponent, above 0.

        Returns
        -------
        Treatment
            Kill rates times ``e = dose^h/(half^h + dose^h)``, factors to the power e (assumption).

        Raises
        ------
        InputError
            If a number is out of its range.
        """
        if not (0.0 <= dose < math.inf and 0.0 < half < math.inf and 0.0 < hill < math.inf):
            raise InputError(
                f"{self.name}: expected a dose of at least 0, a half-maximal one and an exponent "
                "above 0"
            )
        ratio = (dose / half) ** hill
        effect = ratio / (1.0 + ratio)
        early, late, s, g2m, g0 = (effect * rate for rate in self.kill)
        return Treatment(
            self.name,
            (early, late, s, g2m, g0),
            self.exit_factor**effect,
            self.entry_factor**effect,
        )

    def __and__(self, other: Treatment) -> Treatment:
        """Both at once: kill rates add and factors multiply, as if independent (Bliss)."""
        early, late, s, g2m, g0 = (a + b for a, b in zip(self.kill, other.kill, strict=True))
        return Treatment(
            f"{self.name} + {other.name}",
            (early, late, s, g2m, g0),
            self.exit_factor * other.exit_factor,
            self.entry_factor * other.entry_factor,
        )


NOTHING = Treatment("nothing")


def cycle_kill(
    name: str,
    rate: float,
    phases: Sequence[Phase] = (Phase.S,),
    *,
    asleep_share: float = 0.0,
) -> Treatment:
    """A drug that kills in some phases of the cycle.

    Parameters
    ----------
    name
        What tables call it.
    rate
        Death rate that it adds there, 1/h, at least 0.
    phases
        Where it kills: S for antimetabolites, G2/M for spindle poisons.
    asleep_share
        Share of the rate that reaches cells in G0, 0 to 1: 0 where they are protected; above, where
        they have been made sensitive.

    Returns
    -------
    Treatment

    Raises
    ------
    InputError
        If a number is out of its range, or G0 is among the phases.
    """
    if not phases or Phase.G0 in phases:
        raise InputError(
            f"{name}: expected one or more of {', '.join(PHASES[:4])}",
            hint="what reaches sleepers is asleep_share",
        )
    if not 0.0 <= asleep_share <= 1.0:
        raise InputError(f"{name}: expected asleep_share from 0 to 1, found {asleep_share:g}")
    early, late, s, g2m = (rate if Phase(i) in phases else 0.0 for i in range(4))
    return Treatment(name, (early, late, s, g2m, asleep_share * rate))


def waking_factor(
    cycle: CycleModel, p: float, awake_p: float, *, occupancy: Occupancy = "growing"
) -> float:
    """Factor of waking that turns one long-run G0 fraction of a site into another.

    So an awakening treatment whose effect on P(dormant) the rule gives gets its rate; cells fall
    asleep as fast as before (assumption).

    Parameters
    ----------
    cycle
        The cycle.
    p, awake_p
        P(dormant) without and with the treatment, above 0 and below 1.
    occupancy
        As in `entry_rate`.

    Returns
    -------
    float
        At most 1e6; below 1 where the treatment puts to sleep.

    Raises
    ------
    InputError
        If a P is out of range, or no factor up to 1e6 gives the second.
    """
    if not (0.0 < p < 1.0 and 0.0 < awake_p < 1.0):
        raise InputError(f"waking: expected P above 0 and below 1, found {p:g} and {awake_p:g}")
    entry = entry_rate(cycle, np.array([p]), occupancy=occupancy)

    def asleep(log_factor: float) -> float:
        faster = replace(cycle, sojourn_h=cycle.sojourn_h * math.exp(-log_factor))
        return float(long_run(faster, entry, occupancy=occupancy).dormant[0])

    high = math.log(_GREATEST_FACTOR)
    low = -high
    if not asleep(high) <= awake_p <= asleep(low):
        raise InputError(f"waking: no rate of waking turns a P of {p:g} into {awake_p:g}")
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if asleep(middle) > awake_p else (low, middle)
    return math.exp(0.5 * (low + high))
