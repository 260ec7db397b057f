"""Draws of the uncertain numbers: the nominal one, and a Sobol sequence over all ranges."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray
from .cues import Cue
from .parameters import Parameter, RuleParameters, known_parameters


@dataclass(frozen=True)
class Draw:
    """Values of all uncertain numbers in S samples.

    Attributes
    ----------
    parameters : mapping of str to ndarray, shape (S,)
        In each parameter's unit.
    weights : mapping of str to ndarray, shape (S,)
        Weight of each cue, in units of ln F (of ln E where it acts on stiffness).
    log_stiffness : ndarray, shape (n_inks, S), or None
        Shift of ln E common to all sites of an ink; None where no ink is uncertain.
    """

    parameters: Mapping[str, FloatArray]
    weights: Mapping[str, FloatArray]
    log_stiffness: FloatArray | None = None

    @property
    def size(self) -> int:
        """Number of samples S."""
        return len(self.parameters["n"])


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


def factor_names(parameters: RuleParameters, cues: Sequence[Cue], n_inks: int) -> tuple[str, ...]:
    """Names of the uncertain numbers, in the order in which `draw_from_unit` takes them.

    Parameters
    ----------
    parameters, cues
        Of the rule.
    n_inks
        Number of inks whose stiffness is uncertain.

    Returns
    -------
    tuple of str
        The parameters by their names, ``weight_CUE`` and ``stiffness_ink_INDEX`` (from 0).
    """
    weights = (f"weight_{cue.cue}" for cue in cues)
    return (*parameters.table, *weights, *(f"stiffness_ink_{k}" for k in range(n_inks)))


def _in_range(parameter: Parameter, u: FloatArray, low: FloatArray | float) -> FloatArray:
    # Written so that a range without width returns its number exactly.
    if parameter.sampling == "log":
        return low * (parameter.high / low) ** u
    return low + (parameter.high - low) * u


_BELOW_Q = 0.99  # how far below q an n is put that was drawn above all of q's range


def draw_from_unit(
    parameters: RuleParameters, cues: Sequence[Cue], log_sd: FloatArray, unit: FloatArray
) -> Draw:
    """Values of all uncertain numbers at points of the unit cube.

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
    unit
        0 to 1, shape (D, S), one row for each of `factor_names`.

    Returns
    -------
    Draw
        With S samples.

    Raises
    ------
    ValueError
        If the number of rows is not D.
    """
    from scipy.special import ndtri

    table = parameters.table
    wanted = len(table) + len(cues) + len(log_sd)
    if len(unit) != wanted:
        raise ValueError(f"unit: expected {wanted} rows, found {len(unit)}")
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
    # A sequence may hold an exact 0, whose normal quantile is -inf: stay half a step inside.
    inside = np.clip(of_inks, 0.5 / 2**30, 1.0 - 0.5 / 2**30)
    return Draw(values, weights, log_sd[:, None] * ndtri(inside))


def sobol_draw(
    parameters: RuleParameters,
    cues: Sequence[Cue],
    log_sd: FloatArray,
    *,
    samples: int,
    seed: int,
) -> Draw:
    """Scrambled Sobol samples of all ranges.

    The numbers that every rule has share one sequence; each number added by
    `RuleParameters.with_extra` has evenly spread samples of its own, in an order that depends on
    its name and the seed. So two rules that differ in their added numbers still share every draw
    of what they have in common, and their answers can be subtracted sample by sample.

    Parameters
    ----------
    parameters, cues, log_sd
        As in `draw_from_unit`.
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
    from scipy.stats import qmc

    if samples < 1 or samples & (samples - 1):
        raise ValueError(f"samples: expected a power of two, found {samples}")
    own = known_parameters()
    extra = {name for name in parameters.table if name not in own}
    factors = len(factor_names(parameters, cues, len(log_sd)))
    sobol = qmc.Sobol(factors - len(extra), scramble=True, seed=seed)
    shared = iter(sobol.random_base2(samples.bit_length() - 1).T)
    of_parameters = [
        _spread(name, samples, seed) if name in extra else next(shared) for name in parameters.table
    ]
    return draw_from_unit(parameters, cues, log_sd, np.array([*of_parameters, *shared]))


def _spread(name: str, samples: int, seed: int) -> FloatArray:
    """One point in each of S even steps of 0 to 1, in random order."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return (rng.permutation(samples) + rng.random(samples)) / samples
