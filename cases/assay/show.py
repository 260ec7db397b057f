"""What the page of an assay is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cases.assay.cells import Followed
from cases.schema.course import Course as CourseKeys
from postprocess.assays.view import Arm, Labelled, Reading, Spell, States

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solver.assays import ReadOut
    from solver.assays.readings import Assay

_PULSE = "edu_pulse"
_STATES = 15  # times at which the states of the cells are counted, about
_LABELS = 12  # times at which a pulse of EdU is given, for the course of what divides


def arm(
    followed: Followed,
    keys: CourseKeys,
    p_band: tuple[float, float, float],
    meanings: Mapping[str, str],
) -> Arm:
    """One course as it is shown.

    Parameters
    ----------
    followed
        The course and its readings.
    keys
        What the case asked for.
    p_band
        Mean P(dormant) over the sites and the ends of its band.
    meanings
        What a laboratory calls dormant, by the name of the assay.
    """
    from solver.population import PHASES

    course = followed.course
    return Arm(
        name=followed.name,
        times_h=course.times_h,
        tally=course.tally,
        phases=PHASES,
        p=course.sites.p,
        p_band=p_band,
        s_h=keys.cycle.S,
        fixed=keys.sites == "fixed",
        spells=tuple(Spell(spell.name, spell.start) for spell in followed.spells),
        states=_states(followed),
        edu=_labelled(followed, keys),
        readings=readings(followed.read, meanings),
    )


def readings(read: ReadOut, meanings: Mapping[str, str]) -> tuple[Reading, ...]:
    """Readings as they are shown."""
    return tuple(
        Reading(
            assay=one.assay,
            meaning=meanings[one.assay],
            at_h=one.at_h,
            channels=one.channels,
            intensity=one.intensity,
            thresholds=one.thresholds,
            gate=one.gate,
            truth=one.truth,
            slow=one.slow,
            score=one.score(),
        )
        for one in read.readings
    )


def meanings_of(assays: tuple[Assay, ...]) -> dict[str, str]:
    """What a laboratory calls dormant, by the name of the assay."""
    return {assay.name: assay.meaning for assay in assays}


def _states(followed: Followed) -> States:
    """Living cells of the lineages that are kept, by what they do, at the times of the tally."""
    course = followed.course
    times = course.times_h[:: max(1, len(course.times_h) // _STATES)]
    asleep, slow, cycling = [], [], []
    for at_h in times:
        now = course.at(float(at_h))
        is_slow = course.slow[now.cell] & ~now.asleep
        asleep.append(int(now.asleep.sum()))
        slow.append(int(is_slow.sum()))
        cycling.append(len(now.cell) - asleep[-1] - slow[-1])
    return States(times, *(np.asarray(count, dtype=float) for count in (asleep, slow, cycling)))


def _labelled(followed: Followed, keys: CourseKeys) -> Labelled:
    """What a short pulse of EdU marks in the course of time."""
    from cases.schema.assay_numbers import make_assay

    course = followed.course
    assay = make_assay(_PULSE, keys.assays.get(_PULSE, {}))
    pulse = float(assay.pulse_h)  # type: ignore[attr-defined]
    first = min(pulse, course.hours)
    times = np.asarray(np.linspace(first, course.hours, _LABELS), dtype=np.float64)
    shares = []
    for at_h in times:
        called = assay.read(course, float(at_h), keys.seed).called()
        # the assay calls dormant what is not marked
        shares.append((1.0 - called.value, 1.0 - called.high, 1.0 - called.low))
    value, low, high = (np.array(column) for column in zip(*shares, strict=True))
    return Labelled(times, value, low, high, pulse)
