from __future__ import annotations

import struct

import numpy as np
import pytest

from meshes.cad import Surface, SurfaceBody, read_stl, repaired_surface
from meshes.cad.polyhedron import enclosed_volume
from meshes.errors import InputError
from meshes.scaffold import Scaffold
from meshes.slab import Slab

# A unit cube, anticlockwise seen from outside.
CORNERS = np.array([(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=float)
CUBE = np.array(
    [
        *((0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6)),  # bottom, top
        *((0, 1, 5), (0, 5, 4), (2, 6, 7), (2, 7, 3)),  # front, back
        *((0, 4, 6), (0, 6, 2), (1, 3, 7), (1, 7, 5)),  # left, right
    ]
)


def box(low, size):
    """Corners of the twelve triangles of a box, shape (12, 3, 3)."""
    return (np.asarray(low) + CORNERS * size)[CUBE]


def icosphere(turns: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit icosahedron, each triangle cut into four `turns` times, corners on the sphere."""
    from scipy.spatial import ConvexHull

    g = 0.5 * (1.0 + np.sqrt(5.0))
    signs = [(a, b) for a in (-1, 1) for b in (-g, g)]
    points = np.array([p for a, b in signs for p in ((0, a, b), (a, b, 0), (b, 0, a))])
    for _ in range(turns + 1):
        points = points / np.linalg.norm(points, axis=1)[:, None]
        triangles = ConvexHull(points).simplices
        middles = 0.5 * (points[triangles] + points[np.roll(triangles, 1, axis=1)])
        finer = np.concatenate([points, middles.reshape(-1, 3)])
        points, coarse = np.unique(np.round(finer, 12), axis=0), points
    return coarse, triangles


def binary_stl(corners, header=b"", count=None):
    body = b"".join(
        struct.pack("<12fH", 0, 0, 0, *np.asarray(t, dtype=float).ravel(), 0) for t in corners
    )
    return (
        header.ljust(80, b" ") + struct.pack("<I", len(corners) if count is None else count) + body
    )


def ascii_stl(corners):
    lines = ["solid cube"]
    for triangle in corners:
        lines += ["facet normal 0 0 0", " outer loop"]
        lines += [f"  vertex {x:g} {y:g} {z:g}" for x, y, z in triangle]
        lines += [" endloop", "endfacet"]
    return "\n".join([*lines, "endsolid cube", ""]).encode()


def stored(tmp_path, data, name="body.stl"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("wedge", [0.0, 37.0])
def test_a_cube_answers_as_the_slab_does(wedge):
    """Closed form: the distance to a box. On a lattice, where rays meet edges and corners, too."""
    size = np.array([300.0, 200.0, 100.0])
    slab = Slab(tuple(size))
    body = SurfaceBody(CORNERS * size + np.array([0.0, 0.0, -17.0]), CUBE)
    assert isinstance(body, Scaffold)
    axis = np.linspace(-100.0, 400.0, 21) + wedge
    lattice = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    random = np.random.default_rng(3).uniform(-300, 600, (5000, 3))
    for x in (lattice, random):
        np.testing.assert_allclose(body.signed_distance(x), slab.signed_distance(x), atol=1e-9)
        np.testing.assert_allclose(
            body.free_surface_distance(x), slab.free_surface_distance(x), atol=1e-9
        )
    assert body.volume() == pytest.approx({"gel": 6e6}, rel=1e-14)
    assert body.footprint_area == pytest.approx(6e4, rel=1e-14)
    assert body.height == 100.0
    np.testing.assert_allclose(body.bounds, slab.bounds, atol=1e-12)
    assert "moved by 17 µm in z" in " ".join(body.notes)


def test_the_body_goes_on_below_the_glass_only_on_glass():
    hanging = SurfaceBody(CORNERS * 100.0, CUBE, on_glass=False)
    assert hanging.substrate_height is None
    assert hanging.free_surface_distance([(50.0, 50.0, 10.0)]) == pytest.approx(-10.0)
    standing = SurfaceBody(CORNERS * 100.0, CUBE, ("niche",), direction=(0, 2, 0))
    assert standing.free_surface_distance([(50.0, 50.0, 10.0)]) == pytest.approx(-50.0)
    # Far below, in the continued body: the distance to its upright walls.
    assert standing.free_surface_distance([(30.0, 50.0, -1e6)]) == pytest.approx(-30.0)
    np.testing.assert_array_equal(standing.print_direction([(0, 0, 0)]), [(0, 1, 0)])
    np.testing.assert_array_equal(standing.ink([(0, 0, 0), (9, 9, 9)]), [0, 0])


def test_volume_and_distance_of_a_sphere_converge_with_the_second_order():
    """Chords lie within the ball: volume 4π/3 (1 - O(h²)), distance below by the sagitta."""
    radius = 500.0
    x = np.random.default_rng(5).uniform(-900, 900, (2000, 3))
    exact = np.linalg.norm(x, axis=1) - radius
    volume_errors, distance_errors = [], []
    for turns in (1, 2, 3):
        points, triangles = icosphere(turns)
        body = SurfaceBody(radius * points, triangles)
        found = body.signed_distance(x + np.array([0.0, 0.0, -radius * points[:, 2].min()]))
        error = found - exact
        assert error.min() > -1e-9  # the polyhedron lies within the ball
        distance_errors.append(error.max())
        volume_errors.append(1.0 - body.volume()["gel"] / (4.0 / 3.0 * np.pi * radius**3))
    for errors in (volume_errors, distance_errors):
        rates = np.log2(np.array(errors[:-1]) / errors[1:])
        assert (rates > 1.8).all(), rates
        assert (rates < 2.2).all(), rates


def test_the_volume_of_a_polyhedron_is_exact_far_from_the_origin():
    """Regular icosahedron of edge a: V = 5(3 + √5)a³/12; its unit circumsphere has
    a = 4/√(10 + 2√5)."""
    points, triangles = icosphere(0)
    body = SurfaceBody(points * 100.0 + np.array([3e5, -2e5, 0.0]), triangles)
    edge = 100.0 * 4.0 / np.sqrt(10.0 + 2.0 * np.sqrt(5.0))
    exact = 5.0 * (3.0 + np.sqrt(5.0)) * edge**3 / 12.0
    assert body.volume()["gel"] == pytest.approx(exact, rel=1e-11)


def test_a_cavity_is_outside_and_an_overlap_inside():
    outer, hole = box((0, 0, 0), 100.0), box((25, 25, 25), 50.0)[:, ::-1]
    surface = repaired_surface("x", np.concatenate([outer, hole]))
    body = SurfaceBody.of(surface)
    assert surface.n_shells == 2
    assert body.volume()["gel"] == pytest.approx(1e6 - 125e3, rel=1e-12)
    assert body.signed_distance([(50, 50, 50), (10, 50, 50)]) == pytest.approx([25.0, -10.0])
    # Two boxes that overlap in [50, 100]: inside the union; no closed volume is claimed.
    twins = np.concatenate([outer, box((50, 0, 0), 100.0)])
    both = SurfaceBody.of(repaired_surface("x", twins))
    assert both.volume() is None
    assert (both.signed_distance([(75, 50, 50), (25, 50, 50), (125, 50, 50)]) < 0.0).all()
    assert "whether they overlap is not checked" in " ".join(both.notes)
    # Solid in solid says nothing new and is left out.
    inner = SurfaceBody.of(repaired_surface("x", np.concatenate([outer, hole[:, ::-1]])))
    assert inner.volume()["gel"] == pytest.approx(1e6, rel=1e-12)
    assert "turn their normals inwards" in " ".join(inner.notes)


@pytest.mark.parametrize("layout", ["binary", "ascii", "binary that begins with solid"])
def test_an_stl_file_becomes_its_body(tmp_path, layout):
    corners = box((1, 2, 3), np.array([2.0, 3.0, 4.0]))
    data = ascii_stl(corners)
    if layout != "ascii":
        data = binary_stl(corners, b"solid, says the exporter" if "solid" in layout else b"")
    surface = read_stl(stored(tmp_path, data), "mm")
    assert enclosed_volume(surface.points, surface.triangles) == pytest.approx(24e9, rel=1e-12)
    assert len(surface.points) == 8
    assert surface.notes == ()
    body = SurfaceBody.of(surface, ("niche",))
    np.testing.assert_allclose(body.bounds, [(1000, 2000, 0), (3000, 5000, 4000)])


def test_units_scale_and_a_wrong_one_is_told_with_the_right_one(tmp_path):
    path = stored(tmp_path, binary_stl(box((0, 0, 0), 4.0)))
    assert read_stl(path, "mm").points.max() == pytest.approx(4000.0)
    with pytest.raises(InputError, match=r"4 x 4 x 4 µm, smaller than a cell(?s:.*)unit: mm.*1000"):
        read_stl(path, "µm")
    with pytest.raises(InputError, match=r"larger than half a metre(?s:.*)unit: mm.*0\.001 times"):
        read_stl(path, "m")
    with pytest.raises(InputError, match="expected one of um, mm, cm, m, nm, in, found 'furlong'"):
        read_stl(path, "furlong")


def test_turned_triangles_and_whole_bodies_are_turned_round(tmp_path):
    corners = box((0, 0, 0), 100.0)
    some = corners.copy()
    some[[1, 5, 8]] = some[[1, 5, 8], ::-1]
    for faulty, said in ((some, "3 triangles turned the wrong way"), (corners[:, ::-1], "inwards")):
        surface = repaired_surface("x", faulty)
        assert enclosed_volume(surface.points, surface.triangles) == pytest.approx(1e6)
        assert said in " ".join(surface.notes)
    # Inside out throughout, cavity and all.
    hollow = np.concatenate([corners[:, ::-1], box((25, 25, 25), 50.0)])
    surface = repaired_surface("x", hollow)
    assert enclosed_volume(surface.points, surface.triangles) == pytest.approx(875e3)


def test_small_faults_are_mended_and_said():
    corners = box((0, 0, 0), 100.0)
    line = np.array([(0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (100.0, 0.0, 0.0)])
    surface = repaired_surface("x", np.concatenate([corners, corners[:2], line[None]]))
    assert enclosed_volume(surface.points, surface.triangles) == pytest.approx(1e6)
    assert "1 triangles without area were dropped" in surface.notes
    assert "2 triangles were dropped: given twice, or back to back" in surface.notes
    shaken = corners + np.random.default_rng(1).uniform(-2e-4, 2e-4, corners.shape)
    surface = repaired_surface("x", shaken)
    assert len(surface.points) == 8
    assert "corners within 0.00173 µm of another were joined" in " ".join(surface.notes)


def test_a_needle_that_closes_a_hole_stays():
    """A corner amid an edge (50, 0, 0): one side has it, a needle without area fills the other."""
    corners = box((0, 0, 0), 100.0)
    middle = np.array([50.0, 0.0, 0.0])
    start, end = CORNERS[0] * 100.0, CORNERS[1] * 100.0
    kept = [t for t in corners if not (t == [start, end, CORNERS[5] * 100.0]).all()]
    far = CORNERS[5] * 100.0
    halves = np.array([(start, middle, far), (middle, end, far), (start, end, middle)])
    surface = repaired_surface("x", np.concatenate([kept, halves]))
    assert enclosed_volume(surface.points, surface.triangles) == pytest.approx(1e6)
    body = SurfaceBody.of(surface)
    assert body.signed_distance([(50, 10, 50), (50, -10, 50)]) == pytest.approx([-10.0, 10.0])


def test_holes_are_refused_with_their_number_and_place():
    with pytest.raises(InputError, match=r"box\.stl: .*: 3 open edges, .* at \(") as caught:
        repaired_surface("box.stl", box((0, 0, 0), 100.0)[1:])
    assert "Close Holes" in caught.value.hint


def test_sheets_that_bound_no_body_are_refused():
    # A Möbius strip of five triangles, thickened by nothing: each edge of the closed projective
    # plane lies in two triangles, but they cannot be turned alike.
    plane = [
        *((0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 5), (0, 5, 1)),
        *((1, 2, 4), (2, 3, 5), (3, 4, 1), (4, 5, 2), (5, 1, 3)),
    ]
    points = np.random.default_rng(2).uniform(0, 100, (6, 3))
    with pytest.raises(InputError, match="only one side"):
        repaired_surface("x", points[np.array(plane)])
    sheet = np.array([[(0, 0, 0), (1, 0, 0), (0, 1, 0)]] * 2) * 100.0
    sheet[1] = sheet[1, ::-1]
    with pytest.raises(InputError, match="no triangle with an area is left"):
        repaired_surface("x", sheet)


def test_cubes_that_touch_along_an_edge_keep_their_inside():
    """Four triangles meet in the common edge; the crossing count needs no normals there."""
    pair = np.concatenate([box((0, 0, 0), 100.0), box((100, 100, 0), 100.0)])
    body = SurfaceBody.of(repaired_surface("x", pair))
    assert body.volume()["gel"] == pytest.approx(2e6)
    x = [(99, 99, 50), (101, 101, 50), (101, 99, 50), (99, 101, 50)]
    assert body.signed_distance(x) == pytest.approx([-1, -1, 1, 1])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"hello, this is no surface " * 9, "is no STL|counts"),
        (b"short", "is no STL file"),
        (binary_stl(box((0, 0, 0), 9.0), count=4_000_000_000), "counts 4000000000 triangles.* 12"),
        (binary_stl(box((0, 0, 0), 9.0))[:-30], "counts 12 triangles, the file has room for 11.4"),
        (binary_stl([]), "there are no triangles"),
        (
            binary_stl([[(0, 0, 0), (1, 0, np.nan), (0, 1, 0)]]),
            "1 triangles have .* not finite",
        ),
        (
            b"solid x\n facet\n vertex 1 2\n vertex 3 4 5\n",
            r"line 3: expected 'vertex x y z', found",
        ),
        (b"solid x\n vertex 1 2 3\n vertex 3 4 nonsense\n", "line 3: expected"),
        (b"solid x\n vertex 1 2 3\n vertex 3 4 5\nendsolid", "2 vertices make no whole number"),
        (b"solid x\n vertex 1 2 3\n vertex 3 4 5\n vertex 1e999 2 3\n", "not finite"),
        (b"solid x\nendsolid\n", "there are no triangles"),
    ],
)
def test_files_that_are_no_stl_are_refused(tmp_path, data, message):
    path = stored(tmp_path, data)
    with pytest.raises(InputError, match=message) as caught:
        read_stl(path, "mm")
    assert str(path) in str(caught.value)


def test_large_and_missing_files_are_refused_before_they_are_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.stl"
    with path.open("wb") as stream:
        stream.truncate(200_000_001)
    with pytest.raises(InputError, match="at most 200 MB"):
        read_stl(path, "mm")
    with pytest.raises(InputError, match="there is no STL file"):
        read_stl(tmp_path / "none.stl", "mm")
    monkeypatch.setattr("meshes.cad.stl.MAX_TRIANGLES", 11)
    for data in (binary_stl(box((0, 0, 0), 9.0)), ascii_stl(box((0, 0, 0), 9.0))):
        with pytest.raises(InputError, match="12 triangles or more, at most 11 are read"):
            read_stl(stored(tmp_path, data), "mm")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"triangles": [(0, 1, 8)]}, "an index outside 0…7"),
        ({"triangles": [(0.5, 1, 2)]}, "whole numbers"),
        ({"points": CORNERS * np.nan}, "not finite"),
        ({"inks": ("a", "b")}, "inks"),
        ({"direction": (0, 0, 0)}, "direction"),
    ],
)
def test_a_body_needs_sound_arrays(change, message):
    with pytest.raises(InputError, match=message):
        SurfaceBody(**({"points": CORNERS * 100.0, "triangles": CUBE} | change))


def test_a_surface_is_a_plain_record():
    surface = repaired_surface("x", box((0, 0, 0), 100.0))
    assert isinstance(surface, Surface)
    assert (surface.n_shells, surface.disjoint) == (1, True)
