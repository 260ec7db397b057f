"""What a sweep says while it runs: a live view on a terminal, lines in a log, or JSON lines."""

from __future__ import annotations

import json as json_module
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cases.batch.forecast import Forecast, Needs
from cases.batch.tally import Tally
from cases.batch.task import Outcome
from cases.terminal import say

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live as RichLive

EVERY = 10.0  # s between two lines of a log in which something happens
_SILENCE = 6  # times that long, where nothing does
_STEPS = 20  # parts of the sweep (5 %) after each of which a log is told, however fast it goes
_FASTEST = 1.0  # s between two lines of a log at the least
_MOST_FAILURES = 20  # told one by one in a log


class Live:
    """Tells a user how far a sweep is; ``with Live(...) as live: live.update(outcome)``.

    On a terminal a view that is redrawn in place and vanishes at the end, whatever ends it; in a
    log plain lines, every 10 s or 5 %; with `json` the same as JSON lines. All on standard error,
    so that standard output stays for results.

    Parameters
    ----------
    total
        Cases of the sweep.
    done, failed
        How many of them were finished, or are left alone as failed, before this run.
    needs, ready, workers, costs
        What the time left is told by; see :class:`cases.batch.forecast.Forecast`.
    quiet
        Say nothing.
    json
        Say it in JSON lines: events ``progress``, ``failed``, ``note`` and at last ``end`` or
        ``stopped``.
    every
        Time between two lines of a log, in s.
    clock
        Seconds that only grow.

    Attributes
    ----------
    tally
        The counts.
    """

    def __init__(
        self,
        total: int,
        *,
        done: int = 0,
        failed: int = 0,
        needs: Mapping[int, Needs] | None = None,
        ready: Callable[[str, str], bool] = lambda stage, key: False,
        workers: int = 1,
        costs: Mapping[int, Mapping[str, float]] | None = None,
        quiet: bool = False,
        json: bool = False,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally(total, done, failed, Forecast(needs or {}, ready, workers, costs), clock)
        self.quiet, self.json = quiet, json
        self._every, self._clock = every, clock
        self._said, self._said_finished = clock(), self.tally.finished
        self._told = 0  # failures told one by one
        self._guard = threading.RLock()  # the view and the pulse have threads of their own
        self._over = threading.Event()
        self._pulse: threading.Thread | None = None
        self._view: RichLive | None = None

    def update(self, outcome: Outcome, name: str = "") -> None:
        """Count a case as done or failed.

        A full disk is no fault of the case: it stays among those left.

        Parameters
        ----------
        outcome
            What became of it.
        name
            What is varied in it, for people.
        """
        if outcome.status == "disk":
            return
        with self._guard:
            self.tally.count(outcome, name)
            if outcome.status != "done":
                self._tell_failure(outcome, name)
            self._tell_if_due()

    def note(self, text: str) -> None:
        """Say one line without disturbing the view."""
        if self.json:
            self._event("note", text=text)
        elif not self.quiet:
            say(text, error=True)

    def __enter__(self) -> Self:
        if self.quiet:
            return self
        console = None if self.json else _terminal()
        if console is not None:
            from rich.live import Live as RichLive

            self._view = RichLive(
                console=console, get_renderable=self._render, refresh_per_second=4, transient=True
            )
            self._view.start()
        else:
            self._pulse = threading.Thread(target=self._beat, daemon=True)
            self._pulse.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._pulse is not None:
            self._pulse.join()
        if self._view is not None:
            self._view.stop()  # the cursor comes back, the view goes
            self._view = None
            for failure in self.tally.failures:
                say(f"failed  {failure}", error=True)
        if self.json:
            self._event("end" if kind is None else "stopped", **self.tally.as_json())
        elif not self.quiet:
            say(("" if kind is None else "stopped: ") + self.tally.summary(), error=True)

    def _tell_failure(self, outcome: Outcome, name: str) -> None:
        if self.json:
            told = {"case": outcome.index + 1, "name": name, "status": outcome.status}
            self._event("failed", **told, reason=outcome.reason)
        elif not self.quiet and self._view is None and self._told < _MOST_FAILURES:
            self._told += 1
            say(f"failed  {self.tally.failures[-1]}", error=True)
            if self._told == _MOST_FAILURES:
                say("        more of them are not told here: see the table", error=True)

    def _tell_if_due(self) -> None:
        """Say a line of the log where it is time for one."""
        if self.quiet or self._view is not None:
            return
        finished, now = self.tally.finished, self._clock()
        news, silent = finished > self._said_finished, now - self._said
        due = silent >= self._every and (news or silent >= _SILENCE * self._every)
        step = self._step(finished) > self._step(self._said_finished)
        if due or (step and silent >= _FASTEST) or (news and not self.tally.left):
            self._said, self._said_finished = now, finished
            if self.json:
                self._event("progress", **self.tally.as_json())
            else:
                told = (self.tally.counts(), self.tally.pace(), self.tally.stages())
                place = f"[{finished}/{self.tally.total}]"
                say(f"{place} {'; '.join(filter(None, told))}", error=True)

    def _step(self, finished: int) -> int:
        return _STEPS * finished // max(self.tally.total, 1)

    def _beat(self) -> None:
        """Tell the log that the sweep lives, also while no case ends."""
        while not self._over.wait(self._every / 2):
            with self._guard:
                self._tell_if_due()

    def _event(self, event: str, **facts: Any) -> None:
        if not self.quiet:
            say(json_module.dumps({"event": event, **facts}), error=True)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        with self._guard:
            tally = self.tally
            head = Table.grid(padding=(0, 2))
            head.add_row(
                ProgressBar(total=max(tally.total, 1), completed=tally.finished, width=40),
                f"{tally.finished} of {tally.total} cases",
            )
            lines: list[RenderableType] = [head, Text(tally.counts()), Text(tally.pace())]
            if stages := tally.stages():
                lines.append(Text(stages))
            for failure in tally.failures:
                line = Text.assemble(("failed  ", "red"), failure)
                line.no_wrap, line.overflow = True, "ellipsis"
                lines.append(line)
            return Group(*lines)


def _terminal() -> Console | None:
    """Standard error where a view can be redrawn in place; None for a log."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console

    console = Console(stderr=True)
    return console if console.is_terminal and not console.is_dumb_terminal else None
