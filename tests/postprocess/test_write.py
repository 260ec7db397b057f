"""The result folder: every file, repeatable, readable again, never a NaN."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from postprocess.casefile import cell_radius_um, flatten
from postprocess.contract import SUMMARY_KEYS, ResultError
from postprocess.load import load_result
from postprocess.results import RunResult
from postprocess.write import write_result


def strict(text: str) -> dict:
    """Parse JSON that must not hold NaN or Infinity, which are no JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def test_folder_holds_the_contract(written: Path) -> None:
    names = {path.name for path in written.iterdir()}
    assert names == {
        "case.json",
        "sites.csv",
        "sites.parquet",
        "fields.vtu",
        "sites.vtp",
        "figures",
        "report.html",
        "summary.json",
    }


def test_summary_has_stable_order(result: RunResult, written: Path, tmp_path: Path) -> None:
    text = (written / "summary.json").read_bytes()
    told = strict(text.decode("utf-8"))
    assert list(told)[: len(SUMMARY_KEYS)] == list(SUMMARY_KEYS)
    assert told["mean_p_dormant"] == result.summary["mean_p_dormant"]
    backwards = dict(reversed(result.summary.items()))
    write_result(dataclasses.replace(result, summary=backwards), tmp_path, figures=False)
    assert (tmp_path / "summary.json").read_bytes() == text
    for name in ("sites.csv", "case.json", "sites.parquet"):
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_case_keeps_the_order_of_inks(
    make_result: Callable[..., RunResult], tmp_path: Path
) -> None:
    # Inks take turns from layer to layer in the order of the file: sorting them would be another
    # case.
    result = make_result(3)
    inks = {"zebra": {"alignment": 0.1}, "adder": {"alignment": 0.2}}
    write_result(dataclasses.replace(result, case={"inks": inks}), tmp_path, figures=False)
    told = strict((tmp_path / "case.json").read_text(encoding="utf-8"))
    assert list(told["inks"]) == ["zebra", "adder"]


def test_names_survive(nasty: tuple[RunResult, Path]) -> None:
    result, folder = nasty
    assert strict((folder / "summary.json").read_text(encoding="utf-8"))["name"] == result.name
    assert load_result(folder).inks[0]["name"] == result.inks[0]["name"]
    assert not (folder / "figures").exists()


def test_nan_is_refused_by_place(make_result: Callable[..., RunResult], tmp_path: Path) -> None:
    result = make_result(3)
    bad = result.summary | {"timings_s": {"mesh": float("nan")}}
    with pytest.raises(ResultError, match=r"summary\.timings_s\.mesh is nan"):
        write_result(dataclasses.replace(result, summary=bad), tmp_path, figures=False)
    assert not (tmp_path / "summary.json").exists(), "no summary, so nobody takes it for complete"


def test_numpy_values_become_plain_json(
    make_result: Callable[..., RunResult], tmp_path: Path
) -> None:
    result = make_result(3)
    case = {"a": np.float64(0.5), "b": np.arange(2), "c": np.True_, "d": Path("x")}
    write_result(dataclasses.replace(result, case=case), tmp_path, figures=False)
    told = strict((tmp_path / "case.json").read_text(encoding="utf-8"))
    assert told == {"a": 0.5, "b": [0, 1], "c": True, "d": "x"}


def test_result_reads_back(result: RunResult, written: Path) -> None:
    back = load_result(written)
    assert (back.name, back.case, back.inks) == (result.name, result.case, result.inks)
    assert back.summary == result.summary
    assert back.assumptions == result.assumptions
    pd.testing.assert_frame_equal(back.sites, result.sites, check_dtype=False)
    np.testing.assert_array_equal(
        back.curves["p_of_stiffness"]["p"], result.curves["p_of_stiffness"]["p"]
    )
    np.testing.assert_array_equal(back.fields.points, result.fields.points)


def test_incomplete_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"not a complete result: it has no summary\.json"):
        load_result(tmp_path)


@pytest.mark.parametrize("name", ["summary.json", "case.json", "fields.vtu"])
@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xdd\x81"])
def test_damaged_file_is_named(written: Path, tmp_path: Path, name: str, content: bytes) -> None:
    for path in written.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ResultError, match=rf"{re.escape(name)} is damaged"):
        load_result(tmp_path)


def test_progress_is_told(make_result: Callable[..., RunResult], tmp_path: Path) -> None:
    told: list[str] = []
    write_result(make_result(3), tmp_path, progress=told.append, figures=False)
    assert told == ["writing tables", "writing fields", "writing the report"]


def test_resolved_case_in_words() -> None:
    case = {"strand_diameter_um": 400.0, "size_um": [4800.0, 1200.0], "calcium_mM": 9.8,
            "alginate": {"concentration_percent": 2.0, "youngs_modulus_kPa": None},
            "density_per_mL": 5e5, "collagen_mg_mL": 2.4, "block": [], "cues": {},
            "on": True}  # fmt: skip
    rows = {key: value.replace("\u00a0", " ") for key, value in flatten(case)}
    assert rows == {
        "strand diameter": "400 µm",
        "size": "4\u202f800 × 1\u202f200 µm",
        "calcium": "9.8 mM",
        "alginate › concentration": "2 %",
        "density": "500\u202f000 /mL",
        "collagen": "2.4 mg/mL",
        "block": "none",
        "cues": "none",
        "on": "yes",
    }
    assert cell_radius_um({"case": {"cells": {"radius_um": 8.0}}}) == 8.0
    assert cell_radius_um({"cells": {"radius_um": 7}}) == 7.0
    assert cell_radius_um({}) is None
