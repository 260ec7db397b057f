"""What is left of a lattice tetrahedron inside a body, for each pattern of its vertices.

A vertex lies inside (-1), on (0) or outside (+1) the surface; an edge from inside to outside has
one cut point. The part inside is one tetrahedron, a pyramid of two or a prism of three. Both
tetrahedra at a lattice face divide it by the same diagonals, because the rule looks at the face
alone: a diagonal starts at the inside vertex whose cut edge is the long one; where both cut edges
are short, at the vertex that comes first in the lattice's order.

Reference: Labelle & Shewchuk 2007, ACM Trans. Graph. 26, 57, doi 10.1145/1275808.1276448.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

from meshes.scaffold import FloatArray, IntArray

# Nodes 0…3 are the vertices in the order of the lattice, 4…9 the cut points of these edges.
EDGES = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
PATTERNS = 81
MOST_CELLS = 3
Cell = tuple[int, int, int, int]


def pattern(state: IntArray) -> IntArray:
    """Number of the pattern of four states -1, 0, 1: (m, 4) -> (m,)."""
    code: IntArray = (state + 1) @ np.array([27, 9, 3, 1])
    return code


@lru_cache(maxsize=1)
def stencils() -> tuple[IntArray, IntArray]:
    """Number of tetrahedra per pattern, shape (81,), and their nodes, shape (81, 3, 4).

    Positively oriented in a lattice tetrahedron that is.
    """
    counts = np.zeros(PATTERNS, dtype=np.int64)
    nodes = np.zeros((PATTERNS, MOST_CELLS, 4), dtype=np.int64)
    places = _nominal()
    for state in product((-1, 0, 1), repeat=4):
        cells = _inside(state)
        code = int(pattern(np.array([state]))[0])
        counts[code] = len(cells)
        for row, cell in enumerate(cells):
            p = places[list(cell)]
            upright = np.linalg.det(p[1:] - p[0]) > 0.0
            nodes[code, row] = cell if upright else (cell[1], cell[0], *cell[2:])
    return counts, nodes


def _nominal() -> FloatArray:
    """Places of the ten nodes in a positively oriented tetrahedron of the lattice."""
    half = np.sqrt(0.5)
    corner = np.array([(0, 0, 0), (0.5, half, 0), (1, 0, 0), (0.5, 0, -half)])
    return np.concatenate([corner, corner[EDGES].mean(axis=1)])


def _cut(a: int, b: int) -> int:
    """Node of the cut point between two vertices."""
    pairs = [tuple(edge) for edge in EDGES.tolist()]
    return 4 + pairs.index((min(a, b), max(a, b)))


def _long(a: int, b: int) -> bool:
    """Whether an edge is one of the two long ones, 0-2 and 1-3."""
    return (a - b) % 2 == 0


def _starts(a: int, b: int, out: int) -> bool:
    """Whether the diagonal of the face (a, b, out), cut at `out`, starts at a rather than b."""
    if _long(a, out) != _long(b, out):
        return _long(a, out)
    return a < b


def _inside(state: tuple[int, ...]) -> list[Cell]:
    """Tetrahedra of the part inside, of either orientation."""
    inside = [v for v in range(4) if state[v] < 0]
    on = [v for v in range(4) if state[v] == 0]
    out = [v for v in range(4) if state[v] > 0]
    if not inside:
        return []
    if not out:
        return [(0, 1, 2, 3)]
    if len(inside) == 1:
        tip = inside[0]
        cell = (tip, *on, *(_cut(tip, v) for v in out))
        return [(cell[0], cell[1], cell[2], cell[3])]
    if len(inside) == 2:
        return _two_inside(inside, on, out)
    a, b, c = _by_diagonals(inside, out[0])
    ad, bd, cd = (_cut(v, out[0]) for v in (a, b, c))
    return [(a, ad, bd, cd), (a, b, bd, cd), (a, b, c, cd)]


def _by_diagonals(inside: list[int], out: int) -> list[int]:
    """Three vertices ordered so that each starts the diagonals to those after it."""
    wins = {a: sum(_starts(a, b, out) for b in inside if b != a) for a in inside}
    return sorted(inside, key=lambda a: -wins[a])


def _two_inside(inside: list[int], on: list[int], out: list[int]) -> list[Cell]:
    """Pyramid or prism at an edge that lies inside."""
    p, q = inside
    first = out[0]
    if not _starts(p, q, first):
        p, q = q, p
    if on:
        return [
            (on[0], p, q, _cut(q, first)),
            (on[0], p, _cut(q, first), _cut(p, first)),
        ]
    second = out[1]
    pr, ps, qr, qs = _cut(p, first), _cut(p, second), _cut(q, first), _cut(q, second)
    if _starts(p, q, second):
        return [(p, q, qr, qs), (p, pr, ps, qs), (p, pr, qs, qr)]
    return [(p, pr, ps, qr), (p, ps, q, qr), (q, ps, qr, qs)]
