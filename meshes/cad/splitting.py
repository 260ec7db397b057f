"""Hexahedra, wedges and pyramids as tetrahedra."""

from __future__ import annotations

import numpy as np

from meshes.scaffold import FloatArray, IntArray

# Faces of the cells in the numbering of VTK; which way they turn does not matter here.
_QUADS = {
    "hexahedron": [
        (0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)
    ],
    "wedge": [(0, 1, 4, 3), (1, 2, 5, 4), (2, 0, 3, 5)],
    "pyramid": [(0, 1, 2, 3)],
}  # fmt: skip
_TRIANGLES = {
    "hexahedron": [],
    "wedge": [(0, 1, 2), (3, 4, 5)],
    "pyramid": [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)],
}


def split_cells(
    points: FloatArray, kind: str, cells: IntArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """Tetrahedra from the middle of each cell to the halves of its faces.

    Each quadrilateral is cut from its lowest-numbered corner, as its other neighbour cuts it, so
    that the mesh stays conforming whatever cells meet. A hexahedron makes 12 tetrahedra, a wedge 8,
    a pyramid 6.

    Parameters
    ----------
    points
        Shape (n, 3), µm.
    kind
        "hexahedron", "wedge" or "pyramid".
    cells
        Corners as VTK numbers them, shape (m, 8), (m, 6) or (m, 5).

    Returns
    -------
    centres, tetrahedra, parent
        New points, shape (m, 3), numbered from n on; tetrahedra turned as their faces happen to be,
        shape (k, 4); and the cell each is part of, shape (k,).
    """
    centres = points[cells].mean(axis=1)
    triangles = [cells[:, list(face)] for face in _TRIANGLES[kind]]
    for face in _QUADS[kind]:
        quad = cells[:, list(face)]
        turn = (np.argmin(quad, axis=1)[:, None] + np.arange(4)) % 4
        quad = np.take_along_axis(quad, turn, axis=1)
        triangles += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    number = len(points) + np.arange(len(cells))
    parts = [np.column_stack([triangle, number]) for triangle in triangles]
    parent = np.tile(np.arange(len(cells)), len(parts))
    return centres, np.concatenate(parts), parent
