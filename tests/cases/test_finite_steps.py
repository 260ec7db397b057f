"""A finite load leaves the states it went through: the solver's own arrays, in a file for ParaView.

Nothing else of the result changes by it, and a kept stage carries them.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cases.schema import Case
from cases.stages.keys import STAGES
from cases.stages.mechanics import Mechanics, compute_mechanics
from cases.stages.store import StageStore
from meshes.occ import mesh_scaffold
from meshes.slab import Slab
from postprocess.results import FieldData
from postprocess.series import StepFile, write_steps
from postprocess.steps import LoadSteps
from solver.materials import Alginate, Ink, MaterialField, build_gel

pytestmark = pytest.mark.dolfinx
TINY: dict[str, Any] = {
    "name": "pressed",
    "scaffold": {
        "kind": "slab",
        "size": ["120 um", "120 um", "80 um"],
        "mesh_size": "60 um",
        "mesh_route": "implicit",
    },
    "inks": {
        "gel": {
            "alginate": {"youngs_modulus": "3 kPa"},
            "collagen_I": {"concentration": "1.2 mg/mL", "law": "crimped"},
            "alignment": 0.5,
        }
    },
    "cells": {"count": 1, "seed": 3},
    "load": {
        "kind": "compression",
        "strain": "20 %",
        "swelling": "3 %",
        "theory": "finite",
        "prestrain": False,
    },
    "compute": {"element_order": 1},
    "dormancy": {"network": False, "sensitivity": False},
}


def computed(store: StageStore | None, *, fields: bool = True, theory: str = "finite") -> Mechanics:
    document = deepcopy(TINY)
    if theory == "linear":
        document["load"] = {"kind": "compression", "strain": "2 %"}
    found = compute_mechanics(
        Case.model_validate(document),
        workers=1,
        store=store,
        save=STAGES,
        fields=fields,
        contrasts=False,
    )
    assert found is not None
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mechanics, list[Any], Path]:
    """The case, every state that its solver showed, and the store it was kept in."""
    from solver.mechanics import finite_scaffold

    shown: list[Any] = []
    solve = finite_scaffold.solve_scaffold_finite

    def watched(*given: Any, passed: Any, **options: Any) -> Any:
        def both(state: Any) -> None:
            shown.append(state)
            passed(state)

        return solve(*given, passed=both, **options)

    folder = tmp_path_factory.mktemp("stages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finite_scaffold, "solve_scaffold_finite", watched)
        return computed(StageStore(folder)), shown, folder


def test_the_file_holds_what_the_solver_found(
    run: tuple[Mechanics, list[Any], Path], tmp_path: Path
) -> None:
    mechanics, shown, _ = run
    assert mechanics.fields is not None
    assert mechanics.steps is not None
    fields, path = FieldData(**mechanics.fields), tmp_path / "steps.vtkhdf"
    write_steps(fields, LoadSteps(**mechanics.steps), path)
    with StepFile(path) as file:
        assert len(file) == len(shown) >= 4
        assert [state.load_factor for state in shown] == file.factor.tolist()
        assert [state.force for state in shown] == file.force.tolist()
        np.testing.assert_allclose(file.strain, 0.2 * file.factor)
        for number, state in enumerate(shown):
            there = file.fields(number)
            for mine, theirs in (
                (there.cell_data["strain"], state.strain),
                (there.cell_data["stress_kPa"], state.stress),
                (there.point_data["displacement_um"], state.displacement),
            ):
                np.testing.assert_array_equal(mine, theirs.astype(np.float32))
            # fibres do not feel the swelling, which keeps pace with the load
            f = state.deformation_gradient / (1.0 + 0.03 * state.load_factor)
            stretch = np.linalg.norm(f @ [1.0, 0.0, 0.0], axis=1)
            np.testing.assert_allclose(there.cell_data["fibre_stretch"], stretch, rtol=1e-6)
        # the last one is the result itself
        last = file.fields(-1)
        for name, values in fields.cell_data.items():
            np.testing.assert_array_equal(last.cell_data[name], values.astype(np.float32))
        # and the first is the gel as printed
        rest = file.fields(0)
        assert not rest.point_data["displacement_um"].any()
        assert np.abs(rest.cell_data["stress_kPa"]).max() < 1e-12
        np.testing.assert_allclose(rest.cell_data["fibre_stretch"], 1.0)
        np.testing.assert_allclose(rest.cell_data["fibre_direction"], [[1, 0, 0]] * len(last.cells))
    curve = mechanics.sensed.load.history
    assert curve is not None
    np.testing.assert_array_equal(curve[:, 1], mechanics.steps["force"][1:])


def test_a_kept_stage_carries_the_steps(run: tuple[Mechanics, list[Any], Path]) -> None:
    mechanics, _, folder = run
    again = computed(StageStore(folder))
    assert again.reused == STAGES
    assert again.steps is not None
    assert mechanics.steps is not None
    for kind in ("cell_data", "point_data"):
        assert again.steps[kind].keys() == mechanics.steps[kind].keys()
        for name, values in mechanics.steps[kind].items():
            assert again.steps[kind][name].tobytes() == values.tobytes()


def test_steps_are_made_where_they_are_wanted_and_change_nothing(
    run: tuple[Mechanics, list[Any], Path],
) -> None:
    mechanics, _, _ = run
    bare = computed(None, fields=False)
    assert bare.steps is None
    assert bare.fields is None
    assert bare.sensed.load.history is not None
    assert mechanics.sensed.load.history is not None
    assert bare.sensed.load.history.tobytes() == mechanics.sensed.load.history.tobytes()
    assert bare.sensed.felt.mean.tobytes() == mechanics.sensed.felt.mean.tobytes()
    assert computed(None, theory="linear").steps is None


def test_a_body_that_nothing_holds_is_shown_standing_straight() -> None:
    # free swelling by 20 %: at load factor t every edge is 1 + 0.2 t long, about the same middle
    from mpi4py import MPI

    from solver.materials.finite_field import FiniteField
    from solver.mechanics.finite_scaffold import Hold, solve_scaffold_finite

    gel = build_gel(Ink("gel", Alginate(youngs_modulus=3.0)))
    body = Slab(size=(200.0, 150.0, 100.0), inks=("gel",), direction=(1.0, 0.0, 0.0))
    mesh, shown = mesh_scaffold(body, size=90.0), []

    def solve(passed: Any) -> Any:
        return solve_scaffold_finite(
            mesh,
            FiniteField(MaterialField(body, (gel,))),
            Hold(substrate="frictionless"),
            height=body.height,
            footprint_area=body.footprint_area,
            comm=MPI.COMM_SELF,
            degree=1,
            swelling=1.2,
            passed=passed,
        )

    watched, alone = solve(shown.append), solve(None)
    for name in ("displacement", "strain", "stress", "stiffness", "deformation_gradient"):
        assert getattr(watched, name).tobytes() == getattr(alone, name).tobytes(), name
    assert [state.load_factor for state in shown] == [0.0, *(step.t for step in alone.steps)]
    middle = mesh.points.mean(axis=0) * [1.0, 1.0, 0.0]
    for state in shown:
        grown = 0.2 * state.load_factor * (mesh.points - middle)
        moved = state.displacement - state.displacement.mean(axis=0) * [1.0, 1.0, 0.0]
        np.testing.assert_allclose(moved, grown, atol=1e-6)
    assert not shown[0].displacement.any()
