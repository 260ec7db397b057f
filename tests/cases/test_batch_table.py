"""The table of a sweep: each case once, whatever became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from cases.batch.atomic import write_json
from cases.batch.ledger import Ledger, Row
from cases.batch.table import OUTPUTS, build_table, write_table
from cases.batch.task import Outcome


@dataclass(frozen=True)
class Point:
    index: int
    key: str
    values: tuple[float | int | str | bool | None, ...]
    replicate: int | None = None


@dataclass(frozen=True)
class Input:
    column: str
    unit: str


INPUTS = (Input("inks.niche.collagen_I.concentration_mg_mL", "mg/mL"), Input("cells.seed", "1"))


def key_of(word: object) -> str:
    return hashlib.sha256(str(word).encode()).hexdigest()


def point(
    index: int, *values: float | int | str | bool | None, replicate: int | None = None
) -> Point:
    return Point(index, key_of(index), values, replicate)


def finish(ledger: Ledger, key: str, **outputs: float | int | None) -> None:
    facts = {name: 0.25 for name in OUTPUTS} | {"n_sites": 12, "mesh_cells": 3456} | outputs
    done = Row(key, "wavy", facts, 2.5, reused=("mesh", "scaffold"))
    write_json(ledger.target(key) / "row.json", done.to_json())


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@pytest.fixture
def points() -> list[Point]:
    return [point(index, 0.1 * index, index) for index in range(4)]


@pytest.fixture
def table(ledger: Ledger, points: list[Point]) -> pd.DataFrame:
    """Case 1 done, 2 failed, 3 left, 4 done with an earlier failure still on record."""
    finish(ledger, points[0].key, mean_p_dormant=1 / 3)
    for place in (1, 3):
        failed = Outcome(place, points[place].key, "timeout", 9.0, "took\nlonger", "raise timeout")
        ledger.record_failure(failed, "x")
    finish(ledger, points[3].key, apparent_modulus_kPa=None)
    return build_table([points[place] for place in (2, 0, 3, 1)], ledger, INPUTS)


def test_each_case_stands_once_in_the_order_of_the_sweep(table: pd.DataFrame) -> None:
    assert list(table["case"]) == [1, 2, 3, 4]
    assert list(table["status"]) == ["done", "failed", "left", "done"]
    assert list(table["cells.seed"]) == [0, 1, 2, 3]
    assert list(table["hash"]) == [key_of(place) for place in range(4)]
    assert list(table.columns) == [
        "case",
        *(wanted.column for wanted in INPUTS),
        "status",
        *OUTPUTS,
        *("seconds", "reused", "reason", "folder", "hash"),
    ]


def test_a_done_case_has_its_numbers_and_where_it_lies(table: pd.DataFrame) -> None:
    done = table.iloc[0]
    assert done["mean_p_dormant"] == 1 / 3
    assert (done["n_sites"], done["mesh_cells"], done["seconds"]) == (12, 3456, 2.5)
    assert done["reused"] == "mesh, scaffold"
    assert done["folder"] == f"cases/{key_of(0)[:16]}"
    assert pd.isna(done["reason"])
    assert pd.isna(table.iloc[3]["reason"]), "it is done: an earlier failure is no more"


def test_a_failed_case_has_its_reason_and_a_left_one_nothing(table: pd.DataFrame) -> None:
    failed, left = table.iloc[1], table.iloc[2]
    assert failed["reason"] == "took longer; mend: raise timeout"
    assert failed["seconds"] == 9.0
    for name in (*OUTPUTS, "folder"):
        assert pd.isna(failed[name])
    assert left[[*OUTPUTS, "seconds", "reused", "reason", "folder"]].isna().all()


def test_types_are_nullable_and_nothing_is_nan(table: pd.DataFrame) -> None:
    kinds = {name: str(kind) for name, kind in table.dtypes.items()}
    assert {kinds[name] for name in ("case", "cells.seed", "n_sites", "mesh_cells")} == {"Int64"}
    assert {kinds[name] for name in ("status", "reused", "reason", "folder", "hash")} == {"string"}
    assert kinds["mean_p_dormant"] == kinds["seconds"] == kinds[INPUTS[0].column] == "Float64"
    assert table.iloc[3]["apparent_modulus_kPa"] is pd.NA


def test_inputs_keep_their_types_and_mixed_ones_become_words(ledger: Ledger) -> None:
    wanted = [Input(name, "1") for name in ("number", "switch", "word", "mixed", "nothing")]
    rows = [point(0, 1, True, "straight", "none", None), point(1, 2.5, None, None, 0.5, None)]
    table = build_table(rows, ledger, wanted)
    kinds = [str(table[each.column].dtype) for each in wanted]
    assert kinds == ["Float64", "boolean", "string", "string", "string"]
    assert list(table["mixed"]) == ["none", "0.5"]
    assert table["nothing"].isna().all()


def test_replicates_stand_in_a_column_only_where_there_are_any(
    ledger: Ledger, table: pd.DataFrame
) -> None:
    assert "replicate" not in table.columns
    again = [point(place, 0.5, 1, replicate=place + 1) for place in range(2)]
    repeated = build_table(again, ledger, INPUTS)
    assert list(repeated.columns[:2]) == ["case", "replicate"]
    assert list(repeated["replicate"]) == [1, 2]


def test_two_places_of_one_content_are_both_done(ledger: Ledger) -> None:
    same = [Point(place, key_of("same"), (0.5, 1)) for place in range(2)]
    finish(ledger, key_of("same"))
    table = build_table(same, ledger, INPUTS)
    assert list(table["status"]) == ["done", "done"]
    assert table["folder"].nunique() == 1


def test_files_hold_the_same_table_with_units(
    ledger: Ledger, table: pd.DataFrame, tmp_path: Path
) -> None:
    write_table(table, tmp_path, INPUTS, {"name": "wavy"})
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), table)
    schema = pyarrow.parquet.read_schema(tmp_path / "table.parquet")
    assert schema.field(INPUTS[0].column).metadata[b"unit"] == b"mg/mL"
    assert schema.field("mean_stiffness_kPa_low").metadata[b"unit"] == b"kPa"
    assert schema.field("seconds").metadata[b"unit"] == b"s"
    assert all(field.metadata[b"description"] for field in schema)
    assert schema.metadata[b"dormatrix"] == b'{"name": "wavy"}'

    text = (tmp_path / "table.csv").read_text("utf-8")
    assert "nan" not in text.lower()
    assert len(text.splitlines()) == 1 + len(table)
    back = pd.read_csv(tmp_path / "table.csv").convert_dtypes()
    for name in table.columns:
        assert list(back[name].isna()) == list(table[name].isna()), name
        if table[name].dtype.kind in "if":
            shown = table[name].dropna().astype(float)
            assert list(back[name].dropna().astype(float)) == pytest.approx(list(shown), rel=1e-8)
        else:
            assert list(back[name].dropna().astype(str)) == list(table[name].dropna().astype(str))
    assert not [p for p in tmp_path.iterdir() if ".part-" in p.name]


def test_the_same_cases_give_the_same_bytes(
    ledger: Ledger, points: list[Point], table: pd.DataFrame, tmp_path: Path
) -> None:
    write_table(table, tmp_path / "one", INPUTS, {})
    write_table(build_table(points, ledger, INPUTS), tmp_path / "two", INPUTS, {})
    for name in ("table.csv", "table.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_comes_from_outside_can_rewrite_no_terminal(ledger: Ledger, tmp_path: Path) -> None:
    sly = point(0, "\x1b[31mred\ud800", 1)
    ledger.record_failure(Outcome(0, sly.key, "failed", 1.0, "\x1b]0;x\x07 \u202ebad"), "x")
    write_table(build_table([sly], ledger, INPUTS), tmp_path, INPUTS, {})
    text = (tmp_path / "table.csv").read_text("utf-8")
    assert not set(text) & set("\x1b\x07\u202e")
    assert "bad" in text


def test_an_empty_sweep_has_a_table_of_no_rows(ledger: Ledger, tmp_path: Path) -> None:
    table = build_table([], ledger, INPUTS)
    write_table(table, tmp_path, INPUTS, {})
    assert len(pd.read_parquet(tmp_path / "table.parquet")) == 0


@pytest.mark.parametrize(
    ("rows", "inputs", "message"),
    [
        ([point(3, 1.0, 1), point(3, 2.0, 1)], INPUTS, "case 4 stands in the sweep twice"),
        ([point(0, 1.0)], INPUTS, "expected 2 values, found 1"),
        ([point(0, float("nan"), 1)], INPUTS, "expected finite values"),
        ([point(0, 1.0, 1)], (INPUTS[0], Input("status", "")), "column status"),
        ([point(0, 1.0, 1)], (INPUTS[0], INPUTS[0]), "stands in the table twice"),
    ],
)
def test_what_would_spoil_the_table_is_refused(
    ledger: Ledger, rows: list[Point], inputs: tuple[Input, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build_table(rows, ledger, inputs)
