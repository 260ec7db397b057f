"""Exact simulation of cells that cycle, sleep, divide and die: one clone per founder.

Every cell has its own stream of random numbers, derived from its founder's, which follows from the
seed and the founder's number: the same seed gives the same course whatever the number of threads,
and a site gives the same clone whatever sites stand behind it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .cycle import CycleModel, FloatArray, Spell
from .lineage import Course, IntArray, Population
from .sojourn import LongRun, Occupancy, entry_rate, long_run

if TYPE_CHECKING:
    from .space import Room

Start = Literal["cycling", "settled", "newborn"]
STARTS: tuple[str, ...] = get_args(Start)

MOST_CELLS = 4_000_000
"""Cells whose lineage is kept unless told otherwise: some 400 MB."""
MOST_BORN = 1_000_000_000
"""More cells than this are not simulated."""
_CHUNK = 256  # founders handed to a thread at a time


def known_spells(spells: Sequence[Spell]) -> tuple[Spell, ...]:
    """Spells by start, the plain rates before the first.

    Parameters
    ----------
    spells
        In any order.

    Returns
    -------
    tuple of Spell
        The first starts at 0 h.

    Raises
    ------
    InputError
        If two start at the same time.
    """
    ordered = sorted(spells, key=lambda spell: spell.start_h)
    if not ordered or ordered[0].start_h > 0.0:
        ordered = [Spell(0.0), *ordered]
    for one, two in pairwise(ordered):
        if one.start_h == two.start_h:
            raise InputError(f"spells: expected one at {one.start_h:g} h, found two")
    return tuple(ordered)


def record_times(hours: float, record_h: float) -> FloatArray:
    """Times of the tally, h: 0, record_h, 2 record_h … and the end, shape (m,).

    Raises
    ------
    InputError
        If the length or the step is not a finite number above 0.
    """
    for name, value in (("length", hours), ("record_h", record_h)):
        if not (math.isfinite(value) and value > 0.0):
            raise InputError(f"population: expected a {name} above 0 h, found {value:g} h")
    steps = math.ceil(hours / record_h * (1.0 - 1e-12))
    return np.append(record_h * np.arange(steps), hours)


def founders_from(
    cycle: CycleModel, entry: FloatArray, start: Start, occupancy: Occupancy
) -> LongRun:
    """The population that founders are drawn from.

    Parameters
    ----------
    cycle
        The cycle.
    entry
        λ of the sites, 1/h, shape (n,).
    start
        As in `simulate`.
    occupancy
        As in `simulate`; of the sites, the culture before grew.

    Returns
    -------
    LongRun
        Of n sites.

    Raises
    ------
    InputError
        If the start is unknown.
    """
    if start not in STARTS:
        raise InputError(f"population: expected a start of {', '.join(STARTS)}, found {start!r}")
    settled = start == "settled"
    rates, back = np.unique(entry if settled else np.zeros_like(entry), return_inverse=True)
    run = long_run(cycle, rates, occupancy=occupancy if settled else "growing")
    return LongRun(run.entry_rate[back], run.growth[back], run.shares[back], run.visits[back])


def _kernel_input(
    cycle: CycleModel, spells: tuple[Spell, ...], before: LongRun, start: Start, times: FloatArray
) -> tuple[Any, Any]:
    from .kernels import Before, Rates

    rates = Rates(
        lengths=cycle.lengths(),
        stages=cycle.stages,
        starts=np.array([*(spell.start_h for spell in spells), math.inf]),
        deaths=np.array([cycle.deaths() + np.array(spell.kill) for spell in spells]),
        exits=np.array([cycle.exit_rate * spell.exit_factor for spell in spells]),
        entries=np.array([spell.entry_factor for spell in spells], dtype=float),
        slow_after=np.ascontiguousarray(cycle.inheritance()[:, 1]),
        every=float(times[1] - times[0]),
        hours=float(times[-1]),
    )
    return rates, Before(
        newborn=start == "newborn",
        shares=before.shares,
        growth=before.growth,
        deaths=cycle.deaths(),
        entry=before.entry_rate,
        exit=cycle.exit_rate,
        visits=before.visits,
    )


def _kept(sizes: IntArray, limit: int, seed: int) -> IntArray:
    """A random share of founders whose cells together are no more than the limit."""
    if sizes.sum() <= limit:
        return np.arange(len(sizes))
    order = np.random.default_rng([seed, 1]).permutation(len(sizes))
    fit = int(np.searchsorted(np.cumsum(sizes[order]), limit, side="right"))
    if not fit:
        raise InputError(
            f"population: a clone of {sizes[order[0]]} cells exceeds the limit of {limit}",
            hint="raise the limit, or simulate fewer days",
        )
    return np.sort(order[:fit])


def _free(
    root: np.uint64,
    rates: Any,
    before: Any,
    entry: FloatArray,
    fixed: bool,
    times: FloatArray,
    limit: int,
    seed: int,
    threads: int,
) -> tuple[IntArray, NDArray[Any], list[NDArray[Any]]]:
    """Clones without neighbours: founders kept, tally (n, m, 6), and the four arrays of cells."""
    from .kernels import clones

    n = len(entry)
    tally = np.zeros((n, len(times), 6), dtype=np.int32)
    no_tally = np.zeros((n, 0, 6), dtype=np.int32)

    def arrays(cells: int, stays: int) -> list[NDArray[Any]]:
        return [
            np.empty((cells, 6)),
            np.empty((cells, 5), dtype=np.int64),
            np.empty((stays, 2)),
            np.empty(stays, dtype=np.int64),
        ]

    def run(founders: IntArray, bases: IntArray, first: IntArray, into: Any, out: Any) -> IntArray:
        def part(at: int) -> IntArray:
            piece = slice(at, at + _CHUNK)
            mine = founders[piece], bases[piece], into
            sizes = clones(root, rates, entry, before, fixed, *mine, *out, first[piece])
            return np.asarray(sizes)

        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(part, range(0, len(founders), _CHUNK))))

    nothing = np.zeros(n, dtype=np.int64)
    sizes = run(np.arange(n), nothing, nothing, tally, arrays(0, 0))
    kept = _kept(sizes[:, 0], limit, seed)
    ends = np.cumsum(sizes[kept], axis=0)
    begin = ends - sizes[kept]
    cells = arrays(int(ends[-1, 0]), int(ends[-1, 1]))
    run(kept, np.ascontiguousarray(begin[:, 0]), np.ascontiguousarray(begin[:, 1]), no_tally, cells)
    return kept, tally, cells


def simulate(
    sites: Population,
    cycle: CycleModel,
    days: float,
    *,
    seed: int = 20,
    record_h: float = 12.0,
    start: Start = "cycling",
    occupancy: Occupancy = "growing",
    room: Room | None = None,
    spells: Sequence[Spell] = (),
    limit: int = MOST_CELLS,
    threads: int = 1,
) -> Course:
    """Cells from the moment they are printed.

    Each site's cells, descendants included, fall asleep at the rate that makes the long-run G0
    fraction of the site its P(dormant); a clone keeps the P of its founder's site (assumption: P
    varies little over the width of a clone).

    Parameters
    ----------
    sites
        One founder at each of n sites.
    cycle
        The cycle.
    days
        Length, d, above 0.
    seed
        The same seed gives the same course.
    record_h
        Step of the tally, h, above 0.
    start
        What founders were before: ``cycling``, cells of a growing culture in which none slept
        (assumption); ``settled``, cells as they are in the long run at their site, with no more
        than 100 stays in G0 behind each; ``newborn``, all just divided.
    occupancy
        ``growing``: both daughters of a division stay. ``fixed``: one cell per site; one daughter
        stays, the other leaves, and a cell that dies is replaced by a newborn.
    room
        How much room daughters need. None: no cell is in another's way, and none has a place.
    spells
        Stretches of time with other rates; λ follows from the plain ones.
    limit
        Cells whose lineages are kept, 1 or more: where there are more, lineages are those of a
        random share of founders; the tally is always of all. With room, an error.
    threads
        Threads at work where there is no room to share; no influence on the course.

    Returns
    -------
    Course

    Raises
    ------
    InputError
        If an argument is out of its range, λ cannot be found (`entry_rate`), or there would be
        more cells than can be simulated or kept.
    """
    times = record_times(24.0 * days, record_h)
    if limit < 1 or threads < 1:
        raise InputError("population: expected a limit and threads of at least 1")
    in_order = known_spells(spells)
    entry = entry_rate(cycle, sites.p, occupancy=occupancy)
    before = founders_from(cycle, entry, start, occupancy)
    _guard(cycle, entry, occupancy, float(times[-1]), room)
    rates, past = _kernel_input(cycle, in_order, before, start, times)
    root = np.random.SeedSequence([seed]).generate_state(1, np.uint64)[0]
    x: FloatArray | None = None
    if room is None:
        kept, tally, cells = _free(
            root, rates, past, entry, occupancy == "fixed", times, limit, seed, threads
        )
    else:
        kept, tally, cells, x = room.fill(root, rates, past, entry, sites.x, len(times), limit)
    at, numbers, stays, asleep = cells
    order = np.lexsort((stays[:, 0], asleep))
    return Course(
        sites=sites,
        cycle=cycle,
        spells=tuple(spells),
        hours=float(times[-1]),
        entry_rate=entry,
        kept=kept,
        founder=numbers[:, 0].astype(np.int32),
        mother=numbers[:, 1].copy(),
        generation=numbers[:, 2].astype(np.int16),
        kind=numbers[:, 3].astype(np.int8),
        birth_h=at[:, 0].copy(),
        wait_h=at[:, 1].copy(),
        late_h=at[:, 2].copy(),
        s_h=at[:, 3].copy(),
        g2m_h=at[:, 4].copy(),
        end_h=at[:, 5].copy(),
        fate=numbers[:, 4].astype(np.int8),
        g0_cell=asleep[order],
        g0_in_h=stays[order, 0],
        g0_out_h=stays[order, 1],
        x=x,
        times_h=times,
        tally=tally.transpose(1, 0, 2),
    )


def _guard(
    cycle: CycleModel, entry: FloatArray, occupancy: Occupancy, hours: float, room: Room | None
) -> None:
    """Refuse what would never end; the estimate is that of the slowest entry."""
    if occupancy == "fixed":
        if room is not None:
            raise InputError("population: sites that hold one cell each have no room to fill")
        return
    if room is None:
        rates, back = np.unique(np.round(np.log10(np.maximum(entry, 1e-9)), 1), return_inverse=True)
        growth = long_run(cycle, 10.0**rates).growth
        with np.errstate(over="ignore"):
            born = float(np.exp(growth * hours)[back].sum())
        if born > MOST_BORN:
            raise InputError(
                f"population: some {born:.1e} cells would grow; expected up to {MOST_BORN:.0e}",
                hint="simulate fewer days or founders, or give them the room they have",
            )
