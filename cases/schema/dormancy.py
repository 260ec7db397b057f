"""Load, dormancy rule and computing: everything in a case that is neither shape nor ink."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, field_validator, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel, Fraction, Level, Seed
from cases.units import KINDS, QuantityError, describe, parse_quantity

Strain = Annotated[float, Quantity("number", above=0.0, high=0.3)]
Samples = Annotated[int, Quantity("number", low=16, high=65_536, whole=True)]
BandLevel = Annotated[float, Quantity("number", low=0.5, high=0.99)]
Workers = Annotated[int, Quantity("number", low=1, high=1024, whole=True)]
Order = Annotated[int, Quantity("number", low=1, high=2, whole=True)]

# Parameters of the rule that are not plain numbers.
PARAMETER_KINDS = {"E50": "pressure", "kappa50": "pressure", "collagen_half": "concentration"}


class Load(CaseModel):
    """What is done to the scaffold while the cells feel it."""

    kind: Literal["compression", "none"] = Field(
        default="compression",
        description="compression: a plate presses the scaffold onto the glass; none: it rests.",
    )
    strain: Strain = Field(
        default=UNSET,
        description="Compression relative to the height, above 0 and at most 0.3. Default: 0.05.",
    )
    plate: Literal["bonded", "frictionless"] = Field(
        default="bonded", description="Whether the plate holds the gel sideways."
    )
    substrate: Literal["glass"] = Field(
        default="glass", description="What the scaffold stands on: glass, bonded to the gel."
    )

    @model_validator(mode="after")
    def _settle(self) -> Load:
        if self.kind == "none" and self.strain is not None:
            raise rejection(
                "a strain without a load",
                expected="no strain with kind: none",
                found=f"strain {self.strain:g}",
                mend="delete strain, or write kind: compression",
                at=("strain",),
            )
        if self.strain is None:
            self.settle(strain=0.05 if self.kind == "compression" else 0.0)
        return self


class Paths(CaseModel):
    """Which of collagen's two ways to act are counted."""

    collagen_mechanics: StrictBool = Field(
        default=True, description="Collagen acts by the stiffness it adds."
    )
    collagen_chemistry: StrictBool = Field(
        default=True,
        description="Collagen acts by its receptors: I wakes, wavy III keeps asleep.",
    )


class Band(CaseModel):
    """How the uncertainty of P(dormant) is sampled."""

    samples: Samples = Field(default=256, description="Number of parameter samples.")
    seed: Seed = Field(default=0, description="Seed of the parameter samples.")
    level: BandLevel = Field(
        default=0.9, description="Share of the samples inside the band, 0.5 to 0.99."
    )


class Dormancy(CaseModel):
    """The rule from sensed stiffness to P(dormant)."""

    preset: str = Field(
        default="adhesive",
        description="Named rule: adhesive (soft gels keep asleep), confining (gels that cells "
        "cannot degrade), repopulating (tumour-repopulating cells, the opposite sign).",
    )
    degradability: Fraction | None = Field(
        default=None,
        description="How well cells can degrade the gel, 0 to 1. Default: that of the preset.",
    )
    cues: dict[str, Fraction] = Field(
        default_factory=dict, description="Signals in the medium: {name: dose}, doses 0 to 1."
    )
    block: tuple[str, ...] = Field(
        default=(), max_length=64, description="Names of receptors or kinases that are blocked."
    )
    parameters: dict[str, float] = Field(
        default_factory=dict,
        description="Parameters of the rule that replace those of the preset, e.g. "
        "{E50: 2.1 kPa, n: 2}. E50 and kappa50 in kPa, collagen_half in mg/mL.",
    )
    paths: Paths = Field(
        default=Paths(), description="Switches for collagen's mechanics and chemistry."
    )
    uPAR: Level = Field(default=1.0, description="uPAR of the cells relative to parental.")
    fibronectin: Level = Field(default=1.0, description="Fibronectin relative to parental.")
    band: Band = Field(default=Band(), description="Sampling of the uncertainty band.")

    @field_validator("preset")
    @classmethod
    def _know_preset(cls, name: str) -> str:
        _require_known("preset", name, known("presets"))
        return name

    @field_validator("cues")
    @classmethod
    def _know_cues(cls, cues: dict[str, float]) -> dict[str, float]:
        for name in cues:
            _require_known("cue", name, known("cues"), at=(name,))
        return cues

    @field_validator("block")
    @classmethod
    def _know_blocks(cls, block: tuple[str, ...]) -> tuple[str, ...]:
        for i, name in enumerate(block):
            _require_known("block", name, known("blocks"), at=(i,))
            if name in block[:i]:
                raise rejection(
                    "blocked twice",
                    expected="every name once",
                    found=name,
                    mend="delete one of the two",
                    at=(i,),
                )
        # The order of blocking does not matter: it must not make two different cases.
        return tuple(sorted(block))

    @field_validator("parameters", mode="before")
    @classmethod
    def _read_parameters(cls, parameters: Any) -> Any:
        if not isinstance(parameters, dict):
            return parameters
        values = {}
        for name, value in parameters.items():
            _require_known("parameter", name, known("parameters"), at=(name,))
            kind = PARAMETER_KINDS.get(name, "number")
            try:
                values[name] = parse_quantity(value, kind) + 0.0
            except QuantityError as error:
                raise rejection(
                    error.headline,
                    expected=error.expected,
                    found=error.found,
                    mend=error.mend,
                    at=(name,),
                ) from None
            if not 0.0 <= values[name] <= 1e6:
                raise rejection(
                    "out of range",
                    expected=f"{KINDS[kind].what} from 0 to 1e6",
                    found=describe(value),
                    mend="check the number and its unit",
                    at=(name,),
                )
        return values

    def resolved(self) -> dict[str, Any]:
        """Return the rule as plain JSON; parameters carry their unit in the key."""
        plain = super().resolved()
        plain["parameters"] = {
            name + KINDS[PARAMETER_KINDS.get(name, "number")].suffix: value
            for name, value in self.parameters.items()
        }
        return plain


class Compute(CaseModel):
    """How it is computed; never what comes out, up to discretisation."""

    workers: Workers | None = Field(
        default=None, description="Processes that work side by side. Default: all cores."
    )
    template: Literal["standard", "fine"] = Field(
        default="standard", description="Mesh around each cell: standard, or fine (slower)."
    )
    element_order: Order = Field(
        default=2, description="Order of the scaffold's elements: 2, or 1 (faster, too stiff)."
    )


def known(what: str) -> tuple[str, ...]:
    """Return the names that the dormancy rule knows: presets, cues, blocks or parameters."""
    from solver import coupling

    names: tuple[str, ...] = getattr(coupling, f"known_{what}")()
    return names


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Return the name of `names` that looks most like `name`, or ""."""
    folded = {entry.casefold(): entry for entry in names}
    if name.casefold() in folded:
        return folded[name.casefold()]
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.5)
    return folded[near[0]] if near else ""


def _require_known(
    what: str, name: str, names: tuple[str, ...], at: tuple[str | int, ...] = ()
) -> None:
    if name in names:
        return
    near = nearest(name, names)
    raise rejection(
        f"unknown {what}",
        expected="one of: " + ", ".join(names),
        found=name,
        mend=f"did you mean '{near}'?" if near else "choose one of the names above, or delete it",
        at=at,
    )
