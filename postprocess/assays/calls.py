"""Where the calls of an assay go wrong: which cells it takes for dormant, and which it misses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from postprocess.assays.view import BoolArray, Reading

Error = Literal["missed", "slow", "cycling"]
ERRORS: tuple[Error, ...] = ("missed", "slow", "cycling")
"""Kinds of wrong calls: cells in G0 not called, slow-cycling and other cycling cells called."""

_APART = 2.0  # standard errors by which one kind must exceed the next to be said to dominate
_OFTEN = 1.5  # ratio of rates from which slow cells are said to be called more often than others


@dataclass(frozen=True)
class Errors:
    """Wrong calls of one reading.

    Attributes
    ----------
    cells, awake : int
        Cells read, and those of them that are not in G0.
    missed, slow, cycling : int
        Cells in G0 not called dormant; slow-cycling cells that are not in G0 but called; all other
        cells that are not in G0 but called.
    of_asleep, of_slow, of_cycling : float
        The same over all cells of their kind; NaN where there is none.
    alike : float
        By what the likeness of sisters widens the variance of a count, at least 1.
    """

    cells: int
    awake: int
    missed: int
    slow: int
    cycling: int
    of_asleep: float
    of_slow: float
    of_cycling: float
    alike: float

    @property
    def wrong(self) -> int:
        """All wrong calls."""
        return self.missed + self.slow + self.cycling

    @property
    def dominant(self) -> tuple[Error, ...]:
        """The kind of which most wrong calls are; more than one where they cannot be told apart.

        Two counts a and b of one sample differ surely where ``|a − b| > 2 √((a + b) alike)``.
        """
        if not self.wrong:
            return ()
        counts = {kind: int(getattr(self, kind)) for kind in ERRORS}
        most = max(counts.values())
        return tuple(
            kind
            for kind in sorted(ERRORS, key=lambda kind: -counts[kind])
            if most - counts[kind] <= _APART * math.sqrt((most + counts[kind]) * self.alike)
            and (counts[kind] > 0 or most == 0)
        )

    @property
    def prefers_slow(self) -> bool:
        """Whether slow cells are called dormant more often than other cycling cells.

        By half as often again, and beyond 2 standard errors of the two shares, sisters alike.
        """
        if not (self.slow > 0 and math.isfinite(self.of_cycling)):
            return False
        n_slow = self.slow / self.of_slow
        n_cycling = self.awake - n_slow
        variance = self.of_slow * (1.0 - self.of_slow) / n_slow
        variance += self.of_cycling * (1.0 - self.of_cycling) / n_cycling
        apart = self.of_slow - self.of_cycling > _APART * math.sqrt(self.alike * variance)
        return apart and self.of_slow > _OFTEN * self.of_cycling


def kinds(reading: Reading) -> dict[str, BoolArray]:
    """Truth of each cell: ``asleep``, ``slow`` and ``cycling``, each of shape (n,), one true."""
    awake = ~reading.truth
    return {
        "asleep": reading.truth,
        "slow": awake & reading.slow,
        "cycling": awake & ~reading.slow,
    }


def errors(reading: Reading) -> Errors:
    """Count the wrong calls of a reading by the cells they concern.

    Parameters
    ----------
    reading
        One assay at one time.
    """
    kind = kinds(reading)
    wrong = {
        "asleep": kind["asleep"] & ~reading.gate,
        "slow": kind["slow"] & reading.gate,
        "cycling": kind["cycling"] & reading.gate,
    }
    counts = {name: int(np.count_nonzero(which)) for name, which in wrong.items()}
    sizes = {name: int(np.count_nonzero(which)) for name, which in kind.items()}
    rate = {name: counts[name] / sizes[name] if sizes[name] else math.nan for name in kind}
    called = reading.score.called
    return Errors(
        cells=len(reading.gate),
        awake=sizes["slow"] + sizes["cycling"],
        missed=counts["asleep"],
        slow=counts["slow"],
        cycling=counts["cycling"],
        of_asleep=rate["asleep"],
        of_slow=rate["slow"],
        of_cycling=rate["cycling"],
        alike=max(1.0, called.cells / called.effective) if called.effective > 0.0 else 1.0,
    )


def side(values: np.ndarray, threshold: float, gate: BoolArray) -> Literal["above", "below"] | None:
    """On which side of a gate the cells called dormant lie in one channel.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Intensities.
    threshold
        The gate.
    gate : ndarray of bool, shape (n,)
        Cells called dormant.

    Returns
    -------
    str or None
        None where no cell is called, or where they lie on both sides.
    """
    above = values[gate] > threshold
    if not len(above) or (above.any() and not above.all()):
        return None
    return "above" if above.all() else "below"


def last_readings(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Of each assay the last reading, in the order in which assays first come."""
    last: dict[str, Reading] = {}
    for one in readings:
        if one.assay not in last or one.at_h >= last[one.assay].at_h:
            last[one.assay] = one
    return tuple(last.values())
