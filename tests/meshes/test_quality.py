from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.quality import components, quality, scaled_jacobian
from meshes.tetmesh import TetMesh

ONE = np.array([[0, 1, 2, 3]])


def mesh_of(points, cells, exact) -> TetMesh:
    cells = np.asarray(cells)
    return TetMesh(points, cells, np.zeros(len(cells)), np.empty((0, 3)), [], ("gel",), exact)


def test_a_regular_tetrahedron_has_one_whatever_its_size():
    regular = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], dtype=float)
    cell = np.array([[0, 2, 1, 3]])
    for scale in (1e-3, 1.0, 400.0):
        assert abs(scaled_jacobian(scale * regular, cell)) == pytest.approx([1.0])


def test_a_corner_of_a_cube_has_half_root_two():
    # 6V = 1; the largest product of edges is 1·√2·√2 = 2 at an outer vertex: √2·1/2.
    corner = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], dtype=float)
    assert scaled_jacobian(corner, ONE) == pytest.approx([np.sqrt(0.5)])
    assert scaled_jacobian(corner, ONE[:, [1, 0, 2, 3]]) == pytest.approx([-np.sqrt(0.5)])


def test_any_tetrahedron_has_what_verdict_says():
    pyvista = pytest.importorskip("pyvista")
    points = np.random.default_rng(0).normal(size=(400, 3))
    cells = np.arange(400).reshape(-1, 4)
    grid = pyvista.UnstructuredGrid(
        np.column_stack([np.full(100, 4), cells]).ravel(), np.full(100, 10), points
    )
    expected = grid.cell_quality("scaled_jacobian").cell_data["scaled_jacobian"]
    np.testing.assert_allclose(scaled_jacobian(points, cells), expected, rtol=1e-6, atol=1e-9)


def test_pieces_are_counted_and_the_volume_compared():
    corner = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], dtype=float)
    points = np.concatenate([corner, corner + 5.0, [(1, 1, 1)]])
    mesh = mesh_of(points, [(0, 1, 2, 3), (4, 5, 6, 7), (1, 2, 3, 8)], [1.0])
    count, piece = components(mesh)
    assert count == 2
    assert len({*piece[:4], piece[8]}) == 1
    assert len(set(piece)) == 2
    measured = quality(mesh)
    # 1/6 + 1/6 + the tetrahedron (e₁, e₂, e₃, (1, 1, 1)) = 1/3
    assert measured.volume_error == pytest.approx([2.0 / 3.0 - 1.0])
    assert measured.total_volume_error == pytest.approx(-1.0 / 3.0)
    assert (measured.n_cells, measured.n_points, measured.n_components) == (3, 9, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": [(0, 2, 1, 3)]}, "1 of 1 tetrahedra are inverted"),
        ({"cells": [(0, 1, 2, 4)]}, "cells holds an index outside 0…3"),
        ({"cells": np.empty((0, 4)), "cell_ink": []}, "no tetrahedra"),
        ({"cell_ink": [0, 0]}, r"cell_ink needs the shape \(1,\), found \(2,\)"),
        ({"cell_ink": [1]}, "cell_ink holds an index"),
        ({"facets": [(0, 1, 2)], "facet_tag": [4]}, "no SurfaceTag"),
        ({"inks": ("a", "b"), "exact_volumes": [1.0, 1.0]}, "not each of the inks"),
        ({"points": [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, np.nan)]}, "not finite"),
    ],
)
def test_arrays_that_are_no_mesh_are_refused(change, message):
    arguments = {
        "points": [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)],
        "cells": ONE,
        "cell_ink": [0],
        "facets": np.empty((0, 3)),
        "facet_tag": [],
        "inks": ("gel",),
        "exact_volumes": [1.0 / 6.0],
    }
    with pytest.raises(InputError, match=message):
        TetMesh(**(arguments | change))
