"""Sweeps of real cases, by the command: what is reused, what a kill leaves, what the table says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
SWEEP = """
name: real
vary:
  inks.g.alginate.youngs_modulus: [1.5 kPa, 6 kPa]
  dormancy.cues.TGFb2: [0, 0.5, 1]
case:
  scaffold: {kind: slab, size: [400 um, 400 um, 300 um]}
  inks: {g: {alginate: {youngs_modulus: 3 kPa}, ligand: 1}}
  cells: {count: 4, radius: 8 um, seed: 1}
"""
pytestmark = pytest.mark.dolfinx


def command(sweep: Path, folder: Path, *further: str) -> list[str]:
    return [
        sys.executable, "-m", "cases", "batch", str(sweep), "-o", str(folder), "--workers", "2",
        "--no-figures", *further,
    ]  # fmt: skip


def run(sweep: Path, folder: Path, *further: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(sweep, folder, *further), cwd=ROOT, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The sweep computed without disturbance, and what the command says of it."""
    root = tmp_path_factory.mktemp("peace")
    sweep = root / "sweep.yaml"
    sweep.write_text(SWEEP, encoding="utf-8")
    done = run(sweep, root / "out", "--json")
    assert done.returncode == 0, done.stderr
    return root / "out", json.loads(done.stdout)


def table_of(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "table.parquet").drop(columns=["seconds", "reused"])


def test_what_cases_share_is_made_once(peace: tuple[Path, dict]) -> None:
    folder, said = peace
    assert (said["cases"], said["done"], said["failed"], said["left"]) == (6, 6, 0, 0)
    assert said["savings"] == {
        "mesh": {"made": 1, "reused": 5},
        "scaffold": {"made": 2, "reused": 4},
        "sensed": {"made": 2, "reused": 4},
    }
    table = table_of(folder)
    assert (
        table.groupby("inks.g.alginate.youngs_modulus_kPa")["mean_stiffness_kPa"]
        .nunique()
        .eq(1)
        .all()
    )


def test_the_table_says_what_the_rule_promises(peace: tuple[Path, dict]) -> None:
    table = table_of(peace[0])
    soft, stiff = (table.iloc[:3], table.iloc[3:])
    for rows in (soft, stiff):
        assert rows["mean_p_dormant"].is_monotonic_increasing  # TGF-b2 keeps cells asleep
    assert (soft["mean_p_dormant"].to_numpy() > stiff["mean_p_dormant"].to_numpy()).all()
    # a uniform slab pressed between bonded plates reads more than its own modulus, and scales
    ratio = stiff["apparent_modulus_kPa"].iloc[0] / soft["apparent_modulus_kPa"].iloc[0]
    assert ratio == pytest.approx(6.0 / 1.5, rel=1e-6)
    for name in ("mean_p_dormant", "mean_stiffness_kPa", "apparent_modulus_kPa"):
        assert (table[f"{name}_low"] <= table[name]).all()
        assert (table[name] <= table[f"{name}_high"]).all()
    csv = pd.read_csv(peace[0] / "table.csv")
    assert list(csv["case"]) == [1, 2, 3, 4, 5, 6]
    assert csv["mean_p_dormant"].to_numpy() == pytest.approx(
        table["mean_p_dormant"].to_numpy(dtype=float), rel=1e-8
    )


def test_a_case_of_a_sweep_is_the_case_alone(peace: tuple[Path, dict], tmp_path: Path) -> None:
    """Stages that were read give the bytes that a run of its own computes."""
    from cases.batch.load import load_sweep
    from cases.batch.points import expand
    from cases.run import run_case
    from cases.schema import Case

    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(SWEEP, encoding="utf-8")
    points = expand(load_sweep(sweep))
    point = points.points[5]
    case = Case.model_validate(points.document(point), context={"folder": tmp_path})
    run_case(case, tmp_path / "alone", workers=1, figures=False)
    kept = peace[0] / "cases" / point.key[:16] / "sites.parquet"
    pd.testing.assert_frame_equal(
        pd.read_parquet(kept), pd.read_parquet(tmp_path / "alone" / "sites.parquet")
    )


def test_a_sweep_that_is_killed_goes_on_where_it_was(
    peace: tuple[Path, dict], tmp_path: Path
) -> None:
    sweep, folder = tmp_path / "sweep.yaml", tmp_path / "out"
    sweep.write_text(SWEEP, encoding="utf-8")
    running = subprocess.Popen(
        command(sweep, folder),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 200
    while not list(folder.glob("cases/*/row.json")):
        assert running.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("cases/[0-9a-f]*/row.json")}
    done = run(sweep, folder)
    assert done.returncode == 0, done.stderr
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    pd.testing.assert_frame_equal(table_of(folder), table_of(peace[0]))
    assert not [path for path in (folder / "cases").iterdir() if path.name.startswith(".")]


def test_a_finished_sweep_is_not_computed_again(peace: tuple[Path, dict]) -> None:
    folder, _ = peace
    before = {path: path.stat().st_mtime_ns for path in folder.glob("cases/*/*")}
    again = run(folder.parent / "sweep.yaml", folder, "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["savings"]["mesh"] == {"made": 0, "reused": 0}
    assert {path: path.stat().st_mtime_ns for path in folder.glob("cases/*/*")} == before


def test_what_is_no_case_is_a_failed_row_and_ends_with_3(tmp_path: Path) -> None:
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        SWEEP.replace("[1.5 kPa, 6 kPa]", "[3 kPa, -1 kPa]").replace("[0, 0.5, 1]", "[0]")
        + "wrong_cases: record\nkeep: table\n",
        encoding="utf-8",
    )
    done = run(sweep, tmp_path / "out")
    assert done.returncode == 3, done.stderr
    table = table_of(tmp_path / "out")
    assert list(table["status"]) == ["done", "failed"]
    assert "youngs_modulus" in table["reason"].iloc[1]
    assert table["mean_p_dormant"].isna().tolist() == [False, True]
    assert "youngs_modulus" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_another_folder_is_left_alone(tmp_path: Path) -> None:
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(SWEEP, encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me", encoding="utf-8")
    refused = run(sweep, tmp_path / "mine")
    assert refused.returncode == 2
    assert "something else than a sweep" in refused.stderr


def test_cases_of_another_version_are_told(peace: tuple[Path, dict]) -> None:
    folder, _ = peace
    row = next(folder.glob("cases/*/row.json"))
    told = json.loads(row.read_text())
    assert "sources" in told["program"]
    row.write_text(json.dumps({**told, "program": "dormatrix 0.0.1 (sources 00000000)"}))
    again = run(folder.parent / "sweep.yaml", folder)
    row.write_text(json.dumps(told))
    assert again.returncode == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "1 of 6 cases were computed by another version" in page
