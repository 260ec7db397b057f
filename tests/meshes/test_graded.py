"""Bodies in steps: which step lies where, what each holds, and meshes that follow."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.graded import GradedScaffold, Grading, grade_mesh, ink_families, level_names
from meshes.mesher import mesh_body
from meshes.scaffold import Scaffold
from meshes.shapes import LayeredSlab
from meshes.slab import Slab

SLAB = Slab((400.0, 200.0, 100.0), "a")


def along(axis: int, length: float, levels: int) -> Grading:
    return Grading(levels, lambda x: x[:, axis] / length)


def test_steps_lie_side_by_side() -> None:
    body = GradedScaffold(SLAB, {0: along(0, 400.0, 4)})
    assert isinstance(body, Scaffold)
    assert body.inks == ("a 1/4", "a 2/4", "a 3/4", "a 4/4")
    x = np.array([[-50.0, 9, 9], [0, 0, 0], [99, 0, 0], [101, 0, 0], [399, 0, 0], [900, 0, 0]])
    np.testing.assert_array_equal(body.ink(x), [0, 0, 0, 1, 3, 3])
    for name in ("signed_distance", "free_surface_distance", "print_direction"):
        np.testing.assert_array_equal(getattr(body, name)(x), getattr(SLAB, name)(x))
    np.testing.assert_allclose(Grading(4, lambda x: x[:, 0]).weights, [1 / 8, 3 / 8, 5 / 8, 7 / 8])


def test_weights_are_clipped() -> None:
    body = GradedScaffold(SLAB, {0: Grading(2, lambda x: 10.0 * (x[:, 0] - 200.0))})
    np.testing.assert_array_equal(body.ink([[10.0, 1, 1], [390.0, 1, 1]]), [0, 1])


def test_volumes_of_the_steps() -> None:
    # w = (x/400)^2 reaches k/4 at x = 400 sqrt(k/4): shares sqrt(k/4) - sqrt((k - 1)/4)
    body = GradedScaffold(SLAB, {0: Grading(4, lambda x: (x[:, 0] / 400.0) ** 2)})
    found = list(body.volume().values())
    np.testing.assert_allclose(found, 8e6 * np.diff(np.sqrt(np.arange(5) / 4)), rtol=1e-3)
    assert sum(found) == pytest.approx(8e6, rel=1e-12)


def test_only_the_named_ink_changes() -> None:
    layers = LayeredSlab((300.0, 300.0), (100.0, 100.0), ("a", "b"))
    body = GradedScaffold(layers, {1: along(0, 300.0, 3)})
    assert body.inks == ("a", *level_names("b", 3))
    names, parents = ink_families(body)
    assert names == ("a", "b")
    np.testing.assert_array_equal(parents, [0, 1, 1, 1])
    np.testing.assert_array_equal(ink_families(layers)[1], [0, 1])
    found = body.ink([[10.0, 10, 50], [290.0, 10, 50], [10.0, 10, 150], [290.0, 10, 150]])
    np.testing.assert_array_equal(found, [0, 0, 1, 3])


def test_steps_that_are_not_in_use_give_way_to_the_nearest() -> None:
    body = GradedScaffold(SLAB, {0: along(0, 400.0, 4)}).keeping(("a 2/4", "a 4/4"))
    assert body.inks == ("a 2/4", "a 4/4")
    x = [[50.0, 1, 1], [150.0, 1, 1], [250.0, 1, 1], [350.0, 1, 1]]
    np.testing.assert_array_equal(body.ink(x), [0, 0, 0, 1])
    with pytest.raises(InputError, match="no step"):
        body.keeping(())
    with pytest.raises(InputError, match="expected inks"):
        GradedScaffold(SLAB, {1: along(0, 400.0, 4)})


def test_meshes_follow_and_leave_out_empty_steps() -> None:
    # only w in [0, 1/2] occurs: steps 3 and 4 of 4 are left out
    body = GradedScaffold(SLAB, {0: Grading(4, lambda x: x[:, 2] / 200.0)})
    plain = mesh_body(SLAB, size=60.0, cache=None).mesh
    mesh = grade_mesh(plain, body)
    assert mesh.inks == ("a 1/4", "a 2/4")
    assert mesh.exact_volumes.sum() == pytest.approx(8e6, rel=1e-12)
    kept = body.keeping(mesh.inks)
    assert kept.inks == mesh.inks
    np.testing.assert_array_equal(kept.ink(mesh.centroids()), mesh.cell_ink)
    np.testing.assert_array_equal(mesh.cells, plain.cells)
