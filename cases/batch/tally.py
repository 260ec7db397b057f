"""How far a sweep is: cases done, failed and left, rate, time left, stages reused, in words."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from cases.batch.forecast import Forecast
from cases.batch.task import Outcome
from cases.errors import clean

_RECENT = 60  # cases over which the rate is taken
_LAST_FAILURES = 3  # remembered in words
_RECKON = 0.25  # s between two reckonings of the time left
_SHARE = 20  # times what one takes (0.3 s where 100 000 cases are left) to the next


class Tally:
    """Counts of a sweep.

    Parameters
    ----------
    total
        Cases of the sweep.
    done, failed
        How many of them were finished, or are left alone as failed, before this run.
    forecast
        Tells the time left.
    clock
        Seconds that only grow.

    Attributes
    ----------
    failures
        The last failures of this run, in words.
    """

    def __init__(
        self,
        total: int,
        done: int,
        failed: int,
        forecast: Forecast,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.done, self.failed = total, done, failed
        self.forecast = forecast
        self.failures: deque[str] = deque(maxlen=_LAST_FAILURES)
        self._clock = clock
        self._start = clock()
        self._ends: deque[float] = deque([self._start], maxlen=_RECENT + 1)
        self._reckon(self._start)

    @property
    def finished(self) -> int:
        """Cases done or failed."""
        return self.done + self.failed

    @property
    def left(self) -> int:
        """Cases neither done nor failed."""
        return max(self.total - self.finished, 0)

    @property
    def rate(self) -> float | None:
        """Cases per second over the last sixty; None before the first."""
        cases = len(self._ends) - 1
        span = self._clock() - self._ends[0]
        return cases / span if cases and span > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Time left in s, counted down since it was last reckoned; None while unknown."""
        if not self.left:
            return 0.0
        if self._ahead is None:
            return None
        return max(self._ahead - (self._clock() - self._reckoned), 0.0)

    @property
    def made(self) -> dict[str, int]:
        """Stages made by this run, by name."""
        return dict(self.forecast.made)

    @property
    def reused(self) -> dict[str, int]:
        """Stages that this run read instead of computing them, by name."""
        return dict(self.forecast.reused)

    def count(self, outcome: Outcome, name: str = "") -> None:
        """Count a case that is done or has failed; `name` says what is varied in it."""
        now = self._clock()
        self.forecast.learn(outcome)
        self._ends.append(now)
        if outcome.status == "done":
            self.done += 1
        else:
            self.failed += 1
            self.failures.append(_failure(outcome, name))
        if self._ahead is None or now >= self._next:
            self._reckon(now)

    def _reckon(self, now: float) -> None:
        self._ahead = self.forecast.seconds_left(now - self._start)
        self._reckoned = now
        self._next = now + max(_RECKON, _SHARE * (self._clock() - now))

    def counts(self) -> str:
        """``done 130, failed 2, left 68``."""
        return f"done {self.done}, failed {self.failed}, left {self.left}"

    def pace(self) -> str:
        """Rate and time left in words."""
        rate, left = self.rate, self.seconds_left
        pace = "no case has ended yet" if rate is None else _per_time(rate)
        return f"{pace}; about {in_words(left)} left" if self.left and left is not None else pace

    def stages(self) -> str:
        """Stages made and reused by this run, in words; "" where there are none."""
        made, reused = self.made, self.reused
        if not (made or reused):
            return ""
        hits = ", ".join(f"{name} {count}" for name, count in reused.items())
        return f"stages: {sum(made.values())} made, {sum(reused.values())} reused" + (
            f" ({hits})" if hits else ""
        )

    def summary(self) -> str:
        """What has been done and how long this run took, in one line."""
        left = f", {self.left} left" if self.left else ""
        took = f"{self.total} cases: {self.done} done, {self.failed} failed{left}; this run took "
        stages = self.stages()
        return took + in_words(self._clock() - self._start) + (f"; {stages}" if stages else "")

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        rate, left = self.rate, self.seconds_left
        return {
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "left": self.left,
            "cases_per_s": None if rate is None else round(rate, 4),
            "seconds_left": None if left is None else round(left, 1),
            "stages_made": self.made,
            "stages_reused": self.reused,
        }


def in_words(seconds: float) -> str:
    """A span of time for people: ``12 s``, ``4 min``, ``3 h 20 min``, ``2 d 5 h``."""
    if round(seconds) < 60:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _failure(outcome: Outcome, name: str) -> str:
    """A failure on one line, with nothing in it that could rewrite a terminal."""
    label = f"case {outcome.index + 1}" + (f" ({clean(name)})" if name else "")
    return f"{label}: {clean(' '.join((outcome.reason or outcome.status).split()))}"


def _per_time(rate: float) -> str:
    """A rate in the unit that gives a number one can read."""
    if rate >= 1:
        return f"{rate:.3g} cases per s"
    return f"{rate * 60:.3g} cases per min" if rate * 60 >= 1 else f"{rate * 3600:.3g} cases per h"
