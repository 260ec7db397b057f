"""The cases of a sweep: every combination put into the base case, checked and hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cases.batch.axes import Axis, Keys, Shown, Value, quantity_of, split_path
from cases.batch.edit import put
from cases.batch.estimate import costs
from cases.batch.load import LoadedSweep
from cases.errors import CaseError, Problem, clean
from cases.load import case_document, case_problems
from cases.problems import dotted
from cases.schema import Case
from cases.stages.keys import stage_keys
from cases.units import QuantityError, parse_quantity
from cases.yaml_nodes import Node, Source
from meshes.errors import InputError

_SHOWN = 3  # wrong cases that a message tells of
_NAME = 100  # characters of a case's name


@dataclass(frozen=True)
class SweepInput:
    """What is varied, as a column of the table.

    Parameters
    ----------
    column
        Name of the column, with the unit at its end.
    label
        Path of the key.
    unit
        "1" for pure numbers, "" for words.
    numeric, log, sampled
        Of the axis, see :class:`cases.batch.axes.Axis`.
    """

    column: str
    label: str
    unit: str
    numeric: bool
    log: bool
    sampled: bool


@dataclass(frozen=True)
class Point:
    """One case of a sweep.

    Parameters
    ----------
    index
        Place in the sweep, from 0.
    values
        One per input, in the unit of its column.
    replicate
        Number of the repetition, from 1; None where nothing is repeated.
    key
        Content hash, 64 hexadecimal digits.
    needs
        (stage, key) of every stage of its mechanics.
    problem
        Why it is no valid case; "" for one that is.
    cost
        Seconds of one core by stage, see :func:`cases.batch.estimate.costs`.
    """

    index: int
    values: tuple[Shown, ...]
    replicate: int | None
    key: str
    needs: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    cost: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Points:
    """All cases of a sweep.

    Parameters
    ----------
    loaded
        The sweep.
    inputs
        What is varied.
    points
        The cases, in order.
    skipped
        Number of combinations that a condition left out.
    """

    loaded: LoadedSweep
    inputs: tuple[SweepInput, ...]
    points: tuple[Point, ...]
    skipped: int
    _written: dict[int, tuple[Value, ...]]

    def document(self, point: Point) -> dict[str, Any]:
        """The case file of a point as plain data."""
        root = _filled(self.loaded, self._written[point.index])
        if point.replicate is not None and point.replicate > 1:
            root = _reseeded(root, _checked(self.loaded, root)[0], point.replicate)
        plain: dict[str, Any] = root.plain()
        plain["name"] = self.name(point)
        return plain

    def name(self, point: Point) -> str:
        """What a case is called: the sweep, and its number in it."""
        number = f" {point.index + 1}"
        return self.loaded.sweep.name[: _NAME - len(number)] + number

    def words(self, point: Point) -> str:
        """What is varied in a case, for people."""
        said = [
            f"{wanted.label} = {_said(value, wanted.unit)}"
            for wanted, value in zip(self.inputs, point.values, strict=True)
        ]
        if point.replicate is not None:
            said.append(f"replicate {point.replicate}")
        return ", ".join(said)


def expand(loaded: LoadedSweep, advance: Callable[[], None] = lambda: None) -> Points:
    """Put every combination into the base case and check it.

    Parameters
    ----------
    loaded
        The sweep.
    advance
        Called after each combination.

    Raises
    ------
    InputError
        If combinations make no valid case and the sweep refuses such; if nothing is left.
    """
    sweep, design = loaded.sweep, loaded.design
    points: list[Point] = []
    written: dict[int, tuple[Value, ...]] = {}
    wrong: list[str] = []
    skipped = 0
    for row in design.rows():
        advance()
        root = _filled(loaded, row)
        if loaded.conditions and _skips(loaded, root):
            skipped += 1
            continue
        case, problems = _checked(loaded, root)
        for repeat in range(1, sweep.replicates + 1):
            index = len(points)
            point = Point(
                index,
                tuple(value.shown for value in row),
                repeat if sweep.replicates > 1 else None,
                key="",
            )
            if case is None:
                text = _told(loaded, problems)
                wrong.append(text + _in_case(index, row, design.axes))
                point = replace(point, key=_no_case(root, repeat), problem=_one_line(problems))
            else:
                point = _keyed(loaded, point, root, case, repeat)
            written[index] = row
            points.append(point)
    _require_some(points, skipped)
    if wrong and sweep.wrong_cases == "refuse":
        raise InputError(
            "\n".join(_distinct(wrong)[:_SHOWN])
            + f"\n{len(wrong)} of {len(points)} combinations make no valid case",
            hint="leave them out with skip_if, or write wrong_cases: record to keep them as "
            "failed rows",
        )
    if sweep.replicates > 1:
        _require_different(points)
    return Points(loaded, inputs_of(design.axes), tuple(points), skipped, written)


def inputs_of(axes: Sequence[Axis]) -> tuple[SweepInput, ...]:
    """Columns of what is varied."""
    return tuple(
        SweepInput(
            column=axis.column,
            label=axis.label,
            unit=axis.unit or ("1" if axis.numeric else ""),
            numeric=axis.numeric,
            log=axis.log,
            sampled=axis.sampled,
        )
        for axis in axes
    )


def _keyed(loaded: LoadedSweep, point: Point, root: Node, case: Case, repeat: int) -> Point:
    if repeat > 1:
        again, problems = _checked(loaded, _reseeded(root, case, repeat))
        if again is None:
            raise InputError(_told(loaded, problems))
        case = again
    keys = stage_keys(case)
    return replace(point, key=case.content_hash, needs=keys.needs, cost=costs(case))


def _filled(loaded: LoadedSweep, row: Sequence[Value]) -> Node:
    """The base case with the values of a combination; what is not changed is shared."""
    root = loaded.base.root
    for axis, place, value in zip(loaded.design.axes, loaded.design.places, row, strict=True):
        line, column = loaded.source.locate(place)
        try:
            root = put(root, axis.keys, value.written, line, column)
        except InputError as error:
            fault = Problem(str(error.args[0]), axis.label, line, column, mend=error.hint)
            raise CaseError(loaded.source.file, [fault]) from None
    return root


def _checked(loaded: LoadedSweep, root: Node) -> tuple[Case | None, list[Problem]]:
    return case_problems(Source(loaded.base.file, root), loaded.folder, loaded.sweep.name)


def _reseeded(root: Node, case: Case | None, repeat: int) -> Node:
    """Other seeds of cells and spots: those of the case and as much more as it is repeated."""
    assert case is not None
    if case.cells.path is None:
        root = put(root, ("cells", "seed"), case.cells.seed + repeat - 1, 1, 1)
    for name, ink in case.inks.items():
        if ink.heterogeneity is not None:
            seed = ink.heterogeneity.seed + repeat - 1
            root = put(root, ("inks", name, "heterogeneity", "seed"), seed, 1, 1)
    return root


def _skips(loaded: LoadedSweep, root: Node) -> bool:
    values = {
        name: _value(loaded, root, name)
        for condition in loaded.conditions
        for name in condition.names
    }
    return any(condition.met(values) for condition in loaded.conditions)


def _value(loaded: LoadedSweep, root: Node, path: str) -> Any:
    """A value of the case in the unit of tables; None where it is not written."""
    keys = split_path(path, root)
    node = Source("", root).node(keys)
    if node is None or isinstance(node.value, dict | list):
        return None
    quantity = quantity_of(keys, case_document(Source("", root)))
    if quantity is None:
        return node.value
    try:
        return parse_quantity(node.value, quantity.kind)
    except QuantityError:
        return node.value


def _told(loaded: LoadedSweep, problems: Sequence[Problem]) -> str:
    """Problems of a case, each at the place in the file of the sweep that makes it."""
    blocks = []
    for problem in problems[:_SHOWN]:
        varied = _varied(loaded, problem.key)
        file = loaded.base.file if varied is None else loaded.source.file
        if varied is not None:
            line, column = loaded.source.locate(varied)
            problem = replace(problem, line=line, column=column)
        blocks.append(problem.render(file))
    return "\n".join(blocks)


def _varied(loaded: LoadedSweep, key: str) -> Keys | None:
    """Place in the sweep file of the axis that a key of the case lies in."""
    for axis, place in zip(loaded.design.axes, loaded.design.places, strict=True):
        path = dotted(axis.keys)
        if key == path or key.startswith((f"{path}.", f"{path}[")) or path.startswith(f"{key}."):
            return place
    return None


def _in_case(index: int, row: Sequence[Value], axes: Sequence[Axis]) -> str:
    said = ", ".join(
        f"{axis.label} = {_said(value.shown, axis.unit)}"
        for axis, value in zip(axes, row, strict=True)
    )
    return f"\n  in case   {index + 1}: {clean(said, 300)}"


def _said(value: Shown, unit: str) -> str:
    if value is None:
        return "(left out)"
    if isinstance(value, bool):
        return "true" if value else "false"
    number = f"{value:.6g}" if isinstance(value, int | float) else value
    return f"{number} {unit}" if unit not in ("", "1") and not isinstance(value, str) else number


def _one_line(problems: Sequence[Problem]) -> str:
    first = problems[0]
    return f"{first.key}: {first.headline}; expected {first.expected}; found {first.found}"


def _distinct(texts: Sequence[str]) -> list[str]:
    """One of all messages that differ only in the case that they speak of."""
    return list({text.partition("\n  in case")[0]: text for text in reversed(texts)}.values())[::-1]


def _no_case(root: Node, repeat: int) -> str:
    """A hash of what is no case, so that its row is found again."""
    text = json.dumps([repeat, root.plain()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _require_some(points: Sequence[Point], skipped: int) -> None:
    if not points:
        raise InputError(
            f"skip_if leaves out all {skipped} combinations",
            hint="loosen the conditions under skip_if",
        )


def _require_different(points: Sequence[Point]) -> None:
    """Refuse replicates that repeat the same computation."""
    first, second = points[0], points[1]
    if first.key == second.key:
        raise InputError(
            "replicates: this case has no seeds that change with a repetition (its cells come "
            "from a file, its inks have no spots)",
            hint="leave replicates out",
        )
