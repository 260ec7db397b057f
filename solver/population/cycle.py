"""The cell cycle with three states: cycling, cycling slowly, asleep in G0.

``early G1 -> late G1 -> S -> G2/M -> two daughters in early G1``, and ``early G1 <-> G0``.

Between early and late G1 lies the restriction point: before it a cell may leave for G0, after it
the cycle must finish (Zetterberg & Larsson 1985, 10.1073/pnas.82.16.5365). A cell in early G1 falls
asleep at the rate λ of its site and wakes at the rate α = 1/sojourn; it then starts early G1 anew,
and may fall asleep again (assumption). λ follows from the site's P(dormant): `solver.population.
sojourn`. Phases last an Erlang time, k stages in a row, each of the same rate.

A share of the cells is slow: its G1 is stretched, the rest of its cycle is not. Daughters keep
their mother's kind with a probability; otherwise the kind is drawn anew (assumption).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

FloatArray = NDArray[np.float64]

CYCLING, SLOW = 0, 1
"""Kinds of a cell. Both may be in any phase, G0 included."""

MOST_STAGES = 100


class Phase(IntEnum):
    """Where in its cycle a cell is."""

    EARLY_G1 = 0
    LATE_G1 = 1
    S = 2
    G2M = 3
    G0 = 4


PHASES: tuple[str, ...] = ("early G1", "late G1", "S", "G2/M", "G0")
"""Names of the phases, in the order of `Phase`."""


@dataclass(frozen=True)
class CycleModel:
    """Numbers of the cell cycle. Every default is an assumption unless a source stands by it.

    Parameters
    ----------
    g1_h, s_h, g2m_h
        Mean length of G1, S and G2 with M, h, above 0. 16, 9 and 5 h: a cycle of 30 h, between the
        doubling times given for MCF-7 and MDA-MB-231 (15 h to 40 h, by publication).
    early_share
        Share of G1 before the restriction point, 0 to 1, both excluded. In 3T3 cells it comes 3 to
        4 h after division (10.1073/pnas.82.16.5365); the share in tumour cells is assumed.
    cv
        Coefficient of variation of early G1, late G1, S and G2/M each. The Erlang distribution has
        ``k = round(1/cv²)`` stages, so its own cv is 1/√k. 0: all phases last exactly their mean.
        0.3 spreads the whole cycle by 15 %.
    slow_share
        Share of slow cells among those whose kind is drawn anew, 0 to 1.
    slow_stretch
        How many times longer than ``g1_h`` the G1 of slow cells lasts, at least 1.
    slow_kept
        Probability that a daughter keeps its mother's kind without a draw, 0 to below 1.
    sojourn_h
        Mean time asleep, 1/α, h, above 0; exponentially distributed. 120 h: days, as for cells
        that a gel holds asleep; years in patients have no counterpart in a dish.
    death_cycling, death_slow, death_G0
        Death rate of a cell in the cycle, by kind, and of any cell in G0, 1/h, at least 0.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    g1_h: float = 16.0
    s_h: float = 9.0
    g2m_h: float = 5.0
    early_share: float = 0.5
    cv: float = 0.3
    slow_share: float = 0.1
    slow_stretch: float = 4.0
    slow_kept: float = 0.9
    sojourn_h: float = 120.0
    death_cycling: float = 0.001
    death_slow: float = 0.001
    death_G0: float = 0.001

    def __post_init__(self) -> None:
        for field in fields(self):
            if not math.isfinite(getattr(self, field.name)):
                raise InputError(f"cycle: expected a finite {field.name}")
        ranges = {
            "g1_h": (0.0, math.inf, "above 0 h"),
            "s_h": (0.0, math.inf, "above 0 h"),
            "g2m_h": (0.0, math.inf, "above 0 h"),
            "sojourn_h": (0.0, math.inf, "above 0 h"),
            "early_share": (0.0, 1.0, "between 0 and 1"),
        }
        for name, (low, high, words) in ranges.items():
            if not low < getattr(self, name) < high:
                raise InputError(f"cycle: expected {name} {words}, found {getattr(self, name):g}")
        for name in ("death_cycling", "death_slow", "death_G0"):
            if getattr(self, name) < 0.0:
                raise InputError(f"cycle: expected {name} of at least 0 per hour")
        if not 0.0 <= self.slow_share <= 1.0:
            raise InputError(f"cycle: expected slow_share from 0 to 1, found {self.slow_share:g}")
        if self.slow_stretch < 1.0:
            raise InputError(
                f"cycle: expected slow_stretch of at least 1, found {self.slow_stretch:g}"
            )
        if not 0.0 <= self.slow_kept < 1.0:
            raise InputError(
                f"cycle: expected slow_kept from 0 to below 1, found {self.slow_kept:g}",
                hint="with 1, the faster kind would in the long run be the only one",
            )
        if self.cv != 0.0 and not 1.0 / math.sqrt(MOST_STAGES) <= self.cv <= 1.0:
            raise InputError(
                f"cycle: expected cv of 0 or from 0.1 to 1, found {self.cv:g}",
                hint="0 makes every phase last exactly its mean",
            )

    @property
    def stages(self) -> int:
        """Erlang stages k of each phase; 0 where phases last exactly their mean."""
        return 0 if self.cv == 0.0 else max(1, round(1.0 / self.cv**2))

    @property
    def exit_rate(self) -> float:
        """α, rate of waking from G0, 1/h."""
        return 1.0 / self.sojourn_h

    @property
    def cycle_h(self) -> float:
        """Mean length of the cycle of a cell that is not slow and does not fall asleep, h."""
        return self.g1_h + self.s_h + self.g2m_h

    def lengths(self) -> FloatArray:
        """Mean lengths of early G1, late G1, S, G2/M, h, by kind: shape (2, 4)."""
        early = self.g1_h * self.early_share
        normal = np.array([early, self.g1_h - early, self.s_h, self.g2m_h])
        stretch = np.array([self.slow_stretch, self.slow_stretch, 1.0, 1.0])
        return np.array([normal, normal * stretch])

    def deaths(self) -> FloatArray:
        """Death rates by kind and `Phase`, 1/h, shape (2, 5)."""
        rates = np.empty((2, len(PHASES)))
        rates[CYCLING], rates[SLOW] = self.death_cycling, self.death_slow
        rates[:, Phase.G0] = self.death_G0
        return rates

    def inheritance(self) -> FloatArray:
        """Probability of a daughter's kind (column) by its mother's (row), shape (2, 2)."""
        drawn = np.array([1.0 - self.slow_share, self.slow_share])
        return self.slow_kept * np.eye(2) + (1.0 - self.slow_kept) * drawn


@dataclass(frozen=True)
class Spell:
    """A stretch of time in which other rates hold, for instance under a drug.

    Parameters
    ----------
    start_h
        When it starts, h, at least 0. It lasts until the next spell starts, or to the end.
    kill
        Added to the death rates of early G1, late G1, S, G2/M and G0, 1/h, each at least 0.
    exit_factor
        By what the rate of waking is multiplied, at least 0. Above 1: a drug that awakens.
    entry_factor
        By what the rate of falling asleep is multiplied, at least 0.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    start_h: float
    kill: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    exit_factor: float = 1.0
    entry_factor: float = 1.0

    def __post_init__(self) -> None:
        if len(self.kill) != len(PHASES):
            raise InputError(f"spell: expected {len(PHASES)} kill rates, found {len(self.kill)}")
        for number in (self.start_h, *self.kill, self.exit_factor, self.entry_factor):
            if not (math.isfinite(number) and number >= 0.0):
                raise InputError(f"spell: expected finite numbers of at least 0, found {number:g}")
