"""Running under MPI, or not: one place that knows."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from meshes.errors import DormatrixError, SolveError

if TYPE_CHECKING:
    from mpi4py import MPI

T = TypeVar("T")


def world() -> MPI.Comm:
    """The communicator of this run: all ranks that ``mpirun`` started, or this process alone.

    Raises
    ------
    SolveError
        If DOLFINx or MPI is not installed.
    """
    import solver.mechanics  # noqa: F401  # first: it imports DOLFINx in the way that suits Gmsh

    try:
        import dolfinx  # noqa: F401
        from mpi4py import MPI
    except ImportError as error:
        raise SolveError(
            f"DOLFINx cannot be imported ({error})",
            hint="'dormatrix doctor' says what is missing; 'make setup' in the source folder "
            "installs it",
        ) from None
    alone = MPI.COMM_WORLD.size == 1
    if not alone and threading.current_thread() is threading.main_thread():
        # mpirun answers Ctrl-C by ending its ranks: they tidy up as if the key had reached them.
        signal.signal(signal.SIGTERM, _interrupt)
    return MPI.COMM_WORLD


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def all_here(within: float) -> bool:
    """Whether every rank comes to this call within some seconds; True where there is only one.

    For a rank that cannot go on: where all fail alike they may leave in peace, else the others
    would wait for it for ever.
    """
    world = _running()
    if world is None:
        return True
    barrier = world.Ibarrier()
    end = time.monotonic() + within
    while not barrier.Test():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def end_all(code: int) -> None:
    """End every rank at once with this exit code; nothing where there is only one."""
    world = _running()
    if world is not None:
        world.Abort(code)


def _running() -> MPI.Comm | None:
    """All ranks of a parallel run, without loading MPI where nothing has."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is None or not mpi.Is_initialized() or mpi.Is_finalized():
        return None
    return mpi.COMM_WORLD if mpi.COMM_WORLD.size > 1 else None


def on_root(comm: MPI.Comm, work: Callable[[], T]) -> T | None:
    """Do ``work`` on rank 0; its answer there, ``None`` elsewhere.

    What it raises there is raised on every rank, so that no rank waits for ever; elsewhere an error
    that nobody foresaw is a ``SolveError`` that names it.
    """
    answer: T | None = None
    failure: BaseException | None = None
    unforeseen: Exception | None = None
    if comm.rank == 0:
        try:
            answer = work()
        except (DormatrixError, KeyboardInterrupt) as error:
            failure = error
        except Exception as error:
            if comm.size == 1:
                raise
            unforeseen, failure = error, SolveError(f"{type(error).__name__}: {error}")
    failure = comm.bcast(failure, root=0)
    if unforeseen is not None:
        raise unforeseen
    if failure is not None:
        raise failure
    return answer


def shared(comm: MPI.Comm, work: Callable[[], T]) -> T:
    """Do ``work`` on rank 0 and give its answer to every rank."""
    answer: Any = on_root(comm, work)
    result: T = comm.bcast(answer, root=0) if comm.size > 1 else answer
    return result


def default_workers(comm: MPI.Comm, asked: int | None) -> int:
    """Processes for the stage that runs cell by cell: as asked, else one per available core."""
    if comm.size > 1:
        return 1
    return cores() if asked is None else asked


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
