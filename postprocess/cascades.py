"""Causes that add up to the log-odds of sleep, at one site or on average, and P on the plateaus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.contract import CUE_PREFIX, cue_names
from postprocess.labels import MECHANICAL_CUES, SHUT, cue_label

if TYPE_CHECKING:
    import pandas

MOST_BARS = 10
"""Causes drawn at most; the smallest ones are summed."""

_NOTHING = 1e-9  # log-odds that are rounding, not a cause
OTHERS = "others"


@dataclass(frozen=True)
class Cascade:
    """What adds up at one site, or on average over sites.

    Parameters
    ----------
    title
        Whose log-odds these are, in words.
    shares
        Log-odds of sleep by cause, natural logarithm; they sum to −ln R.
    p, low, high
        P(dormant) with its band.
    """

    title: str
    shares: Mapping[str, float]
    p: float
    low: float
    high: float

    @property
    def shut(self) -> bool:
        """Whether a gate is shut here: then nothing else matters."""
        return any(abs(value) >= SHUT for value in self.shares.values())

    @property
    def total(self) -> float:
        """Log-odds of sleep before the plateaus, −ln R."""
        return float(sum(self.shares.values()))


@dataclass(frozen=True)
class Bar:
    """One row of a waterfall: words, whether it acts by chemistry, log-odds in each cascade."""

    words: str
    chemical: bool
    values: tuple[float, ...]


@dataclass(frozen=True)
class Plateaus:
    """P of log-odds x: ``p_max − (p_max − p_min) · amplitude / (1 + exp x)``."""

    p_min: float
    p_max: float
    amplitude: float

    def p(self, x: float) -> float:
        """P(dormant) at log-odds ``x``."""
        return self.p_max - self._range / (1.0 + np.exp(min(x, 700.0)))

    def log_odds(self, p: float) -> float:
        """Log-odds at which P is ``p``: infinite at and beyond the plateaus."""
        awake = (self.p_max - p) / self._range if self._range > 0 else np.inf
        if awake <= 0:
            return np.inf
        return float(np.log((1 - awake) / awake)) if awake < 1 else -np.inf

    @property
    def _range(self) -> float:
        return (self.p_max - self.p_min) * self.amplitude


def plateaus_of(summary: Mapping[str, Any]) -> Plateaus | None:
    """Plateaus of the rule where the summary has them and P can move at all, else None."""
    told = summary.get("plateaus")
    if not told:
        return None
    scale = Plateaus(*(float(told[key]) for key in ("p_min", "p_max", "amplitude")))
    return scale if scale._range > 1e-3 else None


def site_cascade(sites: pandas.DataFrame, row: int, title: str) -> Cascade:
    """Cascade of one row of the sites table."""
    line = sites.iloc[row]
    return Cascade(
        title,
        {cue: float(line[CUE_PREFIX + cue]) for cue in cue_names(sites)},
        *(float(line[name]) for name in ("p_dormant", "p_dormant_low", "p_dormant_high")),
    )


def extreme_cascades(sites: pandas.DataFrame) -> list[Cascade]:
    """The sleepiest and the most awake site; none where no two sites differ."""
    p = sites["p_dormant"].to_numpy(dtype=float)
    ends = int(p.argmax()), int(p.argmin())
    if p[ends[0]] == p[ends[1]]:
        return []
    names = [
        f"{words}, site {sites['id'].iloc[row]}"
        for row, words in zip(ends, ("Sleepiest", "Most awake"), strict=True)
    ]
    return [site_cascade(sites, row, name) for row, name in zip(ends, names, strict=True)]


def mean_cascade(sites: pandas.DataFrame, mean: Mapping[str, float]) -> Cascade:
    """Mean over the sites, without those where a gate is shut unless all are.

    A shut gate counts ±20.7 by convention; its mean with open ones would say nothing.

    Parameters
    ----------
    sites
        Sites table.
    mean
        ``value``, ``low``, ``high``: mean P over all sites.

    Returns
    -------
    Cascade
        With sites left out, P and both ends of its band are means over the others.
    """
    cues = cue_names(sites)
    shares = sites[[CUE_PREFIX + cue for cue in cues]].to_numpy(dtype=float)
    shut = (np.abs(shares) >= SHUT).any(axis=1)
    if shut.any() and not shut.all():
        open_sites = sites[~shut]
        shares = shares[~shut]
        names = ("p_dormant", "p_dormant_low", "p_dormant_high")
        p = tuple(float(open_sites[name].mean()) for name in names)
        title = f"Mean of the {len(open_sites)} sites whose gates are open"
    else:
        p = tuple(float(mean[key]) for key in ("value", "low", "high"))
        title = "Mean of all sites"
    means = dict(zip(cues, map(float, shares.mean(axis=0)), strict=True))
    return Cascade(title, means, *p)


def bars(cascades: Sequence[Cascade], most: int = MOST_BARS) -> list[Bar]:
    """Rows common to some cascades: stiffness, chemistry, the small ones summed, shut gates last.

    At most ``most``; causes without any share are left out. The rows of a cascade sum to
    its total.
    """
    named = {
        cue: tuple(c.shares.get(cue, 0.0) for c in cascades) for c in cascades for cue in c.shares
    }
    sizes = {cue: max(map(abs, values)) for cue, values in named.items()}
    acting = sorted((cue for cue in named if sizes[cue] > _NOTHING), key=lambda cue: -sizes[cue])
    few = acting if len(acting) <= most else acting[: most - 1]
    small = acting[len(few) :]
    rows = sorted(
        (Bar(cue_label(cue), cue not in MECHANICAL_CUES, named[cue]) for cue in few),
        key=lambda bar: (max(map(abs, bar.values)) >= SHUT, bar.chemical),
    )
    if small:
        together = tuple(
            float(sum(column)) for column in zip(*(named[c] for c in small), strict=True)
        )
        at = sum(max(map(abs, bar.values)) < SHUT for bar in rows)
        chemical = all(cue not in MECHANICAL_CUES for cue in small)
        rows.insert(at, Bar(f"{OTHERS} ({len(small)})", chemical, together))
    return rows
