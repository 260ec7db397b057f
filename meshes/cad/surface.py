"""From loose triangles to a closed, outward surface, with every fault named.

What is repaired is said in `notes`: corners that coincide are joined, triangles without area and
triangles given twice are dropped, triangles turned the wrong way are turned round. What would need
a guess about the shape is refused: holes, and edges where three sheets meet. Whether the surface
meets itself is **not** checked; the body is all that it winds around, so that overlapping closed
shells count as their union.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.cad.orientation import closed_shells
from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray

_FLAT = 1e-12  # height of a triangle over its longest edge, below which it has no area
_NEAR = 1e-5  # of the body's diagonal: corners as near as this are joined if holes are left
_MOST_MERGED = 3_000_000  # corners; the search for near ones takes memory


@dataclass(frozen=True)
class Surface:
    """A closed surface of triangles.

    Parameters
    ----------
    points
        Vertices, shape (n, 3), µm.
    triangles
        Anticlockwise seen from outside, shape (m, 3).
    notes
        What was repaired or is worth knowing, one sentence each.
    n_shells
        Closed pieces that share no edge.
    disjoint
        Whether the shells certainly do not overlap, so that their volumes add up.
    """

    points: FloatArray
    triangles: IntArray
    notes: tuple[str, ...] = ()
    n_shells: int = 1
    disjoint: bool = True


def repaired_surface(where: str, corners: FloatArray) -> Surface:
    """Close and orient the surface that loose triangles make up.

    Parameters
    ----------
    where
        What they come from, for messages.
    corners
        Corners of each triangle, shape (m, 3, 3), µm.

    Returns
    -------
    Surface

    Raises
    ------
    InputError
        If nothing is left, the surface has open edges, three or more sheets meet in an edge, or it
        has only one side.
    """
    notes: list[str] = []
    vertices = corners.reshape(-1, 3)
    first, flat = unique_rows(vertices)
    points = vertices[first]
    triangles = _without_faults(points, flat.reshape(-1, 3), notes)
    if len(triangles) and len(open_edges(triangles)) and len(points) <= _MOST_MERGED:
        points, triangles = _near_joined(points, triangles, notes)
    if len(triangles) == 0:
        raise InputError(
            f"{where}: no triangle with an area is left",
            hint="export the body again; a drawing of lines or one flat sheet is no body",
        )
    edges = open_edges(triangles)
    if len(edges):
        place = ", ".join(f"{v:.6g}" for v in points[edges[0]].mean(axis=0))
        raise InputError(
            f"{where}: the surface is not closed: {len(edges)} open edges, the first at "
            f"({place}) µm",
            hint="close the holes (Blender: 3D-Print Toolbox, Make Manifold; MeshLab: Close Holes; "
            "or export again from CAD with a finer tolerance) or give a STEP file",
        )
    triangles, shells, disjoint = closed_shells(where, points, triangles, notes)
    used, flat = np.unique(triangles, return_inverse=True)
    return Surface(points[used], flat.reshape(-1, 3), tuple(notes), shells, disjoint)


def open_edges(triangles: IntArray) -> IntArray:
    """Edges of an odd number of triangles, shape (k, 2): there the surface is not closed."""
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    key = edges[:, 0] * (int(triangles.max()) + 1) + edges[:, 1]
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    odd: IntArray = edges[np.sort(first[count % 2 == 1])]
    return odd


def unique_rows(values: np.ndarray) -> tuple[IntArray, IntArray]:
    """Rows that differ: the first of each, in sorted order, and which of them every row is.

    Much faster than `numpy.unique` along an axis, and -0 equals 0.

    Parameters
    ----------
    values
        Shape (n, 3), any unit.

    Returns
    -------
    first, which
        Shape (k,), and shape (n,) with values below k.
    """
    order = np.lexsort((values[:, 2], values[:, 1], values[:, 0]))
    ranked = values[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    which = np.empty(len(order), dtype=np.int64)
    which[order] = np.cumsum(fresh) - 1
    return order[fresh].astype(np.int64), which


def _without_faults(points: FloatArray, triangles: IntArray, notes: list[str]) -> IntArray:
    """Drop triangles without area, triangles given twice, and pairs back to back."""
    p = points[triangles]
    longest = np.max(
        [np.linalg.norm(p[:, i] - p[:, j], axis=1) for i, j in ((0, 1), (1, 2), (2, 0))], axis=0
    )
    double_area = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1)
    collapsed = (triangles == np.roll(triangles, 1, axis=1)).any(axis=1)
    # A needle with three corners may be what joins its neighbours: it stays if it closes a hole.
    thin = ~collapsed & (double_area <= _FLAT * longest**2)
    if collapsed.any():
        notes.append(f"{int(collapsed.sum())} triangles without area were dropped")
    if thin.any():
        notes.append(f"{int(thin.sum())} triangles are needles without area")
    triangles = triangles[~collapsed]
    corner = np.argsort(triangles, axis=1)
    odd = np.linalg.det(np.eye(3)[corner]) < 0.0 if len(triangles) else np.empty(0, dtype=bool)
    first, which = unique_rows(np.take_along_axis(triangles, corner, axis=1))
    if len(first) == len(triangles):
        return triangles
    sense = np.bincount(which, np.where(odd, -1.0, 1.0), len(first))
    times = np.bincount(which, minlength=len(first))
    kept = np.sort(first[(times == 1) | (sense != 0.0)])
    notes.append(
        f"{len(triangles) - len(kept)} triangles were dropped: given twice, or back to back"
    )
    return triangles[kept]


def _near_joined(
    points: FloatArray, triangles: IntArray, notes: list[str]
) -> tuple[FloatArray, IntArray]:
    """Join corners that nearly coincide: programs round them one by one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    reach = _NEAR * float(np.linalg.norm(points.max(axis=0) - points.min(axis=0)))
    # Only corners on open edges can be apart from the one they should be.
    loose = np.unique(open_edges(triangles))
    pairs = loose[cKDTree(points[loose]).query_pairs(reach, output_type="ndarray")]
    if not len(pairs):
        return points, triangles
    graph = coo_array(
        (np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), (len(points),) * 2
    )
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    notes.append(
        f"{len(points) - len(first)} corners within {reach:.3g} µm of another were joined to it"
    )
    return points[first], _without_faults(points[first], label[triangles].astype(np.int64), notes)
