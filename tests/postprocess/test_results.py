"""Result objects refuse what could not be shown honestly."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from meshes.errors import SolveError
from postprocess.contract import ResultError
from postprocess.results import Assumption, FieldData, RunResult


def test_result_errors_end_a_run_as_failed_solves() -> None:
    # The command line turns SolveError into exit code 3.
    assert issubclass(ResultError, SolveError)


def test_shapes_are_checked_with_expected_and_found(result: RunResult) -> None:
    fields = result.fields
    flat = dict(fields.cell_data) | {"strain": np.zeros((len(fields.cells), 3))}
    with pytest.raises(ResultError, match=r"'strain': expected shape \(\d+, 6\), found \(\d+, 3\)"):
        dataclasses.replace(fields, cell_data=flat)
    with pytest.raises(ResultError, match="points: expected shape"):
        dataclasses.replace(fields, points=fields.points[:, :2])
    with pytest.raises(ResultError, match="cells name vertices"):
        dataclasses.replace(fields, cells=fields.cells + 1)
    with pytest.raises(ResultError, match="cell data lacks E_cross_kPa"):
        dataclasses.replace(
            fields, cell_data={k: v for k, v in fields.cell_data.items() if k != "E_cross_kPa"}
        )


def test_fields_must_be_finite(result: RunResult) -> None:
    moved = result.fields.point_data["displacement_um"].copy()
    moved[5, 2] = np.nan
    with pytest.raises(ResultError, match=r"'displacement_um': 1 values.*first at 5"):
        dataclasses.replace(result.fields, point_data={"displacement_um": moved})


def test_extra_arrays_are_carried(result: RunResult) -> None:
    extra = dict(result.fields.cell_data) | {"energy": np.ones(len(result.fields.cells))}
    kept: FieldData = dataclasses.replace(result.fields, cell_data=extra)
    assert "energy" in kept.cell_data


def test_parts_of_a_result_must_agree(result: RunResult) -> None:
    with pytest.raises(ResultError, match="summary counts 7 sites, the table has 160"):
        dataclasses.replace(result, summary=result.summary | {"n_sites": 7})
    with pytest.raises(ResultError, match="summary lacks mesh"):
        dataclasses.replace(
            result, summary={k: v for k, v in result.summary.items() if k != "mesh"}
        )
    bare = {"value": 0.5, "low": 0.4}
    with pytest.raises(ResultError, match="mean_p_dormant lacks high"):
        dataclasses.replace(result, summary=result.summary | {"mean_p_dormant": bare})
    soft = {k: v for k, v in result.inks[0].items() if k != "matrix_kPa"}
    with pytest.raises(ResultError, match="ink 'soft' lacks matrix_kPa"):
        dataclasses.replace(result, inks=[soft, result.inks[1]])
    with pytest.raises(ResultError, match="not described: stiff"):
        dataclasses.replace(result, inks=result.inks[:1])
    short = {k: v[:5] if k == "p" else v for k, v in result.curves["p_of_stiffness"].items()}
    with pytest.raises(ResultError, match="p_of_stiffness 'p': expected shape"):
        dataclasses.replace(result, curves={"p_of_stiffness": short})


def test_a_standing_must_be_a_known_one() -> None:
    with pytest.raises(ResultError, match="'certain', expected one of measured"):
        Assumption("water is wet", "yes", "certain")


def test_import_is_light() -> None:
    # A laptop without DOLFINx can look at results, and a command line that may never draw a
    # picture does not wait for the libraries that draw.
    heavy = "dolfinx petsc4py mpi4py gmsh pyvista vtkmodules matplotlib pandas pyarrow jinja2"
    code = (
        "import sys, postprocess.write, postprocess.load, postprocess.explain\n"
        f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
