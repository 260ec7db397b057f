"""Memory of what a population of cells lived through: hysteresis between waking and sleeping.

One cell. ERK and p38 hold each other down, ``ė = −e + σ(x + γ(½ − p))`` and
``τ ṗ = −p + σ(−x + γ(½ − e))`` with ``x = ln R``, σ the logistic function and γ the strength of the
mutual inhibition (two feedback loops, hence two states: Aguirre-Ghiso 2001, PMC32272; this form of
them is an assumption). Put ``s = e + p − 1``: at rest ``s = σ(x + γ(½ − p)) − σ(x + γ(e − ½))``,
and since σ rises, the right side has the sign of ``(½ − p) − (e − ½) = −s``, so s = 0. Every state
of rest, whatever τ, therefore obeys one equation in the cell's activity A = e:

``A = σ(x + γ(A − ½))``.

It folds where ``γ A(1 − A) = 1``, at ``A± = (1 ± s)/2`` with ``s = √(1 − 4/γ)``: for γ > 4 a
sleeping cell wakes as x rises through +δ/2 and a waking one falls asleep as x sinks through −δ/2,
``δ = γ s − 2 ln((1 + s)/(1 − s))``; for γ <= 4 there is one state and no memory.

Population. Cells differ in the x around which they switch, by the logistic distribution that gives
the rule its ``R/(1 + R) = σ(ln R)``; all have the same δ (assumption). Then the cells awake are
those that switch below w, where w follows x with the play of a loose coupling, and the fraction
awake is σ(w): the play operator (Visintin 1994, Differential Models of Hysteresis). Only the order
of the past matters, not its pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from .collagen_doses import FloatArray
from .parameters import unknown_name

BISTABLE_ABOVE = 4.0
"""Feedback γ up to which a cell has one state only and nothing is remembered."""

Start = Literal["settled", "awake", "asleep"]
STARTS: tuple[str, ...] = get_args(Start)


def hysteresis_width(feedback: ArrayLike) -> FloatArray:
    """Width δ of the hysteresis of one cell, in ln R.

    ``δ = γ s − 2 ln((1 + s)/(1 − s))``, ``s = √(1 − 4/γ)``; 0 for γ <= 4.

    Parameters
    ----------
    feedback
        Strength γ of the mutual inhibition of ERK and p38, dimensionless, float or shape (S,),
        at least 0.

    Returns
    -------
    ndarray, shape of ``feedback``
        Distance between waking and falling asleep, natural logarithm of R.

    Raises
    ------
    ValueError
        If a feedback is negative or not finite.
    """
    gamma = np.asarray(feedback, dtype=float)
    if not np.all(np.isfinite(gamma) & (gamma >= 0.0)):
        raise ValueError(f"feedback: expected finite numbers of at least 0, found {feedback!r}")
    gamma = np.maximum(gamma, BISTABLE_ABOVE)
    s = np.sqrt(1.0 - BISTABLE_ABOVE / gamma)
    # ln((1 + s)/(1 − s)) with 1 − s² = 4/γ put in: it does not cancel where s comes near 1.
    return np.maximum(gamma * s - 4.0 * np.log1p(s) - 2.0 * np.log(gamma / BISTABLE_ABOVE), 0.0)


def thresholds(feedback: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Where a cell falls asleep and where it wakes, in ln R from the middle between the two.

    Parameters
    ----------
    feedback
        As in `hysteresis_width`.

    Returns
    -------
    asleep, awake : ndarray, shape of ``feedback``
        −δ/2 and +δ/2.

    Raises
    ------
    ValueError
        As `hysteresis_width`.
    """
    half = 0.5 * hysteresis_width(feedback)
    return -half, half


def play(x: ArrayLike, previous: ArrayLike, width: ArrayLike) -> FloatArray:
    """One step of the play operator, ``w = min(max(w_previous, x − δ/2), x + δ/2)``.

    Parameters
    ----------
    x
        ln R at the present moment, broadcastable to (n, S); -inf where R is 0.
    previous
        w of the moment before, broadcastable to (n, S); +inf: all were awake, -inf: all asleep.
    width
        δ, ln R, broadcastable to (n, S), finite and at least 0. 0 remembers nothing: w = x.

    Returns
    -------
    ndarray, shape (n, S)
        w; the fraction of the population with drive awake is ``1/(1 + e^−w)``.
    """
    half = 0.5 * np.asarray(width, dtype=float)
    now = np.asarray(x, dtype=float)
    return np.minimum(np.maximum(previous, now - half), now + half)


@dataclass(frozen=True)
class Memory:
    """That cells remember, and from which state their history starts.

    Parameters
    ----------
    start : str
        ``settled``: the first moment acts as without memory, the cells being spread over their two
        states as they switch one by one; ``awake`` or ``asleep``: all cells with drive were so.

    Raises
    ------
    InputError
        If the start is none of the three.
    """

    start: Start = "settled"

    def __post_init__(self) -> None:
        if self.start not in STARTS:
            raise unknown_name("memory start", self.start, STARTS)

    def first(self, x: ArrayLike, width: ArrayLike) -> FloatArray:
        """Return w at the first moment.

        Parameters
        ----------
        x, width
            As in `play`.

        Returns
        -------
        ndarray, shape (n, S)
        """
        previous: ArrayLike = np.inf if self.start == "awake" else -np.inf
        return play(x, x if self.start == "settled" else previous, width)

    def assumptions(self) -> list[dict[str, str]]:
        """What remembering rests on, for the report: ``what, value, standing, source``."""
        return [
            {
                "what": "Cells remember: each has two states between its thresholds, because ERK "
                "and p38 hold each other down; all cells have thresholds equally far apart, and "
                "the middle between them varies from cell to cell as the rule's R/(1 + R) says",
                "value": f"play operator in ln R, started {self.start}",
                "standing": "assumption",
                "source": "PMC32272",
            }
        ]
