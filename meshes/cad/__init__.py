"""Bodies that users bring: STL surfaces, STEP solids, and meshes of other programs."""

from __future__ import annotations

from meshes.cad.foreign import read_any_mesh
from meshes.cad.imported import ImportedMesh
from meshes.cad.mesh_body import MeshBody
from meshes.cad.step import read_step
from meshes.cad.stl import read_stl
from meshes.cad.surface import Surface, repaired_surface
from meshes.cad.surface_body import SurfaceBody

__all__ = [
    "ImportedMesh",
    "MeshBody",
    "Surface",
    "SurfaceBody",
    "read_any_mesh",
    "read_step",
    "read_stl",
    "repaired_surface",
]
