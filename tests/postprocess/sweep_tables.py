"""Made-up sweeps: P from a Hill curve of stiffness, stiffness from collagen and crosslinking."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from postprocess.sweep.quantities import HEADLINES
from postprocess.sweep.view import SweepInput, SweepView

COLLAGEN = SweepInput("inks.niche.collagen_I.concentration_mg_mL", "collagen I", "mg/mL")
CROSSLINKS = SweepInput("inks.niche.crosslinking_1", "crosslinking")
LIGAND = SweepInput("dormancy.cues.laminin_nM", "laminin-111", "nM", log=True)
MATRIX = SweepInput("inks.niche.matrix.preset", "matrix", numeric=False)
FOLD = 1.5  # band of the stiffness, to either side
_FACTORS: Mapping[str, float] = {"alginate": 1.0, "GelMA": 1.6}


def hill(stiffness: Any, ligand: Any = 1.0) -> Any:
    """P(dormant) of a stiffness (kPa): asleep on soft, awake on stiff, half at 2 kPa."""
    return 0.05 + 0.9 / (1 + (stiffness * np.asarray(ligand) ** 0.2 / 2.0) ** 2.2)


def stiffness(frame: pd.DataFrame) -> Any:
    """Sensed stiffness (kPa) of each row."""
    found = np.ones(len(frame))
    if COLLAGEN.column in frame:
        found = found * (0.25 + 0.55 * frame[COLLAGEN.column].fillna(1.0).to_numpy(dtype=float))
    if CROSSLINKS.column in frame:
        found = found * frame[CROSSLINKS.column].to_numpy(dtype=float)
    if MATRIX.column in frame:
        found = found * frame[MATRIX.column].map(_FACTORS).fillna(0.7).to_numpy(dtype=float)
    if "replicate" in frame:
        found = found * (1 + 0.05 * (frame["replicate"].to_numpy(dtype=float) - 2))
    return found


def grid(**axes: Sequence[Any]) -> pd.DataFrame:
    """Every combination of the values of some columns."""
    return pd.DataFrame(list(itertools.product(*axes.values())), columns=list(axes))


def finished(frame: pd.DataFrame, *, failed: Sequence[int] = (), load: bool = True) -> pd.DataFrame:
    """Put outputs beside inputs; rows by number fail."""
    table = frame.copy()
    felt = stiffness(frame)
    ligand = frame[LIGAND.column].to_numpy(dtype=float) if LIGAND.column in frame else 1.0
    ends = [hill(felt * factor, ligand) for factor in (1, FOLD, 1 / FOLD)]
    outputs = {
        "mean_p_dormant": ends,
        "fraction_above_half": [np.clip(1.6 * end - 0.3, 0, 1) for end in ends],
        "mean_stiffness_kPa": [felt, felt / FOLD, felt * FOLD],
        "apparent_modulus_kPa": [felt * factor if load else np.nan for factor in (0.6, 0.4, 0.9)],
    }
    for item in HEADLINES:
        for column, values in zip((item.key, item.low, item.high), outputs[item.key], strict=True):
            table[column] = values
    table["solid_fraction"] = 0.6
    table["mesh_cells"] = 12_000.0
    table["seconds"] = np.linspace(1, 2, len(frame))
    numeric = [item for item in table.columns if item not in frame.columns]
    table[numeric] = table[numeric].astype("Float64")
    lost = np.isin(np.arange(len(table)), list(failed))
    table.loc[lost, numeric] = pd.NA
    table.insert(0, "case", np.arange(1, len(table) + 1))
    table["status"] = np.where(lost, "failed", "done")
    table["reason"] = np.where(lost, "it took longer than 60 s", None)
    table["folder"] = [f"cases/{number:016x}" for number in range(len(table))]
    table["hash"] = [f"{number:064x}" for number in range(len(table))]
    return table


def view(table: pd.DataFrame, *inputs: SweepInput, **more: Any) -> SweepView:
    """A sweep of a table."""
    return SweepView(
        more.pop("name", "A sweep"), "quickstart", table, tuple(inputs), version="1.2.3", **more
    )


def two(**more: Any) -> SweepView:
    """Collagen by crosslinking: eight by three cases, of which one failed."""
    frame = grid(**{COLLAGEN.column: np.linspace(0.5, 8, 8), CROSSLINKS.column: [0.5, 1.0, 2.0]})
    return view(finished(frame, failed=(4,)), COLLAGEN, CROSSLINKS, **more)


def samples(count: int, width: int, **more: Any) -> SweepView:
    """Samples of some inputs, the first two of which act."""
    rng = np.random.default_rng(7)
    inputs = [
        SweepInput(COLLAGEN.column, "collagen I", "mg/mL", sampled=True),
        SweepInput(CROSSLINKS.column, "crosslinking", sampled=True),
        *(SweepInput(f"idle_{number}", f"idle {number}", sampled=True) for number in range(width)),
    ][:width]
    frame = pd.DataFrame(
        {item.column: (rng.permutation(count) + 0.5) / count * 4 + 0.2 for item in inputs}
    )
    return view(finished(frame, failed=range(0, count, 41)), *inputs, **more)
