"""Cheap cases for tests of the engine: what they do stands in their document."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cases.batch.task import Outcome, Task

FUNCTION = "batch_fakes:compute"


def task(index: int, folder: Path, **document: Any) -> Task:
    """A case that leaves its marks in `folder`."""
    needs = tuple(tuple(stage) for stage in document.get("needs", ()))
    return Task(
        index=index,
        key=f"{index:064x}",
        document=document,
        folder=None,
        target=str(folder / f"case-{index}"),
        keep="table",
        stages=str(folder),
        needs=needs,
        save=tuple(document.get("save", ())),
    )


def compute(task: Task) -> Outcome:
    """Do what the document says, then leave a mark."""
    start = time.monotonic()
    order = task.document
    if order.get("do") == "nothing":
        return Outcome(task.index, task.key, "done", 0.0)
    mark = Path(task.target)
    if mark.exists():  # as the real one: what is finished is not begun again
        return Outcome(task.index, task.key, "done", time.monotonic() - start)
    begun = mark.with_suffix(".begun")
    with begun.open("a") as file:
        file.write(f"{os.getpid()}\n")
    first = len(begun.read_text().splitlines()) == 1
    match order.get("do"):
        case "print":
            print("not for you", flush=True)
            os.write(1, b'{"index": 0}\n')
            os.write(2, b"a word\n")
            assert sys.stdin.read() == ""
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die once" if first:
            os.kill(os.getpid(), signal.SIGKILL)
        case "kill the worker once" if first:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        case "leave":
            os._exit(7)
        case "raise":
            raise ValueError("no such gel")
        case "eat":
            kept = bytearray(os.urandom(1024)) * (order["bytes"] // 1024)
            time.sleep(60)
            assert kept
        case "hang":
            subprocess.Popen(["sleep", "300"])
            time.sleep(300)
        case "disk":
            return Outcome(task.index, task.key, "disk", 0.0, "no space left on the disk")
    time.sleep(order.get("sleep", 0.0))
    for kind, key in task.needs:
        stage = Path(task.stages or "") / f"{kind}-{key}"
        if kind in order.get("makes", task.save) and not stage.exists():
            with (stage.parent / "made").open("a") as file:
                file.write(f"{stage.name}\n")
            time.sleep(0.1)
            stage.touch()
    mark.write_text(str(os.getpid()))
    return Outcome(task.index, task.key, "done", time.monotonic() - start)
