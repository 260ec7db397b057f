"""Compiled life of a cell, and of a clone without neighbours. Importing this module imports numba.

Every waiting time is drawn exactly; there is no time step. A hazard h(t), constant within each
spell, strikes when ``∫ h dt`` has used up a budget drawn from Exp(1). A cell draws from its own
stream, and the streams of its daughters follow from its key alone: what happens to a cell does not
depend on the order in which cells are taken up.
"""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np

from solver.coupling.clutch.kernels import _compiled as compiled
from solver.coupling.clutch.kernels import uniform

Rates = namedtuple(
    "Rates",
    ["lengths", "stages", "starts", "deaths", "exits", "entries", "slow_after", "every", "hours"],
)
"""Numbers of a simulation: ``lengths`` (2, 4) h; ``stages``; ``starts`` (q + 1,) of the spells, h,
the last +inf; ``deaths`` (q, 2, 5) and ``exits`` (q,), 1/h; ``entries`` (q,), factors of λ;
``slow_after`` (2,), probability of a slow daughter by the mother's kind; ``every`` and ``hours``,
step of the tally and length, h."""

Before = namedtuple("Before", ["newborn", "shares", "growth", "deaths", "entry", "exit", "visits"])
"""The population that founders come from: ``newborn``, all of age 0; its ``shares`` (n, 2, 5),
``growth`` (n,), ``deaths`` (2, 5), rates of ``entry`` (n,) and ``exit``, 1/h, and ``visits``
(n, 2), as in `solver.population.sojourn.LongRun`."""

EARLY, LATE, S, G2M, G0, SLOW_COLUMN = 0, 1, 2, 3, 4, 5
ALIVE, DIVIDED, DIED = 0, 1, 2
BIRTH, WAIT, PAST, END = 0, 1, 2, 5  # columns of what is kept of each cell: times, and integers
FOUNDER, MOTHER, GENERATION, KIND, FATE = 0, 1, 2, 3, 4

MOST_PAST_STAYS = 100
"""Of a founder's past; where P comes near 1, stays follow one another almost without end."""

_SPLIT = np.uint64(0xD1342543DE82EF95)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_S33 = np.uint64(33)


@compiled
def child(key, which):  # type: ignore[no-untyped-def]
    """Key of an independent stream: number ``which`` of ``key`` (uint64; Murmur3's mix)."""
    z = key + np.uint64(which + 1) * _SPLIT
    z = (z ^ (z >> _S33)) * _MIX_1
    z = (z ^ (z >> _S33)) * _MIX_2
    return z ^ (z >> _S33)


@compiled
def exponential(state):  # type: ignore[no-untyped-def]
    """A number of Exp(1)."""
    return -math.log1p(-uniform(state))


@compiled
def erlang(state, stages, mean):  # type: ignore[no-untyped-def]
    """Sum of ``stages`` exponential times of the given mean each."""
    product = 1.0
    for _ in range(stages):
        product *= 1.0 - uniform(state)
    return -mean * math.log(max(product, 1e-300))


@compiled
def lasts(state, rates, kind, phase):  # type: ignore[no-untyped-def]
    """Length of a phase before G0, h."""
    mean = rates.lengths[kind, phase]
    return erlang(state, rates.stages, mean / rates.stages) if rates.stages else mean


@compiled
def strikes(starts, hazards, budget, now):  # type: ignore[no-untyped-def]
    """When ∫ of the hazards (q,) from now on has used up the budget, h; +inf: never."""
    for q in range(len(hazards)):
        if starts[q + 1] > now:
            begin = max(now, starts[q])
            if hazards[q] > 0.0:
                at = begin + budget / hazards[q]
                if at <= starts[q + 1]:
                    return at
                budget -= hazards[q] * (starts[q + 1] - begin)
    return math.inf


@compiled
def spent(starts, hazards, now, then):  # type: ignore[no-untyped-def]
    """∫ of the hazards (q,) from now to then."""
    total = 0.0
    for q in range(len(hazards)):
        total += hazards[q] * max(0.0, min(then, starts[q + 1]) - max(now, starts[q]))
    return total


@compiled
def mark(tally, rates, kind, phase, start, end):  # type: ignore[no-untyped-def]
    """Count a cell in a phase from start to end, h, at the times of the tally (m, 6)."""
    m = len(tally)
    if m == 0 or end <= 0.0 or start > rates.hours:
        return
    first = max(0, math.ceil(start / rates.every))
    while first > 0 and (first - 1) * rates.every >= start:
        first -= 1
    for i in range(first, m):
        # The last time is the end, which need not be a whole number of steps.
        at = rates.hours if i == m - 1 else i * rates.every
        if at >= end:
            return
        if at >= start:
            tally[i, phase] += 1
            tally[i, SLOW_COLUMN] += kind


@compiled
def stay(stays, stay_cell, count, row, start, end):  # type: ignore[no-untyped-def]
    """Keep a stay in G0, where there is an array for it."""
    if count[0] < len(stay_cell):
        stay_cell[count[0]] = row
        stays[count[0], 0] = start
        stays[count[0], 1] = end
    count[0] += 1


@compiled
def early(  # type: ignore[no-untyped-def]
    state, rates, entry, kind, phase, since, now, left, budget, row, tally, stays, cells, count
):
    """From now, in early G1 or G0 since some time, to the restriction point.

    ``left``: what is left of early G1, h. Returns when it comes to the restriction point (+inf: not
    before death or the end), when it dies (+inf: not before that), and its budget of death.
    """
    while now <= rates.hours:
        if phase == EARLY:
            into = math.inf
            if entry > 0.0:
                into = strikes(rates.starts, entry * rates.entries, exponential(state), now)
            end = min(now + left, into)
            death = strikes(rates.starts, rates.deaths[:, kind, EARLY], budget, now)
            mark(tally, rates, kind, EARLY, since, min(end, death))
            if death <= end:
                return math.inf, death, 0.0
            budget -= spent(rates.starts, rates.deaths[:, kind, EARLY], now, end)
            if into >= now + left:
                return end, math.inf, budget
            since = now = end
            phase = G0
        else:
            out = strikes(rates.starts, rates.exits, exponential(state), now)
            death = strikes(rates.starts, rates.deaths[:, kind, G0], budget, now)
            end = min(out, death)
            mark(tally, rates, kind, G0, since, end)
            stay(stays, cells, count, row, since, end if end <= rates.hours else math.inf)
            if death <= out:
                return math.inf, death, 0.0
            budget -= spent(rates.starts, rates.deaths[:, kind, G0], now, out)
            since = now = out
            phase = EARLY
            left = lasts(state, rates, kind, EARLY)
    return math.inf, math.inf, budget


@compiled
def late(state, rates, kind, phase, start, now, left, budget, times, tally):  # type: ignore[no-untyped-def]
    """From a moment in a phase past the restriction point to division or death: (fate, when).

    ``start``: entry into this phase, ``left``: what is left of it, h. Fills ``times`` (6,).
    """
    while True:
        end = now + left
        death = strikes(rates.starts, rates.deaths[:, kind, phase], budget, now)
        mark(tally, rates, kind, phase, start, min(end, death))
        if death <= end:
            return DIED, death
        budget -= spent(rates.starts, rates.deaths[:, kind, phase], now, end)
        if phase == G2M:
            return DIVIDED, end
        phase += 1
        if end <= rates.hours:
            times[PAST + phase - 1] = end
        else:
            return ALIVE, math.inf
        start, now = end, end
        left = lasts(state, rates, kind, phase)


@compiled
def end_of(fate, at, times, rates):  # type: ignore[no-untyped-def]
    """Fate by the end of the simulation, filling in when."""
    if at > rates.hours:
        fate = ALIVE
    times[END] = at if fate != ALIVE else math.inf
    return fate


@compiled
def kind_of(state, rates, mother_kind):  # type: ignore[no-untyped-def]
    """Kind of a daughter."""
    return 1 if uniform(state) < rates.slow_after[mother_kind] else 0


@compiled
def part(state, rates, kind, phase, z):  # type: ignore[no-untyped-def]
    """Age in a phase, and what is left of it, h, where the shares of all phases stand still.

    The age a has density ~ exp(-z a) P(not over by a): of the k stages i are over with probability
    ~ (1 + zτ/k)^(-i), and the time in them and in the present one has rate k/τ + z each.
    """
    mean, k = rates.lengths[kind, phase], rates.stages
    u = uniform(state)
    if k == 0:
        x = z * mean
        age = u * mean if abs(x) < 1e-9 else -math.log1p(u * math.expm1(-x)) / z
        return age, mean - age
    step = math.log1p(z * mean / k)
    over = k * u if abs(k * step) < 1e-9 else -math.log1p(u * math.expm1(-k * step)) / step
    i = min(int(over), k - 1)
    return erlang(state, i + 1, 1.0 / (k / mean + z)), erlang(state, k - i, mean / k)


@compiled
def past(state, rates, before, row, times, stays, cells, count):  # type: ignore[no-untyped-def]
    """Draw a founder at the start: (kind, phase, since when, h left); fills ``times`` before 0.

    Seen backwards in time, what a cell of a growing population lived through is discounted by its
    growth: a phase behind it had stages of rate k/τ + z, a stay in G0 the rate of all that ends it.
    """
    u, kind, phase = uniform(state), 0, 0
    for which in range(10):
        kind, phase = which // 5, which % 5
        u -= before.shares[kind, phase]
        if u < 0.0 and before.shares[kind, phase] > 0.0:
            break
    if before.newborn:
        times[BIRTH] = 0.0
        return kind, EARLY, 0.0, lasts(state, rates, kind, EARLY)
    z_early = before.growth + before.deaths[kind, EARLY] + before.entry
    wake = before.growth + before.deaths[kind, G0] + before.exit
    if phase == G0:
        now, left = -exponential(state) / wake, math.nan
    else:
        z = z_early if phase == EARLY else before.growth + before.deaths[kind, phase]
        age, left = part(state, rates, kind, phase, z)
        now = -age
    since = now
    if phase == G0:
        now -= part(state, rates, kind, EARLY, z_early)[0]
    elif phase != EARLY:
        times[PAST + phase - 1] = now
        for q in range(phase - 1, -1, -1):
            z = z_early if q == EARLY else before.growth + before.deaths[kind, q]
            mean, k = rates.lengths[kind, q], rates.stages
            now -= erlang(state, k, 1.0 / (k / mean + z)) if k else mean
            if q != EARLY:
                times[PAST + q - 1] = now
    for _ in range(MOST_PAST_STAYS):
        if uniform(state) >= 1.0 - 1.0 / before.visits[kind]:
            break
        out = now
        now -= exponential(state) / wake
        stay(stays, cells, count, row, now, out)
        now -= part(state, rates, kind, EARLY, z_early)[0]
    times[BIRTH] = now
    return kind, phase, since, left


@compiled
def clone(  # type: ignore[no-untyped-def]
    key, rates, entry, before, fixed, founder, base, tally, cells, numbers, stays, asleep, count
):
    """All descendants of one founder, without neighbours; returns how many cells.

    ``cells`` (N, 6) and ``numbers`` (N, 5): filled from row ``base`` on, or of length 0, as
    ``stays`` (M, 2) and ``asleep`` (M,); ``count`` (1,): stays so far.
    """
    state, times = np.empty(1, dtype=np.uint64), np.empty(6)
    waiting = [(key, 0.0, base, -1, 0, 0)]
    total = 1
    # The last born is taken up first: no more wait than there are generations.
    while len(waiting) > 0:
        key, birth, row, mother, generation, kind = waiting.pop()
        state[0] = key
        times[:] = math.inf
        budget = exponential(state)
        now, phase = birth, EARLY
        if row == base:
            kind, phase, since, left = past(state, rates, before, row, times, stays, asleep, count)
        else:
            times[BIRTH] = since = birth
            kind = kind_of(state, rates, kind)
            left = lasts(state, rates, kind, EARLY)
        if phase in (EARLY, G0):
            at, death, budget = early(
                state, rates, entry, kind, phase, since, now, left, budget, row, tally, stays,
                asleep, count,
            )  # fmt: skip
            fate = DIED
            if at <= rates.hours:
                times[PAST] = at
                left = lasts(state, rates, kind, LATE)
                fate, death = late(state, rates, kind, LATE, at, at, left, budget, times, tally)
        else:
            fate, death = late(state, rates, kind, phase, since, now, left, budget, times, tally)
        fate = end_of(fate, death, times, rates)
        if len(cells) > 0:
            cells[row] = times
            numbers[row, FOUNDER], numbers[row, MOTHER] = founder, mother
            numbers[row, GENERATION], numbers[row, KIND] = generation, kind
            numbers[row, FATE] = fate
        if fate == DIVIDED:
            for which in range(1 if fixed else 2):
                waiting.append((child(key, which), death, base + total, row, generation + 1, kind))
                total += 1
        elif fate == DIED and fixed:
            # A newborn from elsewhere takes the place.
            waiting.append((child(key, 2), death, base + total, -1, generation, kind))
            total += 1
    return total


@compiled
def clones(  # type: ignore[no-untyped-def]
    root, rates, entry, before, fixed, founders, bases, tally, cells, numbers, stays, asleep, first
):
    """Several clones: founders ``founders`` (f,); returns cells and stays of each, shape (f, 2).

    ``root``: key of the seed. ``before``: `Before` with a first axis for founders. ``bases`` and
    ``first`` (f,): their first rows of cells and of stays; read only where cells are kept.
    """
    sizes = np.zeros((len(founders), 2), dtype=np.int64)
    count = np.zeros(1, dtype=np.int64)
    for j in range(len(founders)):
        f = founders[j]
        count[0] = begin = first[j]
        own = Before(
            before.newborn, before.shares[f], before.growth[f], before.deaths, before.entry[f],
            before.exit, before.visits[f],
        )  # fmt: skip
        sizes[j, 0] = clone(
            child(root, f), rates, entry[f], own, fixed, f, bases[j], tally[f], cells, numbers,
            stays, asleep, count,
        )  # fmt: skip
        sizes[j, 1] = count[0] - begin
    return sizes
