"""The cases of the gallery, each computed once in a process of the tests, when first asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

GALLERY = Path(__file__).parents[2] / "cases" / "gallery"
# Printed piles have many cells for a smooth picture; the tests make do with fewer of the same.
FEWER = {
    "quickstart": 200,
    "collagen_I_straight": 48,
    "collagen_III_wavy": 48,
    "pressed_hard": 24,
    "awakened_by_NETs": 30,
}
PILES = tuple(FEWER)
SHAPES = tuple(sorted({path.stem for path in GALLERY.glob("*.yaml")} - FEWER.keys()))


class Shown(NamedTuple):
    """A computed case: its table of sites, its summary, its folder."""

    sites: pd.DataFrame
    summary: dict[str, Any]
    folder: Path

    def require_sound(self) -> None:
        """Assert what every result must keep to."""
        assert np.isfinite(self.sites.select_dtypes("number")).all().all()
        assert self.sites["p_dormant"].between(0.05, 0.95).all()
        assert self.summary["mesh"]["min_scaled_jacobian"] > 0.1
        assert abs(self.summary["mesh"]["volume_error"]) < 0.05
        for key in ("mean_p_dormant", "fraction_above_half", "mean_stiffness_kPa"):
            band = self.summary[key]
            assert band["low"] <= band["value"] <= band["high"]


class Gallery:
    """Results by the name of the case."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, Shown] = {}

    def __getitem__(self, name: str) -> Shown:
        if name not in self._known:
            self._known[name] = self._computed(name)
        return self._known[name]

    def _computed(self, name: str) -> Shown:
        import pandas as pd

        from cases.load import load_case
        from cases.run import run_case

        case = load_case(GALLERY / f"{name}.yaml")
        if name in FEWER:
            cells = case.cells.model_copy(update={"count": FEWER[name]})
            case = case.model_copy(update={"cells": cells})
        folder = self._root / name
        run_case(case, folder, figures=False, workers=1)
        summary = json.loads((folder / "summary.json").read_text())
        return Shown(pd.read_csv(folder / "sites.csv"), summary, folder)
