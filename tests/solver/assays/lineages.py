"""Lineages written by hand, for tests of assays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from solver.population import CYCLING, Course, CycleModel, Fate, Population

INF = np.inf


@dataclass
class Life:
    """One cell: row of its mother, its times in h, its stays in G0."""

    birth: float
    late: float = INF
    s: float = INF
    g2m: float = INF
    end: float = INF
    mother: int = -1
    fate: Fate = Fate.ALIVE
    kind: int = CYCLING
    stays: list[tuple[float, float]] = field(default_factory=list)


def course(lives: Sequence[Life], hours: float, cycle: CycleModel | None = None) -> Course:
    """The course of these lives; mothers before daughters, each founder at a site of its own."""
    founder, generation = [], []
    for life in lives:
        founder.append(founder[life.mother] if life.mother >= 0 else len(set(founder)))
        generation.append(generation[life.mother] + 1 if life.mother >= 0 else 0)
    n = len(set(founder))
    stays = [(k, *stay) for k, life in enumerate(lives) for stay in life.stays]

    def times(name: str) -> np.ndarray:
        return np.array([getattr(life, name) for life in lives], dtype=float)

    return Course(
        sites=Population(np.zeros((n, 3)), np.full(n, 0.5), np.arange(n) % 2),
        cycle=cycle or CycleModel(cv=0.0),
        spells=(),
        hours=hours,
        entry_rate=np.zeros(n),
        kept=np.arange(n),
        founder=np.array(founder, dtype=np.int32),
        mother=np.array([life.mother for life in lives]),
        generation=np.array(generation, dtype=np.int16),
        kind=np.array([life.kind for life in lives], dtype=np.int8),
        birth_h=times("birth"),
        wait_h=np.full(len(lives), INF),
        late_h=times("late"),
        s_h=times("s"),
        g2m_h=times("g2m"),
        end_h=times("end"),
        fate=np.array([life.fate for life in lives], dtype=np.int8),
        g0_cell=np.array([stay[0] for stay in stays], dtype=np.int64),
        g0_in_h=np.array([stay[1] for stay in stays], dtype=float),
        g0_out_h=np.array([stay[2] for stay in stays], dtype=float),
        x=None,
        times_h=np.array([0.0, hours]),
        tally=np.zeros((2, n, 6), dtype=np.int32),
    )


def growing(founders: int, hours: float, cycle: CycleModel) -> Course:
    """Equal cycles in exponential growth: ages at 0 h at even quantiles of their distribution.

    The age a has the distribution function 2 (1 − 2^(−a/T)), so that the quantile u is
    a = −T log2(1 − u/2).
    """
    early, late, s, g2m = cycle.lengths()[CYCLING]
    whole = cycle.cycle_h
    u = (np.arange(founders) + 0.5) / founders
    lives = [Life(birth, mother=-1) for birth in whole * np.log2(1.0 - 0.5 * u)]
    row = 0
    while row < len(lives):
        life = lives[row]
        life.late, life.s = life.birth + early, life.birth + early + late
        life.g2m, life.end = life.s + s, life.s + s + g2m
        if life.end <= hours:
            life.fate = Fate.DIVIDED
            lives += [Life(life.end, mother=row), Life(life.end, mother=row)]
        row += 1
    return course(lives, hours, cycle)
