"""Which cases may run next, and how many at once: stages are made once, cheap cases are packed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cases.batch.task import Outcome, Task

Stage = tuple[str, str]  # (kind, key)

_CHUNK = 2.0  # s of work that is sent at once
_LONGEST = 100  # cases in a chunk
_AHEAD = 500  # cases looked at beforehand, at least
_PARKED = 2000  # cases that may wait for a stage; memory stays flat whatever the sweep's length
_LOOK = 0.5  # s for which an absent stage is taken to be absent


@dataclass
class Attempt:
    """A case and what it has been through.

    Parameters
    ----------
    task
        The case.
    begun
        How often it was begun without coming to an end.
    losses
        How often the whole worker was lost under it.
    alone
        Send it without others: one of a chunk took the worker down.
    """

    task: Task
    begun: int = 0
    losses: int = 0
    alone: bool = False


@dataclass(frozen=True)
class Chunk:
    """Cases that go to a worker together.

    Parameters
    ----------
    attempts
        The cases.
    kind
        Stages that each of them has to make: what their time depends on.
    makes
        Of these, stages that others wait for.
    """

    attempts: tuple[Attempt, ...]
    kind: tuple[str, ...]
    makes: frozenset[Stage]


class Order:
    """The cases that are not yet done, in the order in which they may run.

    Parameters
    ----------
    tasks
        All cases; drawn from as they are needed.
    stage_ready
        Whether (kind, key) is in the store.
    """

    def __init__(self, tasks: Iterable[Task], stage_ready: Callable[[str, str], bool]) -> None:
        self._source: Iterator[Task] = iter(tasks)
        self._stage_ready = stage_ready
        self._queue: deque[Attempt] = deque()
        self._parked: dict[Stage, deque[Attempt]] = {}
        self._making: set[Stage] = set()
        self._settled: set[Stage] = set()  # shared stages that nobody has to wait for
        self._absent: set[Stage] = set()  # stages found absent a moment ago
        self._looked = 0.0
        self._mean: dict[tuple[str, ...], float] = {}  # s per case of a kind

    def next(self, slots: int) -> Chunk | None:
        """The next cases to send; None if there are none, or all wait for a stage in the making.

        Parameters
        ----------
        slots
            How many chunks can run at a time: towards the end chunks become small.
        """
        found = self._runnable()
        if found is None:
            return None
        first, missing = found
        kind = tuple(name for name, _ in missing)
        makes = frozenset(self._shared(first.task, missing))
        attempts = [first]
        if not makes and not first.alone and kind in self._mean:
            self._look_ahead(max(_AHEAD, 32 * slots))
            left = len(self._queue) + self._waiting()
            size = min(_LONGEST, _CHUNK / max(self._mean[kind], 1e-4), left / (4 * slots))
            while len(attempts) < size and (found := self._runnable()) is not None:
                other, missing = found
                alike = tuple(name for name, _ in missing) == kind
                if other.alone or not alike or self._shared(other.task, missing):
                    self._queue.appendleft(other)
                    break
                attempts.append(other)
        self._making |= makes
        return Chunk(tuple(attempts), kind, makes)

    def ended(self, chunk: Chunk, outcomes: Iterable[Outcome]) -> None:
        """Take note that a chunk no longer runs, and of what became of its cases."""
        self._making -= chunk.makes
        self._absent -= chunk.makes
        for outcome in outcomes:
            if outcome.status != "done":
                continue
            # Done and still absent: it was not needed or cannot be kept. Nobody need wait for it.
            self._settled |= chunk.makes
            mean = self._mean.get(chunk.kind, outcome.seconds)
            self._mean[chunk.kind] = 0.8 * mean + 0.2 * outcome.seconds

    def again(self, attempt: Attempt) -> None:
        """Put a case back: it is the next."""
        self._queue.appendleft(attempt)

    def _runnable(self) -> tuple[Attempt, list[Stage]] | None:
        """A case that has not to wait, and the stages that it misses."""
        while True:
            attempt = self._released()
            if attempt is None:
                if not self._queue and self._waiting() < _PARKED:
                    self._look_ahead(1)
                if not self._queue:
                    return None
                attempt = self._queue.popleft()
            missing = [stage for stage in attempt.task.needs if not self._ready(stage)]
            shared = self._shared(attempt.task, missing)
            waits_for = next((stage for stage in shared if stage in self._making), None)
            if waits_for is None:
                return attempt, missing
            self._parked.setdefault(waits_for, deque()).append(attempt)

    def _released(self) -> Attempt | None:
        """One that waited for a stage which is there now, or which nobody makes any more."""
        for stage, waiting in self._parked.items():
            if stage not in self._making or self._ready(stage):
                attempt = waiting.popleft()
                if not waiting:
                    del self._parked[stage]
                return attempt
        return None

    def _waiting(self) -> int:
        return sum(map(len, self._parked.values()))

    def _look_ahead(self, count: int) -> None:
        while len(self._queue) < count and (task := next(self._source, None)) is not None:
            self._queue.append(Attempt(task))

    def _shared(self, task: Task, missing: Iterable[Stage]) -> list[Stage]:
        """Those of a case's missing stages that other cases need too."""
        return [stage for stage in missing if stage[0] in task.save]

    def _ready(self, stage: Stage) -> bool:
        """Whether nobody has to wait for a stage."""
        if stage in self._settled:
            return True
        now = time.monotonic()
        if now - self._looked > _LOOK:
            self._looked = now
            self._absent.clear()
        if stage in self._absent:
            return False
        if self._stage_ready(*stage):
            return True
        self._absent.add(stage)
        return False
