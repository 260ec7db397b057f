"""The design of a sweep: which values of which axes meet in which case."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cases.batch.axes import Axis, AxisError, Keys, Value, read_axis
from cases.errors import Problem
from cases.problems import Document
from cases.schema import Case
from cases.schema.rule import nearest
from cases.schema.sweep import LATIN, MAX_CASES, SAMPLES, SOBOL, ZIP, Sweep

MAX_AXES = 100


@dataclass(frozen=True)
class Design:
    """All combinations of a sweep, before any is left out.

    Parameters
    ----------
    axes
        What is varied, in the order of the file.
    places
        Where each stands in the sweep file.
    blocks
        Rows of values that are crossed with those of the other blocks; each block belongs to the
        axes at its positions.
    sampled
        ``latin_hypercube`` or ``sobol``, and how often and from which seed; None without samples.
    """

    axes: tuple[Axis, ...]
    places: tuple[Keys, ...]
    blocks: tuple[tuple[tuple[int, ...], tuple[tuple[Value, ...], ...]], ...]
    sampled: tuple[str, int, int] | None = None

    def __len__(self) -> int:
        return math.prod(len(rows) for _, rows in self.blocks)

    def rows(self) -> Iterator[tuple[Value, ...]]:
        """Yield one value per axis, the last block changing fastest."""
        for chosen in itertools.product(*(rows for _, rows in self.blocks)):
            row: list[Value | None] = [None] * len(self.axes)
            for (positions, _), values in zip(self.blocks, chosen, strict=True):
                for position, value in zip(positions, values, strict=True):
                    row[position] = value
            yield tuple(value for value in row if value is not None)


class DesignError(ValueError):
    """A design that cannot be made: the problem and the place of the key that is meant."""

    def __init__(self, problem: Problem, at: Keys) -> None:
        super().__init__(problem.headline)
        self.problem, self.at = problem, at


def make_design(sweep: Sweep, document: Document) -> Design:
    """The combinations that a sweep file asks for.

    Parameters
    ----------
    sweep
        The sweep.
    document
        Its base case.

    Raises
    ------
    DesignError
        If a path or its values cannot be used, or the cases are too many.
    """
    axes: list[Axis] = []
    places: list[Keys] = []
    blocks: list[tuple[tuple[int, ...], tuple[tuple[Value, ...], ...]]] = []

    def add(group: dict[str, Any], at: Keys, sampled: bool = False) -> list[Axis]:
        for path, written in group.items():
            place = (*at, path)
            try:
                axis = read_axis(path, written, document, sampled=sampled)
            except AxisError as error:
                raise DesignError(error.problem, (*place, *error.at)) from None
            _require_free(axis, axes, place)
            _require_few(len(axes) + 1, place)
            axes.append(axis)
            places.append(place)
        return axes[-len(group) :]

    sampled = None
    for key, written in sweep.vary.items():
        _require_not_too_many(blocks, sweep.replicates)
        first = len(axes)
        if key in SAMPLES:
            drawn = add(written["over"], ("vary", key, "over"), sampled=True)
            sampled = (key, int(written["count"]), int(written.get("seed", 1)))
            blocks.append((tuple(range(first, len(axes))), _samples(drawn, *sampled)))
        elif key == ZIP:
            listed = isinstance(written, list)
            for i, group in enumerate(written if listed else [written]):
                at: Keys = ("vary", key, i) if listed else ("vary", key)
                first = len(axes)
                together = _together(add(group, at), at)
                blocks.append((tuple(range(first, len(axes))), together))
        else:
            (axis,) = add({key: written}, ("vary",))
            blocks.append(((first,), tuple((value,) for value in axis.values)))
    _require_not_too_many(blocks, sweep.replicates)
    return Design(tuple(axes), tuple(places), tuple(blocks), sampled)


def _require_not_too_many(
    blocks: Sequence[tuple[tuple[int, ...], tuple[tuple[Value, ...], ...]]], replicates: int
) -> None:
    """Refuse more cases than are allowed, before the values of further axes are made."""
    combinations = math.prod(len(rows) for _, rows in blocks)
    if combinations * replicates > MAX_CASES:
        raise DesignError(
            Problem(
                "too many cases",
                expected=f"at most {MAX_CASES}",
                found=f"{combinations} combinations of {replicates} replicates",
                mend=f"vary less, or draw samples: {LATIN} or {SOBOL}",
            ),
            ("vary",),
        )


def _require_few(axes: int, at: Keys) -> None:
    """Refuse more keys than a table can show and memory can hold."""
    if axes > MAX_AXES:
        raise DesignError(
            Problem(
                "too many keys are varied",
                expected=f"at most {MAX_AXES}",
                found="more than that",
                mend="vary whole groups of keys by name (options), or fewer keys",
            ),
            at,
        )


def _require_free(axis: Axis, others: Sequence[Axis], at: Keys) -> None:
    """Refuse a key that is varied twice, lies inside another, or is not to be varied."""
    if axis.keys[0] not in Case.model_fields:
        near = nearest(str(axis.keys[0]), tuple(Case.model_fields))
        raise DesignError(
            Problem(
                "not a key of a case",
                expected="a path that begins with one of: " + ", ".join(Case.model_fields),
                found=axis.label,
                mend=f"did you mean '{near}'?" if near else "for example scaffold.pitch",
            ),
            at,
        )
    if axis.keys[0] in ("name", "course") or axis.keys[:2] == ("compute", "workers"):
        raise DesignError(
            Problem(
                "a key that changes no result",
                expected="keys that decide what is computed",
                found=axis.label,
                mend="leave it out; replicates asks for repetitions",
            ),
            at,
        )
    for other in others:
        shorter = min(len(axis.keys), len(other.keys))
        if axis.keys[:shorter] == other.keys[:shorter]:
            raise DesignError(
                Problem(
                    "a key that is varied twice",
                    expected="each key, or the group that holds it, once",
                    found=f"{other.label} and {axis.label}",
                    mend="keep one of them; zip lets several keys step together",
                ),
                at,
            )


def _together(group: Sequence[Axis], at: Keys) -> tuple[tuple[Value, ...], ...]:
    """Rows of axes that step together."""
    lengths = {axis.label: len(axis.values) for axis in group}
    if len(set(lengths.values())) > 1:
        raise DesignError(
            Problem(
                "lists of different lengths under zip",
                expected="as many values for each key",
                found=", ".join(f"{label}: {n}" for label, n in lengths.items()),
                mend="write as many values for each, or take the keys out of zip",
            ),
            at,
        )
    return tuple(zip(*(axis.values for axis in group), strict=True))


def _samples(
    axes: Sequence[Axis], method: str, count: int, seed: int
) -> tuple[tuple[Value, ...], ...]:
    """Rows of values drawn by a space-filling design; the same seed gives the same rows."""
    from scipy.stats import qmc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of Sobol points that are no power of two
        sampler = (qmc.LatinHypercube if method == LATIN else qmc.Sobol)(len(axes), seed=seed)
        shares = sampler.random(count)
    return tuple(
        tuple(axis.between(float(share)) for axis, share in zip(axes, row, strict=True))
        for row in shares
    )
