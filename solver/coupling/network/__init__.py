"""The network tier: the wiring of the signals as normalised-Hill logic equations.

An independent explanation and cross-check of the closed-form rule: nothing in it was fitted to the
rule. See ``docs/network.md``.
"""

from __future__ import annotations

from .answer import NetworkAnswer, network_answer
from .assumptions import stated_assumptions
from .classes import SiteClasses, site_classes
from .compare import cue_effects, disagreements
from .conditions import Conditions, conditions, unknown_to_network
from .model import Network, load_network
from .sbml import SbmlModel, read_sbml, write_sbml
from .steady import SteadyState, steady_state

__all__ = [
    "Conditions",
    "Network",
    "NetworkAnswer",
    "SbmlModel",
    "SiteClasses",
    "SteadyState",
    "conditions",
    "cue_effects",
    "disagreements",
    "load_network",
    "network_answer",
    "read_sbml",
    "site_classes",
    "stated_assumptions",
    "steady_state",
    "unknown_to_network",
    "write_sbml",
]
