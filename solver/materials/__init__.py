"""From a bioink recipe to the local stiffness tensor, in plain NumPy.

The chain is ``Ink`` (recipe) → :func:`build_gel` (constituents, one 6×6 tensor in the fibre frame)
→ :class:`MaterialField` (that tensor turned along the print direction, at any point of a scaffold).
"""

from __future__ import annotations

from solver.materials.field import MaterialField
from solver.materials.gel import Gel, build_gel
from solver.materials.ink import Alginate, Collagen, Heterogeneity, Ink, Waviness

__all__ = [
    "Alginate",
    "Collagen",
    "Gel",
    "Heterogeneity",
    "Ink",
    "MaterialField",
    "Waviness",
    "build_gel",
]
