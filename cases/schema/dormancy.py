"""Dormancy rule and computing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    Field,
    PrivateAttr,
    StrictBool,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from cases.quantity import Quantity, rejection
from cases.schema.base import CaseModel, Fraction, Level, Seed
from cases.schema.files import NamesFile
from cases.schema.rule import (
    admissible,
    known,
    parameter_kind,
    read_cue_lines,
    read_parameters,
    require_admissible,
    require_known,
)
from cases.schema.treatment import (
    CONTROL,
    MAX_ARMS,
    Arm,
    Conditions,
    Memory,
    PlainName,
    Treatment,
)
from cases.schema.treatment_names import require_gate, require_treatments
from cases.units import KINDS

if TYPE_CHECKING:
    from solver.coupling import Cue

Samples = Annotated[int, Quantity("number", low=16, high=65_536, whole=True)]
BandLevel = Annotated[float, Quantity("number", low=0.5, high=0.99)]
Workers = Annotated[int, Quantity("number", low=1, high=1024, whole=True)]
Order = Annotated[int, Quantity("number", low=1, high=2, whole=True)]

Overrides = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": ["number", "string", "object"]},
        }
    ),
]


class Paths(CaseModel):
    """Which of collagen's two ways to act are counted."""

    collagen_mechanics: StrictBool = Field(
        examples=["true"], default=True, description="Collagen acts by the stiffness it adds."
    )
    collagen_chemistry: StrictBool = Field(
        examples=["true"],
        default=True,
        description="Collagen acts by its receptors: I wakes, wavy III keeps asleep.",
    )


class Band(CaseModel):
    """How the uncertainty of P(dormant) is sampled."""

    samples: Samples = Field(
        examples=["256"],
        default=256,
        description="Number of parameter samples, a power of two: 16 to 65536.",
    )
    seed: Seed = Field(examples=["0"], default=0, description="Seed of the parameter samples.")
    level: BandLevel = Field(
        examples=["0.9"],
        default=0.9,
        description="Share of the samples inside the band, 0.5 to 0.99.",
    )

    @field_validator("samples")
    @classmethod
    def _require_power_of_two(cls, samples: int) -> int:
        if samples & (samples - 1):
            near = 1 << samples.bit_length() - 1
            raise rejection(
                "not a power of two",
                expected="a power of two: 128, 256, 512, ... (the samples are balanced only there)",
                found=str(samples),
                mend=f"write {near} or {2 * near}",
            )
        return samples


class CueTable(NamesFile):
    """A table of signals of the user's own."""

    columns = "cue, acts_through, acts_on, given, needs, blocked_by, direction, weight, ..."

    file: str = Field(
        examples=["my_cues.csv"],
        max_length=1000,
        description="CSV file in the folder of the case, with the columns of the table that comes "
        "along ('dormatrix rule list --csv' prints it).",
    )
    extend: StrictBool = Field(
        examples=["true"],
        default=True,
        description="true: its lines are added, and replace those of the same name; false: it "
        "stands in for the whole table.",
    )

    _lines: Any = PrivateAttr(default=())

    @model_validator(mode="after")
    def _settle(self, info: ValidationInfo) -> CueTable:
        self.find_file(self.file, info)
        self._lines = read_cue_lines(self.path, self.extend)
        return self

    @property
    def lines(self) -> tuple[Cue, ...]:
        """The table that the case works with; the one that comes along where no file is at hand."""
        return self._lines


class Dormancy(Treatment):
    """The rule from sensed stiffness to P(dormant)."""

    preset: str = Field(
        examples=["adhesive"],
        default="adhesive",
        description="Named rule: adhesive (soft gels keep asleep), confining (gels that cells "
        "cannot degrade), repopulating (tumour-repopulating cells, the opposite sign).",
    )
    gate: Literal["hill", "clutch"] = Field(
        examples=["clutch"],
        default="hill",
        description="How stiffness and ligand drive the cell: hill, a closed form; clutch, tables "
        "of a simulated molecular clutch.",
    )
    degradability: Fraction | None = Field(
        examples=["0.5"],
        default=None,
        description="How well cells can degrade the gel, 0 to 1. Default: that of the preset.",
    )
    cue_table: CueTable | None = Field(
        examples=["{file: my_cues.csv}"],
        default=None,
        description="A table of signals of your own.",
    )
    parameters: Overrides = Field(
        examples=["{E50: 2.1 kPa}"],
        default_factory=dict,
        description="Parameters of the rule that replace those of the preset: a value, or "
        "{value, low, high} to give it a band, e.g. {E50: 2.1 kPa, n: 2}. "
        "E50 and kappa50 in kPa, collagen_half in mg/mL, the others plain numbers.",
    )
    paths: Paths = Field(
        examples=["{collagen_chemistry: false}"],
        default=Paths(),
        description="Switches for collagen's mechanics and chemistry.",
    )
    uPAR: Level = Field(
        examples=["1.0"], default=1.0, description="uPAR of the cells relative to parental."
    )
    fibronectin: Level = Field(
        examples=["1.0"], default=1.0, description="Fibronectin relative to parental."
    )
    band: Band = Field(
        examples=["{samples: 256}"], default=Band(), description="Sampling of the uncertainty band."
    )
    compare: dict[PlainName, Arm] = Field(
        examples=["{FAK inhibitor: {drugs: {FAK_inhibitor: 1}}}"],
        default_factory=dict,
        max_length=MAX_ARMS,
        description="Arms to compare with the case itself on the same solved stiffness, at most "
        f"{MAX_ARMS}: {{name: what is otherwise}}.",
    )
    memory: Memory | None = Field(
        examples=["{start: asleep}"],
        default=None,
        description="Let cells remember where they have been. Default: they do not.",
    )
    sensitivity: StrictBool = Field(
        examples=["false"],
        default=True,
        description="Say which unknown matters most (Sobol indices of the mean P).",
    )
    network: StrictBool = Field(
        examples=["false"],
        default=True,
        description="Cross-check with the signalling network, at classes of cells.",
    )

    @field_validator("compare", mode="before")
    @classmethod
    def _require_other_names(cls, written: Any) -> Any:
        """Two names that differ only in blanks around them would become one arm."""
        seen: set[str] = set()
        for name in written if isinstance(written, dict) else ():
            plain = str(name).strip()
            if plain in seen or plain == CONTROL:
                raise rejection(
                    "a name that is taken",
                    expected=f"names that differ; {CONTROL!r} is the case itself",
                    found=plain,
                    mend="give the arm another name",
                    at=(name,),
                )
            seen.add(plain)
        return written

    @field_validator("preset")
    @classmethod
    def _know_preset(cls, name: str) -> str:
        require_known("preset", name, known("presets"))
        return name

    @field_validator("parameters", mode="before")
    @classmethod
    def _read_parameters(cls, parameters: Any) -> Any:
        return read_parameters(parameters) if isinstance(parameters, dict) else parameters

    @model_validator(mode="after")
    def _settle(self) -> Dormancy:
        if self.degradability is not None and "degradability" in self.parameters:
            raise rejection(
                "degradability is given twice",
                expected="degradability once",
                found="dormancy.degradability and dormancy.parameters.degradability",
                mend="delete the one under parameters",
                at=("parameters", "degradability"),
            )
        require_admissible(self.preset, self.overrides)
        require_gate(self)
        require_treatments(self)
        return self

    def cue_lines(self) -> tuple[Cue, ...]:
        """The table of signals that the case works with."""
        from solver.coupling import load_cues

        return load_cues() if self.cue_table is None else self.cue_table.lines

    def merged(self, other: Conditions) -> dict[str, dict[str, Any]]:
        """Signals, blocks and drugs of another state: the case's, replaced name by name.

        Blocks and drugs of dose 0 are left out: an arm may take one away and state its target
        otherwise. A signal of dose 0 stays, for some are there unless they are taken away.
        """
        both = {key: {**self.given[key], **other.given[key]} for key in self.given}
        return {
            key: {name: amount for name, amount in group.items() if key == "cues" or amount != 0.0}
            for key, group in both.items()
        }

    @property
    def overrides(self) -> dict[str, float | dict[str, float]]:
        """What replaces the preset's numbers, degradability among them: for ``load_preset``."""
        values = dict(self.parameters)
        if self.degradability is not None:
            values["degradability"] = self.degradability
        return values

    def overrides_under(self, preset: str) -> dict[str, float | dict[str, float]]:
        """What replaces the numbers of another preset, in an arm or in the table of presets.

        A number in which the preset differs from that of the case (the E50 of cells that stiffness
        puts to sleep, the degradability of a gel that confines) is what makes it another preset:
        there the preset's own stands. A degradability given outright is that of the gel and holds.
        """
        from solver.coupling import load_preset

        mine, other = load_preset(self.preset).table, load_preset(preset).table
        values = {
            name: value for name, value in self.overrides.items() if mine[name] == other[name]
        }
        if self.degradability is not None:
            values["degradability"] = self.degradability
        return values

    def presets_that_fit(self) -> tuple[str, ...]:
        """The presets that allow the case's numbers where they share them; its own is one."""
        return tuple(
            name for name in known("presets") if admissible(name, self.overrides_under(name))
        )

    def resolved(self) -> dict[str, Any]:
        """Return the rule as plain JSON; parameters carry their unit in the key."""
        plain = super().resolved()
        plain["parameters"] = {
            name + KINDS[parameter_kind(name)].suffix: value
            for name, value in self.parameters.items()
        }
        return plain


class Compute(CaseModel):
    """How it is computed; never what comes out, up to discretisation."""

    workers: Workers | None = Field(
        examples=["2"],
        default=None,
        description="Processes that work side by side. Default: all cores.",
    )
    template: Literal["standard", "fine"] = Field(
        examples=["standard"],
        default="standard",
        description="Mesh around each cell: standard, or fine (slower).",
    )
    element_order: Order = Field(
        examples=["2"],
        default=2,
        description="Order of the scaffold's elements: 2, or 1 (faster, too stiff).",
    )
