"""The contract of a result: its columns, arrays and keys, and the checks that hold it to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

CONTRACTION_COLUMNS: tuple[str, ...] = (
    "id",
    "strain",
    "secant_kPa",
    "linear_kPa",
    "ratio",
    "range_um",
    "decay_exponent",
)
"""Columns of the table of cells that pull by a finite strain, in order."""

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
"""Summary entries that are ``{"value", "low", "high"}``; the apparent modulus is None where no
load was applied."""

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

NESTED_KEYS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(BANDED_KEYS, ("value", "low", "high")),
    "stiffness_percentiles_kPa": ("p5", "p50", "p95"),
    "mesh": ("cells", "dofs", "min_scaled_jacobian", "volume_error"),
}
"""Summary entries that are mappings of numbers, with their keys."""


class ResultError(SolveError):
    """A result that cannot be shown because it is misshapen or not finite (exit code 3)."""


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
            expect_finite(f"sites: column {name!r}", sites[name].to_numpy(dtype=float))
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


def check_contraction(table: pandas.DataFrame, sites: pandas.DataFrame) -> None:
    """Refuse a table of pulling cells that breaks the contract.

    Parameters
    ----------
    table
        Table with :data:`CONTRACTION_COLUMNS`.
    sites
        The sites table, whose ``id`` it names.

    Raises
    ------
    ResultError
        No rows; other columns; NaN or infinity; a cell that is no site or comes twice.
    """
    if [str(column) for column in table.columns] != list(CONTRACTION_COLUMNS) or len(table) == 0:
        raise ResultError(
            f"contraction: expected rows with columns {', '.join(CONTRACTION_COLUMNS)}"
        )
    for name in CONTRACTION_COLUMNS:
        expect_finite(f"contraction: column {name!r}", table[name].to_numpy(dtype=float))
    if table["id"].duplicated().any() or not table["id"].isin(sites["id"]).all():
        raise ResultError("contraction: every id must be that of one site, once")


def check_plateaus(plateaus: Mapping[str, float]) -> None:
    """Refuse plateaus of P that are no probabilities, or upside down.

    Parameters
    ----------
    plateaus
        ``p_min``, ``p_max`` and ``amplitude``, each 0 to 1.

    Raises
    ------
    ResultError
        A key is missing, a value is out of [0, 1], or ``p_min`` exceeds ``p_max``.
    """
    names = ("p_min", "p_max", "amplitude")
    expect_keys("summary: plateaus", plateaus, names)
    values = np.array([plateaus[name] for name in names], dtype=float)
    expect_finite("summary: plateaus", values)
    if values.min() < 0 or values.max() > 1 or values[0] > values[1]:
        raise ResultError("summary: plateaus must lie in [0, 1], p_min not above p_max")


def expect_keys(label: str, found: Mapping[str, Any], expected: Sequence[str]) -> None:
    """Raise ResultError naming the keys that a mapping lacks."""
    missing = [key for key in expected if key not in found]
    if missing:
        raise ResultError(f"{label} lacks {', '.join(missing)}")


def expect_shape(label: str, values: npt.NDArray[Any], expected: Sequence[int]) -> None:
    """Raise ResultError with expected and found shape where they differ."""
    found = np.shape(values)
    if found != tuple(expected):
        raise ResultError(f"{label}: expected shape {tuple(expected)}, found {found}")


def expect_finite(label: str, values: npt.NDArray[Any]) -> None:
    """Raise ResultError with count and first row where a value is NaN or infinite."""
    bad = ~np.isfinite(np.asarray(values, dtype=float))
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise ResultError(f"{label}: {int(bad.sum())} values are NaN or infinite, first at {row}")
