from __future__ import annotations

import math

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.scaffold import Scaffold
from meshes.slab import Slab
from meshes.volumes import ink_volumes


def test_volume_footprint_and_bounds_are_those_of_a_box():
    slab = Slab((300.0, 200.0, 100.0), "niche")
    assert slab.volume() == {"niche": 6.0e6}
    assert ink_volumes(slab) == pytest.approx([6.0e6])
    assert slab.footprint_area == 6.0e4
    assert slab.height == 100.0
    np.testing.assert_array_equal(slab.bounds, [[0, 0, 0], [300, 200, 100]])
    assert isinstance(slab, Scaffold)


def test_signed_distance_is_the_euclidean_one():
    slab = Slab((300.0, 200.0, 100.0))
    points = [
        (150, 100, 50),  # middle: 50 below the top
        (10, 100, 50),  # 10 inside a side
        (-7, 100, 50),  # 7 outside a side
        (303, 204, 50),  # 3-4-5 off an edge
        (-2, -3, 106),  # off a corner: √(4 + 9 + 36) = 7
        (150, 100, -9),  # under the glass
    ]
    np.testing.assert_allclose(slab.signed_distance(points), [-50, -10, 7, 5, 7, 9])


def test_the_face_on_glass_is_no_free_surface():
    slab = Slab((300.0, 200.0, 100.0))
    points = [(150, 100, 5), (150, 100, -500), (150, 100, 95), (-3, 100, -50)]
    # 95 to the top and 100 to the sides; below the glass only the sides count.
    np.testing.assert_allclose(slab.free_surface_distance(points), [-95, -100, -5, 3])
    floating = Slab((300.0, 200.0, 100.0), on_glass=False)
    assert floating.substrate_height is None
    np.testing.assert_allclose(floating.free_surface_distance(points[:1]), [-5])


def test_ink_and_direction_are_the_same_everywhere():
    slab = Slab((1.0, 1.0, 1.0), direction=(3.0, 0.0, 4.0))
    points = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(slab.ink(points), np.zeros(5))
    np.testing.assert_allclose(slab.print_direction(points), np.tile([0.6, 0.0, 0.8], (5, 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (1.0, 2.0)}, "needs three lengths"),
        ({"size": (1.0, 2.0, 0.0)}, "size z .* above 0, found 0.0"),
        ({"size": (1.0, -2.0, 1.0)}, "size y .* found -2.0"),
        ({"size": (math.nan, 1.0, 1.0)}, "size x .* found nan"),
        ({"size": ("thick", 1.0, 1.0)}, "expected a number, found 'thick'"),
        ({"direction": (0.0, 0.0, 0.0)}, "not all zero"),
        ({"direction": (math.inf, 0.0, 0.0)}, "direction"),
        ({"inks": ("a", "b")}, "a slab is of one ink"),
        ({"inks": ("",)}, "1 to 80 characters"),
        ({"inks": ('a"b',)}, "quotes"),
    ],
)
def test_refusals_say_what_is_wrong(arguments, message):
    with pytest.raises(InputError, match=message):
        Slab(**({"size": (1.0, 1.0, 1.0)} | arguments))


def test_points_of_another_shape_are_refused():
    with pytest.raises(InputError, match=r"shape \(n, 3\), found \(4, 2\)"):
        Slab((1.0, 1.0, 1.0)).signed_distance(np.zeros((4, 2)))
