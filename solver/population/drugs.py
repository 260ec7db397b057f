"""Drugs in time: what kills cells that cycle, what wakes cells that sleep, one after the other.

A drug against the cycle kills in S or in mitosis; a cell in G0 survives it. Two ways out have been
proposed. To *waken* sleepers first and then treat: the treatment meets those that woke, and fails
on those that did not, or that fell asleep again. To make sleepers *sensitive* without waking them:
blocking integrins β1 and αvβ3 does so for cells in the perivascular niche (Carlson et al. 2019,
10.1038/s41556-018-0267-0); here, the kill reaches a share of the sleepers.

Of cells asleep at the start, those that never wake are left with the probability

``exp(−Σ_i (α f_i + δ₀ + κ₀_i) Δt_i)``

over the steps of a schedule, with α and δ₀ the rates of waking and of dying in G0, f_i the factor
of waking and κ₀_i what the step kills in G0. No drug against the cycle leaves fewer. All rates of
drugs are the user's: none is known for cells in a gel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError

from .cycle import PHASES, CycleModel, FloatArray, Phase, Spell
from .engine import Start
from .meanfield import mean_field
from .sojourn import Occupancy, entry_rate, long_run

_TICK_H = 1.0 / 60.0  # steps of a schedule last whole minutes
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


@dataclass(frozen=True)
class Schedule:
    """Treatments one after the other.

    Parameters
    ----------
    name
        What tables call it.
    steps : tuple of (Treatment, float)
        What, and for how long, h: whole minutes, above 0.

    Raises
    ------
    InputError
        If there is no step, or one does not last whole minutes.
    """

    name: str
    steps: tuple[tuple[Treatment, float], ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise InputError(f"{self.name}: no step")
        for treatment, hours in self.steps:
            ticks = hours / _TICK_H
            if not (0.5 < ticks < math.inf and abs(ticks - round(ticks)) < 1e-6):
                raise InputError(
                    f"{self.name}: expected whole minutes of {treatment.name}, found {hours:g} h"
                )

    @property
    def ends_h(self) -> FloatArray:
        """0 and the end of each step, h, shape (m + 1,)."""
        return np.cumsum([0.0, *(hours for _, hours in self.steps)])

    @property
    def spells(self) -> tuple[Spell, ...]:
        """The same for `solver.population.engine.simulate` and `mean_field`."""
        starts = self.ends_h[:-1]
        pairs = zip(self.steps, starts, strict=True)
        return tuple(treatment.spell(float(start)) for (treatment, _), start in pairs)

    def repeated(self, times: int) -> Schedule:
        """The same steps several times over, at least once."""
        return Schedule(f"{self.name}, {times} times", self.steps * times)


def awaken_then_treat(
    awaken: Treatment, kill: Treatment, awaken_h: float, kill_h: float
) -> tuple[Schedule, ...]:
    """The arms of an experiment on waking before treating, all of the same length.

    Parameters
    ----------
    awaken, kill
        The two treatments.
    awaken_h, kill_h
        For how long each, h, whole minutes.

    Returns
    -------
    tuple of Schedule
        Untreated; the second treatment alone; the first and then the second; the second with the
        first going on.

    Raises
    ------
    InputError
        If a length is none.
    """
    return (
        Schedule("untreated", ((NOTHING, awaken_h), (NOTHING, kill_h))),
        Schedule(f"{kill.name} alone", ((NOTHING, awaken_h), (kill, kill_h))),
        Schedule(f"{awaken.name}, then {kill.name}", ((awaken, awaken_h), (kill, kill_h))),
        Schedule(f"{awaken.name}, then both", ((awaken, awaken_h), (awaken & kill, kill_h))),
    )


def sleeping_through(cycle: CycleModel, schedule: Schedule) -> float:
    """Share of the cells asleep at the start that never wake and are alive at the end, 0 to 1."""
    passed = sum(_loss(cycle, treatment) * hours for treatment, hours in schedule.steps)
    return math.exp(-passed)


def hours_to_leave(cycle: CycleModel, treatment: Treatment, share: float) -> float:
    """How long a treatment takes until a share of the sleepers is left that never woke.

    Parameters
    ----------
    cycle
        The cycle.
    treatment
        What wakes them, or kills them asleep.
    share
        Above 0 to 1.

    Returns
    -------
    float
        h; infinite where none wakes or dies. A lower bound for any schedule that wakes no faster:
        cells that fall asleep again come on top.

    Raises
    ------
    InputError
        If the share is out of range.
    """
    if not 0.0 < share <= 1.0:
        raise InputError(f"{treatment.name}: expected a share above 0 to 1, found {share:g}")
    loss = _loss(cycle, treatment)
    return -math.log(share) / loss if loss > 0.0 else (0.0 if share == 1.0 else math.inf)


def _loss(cycle: CycleModel, treatment: Treatment) -> float:
    """Rate at which sleepers wake or die, 1/h."""
    return cycle.exit_rate * treatment.exit_factor + cycle.death_G0 + treatment.kill[Phase.G0]


@dataclass(frozen=True, eq=False)
class Residual:
    """What a schedule leaves, in the mean over infinitely many clones.

    Attributes
    ----------
    schedule : Schedule
        Which.
    cells, asleep : ndarray, shape (m + 1, n)
        Living cells, and those in G0, per founder at each of n sites: at the start and after each
        step, ``schedule.ends_h``.
    never_woke : float
        Share of the cells asleep at the start that are so without having woken.
    """

    schedule: Schedule
    cells: FloatArray
    asleep: FloatArray
    never_woke: float

    @property
    def dormant_share(self) -> FloatArray:
        """G0 fraction of the living, shape (m + 1, n)."""
        return self.asleep / self.cells

    @property
    def sleepers_left(self) -> FloatArray:
        """Cells in G0 at the end over those at the start, shape (n,); NaN where none slept."""
        before = self.asleep[0]
        return np.divide(
            self.asleep[-1], before, out=np.full_like(before, np.nan), where=before > 0
        )

    @property
    def cells_left(self) -> FloatArray:
        """Cells at the end over those at the start, shape (n,)."""
        return self.cells[-1] / self.cells[0]


def residual(
    cycle: CycleModel, p: ArrayLike, schedule: Schedule, *, start: Start = "settled"
) -> Residual:
    """What a schedule leaves at sites that keep both daughters.

    Parameters
    ----------
    cycle
        The cycle; its cv above 0.
    p
        P(dormant), shape (n,). Costs matrix exponentials for each different P: where there are many
        sites, ask for a few P and interpolate.
    schedule
        What the cells go through.
    start
        As in `solver.population.engine.simulate`; settled: as many asleep at first as P says.

    Returns
    -------
    Residual

    Raises
    ------
    InputError
        As `mean_field`.
    """
    # Every end of a step is a time of the record.
    minutes = [round(hours / _TICK_H) for _, hours in schedule.steps]
    record = math.gcd(*minutes)
    _, cells = mean_field(
        cycle,
        np.atleast_1d(np.asarray(p, dtype=float)),
        sum(minutes) * _TICK_H / 24.0,
        record_h=record * _TICK_H,
        start=start,
        spells=schedule.spells,
    )
    rows = np.cumsum([0, *(m // record for m in minutes)])
    phases = cells[rows].sum(axis=2)
    return Residual(
        schedule, phases.sum(axis=2), phases[:, :, Phase.G0], sleeping_through(cycle, schedule)
    )
