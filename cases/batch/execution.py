"""What is left of a sweep, sent to its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.batch.ledger import LOGS
from cases.batch.live import Live
from cases.batch.options import BatchOptions
from cases.batch.plan import Plan
from cases.batch.task import Limits, Outcome
from cases.parallel import cores
from meshes.errors import InputError

if TYPE_CHECKING:
    from cases.batch.cluster import ClusterSpec

_GB = 1e9  # bytes


def live_view(plan: Plan, options: BatchOptions) -> Live:
    """What tells a user how far the plan is, from what is finished and what the rest will cost."""
    total = len(plan.done) + len(plan.failed) + len(plan.todo)
    return Live(
        total,
        done=len(plan.done),
        failed=len(plan.failed),
        needs={point.index: point.needs for point in plan.todo},
        costs={point.index: point.cost for point in plan.todo},
        ready=plan.store.has,
        workers=wanted_workers(options),
        quiet=options.quiet,
        json=options.json,
    )


def wanted_workers(options: BatchOptions) -> int:
    """Cases that are computed at once, as far as one knows beforehand."""
    return options.workers or options.wait_for_workers or cores()


def compute(plan: Plan, live: Live, options: BatchOptions) -> None:
    """Send what is left to the workers that were asked for; failures go on record as they come.

    Raises
    ------
    InputError
        If the workers do not fit, or the sweep has no cluster section where one is asked for.
    SolveError
        If the disk is full, or the scheduler or all workers are lost.
    """
    from cases.batch.cluster import connect
    from cases.batch.engine import execute

    points, ledger = plan.points, plan.ledger
    by_index = {point.index: point for point in plan.todo}

    def take(outcome: Outcome) -> None:
        words = points.words(by_index[outcome.index])
        if outcome.status == "done":
            ledger.clear_failure(outcome.key)
        else:
            ledger.record_failure(outcome, words)
        live.update(outcome, words)

    spec = _where(plan, options)
    # a queue may leave a sweep without workers for as long as it likes
    waits = {"patience": float("inf")} if options.cluster else {}
    with live, connect(spec, ledger.folder, live.note) as client:
        execute(plan.tasks(), client, _limits(plan), take, plan.store.has, **waits)


def _where(plan: Plan, options: BatchOptions) -> ClusterSpec:
    from cases.batch.cluster import Jobqueue, Local, Remote

    if options.scheduler is not None:
        return Remote(options.scheduler, options.wait_for_workers)
    asked = plan.points.loaded.sweep.cluster
    if options.cluster:
        return Jobqueue(require_cluster(asked))
    return Local(min(wanted_workers(options), len(plan.todo)))


def require_cluster(options: Any) -> Any:
    """The ``cluster:`` section of a sweep.

    Raises
    ------
    InputError
        If there is none.
    """
    if options is None:
        raise InputError(
            "the sweep file has no cluster section",
            hint="add for example cluster: {kind: slurm, queue: short, walltime: 4 h, cores: 8}",
        )
    return options


def _limits(plan: Plan) -> Limits:
    sweep = plan.points.loaded.sweep
    chosen: dict[str, Any] = {"logs": str(plan.ledger.folder / LOGS)}
    if sweep.timeout is not None:
        chosen["timeout"] = 60.0 * sweep.timeout
    if sweep.memory is not None:
        chosen["memory"] = round(_GB * sweep.memory)
    return Limits(**chosen)


def savings_of(live: Live) -> dict[str, dict[str, int]]:
    """How often each stage was ``made`` and ``reused``, by its name."""
    made, reused = live.tally.forecast.made, live.tally.forecast.reused
    return {
        stage: {"made": made.get(stage, 0), "reused": reused.get(stage, 0)}
        for stage in ("mesh", "scaffold", "sensed")
    }
