"""The dormancy rule applied to the cells of a case: now, in other arms, in the past."""

from __future__ import annotations

from cases.biology.answer import Answer, apply_rule
from cases.biology.sites import Sites, can_split, require_split
from cases.biology.state import State, present_state

__all__ = [
    "Answer",
    "Sites",
    "State",
    "apply_rule",
    "can_split",
    "present_state",
    "require_split",
]
