"""Gels that change through the body, against springs in series and side by side."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from meshes.graded import GradedScaffold, Grading, grade_mesh, level_names
from meshes.slab import Slab
from meshes.tetmesh import SurfaceTag, TetMesh
from solver.materials import Alginate, Gel, Heterogeneity, Ink, MaterialField, build_gel
from solver.materials.mixing import mix_inks

pytestmark = pytest.mark.dolfinx

SOFT, STIFF = 1.0, 4.0  # kPa


def box_mesh(size: tuple[float, float, float], parts: tuple[int, int, int]) -> TetMesh:
    """A box of bricks of six tetrahedra each: no tetrahedron crosses a plane between bricks."""
    axes = [np.linspace(0.0, length, n + 1) for length, n in zip(size, parts, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    shape = np.array(parts) + 1
    corner = np.stack(np.meshgrid(*map(np.arange, parts), indexing="ij"), axis=-1).reshape(-1, 3)
    cells = []
    for order in permutations(range(3)):
        walk = [corner]
        for axis in order:
            walk.append(walk[-1] + np.eye(3, dtype=int)[axis])
        tets = np.stack([np.ravel_multi_index(w.T, shape) for w in walk], axis=1)
        if np.linalg.det(np.eye(3)[list(order)]) < 0:
            tets = tets[:, [0, 2, 1, 3]]
        cells.append(tets)
    tetrahedra = np.concatenate(cells)
    faces = np.concatenate([tetrahedra[:, c] for c in ([1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1])])
    _, first, count = np.unique(
        np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True
    )
    facets = faces[first[count == 1]]
    z = points[facets, 2]
    tag = np.full(len(facets), SurfaceTag.FREE)
    tag[(z == 0.0).all(axis=1)] = SurfaceTag.BOTTOM
    tag[(z == size[2]).all(axis=1)] = SurfaceTag.TOP
    return TetMesh(
        points, tetrahedra, np.zeros(len(tetrahedra)), facets, tag, ("gel",),
        np.array([np.prod(size)]),
    )  # fmt: skip


def gel_steps(levels: int, poisson: float, **more: object) -> tuple[Gel, ...]:
    """Steps from soft to stiff."""
    soft, stiff = (
        Ink("gel", Alginate(youngs_modulus=e, poisson_ratio=poisson), **more)  # type: ignore[arg-type]
        for e in (SOFT, STIFF)
    )
    weights = (np.arange(levels) + 0.5) / levels
    return tuple(
        build_gel(mix_inks(soft, stiff, float(w), name))
        for w, name in zip(weights, level_names("gel", levels), strict=True)
    )


def pressed(axis: int, levels: int) -> float:
    """Apparent modulus of a slab, soft to stiff along an axis, between frictionless plates.

    Without sideways strain (Poisson ratio 0) the steps are springs in series or side by side.
    """
    from mpi4py import MPI

    from solver.mechanics.scaffold import Compression, solve_scaffold

    size = (300.0, 100.0, 240.0)
    slab = Slab(size, "gel")
    body = GradedScaffold(slab, {0: Grading(levels, lambda x: x[:, axis] / size[axis])})
    parts = [2, 1, 2]
    parts[axis] = levels
    mesh = grade_mesh(box_mesh(size, (parts[0], parts[1], parts[2])), body)
    solution = solve_scaffold(
        mesh,
        MaterialField(body, gel_steps(levels, 0.0)),
        Compression(strain=0.05, plate="frictionless"),
        height=slab.height,
        footprint_area=slab.footprint_area,
        comm=MPI.COMM_WORLD,
        degree=1,
    )
    return float(solution.apparent_modulus)


def test_in_series_towards_the_harmonic_mean() -> None:
    # E(z) = a + (b - a) z/h: 1 / mean(1/E) = (b - a) / ln(b/a). In n steps the mean of 1/E is the
    # midpoint rule, whose error falls with 1/n^2.
    exact = (STIFF - SOFT) / np.log(STIFF / SOFT)
    errors = []
    for levels in (4, 8, 16):
        found = pressed(2, levels)
        steps = SOFT + (STIFF - SOFT) * (np.arange(levels) + 0.5) / levels
        assert found == pytest.approx(1.0 / np.mean(1.0 / steps), rel=1e-6)
        errors.append(found / exact - 1.0)
    assert abs(errors[-1]) < 2e-3
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.15)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.05)


def test_side_by_side_the_arithmetic_mean() -> None:
    # The midpoint rule is exact for a linear E(x), in any number of steps.
    for levels in (2, 7):
        assert pressed(0, levels) == pytest.approx(0.5 * (SOFT + STIFF), rel=1e-6)


def test_cells_feel_more_along_the_gradient() -> None:
    from solver.mechanics.sites import ProbeSettings, sensed_stiffness

    slab = Slab((1200.0, 400.0, 400.0), "gel")
    body = GradedScaffold(slab, {0: Grading(12, lambda x: x[:, 0] / 1200.0)})
    field = MaterialField(body, gel_steps(12, 0.3))
    x = np.array([150.0, 450.0, 750.0, 1050.0])  # in the middle of steps, 100 um wide
    sites = np.column_stack([x, np.full(4, 200.0), np.full(4, 200.0)])
    sensed = sensed_stiffness(sites, ProbeSettings(field, 8.0), workers=1).mean
    assert (np.diff(sensed) > 0.0).all()
    # six radii from the next step on either side: what it adds and the other takes away cancel
    np.testing.assert_allclose(sensed, SOFT + (STIFF - SOFT) * x / 1200.0, rtol=2e-3)


def test_spots_go_on_from_step_to_step() -> None:
    slab = Slab((400.0, 100.0, 100.0), "gel")
    body = GradedScaffold(slab, {0: Grading(3, lambda x: x[:, 0] / 400.0)})
    field = MaterialField(body, gel_steps(3, 0.3, heterogeneity=Heterogeneity(0.3, 40.0, seed=5)))
    x = np.random.default_rng(0).uniform(0.0, 100.0, (20, 3))
    one, other = (field.heterogeneity(x, np.full(20, step)) for step in (0, 2))
    np.testing.assert_array_equal(one, other)
