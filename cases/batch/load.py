"""From a sweep file to the cases that it asks for, or to every fault in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cases.batch.conditions import Condition, ConditionError, parse_condition
from cases.batch.design import Design, DesignError, make_design
from cases.errors import CaseError, Problem
from cases.load import case_document, case_problems
from cases.problems import Document, Path_, dotted, read_model
from cases.schema import Case
from cases.schema.sweep import Sweep
from cases.yaml_nodes import Node, Source
from cases.yaml_source import read_source

_KEYS_LISTED = "docs/batch.md lists every key of a sweep"


@dataclass(frozen=True, eq=False)
class LoadedSweep:
    """A sweep file with its base case, read and checked as far as one can without its cases.

    Parameters
    ----------
    sweep
        The sweep.
    source
        The sweep file.
    base
        The base case's file: the sweep file itself where the case is written out there.
    folder
        Where files that the case names lie.
    case
        The base case, checked.
    design
        All combinations.
    conditions
        Those that leave a combination out.
    """

    sweep: Sweep
    source: Source
    base: Source
    folder: Path
    case: Case
    design: Design
    conditions: tuple[Condition, ...]


def load_sweep(path: str | Path) -> LoadedSweep:
    """Read and check a sweep file and its base case.

    Parameters
    ----------
    path
        A YAML file; its base case lies beside it.

    Raises
    ------
    CaseError
        With every fault found in one of the two files.
    """
    file = Path(path)
    source = read_source(file)
    folder = file.absolute().parent
    if source.node(("vary",)) is None and source.node(("scaffold",)) is not None:
        problem = Problem(
            "this is one case, not a sweep",
            line=1,
            expected="vary, and base or case",
            found="a case file",
            mend=f"dormatrix run computes it; a sweep says: base: {file.name}, and vary: ...",
        )
        raise CaseError(source.file, [problem])
    document = Document(source, Sweep, _may_be_null, _KEYS_LISTED)
    sweep, problems = read_model(document, folder, file.stem)
    if not isinstance(sweep, Sweep):
        raise CaseError(source.file, problems)
    if sweep.base_path is not None:
        base = read_source(sweep.base_path)
        shown = Source(str(file.parent / str(sweep.base)), base.root)
        folder = sweep.base_path.parent
    else:
        written = source.node(("case",))
        assert written is not None
        shown = Source(source.file, written)
    case, problems = case_problems(shown, folder, sweep.name)
    if case is None:
        raise CaseError(shown.file, problems)
    base_document = case_document(shown)
    try:
        design = make_design(sweep, base_document)
        conditions = _conditions(sweep, design, shown.root)
    except DesignError as error:
        raise CaseError(source.file, [_placed(error.problem, error.at, source)]) from None
    return LoadedSweep(sweep, source, shown, folder, case, design, conditions)


def _conditions(sweep: Sweep, design: Design, base: Node) -> tuple[Condition, ...]:
    paths = tuple({axis.label: None for axis in design.axes} | dict.fromkeys(leaves(base)))
    found = []
    for i, text in enumerate(sweep.skip_if):
        try:
            found.append(parse_condition(text, paths))
        except ConditionError as error:
            raise DesignError(error.problem, ("skip_if", i)) from None
    return tuple(found)


def leaves(base: Node) -> list[str]:
    """Paths of all values that a case writes, as an author would say them."""
    waiting: list[tuple[Path_, Node]] = [((), base)]
    found = []
    while waiting:
        path, node = waiting.pop()
        if isinstance(node.value, dict):
            waiting += [((*path, key), child) for key, child in node.value.items()]
        elif isinstance(node.value, list):
            waiting += [((*path, i), child) for i, child in enumerate(node.value)]
        else:
            found.append(dotted(path))
    return found


def _placed(problem: Problem, at: Path_, source: Source) -> Problem:
    """A problem at the place of a key in the sweep file."""
    line, column = source.locate(at)
    return Problem(
        problem.headline,
        key=_said(at),
        line=line,
        column=column,
        expected=problem.expected,
        found=problem.found,
        mend=problem.mend,
    )


def _said(at: Path_) -> str:
    """A place in the sweep file; paths of the case stay in one piece: ``vary: scaffold.pitch``."""
    head, *rest = at
    steps = [f"[{step + 1}]" if isinstance(step, int) else f": {step}" for step in rest]
    return str(head) + "".join(steps)


def _may_be_null(path: Path_) -> bool:
    """Whether ``null`` stands for a key that is left out: one of several values."""
    return len(path) > 2 and path[0] in ("vary", "case")
