"""What all parts of a case have in common: frozen, no unknown keys, every default in the open."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from cases.quantity import Quantity, rejection


class CaseModel(BaseModel):
    """Base of every group of keys in a case file.

    Numbers are plain floats in the unit of :class:`cases.units.Quantity`; a field that the author
    may leave out and whose default depends on other keys is filled in during validation, so that
    a validated model never holds an unresolved default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    # Keys that are other spellings of a resolved key: accepted, never reported.
    spellings: ClassVar[frozenset[str]] = frozenset()

    def settle(self, **values: Any) -> None:
        """Fill in defaults that follow from other keys; only validators may call this."""
        # Frozen is a promise to readers; the object is still being made here.
        self.__dict__.update(values)

    def resolved(self) -> dict[str, Any]:
        """Return the model with every default, as plain JSON with units in the key names."""
        plain: dict[str, Any] = {}
        for name, info in type(self).model_fields.items():
            if name in self.spellings:
                continue
            quantity = find_quantity((info.annotation, *info.metadata))
            plain[name + (quantity.suffix if quantity else "")] = to_plain(getattr(self, name))
        return plain


def to_plain(value: Any) -> Any:
    """Return models as dicts and tuples as lists; everything else as it is."""
    if isinstance(value, CaseModel):
        return value.resolved()
    if isinstance(value, dict):
        return {key: to_plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [to_plain(entry) for entry in value]
    return value


def find_quantity(parts: Iterable[Any]) -> Quantity | None:
    """Return the quantity that an annotation carries: ``tuple[Length, Length]`` is a length."""
    for part in parts:
        if isinstance(part, Quantity):
            return part
        inner = typing.get_args(part)
        if inner and typing.get_origin(part) is not dict:
            found = find_quantity(inner)
            if found is not None:
                return found
    return None


def _require_name(name: str) -> str:
    fits = 0 < len(name) <= 40 and (name[0].isalnum() or name[0] == "_")
    if not fits or not all(sign.isalnum() or sign in "_-.+" for sign in name):
        raise rejection(
            "a name that cannot be used",
            expected="1 to 40 letters, digits or _ - . + (no spaces), beginning with a letter",
            found=name,
            mend="choose a short plain name such as 'niche' or 'collagen-I'",
        )
    return name


# Default of fields that a validator always fills in: their type promises a value.
UNSET: Any = None

InkName = Annotated[str, AfterValidator(_require_name)]

# Lengths: nothing printable or visible lies outside 1 µm .. 0.5 m; fibrils and waves are finer.
Length = Annotated[float, Quantity("length", low=1.0, high=5e5)]
FineLength = Annotated[float, Quantity("length", low=1e-3, high=1e4)]
Angle = Annotated[float, Quantity("angle", low=-360.0, high=360.0)]
Modulus = Annotated[float, Quantity("pressure", low=1e-3, high=1e6)]
Fraction = Annotated[float, Quantity("number", low=0.0, high=1.0)]
Level = Annotated[float, Quantity("number", low=0.0, high=100.0)]
Seed = Annotated[int, Quantity("number", low=0, high=2**32 - 1, whole=True)]
