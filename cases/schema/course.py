"""What the cells do in time: their cycle, their sleep, what is given to them, what is measured."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from cases.quantity import Quantity, rejection
from cases.schema.assay_numbers import known_assays, read_numbers
from cases.schema.base import UNSET, CaseModel, Fraction, Seed
from cases.schema.mass import Mass
from cases.schema.rule import require_known

Hours = Annotated[float, Quantity("time", above=0.0, high=10_000.0)]
Moment = Annotated[float, Quantity("time", low=0.0, high=10_000.0)]
Rate = Annotated[float, Quantity("rate", low=0.0, high=100.0)]
Factor = Annotated[float, Quantity("number", low=0.0, high=1000.0)]
Stretch = Annotated[float, Quantity("number", low=1.0, high=100.0)]
Inherited = Annotated[float, Quantity("number", low=0.0, below=1.0)]
Inside = Annotated[float, Quantity("number", above=0.0, below=1.0)]
Variation = Annotated[float, Quantity("number", low=0.0, high=1.0)]
_USUAL = (24.0, 72.0, 168.0)  # h; readings where the author names none
LEAST_VARIATION = 0.1  # below it phases have more stages than are worth following


class SlowCycling(CaseModel):
    """Cells that cycle slowly, but do cycle."""

    share: Fraction = Field(
        default=0.1, examples=["10 %"], description="Share of the cells that cycle slowly."
    )
    stretch: Stretch = Field(
        default=4.0, examples=[4], description="How many times longer their G1 lasts."
    )
    inherited: Inherited = Field(
        default=0.9,
        examples=[0.9],
        description="Chance that a daughter is of her mother's kind without a new draw.",
    )


class Death(CaseModel):
    """How fast cells die by themselves."""

    cycling: Rate = Field(default=0.001, examples=["0.001 /h"], description="Of cells that cycle.")
    slow: Rate = Field(default=0.001, examples=["0.001 /h"], description="Of slow cells.")
    G0: Rate = Field(default=0.001, examples=["0.001 /h"], description="Of cells asleep.")


class Cycle(CaseModel):
    """The cell cycle."""

    G1: Hours = Field(default=16.0, examples=["16 h"], description="Mean length of G1.")
    S: Hours = Field(default=9.0, examples=["9 h"], description="Mean length of S.")
    G2M: Hours = Field(default=5.0, examples=["5 h"], description="Mean length of G2 and M.")
    restriction: Inside = Field(
        default=0.5,
        examples=[0.5],
        description="Share of G1 before the restriction point, where a cell may still fall asleep.",
    )
    variation: Variation = Field(
        default=0.3,
        examples=[0.3],
        description="Coefficient of variation of each phase: 0, or from 0.1 to 1.",
    )
    sojourn: Hours = Field(
        default=120.0, examples=["5 days"], description="Mean time that a cell stays asleep."
    )
    slow: SlowCycling = Field(
        default_factory=SlowCycling, examples=["{share: 10 %}"], description="Slow-cycling cells."
    )
    death: Death = Field(
        default_factory=Death, examples=["{G0: 0.0005 /h}"], description="Death without treatment."
    )

    @model_validator(mode="after")
    def _stages(self) -> Cycle:
        if 0.0 < self.variation < LEAST_VARIATION:
            raise rejection(
                "a variation that is too small",
                expected=f"0 for phases of a fixed length, or from {LEAST_VARIATION} to 1",
                found=f"{self.variation:g}",
                mend="write variation: 0",
                at=("variation",),
            )
        return self


class Spell(CaseModel):
    """A treatment in time: it starts, and lasts until the next one."""

    name: str = Field(examples=["chemotherapy"], max_length=60, description="What to call it.")
    start: Moment = Field(examples=["3 days"], description="When it starts.")
    kills_S: Rate = Field(
        default=0.0, examples=["0.05 /h"], description="Death that it adds to cells in S."
    )
    kills_G2M: Rate = Field(
        default=0.0, examples=["0.05 /h"], description="Death that it adds to cells in G2 and M."
    )
    kills_G1: Rate = Field(
        default=0.0, examples=["0.01 /h"], description="Death that it adds to cells in G1."
    )
    kills_G0: Rate = Field(
        default=0.0, examples=["0 /h"], description="Death that it adds to cells asleep."
    )
    waking: Factor = Field(
        default=1.0, examples=[5], description="By what the rate of waking is multiplied."
    )
    falling_asleep: Factor = Field(
        default=1.0,
        examples=[0.2],
        description="By what the rate of falling asleep is multiplied.",
    )


def _read_assays(written: Any) -> Any:
    """A list of names as names without numbers of their own."""
    if isinstance(written, list | tuple):
        return {str(name): {} for name in written}
    return written


Assays = Annotated[
    dict[str, dict[str, Any]],
    BeforeValidator(_read_assays),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": "object"}},
            ]
        }
    ),
]


class Course(CaseModel):
    """Cells in time; read by ``dormatrix assay``."""

    duration: Hours = Field(
        default=336.0, examples=["14 days"], description="How long the cells are followed."
    )
    sites: Literal["growing", "fixed"] = Field(
        default="growing",
        examples=["fixed"],
        description="growing: both daughters stay; fixed: one cell per place, as where there is no "
        "room.",
    )
    founders: Annotated[int, Quantity("number", low=1, high=1_000_000, whole=True)] = Field(
        default=2000,
        examples=[2000],
        description="Cells at the start, spread over the sites of the result.",
    )
    seed: Seed = Field(default=1, examples=[1], description="Seed of all that is left to chance.")
    cycle: Cycle = Field(
        default_factory=Cycle,
        examples=["{G1: 16 h}"],
        description="How cells cycle, sleep and die.",
    )
    room: StrictBool = Field(
        default=False,
        examples=["true"],
        description="Daughters are laid beside their mother and wait where the gel has no room.",
    )
    assays: Assays = Field(
        default=UNSET,
        min_length=1,
        examples=["[edu_pulse, ki67]", "{edu_pulse: {pulse: 4 h}, cfse: {}}"],
        description="What is measured: names, or names with numbers of their own. Default: all "
        "that are known.",
    )
    read: tuple[Hours, ...] = Field(
        default=UNSET,
        min_length=1,
        max_length=50,
        examples=["[1 day, 7 days, 14 days]"],
        description="When it is measured. Default: 1, 3, 7 days and the end.",
    )
    mass: Mass | None = Field(
        default=None,
        examples=["{clusters: 6, cells: 50, vessels: true}"],
        description="Clusters that grow until oxygen, vessels or T cells hold them. Default: none.",
    )
    treatment: tuple[Spell, ...] = Field(
        default=(),
        max_length=20,
        examples=["[{name: chemotherapy, start: 3 days, kills_S: 0.05 /h}]"],
        description="What is given when; a spell lasts until the next one starts.",
    )

    @field_validator("assays")
    @classmethod
    def _known(cls, assays: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        names = tuple(known_assays())
        for name in assays:
            require_known("assay", name, names, at=(name,))
        return {name: read_numbers(name, numbers) for name, numbers in assays.items()}

    @model_validator(mode="after")
    def _room_to_grow(self) -> Course:
        if self.room and self.sites == "fixed":
            raise rejection(
                "room where nothing grows",
                expected="room: true with sites: growing",
                found="sites: fixed",
                mend="delete room: sites that hold one cell each have no room to fill",
                at=("room",),
            )
        return self

    @model_validator(mode="after")
    def _settle(self) -> Course:
        if self.assays is None:
            self.settle(assays={name: {} for name in known_assays()})
        if self.read is None:
            usual = [moment for moment in _USUAL if moment < self.duration]
            self.settle(read=(*usual, self.duration))
        for i, moment in enumerate(self.read):
            if moment > self.duration:
                raise rejection(
                    "a reading after the end",
                    expected=f"at most {self.duration:g} h, the duration",
                    found=f"{moment:g} h",
                    mend="lengthen duration, or read earlier",
                    at=("read", i),
                )
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Course:
        starts = [spell.start for spell in self.treatment]
        for i, (start, next_start) in enumerate(itertools.pairwise(starts)):
            if not start < next_start:
                raise rejection(
                    "treatments out of order",
                    expected="each start after the one before",
                    found=f"{next_start:g} h after {start:g} h",
                    mend="put them in the order of their start",
                    at=("treatment", i + 1, "start"),
                )
        if starts and starts[-1] >= self.duration:
            raise rejection(
                "a treatment after the end",
                expected=f"a start before {self.duration:g} h",
                found=f"{starts[-1]:g} h",
                mend="lengthen duration, or start earlier",
                at=("treatment", len(starts) - 1, "start"),
            )
        return self
