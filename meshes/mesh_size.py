"""How fine a mesh of a scaffold is by default, at least and at most."""

from __future__ import annotations

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import Scaffold

MAX_CELLS = 20_000_000
CELLS_PER_CUBE = 6.0  # tetrahedra of Gmsh per cube of the edge length, as measured on many shapes
_AFFORDABLE = 200_000  # tetrahedra of a default mesh of a body without strands
# Lengths that scaffolds name, and their share that is the thickness of what a mesh must show.
_DETAILS = {
    "strand_diameter": 1.0,
    "core_diameter": 1.0,
    "channel_diameter": 1.0,
    "diameters": 1.0,
    "cell": 1.0 / 3.0,  # struts of a cell
}


def smallest_detail(scaffold: Scaffold) -> float | None:
    """Smallest diameter of strands, cores, channels or struts, µm; None without any."""
    named = [
        share * float(np.min(getattr(scaffold, name)))
        for name, share in _DETAILS.items()
        if hasattr(scaffold, name)
    ]
    return min(named, default=None)


def default_size(scaffold: Scaffold) -> float:
    """Default edge length, µm.

    A quarter of the smallest diameter of strands, cores or channels, or of a strut; for other
    bodies a quarter of what is thinnest, the box, a ball in it or a layer, but no finer than makes
    some 200 000 tetrahedra.
    """
    detail = smallest_detail(scaffold)
    if detail is not None:
        return 0.25 * detail
    edges = scaffold.bounds[1] - scaffold.bounds[0]
    affordable = (CELLS_PER_CUBE * float(np.prod(edges)) / _AFFORDABLE) ** (1.0 / 3.0)
    return min(max(0.25 * coarsest_size(scaffold), affordable), coarsest_size(scaffold))


def coarsest_size(scaffold: Scaffold) -> float:
    """Largest edge length that shows the shape, µm.

    Half the smallest diameter of strands, cores, channels or struts; else what is thinnest: the
    box, a ball in it or a layer.
    """
    detail = smallest_detail(scaffold)
    if detail is not None:
        return 0.5 * detail
    edges = scaffold.bounds[1] - scaffold.bounds[0]
    parts = [getattr(scaffold, name, np.inf) for name in ("diameter", "thicknesses")]
    return float(min(edges.min(), *(np.min(part) for part in parts)))


def require_feasible(
    scaffold: Scaffold, edge: float, volume: float, *, cells_per_cube: float = CELLS_PER_CUBE
) -> None:
    """Refuse sizes that cannot show the shape, and sizes that no computer finishes.

    Parameters
    ----------
    scaffold
        The body.
    edge
        Edge length asked for, µm.
    volume
        Volume of the body, µm³.
    cells_per_cube
        Tetrahedra per cube of the edge length.

    Raises
    ------
    InputError
        If the size is too coarse or too fine.
    """
    coarsest = coarsest_size(scaffold)
    if edge > coarsest:
        raise InputError(
            f"mesh size: {edge:g} µm is too coarse for this shape",
            hint=f"choose {coarsest:g} µm or less",
        )
    cells = cells_per_cube * volume / edge**3
    if cells > MAX_CELLS:
        finest = (cells_per_cube * volume / MAX_CELLS) ** (1.0 / 3.0)
        raise InputError(
            f"mesh size: {edge:g} µm would make some {cells:.2g} tetrahedra; "
            f"{MAX_CELLS:.2g} is the most",
            hint=f"choose {finest:.3g} µm or more, or a smaller piece of the scaffold",
        )
