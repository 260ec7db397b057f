"""Sites, fibres, sensed-stiffness ellipsoids and toolpath as small bodies on a plotter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.scene.layers import coloured
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, Quantity, find, limits
from postprocess.scene.spread import sphere_radius, thin
from postprocess.scene.stage import LIGHT
from postprocess.style import INK_COLOURS

if TYPE_CHECKING:
    import pyvista

    from postprocess.scene.data import Scene

MOST_BALLS = 4000
"""Sites drawn as balls at most; more are thinned evenly, or drawn as sprites."""

MOST_RODS = 1600
MOST_ELLIPSOIDS = 600
_RING = 1.32  # outline of an uncertain site relative to its ball


def site_choice(
    scene: Scene, most: int | None, clip: Plane | None = None
) -> np.ndarray:
    """Indices, ascending, of the sites that are drawn: evenly spread, in what a cut leaves."""
    points = np.asarray(scene.sites.points, dtype=float)
    left = np.arange(len(points)) if clip is None else np.flatnonzero(
        clip.kept(points, scene.bounds)
    )
    return left if most is None else left[thin(points[left], most)]


def add_sites(
    plotter: pyvista.Plotter,
    scene: Scene,
    quantity: Quantity,
    *,
    ends: Limits | None = None,
    ring: bool = True,
    radius: float | None = None,
    most: int | None = MOST_BALLS,
    clip: Plane | None = None,
    sprites: bool = False,
    chosen: np.ndarray | None = None,
) -> list[Any]:
    """Sites as balls coloured by a quantity; uncertain ones with a black outline.

    Parameters
    ----------
    plotter, scene
        Where to draw, and what.
    quantity
        One of the sites.
    ends
        Limits of its colours; None: those of this scene alone.
    ring
        Whether to outline the uncertain sites.
    radius
        Radius of the balls, µm; None: the true one, or what can be seen.
    most
        How many to draw at most; None: all.
    clip
        Only the sites that this cut leaves.
    sprites
        Draw each as one shaded dot of that radius in place of a ball: for 10⁵ sites.
    chosen
        Indices of the sites to draw, instead of ``most`` and ``clip``.

    Returns
    -------
    list
        The actor of the sites, then that of the outlines; none where no site is left.
    """
    import pyvista

    rows = site_choice(scene, most, clip) if chosen is None else chosen
    if not len(rows):
        return []
    centres = np.asarray(scene.sites.points, dtype=float)[rows]
    size = radius or sphere_radius(centres, scene.bounds, scene.cell_radius_um)
    dots = pyvista.PolyData(centres)
    dots.point_data["row"] = rows
    dots.point_data[quantity.key] = quantity.values(scene)[rows]
    look = coloured(quantity, ends or limits(quantity, scene))
    doubtful = np.asarray(scene.sites.point_data["uncertain"])[rows].astype(bool) & ring
    if sprites:
        return _sprites(plotter, dots, look, size, centres[doubtful])
    actors = [plotter.add_mesh(_balls(dots, size), **look, **LIGHT)]
    if doubtful.any():
        # Only the far side of a slightly larger black ball is drawn: it shows as an outline.
        hull = _balls(pyvista.PolyData(centres[doubtful]), size * _RING)
        actors.append(plotter.add_mesh(hull, color="black", culling="front", lighting=False))
    return actors


def _balls(dots: Any, radius: float) -> Any:
    import pyvista

    ball = pyvista.Sphere(theta_resolution=14, phi_resolution=10)  # diameter 1
    return dots.glyph(geom=ball, scale=False, orient=False, factor=2 * radius)


def _sprites(
    plotter: pyvista.Plotter, dots: Any, look: dict[str, Any], radius: float, ringed: FloatArray
) -> list[Any]:
    """One dot each, turned to the eye; the outline is a larger black dot behind."""
    import pyvista

    sprite = {"style": "points_gaussian", "emissive": False, "render_points_as_spheres": True}
    actors = [plotter.add_mesh(dots, **sprite, **look)]
    actors[0].mapper.scale_factor = radius
    if len(ringed):
        flat = sprite | {"render_points_as_spheres": False}
        rims = plotter.add_mesh(pyvista.PolyData(ringed), color="black", **flat)
        rims.mapper.scale_factor = radius * _RING
        actors.append(rims)
    return actors
