"""One varied key of a case: where it stands, in which unit, and the values that it takes."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from cases.errors import Problem
from cases.problems import Document, describe_path
from cases.quantity import Quantity
from cases.schema.base import find_quantity
from cases.schema.sweep import MAX_CASES
from cases.units import QuantityError, describe, parse_quantity
from cases.yaml_nodes import Node

Keys = tuple[str | int, ...]
Shown = float | int | str | bool | None
_STEP = re.compile(r"(?P<name>[^\[\]]*)(?P<index>(?:\[[1-9][0-9]{0,3}\])*)\Z")
_WITH_UNIT = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]{1,3})?)\s+(\S.{0,20})\Z")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9]+")


class AxisError(ValueError):
    """An axis that cannot be used.

    Parameters
    ----------
    problem
        What is wrong with it, without a place.
    at
        The key below the axis that is meant.
    """

    def __init__(self, problem: Problem, at: Keys = ()) -> None:
        super().__init__(problem.headline)
        self.problem, self.at = problem, at


@dataclass(frozen=True)
class Value:
    """One value of an axis: as it is written into the case, and as a table shows it.

    ``written`` is None where the key is left out, so that its default holds.
    """

    written: Any
    shown: Shown


@dataclass(frozen=True)
class Axis:
    """A key of the case that is varied.

    Parameters
    ----------
    label
        Its path as the author wrote it.
    keys
        The path, step by step.
    unit
        Of the numbers shown; "" for pure numbers and words.
    values
        What it takes; of a range that is sampled, its two ends.
    log
        Whether equal ratios count, not equal steps.
    sampled
        Whether values are drawn from between two ends.
    quantity
        What the schema says of the key; None where it says nothing of a unit.
    """

    label: str
    keys: Keys
    unit: str
    values: tuple[Value, ...]
    log: bool = False
    sampled: bool = False
    quantity: Quantity | None = None

    @property
    def numeric(self) -> bool:
        """Whether every value is a number."""
        return all(
            isinstance(value.shown, int | float) and not isinstance(value.shown, bool)
            for value in self.values
        )

    @property
    def column(self) -> str:
        """Name of its column in a table, with the unit as in all tables."""
        if not self.unit:
            return self.label
        suffix = self.quantity.suffix if self.quantity is not None else ""
        return self.label + (suffix or "_" + _NOT_A_NAME.sub("_", self.unit).strip("_"))

    def between(self, share: float) -> Value:
        """The value at a share (0 to 1) of the way from one end to the other."""
        if not (self.sampled and self.numeric and len(self.values) == 2):
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        low, high = (float(value.shown) for value in self.values)  # type: ignore[arg-type]
        number = low * (high / low) ** share if self.log else low + (high - low) * share
        if self.quantity is not None and self.quantity.whole:
            # each whole number with the same chance
            number = min(math.floor(low + (high - low + 1) * share), high)
        return self._value(number)

    def _value(self, number: float) -> Value:
        return number_value(number, self.unit, self.quantity)


def number_value(number: float, unit: str, quantity: Quantity | None) -> Value:
    """A number as it is written and shown: rounded to 12 digits, as all quantities are."""
    number = float(f"{number:.12g}") + 0.0
    if quantity is not None:
        plain = int(number) if quantity.whole and number == int(number) else number
        return Value(plain, plain)
    return Value(f"{number:.12g} {unit}" if unit else number, number)


def split_path(text: str, base: Node) -> Keys:
    """Steps of a path such as ``inks.niche.alginate.concentration`` or ``scaffold.size[1]``.

    Names of the base case may hold dots themselves: the longest that fits is taken.

    Raises
    ------
    AxisError
        If it is no path.
    """
    parts = text.split(".")
    steps: list[str | int] = []
    node: Node | None = base
    while parts:
        known = node.value if node is not None and isinstance(node.value, dict) else {}
        taken = next(
            (n for n in range(len(parts), 1, -1) if ".".join(parts[:n]) in known),
            1,
        )
        match = _STEP.match(".".join(parts[:taken]))
        del parts[:taken]
        if match is None or not match["name"]:
            raise AxisError(
                Problem(
                    "not the path of a key",
                    expected="names of keys with points between them, and [1] for the first of a "
                    "list",
                    found=text or "nothing",
                    mend="for example scaffold.pitch, inks.niche.alignment or scaffold.size[1]",
                )
            )
        steps.append(match["name"])
        node = known.get(match["name"])
        for index in re.findall(r"[0-9]+", match["index"]):
            steps.append(int(index) - 1)
            inside = node.value if node is not None and isinstance(node.value, list) else []
            node = inside[int(index) - 1] if int(index) <= len(inside) else None
    return tuple(steps)


def quantity_of(keys: Keys, document: Document) -> Quantity | None:
    """What the schema of a case says a key measures; None where it says nothing."""
    _, key, info = describe_path(keys, document)
    last = next((step for step in reversed(keys) if isinstance(step, str)), None)
    if info is None or key != last:
        return None
    return find_quantity((info.annotation, *info.metadata))


def read_axis(label: str, written: Any, document: Document, *, sampled: bool = False) -> Axis:
    """An axis from what a sweep file says of it.

    Parameters
    ----------
    label
        Path of the key.
    written
        A list of values, named options, or a range; its shape has been checked.
    document
        The base case.
    sampled
        Whether values are to be drawn.

    Raises
    ------
    AxisError
        If path or values cannot be used.
    """
    keys = split_path(label, document.source.root)
    quantity = quantity_of(keys, document)
    if isinstance(written, dict) and "options" in written:
        values = tuple(Value(value, str(name)) for name, value in written["options"].items())
        return Axis(label, keys, "", values, sampled=sampled)
    if isinstance(written, list):
        unit, values = _listed(written, quantity)
        return Axis(label, keys, unit, values, sampled=sampled, quantity=quantity)
    return _range(label, keys, written, quantity, sampled)


def _listed(written: list[Any], quantity: Quantity | None) -> tuple[str, tuple[Value, ...]]:
    """Values of a list, as numbers of one unit where they all are that."""
    endless = [entry for entry in written if isinstance(entry, float) and not math.isfinite(entry)]
    if endless:
        raise _wrong(
            "not a finite number", "finite numbers", describe(endless[0]),
            "write a number, or take it out of the list", (),
        )  # fmt: skip
    if quantity is not None:
        return quantity.unit, tuple(Value(entry, _in_unit(entry, quantity)) for entry in written)
    pairs = [_number_and_unit(entry) for entry in written]
    units = {unit for _, unit in filter(None, pairs)}
    if len(units) == 1 and all(pairs):
        shown = [pair[0] for pair in pairs if pair is not None]
        return units.pop(), tuple(map(Value, written, shown))
    return "", tuple(Value(entry, _words(entry)) for entry in written)


def _in_unit(entry: Any, quantity: Quantity) -> Shown:
    try:
        number = parse_quantity(entry, quantity.kind)
    except QuantityError:
        return _words(entry)  # a word that stands for something, or a slip that the case reports
    return int(number) if quantity.whole and number == int(number) else number


def _number_and_unit(entry: Any) -> tuple[float, str] | None:
    if isinstance(entry, int | float) and not isinstance(entry, bool):
        return float(entry), ""
    match = _WITH_UNIT.match(entry) if isinstance(entry, str) else None
    try:
        number = math.nan if match is None else float(match[1])
    except ValueError:
        return None
    return (number, match[2].strip()) if match is not None and math.isfinite(number) else None


def _words(entry: Any) -> Shown:
    """A value as a cell of a table."""
    if entry is None or isinstance(entry, str | bool | int | float):
        return entry
    return json.dumps(entry, ensure_ascii=False, separators=(", ", ": "))


def _range(
    label: str, keys: Keys, written: dict[str, Any], quantity: Quantity | None, sampled: bool
) -> Axis:
    low, unit = _end(written["low"], "low", quantity)
    high, other = _end(written["high"], "high", quantity)
    log = written.get("scale") == "log"
    if unit != other:
        raise _wrong(
            "two units in one range", f"the unit of low, {unit or 'none'}", other or "no unit",
            "write both ends in the same unit", ("high",),
        )  # fmt: skip
    if not low < high:
        raise _wrong(
            "a range that does not rise", "low below high",
            f"{describe(written['low'])} and {describe(written['high'])}",
            "exchange them, or write a list", ("low",),
        )  # fmt: skip
    if not math.isfinite(high / low if log and low > 0.0 else high - low):
        raise _wrong(
            "a range that is too wide", "ends that one may reach in finite steps",
            f"{describe(written['low'])} and {describe(written['high'])}",
            "bring the ends together", ("high",),
        )  # fmt: skip
    if log and low <= 0.0:
        raise _wrong(
            "a logarithmic range from zero", "low above 0", describe(written["low"]),
            "raise low, or leave scale out", ("low",),
        )  # fmt: skip
    if sampled:
        numbers = [low, high]
    elif "step" in written:
        numbers = _stepped(low, high, written["step"], unit, quantity)
    else:
        numbers = _spaced(low, high, written["count"], log)
    if quantity is not None and quantity.whole and any(n != round(n) for n in numbers):
        raise _wrong(
            "a range of whole numbers", "a step, or a count that meets whole numbers",
            ", ".join(f"{n:g}" for n in numbers[:4]), "write step: 1, or a list of the numbers",
            (),
        )  # fmt: skip
    values = tuple(number_value(number, unit, quantity) for number in numbers)
    return Axis(label, keys, unit, values, log=log, sampled=sampled, quantity=quantity)


def _end(written: Any, key: str, quantity: Quantity | None) -> tuple[float, str]:
    """Number and unit of one end of a range."""
    if quantity is not None:
        try:
            return parse_quantity(written, quantity.kind), quantity.unit
        except QuantityError as error:
            raise _wrong(error.headline, error.expected, error.found, error.mend, (key,)) from None
    pair = _number_and_unit(written)
    if pair is None or not math.isfinite(pair[0]):
        raise _wrong(
            "not a number", "a number, with a unit where the key has one", describe(written),
            "write a list of values for keys that are no numbers", (key,),
        )  # fmt: skip
    return pair


def _spaced(low: float, high: float, count: Any, log: bool) -> list[float]:
    import numpy as np

    if not isinstance(count, int) or isinstance(count, bool) or not 2 <= count <= MAX_CASES:
        raise _wrong(
            "how many values", f"a whole number from 2 to {MAX_CASES}", describe(count),
            "for example count: 5", ("count",),
        )  # fmt: skip
    found = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    return [float(number) for number in found]


def _stepped(
    low: float, high: float, step: Any, unit: str, quantity: Quantity | None
) -> list[float]:
    width, other = _end(step, "step", quantity)
    if width <= 0.0 or (other != unit and other):
        raise _wrong(
            "a step that goes nowhere", f"a step above 0 in the unit of low, {unit or 'none'}",
            describe(step), "for example step: 1", ("step",),
        )  # fmt: skip
    steps = (high - low) / width * (1.0 + 1e-9)
    if steps >= MAX_CASES:
        raise _wrong(
            "too many values", f"at most {MAX_CASES}", f"{steps:.6g}", "write a larger step",
            ("step",),
        )  # fmt: skip
    count = math.floor(steps) + 1
    return [low + i * width for i in range(count)]


def _wrong(headline: str, expected: str, found: str, mend: str, at: Keys) -> AxisError:
    return AxisError(Problem(headline, expected=expected, found=found, mend=mend), at)
