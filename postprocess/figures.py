"""All pictures of a result, with captions, in the order in which the report shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from postprocess import biology_plots, finite_plots, opinion_plots, pictures, plots
from postprocess.biology import Biology
from postprocess.cascades import extreme_cascades, mean_cascade, plateaus_of
from postprocess.casefile import cell_radius_um
from postprocess.results import RunResult
from postprocess.scenes import RenderError, Scenes, render_scenes
from postprocess.style import ink_colours
from postprocess.waterfall import waterfall

NOT_DRAWN = "3D pictures could not be drawn"
"""How the warning begins that says why the pictures of the renderer are missing."""

Jobs = dict[str, Callable[[Path], str]]


@dataclass(frozen=True)
class Picture:
    """One picture of a result.

    Parameters
    ----------
    key
        Name of the file without ``.png``.
    path
        The file.
    caption
        What is seen, in words; plain text.
    """

    key: str
    path: Path
    caption: str


def draw_figures(
    result: RunResult,
    folder: Path,
    *,
    fields: Path,
    sites: Path,
    progress: Callable[[str], None] | None = None,
) -> tuple[list[Picture], list[str]]:
    """Draw every picture of a result into a folder.

    Parameters
    ----------
    result
        The run.
    folder
        Existing folder for the PNG files.
    fields, sites
        ``fields.vtu`` and ``sites.vtp`` written from the same result.
    progress
        Told in words what is being drawn.

    Returns
    -------
    pictures, warnings
        The pictures, and what could not be drawn. Without a working VTK only the plain plots and a
        flat dormancy map are drawn; a run never fails for want of a picture.
    """
    tell = progress or (lambda _: None)
    radius = cell_radius_um(result.case)
    warnings: list[str] = []
    jobs: Jobs = {}
    tell("rendering the scaffold")
    try:
        scenes: Scenes = render_scenes(result, fields, sites, cell_radius_um=radius)
    except RenderError as failed:
        warnings.append(f"{NOT_DRAWN}: {failed}. The numbers are not affected.")
        jobs["dormancy_map"] = lambda path: plots.plan_map(result, path)
    else:
        jobs["dormancy_map"] = lambda path: pictures.dormancy_picture(result, scenes, path, radius)
        jobs["stiffness_field"] = lambda path: pictures.stiffness_picture(result, scenes, path)
        jobs["fibre_directions"] = lambda path: pictures.fibre_picture(result, scenes, path)
    jobs["histograms"] = lambda path: plots.histograms(result, path)
    jobs["p_against_stiffness"] = lambda path: plots.p_against_stiffness(result, path)
    jobs["depth"] = lambda path: plots.against_depth(result, path)
    if result.cues:
        jobs["logodds_shares"] = lambda path: plots.logodds_shares(result, path)
        jobs |= _waterfalls(result)
    if "load" in result.curves:
        jobs["load_curve"] = lambda path: finite_plots.load_curve(result, path)
    if result.contraction is not None:
        jobs["contraction"] = lambda path: finite_plots.contraction(result, path)
    if result.biology is not None:
        jobs |= _biology(result, result.biology)
    drawn = []
    for key, draw in jobs.items():
        tell(f"drawing {key.replace('_', ' ')}")
        path = folder / f"{key}.png"
        drawn.append(Picture(key, path, draw(path)))
    return drawn, warnings


def _waterfalls(result: RunResult) -> Jobs:
    """Waterfalls of the mean, and of the two sites that differ most."""
    scale, preset = plateaus_of(result.summary), str(result.summary["preset"])
    mean = mean_cascade(result.sites, result.summary["mean_p_dormant"])
    jobs: Jobs = {"waterfall_mean": lambda path: waterfall([mean], scale, preset, path)}
    ends = extreme_cascades(result.sites)
    if ends:
        jobs["waterfall_sites"] = lambda path: waterfall(ends, scale, preset, path)
    return jobs


def _biology(result: RunResult, biology: Biology) -> Jobs:
    """Pictures of the tables that are there."""
    preset, colours = str(result.summary["preset"]), ink_colours(result.inks)
    jobs: Jobs = {
        "compare": lambda path: biology_plots.compare(biology, preset, path),
        "sensitivity": lambda path: biology_plots.sensitivity(biology, preset, path),
        "history": lambda path: biology_plots.history(biology, preset, path),
        "network": lambda path: opinion_plots.network(biology, preset, colours, path),
        "clutch": lambda path: opinion_plots.clutch(biology, path),
    }
    there = biology.tables()
    unknowns = biology.sensitivity
    moved = unknowns is not None and bool((unknowns["total"] > 0).any())
    return {
        key: draw for key, draw in jobs.items() if key in there and (key != "sensitivity" or moved)
    }
