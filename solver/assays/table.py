"""All assays at all times, as columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from solver.population import PHASES, Course

from .dilution import Dye, HistoneLabel, membrane_dye
from .edu import EduChase, EduPulse
from .noise import FloatArray
from .readings import Assay, Readings, Score
from .reporters import P27, Fucci, Ki67


def known_assays() -> dict[str, Callable[[], Assay]]:
    """Assays by the key of a case file; each makes one with default numbers.

    Returns
    -------
    dict of str to function
    """
    return {
        "edu_pulse": EduPulse,
        "edu_continuous": lambda: EduPulse(pulse_h=math.inf, name="EdU continuous"),
        "edu_retention": EduChase,
        "cfse": Dye,
        "pkh": membrane_dye,
        "h2b_gfp": HistoneLabel,
        "fucci": Fucci,
        "p27": P27,
        "ki67": Ki67,
    }


@dataclass(frozen=True)
class ReadOut:
    """Readings of several assays at several times of one course.

    Attributes
    ----------
    readings : tuple of Readings
        By time, and at each time in the order of the assays.
    inks : ndarray of int, shape (n,), or None
        The ink of each site.
    skipped : tuple of str
        What could not be read, and why: for instance a reading before a chase began.
    """

    readings: tuple[Readings, ...]
    inks: NDArray[np.int64] | None
    skipped: tuple[str, ...]

    def of(self, assay: str, at_h: float) -> Readings:
        """The readings of one assay at one time.

        Parameters
        ----------
        assay
            Its name.
        at_h
            When, h.

        Returns
        -------
        Readings

        Raises
        ------
        InputError
            If there are none.
        """
        for one in self.readings:
            if one.assay == assay and one.at_h == at_h:
                return one
        raise InputError(f"assay: no readings of {assay} at {at_h:g} h")

    def cells(self) -> Mapping[str, NDArray]:
        """One row per cell, assay, time and channel.

        Returns
        -------
        mapping of str to ndarray, each of shape (rows,)
            ``assay, at_h, cell, founder, ink, phase, slow, since_h, channel, intensity, threshold,
            called_dormant, in_G0``; intensities in units of unlabelled cells' median, ink -1 where
            none is known.
        """
        parts: list[dict[str, NDArray]] = []
        for one in self.readings:
            ink = np.full(one.cells, -1) if self.inks is None else self.inks[one.founder]
            for c, channel in enumerate(one.channels):
                parts.append(
                    {
                        "assay": np.full(one.cells, one.assay, dtype=object),
                        "at_h": np.full(one.cells, one.at_h),
                        "cell": one.cell,
                        "founder": one.founder,
                        "ink": ink,
                        "phase": np.array(PHASES, dtype=object)[one.phase],
                        "slow": one.slow,
                        "since_h": one.since_h,
                        "channel": np.full(one.cells, channel, dtype=object),
                        "intensity": one.intensity[:, c],
                        "threshold": np.full(one.cells, one.thresholds[c]),
                        "called_dormant": one.gate,
                        "in_G0": one.truth,
                    }
                )
        names = parts[0] if parts else {}
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def scores(self, level: float = 0.95) -> Mapping[str, NDArray]:
        """One row per assay and time: calls against the truth.

        Parameters
        ----------
        level
            Coverage of the intervals, between 0 and 1.

        Returns
        -------
        mapping of str to ndarray, each of shape (rows,)
            ``assay, at_h, cells`` and, for each of ``called, true, sensitivity, specificity,
            precision``, the share with ``_low`` and ``_high``; NaN shares where no cell counts.
        """
        rows = [(one, one.score(level=level)) for one in self.readings]
        table: dict[str, NDArray] = {
            "assay": np.array([one.assay for one, _ in rows], dtype=object),
            "at_h": np.array([one.at_h for one, _ in rows]),
            "cells": np.array([one.cells for one, _ in rows], dtype=np.int64),
        }
        for field in fields(Score):
            shares = [getattr(score, field.name) for _, score in rows]
            table[field.name] = np.array([share.value for share in shares])
            table[f"{field.name}_low"] = np.array([share.low for share in shares])
            table[f"{field.name}_high"] = np.array([share.high for share in shares])
        return table


def read_all(
    course: Course,
    times: Sequence[float] | FloatArray,
    assays: Sequence[Assay | str],
    seed: int,
) -> ReadOut:
    """Read a course with several assays at several times.

    Parameters
    ----------
    course
        The cells.
    times
        When, h from the start of the simulation.
    assays
        Assays, or keys of `known_assays` for those with default numbers.
    seed
        Of all noise. A clone keeps its staining and its tag from one time to the next, and each
        assay has its own numbers: adding one changes none of the others.

    Returns
    -------
    ReadOut

    Raises
    ------
    InputError
        If an assay is not known or two share a name, if a time lies outside the course, or if
        nothing at all could be read.
    """
    known = known_assays()
    chosen: list[Assay] = []
    for assay in assays:
        if isinstance(assay, str):
            if assay not in known:
                raise InputError(
                    f"assay: no assay named {assay}", hint=f"known: {', '.join(known)}"
                )
            chosen.append(known[assay]())
        else:
            chosen.append(assay)
    if len({assay.name for assay in chosen}) < len(chosen):
        raise InputError("assay: two assays share a name")
    done: list[Readings] = []
    skipped: list[str] = []
    for at_h in map(float, times):
        course.at(at_h)
        for assay in chosen:
            try:
                done.append(assay.read(course, at_h, seed))
            except InputError as error:
                skipped.append(f"{assay.name} at {at_h:g} h: {error}")
    if not done:
        raise InputError("assay: nothing could be read", hint="; ".join(skipped))
    return ReadOut(tuple(done), course.sites.ink, tuple(skipped))
