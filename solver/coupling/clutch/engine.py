"""Runs of the molecular clutch: one with its trace, or several with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .parameters import ClutchParameters

FloatArray = NDArray[np.float64]

ENGINE_VERSION = 1
"""Raised whenever the same numbers and seed give another run: older tables are then not used."""

MEANS = (
    "force_pN",
    "speed_nm_s",
    "bound",
    "unfolded",
    "density_per_um2",
    "caught_per_s",
    "lost_per_s",
    "bindings_per_s",
)
"""What a run gives, in this order. ``bound``: clutches that hold; ``unfolded``: those of them
whose talin is unfolded; ``caught_per_s``, ``lost_per_s``: releases with and without vinculin."""

TRACE = ("force_pN", "clutch_force_pN", "speed_nm_s", "bound", "unfolded", "density_per_um2")
"""Columns of a trace."""


def _count(parameters: ClutchParameters, ligand: float) -> int:
    if not (math.isfinite(ligand) and 0.0 < ligand <= 1e3):
        raise InputError(f"clutch: expected a ligand above 0 and up to 1000, found {ligand:g}")
    return max(1, round(parameters.clutches * ligand))


def _motors(parameters: ClutchParameters, contractility: float) -> float:
    if not (math.isfinite(contractility) and 0.0 < contractility <= 1e3):
        raise InputError(
            f"clutch: expected a contractility above 0 and up to 1000, found {contractility:g}"
        )
    if parameters.motors <= 0.0:
        raise InputError("clutch parameter motors: expected at least one motor to pull")
    return parameters.motors * contractility


def _spring(parameters: ClutchParameters, stiffness_kPa: float) -> float:
    if not (math.isfinite(stiffness_kPa) and 0.0 < stiffness_kPa <= 1e6):
        raise InputError(
            f"clutch: expected a stiffness above 0 and up to 1e6 kPa, found {stiffness_kPa:g}"
        )
    return parameters.spring(stiffness_kPa)


def seeds(entropy: Sequence[int], count: int) -> NDArray[np.uint64]:
    """Independent seeds of runs; the same entropy gives the same seeds on every machine.

    Parameters
    ----------
    entropy
        Integers >= 0 that name the set of runs.
    count
        How many.

    Returns
    -------
    ndarray of uint64, shape (count,)
    """
    state = np.random.SeedSequence(list(entropy)).generate_state(count, np.uint64)
    return state.astype(np.uint64, copy=False)


@dataclass(frozen=True)
class ClutchRun:
    """One Monte-Carlo run.

    Attributes
    ----------
    means : mapping of str to float
        Keyed by `MEANS`, over all of the run.
    time_s : ndarray, shape (m,)
        Times of the trace.
    trace : mapping of str to ndarray, shape (m,)
        Keyed by `TRACE`.
    """

    means: dict[str, float]
    time_s: FloatArray
    trace: dict[str, FloatArray]


def simulate(
    parameters: ClutchParameters,
    stiffness_kPa: float,
    ligand: float = 1.0,
    contractility: float = 1.0,
    *,
    seed: int = 20,
    every: int = 20,
) -> ClutchRun:
    """One run with its trace.

    Parameters
    ----------
    parameters
        From `load_clutch`.
    stiffness_kPa
        Young's modulus of the substrate, kPa, above 0.
    ligand, contractility
        Number of clutches and of motors relative to the preset's, above 0.
    seed
        The same seed gives the same run.
    every
        Steps between two lines of the trace.

    Returns
    -------
    ClutchRun

    Raises
    ------
    InputError
        If stiffness, ligand or contractility is not a number above 0, or ``every`` is below 1.
    """
    from .kernels import Numbers, run

    if every < 1:
        raise InputError(f"clutch: expected a trace of every 1 or more steps, found {every}")
    trace = np.zeros((round(parameters.duration / parameters.time_step) // every, len(TRACE)))
    means = run(
        Numbers(*astuple(parameters)),
        _count(parameters, ligand),
        _motors(parameters, contractility),
        _spring(parameters, stiffness_kPa),
        seeds([seed], 1)[0],
        every,
        trace,
    )
    return ClutchRun(
        means=dict(zip(MEANS, means.tolist(), strict=True)),
        time_s=np.arange(1, len(trace) + 1, dtype=float) * (parameters.time_step * every),
        trace={name: trace[:, column] for column, name in enumerate(TRACE)},
    )


def repeated(
    parameters: ClutchParameters,
    stiffness_kPa: float,
    ligand: float,
    contractility: float,
    *,
    repeats: int,
    entropy: Sequence[int],
) -> tuple[FloatArray, FloatArray]:
    """Means of several independent runs and their standard errors.

    Parameters
    ----------
    parameters, stiffness_kPa, ligand, contractility
        As in `simulate`.
    repeats
        Number of runs, 2 or more.
    entropy
        Integers >= 0 that name this set of runs.

    Returns
    -------
    mean, standard_error : ndarray, shape (8,)
        In the order of `MEANS`; the error is the spread of the runs over the root of their number.

    Raises
    ------
    InputError
        As `simulate`, and if there are fewer than 2 repeats.
    """
    from .kernels import Numbers, run

    if repeats < 2:
        raise InputError(f"clutch: a standard error needs 2 or more repeats, found {repeats}")
    numbers = Numbers(*astuple(parameters))
    count, motors = _count(parameters, ligand), _motors(parameters, contractility)
    spring = _spring(parameters, stiffness_kPa)
    no_trace = np.empty((0, len(TRACE)))
    runs = np.array(
        [run(numbers, count, motors, spring, seed, 1, no_trace) for seed in seeds(entropy, repeats)]
    )
    return runs.mean(axis=0), runs.std(axis=0, ddof=1) / math.sqrt(repeats)
