"""Compiled clones in space, in order of time. Importing this module imports numba.

What a cell does between its birth and the restriction point, and between there and its end, does
not depend on others; so each cell needs two events only: it looks for room, and it divides or dies.
Places taken, for cells and for daughters to come, lie in a hash table of cubes one diameter wide.
"""

from __future__ import annotations

import heapq
import math
import zlib
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from . import kernels
from .kernels import (
    ALIVE,
    BIRTH,
    DIED,
    EARLY,
    END,
    FATE,
    FOUNDER,
    G0,
    GENERATION,
    KIND,
    LATE,
    MOTHER,
    PAST,
    WAIT,
    Before,
    child,
    compiled,
    early,
    end_of,
    exponential,
    kind_of,
    lasts,
    late,
    mark,
    past,
    spent,
    stay,
    strikes,
    uniform,
)

Space = namedtuple(
    "Space", ["diameter", "nearest", "tries", "retry", "crowded", "inside", "origin", "step"]
)
"""`solver.population.space.Room` for compiled code: ``nearest``, least distance of two centres, µm;
``crowded``, phase in which a cell waits; ``inside``, of shape (0, 0, 0) for gel everywhere."""

Places = namedtuple("Places", ["x", "follows", "heads", "free"])
"""Places taken: ``x`` (s, 3) µm, ``follows`` (s,) next in the same cube, ``heads`` (2^b,) first of
each cube, -1 for none; ``free`` (s + 1,): places not taken, and last how many."""


@compiled
def cube(ix, iy, iz, size):  # type: ignore[no-untyped-def]
    """Where the list of a cube of the grid starts (Teschner et al. 2003)."""
    return ((ix * 73856093) ^ (iy * 19349663) ^ (iz * 83492791)) & (size - 1)


@compiled
def take(places, edge, x, y, z):  # type: ignore[no-untyped-def]
    """Take a place; returns its number."""
    places.free[-1] -= 1
    new = places.free[places.free[-1]]
    places.x[new, 0], places.x[new, 1], places.x[new, 2] = x, y, z
    at = cube(math.floor(x / edge), math.floor(y / edge), math.floor(z / edge), len(places.heads))
    places.follows[new] = places.heads[at]
    places.heads[at] = new
    return new


@compiled
def leave(places, edge, old):  # type: ignore[no-untyped-def]
    """Give a place back."""
    x = places.x[old]
    at = cube(
        math.floor(x[0] / edge), math.floor(x[1] / edge), math.floor(x[2] / edge), len(places.heads)
    )
    if places.heads[at] == old:
        places.heads[at] = places.follows[old]
    else:
        before = places.heads[at]
        while places.follows[before] != old:
            before = places.follows[before]
        places.follows[before] = places.follows[old]
    places.free[places.free[-1]] = old
    places.free[-1] += 1


@compiled
def taken(places, space, x, y, z):  # type: ignore[no-untyped-def]
    """Whether another centre is too near, or the point lies outside the gel."""
    shape = space.inside.shape
    if shape[0] > 0:
        i = math.floor((x - space.origin[0]) / space.step)
        j = math.floor((y - space.origin[1]) / space.step)
        k = math.floor((z - space.origin[2]) / space.step)
        if not (0 <= i < shape[0] and 0 <= j < shape[1] and 0 <= k < shape[2]):
            return True
        if not space.inside[i, j, k]:
            return True
    edge, near = space.diameter, space.nearest**2
    a, b, c = math.floor(x / edge), math.floor(y / edge), math.floor(z / edge)
    for i in range(a - 1, a + 2):
        for j in range(b - 1, b + 2):
            for k in range(c - 1, c + 2):
                at = places.heads[cube(i, j, k, len(places.heads))]
                while at >= 0:
                    q = places.x[at]
                    if (q[0] - x) ** 2 + (q[1] - y) ** 2 + (q[2] - z) ** 2 < near:
                        return True
                    at = places.follows[at]
    return False


@compiled
def book(state, places, space, own, must):  # type: ignore[no-untyped-def]
    """Take a place one diameter beside place ``own``; -1 where none is found, unless it must be."""
    for attempt in range(space.tries):
        z = 2.0 * uniform(state) - 1.0
        angle = 2.0 * math.pi * uniform(state)
        flat = space.diameter * math.sqrt(1.0 - z * z)
        x = places.x[own, 0] + flat * math.cos(angle)
        y = places.x[own, 1] + flat * math.sin(angle)
        z = places.x[own, 2] + space.diameter * z
        last = must and attempt == space.tries - 1
        if last or not taken(places, space, x, y, z):
            return take(places, space.diameter, x, y, z)
    return -1


@njit(nogil=True)
def _fill(root, rates, before, entry, x, space, places, tally, cells, numbers, at, stays, asleep):  # type: ignore[no-untyped-def]
    """All clones in one space; (cells, stays), or (-1, stays) where the arrays are too short."""
    capacity, founders = len(cells), len(entry)
    states = np.empty((capacity, 2), dtype=np.uint64)  # of the cell's life, and of its looking
    keys = np.empty(capacity, dtype=np.uint64)
    budgets, own, booked = (
        np.empty(capacity),
        np.empty(capacity, np.int64),
        np.empty(capacity, np.int64),
    )
    count = np.zeros(1, dtype=np.int64)
    events = [(0.0, -1) for _ in range(0)]
    total = 0
    queue = 0
    while True:
        if queue < founders:
            # The founders first, in their order.
            parent, births, now = -1, 1, 0.0
        elif len(events) > 0:
            now, parent = heapq.heappop(events)
            births = 0
        else:
            break
        if parent >= 0:
            times, kind = cells[parent], numbers[parent, KIND]
            f = numbers[parent, FOUNDER]
            if math.isinf(times[END]):
                # It has come to the restriction point.
                place = book(states[parent, 1:], places, space, own[parent], False)
                if place >= 0:
                    booked[parent] = place
                    times[PAST] = now
                    if space.crowded == G0 and now > times[WAIT]:
                        stay(stays, asleep, count, parent, times[WAIT], now)
                    left = lasts(states[parent, :1], rates, kind, LATE)
                    fate, when = late(
                        states[parent, :1], rates, kind, LATE, now, now, left, budgets[parent],
                        times, tally[f],
                    )  # fmt: skip
                    numbers[parent, FATE] = end_of(fate, when, times, rates)
                    if numbers[parent, FATE] != ALIVE:
                        heapq.heappush(events, (when, parent))
                    continue
                if math.isinf(times[WAIT]):
                    times[WAIT] = now
                again = now + space.retry * exponential(states[parent, 1:])
                hazards = rates.deaths[:, kind, space.crowded]
                when = strikes(rates.starts, hazards, budgets[parent], now)
                mark(tally[f], rates, kind, space.crowded, now, min(again, when))
                if when <= again:
                    numbers[parent, FATE] = end_of(DIED, when, times, rates)
                else:
                    budgets[parent] -= spent(rates.starts, hazards, now, again)
                if min(when, again) <= rates.hours:
                    heapq.heappush(events, (min(when, again), parent))
                continue
            if numbers[parent, FATE] == DIED:
                leave(places, space.diameter, own[parent])
                if booked[parent] >= 0:
                    leave(places, space.diameter, booked[parent])
                if space.crowded == G0 and math.isinf(times[PAST]) and now > times[WAIT]:
                    stay(stays, asleep, count, parent, times[WAIT], now)
                continue
            births = 2
        if total + births > capacity or count[0] > len(asleep):
            return -1, count[0]
        for which in range(births):
            row = total
            total += 1
            times = cells[row]
            times[:] = math.inf
            booked[row] = -1
            if parent < 0:
                f, kind = queue, 0
                keys[row] = child(root, f)
                own[row] = take(places, space.diameter, x[f, 0], x[f, 1], x[f, 2])
                numbers[row, GENERATION] = 0
            else:
                f, kind = numbers[parent, FOUNDER], numbers[parent, KIND]
                keys[row] = child(keys[parent], which)
                own[row] = own[parent] if which == 0 else booked[parent]
                numbers[row, GENERATION] = numbers[parent, GENERATION] + 1
            at[row] = places.x[own[row]]
            states[row, 0], states[row, 1] = keys[row], child(keys[row], 3)
            state = states[row, :1]
            budget = exponential(state)
            phase = EARLY
            if parent < 0:
                mine = Before(
                    before.newborn, before.shares[f], before.growth[f], before.deaths,
                    before.entry[f], before.exit, before.visits[f],
                )  # fmt: skip
                kind, phase, since, left = past(
                    state, rates, mine, row, times, stays, asleep, count
                )
            else:
                times[BIRTH] = since = now
                kind = kind_of(state, rates, kind)
                left = lasts(state, rates, kind, EARLY)
            numbers[row, FOUNDER], numbers[row, MOTHER], numbers[row, KIND] = f, parent, kind
            if phase in (EARLY, G0):
                when, death, budget = early(
                    state, rates, entry[f], kind, phase, since, now, left, budget, row, tally[f],
                    stays, asleep, count,
                )  # fmt: skip
                numbers[row, FATE] = end_of(DIED, death, times, rates)
                when = min(when, death)
            else:
                # Past the restriction point already: its daughter is squeezed in at need.
                booked[row] = book(states[row, 1:], places, space, own[row], True)
                fate, when = late(
                    state, rates, kind, phase, since, now, left, budget, times, tally[f]
                )
                numbers[row, FATE] = end_of(fate, when, times, rates)
            budgets[row] = budget
            if when <= rates.hours:
                heapq.heappush(events, (when, row))
        if parent < 0:
            queue += 1
    if space.crowded == G0:
        for row in range(total):
            times = cells[row]
            waits = math.isinf(times[PAST]) and math.isinf(times[END])
            if waits and times[WAIT] <= rates.hours:
                stay(stays, asleep, count, row, times[WAIT], math.inf)
    if count[0] > len(asleep):
        return -1, count[0]
    return total, count[0]


def _built_on(source: str) -> Any:
    """The kernel, with its cache on disk bound to what it was built on.

    numba looks at the file a kernel stands in, and at what it closes over, to tell whether its
    cache is stale, but not at other files it calls into; so the part that does has no cache.
    """
    stamp = zlib.crc32(Path(source).read_bytes())

    def fill(
        root, rates, before, entry, x, space, places, tally, cells, numbers, at, stays, asleep
    ):  # type: ignore[no-untyped-def]
        assert stamp >= 0
        return _fill(
            root, rates, before, entry, x, space, places, tally, cells, numbers, at, stays, asleep
        )

    return compiled(fill)


fill = _built_on(kernels.__file__)
