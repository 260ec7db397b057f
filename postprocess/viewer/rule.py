"""What a viewer asks of the dormancy rule; whoever knows the rule gives it (nothing here does)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from postprocess.contract import FloatArray


class Control(Protocol):
    """One number that can be moved."""

    @property
    def key(self) -> str:
        """Its name to the rule."""

    @property
    def group(self) -> str:
        """Where it is shown."""

    @property
    def label(self) -> str:
        """Its name, any text."""

    @property
    def unit(self) -> str:
        """Unit of its values."""

    @property
    def value(self) -> float:
        """With nothing moved."""

    @property
    def low(self) -> float:
        """Smallest value."""

    @property
    def high(self) -> float:
        """Largest value."""

    @property
    def log(self) -> bool:
        """Whether even steps are even factors."""

    @property
    def note(self) -> str:
        """What it rests on, any text."""


class Answer(Protocol):
    """P(dormant) of ``n`` sites under some numbers."""

    @property
    def p(self) -> FloatArray:
        """``(n,)``."""

    @property
    def plateaus(self) -> Mapping[str, float]:
        """``p_min``, ``p_max``, ``amplitude``."""

    def shares(self, rows: Any = None) -> Mapping[str, FloatArray]:
        """Log-odds of sleep by cause, of some sites or of all."""

    def bands(
        self, samples: int | None = None, stop: Callable[[], bool] = ...
    ) -> tuple[FloatArray, FloatArray, tuple[float, float]]:
        """Lower and upper ends ``(n,)``, and those of the mean."""


class LiveRule(Protocol):
    """The dormancy rule of one result."""

    @property
    def groups(self) -> Mapping[str, str]:
        """Groups of what can be moved: key to title, in order."""

    @property
    def few(self) -> int:
        """Samples of bands that are wanted soon."""

    @property
    def preset(self) -> str:
        """That of the case."""

    @property
    def presets(self) -> Sequence[str]:
        """Those that can be chosen."""

    def controls(self, preset: str | None = None) -> Sequence[Control]:
        """What can be moved."""

    def answer(self, moved: Mapping[str, float], preset: str | None = None) -> Answer:
        """P under other numbers; InputError where they contradict each other."""

    def warm(self) -> None:
        """Have at hand what the first answer would have to load."""

    def edited_case(self, moved: Mapping[str, float], preset: str | None = None) -> str:
        """The case with those numbers, as text of a case file."""
