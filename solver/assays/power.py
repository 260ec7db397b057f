"""Whether an experiment would see a difference of two shares: cells, replicates, power.

A laboratory counts cells on one side of a gate in r replicates of each of two arms, n cells in each
replicate. Replicates differ by more than counting: the share of replicate i is drawn from a beta
distribution of mean p and variance ρ p (1 − p), and its count from a binomial one, so that the
observed share has variance

    v(p) = p (1 − p) (ρ + (1 − ρ)/n) = p (1 − p) (1 + (n − 1) ρ)/n

(beta-binomial; Williams 1975, 10.2307/2529820). More cells do not lower it below ρ p (1 − p): only
replicates do. The two arms are compared by Student's t test of the replicates' shares: the
replicate, not the cell, is the unit that was repeated, and shares that are equal have equal
variances. Its power is that of the non-central t beyond the critical t of 2 (r − 1) degrees,

    δ = (p_b − p_a)/√((v_a + v_b)/r),   ν = (r − 1)(v_a + v_b)²/(v_a² + v_b²),

exact for normal shares of equal variance (ν = 2 (r − 1)), otherwise near (Satterthwaite's ν):
`simulated_power` draws the counts themselves. With ρ = 0 and many replicates it is the test of two
proportions, which asks for
``r n = (z_(1−level/2) + z_power)² (p_a(1 − p_a) + p_b(1 − p_b))/(p_a − p_b)²`` cells in each arm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from meshes.errors import InputError

FloatArray = NDArray[np.float64]

REPLICATE_SD = 0.05
"""Standard deviation of the true share between replicates at a share of one half (assumption)."""


@dataclass(frozen=True)
class Effort:
    """What is counted, and how sure one wants to be.

    Parameters
    ----------
    cells
        Cells counted in each replicate, at least 1.
    replicates
        Replicates (gels) of each arm, at least 2.
    replicate_sd
        Standard deviation of the true share between replicates where the share is one half, 0 to
        below 0.5; elsewhere it is 2 √(p (1 − p)) times that. ρ is (2 replicate_sd)².
    level
        Two-sided level of the test, between 0 and 1.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    cells: int = 300
    replicates: int = 3
    replicate_sd: float = REPLICATE_SD
    level: float = 0.05

    def __post_init__(self) -> None:
        if self.cells < 1:
            raise InputError(f"effort: expected at least 1 cell, found {self.cells}")
        if self.replicates < 2:
            raise InputError(
                f"effort: expected at least 2 replicates, found {self.replicates}",
                hint="one gel says nothing of how much gels differ",
            )
        if not 0.0 <= self.replicate_sd < 0.5:
            raise InputError(
                f"effort: expected replicate_sd from 0 to below 0.5, found {self.replicate_sd:g}"
            )
        if not 0.0 < self.level < 1.0:
            raise InputError(f"effort: expected a level between 0 and 1, found {self.level:g}")

    @property
    def correlation(self) -> float:
        """ρ, correlation of two cells of one replicate."""
        return (2.0 * self.replicate_sd) ** 2

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the test."""
        return 2 * (self.replicates - 1)


def share_variance(share: ArrayLike, effort: Effort) -> FloatArray:
    """Variance v(p) of the share that one replicate shows.

    Parameters
    ----------
    share
        True share p, 0 to 1, any shape.
    effort
        Cells and replicates.

    Raises
    ------
    InputError
        If a share is out of range.
    """
    p, rho = _checked(share), effort.correlation
    return p * (1.0 - p) * (rho + (1.0 - rho) / effort.cells)


def chances(first: ArrayLike, second: ArrayLike, effort: Effort) -> tuple[FloatArray, FloatArray]:
    """Probabilities of finding the second share significantly lower, and higher, than the first.

    Parameters
    ----------
    first, second
        True shares of the two arms, 0 to 1, shapes that broadcast.
    effort
        Cells and replicates.

    Returns
    -------
    lower, higher : ndarray
        Their sum is the power of the two-sided test.

    Raises
    ------
    InputError
        If a share is out of range.
    """
    from scipy.special import nctdtr, stdtrit

    a, b = np.broadcast_arrays(_checked(first), _checked(second))
    va, vb = share_variance(a, effort), share_variance(b, effort)
    delta = _statistic(np.abs(b - a), va, vb, effort.replicates)
    squares = va**2 + vb**2
    every = np.full(a.shape, float(effort.freedom))
    freedom = np.divide(0.5 * every * (va + vb) ** 2, squares, out=every.copy(), where=squares > 0)
    critical = stdtrit(effort.freedom, 1.0 - 0.5 * effort.level)
    # Beyond this the wrong side and the missed difference are below 1e-16 each; so are those that
    # SciPy cannot tell.
    shift = np.minimum(delta, 1e3)
    right = 1.0 - np.nan_to_num(nctdtr(freedom, shift, critical), nan=0.0)
    wrong = np.nan_to_num(nctdtr(freedom, shift, -critical), nan=0.0)
    up = b >= a
    return np.where(up, wrong, right), np.where(up, right, wrong)


def power(first: ArrayLike, second: ArrayLike, effort: Effort) -> FloatArray:
    """Probability that the two-sided test finds a difference; arguments as in `chances`."""
    lower, higher = chances(first, second, effort)
    return lower + higher


def assurance(first: ArrayLike, second: ArrayLike, effort: Effort, *, higher: bool) -> float:
    """Probability of a significant difference in a stated direction, over samples of the shares.

    The mean of the power over what is not known (O'Hagan 2005, 10.1002/pst.175).

    Parameters
    ----------
    first, second
        Shares in S samples of what is not known, the same samples in both, shape (S,).
    effort
        Cells and replicates.
    higher
        True: the second share is expected above the first.

    Raises
    ------
    InputError
        If a share is out of range.
    """
    return float(chances(first, second, effort)[1 if higher else 0].mean())


def simulated_power(
    first: float, second: float, effort: Effort, *, runs: int = 4000, seed: int = 0
) -> float:
    """Power from drawn counts: beta-binomial replicates, Student's t test of their shares.

    Where few cells are on one side of the gate, this and not `power` is right.

    Parameters
    ----------
    first, second
        True shares, 0 to 1.
    effort
        Cells and replicates.
    runs
        Experiments drawn; the standard error is at most 0.5/√runs.
    seed
        Of the draws; the same seed gives the same power.

    Raises
    ------
    InputError
        If a share is out of range.
    """
    from scipy.special import stdtr

    rng = np.random.default_rng(seed)
    shapes = (runs, effort.replicates)
    a, b = (_draw(float(_checked(p)), effort, shapes, rng) for p in (first, second))
    va, vb = a.var(axis=1, ddof=1), b.var(axis=1, ddof=1)
    difference = np.abs(b.mean(axis=1) - a.mean(axis=1))
    t = _statistic(difference, va, vb, effort.replicates)
    return float((2.0 * stdtr(effort.freedom, -t) <= effort.level).mean())


def _checked(share: ArrayLike) -> FloatArray:
    array = np.asarray(share, dtype=float)
    if not np.all((array >= 0.0) & (array <= 1.0)):
        raise InputError("expected shares from 0 to 1")
    return array


def _statistic(
    difference: FloatArray, va: FloatArray, vb: FloatArray, replicates: int
) -> FloatArray:
    """Difference over its standard error; no variance at all: infinite where they differ."""
    spread = np.sqrt((va + vb) / replicates)
    sure = np.where(difference > 0.0, math.inf, 0.0)
    return np.divide(difference, spread, out=sure, where=spread > 0.0)


def _draw(
    share: float, effort: Effort, shape: tuple[int, int], rng: np.random.Generator
) -> FloatArray:
    """Shares that replicates show."""
    rho = effort.correlation
    true: float | FloatArray = share
    if rho > 0.0 and 0.0 < share < 1.0:
        total = (1.0 - rho) / rho
        true = rng.beta(share * total, (1.0 - share) * total, size=shape)
    return rng.binomial(effort.cells, true, size=shape) / effort.cells
