"""What the assays of a laboratory would show of a result, and what it takes to see a difference."""

from __future__ import annotations

from .curves import NODES, Curve, Design, curve_of, node_sites
from .planner import Contrast, Plan, plan

__all__ = ["NODES", "Contrast", "Curve", "Design", "Plan", "curve_of", "node_sites", "plan"]
