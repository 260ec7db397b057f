"""What is handed over to be shown: cells in time, readings of assays, clusters, a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray, ResultError

BoolArray = npt.NDArray[np.bool_]

ASLEEP, MAKES_DNA = "G0", "S"
"""Phases that every tally must name."""


class Share(Protocol):
    """A share of cells with its interval, as ``solver.assays.Proportion``."""

    @property
    def value(self) -> float:
        """0 to 1; NaN where there are no cells."""

    @property
    def low(self) -> float:
        """Lower bound."""

    @property
    def high(self) -> float:
        """Upper bound."""

    @property
    def cells(self) -> int:
        """Cells counted."""

    @property
    def effective(self) -> float:
        """Independent cells that would tell as much."""


class Score(Protocol):
    """Calls against the truth, as ``solver.assays.Score``."""

    @property
    def called(self) -> Share:
        """Of all cells, those called dormant."""

    @property
    def true(self) -> Share:
        """Of all cells, those in G0."""

    @property
    def sensitivity(self) -> Share:
        """Of the cells in G0, those called dormant."""

    @property
    def specificity(self) -> Share:
        """Of the other cells, those not called dormant."""

    @property
    def precision(self) -> Share:
        """Of the cells called dormant, those in G0."""


class Effort(Protocol):
    """What is counted in an experiment, as ``solver.assays.power.Effort``."""

    @property
    def cells(self) -> int:
        """Cells counted in each replicate."""

    @property
    def replicates(self) -> int:
        """Replicates of each design."""

    @property
    def replicate_sd(self) -> float:
        """Standard deviation of the true share between replicates, at a share of one half."""

    @property
    def level(self) -> float:
        """Two-sided level of the test."""


class Contrast(Protocol):
    """What one assay would show of two designs, as ``cases.assay.Contrast``."""

    @property
    def assay(self) -> str:
        """Its name."""

    @property
    def at_h(self) -> float:
        """When it is read, h."""

    @property
    def first(self) -> float:
        """Share called dormant in the first design."""

    @property
    def second(self) -> float:
        """Share called dormant in the second."""

    @property
    def difference(self) -> float:
        """Second minus first."""

    @property
    def low(self) -> float:
        """Lower end of its band."""

    @property
    def high(self) -> float:
        """Upper end of its band."""

    @property
    def same_sign(self) -> float:
        """Share of the samples in which the difference has the nominal sign."""

    @property
    def true_difference(self) -> float:
        """The difference of the shares in G0."""

    @property
    def power(self) -> float:
        """Probability that the effort finds the nominal difference."""

    @property
    def assurance(self) -> float:
        """Probability that it finds one of the nominal sign, over the samples."""

    @property
    def effort(self) -> Effort:
        """Cells and replicates it is judged with."""

    @property
    def cells_needed(self) -> int | None:
        """Cells per replicate that reach the power; None: no number does."""

    @property
    def replicates_needed(self) -> int | None:
        """Replicates per design that reach it; None: no usual number does."""

    @property
    def few(self) -> bool:
        """Whether few cells are expected on one side of the gate."""

    @property
    def misleads(self) -> bool:
        """Whether it shows a difference of the other sign than the one in G0."""

    @property
    def resolved(self) -> bool:
        """Whether enough founders were simulated to tell the difference from none."""


class Plan(Protocol):
    """How to tell two designs apart, as ``cases.assay.Plan``."""

    @property
    def first(self) -> str:
        """Name of the first design."""

    @property
    def second(self) -> str:
        """Name of the second."""

    @property
    def wanted(self) -> float:
        """Power aimed at."""

    @property
    def band_level(self) -> float:
        """Probability between the ends of the bands."""

    @property
    def contrasts(self) -> Sequence[Contrast]:
        """Best first."""

    @property
    def best(self) -> Contrast | None:
        """The assay that tells the designs apart best; None: none does."""


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
