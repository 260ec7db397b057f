"""How fast cells must fall asleep at a site so that, in the long run, its G0 fraction is P.

Write s for the rate at which the population grows, λ and α for the rates of falling asleep and
waking, δ for death rates. Once the shares of all phases stand still, every number grows as e^(st);
for the number N₀ in G0 and N_e in early G1, ``dN₀/dt = λ N_e − (α + δ₀) N₀ = s N₀``, hence

``N₀ / N_e = λ / (α + δ₀ + s)``:

growth dilutes the sleepers as if they woke faster by s. Of one newborn, discounted by e^(−st), let
``L(z) = (1 + zτ/k)^(−k)`` be what leaves a phase of mean τ and k stages (``e^(−zτ)`` for a fixed
length) and ``D(z) = (1 − L(z))/z`` the time spent in it, with z = s + δ, and z = s + δ_e + λ in
early G1. Early G1 is entered ``F = 1/(1 − λ D_e α/(α + δ₀ + s))`` times, so the newborn brings
``C(s) = F L_e L_late L_S L_G2M`` divisions. Two balances fix s:

- *growing*: both daughters stay. The numbers of newborns of the two kinds reproduce themselves by
  the matrix ``2 C_i T_ij``, T being the inheritance of the kind; its greatest eigenvalue is 1
  (Euler-Lotka; Powell 1956, 10.1099/00221287-15-3-492). s may be negative, where death prevails.
- *fixed*: one cell per site; one daughter stays, and a dead cell is replaced by a newborn. Cycles
  follow one another as a renewal process, whose long-run shares are those of mean times: s = 0.

P = N₀/N is one more equation, for λ. At equal λ, a growing population sleeps less than a fixed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from meshes.errors import InputError

from .cycle import CycleModel, FloatArray, Phase

Occupancy = Literal["growing", "fixed"]
OCCUPANCIES: tuple[str, ...] = get_args(Occupancy)

LARGEST_P = 0.9999
"""P above it are taken as it: no finite rate keeps every cell asleep."""

_SMALLEST_P = 1e-9  # below it, nobody falls asleep
_RATES = np.concatenate([[0.0], np.logspace(-11.0, 7.0, 1801)])  # 1/h, of the table


def check_occupancy(occupancy: str) -> None:
    """Raise InputError unless the occupancy is known."""
    if occupancy not in OCCUPANCIES:
        raise InputError(
            f"population: expected an occupancy of {' or '.join(OCCUPANCIES)}, found {occupancy!r}"
        )


@dataclass(frozen=True)
class LongRun:
    """Where a population ends up whose sites have one entry rate each.

    Attributes
    ----------
    entry_rate : ndarray, shape (n,)
        λ, 1/h.
    growth : ndarray, shape (n,)
        s, 1/h; 0 for a fixed occupancy.
    shares : ndarray, shape (n, 2, 5)
        Share of living cells by kind and `Phase`; sums to 1 for each site.
    visits : ndarray, shape (n, 2)
        F, mean number of times a newborn of either kind enters early G1, discounted by growth.
    """

    entry_rate: FloatArray
    growth: FloatArray
    shares: FloatArray
    visits: FloatArray

    @property
    def dormant(self) -> FloatArray:
        """G0 fraction, shape (n,)."""
        return np.asarray(self.shares[:, :, Phase.G0].sum(axis=1))


def _left(z: FloatArray, mean: FloatArray, stages: int) -> FloatArray:
    """ln L(z); NaN left of the pole, where the integral diverges."""
    if not stages:
        return -z * mean
    return -stages * np.log1p(z * mean / stages)


def _spent(z: FloatArray, left: FloatArray, mean: FloatArray, stages: int) -> FloatArray:
    """D(z), h."""
    exact = -np.expm1(left) / z
    spread = 1.0 + (1.0 / stages if stages else 0.0)
    return np.where(np.abs(z * mean) < 1e-6, mean * (1.0 - 0.5 * spread * z * mean), exact)


@np.errstate(all="ignore")
def _newborn(
    cycle: CycleModel, entry: FloatArray, growth: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """C (n, 2), discounted time in each phase (n, 2, 5), F (n, 2); NaN where they diverge."""
    lengths, deaths, k = cycle.lengths(), cycle.deaths(), cycle.stages
    z = growth[:, None, None] + deaths
    z[:, :, Phase.EARLY_G1] += entry[:, None]
    left = _left(z[:, :, :4], lengths, k)
    spent = np.empty_like(z)
    spent[:, :, :4] = _spent(z[:, :, :4], left, lengths, k)
    wake = z[:, :, Phase.G0] + cycle.exit_rate
    rate = entry[:, None]
    early = z[:, :, Phase.EARLY_G1]
    # 1/F = 1 − λ D_e α/wake times (z wake), written without the difference of near-equal numbers.
    loss = (early - rate) * wake + rate * (
        wake - cycle.exit_rate + cycle.exit_rate * np.exp(left[:, :, Phase.EARLY_G1])
    )
    # Without entry G0 plays no part, however fast the population shrinks.
    sleeps = rate > 0.0
    visits = np.where(sleeps, early * wake / loss, 1.0)
    visits = np.where((visits > 0.0) & ((wake > 0.0) | ~sleeps), visits, np.nan)
    spent[:, :, Phase.G0] = np.where(sleeps, rate * spent[:, :, Phase.EARLY_G1] / wake, 0.0)
    before = np.exp(np.cumsum(left, axis=2)) * visits[:, :, None]
    spent[:, :, [Phase.EARLY_G1, Phase.G0]] *= visits[:, :, None]
    spent[:, :, 1:4] *= before[:, :, :3]
    return before[:, :, 3], spent, visits


@np.errstate(all="ignore")
def _matrix(cycle: CycleModel, divisions: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Greatest eigenvalue of 2 C_i T_ij, and the newborns' kinds (its left eigenvector)."""
    kinds = cycle.inheritance()
    a, d = 2.0 * divisions[:, 0] * kinds[0, 0], 2.0 * divisions[:, 1] * kinds[1, 1]
    b, c = 2.0 * divisions[:, 0] * kinds[0, 1], 2.0 * divisions[:, 1] * kinds[1, 0]
    if cycle.slow_share in (0.0, 1.0):
        # A kind that is never drawn is not there, however well it would fare.
        only = int(cycle.slow_share)
        there = np.ones_like(a)
        return (a, d)[only], (1 - only) * there, only * there
    root = np.hypot(a - d, 2.0 * np.sqrt(b * c))
    value = 0.5 * (a + d + root)
    # Both forms hold; each loses its digits where the other keeps them.
    first = np.where(a >= d, value - d, c)
    second = np.where(a >= d, b, value - a)
    return value, first, second


def growth_rate(cycle: CycleModel, entry_rate: ArrayLike) -> FloatArray:
    """Long-run growth rate s of a population whose daughters all stay (Euler-Lotka).

    Parameters
    ----------
    cycle
        The cycle.
    entry_rate
        λ, 1/h, shape (n,), at least 0.

    Returns
    -------
    ndarray, shape (n,)
        s, 1/h; ln 2/T for phases of fixed length T in all, without sleep and death.
    """
    entry = np.asarray(entry_rate, dtype=float)

    def too_slow(s: FloatArray) -> NDArray[np.bool_]:
        divisions, _, _ = _newborn(cycle, entry, s)
        value, _, _ = _matrix(cycle, divisions)
        return np.asarray(~(value < 1.0))

    high = np.full(entry.shape, 2.0 / cycle.cycle_h)
    while np.any(more := too_slow(high)):
        high[more] *= 2.0
    # No cell is lost faster than it dies; a population of sleepers ends as they wake or die.
    low = np.full(entry.shape, -2.0 * (cycle.deaths().max() + cycle.exit_rate) - 1e-9)
    while np.any(less := ~too_slow(low)):
        low[less] *= 2.0
    for _ in range(70):
        middle = 0.5 * (low + high)
        slow = too_slow(middle)
        low, high = np.where(slow, middle, low), np.where(slow, high, middle)
    # From the side on which all integrals converge.
    return high


def long_run(
    cycle: CycleModel, entry_rate: ArrayLike, *, occupancy: Occupancy = "growing"
) -> LongRun:
    """Growth and shares of all phases in the long run.

    Parameters
    ----------
    cycle
        The cycle.
    entry_rate
        λ, 1/h, shape (n,), at least 0.
    occupancy
        ``growing``: all daughters stay; ``fixed``: one cell per site.

    Returns
    -------
    LongRun

    Raises
    ------
    InputError
        If the occupancy is unknown.
    """
    check_occupancy(occupancy)
    entry = np.atleast_1d(np.asarray(entry_rate, dtype=float))
    growing = occupancy == "growing"
    growth = growth_rate(cycle, entry) if growing else np.zeros_like(entry)
    divisions, spent, visits = _newborn(cycle, entry, growth)
    if growing:
        _, first, second = _matrix(cycle, divisions)
    else:
        first, second = (
            np.full_like(entry, 1.0 - cycle.slow_share),
            np.full_like(entry, cycle.slow_share),
        )
    with np.errstate(invalid="ignore"):  # NaN where not even a huge λ can be told from infinity
        births = np.stack([first, second], axis=1)[:, :, None]
        shares = np.where(births > 0.0, spent * births, 0.0)
        shares /= shares.sum(axis=(1, 2), keepdims=True)
    return LongRun(entry, growth, shares, visits)


def entry_rate(cycle: CycleModel, p: ArrayLike, *, occupancy: Occupancy = "growing") -> FloatArray:
    """λ at which the long-run G0 fraction of a site is its P(dormant).

    Parameters
    ----------
    cycle
        The cycle.
    p
        P(dormant), shape (n,), 0 to 1; above `LARGEST_P` taken as that.
    occupancy
        As in `long_run`.

    Returns
    -------
    ndarray, shape (n,)
        λ, 1/h; exact at the 1802 rates of a table, monotone cubic between ln λ of them: P comes
        back within 1e-6.

    Raises
    ------
    InputError
        If the occupancy is unknown, a P lies outside 0 to 1, or cells in the cycle die so much
        faster than sleepers wake and die that a population with sleepers ends with more than P.
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.special import logit

    wanted = np.asarray(p, dtype=float)
    if not np.all((wanted >= 0.0) & (wanted <= 1.0)):
        raise InputError("cycle: expected P(dormant) from 0 to 1")
    table = long_run(cycle, _RATES, occupancy=occupancy).dormant
    rising = np.flatnonzero((table > 0.5 * _SMALLEST_P) & (table < 0.5 * (1.0 + LARGEST_P)))
    least = table[rising[0]] if len(rising) else 1.0
    some = wanted > _SMALLEST_P
    if np.any(wanted[some] < least):
        raise InputError(
            f"cycle: a P(dormant) of {wanted[some].min():g} cannot last: cells in the cycle die "
            f"so fast that, once any fall asleep, {least:.3g} of those left are asleep",
            hint="lower death_cycling, or shorten sojourn_h",
        )
    if not np.any(some):
        return np.zeros_like(wanted)
    at, first = np.unique(logit(table[rising]), return_index=True)
    of = PchipInterpolator(at, np.log(_RATES[rising][first]))
    clipped = np.clip(wanted, least, LARGEST_P)
    return np.where(some, np.exp(of(logit(clipped))), 0.0)
