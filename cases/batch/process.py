"""A process that computes cases, seen from outside: started, asked, watched over, ended."""

from __future__ import annotations

import json
import os
import platform
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from cases.batch.task import Limits, Outcome, Task

_POLL = 0.25  # s between two looks at the memory and at whether the case is still wanted
_START = 180.0  # s that a process has to load its libraries
_STARTS = 3  # how often a process is started that is killed before it is ready
_LEAVE = 6.0  # s that a process has to leave when asked to
_LAUNCHER = ("PMI_", "PMIX_", "OMPI_COMM_WORLD_")
_LONGEST_LOG = 10_000_000  # bytes after which a log begins anew


class CannotStartError(Exception):
    """The process that computes cases cannot be started here: no case can."""


class NoLongerWantedError(Exception):
    """Nobody waits for these cases any more."""


class Child:
    """A process that computes cases (``cases.batch.child``).

    Parameters
    ----------
    limits
        What a case may take.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.log = _log_file(limits)
        said = self.log.open("ab") if self.log is not None else None
        try:
            self._process = subprocess.Popen(
                # -P: a folder "cases" where the user happens to be is not this package
                [sys.executable, "-P", "-m", "cases.batch.child", limits.function],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                bufsize=0,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the parent; and all can be killed at once
            )
        except OSError as error:
            raise CannotStartError(f"a process cannot be started: {error}") from error
        finally:
            if said is not None:
                said.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        self._heard = b""
        self._cases = 0
        self._size = 0  # bytes of memory when it was ready

    @classmethod
    def started(cls, limits: Limits, unwanted: Callable[[], bool]) -> Child:
        """A process that has loaded its libraries.

        Raises
        ------
        CannotStartError, NoLongerWantedError
            See :func:`run_tasks`.
        """
        for _ in range(_STARTS):
            child = cls(limits)
            end = child._exchange(b"", time.monotonic() + _START, unwanted)
            if isinstance(end, bytes):
                child._size = child._memory()
                return child
            code = child.kill(patience=_LEAVE if end == "gone" else 0.0)
            if end == "timeout":
                raise CannotStartError(f"not ready within {_START:g} s{child._last_words()}")
            if code >= 0:
                raise CannotStartError(f"ended with exit code {code}{child._last_words()}")
        raise CannotStartError(f"killed {_STARTS} times while it loaded its libraries")

    def serves(self, limits: Limits) -> bool:
        """Whether the next case may go to this process, or it has had its time."""
        size = self._memory()
        return (
            self._process.returncode is None
            and limits == self.limits
            and size > 0
            and self._cases < limits.recycle_cases
            and size - self._size < limits.recycle_growth
        )

    def ask(self, task: Task, unwanted: Callable[[], bool]) -> Outcome:
        """The outcome of a case; the process is gone if it went wrong.

        Raises
        ------
        NoLongerWantedError
            If nobody waits for it any more.
        """
        self._cases += 1
        start = time.monotonic()
        line = json.dumps(task.to_json()).encode() + b"\n"
        end = self._exchange(line, start + self.limits.timeout, unwanted)
        if isinstance(end, bytes):
            try:
                outcome = Outcome.from_json(json.loads(end))
                if outcome.key == task.key:
                    return outcome
            except (ValueError, TypeError):
                pass
            self.kill()
            reason, hint = "its process answered nonsense", self._where()
            return Outcome(task.index, task.key, "killed", time.monotonic() - start, reason, hint)
        code = self.kill(patience=_LEAVE if end == "gone" else 0.0)
        status, reason, hint = self._explain(end, code)
        return Outcome(task.index, task.key, status, time.monotonic() - start, reason, hint)

    def _explain(self, end: str, code: int) -> tuple[Any, str, str]:
        """Status, reason and hint of a case that did not come to its end."""
        if end == "timeout":
            hint = "raise timeout: in the sweep, or make the case smaller"
            return "timeout", f"stopped after {self.limits.timeout:g} s", hint
        if end == "memory":
            limit = (self.limits.memory or 0) / 1e9
            hint = "raise memory: in the sweep, or choose a larger mesh size"
            return "memory", f"stopped: it took more than {limit:.3g} GB of memory", hint
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        why = ", most often for lack of memory" if code == -signal.SIGKILL else ""
        return "killed", f"its process ended with {how}{why}", self._where()

    def _exchange(self, line: bytes, deadline: float, unwanted: Callable[[], bool]) -> bytes | str:
        """Send a line and wait for the answer: its bytes, "timeout", "memory" or "gone"."""
        looked = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            if line:
                selector.register(self._stdin, selectors.EVENT_WRITE)
            while True:
                now = time.monotonic()
                ready = selector.select(max(0.0, min(_POLL, deadline - now)))
                for key, _ in ready:
                    if key.fileobj is self._stdin:
                        try:
                            line = line[os.write(self._stdin.fileno(), line) :]
                        except BlockingIOError:
                            continue
                        except OSError:
                            line = b""  # it is gone: the other pipe says so
                        if not line:
                            selector.unregister(self._stdin)
                        continue
                    heard = os.read(self._stdout.fileno(), 1 << 16)
                    if not heard:
                        return "gone"
                    self._heard += heard
                    if b"\n" in self._heard:
                        answer, _, self._heard = self._heard.partition(b"\n")
                        return answer
                now = time.monotonic()
                if now - looked >= _POLL:
                    looked = now
                    if unwanted():
                        self.kill()
                        raise NoLongerWantedError
                    limit = self.limits.memory
                    if limit is not None and self._memory(with_descendants=True) > limit:
                        return "memory"
                if now >= deadline:
                    return "timeout"

    def _memory(self, *, with_descendants: bool = False) -> int:
        """Memory of the process, in bytes; 0 if it has ended."""
        total = 0
        with suppress(psutil.Error):
            process = psutil.Process(self._process.pid)
            total = process.memory_info().rss
            if with_descendants:
                for other in process.children(recursive=True):
                    with suppress(psutil.Error):
                        total += other.memory_info().rss
        return total

    def kill(self, *, patience: float = 0.0) -> int:
        """End the process and all that it started; its exit code, as of :mod:`subprocess`.

        Parameters
        ----------
        patience
            Time, in s, that it has to end by itself.
        """
        if self._process.returncode is None:
            until = time.monotonic() + patience
            # Not yet waited for, it keeps its id: nothing but what it has started is killed.
            while time.monotonic() < until and self._memory() > 0:
                time.sleep(0.01)
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):  # a file system that hangs holds it
                self._process.wait(_LEAVE)
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()
        code = self._process.returncode
        return -signal.SIGKILL if code is None else code

    def retire(self) -> None:
        """Let the process tidy up and leave."""
        with suppress(OSError):
            self._stdin.close()
        self.kill(patience=_LEAVE)

    def _where(self) -> str:
        return f"its last words are in {self.log}" if self.log is not None else ""

    def _last_words(self) -> str:
        if self.log is None:
            return ""
        with suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace")[-2000:].split("\n")
            return f": {next((line for line in reversed(lines) if line.strip()), 'no message')}"
        return ""


def _worker_name() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().name)
    except ValueError:  # not inside a Dask worker
        return "here"


def _environment() -> dict[str, str]:
    """The environment of a process: it finds what this one finds, and is alone for MPI.

    A launcher's variables (``srun``, ``mpirun``) would make each new process the same rank again.
    """
    paths = [str(Path(__file__).resolve().parents[2]), *(p for p in sys.path if p)]
    own = {name: word for name, word in os.environ.items() if not name.startswith(_LAUNCHER)}
    return {"OMP_NUM_THREADS": "1"} | own | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def _log_file(limits: Limits) -> Path | None:
    """Where this worker's processes speak to, at most :data:`_LONGEST_LOG` bytes or so.

    None if nobody asked for it, or if the file cannot be made: cases matter more than words.
    """
    if limits.logs is None:
        return None
    # Workers that follow one another under a name share a file.
    name = re.sub(r"[^\w.-]+", "-", f"cases-{platform.node()}-{_worker_name()}")
    path = Path(limits.logs) / f"{name}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            long = file.tell() > _LONGEST_LOG
        if long:
            path.unlink()
    except OSError:
        return None
    return path
