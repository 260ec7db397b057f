"""Axes of strands: on the axis of the body, cut to it, in printing order."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.shapes.core_shell import CoreShellWoodpile
from meshes.shapes.tpms import TPMS
from meshes.strand_axes import strand_axes
from meshes.toolpath import Toolpath
from meshes.woodpile import Woodpile


@pytest.mark.parametrize("lay_down", [(0.0, 90.0), (0.0, 60.0, 120.0), (35.0,)])
def test_axes_of_a_woodpile_lie_deepest_in_its_strands(lay_down: tuple[float, ...]) -> None:
    pile = Woodpile(400.0, 1000.0, 320.0, 4, lay_down, (2400.0, 2000.0), ("a", "b"))
    axes = strand_axes(pile)
    assert axes is not None
    assert len(axes.starts) == pile.strand_count
    middle = (axes.starts + axes.ends) / 2
    np.testing.assert_allclose(pile.axis_distance(middle, pile.layer(middle)), 0, atol=1e-9)
    low, high = pile.bounds
    for end in (axes.starts, axes.ends):
        assert (end >= low - 1e-6).all()
        assert (end <= high + 1e-6).all()
        # Both ends lie on a face of the footprint.
        away = np.minimum(np.abs(end[:, :2]), np.abs(end[:, :2] - pile.size)).min(axis=1)
        np.testing.assert_allclose(away, 0, atol=1e-6)
    np.testing.assert_array_equal(axes.ink, pile.layer(middle) % 2)
    assert (np.diff(axes.starts[:, 2]) >= 0).all()
    along = axes.ends - axes.starts
    np.testing.assert_allclose(
        np.abs(np.einsum("ij,ij->i", along, pile.print_direction(middle))),
        np.linalg.norm(along, axis=1),
    )


def test_axes_of_other_bodies() -> None:
    corners = np.array([[0, 0, 100.0], [900, 0, 100], [900, 900, 100]])
    path = Toolpath(corners[:-1], corners[1:], 220.0, np.array([1, 0]), ("a", "b"))
    axes = strand_axes(path)
    assert axes is not None
    np.testing.assert_array_equal(axes.ends, corners[1:])
    np.testing.assert_array_equal(axes.ink, [1, 0])
    np.testing.assert_array_equal(axes.diameters, 220.0)
    cored = CoreShellWoodpile(400.0, 200.0, 1000.0, 320.0, 2)
    inner = strand_axes(cored)
    assert inner is not None
    assert len(inner.starts) == cored.pile.strand_count
    assert (inner.ink == 0).all(), "axes lie in the core"
    assert strand_axes(TPMS("gyroid", 500.0, 0.4, (500.0, 500.0, 500.0))) is None
