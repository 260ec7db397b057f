"""From sensed stiffness and signals to the fraction of cells asleep: P(dormant)."""

from __future__ import annotations

from .cues import Cue, known_blocks, known_cues, load_cues
from .parameters import Parameter, RuleParameters, known_parameters, known_presets, load_preset

__all__ = [
    "Cue",
    "Parameter",
    "RuleParameters",
    "known_blocks",
    "known_cues",
    "known_parameters",
    "known_presets",
    "load_cues",
    "load_preset",
]
