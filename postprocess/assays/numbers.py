"""Numbers of courses with the sampling error of their clones: shares, sizes, what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from postprocess.assays.view import ASLEEP, MAKES_DNA, Arm, Labelled
from postprocess.contract import FloatArray

DAY = 24.0


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
    error = np.sqrt(few(n) * off) / alive * z_of(level)
    return Line(
        arm.times_h, share, np.clip(share - error, 0.0, 1.0), np.clip(share + error, 0.0, 1.0)
    )


def size_line(arm: Arm, level: float) -> Line:
    """Mean living cells per clone, with the sampling error of the clones, never below 0."""
    sizes = clone_sizes(arm)
    n = sizes.shape[1]
    mean = sizes.mean(axis=1)
    error = np.sqrt(few(n) * sizes.var(axis=1) / n) * z_of(level)
    return Line(arm.times_h, mean, np.maximum(mean - error, 0.0), mean + error)


def few(n: int) -> float:
    """n/(n−1) of a variance over n clones; NaN for one: nobody knows how much clones differ."""
    return n / (n - 1.0) if n > 1 else math.nan


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
            error = math.sqrt(few(len(m)) * ((h - f * m) ** 2).sum()) / total * z_of(level)
            rows.append((arm.p[here] @ m / total, f, max(f - error, 0.0), min(f + error, 1.0)))
    return Groups(*np.array(rows).reshape(-1, 4).T)


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
        error = math.sqrt(few(len(before)) * off) / before.sum() * z_of(level)
        return r, max(r - error, 0.0), r + error

    def share(row: int) -> float:
        total = sizes[row].sum()
        return float(asleep[row].sum() / total) if total else math.nan

    return Residual(
        arm.name, spell.name, spell.start_h, ratio(sizes), ratio(asleep), share(start), share(-1)
    )
