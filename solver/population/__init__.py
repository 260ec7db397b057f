"""Cells in time: who cycles, who sleeps, who divides, and where the daughters go."""

from __future__ import annotations

from .cycle import CYCLING, PHASES, SLOW, CycleModel, Phase, Spell
from .engine import simulate
from .lineage import FATES, Course, Fate, Population, Snapshot
from .meanfield import mean_field
from .sojourn import LongRun, entry_rate, growth_rate, long_run
from .space import Room

__all__ = [
    "CYCLING",
    "FATES",
    "PHASES",
    "SLOW",
    "Course",
    "CycleModel",
    "Fate",
    "LongRun",
    "Phase",
    "Population",
    "Room",
    "Snapshot",
    "Spell",
    "entry_rate",
    "growth_rate",
    "long_run",
    "mean_field",
    "simulate",
]
