"""Laws of a single fibre, and networks of them."""

from __future__ import annotations

from solver.materials.fibres.choice import (
    CrimpedChoice,
    ExponentialChoice,
    LawChoice,
    SemiAffineChoice,
    TensionAlignedChoice,
)
from solver.materials.fibres.crimped import Crimped
from solver.materials.fibres.exponential import Exponential
from solver.materials.fibres.law import FibreLaw, FibreResponse
from solver.materials.fibres.presets import Preset, load_preset, preset_names
from solver.materials.fibres.semi_affine import SemiAffine
from solver.materials.fibres.tension_aligned import TensionAligned

__all__ = [
    "Crimped",
    "CrimpedChoice",
    "Exponential",
    "ExponentialChoice",
    "FibreLaw",
    "FibreResponse",
    "LawChoice",
    "Preset",
    "SemiAffine",
    "SemiAffineChoice",
    "TensionAligned",
    "TensionAlignedChoice",
    "load_preset",
    "preset_names",
]
