from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage
from scipy.integrate import quad

from meshes.errors import InputError
from meshes.shapes import (
    TPMS,
    ChannelBlock,
    CoreShellWoodpile,
    Disc,
    Droplet,
    LayeredSlab,
    Ring,
    SpheroidInGel,
    Spiral,
)
from meshes.shapes.tpms import level_of
from meshes.volumes import lattice_points

CORE_SHELL = CoreShellWoodpile(400.0, 280.0, 1000.0, 320.0, 3, (0.0, 90.0), (1400.0, 1400.0))
WITH_VOLUME = [
    Disc(300.0, 100.0),
    Droplet(300.0, 40.0),
    Droplet(300.0, 130.0),
    Ring(1000.0, 300.0, 240.0, 3, ("a", "b")),
    Spiral(1500.0, 300.0, 500.0, 240.0, 1),
    CORE_SHELL,
    CoreShellWoodpile(400.0, 200.0, 900.0, 320.0, 3, (0.0,), (500.0, 1300.0)),
    SpheroidInGel((400.0, 400.0, 300.0), 200.0),
    ChannelBlock((600.0, 500.0, 300.0), 120.0, "y", 100.0, count=2),
    TPMS("gyroid", 300.0, 0.3, (600.0, 600.0, 300.0)),
    TPMS("schwarz_p", 300.0, 0.6, (600.0, 600.0, 300.0)),
    LayeredSlab((300.0, 200.0), (50.0, 60.0, 50.0), ("a", "b", "a")),
]


@pytest.mark.parametrize("body", WITH_VOLUME, ids=lambda body: type(body).__name__)
def test_closed_forms_agree_with_counting_points(body):
    count = 1 << 17
    x = lattice_points(body.bounds, 0, count)
    x = x[body.signed_distance(x) < 0.0]
    box = np.prod(body.bounds[1] - body.bounds[0])
    counted = np.bincount(body.ink(x), minlength=len(body.inks)) * box / count
    exact = body.volume()
    assert tuple(exact) == body.inks
    # a point more or less along each face of the body: a few in a thousand
    np.testing.assert_allclose(list(exact.values()), counted, rtol=4e-3)


def test_a_droplet_is_a_cap():
    # Half a sphere at 90°; at 60° the cap of a sphere of twice its height: h = R/2.
    half = Droplet(200.0, 90.0)
    assert half.height == pytest.approx(100.0)
    assert half.volume()["gel"] == pytest.approx(2.0 / 3.0 * math.pi * 1e6)
    cap = Droplet(200.0, 60.0)
    assert cap.radius == pytest.approx(200.0 / math.sqrt(3.0))
    assert cap.height == pytest.approx(0.5 * cap.radius)
    radius, h = cap.radius, cap.height
    expected = quad(lambda z: math.pi * (radius**2 - (z + radius - h) ** 2), 0.0, h)[0]
    assert cap.volume()["gel"] == pytest.approx(expected)
    wide = Droplet(200.0, 150.0)  # R = 100/sin 150° = 200
    assert wide.width == pytest.approx(400.0)
    assert wide.footprint_area == pytest.approx(4e4 * math.pi)
    assert wide.height == pytest.approx(200.0 * (1.0 + math.cos(math.radians(30.0))))
    assert cap.footprint_area == pytest.approx(1e4 * math.pi)


def test_a_ring_is_a_strand_bent_round():
    ring = Ring(1000.0, 300.0, 240.0, 1)
    area = quad(lambda z: 2.0 * math.sqrt(150.0**2 - (z - 120.0) ** 2), 0.0, 240.0)[0]
    assert ring.volume()["gel"] == pytest.approx(1000.0 * math.pi * area, rel=1e-9)
    np.testing.assert_array_equal(ring.bounds, [[0, 0, 0], [1300, 1300, 240]])
    # In the middle of the strand, at +x, +y and at 225°.
    half = 500.0 / math.sqrt(2.0)
    x = [(1150, 650, 120), (650, 1150, 120), (650 - half, 650 - half, 120)]
    expected = [(0, 1, 0), (-1, 0, 0), (math.sqrt(0.5), -math.sqrt(0.5), 0)]
    np.testing.assert_allclose(ring.print_direction(x), expected, atol=1e-12)
    np.testing.assert_allclose(ring.signed_distance(x), -120.0)
    np.testing.assert_allclose(ring.free_surface_distance(x), -120.0)


def test_layers_of_a_ring_take_turns_and_the_lower_keeps_its_volume():
    ring = Ring(1000.0, 300.0, 240.0, 3, ("a", "b"))
    # On the circle of the axes the first strand reaches up to 120 + 150 = 270, the second to 510.
    z = np.array([10.0, 269.0, 271.0, 509.0, 511.0, 710.0])
    x = np.column_stack([np.full(6, 1150.0), np.full(6, 650.0), z])
    np.testing.assert_array_equal(ring.layer(x), [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(ring.ink(x), [0, 0, 1, 1, 0, 0])


def test_a_spiral_runs_along_its_formula():
    spiral = Spiral(1900.0, 150.0, 300.0, 120.0, 2)
    b = 300.0 / (2.0 * math.pi)
    last = 950.0 / b - math.pi
    assert spiral.turns == pytest.approx(last / (2.0 * math.pi))
    length = quad(lambda phi: b * math.hypot(1.0, phi + math.pi), 0.0, last)[0]
    assert spiral.strand_length == pytest.approx(length, rel=1e-9)
    phi = np.linspace(0.0, last, 500)
    for layer, sense in ((0, 1.0), (1, -1.0)):
        rho, turn = b * (phi + math.pi), phi - last
        z = np.full(len(phi), 120.0 * (layer + 0.5))
        x = np.column_stack([1025 + rho * np.cos(turn), 1025 + sense * rho * np.sin(turn), z])
        assert spiral.axis_distance(x, np.full(500, layer)) == pytest.approx(0.0, abs=1e-9)
        tangent = np.gradient(x, axis=0)
        tangent /= np.linalg.norm(tangent, axis=1)[:, None]
        own = spiral.layer(x) == layer
        assert own.sum() > 300
        direction = spiral.print_direction(x)[own]
        assert (np.abs((direction * tangent[own]).sum(axis=1)) > 0.9995).all()
    assert spiral.volume() is None  # crossings have no closed form


def test_core_and_shell_belong_to_the_strand_printed_first():
    # Axes at z = 160, 480, 800: strands along x, y, x at 200 and 1200 µm.
    x = lattice_points(CORE_SHELL.bounds, 0, 20_000)
    expected = np.full(len(x), -1)
    for k in (2, 1, 0):  # the first printed has the last word
        across = np.abs(x[:, 1 - k % 2, None] - (200.0, 1200.0)).min(axis=1)
        off = np.hypot(across, x[:, 2] - 160.0 - 320.0 * k)
        expected = np.where(off < 200.0, np.where(off < 140.0, 0, 1), expected)
    inside = expected >= 0
    np.testing.assert_array_equal(CORE_SHELL.signed_distance(x) < 0.0, inside)
    np.testing.assert_array_equal(CORE_SHELL.ink(x)[inside], expected[inside])
    assert set(CORE_SHELL.ink(x[~inside])) == {1}
    # At 180 + 200 > 320 the core of the second layer is cut by the first: less than a cylinder.
    oblique = CoreShellWoodpile(400.0, 280.0, 1000.0, 320.0, 3, (0.0, 60.0), (1400.0, 1400.0))
    assert oblique.volume() is None


def test_layers_of_a_slab_keep_their_inks():
    slab = LayeredSlab((300.0, 200.0), (50.0, 60.0, 40.0), ("a", "b", "a"))
    assert slab.inks == ("a", "b")
    assert slab.layer_inks == (0, 1, 0)
    assert slab.height == 150.0
    x = [(9, 9, z) for z in (-5, 1, 49, 51, 109, 111, 149, 500)]
    np.testing.assert_array_equal(slab.ink(x), [0, 0, 0, 1, 1, 0, 0, 0])
    assert slab.volume() == {"a": 6e4 * 90.0, "b": 6e4 * 60.0}


def test_a_spheroid_is_its_own_ink():
    body = SpheroidInGel((400.0, 300.0, 300.0), 200.0, (150.0, 150.0, 140.0))
    x = [(150, 150, 140), (249, 150, 140), (251, 150, 140), (150, 150, 41), (5, 5, 5)]
    np.testing.assert_array_equal(body.ink(x), [1, 1, 0, 1, 0])
    assert SpheroidInGel((400.0, 300.0, 300.0), 200.0).centre == (200.0, 150.0, 150.0)


def test_channels_lie_side_by_side_and_are_bathed():
    block = ChannelBlock((600.0, 500.0, 300.0), 120.0, "x", count=2)
    np.testing.assert_allclose(block.channel_axes, [(0, 125, 150), (0, 375, 150)])
    x = [(300, 125, 150), (300, 125, 230), (300, 125, 5), (-40, 155, 150)]
    # In the middle of a lumen 60 to its wall; 20 above it; 5 over glass; off the mouth 3-4-5.
    np.testing.assert_allclose(block.signed_distance(x), [60, -20, -5, 50])
    np.testing.assert_allclose(block.free_surface_distance(x), [60, -20, -85, 50])
    np.testing.assert_allclose(block.print_direction(x), np.tile([1, 0, 0], (4, 1)))
    across = ChannelBlock((600.0, 500.0, 300.0), 120.0, "y")
    np.testing.assert_allclose(across.print_direction(x[:1]), [(0, 1, 0)])


@pytest.mark.parametrize("surface", ["gyroid", "schwarz_p"])
@pytest.mark.parametrize("fraction", [0.23, 0.4, 0.5, 0.77])
def test_the_level_gives_the_solid_fraction(surface, fraction):
    # Of each of 200 sections on another grid, the share below the level is found between nodes: g
    # is taken as linear along x.
    u = 2.0 * np.pi * (np.arange(200) + 0.3) / 200
    x, y = np.meshgrid(2.0 * np.pi * np.arange(201) / 200, u, indexing="ij")
    share = []
    for z in u:
        if surface == "gyroid":
            g = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
        else:
            g = np.cos(x) + np.cos(y) + np.cos(z)
        g -= level_of(surface, fraction)
        least, most = np.minimum(g[:-1], g[1:]), np.maximum(g[:-1], g[1:])
        share.append(np.clip(-least / np.maximum(most - least, 1e-12), 0.0, 1.0).mean())
    assert np.mean(share) == pytest.approx(fraction, abs=1e-4)


def test_halves_of_a_minimal_surface_are_equal():
    assert level_of("gyroid", 0.5) == pytest.approx(0.0, abs=1e-6)
    assert level_of("schwarz_p", 0.5) == pytest.approx(0.0, abs=1e-6)
    # g -> -g is a shift by half a cell
    for surface in ("gyroid", "schwarz_p"):
        assert level_of(surface, 0.3) == pytest.approx(-level_of(surface, 0.7), abs=1e-5)


@pytest.mark.parametrize("surface", ["gyroid", "schwarz_p"])
@pytest.mark.parametrize("fraction", [0.23, 0.33, 0.34, 0.5, 0.77])
def test_networks_of_whole_and_half_cells_hang_together_and_stand_on_glass(surface, fraction):
    for cells in ((1.0, 1.0, 1.0), (2.0, 1.0, 2.0), (1.5, 1.5, 1.5)):
        body = TPMS(surface, 100.0, fraction, tuple(100.0 * n for n in cells))
        spans = [np.arange(1.5, length, 3.0) for length in body.size]
        x = np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1)
        gel = (body.signed_distance(x.reshape(-1, 3)) < 0.0).reshape(x.shape[:3])
        assert ndimage.label(gel)[1] == 1
        assert gel[:, :, 0].any()
        assert gel[:, :, -1].any()


REFUSED = [
    (Disc, (0.0, 10.0), {}, "diameter .* above 0"),
    (Disc, (10.0, "flat"), {}, "height .* expected a number"),
    (Disc, (10.0, 10.0), {"direction": (0, 0, 0)}, "not all zero.*(?s:.*)a disc printed along x"),
    (Disc, (10.0, 10.0), {"direction": "up"}, "three numbers"),
    (Disc, (10.0, 10.0), {"inks": ("a", "b")}, "a disc is of one ink"),
    (Droplet, (10.0, 5.0), {}, "10 to 170 degrees, found 5"),
    (Droplet, (10.0, 171.0), {}, "found 171"),
    (Droplet, (10.0, math.nan), {}, "contact_angle .* found nan"),
    (Ring, (300.0, 300.0, 240.0, 1), {}, "closes the hole"),
    (Ring, (900.0, 300.0, 240.0, 0), {}, "layers: expected a whole number"),
    (Ring, (900.0, 300.0, 300.0, 2), {}, "layers do not touch"),
    (Ring, (900.0, 300.0, 240.0, 1), {"inks": ("a", "b")}, "one gets none"),
    (Spiral, (900.0, 300.0, 300.0, 240.0, 1), {}, "neighbouring turns touch"),
    (Spiral, (900.0, 200.0, 400.0, 150.0, 1), {}, "0.625 turns.*(?s:.*)choose 1200 µm or more"),
    (Spiral, (1e6, 200.0, 400.0, 150.0, 1), {}, "1.25e\\+03 turns"),
    (Spiral, (1900.0, 200.0, 400.0, 100.0, 1), {}, "overlap by 50 %"),
    (CoreShellWoodpile, (400.0, 390.0, 1000.0, 320.0, 2), {}, "97.5 % .* expected 10 to 90 %"),
    (CoreShellWoodpile, (400.0, 30.0, 1000.0, 320.0, 2), {}, "choose 40 to 360 µm"),
    (CoreShellWoodpile, (400.0, 200.0, 300.0, 320.0, 2), {}, "strands of one layer touch"),
    (CoreShellWoodpile, (400.0, 200.0, 1000.0, 320.0, 2), {"inks": ("a",)}, "is of two inks"),
    (SpheroidInGel, ((100.0, 100.0, 100.0), 95.0), {}, "leaves 2.5 µm of gel .* 4.75 µm"),
    (SpheroidInGel, ((100.0, 100.0), 50.0), {}, "needs three lengths"),
    (SpheroidInGel, ((99.0, 99.0, 99.0), 50.0), {"centre": (1, 2)}, "three finite numbers"),
    (SpheroidInGel, ((99.0, 99.0, 99.0), 50.0), {"centre": (0, 50, 50)}, "leaves -25 µm"),
    (ChannelBlock, ((100.0, 100.0, 100.0), 99.0), {}, "0.5 µm of gel remain below"),
    (ChannelBlock, ((100.0, 100.0, 100.0), 50.0), {"count": 2}, "0 µm of gel remain beside"),
    (ChannelBlock, ((100.0, 100.0, 100.0), 50.0), {"axis": "z"}, "expected 'x' or 'y'"),
    (ChannelBlock, ((100.0, 100.0, 100.0), 50.0), {"channel_height": 90.0}, "remain above"),
    (ChannelBlock, ((100.0, 100.0, 100.0), 5.0), {"count": 1.5}, "count: expected a whole"),
    (TPMS, ("diamond", 100.0, 0.5, (100.0, 100.0, 100.0)), {}, "expected one of .*'gyroid'"),
    (TPMS, ("gyroid", 100.0, 0.1, (100.0, 100.0, 100.0)), {}, "0.15 to 0.85"),
    (TPMS, ("schwarz_p", 100.0, 0.2, (100.0, 100.0, 100.0)), {}, "0.23 to 0.77"),
    (TPMS, ("gyroid", 100.0, 0.5, (40.0, 100.0, 100.0)), {}, "less than half a cell"),
    (TPMS, ("gyroid", 1.0, 0.5, (100.0, 100.0, 100.0)), {}, "holds 1000000 cells"),
    (LayeredSlab, ((1.0, 1.0), (1.0, 2.0), ("a",)), {}, "one for each of 2 layer"),
    (LayeredSlab, ((1.0, 1.0), (1.0, -2.0), ("a", "b")), {}, "thickness of layer 2"),
    (LayeredSlab, ((1.0, 1.0), (), ()), {}, "1 to 200 layers, found 0"),
]


@pytest.mark.parametrize(("kind", "arguments", "options", "message"), REFUSED)
def test_refusals_say_what_is_wrong(kind, arguments, options, message):
    with pytest.raises(InputError, match=message):
        kind(*arguments, **options)
