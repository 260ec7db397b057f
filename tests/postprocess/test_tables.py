"""Tables: stable bytes, units that travel along, and no number that is not one."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from postprocess.contract import SITE_COLUMNS, ResultError, check_sites
from postprocess.results import RunResult
from postprocess.tables import read_parquet, sites_csv, write_parquet

CONTRACT = [
    *("id", "x_um", "y_um", "z_um", "ink", "depth_um"),
    *("stiffness_kPa", "stiffest_kPa", "softest_kPa"),
    *("stiff_axis_x", "stiff_axis_y", "stiff_axis_z", "anisotropy"),
    *("p_dormant", "p_dormant_low", "p_dormant_high"),
]


def test_columns_are_those_of_the_contract(result: RunResult) -> None:
    header = sites_csv(result.sites).splitlines()[0].split(",")
    assert header[: len(CONTRACT)] == CONTRACT == list(SITE_COLUMNS)
    assert all(name.startswith("logodds_") for name in header[len(CONTRACT) :])
    assert len(header) > len(CONTRACT)


def test_same_numbers_give_same_bytes(result: RunResult) -> None:
    again = result.sites.copy()
    # Neither memory order nor noise below the ninth digit nor the sign of zero is a difference.
    again["stiffness_kPa"] = again["stiffness_kPa"].to_numpy()[::-1][::-1] * (1 + 1e-14)
    again["logodds_ligand"] = -0.0
    assert sites_csv(again) == sites_csv(result.sites)
    again["stiffness_kPa"] *= 1 + 1e-6
    assert sites_csv(again) != sites_csv(result.sites)


def test_csv_holds_nine_digits(result: RunResult) -> None:
    sites = result.sites.head(1).assign(x_um=1.23456789012345, y_um=12345678.9)
    row = sites_csv(sites).splitlines()[1].split(",")
    assert row[1] == "1.23456789"
    assert row[2] == "12345678.9"


def test_csv_reads_back(result: RunResult) -> None:
    back = pd.read_csv(io.StringIO(sites_csv(result.sites)))
    assert list(back["ink"]) == list(result.sites["ink"])
    for name in back.columns.drop("ink"):
        np.testing.assert_allclose(back[name], result.sites[name], rtol=5e-9, atol=1e-300)


def test_parquet_carries_units_and_preset(result: RunResult, tmp_path: Path) -> None:
    path = tmp_path / "sites.parquet"
    write_parquet(result.sites, path, about={"preset": "adhesive", "hash": "abc"})
    schema = pyarrow.parquet.read_schema(path)
    units = {field.name: field.metadata[b"unit"].decode() for field in schema}
    assert units["x_um"] == units["depth_um"] == "µm"
    assert units["stiffness_kPa"] == "kPa"
    assert units["p_dormant"] == units["logodds_TGFb2"] == "1"
    assert json.loads(schema.metadata[b"dormatrix"]) == {"preset": "adhesive", "hash": "abc"}
    pd.testing.assert_frame_equal(read_parquet(path), result.sites, check_dtype=False)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", ["softest_kPa", "p_dormant_high", "logodds_TGFb2"])
def test_nan_is_refused_by_column(result: RunResult, column: str, bad: float) -> None:
    sites = result.sites.copy()
    sites.loc[3, column] = bad
    with pytest.raises(ResultError, match=rf"column '{column}'.*first at 3"):
        sites_csv(sites)


def test_table_must_keep_the_contract(result: RunResult) -> None:
    with pytest.raises(ResultError, match="lacking: anisotropy"):
        check_sites(result.sites.drop(columns="anisotropy"))
    swapped = result.sites[["x_um", "id", *result.sites.columns[2:]]]
    with pytest.raises(ResultError, match="out of order"):
        check_sites(swapped)
    with pytest.raises(ResultError, match="unknown columns mood"):
        check_sites(result.sites.assign(mood=1.0))
    with pytest.raises(ResultError, match="no rows"):
        check_sites(result.sites.head(0))


def test_bands_must_be_probabilities(result: RunResult) -> None:
    with pytest.raises(ResultError, match=r"\[0, 1\]"):
        check_sites(result.sites.assign(p_dormant_high=1.2))
    with pytest.raises(ResultError, match="in row 0 the band"):
        check_sites(result.sites.assign(p_dormant_low=0.99, p_dormant_high=0.98))
