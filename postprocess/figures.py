"""All pictures of a result, with captions, in the order in which the report shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from postprocess import finite_plots, pictures, plots
from postprocess.casefile import cell_radius_um
from postprocess.results import RunResult
from postprocess.scenes import RenderError, Scenes, render_scenes


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
    jobs: dict[str, Callable[[Path], str]] = {}
    tell("rendering the scaffold")
    try:
        scenes: Scenes = render_scenes(result, fields, sites, cell_radius_um=radius)
    except RenderError as failed:
        warnings.append(f"3D pictures could not be drawn: {failed}. The numbers are not affected.")
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
    if "load" in result.curves:
        jobs["load_curve"] = lambda path: finite_plots.load_curve(result, path)
    if result.contraction is not None:
        jobs["contraction"] = lambda path: finite_plots.contraction(result, path)
    drawn = []
    for key, draw in jobs.items():
        tell(f"drawing {key.replace('_', ' ')}")
        path = folder / f"{key}.png"
        drawn.append(Picture(key, path, draw(path)))
    return drawn, warnings
