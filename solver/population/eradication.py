"""Chance that a clone outlives a schedule: a mean of one cell in a thousand is not none.

A clone is a branching process. The chance e_i that a cell in compartment i (a stage of a phase)
still has living descendants a time t later follows, looking back from the end,

``de/dt = Aᵀ e − r ē²`` (the last term only where cells divide, at the rate r),

A being the matrix of the mean field and ē the chance of one newborn daughter: both daughters' lines
end with probability (1 − ē)², and 1 − (1 − ē)² = 2 ē − ē². For one compartment with birth b and
death d this is the birth-death process, which dies out by t with the probability
``d (1 − e^(−(b−d)t)) / (b − d e^(−(b−d)t))`` (Kendall 1948, 10.1214/aoms/1177730285).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError

from .cycle import CycleModel, FloatArray, Phase
from .engine import Start, founders_from
from .meanfield import compartments, founder_shares, rate_matrix
from .schedules import Schedule
from .sojourn import entry_rate


def outliving(
    cycle: CycleModel, p: ArrayLike, schedule: Schedule, *, start: Start = "settled"
) -> FloatArray:
    """Chance that a founder's clone is alive at the end of a schedule.

    Parameters
    ----------
    cycle
        The cycle; its cv above 0.
    p
        P(dormant), shape (n,). Costs a differential equation of size 8k + 2 for each different P.
    schedule
        What the cells go through; both daughters of a division stay.
    start
        As in `solver.population.engine.simulate`.

    Returns
    -------
    ndarray, shape (n,)
        To a relative 1e-6.

    Raises
    ------
    InputError
        As `mean_field`.
    """
    if not cycle.stages:
        raise InputError(
            "eradication: phases of fixed length (cv 0) have no differential equation",
            hint="give cv at least 0.1",
        )
    different, back = np.unique(np.atleast_1d(np.asarray(p, dtype=float)), return_inverse=True)
    entry = entry_rate(cycle, different)
    before = founders_from(cycle, entry, start, "growing")
    chance = np.empty(len(different))
    for j, rate in enumerate(entry):
        z = before.growth[j] + cycle.deaths()[:, :4]
        z[:, Phase.EARLY_G1] += before.entry_rate[j]
        founders = founder_shares(cycle, before.shares[j], z, start == "newborn")
        chance[j] = founders @ _alive(cycle, float(rate), schedule)
    return chance[back]


def none_left(chance: ArrayLike, founders: ArrayLike = 1.0) -> float:
    """Probability that no clone of a scaffold is alive, clones being independent.

    Parameters
    ----------
    chance
        Of each site's clone to be alive, shape (n,), 0 to 1.
    founders
        Founders at each site, float or shape (n,), at least 0.

    Returns
    -------
    float
        ``Π (1 − e_i)^(founders_i)``.
    """
    with np.errstate(divide="ignore"):
        log = np.log1p(-np.asarray(chance, dtype=float))
    many = np.broadcast_to(np.asarray(founders, dtype=float), log.shape)
    return float(np.exp(np.sum(log[many > 0.0] * many[many > 0.0])))


def _alive(cycle: CycleModel, entry: float, schedule: Schedule) -> FloatArray:
    """e of each compartment at the start, from 1 at the end."""
    from scipy.integrate import solve_ivp

    size = len(compartments(cycle.stages))
    last, newborn = np.array([size - 2, 2 * size - 2]), np.array([0, size])
    divide = cycle.stages / cycle.lengths()[:, Phase.G2M]
    kinds = cycle.inheritance()
    e = np.ones(2 * size)
    for spell, (_, hours) in zip(reversed(schedule.spells), reversed(schedule.steps), strict=True):
        back = np.ascontiguousarray(rate_matrix(cycle, spell, entry, fixed=False).T)

        def slope(_: float, e: FloatArray, back: FloatArray = back) -> FloatArray:
            change = back @ e
            change[last] -= divide * (kinds @ e[newborn]) ** 2
            return np.asarray(change)

        solved = solve_ivp(slope, (0.0, hours), e, method="LSODA", rtol=1e-8, atol=1e-14)
        e = np.clip(solved.y[:, -1], 0.0, 1.0)
    return e
