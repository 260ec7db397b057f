"""A case may crash, hang, eat all memory or talk nonsense: the worker says what happened."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from batch_fakes import FUNCTION, task

from cases.batch import process, worker
from cases.batch.task import Limits, Outcome, Task

LIMITS = Limits(timeout=60.0, function=FUNCTION)


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    yield
    worker.retire()
    assert not children()


def children() -> list[psutil.Process]:
    """Processes of cases below this one, and what they have started; not their guards."""
    found = []
    for child in psutil.Process().children():
        if "cases.batch.child" in child.cmdline():
            below = child.children(recursive=True)
            found += [child, *(one for one in below if one.cmdline() != child.cmdline())]
    return found


def run(tasks: list[Task], limits: Limits = LIMITS) -> list[Outcome]:
    answers = worker.run_tasks([one.to_json() for one in tasks], limits.to_json())
    return [Outcome.from_json(answer) for answer in answers]


def test_a_process_is_kept_until_its_time_is_up(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    tasks = [task(0, tmp_path, do="print"), *(task(i, tmp_path) for i in range(1, 4))]
    outcomes = run(tasks, replace(LIMITS, recycle_cases=2, logs=str(logs)))
    assert [(o.index, o.status) for o in outcomes] == [(i, "done") for i in range(4)]
    pids = [Path(one.target).read_text() for one in tasks]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    (log,) = logs.iterdir()  # all that was printed, and nothing of it was taken for an answer
    assert {"not for you", "a word"} <= set(log.read_text().splitlines())


def test_whatever_goes_wrong_the_next_case_is_computed(tmp_path: Path) -> None:
    limits = replace(LIMITS, timeout=1.0, memory=150_000_000)
    ills = ["hang", "eat", "die", "leave", "raise"]
    tasks = [task(i, tmp_path, do=do, bytes=300_000_000) for i, do in enumerate(ills)]
    outcomes = run([*tasks, task(9, tmp_path)], limits)
    assert [o.status for o in outcomes] == [
        "timeout",
        "memory",
        "killed",
        "killed",
        "failed",
        "done",
    ]
    assert [o.reason for o in outcomes[:5]] == [
        "stopped after 1 s",
        "stopped: it took more than 0.15 GB of memory",
        "its process ended with SIGKILL, most often for lack of memory",
        "its process ended with exit code 7",
        "ValueError: no such gel",
    ]
    assert len(children()) == 1  # what the hanging case had started is gone as well


def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    limits = replace(LIMITS, function="batch_fakes:no_such_function", logs=str(tmp_path))
    with pytest.raises(process.CannotStartError, match="no_such_function"):
        run([task(0, tmp_path)], limits)


def test_a_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    """In the middle of a case, with all that the case has started; and by itself when idle."""
    for document, idle in (({"do": "hang"}, False), ({}, True)):
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "cases.batch.child", FUNCTION],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=process._environment(),
            start_new_session=True,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        assert b"ready" in child.stdout.readline()
        order = task(int(idle), tmp_path, **document)
        child.stdin.write(json.dumps(order.to_json()).encode() + b"\n")
        child.stdin.flush()
        if idle:
            assert b"done" in child.stdout.readline()
        else:
            until = time.monotonic() + 30
            while not children()[1:] and time.monotonic() < until:
                time.sleep(0.02)
        started = children()
        assert len(started) == (1 if idle else 2)
        child.stdin.close()
        child.wait(30)
        assert (child.returncode == 0) == idle
        assert not psutil.wait_procs([p for p in started if p.pid != child.pid], 10)[1]
        child.stdout.close()
