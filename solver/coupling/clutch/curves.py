"""Traction against stiffness with and without talin, and the talin threshold between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .engine import FloatArray
from .parameters import ClutchParameters
from .store import clutch_table
from .table import ClutchGrid

if TYPE_CHECKING:
    from .gate import ClutchGate

DEPARTURE = 0.05
"""Traction with talin over that without, minus 1, at the threshold. An assumption: far above the
Monte-Carlo error of the shipped tables, far below the effect."""

CURVE_STIFFNESS = tuple(float(f"{E:.6g}") for E in np.geomspace(0.2, 60.0, 33))
"""Young's moduli of the curves, kPa, in steps of 20 %."""


def curve_grid(ligand: float, contractility: float) -> ClutchGrid:
    """Grid of one curve.

    Parameters
    ----------
    ligand, contractility
        Relative to the parameters', above 0.

    Returns
    -------
    ClutchGrid
    """
    return ClutchGrid(CURVE_STIFFNESS, (float(ligand),), (float(contractility),))


def departure(
    stiffness_kPa: FloatArray,
    talin: tuple[FloatArray, FloatArray],
    depleted: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Where traction with talin parts for good from that without: the talin threshold.

    Parameters
    ----------
    stiffness_kPa
        Young's moduli, kPa, rising, shape (k,).
    talin, depleted
        Tractions with and without talin and their standard errors, shape (k,) each.

    Returns
    -------
    ndarray, shape (3,) or (0,)
        Threshold, its lower and its upper bound, kPa: where ``ln(talin/depleted)`` last crosses
        ``ln(1 + DEPARTURE)`` upwards, straight between two stiffnesses in ln E. The bounds lie
        half a step of ln E and 1.96 Monte-Carlo standard errors away. Empty if the two never part
        or already have at the softest.
    """
    log_E = np.log(stiffness_kPa)
    excess = np.log(talin[0] / depleted[0]) - math.log1p(DEPARTURE)
    error = np.hypot(talin[1] / talin[0], depleted[1] / depleted[0])
    below = np.flatnonzero(excess < 0.0)
    if len(below) == 0 or below[-1] == len(excess) - 1:
        return np.empty(0)
    a = int(below[-1])
    step = log_E[a + 1] - log_E[a]
    slope = (excess[a + 1] - excess[a]) / step
    at = log_E[a] - excess[a] / slope
    share = (at - log_E[a]) / step
    spread = math.hypot((1.0 - share) * error[a], share * error[a + 1]) / slope
    off = 0.5 * step + 1.96 * spread
    return np.exp(np.array([at, at - off, at + off]))


def clutch_curves(
    parameters: ClutchParameters,
    ligand: float = 1.0,
    contractility: float = 1.0,
    *,
    gate: ClutchGate | None = None,
    workers: int | None = None,
) -> dict[str, FloatArray]:
    """Read-outs against stiffness, all else held.

    Parameters
    ----------
    parameters
        From `load_clutch`.
    ligand, contractility
        Number of clutches and of motors relative to the parameters', above 0.
    gate
        Adds ``drive``, what this gate makes of each stiffness.
    workers
        As in `compute_table`.

    Returns
    -------
    dict of str to ndarray, shape (33,)
        ``stiffness_kPa``; ``traction_Pa``, ``depleted_Pa`` (without reinforcement by talin),
        ``bound`` (share of the clutches that hold), ``unfolded`` (share of those that hold whose
        talin is unfolded), ``density_per_um2``, each with its standard error under
        the same name with ``_se`` before the unit; ``threshold_kPa`` of shape (3,) or (0,), see
        `departure`.

    Raises
    ------
    InputError
        If ligand or contractility is not above 0.
    """
    table = clutch_table(parameters, curve_grid(ligand, contractility), workers=workers)

    def one(arm: str, name: str) -> tuple[FloatArray, FloatArray]:
        mean, se = table.read_out(arm, name)
        return mean[0, 0], se[0, 0]

    stiffness = np.array(CURVE_STIFFNESS)
    traction, depleted = one("talin", "traction_Pa"), one("depleted", "traction_Pa")
    bound, unfolded = one("talin", "bound"), one("talin", "unfolded")
    density = one("talin", "density_per_um2")
    clutches = max(1, round(parameters.clutches * ligand))
    curves = {
        "stiffness_kPa": stiffness,
        "traction_Pa": traction[0],
        "traction_se_Pa": traction[1],
        "depleted_Pa": depleted[0],
        "depleted_se_Pa": depleted[1],
        "bound": bound[0] / clutches,
        "bound_se": bound[1] / clutches,
        "unfolded": unfolded[0] / np.maximum(bound[0], 1e-300),
        "unfolded_se": unfolded[1] / np.maximum(bound[0], 1e-300),
        "density_per_um2": density[0],
        "density_se_per_um2": density[1],
        "threshold_kPa": departure(stiffness, traction, depleted),
    }
    if gate is not None:
        curves["drive"] = np.exp(gate.log_drive(np.log(stiffness), ligand, contractility))
    return curves
