"""Cells in time at the sites of a result: founders, cycle, treatments, readings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cases.schema.assay_numbers import make_assay
from cases.schema.course import Course as CourseKeys
from cases.schema.course import Cycle
from cases.schema.course import Spell as SpellKeys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cases.schema import Case
    from solver.assays import ReadOut
    from solver.assays.readings import Assay
    from solver.population import Course, CycleModel, Population, Spell
    from solver.population.drugs import Treatment
    from solver.population.space import Room

HOURS_PER_DAY = 24.0
_MOST_CUBES = 8e6
TALLIES = 60  # times at which cells are counted, about
UNTREATED = "without treatment"


@dataclass(frozen=True, eq=False)
class Followed:
    """One course with its readings.

    Parameters
    ----------
    name
        What it is called.
    course
        Who lived when.
    read
        What assays show of it.
    spells
        Treatments, by start; the plain time before the first is none.
    """

    name: str
    course: Course
    read: ReadOut
    spells: tuple[SpellKeys, ...] = ()


def cycle_of(keys: Cycle) -> CycleModel:
    """The cell cycle that a case describes."""
    from solver.population import CycleModel

    return CycleModel(
        g1_h=keys.G1,
        s_h=keys.S,
        g2m_h=keys.G2M,
        early_share=keys.restriction,
        cv=keys.variation,
        slow_share=keys.slow.share,
        slow_stretch=keys.slow.stretch,
        slow_kept=keys.slow.inherited,
        sojourn_h=keys.sojourn,
        death_cycling=keys.death.cycling,
        death_slow=keys.death.slow,
        death_G0=keys.death.G0,
    )


def treatments_of(keys: Sequence[SpellKeys]) -> tuple[Treatment, ...]:
    """Treatments as what they do to the rates."""
    from solver.population.drugs import Treatment

    return tuple(
        Treatment(
            spell.name,
            (spell.kills_G1, spell.kills_G1, spell.kills_S, spell.kills_G2M, spell.kills_G0),
            spell.waking,
            spell.falling_asleep,
        )
        for spell in keys
    )


def spells_of(keys: Sequence[SpellKeys]) -> tuple[Spell, ...]:
    """The same from the time on at which each starts."""
    return tuple(
        treatment.spell(spell.start)
        for treatment, spell in zip(treatments_of(keys), keys, strict=True)
    )


def assays_of(keys: CourseKeys) -> tuple[Assay, ...]:
    """Assays that a case asks for."""
    return tuple(make_assay(name, numbers) for name, numbers in keys.assays.items())


def founders_at(
    x: NDArray[np.float64], p: NDArray[np.float64], ink: NDArray[np.int64], keys: CourseKeys
) -> Population:
    """One founder per site, or as many as are asked for, spread evenly over the sites.

    Parameters
    ----------
    x
        Sites, ``(n, 3)`` µm.
    p
        P(dormant) of each, ``(n,)``.
    ink
        Ink of each, ``(n,)``.
    keys
        How many; with room, the cells of the result themselves.
    """
    from solver.population import Population

    n = len(p)
    count = n if keys.room else keys.founders
    rows = np.floor((np.arange(count) + 0.5) * n / count).astype(np.int64)
    return Population(x=x[rows], p=p[rows], ink=ink[rows])


def room_in(case: Case) -> Room:
    """Room for daughters: the gel in cubes of half a cell's diameter, or as fine as 8 million are.

    Parameters
    ----------
    case
        The case; a body from a file must be there.

    Raises
    ------
    InputError
        If the body cannot be built.
    """
    from cases.build import build_scaffold
    from solver.population.space import Room

    scaffold = build_scaffold(case)
    low, high = (np.asarray(edge, dtype=float) for edge in scaffold.bounds)
    step = max(case.cells.radius, float((np.prod(high - low) / _MOST_CUBES) ** (1 / 3)))
    axes = [np.arange(a + step / 2, b, step) for a, b in zip(low, high, strict=True)]
    inside = np.zeros(tuple(map(len, axes)), dtype=bool)
    for i, x in enumerate(axes[0]):  # a slice at a time, for memory
        y, z = np.meshgrid(axes[1], axes[2], indexing="ij")
        places = np.column_stack([np.full(y.size, x), y.ravel(), z.ravel()])
        inside[i] = (scaffold.signed_distance(places) < 0.0).reshape(y.shape)
    return Room(
        diameter_um=2.0 * case.cells.radius,
        inside=inside,
        origin_um=(float(low[0]), float(low[1]), float(low[2])),
        step_um=step,
    )


def follow(
    name: str, founders: Population, keys: CourseKeys, *, treated: bool, room: Room | None = None
) -> Followed:
    """Follow founders and read them.

    Parameters
    ----------
    name
        What to call the course.
    founders
        Cells at the start.
    keys
        How long, which cycle, what is measured when.
    treated
        Whether treatments are given.
    room
        What daughters find; None: no cell is in another's way.
    """
    from solver.assays import read_all
    from solver.population import simulate

    spells = keys.treatment if treated else ()
    course = simulate(
        founders,
        cycle_of(keys.cycle),
        keys.duration / HOURS_PER_DAY,
        seed=keys.seed,
        record_h=max(1.0, round(keys.duration / TALLIES)),
        occupancy=keys.sites,
        room=room,
        spells=spells_of(spells),
        threads=os.cpu_count() or 1,
    )
    return Followed(name, course, read_all(course, keys.read, assays_of(keys), keys.seed), spells)
