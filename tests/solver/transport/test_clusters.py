"""Clusters in the scaffold's oxygen: the join of two scales against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from oxygen_meshes import ball, box
from scipy.optimize import brentq

from meshes.errors import InputError
from solver.population.mass import simulate_mass
from solver.transport import Bath, OxygenGel, Respiration, Tissue
from solver.transport.spheroid import solve_spheres

pytestmark = pytest.mark.dolfinx
GEL, TISSUE = OxygenGel(), Tissue()


def take(radius: np.ndarray):
    def taken(surface: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = solve_spheres(radius, surface, TISSUE, Respiration())
        return found.uptake, found.slope

    return taken


@pytest.mark.parametrize("radius", [50.0, 180.0])
def test_a_cluster_in_a_ball_of_gel(radius: float) -> None:
    # p0 held at L: p_s = p0 - u(p_s) (1/R - 1/L)/(4π κ), on a mesh of 330 µm
    from mpi4py import MPI

    from solver.transport.clusters import ScaffoldOxygen
    from solver.transport.oxygen import OxygenSolver

    length, size = 1000.0, np.array([radius])
    resistance = (1.0 / radius - 1.0 / length) / (4.0 * np.pi * GEL.permeability)
    exact = brentq(lambda p: p + resistance * take(size)(np.array([p]))[0][0] - 142.0, 1e-6, 142.0)
    s = OxygenSolver(ball(6, length), [GEL], {3: Bath(142.0, 0.0)}, comm=MPI.COMM_SELF)
    around = ScaffoldOxygen(s, np.zeros((1, 3)))
    found = around.surface(size, take(size), np.array([142.0]))
    assert 142.0 - found[0] == pytest.approx(142.0 - exact, rel=0.01)
    assert around.field is not None
    assert around.field.taken == pytest.approx(take(size)(found)[0][0], rel=1e-3)


def test_deep_clusters_are_held_smaller() -> None:
    # medium above only: two equal clusters, one near it and one at the glass
    from mpi4py import MPI

    from solver.transport.clusters import ScaffoldOxygen
    from solver.transport.oxygen import OxygenSolver

    mesh = box(4, (1200.0, 600.0, 1500.0))
    s = OxygenSolver(mesh, [GEL], {2: Bath(40.0, 0.0)}, comm=MPI.COMM_SELF)
    centre = np.array([[300.0, 300.0, 1200.0], [900.0, 300.0, 200.0]])
    course = simulate_mass(np.full(2, 2000.0), ScaffoldOxygen(s, centre), days=60.0, step_h=48.0)
    high, deep = course.cells[-1]
    assert deep < 0.8 * high
    assert course.surface[-1, 1] < course.surface[-1, 0]
    assert course.hypoxia[-1, 1] > 0.3
    assert np.all(course.edu[-1] > 0.01)


def test_a_cluster_outside_the_gel_is_refused() -> None:
    from mpi4py import MPI

    from solver.transport.clusters import ScaffoldOxygen
    from solver.transport.oxygen import OxygenSolver

    s = OxygenSolver(box(2, (400.0, 400.0, 400.0)), [GEL], {3: Bath()}, comm=MPI.COMM_SELF)
    around = ScaffoldOxygen(s, np.array([[2000.0, 0.0, 0.0]]))
    with pytest.raises(InputError, match="holds no gel"):
        around.surface(np.array([50.0]), take(np.array([50.0])), np.array([100.0]))
