"""The ``cluster:`` section of a sweep file: what to ask of the scheduler of a cluster."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from cases.quantity import Quantity, rejection
from cases.schema.base import UNSET, CaseModel

MEMORY_PER_CORE = 4.0  # GB, what nodes commonly have; assumption
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,@:+-]{0,99}")
_OPTION = re.compile(r"-{1,2}[A-Za-z][A-Za-z0-9_.,@:+*/=\[\]& -]{0,199}")
# What loads software and nothing else: a sweep file that came by mail must not run its own shell.
_SETUP = re.compile(
    r"(?:module|ml|spack|source|\.|conda|mamba|micromamba|export)"
    r"(?: +[A-Za-z0-9_./:=+,@~\"'-]*(?:\$(?:\{\w+\}|\w+)[A-Za-z0-9_./:=+,@~\"'-]*)*)+"
)
# What a job must keep to be submitted, stopped and collected as written.
_OURS = re.compile(
    r"--?(?:array|a|chdir|D|cpus-per-task|c|dependency|d|error|e|export|job-name|J|mem|nodes|N"
    r"|ntasks|n|open-mode|output|o|parsable|requeue|no-requeue|signal|time|t|wait|W|wrap)(?:[ =]|$)"
)


def _require_word(word: str) -> str:
    if not _WORD.fullmatch(word):
        raise rejection(
            "a name that a scheduler would not take",
            expected="1 to 100 letters, digits or _ . , @ : + - (no spaces)",
            found=word,
            mend="write it as the cluster's handbook does, e.g. queue: short",
        )
    return word


Word = Annotated[str, AfterValidator(_require_word)]
Cores = Annotated[int, Quantity("number", low=1, high=1024, whole=True)]
Jobs = Annotated[int, Quantity("number", low=1, high=1000, whole=True)]
Walltime = Annotated[float, Quantity("duration", low=5.0, high=43_200.0)]
JobMemory = Annotated[float, Quantity("memory", low=0.5, high=1e5)]


class ClusterOptions(CaseModel):
    """What to ask of the scheduler of a cluster for the jobs of a sweep."""

    kind: Literal["slurm", "pbs"] = Field(
        examples=["slurm"], description="The cluster's scheduler: slurm or pbs."
    )
    queue: Word | None = Field(
        default=None,
        examples=["short"],
        description="Queue (SLURM: partition) of the jobs. Default: the cluster's own.",
    )
    account: Word | None = Field(
        default=None,
        examples=["my-project"],
        description="Account or project that pays. Default: the cluster's own.",
    )
    walltime: Walltime = Field(
        default=240.0,
        examples=["4 h"],
        description="How long one job may take at most. Default: 4 h.",
    )
    cores: Cores = Field(
        default=4,
        examples=[8],
        description="Cores of one job, which computes as many cases side by side. Default: 4.",
    )
    memory: JobMemory = Field(
        default=UNSET,
        examples=["16 GB"],
        description="Memory of one job. Default: 4 GB per core.",
    )
    jobs: Jobs = Field(
        default=10, examples=[20], description="How many jobs may run at once. Default: 10."
    )
    interface: Word | None = Field(
        default=None,
        examples=["ib0"],
        description="Network over which workers and the command talk. Default: the system's own.",
    )
    setup: tuple[str, ...] = Field(
        default=(),
        max_length=50,
        examples=["[module load openmpi, source /opt/conda/etc/profile.d/conda.sh]"],
        description="Lines that load what a job needs before it starts: module, ml, spack, "
        "source, conda, mamba or export with plain words.",
    )
    options: tuple[str, ...] = Field(
        default=(),
        max_length=50,
        examples=["[--constraint=skylake]"],
        description="Further options of sbatch or qsub, one each.",
    )

    @field_validator("setup", "options", mode="before")
    @classmethod
    def _listed(cls, written: Any) -> Any:
        return (written,) if isinstance(written, str) else written

    @model_validator(mode="after")
    def _settle(self) -> ClusterOptions:
        if self.memory is None:
            self.settle(memory=MEMORY_PER_CORE * self.cores)
        for place, line in enumerate(self.setup):
            if not _SETUP.fullmatch(line):
                raise rejection(
                    "not a line that loads software",
                    expected="module, ml, spack, source, conda, mamba or export with plain words",
                    found=line,
                    mend="put anything else into a script of yours and write: source /path/to/it",
                    at=("setup", place),
                )
        for place, option in enumerate(self.options):
            if not _OPTION.fullmatch(option) or _OURS.match(option):
                raise rejection(
                    "an option that cannot be passed on",
                    expected="one option of sbatch or qsub that dormatrix does not set itself",
                    found=option,
                    mend="for example options: [--constraint=skylake]",
                    at=("options", place),
                )
        return self
