"""Quantities with units, as they are written in a case file.

Number and unit are parted by a strict pattern and only the *unit* is shown to pint: nothing a
user writes is ever evaluated. Pint is imported when the first unit is met, not before.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_LENGTH = 64
_COMMA = re.compile(r"\s*[-+]?\d+,\d+(?:\s|$|[A-Za-z%/µμ])")
_QUANTITY = re.compile(
    r"\s*(?P<number>[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)\s*(?P<unit>.*?)\s*\Z"
)
# Names joined by one sign, each perhaps with a one-digit power: mg/mL, 1/mL, nN/um^2, mL^-1.
_NAME = r"(?:[A-Za-zµμ]{1,20}|°|%)(?:(?:\^|\*\*)?-?[1-9])?"
_UNIT = re.compile(rf"(?:1?/)?{_NAME}(?:\s?[/*·.\s]\s?{_NAME}){{0,3}}\Z")
_CELLS = re.compile(r"cells?\s*(?=/)")


@dataclass(frozen=True)
class Kind:
    """What a number measures.

    Parameters
    ----------
    what
        Name for messages: ``a length``.
    unit
        Unit of a bare number, which is also the unit kept inside; "" for a pure number.
    suffix
        How the unit ends a key in ``case.json``: ``_um``.
    examples
        Spellings shown to the user where the key itself has no example.
    dimension
        What pint calls the dimension; "" where `also` alone says what is accepted.
    also
        Further spellings with their factor to `unit`, where pint's dimensions do not help.
    """

    what: str
    unit: str
    suffix: str
    examples: str
    dimension: str = ""
    also: tuple[tuple[str, float], ...] = ()


_PERCENT_OF_ONE = (("%", 0.01), ("percent", 0.01))
KINDS: dict[str, Kind] = {
    "number": Kind("a number", "", "", "0.6 or 60 %", also=_PERCENT_OF_ONE),
    "length": Kind("a length", "um", "_um", "400 um or 1.2 mm", "[length]"),
    "pressure": Kind(
        "a stiffness", "kPa", "_kPa", "3 kPa or 2500 Pa", "[mass] / [length] / [time] ** 2"
    ),
    "concentration": Kind(
        "a mass concentration", "mg/mL", "_mg_mL", "2.4 mg/mL", "[mass] / [length] ** 3"
    ),
    "molarity": Kind("a molar concentration", "mM", "_mM", "9.8 mM", "[substance] / [length] ** 3"),
    # what is given to cells: drugs and signals are dosed a million times thinner than polymers
    "mass_dose": Kind(
        "a mass concentration", "ng/mL", "_ng_mL", "20 ng/mL", "[mass] / [length] ** 3"
    ),
    "molar_dose": Kind(
        "a molar concentration", "nM", "_nM", "50 nM", "[substance] / [length] ** 3"
    ),
    "density": Kind(
        "a number of cells per volume", "/mL", "_per_mL", "5e5 /mL", "1 / [length] ** 3"
    ),
    "chain": Kind(
        "a molar mass",
        "kDa",
        "_kDa",
        "280 kDa",
        "[mass]",
        (("g/mol", 1e-3), ("kg/mol", 1.0)),
    ),
    # 1 % w/v is 1 g in 100 mL, that is 10 mg/mL; 1 g/L is the same as 1 mg/mL.
    "percent": Kind(
        "a percentage by weight per volume",
        "%",
        "_percent",
        "2 % (2 g per 100 mL)",
        also=(
            ("%", 1.0),
            ("percent", 1.0),
            ("% w/v", 1.0),
            ("% (w/v)", 1.0),
            ("mg/mL", 0.1),
            ("mg/ml", 0.1),
            ("g/L", 0.1),
            ("g/l", 0.1),
        ),
    ),
    # of cells in time: phases of the cycle, days in culture, how fast something happens
    "time": Kind("a time", "h", "_h", "16 h or 14 days", "[time]"),
    "rate": Kind("a rate", "/h", "_per_h", "0.02 /h or 0.5 /day", "1 / [time]"),
    # of a sweep: how long a case may take, and how much memory
    "duration": Kind("a time", "min", "_min", "30 min or 2 h", "[time]"),
    "memory": Kind(
        "an amount of memory",
        "GB",
        "_GB",
        "4 GB",
        also=(("GB", 1.0), ("MB", 1e-3), ("GiB", 1.073741824), ("MiB", 1.048576e-3)),
    ),
    "angle": Kind(
        "an angle",
        "deg",
        "_deg",
        "90 deg",
        also=(
            ("deg", 1.0),
            ("degree", 1.0),
            ("degrees", 1.0),
            ("°", 1.0),
            ("rad", 180.0 / math.pi),
        ),
    ),
}
_COMMON = tuple(
    [
        "um",
        "µm",
        "microns",
        "nm",
        "mm",
        "cm",
        "m",
        "kPa",
        "Pa",
        "MPa",
        "GPa",
        "nN/um^2",
        "mg/mL",
        "g/L",
        "ug/mL",
        "ng/mL",
        "mM",
        "uM",
        "nM",
        "M",
        "/mL",
        "/uL",
        "/L",
        "/mm^3",
        "kDa",
        "Da",
        "deg",
        "%",
    ]
)


class QuantityError(ValueError):
    """A text that is not the quantity asked for.

    Parameters
    ----------
    headline, expected, found, mend
        The rows of the message, see :class:`cases.errors.Problem`.
    """

    def __init__(self, headline: str, expected: str, found: str, mend: str) -> None:
        super().__init__(f"{headline}: expected {expected}, found {found}")
        self.headline, self.expected, self.found, self.mend = headline, expected, found, mend


def parse_quantity(value: Any, kind: str) -> float:
    """Return `value` as a plain float in the kind's own unit.

    Parameters
    ----------
    value
        A number, taken to be in the kind's own unit, or text such as ``"400 um"``.
    kind
        A key of :data:`KINDS`.

    Returns
    -------
    float
        Rounded to 12 significant digits where a unit was converted, so that ``1 mm`` and
        ``1000 um`` are the same case.

    Raises
    ------
    QuantityError
        Not a finite number, an unknown unit, or a unit of another kind.
    """
    want = KINDS[kind]
    expected = want.what
    mend = f"for example {want.examples}"
    if want.unit:
        expected += f"; a bare number means {want.unit}"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise QuantityError("not a quantity", expected, describe(value), mend)
    if isinstance(value, str):
        if len(value) > MAX_LENGTH:
            raise QuantityError("the text is too long for a quantity", expected, value, mend)
        match = _QUANTITY.match(value)
        if _COMMA.match(value):
            mend = f"use a decimal point: {value.strip().replace(',', '.', 1)}"
            raise QuantityError("a decimal comma", expected, value, mend)
        if not match:
            raise QuantityError("not a quantity", expected, value, mend)
        unit = match["unit"]
        number = float(match["number"])
        factor = _factor(unit, want, value, expected) if unit else 1.0
    else:
        # An integer beyond the range of floats is as hostile as an infinite one.
        number = float(value) if abs(value) < 1e300 or value != value else math.inf
        factor = 1.0
    result = number * factor
    if not math.isfinite(result):
        raise QuantityError("not a finite number", expected, describe(value), mend)
    return result if factor == 1.0 else float(f"{result:.12g}")


def describe(value: Any) -> str:
    """Return what was found, in words where the value itself says nothing."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a group of keys: " + ", ".join(str(key) for key in value)
    if isinstance(value, list | tuple):
        return "a list: [" + ", ".join(describe(entry) for entry in value[:8]) + "]"
    if isinstance(value, float) and math.isnan(value):
        return "NaN (not a number)"
    if isinstance(value, int) and abs(value) >= 10**40:
        return "a whole number of more than 40 digits"
    return str(value)


def _factor(unit: str, want: Kind, value: str, expected: str) -> float:
    """Return the factor from `unit` to the kind's own unit."""
    for spelling, factor in want.also:
        if unit == spelling:
            return factor
    plain = _CELLS.sub("", unit) if want.unit == "/mL" else unit
    if unit == want.unit or plain == want.unit:
        return 1.0
    text = f"1{plain}" if plain.startswith("/") else plain
    if not _UNIT.match(plain):
        raise QuantityError(
            "not a unit", expected, value, f"write a number and a unit: {want.examples}"
        )
    registry = _registry()
    try:
        found = registry.Quantity(1.0, registry.parse_units(text))
    except Exception:  # pint answers malformed units with errors of many classes
        near = _nearest_unit(unit)
        mend = f"did you mean '{near}'?" if near else f"for example {want.examples}"
        raise QuantityError("unknown unit", expected, value, mend) from None
    if not want.dimension or dict(found.dimensionality) != dict(
        registry.get_dimensionality(want.dimension)
    ):
        raise QuantityError(
            "wrong kind of unit",
            f"{want.what} in {want.unit}" if want.unit else want.what,
            f"{value} ({_kind_of(unit, found, registry)})",
            f"for example {want.examples}",
        )
    return float(found.to(f"1{want.unit}" if want.unit.startswith("/") else want.unit).magnitude)


def _nearest_unit(unit: str) -> str:
    by_fold = {spelling.casefold(): spelling for spelling in _COMMON}
    if unit.casefold() in by_fold:
        return by_fold[unit.casefold()]
    near = difflib.get_close_matches(unit, _COMMON, n=1, cutoff=0.5)
    return near[0] if near else ""


def _kind_of(unit: str, found: Any, registry: Any) -> str:
    if unit in dict(KINDS["angle"].also):
        return KINDS["angle"].what
    if unit in dict(_PERCENT_OF_ONE):
        return "a percentage"
    for kind in KINDS.values():
        if kind.dimension and dict(found.dimensionality) == dict(
            registry.get_dimensionality(kind.dimension)
        ):
            return kind.what
    if found.dimensionless:
        return "a number"
    return "measures something else"


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()
