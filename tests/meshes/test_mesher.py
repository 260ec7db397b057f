from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from meshes import mesh_cache, mesher
from meshes.cad.mesh_body import MeshBody
from meshes.errors import InputError, SolveError
from meshes.mesh_cache import default_cache, load_mesh, mesh_key
from meshes.mesh_size import default_size
from meshes.mesher import MeshReport, mesh_body
from meshes.occ import mesh_scaffold
from meshes.shapes.disc import Disc
from meshes.shapes.layered_slab import LayeredSlab
from meshes.shapes.spheroid import SpheroidInGel
from meshes.shapes.tpms import TPMS
from meshes.slab import Slab
from meshes.tetmesh import TetMesh
from meshes.woodpile import Woodpile

SLAB = Slab((120.0, 90.0, 60.0))
PILE = Woodpile(400.0, 500.0, 320.0, 2, size=(700.0, 700.0))
ARRAYS = ("points", "cells", "cell_ink", "facets", "facet_tag", "exact_volumes")


def same(a: MeshReport, b: MeshReport) -> bool:
    return all(np.array_equal(getattr(a.mesh, n), getattr(b.mesh, n)) for n in ARRAYS)


def test_auto_takes_the_exact_route_where_there_is_one():
    assert mesh_body(SLAB, size=30.0, cache=None).route == "occ"
    report = mesh_body(TPMS("gyroid", 40.0, 0.5, (40.0, 40.0, 40.0)), size=5.0, cache=None)
    assert (report.route, report.cached, report.warnings) == ("implicit", False, ())
    assert report.quality.min_scaled_jacobian >= 0.1
    assert report.seconds > 0.0


def test_both_routes_can_be_asked_for():
    exact, implicit = (mesh_body(PILE, size=80.0, route=r, cache=None) for r in ("occ", "implicit"))
    assert (exact.route, implicit.route) == ("occ", "implicit")
    volumes = [report.mesh.volumes().sum() for report in (exact, implicit)]
    assert volumes[0] == pytest.approx(volumes[1], rel=0.01)
    with pytest.raises(InputError, match=r"a TPMS has no exact bodies(?s:.*)implicit"):
        mesh_body(TPMS("gyroid", 40.0, 0.5, (40.0, 40.0, 40.0)), route="occ", cache=None)


def test_a_disc_by_either_route_has_its_volume():
    disc = Disc(100.0, 40.0)
    for route in ("occ", "implicit"):
        report = mesh_body(disc, size=8.0, route=route, cache=None)
        assert report.route == route
        # a polygon of chords s loses s²/(6r²); surface edges of the lattice are up to √2 longer
        assert -2.0 * 8.0**2 / (6.0 * 50.0**2) < report.quality.total_volume_error < 1e-3


def test_a_failed_exact_route_falls_back_with_a_warning(monkeypatch):
    def fail(scaffold, size):
        raise SolveError("booleans broke")

    monkeypatch.setattr(mesher, "mesh_scaffold", fail)
    report = mesh_body(SLAB, size=20.0, cache=None)
    assert report.route == "implicit"
    assert len(report.warnings) == 1
    assert "booleans broke" in report.warnings[0]
    by_number = mesh_body(SLAB, elements=2000, cache=None)
    assert "booleans broke" in by_number.warnings[0]
    with pytest.raises(SolveError, match="booleans broke"):
        mesh_body(SLAB, size=20.0, route="occ", cache=None)


def test_many_strands_go_the_implicit_way(monkeypatch):
    monkeypatch.setattr(mesher, "AFFORDABLE_STRANDS", 1)
    report = mesh_body(PILE, size=100.0, cache=None)
    assert report.route == "implicit"
    assert "2 strands are more than the 1" in report.warnings[0]


@pytest.mark.parametrize("route", ["occ", "implicit"])
def test_the_number_of_elements_is_met(route):
    report = mesh_body(PILE, elements=3000, route=route, cache=None)
    assert len(report.mesh.cells) == pytest.approx(3000, rel=0.1)
    assert report.warnings == ()


def test_too_few_elements_are_told():
    report = mesh_body(PILE, elements=100, cache=None)
    assert "tetrahedra instead of 100: fewer do not show this shape" in report.warnings[0]


def test_a_poor_volume_is_told():
    # half the diameter per edge: six chords to a circle lose some 7 %
    report = mesh_body(PILE, size=200.0, route="occ", cache=None)
    assert "the volume of the mesh is -" in report.warnings[-1]


def test_a_body_that_is_a_mesh_keeps_it():
    given = mesh_scaffold(SLAB, 40.0)
    body = SimpleNamespace(mesh=given, inks=given.inks)
    report = mesh_body(body, cache=None)
    assert report.mesh is given
    assert report.route == "given"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 30.0, "elements": 100}, "not both"),
        ({"elements": 0}, "1 or more"),
        ({"route": "magic"}, "expected 'auto', 'occ' or 'implicit'"),
        ({"size": -1.0}, "above 0"),
    ],
)
def test_wrong_requests_are_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        mesh_body(SLAB, cache=None, **wrong)


def test_the_second_mesh_comes_from_the_cache(tmp_path, monkeypatch):
    first = mesh_body(PILE, size=100.0, route="implicit", cache=tmp_path)
    monkeypatch.setattr(mesher, "mesh_implicit", lambda *a: pytest.fail("meshed again"))
    second = mesh_body(PILE, size=100.0, route="implicit", cache=tmp_path)
    assert (first.cached, second.cached) == (False, True)
    assert same(first, second)
    assert (second.route, second.quality) == (first.route, first.quality)
    assert [path.name for path in tmp_path.iterdir()] == [
        mesh_key(PILE, size=100.0, elements=None, route="implicit") + ".npz"
    ]


def test_warnings_are_kept_with_the_mesh(tmp_path, monkeypatch):
    monkeypatch.setattr(mesher, "AFFORDABLE_STRANDS", 1)
    reports = [mesh_body(PILE, size=100.0, cache=tmp_path) for _ in range(2)]
    assert [report.cached for report in reports] == [False, True]
    assert reports[0].warnings == reports[1].warnings != ()


def test_whatever_decides_the_mesh_is_in_its_key(monkeypatch):
    keys = [
        mesh_key(Slab((1.0, 2.0, 3.0)), size=1.0),
        mesh_key(Slab((1.0, 2.0, 3.0 + 1e-15)), size=1.0),
        mesh_key(Slab((1.0, 2.0, 3.0), on_glass=False), size=1.0),
        mesh_key(Slab((1.0, 2.0, 3.0), ("ab",)), size=1.0),
        mesh_key(Slab((1.0, 2.0, 3.0)), size=1.5),
        mesh_key(Slab((1.0, 2.0, 3.0)), size=None),
        mesh_key(Slab((1.0, 2.0, 3.0)), elements=1.0),
        mesh_key(PILE, size=1.0),
    ]
    monkeypatch.setattr(mesh_cache, "gmsh_version", lambda: "0.0")
    keys.append(mesh_key(Slab((1.0, 2.0, 3.0)), size=1.0))
    monkeypatch.setattr(mesh_cache, "_sources", lambda: "other sources")
    keys.append(mesh_key(Slab((1.0, 2.0, 3.0)), size=1.0))
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 64 for key in keys)
    assert mesh_key(SimpleNamespace(inks=("gel",))) is None


def test_a_broken_file_is_made_again(tmp_path):
    first = mesh_body(SLAB, size=40.0, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 0xFF
    for damaged in (b"", b"no archive", whole[: len(whole) // 2], bytes(flipped)):
        path.write_bytes(damaged)
        again = mesh_body(SLAB, size=40.0, cache=tmp_path)
        assert not again.cached
        assert same(first, again)
        assert path.read_bytes() == whole


def tampered(path: Path, **changes: np.ndarray) -> None:
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **{**arrays, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"key": np.array("0" * 64)},
        {"cells": np.array([[0, 1, 2, 10**9]])},
        {"points": np.array([{"code": "run"}], dtype=object)},
        {"texts": np.array("not json")},
        {"texts": np.array(json.dumps(["gel"]))},
    ],
)
def test_a_tampered_file_is_not_used(tmp_path, changes):
    mesh_body(SLAB, size=40.0, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    tampered(path, **changes)
    assert load_mesh(tmp_path, path.stem) is None


def test_sizes_are_checked_before_anything_is_read(tmp_path, monkeypatch):
    mesh_body(SLAB, size=40.0, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    np.savez_compressed(path, key=np.array(path.stem), points=np.zeros((10**6, 3)))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(mesh_cache, "LARGEST_FILE", 1_000_000)
    monkeypatch.setattr(np, "load", lambda *a, **k: pytest.fail("unpacked"))
    assert load_mesh(tmp_path, path.stem) is None


def test_the_cache_makes_room(tmp_path, monkeypatch):
    mesh_body(SLAB, size=40.0, cache=tmp_path)
    (old,) = tmp_path.iterdir()
    monkeypatch.setattr(mesh_cache, "LARGEST_CACHE", int(1.5 * old.stat().st_size))
    mesh_body(SLAB, size=41.0, cache=tmp_path)
    assert not old.exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_cache_that_cannot_be_written_does_not_stop_the_work(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    report = mesh_body(SLAB, size=40.0, cache=blocked / "cache")
    assert isinstance(report.mesh, TetMesh)
    assert "could not be kept" in report.warnings[0]


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("DORMATRIX_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    assert not mesh_body(SLAB, size=40.0).cached
    assert mesh_body(SLAB, size=40.0).cached
    monkeypatch.setenv("DORMATRIX_CACHE", "off")
    assert default_cache() is None
    assert not mesh_body(SLAB, size=40.0).cached
    monkeypatch.delenv("DORMATRIX_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert default_cache() == tmp_path / "home" / "dormatrix" / "meshes"


def test_default_sizes_follow_what_is_thinnest():
    assert default_size(PILE) == 100.0
    assert default_size(SLAB) == 15.0
    assert default_size(SpheroidInGel((300.0, 300.0, 200.0), 120.0, inks=("a", "b"))) == 30.0
    assert default_size(LayeredSlab((300.0, 300.0), (50.0, 70.0), ("a", "b"))) == 12.5
    assert default_size(Disc(800.0, 100.0)) == 25.0
    assert default_size(TPMS("gyroid", 120.0, 0.5, (240.0, 120.0, 120.0))) == pytest.approx(10.0)


def test_a_flat_cell_is_told():
    """A tetrahedron of 1 mm with its top 5 µm above the base: nearly no volume for its edges."""
    points = np.array([(0, 0, 0), (1000, 0, 0), (0, 1000, 0), (300, 300, 5)], dtype=float)
    cells = np.array([[0, 1, 2, 3]])
    facets = np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)])
    volume = np.array([1000**2 / 2 * 5 / 3])
    tags, ink = np.array([1, 3, 3, 3], dtype=np.int32), np.zeros(1, dtype=np.int32)
    body = MeshBody(TetMesh(points, cells, ink, facets, tags, ("gel",), volume))
    report = mesh_body(body, cache=None)
    assert report.quality.min_scaled_jacobian < 0.1
    assert any("scaled Jacobian" in line for line in report.warnings)
