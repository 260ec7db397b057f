"""The meshes that tell what waviness costs a fibre: straight, wavy, and wavy without a gel."""

from __future__ import annotations

from typing import NamedTuple

from meshes.cell_mesh import COARSEST_SIZE, CellMesh, mesh_cell
from meshes.fibre_cell import single_fibre_cell

_COARSE_GROWTH = 0.8  # half the unknowns, E_L 1.5 % higher: for the many solves of a finite stretch


class CrimpMeshes(NamedTuple):
    """Cells of one volume fraction.

    Attributes
    ----------
    straight
        Straight fibre in gel.
    wavy
        Wavy fibre in gel, one wavelength.
    wavy_coarse
        The same with fewer cells.
    alone
        The wavy fibre without gel.
    """

    straight: CellMesh
    wavy: CellMesh
    wavy_coarse: CellMesh
    alone: CellMesh


def crimp_meshes(
    radius: float,
    amplitude: float,
    wavelength: float,
    fraction: float,
    *,
    size: float | None = None,
) -> CrimpMeshes:
    """Mesh the cells of a crimp study.

    Parameters
    ----------
    radius, amplitude, wavelength
        Of the fibre, µm.
    fraction
        Volume fraction of fibres.
    size
        Edge length at the fibre, µm; default the radius. The coarse cell has edges of 1.2 radii.

    Raises
    ------
    InputError
        If the fibre does not fit, or the size is too coarse.
    """
    wavy = single_fibre_cell(fraction, radius, amplitude, wavelength)
    return CrimpMeshes(
        straight=mesh_cell(single_fibre_cell(fraction, radius), size),
        wavy=mesh_cell(wavy, size),
        wavy_coarse=mesh_cell(wavy, COARSEST_SIZE * radius, growth=_COARSE_GROWTH),
        alone=mesh_cell(wavy, size, matrix=False),
    )
