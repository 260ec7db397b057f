"""A coarse copy of a large skin, made quickly: what is seen while the mouse moves it."""

from __future__ import annotations

from typing import Any

import numpy as np


def coarse_skin(mesh: Any, most: int) -> Any:
    """A surface of about ``most`` triangles at most, with the colours of the whole one.

    Vertices that share a voxel become one (vertex clustering): that needs one pass, where an even
    decimation would take seconds at 10⁶ triangles.

    Parameters
    ----------
    mesh
        ``pyvista.PolyData``.
    most
        Number of cells wanted.
    """
    import pyvista
    from vtkmodules.vtkFiltersCore import vtkQuadricClustering

    if mesh.n_cells <= most:
        return mesh
    extent = np.maximum(np.ptp(np.array(mesh.bounds).reshape(3, 2), axis=1), 1e-9)
    area = 2 * (extent[0] * extent[1] + extent[1] * extent[2] + extent[2] * extent[0])
    # A printed body has several times the surface of its box; the loop makes it certain.
    edge = float(np.sqrt(2.0 * area / most))
    while True:
        divisions = np.maximum(np.ceil(extent / edge).astype(int), 2)
        cluster = vtkQuadricClustering()
        cluster.SetInputData(mesh)
        cluster.AutoAdjustNumberOfDivisionsOff()
        cluster.SetNumberOfDivisions(*map(int, divisions))
        cluster.CopyCellDataOn()
        cluster.Update()
        found = pyvista.wrap(cluster.GetOutput())
        if found.n_cells <= most or divisions.max() <= 4:
            return found
        edge *= 1.3
