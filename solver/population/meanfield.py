"""The same cycle as ordinary differential equations: the mean of infinitely many clones.

Each Erlang stage is a compartment of rate k/τ, so the equations are linear and exact:
``dy/dt = A y``, solved by ``exp(A t)`` within each spell. Where phases have a fixed length there is
no such chain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from meshes.errors import InputError

from .cycle import CYCLING, PHASES, SLOW, CycleModel, FloatArray, Phase, Spell
from .engine import Start, founders_from, known_spells, record_times
from .sojourn import Occupancy, entry_rate


def compartments(stages: int) -> NDArray[np.int64]:
    """Phase of each compartment of one kind: k stages each, and G0 last; shape (4 k + 1,)."""
    return np.append(np.repeat(np.arange(4), stages), int(Phase.G0))


def rate_matrix(cycle: CycleModel, spell: Spell, entry: float, fixed: bool) -> FloatArray:
    """A of ``dy/dt = A y``, 1/h, with a column for where cells come from.

    Parameters
    ----------
    cycle, spell
        Rates, and what changes them.
    entry
        λ of the site, 1/h.
    fixed
        One cell per site, instead of both daughters staying.

    Returns
    -------
    ndarray, shape (2 m, 2 m)
        The m `compartments` of the one kind, then those of the other.
    """
    k = cycle.stages
    phase = compartments(k)
    size = len(phase)
    lengths, deaths, kinds = cycle.lengths(), cycle.deaths(), cycle.inheritance()
    A = np.zeros((2 * size, 2 * size))
    asleep = entry * spell.entry_factor
    awake = cycle.exit_rate * spell.exit_factor
    for kind in (CYCLING, SLOW):
        first = kind * size
        sleep = first + size - 1
        newborn = np.array([0, size])
        for i in range(size - 1):
            rate = k / lengths[kind, phase[i]]
            here = first + i
            A[here, here] -= rate
            if i < size - 2:
                A[here + 1, here] += rate
            else:
                A[newborn, here] += (1.0 if fixed else 2.0) * rate * kinds[kind]
            if phase[i] == Phase.EARLY_G1:
                A[here, here] -= asleep
                A[sleep, here] += asleep
        A[sleep, sleep] -= awake
        A[first, sleep] += awake
        for i in range(size):
            death = deaths[kind, phase[i]] + spell.kill[phase[i]]
            A[first + i, first + i] -= death
            if fixed:
                A[newborn, first + i] += death * kinds[kind]
    return A


def founder_shares(
    cycle: CycleModel, shares: FloatArray, z: FloatArray, newborn: bool
) -> FloatArray:
    """How founders are spread over the compartments.

    Parameters
    ----------
    cycle
        The cycle.
    shares : ndarray, shape (2, 5)
        Of each kind in each phase.
    z : ndarray, shape (2, 4)
        Rate at which the phases lose cells besides their stages, 1/h.
    newborn
        All stand at the start of early G1.

    Returns
    -------
    ndarray, shape (2 m,)
    """
    k = cycle.stages
    phase = compartments(k)
    y = np.zeros((2, len(phase)))
    if newborn:
        y[:, 0] = shares.sum(axis=1)
        return y.ravel()
    # Each stage holds 1/(1 + zτ/k) of what the one before it holds.
    ratio = 1.0 / (1.0 + z * cycle.lengths() / k)
    weight = ratio[:, :, None] ** np.arange(k)
    weight /= weight.sum(axis=2, keepdims=True)
    y[:, :-1] = (shares[:, :4, None] * weight).reshape(2, -1)
    y[:, -1] = shares[:, Phase.G0]
    return y.ravel()


def mean_field(
    cycle: CycleModel,
    p: ArrayLike,
    days: float,
    *,
    record_h: float = 12.0,
    start: Start = "cycling",
    occupancy: Occupancy = "growing",
    spells: Sequence[Spell] = (),
) -> tuple[FloatArray, FloatArray]:
    """Mean number of cells per founder, by kind and phase.

    Parameters
    ----------
    cycle
        The cycle; its cv above 0.
    p
        P(dormant), shape (n,). Costs a matrix exponential of size 8k + 2 for each different P.
    days, record_h, start, occupancy, spells
        As in `solver.population.engine.simulate`.

    Returns
    -------
    times_h : ndarray, shape (m,)
        h.
    cells : ndarray, shape (m, n, 2, 5)
        Living cells per founder, by kind and `Phase`.

    Raises
    ------
    InputError
        If phases have a fixed length, or as `simulate`.
    """
    from scipy.linalg import expm

    if not cycle.stages:
        raise InputError(
            "mean field: phases of fixed length (cv 0) have no differential equation",
            hint="give cv at least 0.1",
        )
    times = record_times(24.0 * days, record_h)
    order = known_spells(spells)
    changes = [spell.start_h for spell in order if 0.0 < spell.start_h < times[-1]]
    steps = np.unique(np.concatenate([times, changes]))
    wanted = np.asarray(p, dtype=float)
    different, back = np.unique(wanted, return_inverse=True)
    entry = entry_rate(cycle, different, occupancy=occupancy)
    before = founders_from(cycle, entry, start, occupancy)
    phase = compartments(cycle.stages)
    to_phase = (phase[:, None] == np.arange(len(PHASES))).astype(float)
    cells = np.empty((len(times), len(different), 2, len(PHASES)))
    for j, rate in enumerate(entry):
        z = before.growth[j] + cycle.deaths()[:, :4]
        z[:, Phase.EARLY_G1] += before.entry_rate[j]
        y = founder_shares(cycle, before.shares[j], z, start == "newborn")
        known: dict[tuple[int, float], FloatArray] = {}
        row = 0
        for i, now in enumerate(steps):
            if i:
                which = int(np.searchsorted([s.start_h for s in order], steps[i - 1], "right")) - 1
                length = float(now - steps[i - 1])
                key = which, round(length, 9)
                if key not in known:
                    A = rate_matrix(cycle, order[which], float(rate), occupancy == "fixed")
                    known[key] = expm(A * length)
                y = known[key] @ y
            if now == times[row]:
                cells[row, j] = y.reshape(2, -1) @ to_phase
                row += 1
    return times, cells[:, back]
