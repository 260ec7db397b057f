"""A sweep in N parts, each for one job of a cluster; every job cuts it alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from cases.batch.task import Task
from meshes.errors import InputError

MAX_SHARDS = 1000  # of one array of SLURM as it comes: MaxArraySize is 1001

# What a stage takes, in units of what the rule takes: rough shares of a run of a small pile on
# one core. They decide where a sweep is cut, never how long a job may take. Assumption.
_WEIGHTS = {"mesh": 10.0, "scaffold": 20.0, "sensed": 60.0}
_SLACK = 1.25  # how much longer the longest part may become where that saves work
_BISECTIONS = 30


@dataclass(frozen=True)
class Shard:
    """One of the parts into which a sweep is cut.

    Parameters
    ----------
    number
        Which part, from 1.
    count
        Of how many.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``I/N`` as it stands on the command line.

        Raises
        ------
        InputError
            If it is not two whole numbers, the first from 1 to the second.
        """
        found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        shard = cls(int(found[1]), int(found[2])) if found else cls(0, 0)
        if not 1 <= shard.number <= shard.count <= MAX_SHARDS:
            raise InputError(
                f"--shard: expected I/N with I from 1 to N and N at most {MAX_SHARDS}, "
                f"found {text[:40]!r}",
                hint="for example --shard 3/20",
            )
        return shard

    def of(self, tasks: Sequence[Task]) -> list[Task]:
        """Tasks of this part, see :func:`split`."""
        return split(tasks, self.count)[self.number - 1]


def split(tasks: Sequence[Task], count: int) -> list[list[Task]]:
    """Cut a sweep into parts of about equal work in which cases with a stage in common meet.

    The answer follows from the tasks alone, not from what is finished: jobs that start at
    different times agree on it.

    Parameters
    ----------
    tasks
        All cases of the sweep.
    count
        Number of parts.

    Returns
    -------
    list of list of Task
        As many lists as asked; the last ones are empty where there is too little to share out.
    """
    families = _families(tasks)
    each = [[task] for family in families for task in family]
    shortest = _shortest(each, count)
    even = _fill(each, shortest)
    together = _fill(families, _SLACK * shortest)
    parts = even
    if len(together) <= count and _total(together) < _total(even):
        parts = together
    return [part.tasks for part in parts] + [[] for _ in range(count - len(parts))]


@dataclass
class _Part:
    """Cases of one part and the work that they are; a stage in common counts once."""

    tasks: list[Task] = field(default_factory=list)
    stages: set[tuple[str, str]] = field(default_factory=set)
    work: float = 0.0

    def with_more(self, tasks: Sequence[Task]) -> float:
        """Work of this part with some more cases."""
        new = {stage for task in tasks for stage in task.needs} - self.stages
        return self.work + len(tasks) + sum(_WEIGHTS.get(name, 0.0) for name, _ in new)

    def add(self, tasks: Sequence[Task]) -> None:
        self.work = self.with_more(tasks)
        self.stages.update(stage for task in tasks for stage in task.needs)
        self.tasks.extend(tasks)


def _families(tasks: Sequence[Task]) -> list[list[Task]]:
    """Cases that need the very same stages, families with a stage in common beside each other."""
    first: dict[tuple[str, str], int] = {}
    for place, task in enumerate(tasks):
        for stage in task.needs:
            first.setdefault(stage, place)
    places = {id(task): place for place, task in enumerate(tasks)}

    def order(task: Task) -> tuple[int, ...]:
        return tuple(first[stage] for stage in task.needs)

    ordered = sorted(tasks, key=lambda task: (order(task), places[id(task)]))
    return [
        list(family)
        for _, family in groupby(ordered, key=lambda task: task.needs or places[id(task)])
    ]


def _fill(blocks: Sequence[list[Task]], capacity: float) -> list[_Part]:
    """Fill parts up to a capacity, block by block; a block that fits in none is taken apart."""
    parts = [_Part()]
    for block in blocks:
        if parts[-1].with_more(block) <= capacity:
            parts[-1].add(block)
        elif _Part().with_more(block) <= capacity or len(block) == 1:
            if parts[-1].tasks:
                parts.append(_Part())
            parts[-1].add(block)
        else:
            for task in block:
                if parts[-1].tasks and parts[-1].with_more([task]) > capacity:
                    parts.append(_Part())
                parts[-1].add([task])
    return parts


def _shortest(each: Sequence[list[Task]], count: int) -> float:
    """Least work of the longest of `count` parts; stages made in two parts count twice."""
    high = _total(_fill(each, float("inf")))
    low = high / count
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_fill(each, middle)) <= count else (middle, high)
        if high - low < 1.0:
            break
    return high


def _total(parts: Sequence[_Part]) -> float:
    return sum(part.work for part in parts)
