"""The three pictures of the scaffold: rendered scenes with title, colour bar and scale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.labels import significant
from postprocess.results import RunResult
from postprocess.scene.scale import draw_scale, scale_of
from postprocess.scenes import Scenes
from postprocess.style import (
    DIRECTION_MAP,
    DORMANCY_MAP,
    STIFFNESS_MAP,
    WIDTH,
    drawing,
    outline_words,
)

_GAP = 0.18  # inches between pictures
_LABELS = 0.62  # inches for the numbers and the name of a vertical axis
_TITLE = 0.26
_XLABEL = 0.42
_BAR = 0.78  # inches below the pictures for the colour bar and its words


@contextmanager
def _pair(
    scenes: Scenes,
    views: tuple[str, str],
    titles: tuple[str, str],
    mapped: Any,
    label: str,
    *,
    extend: str = "neither",
) -> Iterator[tuple[Any, Any]]:
    """Lay two scenes side by side over one colour bar.

    The first is oblique, with arrows for the scale; the second is oblique too, or seen from above
    with axes that count µm.
    """
    plan = views[1].endswith("plan")
    widths = (4.05, WIDTH - 4.05 - _LABELS) if plan else ((WIDTH - _GAP) / 2,) * 2
    projections = [scenes.projections[view] for view in views]
    arms = scale_of(projections[0], scenes.bounds)
    depth = [arms.floor, float(projections[1].size[1])]  # pixels
    heights = [
        wide * down / projection.size[0]
        for wide, down, projection in zip(widths, depth, projections, strict=True)
    ]
    panel = max(heights[0], heights[1] + (_XLABEL if plan else 0.0))
    total = panel + _TITLE + _BAR
    with drawing(WIDTH, total) as figure:
        figure.set_layout_engine("none")
        lefts = (0.0, WIDTH - widths[1])
        axes = [
            figure.add_axes(
                (left / WIDTH, (total - _TITLE - high) / total, wide / WIDTH, high / total)
            )
            for left, wide, high in zip(lefts, widths, heights, strict=True)
        ]
        for number, (one, view, title) in enumerate(zip(axes, views, titles, strict=True)):
            projection = projections[number]
            across, down = projection.size
            x, y, _ = projection.centre
            half = np.array([across, down]) / projection.scale / 2
            one.imshow(
                scenes.images[view],
                extent=(x - half[0], x + half[0], y - half[1], y + half[1])
                if plan and number
                else (0, across, down, 0),
                interpolation="antialiased",
                interpolation_stage="rgba",
            )
            one.set_title(title)
            if not (plan and number):
                one.set(xlim=(0, across), ylim=(depth[number], 0))
                one.set_axis_off()
        draw_scale(axes[0], arms, projections[0].size[0])
        if plan:
            axes[1].set(xlabel="x (µm)", ylabel="y (µm)")
            axes[1].locator_params(nbins=4)
        rail = figure.add_axes((0.2, (_BAR - 0.3) / total, 0.6, 0.12 / total))
        bar = figure.colorbar(
            mapped, cax=rail, orientation="horizontal", label=label, extend=extend
        )
        bar.outline.set_linewidth(0.5)
        yield figure, bar


def _colour_map(name: str, limits: tuple[float, float], *, log: bool = False) -> Any:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    return ScalarMappable(LogNorm(*limits) if log else Normalize(*limits), name)


def stiffness_picture(result: RunResult, scenes: Scenes, path: Path) -> str:
    """Modulus of the gel on the scaffold, whole and cut open; returns the caption."""
    mapped = _colour_map(STIFFNESS_MAP, scenes.stiffness_range, log=scenes.stiffness_log)
    modulus = result.fields.cell_data["E_isotropic_kPa"]
    low, high = float(np.min(modulus)), float(np.max(modulus))
    beyond = low < scenes.stiffness_range[0] or high > scenes.stiffness_range[1]
    with _pair(
        scenes,
        ("stiffness_whole", "stiffness_cut"),
        ("How stiff the gel is", "… and inside, front half cut away"),
        mapped,
        "Young’s modulus of the gel, averaged over directions (kPa)",
        extend="both" if beyond else "neither",
    ) as (figure, bar):
        if scenes.stiffness_log:
            bar.ax.xaxis.set_major_formatter("{x:g}")
        figure.savefig(path)
    spread = (
        f"It is {significant(low)} kPa everywhere."
        if high - low < 1e-3 * abs(high)
        else f"It runs from {significant(low)} to {significant(high)} kPa"
        + ("; the colours span 99 % of the mesh’s cells." if beyond else ".")
    )
    return (
        f"Young’s modulus of the gel, averaged over directions, on the printed scaffold. {spread} "
        "This is the material itself, not yet what a cell in it senses."
    )


def dormancy_picture(result: RunResult, scenes: Scenes, path: Path, radius: float | None) -> str:
    """P(dormant) at the sites in the translucent scaffold; returns the caption."""
    low, high = (result.sites[f"p_dormant_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    with _pair(
        scenes,
        ("sites_oblique", "sites_plan"),
        ("Where cells would sleep", "Seen from above"),
        _colour_map(DORMANCY_MAP, (0, 1)),
        f"P(dormant): fraction asleep (G0), preset {result.summary['preset']}",
    ) as (figure, bar):
        bar.set_ticks([0, 0.25, 0.5, 0.75, 1])
        for x, side, words in ((-0.02, "right", "awake"), (1.02, "left", "asleep")):
            bar.ax.text(x, 0.5, words, transform=bar.ax.transAxes, ha=side, va="center")
        figure.savefig(path)
    return (
        f"{_sphere_words(result, scenes, radius)} Colour: fraction of a mixed cell population that "
        f"would be in G0 arrest there. {outline_words(low, high)}"
    )


def _sphere_words(result: RunResult, scenes: Scenes, radius: float | None) -> str:
    total = len(result.sites)
    shown = (
        "Each sphere is one cell site"
        if scenes.spheres == total
        else f"Each sphere is one cell site; {scenes.spheres} of {total} are shown, evenly spread"
    )
    if radius is None:
        return f"{shown}. Spheres are not to scale."
    fold = scenes.sphere_um / radius
    if fold < 1.05:
        return f"{shown}, drawn at its radius of {significant(radius)} µm."
    return (
        f"{shown}, drawn {significant(fold, 2)} times larger than the cell "
        f"(radius {significant(radius)} µm) so that it can be seen."
    )


def fibre_picture(result: RunResult, scenes: Scenes, path: Path) -> str:
    """Fibre directions coloured by the stiffness along over across; returns the caption."""
    with _pair(
        scenes,
        ("fibres_oblique", "fibres_plan"),
        ("Which way the fibres run", "Seen from above"),
        _colour_map(DIRECTION_MAP, scenes.ratio_range),
        "stiffness along the fibres ÷ stiffness across them",
    ) as (figure, _):
        figure.savefig(path)
    along, across = (
        np.asarray(result.fields.cell_data[f"E_{way}_kPa"]) for way in ("fibre", "cross")
    )
    strongest = float((along / across).max())
    verdict = (
        "The gel is equally stiff in all directions: the rods only show the print direction."
        if strongest < 1.02
        else f"Along the fibres the gel is up to {significant(strongest)} times as stiff as across."
    )
    return f"Rods lie along the mean fibre direction. {verdict}"
