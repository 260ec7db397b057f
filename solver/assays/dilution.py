"""Labels that division dilutes: dyes of protein or membrane, and tagged histones.

Whoever has not divided is bright. So is whoever cycles slowly; and a cell that lost its dye without
dividing, or never took up the gene of the tag, is dark though it sleeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from meshes.errors import InputError
from solver.population import Course, Phase

from .closed_forms import gompertz_left
from .gates import above_unlabelled, retained
from .lives import diluted
from .noise import FloatArray, Instrument, lognormal, stream
from .readings import Readings, one_channel


@dataclass(frozen=True)
class Dye:
    """CFSE, CellTrace (protein) or PKH, DiD (membrane): halved at division, and shed.

    ``I = I0 · 2^−divisions · exp(−l)``, ``l = (loss/slowing)(1 − exp(−slowing · t))``: Gompertz's
    law, which CFSE follows in cells that do not divide (10.1016/j.aml.2012.12.010); slowing 0 is
    plain exponential loss. Each clone sheds more or less: l times a log-normal factor.

    Parameters
    ----------
    loss
        Rate of shedding at first, 1/h, at least 0. 0.02: assumption, no number was found.
    slowing
        Rate at which shedding slows down, 1/h, at least 0. 0.04, so that 61 % of the dye stays in
        the end: assumption; it is long-lived, for months (10.1002/0471142956.cy0911s64).
    shedding_cv
        Spread of shedding between clones, at least 0. 0.5: assumption.
    staining_cv
        Spread of the staining at the start, at least 0. 0.2: assumption.
    halvings
        The gate stands so many halvings below the sample stained at the start, at least 0. 1.5:
        between one and two divisions, assumption.
    name
        Of the assay.
    instrument
        Reads the dye. 256 times above an unstained cell: eight to ten divisions are told apart
        (10.1016/s0022-1759(00)00231-3), the eighth then meets the background.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    loss: float = 0.02
    slowing: float = 0.04
    shedding_cv: float = 0.5
    staining_cv: float = 0.2
    halvings: float = 1.5
    name: str = "CFSE"
    instrument: Instrument = field(default_factory=lambda: Instrument(256.0, cv=0.1))

    def __post_init__(self) -> None:
        for name in ("loss", "slowing", "shedding_cv", "staining_cv"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise InputError(f"{self.name}: expected {name} of at least 0, found {value:g}")

    @property
    def channels(self) -> tuple[str, ...]:
        """One: the dye."""
        return (self.name,)

    @property
    def meaning(self) -> str:
        """What is called dormant."""
        return f"{self.name} kept: above the first day's median / 2^{self.halvings:g}"

    def signal(self, course: Course, hours: float, seed: int) -> FloatArray:
        """Dye in each cell, as a part of the mean staining.

        Parameters
        ----------
        course
            Lineages of N cells; founders were stained at the start.
        hours
            Since then, h.
        seed
            Of staining and shedding, which a clone keeps.

        Returns
        -------
        ndarray, shape (N,)
            Meaningful for cells alive at ``hours``.
        """
        sites = course.sites.size
        stain = lognormal(stream(seed, self.name, "staining"), self.staining_cv, sites)
        ease = lognormal(stream(seed, self.name, "shedding"), self.shedding_cv, sites)
        founder = course.founder
        left = gompertz_left(hours, self.loss, self.slowing) ** ease
        return diluted(course, 0.0, stain[founder]) * left[founder]

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings of cells stained at the start.

        Parameters
        ----------
        course
            The cells.
        at_hours
            When they are read, h.
        seed
            Of staining, shedding and noise.

        Returns
        -------
        Readings
            One channel. The gate lies below the median of the sample read at the start, but never
            below the 99th percentile of unstained cells.
        """
        snapshot = course.at(at_hours)
        seen = self.instrument.read(
            self.signal(course, at_hours, seed)[snapshot.cell], stream(seed, self.name, at_hours)
        )
        fresh = self.instrument.read(
            self.signal(course, 0.0, seed)[course.at(0.0).cell], stream(seed, self.name, "fresh")
        )
        dark = above_unlabelled(self.instrument, stream(seed, self.name, "control"))
        threshold = retained(fresh, dark, self.halvings)
        return one_channel(self, course, snapshot, seen, threshold, bright=True)


@dataclass(frozen=True)
class HistoneLabel:
    """H2B-GFP switched on and off by doxycycline, brought in by a lentivirus.

    The virus takes poorly in cells that do not cycle (lentivirus in liver: Park 2000, Nature
    Genetics 24:49; retrovirus in T cells, severalfold less in G0 and G1 than in S to M:
    10.1128/JVI.63.9.3865-3869.1989), so cells asleep when it comes mostly stay without
    the tag. The tag is complete at ``switch_h``, when doxycycline is taken away; from then division
    halves it.

    Parameters
    ----------
    taken_cycling, taken_G0
        Probability that a cell takes the gene up, in the cycle and in G0, 0 to 1. 0.8 and 0.2: the
        ratio "several times" is from the sources above, the numbers are assumptions.
    virus_h, switch_h
        When the virus comes and when labelling ends, h; ``switch_h`` not before ``virus_h``. Both
        0: cells are transduced in the gel as the experiment starts.
    expression_cv
        Spread of the tag between cells, at least 0. 0.4: assumption.
    half_life_h
        Of the tag without division, h, above 0. 672 h, four weeks: assumption; it is said to be
        "short" against years (10.1084/jem.20191284). The exchange of H2B in minutes and hours
        (Kimura & Cook 2001, PMC2150718) is no loss: it goes back to the same nucleus.
    halvings
        The gate stands so many halvings below the lit cells at ``switch_h``, at least 0. 1.5:
        between one and two divisions, assumption.
    name
        Of the assay.
    instrument
        Reads the tag. 100 times above a cell without it: assumption.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    taken_cycling: float = 0.8
    taken_G0: float = 0.2
    virus_h: float = 0.0
    switch_h: float = 0.0
    expression_cv: float = 0.4
    half_life_h: float = 672.0
    halvings: float = 1.5
    name: str = "H2B-GFP"
    instrument: Instrument = field(default_factory=lambda: Instrument(100.0, cv=0.1))

    def __post_init__(self) -> None:
        for name in ("taken_cycling", "taken_G0"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"H2B-GFP: expected {name} from 0 to 1")
        if not 0.0 <= self.virus_h <= self.switch_h < math.inf:
            raise InputError("H2B-GFP: expected 0 h ≤ virus_h ≤ switch_h")
        if not (self.half_life_h > 0.0 and self.expression_cv >= 0.0):
            raise InputError("H2B-GFP: expected half_life_h above 0, expression_cv of at least 0")

    @property
    def channels(self) -> tuple[str, ...]:
        """One: the tag."""
        return ("GFP",)

    @property
    def meaning(self) -> str:
        """What is called dormant."""
        return f"H2B-GFP kept: above the median of lit cells at the switch / 2^{self.halvings:g}"

    def signal(self, course: Course, hours: float, seed: int) -> FloatArray:
        """Tag in each cell, as a part of the mean of lit cells at the switch.

        Parameters
        ----------
        course
            Lineages of N cells.
        hours
            When, h; at least ``switch_h``.
        seed
            Of transduction and expression, which a lineage keeps.

        Returns
        -------
        ndarray, shape (N,)
            Meaningful for cells alive at ``hours``.
        """
        there = course.at(self.virus_h)
        chance = np.where(there.phase == Phase.G0, self.taken_G0, self.taken_cycling)
        drawn = stream(seed, self.name, "virus").random(course.cells)[there.cell]
        taken = np.zeros(course.cells)
        taken[there.cell] = drawn < chance
        lit = diluted(course, self.virus_h, taken) > 0.0
        level = lognormal(stream(seed, self.name, "tag"), self.expression_cv, course.cells)
        left = 2.0 ** (-(hours - self.switch_h) / self.half_life_h)
        return diluted(course, self.switch_h, lit * level) * left

    def read(self, course: Course, at_hours: float, seed: int) -> Readings:
        """Readings after doxycycline was taken away.

        Parameters
        ----------
        course
            The cells.
        at_hours
            When they are read, h; at least ``switch_h``.
        seed
            Of transduction, expression and noise.

        Returns
        -------
        Readings
            One channel. The gate lies below the median of the lit cells of a sister sample read at
            the switch, but never below the 99th percentile of cells without the gene.

        Raises
        ------
        InputError
            If the reading comes before the switch, or no cell took the gene up.
        """
        if at_hours < self.switch_h:
            raise InputError(
                f"H2B-GFP: expected a reading after the switch at {self.switch_h:g} h, "
                f"found {at_hours:g} h"
            )
        snapshot = course.at(at_hours)
        seen = self.instrument.read(
            self.signal(course, at_hours, seed)[snapshot.cell], stream(seed, self.name, at_hours)
        )
        fresh = self.instrument.read(
            self.signal(course, self.switch_h, seed)[course.at(self.switch_h).cell],
            stream(seed, self.name, "fresh"),
        )
        dark = above_unlabelled(self.instrument, stream(seed, self.name, "control"))
        threshold = retained(fresh, dark, self.halvings)
        return one_channel(self, course, snapshot, seen, threshold, bright=True)


def membrane_dye() -> Dye:
    """PKH or DiD: a dye of the membrane, shed with vesicles at a rate that does not slow down.

    Returns
    -------
    Dye
        Half is lost in 14 days without division, and clones differ more: assumptions. Dye that
        reaches other cells (Lassailly 2010, Blood 115:5347) is not modelled.
    """
    return Dye(loss=math.log(2.0) / 336.0, slowing=0.0, shedding_cv=0.8, name="PKH26")
