"""The engine: Dask executes, and may die at any moment; what is finished is in the folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cases.batch.task import Limits, Outcome, Task

if TYPE_CHECKING:
    from distributed import Client


def execute(
    tasks: Iterable[Task],
    client: Client,
    limits: Limits,
    on_outcome: Callable[[Outcome], None],
    stage_ready: Callable[[str, str], bool],
) -> None:
    """Compute every task on the workers of `client`.

    Parameters
    ----------
    tasks
        What to compute; taken up as it is needed, so that ten thousand of them may come from a
        generator and never lie in memory together.
    client
        A Dask client; if it owns a local cluster, that is kept at its size.
    limits
        Of one case.
    on_outcome
        Called in this thread with each task's outcome, once, in the order in which they end.
    stage_ready
        Whether the store has (stage, key): a case whose missing stage is being made waits for it.

    Raises
    ------
    SolveError
        If the disk is full, or the scheduler or all workers are lost for good. Nothing that is
        finished is lost.
    KeyboardInterrupt
        After everything has been stopped.
    """
    raise NotImplementedError
