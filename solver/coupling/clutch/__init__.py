"""The molecular clutch: motors, clutches, talin; what a cell's adhesion makes of stiffness."""

from __future__ import annotations

from .curves import clutch_curves
from .engine import ClutchRun, simulate
from .gate import ClutchGate, load_gate
from .parameters import (
    ClutchParameters,
    known_clutch_parameters,
    known_clutch_presets,
    load_clutch,
)
from .table import ClutchGrid, ClutchTable

__all__ = [
    "ClutchGate",
    "ClutchGrid",
    "ClutchParameters",
    "ClutchRun",
    "ClutchTable",
    "clutch_curves",
    "known_clutch_parameters",
    "known_clutch_presets",
    "load_clutch",
    "load_gate",
    "simulate",
]
