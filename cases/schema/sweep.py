"""The sweep file: one case, and what is varied in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from cases.quantity import Quantity, rejection
from cases.schema.base import CaseModel
from cases.schema.cluster import ClusterOptions
from cases.schema.files import inside_file
from cases.schema.rule import nearest
from cases.schema.title import Title, slug_of
from cases.units import describe

MAX_CASES = 100_000
ZIP, LATIN, SOBOL = "zip", "latin_hypercube", "sobol"
SAMPLES = (LATIN, SOBOL)
RANGE_KEYS = ("low", "high", "count", "step", "scale")

COUNT = Quantity("number", low=1, high=MAX_CASES, whole=True)
SEED = Quantity("number", low=0, high=2**32 - 1, whole=True)
Replicates = Annotated[int, Quantity("number", low=1, high=1000, whole=True)]
Duration = Annotated[float, Quantity("duration", above=0.0, high=43_200.0)]
Memory = Annotated[float, Quantity("memory", low=0.1, high=1e5)]

# What a table holds of each case and a goal may name; cases/batch/table.py has them all.
GOALS = ("mean_p_dormant", "fraction_above_half", "mean_stiffness_kPa", "apparent_modulus_kPa")

Axes = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": ["array", "object"]},
        }
    ),
]


class Goal(CaseModel):
    """Which cases are the best."""

    highest: Literal[GOALS] | None = Field(  # type: ignore[valid-type]
        default=None, examples=["mean_p_dormant"], description="The more of this the better."
    )
    lowest: Literal[GOALS] | None = Field(  # type: ignore[valid-type]
        default=None, examples=["apparent_modulus_kPa"], description="The less of this the better."
    )

    @model_validator(mode="after")
    def _one(self) -> Goal:
        if (self.highest is None) == (self.lowest is None):
            raise rejection(
                "a goal must be one thing",
                expected="highest: or lowest:, with one of " + ", ".join(GOALS),
                found="both" if self.highest else "nothing",
                mend="for example goal: {highest: mean_p_dormant}",
            )
        return self


class Sweep(CaseModel):
    """A sweep file, read and checked as far as it goes without its base case."""

    name: Title = Field(
        examples=["how-much-collagen"],
        description="Name of the sweep and of its result folder, 1 to 100 characters. "
        "Default: the name of the file.",
    )
    base: str | None = Field(
        default=None,
        examples=["quickstart.yaml"],
        description="The case that is varied: a case file in the folder of the sweep.",
    )
    case: dict[str, Any] | None = Field(
        default=None,
        examples=["{scaffold: {kind: slab, size: [1 mm, 1 mm, 0.5 mm]}, inks: ..., cells: ...}"],
        description="The case that is varied, written out here instead of base.",
    )
    vary: Axes = Field(
        examples=["{scaffold.pitch: [0.8 mm, 1 mm, 1.2 mm]}"],
        description="What is varied: the path of a key with its values, all against all; values "
        "that step together under zip; samples under latin_hypercube or sobol.",
    )
    replicates: Replicates = Field(
        default=1,
        examples=[3],
        description="How often each case is computed, each time with other seeds of its cells "
        "and of the spots of its inks.",
    )
    skip_if: tuple[str, ...] = Field(
        default=(),
        examples=['["scaffold.layer_height > 0.9 * scaffold.strand_diameter"]'],
        description="Conditions on keys of the case; a case that meets one is left out.",
    )
    wrong_cases: Literal["refuse", "record"] = Field(
        default="refuse",
        examples=["record"],
        description="What becomes of combinations that make no valid case: the sweep is refused, "
        "or each is a failed row with its reason.",
    )
    keep: Literal["table", "sites", "all"] = Field(
        default="sites",
        examples=["table"],
        description="What is kept of each case: its row of the table, its cells as well, or all "
        "that a run leaves.",
    )
    goal: Goal | None = Field(
        default=None,
        examples=["{highest: mean_p_dormant}"],
        description="Which cases are the best. Default: both ends of mean P(dormant) are shown.",
    )
    timeout: Duration | None = Field(
        default=None,
        examples=["30 min"],
        description="How long one case may take. Default: no limit.",
    )
    memory: Memory | None = Field(
        default=None,
        examples=["4 GB"],
        description="How much memory one case may take. Default: no limit.",
    )

    cluster: ClusterOptions | None = Field(
        default=None,
        examples=["{kind: slurm, queue: short, walltime: 4 h, cores: 8}"],
        description="What to ask of a cluster's scheduler for the jobs of this sweep.",
    )

    _base_path: Path | None = PrivateAttr(default=None)

    @field_validator("skip_if", mode="before")
    @classmethod
    def _listed(cls, written: Any) -> Any:
        return (written,) if isinstance(written, str) else written

    @field_validator("vary")
    @classmethod
    def _shape(cls, vary: dict[str, Any]) -> dict[str, Any]:
        if not vary:
            raise rejection(
                "nothing is varied",
                expected="at least one path with its values",
                found="nothing",
                mend="for example vary: {scaffold.pitch: [0.8 mm, 1 mm]}",
            )
        for key, written in vary.items():
            if key == ZIP:
                _check_zip(written)
            elif key in SAMPLES:
                _check_samples(key, written)
            else:
                _check_axis(written, (key,))
        if all(method in vary for method in SAMPLES):
            raise rejection(
                "two ways of sampling",
                expected=f"{LATIN} or {SOBOL}",
                found="both",
                mend="keep one of them",
                at=(SOBOL,),
            )
        return vary

    @model_validator(mode="after")
    def _find_base(self, info: ValidationInfo) -> Sweep:
        if (self.base is None) == (self.case is None):
            raise rejection(
                "which case is varied",
                expected="base: the name of a case file beside the sweep, or case: written out",
                found="both" if self.base is not None else "neither",
                mend="for example base: quickstart.yaml",
                at=("base",) if self.base is not None else (),
            )
        folder = (info.context or {}).get("folder")
        if self.base is not None:
            with _below("base"):
                self._base_path = inside_file(self.base, folder, "", "a case file")
        return self

    @property
    def base_path(self) -> Path | None:
        """The base case's file; None where the case is written out."""
        return self._base_path

    @property
    def slug(self) -> str:
        """Folder name made from :attr:`name`."""
        return slug_of(self.name)

    @property
    def best(self) -> tuple[str, str] | None:
        """What is wanted, and whether ``highest`` or ``lowest`` of it; None where nothing is."""
        if self.goal is None:
            return None
        return (
            (self.goal.highest, "highest")
            if self.goal.highest is not None
            else (str(self.goal.lowest), "lowest")
        )


@contextmanager
def _below(*at: str | int) -> Iterator[None]:
    """Point what is rejected inside at a key below the value being validated."""
    try:
        yield
    except PydanticCustomError as error:
        said = error.context or {}
        rows = {key: str(said[key]) for key in ("headline", "expected", "found", "mend")}
        raise rejection(**rows, at=at) from None


def _check_axis(written: Any, at: tuple[str | int, ...], *, sampled: bool = False) -> None:
    """Refuse what is neither a list of values nor a range."""
    if isinstance(written, list):
        if not written:
            raise rejection(
                "an empty list", expected="at least one value", found="[]",
                mend="write the values, or delete the key", at=at,
            )  # fmt: skip
        return
    example = "{low: 1 kPa, high: 20 kPa}" if sampled else "{low: 1 kPa, high: 20 kPa, count: 5}"
    if not isinstance(written, dict):
        raise rejection(
            "one value does not vary",
            expected=f"a list of values, or a range such as {example}",
            found=describe(written),
            mend="put values in brackets, or set this key in the base case",
            at=at,
        )
    if set(written) == {"options"} and isinstance(written["options"], dict) and written["options"]:
        return
    known = ("low", "high", "scale") if sampled else RANGE_KEYS
    for key in written:
        if key not in known:
            near = nearest(str(key), known)
            raise rejection(
                "unknown key",
                expected="one of: " + ", ".join(known) + "; or options alone",
                found=str(key),
                mend=f"did you mean '{near}'?" if near else f"for example {example}",
                at=(*at, str(key)),
            )
    missing = [key for key in ("low", "high") if key not in written]
    if missing or (not sampled and ("count" in written) == ("step" in written)):
        raise rejection(
            "a range that is not complete" if missing else "how a range is stepped",
            expected="low, high" + ("" if sampled else " and either count or step"),
            found=", ".join(written) or "nothing",
            mend=f"for example {example}",
            at=at,
        )
    if written.get("scale", "linear") not in ("linear", "log"):
        raise rejection(
            "not one of the choices", expected="linear or log", found=describe(written["scale"]),
            mend="write scale: log for equal ratios", at=(*at, "scale"),
        )  # fmt: skip
    if "step" in written and written.get("scale") == "log":
        raise rejection(
            "steps on a logarithmic scale", expected="count with scale: log", found="step",
            mend="write count instead of step", at=(*at, "step"),
        )  # fmt: skip


def _check_zip(written: Any) -> None:
    """Refuse groups that cannot step together."""
    groups = written if isinstance(written, list) else [written]
    for i, group in enumerate(groups):
        at: tuple[str | int, ...] = (ZIP, i) if isinstance(written, list) else (ZIP,)
        if not isinstance(group, dict) or not group:
            raise rejection(
                "not a group of keys", expected="paths with their lists", found=describe(group),
                mend="for example zip: {cells.radius: [6 um, 8 um], cells.seed: [1, 2]}", at=at,
            )  # fmt: skip
        for path, values in group.items():
            _check_axis(values, (*at, path))


def _check_samples(method: str, written: Any) -> None:
    """Refuse samples without a number or ranges."""
    over = written.get("over") if isinstance(written, dict) else None
    if not isinstance(written, dict) or not isinstance(over, dict) or not over:
        raise rejection(
            "samples of nothing",
            expected="count, seed and over: paths with their ranges",
            found=describe(written),
            mend=f"for example {method}: {{count: 64, over: {{cells.radius: "
            "{low: 6 um, high: 10 um}}}",
            at=(method,),
        )
    for key in written:
        if key not in ("count", "seed", "over"):
            raise rejection(
                "unknown key", expected="one of: count, seed, over", found=str(key),
                mend="paths that are sampled stand under over", at=(method, str(key)),
            )  # fmt: skip
    with _below(method, "count"):
        COUNT.validate(written.get("count"))
    with _below(method, "seed"):
        SEED.validate(written.get("seed", 1))
    for path, values in over.items():
        _check_axis(values, (method, "over", path), sampled=True)
