"""The molecular clutch: motors, clutches, talin; what a cell's adhesion makes of stiffness."""

from __future__ import annotations

from .parameters import (
    ClutchParameters,
    known_clutch_parameters,
    known_clutch_presets,
    load_clutch,
)

__all__ = [
    "ClutchParameters",
    "known_clutch_parameters",
    "known_clutch_presets",
    "load_clutch",
]
