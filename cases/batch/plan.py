"""Which cases of a sweep are to be computed, in which order, and what that will cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.batch.estimate import Costs, left, total
from cases.batch.ledger import STAGES, Ledger, is_kept
from cases.batch.points import Point, Points
from cases.batch.task import Task

if TYPE_CHECKING:
    from cases.stages.store import StageStore

Stage = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep and its folder, as they are now.

    Parameters
    ----------
    points
        All cases.
    ledger
        What is finished and what has failed.
    store
        Stages that are kept.
    figures
        Whether runs that are kept whole draw pictures.
    done, failed, todo
        First points of each content that are finished; that have failed and are left alone; that
        are to be computed.
    """

    points: Points
    ledger: Ledger
    store: StageStore
    figures: bool
    done: tuple[Point, ...]
    failed: tuple[Point, ...]
    todo: tuple[Point, ...]

    def tasks(self, points: tuple[Point, ...] | None = None) -> Iterator[Task]:
        """Yield what is to be computed, ready to be sent; by default all that is left."""
        keep = self.points.loaded.sweep.keep
        shared = self._shared
        for point in self.todo if points is None else points:
            yield Task(
                index=point.index,
                key=point.key,
                document=self.points.document(point),
                folder=str(self.points.loaded.folder),
                target=str(self.ledger.target(point.key)),
                keep=keep,
                figures=self.figures and keep == "all",
                stages=str(self.store.folder),
                needs=point.needs,
                save=tuple(kind for kind, key in point.needs if (kind, key) in shared),
            )

    @property
    def _shared(self) -> set[Stage]:
        """Stages that more than one case goes through."""
        counts = Counter(need for point in self.contents for need in point.needs)
        return {need for need, count in counts.items() if count > 1}

    @property
    def contents(self) -> tuple[Point, ...]:
        """The first point of each content, in order."""
        return (*sorted((*self.done, *self.failed, *self.todo), key=lambda point: point.index),)

    @property
    def there(self) -> set[Stage]:
        """Stages that need not be made."""
        needs = {need for point in self.todo for need in point.needs}
        return {need for need in needs if self.store.has(*need)}

    @property
    def seconds(self) -> float:
        """Estimate of what is left, s of one core."""
        return total(((point.needs, point.cost) for point in self.todo), self.there)

    def seconds_by_stage(self) -> Callable[[Task], Costs]:
        """Estimate of what is left of a case, s of one core by stage; nothing of a finished one."""
        todo, there = {point.index: point.cost for point in self.todo}, self.there

        def of(task: Task) -> Costs:
            cost = todo.get(task.index)
            return {} if cost is None else left(task.needs, cost, there)

        return of

    def stages(self) -> dict[str, int]:
        """How many different meshes, scaffold solves and sets of cells the sweep has."""
        return dict(Counter(kind for kind, _ in {need for p in self.contents for need in p.needs}))


def make_plan(
    points: Points, folder: Path, *, retry_failed: bool = False, figures: bool = True
) -> Plan:
    """Look what a sweep's folder holds.

    Parameters
    ----------
    points
        The cases.
    folder
        Result folder of the sweep; need not exist.
    retry_failed
        Compute failed cases again.
    figures
        Whether runs that are kept whole draw pictures.
    """
    from cases.stages.store import StageStore

    ledger = Ledger(folder)
    failures, keep = ledger.failures(), points.loaded.sweep.keep
    done, failed, todo = [], [], []
    seen: set[str] = set()
    for point in points.points:
        if point.key in seen:
            continue
        seen.add(point.key)
        if is_kept(ledger.target(point.key), point.key, keep):
            done.append(point)
        elif point.problem or (point.key in failures and not retry_failed):
            failed.append(point)
        else:
            todo.append(point)
    store = StageStore(ledger.folder / STAGES)
    return Plan(points, ledger, store, figures, tuple(done), tuple(failed), tuple(todo))


def record(points: Points, version: str) -> dict[str, Any]:
    """``sweep.json``: what was asked."""
    loaded = points.loaded
    return {
        "sweep": loaded.sweep.resolved(),
        "base": loaded.case.resolved(),
        "inputs": [
            {"column": one.column, "path": one.label, "unit": one.unit or None}
            for one in points.inputs
        ],
        "cases": len(points.points),
        "skipped": points.skipped,
        "version": version,
    }
