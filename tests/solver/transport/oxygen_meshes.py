"""Tetrahedra as arrays for tests of oxygen: boxes in Kuhn's cut, and balls made from them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Arrays:
    """What a solver asks of a mesh."""

    points: np.ndarray
    cells: np.ndarray
    cell_ink: np.ndarray
    facets: np.ndarray
    facet_tag: np.ndarray


def box(n: int, size: tuple[float, float, float]) -> Arrays:
    """``n³`` bricks of six tetrahedra; tag 1 below, 2 above, 3 at the sides; ink 1 in the upper
    half."""
    x = np.linspace(0.0, 1.0, n + 1)
    unit = np.array(np.meshgrid(x, x, x, indexing="ij")).reshape(3, -1).T
    number = np.arange((n + 1) ** 3).reshape((n + 1,) * 3)
    corner = [
        number[i : i + n, j : j + n, k : k + n].ravel()
        for i, j, k in itertools.product((0, 1), repeat=3)
    ]
    parts = []
    for order in itertools.permutations((4, 2, 1)):
        path = np.concatenate([[0], np.cumsum(order)])
        parts.append(np.stack([corner[k] for k in path], axis=1))
    cells = np.concatenate(parts)
    faces = np.concatenate([np.delete(cells, k, axis=1) for k in range(4)])
    faces, count = np.unique(np.sort(faces, axis=1), axis=0, return_counts=True)
    facets = faces[count == 1]
    z = unit[facets][:, :, 2]
    tag = np.where((z == 0).all(axis=1), 1, np.where((z == 1).all(axis=1), 2, 3))
    ink = (unit[cells][:, :, 2].mean(axis=1) > 0.5).astype(np.int32)
    return Arrays(unit * size, cells, ink, facets, tag.astype(np.int32))


def ball(n: int, radius: float) -> Arrays:
    """A cube blown up along its rays; all of its surface is tagged 3, all of it ink 0."""
    cube = box(n, (2.0, 2.0, 2.0))
    x = cube.points - 1.0
    length = np.linalg.norm(x, axis=1)
    stretch = np.abs(x).max(axis=1) / np.where(length > 0.0, length, 1.0)
    return Arrays(
        x * stretch[:, None] * radius,
        cube.cells,
        np.zeros_like(cube.cell_ink),
        cube.facets,
        np.full_like(cube.facet_tag, 3),
    )
