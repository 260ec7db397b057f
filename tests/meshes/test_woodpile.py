from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.lens import crossing_volume
from meshes.volumes import ink_volumes
from meshes.woodpile import Woodpile

# d 400 µm, h 320 µm: strands reach 40 µm into each other, contact width 2·√(200² - 160²) = 240 µm.
PILE = Woodpile(400.0, 1000.0, 320.0, 4, (0.0, 90.0), (2400.0, 2400.0))
OBLIQUE = Woodpile(400.0, 900.0, 320.0, 7, (0.0, 60.0, 120.0), (2300.0, 2000.0), ("a", "b"))


def random_points(pile: Woodpile, count: int, seed: int = 0) -> np.ndarray:
    """Points in the box and half a diameter around it."""
    low, high = pile.bounds
    rest = 0.5 * pile.strand_diameter
    return np.random.default_rng(seed).uniform(low - rest, high + rest, (count, 3))


def axis_distances(pile: Woodpile, x: np.ndarray) -> np.ndarray:
    """Distance of each point to the nearest axis of each layer, one strand after the other."""
    result = np.full((pile.layers, len(x)), np.inf)
    for layer in range(pile.layers):
        angle = math.radians(pile.lay_down[layer % len(pile.lay_down)])
        along = np.array([math.cos(angle), math.sin(angle), 0.0])
        for offset in pile.strand_offsets(layer):
            foot = np.array([pile.size[0] / 2, pile.size[1] / 2, (layer + 0.5) * pile.layer_height])
            foot = foot + offset * np.array([-along[1], along[0], 0.0])
            distance = np.linalg.norm(np.cross(x - foot, along), axis=1)
            np.minimum(result[layer], distance, out=result[layer])
    return result


def strip_width(z: float, axis: float, radius: float) -> float:
    return 2.0 * math.sqrt(max(radius**2 - (z - axis) ** 2, 0.0))


def test_one_strand_is_a_cylinder_with_two_flat_sides():
    pile = Woodpile(400.0, 900.0, 300.0, 1, (0.0,), (1400.0, 400.0))
    # Chord width over the height that is left, times the length.
    area, _ = quad(lambda z: strip_width(z, 150.0, 200.0), 0.0, 300.0, epsrel=1e-12)
    assert pile.strand_count == 1
    assert pile.volume()["gel"] == pytest.approx(1400.0 * area, rel=1e-9)


@pytest.mark.parametrize("layers", [2, 3])
def test_crossing_layers_lose_their_overlap_once(layers):
    # At height z layers are strips; of a grid of strips in x and y the area is A + B - A·B/(lx·ly).
    pile = Woodpile(400.0, 700.0, 320.0, layers, (0.0, 90.0), (2000.0, 1500.0), ("a", "b"))
    counts = (math.floor(1100 / 700) + 1, math.floor(1600 / 700) + 1)
    share = [
        lambda z, k=k: (
            counts[k % 2] * strip_width(z, 160.0 + 320.0 * k, 200.0) / pile.size[1 - k % 2]
        )
        for k in range(layers)
    ]
    breaks = sorted({0.0, pile.height, *(160.0 + 320.0 * k + 200.0 for k in range(layers - 1))})
    breaks = sorted({*breaks, *(160.0 + 320.0 * k - 200.0 for k in range(1, layers))})

    def integrate(function):
        pieces = itertools.pairwise(breaks)
        return sum(quad(function, a, b, epsrel=1e-10, limit=200)[0] for a, b in pieces)

    def body(z):
        return 1.0 - math.prod(1.0 - part(z) for part in share)

    def first_ink(z):  # layers 0, 2: the first whole, the third less what the second holds
        third = share[2](z) * (1.0 - share[1](z)) if layers == 3 else 0.0
        return share[0](z) + third

    volume = pile.volume()
    assert sum(volume.values()) == pytest.approx(pile.footprint_area * integrate(body), rel=1e-7)
    assert volume["a"] == pytest.approx(pile.footprint_area * integrate(first_ink), rel=1e-7)


def test_crossing_volume_has_steinmetz_as_its_limit():
    assert crossing_volume(2.0, 1e-12) == pytest.approx(16.0 / 3.0, rel=1e-5)
    # Two paraboloids that just touch: ∫ 4·√(2s)·√(2(2ε-s)) ds over 0…2ε = 4πε², axes 2 - 2ε apart.
    assert crossing_volume(2.0, 2.0 - 2e-4) == pytest.approx(4.0 * math.pi * 1e-8, rel=1e-3)


def test_stacked_strands_share_a_lens():
    pile = Woodpile(400.0, 900.0, 300.0, 2, (0.0,), (1000.0, 400.0))
    # The outline at height z is the wider of the two circles; by symmetry twice the lower half.
    half, _ = quad(lambda z: strip_width(z, 150.0, 200.0), 0.0, 300.0, epsrel=1e-12)
    assert pile.volume()["gel"] == pytest.approx(2.0 * 1000.0 * half, rel=1e-9)


def test_the_lattice_estimate_agrees_with_the_closed_form_and_with_an_oblique_strand():
    inside = Woodpile(400.0, 1000.0, 320.0, 4, (0.0, 90.0), (2400.0, 2400.0), ("a", "b"))
    exact = inside.volume()
    nearly = Woodpile(400.0, 1000.0, 320.0, 4, (0.0, 90.0 + 1e-7), (2400.0, 2400.0), ("a", "b"))
    assert nearly.volume() is None
    assert ink_volumes(nearly) == pytest.approx([exact["a"], exact["b"]], rel=2e-3)
    # A strip of width w on the diagonal of a square L leaves two triangles: L² - (L - w/√2)².
    strand = Woodpile(400.0, 3000.0, 320.0, 1, (45.0,), (1500.0, 1500.0))
    area = quad(
        lambda z: 1500.0**2 - (1500.0 - strip_width(z, 160.0, 200.0) / math.sqrt(2)) ** 2, 0, 320
    )
    assert ink_volumes(strand) == pytest.approx([area[0]], rel=2e-3)


def test_strands_are_counted_and_centred():
    assert PILE.strands_in_layer(0) == 3  # (2400 - 400)/1000 + 1, exactly
    np.testing.assert_allclose(PILE.strand_offsets(0), [-1000.0, 0.0, 1000.0])
    # At 60° the footprint is 2300·sin 60° + 2000·cos 60° = 2991.9 wide: floor(2591.9/900) + 1.
    assert OBLIQUE.strands_in_layer(1) == 3
    assert OBLIQUE.strand_count == 2 + 3 + 3 + 2 + 3 + 3 + 2
    tight = Woodpile(0.3, 0.7, 0.2, 1, (0.0,), (1.0, 0.3 + 0.7 * 3))
    assert tight.strands_in_layer(0) == 4  # in floating point (2.4 - 0.3)/0.7 falls below 3


@pytest.mark.parametrize("pile", [PILE, OBLIQUE], ids=["crossed", "three-angles"])
def test_signed_distance_agrees_with_a_search_over_all_strands(pile):
    x = random_points(pile, 4000)
    low, high = pile.bounds
    strands = axis_distances(pile, x).min(axis=0) - 200.0
    box = np.maximum(low - x, x - high).max(axis=1)
    np.testing.assert_allclose(pile.signed_distance(x), np.maximum(strands, box), atol=1e-9)


@pytest.mark.parametrize("pile", [PILE, OBLIQUE], ids=["crossed", "three-angles"])
def test_ink_and_direction_are_those_of_the_strand_printed_first(pile):
    x = random_points(pile, 20000, seed=1)
    distances = axis_distances(pile, x)
    inside = distances < 200.0
    owner = np.where(inside.any(axis=0), inside.argmax(axis=0), distances.argmin(axis=0))
    assert (inside.sum(axis=0) == 2).sum() > 50  # overlaps are among the points
    np.testing.assert_array_equal(pile.layer(x), owner)
    np.testing.assert_array_equal(pile.ink(x), owner % len(pile.inks))
    angles = np.radians(np.array(pile.lay_down)[owner % len(pile.lay_down)])
    expected = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(len(x))])
    np.testing.assert_allclose(pile.print_direction(x), expected, atol=1e-12)


def test_direction_turns_with_the_layers():
    # On the first axis of each layer, where it is nearest to the middle of the footprint.
    on_axes = []
    for k in range(OBLIQUE.layers):
        normal = OBLIQUE.axis(k)[1::-1] * (-1.0, 1.0)
        foot = (1150.0, 1000.0) + OBLIQUE.strand_offsets(k)[0] * normal
        on_axes.append((*foot, (k + 0.5) * 320.0))
    angles = np.degrees(np.arctan2(*OBLIQUE.print_direction(on_axes)[:, 1::-1].T))
    np.testing.assert_allclose(angles, [0, 60, 120, 0, 60, 120, 0], atol=1e-9)


@pytest.mark.parametrize("pile", [PILE, OBLIQUE], ids=["crossed", "three-angles"])
def test_distance_never_exceeds_the_way_between_points_and_has_unit_slope(pile):
    x, y = random_points(pile, 3000, seed=2), random_points(pile, 3000, seed=3)
    for distance in (pile.signed_distance, pile.free_surface_distance):
        way = np.linalg.norm(x - y, axis=1)
        assert (np.abs(distance(x) - distance(y)) <= way + 1e-9).all()
        step = 1e-3
        slope = [
            (distance(x + step * axis) - distance(x - step * axis)) / (2 * step)
            for axis in np.eye(3)
        ]
        norm = np.linalg.norm(slope, axis=0)
        # A step across a ridge, where two surfaces are equally near, gives less than 1.
        assert norm.max() < 1.0 + 1e-6
        assert (np.abs(norm - 1.0) < 1e-5).mean() > 0.995


def test_free_surface_is_the_bathed_arc_and_not_the_glass():
    pile = Woodpile(400.0, 900.0, 320.0, 1, (0.0,), (100000.0, 400.0))
    # The outline of the strand without its face on the glass, sampled: arc from contact line to
    # contact line, and the plate's face; far from the ends.
    low = math.asin(160.0 / 200.0)
    angle = np.linspace(-low, math.pi + low, 200001)
    arc = np.column_stack([200.0 + 200.0 * np.cos(angle), 160.0 + 200.0 * np.sin(angle)])
    arc = arc[arc[:, 1] <= 320.0]
    plate = np.column_stack([np.linspace(80.0, 320.0, 50001), np.full(50001, 320.0)])
    tree = cKDTree(np.concatenate([arc, plate]))
    points = np.random.default_rng(4).uniform((0.0, 0.0), (400.0, 320.0), (4000, 2))
    inside = np.hypot(points[:, 0] - 200.0, points[:, 1] - 160.0) < 200.0
    x = np.column_stack([np.full(len(points), 50000.0), points])[inside]
    found = pile.free_surface_distance(x)
    np.testing.assert_allclose(found, -tree.query(x[:, 1:])[0], atol=0.02)
    # Straight above the glass a point is at the glass, but as far from medium as half the contact.
    assert pile.signed_distance([(5e4, 200.0, 1e-6)]) == pytest.approx([-1e-6])
    assert pile.free_surface_distance([(5e4, 200.0, 0.0)]) == pytest.approx([-120.0])
    # Under the glass the walls of the contact go on.
    below = [(5e4, 200.0, -50.0), (5e4, 310.0, -50.0), (5e4, 330.0, -1000.0)]
    assert pile.free_surface_distance(below) == pytest.approx([-120.0, -10.0, 10.0])


def test_far_from_the_glass_both_distances_are_equal():
    x = random_points(PILE, 2000, seed=5)
    x = x[x[:, 2] > 640.0]
    np.testing.assert_array_equal(PILE.signed_distance(x), PILE.free_surface_distance(x))


def test_the_body_is_the_whole_size_named():
    assert PILE.height == 1280.0
    assert PILE.footprint_area == 5.76e6
    assert PILE.substrate_height == 0.0
    assert PILE.overlap == pytest.approx(0.2)
    np.testing.assert_array_equal(PILE.bounds, [[0, 0, 0], [2400, 2400, 1280]])
    assert Woodpile(400, 900, 320, 2, (-90, 540)).lay_down == (90.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strand_diameter": 0.0}, "strand_diameter .* above 0, found 0.0"),
        ({"strand_diameter": math.inf}, "strand_diameter .* finite"),
        ({"pitch": math.nan}, "pitch .* found nan"),
        ({"layer_height": "thin"}, "layer_height .* expected a number"),
        ({"size": (2400.0,)}, "two lengths"),
        ({"size": (2400.0, -1.0)}, "size y"),
        ({"size": (399.0, 2400.0)}, "holds no strand of 400"),
        ({"pitch": 400.0}, "strands of one layer touch"),
        ({"layer_height": 400.0}, "layers do not touch: .*(?s:.*)280 to 360 µm"),
        ({"layer_height": 500.0}, "layers do not touch"),
        ({"layer_height": 381.0}, "overlap by 4.7 %.*(?s:.*)at most 380 µm"),
        ({"layer_height": 200.0}, "overlap by 50 %.*(?s:.*)above 200 µm"),
        ({"layers": 0}, "whole number of 1 or more, found 0"),
        ({"layers": 2.5}, "whole number"),
        ({"layers": True}, "whole number"),
        ({"layers": 10**12}, "more than the 20000 supported"),
        ({"lay_down": ()}, "one finite angle or more"),
        ({"lay_down": (0.0, math.nan)}, "finite angle"),
        ({"lay_down": ("across",)}, "angles in degrees"),
        ({"inks": ("a", "a")}, "a name occurs twice"),
        ({"inks": ()}, "at least one name"),
        ({"inks": ("a", "b"), "layers": 1}, "one gets none"),
    ],
)
def test_refusals_say_what_is_wrong_and_how_to_mend_it(change, message):
    arguments = {"strand_diameter": 400.0, "pitch": 1000.0, "layer_height": 320.0, "layers": 4}
    with pytest.raises(InputError, match=message):
        Woodpile(**(arguments | change))


def test_the_limits_themselves_are_allowed():
    assert Woodpile(400.0, 1000.0, 380.0, 2).overlap == pytest.approx(0.05)
    assert Woodpile(400.0, 1000.0, 201.0, 2).overlap == pytest.approx(0.4975)
