"""The one mesh that serves every cell: shells of tetrahedra around a sphere of radius 1.

Icosahedral triangulations of concentric spheres, joined by prisms cut in three; where the
triangulation coarsens by one level, each large triangle meets the four small ones through seven
tetrahedra. The near-icosahedral symmetry keeps the response to a uniform medium isotropic to
1e-3, so that no direction is favoured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.materials.tensors import FloatArray

IntArray = NDArray[np.int64]
# In cell radii. In a bulk gel the field of a force dipole dies as r^-3: beyond 8 radii lies less
# than 1 % of the answer, beyond 12 less than 0.4 %.
OUTER_RADIUS = 12.0


@dataclass(frozen=True)
class Template:
    """Radii (in cell radii) and the subdivision level of the sphere at each."""

    radii: tuple[float, ...]
    levels: tuple[int, ...]

    def __post_init__(self) -> None:
        steps = np.diff(self.levels)
        if len(self.radii) != len(self.levels) or not set(steps.tolist()) <= {0, -1}:
            raise ValueError("expected one level per radius, constant or falling by one outwards")
        if self.radii[0] != 1.0 or (np.diff(self.radii) <= 0).any():
            raise ValueError("expected radii rising from 1")


def graded(levels: tuple[int, ...], outer: float = OUTER_RADIUS) -> Template:
    """Radii in geometric progression from 1 to ``outer``, one per level."""
    inner = [float(r) for r in np.geomspace(1.0, outer, len(levels))[1:-1]]
    return Template((1.0, *inner, outer), levels)


TEMPLATES = {
    "standard": graded((2, 1, 1, 1, 1, 1, 1, 1, 1)),
    "fine": graded((2, 2, 2, 2, 1, 1, 1, 1, 1, 1)),
    "reference": graded((3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2)),
}


def icosphere(level: int) -> tuple[FloatArray, IntArray, list[dict[tuple[int, int], int]]]:
    """Unit icosphere: vertices ``(n, 3)``, triangles ``(t, 3)``, midpoints made at each level.

    The vertices of a level come first in the next one.
    """
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    seeds = [(0.0, s * 1.0, t * golden) for s in (1, -1) for t in (1, -1)]
    points = [np.roll(p, k) for k in range(3) for p in seeds]
    vertices = [np.asarray(p) / np.linalg.norm(p) for p in points]
    edge = min(np.linalg.norm(vertices[0] - v) for v in vertices[1:]) * 1.01
    near = [
        [j for j in range(12) if 0 < np.linalg.norm(vertices[i] - vertices[j]) < edge]
        for i in range(12)
    ]
    triangles = [
        (i, j, k) for i in range(12) for j in near[i] for k in near[j] if i < j < k and k in near[i]
    ]
    history: list[dict[tuple[int, int], int]] = []
    for _ in range(level):
        middle: dict[tuple[int, int], int] = {}
        finer = []
        for a, b, c in triangles:
            ab, bc, ca = (_midpoint(vertices, middle, *pair) for pair in ((a, b), (b, c), (c, a)))
            finer += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
        triangles = finer
        history.append(middle)
    return np.array(vertices), np.array(triangles, dtype=np.int64), history


def _midpoint(
    vertices: list[FloatArray], middle: dict[tuple[int, int], int], a: int, b: int
) -> int:
    key = (min(a, b), max(a, b))
    if key not in middle:
        point = vertices[a] + vertices[b]
        vertices.append(point / np.linalg.norm(point))
        middle[key] = len(vertices) - 1
    return middle[key]


def build(template: Template) -> tuple[FloatArray, IntArray]:
    """Points ``(n, 3)`` (cell radii) and positively oriented tetrahedra ``(m, 4)``."""
    spheres = {level: icosphere(level) for level in set(template.levels)}
    points: list[FloatArray] = []
    offsets: list[int] = []
    for level, radius in zip(template.levels, template.radii, strict=True):
        offsets.append(sum(len(p) for p in points))
        points.append(radius * spheres[level][0])
    tetrahedra: list[tuple[int, ...]] = []
    for i, (inner, outer) in enumerate(zip(template.levels, template.levels[1:], strict=False)):
        triangles = spheres[outer][1]
        if inner == outer:
            tetrahedra += _prisms(triangles, offsets[i], offsets[i + 1])
        else:
            middle = spheres[inner][2][outer]
            tetrahedra += _transition(triangles, middle, offsets[i], offsets[i + 1])
    x = np.concatenate(points)
    cells = np.array(tetrahedra, dtype=np.int64)
    corner = x[cells]
    sides = corner[:, 1:] - corner[:, :1]
    inverted = np.linalg.det(sides) < 0.0
    cells[inverted] = cells[inverted][:, [0, 2, 1, 3]]
    return x, cells


def _prisms(triangles: IntArray, inner: int, outer: int) -> list[tuple[int, ...]]:
    """Cut each prism in three, diagonals by vertex number so that neighbours agree."""
    cells: list[tuple[int, ...]] = []
    for triangle in triangles:
        a, b, c = sorted(int(v) for v in triangle)
        la, lb, lc, ha, hb, hc = a + inner, b + inner, c + inner, a + outer, b + outer, c + outer
        cells += [(la, lb, lc, hc), (la, lb, hb, hc), (la, ha, hb, hc)]
    return cells


def _transition(
    triangles: IntArray, middle: dict[tuple[int, int], int], inner: int, outer: int
) -> list[tuple[int, ...]]:
    """Join each large outer triangle to the four small inner ones: no diagonal on any face."""
    cells: list[tuple[int, ...]] = []
    for triangle in triangles:
        a, b, c = (int(v) for v in triangle)
        ab, bc, ca = (middle[min(p, q), max(p, q)] + inner for p, q in ((a, b), (b, c), (c, a)))
        big_a, big_b, big_c = a + outer, b + outer, c + outer
        cells += [(a + inner, ab, ca, big_a), (b + inner, bc, ab, big_b)]
        cells += [(c + inner, ca, bc, big_c)]
        ring = (big_a, big_b, bc, ca)  # around the inner diagonal ab - C of the octahedron left
        cells += [(ab, big_c, ring[k], ring[(k + 1) % 4]) for k in range(4)]
    return cells
