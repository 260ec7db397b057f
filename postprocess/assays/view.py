"""What is handed over to be shown: cells in time, readings of assays, clusters, a plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from postprocess.assays.protocols import Plan, Score
from postprocess.contract import FloatArray, ResultError

BoolArray = npt.NDArray[np.bool_]

ASLEEP, MAKES_DNA = "G0", "S"
"""Phases that every tally must name."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One assay, read at one time.

    Parameters
    ----------
    assay, meaning
        Its name, and what a laboratory calls dormant with it, in a few words.
    at_h
        When, h from the start.
    channels : tuple of str, length c
    intensity : ndarray, shape (n, c)
        In units of the median of cells without label.
    thresholds : ndarray, shape (c,)
        The gate, in the same units.
    gate, truth, slow : ndarray of bool, shape (n,)
        Which cells are called dormant, which are in G0, which are of the slow-cycling kind.
    score
        Calls against the truth, with intervals.

    Raises
    ------
    ResultError
        If shapes do not fit together.
    """

    assay: str
    meaning: str
    at_h: float
    channels: tuple[str, ...]
    intensity: FloatArray
    thresholds: FloatArray
    gate: BoolArray
    truth: BoolArray
    slow: BoolArray
    score: Score

    def __post_init__(self) -> None:
        n, c = len(self.gate), len(self.channels)
        shapes = {
            "intensity": (n, c),
            "thresholds": (c,),
            "gate": (n,),
            "truth": (n,),
            "slow": (n,),
        }
        if any(getattr(self, name).shape != shape for name, shape in shapes.items()):
            raise ResultError(
                f"readings of {self.assay}: shapes do not fit {n} cells, {c} channels"
            )


@dataclass(frozen=True)
class Spell:
    """A treatment: what it is called and when it starts, h. It lasts until the next one starts."""

    name: str
    start_h: float


@dataclass(frozen=True, eq=False)
class Labelled:
    """Share of cells that a pulse of EdU marks, in time.

    Parameters
    ----------
    times_h, value, low, high : ndarray, shape (k,)
        When, h, and the share with its interval.
    pulse_h
        Length of the pulse, h, at least 0; 0 for the share in S itself.
    """

    times_h: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    pulse_h: float = 0.0


@dataclass(frozen=True, eq=False)
class States:
    """Living cells by what they do; every cell is one of the three.

    Parameters
    ----------
    times_h : ndarray, shape (k,)
        When, h, ascending.
    asleep, slow, cycling : ndarray, shape (k,)
        Cells in G0, cells of the slow-cycling kind that are not, and all others.
    """

    times_h: FloatArray
    asleep: FloatArray
    slow: FloatArray
    cycling: FloatArray


@dataclass(frozen=True, eq=False)
class Arm:
    """One simulated course: a design, with or without a treatment.

    Parameters
    ----------
    name
        What it is called.
    times_h : ndarray, shape (m,)
        Times of the tally, h, ascending, at least two.
    tally : ndarray of int, shape (m, n, f + k)
        Of n clones, living cells in each of the f phases; further columns are not read.
    phases : tuple of str, length f
        Names of the phases, ``"S"`` and ``"G0"`` among them.
    p : ndarray, shape (n,)
        P(dormant) of the clones' sites, 0 to 1.
    p_band : tuple of three floats
        Mean P(dormant) over the sites and the ends of its band, from what is uncertain in the rule.
    s_h
        Mean length of S, h.
    fixed
        Whether every site holds one cell at all times, so that numbers cannot change.
    spells
        Treatments, by start.
    states
        Living cells by what they do; None where they were not counted.
    edu
        What a pulse of EdU marks; None: the share in S is shown instead.
    readings
        Assays, by time.

    Raises
    ------
    ResultError
        If shapes do not fit together, a phase lacks, or P is not within 0 to 1.
    """

    name: str
    times_h: FloatArray
    tally: npt.NDArray[np.integer]
    phases: tuple[str, ...]
    p: FloatArray
    p_band: tuple[float, float, float]
    s_h: float
    fixed: bool = False
    spells: tuple[Spell, ...] = ()
    states: States | None = None
    edu: Labelled | None = None
    readings: tuple[Reading, ...] = ()

    def __post_init__(self) -> None:
        m, n, f = len(self.times_h), len(self.p), len(self.phases)
        if m < 2 or not n or self.tally.ndim != 3 or self.tally.shape[:2] != (m, n):
            raise ResultError(
                f"{self.name}: expected a tally of {m} times (at least 2) and {n} clones, found "
                f"shape {self.tally.shape}"
            )
        if self.tally.shape[2] < f or not {ASLEEP, MAKES_DNA} <= set(self.phases):
            raise ResultError(f"{self.name}: the tally lacks a phase; {self.phases} are named")
        if not (np.min(self.p) >= 0.0 and np.max(self.p) <= 1.0):
            raise ResultError(f"{self.name}: P(dormant) is not within 0 to 1")


@dataclass(frozen=True, eq=False)
class Cluster:
    """A mass of cells whose growth meets a limit outside the cells: oxygen, vessels, immune cells.

    Parameters
    ----------
    name
        What holds it, in words: ``"no vessels"``, ``"vessels grow in at 6 days"``.
    times_h : ndarray, shape (m,)
        Times, h, ascending, at least two.
    cells, low, high : ndarray, shape (m,)
        Living cells, and the ends of their band or spread; the ends are ``cells`` where none is.
    labelled : ndarray, shape (m,)
        Share of the living cells that a pulse of EdU marks, 0 to 1.
    births : ndarray, shape (m,)
        Divisions per living cell, 1/h.
    asleep : ndarray, shape (m,), or None
        Share in G0, 0 to 1; None where it was not followed.

    Raises
    ------
    ResultError
        If shapes do not fit together.
    """

    name: str
    times_h: FloatArray
    cells: FloatArray
    low: FloatArray
    high: FloatArray
    labelled: FloatArray
    births: FloatArray
    asleep: FloatArray | None = None

    def __post_init__(self) -> None:
        arrays = (self.cells, self.low, self.high, self.labelled, self.births, self.asleep)
        m = len(self.times_h)
        if m < 2 or any(array is not None and array.shape != (m,) for array in arrays):
            raise ResultError(f"{self.name}: expected {m} numbers (at least 2) of each kind")


@dataclass(frozen=True, eq=False)
class AssayView:
    """All that the page shows.

    Parameters
    ----------
    name
        Name of the case.
    arms
        Courses, the case itself first; its readings are drawn, those of others are in the table.
    clusters
        Masses of cells; none where they were not simulated.
    plan
        How to tell two designs apart; None where there is one design.
    level
        Coverage of the intervals, 0 to 1.
    skipped, warnings, assumptions
        Sentences: what could not be read and why, what to heed, what it rests on.
    preset, seed, version
        Preset of the dormancy rule, seed of all that is left to chance, version of the program.

    Raises
    ------
    ResultError
        If there is no arm, or two share a name.
    """

    name: str
    arms: tuple[Arm, ...]
    clusters: tuple[Cluster, ...] = ()
    plan: Plan | None = None
    level: float = 0.95
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    preset: str | None = None
    seed: int = 0
    version: str = "unknown version"

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if not names or len(set(names)) < len(names):
            raise ResultError("assays: expected one course or more, each of its own name")
