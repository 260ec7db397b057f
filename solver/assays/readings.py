"""What an assay gives: an intensity per cell, the call a laboratory makes of it, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solver.population import Course, Snapshot

from .noise import BoolArray, FloatArray
from .proportions import Proportion, proportion

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """How well the calls of an assay meet true G0.

    Attributes
    ----------
    called : Proportion
        Share of all cells called dormant.
    true : Proportion
        Share of all cells in G0.
    sensitivity : Proportion
        Share of the cells in G0 that are called dormant.
    specificity : Proportion
        Share of the other cells that are not.
    precision : Proportion
        Share of the cells called dormant that are in G0.
    """

    called: Proportion
    true: Proportion
    sensitivity: Proportion
    specificity: Proportion
    precision: Proportion


@dataclass(frozen=True)
class Readings:
    """Readings of the n cells alive at one time.

    Attributes
    ----------
    assay : str
        Name of the assay.
    at_h : float
        When, h from the start of the simulation.
    channels : tuple of str, length c
        Names of the channels.
    intensity : ndarray, shape (n, c)
        In units of the median of cells without label.
    thresholds : ndarray, shape (c,)
        Where the gate stands in each channel.
    gate : ndarray of bool, shape (n,)
        Which cells a laboratory would call dormant.
    truth : ndarray of bool, shape (n,)
        Which are in G0.
    cell : ndarray of int, shape (n,)
        Their rows in the arrays of the `Course`.
    founder : ndarray of int, shape (n,)
        The site their founder lay at (row of the course's sites): their clone.
    phase : ndarray of int, shape (n,)
        `solver.population.Phase` of each.
    slow : ndarray of bool, shape (n,)
        Which are slow-cycling.
    since_h : ndarray, shape (n,)
        How long each has been in its phase, h.
    """

    assay: str
    at_h: float
    channels: tuple[str, ...]
    intensity: FloatArray
    thresholds: FloatArray
    gate: BoolArray
    truth: BoolArray
    cell: IntArray
    founder: IntArray
    phase: NDArray[np.int8]
    slow: BoolArray
    since_h: FloatArray

    @property
    def cells(self) -> int:
        """Number n of cells read."""
        return len(self.gate)

    def called(self, among: BoolArray | None = None, level: float = 0.95) -> Proportion:
        """Share called dormant among some of the cells.

        Parameters
        ----------
        among : ndarray of bool, shape (n,), optional
            Which cells; all without.
        level
            Coverage of the interval, between 0 and 1.

        Returns
        -------
        Proportion
        """
        chosen = np.ones(self.cells, dtype=bool) if among is None else among
        return proportion(self.gate[chosen], self.founder[chosen], level)

    def score(self, among: BoolArray | None = None, level: float = 0.95) -> Score:
        """Calls against the truth among some of the cells.

        Parameters
        ----------
        among : ndarray of bool, shape (n,), optional
            Which cells, for instance those of one ink; all without.
        level
            Coverage of the intervals, between 0 and 1.

        Returns
        -------
        Score
        """
        chosen = np.ones(self.cells, dtype=bool) if among is None else among
        gate, truth, clone = self.gate[chosen], self.truth[chosen], self.founder[chosen]
        return Score(
            called=proportion(gate, clone, level),
            true=proportion(truth, clone, level),
            sensitivity=proportion(gate[truth], clone[truth], level),
            specificity=proportion(~gate[~truth], clone[~truth], level),
            precision=proportion(truth[gate], clone[gate], level),
        )


class Assay(Protocol):
    """An assay: frozen numbers, and how to read a course with them."""

    @property
    def name(self) -> str:
        """Short name, unique among the assays of a read-out."""

    @property
    def meaning(self) -> str:
        """What a laboratory calls dormant with it, in one line."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of its channels."""

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings of the cells alive at ``at_hours``, h; the same seed gives the same."""


def readings(
    assay: Assay,
    course: Course,
    snapshot: Snapshot,
    intensity: FloatArray,
    thresholds: FloatArray,
    gate: BoolArray,
) -> Readings:
    """Readings of a snapshot, with the truth beside the calls.

    Parameters
    ----------
    assay, course, snapshot
        Which assay read which cells.
    intensity : ndarray, shape (n, c)
        In units of the median of cells without label.
    thresholds : ndarray, shape (c,)
        Of the gate.
    gate : ndarray of bool, shape (n,)
        The calls.

    Returns
    -------
    Readings
    """
    return Readings(
        assay=assay.name,
        at_h=snapshot.at_h,
        channels=assay.channels,
        intensity=intensity,
        thresholds=thresholds,
        gate=gate,
        truth=snapshot.asleep,
        cell=snapshot.cell,
        founder=course.founder[snapshot.cell].astype(np.int64),
        phase=snapshot.phase,
        slow=course.slow[snapshot.cell],
        since_h=snapshot.at_h - snapshot.entered_h,
    )


def one_channel(
    assay: Assay,
    course: Course,
    snapshot: Snapshot,
    seen: FloatArray,
    threshold: float,
    *,
    bright: bool,
) -> Readings:
    """Readings of an assay with one channel and one threshold.

    Parameters
    ----------
    assay, course, snapshot
        Which assay read which cells.
    seen : ndarray, shape (n,)
        In units of the median of cells without label.
    threshold
        Of the gate.
    bright
        Whether the cells above it are called dormant, or the others.

    Returns
    -------
    Readings
    """
    above = seen > threshold
    return readings(
        assay, course, snapshot, seen[:, None], np.array([threshold]), above if bright else ~above
    )
