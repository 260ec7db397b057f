"""The process in which cases are computed: ``python -m cases.batch.child MODULE:FUNCTION``.

One JSON task a line comes in, one JSON outcome a line goes out. It is a process of its own because
Gmsh and PETSc hold global state, leak and crash; whoever started it may kill it at any time, and
it ends by itself when that one does.
"""

from __future__ import annotations

import ctypes
import faulthandler
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import IO

from cases.batch.task import Outcome, Task

_PR_SET_PDEATHSIG = 1
_PATIENCE = 5.0  # s that libraries have to tidy up after the last case


def main(function: str) -> None:
    """Answer tasks until nobody sends any more.

    Parameters
    ----------
    function
        ``module:function``, from a task to its outcome. A function ``warm`` of that module is
        called first.
    """
    _leave_nothing_behind()
    lines, answers = _take_over_the_pipes()
    _do_not_outlive_the_parent()
    faulthandler.enable()
    module_name, _, name = function.partition(":")
    module = importlib.import_module(module_name)
    compute: Callable[[Task], Outcome] = getattr(module, name)
    getattr(module, "warm", lambda: None)()
    print(json.dumps({"ready": True}), file=answers, flush=True)

    orders: SimpleQueue[bytes | None] = SimpleQueue()
    idle = threading.Event()
    idle.set()
    threading.Thread(target=_listen, args=(lines, orders, idle), daemon=True).start()
    while (line := orders.get()) is not None:
        answer = _answer(Task.from_json(json.loads(line)), compute)
        idle.set()  # before the answer: the next line may follow it at once
        print(json.dumps(answer.to_json(), allow_nan=False), file=answers, flush=True)


def _answer(task: Task, compute: Callable[[Task], Outcome]) -> Outcome:
    """The outcome of a task; a function that raises does not end the process."""
    start = time.perf_counter()
    try:
        return compute(task)
    except Exception as error:
        with suppress(OSError):  # the disk that holds the log may be full
            traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
        return Outcome(task.index, task.key, "failed", time.perf_counter() - start, reason)


def _take_over_the_pipes() -> tuple[IO[bytes], IO[str]]:
    """The pipes of tasks and outcomes; what a library prints or reads touches neither."""
    lines = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return lines, answers


def _leave_nothing_behind() -> None:
    """Fork a guard that ends all that a case has started once this process ends, however it does.

    Called before there are threads or libraries, so that a fork is safe.
    """
    if os.getpgrp() != os.getpid():  # the group is not ours to end
        return
    its_end, our_end = os.pipe()
    if os.fork() != 0:
        os.close(its_end)
        return
    os.close(our_end)
    for pipe in (0, 1):
        os.close(pipe)
    os.read(its_end, 1)  # nobody writes: it returns when the other end is gone
    os.killpg(0, signal.SIGKILL)


def _do_not_outlive_the_parent() -> None:
    """Let Linux end this process with its parent, and take it first when memory runs out.

    The end of the pipe says the same everywhere, but is heard only between two calls into a
    library that does not let other threads run.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")


def _listen(lines: IO[bytes], orders: SimpleQueue[bytes | None], idle: threading.Event) -> None:
    """Hand on the lines; at their end leave, at once if a case is being computed."""
    for line in lines:
        idle.clear()
        orders.put(line)
    if idle.is_set():
        orders.put(None)
        time.sleep(_PATIENCE)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
