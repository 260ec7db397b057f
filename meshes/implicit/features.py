"""Sharp edges and corners of a body: nodes near them are moved onto them.

Stuffing chamfers an edge, because nodes lie on both of its sides and none on it; a groove between
two strands gets filled. Where the surface turns sharply between two neighbouring nodes, the edge
lies where their tangent planes meet (as in dual contouring, Ju et al. 2002, doi
10.1145/566654.566586).
The planes are taken anew closer and closer to that line, which makes it exact on curved faces, and
tells an edge from a tight curve. Corners, where three faces meet, stay cut.
"""

from __future__ import annotations

import numpy as np

from meshes.implicit.cuts import Level
from meshes.implicit.moves import independent, move, stars
from meshes.scaffold import FloatArray, IntArray

SHARP = np.cos(np.radians(30.0))  # normals of neighbours across an edge
LONGEST_MOVE = 1.2  # of the lattice's edge
_CLOSER = (1.0, 0.3, 0.1)  # distances of the planes from the edge, of those of the neighbours
_RANK = 0.05  # share of the largest eigenvalue below which planes leave a direction open
_STEP = 1e-3  # of the lattice's edge, for gradients
_INSET = 0.02  # of the lattice's edge: where faces that end the body are asked for
_ON_EDGE = 0.02  # of the lattice's edge: as good as on the edge
_SHARES = (1.0, 0.7, 0.4)  # of the way to an edge: part of it, where all of it spoils cells


class TangentPlanes:
    """Planes tangent to a level surface within a box whose flat ends it may meet.

    Parameters
    ----------
    level
        Below zero inside.
    low, high
        Ends of the box; infinite where the body does not end with it, shape (3,), µm.
    edge
        The lattice's edge, µm.
    """

    def __init__(self, level: Level, low: FloatArray, high: FloatArray, edge: float) -> None:
        self.level = level
        self.low, self.high = low + _INSET * edge, high - _INSET * edge
        self.step = _STEP * edge

    def at(self, places: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Unit normals (k, 3) and signed distances of the places from the planes (k,), µm.

        From the level's linear part just inside of the flat ends, where it is that of the side
        faces. A normal is zero where the level has no slope.
        """
        asked = np.clip(places, self.low, self.high)
        slope = np.empty_like(asked)
        for axis in range(3):
            shift = np.zeros(3)
            shift[axis] = self.step
            slope[:, axis] = self.level(asked + shift) - self.level(asked - shift)
        slope /= 2.0 * self.step
        steepness = np.linalg.norm(slope, axis=1)
        steepness[steepness < 1e-6] = np.inf
        normal = slope / steepness[:, None]
        distance = self.level(asked) / steepness
        return normal, distance + np.einsum("ij,ij->i", normal, places - asked)


def sharpen(
    points: FloatArray,
    cells: IntArray,
    facets: IntArray,
    held: np.ndarray,
    planes: TangentPlanes,
    *,
    edge: float,
    floor: float,
) -> None:
    """Move surface nodes onto sharp edges nearby.

    Parameters
    ----------
    points
        Shape (n, 3), µm; changed in place.
    cells
        Shape (m, 4).
    facets
        Boundary triangles, shape (k, 3).
    held
        Coordinates that a node must keep, because it lies on a flat end, shape (n, 3).
    planes
        Tangent planes of the body.
    edge
        The lattice's edge, µm.
    floor
        Least scaled Jacobian of the cells around a node that is moved.
    """
    sides = np.sort(facets[:, [(0, 1), (1, 2), (2, 0)]].reshape(-1, 2), axis=1)
    sides = np.unique(sides, axis=0)
    surface = np.unique(sides)
    normals = np.zeros_like(points)
    normals[surface], off = planes.at(points[surface])
    turn = np.einsum("ij,ij->i", normals[sides[:, 0]], normals[sides[:, 1]])
    sides = sides[(turn < SHARP) & (normals[sides] != 0.0).any(axis=2).all(axis=1)]
    if len(sides) == 0:
        return
    ends = np.concatenate([sides, sides[:, ::-1]])
    places, found = _edge_points(points, ends, held, planes, edge)
    way = np.linalg.norm(places - points[ends[:, 0]], axis=1)
    found &= way <= LONGEST_MOVE * edge
    # each node to its nearest edge, and the nearest node first: of two neighbours one is enough
    order = np.lexsort((ends[:, 1], ends[:, 0], np.where(found, way, np.inf)))
    nodes, first = np.unique(ends[order, 0], return_index=True)
    nearest = order[np.sort(first)]
    nodes = ends[nearest, 0]
    rank = np.full(len(points), -1)
    rank[nodes] = np.arange(len(nodes))
    there = found[nearest] & (way[nearest] <= _ON_EDGE * edge)
    # nodes that stuffing left beside a contact line, in the plane of a flat end
    astray = np.abs(off[np.searchsorted(surface, nodes)]) > _ON_EDGE * edge
    sides = np.concatenate([rank[sides], np.repeat(np.flatnonzero(astray), 2).reshape(-1, 2)])
    around = stars(cells, len(points), nodes)
    for share in _SHARES:
        targets = points[nodes] + share * (places[nearest] - points[nodes])
        if share < 1.0:
            normal, distance = planes.at(targets)
            targets -= distance[:, None] * normal * ~held[nodes]
        failed = ~found[nearest]
        while True:
            wanted = np.zeros(len(nodes), dtype=bool)
            wanted[sides[~there[sides].any(axis=1)]] = True
            wanted &= ~failed
            if not wanted.any():
                break
            chosen = independent(around, wanted)
            moved = move(
                points, cells, around, chosen, nodes, targets, lambda _, after: after >= floor
            )
            there |= moved & (share == 1.0)
            failed |= chosen


def _edge_points(
    points: FloatArray,
    ends: IntArray,
    held: np.ndarray,
    planes: TangentPlanes,
    edge: float,
) -> tuple[FloatArray, np.ndarray]:
    """Point on the sharp edge between two nodes, nearest to the first, and whether there is one.

    Shapes (k, 2) -> (k, 3) µm, (k,).
    """
    start, free = points[ends[:, 0]], ~held[ends[:, 0]]
    place = start.copy()
    found = np.ones(len(ends), dtype=bool)
    for share in _CLOSER:
        normals, distances = [], []
        for end in ends.T:
            asked = place + share * (points[end] - place)
            normal, distance = planes.at(asked)
            normals.append(normal)
            distances.append(distance + np.einsum("ij,ij->i", normal, place - asked))
        found &= np.einsum("ij,ij->i", *normals) < SHARP
        place = place + _nearest(np.stack(normals, 1) * free[:, None], np.stack(distances, 1))
        # an edge that runs away is none
        found &= np.linalg.norm(place - start, axis=1) < 2.0 * LONGEST_MOVE * edge
        place[~found] = start[~found]
    return place, found & (np.abs(planes.at(place)[1]) < _ON_EDGE * edge)


def _nearest(normals: FloatArray, distances: FloatArray) -> FloatArray:
    """Shortest steps onto planes (k, 2, 3) at distances (k, 2): shape (k, 3)."""
    matrix = np.einsum("kpi,kpj->kij", normals, normals)
    right = -np.einsum("kp,kpi->ki", distances, normals)
    value, vector = np.linalg.eigh(matrix)
    kept = value > np.maximum(_RANK * value[:, -1:], 1e-9)
    inverse = np.where(kept, 1.0 / np.where(kept, value, 1.0), 0.0)
    along = np.einsum("kji,kj->ki", vector, right) * inverse
    step: FloatArray = np.einsum("kij,kj->ki", vector, along)
    return step
