"""Sobol indices of a plain function over the unit cube: SALib, with its silent answers refused.

First order ``S_i = Var(E[Y | u_i])/Var(Y)``: what knowing factor i alone would take away from the
variance of Y. Total ``T_i = 1 − Var(E[Y | all but u_i])/Var(Y)``: what is left when all others are
known, interactions included. Sampling and estimators as in Saltelli 2010
(10.1016/j.cpc.2009.09.018), intervals by bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray

Model = Callable[[FloatArray], FloatArray]
"""From ``(D, S)`` points of the unit cube to ``(S,)`` answers."""

LEVEL = 0.90
_RESAMPLES = 100
_TRIES = 8  # points at which a factor is moved to see whether it does anything
_STILL = 1e-12  # relative change that counts as none: it is rounding


@dataclass(frozen=True, eq=False)
class Indices:
    """Sobol indices of one model.

    Attributes
    ----------
    first, total : ndarray, shape (D,)
        Dimensionless. Estimates of numbers from 0 to 1: within their error they may lie outside.
    first_conf, total_conf : ndarray, shape (D,)
        Half-width of the 90 % interval.
    variance : float
        Of the answer, in its unit squared; 0 where nothing varies, and then all indices are 0.
    """

    first: FloatArray
    first_conf: FloatArray
    total: FloatArray
    total_conf: FloatArray
    variance: float


def _answers(model: Model, unit: FloatArray) -> FloatArray:
    y = np.asarray(model(unit), dtype=float)
    if y.shape != (unit.shape[1],):
        raise ValueError(f"model: expected shape ({unit.shape[1]},), found {y.shape}")
    if not np.isfinite(y).all():
        # SALib would answer with indices of 0, as if no factor mattered.
        index = int(np.argmin(np.isfinite(y)))
        raise ValueError(f"model: expected finite answers, found {y[index]} at sample {index}")
    return y


def _points(dimension: int, samples: int, seed: int) -> FloatArray:
    from scipy.stats import qmc

    points = qmc.Sobol(dimension, scramble=True, seed=seed).random_base2(samples.bit_length() - 1)
    return np.asarray(points.T)


def moving_factors(model: Model, free: Sequence[bool], *, seed: int = 20) -> tuple[bool, ...]:
    """Which coordinates of the unit cube change a model's answer at all.

    Each is moved by a quarter of its range at a few points, all others held.

    Parameters
    ----------
    model
        From ``(D, S)`` points of the unit cube to ``(S,)`` answers.
    free
        Which of the D are to be tried, shape (D,); the others are held in the middle.
    seed
        Of the points.

    Returns
    -------
    tuple of bool, shape (D,)

    Raises
    ------
    ValueError
        If an answer is not finite.
    """
    tried = [i for i, may in enumerate(free) if may]
    base = np.full((len(free), _TRIES), 0.5)
    if not tried:
        return (False,) * len(free)
    base[tried] = _points(len(tried), _TRIES, seed)
    moved = np.repeat(base[:, None, :], len(tried) + 1, axis=1)
    for row, i in enumerate(tried, 1):
        moved[i, row] = (moved[i, row] + 0.25) % 1.0
    y = _answers(model, moved.reshape(len(free), -1)).reshape(len(tried) + 1, _TRIES)
    still = np.abs(y[1:] - y[0]).max(axis=1) <= _STILL * np.abs(y).max()
    moving = {i for i, none in zip(tried, still, strict=True) if not none}
    return tuple(i in moving for i in range(len(free)))


def unit_cube_indices(
    model: Model, dimension: int, *, samples: int = 512, seed: int = 20
) -> Indices:
    """Sobol indices of a model over the unit cube.

    Parameters
    ----------
    model
        From ``(D, S)`` points of the unit cube to ``(S,)`` answers; called once.
    dimension
        D, at least 1.
    samples
        N, a power of two of at least 2; the model is asked at ``N (D + 2)`` points.
    seed
        Of the points and of the bootstrap: the same seed gives the same indices.

    Returns
    -------
    Indices

    Raises
    ------
    ValueError
        If ``samples`` is no such power, or an answer is not finite.
    """
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    if samples < 2 or samples & (samples - 1):
        raise ValueError(f"samples: expected a power of two of at least 2, found {samples}")
    problem = {
        "num_vars": dimension,
        "names": [str(i) for i in range(dimension)],
        "bounds": [[0.0, 1.0]] * dimension,
    }
    points = sampling.sample(problem, samples, calc_second_order=False, seed=seed)
    y = _answers(model, np.ascontiguousarray(points.T))
    if np.ptp(y) <= _STILL * np.abs(y).max():
        # SALib would divide rounding by rounding.
        none = np.zeros(dimension)
        return Indices(none, none, none, none, 0.0)
    found = analysis.analyze(
        problem, y, calc_second_order=False, num_resamples=_RESAMPLES, conf_level=LEVEL,
        seed=seed + 1,  # a seed of 0 it takes for none
    )  # fmt: skip
    # The first and the last of each D + 2 points are plain samples of the cube.
    plain = y.reshape(samples, dimension + 2)[:, [0, -1]]
    first, first_conf, total, total_conf = (
        np.asarray(found[name]) for name in ("S1", "S1_conf", "ST", "ST_conf")
    )
    return Indices(first, first_conf, total, total_conf, float(np.var(plain)))
