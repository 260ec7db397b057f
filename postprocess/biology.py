"""What a run says beyond its sites: arms compared, presets, unknowns, the past, second opinions.

Every table is optional. Columns are fixed by :data:`TABLES` and checked once, when a
:class:`Biology` is built, as everything else in a result is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.biology_columns import TABLES
from postprocess.contract import ResultError, expect_finite, expect_keys

if TYPE_CHECKING:
    import pandas

MAY_BE_EMPTY = frozenset({"sensitivity"})
"""Tables for which having no rows says something."""

CONTROL = "control"
"""Name of the first row of ``compare``: the case as it was asked for."""

THRESHOLD_KEYS = ("ligand", "value", "low", "high")


@dataclass(frozen=True)
class Biology:
    """What the rule says when something is changed, and what else could be said.

    Parameters
    ----------
    compare
        One row per arm, ``control`` first (its difference is 0). ``changed`` says in words what
        the arm changes. ``difference``: mean P of the arm minus that of the control, with the band
        of the **paired** difference; ``same_sign``: share of the samples whose difference has the
        sign of the nominal one; ``above_half``: fraction of sites with P above 0.5.
    compare_sites
        One row per site and arm: ``id``, ``arm``, ``p_dormant``; the control may be among them and
        must be where it is not the sites table (arms are compared without memory).
    presets
        One row per preset, the one of the run ``chosen``; ``words`` says what it stands for.
    sensitivity
        First-order and total Sobol indices of the mean P by factor, with the half-widths of their
        confidence intervals (90 %); ``label`` is in words. No rows: no unknown moves the mean P.
    history
        One row per step, the last is the present: mean P with memory and its band, and
        ``without_memory``, what the same step would give to cells without a past.
    network
        One row per class of sites: stiffness (kPa), ink, number of sites, P of the rule with its
        band, P of the signalling network.
    network_notes
        What the reader of the network must know, in words.
    clutch
        Traction (Pa) against stiffness (kPa) by adhesive ligand (1: reference), with and without
        talin, with standard errors, and ``drive``: the gate's mechanical drive m (1).
    clutch_threshold_kPa
        One mapping per ligand that has a threshold: ``ligand``, ``value``, ``low``, ``high``
        (kPa; the grid leaves it open between low and high).

    Raises
    ------
    ResultError
        Columns other than those of :data:`TABLES`, no rows, a number that is not finite or out of
        its range, a band upside down, or rows that contradict each other; table, column and row
        are named.
    """

    compare: pandas.DataFrame | None = None
    compare_sites: pandas.DataFrame | None = None
    presets: pandas.DataFrame | None = None
    sensitivity: pandas.DataFrame | None = None
    history: pandas.DataFrame | None = None
    network: pandas.DataFrame | None = None
    network_notes: list[str] = field(default_factory=list)
    clutch: pandas.DataFrame | None = None
    clutch_threshold_kPa: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, table in self.tables().items():
            check_table(name, table)
        _check_compare(self.compare, self.compare_sites)
        if self.presets is not None:
            _expect_unique("presets", "preset", self.presets)
            chosen = int(self.presets["chosen"].astype(bool).sum())
            if chosen != 1:
                raise ResultError(f"presets: {chosen} are chosen, expected one")
        if self.sensitivity is not None:
            _expect_unique("sensitivity", "factor", self.sensitivity)
        if self.history is not None and not (np.diff(self.history["step"]) > 0).all():
            raise ResultError("history: steps must rise")
        for number, row in enumerate(self.clutch_threshold_kPa):
            label = f"clutch_threshold_kPa[{number}]"
            expect_keys(label, row, THRESHOLD_KEYS)
            values = np.array([row[key] for key in THRESHOLD_KEYS], dtype=float)
            expect_finite(label, values)
            if not 0 < values[2] <= values[3]:
                raise ResultError(f"{label}: low must be positive and not above high")

    def tables(self) -> Mapping[str, pandas.DataFrame]:
        """The tables that are there, by name, in the order of :data:`TABLES`."""
        return {name: getattr(self, name) for name in TABLES if getattr(self, name) is not None}

    def notes(self) -> dict[str, Any]:
        """What is not a table, as plain values."""
        return {
            "network_notes": list(self.network_notes),
            "clutch_threshold_kPa": [dict(row) for row in self.clutch_threshold_kPa],
        }


VISIBLE = 5e-4
"""Half of the last digit that a difference of P is shown with: an end nearer to zero touches it."""


def decided(low: float, high: float) -> int:
    """Sign of a difference whose band excludes zero, to the digits shown; 0 where it does not."""
    return int(low > VISIBLE) - int(high < -VISIBLE)


def check_table(name: str, table: pandas.DataFrame) -> None:
    """Refuse a table whose columns, values or bands break :data:`TABLES`.

    Raises
    ------
    ResultError
        See :class:`Biology`.
    """
    kinds = TABLES[name]
    if [str(column) for column in table.columns] != list(kinds) or (
        len(table) == 0 and name not in MAY_BE_EMPTY
    ):
        raise ResultError(f"{name}: expected rows with columns {', '.join(kinds)}")
    for column, kind in kinds.items():
        label, values = f"{name}: column {column!r}", table[column]
        if len(table) == 0:
            continue
        if kind == "text":
            if not all(isinstance(value, str) for value in values):
                raise ResultError(f"{label}: expected texts")
        elif kind == "flag":
            if not all(isinstance(value, (bool, np.bool_)) for value in values):
                raise ResultError(f"{label}: expected true or false")
        else:
            numbers = values.to_numpy(dtype=float)
            expect_finite(label, numbers)
            if kind != "number" and numbers.min() < 0:
                raise ResultError(f"{label}: {numbers.min():.4g} is negative")
            if kind == "fraction" and numbers.max() > 1:
                raise ResultError(f"{label}: {numbers.max():.4g} is above 1")
            if kind == "count" and (numbers % 1 != 0).any():
                raise ResultError(f"{label}: expected whole numbers")
        if column.endswith("_low"):
            low = values.to_numpy(dtype=float)
            high = table[f"{column.removesuffix('_low')}_high"].to_numpy(dtype=float)
            crossed = np.flatnonzero(low > high)
            if crossed.size:
                row = int(crossed[0])
                raise ResultError(
                    f"{label}: in row {row} the band runs from {low[row]:.4g} down to "
                    f"{high[row]:.4g}"
                )


def check_against_sites(biology: Biology, sites: pandas.DataFrame) -> None:
    """Refuse per-site answers of the arms that are not one for every site of the run.

    Raises
    ------
    ResultError
        Where the ids of an arm are not those of the sites table.
    """
    if biology.compare_sites is None:
        return
    expected = np.sort(sites["id"].to_numpy())
    for arm, rows in biology.compare_sites.groupby("arm", sort=False):
        if not np.array_equal(np.sort(rows["id"].to_numpy()), expected):
            raise ResultError(f"compare_sites: arm {arm!r} must have every site once")


def _check_compare(compare: pandas.DataFrame | None, sites: pandas.DataFrame | None) -> None:
    if compare is None:
        if sites is not None:
            raise ResultError("compare_sites without compare")
        return
    _expect_unique("compare", "arm", compare)
    if compare["arm"].iloc[0] != CONTROL or compare["difference"].iloc[0] != 0:
        raise ResultError(f"compare: the first row must be {CONTROL!r} with difference 0")
    if sites is not None and {*sites["arm"], CONTROL} != set(compare["arm"]):
        raise ResultError("compare_sites: its arms must be those of compare")


def _expect_unique(name: str, column: str, table: pandas.DataFrame) -> None:
    twice = table[column][table[column].duplicated()]
    if len(twice):
        raise ResultError(f"{name}: {column} {twice.iloc[0]!r} comes twice")
