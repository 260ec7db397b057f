"""What a picture is laid from: each function adds one thing to a plotter and returns its actors.

Nothing here is global: the plotter, the scene and the limits of the colours are given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, Quantity, colours, limits
from postprocess.scene.stage import LIGHT

if TYPE_CHECKING:
    import pyvista

    from postprocess.scene.data import Scene

_BODY, _EDGES = "#8a93a0", "#5a6370"


def coloured(quantity: Quantity, ends: Limits) -> dict[str, Any]:
    """Arguments by which ``Plotter.add_mesh`` colours a mesh that carries a quantity."""
    return {
        "scalars": quantity.key,
        "cmap": colours(quantity, ends),
        "clim": list(ends.clim),
        "log_scale": ends.log,
        "nan_color": "#b0b0b0",
        "show_scalar_bar": False,
    }


def hairline(plotter: pyvista.Plotter) -> float:
    """Width of thin lines, pixels: as thin in a large picture as in a small one."""
    return max(1.2, 1.2 * max(plotter.window_size) / 1400)


def put(plotter: pyvista.Plotter, mesh: Any, **look: Any) -> Any:
    """Add a mesh as an actor with a name of its own; other arguments as ``Plotter.add_mesh``.

    PyVista names an actor by its mesh: a mesh laid down twice, coloured differently, would silently
    take its own place.
    """
    return plotter.add_mesh(mesh, name=f"layer-{uuid4().hex}", **look)


def cut(mesh: Any, scene: Scene, plane: Plane | None) -> Any:
    """The half of a mesh that a plane leaves; without a plane all of it."""
    if plane is None:
        return mesh
    return mesh.clip(
        normal=plane.normal, origin=plane.origin(scene.bounds), invert=plane.keep == "below"
    )


def add_body(
    plotter: pyvista.Plotter,
    scene: Scene,
    *,
    opacity: float = 0.16,
    edges: bool = True,
    clip: Plane | None = None,
) -> list[Any]:
    """The scaffold as clear grey glass with its sharp edges: where the rest lies.

    Of the glass only the far walls are drawn: it veils nothing that is seen through one strand.
    """
    skin = cut(scene.skin, scene, clip).clean()
    if not skin.n_cells:
        return []
    glass = {"color": _BODY, "opacity": opacity, "culling": "front", "show_scalar_bar": False}
    actors = [put(plotter, skin, **glass, **LIGHT)]
    if edges:
        lines = skin.extract_feature_edges(
            feature_angle=60, boundary_edges=False, non_manifold_edges=False, manifold_edges=False
        )
        if lines.n_cells:
            actors.append(
                put(plotter, lines, color=_EDGES, line_width=hairline(plotter), opacity=0.6)
            )
    return actors


def add_field(
    plotter: pyvista.Plotter,
    scene: Scene,
    quantity: Quantity,
    *,
    ends: Limits | None = None,
    opacity: float = 1.0,
) -> list[Any]:
    """A field on the scaffold's skin.

    Parameters
    ----------
    plotter, scene
        Where to draw, and what.
    quantity
        One of the mesh.
    ends
        Limits of its colours; None: those of this scene alone.
    opacity
        0 (not there) to 1.
    """
    return _skin(plotter, scene.skin, quantity, ends or limits(quantity, scene), opacity)


def add_clip(
    plotter: pyvista.Plotter,
    scene: Scene,
    quantity: Quantity,
    plane: Plane,
    *,
    ends: Limits | None = None,
    opacity: float = 1.0,
) -> list[Any]:
    """A field on what a plane leaves of the scaffold: its skin and the face of the cut."""
    half = cut(scene.grid, scene, plane)
    surface = half.extract_surface(algorithm="dataset_surface")
    return _skin(plotter, surface, quantity, ends or limits(quantity, scene), opacity)


def add_section(
    plotter: pyvista.Plotter,
    scene: Scene,
    quantity: Quantity,
    plane: Plane,
    *,
    ends: Limits | None = None,
) -> list[Any]:
    """A field on the section of the scaffold with a plane, with its outline."""
    face = scene.grid.slice(normal=plane.normal, origin=plane.origin(scene.bounds))
    actors = _skin(plotter, face, quantity, ends or limits(quantity, scene), 1.0)
    if actors:
        rim = face.extract_feature_edges(
            boundary_edges=True, feature_edges=False, non_manifold_edges=False, manifold_edges=False
        )
        if rim.n_cells:
            actors.append(put(plotter, rim, color="#222222", line_width=hairline(plotter)))
    return actors


def add_iso(
    plotter: pyvista.Plotter,
    scene: Scene,
    quantity: Quantity,
    levels: list[float],
    *,
    ends: Limits | None = None,
    opacity: float = 0.75,
    clip: Plane | None = None,
) -> list[Any]:
    """Surfaces on which a field has given values (in its unit), coloured by that value."""
    field = scene.grid
    if quantity.where == "cells":
        field = field.cell_data_to_point_data(pass_cell_data=False)
    surface = cut(field.contour(levels, scalars=quantity.key), scene, clip)
    return _skin(plotter, surface, quantity, ends or limits(quantity, scene), opacity)


def _skin(
    plotter: pyvista.Plotter, mesh: Any, quantity: Quantity, ends: Limits, opacity: float
) -> list[Any]:
    if not mesh.n_cells:
        return []
    held = "cell" if quantity.key in mesh.cell_data else "point"
    look = coloured(quantity, ends) | LIGHT
    return [put(plotter, mesh, preference=held, opacity=opacity, **look)]


def levels_of(ends: Limits, count: int) -> list[float]:
    """``count`` values spread evenly inside the limits of a quantity, along its scale."""
    shares = np.linspace(0, 1, count + 2)[1:-1]
    if ends.log:
        return [float(v) for v in ends.low * (ends.high / ends.low) ** shares]
    return [float(v) for v in ends.low + (ends.high - ends.low) * shares]
