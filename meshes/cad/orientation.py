"""Which side of a closed surface is outside."""

from __future__ import annotations

import numpy as np

from meshes.cad.polyhedron import shares_of_volume
from meshes.cad.trees import TriangleTree
from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray

_MOST_SUSPECTS = 100  # shells examined for lying wholly in another
_TOUCH = 1e-9  # of the largest edge of the box: as near as this is touching
_MOST_COMPARED = 2000  # shells whose boxes are compared pair by pair


def closed_shells(
    where: str, points: FloatArray, triangles: IntArray, notes: list[str]
) -> tuple[IntArray, int, bool]:
    """Turn every triangle of a surface without open edges outwards.

    Within a shell the majority of triangles decides, then the sign of its volume. A shell inside
    another that is turned inwards is a cavity; one that is turned outwards lies in solid and is
    left out.

    Parameters
    ----------
    where
        For messages.
    points
        Shape (n, 3), µm.
    triangles
        Every edge in an even number of them, shape (m, 3).
    notes
        What was done is added here.

    Returns
    -------
    triangles, number of shells, whether they certainly do not overlap

    Raises
    ------
    InputError
        If the surface has only one side, or sheets meet in an edge and cannot be told apart.
    """
    shell, turned = _consistent(where, triangles)
    triangles = np.where(turned[:, None], triangles[:, ::-1], triangles)
    count = int(shell.max()) + 1
    if turned.any():
        notes.append(f"{int(turned.sum())} triangles turned the wrong way were turned round")
    triangles, shell, count = _outwards(points, triangles, shell, count, notes)
    _require_balance(where, points, triangles)
    if count > 1:
        notes.append(f"{count} closed shells; whether they overlap is not checked")
    return triangles, count, _apart(points, triangles, shell, count)


def _consistent(where: str, triangles: IntArray) -> tuple[IntArray, np.ndarray]:
    """Shell of each triangle, and whether it is turned against most of its shell.

    Each triangle stands twice in a graph, as it is and turned. Neighbours across an edge of two
    triangles agree if they pass it in opposite senses.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(triangles)
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    low, high = edges.min(axis=1), edges.max(axis=1)
    key = low * (int(triangles.max()) + 1) + high
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    two = first[np.diff(first, append=len(order)) == 2]
    one, other = order[two], order[two + 1]
    against = ((edges[one, 0] < edges[one, 1]) == (edges[other, 0] < edges[other, 1])).astype(int)
    left, right = one // 3, other // 3
    rows = np.concatenate([left, left + n])
    columns = np.concatenate([right + n * against, right + n * (1 - against)])
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), (2 * n, 2 * n))
    _, label = connected_components(graph, directed=False)
    as_is, flipped = label[:n], label[n:]
    if (as_is == flipped).any():
        raise InputError(
            f"{where}: the surface has only one side (as a Möbius strip or a Klein bottle)",
            hint="it bounds no body: model it again as a solid",
        )
    pair = np.minimum(as_is, flipped)
    _, shell = np.unique(pair, return_inverse=True)
    votes = np.bincount(shell, np.where(as_is == pair, 1.0, -1.0))
    turned = (as_is == pair) != (votes[shell] >= 0.0)
    return shell.astype(np.int64), turned


def _outwards(
    points: FloatArray, triangles: IntArray, shell: IntArray, count: int, notes: list[str]
) -> tuple[IntArray, IntArray, int]:
    """Turn whole shells so that solids point outwards and cavities inwards."""
    volume = np.bincount(shell, shares_of_volume(points, triangles), count)
    flip = np.zeros(count, dtype=bool)
    depth = _winding_just_outside(
        points, np.where((volume < 0.0)[shell, None], triangles[:, ::-1], triangles), shell, count
    )
    outer = depth == 0
    inward = outer & (volume < 0.0)
    # A file turned inside out throughout has its cavities turned, too.
    whole = bool(inward.any() and (inward == outer).all())
    flip |= np.full(count, True) if whole else inward
    if flip.any():
        what = "the whole surface" if whole else f"{int(flip.sum())} of {count} shells"
        notes.append(f"{what} pointed inwards and was turned round")
    triangles = np.where(flip[shell, None], triangles[:, ::-1], triangles)
    volume = np.where(flip, -volume, volume)
    around = _winding_just_outside(points, triangles, shell, count) if count > 1 else depth
    lost = np.zeros(count, dtype=bool)
    suspects = np.flatnonzero((volume > 0.0) & (around > 0))
    for suspect in suspects[:_MOST_SUSPECTS]:
        lost[suspect] = _swallowed(points, triangles, shell, int(suspect))
    if lost.any():
        notes.append(
            f"{int(lost.sum())} shells lie in solid and point outwards: left out as solid in "
            "solid; if they are cavities, turn their normals inwards"
        )
    hollow = int(((volume < 0.0) & (around > 0)).sum())
    if hollow:
        notes.append(f"{hollow} shells that point inwards lie in solid: cavities")
    kept = ~lost[shell]
    _, renumbered = np.unique(shell[kept], return_inverse=True)
    return triangles[kept], renumbered.astype(np.int64), count - int(lost.sum())


def _swallowed(points: FloatArray, triangles: IntArray, shell: IntArray, which: int) -> bool:
    """Whether all corners and centres of a shell lie in the solid of the others, none on them."""
    tree = TriangleTree(points, triangles[shell != which])
    mine = triangles[shell == which]
    probes = np.concatenate([points[np.unique(mine)], points[mine].mean(axis=1)])
    span = float((points.max(axis=0) - points.min(axis=0)).max())
    distance, _ = tree.nearest(probes)
    return bool((distance > _TOUCH * span).all() and (tree.winding(probes) > 0).all())


def _winding_just_outside(
    points: FloatArray, triangles: IntArray, shell: IntArray, count: int
) -> IntArray:
    """How often the surface winds around a point just beyond the rightmost corner of each shell."""
    if count == 1:
        return np.zeros(1, dtype=np.int64)
    x = points[triangles, 0]
    most = x.argmax(axis=1)
    corner = triangles[np.arange(len(triangles)), most]
    order = np.lexsort((x.max(axis=1), shell))
    last = order[np.searchsorted(shell[order], np.arange(count), side="right") - 1]
    span = float((points.max(axis=0) - points.min(axis=0)).max())
    probes = points[corner[last]] + np.array([_TOUCH * span, 0.0, 0.0])
    return TriangleTree(points, triangles).winding(probes)


def _require_balance(where: str, points: FloatArray, triangles: IntArray) -> None:
    """Refuse edges that are passed more often one way than the other."""
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    low, high = edges.min(axis=1), edges.max(axis=1)
    _, first, which = np.unique(
        low * (int(triangles.max()) + 1) + high, return_index=True, return_inverse=True
    )
    balance = np.bincount(which.ravel(), np.where(edges[:, 0] < edges[:, 1], 1.0, -1.0))
    bad = np.flatnonzero(balance)
    if len(bad):
        place = ", ".join(f"{v:.6g}" for v in points[edges[first[bad[0]]]].mean(axis=0))
        raise InputError(
            f"{where}: {len(bad)} edges where four or more sheets meet and inside cannot be told "
            f"from outside, the first at ({place}) µm",
            hint="separate the bodies that touch along an edge, or join them properly, in the "
            "program that wrote the file",
        )


def _apart(points: FloatArray, triangles: IntArray, shell: IntArray, count: int) -> bool:
    """Whether no two shells of the same sense can overlap, by their boxes."""
    if count == 1:
        return True
    if count > _MOST_COMPARED:
        return False
    volume = np.bincount(shell, shares_of_volume(points, triangles), count)
    order = np.argsort(shell, kind="stable")
    first = np.searchsorted(shell[order], np.arange(count))
    corners = points[triangles[order]]
    low = np.minimum.reduceat(corners.min(axis=1), first)
    high = np.maximum.reduceat(corners.max(axis=1), first)
    meet = np.asarray(((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2))
    meet &= ~np.eye(count, dtype=bool)
    # A cavity in a solid meets it of course; two solids, or two cavities, should not.
    solid = volume > 0.0
    return not (meet & (solid[:, None] == solid[None])).any()
