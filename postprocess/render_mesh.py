"""Off-screen picture of a mesh alone, run as a program: ``python -m postprocess.render_mesh JOB``.

As in :mod:`postprocess.render`, whatever happens to OpenGL here, the command that asked stands.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.camera import OBLIQUE, Projection, look
from postprocess.scene.stage import LIGHT, shoot, stage
from postprocess.style import INK_COLOURS

if TYPE_CHECKING:
    import pyvista

VIEWS = ("whole", "cut")


def draw_mesh(
    grid: pyvista.UnstructuredGrid, projection: Projection, inks: int, *, cut: bool
) -> npt.NDArray[np.uint8]:
    """The mesh with its edges, coloured by ink; with ``cut``, the half towards the eye is gone.

    Whole cells are left out, none is cut through: what is seen inside are the tetrahedra.
    """
    plotter = stage(projection)
    if cut:
        behind = np.asarray(grid.cell_centers().points)[:, 1] > grid.center[1]
        grid = grid.extract_cells(np.flatnonzero(behind))
    plotter.add_mesh(
        grid.extract_surface(algorithm="dataset_surface"),
        scalars="ink",
        preference="cell",
        cmap=[INK_COLOURS[i % len(INK_COLOURS)] for i in range(inks)],
        clim=[-0.5, inks - 0.5],
        show_edges=True,
        edge_color="#2b3440",
        line_width=0.6,
        show_scalar_bar=False,
        **LIGHT,
    )
    return shoot(plotter)


def render(job: dict[str, Any]) -> None:
    """Draw both views.

    Parameters
    ----------
    job
        ``mesh`` (.vtu with the cell data ``ink``), ``inks`` (their number), ``out`` (folder for
        ``<view>.npy`` and ``views.json``), ``width`` (pixels).
    """
    import pyvista

    grid = pyvista.read(job["mesh"])
    grid = grid.extract_cells(np.flatnonzero(np.asarray(grid.celltypes) == pyvista.CellType.TETRA))
    bounds = np.array(grid.bounds).reshape(3, 2).T
    projection = look(bounds, OBLIQUE, int(job["width"]))
    out = Path(job["out"])
    for name in VIEWS:
        image = draw_mesh(grid, projection, int(job["inks"]), cut=name == "cut")
        np.save(out / f"{name}.npy", image)
    told = {"projection": dataclasses.asdict(projection), "bounds": bounds.tolist()}
    (out / "views.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
