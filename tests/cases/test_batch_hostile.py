"""Sweep files that ask for nonsense, folders that hold it: one message each, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from cases.batch.atomic import write_json
from cases.batch.compute import SureStore
from cases.batch.ledger import Ledger, Row, is_kept
from cases.batch.load import load_sweep
from cases.batch.plan import make_plan
from cases.batch.points import Points, expand
from cases.batch.report import sweep_view
from cases.batch.table import OUTPUTS, build_table, write_table
from cases.main import app
from cases.stages import keys
from cases.stages.store import StageStore
from meshes.errors import InputError
from meshes.mesh_cache import load_mesh

MODULUS = "inks.g.alginate.youngs_modulus"
CASE = """
case:
  scaffold: {kind: slab, size: [400 um, 400 um, 300 um]}
  inks: {g: {alginate: {youngs_modulus: 3 kPa}, ligand: 1}}
  cells: {count: 2, radius: 8 um, seed: 1}
"""
MANY = "".join(f"  cells.k{i}: {{low: 1, high: 2, count: 100000}}\n" for i in range(60))
WIDE = "".join(f"      cells.k{i}: {{low: 1, high: 2}}\n" for i in range(120))


def written(folder: Path, text: str) -> Path:
    path = folder / "sweep.yaml"
    path.write_text(text + CASE, encoding="utf-8")
    return path


def points_of(folder: Path, text: str) -> Points:
    return expand(load_sweep(written(folder, text)))


def asked(*words: str) -> Result:
    return CliRunner().invoke(app, ["batch", *words])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"vary: {{{MODULUS}: [3 kPa, .nan]}}\nwrong_cases: record", "not a finite number"),
        (f"vary: {{{MODULUS}: [3 kPa, .inf]}}\nwrong_cases: record", "not a finite number"),
        (f'vary: {{{MODULUS}: ["\\ud800"]}}\nwrong_cases: record', "half of a sign"),
        ("vary: {status: [1, 2]}\nwrong_cases: record", "not a key of a case"),
        ("vary: {scafold.size: [1, 2]}", "did you mean 'scaffold'?"),
        (f"vary: {{{MODULUS}: {{low: 1, high: 10, step: 1e-320}}}}", "too many values"),
        (
            f"vary: {{sobol: {{count: 4, over: {{{MODULUS}: "
            "{low: 1e-300 kPa, high: 1e300 kPa, scale: log}}}}",
            "too wide",
        ),
        (f"vary:\n{MANY}", "too many cases"),
        (f"vary:\n  sobol:\n    count: 100000\n    over:\n{WIDE}", "too many keys"),
        ('vary: {"scaffold.size[9]": [1 mm]}', "sweep.yaml:1: scaffold.size[9]: a list of 3"),
    ],
)
def test_a_hostile_sweep_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    refused = asked(str(written(tmp_path, text)), "--dry-run")
    assert refused.exit_code == 2
    assert said in refused.output
    assert "unexpected" not in refused.output


def test_numbers_that_no_column_holds_are_words(tmp_path: Path) -> None:
    """Of a combination that is kept as a failed row."""
    sweep = f"vary: {{cells.seed: [3, {10**29}]}}\nwrong_cases: record"
    points = points_of(tmp_path, sweep)
    table = build_table(points.points, Ledger(tmp_path), points.inputs)
    write_table(table, tmp_path, points.inputs, {})
    assert table["cells.seed"].iloc[0] == "3"


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    sweep = written(tmp_path, f"vary: {{{MODULUS}: [3 kPa]}}")
    refused = asked(str(sweep), "--dry-run", "-o", str(tmp_path / ("x" * 300)))
    assert refused.exit_code == 2
    assert "cannot be read" in refused.output


def test_the_plan_of_jobs_is_json_where_that_is_asked_for(tmp_path: Path) -> None:
    sweep = written(tmp_path, f"vary: {{{MODULUS}: [3 kPa]}}\ncluster: {{kind: slurm}}")
    told = asked(str(sweep), "--submit", "slurm", "--dry-run", "--json", "-o", str(tmp_path / "o"))
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["plan"]


def test_a_sweep_that_keeps_more_than_before_is_computed_again(tmp_path: Path) -> None:
    points = points_of(tmp_path, f"vary: {{{MODULUS}: [3 kPa, 4 kPa]}}\nkeep: sites")
    ledger, (bare, whole) = Ledger(tmp_path / "out"), points.points
    for point in points.points:
        write_json(ledger.target(point.key) / "row.json", Row(point.key, "", {}, 1.0).to_json())
    (ledger.target(whole.key) / "sites.parquet").touch()
    plan = make_plan(points, ledger.folder)
    assert (plan.done, plan.todo) == ((whole,), (bare,))
    kept = [is_kept(ledger.target(whole.key), whole.key, k) for k in ("table", "sites", "all")]
    assert kept == [True, True, False]


def test_halves_of_signs_in_a_row_reach_neither_table_nor_report(tmp_path: Path) -> None:
    from postprocess.sweep.page import write_sweep_report

    points = points_of(tmp_path, f"vary: {{{MODULUS}: [3 kPa]}}")
    ledger, (point,) = Ledger(tmp_path / "out"), points.points
    facts = {name: 0.5 for name in OUTPUTS} | {"n_sites": 2, "mesh_cells": 9}
    row = Row(point.key, "x", facts, 1.0).to_json()
    row |= {"warnings": ["\ud800"], "reused": ["\ud800"]}
    folder = ledger.target(point.key)
    folder.mkdir(parents=True)
    (folder / "row.json").write_text(json.dumps(row), encoding="utf-8")
    table = build_table(points.points, ledger, points.inputs)
    write_table(table, ledger.folder, points.inputs, {})
    view = sweep_view(points, table, ledger, {}, None)
    write_sweep_report(ledger.folder, view, figures=False)
    assert list(table["status"]) == ["done"]


def test_rows_of_the_same_case_are_told(tmp_path: Path) -> None:
    """Seeds that meet those of the replicates are no repetitions."""
    points = points_of(tmp_path, "vary: {cells.seed: [1, 2]}\nreplicates: 2")
    table = build_table(points.points, Ledger(tmp_path), points.inputs)
    view = sweep_view(points, table, Ledger(tmp_path), {}, None)
    assert any("1 of the 4 rows repeat" in warning for warning in view.warnings)


def test_no_stage_is_kept_under_the_name_of_a_file_that_has_changed(tmp_path: Path) -> None:
    cells = tmp_path / "cells.csv"
    cells.write_text("x_um,y_um,z_um\n200,200,150\n", encoding="utf-8")
    path = tmp_path / "sweep.yaml"
    case = CASE.replace("count: 2", "file: cells.csv").replace(", seed: 1", "")
    path.write_text(f"vary: {{{MODULUS}: [3 kPa]}}" + case, encoding="utf-8")
    (task,) = make_plan(expand(load_sweep(path)), tmp_path / "out").tasks()
    store, key = SureStore(str(task.stages), task), dict(task.needs)["sensed"]
    store.save("sensed", key, {"a": 1})
    assert store.load("sensed", key) == {"a": 1}
    store.path("sensed", key).unlink()
    cells.write_text("x_um,y_um,z_um\n100,100,150\n", encoding="utf-8")
    with pytest.raises(InputError, match="has changed since"):
        store.save("sensed", key, {"a": 1})
    assert not store.has("sensed", key)


def test_a_stage_with_any_byte_changed_is_absent_or_right(tmp_path: Path) -> None:
    store, key = StageStore(tmp_path), "ab" * 32
    values = np.linspace(0.0, 1.0, 40)
    store.save("sensed", key, {"a": values, "b": {"c": "word"}})
    path = store.path("sensed", key)
    whole = path.read_bytes()
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 0x5F
        path.write_bytes(broken)
        found = store.load("sensed", key)
        assert found is None or np.array_equal(found["a"], values)


def test_a_mesh_in_the_cache_that_is_broken_anyhow_is_absent(tmp_path: Path) -> None:
    np.savez(tmp_path / "k.npz", key=np.array("k"))
    whole = (tmp_path / "k.npz").read_bytes()
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 0x5F
        (tmp_path / "k.npz").write_bytes(broken)
        assert load_mesh(tmp_path, "k") is None


def test_all_that_a_case_means_to_the_mechanics_is_in_the_digest() -> None:
    """What the schema computes from its keys changes a stage as a solver does."""
    root = Path(keys.__file__).parents[2]
    assert all((root / part).exists() for part in keys._OF_THE_MECHANICS)
    assert {"cases/schema/cells.py", "cases/schema/recipe.py"} <= set(keys._OF_THE_MECHANICS)
