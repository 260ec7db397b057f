"""What can be wrong with a mesh of another program, each fault by its own name.

Faults that have one answer are mended and noted; where a guess would be needed, the mesh is refused
with the number of cells concerned and the place of the first.
"""

from __future__ import annotations

import numpy as np

from meshes.cad.boundary import oriented_faces
from meshes.cad.surface import unique_rows
from meshes.errors import InputError
from meshes.quality import scaled_jacobian
from meshes.scaffold import FloatArray, IntArray
from meshes.tetmesh import signed_volumes

_FLAT = 1e-8  # scaled Jacobian below which a cell has no shape


def inks_by_cell(
    where: str,
    place: FloatArray,
    members: IntArray,
    region_of: IntArray,
    region_ink: IntArray,
    labels: list[str],
) -> IntArray:
    """Ink of each cell from the regions it lies in; -1 where it is left out.

    Parameters
    ----------
    where
        The file, for messages.
    place
        Centres of the cells, shape (m, 3), µm.
    members, region_of
        Cells and the region each is in, shape (k,): a cell may occur several times.
    region_ink
        Ink of each region, -1 for those left out.
    labels
        Name of each region.

    Raises
    ------
    InputError
        If a cell is in no region, or in regions of different inks.
    """
    count = len(place)
    order = np.argsort(members, kind="stable")
    cell, region = members[order], region_of[order]
    ink = np.full(count, -2, dtype=np.int64)
    ink[cell] = region_ink[region]
    clash = np.flatnonzero(region_ink[region] != ink[cell])
    if len(clash):
        cells = np.unique(cell[clash])
        both = sorted({labels[r] for r in region[cell == cells[0]]})
        raise InputError(
            f"{where}: {len(cells)} cells are tagged twice, the first, at {_at(place[cells[0]])}, "
            f"lies in {' and '.join(map(repr, both))}",
            hint="put each volume into one physical group only, or map both regions to one ink",
        )
    bare = np.flatnonzero(ink == -2)
    if len(bare):
        raise InputError(
            f"{where}: {len(bare)} of {count} cells lie in no physical group or region, the first "
            f"at {_at(place[bare[0]])}",
            hint='in Gmsh: Physical Volume("niche") = {1, 2}; each volume needs a group',
        )
    return ink


def single_cells(
    where: str, points: FloatArray, cells: IntArray, ink: IntArray, notes: list[str]
) -> tuple[IntArray, IntArray]:
    """Drop tetrahedra given twice; refuse those given twice with different inks.

    Parameters
    ----------
    where
        The file, for messages.
    points
        Shape (n, 3), µm.
    cells, ink
        Shape (m, 4) and (m,).
    notes
        What was done is added here.
    """
    corners = np.sort(cells, axis=1)
    first, which = unique_rows(corners)
    if len(first) == len(cells):
        return cells, ink
    clash = np.flatnonzero(ink != ink[first][which])
    if len(clash):
        place = points[cells[clash[0]]].mean(axis=0)
        raise InputError(
            f"{where}: {len(clash)} cells are tagged twice: they are given once more with another "
            f"region, the first at {_at(place)}",
            hint="put each volume into one physical group only; Gmsh writes a cell once per group",
        )
    notes.append(f"{len(cells) - len(first)} cells were given twice and are taken once")
    kept = np.sort(first)
    return cells[kept], ink[kept]


def turned_cells(where: str, points: FloatArray, cells: IntArray, notes: list[str]) -> IntArray:
    """Tetrahedra with positive volumes that fill space once.

    A cell whose corners are merely numbered in the other sense is turned. Whether it is more than
    that shows at its faces: cells on both sides of a common face must see it from opposite sides.

    Parameters
    ----------
    where
        The file, for messages.
    points
        Shape (n, 3), µm.
    cells
        Shape (m, 4).
    notes
        What was done is added here.

    Raises
    ------
    InputError
        If cells are flat, turned inside out, or overlap.
    """
    middle = points[cells].mean(axis=1)
    repeated = (np.diff(np.sort(cells, axis=1), axis=1) == 0).any(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        flat = np.flatnonzero(repeated | ~(np.abs(scaled_jacobian(points, cells)) > _FLAT))
    if len(flat):
        raise InputError(
            f"{where}: {len(flat)} of {len(cells)} cells are degenerate (flat, no volume), the "
            f"first at {_at(middle[flat[0]])}",
            hint="mesh it again with another size, or optimise it (Gmsh: Mesh.Optimize = 1)",
        )
    inverted = signed_volumes(points, cells) < 0.0
    if inverted.any():
        cells = np.where(inverted[:, None], cells[:, [0, 1, 3, 2]], cells)
    faces, owner, first = oriented_faces(cells)
    times = np.diff(first, append=len(faces))
    if (times > 2).any():
        bad = owner[first[np.argmax(times > 2)]]
        raise InputError(
            f"{where}: {int((times > 2).sum())} faces belong to three cells or more: cells "
            f"overlap, the first at {_at(middle[bad])}",
            hint="two meshes lie on top of each other: export one of them",
        )
    pairs = first[times == 2]
    even = _even(faces)
    folded = pairs[even[pairs] == even[pairs + 1]]
    if len(folded):
        cell = owner[folded]
        # Of the two cells at such a face the one that was inverted is to blame.
        cell = np.where(inverted[cell], cell, owner[folded + 1])
        raise InputError(
            f"{where}: {len(np.unique(cell))} cells are inverted (turned inside out) or overlap "
            f"their neighbours, the first at {_at(middle[cell[0]])}",
            hint="the mesh is tangled: mesh it again, or optimise it; smoothing or a large "
            "displacement may have done it",
        )
    if inverted.all():
        notes.append("all cells were inverted, as in a mirrored mesh, and were turned")
    elif inverted.any():
        notes.append(f"{int(inverted.sum())} cells with corners in the other sense were turned")
    return cells


def joined_points(
    points: FloatArray, cells: IntArray, notes: list[str]
) -> tuple[IntArray, IntArray]:
    """Join points at the very same place: parts exported one by one are not connected.

    Parameters
    ----------
    points
        Shape (n, 3), µm.
    cells
        Shape (m, 4).
    notes
        What was done is added here.

    Returns
    -------
    cells, substitute
        With the numbers of the points kept, shape (m, 4), and for each point the one that stands
        for it, shape (n,).
    """
    used = np.unique(cells)
    first, which = unique_rows(points[used])
    substitute = np.arange(len(points), dtype=np.int64)
    substitute[used] = used[first][which]
    if len(first) < len(used):
        notes.append(f"{len(used) - len(first)} points at the place of another were joined to it")
    return substitute[cells], substitute


def _even(faces: IntArray) -> np.ndarray:
    """Whether a face lists its corners in an even permutation of their order."""
    a, b, c = faces.T
    return ((a < b) & (b < c)) | ((b < c) & (c < a)) | ((c < a) & (a < b))


def _at(point: FloatArray) -> str:
    return "(" + ", ".join(f"{v:.6g}" for v in point) + ") µm"
