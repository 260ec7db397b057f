"""Numbers of an assay that a case may set: those of its own data class, with units."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from cases.quantity import rejection
from cases.schema.rule import nearest
from cases.units import QuantityError, parse_quantity
from meshes.errors import InputError

if TYPE_CHECKING:
    from solver.assays import Assay

_HOURS = "_h"  # ends the name of a time


def known_assays() -> dict[str, Callable[[], Assay]]:
    """Assays by the name that a case gives them."""
    from solver import assays

    return assays.known_assays()


def numbers_of(name: str) -> dict[str, float]:
    """Numbers of an assay that may be set, with their defaults; times in h."""
    assay = known_assays()[name]()
    return {
        field.name.removesuffix(_HOURS): value
        for field in fields(assay)  # type: ignore[arg-type]
        for value in [getattr(assay, field.name)]
        if isinstance(value, float) and math.isfinite(value)
    }


def read_numbers(name: str, written: dict[str, Any]) -> dict[str, float]:
    """Numbers of an assay as plain floats; what the assay itself refuses is refused here.

    Parameters
    ----------
    name
        A known assay.
    written
        Key to a number or a quantity.
    """
    known = tuple(numbers_of(name))
    times = {field.name for field in fields(known_assays()[name]())}  # type: ignore[arg-type]
    found: dict[str, float] = {}
    for key, value in written.items():
        if key not in known:
            near = nearest(str(key), known)
            raise rejection(
                "unknown key",
                expected="one of: " + ", ".join(known),
                found=str(key),
                mend=f"did you mean '{near}'?" if near else "docs/assays.md lists every number",
                at=(name, str(key)),
            )
        kind = "time" if key + _HOURS in times else "number"
        try:
            found[key] = parse_quantity(value, kind)
        except QuantityError as error:
            raise rejection(
                error.headline,
                expected=error.expected,
                found=error.found,
                mend=error.mend,
                at=(name, key),
            ) from None
    try:
        make_assay(name, found)
    except InputError as error:
        raise rejection(
            "a number that the assay cannot use",
            expected=str(error.args[0]),
            found=", ".join(f"{key}: {value:g}" for key, value in found.items()),
            mend=error.hint or "docs/assays.md lists every number",
            at=(name,),
        ) from None
    return found


def make_assay(name: str, numbers: dict[str, float]) -> Assay:
    """An assay with some numbers of its own.

    Raises
    ------
    InputError
        If it cannot use them.
    """
    assay = known_assays()[name]()
    own = {field.name for field in fields(assay)}  # type: ignore[arg-type]
    values = {key + _HOURS if key + _HOURS in own else key: value for key, value in numbers.items()}
    return replace(assay, **values)  # type: ignore[type-var]
