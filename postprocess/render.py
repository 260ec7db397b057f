"""Off-screen VTK scenes, run as a program of its own: ``python -m postprocess.render JOB``.

A machine without a usable OpenGL can end a process without an exception. Rendering therefore
happens in a child process that reads the field files and leaves arrays; whatever happens to it,
the run and its numbers stand.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.camera import OBLIQUE, PLAN, Projection, look
from postprocess.contract import FloatArray
from postprocess.style import DIRECTION_MAP, DORMANCY_MAP, STIFFNESS_MAP, uncertain

if TYPE_CHECKING:
    import pyvista

LIGHT = {"ambient": 0.6, "diffuse": 0.45, "specular": 0.0}
_BODY = "#8a93a0"
_RING = 1.32  # outline of an uncertain site relative to its sphere


def thin(points: FloatArray, most: int) -> npt.NDArray[np.int64]:
    """Choose at most ``most`` points spread evenly over space, the same ones each time.

    Parameters
    ----------
    points
        ``(n, 3)`` µm.
    most
        How many to keep at most.

    Returns
    -------
    numpy.ndarray
        Indices, ascending: from each voxel of a grid one point, drawn with a fixed seed.
    """
    if len(points) <= most:
        return np.arange(len(points))
    low, extent = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    step = float(np.prod(extent) / most) ** (1 / 3)
    # Which point of a voxel is chosen is left to chance: a fixed place in it would show as a grid.
    lot = np.random.default_rng(0).random(len(points))
    while True:
        voxel = np.floor((points - low) / step).astype(np.int64)
        order = np.lexsort((lot, voxel[:, 2], voxel[:, 1], voxel[:, 0]))
        fresh = np.r_[True, np.any(np.diff(voxel[order], axis=0) != 0, axis=1)]
        chosen = order[fresh]
        if len(chosen) <= most:
            return np.sort(chosen)
        step *= 1.1


def sphere_radius(points: FloatArray, bounds: FloatArray, true_radius: float | None) -> float:
    """Radius at which sites are drawn, µm: the true one unless that could not be seen.

    Parameters
    ----------
    points
        ``(n, 3)`` sites that are drawn, µm.
    bounds
        ``(2, 3)`` of the scaffold, µm.
    true_radius
        Radius of a cell, µm, or None where it is not known.
    """
    diagonal = float(np.linalg.norm(np.ptp(bounds, axis=0)))
    spacing = float(np.prod(np.maximum(np.ptp(bounds, axis=0), 1e-9)) / len(points)) ** (1 / 3)
    visible = min(0.011 * diagonal, 0.3 * spacing)
    return max(true_radius or 0.0, visible)


def scene(projection: Projection) -> pyvista.Plotter:
    """An empty picture seen through a parallel projection, with one lamp."""
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=list(projection.size), lighting="none")
    plotter.set_background("white")
    toward = projection.toward_eye
    centre = np.array(projection.centre)
    far = 10 * max(projection.size) / projection.scale
    # One lamp over the viewer's left shoulder: relief without hiding the colours.
    lamp = toward + 0.35 * np.array(projection.up) - 0.3 * np.array(projection.right)
    plotter.add_light(pyvista.Light(position=tuple(centre + far * lamp), focal_point=centre))
    plotter.camera_position = [tuple(centre + far * toward), tuple(centre), projection.up]
    plotter.enable_parallel_projection()
    plotter.camera.parallel_scale = projection.size[1] / projection.scale / 2
    return plotter


def shoot(plotter: pyvista.Plotter) -> npt.NDArray[np.uint8]:
    """Take the picture, ``(h, w, 3)``, and close the plotter."""
    try:
        plotter.reset_camera_clipping_range()
        return np.asarray(plotter.screenshot(return_img=True))
    finally:
        plotter.close()


def _body(plotter: pyvista.Plotter, grid: pyvista.UnstructuredGrid, opacity: float) -> None:
    surface = grid.extract_surface(algorithm="dataset_surface").clean()
    plotter.add_mesh(surface, color=_BODY, opacity=opacity, show_scalar_bar=False, **LIGHT)
    edges = surface.extract_feature_edges(
        feature_angle=60, boundary_edges=False, non_manifold_edges=False, manifold_edges=False
    )
    if edges.n_cells:
        plotter.add_mesh(edges, color="#5a6370", line_width=1.2, opacity=0.6)


def draw_stiffness(
    grid: pyvista.UnstructuredGrid, projection: Projection, job: dict[str, Any], *, cut: bool
) -> npt.NDArray[np.uint8]:
    """Modulus on the scaffold's skin; with ``cut``, the half towards the eye is taken away."""
    plotter = scene(projection)
    shown = grid.clip(normal="y", origin=grid.center, invert=False) if cut else grid
    plotter.add_mesh(
        shown.extract_surface(algorithm="dataset_surface"),
        scalars="E_isotropic_kPa",
        preference="cell",
        cmap=STIFFNESS_MAP,
        clim=job["stiffness_range"],
        log_scale=bool(job["stiffness_log"]),
        show_scalar_bar=False,
        **LIGHT,
    )
    return shoot(plotter)


def draw_sites(
    grid: pyvista.UnstructuredGrid,
    sites: pyvista.PolyData,
    projection: Projection,
    radius: float,
    *,
    rings: bool,
) -> npt.NDArray[np.uint8]:
    """Sites coloured by P(dormant) in the clear scaffold; ``rings`` outlines uncertain ones."""
    import pyvista

    plotter = scene(projection)
    _body(plotter, grid, 0.16)
    ball = pyvista.Sphere(theta_resolution=14, phi_resolution=10)  # diameter 1
    sites.set_active_scalars("p_dormant", preference="point")
    plotter.add_mesh(
        sites.glyph(geom=ball, scale=False, orient=False, factor=2 * radius),
        scalars="p_dormant",
        cmap=DORMANCY_MAP,
        clim=[0, 1],
        show_scalar_bar=False,
        **LIGHT,
    )
    doubtful = uncertain(
        np.asarray(sites.point_data["p_dormant_low"]),
        np.asarray(sites.point_data["p_dormant_high"]),
    )
    if rings and doubtful.any():
        # Only the far side of a slightly larger black ball is drawn: it shows as an outline.
        hull = pyvista.PolyData(np.asarray(sites.points)[doubtful]).glyph(
            geom=ball, scale=False, orient=False, factor=2 * radius * _RING
        )
        plotter.add_mesh(hull, color="black", culling="front", lighting=False)
    return shoot(plotter)


def draw_fibres(
    grid: pyvista.UnstructuredGrid, projection: Projection, job: dict[str, Any]
) -> npt.NDArray[np.uint8]:
    """Fibre directions as rods coloured by the stiffness along them over that across them."""
    import pyvista

    middles = np.asarray(grid.cell_centers().points)
    chosen = thin(middles, int(job["most_fibres"]))
    rods = pyvista.PolyData(middles[chosen])
    rods["direction"] = np.asarray(grid.cell_data["fibre_direction"])[chosen]
    along, across = (np.asarray(grid.cell_data[f"E_{way}_kPa"]) for way in ("fibre", "cross"))
    rods["ratio"] = (along / across)[chosen]
    volume = float(np.abs(grid.compute_cell_sizes(length=False, area=False)["Volume"]).sum())
    length = 0.95 * (volume / len(chosen)) ** (1 / 3)
    rod = pyvista.Cylinder(
        center=(0, 0, 0), direction=(1, 0, 0), radius=0.055, height=1, resolution=8
    )
    plotter = scene(projection)
    _body(plotter, grid, 0.1)
    plotter.add_mesh(
        rods.glyph(geom=rod, orient="direction", scale=False, factor=length),
        scalars="ratio",
        cmap=DIRECTION_MAP,
        clim=job["ratio_range"],
        show_scalar_bar=False,
        **LIGHT,
    )
    return shoot(plotter)


def render(job: dict[str, Any]) -> None:
    """Draw every scene of a job.

    Parameters
    ----------
    job
        ``fields`` and ``sites`` (files to read), ``out`` (folder for ``<view>.npy`` and
        ``views.json``), ``width`` (pixels), ``cell_radius_um``, ``most_spheres``,
        ``most_fibres``, ``stiffness_range``, ``stiffness_log``, ``ratio_range``, ``rings``
        (whether uncertain sites are outlined).
    """
    import pyvista

    grid = pyvista.read(job["fields"])
    sites = pyvista.read(job["sites"])
    bounds = np.array(grid.bounds).reshape(3, 2).T
    oblique = look(bounds, OBLIQUE, int(job["width"]))
    plan = look(bounds, PLAN, int(job["width"]))
    shown = thin(np.asarray(sites.points), int(job["most_spheres"]))
    if len(shown) < sites.n_points:
        sites = sites.extract_points(shown, include_cells=False).extract_surface(
            algorithm="dataset_surface"
        )
    radius = sphere_radius(np.asarray(sites.points), bounds, job["cell_radius_um"])
    rings = bool(job["rings"])
    views = {
        "stiffness_whole": (oblique, draw_stiffness(grid, oblique, job, cut=False)),
        "stiffness_cut": (oblique, draw_stiffness(grid, oblique, job, cut=True)),
        "sites_oblique": (oblique, draw_sites(grid, sites, oblique, radius, rings=rings)),
        "sites_plan": (plan, draw_sites(grid, sites, plan, radius, rings=rings)),
        "fibres_oblique": (oblique, draw_fibres(grid, oblique, job)),
        "fibres_plan": (plan, draw_fibres(grid, plan, job)),
    }
    out = Path(job["out"])
    for name, (_, image) in views.items():
        np.save(out / f"{name}.npy", image)
    (out / "views.json").write_text(
        json.dumps(
            {
                "views": {name: dataclasses.asdict(view) for name, (view, _) in views.items()},
                "bounds": bounds.tolist(),
                "sphere_um": radius,
                "spheres": int(sites.n_points),
            }
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
