"""From sensed stiffness and signals to the fraction of cells asleep: P(dormant)."""

from __future__ import annotations

from .band import Band
from .collagen_doses import COLLAGEN_CUES, UPAR_LOSS, Dose, collagen_doses, crimp_excess
from .cues import GATES, Cue, block_names, known_blocks, known_cues, load_cues
from .draws import Draw, draw_from_unit, factor_names, sobol_draw
from .drugs import Drug, known_drugs, load_drugs, resolve_drugs
from .gate import StiffnessGate
from .memory import Memory
from .moment import Moment
from .parameters import Parameter, RuleParameters, known_parameters, known_presets, load_preset
from .rule import DormancyRule

__all__ = [
    "COLLAGEN_CUES",
    "GATES",
    "UPAR_LOSS",
    "Band",
    "Cue",
    "DormancyRule",
    "Dose",
    "Draw",
    "Drug",
    "Memory",
    "Moment",
    "Parameter",
    "RuleParameters",
    "StiffnessGate",
    "block_names",
    "collagen_doses",
    "crimp_excess",
    "draw_from_unit",
    "factor_names",
    "known_blocks",
    "known_cues",
    "known_drugs",
    "known_parameters",
    "known_presets",
    "load_cues",
    "load_drugs",
    "load_preset",
    "resolve_drugs",
    "sobol_draw",
]
