"""What the assays of a laboratory would show of a result, and what it takes to see a difference."""

from __future__ import annotations

from .curves import Curve, Design, curve_of
from .planner import Contrast, Plan, plan

__all__ = ["Contrast", "Curve", "Design", "Plan", "curve_of", "plan"]
