"""Sites, fibres, sensed-stiffness ellipsoids and toolpath as small bodies on a plotter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from meshes.errors import InputError
from postprocess.contract import FloatArray
from postprocess.scene.layers import coloured, put
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import PRINT_ORDER, Limits, Quantity, find, limits
from postprocess.scene.spread import sphere_radius, thin
from postprocess.scene.stage import LIGHT

if TYPE_CHECKING:
    import pyvista

    from postprocess.scene.data import Scene

MOST_BALLS = 4000
"""Sites drawn as balls at most; more are thinned evenly, or drawn as sprites."""

MOST_RODS = 1600
MOST_ELLIPSOIDS = 600
_RING = 1.32  # outline of an uncertain site relative to its ball


def site_choice(scene: Scene, most: int | None, clip: Plane | None = None) -> np.ndarray:
    """Indices, ascending, of the sites that are drawn: evenly spread, in what a cut leaves."""
    points = np.asarray(scene.sites.points, dtype=float)
    left = (
        np.arange(len(points)) if clip is None else np.flatnonzero(clip.kept(points, scene.bounds))
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
    actors = [put(plotter, _balls(dots, size), **look, **LIGHT)]
    if doubtful.any():
        # Only the far side of a slightly larger black ball is drawn: it shows as an outline.
        hull = _balls(pyvista.PolyData(centres[doubtful]), size * _RING)
        actors.append(put(plotter, hull, color="black", culling="front", lighting=False))
    return actors


def _balls(dots: Any, radius: float) -> Any:
    import pyvista

    ball = pyvista.Sphere(theta_resolution=14, phi_resolution=10)  # diameter 1
    return dots.glyph(geom=ball, scale=False, orient=False, factor=2 * radius)


def _sprites(
    plotter: pyvista.Plotter, dots: Any, look: dict[str, Any], radius: float, ringed: FloatArray
) -> list[Any]:
    """One dot each, turned to the eye; the outline is a larger black dot drawn before it."""
    import pyvista

    sprite = {"style": "points_gaussian", "emissive": False, "render_points_as_spheres": True}
    rims = []
    if len(ringed):
        rims = [put(plotter, pyvista.PolyData(ringed), color="black", lighting=False, **sprite)]
        rims[0].mapper.scale_factor = radius * _RING
    actor = put(plotter, dots, **sprite, **look)
    actor.mapper.scale_factor = radius
    return [actor, *rims]


def add_ellipsoids(
    plotter: pyvista.Plotter,
    scene: Scene,
    quantity: Quantity,
    *,
    ends: Limits | None = None,
    most: int = MOST_ELLIPSOIDS,
    clip: Plane | None = None,
) -> list[Any]:
    """Sensed stiffness of sites as bodies: long where the site is stiff.

    Each is a body of revolution about the stiffest direction; its half-axes stand to each other as
    ``stiffest_kPa`` to ``softest_kPa``, and all have the same volume: the shape shows direction,
    the colour shows size.

    Parameters
    ----------
    plotter, scene
        Where to draw, and what.
    quantity
        One of the sites, for the colour.
    ends
        Limits of its colours; None: those of this scene alone.
    most
        How many to draw at most.
    clip
        Only the sites that this cut leaves.
    """
    import pyvista

    rows = site_choice(scene, most, clip)
    if not len(rows):
        return []
    data = scene.sites.point_data
    along, across = (
        np.asarray(data[f"{end}_kPa"], dtype=float)[rows] for end in ("stiffest", "softest")
    )
    axis = np.asarray(data["stiff_axis"], dtype=float)[rows]
    ratio = along / across
    centres = np.asarray(scene.sites.points, dtype=float)[rows]
    size = 1.25 * sphere_radius(centres, scene.bounds, None) * ratio ** (-1 / 3)
    # r = across · 1 + (along − across) · n ⊗ n turns a unit ball into the body of one site.
    shape = size[:, None, None] * (
        np.eye(3) + (ratio - 1)[:, None, None] * axis[:, :, None] * axis[:, None, :]
    )
    ball = pyvista.Sphere(radius=1, theta_resolution=20, phi_resolution=14)
    skin = np.asarray(ball.points, dtype=float)
    points = centres[:, None] + np.einsum("nij,kj->nki", shape, skin)
    faces = ball.regular_faces[None] + len(skin) * np.arange(len(rows))[:, None, None]
    bodies = pyvista.PolyData.from_regular_faces(points.reshape(-1, 3), faces.reshape(-1, 3))
    bodies.point_data[quantity.key] = np.repeat(quantity.values(scene)[rows], len(skin))
    bodies.point_data["row"] = np.repeat(rows, len(skin))
    look = coloured(quantity, ends or limits(quantity, scene))
    return [put(plotter, bodies, smooth_shading=True, **look, **LIGHT)]


def add_toolpath(
    plotter: pyvista.Plotter,
    scene: Scene,
    *,
    by: str = "order",
    ends: Limits | None = None,
    thickness: float = 0.12,
) -> list[Any]:
    """Axes of the strands as tubes, coloured by order of printing or by ink.

    Parameters
    ----------
    plotter, scene
        Where to draw, and what.
    by
        ``"order"`` (light first, dark last) or ``"ink"``.
    ends
        Limits of the colours; None: those of this scene alone.
    thickness
        Of a tube, as a share of its strand's diameter.

    Raises
    ------
    InputError
        Where the body was not printed along a path.
    """
    if scene.toolpath is None:
        raise InputError(
            "this result has no toolpath",
            hint="bodies that are printed strand by strand have one: woodpile, spiral, print file",
        )
    diameter = float(np.median(np.asarray(scene.toolpath.cell_data["diameter_um"], dtype=float)))
    tubes = scene.toolpath.tube(radius=thickness * diameter / 2, n_sides=8)
    quantity, own = path_colours(scene, by)
    return [put(plotter, tubes, preference="cell", **coloured(quantity, ends or own), **LIGHT)]


def path_colours(scene: Scene, by: str) -> tuple[Quantity, Limits]:
    """What the print path is coloured by, ``"order"`` or ``"ink"``, and within which limits."""
    if by == "ink":
        inks = find("ink", scene, "cells")
        return inks, limits(inks, scene)
    last = 0 if scene.toolpath is None else scene.toolpath.n_cells - 1
    return PRINT_ORDER, Limits(0.0, float(max(last, 1)))
