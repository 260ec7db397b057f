"""Rows of work shared out: over the ranks of MPI, or over a pool of processes, or one by one.

Each row is worked on alone, so the answer does not depend on how the rows were shared.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

import numpy as np

from meshes.errors import SolveError
from solver.materials.tensors import FloatArray

if TYPE_CHECKING:
    from mpi4py import MPI

Advance = Callable[[int], None]
Worker = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Work:
    """What is done to each row.

    Parameters
    ----------
    start
        Makes the worker of a process (picklable); called once in each.
    shape
        Of the answer to one row.
    chunk
        Rows handed to a process at a time: small enough for a smooth progress bar.
    worth
        Rows below which a pool costs more (imports, set-up) than it saves.
    """

    start: Callable[[], Worker]
    shape: tuple[int, ...]
    chunk: int
    worth: int


_worker: Worker | None = None


def _start_worker(start: Callable[[], Worker]) -> None:
    global _worker
    # An interrupt reaches the whole group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = start()


def _work(rows: FloatArray) -> FloatArray:
    assert _worker is not None, "the pool starts its workers with _start_worker"
    return np.array([_worker(row) for row in rows])


def share_out(
    rows: FloatArray,
    work: Work,
    *,
    workers: int = 1,
    comm: MPI.Comm | None = None,
    advance: Advance = lambda count: None,
) -> FloatArray:
    """Answers ``(n, *work.shape)`` to rows ``(n, k)``.

    Parameters
    ----------
    rows
        One per answer.
    work
        What is done to each.
    workers
        Processes (ignored under MPI).
    comm
        With more than one rank the rows are shared among them; every rank gets all answers.
    advance
        Called with the number of rows done (on rank 0 under MPI: with its own).

    Raises
    ------
    SolveError
        As the work raises it, on every rank; or if a process is ended from outside.
    """
    if comm is not None and comm.size > 1:
        return _shared_by_ranks(rows, work, comm, advance)
    if workers > 1 and len(rows) >= work.worth:
        return _shared_by_processes(rows, work, min(workers, len(rows)), advance)
    worker = work.start()
    answers = np.empty((len(rows), *work.shape))
    for i, row in enumerate(rows):
        answers[i] = worker(row)
        advance(1)
    return answers


def _shared_by_ranks(rows: FloatArray, work: Work, comm: MPI.Comm, advance: Advance) -> FloatArray:
    failure: SolveError | None = None
    mine = np.zeros((0, *work.shape))
    try:
        worker, found = work.start(), []
        for row in rows[comm.rank :: comm.size]:
            found.append(worker(row))
            advance(1)
        mine = np.array(found).reshape(-1, *work.shape)
    except SolveError as error:
        failure = error
    except Exception as error:
        failure = SolveError(f"rank {comm.rank}: {type(error).__name__}: {error}")
    failures = [found for found in comm.allgather(failure) if found is not None]
    if failures:  # every rank leaves together, or the others would wait for ever
        raise failures[0]
    answers = np.empty((len(rows), *work.shape))
    for rank, part in enumerate(comm.allgather(mine)):
        answers[rank :: comm.size] = part
    return answers


@contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Worker processes do the parallel work: BLAS threads on top of them only fight."""
    name = "OMP_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _end(workers: set[BaseProcess]) -> None:
    """End processes that have nothing to lose.

    Not by SIGTERM: a worker that is still loading MPI may hang in its handler, and the pool then
    waits for it for ever.
    """
    for worker in workers:
        worker.kill()


def _shared_by_processes(
    rows: FloatArray, work: Work, workers: int, advance: Advance
) -> FloatArray:
    answers = np.empty((len(rows), *work.shape))
    others = set(active_children())
    with _single_threaded_children():
        # spawn, not fork: MPI and PETSc do not survive a fork
        pool = ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_start_worker, initargs=(work.start,)
        )
        jobs: dict[Future[FloatArray], slice] = {}
        try:
            for start in range(0, len(rows), work.chunk):
                part = slice(start, min(start + work.chunk, len(rows)))
                jobs[pool.submit(_work, rows[part])] = part
            for job in as_completed(jobs):
                answers[jobs[job]] = job.result()
                advance(jobs[job].stop - jobs[job].start)
        except BrokenProcessPool:
            _end(set(active_children()) - others)
            raise SolveError(
                "a worker process was ended from outside, most often for lack of memory",
                hint="run again with fewer --workers",
            ) from None
        except BaseException:
            # Nobody waits for the rest: an interrupt must end at once.
            _end(set(active_children()) - others)
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    return answers
