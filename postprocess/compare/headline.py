"""Headline numbers of the results beside each other, and what the bands say of a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from postprocess.compare.pairs import Compared, Ends, Paired, Pairing

Kind = Literal["paired", "unpaired", "exact"]
Verdict = Literal["same", "holds", "if_alike", "open", "computed"]

VERDICTS: dict[Verdict, str] = {
    "same": "no difference",
    "holds": "the sign holds",
    "if_alike": "the sign holds if the inks are off alike",
    "open": "open",
    "computed": "computed, without a band",
}
"""What is said of a difference, in short."""


@dataclass(frozen=True)
class Number:
    """A headline number of one result; without a band, both ends are None."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """One result's number minus the first one's.

    Parameters
    ----------
    value
        In the unit of the number.
    low, high
        Its band, None where the number has none. Paired: sample by sample, with the inks off apart
        from each other. Unpaired: from the far ends of both bands, wider than it need be.
    kind
        ``paired``, ``unpaired`` or ``exact`` (no band).
    verdict
        A key of ``VERDICTS``.
    alike
        Paired only: the band where inks that stand for each other are off alike.
    """

    value: float
    low: float | None
    high: float | None
    kind: Kind
    verdict: Verdict
    alike: Ends | None = None


@dataclass(frozen=True)
class Row:
    """One headline number of all results.

    Parameters
    ----------
    key
        In the summary.
    label, unit
        Words; ``"kPa"``, or ``"share"`` for a fraction, whose differences are said in percentage
        points.
    note
        What it is.
    numbers
        Of each result; None where a result has none.
    differences
        Of each result after the first; None where one of the two has no number.
    """

    key: str
    label: str
    unit: str
    note: str
    numbers: tuple[Number | None, ...]
    differences: tuple[Difference | None, ...]


_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("mean_p_dormant", "mean P(dormant)", "share", "fraction asleep, mean over the sites"),
    ("fraction_above_half", "sites where more than half sleep", "share", "P above 0.5"),
    ("mean_stiffness_kPa", "sensed stiffness, mean", "kPa", "what a cell feels when it pulls"),
    ("apparent_modulus_kPa", "apparent modulus", "kPa",
     "what a compression tester reads on the whole body, pores included"),
    ("solid_fraction", "solid fraction", "share", "volume of gel over that of its box"),
)  # fmt: skip


def headline_rows(compared: Sequence[Compared], pairings: Sequence[Pairing]) -> list[Row]:
    """Headline numbers of all results with their differences from the first.

    Parameters
    ----------
    compared
        The results.
    pairings
        One for each result after the first.
    """
    rows = []
    for key, label, unit, note in _ROWS:
        numbers = tuple(_number(one.result.summary.get(key)) for one in compared)
        if all(number is None for number in numbers):
            continue
        differences = tuple(
            _difference(numbers[0], other, pairing.numbers.get(key))
            for other, pairing in zip(numbers[1:], pairings, strict=True)
        )
        rows.append(Row(key, label, unit, note, numbers, differences))
    return rows


def _number(told: Any) -> Number | None:
    if told is None:
        return None
    if isinstance(told, Mapping):
        return Number(float(told["value"]), float(told["low"]), float(told["high"]))
    return Number(float(told))


def _difference(
    first: Number | None, other: Number | None, paired: Paired | None
) -> Difference | None:
    if first is None or other is None:
        return None
    value = other.value - first.value
    same = abs(value) <= 1e-9 * max(abs(first.value), abs(other.value))
    if paired is not None:
        return _from_pair(value, paired, same)
    if first.low is None or first.high is None or other.low is None or other.high is None:
        return Difference(value, None, None, "exact", "same" if same else "computed")
    ends = Ends(other.low - first.high, other.high - first.low, 0.0)
    if same and (first.low, first.high) == (other.low, other.high):
        return Difference(value, ends.low, ends.high, "unpaired", "same")
    verdict: Verdict = "holds" if ends.excludes_zero else "open"
    return Difference(value, ends.low, ends.high, "unpaired", verdict)


def _from_pair(value: float, paired: Paired, same: bool) -> Difference:
    alike, apart = paired.alike, paired.apart
    verdict: Verdict = "open"
    if apart.excludes_zero:
        verdict = "holds"
    elif alike.excludes_zero:
        verdict = "if_alike"
    elif same and apart.low == apart.high == 0:
        verdict = "same"
    return Difference(value, apart.low, apart.high, "paired", verdict, alike)
