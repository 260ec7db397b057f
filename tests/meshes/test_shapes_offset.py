"""Woodpiles whose turns are shifted sideways."""

from __future__ import annotations

import math

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.volumes import lattice_points
from meshes.woodpile import Woodpile

# Five layers: 0°, 90°, then both shifted by 0.4·1000 µm, then 0° again.
SHIFTED = Woodpile(400.0, 1000.0, 320.0, 5, (0.0, 90.0), (2400.0, 2000.0), ("a", "b"), 0.4)
# Without a shift, of a width of 2000: (2000 - 400)/1000 + 1 = 2 strands at 1000 ± 500. Shifted by
# 400 they are at 900 and 1900, of which the second sticks out; at -100 there is none. Strands along
# y have -x at their left, to which they are shifted from 200, 1200 and 2200.
ACROSS = {0: [500.0, 1500.0], 1: [200.0, 1200.0, 2200.0], 2: [900.0], 3: [800.0, 1800.0]}
ACROSS[4] = ACROSS[0]


def axis_distances(x: np.ndarray) -> np.ndarray:
    layers = [
        np.hypot(
            np.abs(x[:, 1 - k % 2, None] - np.array(axes)).min(axis=1),
            x[:, 2] - 160.0 - 320.0 * k,
        )
        for k, axes in sorted(ACROSS.items())
    ]
    return np.array(layers)


def test_strands_are_where_the_shift_puts_them():
    assert [SHIFTED.strands_in_layer(k) for k in range(5)] == [2, 3, 1, 2, 2]
    assert SHIFTED.strand_count == 10
    np.testing.assert_allclose(SHIFTED.strand_offsets(2), [-100.0])
    np.testing.assert_allclose(SHIFTED.strand_offsets(3), [-600.0, 400.0])


def test_distance_ink_and_direction_agree_with_a_search_over_all_strands():
    low, high = SHIFTED.bounds
    x = np.random.default_rng(0).uniform(low - 200.0, high + 200.0, (10_000, 3))
    distances = axis_distances(x)
    box = np.maximum(low - x, x - high).max(axis=1)
    expected = np.maximum(distances.min(axis=0) - 200.0, box)
    np.testing.assert_allclose(SHIFTED.signed_distance(x), expected, atol=1e-9)
    inside = distances < 200.0
    owner = np.where(inside.any(axis=0), inside.argmax(axis=0), distances.argmin(axis=0))
    np.testing.assert_array_equal(SHIFTED.layer(x), owner)
    np.testing.assert_array_equal(SHIFTED.ink(x), owner % 2)
    np.testing.assert_array_equal(SHIFTED.print_direction(x)[:, 0], 1 - owner % 2)


@pytest.mark.parametrize(
    "pile",
    [
        SHIFTED,
        # All along x: the strands of neighbouring layers are 0.3·450 = 135 and 315 µm aside, of
        # which only the first, √(135² + 320²) = 347 µm apart, overlap.
        Woodpile(400.0, 450.0, 320.0, 4, (0.0,), (500.0, 1800.0), ("a", "b"), 0.3),
        # 160 and 240 µm aside, 358 and 400 µm apart
        Woodpile(400.0, 401.0, 310.0, 4, (0.0,), (500.0, 1800.0), ("a", "b"), 0.4),
    ],
    ids=["crossed", "one neighbour", "two neighbours"],
)
def test_closed_forms_of_shifted_layers_agree_with_counting_points(pile):
    count = 1 << 18
    x = lattice_points(pile.bounds, 0, count)
    x = x[pile.signed_distance(x) < 0.0]
    box = np.prod(pile.bounds[1])
    counted = np.bincount(pile.ink(x), minlength=2) * box / count
    np.testing.assert_allclose(list(pile.volume().values()), counted, rtol=3e-3)


def test_without_a_shift_nothing_changes():
    plain = Woodpile(400.0, 1000.0, 320.0, 5, (0.0, 90.0), (2400.0, 2000.0), ("a", "b"))
    low, high = plain.bounds
    x = np.random.default_rng(1).uniform(low - 200.0, high + 200.0, (2000, 3))
    first = x[x[:, 2] < 320.0]
    np.testing.assert_array_equal(SHIFTED.layer(first) < 2, plain.layer(first) < 2)
    zero = Woodpile(400.0, 1000.0, 320.0, 5, (0.0, 90.0), (2400.0, 2000.0), ("a", "b"), 0.0)
    assert zero == plain
    np.testing.assert_array_equal(zero.signed_distance(x), plain.signed_distance(x))


@pytest.mark.parametrize("offset", [1.0, -0.1, math.nan, "half"])
def test_shares_that_are_none_are_refused(offset):
    with pytest.raises(InputError, match="share of the pitch from 0 to below 1"):
        Woodpile(400.0, 1000.0, 320.0, 4, offset=offset)


def test_a_shift_that_leaves_a_layer_empty_is_refused():
    # One strand in the middle of 600 µm; shifted by 500 it is out.
    with pytest.raises(InputError, match="a layer has no strand inside"):
        Woodpile(400.0, 1000.0, 320.0, 4, (0.0, 90.0), (600.0, 600.0), offset=0.5)
    # Two layers are one turn: none is shifted.
    Woodpile(400.0, 1000.0, 320.0, 2, (0.0, 90.0), (600.0, 600.0), offset=0.5)
