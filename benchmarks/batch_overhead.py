"""What the engine of a sweep adds to each case, and what a second worker brings.

Prints, for cases that do nothing, the time per case on one and on two workers, what the start takes
and how the memory of the parent grows; then the gain of two workers over one for cases that keep a
core busy for a given time (short ones are packed, long ones go one by one). ``--cases`` and
``--busy`` make it shorter or longer; about a minute on two cores as it stands.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from cases.batch.engine import execute
from cases.batch.local import local_client
from cases.batch.task import Limits, Outcome, Task

FUNCTION = "batch_overhead:compute"
PADDING = "a case file has about ten kilobytes" * 300


def compute(task: Task) -> Outcome:
    """Keep a core busy for as long as the document says."""
    start = time.process_time()
    while time.process_time() - start < task.document["busy"]:
        pass
    return Outcome(task.index, task.key, "done", time.process_time() - start)


def tasks(count: int, busy: float) -> Iterator[Task]:
    for i in range(count):
        document = {"busy": busy, "padding": f"{i} {PADDING}"}
        yield Task(i, f"{i:064x}", document, None, "", "table")


def sweep(workers: int, count: int, busy: float, logs: Path) -> dict[str, float]:
    """Seconds of the start, of the first case and of the others; growth of the parent in MB."""
    parent, memory, ended = psutil.Process(), [0], [0.0]

    def take(outcome: Outcome) -> None:
        if outcome.status != "done":
            raise SystemExit(f"case {outcome.index} is {outcome.status}: {outcome.reason}")
        ended.append(time.perf_counter())
        if len(ended) % max(count // 10, 1) == 0:
            memory.append(parent.memory_info().rss)

    begin = time.perf_counter()
    with local_client(workers, logs) as client:
        up = time.perf_counter()
        limits = Limits(function=FUNCTION, logs=str(logs))
        execute(tasks(count, busy), client, limits, take, lambda kind, key: False)
    tenths = memory[1:]
    return {
        "start": up - begin,
        "first": ended[1] - up,
        "others": ended[-1] - ended[1],
        "closing": time.perf_counter() - ended[-1],
        "growth": (tenths[-1] - tenths[len(tenths) // 2]) / 1e6,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="cases that do nothing")
    parser.add_argument("--busy", type=float, default=20.0, help="s of work to be shared out")
    given = parser.parse_args()
    sys.path.append(str(Path(__file__).parent))  # so that the workers find this module
    with tempfile.TemporaryDirectory(prefix="dormatrix-") as folder:
        print(f"{given.cases} cases that do nothing")
        print("workers  start  first case  ms per further case  parent grows in the second half")
        for workers in (1, 2):
            took = sweep(workers, given.cases, 0.0, Path(folder))
            each = 1e3 * took["others"] / (given.cases - 1)
            print(
                f"{workers:7}{took['start']:6.1f} s{took['first']:10.1f} s{each:21.2f}"
                f"{took['growth']:30.1f} MB"
            )
        print(f"\n{given.busy:g} s of work by the clock of the processor, in cases of one length")
        print("s per case  cases  1 worker  2 workers   gain  added per case on 1 worker")
        for busy in (0.02, 0.2, 1.0):
            count = max(round(given.busy / busy), 4)
            runs = [sweep(workers, count, busy, Path(folder)) for workers in (1, 2)]
            one, two = (run["first"] + run["others"] for run in runs)
            added = 1e3 * (runs[0]["others"] / (count - 1) - busy)
            print(f"{busy:10g}{count:7}{one:8.1f} s{two:9.1f} s{one / two:7.2f}{added:26.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
