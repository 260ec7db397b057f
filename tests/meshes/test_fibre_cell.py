"""Fibre cells: what is asked for is what is meshed, and opposite sides match."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.cell_mesh import FIBRE, CellMesh, mesh_cell
from meshes.cell_nodes import match_sides, nearest_on
from meshes.errors import InputError
from meshes.fibre_cell import FibreCell, FibrePath, random_cell, single_fibre_cell


def unmatched(mesh: CellMesh) -> int:
    """Boundary triangles without a shifted copy, by their corners' coordinates alone."""
    facets = np.sort(mesh.cells[:, [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]].reshape(-1, 3))
    triangles, count = np.unique(facets, axis=0, return_counts=True)
    corners = mesh.points[triangles[count == 1]]
    # modulo the period, a triangle and its copy have the same centroid up to whole periods
    keys = {}
    for triangle in corners:
        for axis in np.flatnonzero(mesh.periodic):
            for sign in (1.0, -1.0):
                moved = triangle.copy()
                moved[:, axis] += sign * mesh.size[axis]
                keys[tuple(np.round(np.sort(moved, axis=0).ravel(), 7))] = True
    return sum(tuple(np.round(np.sort(t, axis=0).ravel(), 7)) not in keys for t in corners)


def test_contour_is_the_elliptic_integral() -> None:
    # mean of √(1 + (Aq)² sin²) over a wave = (2/π) E(m = −(Aq)²)
    from scipy.special import ellipe

    fibre = FibrePath(0.1, (0.0, 0.0), 1.0, 6.0)
    exact = 2.0 / np.pi * ellipe(-((2.0 * np.pi / 6.0) ** 2))
    assert fibre.contour_ratio == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(single_fibre_cell(0.05, 0.1, 0.2, 2.0), id="inside"),
        pytest.param(single_fibre_cell(0.15, 0.1, 0.3, 3.0), id="crossing its sides"),
        pytest.param(single_fibre_cell(0.1, 0.1), id="straight"),
        pytest.param(random_cell(3, 0.06, 0.2, 3.0, 0.1, seed=4), id="random"),
    ],
)
def test_mesh_is_periodic_and_holds_the_fraction(cell: FibreCell) -> None:
    mesh = mesh_cell(cell)
    assert unmatched(mesh) == 0
    volumes = mesh.mesh.volumes()
    assert volumes.sum() == pytest.approx(cell.volume, rel=1e-12)
    assert volumes[mesh.phase == FIBRE].sum() == pytest.approx(
        cell.fraction * cell.volume, rel=1e-9
    )
    # the correction is that of a circle of six to eight chords (1 − sin(2π/n) n/2π: 17 to 10 %)
    assert -0.18 < mesh.chord_error < -0.05
    assert mesh.min_scaled_jacobian > 0.01


def test_the_wanted_fraction_is_exact() -> None:
    cell = single_fibre_cell(0.002, 0.1, 1.0, 20.0)
    section = np.pi * 0.01 / (cell.size[0] * cell.size[1])
    assert cell.fraction == pytest.approx(0.002, rel=1e-12)
    assert section * cell.fibres[0].contour_ratio == pytest.approx(0.002, rel=1e-12)


def test_fibre_alone_is_whole_and_periodic_along_z() -> None:
    cell = single_fibre_cell(0.15, 0.1, 0.3, 3.0)  # wider than its box
    mesh = mesh_cell(cell, matrix=False)
    assert mesh.periodic == (False, False, True)
    assert mesh.mesh.volumes().sum() == pytest.approx(cell.fibre_volume, rel=1e-9)
    z = mesh.points[:, 2]
    low, high = mesh.points[z < 1e-9], mesh.points[z > 3.0 - 1e-9]
    assert len(low) == len(high) > 6
    order = [np.lexsort(p[:, :2].round(6).T) for p in (low, high)]
    np.testing.assert_allclose(low[order[0], :2], high[order[1], :2], atol=1e-12)


def test_surface_nodes_lie_evenly_outside_the_radius() -> None:
    # of an n-gon of the circle's area, R/r = √(2π/n / sin(2π/n)): 1.10 for 6, 1.05 for 8
    cell = single_fibre_cell(0.05, 0.1, 0.2, 2.0)
    mesh = mesh_cell(cell)
    shared = np.intersect1d(mesh.cells[mesh.phase == FIBRE], mesh.cells[mesh.phase != FIBRE])
    x = mesh.points[shared]
    distance = np.linalg.norm(x - nearest_on(cell.fibres[0], x), axis=1)
    assert np.ptp(distance) < 1e-3 * distance.mean()
    assert 0.104 < distance.mean() < 0.111


def test_a_node_out_of_place_is_found() -> None:
    mesh = mesh_cell(single_fibre_cell(0.1, 0.1))
    points = mesh.points.copy()
    points[np.argmax(points @ [1.0, 0.9, 0.8])] += 0.01
    with pytest.raises(InputError, match="not periodic"):
        match_sides(points, mesh.cells, mesh.size, mesh.periodic, 1e-4)


def test_random_fibres_repeat_with_the_seed_and_never_touch() -> None:
    cell = random_cell(6, 0.05, 0.3, 4.0, 0.1, seed=3)
    assert cell == random_cell(6, 0.05, 0.3, 4.0, 0.1, seed=3)
    assert cell != random_cell(6, 0.05, 0.3, 4.0, 0.1, seed=5)
    assert cell.fraction == pytest.approx(0.05, rel=1e-12)
    z = np.linspace(0.0, 4.0, 161)
    lines = [fibre.centre(z) for fibre in cell.fibres]
    size = np.array(cell.size)
    for i, one in enumerate(lines):
        for other in lines[i + 1 :]:
            apart = one[:, None] - other
            apart -= size * np.round(apart / size)
            assert np.linalg.norm(apart, axis=2).min() > 2.2 * 0.1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FibrePath(0.1, (0.0, 0.0), 1.0), "wavelength"),
        (lambda: FibrePath(0.5, (0.0, 0.0), 1.0, 4.0), "cannot follow"),
        (lambda: FibrePath(-0.1, (0.0, 0.0)), "radius"),
        (
            lambda: FibreCell((2.0, 2.0, 3.0), (FibrePath(0.1, (1.0, 1.0), 0.2, 2.0),)),
            "whole number",
        ),
        (
            lambda: FibreCell(
                (2.0, 2.0, 2.0), (FibrePath(0.1, (0.05, 1.0)), FibrePath(0.1, (1.88, 1.0)))
            ),
            "touches",
        ),
        (lambda: single_fibre_cell(0.9, 0.1), "its own image"),
        (lambda: single_fibre_cell(0.0, 0.1), "fraction"),
        (lambda: random_cell(5, 0.6, 0.0, None, 0.1, seed=1), "found room for"),
        (lambda: mesh_cell(single_fibre_cell(0.1, 0.1), 0.2), "too coarse"),
    ],
)
def test_what_cannot_be_built_is_refused(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        make()
