"""Cells in time: who cycles, who sleeps, who divides, and where the daughters go."""

from __future__ import annotations

from .cycle import CYCLING, PHASES, SLOW, CycleModel, Phase, Spell
from .lineage import FATES, Course, Fate, Population, Snapshot

__all__ = [
    "CYCLING",
    "FATES",
    "PHASES",
    "SLOW",
    "Course",
    "CycleModel",
    "Fate",
    "Phase",
    "Population",
    "Snapshot",
    "Spell",
]
