"""Oxygen: what the medium brings, what cells take, what a site of the scaffold is left with.

Only :mod:`solver.transport.oxygen`, :mod:`solver.transport.places` and
:mod:`solver.transport.clusters` need DOLFINx.
"""

from __future__ import annotations

from solver.transport.supply import Bath, OxygenGel, Respiration, Tissue, hypoxia_dose

__all__ = ["Bath", "OxygenGel", "Respiration", "Tissue", "hypoxia_dose"]
