"""The odds that talin unfolds and catches vinculin before its integrin lets go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .engine import FloatArray
from .parameters import ClutchParameters
from .table import ClutchGrid, ClutchTable

GATE_GRID = ClutchGrid(
    stiffness_kPa=tuple(float(f"{E:.6g}") for E in np.geomspace(0.05, 80.0, 28)),
    ligand=(0.0625, 0.125, 0.25, 0.625, 1.0, 1.375, 2.0, 4.0),
    contractility=(0.0625, 0.125, 0.25, 0.5, 1.0),
    repeats=6,
    arms=("depleted",),
)
"""Where the odds are tabulated; held constant outside, except towards 0 (see `ClutchGate`)."""


def gate_parameters(parameters: ClutchParameters) -> ClutchParameters:
    """The numbers the odds are computed with: no reinforcement, and steps that do not matter.

    Without reinforcement the odds ask what an adhesion does that has not grown yet: the size of
    ``density_step`` and of its cap, and the simulated time, then have no say. A fifth of the step
    and the exact order of events within it: the published script's step loads a lone clutch on a
    stiff substrate with tens of pN at once.

    Parameters
    ----------
    parameters
        As published.

    Returns
    -------
    ClutchParameters
    """
    step = parameters.time_step / 5.0
    return replace(parameters, density_step=0.0, same_step=0.0, time_step=step)


def log_odds(table: ClutchTable) -> FloatArray:
    """ln of the odds that a clutch's talin catches vinculin before its integrin lets go.

    Parameters
    ----------
    table
        With an arm ``depleted``.

    Returns
    -------
    ndarray, shape (ligand, contractility, stiffness)
        Releases with vinculin over releases without. Half a release is added to each count, so
        that none seen in all runs is not taken for never.
    """
    caught = table.read_out("depleted", "caught_per_s")[0]
    lost = table.read_out("depleted", "lost_per_s")[0]
    runs = [table.grid.runs(ligand) for ligand in table.grid.ligand]
    half = 0.5 / (table.parameters.duration * np.array(runs))[:, None, None]
    return np.log(caught + half) - np.log(lost + half)


def log_odds_error(table: ClutchTable) -> FloatArray:
    """Monte-Carlo standard error of `log_odds`, by propagation from both counts.

    Parameters
    ----------
    table
        With an arm ``depleted``.

    Returns
    -------
    ndarray, shape (ligand, contractility, stiffness)
        0 where nothing was counted in any run.
    """
    relative = []
    for name in ("caught_per_s", "lost_per_s"):
        mean, se = table.read_out("depleted", name)
        relative.append(np.divide(se, mean, out=np.zeros_like(se), where=mean > 0.0))
    error: FloatArray = np.hypot(*relative)
    return error
