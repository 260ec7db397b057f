"""Running under MPI, or not: one place that knows."""

from __future__ import annotations

import os
from collections.abc import Callable
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
    return MPI.COMM_WORLD


def on_root(comm: MPI.Comm, work: Callable[[], T]) -> T | None:
    """Do ``work`` on rank 0; its answer there, ``None`` elsewhere.

    What it raises there is raised on every rank, so that no rank waits for ever.
    """
    answer: T | None = None
    failure: BaseException | None = None
    if comm.rank == 0:
        try:
            answer = work()
        except (DormatrixError, KeyboardInterrupt) as error:
            failure = error
        except Exception as error:
            if comm.size == 1:
                raise
            failure = SolveError(f"{type(error).__name__}: {error}")
    failure = comm.bcast(failure, root=0)
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
