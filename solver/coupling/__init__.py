"""From sensed stiffness and signals to the fraction of cells asleep: P(dormant)."""

from __future__ import annotations

from .band import Band
from .collagen_doses import COLLAGEN_CUES, Dose, collagen_doses, crimp_excess
from .cues import GATES, Cue, known_blocks, known_cues, load_cues
from .parameters import Parameter, RuleParameters, known_parameters, known_presets, load_preset
from .rule import DormancyRule

__all__ = [
    "COLLAGEN_CUES",
    "GATES",
    "Band",
    "Cue",
    "DormancyRule",
    "Dose",
    "Parameter",
    "RuleParameters",
    "collagen_doses",
    "crimp_excess",
    "known_blocks",
    "known_cues",
    "known_parameters",
    "known_presets",
    "load_cues",
    "load_preset",
]
