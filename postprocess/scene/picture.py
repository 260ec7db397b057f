"""A finished picture: the scaffold as pixels; scale, colour bars and words as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from postprocess.camera import Projection
from postprocess.scene import layers
from postprocess.scene.data import Scene
from postprocess.scene.fibres import add_fibres
from postprocess.scene.glyphs import add_ellipsoids, add_sites, add_toolpath, path_colours
from postprocess.scene.look import Look
from postprocess.scene.quantities import Limits, Quantity, Where, find, ink_list, limits
from postprocess.scene.scale import draw_scale, scale_of
from postprocess.scene.stage import shoot, stage
from postprocess.style import drawing, shorten

SUFFIXES = (".png", ".svg", ".pdf")
_TITLE, _GAP, _EDGE = 0.28, 0.14, 0.06  # inches: name of a result, between pictures, around all
_BAR, _BARS = 0.62, 0.76  # inches: a colour bar, several with words on two lines
# Text of a PDF can be searched and edited; SVG holds outlines, which need no font, and no chance.
_FILES = {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "dormatrix"}
_CLEAR, _GHOST = 0.16, 0.1  # opacity of the scaffold around sites, and around fibres


@dataclass(frozen=True)
class Shown:
    """One quantity that a picture colours, with the limits that all of its results share."""

    quantity: Quantity
    ends: Limits


def quantities_of(look: Look, scenes: Sequence[Scene]) -> dict[str, Shown]:
    """What a look colours: ``field``, ``fibres``, ``sites`` and ``toolpath``, where it shows them.

    Raises
    ------
    InputError
        Where one of the scenes does not hold it.
    """
    named: dict[str, tuple[str | None, Where]] = {
        "field": (look.field, "cells"),
        "fibres": (look.fibre_colour if look.fibres else None, "cells"),
        "sites": (look.sites or ("stiffness" if look.ellipsoids else None), "sites"),
    }
    told = {}
    for part, (name, where) in named.items():
        if name is None:
            continue
        for scene in scenes:
            quantity = find(name, scene, where)
        if part == "fibres" and quantity.where != "cells":
            raise InputError(
                f"fibres cannot be coloured by {quantity.word}: it belongs to points",
                hint="alignment, anisotropy or stiffness",
            )
        told[part] = Shown(quantity, limits(quantity, *scenes))
    if look.toolpath:
        longest = max(scenes, key=lambda scene: scene.toolpath.n_cells if scene.toolpath else 0)
        told["toolpath"] = Shown(*path_colours(longest, look.toolpath))
    return told


def compose(plotter: Any, scene: Scene, look: Look, told: dict[str, Shown]) -> None:
    """Add to a plotter all that a look shows of one scene."""
    field = told.get("field")
    solid = field is not None and look.section is None and look.iso is None
    if field is not None and solid:
        if look.clip is None:
            layers.add_field(plotter, scene, field.quantity, ends=field.ends)
        else:
            layers.add_clip(plotter, scene, field.quantity, look.clip, ends=field.ends)
    else:
        clear = _GHOST if look.fibres or look.section or look.iso is not None else _CLEAR
        layers.add_body(plotter, scene, opacity=clear, clip=look.clip)
    if field is not None and look.section is not None:
        layers.add_section(plotter, scene, field.quantity, look.section, ends=field.ends)
    if field is not None and look.iso is not None:
        values = list(look.iso) or layers.levels_of(field.ends, 3)
        layers.add_iso(plotter, scene, field.quantity, values, ends=field.ends, clip=look.clip)
    if look.fibres:
        fibres = told["fibres"]
        add_fibres(
            plotter, scene, fibres.quantity, how=look.fibres, ends=fibres.ends, clip=look.clip
        )
    # A solid half hides what is in it: cells of the half that was taken away are shown in the air.
    left = None if solid else look.clip
    if look.ellipsoids:
        sites = told["sites"]
        add_ellipsoids(plotter, scene, sites.quantity, ends=sites.ends, clip=left)
    elif look.sites:
        sites = told["sites"]
        add_sites(plotter, scene, sites.quantity, ends=sites.ends, ring=look.rings, clip=left)
    if look.toolpath:
        add_toolpath(plotter, scene, by=look.toolpath, ends=told["toolpath"].ends)


def render(
    scene: Scene, look: Look, told: dict[str, Shown], projection: Projection, *, transparent: bool
) -> npt.NDArray[np.uint8]:
    """Pixels of one scene, ``(h, w, 3)``, or ``(h, w, 4)`` where transparent.

    Raises
    ------
    RenderError
        Where nothing was drawn.
    """
    from postprocess.scenes import RenderError

    plotter = stage(projection, look.background)
    compose(plotter, scene, look, told)
    image = shoot(plotter, transparent=transparent)
    if image.std() < 0.05:
        raise RenderError("the renderer drew nothing")
    return image


def draw(
    scenes: Scene | Sequence[Scene],
    look: Look,
    path: Path,
    *,
    dpi: int = 300,
    size: tuple[int, int | None] | None = None,
    transparent: bool = False,
) -> None:
    """Draw one result, or several side by side with the same limits and the same camera.

    Parameters
    ----------
    scenes
        What to draw.
    look
        What of it, and from where.
    path
        ``.png``, or ``.svg`` or ``.pdf``: pixels of the scene under lettering that stays vector.
    dpi
        Pixels per inch of paper, by which lettering is sized.
    size
        Width and height of the picture, pixels; the height None: as the scene needs; None: 7.5
        inches wide.
    transparent
        Leave the background out.

    Raises
    ------
    InputError
        Where a result does not hold what is to be shown, or there is no room for it.
    RenderError
        Where nothing was drawn.
    """
    from matplotlib import rc_context

    shown = [scenes] if isinstance(scenes, Scene) else list(scenes)
    told = quantities_of(look, shown)
    width, height = size or (round(7.5 * dpi), None)
    frame = _Frame(width / dpi, None if height is None else height / dpi, len(shown), len(told))
    # One scale for all: the results are framed by the box that holds the largest of them.
    extent = np.max([np.ptp(scene.bounds, axis=0) for scene in shown], axis=0)
    boxes = [scene.centre + np.array([-0.5, 0.5])[:, None] * extent for scene in shown]
    across = round(frame.panel * dpi)
    first = look.camera.frame(boxes[0], across)
    below = (scale_of(first, boxes[0]).floor - first.size[1]) / dpi
    down = first.size[1] / dpi if frame.height is None else frame.room(below)
    if down * dpi < 60 or across < 60:
        raise InputError(
            f"a picture of {width} x {height or 'any'} pixels has no room for the scene",
            hint="raise --size, or lower --dpi, which makes the lettering smaller",
        )
    views = [look.camera.frame(box, across, round(down * dpi)) for box in boxes]
    images = [
        render(scene, look, told, view, transparent=transparent)
        for scene, view in zip(shown, views, strict=True)
    ]
    total = frame.height or down + below + frame.around
    with drawing(frame.width, total) as figure:
        figure.set_layout_engine("none")
        for number, (image, view) in enumerate(zip(images, views, strict=True)):
            left = _EDGE + number * (frame.panel + _GAP)
            axes = figure.add_axes(
                (
                    left / frame.width,
                    (total - _EDGE - frame.title - down - below) / total,
                    frame.panel / frame.width,
                    (down + below) / total,
                )
            )
            axes.imshow(image, interpolation="antialiased", interpolation_stage="rgba")
            axes.set(xlim=(0, view.size[0]), ylim=(view.size[1] + below * dpi, 0))
            axes.set_axis_off()
            if len(shown) > 1:
                letters = max(int(9 * frame.panel), 12)
                axes.set_title(shorten(shown[number].name, letters), color=look.ink)
            draw_scale(axes, scale_of(view, boxes[number]), view.size[0], look.ink)
        for number, part in enumerate(told.values()):
            names = max((scene.inks for scene in shown), key=len)
            _draw_bar(figure, part, number, len(told), total, names, look.ink)
        with rc_context(_FILES):
            figure.savefig(
                path,
                dpi=dpi,
                bbox_inches=figure.bbox_inches,
                facecolor="none" if transparent else look.background,
                metadata=_metadata(path),
            )


@dataclass(frozen=True)
class _Frame:
    """How the paper is shared, inches.

    Parameters
    ----------
    width, height
        Of the whole; the height None where it follows from the scene.
    count, bars
        Number of results, and of colour bars.
    """

    width: float
    height: float | None
    count: int
    bars: int

    @property
    def panel(self) -> float:
        """Width of the picture of one result."""
        return (self.width - 2 * _EDGE - _GAP * (self.count - 1)) / self.count

    @property
    def title(self) -> float:
        """Height of the names, which only several results need."""
        return _TITLE if self.count > 1 else 0.0

    @property
    def around(self) -> float:
        """Height of all but the scene and its arrows."""
        return self.title + 2 * _EDGE + (0.0, _BAR, _BARS)[min(self.bars, 2)]

    def room(self, below: float) -> float:
        """Height that is left to the scene, where ``below`` is taken by its arrows."""
        return (self.height or 0.0) - self.around - below


def _draw_bar(
    figure: Any,
    part: Shown,
    number: int,
    count: int,
    total: float,
    inks: Sequence[str],
    colour: str,
) -> None:
    """One of ``count`` colour bars side by side at the lower edge; for inks a legend."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    share = 1 / count
    wide = min(0.62 * share if count == 1 else 0.8 * share, 5.0 / figure.get_figwidth())
    left = share * (number + 0.5) - wide / 2
    top = 0.42 if count == 1 else 0.56
    rail = figure.add_axes((left, top / total, wide, 0.11 / total))
    if part.quantity.policy == "inks":
        rail.set_axis_off()
        handles = [rail.plot([], [], "s", color=hue)[0] for hue in ink_list(len(inks))]
        rail.legend(
            handles,
            [shorten(name, 24) for name in inks],
            loc="center",
            ncols=min(len(inks), 4),
            labelcolor=colour,
        )
        return
    ends = part.ends
    norm = LogNorm(*ends.clim) if ends.log else Normalize(*ends.clim)
    bar = figure.colorbar(
        ScalarMappable(norm, part.quantity.cmap),
        cax=rail,
        orientation="horizontal",
        extend=ends.extend,
    )
    size = 9.5 if count == 1 else 8.0
    letters = int(0.95 * share * figure.get_figwidth() * 72 / (0.55 * size))
    words = wrap(part.quantity.title, max(letters, 12))[:2]
    bar.set_label("\n".join(words), color=colour, fontsize=size)
    bar.outline.set_linewidth(0.5)
    bar.outline.set_edgecolor(colour)
    if ends.log:
        bar.ax.xaxis.set_major_formatter("{x:g}")
    bar.ax.tick_params(which="both", colors=colour)


def _metadata(path: Path) -> dict[str, Any]:
    """No date and no user in a file: the same picture gives the same bytes."""
    kept = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
    return kept.get(path.suffix.lower(), {})
