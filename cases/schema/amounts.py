"""Doses: a number from 0 to 1, or a concentration with the one at which it acts half-maximally."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from cases.quantity import Quantity, rejection
from cases.schema.base import CaseModel
from cases.units import KINDS, QuantityError, describe, parse_quantity

Half = Literal["EC50", "IC50"]
_RELATIVE = Quantity("number", low=0.0, high=1.0)
_HILL = Quantity("number", low=0.1, high=20.0)
_KINDS = ("mass_dose", "molar_dose")
_LARGEST = 1e12  # ng/mL or nM: a kilogram per mL


class Concentration(CaseModel):
    """A dose given as a concentration: x^h / (x^h + half^h) of the full effect.

    Attributes
    ----------
    kind
        ``mass_dose`` (ng/mL) or ``molar_dose`` (nM), keys of :data:`cases.units.KINDS`.
    amount, value, low, high
        Concentration; half-maximal concentration with its range, all in that unit.
    hill
        Exponent h.
    half
        What the half-maximal concentration is called: EC50 of a signal, IC50 of an inhibitor.
    """

    kind: str
    amount: float
    value: float
    low: float
    high: float
    hill: float
    half: Half

    @property
    def unit(self) -> str:
        """Unit of all concentrations."""
        return KINDS[self.kind].unit

    def resolved(self) -> dict[str, Any]:
        """Return the dose as plain JSON with the unit in the key names."""
        suffix = KINDS[self.kind].suffix
        return {
            f"concentration{suffix}": self.amount,
            f"{self.half}{suffix}": self.value,
            f"{self.half}_low{suffix}": self.low,
            f"{self.half}_high{suffix}": self.high,
            "hill": self.hill,
        }


Amount = float | Concentration


def read_amount(written: Any, half: Half, at: tuple[str | int, ...] = ()) -> Amount:
    """Return one dose as written in a case.

    Parameters
    ----------
    written
        A number from 0 to 1, or a group of concentration, EC50 or IC50, and hill.
    half
        Which of the two names the half-maximal concentration goes by here.
    at
        Place of the dose below the value being validated.
    """
    if isinstance(written, Concentration):
        return written
    if not isinstance(written, dict):
        unit = isinstance(written, str) and _is_concentration(written)
        mend = f"write {{concentration: {written}, {half}: ...}}" if unit else ""
        return _bounded(_RELATIVE, written, at, mend)
    keys = ("concentration", half, "hill")
    for key in written:
        if key not in keys:
            raise rejection(
                "unknown key",
                expected="one of: " + ", ".join(keys),
                found=str(key),
                mend=f"write concentration and {half}, each with a unit, or one number 0 to 1",
                at=(*at, str(key)),
            )
    for key in keys[:2]:
        if key not in written:
            raise rejection(
                "a key is missing",
                expected=f"concentration and {half}: what is given, and what acts half-maximally",
                found=f"no {key}",
                mend=f"add {key}: 10 ng/mL, or write a relative dose from 0 to 1",
                at=at,
            )
    kind, amount = _concentration(written["concentration"], (*at, "concentration"), None)
    place = (*at, half)
    halves = _half(written[half], place, kind)
    hill = _bounded(_HILL, written.get("hill", 1.0), (*at, "hill"))
    return Concentration(kind=kind, amount=amount, hill=hill, half=half, **halves)


def _half(written: Any, at: tuple[str | int, ...], kind: str) -> dict[str, float]:
    """A half-maximal concentration: one number, or value with low and high."""
    group = written if isinstance(written, dict) else {"value": written}
    for key in group:
        if key not in ("value", "low", "high"):
            raise rejection(
                "unknown key",
                expected="one of: value, low, high",
                found=str(key),
                mend="write {value: 10 ng/mL, low: 5 ng/mL, high: 20 ng/mL}",
                at=(*at, str(key)),
            )
    if "value" not in group:
        raise rejection(
            "a key is missing", expected="a value", found="none", mend="add value: 10 ng/mL", at=at
        )
    numbers = {
        key: _concentration(entry, (*at, key) if group is written else at, kind)[1]
        for key, entry in group.items()
    }
    value = numbers["value"]
    low, high = numbers.get("low", value), numbers.get("high", value)
    if not 0.0 < low <= value <= high:
        raise rejection(
            "a range that cannot be",
            expected="0 < low <= value <= high",
            found=f"low {low:g}, value {value:g}, high {high:g} {KINDS[kind].unit}",
            mend="check the three numbers and their units",
            at=at,
        )
    return {"value": value, "low": low, "high": high}


def _concentration(written: Any, at: tuple[str | int, ...], kind: str | None) -> tuple[str, float]:
    """A concentration with a unit, of the given kind or, with None, of either."""
    wanted = KINDS[kind].what if kind else "a concentration, by mass or molar"
    example = KINDS[kind].examples if kind else "20 ng/mL or 5 nM"
    if not isinstance(written, str):
        raise rejection(
            "a concentration without a unit",
            expected=wanted,
            found=describe(written),
            mend=f"write the unit: {example}",
            at=at,
        )
    for candidate in (kind,) if kind else _KINDS:
        try:
            number = parse_quantity(written, candidate)
        except QuantityError as error:
            found = error
            continue
        if 0.0 <= number <= _LARGEST:
            return candidate, number + 0.0
        raise rejection(
            "out of range",
            expected=f"{wanted} from 0 to {_LARGEST:g} {KINDS[candidate].unit}",
            found=written,
            mend="check the number and its unit",
            at=at,
        )
    raise rejection(
        found.headline, expected=wanted, found=found.found, mend=f"for example {example}", at=at
    )


def _is_concentration(written: str) -> bool:
    for kind in _KINDS:
        try:
            parse_quantity(written, kind)
        except QuantityError:
            continue
        return written.strip()[-1:].isalpha()
    return False


def _bounded(quantity: Quantity, written: Any, at: tuple[str | int, ...], mend: str = "") -> float:
    try:
        return float(quantity.validate(written))
    except PydanticCustomError as error:
        rows = {key: str((error.context or {})[key]) for key in ("expected", "found", "mend")}
        rows["mend"] = mend or rows["mend"]
        raise rejection(str((error.context or {})["headline"]), at=at, **rows) from None


def _read_all(half: Half) -> Any:
    def read(written: Any) -> Any:
        if not isinstance(written, dict):
            return written  # pydantic says what is wrong with it
        return {name: read_amount(entry, half, (str(name),)) for name, entry in written.items()}

    return read


def _schema(half: Half) -> WithJsonSchema:
    number = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string"}]}
    group = {
        "type": "object",
        "properties": {
            "concentration": {"type": "string"},
            half: {"type": ["string", "object"]},
            "hill": {"type": "number"},
        },
        "required": ["concentration", half],
        "additionalProperties": False,
    }
    entry = {"anyOf": [*number["anyOf"], group]}
    return WithJsonSchema({"type": "object", "additionalProperties": entry})


CueDoses = Annotated[dict[str, Any], BeforeValidator(_read_all("EC50")), _schema("EC50")]
DrugDoses = Annotated[dict[str, Any], BeforeValidator(_read_all("IC50")), _schema("IC50")]
