"""Compiled Monte-Carlo kernels of the clutch. Importing this module imports numba.

One step of length dt, all clutches at the forces of the step before (Elosegui-Artola 2016,
10.1038/ncb3336, after Chan & Odde 2008, 10.1126/science.1163595):

1. actin moves at ``v = v_u (1 - F/(n_m F_m))``, ``F = k_sub x_sub``;
2. every bound clutch may let go, its talin may unfold and catch a vinculin;
3. every release with vinculin adds d_add to the integrin density, every other takes d_add away;
4. free clutches bind with probability ``1 - exp(-k_on dt)``, ``k_on = on_rate d_int``, at x_sub;
5. bound clutches move by v dt and ``x_sub = k_c sum(x) / (k_sub + n_b k_c)``, the force balance.

Free clutches are alike, so only their number is kept, and how many bind is one binomial draw.
All kernels stand in one file: numba looks at no other when it decides whether its cache is stale.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from numba import njit

from .parameters import ClutchParameters

Numbers = namedtuple("Numbers", [f.name for f in fields(ClutchParameters)])  # type: ignore[misc]
"""`ClutchParameters` in the form that compiled code takes."""

FOLDED, UNFOLDED, VINCULIN = 0, 1, 2
HELD = -1  # from release(): the clutch is still bound when the step ends
LARGEST_EXPONENT = 700.0  # exp() of it is still finite

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def _compiled(function: Callable[..., Any]) -> Any:
    """Compile with a cache on disk, or without one where numba finds no folder to write to."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@_compiled
def uniform(state):  # type: ignore[no-untyped-def]
    """Next number in [0, 1) of SplitMix64 (10.1145/2660193.2660195); ``state``: uint64 (1,)."""
    state[0] += _GAMMA
    z = state[0]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return float(z >> _S11) * 2.0**-53


@_compiled
def binomial(state, n, p):  # type: ignore[no-untyped-def]
    """How many of n happen, each with probability p: skips from one success to the next."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    scale = 1.0 / math.log1p(-p)
    count = 0
    at = math.floor(math.log1p(-uniform(state)) * scale)
    while at < n:
        count += 1
        at += 1.0 + math.floor(math.log1p(-uniform(state)) * scale)
    return count


@_compiled
def off_rate(par, force):  # type: ignore[no-untyped-def]
    """k_off in 1/s under a force in pN."""
    rate = par.catch_rate * math.exp(-par.catch_slope * force)
    rate += par.slip_rate * math.exp(min(par.slip_slope * force, LARGEST_EXPONENT))
    idle = par.idle_slope * force
    if idle < 60.0:  # beyond, less than 1e-26 of what it is without force
        rate += par.idle_rate * math.exp(-idle)
    return par.off_scale * rate


@_compiled
def release(par, force, talin, state):  # type: ignore[no-untyped-def]
    """One clutch under a force in pN for one step: (HELD or talin's state at release, talin after).

    The order of events within the step is drawn exactly. With ``same_step`` talin whose integrin
    let go first may still unfold until the step ends, and then counts as having vinculin.
    """
    left = par.time_step
    off = off_rate(par, force)
    on_talin = par.talin_share * force
    exponent = par.unfolding_log_rate + par.unfolding_slope * on_talin
    unfold = math.exp(min(exponent, LARGEST_EXPONENT))
    while True:
        if talin == FOLDED:
            other = unfold
        elif talin == UNFOLDED:
            refold = math.exp(par.refolding_log_rate - par.refolding_slope * on_talin)
            other = par.vinculin_rate + refold
        else:
            other = 0.0
        total = off + other
        u = uniform(state)
        # 1 - exp(-x) <= x: most clutches get by without a logarithm.
        if u >= total * left:
            return HELD, talin
        wait = -math.log1p(-u) / total
        if wait >= left:
            return HELD, talin
        left -= wait
        which = uniform(state) * total
        if which < off:
            late = talin == FOLDED and par.same_step > 0.0 and par.vinculin_rate > 0.0
            if late and uniform(state) < -math.expm1(-unfold * left):
                return VINCULIN, FOLDED
            return talin, FOLDED
        if talin == FOLDED:
            talin = UNFOLDED
        elif which < off + par.vinculin_rate:
            talin = VINCULIN
        else:
            talin = FOLDED


@_compiled
def run(par, clutches, motors, spring, seed, every, trace):  # type: ignore[no-untyped-def]
    """One run.

    Parameters
    ----------
    par : Numbers
        The clutch's numbers.
    clutches, motors : int, float
        n_c and n_m.
    spring : float
        k_sub, pN/nm.
    seed : uint64
        Start of the random sequence.
    every : int
        Steps between two lines of the trace.
    trace : ndarray, shape (m, 6)
        Filled after each ``every``-th step with force on the substrate (pN), sum of the clutches'
        forces (pN), speed (nm/s), bound clutches, those with unfolded talin, density (1/um^2).

    Returns
    -------
    ndarray, shape (8,)
        Means over time of force, speed, bound clutches, those with unfolded talin, density; then
        releases with vinculin, releases without, and bindings, each per second.
    """
    state = np.empty(1, np.uint64)
    state[0] = seed
    dt, stiff = par.time_step, par.clutch_stiffness
    steps = round(par.duration / dt)
    stall = motors * par.motor_force
    x = np.empty(clutches)
    talin = np.empty(clutches, np.int8)
    bound = 0
    density = par.density
    substrate = 0.0
    sums = np.zeros(8)
    for step in range(1, steps + 1):
        speed = par.unloaded_speed * (1.0 - spring * substrate / stall)
        free = clutches - bound
        binding = -math.expm1(-par.on_rate * density * dt)
        gain = 0
        i = 0
        while i < bound:
            force = abs(stiff * (x[i] - substrate))
            let_go, after = release(par, force, talin[i], state)
            if let_go == HELD:
                talin[i] = after
                i += 1
                continue
            if let_go == VINCULIN:
                gain += 1
                sums[5] += 1.0
            else:
                gain -= 1
                sums[6] += 1.0
            # The last bound clutch takes the place of the one that let go, and is next.
            bound -= 1
            x[i] = x[bound]
            talin[i] = talin[bound]
        density = min(max(density + par.density_step * gain, par.density), par.density_cap)
        arrivals = binomial(state, free, binding)
        sums[7] += arrivals
        for _ in range(arrivals):
            x[bound] = substrate
            talin[bound] = FOLDED
            bound += 1
        total = 0.0
        unfolded = 0
        for i in range(bound):
            x[i] += speed * dt
            total += x[i]
            unfolded += talin[i] != FOLDED
        substrate = stiff * total / (spring + bound * stiff)
        sums[0] += spring * substrate
        sums[1] += speed
        sums[2] += bound
        sums[3] += unfolded
        sums[4] += density
        if step % every == 0 and step // every <= len(trace):
            row = trace[step // every - 1]
            row[0] = spring * substrate
            row[1] = stiff * (total - bound * substrate)
            row[2] = speed
            row[3] = bound
            row[4] = unfolded
            row[5] = density
    sums[:5] /= steps
    sums[5:] /= steps * dt
    return sums
