"""What a label goes through along a lineage: made and lost in each phase, shared at division.

While a cell is in one phase, the amount y of a label follows ``dy/dt = rate (target − y)``; at
division each daughter gets half. Over any stretch of a life the amount is therefore
``gain · y + shift``, exactly, and mothers hand on to daughters one generation at a time.

Where the number of cells is held fixed, a newborn without a mother takes the place of a dead cell.
Nothing is known of its past: it has the proteins of a steady cycle, and no label that was given
(assumption).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solver.population import CycleModel, Phase

from .noise import FloatArray

SHARE = 0.5
"""Part of its mother's label that each daughter gets."""


class Lives(Protocol):
    """The arrays of a `solver.population.Course` that labels need."""

    @property
    def mother(self) -> NDArray[np.int64]: ...
    @property
    def generation(self) -> NDArray[np.int16]: ...
    @property
    def kind(self) -> NDArray[np.int8]: ...
    @property
    def birth_h(self) -> FloatArray: ...
    @property
    def late_h(self) -> FloatArray: ...
    @property
    def s_h(self) -> FloatArray: ...
    @property
    def g2m_h(self) -> FloatArray: ...
    @property
    def end_h(self) -> FloatArray: ...
    @property
    def g0_cell(self) -> NDArray[np.int64]: ...
    @property
    def g0_in_h(self) -> FloatArray: ...
    @property
    def g0_out_h(self) -> FloatArray: ...


def hand_on(lives: Lives, start: FloatArray, gain: FloatArray, shift: FloatArray) -> FloatArray:
    """Amounts at the end of each life, from founders down to the last generation.

    Parameters
    ----------
    lives
        Lineages of N cells.
    start : ndarray, shape (N,)
        Amount at birth; counts only for cells without a mother: founders, and newborns that take
        the place of a dead cell.
    gain, shift : ndarray, shape (N,)
        Over each life: the amount at its end is ``gain · y + shift`` for y at its birth.

    Returns
    -------
    ndarray, shape (N,)
        The amount at birth of a daughter is half of its mother's at her end.
    """
    amount = gain * start + shift
    order = np.argsort(lives.generation, kind="stable")
    bounds = np.searchsorted(lives.generation[order], np.arange(1, lives.generation.max() + 2))
    for first, last in pairwise(bounds):
        rows = order[first:last]
        rows = rows[lives.mother[rows] >= 0]
        amount[rows] = gain[rows] * SHARE * amount[lives.mother[rows]] + shift[rows]
    return amount


class _Map:
    """The affine maps of N lives, composed stretch by stretch."""

    def __init__(self, cells: int, target: FloatArray, rate: FloatArray) -> None:
        self.gain, self.shift = np.ones(cells), np.zeros(cells)
        self._target, self._rate = target, rate

    def spend(
        self, phase: Phase, hours: FloatArray, rows: NDArray[np.int64] | slice = slice(None)
    ) -> None:
        """Add a stretch of ``hours`` in a phase to the lives of some rows."""
        kept = np.exp(-self._rate[phase] * np.maximum(hours, 0.0))
        self.gain[rows] *= kept
        self.shift[rows] = kept * self.shift[rows] + (1.0 - kept) * self._target[phase]


def amounts(
    lives: Lives, at_h: float, target: FloatArray, rate: FloatArray, start: FloatArray
) -> FloatArray:
    """Amount of a label at a time, or where a cell ended before it.

    Parameters
    ----------
    lives
        Lineages of N cells.
    at_h
        When, h.
    target : ndarray, shape (5,)
        Amount that each `Phase` tends to.
    rate : ndarray, shape (5,)
        How fast in each `Phase`, 1/h.
    start : ndarray, shape (N,)
        Amount at birth; counts only for cells without a mother.

    Returns
    -------
    ndarray, shape (N,)
        At ``min(at_h, end_h)``; meaningless for cells born later.
    """
    stop = np.minimum(lives.end_h, at_h)
    life = _Map(len(stop), target, rate)
    now = np.minimum(lives.birth_h, stop)
    # Stays of one cell lie in order of time: the first of all cells, then the second, ...
    first = np.searchsorted(lives.g0_cell, lives.g0_cell, side="left")
    turn = np.arange(len(lives.g0_cell)) - first
    for k in range(int(turn.max(initial=-1)) + 1):
        stay = np.flatnonzero(turn == k)
        rows = lives.g0_cell[stay]
        begin = np.minimum(lives.g0_in_h[stay], stop[rows])
        end = np.minimum(lives.g0_out_h[stay], stop[rows])
        life.spend(Phase.EARLY_G1, begin - now[rows], rows)
        life.spend(Phase.G0, end - begin, rows)
        now[rows] = np.maximum(now[rows], end)
    for phase, until in (
        (Phase.EARLY_G1, lives.late_h),
        (Phase.LATE_G1, lives.s_h),
        (Phase.S, lives.g2m_h),
        (Phase.G2M, lives.end_h),
    ):
        then = np.minimum(until, stop)
        life.spend(phase, then - now)
        now = np.maximum(now, then)
    return hand_on(lives, start, life.gain, life.shift)


def steady_birth(cycle: CycleModel, target: FloatArray, rate: FloatArray) -> FloatArray:
    """Amount at birth that is the same in each generation of a cycle of mean phases, by kind.

    Parameters
    ----------
    cycle
        Gives the phases.
    target, rate : ndarray, shape (5,)
        As in `amounts`.

    Returns
    -------
    ndarray, shape (2,)
        ``y = (gain · y + shift) / 2`` solved for y, for cycling and slow cells: with what
        cells without a mother are taken to have been born.
    """
    life = _Map(2, target, rate)
    for phase, hours in enumerate(cycle.lengths().T):
        life.spend(Phase(phase), hours)
    return np.asarray(SHARE * life.shift / (1.0 - SHARE * life.gain))


def diluted(lives: Lives, at_h: float, label: FloatArray) -> FloatArray:
    """Amount of a label that cells got at one time, as division halves it.

    Parameters
    ----------
    lives
        Lineages of N cells.
    at_h
        When it was given, h.
    label : ndarray, shape (N,)
        What each cell gets, if it is alive at ``at_h``.

    Returns
    -------
    ndarray, shape (N,)
        ``label · 2^−(divisions since)``; 0 for cells that ended before.
    """
    alive = (lives.birth_h <= at_h) & (lives.end_h > at_h)
    shift = np.where(alive, label, 0.0)
    return hand_on(lives, np.zeros(len(shift)), np.ones(len(shift)), shift)
