"""The band of P: what the stated ranges of the rule's numbers leave open, site by site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray
from .course import Course


@dataclass(frozen=True, eq=False)
class Band:
    """Range of P(dormant) from the ranges of the rule's numbers.

    Attributes
    ----------
    low, high : ndarray, shape (n,)
        Percentiles over the samples at each site, widened where needed to hold the nominal P.
    mean : tuple of float
        Mean P over the sites: nominal, low, high.
    fraction_above_half : tuple of float
        Fraction of the sites with P > 0.5: nominal, low, high.
    mean_samples, above_samples : ndarray, shape (S,)
        The same two in every sample. Two bands of one seed and one cue table hold the same samples:
        subtract these to compare them.
    """

    low: FloatArray
    high: FloatArray
    mean: tuple[float, float, float]
    fraction_above_half: tuple[float, float, float]
    mean_samples: FloatArray
    above_samples: FloatArray


def percentiles(samples: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Lower and upper percentile that enclose a probability, along the last axis.

    Parameters
    ----------
    samples
        Shape (..., S); sorted in place.
    level
        Probability between the two, 0 to 1.

    Returns
    -------
    low, high : ndarray, shape (...)
    """
    # As np.percentile (linear), which partitions: sorting so short an axis is five times faster.
    samples.sort(axis=-1)
    ranked = samples
    last = ranked.shape[-1] - 1
    position = 0.5 * (1.0 - level) * last
    below = int(position)
    above, fraction = min(below + 1, last), position - below
    low = ranked[..., below] + fraction * (ranked[..., above] - ranked[..., below])
    mirrored = ranked[..., last - above] - ranked[..., last - below]
    high = ranked[..., last - below] + fraction * mirrored
    return low, high


class _Tally:
    """Collects one state's samples, block by block."""

    def __init__(self, nominal: FloatArray, samples: int) -> None:
        self.nominal = nominal
        self.low, self.high = nominal.copy(), nominal.copy()
        self.sum_p, self.sum_above = np.zeros(samples), np.zeros(samples)

    def add(self, sites: slice, p: FloatArray, level: float) -> None:
        self.sum_p += p.sum(axis=0)
        self.sum_above += (p > 0.5).sum(axis=0)
        low, high = percentiles(p, level)
        np.minimum(self.low[sites], low, out=self.low[sites])
        np.maximum(self.high[sites], high, out=self.high[sites])

    def band(self, level: float) -> Band:
        n = len(self.nominal)
        mean, above = self.sum_p / n, self.sum_above / n
        return Band(
            self.low,
            self.high,
            _with_nominal(float(self.nominal.mean()), mean, level),
            _with_nominal(float((self.nominal > 0.5).mean()), above, level),
            mean,
            above,
        )


def _with_nominal(nominal: float, samples: FloatArray, level: float) -> tuple[float, float, float]:
    low, high = percentiles(samples.copy(), level)
    return nominal, min(float(low), nominal), max(float(high), nominal)


def compute_bands(course: Course, level: float, *, last: int | None = None) -> list[Band]:
    """Evaluate every site under every sample, a block of sites at a time.

    Memory is bounded by the block, whatever the number of sites: only two numbers per site and two
    sums per sample outlive it.

    Parameters
    ----------
    course
        The states of n sites, each with its S samples.
    level
        Probability between the percentiles, 0 to 1.
    last
        Number of states from the end whose bands are wanted; None: all.

    Returns
    -------
    list of Band
        One for each of those states.

    Raises
    ------
    ValueError
        If the level is none.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level: expected a number between 0 and 1, found {level}")
    wanted = slice(None if last is None else -last, None)
    tallies = [_Tally(nominal, course.samples) for nominal in course.nominal()[wanted]]
    for sites in course.blocks():
        p = list(course.probability(sites))[wanted]
        for tally, part in zip(tallies, p, strict=True):
            tally.add(sites, part, level)
    return [tally.band(level) for tally in tallies]


def sample_sites(course: Course) -> FloatArray:
    """P of every site in every sample of the last state, shape (n, S).

    Parameters
    ----------
    course
        As in `compute_bands`; n times S numbers are held.
    """
    return np.concatenate([list(course.probability(sites))[-1] for sites in course.blocks()])
