"""Conditions on the keys of a case, such as ``scaffold.layer_height > 0.9 * scaffold.pitch``.

The text is read by Python's own grammar, and every node of its tree is checked against a list;
nothing of Python is ever run.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.errors import Problem
from cases.schema.rule import nearest

MAX_LENGTH = 300
MAX_DEPTH = 24
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}  # fmt: skip
_EXPECTED = (
    "paths of keys that are varied or written in the base case, numbers in the units of the "
    "table, words in quotes, + - * /, < <= > >= == !=, and, or, not"
)

Values = Mapping[str, Any]
Test = Callable[[Values], Any]


class ConditionError(ValueError):
    """A condition that cannot be used; carries the rows of a message."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.headline)
        self.problem = problem


class _Unknown(Exception):
    """A key that is not there in this case, so that nothing can be said of it."""


@dataclass(frozen=True, eq=False)
class Condition:
    """A checked condition; made by :func:`parse_condition`.

    Attributes
    ----------
    text
        As the author wrote it.
    names
        Paths that it asks for.
    """

    text: str
    names: tuple[str, ...]
    _test: Test

    def met(self, values: Values) -> bool:
        """Whether a case meets it.

        Parameters
        ----------
        values
            Path to a number in the table's unit, a word, true or false; None where the key is
            not written: whatever is compared with that is not met.
        """
        try:
            return bool(self._test(values))
        except (_Unknown, TypeError, ZeroDivisionError, OverflowError):
            return False


def parse_condition(text: str, paths: Sequence[str]) -> Condition:
    """Check a condition.

    Parameters
    ----------
    text
        At most 300 characters.
    paths
        What may be named in it.

    Raises
    ------
    ConditionError
        Naming what is not allowed.
    """
    if len(text) > MAX_LENGTH:
        raise _wrong("a condition that is too long", f"{len(text)} characters", "split it in two")
    # Names of inks may hold signs that mean something else in a formula: whole paths go first.
    names: dict[str, str] = {}
    known = "|".join(re.escape(path) for path in sorted(paths, key=len, reverse=True))

    def hold(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"_{len(names)}")

    bare = re.sub(rf"(?<![\w.\"'])(?:{known})(?![\w.\[])", hold, text) if known else text
    try:
        tree = ast.parse(bare.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _wrong("not a condition", text, "for example scaffold.pitch > 1200") from None
    by_holder = {holder: path for path, holder in names.items()}
    test = _node(tree.body, by_holder, paths, 1)
    if not isinstance(tree.body, ast.Compare | ast.BoolOp | ast.UnaryOp):
        raise _wrong("not a condition", text, "compare it with something: ... > 3")
    return Condition(text, tuple(names), test)


def _node(node: ast.AST, names: dict[str, str], paths: Sequence[str], depth: int) -> Test:
    if depth > MAX_DEPTH:
        raise _wrong("a condition that is nested too deep", "many levels", "split it in two")

    def inner(child: ast.AST) -> Test:
        return _node(child, names, paths, depth + 1)

    if isinstance(node, ast.BoolOp):
        tests = [inner(value) for value in node.values]
        every = isinstance(node.op, ast.And)
        return lambda values: (all if every else any)(test(values) for test in tests)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        operand = inner(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda values: not operand(values)
        return lambda values: -operand(values)
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops):
        sides = [inner(side) for side in (node.left, *node.comparators)]
        signs = [_COMPARE[type(op)] for op in node.ops]
        return lambda values: _chain([side(values) for side in sides], signs)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right, sign = inner(node.left), inner(node.right), _ARITHMETIC[type(node.op)]
        return lambda values: sign(_number(left(values)), _number(right(values)))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        value = node.value
        return lambda values: value
    if isinstance(node, ast.Name) and node.id in names:
        path = names[node.id]
        return lambda values: _known(values.get(path))
    return _refuse(node, paths)


def _refuse(node: ast.AST, paths: Sequence[str]) -> Test:
    found = ast.unparse(node)[:80]
    if isinstance(node, ast.Name | ast.Attribute):
        near = nearest(found, tuple(paths))
        raise _wrong(
            "unknown key in a condition",
            found,
            f"did you mean '{near}'?" if near else "write the key in the base case, or vary it",
        )
    raise _wrong("not allowed in a condition", found, "use only what is expected here")


def _chain(values: list[Any], signs: list[Callable[[Any, Any], bool]]) -> bool:
    return all(
        sign(left, right) for sign, left, right in zip(signs, values, values[1:], strict=False)
    )


def _known(value: Any) -> Any:
    if value is None:
        raise _Unknown
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("words have no sum")
    return value


def _wrong(headline: str, found: str, mend: str) -> ConditionError:
    return ConditionError(Problem(headline, expected=_EXPECTED, found=found, mend=mend))
