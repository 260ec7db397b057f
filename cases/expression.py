"""Formulas of a place that a case may hold: a few names, operators and functions, nothing else.

The text is read by Python's own grammar and every node of its tree is checked against a list; what
is not on it is refused. Nothing of Python is ever run: the checked tree is walked with NumPy.
"""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Value = NDArray[np.float64] | float
    Node = Callable[[Mapping[str, NDArray[np.float64]]], Value]

AXES = ("x", "y", "z", "radius")
PLACES = ("x", "y", "z", "r")
# Function: fewest and most arguments.
FUNCTIONS = {
    "sin": (1, 1), "cos": (1, 1), "exp": (1, 1), "sqrt": (1, 1), "abs": (1, 1),
    "min": (2, 8), "max": (2, 8),
}  # fmt: skip
MAX_LENGTH = 200
MAX_DEPTH = 24
MAX_EXPONENT = 16.0
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
}  # fmt: skip
_ALLOWED = (
    "x, y, z (um from the corner of the body), r (um from its axis), pi, numbers, + - * / ** "
    "and " + ", ".join(FUNCTIONS)
)


class ExpressionError(ValueError):
    """A formula that cannot be used: the rows of a message, see :class:`cases.errors.Problem`."""

    def __init__(self, headline: str, *, expected: str = _ALLOWED, found: str, mend: str) -> None:
        super().__init__(f"{headline}: {found}; {mend}")
        self.headline, self.expected, self.found, self.mend = headline, expected, found, mend


@dataclass(frozen=True, eq=False)
class Expression:
    """A checked formula of x, y, z and r; made by :func:`parse_expression`."""

    text: str
    _root: Node

    def __call__(self, places: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Values ``(n,)``.

        Parameters
        ----------
        places
            ``x``, ``y``, ``z`` and ``r``, ``(n,)`` each, µm.

        Raises
        ------
        ExpressionError
            Where the formula has no finite value, naming the first such place.
        """
        import numpy as np

        with np.errstate(all="ignore"):
            found = np.broadcast_to(self._root(places), places["x"].shape).astype(np.float64)
        bad = ~np.isfinite(found)
        if bad.any():
            first = int(np.argmax(bad))
            where = ", ".join(f"{name} = {places[name][first]:.4g}" for name in PLACES)
            raise ExpressionError(
                "a formula without a value",
                expected="a finite number everywhere in the box around the body",
                found=f"{found[first]} at {where} um in: {self.text}",
                mend="keep roots of negative numbers, divisions by 0 and huge exponents out",
            )
        return found


def parse_expression(text: str) -> Expression:
    """Check a formula.

    Parameters
    ----------
    text
        At most 200 characters, nested at most 24 deep, exponents plain numbers up to 16.

    Raises
    ------
    ExpressionError
        Naming what is not allowed, and the nearest name that is.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            "a formula that is too long",
            expected=f"at most {MAX_LENGTH} characters",
            found=f"{len(text)} characters",
            mend="simplify it",
        )
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(
            "neither a direction nor a formula",
            expected="x, y, z or radius; or a formula of " + _ALLOWED,
            found=text or "nothing",
            mend="for example x, or 0.5 + 0.5*sin(x/300)",
        ) from None
    return Expression(text, _node(tree.body, 1))


def _node(node: ast.AST, depth: int) -> Node:
    """Turn one checked node of the tree into a function of the places."""
    if depth > MAX_DEPTH:
        raise ExpressionError(
            "a formula that is nested too deep",
            expected=f"at most {MAX_DEPTH} levels",
            found="more than that",
            mend="simplify it",
        )
    number = node.value if isinstance(node, ast.Constant) else None
    if isinstance(number, int | float) and not isinstance(number, bool):
        return _constant(number)
    if isinstance(node, ast.Name):
        return _name(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        inner = _node(node.operand, depth + 1)
        return inner if isinstance(node.op, ast.UAdd) else lambda places: -inner(places)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _power(node, depth)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _node(node.left, depth + 1), _node(node.right, depth + 1)
        return _applied(_OPERATORS[type(node.op)], (left, right))
    if isinstance(node, ast.Call):
        return _call(node, depth)
    power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor)
    raise ExpressionError(
        "not allowed in a formula",
        found=ast.unparse(node)[:80],
        mend="write ** for a power" if power else "use only what is expected here",
    )


def _constant(value: float) -> Node:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ExpressionError(
            "a number that is too large", expected="a finite number", found="1e308 or more",
            mend="check it",
        )  # fmt: skip
    return lambda places: number


def _name(name: str) -> Node:
    if name == "pi":
        return _constant(math.pi)
    if name not in PLACES:
        # 'radius' is a direction of its own; within a formula the same goes by r
        near = "r" if name == "radius" else _nearest(name, (*PLACES, "pi", *FUNCTIONS))
        raise ExpressionError(
            "unknown name in a formula",
            found=name[:80],
            mend=f"did you mean '{near}'?" if near else "use only what is expected here",
        )
    return lambda places: places[name]


def _power(node: ast.BinOp, depth: int) -> Node:
    base, exponent = _node(node.left, depth + 1), _node(node.right, depth + 1)
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            value = float(exponent({}))
    except KeyError:
        value = math.inf  # it depends on the place
    except (OverflowError, ZeroDivisionError):
        value = math.nan
    if not abs(value) <= MAX_EXPONENT:
        raise ExpressionError(
            "an exponent that cannot be used",
            expected=f"a plain number from {-MAX_EXPONENT:g} to {MAX_EXPONENT:g}",
            found=ast.unparse(node.right)[:80],
            mend="write exp(...) for a power that depends on the place",
        )
    return _applied("power", (base, lambda places: value))


def _call(node: ast.Call, depth: int) -> Node:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS or node.keywords:
        near = _nearest(name, tuple(FUNCTIONS))
        raise ExpressionError(
            "not a function of formulas",
            expected=", ".join(FUNCTIONS),
            found=ast.unparse(node.func)[:80],
            mend=f"did you mean '{near}'?" if near else "use only what is expected here",
        )
    fewest, most = FUNCTIONS[name]
    if not fewest <= len(node.args) <= most:
        raise ExpressionError(
            "the wrong number of values for a function",
            expected=f"{name} of {fewest}" + (f" to {most} values" if most > fewest else " value"),
            found=f"{len(node.args)}",
            mend="check the commas",
        )
    arguments = tuple(_node(argument, depth + 1) for argument in node.args)
    return _applied({"min": "minimum", "max": "maximum"}.get(name, name), arguments)


def _applied(name: str, arguments: tuple[Node, ...]) -> Node:
    """A NumPy function of nodes; those of two values are folded over more."""

    def apply(places: Mapping[str, NDArray[np.float64]]) -> Value:
        import numpy as np

        function, values = getattr(np, name), [argument(places) for argument in arguments]
        found = function(values[0]) if len(values) == 1 else values[0]
        for value in values[1:]:
            found = function(found, value)
        return found  # type: ignore[no-any-return]

    return apply


def _nearest(name: str, names: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.casefold()[:40], names, n=1, cutoff=0.5)
    return near[0] if near else ""
