from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from meshes import capsules
from meshes.capsules import Capsules
from meshes.errors import InputError
from meshes.gcode import read_gcode, toolpath_from
from meshes.scaffold import Scaffold
from meshes.toolpath import Toolpath
from meshes.volumes import ink_volumes
from meshes.woodpile import Woodpile
from postprocess.toolpath_plot import draw_toolpath

FILES = Path(__file__).parent / "gcode"
# One strand of 1 mm, 400 µm thick, its axis 160 µm over the glass: 320 µm high.
STRAND = Toolpath(np.array([[0.0, 0, 160]]), np.array([[1000.0, 0, 160]]), 400.0, 0)


def random_walk(count: int, seed: int = 0, box: float = 3000.0) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of segments, long ones and short ones, some joined."""
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0.0, box, (count, 3))
    ends = starts + rng.normal(size=(count, 3)) * rng.choice([5.0, 100.0, 900.0], (count, 1))
    starts[1::3] = ends[0::3][: len(starts[1::3])]
    return starts, ends


def all_distances(starts, ends, x):
    """Distance of each point to each axis, (n, m): every one with every other."""
    along = ends - starts
    share = np.einsum("nmk,mk->nm", x[:, None] - starts, along) / (along**2).sum(axis=1)
    foot = starts + np.clip(share, 0.0, 1.0)[:, :, None] * along
    return np.linalg.norm(x[:, None] - foot, axis=2)


@pytest.mark.parametrize("radii", ["equal", "mixed"])
def test_nearest_capsule_is_that_of_a_search_through_all(radii):
    starts, ends = random_walk(400)
    radius = np.full(400, 60.0)
    if radii == "mixed":
        radius = np.random.default_rng(1).choice([20.0, 21.0, 60.0, 150.0], 400)
    x = np.random.default_rng(2).uniform(-2000.0, 6000.0, (1500, 3))
    x[:200] = 0.5 * (starts + ends)[:200]
    expected = all_distances(starts, ends, x) - radius
    search = Capsules(starts, ends, radius)
    distance, index = search.nearest(x)
    np.testing.assert_allclose(distance, expected.min(axis=1), atol=1e-9)
    np.testing.assert_allclose(expected[np.arange(len(x)), index], distance, atol=1e-9)
    row, number, depth = search.containing(x)
    assert {*zip(row.tolist(), number.tolist(), strict=True)} == {
        (int(r), int(c)) for r, c in np.argwhere(expected < 0.0)
    }
    np.testing.assert_allclose(depth, expected[row, number], atol=1e-9)
    assert (np.diff(row) >= 0).all()


def test_many_strands_on_top_of_each_other_take_bounded_memory(monkeypatch):
    # All pairs of 200 points with 50 passages of the same line do not fit into one part.
    monkeypatch.setattr(capsules, "_PAIRS", 1000)
    starts = np.tile([[0.0, 0.0, 0.0]], (50, 1))
    starts[:, 1] = np.arange(50) * 1e-3
    ends = starts + np.array([1000.0, 0.0, 0.0])
    x = np.random.default_rng(0).uniform((0, -50, -50), (1000, 50, 50), (200, 3))
    expected = all_distances(starts, ends, x) - 80.0
    distance, index = Capsules(starts, ends, np.full(50, 80.0)).nearest(x)
    np.testing.assert_allclose(distance, expected.min(axis=1), atol=1e-9)
    np.testing.assert_array_equal(index, expected.argmin(axis=1))


def test_no_points_are_no_trouble():
    none = np.zeros((0, 3))
    assert isinstance(STRAND, Scaffold)
    assert STRAND.signed_distance(none).shape == (0,)
    assert STRAND.ink(none).shape == (0,)
    assert STRAND.print_direction(none).shape == (0, 3)
    assert STRAND.free_surface_distance(none).shape == (0,)


def test_single_strand_has_the_volume_of_a_cut_cylinder_and_a_cut_ball():
    # Level by level a strip with half discs at its ends: 2 w L + π w², w² = 200² - (z - 160)².
    def section(z):
        width = math.sqrt(max(200.0**2 - (z - 160.0) ** 2, 0.0))
        return 2.0 * width * 1000.0 + math.pi * width**2

    expected, _ = quad(section, 0.0, 320.0, epsrel=1e-12)
    assert STRAND.volume() == {"gel": pytest.approx(expected, rel=1e-9)}
    assert STRAND.height == 320.0
    np.testing.assert_allclose(STRAND.bounds, [(-200, -200, 0), (1200, 200, 320)])
    assert STRAND.footprint_area == pytest.approx(1400.0 * 400.0)


def test_a_path_like_a_woodpile_is_that_woodpile():
    pile = Woodpile(400.0, 1000.0, 320.0, 4, (0.0, 60.0), (2400.0, 2000.0), ("a", "b"))
    rows = []
    for layer in range(4):
        along = pile.axis(layer)
        across = np.array([-along[1], along[0], 0.0])
        for offset in pile.strand_offsets(layer):
            middle = np.array([1200.0, 1000.0, (layer + 0.5) * 320.0]) + offset * across
            rows.append((middle - 5000 * along, middle + 5000 * along, layer % 2))
    starts, ends, ink = (np.array(column) for column in zip(*rows, strict=True))
    path = Toolpath(starts, ends, 400.0, ink, ("a", "b"), window=(0.0, 0.0, 2400.0, 2000.0))
    low, high = pile.bounds
    np.testing.assert_allclose(path.bounds, pile.bounds)
    x = np.random.default_rng(0).uniform(low - 200, high + 200, (20_000, 3))
    np.testing.assert_allclose(path.signed_distance(x), pile.signed_distance(x), atol=1e-8)
    above = x[x[:, 2] >= 0.0]
    np.testing.assert_allclose(
        path.free_surface_distance(above), pile.free_surface_distance(above), atol=1e-8
    )
    theirs, ours = pile.free_surface_distance(x), path.free_surface_distance(x)
    np.testing.assert_array_equal(ours < 0.0, theirs < 0.0)
    assert (np.abs(ours) <= np.abs(theirs) + 1e-8).all()
    inside = pile.signed_distance(x) < 0.0
    np.testing.assert_array_equal(path.ink(x)[inside], pile.ink(x)[inside])
    np.testing.assert_allclose(
        path.print_direction(x)[inside], pile.print_direction(x)[inside], atol=1e-9
    )


def test_distance_has_the_right_sign_and_never_reaches_too_far():
    # A path that climbs, turns and crosses itself.
    turns = np.linspace(0.0, 4.0 * math.pi, 60)
    points = np.column_stack([600 * np.cos(turns), 400 * np.sin(2 * turns), 100.0 + 40.0 * turns])
    path = Toolpath(points[:-1], points[1:], np.linspace(240.0, 300.0, 59), 0)
    low, high = path.bounds
    rng = np.random.default_rng(0)
    x = rng.uniform(low - 150, high + 150, (3000, 3))
    distance = path.signed_distance(x)
    axis = all_distances(path.starts, path.ends, x) - 0.5 * path.diameters
    inside = (axis.min(axis=1) < 0.0) & (x[:, 2] > 0.0) & (x[:, 2] < path.height)
    np.testing.assert_array_equal(distance < 0.0, inside)
    # Steps shorter than the distance never cross the surface.
    for _ in range(20):
        step = rng.normal(size=x.shape)
        step *= 0.999 * (np.abs(distance) / np.linalg.norm(step, axis=1))[:, None]
        np.testing.assert_array_equal(path.signed_distance(x + step) < 0.0, inside)


def test_what_was_printed_first_keeps_its_volume():
    # The same cross, printed in both orders; level, so that the crossing is shared in full.
    starts = np.array([[0.0, 500, 90], [500, 0.0, 90]])
    ends = np.array([[1000.0, 500, 90], [500, 1000.0, 90]])
    x = np.array([[500.0, 500, 90], [540.0, 560, 100], [100, 500, 90], [500, 100, 90]])
    first = Toolpath(starts, ends, 200.0, [0, 1], ("a", "b"))
    second = Toolpath(starts[::-1], ends[::-1], 200.0, [1, 0], ("a", "b"))
    assert first.ink(x).tolist() == [0, 0, 0, 1]
    assert second.ink(x).tolist() == [1, 1, 0, 1]
    np.testing.assert_allclose(np.abs(first.print_direction(x))[:2], [(1, 0, 0)] * 2)
    np.testing.assert_allclose(np.abs(second.print_direction(x))[:2], [(0, 1, 0)] * 2)
    # Together they hold what they hold alone less what they share, once.
    a, b = ink_volumes(first, samples=1 << 18)
    c, d = ink_volumes(second, samples=1 << 18)
    assert a + b == pytest.approx(c + d, rel=1e-12)
    assert a == pytest.approx(d, rel=5e-3)
    assert a > 1.02 * b


def test_segments_of_one_strand_join_with_round_joints():
    # A right angle: outside the corner the surface is a quarter of a ball about it.
    corner = np.array([1000.0, 0.0, 100.0])
    path = Toolpath(
        np.array([[0.0, 0, 100], corner]), np.array([corner, [1000.0, 1000, 100]]), 220.0, 0
    )
    angle = np.radians(-45.0)
    out = np.array([[math.cos(angle), math.sin(angle), 0.0]])
    reach = np.array([50.0, 109.0, 111.0, 300.0])[:, None]
    np.testing.assert_allclose(
        path.signed_distance(corner + reach * out)[1:], (reach.ravel() - 110.0)[1:], atol=1e-9
    )
    assert path.joined.tolist() == [False, True]
    # In the corner the nearer of the two segments owns the point, though the first is the earlier.
    x = np.array([[1000.0, 60.0, 100.0], [940.0, 0.0, 100.0]])
    np.testing.assert_allclose(path.print_direction(x), [(0, 1, 0), (1, 0, 0)], atol=1e-12)


def test_fullcontrol_woodpile_becomes_the_body_it_was_designed_to_be():
    program = read_gcode(FILES / "fullcontrol_woodpile.gcode", filament_diameter=1750.0)
    path = toolpath_from(program, tools={0: "niche"})
    diameter = math.sqrt(4 * 400 * 320 / math.pi)
    assert path.inks == ("niche",)
    assert path.height == pytest.approx(4 * 320.0)
    np.testing.assert_allclose(path.diameters, diameter, rtol=1e-5)
    # Strands from 0 to 6 mm with round ends, in x and in y.
    np.testing.assert_allclose(path.bounds[1], (6000 + diameter, 6000 + diameter, 1280), rtol=1e-5)
    np.testing.assert_allclose(path.bounds[0], 0.0, atol=1e-9)
    np.testing.assert_allclose(np.unique(path.starts[:, 2]), 320.0 * (np.arange(4) + 0.5))
    # Inside, the same as a pile of this pitch; its strands lie 1, 2.5, 4 and 5.5 mm from the edge.
    pile = Woodpile(float(path.diameters[0]), 1500.0, 320.0, 4, (0.0, 90.0), (5000.0, 5000.0))
    x = np.random.default_rng(0).uniform((300, 300, 0), (4600, 4600, 1280), (4000, 3))
    shift = 0.5 * diameter + 1000.0 - 0.5 * (5000.0 - 3 * 1500.0)
    ours = path.signed_distance(x + np.array([shift, shift, 0.0]))
    np.testing.assert_array_equal(ours < 0.0, pile.signed_distance(x) < 0.0)


def test_place_on_the_glass_by_layer_height_or_share():
    program = read_gcode(FILES / "cellink_bio_x.gcode")
    tools = {0: "niche", 1: "stroma"}
    path = toolpath_from(program, tools=tools, strand_diameter={0: 360.0, 1: 400.0})
    assert path.inks == ("niche", "stroma")
    assert path.height == pytest.approx(600.0)
    np.testing.assert_allclose(path.starts[:, 2], [150.0] * 3 + [450.0] * 3)
    np.testing.assert_allclose(path.diameters, [360.0] * 3 + [400.0] * 3)
    # A tenth of 400 µm cut off below and above: axes at 160 and 460.
    flat = toolpath_from(program, tools=tools, strand_diameter=400.0, flattened=0.1)
    np.testing.assert_allclose(np.unique(flat.starts[:, 2]), [160.0, 460.0])
    assert flat.height == pytest.approx(620.0)
    # Half as thick on top: flattened by the same share, 75 of 200 µm above the axis at 450.
    thin = toolpath_from(program, tools=tools, strand_diameter={0: 400.0, 1: 200.0})
    assert thin.height == pytest.approx(525.0)
    washed = toolpath_from(program, tools={0: "niche", 1: None}, strand_diameter=400.0)
    assert washed.inks == ("niche",)
    assert len(washed.starts) == 3
    shared = toolpath_from(program, tools={0: "gel", 1: "gel"}, strand_diameter=400.0)
    assert shared.inks == ("gel",)
    assert toolpath_from(program, strand_diameter=400.0).inks == ("T0", "T1")


def test_window_is_given_in_the_coordinates_of_the_file():
    program = read_gcode(FILES / "fullcontrol_woodpile.gcode", filament_diameter=1750.0)
    window = (50_500.0, 50_500.0, 53_250.0, 53_250.0)
    path = toolpath_from(program, window=window)
    np.testing.assert_allclose(path.bounds, [(0, 0, 0), (2750, 2750, 1280)], atol=1e-6)
    assert path.footprint_area == pytest.approx(2750.0**2)
    assert len(path.starts) == 8
    whole = toolpath_from(program)
    reach = 0.5 * whole.diameters[0]
    x = np.random.default_rng(0).uniform((1, 1, 1), (2749, 2749, 1279), (2000, 3))
    there = whole.signed_distance(x + (500.0 + reach) * np.array([1.0, 1.0, 0.0]))
    np.testing.assert_array_equal(path.signed_distance(x) < 0.0, there < 0.0)


def test_what_cannot_be_built_is_said():
    program = read_gcode(FILES / "cellink_bio_x.gcode")
    with pytest.raises(InputError, match="does not tell how much is extruded"):
        toolpath_from(program)
    with pytest.raises(InputError, match="T1 print without an ink; the file prints with T0, T1"):
        toolpath_from(program, tools={0: "niche"}, strand_diameter=400.0)
    with pytest.raises(InputError, match="T7 print nothing"):
        toolpath_from(program, tools={0: "a", 1: "b", 7: "c"}, strand_diameter=400.0)
    with pytest.raises(InputError, match="no ink is left"):
        toolpath_from(program, tools={0: None, 1: None}, strand_diameter=400.0)
    with pytest.raises(InputError, match="layers do not touch: they rise by 300 µm"):
        toolpath_from(program, strand_diameter=250.0)
    with pytest.raises(InputError, match="no strand of the file lies in"):
        toolpath_from(program, strand_diameter=400.0, window=(5e4, 5e4, 6e4, 6e4))
    with pytest.raises(InputError, match="expected µm or 'from extrusion'"):
        toolpath_from(program, strand_diameter="thick")
    with pytest.raises(InputError, match="flattened"):
        toolpath_from(program, strand_diameter=400.0, flattened=0.7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ends": np.array([[0.0, 0, 160]])}, "no length"),
        ({"ends": np.array([[np.nan, 0, 160]])}, "finite coordinates"),
        ({"diameters": -1.0}, "diameters"),
        ({"inks": ("a", "b")}, "each of"),
        ({"height": 500.0}, "do not touch both"),
        ({"height": 100.0}, "outside the body"),
        ({"diameters": 300.0}, "do not touch both"),
        ({"window": (0.0, 0.0, 0.0, 1.0)}, "x0 < x1"),
        ({"window": (5e3, 5e3, 6e3, 6e3)}, "no strand lies in"),
    ],
)
def test_paths_that_are_no_body(changes, message):
    given = {
        "starts": np.array([[0.0, 0, 160]]),
        "ends": np.array([[1000.0, 0, 160]]),
        "diameters": 400.0,
        "ink_index": 0,
    }
    with pytest.raises(InputError, match=message):
        Toolpath(**(given | changes))


def test_a_single_layer_takes_its_height_from_the_file_or_an_assumption(tmp_path):
    path = tmp_path / "one.gcode"
    for z, axis, words in ((0.3, 150.0, "z in the file"), (5.0, 160.0, "assumption")):
        path.write_text(f"G90\nG0 X0 Y0 Z{z}\nG1 X5\n")
        body = toolpath_from(read_gcode(path), strand_diameter=400.0)
        assert body.starts[0, 2] == pytest.approx(axis)
        assert words in " ".join(body.notes)


@pytest.mark.parametrize("by", ["tool", "order", "layer"])
def test_picture_of_a_path(tmp_path, by):
    program = read_gcode(FILES / "cellink_bio_x.gcode")
    target = tmp_path / "path.png"
    caption = draw_toolpath(
        program.starts, program.ends, target, tool=program.tool, layer=program.layer, by=by
    )
    assert target.stat().st_size > 5000
    assert "6 segments, 48 mm" in caption
    with pytest.raises(ValueError, match="nothing to colour"):
        draw_toolpath(program.starts, program.ends, target, by="flavour")
