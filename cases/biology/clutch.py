"""What the molecular clutch does at the ligand of this print, for table and picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cases.biology.state import clutch_gate
from cases.schema import Case

if TYPE_CHECKING:
    import pandas

SHOWN = (0.625, 1.0, 1.375)
"""Ligands of the curves: those of the published fibronectin coatings (10.1038/ncb3336)."""


def clutch_tables(case: Case) -> tuple[pandas.DataFrame | None, list[dict[str, float]]]:
    """Traction with and without talin, and the talin thresholds; None with the Hill gate.

    The curves are those of the published adhesions, tabulated once: not one per print.
    """
    if case.dormancy.gate != "clutch":
        return None, []
    import pandas as pd

    from solver.coupling.clutch import clutch_curves, load_clutch

    parameters, gate = load_clutch(), clutch_gate()
    tables, thresholds = [], []
    for ligand in SHOWN:
        curves = clutch_curves(parameters, ligand, gate=gate)
        threshold = curves["threshold_kPa"]
        if len(threshold):
            value, low, high = map(float, threshold)
            thresholds.append({"ligand": ligand, "value": value, "low": low, "high": high})
        columns = ("traction_Pa", "traction_se_Pa", "depleted_Pa", "depleted_se_Pa", "drive")
        tables.append(
            pd.DataFrame(
                {"ligand": ligand, "stiffness_kPa": curves["stiffness_kPa"]}
                | {name: np.asarray(curves[name]) for name in columns}
            )
        )
    return pd.concat(tables, ignore_index=True), thresholds
