"""Formulas of a place: their values, and everything that is no formula."""

from __future__ import annotations

import numpy as np
import pytest

from cases.expression import ExpressionError, parse_expression

X = np.array([0.0, 100.0, 250.0, 900.0])
PLACES = {"x": X, "y": 2.0 * X, "z": np.full(4, 50.0), "r": np.hypot(X, 3.0)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x/900", X / 900),
        ("0.5 + 0.5*sin(x/300)", 0.5 + 0.5 * np.sin(X / 300)),
        ("-x + +y", X),
        ("2", np.full(4, 2.0)),
        ("1 - 2 - 3", np.full(4, -4.0)),
        ("2**3**2", np.full(4, 512.0)),
        ("-z**2", np.full(4, -2500.0)),
        ("z**-1", np.full(4, 0.02)),
        ("z**(1/2)", np.full(4, np.sqrt(50.0))),
        ("min(x, y, 100)", np.minimum(X, 100)),
        ("max(x/900, 0.5)", np.maximum(X / 900, 0.5)),
        (
            "exp(-r/200)*cos(pi*abs(x - y)/100)",
            np.exp(-PLACES["r"] / 200) * np.cos(np.pi * X / 100),
        ),
        (" sqrt(x) ", np.sqrt(X)),
    ],
)
def test_values(text: str, value: np.ndarray) -> None:
    np.testing.assert_allclose(parse_expression(text)(PLACES), value, rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing"),
        ("x +", "neither a direction nor a formula"),
        ("x; y", "neither"),
        ("x\0", "neither"),
        ("import os", "neither"),
        ("x.real", "not allowed"),
        ("().__class__.__bases__", "not allowed"),
        ("__import__('os').system('id')", "not a function"),
        ("(lambda: x)()", "not a function"),
        ("open('f')", "not a function"),
        ("exp.__call__(x)", "not a function"),
        ("sin(x=1)", "not a function"),
        ("sin(*x)", "not allowed"),
        ("sin(x, y)", "wrong number"),
        ("min(x)", "wrong number"),
        ("sin", "unknown name"),
        ("x[0]", "not allowed"),
        ("[x for x in y]", "not allowed"),
        ("x if y else z", "not allowed"),
        ("x < y", "not allowed"),
        ("x and y", "not allowed"),
        ("not x", "not allowed"),
        ("~x", "not allowed"),
        ("x // y", "not allowed"),
        ("x % y", "not allowed"),
        ("x ^ 2", r"write \*\* for a power"),
        ("True", "not allowed"),
        ("1j", "not allowed"),
        ("'x'", "not allowed"),
        ("b'x'", "not allowed"),
        ("...", "not allowed"),
        ("x := 1", "neither"),
        ("(x := 1)", "not allowed"),
        ("f'{x}'", "not allowed"),
        ("9**9**9", "an exponent"),
        ("x**17", "an exponent"),
        ("x**y", "an exponent"),
        ("x**(1/0)", "an exponent"),
        ("1e999", "too large"),
        ("9" * 199, "unknown"),
        ("+".join("x" * 101), "too long"),
        ("-" * 150 + "x", "too deep"),
        ("(" * 99 + "x" + ")" * 99, "unknown"),
        ("radius/3", "did you mean 'r'"),
        ("sine(x)", "did you mean 'sin'"),
        ("X/3", "did you mean 'x'"),
        ("\U0001d431\u0301/3", "unknown name"),
    ],
)
def test_hostile_and_wrong_text(text: str, words: str) -> None:
    if words == "unknown":  # harmless: a number, or x in many brackets
        assert np.isfinite(parse_expression(text)(PLACES)).all()
        return
    with pytest.raises(ExpressionError, match=words):
        parse_expression(text)


@pytest.mark.parametrize("text", ["1/x", "x/x", "sqrt(x - 10)", "exp(x*x)", "0*exp(9999)"])
def test_no_value_somewhere(text: str) -> None:
    with pytest.raises(ExpressionError, match="without a value"):
        parse_expression(text)(PLACES)
