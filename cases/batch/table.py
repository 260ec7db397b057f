"""The table of a sweep: one row per case, whatever became of it, as Parquet and CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cases.batch.atomic import write_whole
from cases.batch.ledger import CASES, Failure, Ledger, Row
from cases.errors import clean

if TYPE_CHECKING:
    import pandas

_P = "fraction of a heterogeneous cell population that would be in G0 arrest, mean over the cells"
_HALF = "fraction of the cells whose p_dormant is above one half"
_SENSED = "sensed stiffness, mean over directions and cells"
_MODULUS = "apparent modulus of the whole piece"

OUTPUTS: dict[str, tuple[str, str]] = {
    "n_sites": ("1", "number of cells"),
    "mean_p_dormant": ("1", _P),
    "mean_p_dormant_low": ("1", "lower end of the band of mean_p_dormant"),
    "mean_p_dormant_high": ("1", "upper end of the band of mean_p_dormant"),
    "fraction_above_half": ("1", _HALF),
    "fraction_above_half_low": ("1", "lower end of the band of fraction_above_half"),
    "fraction_above_half_high": ("1", "upper end of the band of fraction_above_half"),
    "mean_stiffness_kPa": ("kPa", _SENSED),
    "mean_stiffness_kPa_low": ("kPa", "lower end of the band of mean_stiffness_kPa"),
    "mean_stiffness_kPa_high": ("kPa", "upper end of the band of mean_stiffness_kPa"),
    "stiffness_p5_kPa": ("kPa", "sensed stiffness that 5 % of the cells stay below"),
    "stiffness_p50_kPa": ("kPa", "sensed stiffness that half of the cells stay below"),
    "stiffness_p95_kPa": ("kPa", "sensed stiffness that 95 % of the cells stay below"),
    "apparent_modulus_kPa": ("kPa", _MODULUS),
    "apparent_modulus_kPa_low": ("kPa", "lower end of the band of apparent_modulus_kPa"),
    "apparent_modulus_kPa_high": ("kPa", "upper end of the band of apparent_modulus_kPa"),
    "solid_fraction": ("1", "volume of gel over the volume of the piece's box"),
    "mesh_cells": ("1", "number of tetrahedra of the scaffold mesh"),
}
"""Headline numbers of a case in the order of the table: unit and what each is."""

_WIDTH = 600  # characters of a reason or of a word
_COUNTS = ("n_sites", "mesh_cells")
_FRAME: dict[str, tuple[str, str]] = {
    "case": ("1", "number of the case in the sweep, from 1"),
    "replicate": ("1", "number of the repetition with another seed"),
    "status": ("", "done, failed, or left to be computed"),
    "seconds": ("s", "time that the case took"),
    "reused": ("", "stages that were read instead of computed"),
    "reason": ("", "why the case failed, and how to mend it"),
    "folder": ("", "result folder of the case, seen from the sweep's"),
    "hash": ("", "content hash of the case"),
}


class Point(Protocol):
    """One case of a sweep, as far as the table needs it."""

    @property
    def index(self) -> int:
        """Place in the sweep, from 0."""

    @property
    def key(self) -> str:
        """Content hash, 64 hexadecimal digits."""

    @property
    def values(self) -> tuple[float | int | str | bool | None, ...]:
        """One value per varied input, each in the unit of its column."""

    @property
    def replicate(self) -> int | None:
        """Number of the repetition; None where nothing is repeated."""


class Input(Protocol):
    """One varied input, as far as the table needs it."""

    @property
    def column(self) -> str:
        """Name of its column: the path in the case and the suffix of its unit."""

    @property
    def unit(self) -> str:
        """Its unit; "1" for a pure number, "" for words."""


def build_table(
    points: Sequence[Point], ledger: Ledger, inputs: Sequence[Input]
) -> pandas.DataFrame:
    """Table of a sweep: each case exactly once, in the order of the sweep.

    Parameters
    ----------
    points
        All cases of the sweep, in any order.
    ledger
        What of them is finished and what has failed; a finished case is done, whatever failure is
        still on record.
    inputs
        What is varied, in the order of `values` of the points.

    Returns
    -------
    pandas.DataFrame
        ``case``, ``replicate`` (where there is any), one column per input, ``status``, the
        :data:`OUTPUTS`, ``seconds``, ``reused``, ``reason``, ``folder``, ``hash``; nullable types,
        nothing for what is not known, never NaN.

    Raises
    ------
    ValueError
        If two points have the same place, a point has not one value per input, a value is not
        finite, or an input has the name of another column.
    """
    import pandas

    ordered = sorted(points, key=lambda point: point.index)
    _check(ordered, inputs)
    facts = [_facts(point, ledger) for point in ordered]
    columns: dict[str, Any] = {"case": _column([point.index + 1 for point in ordered], "Int64")}
    if any(point.replicate is not None for point in ordered):
        columns["replicate"] = _column([point.replicate for point in ordered], "Int64")
    for place, wanted in enumerate(inputs):
        values = [point.values[place] for point in ordered]
        kind = _kind(values)
        columns[wanted.column] = _column(_spelt(values) if kind == "string" else values, kind)
    columns["status"] = _column([fact["status"] for fact in facts], "string")
    for name in OUTPUTS:
        kind = "Int64" if name in _COUNTS else "Float64"
        columns[name] = _column([_output(fact, name) for fact in facts], kind)
    columns["seconds"] = _column([fact.get("seconds") for fact in facts], "Float64")
    for name in ("reused", "reason", "folder"):
        columns[name] = _column([fact.get(name) or None for fact in facts], "string")
    columns["hash"] = _column([point.key for point in ordered], "string")
    return pandas.DataFrame(columns)


def write_table(
    table: pandas.DataFrame,
    folder: Path,
    inputs: Sequence[Input],
    about: Mapping[str, object],
) -> None:
    """Write ``table.parquet`` (full precision, units) and ``table.csv`` (nine digits), each whole.

    Parameters
    ----------
    table
        Of :func:`build_table`.
    folder
        Result folder of the sweep.
    inputs
        What is varied, for the units.
    about
        What the table belongs to (name of the sweep, hash); plain values, kept in the Parquet
        file under the key ``dormatrix``.

    Raises
    ------
    SolveError
        If the disk refuses; the tables that were there are untouched.
    """
    from postprocess.tables import described_parquet, stable_csv

    meanings = {wanted.column: (wanted.unit, "input that is varied") for wanted in inputs}
    content = described_parquet(table, {**_FRAME, **OUTPUTS, **meanings}, about)
    write_whole(folder / "table.parquet", content)
    write_whole(folder / "table.csv", stable_csv(table).encode("utf-8", "replace"))


def _check(points: Sequence[Point], inputs: Sequence[Input]) -> None:
    """Refuse what would put a case into the table twice, or not whole."""
    places = [point.index for point in points]
    if len(set(places)) < len(places):
        twice = next(a for a, b in pairwise(places) if a == b)
        raise ValueError(f"case {twice + 1} stands in the sweep twice")
    names = [*_FRAME, *OUTPUTS]
    for wanted in inputs:
        if wanted.column in names:
            raise ValueError(f"column {wanted.column} stands in the table twice")
        names.append(wanted.column)
    for point in points:
        if len(point.values) != len(inputs):
            raise ValueError(
                f"case {point.index + 1}: expected {len(inputs)} values, found {len(point.values)}"
            )
        if any(isinstance(v, float) and not math.isfinite(v) for v in point.values):
            raise ValueError(f"case {point.index + 1}: expected finite values")


def _facts(point: Point, ledger: Ledger) -> dict[str, Any]:
    """What is known of one case."""
    row: Row | None = ledger.finished(point.key)
    if row is not None:
        return {
            "status": "done",
            "outputs": row.outputs,
            "seconds": row.seconds,
            "reused": ", ".join(row.reused),
            "folder": f"{CASES}/{ledger.target(point.key).name}",
        }
    failure = ledger.failure(point.key)
    if failure is not None:
        return {"status": "failed", "seconds": failure.seconds, "reason": _reason(failure)}
    return {"status": "left"}


def _reason(failure: Failure) -> str:
    """Why a case failed, on one line."""
    told = failure.reason or failure.status
    text = f"{told}; mend: {failure.hint}" if failure.hint else told
    return clean(" ".join(text.split()), _WIDTH)


def _output(fact: Mapping[str, Any], name: str) -> int | float | None:
    value: int | float | None = fact.get("outputs", {}).get(name)
    return None if name in _COUNTS and not isinstance(value, int) else value


def _kind(values: Sequence[Any]) -> str:
    """Nullable type that holds all the values."""
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool}:
        return "boolean"
    if kinds and kinds <= {int}:
        fits = all(value is None or -(2**63) <= value < 2**63 for value in values)
        return "Int64" if fits else "string"
    return "Float64" if kinds and kinds <= {int, float} else "string"


def _spelt(values: Sequence[Any]) -> list[str | None]:
    """Words of values of several types, fit to be written down."""
    return [None if value is None else clean(value, _WIDTH) for value in values]


def _column(values: Sequence[Any], kind: str) -> Any:
    import pandas

    return pandas.array(list(values), dtype=kind)
