from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from meshes.errors import InputError
from meshes.sites import load_positions, seed_cells
from meshes.slab import Slab
from meshes.woodpile import Woodpile

SLAB = Slab((400.0, 300.0, 200.0))
PILE = Woodpile(400.0, 1000.0, 320.0, 4, (0.0, 90.0), (2400.0, 2400.0), ("niche", "support"))


def test_cells_lie_wholly_in_the_gel_and_apart():
    cells = seed_cells(PILE, density=5e-7, radius=8.0, seed=7)
    assert len(cells) > 1000
    assert (PILE.signed_distance(cells.points) <= -8.0).all()
    np.testing.assert_array_equal(cells.depth, -PILE.signed_distance(cells.points))
    np.testing.assert_array_equal(cells.ink, PILE.ink(cells.points))
    assert pdist(cells.points).min() >= 16.0


def test_a_crowded_slab_keeps_its_distances():
    # 1000 spheres of radius 10 µm fill 4.19e6/24e6 = 17 %: without the rule hundreds would overlap.
    cells = seed_cells(SLAB, count=1000, radius=10.0, seed=1)
    assert len(cells) == 1000
    assert pdist(cells.points).min() >= 20.0
    assert cells.depth.min() >= 10.0


def test_the_same_seed_gives_the_same_cells_in_the_same_order():
    first, second, other = (
        seed_cells(SLAB, count=200, radius=8.0, seed=seed).points for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_the_number_is_poisson():
    # Density times 24e6 µm³ is 48; over 400 seeds the mean has a standard error of √(48/400) = 0.35
    # and the variance one of about 48·√(2/400) = 3.4: four of each.
    numbers = [len(seed_cells(SLAB, density=2e-6, radius=1.0, seed=seed)) for seed in range(400)]
    assert np.mean(numbers) == pytest.approx(48.0, abs=1.4)
    assert np.var(numbers) == pytest.approx(48.0, abs=14.0)


def test_cells_are_uniform_where_they_may_be():
    cells = seed_cells(SLAB, count=4000, radius=1.0, seed=5)
    low, high = np.full(3, 1.0), np.array([399.0, 299.0, 199.0])
    unit = (cells.points - low) / (high - low)
    # Mean 1/2 ± 1/√(12·4000) and variance 1/12 ± 1/√(180·4000), to four standard errors.
    np.testing.assert_allclose(unit.mean(axis=0), 0.5, atol=4.0 / np.sqrt(48000))
    np.testing.assert_allclose(unit.var(axis=0), 1.0 / 12.0, atol=4.0 / np.sqrt(720000))
    np.testing.assert_allclose(np.corrcoef(unit.T), np.eye(3), atol=4.0 / np.sqrt(4000))


def test_only_chosen_inks_hold_cells_and_set_their_number():
    volumes = [PILE.volume()[name] for name in PILE.inks]
    numbers = []
    for seed in range(8):
        cells = seed_cells(PILE, density=2e-7, inks=("support",), radius=8.0, seed=seed)
        assert (cells.ink == 1).all()
        numbers.append(len(cells))
    # Sum of eight Poisson numbers: 8·2e-7·V, to four standard deviations.
    mean = 8 * 2e-7 * volumes[1]
    assert sum(numbers) == pytest.approx(mean, abs=4.0 * np.sqrt(mean))
    both = seed_cells(PILE, density=2e-7, volumes=volumes, radius=8.0, seed=0)
    again = seed_cells(PILE, density=2e-7, radius=8.0, seed=0)
    np.testing.assert_array_equal(both.points, again.points)


def test_a_margin_keeps_cells_further_inside():
    cells = seed_cells(SLAB, count=50, radius=5.0, margin=60.0, seed=0)
    assert cells.depth.min() >= 60.0


def test_few_cells_can_be_none():
    cells = seed_cells(SLAB, density=1e-12, radius=8.0, seed=0)
    assert len(cells) == 0
    assert cells.points.shape == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either a density or a count"),
        ({"count": 5, "density": 1e-6}, "either a density or a count"),
        ({"count": 0}, "count of 1 or more, found 0"),
        ({"count": 2.5}, "count of 1 or more"),
        ({"density": -1.0}, r"cell density \(1/µm³\).*above 0"),
        ({"density": 1.0}, "2.4e\\+07 cells are more than the 1000000"),
        ({"count": 5, "radius": 0.0}, "cell radius"),
        ({"count": 5, "seed": -1}, "seed"),
        ({"count": 5, "seed": 1.5}, "seed"),
        ({"count": 5, "inks": ("resin",)}, "no ink 'resin'.*(?s:.*)are gel"),
        ({"count": 5, "inks": ()}, "no ink is chosen"),
        ({"count": 5, "volumes": [1.0, 2.0]}, "one per ink"),
        # 1000 spheres of radius 14 µm: 11494·1000/24e6 = 47.9 %
        ({"count": 1000, "radius": 14.0}, "would fill 47.9 % .* at most 38.4 %"),
        ({"count": 1, "radius": 101.0}, "only 0 of 1 cells found room"),
    ],
)
def test_seeding_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        seed_cells(SLAB, **({"radius": 8.0, "seed": 0} | arguments))


def write(tmp_path, text: str):
    path = tmp_path / "cells.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_positions_are_read_in_order_whatever_stands_beside_them(tmp_path):
    text = "\ufeffid, Z_um ,x_um,y_um\r\n7,20,100,50\r\n\r\n9,30.5,1e2,6.0e1\r\n"
    cells = load_positions(write(tmp_path, text), SLAB, 8.0)
    np.testing.assert_array_equal(cells.points, [(100, 50, 20), (100, 60, 30.5)])
    np.testing.assert_array_equal(cells.depth, [20.0, 30.5])
    np.testing.assert_array_equal(cells.ink, [0, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected the columns x_um,y_um,z_um, found nothing"),
        ("x,y,z\n1,2,3\n", "line 1: expected the columns x_um,y_um,z_um, found x,y,z"),
        ("x_um,y_um,z_um\n", "no positions below the header"),
        ("x_um,y_um,z_um\n50,50,50\n50,fifty,50\n", "line 3: expected finite numbers"),
        ("x_um,y_um,z_um\n50,50,nan\n", "line 2: expected finite numbers"),
        ("x_um,y_um,z_um\n50,50\n", "line 2: expected finite numbers"),
        ("x_um,y_um,z_um\n50,50,50\n50,50,-3\n", "line 3: .*outside the gel: -3 µm deep"),
        ("x_um,y_um,z_um\n\n50,50,5\n", "line 3: .*too close to its surface: 5 µm deep"),
        ('x_um,y_um,z_um\n50,50,"50\n', "after line 1: not a comma-separated text"),
    ],
)
def test_tables_that_are_wrong_are_refused_with_the_line(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        load_positions(path, SLAB, 8.0)
    assert str(path) in str(caught.value)


def test_files_that_are_missing_binary_or_endless_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="there is no file of positions"):
        load_positions(tmp_path / "none.csv", SLAB, 8.0)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not a comma-separated text"):
        load_positions(tmp_path / "binary.csv", SLAB, 8.0)
    path = write(tmp_path, "x_um,y_um,z_um\n" + "50,50,50\n" * 4)
    monkeypatch.setattr("meshes.sites.MAX_CELLS", 3)
    with pytest.raises(InputError, match="more than 3 rows"):
        load_positions(path, SLAB, 8.0)
    monkeypatch.setattr("meshes.sites.MAX_FILE_BYTES", 10)
    with pytest.raises(InputError, match="larger than"):
        load_positions(path, SLAB, 8.0)
