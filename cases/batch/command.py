"""``dormatrix batch``: a sweep from its file to its table and report."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cases.batch.atomic import write_json
from cases.batch.execution import compute, live_view, require_cluster, savings_of
from cases.batch.ledger import Ledger
from cases.batch.load import LoadedSweep, load_sweep
from cases.batch.lock import sweep_lock
from cases.batch.options import BatchOptions
from cases.batch.plan import Plan, make_plan, record
from cases.batch.points import Point, Points, expand
from cases.batch.shard import Shard
from cases.batch.task import Outcome
from cases.doctor import own_version
from cases.errors import clean
from cases.progress import Progress
from cases.terminal import say, say_json
from meshes.errors import InputError, SolveError

MARK = "sweep.json"
_MANY = 2000  # combinations from which on checking them is shown
_OTHERS = 3600.0  # s that a half-done case of another machine must not have changed


@dataclass(frozen=True)
class BatchSummary:
    """What a command leaves.

    Parameters
    ----------
    directory
        Result folder of the sweep.
    cases, done, failed, left
        Numbers of rows of the table.
    savings
        How often each stage was made and reused.
    seconds
        By the clock.
    warnings
        What the user should know.
    """

    directory: Path
    cases: int
    done: int
    failed: int
    left: int
    savings: dict[str, dict[str, int]]
    seconds: float
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The summary as plain data."""
        plain = {key: getattr(self, key) for key in self.__dataclass_fields__}
        return {**plain, "directory": str(self.directory), "warnings": list(self.warnings)}


def read_points(path: Path, options: BatchOptions) -> Points:
    """Every case of a sweep file, checked.

    Raises
    ------
    CaseError, InputError
        With what is wrong in the file, or with its combinations.
    """
    loaded = load_sweep(path)
    count = len(loaded.design)
    progress = Progress(quiet=options.quiet or options.json or count < _MANY)
    with progress.stage("checking the cases", total=count):
        return expand(loaded, progress.advance)


def folder_of(loaded: LoadedSweep, options: BatchOptions) -> Path:
    """Result folder of a sweep."""
    chosen = options.output
    return (Path("results") / loaded.sweep.slug if chosen is None else chosen).absolute()


def run_batch(points: Points, options: BatchOptions) -> BatchSummary:
    """Compute what is left of a sweep; then write its table and report.

    Whatever ends it, what is finished stays, and the table tells of it.

    Raises
    ------
    InputError
        If the folder cannot be used, or the workers do not fit.
    SolveError
        If the disk is full or all workers are lost.
    KeyboardInterrupt
        After the workers have been stopped and the table written.
    """
    started = time.monotonic()
    loaded = points.loaded
    folder = folder_of(loaded, options)
    require_own(folder)
    shard = options.shard
    with sweep_lock(folder, None if shard is None else (shard.number, shard.count)) as note:
        ledger = Ledger(folder)
        ledger.sweep_up(0.0 if shard is None else _OTHERS)
        write_json(folder / MARK, record(points, own_version()))
        _record_wrong(points, ledger)
        plan = make_plan(points, folder, retry_failed=options.retry_failed, figures=options.figures)
        if shard is not None:
            plan = _part(plan, shard)
        live = live_view(plan, options)
        try:
            if plan.todo:
                compute(plan, live, options)
        finally:
            seconds = time.monotonic() - started
            if shard is None:
                ledger.sweep_up()  # what processes that were ended left half done
                summary = _write(points, folder, seconds, savings_of(live), options)
        if shard is not None:
            summary = _counted(plan, folder, seconds, savings_of(live))
    return replace(summary, warnings=(note,)) if note else summary


def require_own(folder: Path) -> None:
    """Refuse a folder that holds something else than a sweep.

    Raises
    ------
    InputError
        With the way out.
    """
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InputError(f"{folder} is not a folder", hint="name another folder with -o")
        inside = folder.iterdir() if folder.is_dir() else ()
        strangers = [entry.name for entry in inside if not entry.name.startswith(".")]
    except OSError as error:
        raise InputError(
            f"{clean(folder)} cannot be read: {error.strerror}", hint="name another folder with -o"
        ) from None
    if strangers and not (folder / MARK).is_file():
        raise InputError(
            f"{folder} exists and holds something else than a sweep",
            hint="name another folder with -o",
        )


def collect_batch(points: Points, options: BatchOptions) -> BatchSummary:
    """Write table and report of a sweep from what its folder holds; compute nothing.

    Raises
    ------
    InputError
        If the folder cannot be used, or another command is at work in it.
    """
    started = time.monotonic()
    folder = folder_of(points.loaded, options)
    require_own(folder)
    with sweep_lock(folder):
        ledger = Ledger(folder)
        ledger.sweep_up(_OTHERS)
        write_json(folder / MARK, record(points, own_version()))
        _record_wrong(points, ledger)
        return _write(points, folder, time.monotonic() - started, {}, options)


def submit_batch(path: Path, points: Points, options: BatchOptions, *, dry_run: bool) -> None:
    """Hand a sweep to SLURM: an array of shards, and a job that collects what they leave.

    Parameters
    ----------
    path
        The sweep file.
    points
        Its cases.
    options
        Where the result lies, and what every shard is told.
    dry_run
        Only say what would be submitted.

    Raises
    ------
    InputError
        If nothing is left to do, the sweep says nothing of a cluster, or there is no ``sbatch``.
    SolveError
        If ``sbatch`` refuses.
    """
    from cases.batch import slurm

    folder = folder_of(points.loaded, options)
    require_own(folder)
    plan = make_plan(points, folder, retry_failed=options.retry_failed, figures=options.figures)
    arguments = [
        *(["--retry-failed"] if options.retry_failed else []),
        *([] if options.figures else ["--no-figures"]),
    ]
    planned = slurm.plan(
        path.absolute(),
        folder,
        require_cluster(points.loaded.sweep.cluster),
        list(plan.tasks(plan.contents)),
        plan.seconds_by_stage(),
        arguments=arguments,
        collecting=[] if options.figures else ["--no-figures"],
    )
    if dry_run:
        if options.json:
            say_json({"directory": str(folder), "plan": planned.describe().splitlines()})
        else:
            say(planned.describe())
        return
    write_json(folder / MARK, record(points, own_version()))
    array, last = slurm.submit(planned)
    if options.json:
        say_json({"directory": str(folder), "array": array, "collect": last})
        return
    say(planned.describe())
    say(f"submitted: array {array}, then {last}, which writes {folder / 'report.html'}")


def _write(
    points: Points,
    folder: Path,
    seconds: float,
    savings: dict[str, dict[str, int]],
    options: BatchOptions,
) -> BatchSummary:
    """Write table and report from what is there.

    Parameters
    ----------
    points
        All cases.
    folder
        Result folder of the sweep.
    seconds
        By the clock.
    savings
        How often each stage was made and reused.
    options
        Whether to draw.
    """
    from cases.batch.report import sweep_view
    from cases.batch.table import build_table, write_table
    from postprocess.sweep.page import write_sweep_report

    ledger = Ledger(folder)
    table = build_table(points.points, ledger, points.inputs)
    name = points.loaded.sweep.name
    write_table(table, folder, points.inputs, {"sweep": name})
    view = sweep_view(points, table, ledger, savings, seconds)
    try:
        write_sweep_report(folder, view, figures=options.figures)
    except OSError as error:
        raise SolveError(
            f"the report in {folder} cannot be written: {error.strerror or error}",
            hint="nothing is lost: make room on the disk, then give the same command again",
        ) from None
    counts = table["status"].value_counts()
    return BatchSummary(
        directory=folder,
        cases=len(table),
        done=int(counts.get("done", 0)),
        failed=int(counts.get("failed", 0)),
        left=int(counts.get("left", 0)),
        savings=savings,
        seconds=seconds,
    )


def _record_wrong(points: Points, ledger: Ledger) -> None:
    """Put combinations that make no valid case on record."""
    known = ledger.failures()
    for point in points.points:
        if point.problem and point.key not in known:
            outcome = Outcome(point.index, point.key, "failed", 0.0, reason=point.problem)
            ledger.record_failure(outcome, points.words(point))


def _part(plan: Plan, shard: Shard) -> Plan:
    """The plan with only those of its cases that belong to a shard."""
    contents = plan.contents
    mine = {task.index for task in shard.of(list(plan.tasks(contents)))}

    def of(points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple(point for point in points if point.index in mine)

    return replace(plan, done=of(plan.done), failed=of(plan.failed), todo=of(plan.todo))


def _counted(
    plan: Plan, folder: Path, seconds: float, savings: dict[str, dict[str, int]]
) -> BatchSummary:
    """The summary of a shard, which writes no table."""
    failures = plan.ledger.failures()
    contents = plan.contents
    done = sum(plan.ledger.finished(point.key) is not None for point in contents)
    failed = sum(point.key in failures for point in contents)
    return BatchSummary(
        folder, len(contents), done, failed, len(contents) - done - failed, savings, seconds
    )
