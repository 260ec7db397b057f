from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.implicit import mesh as implicit
from meshes.implicit.cuts import crossings
from meshes.implicit.lattice import cell_paths, fit_lattice
from meshes.implicit.mesh import mesh_implicit
from meshes.implicit.stencils import PATTERNS, stencils
from meshes.implicit.stuffing import Stuffing, stuff
from meshes.quality import quality, scaled_jacobian
from meshes.slab import Slab
from meshes.tetmesh import SurfaceTag, TetMesh, signed_volumes
from meshes.woodpile import Woodpile

PILE = Woodpile(400.0, 1000.0, 320.0, 3, (0.0, 90.0), (1400.0, 1400.0), ("niche", "support"))
Level = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Body:
    """A scaffold from a level function, standing on z = 0 in the box [0, lx]x[0, ly]x[0, lz]."""

    level: Level
    size: tuple[float, float, float]
    exact: float | None = None
    split: float = np.inf  # x beyond which the second ink begins
    substrate_height: float | None = 0.0

    @property
    def inks(self):
        return ("gel",) if np.isinf(self.split) else ("left", "right")

    @property
    def height(self):
        return self.size[2]

    @property
    def footprint_area(self):
        return self.size[0] * self.size[1]

    @property
    def bounds(self):
        return np.array([(0.0, 0.0, 0.0), self.size])

    def signed_distance(self, x):
        half = 0.5 * np.array(self.size)
        return np.maximum(self.level(x), (np.abs(x - half) - half).max(axis=1))

    free_surface_distance = signed_distance

    def ink(self, x):
        return (x[:, 0] > self.split).astype(np.int64)

    def print_direction(self, x):
        return np.tile([1.0, 0.0, 0.0], (len(x), 1))

    def volume(self):
        return None if self.exact is None else {"gel": self.exact}


def capsule(a, b, radius: float) -> Level:
    """Distance to the segment from a to b, less a radius; a ball where both are the same."""
    start, way = np.array(a, dtype=float), np.subtract(b, a).astype(float)
    square = max(float(way @ way), 1e-300)

    def level(x):
        along = np.clip((x - start) @ way / square, 0.0, 1.0)
        return np.linalg.norm(x - start - along[:, None] * way, axis=1) - radius

    return level


def ball(radius: float) -> Body:
    """A ball cut flat by the glass at 0.6 radii under its centre."""
    height = 1.6 * radius
    volume = math.pi * height**2 * (radius - height / 3.0)
    centre = (radius, radius, 0.6 * radius)
    return Body(capsule(centre, centre, radius), (2 * radius, 2 * radius, height), volume)


def areas(mesh: TetMesh, *tags: SurfaceTag) -> float:
    p = mesh.points[mesh.facets[np.isin(mesh.facet_tag, tags)]]
    return 0.5 * float(np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1).sum())


def error(mesh: TetMesh) -> float:
    return quality(mesh).total_volume_error


def check_sound(mesh: TetMesh) -> None:
    """Each face is shared by two cells or is a facet, seen from outside; no cell is poor."""
    corners = mesh.cells[:, [(1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1)]].reshape(-1, 3)
    _, index, count = np.unique(
        np.sort(corners, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    assert count.max() == 2
    single = corners[count[index.ravel()] == 1]
    assert len(single) == len(mesh.facets)
    assert {tuple(f) for f in single} == {tuple(f) for f in mesh.facets}
    # divergence theorem on the facets: they are closed and look outwards
    p = mesh.points[mesh.facets]
    enclosed = np.einsum("ij,ij->i", p[:, 0], np.cross(p[:, 1], p[:, 2])).sum() / 6.0
    assert enclosed == pytest.approx(mesh.volumes().sum(), rel=1e-9)
    assert scaled_jacobian(mesh.points, mesh.cells).min() >= 0.1
    z = mesh.points[mesh.facets, 2]
    assert (z[mesh.facet_tag == SurfaceTag.BOTTOM] == 0.0).all()


def test_a_stencil_fills_its_tetrahedron_together_with_its_complement():
    # Cuts in the middle of edges: what is inside and what is outside make up the whole.
    counts, nodes = stencils()
    half = math.sqrt(0.5)
    corner = np.array([(0, 0, 0), (0.5, half, 0), (1, 0, 0), (0.5, 0, -half)])
    edges = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    points = np.concatenate([corner, [(corner[a] + corner[b]) / 2 for a, b in edges]])
    volume = np.zeros(PATTERNS)
    for code in range(PATTERNS):
        parts = signed_volumes(points, nodes[code, : counts[code]])
        assert (parts > 0.0).all()
        volume[code] = parts.sum()
    whole = float(signed_volumes(corner, np.array([[0, 1, 2, 3]]))[0])
    codes = np.arange(PATTERNS)
    digits = (codes[:, None] // [27, 9, 3, 1]) % 3
    mixed = (digits != 1).any(axis=1)  # all four on the surface: nothing on either side
    complement = (2 - digits) @ np.array([27, 9, 3, 1])
    np.testing.assert_allclose((volume + volume[complement])[mixed], whole, rtol=1e-12)


def test_the_six_tetrahedra_of_a_point_tile_space():
    paths, signs = cell_paths()
    unit = np.array([0.5, math.sqrt(0.5), math.sqrt(0.5)])
    volumes = np.array([np.linalg.det((path[1:] - path[0]) * unit) / 6.0 for path in paths])
    np.testing.assert_allclose(volumes * signs, 1.0 / 12.0)  # a³/12, 6 per point, 2 points per a³
    lattice = fit_lattice(np.array([(0.0, 0.0, 0.0), (10.0, 7.0, 5.0)]), 1.0)
    # all flat ends are met; along x the lattice reaches one long edge too far at either end
    body = stuff(lattice, lambda x: (np.abs(x - [5.0, 3.5, 2.5]) - [5.0, 3.6, 2.6]).max(axis=1))
    assert lattice.flat == (True, True)
    assert signed_volumes(body.points, body.cells).sum() == pytest.approx(350.0, rel=1e-9)


def test_the_sign_alone_finds_the_crossing():
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0.01, 1.0, (2, 200, 3))
    a[:, 0] *= -1.0
    expected = -a[:, 0] / (b[:, 0] - a[:, 0])
    for level in (
        lambda x: x[:, 0],
        lambda x: np.sign(x[:, 0]),
        lambda x: np.tanh(50.0 * x[:, 0]),
        lambda x: np.where(x[:, 0] < 0.0, 1e-3 * x[:, 0], x[:, 0]),
    ):
        np.testing.assert_allclose(crossings(level, a, b), expected, atol=2e-7)
        np.testing.assert_allclose(crossings(level, b, a), 1.0 - expected, atol=2e-7)


def test_a_slab_is_exact():
    slab = Slab((301.0, 190.0, 97.0))
    mesh = mesh_implicit(slab, 24.0)
    check_sound(mesh)
    assert error(mesh) == pytest.approx(0.0, abs=1e-9)
    assert areas(mesh, SurfaceTag.BOTTOM) == pytest.approx(301.0 * 190.0, rel=1e-9)
    assert areas(mesh, SurfaceTag.TOP) == pytest.approx(301.0 * 190.0, rel=1e-9)
    assert areas(mesh, SurfaceTag.FREE) == pytest.approx(2 * (301.0 + 190.0) * 97.0, rel=1e-9)
    assert quality(mesh).n_components == 1


def test_volume_and_area_of_a_ball_converge_at_second_order():
    body = ball(50.0)
    sizes = 50.0 / np.array([3.0, 4.5, 6.7, 10.0])
    # cap: 2πRh; the contact circle of radius 0.8 R
    surface, contact = 2 * math.pi * 50.0 * 80.0, math.pi * 40.0**2
    lost, short, off = [], [], []
    for size in sizes:
        mesh = mesh_implicit(body, size)
        check_sound(mesh)
        lost.append(-error(mesh))
        short.append(1.0 - areas(mesh, SurfaceTag.FREE) / surface)
        off.append(1.0 - areas(mesh, SurfaceTag.BOTTOM) / contact)
    assert np.polyfit(np.log(sizes), np.log(lost), 1)[0] == pytest.approx(2.0, abs=0.3)
    assert np.polyfit(np.log(sizes), np.log(short), 1)[0] == pytest.approx(2.0, abs=0.4)
    assert max(np.abs(off[2:])) < 0.02
    assert lost[-1] < 0.01


def test_a_strand_loses_no_more_than_its_chords():
    # A polygon of edges s in a circle of radius r lacks s²/(6r²) of its area, here 2/3·(s/d)², if
    # all nodes lie on the circle; lattice edges of surfaces are up to √2 of the mean one.
    pile = Woodpile(400.0, 900.0, 320.0, 1, (0.0,), (400.0, 400.0))
    shares = 1.0 / np.array([4.0, 6.0, 9.0, 13.0])
    errors = np.array([error(mesh_implicit(pile, 400.0 * share)) for share in shares])
    assert (np.abs(errors) < 2.0 * 2.0 / 3.0 * shares**2).all()
    assert np.polyfit(np.log(shares), np.log(np.abs(errors)), 1)[0] > 1.7


def test_a_capsule_has_its_volume():
    # lying on nothing but its lowest line, cut there by 2 µm: a strand with round ends
    body = Body(capsule((35, 35, 33), (95, 35, 33), 35.0), (130.0, 70.0, 66.0))
    exact = math.pi * 35.0**2 * 60.0 + 4.0 / 3.0 * math.pi * 35.0**3
    # each of the two cuts takes a segment of the cylinder and a cap of the ball
    angle = 2 * math.acos(33 / 35)
    exact -= 2 * 60.0 * 0.5 * 35.0**2 * (angle - math.sin(angle)) + 2 * math.pi * 4 * (35 - 2 / 3)
    mesh = mesh_implicit(body, 7.0)
    check_sound(mesh)
    assert mesh.volumes().sum() == pytest.approx(exact, rel=0.015)


def test_crossed_strands_have_the_closed_form_and_exact_contact():
    mesh = mesh_implicit(PILE, 400.0 / 6.0)
    check_sound(mesh)
    measured = quality(mesh)
    assert measured.n_components == 1
    assert np.abs(measured.volume_error).max() < 0.02
    assert mesh.exact_volumes == pytest.approx(list(PILE.volume().values()))
    # two strands touch the glass with a strip of 2·√(200² - 160²) = 240 µm each
    assert areas(mesh, SurfaceTag.BOTTOM) == pytest.approx(2 * 240.0 * 1400.0, rel=0.03)
    assert areas(mesh, SurfaceTag.TOP) == pytest.approx(2 * 240.0 * 1400.0, rel=0.03)
    np.testing.assert_array_equal(PILE.ink(mesh.centroids()), mesh.cell_ink)


def test_grooves_between_strands_are_not_filled():
    # chords cut corners, so hardly any of the mesh lies outside: 0.9 % without sharp edges
    pile = Woodpile(400.0, 500.0, 320.0, 2, size=(700.0, 700.0))
    mesh = mesh_implicit(pile, 400.0 / 6.0)
    weights = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    inner = np.einsum("pk,mkd->mpd", weights, mesh.points[mesh.cells])
    outside = pile.signed_distance(inner.reshape(-1, 3)).reshape(len(mesh.cells), -1) > 0.0
    assert outside.mean(axis=1) @ mesh.volumes() < 0.002 * mesh.volumes().sum()


def test_a_bound_of_the_distance_gives_the_same_mesh():
    exact = ball(50.0)
    bound = Body(lambda x: 0.2 * np.tanh(exact.level(x) / 20.0), exact.size)
    first, second = mesh_implicit(exact, 12.0), mesh_implicit(bound, 12.0)
    np.testing.assert_array_equal(first.cells, second.cells)
    # but for the few nodes that are led to the contact line by slopes
    same = np.linalg.norm(first.points - second.points, axis=1) < 1e-4
    assert same.mean() > 0.98
    assert second.volumes().sum() == pytest.approx(first.volumes().sum(), rel=2e-3)


def test_the_same_body_gives_the_same_arrays_however_it_is_cut_up(monkeypatch):
    first, again = mesh_implicit(PILE, 100.0), mesh_implicit(PILE, 100.0)
    for name in ("points", "cells", "cell_ink", "facets", "facet_tag", "exact_volumes"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name), err_msg=name)
    for module in ("cuts", "stuffing"):
        monkeypatch.setattr(f"meshes.implicit.{module}.CHUNK", 999)
    other = mesh_implicit(PILE, 100.0)
    np.testing.assert_allclose(other.points, first.points, atol=1e-9)
    rows = [np.unique(mesh.cells, axis=0) for mesh in (first, other)]
    np.testing.assert_array_equal(*rows)


def two_beads(gap: float) -> Body:
    """Two balls of radius 20 on the glass, whose surfaces overlap by -gap."""
    a, b = (25.0, 25.0, 18.0), (65.0 + gap, 25.0, 18.0)
    balls = capsule(a, a, 20.0), capsule(b, b, 20.0)
    return Body(lambda x: np.minimum(balls[0](x), balls[1](x)), (95.0 + gap, 50.0, 38.0))


def gyroid(x: np.ndarray) -> np.ndarray:
    u, v, w = (2 * math.pi / 40.0 * x).T
    return np.sin(u) * np.cos(v) + np.sin(v) * np.cos(w) + np.sin(w) * np.cos(u)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (Woodpile(400.0, 1000.0, 379.0, 2, (0.0, 90.0), (1400.0, 400.0)), 70.0),  # thin necks
        (Woodpile(400.0, 1000.0, 210.0, 3, (0.0, 90.0), (1400.0, 400.0)), 80.0),
        (Woodpile(400.0, 800.0, 320.0, 2, (0.0, 60.0), (1200.0, 1200.0)), 90.0),
        (two_beads(-1.0), 3.0),
        (Body(capsule((50, 50, -60), (50, 50, -60), 75.0), (100.0, 100.0, 15.0)), 4.0),  # flat cap
        (Body(gyroid, (40.0, 40.0, 40.0)), 3.0),
        (Body(lambda x: np.abs(x - 20.0).sum(axis=1) - 30.0, (40.0, 40.0, 40.0)), 2.5),
        # a wedge of 20 degrees
        (Body(lambda x: x[:, 2] - 0.364 * x[:, 0], (50.0, 20.0, 18.2)), 2.5),
        (Body(lambda x: x[:, 2] - 3 * np.sin(x[:, 0] / 3) - 8, (40.0, 30.0, 11.0)), 2.0),
    ],
)
def test_cells_are_good_whatever_the_shape(body, size):
    mesh = mesh_implicit(body, size)
    check_sound(mesh)
    assert abs(error(mesh)) < 0.05


def test_the_split_between_inks_is_told_by_centroids():
    body = Body(lambda x: x[:, 0] - 1e9, (60.0, 40.0, 30.0), split=31.0)
    errors = []
    for size in (6.0, 3.0):
        mesh = mesh_implicit(body, size)
        errors.append(np.abs(mesh.ink_volumes() / (1200.0 * np.array([31.0, 29.0])) - 1.0).max())
    assert max(errors) < 0.03  # at most half an edge of 31 µm


def with_floating_ball(radius: float) -> Body:
    floating = capsule((30.0, 20.0, 25.0), (30.0, 20.0, 25.0), radius)
    return Body(lambda x: np.minimum(x[:, 2] - 10.0, floating(x)), (60.0, 40.0, 40.0))


def test_loose_pieces_are_refused_and_crumbs_dropped():
    # The top carries nothing: no facet there.
    mesh = mesh_implicit(with_floating_ball(2.0), 3.0)
    assert quality(mesh).n_components == 1
    with pytest.raises(InputError, match="1 of 2 pieces are joined to nothing that stands"):
        mesh_implicit(with_floating_ball(9.0), 3.0)


def test_a_touch_in_a_point_does_not_hold():
    # two tetrahedra tip on tip, as on a hinge
    low = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], dtype=float)
    points = np.concatenate([low, [(0.5, 0, 1.5), (0, 0.5, 1.5), (0, 0, 1.5)]])
    cells = np.array([(0, 1, 2, 3), (3, 4, 5, 6)])
    inside = np.array([True] * 3 + [False] + [True] * 3)
    flat = np.zeros((7, 4), dtype=bool)
    flat[:3, 0] = True
    assert (signed_volumes(points, cells) > 0.0).all()
    body = Stuffing(points, cells, inside, flat)
    with pytest.raises(InputError, match="1 of 2 pieces are joined to nothing"):
        implicit._standing(body, crumb=0.01)
    np.testing.assert_array_equal(implicit._standing(body, crumb=0.1), [True, False])


@pytest.mark.parametrize(
    ("body", "size", "message"),
    [
        (PILE, -1.0, "mesh size .* above 0"),
        (PILE, 201.0, "201 µm is too coarse.*(?s:.*)200 µm or less"),
        (PILE, 0.5, "tetrahedra.*is the most"),
        (Body(lambda x: np.full(len(x), np.nan), (9.0, 9.0, 9.0)), 1.0, "is not a number at"),
        (Body(lambda x: np.ones(len(x)), (9.0, 9.0, 9.0)), 1.0, "nothing of it is left"),
        (Body(lambda x: x[:, 0] - 1e9, (9.0, 9.0, 9.0), split=8.99), 2.0, "no tetrahedron lies in"),
        (Body(lambda x: x[:, 0] - 1e9, (9.0, 9.0, 9.0), exact=100.0), 2.0, r"\+629.0 % off"),
    ],
)
def test_what_cannot_be_meshed_is_refused(body, size, message):
    with pytest.raises(InputError, match=message):
        mesh_implicit(body, size)


def test_a_lattice_too_large_for_a_computer_is_refused(monkeypatch):
    monkeypatch.setattr(implicit, "MAX_POINTS", 1000)
    with pytest.raises(InputError, match="points of a lattice"):
        mesh_implicit(PILE, 80.0)
