"""Cells that lie into each other are counted, in bounded time."""

from __future__ import annotations

import numpy as np

from cases.record import _overlapping


def test_cells_nearer_than_two_radii_are_counted_once_each() -> None:
    points = np.array([[0.0, 0, 0], [15, 0, 0], [40, 0, 0], [56, 0, 0], [90, 0, 0], [90, 0, 0]])
    # 0-15 overlap, 40-56 touch (16 = 2 radii), two lie in one place
    assert _overlapping(points, 8.0) == 4
    assert _overlapping(points[:1], 8.0) == 0


def test_many_cells_in_one_place_take_no_pairs() -> None:
    assert _overlapping(np.zeros((300_000, 3)), 8.0) == 300_000
