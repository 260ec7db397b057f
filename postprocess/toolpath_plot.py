"""A print path seen from above and from the side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.style import INK_COLOURS, WIDTH, drawing, shorten

_COLOUR_MAPS = {"order": "viridis", "layer": "plasma"}
_LEGEND = 8  # tools that a legend names one by one


def draw_toolpath(
    starts: npt.ArrayLike,
    ends: npt.ArrayLike,
    path: Path,
    *,
    tool: npt.ArrayLike | None = None,
    layer: npt.ArrayLike | None = None,
    names: Mapping[int, str] | None = None,
    by: str = "tool",
) -> str:
    """Draw the segments of a print in plan and from the front; returns the caption.

    Parameters
    ----------
    starts, ends
        Ends of each segment in printing order, shape (n, 3), µm.
    path
        PNG file to write.
    tool
        Number of the tool of each segment, shape (n,); needed to colour by tool.
    layer
        Layer of each segment, shape (n,); needed to colour by layer.
    names
        What the legend calls a tool; default T0, T1, ….
    by
        ``"tool"``, ``"order"`` (of printing) or ``"layer"``.

    Returns
    -------
    str
        Caption, plain text.

    Raises
    ------
    ValueError
        If there is no segment, `by` is another word or its array is missing.
    """
    begin, end = np.asarray(starts, dtype=np.float64), np.asarray(ends, dtype=np.float64)
    values = {"tool": tool, "layer": layer, "order": np.arange(len(begin))}.get(by)
    if values is None or not len(begin):
        raise ValueError(f"nothing to colour {len(begin)} segments by {by!r} with")
    number = np.asarray(values)
    segments = np.stack([begin, end], axis=1) * 1e-3
    low, high = segments.min(axis=(0, 1)), segments.max(axis=(0, 1))
    width, depth, height = np.maximum(high - low, 1e-3)
    plan = min(max(0.8 * WIDTH * depth / width, 1.5), 7.0)
    side = min(max(0.8 * WIDTH * height / width, 0.8), 3.0)
    with drawing(WIDTH, plan + side + 1.2) as figure:
        above, front = figure.subplots(2, 1, height_ratios=(plan, side))
        for axes, (right, up) in ((above, (0, 1)), (front, (0, 2))):
            drawn = _draw(axes, segments[:, :, [right, up]], number, by)
            axes.set_aspect("equal", adjustable="datalim")
            axes.margins(0.04, 0.12 if up == 2 else 0.04)
            axes.autoscale_view()
            axes.set(xlabel="x (mm)", ylabel=f"{'xyz'[up]} (mm)")
        above.set_title("From above")
        front.set_title("From the front")
        if by == "tool":
            _name_tools(above, np.unique(number), names or {})
        else:
            words = "printed first to last" if by == "order" else "layer"
            figure.colorbar(drawn, ax=[above, front], label=words, shrink=0.8)
        figure.savefig(path)
    length = float(np.linalg.norm(end - begin, axis=1).sum()) * 1e-3
    return (
        f"The path of the nozzle where it prints: {len(begin)} segments, {length:.4g} mm, "
        f"coloured by {'order of printing' if by == 'order' else by}. Moves without printing are "
        "left out; lines show axes of strands, not their width."
    )


def _draw(axes: Any, segments: npt.NDArray[np.float64], number: npt.NDArray[Any], by: str) -> Any:
    """The segments as lines in printing order, later ones on top; returns what carries colours."""
    from matplotlib.collections import LineCollection

    look: dict[str, Any] = {"linewidths": 1.2, "capstyle": "round"}
    dots: dict[str, Any] = {"s": 6}
    # A strand seen along its axis is a dot.
    along = np.abs(segments[:, 1] - segments[:, 0]).max(axis=1)
    ends_on = along < 1e-3 * float(np.ptp(segments[:, :, 0]))
    x, y = segments[ends_on, 0].T
    if by == "tool":
        palette = np.array(INK_COLOURS)
        rank = np.unique(number, return_inverse=True)[1]
        colours = palette[rank % len(palette)]
        axes.scatter(x, y, color=colours[ends_on], **dots)
        return axes.add_collection(LineCollection(list(segments), colors=colours, **look))
    look |= {"cmap": _COLOUR_MAPS[by], "array": number}
    drawn = axes.add_collection(LineCollection(list(segments), **look))
    axes.scatter(x, y, c=number[ends_on], cmap=drawn.cmap, norm=drawn.norm, **dots)
    return drawn


def _name_tools(axes: Any, tools: npt.NDArray[Any], names: Mapping[int, str]) -> None:
    """A legend of the tools beside the plan."""
    for rank, tool in enumerate(tools[:_LEGEND]):
        colour = INK_COLOURS[rank % len(INK_COLOURS)]
        axes.plot([], [], color=colour, label=shorten(names.get(int(tool), f"T{int(tool)}")))
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
