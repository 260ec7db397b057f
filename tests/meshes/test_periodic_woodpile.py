"""The unit cell of an endless woodpile: it repeats, and it and its mesh have the right volume."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.lay_down import repeat_rectangle
from meshes.periodic_sides import match_triangles, outer_triangles
from meshes.periodic_woodpile import PeriodicWoodpile
from meshes.periodic_woodpile_mesh import PeriodicWoodpileMesh, mesh_periodic_woodpile
from meshes.quality import components
from meshes.tetmesh import SurfaceTag
from meshes.woodpile import Woodpile

SIZES = (400.0, 1000.0, 320.0)  # diameter, pitch, rise


@pytest.mark.parametrize(
    ("lay_down", "turn", "sides"),
    [
        ((0.0, 90.0), 0.0, (1.0, 1.0)),
        ((45.0, 135.0), 45.0, (1.0, 1.0)),
        ((0.0, 60.0, 120.0), 0.0, (2.0 / math.sqrt(3.0), 2.0)),
        # 3-4-5: cos = 4/5 and sin = 3/5 make whole numbers of five pitches
        ((0.0, math.degrees(math.atan2(3.0, 4.0)), 90.0), 0.0, (5.0, 5.0)),
        ((25.0,), 25.0, (1.0, 1.0)),
    ],
)
def test_the_rectangle_on_which_a_lay_down_repeats(lay_down, turn, sides) -> None:
    found = repeat_rectangle(lay_down)
    assert found.turn == turn
    assert found.sides == pytest.approx(sides, rel=1e-6)


@pytest.mark.parametrize("lay_down", [(0.0, 45.0), (0.0, 45.0, 90.0), (0.0, 30.0, 60.0, 90.0)])
def test_a_lay_down_that_does_not_repeat_is_refused_with_one_that_does(lay_down) -> None:
    with pytest.raises(InputError, match="do not repeat on a rectangle") as refusal:
        repeat_rectangle(lay_down)
    offered = re.search(r"\((.*)\)°", refusal.value.hint)
    assert offered is not None
    angles = [float(angle) for angle in offered[1].split(",")]
    assert len(set(angles)) == len(lay_down)
    assert np.abs(np.array(angles) - lay_down).max() < 12.0
    repeat_rectangle(angles)


def random_points(cell: PeriodicWoodpile, n: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(size=(n, 3)) * cell.size


@pytest.mark.parametrize("lay_down", [(0.0, 90.0), (0.0, 60.0, 120.0), (20.0,)])
@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_the_pattern_repeats(lay_down, offset) -> None:
    if len(lay_down) == 1 and offset:
        offset = 0.1  # strands of one direction must still lie on each other
    cell = PeriodicWoodpile(*SIZES, lay_down, offset=offset)
    assert cell.n_layers == len(lay_down) * (2 if offset else 1)
    x = random_points(cell, 500)
    for k in range(cell.n_layers):
        assert cell.spacing(k) == pytest.approx(1000.0, rel=1e-9)
        for axis in (0, 1):
            strands = cell.strand_number(x + np.eye(3)[axis] * cell.size, k)
            strands -= cell.strand_number(x, k)
            np.testing.assert_allclose(strands, np.rint(strands[0]), atol=1e-9)
    low, high = x * [1, 1, 0], x * [1, 1, 0] + [0, 0, cell.height]
    np.testing.assert_allclose(cell.signed_distance(low), cell.signed_distance(high), atol=1e-8)


def test_the_cell_is_the_inside_of_a_finite_pile() -> None:
    pile = Woodpile(*SIZES, 10, size=(5000.0, 5000.0), inks=("a", "b"))
    assert PeriodicWoodpile.inside(pile).layers == 10
    cell = PeriodicWoodpile.inside(pile, endless=True)
    # The pile's middle strands run at x = y = 2500; layer 4 is far from glass and plate.
    origin = np.zeros((1, 3))
    to_axes = sum(1000.0 * cell.strand_number(origin, k)[0] * cell.normal(k) for k in (0, 1))
    x = random_points(cell, 4000)
    y = x + to_axes + [2500.0, 2500.0, 4.5 * 320.0 - cell.axis_height(0)]
    inside = cell.signed_distance(x) < 0.0
    np.testing.assert_allclose(cell.signed_distance(x), pile.signed_distance(y), atol=1e-8)
    np.testing.assert_array_equal(cell.ink(x[inside]), pile.ink(y[inside]))
    np.testing.assert_array_equal(
        np.abs(cell.print_direction(x[inside])), np.abs(pile.print_direction(y[inside]))
    )


@pytest.mark.parametrize(
    ("lay_down", "layers", "offset"),
    [
        ((0.0, 90.0), None, 0.0),
        ((0.0, 90.0), 3, 0.5),
        ((0.0, 60.0, 120.0), None, 0.0),
        ((0.0,), None, 0.0),
        ((0.0, 0.0, 90.0), 4, 0.0),
        ((0.0,), 2, 0.15),
    ],
)
def test_volumes_agree_with_sampling(lay_down, layers, offset) -> None:
    cell = PeriodicWoodpile(*SIZES, lay_down, ("a", "b"), layers, offset)
    # Kronecker's sequence of the cubic golden ratio: a grid would beat with strands. Surfaces
    # leave an error of n^(-2/3) = 2e-4 of the cell, 1e-3 of an ink that fills a fifth of it.
    n, ratio = 400_000, 1.2207440846057596
    x = (np.arange(n)[:, None] / ratio ** np.arange(1, 4)) % 1.0 * cell.size
    ink = cell.ink(x)[cell.signed_distance(x) < 0.0]
    sampled = np.bincount(ink, minlength=2) / n
    assert sampled * np.prod(cell.size) == pytest.approx(list(cell.volume().values()), rel=2e-3)
    assert cell.solid_fraction == pytest.approx(sampled.sum(), rel=2e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"offset": 1.0}, "offset: expected a share"),
        ({"lay_down": (0.0,), "offset": 0.5}, "lie 500 µm beside the parallel ones"),
        ({"layers": 0}, "layers: expected a whole number"),
        ({"layers": 1, "inks": ("a", "b")}, "share 1 layer"),
        ({"lay_down": (0.0, 45.0)}, "do not repeat"),
        ({"lay_down": ()}, "lay_down"),
    ],
)
def test_cells_that_cannot_be_are_refused(options, message) -> None:
    with pytest.raises(InputError, match=message):
        PeriodicWoodpile(*SIZES, **options)


def worst_mismatch(made: PeriodicWoodpileMesh) -> float:
    """Largest distance from a node on the high side to the image of one on the low side, µm."""
    from scipy.spatial import cKDTree

    worst = 0.0
    for axis in np.flatnonzero(made.periodic):
        period = made.size[axis]
        low, high = (
            made.points[np.abs(made.points[:, axis] - plane) < 1e-7 * period]
            for plane in (0.0, period)
        )
        assert len(low) == len(high) > 0
        distance, _ = cKDTree(high).query(low + np.eye(3)[axis] * period)
        worst = max(worst, distance.max())
    return worst


@pytest.mark.parametrize(
    ("lay_down", "inks", "layers", "offset"),
    [
        ((0.0, 90.0), ("a",), None, 0.0),
        ((0.0, 90.0), ("a", "b"), 3, 0.0),
        ((0.0, 90.0), ("a", "b"), None, 0.5),
        ((0.0, 60.0, 120.0), ("a",), None, 0.0),
        ((0.0,), ("a",), None, 0.0),
    ],
)
def test_meshes_match_on_opposite_sides(lay_down, inks, layers, offset) -> None:
    cell = PeriodicWoodpile(*SIZES, lay_down, inks, layers, offset)
    made = mesh_periodic_woodpile(cell, 140.0)
    assert worst_mismatch(made) < 1e-9
    assert -0.06 < made.volume_error < 0.0
    assert made.min_scaled_jacobian > 0.03
    middle = made.points[made.cells].mean(axis=1)
    assert (cell.signed_distance(middle) < 0.0).all()
    np.testing.assert_array_equal(made.mesh.cell_ink, made.phase % len(inks))
    assert np.mean(cell.layer(middle) == made.phase) > 0.98  # chords cut the faces between inks
    # in one piece, though a lone direction is cut lengthwise by the side
    assert components(made.mesh)[0] == (2 if lay_down == (0.0,) else 1)
    on = made.mesh.facets[made.mesh.facet_tag == SurfaceTag.BOTTOM]
    a, b, c = (made.points[on[:, i]] for i in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()
    # a strand touches the glass with a strip of 2·√(200² - 160²) = 240 µm
    assert area == pytest.approx(0.0 if layers is None else 240.0 * 1000.0, rel=1e-6)
    outer = made.points[made.mesh.facets[made.mesh.facet_tag == SurfaceTag.FREE]].reshape(-1, 3)
    assert cell.signed_distance(outer) == pytest.approx(0.0, abs=1e-2)


@pytest.mark.parametrize("pitch", [410.0, 800.0, 1300.0])
@pytest.mark.parametrize("rise", [220.0, 378.0])
def test_no_pitch_makes_a_side_touch_a_strand(pitch, rise) -> None:
    made = mesh_periodic_woodpile(PeriodicWoodpile(400.0, pitch, rise), 160.0)
    assert worst_mismatch(made) < 1e-9
    assert made.min_scaled_jacobian > 0.01


def test_sides_keep_away_from_where_necks_reach_furthest() -> None:
    # 3-4-5, 25 square pitches: a side 3 µm from the tip of a neck left slivers of 0.005
    cell = PeriodicWoodpile(*SIZES, (0.0, math.degrees(math.atan2(3.0, 4.0)), 90.0))
    z = np.linspace(320.0 - 200.0, 200.0, 400)
    off = np.sqrt(np.maximum(200.0**2 - np.array([z, z - 320.0]) ** 2, 0.0))
    origin = np.zeros((1, 3))
    for pair in ((0, 1), (1, 2), (2, 0)):
        normals = np.array([cell.normal(k)[:2] for k in pair])
        start = np.array([cell.strand_number(origin, k)[0] for k in pair])
        whole = np.stack(np.meshgrid(*(np.arange(-12, 13),) * 2), axis=-1).reshape(-1, 2)
        crossings = np.linalg.solve(normals, 1000.0 * (whole - start).T).T
        # the four quarters of the curve in which two strands meet, seen from above
        quarters = [np.linalg.solve(normals, (signs * off.T).T).T for signs in ((1, 1), (1, -1))]
        for axis in (0, 1):
            reach = max(np.abs(quarter[:, axis]).max() for quarter in quarters)
            tips = np.concatenate([crossings[:, axis] - reach, crossings[:, axis] + reach])
            away = tips / cell.size[axis]
            assert (np.abs(away - np.rint(away)) * cell.size[axis]).min() > 10.0


@pytest.mark.parametrize("size", [0.0, 201.0, 1.0])
def test_sizes_that_cannot_work_are_refused(size) -> None:
    with pytest.raises(InputError, match="mesh size"):
        mesh_periodic_woodpile(PeriodicWoodpile(*SIZES), size)


def test_sides_that_do_not_match_are_refused() -> None:
    made = mesh_periodic_woodpile(PeriodicWoodpile(*SIZES), 180.0)
    outer = outer_triangles(made.cells)
    sides = outer[np.isclose(made.points[outer, 0], 0.0).all(axis=1)]
    with pytest.raises(InputError, match="not periodic"):  # their partners were left out
        match_triangles(made.points, sides, made.size, (True, False, False), 1e-3)
