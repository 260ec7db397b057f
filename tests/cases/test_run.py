"""A whole run: the files of the contract, the same bytes alone, in a pool and under MPI."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = [pytest.mark.dolfinx, pytest.mark.slow]

CASE = """
name: small pile
scaffold: {kind: woodpile, strand_diameter: 200 um, pitch: 500 um, layer_height: 160 um,
           layers: 2, size: [800 um, 800 um], mesh_size: 60 um}
inks:
  soft:
    alginate: {concentration: 2 %, calcium: 9.8 mM, chain: 280 kDa}
    collagen_I: {concentration: 1.2 mg/mL}
    alignment: 0.5
    heterogeneity: {cv: 0.2, length: 30 um}
cells: {count: 24, radius: 8 um, seed: 3}
"""  # so many cells that a pool is worth its start
FILES = [
    "case.json",
    "sites.csv",
    "sites.parquet",
    "fields.vtu",
    "sites.vtp",
    "report.html",
    "summary.json",
]


def run(folder: Path, *arguments: str, mpi: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cases", "run", *arguments]
    if mpi:
        command = ["mpirun", "--oversubscribe", "-n", str(mpi), *command]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env=environment,
    )  # fmt: skip


def group_ends(group: int, within: float) -> bool:
    """Whether no process of a group is left after some seconds (ended ones need reaping)."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    (folder / "case.yaml").write_text(CASE)
    answer = run(folder, "case.yaml", "-o", "one", "--workers", "1")
    assert answer.returncode == 0, answer.stderr
    return folder


def test_every_file_of_the_contract_is_there(folder: Path) -> None:
    one = folder / "one"
    for name in FILES:
        assert (one / name).stat().st_size > 100, name
    assert len(list((one / "figures").glob("*.png"))) >= 5
    assert not list(folder.glob(".*partial*"))


def test_numbers_hang_together(folder: Path) -> None:
    sites = pd.read_csv(folder / "one" / "sites.csv")
    summary = json.loads((folder / "one" / "summary.json").read_text())
    assert len(sites) == summary["n_sites"] == 24
    assert (sites["softest_kPa"] <= sites["stiffness_kPa"]).all()
    assert (sites["stiffness_kPa"] <= sites["stiffest_kPa"]).all()
    assert np.allclose(sites["anisotropy"], sites["stiffest_kPa"] / sites["softest_kPa"], rtol=1e-6)
    axis = sites[["stiff_axis_x", "stiff_axis_y", "stiff_axis_z"]].to_numpy()
    assert np.allclose(np.linalg.norm(axis, axis=1), 1, atol=1e-6)
    # P from the shares: sum = -ln R, P = Pmax - (Pmax - Pmin) R/(1+R), plateaus 0.05 and 0.95
    log_odds = sites.filter(like="logodds_").sum(axis=1)
    expected = 0.95 - 0.9 / (1 + np.exp(log_odds))
    assert np.allclose(sites["p_dormant"], expected, atol=1e-6)
    assert summary["plateaus"] == {"p_min": 0.05, "p_max": 0.95, "amplitude": 1.0}
    assert (sites["p_dormant_low"] <= sites["p_dormant"]).all()
    assert (sites["p_dormant"] <= sites["p_dormant_high"]).all()
    assert (sites["depth_um"] >= 8.0 - 1e-6).all()
    # energy bound: apparent modulus below solid fraction times the confined modulus
    ink = summary["inks"][0]
    confined = ink["e_fibre_kPa"] * 0.7 / (1.3 * 0.4)
    assert 0 < summary["apparent_modulus_kPa"]["value"] < summary["solid_fraction"] * confined
    # without the spots: stiffer than the matrix, as collagen adds to it
    assert 3.0 < ink["sensed_uniform_kPa"] < ink["e_fibre_kPa"]


def test_same_seed_same_bytes_in_a_pool_and_again(folder: Path) -> None:
    answer = run(folder, "case.yaml", "-o", "two", "--workers", "2", "--no-figures")
    assert answer.returncode == 0, answer.stderr
    first = (folder / "one" / "sites.csv").read_bytes()
    assert (folder / "two" / "sites.csv").read_bytes() == first
    # again into the same folder: the same case may replace its own result
    answer = run(folder, "case.yaml", "-o", "two", "--workers", "1", "--no-figures")
    assert answer.returncode == 0, answer.stderr
    assert (folder / "two" / "sites.csv").read_bytes() == first


def test_another_seed_is_another_table(folder: Path) -> None:
    (folder / "seed.yaml").write_text(CASE.replace("seed: 3", "seed: 4"))
    assert run(folder, "seed.yaml", "-o", "seed", "--no-figures").returncode == 0
    first, other = (pd.read_csv(folder / name / "sites.csv") for name in ("one", "seed"))
    assert not np.allclose(first["x_um"], other["x_um"])


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")
def test_two_ranks_give_the_same_sites(folder: Path) -> None:
    answer = run(folder, "case.yaml", "-o", "mpi", "--no-figures", mpi=2)
    assert answer.returncode == 0, answer.stderr
    alone, shared = (pd.read_csv(folder / name / "sites.csv") for name in ("one", "mpi"))
    numbers = alone.columns.drop("ink")
    assert np.allclose(alone[numbers], shared[numbers], rtol=1e-6, atol=1e-9)
    assert (alone["ink"] == shared["ink"]).all()
    summaries = [json.loads((folder / n / "summary.json").read_text()) for n in ("one", "mpi")]
    values = [s["apparent_modulus_kPa"]["value"] for s in summaries]
    assert values[1] == pytest.approx(values[0], rel=1e-6)
    # one voice: rank 0 speaks, once
    assert answer.stdout.count("report:") == 1


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")
def test_a_wrong_case_under_mpi_ends_on_every_rank(folder: Path) -> None:
    (folder / "wrong.yaml").write_text(CASE.replace("count: 24", "count: 900000"))
    answer = run(folder, "wrong.yaml", mpi=2)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert answer.stderr.count("cells.count") == 1


def test_a_foreign_folder_is_left_alone(folder: Path) -> None:
    foreign = folder / "foreign"
    foreign.mkdir(exist_ok=True)
    (foreign / "thesis.txt").write_text("three years")
    for extra in ((), ("--overwrite",)):
        answer = run(folder, "case.yaml", "-o", "foreign", "--no-figures", *extra)
        assert answer.returncode == 2
        assert "something else than a dormatrix result" in answer.stderr
        assert "-o" in answer.stderr
    assert (foreign / "thesis.txt").read_text() == "three years"


def test_the_result_of_another_case_is_replaced_only_on_demand(folder: Path) -> None:
    shutil.copytree(folder / "one", folder / "kept", dirs_exist_ok=True)
    text = CASE.replace("calcium: 9.8", "calcium: 15").replace("count: 24", "count: 6")
    (folder / "other.yaml").write_text(text)
    before = (folder / "kept" / "sites.csv").read_bytes()
    answer = run(folder, "other.yaml", "-o", "kept", "--no-figures")
    assert answer.returncode == 2
    assert "another case" in answer.stderr
    assert (folder / "kept" / "sites.csv").read_bytes() == before
    answer = run(folder, "other.yaml", "-o", "kept", "--no-figures", "--overwrite", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["n_sites"] == 6
    assert (folder / "kept" / "sites.csv").read_bytes() != before


def test_no_load_and_cells_from_a_file(folder: Path) -> None:
    sites = pd.read_csv(folder / "one" / "sites.csv")
    sites[["x_um", "y_um", "z_um"]].head(5).to_csv(folder / "cells.csv", index=False)
    text = CASE.replace("cells: {count: 24, radius: 8 um, seed: 3}", "cells: {file: cells.csv}")
    (folder / "still.yaml").write_text(text + "load: {kind: none}\n")
    answer = run(folder, "still.yaml", "-o", "still", "--no-figures")
    assert answer.returncode == 0, answer.stderr
    found = pd.read_csv(folder / "still" / "sites.csv")
    assert np.allclose(found["stiffness_kPa"], sites["stiffness_kPa"].head(5), rtol=1e-6)
    summary = json.loads((folder / "still" / "summary.json").read_text())
    assert summary["apparent_modulus_kPa"] is None


def test_cells_outside_the_gel_are_named(folder: Path) -> None:
    (folder / "far.csv").write_text("x_um,y_um,z_um\n100,100,80\n400,400,5000\n")
    text = CASE.replace("cells: {count: 24, radius: 8 um, seed: 3}", "cells: {file: far.csv}")
    (folder / "far.yaml").write_text(text)
    answer = run(folder, "far.yaml", "-o", "far")
    assert answer.returncode == 2
    assert "far.csv" in answer.stderr
    assert "3" in answer.stderr  # the line
    assert not (folder / "far").exists()


def test_ligand_free_alginate_sleeps_whatever_its_stiffness(folder: Path) -> None:
    text = CASE.replace("    collagen_I: {concentration: 1.2 mg/mL}\n", "")
    text = text.replace("    alignment: 0.5\n", "").replace("count: 24", "count: 8")
    (folder / "bare.yaml").write_text(text)
    answer = run(folder, "bare.yaml", "-o", "bare", "--no-figures")
    assert answer.returncode == 0, answer.stderr
    found = pd.read_csv(folder / "bare" / "sites.csv")
    assert found["stiffness_kPa"].std() > 0.1
    assert np.allclose(found["p_dormant"], 0.95)
    assert np.isfinite(found.select_dtypes("number")).all().all()
    assert "ligand" in answer.stderr


def test_an_interrupt_ends_the_pool_at_once_and_leaves_nothing(folder: Path) -> None:
    (folder / "long.yaml").write_text(CASE.replace("count: 24", "count: 600"))
    root = Path(__file__).parents[2]
    # A shell that starts the tests in the background has them ignore interrupts, and what they
    # start inherits that: the run is to listen again, as it does at a terminal.
    listening = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('cases', run_name='__main__')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", listening, "run", "long.yaml", "-o", "long", "--workers", "2"],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "cells" in line:
                break
        time.sleep(8)  # the workers are at it
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole group
        try:
            assert process.wait(timeout=30) == 130
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        rest = process.stderr.read()
    assert "interrupted" in rest
    assert "Traceback" not in rest
    assert not (folder / "long").exists()
    assert not list(folder.glob(".long*"))
    assert group_ends(process.pid, within=15), "a worker outlived the run"


def test_a_killed_worker_is_told(folder: Path) -> None:
    # kill -9 as the kernel does when memory runs out
    code = """
import os, signal, sys, threading, time
from multiprocessing import active_children
def kill():
    while not active_children():
        time.sleep(0.1)
    time.sleep(4)
    os.kill(active_children()[0].pid, signal.SIGKILL)
if __name__ == "__main__":
    threading.Thread(target=kill, daemon=True).start()
    sys.argv = ["dormatrix", "run", "long.yaml", "-o", "killed", "--workers", "2", "--quiet"]
    from cases.main import main
    main()
"""
    (folder / "long.yaml").write_text(CASE.replace("count: 24", "count: 600"))
    (folder / "kill.py").write_text(code)
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "kill.py"], cwd=folder, capture_output=True, text=True, check=False,
        timeout=120, env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert answer.returncode == 3
    assert "fewer --workers" in answer.stderr
    assert not (folder / "killed").exists()
