"""One study: a design followed in time, with and without treatment, and a plan against another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cases.assay.cells import (
    HOURS_PER_DAY,
    UNTREATED,
    Followed,
    assays_of,
    cycle_of,
    follow,
    founders_at,
    room_in,
)
from cases.assay.leftover import Leftover, leftover
from cases.assay.mass import Masses, grow_masses
from cases.assay.source import Source
from cases.progress import Progress
from meshes.errors import InputError

if TYPE_CHECKING:
    from cases.assay.planner import Plan


@dataclass(frozen=True, eq=False)
class Study:
    """What was found.

    Parameters
    ----------
    source
        The design.
    arms
        Courses, the case itself first.
    plan
        How to tell it from another design; None where none is given.
    masses
        Clusters that grow; None where not asked for.
    left
        What the treatment leaves; None without one.
    """

    source: Source
    arms: tuple[Followed, ...]
    plan: Plan | None
    masses: Masses | None = None
    left: Leftover | None = None


def study(
    source: Source, other: Source | None, effort: tuple[int, int, float], progress: Progress
) -> Study:
    """Follow the cells of a design; plan how to tell it from another.

    Parameters
    ----------
    source
        The design.
    other
        Another one; None: no plan.
    effort
        Cells per replicate, replicates, power wanted.
    progress
        Told of the stages.
    """
    keys = source.course
    names = {name: number for number, name in enumerate(dict.fromkeys(source.ink))}
    ink = np.array([names[name] for name in source.ink], dtype=np.int64)
    founders = founders_at(source.x, source.p, ink, keys)
    with progress.stage("cells in time"):
        room = room_in(source.case) if keys.room else None
        arms = [follow(source.name, founders, keys, treated=True, room=room)]
        if keys.treatment:
            arms.append(follow(UNTREATED, founders, keys, treated=False, room=room))
    planned = None
    if other is not None:
        with progress.stage("plan"):
            planned = _plan(source, other, effort)
    masses = None
    if keys.mass is not None:
        with progress.stage("clusters and their oxygen"):
            masses = grow_masses(source, keys.mass)
    return Study(source, tuple(arms), planned, masses, leftover(arms[0], keys))


def _plan(source: Source, other: Source, effort: tuple[int, int, float]) -> Plan:
    """How the assays of the first case would tell the two designs apart, without treatment."""
    from cases.assay.curves import NODES, curve_of, node_sites
    from cases.assay.designs import paired_designs
    from cases.assay.planner import plan
    from solver.assays import read_all
    from solver.assays.power import Effort
    from solver.population import simulate

    keys = source.course
    if source.folder.resolve() == other.folder.resolve():
        raise InputError("a design cannot be told from itself", hint="give another result")
    course = simulate(
        node_sites(max(2, -(-keys.founders // len(NODES)))),
        cycle_of(keys.cycle),
        keys.duration / HOURS_PER_DAY,
        seed=keys.seed,
        record_h=keys.duration,
        occupancy=keys.sites,
        threads=os.cpu_count() or 1,
    )
    read = read_all(course, keys.read, assays_of(keys), keys.seed)
    first, second = paired_designs(source, other)
    cells, replicates, power = effort
    return plan(
        first,
        second,
        [curve_of(course, one) for one in read.readings],
        effort=Effort(cells=cells, replicates=replicates),
        wanted=power,
        seed=keys.seed,
    )
