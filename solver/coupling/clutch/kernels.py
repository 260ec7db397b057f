"""Compiled Monte-Carlo kernels of the clutch. Importing this module imports numba.

One step of length dt, all clutches at the forces of the step before (Elosegui-Artola 2016,
10.1038/ncb3336, after Chan & Odde 2008, 10.1126/science.1163595):

1. actin moves at ``v = v_u (1 - F/(n_m F_m))``, ``F = k_sub x_sub``;
2. every bound clutch may let go, its talin may unfold and catch a vinculin;
3. every release with vinculin adds d_add to the integrin density, every other takes d_add away;
4. free clutches bind with probability ``1 - exp(-k_on dt)``, ``k_on = on_rate d_int``, at x_sub;
5. bound clutches move by v dt and ``x_sub = k_c sum(x) / (k_sub + n_b k_c)``, the force balance.

Free clutches are alike, so only their number is kept and how many bind is one binomial draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

ENGINE_VERSION = 1
"""Raised whenever the same parameters and seed give other numbers: old tables are then not used."""

FOLDED, UNFOLDED, VINCULIN = 0, 1, 2
HELD = -1  # release(): the clutch is still bound after the step

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def _compiled(function: Callable[..., Any]) -> Any:
    """Compile with a cache on disk, or without one where numba finds no folder to write to."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:
        return njit(function)


@_compiled
def uniform(state):  # type: ignore[no-untyped-def]
    """Next number in [0, 1) of SplitMix64 (10.1145/2660193.2660195); ``state``: uint64 (1,)."""
    state[0] += _GAMMA
    z = state[0]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return float(z >> _S11) * 1.1102230246251565e-16


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
def off_rate(par, f):  # type: ignore[no-untyped-def]
    """k_off in 1/s under the force f in pN; ``par`` from `ClutchParameters.vector`."""
    rate = par[11] * math.exp(-par[12] * f) + par[13] * math.exp(min(par[14] * f, 700.0))
    idle = par[16] * f
    if idle < 60.0:  # beyond, less than 1e-26 of what it is at 0
        rate += par[15] * math.exp(-idle)
    return par[10] * rate


@_compiled
def release(par, f, talin, state):  # type: ignore[no-untyped-def]
    """One clutch under the force f for one step: (HELD or talin's state at release, talin after).

    The order of events within the step is drawn exactly; with ``same_step`` talin whose integrin
    let go first may still unfold until the step ends, and counts.
    """
    left = par[23]
    off = off_rate(par, f)
    on_talin = par[17] * f
    unfold = math.exp(min(par[18] + par[19] * on_talin, 700.0))
    while True:
        if talin == FOLDED:
            other = unfold
        elif talin == UNFOLDED:
            other = par[22] + math.exp(par[20] - par[21] * on_talin)
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
            if talin == FOLDED and par[25] > 0.0 and par[22] > 0.0:
                late = -math.log1p(-uniform(state)) / max(unfold, 1e-300)
                if late < left:
                    return VINCULIN, FOLDED
            return talin, FOLDED
        if talin == FOLDED:
            talin = UNFOLDED
        elif which < off + par[22]:
            talin = VINCULIN
        else:
            talin = FOLDED


@_compiled
def run(par, clutches, motors, spring, seed, every, trace):  # type: ignore[no-untyped-def]
    """One run; means over time of the columns of ``trace``, and releases.

    Parameters
    ----------
    par : ndarray, shape (26,)
        From `ClutchParameters.vector`.
    clutches, motors : int, float
        n_c and n_m.
    spring : float
        k_sub, pN/nm.
    seed : uint64
        Start of the random sequence.
    every : int
        Steps between two lines of the trace.
    trace : ndarray, shape (m, 6)
        Filled with force (pN), speed (nm/s), bound clutches, clutches with vinculin, density
        (1/um²) and x_sub (nm) after each ``every``-th step; may have no lines.

    Returns
    -------
    ndarray, shape (7,)
        Means of force, speed, bound, with vinculin, density; releases with and without vinculin
        per second.
    """
    state = np.empty(1, np.uint64)
    state[0] = seed
    dt, kc = par[23], par[4]
    steps = int(round(par[24] / dt))
    stall = motors * par[1]
    x = np.empty(clutches)
    talin = np.empty(clutches, np.int8)
    bound = 0
    density = par[7]
    substrate = 0.0
    sums = np.zeros(7)
    for step in range(steps):
        speed = par[2] * (1.0 - spring * substrate / stall)
        binding = -math.expm1(-par[6] * density * dt)
        free = clutches - bound
        gain = 0
        i = 0
        while i < bound:
            let_go, after = release(par, abs(kc * (x[i] - substrate)), talin[i], state)
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
            bound -= 1
            x[i] = x[bound]
            talin[i] = talin[bound]
        density = min(max(density + par[9] * gain, par[7]), par[8])
        for _ in range(binomial(state, free, binding)):
            x[bound] = substrate
            talin[bound] = FOLDED
            bound += 1
        total = 0.0
        caught = 0
        for i in range(bound):
            x[i] += speed * dt
            total += x[i]
            caught += talin[i] == VINCULIN
        substrate = kc * total / (spring + bound * kc)
        force = spring * substrate
        sums[0] += force
        sums[1] += speed
        sums[2] += bound
        sums[3] += caught
        sums[4] += density
        if (step + 1) % every == 0:
            line = (step + 1) // every - 1
            if line < len(trace):
                trace[line, 0] = force
                trace[line, 1] = speed
                trace[line, 2] = bound
                trace[line, 3] = caught
                trace[line, 4] = density
                trace[line, 5] = substrate
    sums[:5] /= steps
    sums[5:] /= steps * dt
    return sums
