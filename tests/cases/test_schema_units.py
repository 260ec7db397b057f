"""Quantities: every accepted spelling has the value that the SI gives it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cases.units import KINDS, QuantityError, parse_quantity


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("400 um", "length", 400.0),
        ("400um", "length", 400.0),
        ("400 µm", "length", 400.0),  # micro sign U+00B5
        ("400 μm", "length", 400.0),  # Greek mu U+03BC
        ("1.2 mm", "length", 1200.0),
        ("1e-3 m", "length", 1000.0),
        (400, "length", 400.0),
        ("400", "length", 400.0),
        ("2 mg/mL", "concentration", 2.0),
        ("2 g/L", "concentration", 2.0),
        ("2000 ug/mL", "concentration", 2.0),
        ("3 kPa", "pressure", 3.0),
        ("2500 Pa", "pressure", 2.5),
        ("1 nN/um^2", "pressure", 1.0),  # 1e-9 N / 1e-12 m² = 1e3 Pa
        ("5e5 /mL", "density", 5e5),
        ("5e5 cells/mL", "density", 5e5),
        ("500 /uL", "density", 5e5),
        ("0.5 1/mm^3", "density", 500.0),  # 1 mL = 1000 mm³
        ("9.8 mM", "molarity", 9.8),
        ("9.8 mmol/L", "molarity", 9.8),
        ("280 kDa", "chain", 280.0),
        ("280000 g/mol", "chain", 280.0),  # 1 Da per molecule is 1 g/mol
        ("2 %", "percent", 2.0),
        ("2 % w/v", "percent", 2.0),
        ("20 mg/mL", "percent", 2.0),  # 2 g / 100 mL = 20 mg/mL
        ("90 deg", "angle", 90.0),
        ("90°", "angle", 90.0),
        ("1.5707963267948966 rad", "angle", 90.0),
        ("5 %", "number", 0.05),
        (0.05, "number", 0.05),
    ],
)
def test_value(text: Any, kind: str, value: float) -> None:
    assert parse_quantity(text, kind) == pytest.approx(value, rel=1e-11)


def test_converted_values_are_canonical() -> None:
    # Not 1000.0000000000001: the same length must be the same case.
    assert parse_quantity("1 mm", "length") == 1000.0
    assert parse_quantity("0.1 mm", "length") == 100.0
    assert parse_quantity("0.3 MPa", "pressure") == 300.0


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("2 mM", "concentration", "a molar concentration"),
        ("3 kPa", "length", "a stiffness"),
        ("5 um", "pressure", "a length"),
        ("5 deg", "number", "an angle"),
        ("5 rad", "length", "an angle"),
        ("5 %", "length", "a percentage"),
        ("5 um", "number", "a length"),
        ("5 um^2", "length", "something else"),
        ("3 degC", "length", "something else"),
        ("5 /mL", "concentration", "a number of cells per volume"),
    ],
)
def test_wrong_dimension_is_named(text: str, kind: str, found: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, kind)
    assert found in caught.value.found
    assert KINDS[kind].unit in caught.value.expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "um", "nan um", "inf", "-inf um", "1e999 um", "1 2 um", "1+1 um", "2*3 um",
        "1 um; import os", "(1) um", "1 um**9999", "1 um^99", "1 (um)", "1 um if 1 else 2",
        "__import__('os').system('true')", "1 a/b/c/d/e/f/g", "1,5 um", "0x10 um",
        "9" * 100, "1 " + "u" * 60, "1 um\x00",
    ],
)  # fmt: skip
def test_nothing_is_evaluated(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_quantity(text, "length")


@pytest.mark.parametrize(
    "value", [True, None, [1], {"a": 1}, math.nan, math.inf, 10**400, -(10**400), b"1 um"]
)
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(QuantityError):
        parse_quantity(value, "length")


@pytest.mark.parametrize(("text", "near"), [("3 kpa", "kPa"), ("3 KPA", "kPa"), ("3 kPaa", "kPa")])
def test_nearest_unit(text: str, near: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, "pressure")
    assert f"'{near}'" in caught.value.mend
