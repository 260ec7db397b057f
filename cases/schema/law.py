"""How the fibres of one collagen answer to a large stretch: which law, with which numbers."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel, Fraction, Modulus
from cases.schema.rule import nearest
from cases.units import describe

if TYPE_CHECKING:
    from solver.materials.fibres import LawChoice

SmallStrain = Annotated[float, Quantity("number", low=1e-6, high=1.0)]
AnyStrain = Annotated[float, Quantity("number", low=0.0, high=1.0)]
Exponent = Annotated[float, Quantity("number", low=1e-3, high=1e4)]
Power = Annotated[float, Quantity("number", low=1.0, high=100.0)]
Critical = Annotated[float, Quantity("number", above=1.0, high=2.0)]
Share = Annotated[float, Quantity("number", above=0.0, high=1.0)]

Kind = Literal["crimped", "semi_affine", "exponential", "tension_aligned"]
KINDS: tuple[str, ...] = get_args(Kind)
# Keys of each law: name in the case, name in solver.materials.fibres.
NAMES: dict[str, dict[str, str]] = {
    "crimped": {"stiffness": "stiffness", "buckling": "buckling"},
    "semi_affine": {
        "stiffness": "stiffness",
        "buckling_strain": "buckling",
        "linear_range": "linear_range",
        "stiffening": "stiffening",
    },
    "exponential": {"stiffness": "stiffness", "k2": "k2", "buckling": "compressive"},
    "tension_aligned": {
        "stiffness": "stiffness",
        "critical_stretch": "critical_stretch",
        "exponent": "exponent",
        "hardening": "hardening",
        "width": "width",
    },
}


class Law(CaseModel):
    """The law of one fibre at large strain."""

    kind: Kind = Field(
        examples=["crimped"],
        default="crimped",
        description="crimped: straightens and buckles by its waves; semi_affine, exponential, "
        "tension_aligned: published laws of networks as they were measured.",
    )
    stiffness: Modulus | None = Field(
        examples=["5.2 kPa"],
        default=None,
        description="Stiffness of the network in kPa: 15 times its shear modulus with straight "
        "fibres (tension_aligned: that of its fibres). Default: from the recipe.",
    )
    buckling: Share = Field(
        examples=["0.1"],
        default=UNSET,
        description="crimped, exponential: share of the stiffness left to a fibre that is pushed. "
        "Default: 0.1, exponential 0.01.",
    )
    buckling_strain: SmallStrain = Field(
        examples=["0.0008"],
        default=UNSET,
        description="semi_affine: compressive strain over which a fibre loses its stiffness e-fold "
        "(d0). Default: 0.0008.",
    )
    linear_range: AnyStrain = Field(
        examples=["0.0075"],
        default=UNSET,
        description="semi_affine: strain from which a fibre stiffens. Default: 0.0075.",
    )
    stiffening: SmallStrain = Field(
        examples=["0.033"],
        default=UNSET,
        description="semi_affine: strain over which it stiffens e-fold (ds). Default: 0.033.",
    )
    k2: Exponent = Field(
        examples=["20"],
        default=UNSET,
        description="exponential: how steeply it stiffens; its stiffness grows as "
        "exp(k2 (stretch² - 1)²). Required there.",
    )
    critical_stretch: Critical = Field(
        examples=["1.02"],
        default=UNSET,
        description="tension_aligned: stretch from which fibres align. Default: 1.02.",
    )
    exponent: Power = Field(
        examples=["5"],
        default=UNSET,
        description="tension_aligned: how sharply they set in. Default: 5.",
    )
    hardening: Power = Field(
        examples=["30"],
        default=UNSET,
        description="tension_aligned: how they stiffen beyond. Default: 30.",
    )
    width: Fraction | None = Field(
        examples=["0.04"],
        default=None,
        description="tension_aligned: stretch over which they set in, above 0 and at most "
        "2 (critical_stretch - 1). Default: that.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, str):
            return _named(value)
        if not isinstance(value, dict | Law):
            raise rejection(
                "not a law",
                expected="a name, or {kind: ..., and its numbers}",
                found=describe(value),
                mend="write law: semi_affine or law: {kind: semi_affine, stiffening: 0.033}",
            )
        return value

    @model_validator(mode="after")
    def _settle(self) -> Law:
        own = tuple(NAMES[self.kind])
        for key in self.model_fields_set:
            if key not in ("kind", *own) and getattr(self, key) is not None:
                homes = [kind for kind, names in NAMES.items() if key in names]
                raise rejection(
                    f"no number of the law {self.kind}",
                    expected="with kind: " + self.kind + " one of " + ", ".join(own),
                    found=key,
                    mend=f"delete it, or write kind: {homes[0]}",
                    at=(key,),
                )
        if self.kind == "exponential" and self.k2 is None:
            raise rejection(
                "k2 is missing",
                expected="kind: exponential with k2, for no published value fits all collagens",
                found="nothing",
                mend="add k2: 20, or find it with 'dormatrix material CASE --fit DATA.csv'",
            )
        defaults = _defaults(self.kind)
        self.settle(
            **{key: defaults[key] for key in own if getattr(self, key) is None and key in defaults}
        )
        if self.kind == "tension_aligned" and self.width is not None:
            widest = 2.0 * (self.critical_stretch - 1.0)
            if not 0.0 < self.width <= widest * (1.0 + 1e-12):
                raise rejection(
                    "a width that would strain the gel at rest",
                    expected=f"above 0, at most 2 (critical_stretch - 1) = {widest:g}",
                    found=f"{self.width:g}",
                    mend="delete width",
                    at=("width",),
                )
        return self

    def resolved(self) -> dict[str, Any]:
        """Return the kind and its own numbers."""
        keys = {"kind", *NAMES[self.kind]}
        return {
            name: value
            for name, value in super().resolved().items()
            if name.removesuffix("_kPa") in keys
        }

    def choice(self) -> LawChoice:
        """Return the law for :class:`solver.materials.Collagen`."""
        numbers = {theirs: getattr(self, ours) for ours, theirs in NAMES[self.kind].items()}
        made: LawChoice = _classes()[self.kind](**numbers)
        return made

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        group = handler.resolve_ref_schema(handler(schema))
        group["allOf"] = [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {
                    "properties": {
                        key: False for key in group["properties"] if key not in ("kind", *names)
                    },
                    **({"required": ["k2"]} if kind == "exponential" else {}),
                },
            }
            for kind, names in NAMES.items()
        ]
        return {"anyOf": [{"enum": [*KINDS, *_presets()]}, group]}


def _classes() -> dict[str, Any]:
    """Return the class of each law, by its kind."""
    from solver.materials import fibres

    return {
        choice.kind: choice
        for choice in (
            fibres.CrimpedChoice,
            fibres.SemiAffineChoice,
            fibres.ExponentialChoice,
            fibres.TensionAlignedChoice,
        )
    }


def _defaults(kind: str) -> dict[str, float]:
    """Return the numbers of a law that stand where the case has none, by their name in a case."""
    numbers: dict[str, Any] = {field.name: field.default for field in fields(_classes()[kind])}
    return {
        ours: float(numbers[theirs])
        for ours, theirs in NAMES[kind].items()
        if isinstance(numbers[theirs], int | float)
    }


def _presets() -> tuple[str, ...]:
    """Return the names of published parameter sets."""
    from solver.materials.fibres import preset_names

    return preset_names()


def _named(name: str) -> dict[str, Any]:
    """Return a law written as one word: its kind, or a published set of its numbers."""
    from solver.materials.fibres import load_preset

    if name in KINDS:
        return {"kind": name}
    presets = _presets()
    if name not in presets:
        near = nearest(name, (*KINDS, *presets))
        raise rejection(
            "an unknown law",
            expected="one of: " + ", ".join((*KINDS, *presets)),
            found=name,
            mend=f"did you mean '{near}'?" if near else "see docs/case-file.md",
        )
    choice = load_preset(name).choice
    return {
        "kind": choice.kind,
        **{
            ours: getattr(choice, theirs)
            for ours, theirs in NAMES[choice.kind].items()
            if getattr(choice, theirs) is not None
        },
    }
