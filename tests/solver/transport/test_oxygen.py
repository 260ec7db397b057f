"""Oxygen in the scaffold by finite elements against closed forms, with rates."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from oxygen_meshes import Arrays, ball, box
from scipy.optimize import brentq

from meshes.errors import InputError
from solver.transport import Bath, OxygenGel, Respiration

if TYPE_CHECKING:
    from solver.transport.oxygen import OxygenSolver

pytestmark = pytest.mark.dolfinx
GEL = OxygenGel()
KAPPA = GEL.permeability
SIZE = (400.0, 400.0, 500.0)
FIRST = Respiration(law="first_order")


def solver(mesh: Arrays, baths: dict[int, Bath], **more: object) -> OxygenSolver:
    from mpi4py import MPI

    from solver.transport.oxygen import OxygenSolver

    return OxygenSolver(mesh, more.pop("gels", [GEL]), baths, comm=MPI.COMM_SELF, **more)


def density(modulus: float, length: float, respiration: Respiration) -> float:
    """Cells that make a Thiele modulus φ: φ² = n r/K · length²/κ for first order."""
    return modulus**2 * KAPPA / length**2 * respiration.half_pressure / respiration.most


def in_ball(count: int, radius: float) -> np.ndarray:
    """Points ``(count, 3)`` spread evenly over a ball."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(count, 3))
    return (
        radius * x * (rng.uniform(size=(count, 1)) ** (1 / 3) / np.linalg.norm(x, axis=1)[:, None])
    )


@pytest.mark.parametrize(("degree", "rate"), [(1, 2.0), (2, 3.0)])
def test_slab_of_first_order(degree: int, rate: float) -> None:
    # κ p'' = k p, no flux at z = 0, p = 100 at z = L: p = 100 cosh(φ z/L)/cosh φ
    modulus, length = 2.0, SIZE[2]
    n = density(modulus, length, FIRST)
    place = np.random.default_rng(1).uniform(0.05, 0.95, (400, 3)) * SIZE
    exact = 100.0 * np.cosh(modulus * place[:, 2] / length) / np.cosh(modulus)
    taken = SIZE[0] * SIZE[1] * KAPPA * 100.0 * modulus / length * np.tanh(modulus)
    errors = []
    for cells in (2, 4, 8):
        s = solver(box(cells, SIZE), {2: Bath(100.0, 0.0)}, density=n, respiration=FIRST,
                   degree=degree)  # fmt: skip
        field = s.solve()
        errors.append(np.sqrt(np.mean((field.at(place) - exact) ** 2)))
    assert np.log2(errors[0] / errors[2]) / 2.0 == pytest.approx(rate, abs=0.25)
    assert field.taken == pytest.approx(taken, rel=3e-3 if degree == 1 else 1e-5)
    assert field.iterations == 1


def test_still_medium_over_the_gel() -> None:
    # -κ p' = h (p - p_bath) at z = L: p = A cosh(φ z/L), A = p_bath/(cosh φ + κ φ/(L h) sinh φ)
    modulus, length = 1.5, SIZE[2]
    bath = Bath(100.0, layer=300.0)
    n = density(modulus, length, FIRST)
    mesh = box(6, SIZE)
    field = solver(mesh, {2: bath}, density=n, respiration=FIRST).solve()
    drop = KAPPA * modulus / (length * bath.conductance)
    exact = 100.0 / (np.cosh(modulus) + drop * np.sinh(modulus))
    exact = exact * np.cosh(modulus * mesh.points[:, 2] / length)
    assert field.pressure == pytest.approx(exact, rel=1e-3)


def test_two_inks_in_series() -> None:
    # no cells: flux q = (100 - 20)/(L/2κ1 + L/2κ2), linear in each half
    dense = OxygenGel(diffusivity=450.0)
    mesh = box(4, SIZE)
    s = solver(mesh, {1: Bath(20.0, 0.0), 2: Bath(100.0, 0.0)}, gels=[GEL, dense])
    half = SIZE[2] / 2.0
    flux = 80.0 / (half / KAPPA + half / dense.permeability)
    z = mesh.points[:, 2]
    exact = 20.0 + flux * (np.minimum(z, half) / KAPPA)
    exact += flux * np.maximum(z - half, 0.0) / dense.permeability
    assert s.solve().pressure == pytest.approx(exact, abs=1e-5)
    where = np.array([[200.0, 200.0, 100.0], [200.0, 200.0, 400.0]])
    assert s.permeability(where) == pytest.approx([KAPPA, dense.permeability])


RADIUS = 400.0


def test_sphere_of_first_order() -> None:
    # p = p0 R sinh(φ x/R)/(x sinh φ), taken 4π κ R p0 (φ coth φ - 1). Flat facets: rate 2.
    modulus = 2.0
    n = density(modulus, RADIUS, FIRST)
    taken = 4.0 * np.pi * KAPPA * RADIUS * 100.0 * (modulus / np.tanh(modulus) - 1.0)
    place = in_ball(400, 0.85 * RADIUS)
    x = np.linalg.norm(place, axis=1)
    exact = 100.0 * RADIUS * np.sinh(modulus * x / RADIUS) / (x * np.sinh(modulus))
    errors, totals = [], []
    for cells in (4, 8):
        s = solver(ball(cells, RADIUS), {3: Bath(100.0, 0.0)}, density=n, respiration=FIRST)
        field = s.solve()
        errors.append(np.sqrt(np.mean((field.at(place) - exact) ** 2)))
        totals.append(abs(field.taken / taken - 1.0))
    assert errors[1] < 1.5
    assert totals[1] < 0.03
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.5)
    assert np.log2(totals[0] / totals[1]) == pytest.approx(2.0, abs=0.3)


def test_sphere_of_zero_order_has_an_anoxic_core() -> None:
    # 1 - 3 x² + 2 x³ = (limit/R)², x = core/R; limit = sqrt(6 κ p0/q): see test_spheroid
    respiration = Respiration(half_pressure=0.01)
    limit = RADIUS / 1.5
    taken = 6.0 * KAPPA * 100.0 / limit**2
    core = RADIUS * brentq(lambda x: 1.0 - 3.0 * x**2 + 2.0 * x**3 - 1.5**-2, 0.0, 1.0)
    place = in_ball(400, 0.85 * RADIUS)
    x = np.maximum(np.linalg.norm(place, axis=1), core)
    exact = taken / (6.0 * KAPPA) * (x**2 - 3.0 * core**2 + 2.0 * core**3 / x)
    errors = []
    for cells in (4, 8):
        n = taken / respiration.most
        s = solver(ball(cells, RADIUS), {3: Bath(100.0, 0.0)}, density=n, respiration=respiration)
        field = s.solve()
        errors.append(np.sqrt(np.mean((field.at(place) - exact) ** 2)))
    assert errors[1] < 2.5
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.5)
    rim = 4.0 / 3.0 * np.pi * (RADIUS**3 - core**3) * taken
    assert field.taken == pytest.approx(rim, rel=0.02)
    assert np.all(np.abs(field.at(in_ball(100, 0.8 * core))) < 0.5)


def test_a_vessel_in_a_ball_of_gel() -> None:
    # The ball of radius b gives Q = G (p_v - p̄); far from it p = p0 + Q (1/x - 1/L)/(4π κ), and its
    # own mean is p̄ = p0 + Q (10/(7 b) - 1/L)/(4π κ).
    from solver.transport.places import vessels

    length, width, conductance = 1000.0, 300.0, 4e6
    s = solver(ball(10, length), {3: Bath(20.0, 0.0)})
    field = s.solve(vessels(np.zeros((1, 3)), np.array([width]), np.array([conductance]), 90.0))
    rise = (10.0 / (7.0 * width) - 1.0 / length) / (4.0 * np.pi * KAPPA)
    given = conductance * 70.0 / (1.0 + conductance * rise)
    assert field.in_balls == pytest.approx([90.0 - given / conductance], rel=5e-3)
    assert -field.taken == pytest.approx(given, rel=1e-2)
    outside = 20.0 + given * (1.0 / 600.0 - 1.0 / length) / (4.0 * np.pi * KAPPA)
    assert field.at(np.array([[0.0, 600.0, 0.0]]))[0] == pytest.approx(outside, rel=1e-2)


def test_points_outside_have_the_nearest_pressure() -> None:
    field = solver(box(2, SIZE), {1: Bath(20.0, 0.0), 2: Bath(100.0, 0.0)}).solve()
    above = np.array([[0.0, 0.0, 600.0], [200.0, 200.0, -5.0]])
    assert field.at(above) == pytest.approx([100.0, 20.0])


def test_what_cannot_be_solved_is_refused() -> None:
    from solver.transport.oxygen import Balls

    with pytest.raises(InputError, match="no face of the scaffold is wetted"):
        solver(box(2, SIZE), {})
    s = solver(box(2, SIZE), {2: Bath()})
    one = np.ones(1)
    with pytest.raises(InputError, match="holds no gel"):
        s.solve(Balls(np.full((1, 3), 5000.0), 50.0 * one, one, one, one))
    with pytest.raises(InputError, match="a gel for each of 2 inks"):
        solver(box(2, SIZE), {2: Bath()}, gels=[])


MPI_CODE = """
from mpi4py import MPI
import numpy as np
from oxygen_meshes import box
from solver.transport import Bath, OxygenGel, Respiration
from solver.transport.clusters import ScaffoldOxygen
from solver.transport.oxygen import OxygenSolver
comm = MPI.COMM_WORLD
mesh = box(4, (400.0, 400.0, 500.0))
dense = np.linspace(1e-6, 2e-6, len(mesh.cells))
s = OxygenSolver(mesh if comm.rank == 0 else None, [OxygenGel(), OxygenGel(450.0)],
                 {2: Bath(), 3: Bath(60.0, 0.0)}, density=dense, comm=comm)
around = ScaffoldOxygen(s, np.array([[200.0, 200.0, 150.0], [150.0, 180.0, 330.0]]))
take = lambda p: (2e6 * p / (p + 1.0), 2e6 / (p + 1.0) ** 2)
surface = around.surface(np.array([60.0, 80.0]), take, np.full(2, 60.0))
there = around.field.at(np.array([[30.0, 200.0, 250.0], [200.0, 100.0, 400.0]]))
if comm.rank == 0:
    values = [*surface, *there, around.field.pressure.sum(), around.field.taken]
    print(*(format(v, ".12g") for v in values))
"""


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")
def test_ranks_agree(tmp_path: Path) -> None:
    (tmp_path / "oxygen.py").write_text(MPI_CODE)
    root = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{Path(__file__).parent}"}
    found = []
    for ranks in ("1", "2"):
        answer = subprocess.run(
            ["mpirun", "--oversubscribe", "-n", ranks, sys.executable, str(tmp_path / "oxygen.py")],
            capture_output=True, text=True, check=False, timeout=120, env=env,
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        found.append([float(word) for word in answer.stdout.split()])
    assert len(found[0]) == 6
    assert found[1] == pytest.approx(found[0], rel=1e-5)
