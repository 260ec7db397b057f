from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from meshes import occ
from meshes.errors import InputError, SolveError
from meshes.occ import mesh_scaffold
from meshes.quality import quality
from meshes.slab import Slab
from meshes.tetmesh import SurfaceTag, TetMesh
from meshes.woodpile import Woodpile

FACES = np.array([(1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)])
TWO_INKS = Woodpile(400.0, 1000.0, 320.0, 3, (0.0, 90.0), (1400.0, 1400.0), ("niche", "support"))


@pytest.fixture(scope="module")
def crossed() -> TetMesh:
    return mesh_scaffold(TWO_INKS)


def triangle_areas(mesh: TetMesh, tag: SurfaceTag) -> np.ndarray:
    p = mesh.points[mesh.facets[mesh.facet_tag == tag]]
    return 0.5 * np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1)


def test_a_slab_is_meshed_without_loss():
    slab = Slab((300.0, 200.0, 100.0))
    mesh = mesh_scaffold(slab, 50.0)
    measured = quality(mesh)
    assert mesh.volumes().sum() == pytest.approx(6.0e6, rel=1e-12)
    assert mesh.exact_volumes == pytest.approx([6.0e6], rel=1e-9)
    assert triangle_areas(mesh, SurfaceTag.BOTTOM).sum() == pytest.approx(6.0e4)
    assert triangle_areas(mesh, SurfaceTag.TOP).sum() == pytest.approx(6.0e4)
    # four sides: 2·(300 + 200)·100
    assert triangle_areas(mesh, SurfaceTag.FREE).sum() == pytest.approx(1.0e5)
    assert measured.n_components == 1
    assert measured.min_scaled_jacobian > 0.1
    edges = mesh.points[mesh.cells[:, [0, 0, 0]]] - mesh.points[mesh.cells[:, 1:]]
    assert 25.0 < np.linalg.norm(edges, axis=2).mean() < 75.0


def test_a_wide_flat_slab_stays_affordable_by_default():
    # A quarter of the height would make 6·10⁴·10⁴·300/75³ = 427 000 cells.
    slab = Slab((10_000.0, 10_000.0, 300.0))
    assert occ.default_size(slab) == pytest.approx((6.0 * 3e10 / 200_000) ** (1 / 3))
    assert occ.default_size(Slab((100.0, 100.0, 100.0))) == 25.0


def test_opencascade_and_the_closed_form_agree_for_each_ink(crossed):
    exact = TWO_INKS.volume()
    expected = [exact["niche"], exact["support"]]
    assert crossed.inks == ("niche", "support")
    assert crossed.exact_volumes == pytest.approx(expected, rel=1e-4)
    # chords cut corners: smaller, by some 2 % at a quarter of the diameter
    error = crossed.ink_volumes() / expected - 1.0
    assert ((error < 0.0) & (error > -0.04)).all()


def test_cells_lie_in_the_body_and_in_their_ink(crossed):
    centroids = crossed.centroids()
    assert (TWO_INKS.signed_distance(centroids) < 0.0).all()
    np.testing.assert_array_equal(TWO_INKS.ink(centroids), crossed.cell_ink)
    assert (crossed.volumes() > 0.0).all()


def test_facets_are_the_whole_outer_boundary_and_inks_conform(crossed):
    faces = np.sort(crossed.cells[:, FACES].reshape(-1, 3), axis=1)
    unique, inverse, count = np.unique(faces, axis=0, return_inverse=True, return_counts=True)
    assert count.max() == 2
    boundary = unique[count == 1]
    order = np.lexsort(np.sort(crossed.facets, axis=1).T[::-1])
    np.testing.assert_array_equal(np.sort(crossed.facets, axis=1)[order], boundary)
    # Faces between inks belong to one cell of each: the area is that of the four grooves.
    owner = np.repeat(crossed.cell_ink, 4)
    low, high = np.full(len(unique), 9), np.full(len(unique), -1)
    np.minimum.at(low, inverse.ravel(), owner)
    np.maximum.at(high, inverse.ravel(), owner)
    assert ((low != high) & (count == 2)).sum() > 20
    assert (crossed.volumes() > 0).all()


def test_surfaces_are_tagged_by_plane(crossed):
    z = crossed.points[crossed.facets, 2]
    np.testing.assert_allclose(z[crossed.facet_tag == SurfaceTag.BOTTOM], 0.0, atol=1e-6)
    np.testing.assert_allclose(z[crossed.facet_tag == SurfaceTag.TOP], 960.0, atol=1e-6)
    # Two strands touch the glass with a strip of 2·√(200² - 160²) = 240 µm each.
    contact = 2 * 240.0 * 1400.0
    assert triangle_areas(crossed, SurfaceTag.BOTTOM).sum() == pytest.approx(contact, rel=1e-6)
    assert triangle_areas(crossed, SurfaceTag.TOP).sum() == pytest.approx(contact, rel=1e-6)
    corners = crossed.points[crossed.facets[crossed.facet_tag == SurfaceTag.FREE]].reshape(-1, 3)
    assert TWO_INKS.signed_distance(corners) == pytest.approx(0.0, abs=1e-3)


def test_crossed_layers_are_one_piece_of_good_cells(crossed):
    measured = quality(crossed)
    assert measured.n_components == 1
    assert measured.min_scaled_jacobian > 0.05
    assert measured.mean_scaled_jacobian > 0.4
    assert len(np.unique(crossed.cells)) == measured.n_points


def test_the_volume_error_falls_with_the_square_of_the_size():
    pile = Woodpile(400.0, 900.0, 320.0, 1, (0.0,), (400.0, 400.0))
    # Each of the four arcs between seam and contact line spans asin(160/200), 185.5 µm.
    angle = math.asin(0.8)
    chords = np.array([4, 8, 12])
    errors = []
    for n in chords:
        mesh = mesh_scaffold(pile, 200.0 * angle / n)
        errors.append(1.0 - mesh.volumes().sum() / pile.volume()["gel"])
        # A prism of n chords per arc loses r²/2·(θ - sin θ) at each; triangles that bridge the arcs
        # at vertices in between lose less.
        lost = 4 * n * 0.5 * 200.0**2 * (angle / n - math.sin(angle / n)) * 400.0
        assert 0.5 < errors[-1] / (lost / pile.volume()["gel"]) <= 1.0
    slope = np.polyfit(np.log(1.0 / chords), np.log(errors), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.15)


def test_single_layers_are_as_many_pieces_as_strands():
    pile = Woodpile(400.0, 900.0, 320.0, 1, (0.0,), (600.0, 2200.0))
    assert quality(mesh_scaffold(pile, 160.0)).n_components == pile.strand_count == 3


def test_stacked_strands_fuse_without_a_seam():
    pile = Woodpile(400.0, 900.0, 320.0, 2, (90.0,), (400.0, 800.0))
    mesh = mesh_scaffold(pile, 130.0)
    assert mesh.exact_volumes == pytest.approx([pile.volume()["gel"]], rel=1e-4)
    assert quality(mesh).n_components == 1


def test_an_oblique_strand_has_the_volume_of_its_strips():
    pile = Woodpile(400.0, 3000.0, 320.0, 1, (45.0,), (1500.0, 1500.0))
    # A strip of width w on the diagonal of a square L leaves two triangles: L² - (L - w/√2)².
    expected, _ = quad(
        lambda z: (
            1500.0**2 - (1500.0 - 2.0 * math.sqrt(200**2 - (z - 160) ** 2) / math.sqrt(2.0)) ** 2
        ),
        0.0,
        320.0,
    )
    assert mesh_scaffold(pile, 150.0).exact_volumes == pytest.approx([expected], rel=1e-4)


def test_three_angles_and_strands_that_touch_the_rim():
    # (1400 - 400)/1000 is whole: the outer strands of the 0° layer just touch the footprint's edge.
    pile = Woodpile(400.0, 1000.0, 320.0, 3, (0.0, 60.0, 120.0), (1400.0, 1400.0))
    mesh = mesh_scaffold(pile, 130.0)
    centroids = mesh.centroids()
    assert quality(mesh).n_components == 1
    assert (pile.signed_distance(centroids) < 0.0).all()
    directions = np.degrees(np.arctan2(*pile.print_direction(centroids)[:, 1::-1].T)).round()
    assert set(directions) == {0.0, 60.0, 120.0}


def test_the_same_scaffold_gives_the_same_arrays_even_inside_a_foreign_session():
    import gmsh

    pile = Woodpile(400.0, 900.0, 320.0, 2, (0.0, 90.0), (400.0, 400.0), ("a", "b"))
    first = mesh_scaffold(pile)
    assert not gmsh.isInitialized()
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.Algorithm3D", 1)
        gmsh.option.setNumber("Mesh.MeshSizeMax", 77.0)
        gmsh.model.add("theirs")
        gmsh.model.occ.addBox(0, 0, 0, 1, 1, 1)
        second = mesh_scaffold(pile)
        assert gmsh.model.getCurrent() == "theirs"
        assert gmsh.option.getNumber("Mesh.Algorithm3D") == 1
        assert gmsh.option.getNumber("Mesh.MeshSizeMax") == 77.0
        gmsh.model.occ.synchronize()
        assert len(gmsh.model.getEntities(3)) == 1
    finally:
        gmsh.finalize()
    for name in ("points", "cells", "cell_ink", "facets", "facet_tag", "exact_volumes"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (0.0, "mesh size .* above 0"),
        (201.0, "201 µm is too coarse.*(?s:.*)200 µm or less"),
        (0.5, "tetrahedra.*is the most"),
    ],
)
def test_sizes_that_cannot_work_are_refused(size, message):
    with pytest.raises(InputError, match=message):
        mesh_scaffold(TWO_INKS, size)


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match="cannot mesh a str"):
        mesh_scaffold("a box")


def test_strands_that_stand_on_nothing_are_refused():
    # One 0° strand in the middle; strands at 29° in the corners never reach it.
    pile = Woodpile(400.0, 1415.0, 358.0, 2, (0.0, 29.0), (1983.0, 2954.0))
    with pytest.raises(InputError, match="2 of 3 pieces are joined to nothing"):
        mesh_scaffold(pile, 200.0)


def test_a_failed_boolean_does_not_pass(monkeypatch):
    import gmsh

    pile = Woodpile(400.0, 900.0, 320.0, 2, (0.0, 90.0), (400.0, 400.0))
    monkeypatch.setattr(
        occ, "woodpile_bodies", lambda g, p: [[(3, g.model.occ.addBox(0, 0, 0, *[9] * 3))]]
    )
    with pytest.raises(SolveError, match="a boolean operation failed"):
        mesh_scaffold(pile)
    assert not gmsh.isInitialized()


def test_meshing_leaves_standard_output_to_its_caller(capfd):
    # The first attempt on this one makes Gmsh's mesher print about facets that intersect.
    pile = Woodpile(400.0, 743.0, 230.0, 3, (88.5, 42.2), (1538.0, 2069.0))
    print("before")
    mesh_scaffold(pile)
    print("after")
    assert capfd.readouterr().out == "before\nafter\n"


def test_when_no_attempt_gives_a_good_mesh_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(occ, "try_generate", lambda gmsh: "facets intersect")
    with pytest.raises(SolveError, match=r"no good mesh at 25 µm .*: facets intersect"):
        mesh_scaffold(Slab((100.0, 100.0, 100.0)))
