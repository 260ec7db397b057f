"""A sweep as jobs of SLURM: an array of shards, and a job after them that makes the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cases.batch.task import Task
from cases.schema.cluster import ClusterOptions


@dataclass(frozen=True)
class Plan:
    """What would be submitted.

    Parameters
    ----------
    folder
        Result folder of the sweep, absolute.
    shards
        Number of parts into which the sweep is cut.
    array
        Those of them in which something is left to do, from 1.
    minutes
        Time that each job of the array is given, in min.
    files
        Scripts by name: ``shard.sh``, ``collect.sh`` and ``submit.sh``, which submits both.
    """

    folder: Path
    shards: int
    array: tuple[int, ...]
    minutes: int
    files: Mapping[str, str]

    def describe(self) -> str:
        """Say in a few lines what is submitted."""
        raise NotImplementedError


def plan(
    sweep: Path,
    folder: Path,
    options: ClusterOptions,
    tasks: Sequence[Task],
    seconds: Callable[[Task], Mapping[str, float]],
    *,
    arguments: Sequence[str] = (),
) -> Plan:
    """Plan the jobs of a sweep; nothing is written.

    Parameters
    ----------
    sweep
        The sweep file.
    folder
        Result folder of the sweep.
    options
        The ``cluster:`` section of the sweep file, of kind ``slurm``.
    tasks
        All cases of the sweep, the finished ones too: they decide how it is cut.
    seconds
        What is left to do of a case: seconds on one core by stage (``mesh``, ``scaffold``,
        ``sensed``, and any other name for what no case shares, e.g. ``rule``). A stage that the
        store holds is left out; a finished case has nothing.
    arguments
        Further arguments of ``dormatrix batch`` for every shard, e.g. ``("--timeout", "30 min")``.

    Raises
    ------
    InputError
        If nothing is left to do, or the options are for another scheduler.
    """
    raise NotImplementedError


def write(planned: Plan) -> Path:
    """Write the scripts into ``<folder>/slurm`` and return the path of ``submit.sh``.

    Raises
    ------
    SolveError
        If the disk refuses.
    """
    raise NotImplementedError


def submit(planned: Plan) -> tuple[str, str]:
    """Write the scripts, submit them by ``sbatch``, return the ids of the array and of the last job.

    Raises
    ------
    InputError
        If there is no ``sbatch`` here; the scripts are written and the message says how to go on.
    SolveError
        If ``sbatch`` refuses, in its own words.
    """
    raise NotImplementedError
