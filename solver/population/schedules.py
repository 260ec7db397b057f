"""Treatments one after the other, and what they leave.

Of cells asleep at the start, those that never wake are left with the probability

``exp(−Σ_i (α f_i + δ₀ + κ₀_i) Δt_i)``

over the steps of a schedule, with α and δ₀ the rates of waking and of dying in G0, f_i the factor
of waking and κ₀_i what the step kills in G0. No drug against the cycle leaves fewer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError

from .cycle import CycleModel, FloatArray, Phase, Spell
from .drugs import NOTHING, Treatment
from .engine import Start
from .meanfield import mean_field

_TICK_H = 1.0 / 60.0  # steps of a schedule last whole minutes


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
