"""Scale and colour bar inside a live picture; finished pictures have theirs drawn as vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.camera import round_length
from postprocess.labels import significant
from postprocess.scene.layers import coloured, hairline
from postprocess.scene.quantities import Limits, Quantity, ink_list
from postprocess.style import shorten

if TYPE_CHECKING:
    import pyvista

    from postprocess.scene.data import Scene


def add_scale_bar(
    plotter: pyvista.Plotter, scene: Scene, *, colour: str = "#333333", axis: int = 0
) -> list[Any]:
    """A line of a round length below the front edge of the body, with its length in µm.

    It lies in space, so it stays true whatever the camera does.

    Parameters
    ----------
    plotter, scene
        Where to draw, and what.
    colour
        Of line and text.
    axis
        Along which it lies: 0, 1, 2 for x, y, z.
    """
    import pyvista

    low, high = scene.bounds
    extent = high - low
    length = round_length(0.35 * float(extent[axis]))
    gap = 0.06 * float(np.linalg.norm(extent))
    start = low - gap * np.array([0.0, 1.0, 0.0] if axis != 1 else [1.0, 0.0, 0.0])
    end = start + length * np.eye(3)[axis]
    line = plotter.add_mesh(
        pyvista.Line(start, end), color=colour, line_width=3 * hairline(plotter), lighting=False
    )
    text = plotter.add_point_labels(
        [(start + end) / 2 - 0.35 * gap * np.array([0.0, 0.0, 1.0])],
        [f"{significant(length, 2)} µm"],
        text_color=colour,
        font_size=14,
        shape=None,
        show_points=False,
        always_visible=True,
        justification_horizontal="center",
        justification_vertical="top",
    )
    return [line, text]


def add_colour_bar(
    plotter: pyvista.Plotter,
    quantity: Quantity,
    ends: Limits,
    *,
    inks: tuple[str, ...] = (),
    colour: str = "#333333",
    place: int = 0,
) -> list[Any]:
    """Colour bar of a quantity with its unit, at the lower edge; for inks a legend.

    Parameters
    ----------
    plotter
        Where to draw.
    quantity, ends
        What the bar says.
    inks
        Names of the inks; plain text, shortened.
    colour
        Of the text.
    place
        0 for the lowest bar, 1 for the one above it, and so on.
    """
    import pyvista

    if quantity.policy == "inks":
        rows = [[shorten(name), hue] for name, hue in zip(inks, ink_list(len(inks)), strict=True)]
        return [plotter.add_legend(rows, bcolor=None, face="rectangle", loc="lower right")]
    carrier = pyvista.PolyData(np.zeros((2, 3)))
    carrier.point_data[quantity.key] = np.array(ends.clim)
    look = coloured(quantity, ends)
    unseen = plotter.add_mesh(carrier, opacity=0.0, reset_camera=False, **look)
    unseen.visibility = False
    bar = plotter.add_scalar_bar(
        title=quantity.title,
        mapper=unseen.mapper,
        color=colour,
        width=0.5,
        height=0.07,
        position_x=0.25,
        position_y=0.02 + 0.1 * place,
        title_font_size=14,
        label_font_size=13,
        n_labels=5,
        fmt="%.3g",
    )
    return [bar, unseen]
