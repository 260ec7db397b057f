"""Numbers of courses with their sampling error: shares, sizes, growth, and what holds a size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from postprocess.assays.view import ASLEEP, MAKES_DNA, Arm, Cluster, Labelled
from postprocess.contract import FloatArray

DAY = 24.0
STANDSTILL_DAYS = 30.0
"""A size that would take longer to double or halve stands still, and cells that divide more rarely
than such a doubling asks for are asleep (assumption): about 1 % of them marked by EdU."""

STANDSTILL = math.log(2.0) / STANDSTILL_DAYS
"""The same, 1/day."""

_TAIL = 0.25  # last part of a course from which growth is read

Kind = Literal["grows", "shrinks", "mass", "cellular", "held", "gone", "open"]


@dataclass(frozen=True, eq=False)
class Line:
    """A number in time: ``value, low, high``, each of shape (m,); NaN where there is none."""

    times_h: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray


def z_of(level: float) -> float:
    """Standard errors to each side of a normal interval of this coverage."""
    return NormalDist().inv_cdf(0.5 * (1.0 + level))


def clone_sizes(arm: Arm) -> npt.NDArray[np.int64]:
    """Living cells of each clone in time, shape (m, n)."""
    return arm.tally[:, :, : len(arm.phases)].sum(axis=2, dtype=np.int64)


def in_phase(arm: Arm, phase: str) -> npt.NDArray[np.int64]:
    """Cells of each clone in a phase in time, shape (m, n)."""
    return arm.tally[:, :, arm.phases.index(phase)].astype(np.int64)


def share_line(arm: Arm, phase: str, level: float) -> Line:
    """Share of all living cells in a phase, with the sampling error of the clones.

    The share is a ratio of sums over n clones, ``f = Σh/Σm``; its variance is
    ``n/(n−1) Σ(h − f m)²/(Σm)²`` (Cochran, Sampling Techniques, chapter 9).

    Parameters
    ----------
    arm
        The course.
    phase
        One of its phases.
    level
        Coverage of the interval, 0 to 1.
    """
    hits, sizes = in_phase(arm, phase), clone_sizes(arm)
    total = sizes.sum(axis=1)
    alive = np.where(total > 0, total, np.nan)
    share = hits.sum(axis=1) / alive
    n = sizes.shape[1]
    off = np.stack([((h - f * m) ** 2).sum() for h, f, m in zip(hits, share, sizes, strict=True)])
    error = np.sqrt(_few(n) * off) / alive * z_of(level)
    return Line(
        arm.times_h, share, np.clip(share - error, 0.0, 1.0), np.clip(share + error, 0.0, 1.0)
    )


def size_line(arm: Arm, level: float) -> Line:
    """Mean living cells per clone, with the sampling error of the clones, never below 0."""
    sizes = clone_sizes(arm)
    n = sizes.shape[1]
    mean = sizes.mean(axis=1)
    error = np.sqrt(_few(n) * sizes.var(axis=1) / n) * z_of(level)
    return Line(arm.times_h, mean, np.maximum(mean - error, 0.0), mean + error)


def _few(n: int) -> float:
    """n/(n−1): infinite for one clone, of which nobody knows how much clones differ."""
    return n / (n - 1.0) if n > 1 else math.inf


def labelled_line(arm: Arm, level: float) -> Labelled:
    """What a pulse of EdU marks: as read, or the share of cells in S."""
    if arm.edu is not None:
        return arm.edu
    line = share_line(arm, MAKES_DNA, level)
    return Labelled(line.times_h, line.value, line.low, line.high)


@dataclass(frozen=True, eq=False)
class Groups:
    """Clones in groups of like P: P of their cells, and their share in G0 with its interval."""

    p: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray


def groups_by_p(arm: Arm, level: float, most: int = 8) -> Groups:
    """G0 fraction at the end against P(dormant), for groups of clones.

    Parameters
    ----------
    arm
        The course.
    level
        Coverage of the intervals.
    most
        Groups, of about as many clones each.

    Returns
    -------
    Groups
        Shape (g,); ``p`` is the mean over the living cells of the group, as a clone counts by its
        cells in the share too. Groups without living cells are left out.
    """
    edges = np.unique(np.quantile(arm.p, np.linspace(0.0, 1.0, most + 1)))
    group = np.clip(np.searchsorted(edges, arm.p, side="right") - 1, 0, max(len(edges) - 2, 0))
    sizes, hits = clone_sizes(arm)[-1], in_phase(arm, ASLEEP)[-1]
    rows = []
    for one in np.unique(group):
        here = group == one
        m, h, total = sizes[here], hits[here], int(sizes[here].sum())
        if total:
            f = h.sum() / total
            error = math.sqrt(_few(len(m)) * ((h - f * m) ** 2).sum()) / total * z_of(level)
            rows.append((arm.p[here] @ m / total, f, max(f - error, 0.0), min(f + error, 1.0)))
    return Groups(*np.array(rows).reshape(-1, 4).T)


@dataclass(frozen=True)
class Balance:
    """How births and deaths stand at the end of a course.

    Attributes
    ----------
    name : str
        Of the course or cluster.
    kind : str
        What it is: see `verdict`.
    net, net_low, net_high : float
        Growth of the size, 1/day, with its sampling interval; NaN where nothing lives.
    births : float
        Divisions per living cell, 1/day; of an arm, from the share that EdU marks: all who divide
        pass through S, so that S and a pulse hold what passes in their time.
    labelled, asleep : float
        Share marked by EdU, and in G0; NaN where nothing lives or it was not followed.
    size : float
        Size at the end over size at the start.
    fixed : bool
        Whether the size could not change.
    """

    name: str
    kind: Kind
    net: float
    net_low: float
    net_high: float
    births: float
    labelled: float
    asleep: float
    size: float
    fixed: bool

    @property
    def deaths(self) -> float:
        """Deaths (and losses) per living cell, 1/day: births less growth, not below 0."""
        return max(self.births - self.net, 0.0)


def verdict(net: float, low: float, high: float, births: float, *, fixed: bool) -> Kind:
    """Tell what holds a size.

    Parameters
    ----------
    net, low, high
        Growth and its interval, 1/day.
    births
        Divisions per cell, 1/day.
    fixed
        Whether the size could not change: then growth says nothing.

    Returns
    -------
    str
        ``cellular``: stands still, hardly a cell divides; ``mass``: stands still, cells divide and
        as many die; ``grows``, ``shrinks``; ``held``: cells divide, and the course allows no
        growth; ``gone``: nothing lives; ``open``: the interval does not tell.
    """
    if not math.isfinite(net):
        return "gone"
    if fixed:
        return "cellular" if births <= STANDSTILL else "held"
    if low > STANDSTILL:
        return "grows"
    if high < -STANDSTILL:
        return "shrinks"
    if low < -STANDSTILL or high > STANDSTILL:
        return "open"
    return "cellular" if births <= STANDSTILL else "mass"


def _window(times: FloatArray) -> int:
    """First of the times that belong to the end of a course; never the last."""
    start = times[-1] - _TAIL * (times[-1] - times[0])
    return min(int(np.searchsorted(times, start)), len(times) - 2)


def _late(value: FloatArray, times: FloatArray, start_h: float) -> float:
    """Mean of a number from a time on; NaN where there is none."""
    here = value[times >= min(start_h, times[-1])]
    here = here[np.isfinite(here)]
    return float(here.mean()) if len(here) else math.nan


def arm_balance(arm: Arm, level: float) -> Balance:
    """Births, growth and what holds the size at the end of a course.

    Growth is ``ln(N₁/N₀)/t`` over the last quarter; its variance, by linearising over clones, is
    ``n/(n−1) Σ(m₁/N₁ − m₀/N₀)²/t²``.

    Parameters
    ----------
    arm
        The course.
    level
        Coverage of the interval of growth.
    """
    sizes, first = clone_sizes(arm), _window(arm.times_h)
    before, after = sizes[first].astype(float), sizes[-1].astype(float)
    days = (arm.times_h[-1] - arm.times_h[first]) / DAY
    total = after.sum()
    if total > 0.0:
        net = math.log(total / before.sum()) / days
        off = float(((after / total - before / before.sum()) ** 2).sum())
        error = math.sqrt(_few(len(before)) * off) / days * z_of(level) if off else 0.0
    else:
        net = error = math.nan
    edu = labelled_line(arm, level)
    labelled = _late(edu.value, edu.times_h, float(arm.times_h[first]))
    births = labelled * DAY / (arm.s_h + edu.pulse_h)
    asleep = in_phase(arm, ASLEEP)[-1].sum() / total if total else math.nan
    return Balance(
        name=arm.name,
        kind=verdict(net, net - error, net + error, births, fixed=arm.fixed),
        net=net,
        net_low=net - error,
        net_high=net + error,
        births=births,
        labelled=labelled,
        asleep=float(asleep),
        size=float(total / sizes[0].sum()),
        fixed=arm.fixed,
    )


def cluster_balance(cluster: Cluster) -> Balance:
    """Births, growth and what holds the size of a cluster, over the last quarter of its course."""
    first = _window(cluster.times_h)
    days = (cluster.times_h[-1] - cluster.times_h[first]) / DAY

    def growth(number: FloatArray) -> float:
        """Mean growth of a number, 1/day."""
        if not (number[first] > 0.0 and number[-1] > 0.0):
            return math.nan
        return math.log(number[-1] / number[first]) / days

    net, ends = growth(cluster.cells), (growth(cluster.low), growth(cluster.high))
    here = [end for end in (*ends, net) if math.isfinite(end)]
    low, high = (min(here), max(here)) if here else (math.nan, math.nan)
    start = float(cluster.times_h[first])
    births = _late(cluster.births, cluster.times_h, start) * DAY
    return Balance(
        name=cluster.name,
        kind=verdict(net, low, high, births, fixed=False),
        net=net,
        net_low=low,
        net_high=high,
        births=births,
        labelled=_late(cluster.labelled, cluster.times_h, start),
        asleep=math.nan if cluster.asleep is None else float(cluster.asleep[-1]),
        size=float(cluster.cells[-1] / cluster.cells[0]),
        fixed=False,
    )


@dataclass(frozen=True)
class Residual:
    """What a treatment leaves.

    Attributes
    ----------
    name, spell : str
        Of the course, and of its first treatment.
    start_h : float
        When that starts, h.
    survivors, asleep : tuple of three floats
        Living cells, and cells in G0, at the end over those at the start of the treatment, with
        their interval; NaN where there was none.
    share_before, share_after : float
        G0 fraction when the treatment starts, and of what is alive at the end; NaN where none is.
    """

    name: str
    spell: str
    start_h: float
    survivors: tuple[float, float, float]
    asleep: tuple[float, float, float]
    share_before: float
    share_after: float


def residual(arm: Arm, level: float) -> Residual | None:
    """What is left at the end of a course of what was there when its first treatment started.

    Ratios ``R = Σb/Σa`` over clones, with the variance ``n/(n−1) Σ(b − R a)²/(Σa)²``.

    Parameters
    ----------
    arm
        The course.
    level
        Coverage of the intervals.

    Returns
    -------
    Residual or None
        None without a treatment.
    """
    if not arm.spells:
        return None
    spell = arm.spells[0]
    start = min(int(np.searchsorted(arm.times_h, spell.start_h)), len(arm.times_h) - 1)
    sizes, asleep = clone_sizes(arm), in_phase(arm, ASLEEP)

    def ratio(number: npt.NDArray[np.int64]) -> tuple[float, float, float]:
        before, after = number[start], number[-1]
        if not before.sum():
            return math.nan, math.nan, math.nan
        r = float(after.sum() / before.sum())
        off = float(((after - r * before) ** 2).sum())
        error = math.sqrt(_few(len(before)) * off) / before.sum() * z_of(level) if off else 0.0
        return r, max(r - error, 0.0), r + error

    def share(row: int) -> float:
        total = sizes[row].sum()
        return float(asleep[row].sum() / total) if total else math.nan

    return Residual(
        arm.name, spell.name, spell.start_h, ratio(sizes), ratio(asleep), share(start), share(-1)
    )
