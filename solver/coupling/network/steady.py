"""Where the network comes to rest: followed in time, then made exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError, SolveError
from solver.coupling.collagen_doses import FloatArray

from .conditions import Conditions
from .model import Network

STARTS = ("asleep", "awake")
"""Extreme starting states: all nodes of that side fully on, those of the other off."""

RESIDUAL = 1e-10
"""Largest \\|f ymax − y\\| that counts as rest, in activity."""

# In units of the longest tau: e^-40 of a decaying mode is below any tolerance; the longer ones are
# for what creeps past a state that has just vanished, in few steps since it creeps.
_HORIZONS = (40.0, 2e3, 1e5)
_PATIENCE = 3000  # steps of one trajectory: a wiring that oscillates takes more
_STEPS = 30
_AT_ONCE = 256  # conditions solved together: bounds the memory
_FAR = 0.05  # Newton may make exact where the trajectory ended, not jump to another state


@dataclass(frozen=True)
class SteadyState:
    """Where k conditions come to rest.

    Attributes
    ----------
    activity : ndarray, shape (k, s)
        Of the nodes, 0 to ymax.
    residual : float
        Largest \\|f ymax − y\\|.
    start : str
        Where it was started from, one of `STARTS`.
    """

    activity: FloatArray
    residual: float
    start: str


def _follow(network: Network, y: FloatArray, at: Conditions, horizon: float) -> FloatArray:
    """The state after a time, by an implicit method on all conditions at once."""
    from scipy.integrate import BDF
    from scipy.sparse import csc_matrix

    k, s = y.shape
    block = np.arange(k)[:, None, None] * s
    rows = np.broadcast_to(block + np.arange(s)[None, :, None], (k, s, s)).ravel()
    columns = np.broadcast_to(block + np.arange(s)[None, None, :], (k, s, s)).ravel()

    def rhs(_: float, flat: FloatArray) -> FloatArray:
        return network.rhs(flat.reshape(k, s), at.inputs, at.ymax).ravel()

    def jacobian(_: float, flat: FloatArray) -> csc_matrix:
        values = network.jacobian(flat.reshape(k, s), at.inputs, at.ymax)
        return csc_matrix((values.ravel(), (rows, columns)), shape=(k * s, k * s))

    solver = BDF(rhs, 0.0, y.ravel(), horizon, jac=jacobian, rtol=1e-4, atol=1e-7)
    for _ in range(_PATIENCE):
        solver.step()
        if solver.status != "running":
            break
    end, status = solver.y.reshape(k, s), solver.status
    # Its own closures hold it, and with it every factorisation, until the collector comes by.
    vars(solver).clear()
    if status != "finished":
        raise SolveError(
            f"network: one of {k} conditions does not come to rest",
            hint="a ring of arrows with an odd number of inhibitions oscillates where it is steep",
        )
    return np.clip(end, 0.0, at.ymax)


def _polish(network: Network, y: FloatArray, at: Conditions) -> tuple[FloatArray, FloatArray]:
    """Newton steps from the end of a trajectory, with the residual of each condition."""

    def residual(state: FloatArray) -> FloatArray:
        return network.rhs(state, at.inputs, at.ymax) * network.tau

    f = residual(y)
    for _ in range(_STEPS):
        if np.abs(f).max(initial=0.0) < RESIDUAL * 1e-3:
            break
        slope = network.jacobian(y, at.inputs, at.ymax) * network.tau[:, None]
        try:
            step = np.linalg.solve(slope, f[..., None])[..., 0]
        except np.linalg.LinAlgError:  # exactly at a fold: leave it to a longer trajectory
            break
        y = np.clip(y - step, 0.0, at.ymax)
        f = residual(y)
    return y, np.abs(f).max(axis=1, initial=0.0)


def steady_state(network: Network, at: Conditions, start: str = "asleep") -> SteadyState:
    """The steady state that the network reaches from one of the extreme states.

    Parameters
    ----------
    network
        The wiring.
    at
        k conditions.
    start
        One of `STARTS`. Where the network is bistable the two lead to different ends.

    Returns
    -------
    SteadyState

    Raises
    ------
    InputError
        If the start is unknown.
    SolveError
        If it does not come to rest (a wiring that oscillates).
    """
    if start not in STARTS:
        raise InputError(f"network: start must be asleep or awake, found {start!r}")
    y = network.extreme(start, at.ymax)
    largest = 0.0
    for first in range(0, len(y), _AT_ONCE):
        few = slice(first, first + _AT_ONCE)
        part = Conditions(at.inputs[few], at.ymax[few], at.left_out)
        y[few], left = _rest(network, y[few], part)
        largest = max(largest, left)
    return SteadyState(y, largest, start)


def _rest(network: Network, y: FloatArray, at: Conditions) -> tuple[FloatArray, float]:
    """Steady states that trajectories from y reach, and the largest residual left."""
    y, waiting = y.copy(), np.arange(len(y))
    largest = 0.0
    for horizon in _HORIZONS:
        part = Conditions(at.inputs[waiting], at.ymax[waiting], at.left_out)
        end = _follow(network, y[waiting], part, horizon * network.tau.max())
        exact, residual = _polish(network, end, part)
        rest = (residual < RESIDUAL) & (np.abs(exact - end).max(axis=1) < _FAR)
        y[waiting] = np.where(rest[:, None], exact, end)
        largest = max(largest, float(residual[rest].max(initial=0.0)))
        waiting = waiting[~rest]
        if not waiting.size:
            return y, largest
    raise SolveError(f"network: {waiting.size} of {len(y)} conditions do not come to rest")
