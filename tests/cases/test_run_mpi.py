"""One case on several ranks: finite strain, cells that pull, and a rank that fails alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = [
    pytest.mark.dolfinx,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun"),
]

CASE = """
name: pulled pile
scaffold: {kind: woodpile, strand_diameter: 200 um, pitch: 500 um, layer_height: 160 um,
           layers: 2, size: [500 um, 500 um], mesh_size: 90 um}
inks:
  soft:
    alginate: {concentration: 2 %, calcium: 9.8 mM, chain: 280 kDa}
    collagen_I: {concentration: 1.2 mg/mL}
    alignment: 0.5
cells: {count: 3, radius: 8 um, seed: 3, contraction: {strain: 5 %, count: 1}}
load: {theory: finite, kind: compression, strain: 8 %}
compute: {element_order: 1}
"""
# A rank that meets what nobody foresaw, in a place where the other waits for it.
BROKEN = """
import os
import solver.mechanics.finite_scaffold as module
from cases.main import main

def broken(*_):
    raise ValueError("nobody foresaw this")

if os.environ["OMPI_COMM_WORLD_RANK"] == "1":
    module.vertex_values = broken
main()
"""


def start(folder: Path, ranks: int, *command: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        ["mpirun", "--oversubscribe", "-n", str(ranks), sys.executable, *command],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1",
             "TMPDIR": str(folder)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    (folder / "case.yaml").write_text(CASE)
    (folder / "broken.py").write_text(BROKEN)
    return folder


def close(here: Any, there: Any) -> None:
    """Assert that two values of JSON differ in nothing but rounding."""
    assert type(here) is type(there)
    if isinstance(here, dict):
        assert list(here) == list(there)
        for key in here.keys() - {"timings_s"}:
            close(here[key], there[key])
    elif isinstance(here, list):
        for one, two in zip(here, there, strict=True):
            close(one, two)
    elif isinstance(here, float):
        assert here == pytest.approx(there, rel=1e-6, abs=1e-9)
    else:
        assert here == there


def test_two_ranks_give_what_one_gives(folder: Path) -> None:
    for ranks in (1, 2):
        done = start(
            folder, ranks, "-m", "cases", "run", "case.yaml", "-o", str(ranks), "--no-figures"
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("report:") == 1
    one, two = folder / "1", folder / "2"
    names = sorted(path.name for path in one.iterdir())
    assert sorted(path.name for path in two.iterdir()) == names
    for name in ("sites.csv", "contraction.csv"):
        alone, shared = (pd.read_csv(result / name) for result in (one, two))
        numbers = alone.select_dtypes("number").columns
        assert np.allclose(alone[numbers], shared[numbers], rtol=1e-6, atol=1e-6), name
        assert alone.drop(columns=numbers).equals(shared.drop(columns=numbers)), name
    close(*(json.loads((result / "summary.json").read_text()) for result in (one, two)))
    fields = [read_fields(result / "fields.vtu") for result in (one, two)]
    assert fields[0].keys() == fields[1].keys()
    assert {"stress_kPa", "displacement_um"} <= fields[0].keys()
    for name, values in fields[0].items():
        tiny = 1e-6 * np.abs(values).max()
        assert np.allclose(values, fields[1][name], rtol=1e-6, atol=tiny), name


def read_fields(path: Path) -> dict[str, np.ndarray]:
    """Points and all numbers of the fields."""
    import pyvista

    grid = pyvista.read(path)
    found = {"points": grid.points, **dict(grid.point_data), **dict(grid.cell_data)}
    return {name: np.asarray(values) for name, values in found.items()}


def test_a_rank_that_fails_alone_says_so_and_ends_the_others(folder: Path) -> None:
    done = start(folder, 2, "broken.py", "run", "case.yaml", "-o", "broken", "--no-figures")
    assert done.returncode == 3
    assert done.stderr.count("rank 1: unexpected error: ValueError: nobody foresaw this") == 1
    assert "Traceback" not in done.stderr
    (details,) = folder.glob("dormatrix-error-*.log")
    assert "broken.py" in details.read_text()
    assert not (folder / "broken").exists()
