"""What a sweep's report is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cases.batch.fitting import program
from cases.batch.ledger import Ledger
from cases.batch.points import Points
from cases.doctor import own_version
from postprocess.sweep.view import Goal, SweepInput, SweepView

if TYPE_CHECKING:
    import pandas

_MOST_WARNINGS = 20  # distinct ones, the commonest first
_PRESET = ("dormancy", "preset")
ASSUMPTIONS = (
    "Every case is computed by itself, as 'dormatrix run' would compute it; its band holds what is "
    "uncertain of the rule's parameters and of the recipe's modulus.",
    "Bands of two cases are not independent: what is uncertain of the rule moves both alike, so "
    "their order is surer than the overlap of their bands suggests.",
)


def sweep_view(
    points: Points,
    table: pandas.DataFrame,
    ledger: Ledger,
    savings: Mapping[str, Mapping[str, int]],
    seconds: float | None,
) -> SweepView:
    """Gather what the report shows.

    Parameters
    ----------
    points
        All cases.
    table
        Of :func:`cases.batch.table.build_table`.
    ledger
        Asked for the warnings of the cases.
    savings
        Stages made and reused.
    seconds
        By the clock; None where unknown.
    """
    loaded = points.loaded
    sweep = loaded.sweep
    varied = {axis.keys for axis in loaded.design.axes}
    goal: Goal | None = None
    if sweep.best is not None:
        goal = (sweep.best[0], "highest" if sweep.best[1] == "highest" else "lowest")
    return SweepView(
        name=sweep.name,
        base=loaded.case.name if sweep.base is None else Path(sweep.base).name,
        table=table,
        inputs=tuple(
            SweepInput(
                one.column,
                label,
                "" if one.unit == "1" else one.unit,
                one.numeric,
                one.log,
                one.sampled,
            )
            for one, label in zip(points.inputs, _labels(points), strict=True)
        ),
        savings=savings,
        goal=goal,
        warnings=_warnings(points, ledger),
        assumptions=ASSUMPTIONS,
        seconds=seconds,
        preset=None if _PRESET in varied else loaded.case.dormancy.preset,
        version=own_version(),
    )


def _labels(points: Points) -> list[str]:
    """Names of what is varied, for people: the last two steps of the path where that is enough."""
    paths = [axis.keys for axis in points.loaded.design.axes]
    short = [" ".join(str(step) for step in path if isinstance(step, str)) for path in paths]
    short = [" ".join(words.split(" ")[-2:]) for words in short]
    return [
        words if short.count(words) == 1 else one.label
        for words, one in zip(short, points.inputs, strict=True)
    ]


def _warnings(points: Points, ledger: Ledger) -> tuple[str, ...]:
    """Warnings of the cases, each once, with how many cases bear it."""
    found: Counter[str] = Counter()
    rows = (ledger.finished(key) for key in {point.key: None for point in points.points})
    count, others = 0, 0
    for row in rows:
        if row is not None:
            count += 1
            others += row.program not in ("", program())
            found.update(set(row.warnings))
    told = [
        text if times == count else f"{text} ({times} of {count} cases)"
        for text, times in found.most_common(_MOST_WARNINGS)
    ]
    if len(found) > _MOST_WARNINGS:
        told.append(f"and {len(found) - _MOST_WARNINGS} more, each in the folder of its case")
    again = len(points.points) - len({point.key for point in points.points})
    if again:
        told.append(
            f"{again} of the {len(points.points)} rows repeat the case of another (same hash): it "
            "was computed once, and they are no independent repetitions of it"
        )
    if others:
        told.insert(
            0,
            f"{others} of {count} cases were computed by another version of the program than this "
            f"one, {program()}; delete their folders under cases/ to have them computed again",
        )
    if points.skipped:
        told.append(f"{points.skipped} combinations were left out by skip_if")
    return tuple(told)
