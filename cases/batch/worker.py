"""What runs inside a Dask worker: it hands cases to a process of its own and watches over it.

The process may crash, hang, or eat all memory; the Dask worker outlives it and says what happened.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from cases.batch.process import Child, NoLongerWantedError
from cases.batch.task import Limits, Task

_mine = threading.local()  # each thread that computes keeps its process between calls


def run_tasks(tasks: list[dict[str, Any]], limits: dict[str, Any]) -> list[dict[str, Any]]:
    """Compute some cases, one after the other, in this thread's process.

    Parameters
    ----------
    tasks
        :class:`Task` as plain data.
    limits
        :class:`Limits` as plain data.

    Returns
    -------
    list
        An :class:`Outcome` as plain data for each task, in order.

    Raises
    ------
    CannotStartError
        If the process does not come up: its last words.
    NoLongerWantedError
        If the tasks were cancelled, or the worker is being closed.
    """
    bounds = Limits(**limits)
    unwanted = _unwanted()
    outcomes = []
    for task in tasks:
        if unwanted():
            raise NoLongerWantedError
        child: Child | None = getattr(_mine, "child", None)
        if child is not None and not child.serves(bounds):
            child.retire()
            child = None
        if child is None:
            child = _mine.child = Child.started(bounds, unwanted)
        outcomes.append(child.ask(Task.from_json(task), unwanted).to_json())
    return outcomes


def retire() -> None:
    """Let this thread's process go, if there is one."""
    child: Child | None = getattr(_mine, "child", None)
    if child is not None:
        child.retire()
    _mine.child = None


def _unwanted() -> Callable[[], bool]:
    """Whether the Dask task that runs in this thread has been cancelled meanwhile."""
    from distributed import get_worker
    from distributed.core import Status

    try:
        worker = get_worker()
        key = worker.get_current_task()
    except (ValueError, KeyError):  # not inside a Dask worker
        return lambda: False

    def unwanted() -> bool:
        state = getattr(worker.state.tasks.get(key), "state", "forgotten")
        lives = worker.status in (Status.running, Status.paused, Status.closing_gracefully)
        return not lives or state not in ("executing", "long-running")

    return unwanted
