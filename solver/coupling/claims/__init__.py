"""The published claims on dormancy, each a signed test of the rule and of the network."""

from __future__ import annotations

from .evaluation import Outcome, Result, evaluate, without_cues
from .page import markdown
from .tables import Claim, Test, load_backgrounds, load_claims, load_tests

__all__ = [
    "Claim",
    "Outcome",
    "Result",
    "Test",
    "evaluate",
    "load_backgrounds",
    "load_claims",
    "load_tests",
    "markdown",
    "without_cues",
]
