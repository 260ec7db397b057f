"""Scale and colour bar inside a live picture; finished pictures have theirs drawn as vectors."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.camera import round_length
from postprocess.labels import significant
from postprocess.scene.layers import coloured, hairline, put
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
    line = put(
        plotter,
        pyvista.Line(start, end),
        color=colour,
        line_width=3 * hairline(plotter),
        lighting=False,
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
    """Colour bar of a quantity with its unit, at the upper edge; for inks a legend.

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
        0 for the bar on the left, 1 for the one beside it, 2 for the third.
    """
    import pyvista

    if quantity.policy == "inks":
        # As text of the ink's colour: a legend of VTK cuts names off.
        return [
            plotter.add_text(
                shorten(name),
                position=(0.72, 0.02 + 0.035 * number),
                viewport=True,
                font_size=9,
                color=hue,
            )
            for number, (name, hue) in enumerate(zip(inks, ink_list(len(inks)), strict=True))
        ]
    carrier = pyvista.PolyData(np.zeros((2, 3)))
    carrier.point_data[quantity.key] = np.array(ends.clim)
    look = coloured(quantity, ends)
    unseen = put(plotter, carrier, opacity=0.0, reset_camera=False, **look)
    unseen.visibility = False
    left = 0.025 + 0.33 * place
    bar = plotter.add_scalar_bar(
        title=quantity.title,
        mapper=unseen.mapper,
        color=colour,
        width=0.29,
        height=0.055,
        position_x=left,
        position_y=0.87,
        label_font_size=12,
        n_labels=4,
        fmt="%.3g",
    )
    # Its own title would lie over its numbers where it takes two lines.
    bar.SetTitle("")
    lines = wrap(quantity.title, 36)[:2]
    words = plotter.add_text(
        "\n".join(lines),
        position=(left, 0.965 - 0.028 * (len(lines) - 1)),
        viewport=True,
        font_size=8,
        color=colour,
    )
    return [bar, words, unseen]
