"""The scaffold at finite strain: its linear limit, swelling, failure, several ranks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from meshes.occ import mesh_scaffold
from meshes.slab import Slab
from solver.materials import (
    Alginate,
    Collagen,
    Heterogeneity,
    Ink,
    MaterialField,
    Waviness,
    build_gel,
)
from solver.materials.curves import uniaxial
from solver.materials.finite_field import FiniteField
from solver.materials.hyperelastic import HyperelasticGel
from solver.mechanics.scaffold import Compression, solve_scaffold

pytestmark = pytest.mark.dolfinx
SIZE = (400.0, 300.0, 200.0)
E, POISSON = 3.0, 0.3
FRICTIONLESS = {"plate": "frictionless", "substrate": "frictionless"}
SOFT = build_gel(Ink("gel", Alginate(youngs_modulus=E)))
WAVY = build_gel(Ink("gel", Alginate(), Collagen(3.0, Waviness(1.0, 10.0)), None, 0.6))
LAME, SHEAR = E * POISSON / ((1 + POISSON) * (1 - 2 * POISSON)), E / (2 * (1 + POISSON))


def slab(gel):
    body = Slab(size=SIZE, inks=("gel",), direction=(1.0, 0.0, 0.0))
    return body, mesh_scaffold(body, size=90.0), MaterialField(body, (gel,))


def solve(gel, load, **options):
    from mpi4py import MPI

    from solver.mechanics.finite_scaffold import solve_scaffold_finite

    body, mesh, field = slab(gel)
    return mesh, solve_scaffold_finite(
        mesh,
        FiniteField(field),
        load,
        height=body.height,
        footprint_area=body.footprint_area,
        comm=MPI.COMM_SELF,
        **options,
    )


def hold(**contact):
    from solver.mechanics.finite_scaffold import Hold

    return Hold(**contact)


# Spots far smaller than a mesh cell: both stages have to average over them alike.
UNEVEN = build_gel(
    Ink("gel", Alginate(youngs_modulus=E), heterogeneity=Heterogeneity(cv=0.6, length=15.0, seed=2))
)


@pytest.mark.parametrize("gel", [SOFT, WAVY, UNEVEN])
@pytest.mark.parametrize("formulation", ["displacement", "mixed"])
def test_small_strain_is_the_linear_solve(gel, formulation: str) -> None:
    from mpi4py import MPI

    body, mesh, field = slab(gel)
    load = Compression(strain=1e-4)
    kw = {"height": body.height, "footprint_area": body.footprint_area, "comm": MPI.COMM_SELF}
    linear = solve_scaffold(mesh, field, load, **kw)
    _, finite = solve(gel, load, formulation=formulation)
    # two discretisations of the pressure differ by what the mesh leaves; one has to agree
    near = 1e-3 if formulation == "displacement" else 2e-2
    assert finite.formulation == formulation
    assert finite.apparent_modulus == pytest.approx(linear.apparent_modulus, rel=near)
    for name in ("displacement", "strain", "stress", "stiffness"):
        a, b = getattr(linear, name), getattr(finite, name)
        assert np.linalg.norm(a - b) < 5 * near * np.linalg.norm(a), name
    assert np.allclose(finite.deformation_gradient, np.eye(3), atol=1e-3)


def test_compressed_fibres_answer_as_in_the_tensile_test() -> None:
    # no friction: the slab is one point of the gel's own curve, across the fibres along e2 (z).
    # Uniform but for the rule of directions, whose e2 and e3 couple by 1e-5: between flat plates
    # and free sides that cannot be a uniform shear.
    strain = 0.25
    _, found = solve(WAVY, Compression(strain=strain, **FRICTIONLESS))
    curve = uniaxial(HyperelasticGel(WAVY), 1.0 - found.history[:, 0], (0.0, 1.0, 0.0))
    area = SIZE[0] * SIZE[1]
    assert np.allclose(found.history[:, 1], -curve.nominal * area, rtol=1e-6)
    assert found.apparent_modulus == pytest.approx(-curve.nominal[-1] / strain, rel=1e-6)
    sides = np.diagonal(curve.gradient[-1])[[2, 0]]  # along x (the fibres) and y
    assert np.allclose(found.deformation_gradient, np.diag([*sides, 1.0 - strain]), atol=1e-4)
    # Cauchy stress along z, by the area that is left
    assert np.allclose(found.stress[:, 2], curve.nominal[-1] / sides.prod(), atol=2e-4)
    assert np.allclose(found.stress[:, [0, 1, 3, 4, 5]], 0.0, atol=2e-4)


@pytest.mark.parametrize("formulation", ["displacement", "mixed"])
def test_free_swelling_leaves_no_stress(formulation: str) -> None:
    g = 1.2
    mesh, found = solve(SOFT, hold(substrate="frictionless"), swelling=g, formulation=formulation)
    assert np.allclose(found.deformation_gradient, g * np.eye(3), atol=1e-8)
    assert np.allclose(found.stress, 0.0, atol=1e-8)
    grown = mesh.points[found.displacement[:, 2].argmax()]
    assert found.displacement[:, 2].max() == pytest.approx((g - 1) * grown[2], rel=1e-8)
    # c = F F D Fᵀ Fᵀ / J = g⁴ (C/g) / g³: as stiff as before
    assert np.allclose(found.stiffness, SOFT.stiffness, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("formulation", ["displacement", "mixed"])
def test_swelling_between_walls(formulation: str) -> None:
    # F = I: S = g S(I/g²) = g [μ (1 − g²) + λ ln(g⁻³) g²], the same on all sides
    g = 1.1
    load = Compression(strain=0.0, sides="confined", **FRICTIONLESS)
    _, found = solve(SOFT, load, swelling=g, formulation=formulation)
    stress = g * (SHEAR * (1 - g**2) - 3 * LAME * np.log(g) * g**2)
    assert found.force == pytest.approx(-stress * SIZE[0] * SIZE[1], rel=1e-8)
    assert np.allclose(found.stress, [stress] * 3 + [0.0] * 3, atol=1e-8)
    assert np.isnan(found.apparent_modulus)


def test_swelling_upwards_only() -> None:
    # F = diag(1, 1, z), S_zz = 0: μ (1 − g²/z²) + λ ln(z/g³) g²/z² = 0
    g = 1.15

    def along(z: float) -> float:
        return SHEAR * (1 - (g / z) ** 2) + LAME * np.log(z / g**3) * (g / z) ** 2

    _, found = solve(SOFT, hold(substrate="frictionless", sides="confined"), swelling=g)
    z = brentq(along, 1.0, 3.0, xtol=1e-14)
    assert np.allclose(found.deformation_gradient, np.diag([1.0, 1.0, z]), atol=1e-8)
    assert np.allclose(found.stress[:, 2], 0.0, atol=1e-8)


def test_weight_rests_on_the_glass() -> None:
    # confined sides: uniaxial; small weight: σ_zz = −w (h − z), settlement w h²/(2M)
    weight = 1e-5 * E / SIZE[2]
    mesh, found = solve(SOFT, hold(sides="confined"), weight=weight)
    modulus = E * (1 - POISSON) / ((1 + POISSON) * (1 - 2 * POISSON))
    top = np.isclose(mesh.points[:, 2], SIZE[2])
    middle = mesh.points[mesh.cells].mean(axis=1)[:, 2]
    settled = -weight * SIZE[2] ** 2 / (2 * modulus)
    assert np.allclose(found.displacement[top, 2], settled, rtol=1e-4)
    assert np.allclose(found.stress[:, 2], -weight * (SIZE[2] - middle), rtol=1e-3)


@pytest.mark.parametrize("linear", ["direct", "iterative"])
def test_impossible_compression_says_where_and_keeps_the_last_state(linear: str) -> None:
    from solver.mechanics.finite import StepError
    from solver.mechanics.newton import StepControl

    seen: list[tuple[float, float]] = []
    with pytest.raises(StepError) as raised:
        solve(
            SOFT,
            Compression(strain=0.95),
            linear=linear,
            control=StepControl(first=0.2, minimum=0.02),
            advanced=lambda strain, force: seen.append((strain, force)),
        )
    message = str(raised.value)
    assert "% compression" in message
    assert "turns inside out at (" in message
    assert "µm, at the edge of the" in message  # corners between bonded faces and free sides
    state = raised.value.state
    assert 0.3 < state.history[-1, 0] < 0.95
    assert state.history.tolist() == [list(pair) for pair in seen]
    assert np.isfinite(state.stress).all()
    assert (np.linalg.det(state.deformation_gradient) > 0).all()
    # the state is that strain's: the plate stands where it says
    lowest = state.displacement[:, 2].min()
    assert lowest == pytest.approx(-state.history[-1, 0] * SIZE[2], rel=1e-9)


RANKS = """
import numpy as np
from mpi4py import MPI
from meshes.occ import mesh_scaffold
from meshes.slab import Slab
from solver.materials import Alginate, Collagen, Ink, MaterialField, build_gel
from solver.materials.finite_field import FiniteField
from solver.mechanics.finite_scaffold import solve_scaffold_finite
from solver.mechanics.newton import StepControl
from solver.mechanics.scaffold import Compression
body = Slab(size=(400.0, 300.0, 200.0), inks=("gel",), direction=(1.0, 0.0, 0.0))
comm = MPI.COMM_WORLD
mesh = mesh_scaffold(body, size=80.0) if comm.rank == 0 else None
for poisson, linear, plate in ((0.3, "direct", "frictionless"), (0.48, "iterative", "bonded")):
    gel = build_gel(Ink("gel", Alginate(poisson_ratio=poisson), Collagen(2.0), alignment=0.5))
    found = solve_scaffold_finite(mesh, FiniteField(MaterialField(body, (gel,))),
        Compression(strain=0.2, plate=plate, substrate=plate), linear=linear, comm=comm,
        control=StepControl(first=0.5, tolerance=1e-11), height=body.height,
        footprint_area=body.footprint_area)
    if comm.rank == 0:
        print(found.formulation)
        np.savez(linear + ".npz", force=found.force, u=found.displacement, c=found.stiffness,
                 s=found.stress, f=found.deformation_gradient)
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")
def test_two_ranks_are_one(tmp_path: Path) -> None:
    script = tmp_path / "slab.py"
    script.write_text(RANKS)
    answers = []
    for ranks in (1, 2):
        done = subprocess.run(
            ["mpirun", "--oversubscribe", "-n", str(ranks), sys.executable, str(script)],
            capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["displacement", "mixed"]
        for linear in ("direct", "iterative"):
            with np.load(tmp_path / f"{linear}.npz") as file:
                answers.append(dict(file))
    for one, two in (answers[::2], answers[1::2]):
        for name in one:
            assert np.abs(two[name] - one[name]).max() < 1e-8 * np.abs(one[name]).max(), name


def test_the_strain_handed_on_is_that_of_the_pressure() -> None:
    # A neo-Hookean gel says how its volume goes with its stress:
    #   tr σ/3 = [μ (tr b/3 − 1) + λ ln J]/J.  At ν 0.49 (λ = 49 μ) the displacement alone, point by
    # point, gets ln J wrong by several times what there is of it.
    stiff = build_gel(Ink("gel", Alginate(youngs_modulus=E, poisson_ratio=0.49)))
    _, found = solve(stiff, Compression(strain=0.2))
    assert found.formulation == "mixed"
    mu, lame = E / 2.98, E * 0.49 / (1.49 * 0.02)
    jacobian = np.linalg.det(found.deformation_gradient)
    mean_stress = found.stress[:, :3].mean(axis=1)
    # tr b = 3 + 2 tr E, the mean over the cell with the scatter of F in it
    stretched = 2.0 * found.strain[:, :3].sum(axis=1) / 3.0
    expected = (jacobian * mean_stress - mu * stretched) / lame
    # what is left is the scatter within cells, of order (μ/λ) 0.3² = 2e-3; ln J reaches −0.022
    assert np.abs(np.log(jacobian) - expected).max() < 2e-3
    assert np.abs(np.log(jacobian)).max() < 0.05
