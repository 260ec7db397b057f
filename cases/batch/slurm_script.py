"""The scripts that SLURM is given.

What may hold spaces or quotes stands in the shell's own quotes and never in a directive: how
``#SBATCH`` lines are parted differs between versions of SLURM.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import Path

from cases.batch.entrance import prologue
from cases.batch.ledger import LOGS
from cases.schema.cluster import ClusterOptions

FOLDER = "slurm"
SHARD, COLLECT, SUBMIT = "shard.sh", "collect.sh", "submit.sh"


def job_script(options: ClusterOptions, directives: Sequence[str], call: str) -> str:
    """A script for ``sbatch``: what it asks for, what it loads, what it runs."""
    asked = [
        *directives,
        "--nodes=1",
        "--ntasks=1",
        "--requeue",
        "--open-mode=append",
        *([f"--partition={options.queue}"] if options.queue else []),
        *([f"--account={options.account}"] if options.account else []),
        *options.options,
    ]
    lines = [
        "#!/bin/bash -l",
        *(f"#SBATCH {directive}" for directive in asked),
        "",
        *prologue(options.setup),
        f"exec {call}",
    ]
    return "\n".join(lines) + "\n"


def submission_script(folder: Path) -> str:
    """The script that submits the others, and prints the ids of their jobs."""
    return f"""#!/bin/sh
# Submits the shards of a sweep, and after them the job that makes its table.
set -e
cd -- {shlex.quote(str(folder))}
mkdir -p {LOGS}
shards=$(sbatch --parsable {FOLDER}/{SHARD})
printf '%s\\n' "$shards"
sbatch --parsable --dependency="afterany:${{shards%%;*}}" {FOLDER}/{COLLECT}
"""


def ranges(numbers: Sequence[int]) -> str:
    """Whole numbers in rising order as SLURM writes them: ``1-3,7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def mebibytes(gigabytes: float) -> int:
    """Memory as SLURM counts it: its M is 2^20 bytes."""
    return math.floor(gigabytes * 1e9 / 2**20)
