"""Clones in space: nothing changes where room never lacks, and nobody divides where it does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial import cKDTree

from meshes.errors import InputError
from solver.population import Course, CycleModel, Phase, Population, Room, simulate

SIDE = 120.0
CUBES = np.ones((8, 8, 8), dtype=bool)


def crowd(**changes: object) -> Course:
    """Sixteen founders, far from each other, in a cube that they fill."""
    grid = np.stack(np.meshgrid([20.0, 100.0], [20.0, 100.0], [10.0, 40.0, 70.0, 110.0]), -1)
    sites = Population(grid.reshape(-1, 3), np.full(16, 0.2))
    room = dataclasses.replace(Room(inside=CUBES, step_um=SIDE / 8), **changes)
    cycle = CycleModel(death_cycling=0.0, death_slow=0.0, death_G0=0.0)
    return simulate(sites, cycle, 21, seed=2, start="newborn", room=room)


@pytest.fixture(scope="module")
def full() -> Course:
    return crowd()


def test_with_room_enough_clones_are_those_without_neighbours() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(5) * 1000.0] * 3), -1).reshape(-1, 3)
    sites = Population(grid, np.linspace(0.0, 1.0, len(grid)))
    free = simulate(sites, CycleModel(), 3, seed=1)
    placed = simulate(sites, CycleModel(), 3, seed=1, room=Room(overlap=0.99, tries=200))
    np.testing.assert_array_equal(free.tally, placed.tally)
    np.testing.assert_array_equal(np.sort(free.end_h), np.sort(placed.end_h))
    np.testing.assert_array_equal(np.sort(free.g0_in_h), np.sort(placed.g0_in_h))
    assert not np.any(np.isfinite(placed.wait_h))


def test_daughters_lie_one_diameter_apart_and_no_two_cells_too_near(full: Course) -> None:
    daughters = np.flatnonzero(full.mother >= 0)
    pairs = daughters.reshape(-1, 2)
    np.testing.assert_array_equal(full.mother[pairs[:, 0]], full.mother[pairs[:, 1]])
    apart = np.linalg.norm(full.x[pairs[:, 0]] - full.x[pairs[:, 1]], axis=1)
    np.testing.assert_allclose(apart, 15.0, rtol=1e-12)
    np.testing.assert_array_equal(full.x[pairs[:, 0]], full.x[full.mother[pairs[:, 0]]])
    for at in (0.0, 240.0, full.hours):
        x = full.x[full.at(at).cell]
        nearest = cKDTree(x).query(x, k=2)[0][:, 1]
        assert nearest.min() >= 0.9 * 15.0 * (1.0 - 1e-6)
        assert np.all((x >= 0.0) & (x < SIDE))


def test_a_full_gel_stands_still_with_its_cells_before_the_restriction_point(full: Course) -> None:
    size = full.clone_size.sum(axis=1)
    # Centres 13.5 µm apart at least: within the cube, widened by half of that, spheres of that
    # diameter fill at most the densest packing, π/√18.
    most = (SIDE + 13.5) ** 3 * np.sqrt(2.0) / 13.5**3
    assert size[-1] < most
    assert size[-1] - size[-5] < 0.01 * size[-1]
    now = full.at(full.hours)
    waiting = np.isfinite(full.wait_h[now.cell]) & ~np.isfinite(full.late_h[now.cell])
    assert np.all(now.phase[waiting] == Phase.EARLY_G1)
    assert waiting.mean() > 0.7
    late = np.isfinite(full.wait_h) & np.isfinite(full.late_h)
    assert np.all(full.late_h[late] > full.wait_h[late])


def test_waiting_may_count_as_sleep(full: Course) -> None:
    asleep = crowd(crowded="G0")
    # No cell dies, so that the same things happen; only what waiting is called differs.
    np.testing.assert_array_equal(asleep.end_h, full.end_h)
    np.testing.assert_array_equal(asleep.clone_size, full.clone_size)
    waits = np.isfinite(full.wait_h).sum()
    assert len(asleep.g0_cell) == len(full.g0_cell) + waits
    assert asleep.dormant_fraction[-1] > 0.7 > full.dormant_fraction[-1]
    for course in (asleep, full):
        counted = np.bincount(course.at(course.hours).phase, minlength=5)
        np.testing.assert_array_equal(counted, course.tally[-1, :, :5].sum(axis=0))


def test_room_that_a_death_leaves_is_taken_again() -> None:
    grid = np.stack(np.meshgrid(*[np.linspace(10.0, 50.0, 3)] * 3), -1).reshape(-1, 3)
    sites = Population(grid, np.zeros(27))
    room = Room(inside=np.ones((4, 4, 4), dtype=bool), step_um=15.0, tries=200, retry_h=1.0)
    cycle = CycleModel(death_cycling=0.01, death_slow=0.01, death_G0=0.01)
    course = simulate(sites, cycle, 40, seed=5, room=room)
    size = course.clone_size.sum(axis=1)
    assert size[-20:].min() > 27  # many times over all have died by then
    assert np.sum(course.birth_h > 480.0) > size[-1]
    x = course.x[course.at(course.hours).cell]
    assert cKDTree(x).query(x, k=2)[0][:, 1].min() >= 13.5 * (1.0 - 1e-6)


def test_room_is_checked() -> None:
    for wrong in ({"overlap": 1.0}, {"tries": 0}, {"diameter_um": 0.0}, {"crowded": "S"}):
        with pytest.raises(InputError, match=next(iter(wrong)).split("_")[0]):
            Room(**wrong)  # type: ignore[arg-type]
    sites = Population(np.zeros((1, 3)), np.zeros(1))
    with pytest.raises(InputError, match="more than 100 cells"):
        simulate(sites, CycleModel(), 14, room=Room(), limit=100)
    with pytest.raises(InputError, match="no room to fill"):
        simulate(sites, CycleModel(), 1, room=Room(), occupancy="fixed")
