"""What reading a foreign file ends in: a mesh that stands on the glass, and notes on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.cad.boundary import boundary_faces, plane_tags
from meshes.cad.mesh_body import MeshBody
from meshes.cad.surface_body import STANDS_ON_A_POINT
from meshes.quality import components
from meshes.scaffold import FloatArray, IntArray
from meshes.tetmesh import Int32Array, SurfaceTag, TetMesh


@dataclass(frozen=True)
class ImportedMesh:
    """A mesh from a file of another program.

    Parameters
    ----------
    mesh
        Tetrahedra in µm, standing on z = 0.
    notes
        What was repaired, assumed or is worth knowing, one sentence each.
    """

    mesh: TetMesh
    notes: tuple[str, ...] = ()

    def body(
        self, direction: tuple[float, float, float] = (1.0, 0.0, 0.0), on_glass: bool = True
    ) -> MeshBody:
        """The body as a scaffold, which is solved on this very mesh.

        Parameters are those of :class:`~meshes.cad.mesh_body.MeshBody`.
        """
        return MeshBody(self.mesh, direction, on_glass)


def standing_mesh(
    points: FloatArray,
    cells: IntArray,
    cell_ink: IntArray,
    inks: tuple[str, ...],
    *,
    exact_volumes: FloatArray | None,
    notes: list[str],
    tagged: tuple[IntArray, Int32Array] | None = None,
) -> ImportedMesh:
    """Move a mesh in z so that it stands on z = 0, and find and tag its outer faces.

    Parameters
    ----------
    points
        Shape (n, 3), µm; those of no cell are left out.
    cells
        Positively oriented, shape (m, 4).
    cell_ink
        Index into `inks`, shape (m,).
    inks
        Their names.
    exact_volumes
        Of the curved body, shape (n_inks,), µm³; None takes the mesh as exact.
    notes
        What has been found so far.
    tagged
        Faces whose tag the file says, shape (k, 3), and the tags; others go by their plane.
    """
    used, flat = np.unique(cells, return_inverse=True)
    cells = flat.reshape(-1, 4).astype(np.int64)
    points = points[used]
    lowest = float(points[:, 2].min())
    points = points - np.array([0.0, 0.0, lowest])
    said = list(notes)
    if lowest:
        said.append(f"moved by {-lowest:g} µm in z, so that it stands on z = 0")
    facets, _ = boundary_faces(cells)
    tags = plane_tags(points, facets, float(points[:, 2].max()))
    if tagged is not None and len(tagged[0]):
        _apply(used, facets, tags, *tagged)
    if not (tags == SurfaceTag.BOTTOM).any():
        said.append(STANDS_ON_A_POINT)
    volumes = np.zeros(len(inks)) if exact_volumes is None else exact_volumes
    ink = cell_ink.astype(np.int32)
    mesh = TetMesh(points, cells, ink, facets, tags, inks, volumes)
    if exact_volumes is None:
        mesh = TetMesh(points, cells, ink, facets, tags, inks, mesh.ink_volumes())
    pieces, _ = components(mesh)
    if pieces > 1:
        said.append(f"{pieces} pieces share no vertex: nothing holds them together")
    return ImportedMesh(mesh, tuple(said))


def _apply(
    used: IntArray, facets: IntArray, tags: Int32Array, faces: IntArray, given: Int32Array
) -> None:
    """Write the tags that a file gives to the faces it names, in its own numbers of points."""
    size = len(used) + 1
    place = np.minimum(np.searchsorted(used, faces), len(used) - 1)
    named = np.where((used[place] == faces).all(axis=1)[:, None], place, len(used))

    def key(corners: IntArray) -> IntArray:
        ranked = np.sort(corners, axis=1)
        return ranked[:, 0] + size * (ranked[:, 1] + size * ranked[:, 2])

    named_keys = key(named)
    order = np.argsort(named_keys, kind="stable")
    mine = key(facets)
    at = np.minimum(np.searchsorted(named_keys[order], mine), len(order) - 1)
    hit = named_keys[order][at] == mine
    tags[hit] = given[order][at[hit]]
