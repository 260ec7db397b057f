"""Births, deaths and growth at the end of a course: what holds a size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from postprocess.assays.numbers import DAY, clone_sizes, few, in_phase, labelled_line, z_of
from postprocess.assays.view import ASLEEP, Arm, Cluster
from postprocess.contract import FloatArray

STANDSTILL_DAYS = 30.0
"""A size that would take longer to double or halve stands still, and cells that divide more rarely
than such a doubling asks for are asleep (assumption): about 1 % of them marked by EdU."""

STANDSTILL = math.log(2.0) / STANDSTILL_DAYS
"""The same, 1/day."""

_TAIL = 0.25  # last part of a course from which growth is read

Kind = Literal["grows", "shrinks", "mass", "cellular", "held", "gone", "open"]


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
    if not (low >= -STANDSTILL and high <= STANDSTILL):
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
        error = math.sqrt(few(len(before)) * off) / days * z_of(level)
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
