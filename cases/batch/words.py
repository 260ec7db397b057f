"""What ``dormatrix batch`` tells a user: the plan before, the outcome after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases.batch.command import BatchSummary
from cases.batch.plan import Plan
from cases.batch.tally import in_words

_SHOWN = 20  # rows of the plan's table
_WIDTH = 28  # of one of its columns


def plan_text(plan: Plan, workers: int) -> str:
    """The table of cases and what they will cost.

    Parameters
    ----------
    plan
        The sweep and its folder.
    workers
        Cases that would be computed at once.
    """
    points = plan.points
    heads = ["case", *(f"{one.label} {_unit(one.unit)}".strip() for one in points.inputs)]
    repeated = points.points[0].replicate is not None
    if repeated:
        heads.append("replicate")
    rows = []
    for point in points.points[:_SHOWN]:
        row = [str(point.index + 1), *map(_cell, point.values)]
        if repeated:
            row.append(str(point.replicate))
        rows.append(row)
    more = len(points.points) - len(rows)
    lines = _aligned([heads, *rows])
    if more > 0:
        lines.append(f"  ... and {more} more")
    stages = plan.stages()
    kinds = (("mesh", "meshes"), ("scaffold", "scaffold solves"), ("sensed", "sets of cells"))
    lines += [
        "",
        f"{points.loaded.sweep.name}: {len(points.points)} cases"
        + (f" ({points.skipped} left out by skip_if)" if points.skipped else ""),
        "  different  " + ", ".join(f"{stages.get(k, 0)} {words}" for k, words in kinds),
        f"  finished   {len(plan.done)}",
        f"  failed     {len(plan.failed)}" + (" (--retry-failed)" if plan.failed else ""),
        f"  to do      {len(plan.todo)}: about {in_words(plan.seconds / workers)} with "
        f"{workers} at once (a rough guess)",
        f"  kept       {_KEPT[points.loaded.sweep.keep]}",
    ]
    return "\n".join(lines)


_KEPT = {
    "table": "a row of the table per case",
    "sites": "a row of the table and the cells of each case",
    "all": "all that a run leaves, per case",
}


def plan_json(plan: Plan, workers: int) -> dict[str, Any]:
    """The same for machines, with every case."""
    points = plan.points
    return {
        "name": points.loaded.sweep.name,
        "cases": [
            {
                "case": point.index + 1,
                **{
                    one.column: value
                    for one, value in zip(points.inputs, point.values, strict=True)
                },
                **({} if point.replicate is None else {"replicate": point.replicate}),
                "hash": point.key,
            }
            for point in points.points
        ],
        "skipped": points.skipped,
        "stages": plan.stages(),
        "done": len(plan.done),
        "failed": len(plan.failed),
        "todo": len(plan.todo),
        "seconds_of_one_core": round(plan.seconds, 1),
        "workers": workers,
    }


def summary_text(summary: BatchSummary) -> str:
    """What a sweep came to."""
    lines = [
        f"{summary.done} of {summary.cases} cases done, {summary.failed} failed, "
        f"{summary.left} left, in {in_words(summary.seconds)}"
    ]
    reused = {stage: counts["reused"] for stage, counts in summary.savings.items()}
    if any(reused.values()):
        made = {stage: counts["made"] for stage, counts in summary.savings.items()}
        lines.append(
            "stages: "
            + ", ".join(f"{stage} {made[stage]} made, {reused[stage]} reused" for stage in made)
        )
    return "\n".join(lines)


def _unit(unit: str) -> str:
    return f"({unit})" if unit not in ("", "1") else ""


def _cell(value: Any) -> str:
    if value is None:
        return "(left out)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.5g}" if isinstance(value, int | float) else str(value)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    from cases.errors import clean

    cells = [[clean(cell, _WIDTH) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  " + "  ".join(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
