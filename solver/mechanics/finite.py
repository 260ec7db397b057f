"""Load steps at finite strain, with steps that halve where Newton's method fails.

A step starts from the last two states extrapolated, or from the tangent at the last one where
that would turn an element inside out. A failed step is halved, an easy one followed by a longer
one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshes.errors import SolveError
from solver.materials.tensors import FloatArray
from solver.mechanics.newton import Newton, StepRecord

_EASY = 5  # Newton iterations after which the next step may be longer
_LONGER = 2.0


class StepError(SolveError):
    """No step of the least size converged.

    Attributes
    ----------
    state
        The last converged state: the unknown as ``fem.Function`` (also left in the problem),
        or what a caller made of it.
    t
        Load factor of that state.
    records
        The converged steps.
    """

    def __init__(self, message: str, *, hint: str, t: float, records: list[StepRecord]) -> None:
        super().__init__(message, hint=hint)
        self.state: Any = None
        self.t = t
        self.records = records


def advance(
    newton: Newton,
    apply: Callable[[float], None],
    *,
    on_step: Callable[[StepRecord], None] | None = None,
    load: Callable[[float], str] = "load factor {:.4g}".format,
    place: Callable[[FloatArray], str] = lambda point: "",
) -> list[StepRecord]:
    """Bring the load from the present state to t = 1.

    Parameters
    ----------
    newton
        Problem and conditions, at equilibrium for t = 0.
    apply
        Sets conditions and loads for a load factor t in (0, 1].
    on_step
        Called after every converged step.
    load
        How a load factor is called in messages.
    place
        How the surroundings of a point ``(3,)`` µm are called in messages.

    Raises
    ------
    StepError
        If the least step fails.
    """
    problem, control = newton.problem, newton.control
    records: list[StepRecord] = []
    t, step = 0.0, control.first
    now = problem.u.x.array.copy()
    before, t_before = now, 0.0
    while t < 1.0:
        aim = 1.0 if t + step > 1.0 - 1e-9 else t + step
        newton.forget_worst()
        apply(aim)
        reach = (aim - t) / (t - t_before) if t > t_before else 0.0
        record = _attempt(newton, now, now - before, reach, aim)
        if record is None:
            step = 0.5 * (aim - t)
            if step < control.minimum:
                _back_to(newton, apply, now, t)
                raise _error(newton, t, aim, records, load, place)
            continue
        records.append(record)
        before, t_before, t = now, t, aim
        now = problem.u.x.array.copy()
        if on_step is not None:
            on_step(record)
        if record.newton <= _EASY:
            step *= _LONGER
    return records


def _attempt(
    newton: Newton, now: FloatArray, change: FloatArray, reach: float, t: float
) -> StepRecord | None:
    u = newton.problem.u.x.array
    if reach > 0.0:
        u[:] = now + reach * change
        newton.impose()
        if not newton.inverted():
            return newton.solve(t)
    u[:] = now
    return newton.solve(t) if newton.predict() else None


def _back_to(newton: Newton, apply: Callable[[float], None], now: FloatArray, t: float) -> None:
    apply(t)
    newton.problem.u.x.array[:] = now
    newton.problem.update()


def _error(
    newton: Newton,
    t: float,
    aim: float,
    records: list[StepRecord],
    load: Callable[[float], str],
    place: Callable[[FloatArray], str],
) -> StepError:
    worst = newton.worst_anywhere()
    x, y, z = worst.point
    around = place(worst.point)
    where = f"at ({x:.1f}, {y:.1f}, {z:.1f}) µm" + (f", {around}" if around else "")
    if worst.jacobian <= 0.0:
        what = f"an element turns inside out {where}"
        hint = (
            "a coarser or more regular mesh there, a smaller load, or a frictionless plate; "
            "surfaces that fold or touch are not kept apart"
        )
    else:
        what = (
            f"Newton's method does not converge; the most compressed point "
            f"(J = {worst.jacobian:.3g}) is {where}"
        )
        hint = "a smaller load; slender parts may buckle, fibres may give way all at once"
    error = StepError(
        f"the load stops at {load(t)}: on the way to {load(aim)} {what}",
        hint=f"{hint}; the state at {load(t)} is kept",
        t=t,
        records=records,
    )
    error.state = newton.problem.u
    return error
