"""A sweep as jobs of SLURM: an array of shards, and a job after them that makes the table."""

from __future__ import annotations

import math
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cases.batch.atomic import read_json, write_json, write_whole
from cases.batch.entrance import command
from cases.batch.ledger import LOGS
from cases.batch.shard import MAX_SHARDS, split
from cases.batch.slurm_script import (
    COLLECT,
    FOLDER,
    SHARD,
    SUBMIT,
    job_script,
    mebibytes,
    ranges,
    submission_script,
)
from cases.batch.task import Task
from cases.errors import clean
from cases.schema.cluster import ClusterOptions
from meshes.errors import InputError, SolveError

SUBMITTED = "submitted.json"
_WORTH = 1800.0  # s of cases in a job: below that, waiting in the queue is most of its time
_MARGIN = 1.5  # of the time asked for over the estimate
_START = 10.0  # min in which a job loads its software from a busy file system
_WARNING = 120  # s before a job's end at which it is told to stop
_COLLECTING = 60.0  # min for the table and the report of the largest sweep
_COLLECTING_MEMORY = 8.0  # GB
_ANSWER = 120  # s that SLURM has to answer

Seconds = Callable[[Task], Mapping[str, float]]


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
    cases
        Number of cases left to do.
    options
        The ``cluster:`` section of the sweep file.
    files
        Scripts by name: ``shard.sh``, ``collect.sh`` and ``submit.sh``, which submits both.
    enough
        Whether the estimate says that every job ends within its time.
    """

    folder: Path
    shards: int
    array: tuple[int, ...]
    minutes: int
    cases: int
    options: ClusterOptions
    files: Mapping[str, str]
    enough: bool

    def describe(self) -> str:
        """Say in a few lines what is submitted."""
        options = self.options
        lines = [
            f"{_counted(self.cases, 'case')} left, in {_counted(len(self.array), 'job')}"
            + (f" (of {self.shards} shards)" if len(self.array) < self.shards else ""),
            f"each job: {_counted(options.cores, 'core')}, {options.memory:g} GB, "
            f"{self.minutes} min; at most {_counted(options.jobs, 'job')} at once",
            "then one job that makes the table and the report",
        ]
        if not self.enough:
            lines.append(
                f"some jobs will not end within {options.walltime:g} min: what they leave undone "
                "is done when the sweep is submitted again; or raise cluster.walltime"
            )
        return "\n".join(lines)


def plan(
    sweep: Path,
    folder: Path,
    options: ClusterOptions,
    tasks: Sequence[Task],
    seconds: Seconds,
    *,
    arguments: Sequence[str] = (),
    collecting: Sequence[str] = (),
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
        Further arguments of ``dormatrix batch`` for every shard, e.g. ``("--retry-failed",)``.
    collecting
        Further arguments of ``dormatrix batch`` for the job that makes the table.

    Raises
    ------
    InputError
        If nothing is left to do, or the options are for another scheduler.
    """
    if options.kind != "slurm":
        raise InputError(
            f"cluster.kind is {options.kind}, but --submit slurm was asked for",
            hint="write kind: slurm below cluster:, or run without --submit",
        )
    left = {task.key: costs for task in tasks if (costs := seconds(task))}
    if not left:
        raise InputError(
            "nothing is left to submit: every case is finished or has failed",
            hint="run with --collect for the table, or with --retry-failed",
        )
    parts, longest = _cut(tasks, left, options)
    array = tuple(n for n, part in enumerate(parts, 1) if any(t.key in left for t in part))
    needed = longest / 60 * _MARGIN + _START
    minutes = min(math.ceil(max(needed, _WORTH / 60)), math.floor(options.walltime))
    sweep, folder = sweep.absolute(), folder.absolute()
    call = ["batch", str(sweep), "--output", str(folder)]
    shard = shlex.join([*command(), *call, *arguments, "--workers", str(options.cores)])
    collect = shlex.join([*command(), *call, *collecting, "--collect"])
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", sweep.stem)[:60].strip("-") or "sweep"
    return Plan(
        folder=folder,
        shards=len(parts),
        array=array,
        minutes=minutes,
        cases=len(left),
        options=options,
        enough=needed <= options.walltime,
        files={
            SHARD: job_script(
                options,
                [
                    f"--job-name={name}",
                    f"--array={ranges(array)}%{options.jobs}",
                    f"--cpus-per-task={options.cores}",
                    f"--mem={mebibytes(options.memory)}M",
                    f"--time={minutes}",
                    f"--output={LOGS}/shard-%a.log",
                    # To this process itself, which stops cleanly: exec put it in bash's place.
                    f"--signal=B:INT@{_WARNING}",
                ],
                f'{shard} --shard "$SLURM_ARRAY_TASK_ID/{len(parts)}"',
            ),
            COLLECT: job_script(
                options,
                [
                    f"--job-name={name}-table",
                    "--cpus-per-task=1",
                    f"--mem={mebibytes(min(options.memory, _COLLECTING_MEMORY))}M",
                    f"--time={math.floor(min(options.walltime, _COLLECTING))}",
                    f"--output={LOGS}/collect.log",
                ],
                collect,
            ),
            SUBMIT: submission_script(folder),
        },
    )


def write(planned: Plan) -> Path:
    """Write the scripts into ``<folder>/slurm`` and return the path of ``submit.sh``.

    Raises
    ------
    SolveError
        If the disk refuses.
    """
    for name, text in planned.files.items():
        write_whole(planned.folder / FOLDER / name, text.encode("utf-8", "surrogateescape"))
    return planned.folder / FOLDER / SUBMIT


def submit(planned: Plan) -> tuple[str, str]:
    """Write the scripts and submit them by ``sbatch``; ids of the array and of the last job.

    Raises
    ------
    InputError
        If jobs of the same sweep are still queued, or there is no ``sbatch`` here: the scripts
        are written all the same and the message says how to go on.
    SolveError
        If ``sbatch`` refuses, in its own words.
    """
    _require_none_queued(planned.folder)
    script = write(planned)
    if shutil.which("sbatch") is None:
        raise InputError(
            "there is no sbatch here (a private Debian tree hides the machine's own programs)",
            hint=f"the scripts are written; on the login node: sh {shlex.quote(str(script))}",
        )
    done = _ask("sh", str(script))
    ids = re.findall(r"^([0-9]+)(?:;\S*)?$", done.stdout, re.MULTILINE)
    write_json(planned.folder / FOLDER / SUBMITTED, {"jobs": ids})
    if done.returncode != 0 or len(ids) != 2:
        queued = f"; job {ids[0]} is queued: scancel {ids[0]}" if ids else ""
        said = (done.stderr or done.stdout).strip().splitlines()
        raise SolveError(
            f"sbatch refused: {clean(said[-1] if said else 'without a word')}{queued}",
            hint=f"mend cluster: in the sweep, or edit the scripts and run "
            f"sh {shlex.quote(str(script))}",
        )
    return ids[0], ids[1]


def _require_none_queued(folder: Path) -> None:
    """Refuse to submit cases twice, as far as SLURM can be asked."""
    record = read_json(folder / FOLDER / SUBMITTED, 1 << 16)
    ids = record.get("jobs") if isinstance(record, dict) else None
    if not isinstance(ids, list) or shutil.which("squeue") is None:
        return
    known = [word for word in ids if isinstance(word, str) and re.fullmatch("[0-9]{1,18}", word)]
    for job in known:
        # an id that SLURM has forgotten is an error there: that job has ended
        done = _ask("squeue", "--noheader", f"--jobs={job}")
        if done.returncode == 0 and done.stdout.strip():
            raise InputError(
                f"job {job} of this sweep is still queued or at work",
                hint=f"wait for it, or end it: scancel {' '.join(known)}",
            )


def _ask(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a program of SLURM's and hear what it says.

    Raises
    ------
    SolveError
        If it does not answer.
    """
    try:
        return subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=_ANSWER, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SolveError(
            f"SLURM does not answer: {clean(str(error))}", hint="try again later: sinfo"
        ) from None


def _cut(
    tasks: Sequence[Task], left: Mapping[str, Mapping[str, float]], options: ClusterOptions
) -> tuple[list[list[Task]], float]:
    """Cut the sweep so that each job is worth its while; the parts and the longest's seconds."""
    whole = _work([task for task in tasks if task.key in left], left)[0]
    fits = max(options.walltime - _START, 1.0) * 60 / _MARGIN
    least = math.ceil(whole / options.cores / fits)
    worth = math.floor(whole / options.cores / _WORTH)
    wanted = max(least, min(worth, options.jobs), 1)
    # Where much is finished already, what is left may lie in few of the parts: cut finer.
    counts = {min(n, len(tasks), MAX_SHARDS) for n in (wanted, wanted * len(tasks) // len(left))}
    cuts = []
    for count in sorted(counts):
        parts = split(tasks, count)
        cuts.append((max(_elapsed(part, left, options.cores) for part in parts), count, parts))
    longest, _, parts = min(cuts, key=lambda cut: cut[:2])
    return parts, longest


def _elapsed(part: Sequence[Task], left: Mapping[str, Mapping[str, float]], cores: int) -> float:
    """Seconds that a part takes on so many cores: at worst its longest case begins last."""
    work, longest = _work([task for task in part if task.key in left], left)
    return (work - longest) / cores + longest


def _work(part: Sequence[Task], left: Mapping[str, Mapping[str, float]]) -> tuple[float, float]:
    """Seconds of all the cases on one core, a stage in common once; and of the longest case."""
    made: set[tuple[str, str]] = set()
    total, longest = 0.0, 0.0
    for task in part:
        keys = dict(task.needs)
        cost = 0.0
        for stage, seconds in left[task.key].items():
            need = (stage, keys.get(stage, task.key))
            cost += 0.0 if need in made else seconds
            made.add(need)
        total, longest = total + cost, max(longest, cost)
    return total, longest


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
