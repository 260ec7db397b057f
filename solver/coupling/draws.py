"""Draws of the uncertain numbers: the nominal one, and a Sobol sequence over all ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray
from .cues import Cue
from .parameters import Parameter, RuleParameters


@dataclass(frozen=True)
class Draw:
    """Values of all uncertain numbers in S samples.

    Attributes
    ----------
    parameters : mapping of str to ndarray, shape (S,)
        In each parameter's unit.
    weights : mapping of str to ndarray, shape (S,)
        Weight of each cue, in units of ln F.
    log_stiffness : ndarray, shape (n_inks, S), or None
        Shift of ln E common to all sites of an ink; None where no ink is uncertain.
    """

    parameters: Mapping[str, FloatArray]
    weights: Mapping[str, FloatArray]
    log_stiffness: FloatArray | None = None


def nominal_draw(parameters: RuleParameters, cues: Sequence[Cue]) -> Draw:
    """The one sample in which every number has its nominal value.

    Parameters
    ----------
    parameters, cues
        Of the rule.

    Returns
    -------
    Draw
        With S = 1.
    """
    return Draw(
        {name: np.array([p.value]) for name, p in parameters.table.items()},
        {cue.cue: np.array([cue.weight]) for cue in cues},
    )


def _in_range(parameter: Parameter, u: FloatArray, low: FloatArray | float) -> FloatArray:
    # Written so that a range without width returns its number exactly.
    if parameter.sampling == "log":
        return low * (parameter.high / low) ** u
    return low + (parameter.high - low) * u


_BELOW_Q = 0.99  # how far below q an n is put that was drawn above all of q's range


def sobol_draw(
    parameters: RuleParameters,
    cues: Sequence[Cue],
    log_sd: FloatArray,
    *,
    samples: int,
    seed: int,
) -> Draw:
    """Scrambled Sobol samples of all ranges.

    Scales are log-uniform, plateaus and weights uniform in [low, high] and independent of each
    other, with one exception: q is drawn from the part of its range above the n of the same sample,
    because with q <= n confinement would not confine (and where the whole range of q lies below
    that n, n is put just below q). Each ink has one standard-normal factor on
    ln E, common to all its sites.

    Parameters
    ----------
    parameters, cues
        Of the rule.
    log_sd
        Standard deviation of ln E of each ink, shape (n_inks,); may be empty.
    samples
        S, a power of two (a Sobol sequence is balanced only there).
    seed
        Of the scrambling.

    Returns
    -------
    Draw
        With S = ``samples``.

    Raises
    ------
    ValueError
        If ``samples`` is not a power of two.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    if samples < 1 or samples & (samples - 1):
        raise ValueError(f"samples: expected a power of two, found {samples}")
    table = parameters.table
    sobol = qmc.Sobol(len(table) + len(cues) + len(log_sd), scramble=True, seed=seed)
    unit = sobol.random_base2(samples.bit_length() - 1).T
    of_parameters, of_cues, of_inks = np.split(unit, [len(table), len(table) + len(cues)])

    values: dict[str, FloatArray] = {}
    for (name, parameter), u in zip(table.items(), of_parameters, strict=True):
        low: FloatArray | float = parameter.low
        if name == "q":
            low = np.clip(values["n"], parameter.low, parameter.high)
        values[name] = _in_range(parameter, u, low)
    # Where the whole range of q lies below the n that was drawn, n gives way: q stays above it.
    n, q = values["n"], values["q"]
    values["n"] = np.where(n < q, n, _BELOW_Q * q)
    weights = {
        cue.cue: cue.weight_low + (cue.weight_high - cue.weight_low) * u
        for cue, u in zip(cues, of_cues, strict=True)
    }
    if not len(log_sd):
        return Draw(values, weights)
    # The sequence may hold an exact 0, whose normal quantile is -inf: stay half a step inside.
    inside = np.clip(of_inks, 0.5 / 2**30, 1.0 - 0.5 / 2**30)
    return Draw(values, weights, log_sd[:, None] * ndtri(inside))
