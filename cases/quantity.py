"""A number of one kind within bounds: the annotation that model fields carry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError, core_schema

from cases.units import KINDS, QuantityError, describe, parse_quantity


@dataclass(frozen=True)
class Quantity:
    """Annotation of a model field: a number of one kind, within bounds.

    Parameters
    ----------
    kind
        A key of :data:`KINDS`.
    low, high
        Bounds in the kind's own unit, both allowed.
    above, below
        Bounds in the kind's own unit that are themselves not allowed; override `low`, `high`.
    whole
        Only whole numbers are allowed, and an int is returned.
    """

    kind: str = "number"
    low: float = -math.inf
    high: float = math.inf
    above: float | None = None
    below: float | None = None
    whole: bool = False

    @property
    def unit(self) -> str:
        """Unit of a bare number; "" for pure numbers."""
        return KINDS[self.kind].unit

    @property
    def suffix(self) -> str:
        """Ending of the key in ``case.json``."""
        return KINDS[self.kind].suffix

    @property
    def bounds(self) -> str:
        """The bounds in words: ``above 0, at most 0.3`` or ``from 0 to 1``."""
        unit = f" {self.unit}" if self.unit else ""
        closed = self.above is None and self.below is None
        if closed and math.isfinite(self.low) and math.isfinite(self.high):
            return f"from {_shown(self.low)} to {_shown(self.high)}{unit}"
        words = []
        if self.above is not None:
            words.append(f"above {_shown(self.above)}{unit}")
        elif math.isfinite(self.low):
            words.append(f"at least {_shown(self.low)}{unit}")
        if self.below is not None:
            words.append(f"below {_shown(self.below)}{unit}")
        elif math.isfinite(self.high):
            words.append(f"at most {_shown(self.high)}{unit}")
        return ", ".join(words)

    def validate(self, value: Any) -> float | int:
        """Return `value` in the kind's own unit or raise with expected, found and mend."""
        try:
            number = parse_quantity(value, self.kind)
        except QuantityError as error:
            raise rejection(
                error.headline, expected=error.expected, found=error.found, mend=error.mend
            ) from None
        low = number > self.above if self.above is not None else number >= self.low
        high = number < self.below if self.below is not None else number <= self.high
        if not (low and high):
            side = "too small" if not low else "too large"
            what = "a whole number" if self.whole else KINDS[self.kind].what
            raise rejection(
                side,
                expected=f"{what} {self.bounds}",
                found=self._found(value, number),
                mend="check the number" + (" and its unit" if self.unit else ""),
            )
        if self.whole:
            if number != int(number):
                raise rejection(
                    "not a whole number",
                    expected=f"a whole number {self.bounds}",
                    found=describe(value),
                    mend=f"write {round(number)}",
                )
            return int(number)
        # -0.0 and 0.0 must not make two different cases.
        return number + 0.0

    def _found(self, value: Any, number: float) -> str:
        """Say what was read where the text does not say it in the kind's own unit."""
        if not isinstance(value, str):
            return describe(value) + (f" (read as {self.unit})" if self.unit else "")
        if self.unit and value.rstrip().endswith(self.unit):
            return value
        return f"{value} = {number:g} {self.unit}".rstrip()

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        number: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        if self.above is not None:
            number["exclusiveMinimum"] = self.above
        elif math.isfinite(self.low):
            number["minimum"] = self.low
        if self.below is not None:
            number["exclusiveMaximum"] = self.below
        elif math.isfinite(self.high):
            number["maximum"] = self.high
        if self.whole:
            return number
        text = {"type": "string", "pattern": r"^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*\S.*$"}
        return {"anyOf": [number, text]}


def _shown(bound: float) -> str:
    return f"{bound:.0f}" if bound == int(bound) and abs(bound) < 1e7 else f"{bound:g}"


def rejection(
    headline: str,
    *,
    expected: str = "",
    found: str = "",
    mend: str = "",
    at: tuple[str | int, ...] = (),
) -> PydanticCustomError:
    """Return the error a validator raises; :mod:`cases.problems` turns it into a problem.

    Parameters
    ----------
    headline, expected, found, mend
        The rows of the message, see :class:`cases.errors.Problem`.
    at
        Path of the faulty key below the value being validated.
    """
    # The headline is data, never a format template: braces in it must stay as they are.
    return PydanticCustomError(
        "case",
        "{headline}",
        {"headline": headline, "expected": expected, "found": found, "mend": mend, "at": list(at)},
    )
