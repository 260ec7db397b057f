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

NO_LOOK, WAITS = math.inf, -math.inf  # instead of when a cell looks again: never; not yet known
_NEIGHBOURS = 4096  # more than fit around one cell, unless founders lie on a heap

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
def outside(space, x, y, z):  # type: ignore[no-untyped-def]
    """Whether a point lies outside the gel."""
    a, b, c = space.inside.shape
    if a == 0:
        return False
    i = math.floor((x - space.origin[0]) / space.step)
    j = math.floor((y - space.origin[1]) / space.step)
    k = math.floor((z - space.origin[2]) / space.step)
    return not (0 <= i < a and 0 <= j < b and 0 <= k < c and space.inside[i, j, k])


@compiled
def around(places, space, own, found):  # type: ignore[no-untyped-def]
    """Fill ``found`` with the places that a daughter of place ``own`` could touch; how many."""
    edge, size, centre = space.diameter, len(places.heads), places.x[own]
    reach = (edge + space.nearest) ** 2
    a, b = math.floor(centre[0] / edge), math.floor(centre[1] / edge)
    c, n = math.floor(centre[2] / edge), 0
    for i in range(a - 2, a + 3):
        for j in range(b - 2, b + 3):
            for k in range(c - 2, c + 3):
                at = places.heads[cube(i, j, k, size)]
                while at >= 0:
                    q = places.x[at]
                    # A list may hold other cubes of the same hash: each place counts in its own.
                    mine = math.floor(q[0] / edge) == i and math.floor(q[1] / edge) == j
                    if at != own and mine and math.floor(q[2] / edge) == k and n < len(found):
                        apart = (q[0] - centre[0]) ** 2 + (q[1] - centre[1]) ** 2
                        if apart + (q[2] - centre[2]) ** 2 < reach:
                            found[n] = at
                            n += 1
                    at = places.follows[at]
    return n


@compiled
def book(state, places, space, own, must, found):  # type: ignore[no-untyped-def]
    """Take a place one diameter beside place ``own``; -1 where none is found, unless it must be."""
    near, n = space.nearest**2, around(places, space, own, found)
    for attempt in range(space.tries):
        z = 2.0 * uniform(state) - 1.0
        angle = 2.0 * math.pi * uniform(state)
        flat = space.diameter * math.sqrt(1.0 - z * z)
        x = places.x[own, 0] + flat * math.cos(angle)
        y = places.x[own, 1] + flat * math.sin(angle)
        z = places.x[own, 2] + space.diameter * z
        free = not outside(space, x, y, z)
        i = 0
        while free and i < n:
            q = places.x[found[i]]
            free = (q[0] - x) ** 2 + (q[1] - y) ** 2 + (q[2] - z) ** 2 >= near
            i += 1
        if free or (must and attempt == space.tries - 1):
            return take(places, space.diameter, x, y, z)
    return -1


@compiled
def vacate(places, space, old, now, owner, own, look, states, events, found):  # type: ignore[no-untyped-def]
    """Give a place back; cells beside it that wait will look again."""
    n = around(places, space, old, found)
    leave(places, space.diameter, old)
    for place in found[:n]:
        row = owner[place]
        if place == own[row] and look[row] == WAITS:
            look[row] = now + space.retry * exponential(states[row, 1:])
            heapq.heappush(events, (look[row], row))


@compiled
def end_wait(rates, space, row, until, times, kind, tally, stays, asleep, count):  # type: ignore[no-untyped-def]
    """Count, and keep where it is sleep, the wait of a cell that found no room."""
    mark(tally, rates, kind, space.crowded, times[WAIT], until)
    if space.crowded == G0:
        stay(stays, asleep, count, row, times[WAIT], until)


@njit(nogil=True)
def _fill(root, rates, before, entry, x, space, places, tally, cells, numbers, at, stays, asleep):  # type: ignore[no-untyped-def]
    """All clones in one space; (cells, stays), or (-1, stays) where the arrays are too short."""
    capacity, founders = len(cells), len(entry)
    states = np.empty((capacity, 2), dtype=np.uint64)  # of the cell's life, and of its looking
    keys, budgets = np.empty(capacity, dtype=np.uint64), np.empty(capacity)
    own, booked = np.empty(capacity, dtype=np.int64), np.empty(capacity, dtype=np.int64)
    owner = np.full(len(places.x), -1, dtype=np.int64)
    # When a cell's own next event is due, and when it looks for room again.
    due, look = np.empty(capacity), np.full(capacity, NO_LOOK)
    count, found = np.zeros(1, dtype=np.int64), np.empty(_NEIGHBOURS, dtype=np.int64)
    for f in range(founders):
        own[f] = take(places, space.diameter, x[f, 0], x[f, 1], x[f, 2])
    events = [(0.0, -1) for _ in range(founders)]
    total = 0
    while len(events) > 0:
        now, parent = heapq.heappop(events)
        births = 2 if parent >= 0 else 1
        if parent >= 0 and now != due[parent] and now != look[parent]:
            continue  # it would have died while it waited, but found room before
        if parent >= 0 and (now == look[parent] or numbers[parent, FATE] == ALIVE):
            times, kind, f = cells[parent], numbers[parent, KIND], numbers[parent, FOUNDER]
            state = states[parent, :1]
            place = book(states[parent, 1:], places, space, own[parent], False, found)
            if place < 0:
                if math.isinf(times[WAIT]):
                    times[WAIT] = now
                    hazards = rates.deaths[:, kind, space.crowded]
                    due[parent] = strikes(rates.starts, hazards, budgets[parent], now)
                    numbers[parent, FATE] = end_of(DIED, due[parent], times, rates)
                    if due[parent] <= rates.hours:
                        heapq.heappush(events, (due[parent], parent))
                look[parent] = WAITS
                continue
            look[parent] = NO_LOOK
            booked[parent], owner[place], times[PAST] = place, parent, now
            if now > times[WAIT]:
                hazards = rates.deaths[:, kind, space.crowded]
                budgets[parent] -= spent(rates.starts, hazards, times[WAIT], now)
                end_wait(rates, space, parent, now, times, kind, tally[f], stays, asleep, count)
            left = lasts(state, rates, kind, LATE)
            fate, due[parent] = late(
                state, rates, kind, LATE, now, now, left, budgets[parent], times, tally[f]
            )
            numbers[parent, FATE] = end_of(fate, due[parent], times, rates)
            if due[parent] <= rates.hours:
                heapq.heappush(events, (due[parent], parent))
            continue
        if parent >= 0 and numbers[parent, FATE] == DIED:
            times, kind, f = cells[parent], numbers[parent, KIND], numbers[parent, FOUNDER]
            if math.isinf(times[PAST]) and now > times[WAIT]:
                end_wait(rates, space, parent, now, times, kind, tally[f], stays, asleep, count)
            # The death foreseen while it waited may have been for this very time.
            due[parent], look[parent] = math.nan, NO_LOOK
            vacate(places, space, own[parent], now, owner, own, look, states, events, found)
            if booked[parent] >= 0:
                vacate(places, space, booked[parent], now, owner, own, look, states, events, found)
            continue
        if total + births > capacity or count[0] > len(asleep):
            return -1, count[0]
        for which in range(births):
            row = total
            total += 1
            times = cells[row]
            times[:] = math.inf
            booked[row] = -1
            if parent < 0:
                f, kind = row, 0
                keys[row] = child(root, f)
                numbers[row, GENERATION] = 0
            else:
                f, kind = numbers[parent, FOUNDER], numbers[parent, KIND]
                keys[row] = child(keys[parent], which)
                own[row] = own[parent] if which == 0 else booked[parent]
                numbers[row, GENERATION] = numbers[parent, GENERATION] + 1
            owner[own[row]] = row
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
                due[row] = min(when, death)
            else:
                # Past the restriction point already: its daughter is squeezed in at need.
                booked[row] = book(states[row, 1:], places, space, own[row], True, found)
                owner[booked[row]] = row
                fate, due[row] = late(
                    state, rates, kind, phase, since, now, left, budget, times, tally[f]
                )
                numbers[row, FATE] = end_of(fate, due[row], times, rates)
            budgets[row] = budget
            if due[row] <= rates.hours:
                heapq.heappush(events, (due[row], row))
    for row in range(total):
        times = cells[row]
        if math.isinf(times[PAST]) and math.isinf(times[END]) and times[WAIT] <= rates.hours:
            f, kind = numbers[row, FOUNDER], numbers[row, KIND]
            end_wait(rates, space, row, math.inf, times, kind, tally[f], stays, asleep, count)
    if count[0] > len(asleep):
        return -1, count[0]
    return total, count[0]


def _built_on(source: str) -> Any:
    """The kernel, with its cache on disk bound to what it was built on.

    numba looks at the file a kernel stands in, and at what it closes over, to tell whether its
    cache is stale, but not at other files it calls into; so the part that does has no cache.
    """
    stamp = zlib.crc32(Path(source).read_bytes())

    def fill(  # type: ignore[no-untyped-def]
        root, rates, before, entry, x, space, places, tally, cells, numbers, at, stays, asleep
    ):
        assert stamp >= 0
        return _fill(
            root, rates, before, entry, x, space, places, tally, cells, numbers, at, stays, asleep
        )

    return compiled(fill)


fill = _built_on(kernels.__file__)
