"""What a run hands over to be shown: plain, validated result objects.

Nothing here solves anything. A :class:`RunResult` is checked once, when it is built, so that no
picture, table or page can be made from numbers that are missing, misshapen or not finite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from meshes.errors import SolveError

if TYPE_CHECKING:
    import pandas

FloatArray = npt.NDArray[np.float64]

SITE_COLUMNS: tuple[str, ...] = (
    "id",
    "x_um",
    "y_um",
    "z_um",
    "ink",
    "depth_um",
    "stiffness_kPa",
    "stiffest_kPa",
    "softest_kPa",
    "stiff_axis_x",
    "stiff_axis_y",
    "stiff_axis_z",
    "anisotropy",
    "p_dormant",
    "p_dormant_low",
    "p_dormant_high",
)
"""Columns of the sites table, in order; one ``logodds_<cue>`` column per active cue follows."""

CUE_PREFIX = "logodds_"

STANDINGS: tuple[str, ...] = ("measured", "published", "derived", "assumption")
"""What a number can rest on, from the firmest to the least firm."""

CELL_ARRAYS: dict[str, tuple[int, ...]] = {
    "ink": (),
    "E_fibre_kPa": (),
    "E_cross_kPa": (),
    "E_isotropic_kPa": (),
    "fibre_direction": (3,),
    "strain": (6,),
    "stress_kPa": (6,),
}
"""Cell arrays of the contract with the shape of one entry (tensors: xx, yy, zz, yz, xz, xy)."""

POINT_ARRAYS: dict[str, tuple[int, ...]] = {"displacement_um": (3,)}
"""Point arrays of the contract with the shape of one entry."""

SUMMARY_KEYS: tuple[str, ...] = (
    "name",
    "preset",
    "n_sites",
    "apparent_modulus_kPa",
    "solid_fraction",
    "mean_stiffness_kPa",
    "stiffness_percentiles_kPa",
    "mean_p_dormant",
    "fraction_above_half",
    "logodds_mean",
    "mesh",
    "timings_s",
    "per_ink",
)
"""Keys of the summary, in the order in which they are written."""


BANDED_KEYS: tuple[str, ...] = (
    "apparent_modulus_kPa",
    "mean_stiffness_kPa",
    "mean_p_dormant",
    "fraction_above_half",
)
"""Summary entries that are ``{"value", "low", "high"}``."""

INK_KEYS: tuple[str, ...] = (
    "name",
    "e_fibre_kPa",
    "e_cross_kPa",
    "e_isotropic_kPa",
    "matrix_kPa",
    "poisson_ratio",
    "collagen_I_mg_mL",
    "collagen_III_mg_mL",
    "crimp_factor_I",
    "crimp_factor_III",
    "crimp_factor_I_free",
    "crimp_factor_III_free",
    "alignment",
    "band_fold",
    "sensed_uniform_kPa",
)
"""Keys of the description of an ink; a value may be None where it is not known."""

_NESTED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(BANDED_KEYS, ("value", "low", "high")),
    "stiffness_percentiles_kPa": ("p5", "p50", "p95"),
    "mesh": ("cells", "dofs", "min_scaled_jacobian", "volume_error"),
}


class ResultError(SolveError):
    """A result that cannot be shown because it is misshapen or not finite (exit code 3)."""


@dataclass(frozen=True)
class FieldData:
    """Fields on the scaffold mesh, serial and in one piece.

    Parameters
    ----------
    points
        ``(n, 3)`` vertices, µm.
    cells
        ``(m, 4)`` vertices of each tetrahedron.
    cell_data
        Arrays of :data:`CELL_ARRAYS`, each ``(m, …)``: ``ink`` (index), moduli (kPa), unit fibre
        direction, ``strain`` and ``stress_kPa`` as plain components xx, yy, zz, yz, xz, xy.
        Further arrays are carried along.
    point_data
        Arrays of :data:`POINT_ARRAYS`, each ``(n, …)``: ``displacement_um`` (µm).

    Raises
    ------
    ResultError
        Where a shape does not fit, an array of the contract is missing, or a value is not finite.
    """

    points: FloatArray
    cells: npt.NDArray[np.int64]
    cell_data: Mapping[str, npt.NDArray[Any]]
    point_data: Mapping[str, npt.NDArray[Any]]

    def __post_init__(self) -> None:
        n, m = len(self.points), len(self.cells)
        _expect_shape("fields: points", self.points, (n, 3))
        _expect_shape("fields: cells", self.cells, (m, 4))
        if m == 0:
            raise ResultError("fields: the mesh has no cells")
        if self.cells.min() < 0 or self.cells.max() >= n:
            raise ResultError(
                f"fields: cells name vertices {self.cells.min()} to {self.cells.max()}, "
                f"expected 0 to {n - 1}"
            )
        _expect_finite("fields: points", self.points)
        for kind, count, contract, arrays in (
            ("cell", m, CELL_ARRAYS, self.cell_data),
            ("point", n, POINT_ARRAYS, self.point_data),
        ):
            _expect_keys(f"fields: {kind} data", arrays, tuple(contract))
            for name, values in arrays.items():
                label = f"fields: {kind} data {name!r}"
                tail = contract.get(name, np.shape(values)[1:])
                _expect_shape(label, values, (count, *tail))
                _expect_finite(label, values)


@dataclass(frozen=True)
class Assumption:
    """One thing that the numbers rest on, with its standing.

    Parameters
    ----------
    what
        What is taken to be so, in words.
    value
        The value used, with its unit and band.
    standing
        One of :data:`STANDINGS`.
    source
        DOI, or text that contains DOIs, or nothing.

    Raises
    ------
    ResultError
        Where the standing is not one of :data:`STANDINGS`.
    """

    what: str
    value: str
    standing: str
    source: str = ""

    def __post_init__(self) -> None:
        if self.standing not in STANDINGS:
            raise ResultError(
                f"assumption {self.what!r}: standing {self.standing!r}, "
                f"expected one of {', '.join(STANDINGS)}"
            )


@dataclass(frozen=True)
class RunResult:
    """Everything that one run leaves behind, ready to be written.

    Parameters
    ----------
    name
        Name of the case; any text.
    case
        Resolved case with units, seeds, versions, preset and hash (``case.json``).
    sites
        One row per cell: :data:`SITE_COLUMNS`, then the ``logodds_<cue>`` columns.
    fields
        The scaffold mesh with its fields.
    summary
        Headline numbers, :data:`SUMMARY_KEYS` (``summary.json``); a banded number is
        ``{"value", "low", "high"}``.
    curves
        ``"p_of_stiffness"``: ``stiffness_kPa``, ``p``, ``low``, ``high``, each ``(k,)``: the
        rule's curve for this case's ligand and cues.
    inks
        One mapping per ink with :data:`INK_KEYS`: moduli along, across and averaged over
        directions (kPa), the matrix alone (kPa), collagen (mg/mL), crimp factors (share of the
        straight fibre's stiffness that waviness leaves in this gel; ``_free``: without a matrix),
        order parameter, ``band_fold`` (90 % band of the modulus as a factor),
        ``sensed_uniform_kPa`` (what a cell deep in this ink senses).
        Optional: ``fibre_stiffness_I_kPa``, ``fibre_stiffness_III_kPa`` (φ E r η of each
        collagen), by which the report splits collagen's mechanics between the two.
    assumptions
        What the numbers rest on.
    warnings
        What the user must know, in words.
    references
        One mapping per source: ``doi``, ``used_for`` and, where known, ``title``.

    Raises
    ------
    ResultError
        Where a column or key is missing or in the wrong place, or a number is not finite.
    """

    name: str
    case: dict[str, Any]
    sites: pandas.DataFrame
    fields: FieldData
    summary: dict[str, Any]
    curves: dict[str, dict[str, FloatArray]]
    inks: list[dict[str, Any]]
    assumptions: list[Assumption] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    references: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_sites(self.sites)
        _expect_keys("summary", self.summary, SUMMARY_KEYS)
        for key, inner in _NESTED.items():
            _expect_keys(f"summary: {key}", self.summary[key], inner)
            _expect_finite(f"summary: {key}", np.array([self.summary[key][name] for name in inner]))
        for row in self.summary["per_ink"]:
            _expect_keys(
                "summary: per_ink", row, ("ink", "n_sites", "mean_p", "mean_stiffness_kPa")
            )
        if int(self.summary["n_sites"]) != len(self.sites):
            raise ResultError(
                f"summary counts {self.summary['n_sites']} sites, the table has {len(self.sites)}"
            )
        curve = self.curves.get("p_of_stiffness", {})
        columns = ("stiffness_kPa", "p", "low", "high")
        _expect_keys("curves: p_of_stiffness", curve, columns)
        for key in columns:
            values = np.asarray(curve[key])
            _expect_shape(f"curves: p_of_stiffness {key!r}", values, (len(curve["stiffness_kPa"]),))
            _expect_finite(f"curves: p_of_stiffness {key!r}", values)
        for ink in self.inks:
            _expect_keys(f"ink {ink.get('name')!r}", ink, INK_KEYS)
        named = [ink["name"] for ink in self.inks]
        strangers = sorted(set(map(str, self.sites["ink"])) - set(map(str, named)))
        if strangers:
            raise ResultError(f"sites lie in inks that are not described: {', '.join(strangers)}")

    @property
    def cues(self) -> tuple[str, ...]:
        """Names of the active cues, in the order of their columns."""
        return cue_names(self.sites)


def cue_names(sites: pandas.DataFrame) -> tuple[str, ...]:
    """Names of the cues that have a log-odds column, in the order of the columns."""
    return tuple(
        str(column)[len(CUE_PREFIX) :]
        for column in sites.columns
        if str(column).startswith(CUE_PREFIX)
    )


def check_sites(sites: pandas.DataFrame) -> None:
    """Refuse a sites table that breaks the contract.

    Parameters
    ----------
    sites
        Table with :data:`SITE_COLUMNS` first and only ``logodds_<cue>`` columns after them.

    Raises
    ------
    ResultError
        No rows; columns missing, misplaced or unknown; NaN or infinity, with the column named;
        a probability outside [0, 1] or a band upside down.
    """
    columns = [str(column) for column in sites.columns]
    if len(sites) == 0:
        raise ResultError("sites: the table has no rows", hint="raise cells.density or cells.count")
    head, tail = columns[: len(SITE_COLUMNS)], columns[len(SITE_COLUMNS) :]
    if head != list(SITE_COLUMNS):
        missing = [name for name in SITE_COLUMNS if name not in columns]
        what = f"columns lacking: {', '.join(missing)}" if missing else "columns out of order"
        raise ResultError(f"sites: {what}; expected {', '.join(SITE_COLUMNS)}")
    unknown = [name for name in tail if not name.startswith(CUE_PREFIX)]
    if unknown:
        raise ResultError(f"sites: unknown columns {', '.join(unknown)}")
    for name in columns:
        if name not in ("id", "ink"):
            _expect_finite(f"sites: column {name!r}", sites[name].to_numpy(dtype=float))
    p, low, high = (
        sites[name].to_numpy(dtype=float)
        for name in ("p_dormant", "p_dormant_low", "p_dormant_high")
    )
    if min(p.min(), low.min()) < 0 or max(p.max(), high.max()) > 1:
        raise ResultError("sites: p_dormant and its band must lie in [0, 1]")
    # A sampled band may miss its central value by a little; one that is upside down is a mistake.
    crossed = np.flatnonzero(low > high)
    if crossed.size:
        row = int(crossed[0])
        raise ResultError(
            f"sites: in row {row} the band of p_dormant runs from {low[row]:.4g} down to "
            f"{high[row]:.4g} ({crossed.size} rows)"
        )


def _expect_keys(label: str, found: Mapping[str, Any], expected: Sequence[str]) -> None:
    missing = [key for key in expected if key not in found]
    if missing:
        raise ResultError(f"{label} lacks {', '.join(missing)}")


def _expect_shape(label: str, values: npt.NDArray[Any], expected: Sequence[int]) -> None:
    found = np.shape(values)
    if found != tuple(expected):
        raise ResultError(f"{label}: expected shape {tuple(expected)}, found {found}")


def _expect_finite(label: str, values: npt.NDArray[Any]) -> None:
    bad = ~np.isfinite(np.asarray(values, dtype=float))
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise ResultError(f"{label}: {int(bad.sum())} values are NaN or infinite, first at {row}")
