"""Proteins that follow the cycle: the FUCCI pair, a p27 reporter, Ki67.

Each tends to a level that its phase sets, with a half-time; none is there or gone at once. Half of
it goes to each daughter, so that readings are whole-cell amounts, as of a cytometer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from meshes.errors import InputError
from solver.population import Course, CycleModel, Phase

from .control import growing_dish
from .gates import CONTROL_CELLS, above_control, above_unlabelled
from .lives import Lives, amounts, steady_birth
from .noise import FloatArray, Instrument, stream
from .readings import Readings, one_channel, readings


@dataclass(frozen=True)
class Turnover:
    """How the amount of a protein follows the phases.

    Parameters
    ----------
    level : tuple of 5 floats
        Amount it tends to in early G1, late G1, S, G2/M and G0, at least 0; 1 is full.
    half_h : tuple of 5 floats
        Half-time of the approach in each, h, above 0.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    level: tuple[float, float, float, float, float]
    half_h: tuple[float, float, float, float, float]

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) and v >= 0.0 for v in self.level):
            raise InputError("reporter: expected levels of at least 0")
        if not all(v > 0.0 for v in self.half_h):
            raise InputError("reporter: expected half-times above 0 h")

    def amount(self, lives: Lives, cycle: CycleModel, at_h: float) -> FloatArray:
        """Amount in each cell at a time.

        Parameters
        ----------
        lives
            Lineages of N cells; cells without a mother were born with what a
            steady cycle gives.
        cycle
            Gives that cycle.
        at_h
            When, h.

        Returns
        -------
        ndarray, shape (N,)
            Meaningful for cells alive at ``at_h``.
        """
        target = np.array(self.level)
        rate = math.log(2.0) / np.array(self.half_h)
        born = steady_birth(cycle, target, rate)[lives.kind]
        return amounts(lives, at_h, target, rate, born)


def _switched(on: tuple[Phase, ...], rise_h: float, fall_h: float) -> Turnover:
    """A protein that tends to 1 in the phases ``on`` and to 0 in the others."""
    lit = [phase in on for phase in Phase]
    level, half_h = [float(v) for v in lit], [rise_h if v else fall_h for v in lit]
    return Turnover(
        (level[0], level[1], level[2], level[3], level[4]),
        (half_h[0], half_h[1], half_h[2], half_h[3], half_h[4]),
    )


@dataclass(frozen=True)
class Fucci:
    """FUCCI: Cdt1 red in G1 and G0, geminin green in S, G2 and M; red alone is called dormant.

    It cannot tell G0 from G1 (10.1038/srep04012), and both colours are "substantially and variably
    offset" from S (10.1080/15384101.2018.1547001): here by their half-times.

    Parameters
    ----------
    red_rise_h, red_fall_h
        Half-times of Cdt1 in G1 and G0, and in S, G2 and M, h, above 0. 4 and 2 h: assumptions.
    green_rise_h, green_fall_h
        Half-times of geminin in S, G2 and M, and in G1 and G0, h, above 0. 3 and 1 h: assumptions.
    name
        Of the assay.
    red, green
        Read the two. 30 times above a cell without them: assumption.

    Raises
    ------
    InputError
        If a half-time is not above 0.
    """

    red_rise_h: float = 4.0
    red_fall_h: float = 2.0
    green_rise_h: float = 3.0
    green_fall_h: float = 1.0
    name: str = "FUCCI"
    red: Instrument = field(default_factory=lambda: Instrument(30.0, cv=0.3))
    green: Instrument = field(default_factory=lambda: Instrument(30.0, cv=0.3))

    def __post_init__(self) -> None:
        self.turnovers()

    @property
    def channels(self) -> tuple[str, ...]:
        """Two: red and green."""
        return ("Cdt1", "geminin")

    @property
    def meaning(self) -> str:
        """What is called dormant."""
        return "red without green: G1 or G0"

    def turnovers(self) -> tuple[Turnover, Turnover]:
        """Cdt1 and geminin."""
        return (
            _switched((Phase.EARLY_G1, Phase.LATE_G1, Phase.G0), self.red_rise_h, self.red_fall_h),
            _switched((Phase.S, Phase.G2M), self.green_rise_h, self.green_fall_h),
        )

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings of both colours.

        Parameters
        ----------
        course
            The cells.
        at_hours
            When, h.
        seed
            Of the noise.

        Returns
        -------
        Readings
            Two channels; each gate lies at the 99th percentile of cells without reporter.
        """
        snapshot = course.at(at_hours)
        seen, gates = [], []
        for protein, instrument, colour in zip(
            self.turnovers(), (self.red, self.green), self.channels, strict=True
        ):
            amount = protein.amount(course, course.cycle, at_hours)[snapshot.cell]
            seen.append(instrument.read(amount, stream(seed, self.name, colour, at_hours)))
            gates.append(above_unlabelled(instrument, stream(seed, self.name, colour, "control")))
        dormant = (seen[0] > gates[0]) & (seen[1] <= gates[1])
        return readings(self, course, snapshot, np.stack(seen, axis=1), np.array(gates), dormant)


@dataclass(frozen=True)
class P27:
    """A p27 reporter (mVenus-p27K−): high in G0, some in early G1; bright cells are called dormant.

    It identifies quiescent cells and shows them leave for G1 (10.1038/srep04012). It is not fully
    specific: p27 goes only as G1 proceeds, so cells that stay long in early G1 gather it as well.

    Parameters
    ----------
    early_level
        Amount that early G1 tends to, against 1 in G0, 0 to 1. 0.2: assumption.
    rise_h, fall_h
        Half-times in G0 and early G1, and in all other phases, h, above 0. 8 and 3 h: assumptions.
    name
        Of the assay.
    instrument
        Reads it. 20 times above a cell without it: assumption.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    early_level: float = 0.2
    rise_h: float = 8.0
    fall_h: float = 3.0
    name: str = "p27"
    instrument: Instrument = field(default_factory=lambda: Instrument(20.0, cv=0.3))

    def __post_init__(self) -> None:
        if not 0.0 <= self.early_level <= 1.0:
            raise InputError("p27: expected early_level from 0 to 1")
        self.turnover()

    @property
    def channels(self) -> tuple[str, ...]:
        """One: the reporter."""
        return ("p27",)

    @property
    def meaning(self) -> str:
        """What is called dormant."""
        return "p27 reporter brighter than in a growing dish"

    def turnover(self) -> Turnover:
        """The reporter."""
        return Turnover(
            (self.early_level, 0.0, 0.0, 0.0, 1.0),
            (self.rise_h, self.fall_h, self.fall_h, self.fall_h, self.rise_h),
        )

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings of the reporter.

        Parameters
        ----------
        course
            The cells.
        at_hours
            When, h.
        seed
            Of the noise.

        Returns
        -------
        Readings
            One channel; the gate lies at the 99th percentile of a growing dish of the same cells.
        """
        snapshot, protein, cycle = course.at(at_hours), self.turnover(), course.cycle
        seen = self.instrument.read(
            protein.amount(course, cycle, at_hours)[snapshot.cell],
            stream(seed, self.name, at_hours),
        )
        rng = stream(seed, self.name, "control")
        dish = growing_dish(cycle, CONTROL_CELLS, rng)
        threshold = above_control(self.instrument.read(protein.amount(dish, cycle, 0.0), rng))
        return one_channel(self, course, snapshot, seen, threshold, bright=True)


@dataclass(frozen=True)
class Ki67:
    """Ki67: made in S, G2 and M only, lost all the time; dark cells are called dormant.

    ``dK/dt = a 1(S, G2, M) − k K``: it decays through G1 and G0 alike, and so tells the time since
    the last mitosis (10.1016/j.celrep.2018.06.110). A cell just fallen asleep is still lit; a
    cycling cell with a long G1 is dark at its end.

    Parameters
    ----------
    half_life_h
        ln 2/k, h, above 0. 3 h: assumption, between about 1 h, measured with protein synthesis
        blocked (10.1111/j.1365-2184.1992.tb01435.x), and what leaves a few cells lit, usually less
        than 10 %, 24 h after normal cells lost their serum ("Kinetic aspects of Ki-67 antigen
        expression in a normal cell line"): with 3 h some 7 % would be, with 5 h a third.
    name
        Of the assay.
    instrument
        Reads it. 30 times above an unstained cell: assumption.

    Raises
    ------
    InputError
        If the half-life is not above 0.
    """

    half_life_h: float = 3.0
    name: str = "Ki67"
    instrument: Instrument = field(default_factory=lambda: Instrument(30.0, cv=0.3))

    def __post_init__(self) -> None:
        self.turnover()

    @property
    def channels(self) -> tuple[str, ...]:
        """One: the antigen."""
        return ("Ki67",)

    @property
    def meaning(self) -> str:
        """What is called dormant."""
        return "no Ki67"

    def turnover(self) -> Turnover:
        """The antigen, in units of a/k, the amount it would tend to in S, G2 and M."""
        return _switched((Phase.S, Phase.G2M), self.half_life_h, self.half_life_h)

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings of stained cells.

        Parameters
        ----------
        course
            The cells.
        at_hours
            When they are fixed, h.
        seed
            Of the noise.

        Returns
        -------
        Readings
            One channel; the gate lies at the 99th percentile of unstained cells.
        """
        snapshot = course.at(at_hours)
        seen = self.instrument.read(
            self.turnover().amount(course, course.cycle, at_hours)[snapshot.cell],
            stream(seed, self.name, at_hours),
        )
        threshold = above_unlabelled(self.instrument, stream(seed, self.name, "control"))
        return one_channel(self, course, snapshot, seen, threshold, bright=False)
