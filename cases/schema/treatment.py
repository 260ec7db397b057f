"""What cells are given: signals, blocks, drugs; now, in the arms of a comparison, in the past."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from cases.quantity import Quantity, rejection
from cases.schema.amounts import CueDoses, DrugDoses, read_amount
from cases.schema.base import CaseModel, Fraction, Level

CONTROL = "control"
"""What tables call the case itself beside its arms."""
MAX_ARMS = 32
MAX_STATES = 32
Factor = Annotated[float, Quantity("number", low=1e-3, high=1e3)]


def _read_block(written: Any) -> Any:
    """A list of names is a group of full blocks."""
    if isinstance(written, list | tuple):
        full: dict[str, float] = {}
        for i, name in enumerate(written):
            if not isinstance(name, str):
                raise rejection(
                    "not a name",
                    expected="names of receptors or kinases",
                    found=str(name),
                    mend="write [FAK], or {FAK: 0.8} for a partial block",
                    at=(i,),
                )
            if name in full:
                raise rejection(
                    "blocked twice",
                    expected="every name once",
                    found=name,
                    mend="delete one of the two",
                    at=(i,),
                )
            full[name] = 1.0
        written = full
    if not isinstance(written, dict):
        raise rejection(
            "neither a list nor a group",
            expected="names that are blocked, or names with doses",
            found=str(written),
            mend="write [FAK], or {FAK: 0.8} for a partial block",
        )
    doses = {name: read_amount(entry, "IC50", (str(name),)) for name, entry in written.items()}
    # The order of blocking does not matter: it must not make two different cases.
    return dict(sorted(doses.items()))


Blocks = Annotated[
    dict[str, Any],
    BeforeValidator(_read_block),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "maxItems": 64},
                {
                    "type": "object",
                    "additionalProperties": {"type": ["number", "string", "object"]},
                },
            ]
        }
    ),
]


class Treatment(CaseModel):
    """Signals in the medium, blocks and drugs."""

    cues: CueDoses = Field(
        examples=["{TGFb2: 0.5}"],
        default_factory=dict,
        max_length=256,
        description="Signals in the medium: {name: dose}, doses 0 to 1, or {concentration, EC50, "
        "hill} where both are known. 'dormatrix rule list' names them.",
    )
    block: Blocks = Field(
        examples=["[FAK]"],
        default_factory=dict,
        max_length=64,
        description="Receptors or kinases that are blocked: a list of names, or {name: dose} with "
        "doses from 0 (none) to 1 (full), or {concentration, IC50, hill}.",
    )
    drugs: DrugDoses = Field(
        examples=["{DNaseI: 1.0}"],
        default_factory=dict,
        max_length=64,
        description="Drugs and antibodies: {name: dose}, doses 0 to 1 of their full effect, or "
        "{concentration, IC50, hill}. 'dormatrix rule list' names them.",
    )

    @property
    def given(self) -> dict[str, Mapping[str, Any]]:
        """The three groups by name."""
        return {"cues": self.cues, "block": self.block, "drugs": self.drugs}


def _require_arm(name: str) -> str:
    if not 0 < len(name.strip()) <= 60 or not name.isprintable():
        raise rejection(
            "a name that cannot be used",
            expected="1 to 60 printable characters",
            found=f"{len(name)} characters" if len(name) > 60 else name or "nothing",
            mend="choose a short plain name such as 'FAK inhibitor'",
        )
    if _FORMULA.match(name.strip()):
        raise rejection(
            "a name that a spreadsheet would take for a formula",
            expected="a name that does not begin with = or @",
            found=name,
            mend="put a letter in front: tables are opened in spreadsheets",
        )
    return name.strip()


_FORMULA = re.compile(r"[=@]|[+-].*[|!]")
PlainName = Annotated[str, AfterValidator(_require_arm)]


class Conditions(Treatment):
    """Another state of the same sites: the case, but for what is written here."""

    ligand: Level | None = Field(
        examples=["0.1"],
        default=None,
        description="Adhesive ligand, as a multiple of each ink's own. Default: 1.",
    )
    uPAR: Level | None = Field(examples=["0.3"], default=None, description="Default: the case's.")
    fibronectin: Level | None = Field(
        examples=["0"], default=None, description="Default: the case's."
    )

    def resolved(self) -> dict[str, Any]:
        """Return only what differs from the case."""
        return {key: value for key, value in super().resolved().items() if value not in (None, {})}


class Arm(Conditions):
    """One arm of a comparison."""

    preset: str | None = Field(
        examples=["confining"], default=None, description="Another preset. Default: the case's."
    )
    degradability: Fraction | None = Field(
        examples=["0.5"], default=None, description="0 to 1. Default: the case's."
    )


class PastState(Conditions):
    """A state that the cells have been through."""

    name: PlainName = Field(
        examples=["soft gel"], description="What the state is called in table and picture."
    )
    stiffness: Factor = Field(
        examples=["0.2"],
        default=1.0,
        description="Stiffness then, as a multiple of what each cell senses now, 0.001 to 1000.",
    )


class Memory(CaseModel):
    """Cells remember: what wakes them is more than what keeps them awake."""

    start: Literal["settled", "awake", "asleep"] = Field(
        examples=["asleep"],
        default="settled",
        description="Before the first state: settled in it, all awake, or all asleep.",
    )
    history: tuple[PastState, ...] = Field(
        examples=["[{name: soft gel, stiffness: 0.2}]"],
        default=(),
        max_length=MAX_STATES,
        description="States in the order in which the cells went through them, at most "
        f"{MAX_STATES}; the case itself comes last.",
    )
