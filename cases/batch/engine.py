"""The engine: Dask executes, and may die at any moment; what is finished is in the folders."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from uuid import uuid4

from cases.batch.local import keep_size, undisturbed
from cases.batch.order import Chunk, Order
from cases.batch.task import Limits, Outcome, Task
from meshes.errors import SolveError

if TYPE_CHECKING:
    from distributed import Client, Future

_TICK = 0.5  # s between two looks at stages and workers
_LOOK = 2.0  # s between two counts of the workers
_ANSWER = 20.0  # s that the scheduler may take for an answer
_SILENCE = 60.0  # s without an answer of the scheduler
_LOSSES = 10  # how often a case is begun whose whole worker is lost under it
_SAFE = "nothing that is finished is lost: run the same command again and it goes on"


def execute(
    tasks: Iterable[Task],
    client: Client,
    limits: Limits,
    on_outcome: Callable[[Outcome], None],
    stage_ready: Callable[[str, str], bool],
    *,
    patience: float = 300.0,
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
    patience
        Time without any worker, in s, after which they are given up.

    Raises
    ------
    SolveError
        If the disk is full, or the scheduler or all workers are lost for good. Nothing that is
        finished is lost.
    KeyboardInterrupt
        After everything has been stopped.
    """
    engine = _Engine(client, Order(tasks, stage_ready), limits, on_outcome, patience)
    try:
        engine.run()
    finally:
        with undisturbed():
            engine.stop()


class _Engine:
    """The chunks that are under way."""

    def __init__(
        self,
        client: Client,
        order: Order,
        limits: Limits,
        on_outcome: Callable[[Outcome], None],
        patience: float,
    ) -> None:
        self._client = client
        self._order = order
        self._limits = limits
        self._on_outcome = on_outcome
        self._patience = patience
        self._running: dict[Future, Chunk] = {}
        self._ended: SimpleQueue[Future] = SimpleQueue()
        self._name = f"dormatrix-{uuid4().hex[:8]}"
        self._sent = 0
        self._slots = 0
        self._counted = float("-inf")  # when the workers were counted
        self._heard = self._manned = time.monotonic()  # when scheduler and workers were there

    def run(self) -> None:
        """Send and take until nothing is left."""
        while True:
            self._look_after_the_workers()
            all_sent = self._send_more()
            if all_sent and not self._running:
                return
            with suppress(Empty):
                future = self._ended.get(timeout=_TICK)
                while True:
                    self._take(future)
                    future = self._ended.get_nowait()

    def stop(self) -> None:
        """Let the workers drop what is under way: they notice soon, and end its process."""
        left = list(self._running)
        self._running.clear()
        if left and self._client.status == "running":
            with suppress(Exception):
                self._client.sync(self._client._cancel, left, callback_timeout=_ANSWER)

    def _send_more(self) -> bool:
        """Give every idle worker something to do; whether there was nothing left to give."""
        while len(self._running) < self._slots:
            chunk = self._order.next(self._slots)
            if chunk is None:
                return True
            self._send(chunk)
        return False

    def _send(self, chunk: Chunk) -> None:
        from cases.batch.worker import run_tasks

        self._sent += 1
        future = self._client.submit(
            run_tasks,
            [attempt.task.to_json() for attempt in chunk.attempts],
            self._limits.to_json(),
            key=(self._name, self._sent),
            pure=False,
        )
        self._running[future] = chunk
        future.add_done_callback(self._ended.put)

    def _take(self, future: Future) -> None:
        """Hand on what a chunk has brought; put back what it has not."""
        chunk = self._running.pop(future, None)
        if chunk is None:  # it was let go
            return
        outcomes = {outcome.index: outcome for outcome in self._outcomes(future)}
        final = []
        for attempt in reversed(chunk.attempts):  # each is put back before the others
            outcome = outcomes.get(attempt.task.index)
            if future.status == "cancelled":
                self._order.again(attempt)
            elif outcome is None:
                attempt.losses += attempt.alone or len(chunk.attempts) == 1
                attempt.alone = True
                if attempt.losses < _LOSSES:
                    self._order.again(attempt)
                else:
                    reason = f"the worker was lost under it {_LOSSES} times"
                    hint = "most often for lack of memory: a larger mesh size, or fewer --workers"
                    task = attempt.task
                    final.append(Outcome(task.index, task.key, "killed", 0.0, reason, hint))
            elif outcome.status == "killed" and attempt.begun + 1 < self._limits.attempts:
                attempt.begun += 1
                self._order.again(attempt)
            else:
                final.append(outcome)
        self._order.ended(chunk, final)
        for outcome in reversed(final):
            self._on_outcome(outcome)
        full = next((outcome for outcome in final if outcome.status == "disk"), None)
        if full is not None:
            raise SolveError(
                f"the sweep is stopped: {full.reason or 'the disk is full'}",
                hint=f"{full.hint or 'make room on the disk'}; {_SAFE}",
            )

    def _outcomes(self, future: Future) -> list[Outcome]:
        """What a chunk has brought; nothing if the worker was lost or let it go.

        Raises
        ------
        SolveError
            If the worker cannot run cases at all.
        """
        from distributed.scheduler import KilledWorker

        from cases.batch.process import CannotStartError, NoLongerWantedError

        if future.status == "cancelled":
            return []
        try:
            return [Outcome.from_json(plain) for plain in future.result(timeout=_ANSWER)]
        except (
            KilledWorker,
            NoLongerWantedError,
            TimeoutError,
            OSError,
            CancelledError,
        ):
            return []
        except CannotStartError as error:
            where = self._limits.logs
            raise SolveError(
                f"a worker cannot start the process that computes cases: {error}",
                hint=f"see {where}" if where else "look at what the worker says",
            ) from None
        except Exception as error:
            raise SolveError(
                f"the workers cannot run cases: {type(error).__name__}: {error}",
                hint="every worker needs the dormatrix of this machine, in the same version",
            ) from None

    def _look_after_the_workers(self) -> None:
        """Count the workers, keep a local cluster at its size, give up when none is left.

        Raises
        ------
        SolveError
            If the scheduler or all workers are gone for good.
        """
        from distributed import LocalCluster

        now = time.monotonic()
        if now - self._counted < (_LOOK if self._slots else _TICK):
            return
        self._counted = now
        client = self._client
        self._slots = 0
        if client.status == "running":
            with suppress(TimeoutError, OSError):
                counts = client.sync(client.scheduler.ncores, callback_timeout=_ANSWER)
                self._slots = sum(counts.values())
                self._heard = now
        gone = client.status not in ("running", "connecting")  # it has given up itself
        if gone or now - self._heard > _SILENCE:
            where = client.scheduler.address if client.scheduler is not None else "of the sweep"
            raise SolveError(f"the scheduler {where} is lost: it does not answer", hint=_SAFE)
        if self._slots:
            self._manned = now
        elif self._heard == now and now - self._manned > self._patience:
            raise SolveError(f"no worker for {self._patience:g} s: all are lost", hint=_SAFE)
        cluster = client.cluster
        if isinstance(cluster, LocalCluster) and self._slots < len(cluster.worker_spec):
            with suppress(TimeoutError):
                keep_size(cluster)
