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

_HORIZON = 40.0  # in units of the longest tau: e^-40 of a decaying mode is below any tolerance
_TRIES = 3  # each longer than the one before: for what passes slowly by a state that has vanished
_LONGER = 3.0
_STEPS = 30
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
    from scipy.integrate import solve_ivp
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

    answer = solve_ivp(
        rhs, (0.0, horizon), y.ravel(), method="BDF", jac=jacobian, rtol=1e-4, atol=1e-7
    )
    if not answer.success:
        raise SolveError(f"network: the integration failed ({answer.message})")
    return np.clip(answer.y[:, -1].reshape(k, s), 0.0, at.ymax)


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
    waiting = np.arange(len(y))
    horizon, largest = _HORIZON * network.tau.max(), 0.0
    for _ in range(_TRIES):
        part = Conditions(at.inputs[waiting], at.ymax[waiting], at.left_out)
        end = _follow(network, y[waiting], part, horizon)
        exact, residual = _polish(network, end, part)
        rest = (residual < RESIDUAL) & (np.abs(exact - end).max(axis=1) < _FAR)
        y[waiting] = np.where(rest[:, None], exact, end)
        largest = max(largest, residual[rest].max(initial=0.0))
        waiting = waiting[~rest]
        if not waiting.size:
            return SteadyState(y, float(largest), start)
        horizon *= _LONGER
    raise SolveError(
        f"network: {waiting.size} of {len(y)} conditions do not come to rest from the {start} start"
    )
