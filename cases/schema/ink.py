"""A bioink: a recipe, or one that changes gradually into another through the printed body."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from cases.expression import AXES, ExpressionError, parse_expression
from cases.quantity import Quantity, rejection
from cases.schema.base import CaseModel
from cases.schema.recipe import Recipe

DEFAULT_LEVELS = 12
Levels = Annotated[int, Quantity("number", low=2, high=64, whole=True)]
# An editor must not ask here for keys that stand in the first recipe already.
_PARTIAL = {"type": "object", "propertyNames": {"enum": list(Recipe.model_fields)}}


class Gradient(CaseModel):
    """A second recipe, and how the first changes into it."""

    along: str = Field(
        examples=["x"],
        max_length=1000,
        description="Along what: x, y, z or radius, from 0 to 1 across the printed body; or an "
        "expression in x, y, z (um from its corner), r (um from its axis) and pi, clipped to 0 to "
        "1: 0.5 + 0.5*sin(x/300).",
    )
    to: Annotated[Recipe, WithJsonSchema(_PARTIAL)] = Field(
        examples=["{collagen_I: {concentration: 0.6 mg/mL}}"],
        description="The recipe at 1, written like an ink; what is not written stays.",
    )
    levels: Levels = Field(
        examples=["12"],
        default=DEFAULT_LEVELS,
        description="In how many steps it is resolved, 2 to 64.",
    )

    @model_validator(mode="after")
    def _settle(self) -> Gradient:
        if self.along in AXES:
            return self
        try:
            parse_expression(self.along)
        except ExpressionError as error:
            raise rejection(
                error.headline,
                expected=error.expected,
                found=error.found,
                mend=error.mend,
                at=("along",),
            ) from None
        return self


class Ink(Recipe):
    """One bioink."""

    gradient: Gradient | None = Field(
        examples=["{along: x, to: {alignment: 0}}"],
        default=None,
        description="A recipe into which this one changes gradually, and along what. Default: the "
        "same recipe everywhere.",
    )

    @model_validator(mode="wrap")
    @classmethod
    def _grade(
        cls, data: Any, handler: ModelWrapValidatorHandler[Ink], info: ValidationInfo
    ) -> Ink:
        gradient = data.get("gradient") if isinstance(data, dict) else None
        if not isinstance(gradient, dict) or not isinstance(gradient.get("to"), dict):
            return handler(data)
        plain = {key: value for key, value in data.items() if key != "gradient"}
        first = handler(plain)  # its faults are told once, not again for the second recipe
        whole = handler({**data, "gradient": {**gradient, "to": merged(plain, gradient["to"])}})
        assert whole.gradient is not None
        if {**whole.gradient.to.resolved(), "gradient": None} == first.resolved():
            raise rejection(
                "a gradient that leads nowhere",
                expected="a second recipe that differs from the first",
                found="the same in both",
                mend="write what changes, e.g. to: {alignment: 0}; or delete gradient",
                at=("gradient", "to"),
            )
        return whole


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return groups of keys with those of another written over them, however deep."""
    both = dict(first)
    for key, value in second.items():
        before = both.get(key)
        both[key] = (
            merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
        )
    return both
