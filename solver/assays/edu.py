"""Thymidine analogues (EdU, BrdU): built into new DNA while they are there, halved at division.

A cell in S takes the label up in proportion to the DNA it makes; a whole S phase is 1. Two ways of
use: read at the end of a pulse, who is dark did not make DNA; read after a chase, who kept the
label did not divide. Neither knows G0: dark cells may be in G1, keepers may cycle slowly, and a
cell that slept through the pulse never had a label to keep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from meshes.errors import InputError
from solver.population import Course

from .gates import above_unlabelled, retained
from .lives import hand_on
from .noise import FloatArray, Instrument, stream
from .readings import Readings, one_channel


def incorporated(course: Course, start_h: float, stop_h: float, at_h: float) -> FloatArray:
    """Label in the DNA of each cell after one pulse.

    Parameters
    ----------
    course
        Lineages of N cells.
    start_h, stop_h
        When the pulse starts and stops, h.
    at_h
        When the cells are looked at, h; at least ``start_h``.

    Returns
    -------
    ndarray, shape (N,)
        1 for a whole S phase; halved at each division. At ``min(at_h, end_h)``.
    """
    stop = np.minimum(np.minimum(course.end_h, at_h), stop_h)
    spent = np.minimum(course.g2m_h, stop) - np.maximum(course.s_h, start_h)
    # A cell that has not come through S yet is taken to need a mean one.
    whole = np.full(course.cells, course.cycle.s_h)
    through = np.isfinite(course.g2m_h) & (course.g2m_h > course.s_h)
    whole[through] = course.g2m_h[through] - course.s_h[through]
    taken = np.clip(np.maximum(spent, 0.0) / whole, 0.0, 1.0)
    return hand_on(course, np.zeros(course.cells), np.ones(course.cells), taken)


@dataclass(frozen=True)
class EduPulse:
    """EdU or BrdU read at the end of a pulse: dark cells are called dormant.

    Parameters
    ----------
    pulse_h
        Length of the pulse before the reading, h, above 0; ``inf`` labels from the start of the
        simulation on. 2 h, a usual pulse: assumption.
    name
        Of the assay.
    instrument
        Reads the label. A whole S phase 50 times above a dark cell: assumption.

    Raises
    ------
    InputError
        If the pulse has no length.
    """

    pulse_h: float = 2.0
    name: str = "EdU pulse"
    instrument: Instrument = field(default_factory=lambda: Instrument(brightness=50.0))

    def __post_init__(self) -> None:
        if not self.pulse_h > 0.0:
            raise InputError(f"EdU: expected a pulse above 0 h, found {self.pulse_h:g} h")

    @property
    def channels(self) -> tuple[str, ...]:
        """One: the label."""
        return ("EdU",)

    @property
    def meaning(self) -> str:
        """What is called dormant."""
        since = f"in the last {self.pulse_h:g} h" if math.isfinite(self.pulse_h) else "so far"
        return f"no EdU: no DNA made {since}"

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings at the end of a pulse.

        Parameters
        ----------
        course
            The cells.
        at_hours
            When the pulse ends and the cells are fixed, h.
        seed
            Of the noise.

        Returns
        -------
        Readings
            One channel. The gate lies at the 99th percentile of a sample without label.
        """
        snapshot = course.at(at_hours)
        start = max(0.0, at_hours - self.pulse_h)
        label = incorporated(course, start, at_hours, at_hours)[snapshot.cell]
        seen = self.instrument.read(label, stream(seed, self.name, at_hours))
        threshold = above_unlabelled(self.instrument, stream(seed, self.name, "control"))
        return one_channel(self, course, snapshot, seen, threshold, bright=False)


@dataclass(frozen=True)
class EduChase:
    """EdU or BrdU given at the start, read after a chase: cells that kept it are called dormant.

    Parameters
    ----------
    pulse_h
        Length of the pulse from the start of the simulation, h, above 0. 24 h: assumption.
    halvings
        The gate stands so many halvings below the labelled cells at the end of the pulse, at least
        0. 1.5: between one and two divisions, assumption.
    name
        Of the assay.
    instrument
        Reads the label. A whole S phase 50 times above a dark cell: assumption.

    Raises
    ------
    InputError
        If the pulse has no length.
    """

    pulse_h: float = 24.0
    halvings: float = 1.5
    name: str = "EdU retention"
    instrument: Instrument = field(default_factory=lambda: Instrument(brightness=50.0))

    def __post_init__(self) -> None:
        if not (math.isfinite(self.pulse_h) and self.pulse_h > 0.0):
            raise InputError(f"EdU: expected a pulse above 0 h, found {self.pulse_h:g} h")

    @property
    def channels(self) -> tuple[str, ...]:
        """One: the label."""
        return ("EdU",)

    @property
    def meaning(self) -> str:
        """What is called dormant."""
        return f"EdU of the first {self.pulse_h:g} h kept: hardly any division since"

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings after a chase.

        Parameters
        ----------
        course
            The cells.
        at_hours
            When the cells are fixed, h; at least ``pulse_h``.
        seed
            Of the noise.

        Returns
        -------
        Readings
            One channel. The gate lies below the labelled cells of a sister sample fixed at the end
            of the pulse, but never below the 99th percentile of a sample without label.

        Raises
        ------
        InputError
            If the reading comes before the end of the pulse, or no cell was labelled by it.
        """
        if at_hours < self.pulse_h:
            raise InputError(
                f"EdU retention: expected a reading after the pulse of {self.pulse_h:g} h, "
                f"found {at_hours:g} h"
            )
        snapshot = course.at(at_hours)
        label = incorporated(course, 0.0, self.pulse_h, at_hours)[snapshot.cell]
        seen = self.instrument.read(label, stream(seed, self.name, at_hours))
        dark = above_unlabelled(self.instrument, stream(seed, self.name, "control"))
        fresh = self.instrument.read(
            incorporated(course, 0.0, self.pulse_h, self.pulse_h)[course.at(self.pulse_h).cell],
            stream(seed, self.name, "fresh"),
        )
        threshold = retained(fresh, dark, self.halvings)
        return one_channel(self, course, snapshot, seen, threshold, bright=True)
