"""A sweep in N parts, each for one job of a cluster; every job cuts it alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cases.batch.task import Task
from meshes.errors import InputError

MAX_SHARDS = 1000  # SLURM's own limit of an array, as it comes: MaxArraySize 1001

# What a stage takes, in units of the rule's time: rough shares of a run of a small pile on one
# core. They only decide where the sweep is cut, never how long a job may take. Assumption.
_WEIGHTS = {"mesh": 10.0, "scaffold": 20.0, "sensed": 60.0}
_SLACK = 1.25  # how much longer the longest shard may get where that saves work
_BISECTIONS = 40


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
                f"--shard {text}: expected I/N with I from 1 to N and N at most {MAX_SHARDS}",
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
        As many lists as asked; some are empty where there is too little to share out.
    """
    raise NotImplementedError
