"""Progress of long work: a bar with stage and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress:
    """Tells a user which stage a run is in, and how long it will take.

    Use ``with progress.stage("mesh"): ...``; inside, :meth:`advance` moves the bar of a stage that
    was given a `total`.

    Parameters
    ----------
    quiet
        Say nothing; :attr:`timings` are still taken. Under MPI all ranks but the first are quiet.
    stages
        How many stages there will be, for ``[2/6]``; None where that is not known.
    stream
        Where to write: standard error by default, so that standard output stays for results.

    Attributes
    ----------
    timings
        Seconds that each finished stage took.
    """

    def __init__(
        self, *, quiet: bool = False, stages: int | None = None, stream: IO[str] | None = None
    ) -> None:
        self.quiet = quiet
        self.stages = stages
        self.timings: dict[str, float] = {}
        self._stream = stream if stream is not None else sys.stderr
        self._count = 0
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Progress]:
        """Enter a stage.

        Parameters
        ----------
        name
            What is being done, in a word or two.
        total
            Steps that :meth:`advance` will count; None for a stage that cannot be counted.
        """
        self._count += 1
        start = time.perf_counter()
        label = f"[{self._count}/{self.stages}]" if self.stages else f"[{self._count}]"
        on_terminal = not self.quiet and self._stream.isatty()
        if on_terminal:
            self._open(f"{label} {name}", total)
        try:
            yield self
        except BaseException:
            if self._bar is not None:
                self._bar.stop()
            elif not self.quiet:
                self._say(f"{label} {name} … stopped after {time.perf_counter() - start:.1f} s")
            raise
        else:
            took = time.perf_counter() - start
            self.timings[name] = self.timings.get(name, 0.0) + took
            if self._bar is not None:
                self._bar.stop()
            if not self.quiet:
                self._say(f"{label} {name} … {took:.1f} s")
        finally:
            self._bar = self._task = None

    def advance(self, steps: int = 1) -> None:
        """Count `steps` more steps of the present stage as done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, steps)

    def note(self, text: str) -> None:
        """Say one line without disturbing the bar."""
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        elif not self.quiet:
            self._say(text)

    def _say(self, line: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        print(line.encode(encoding, "replace").decode(encoding), file=self._stream, flush=True)

    def _open(self, label: str, total: int | None) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import (
            BarColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(file=self._stream),
            transient=True,  # the bar makes room for the stage's line
        )
        self._task = self._bar.add_task(escape(label), total=total)
        self._bar.start()
