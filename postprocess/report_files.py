"""The report and its pictures on disk: written by a run, or made again from its folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from meshes.errors import InputError, SolveError
from postprocess.figures import NOT_DRAWN, Picture, draw_figures
from postprocess.report import render_report
from postprocess.results import RunResult

REPORT, PDF, PICTURES = "report.html", "report.pdf", "figures"
Tell = Callable[[str], None]


def write_report(
    result: RunResult,
    directory: Path,
    *,
    fields: Path,
    sites: Path,
    figures: bool = True,
    progress: Tell | None = None,
) -> list[str]:
    """Write ``figures/*.png`` and ``report.html`` into a folder.

    Parameters
    ----------
    result
        The run.
    directory
        Existing folder.
    fields, sites
        ``fields.vtu`` and ``sites.vtp`` written from the same result.
    figures
        Whether to draw. Without, the report has neither pictures nor the scene.
    progress
        Told in words what is being done.

    Returns
    -------
    list of str
        The warnings that the report shows: those of the run, and what could not be drawn.
    """
    from postprocess.report_scene.pack import pack_scene
    from postprocess.scene.data import scene_of

    tell = progress or (lambda _: None)
    warnings = [text for text in result.warnings if not text.startswith(NOT_DRAWN)]
    pictures: list[Picture] = []
    if figures:
        folder = directory / PICTURES
        folder.mkdir(exist_ok=True)
        pictures, failed = draw_figures(
            result, folder, fields=fields, sites=sites, progress=progress
        )
        warnings += failed
    tell("writing the report")
    scene = pack_scene(scene_of(result)) if figures else None
    page = render_report(result, pictures, warnings, scene)
    (directory / REPORT).write_bytes(page.encode("utf-8", "replace"))
    return warnings


def print_report(directory: Path) -> list[str]:
    """Print the report of a result that was just computed to ``report.pdf``.

    Returns
    -------
    list of str
        A warning where that went wrong: for want of a PDF no result is thrown away.
    """
    from postprocess.pdf import print_pdf

    try:
        print_pdf(directory / REPORT, directory / PDF)
    except (InputError, SolveError) as failed:
        return [f"{PDF} could not be made: {failed.args[0]}; the numbers are not affected"]
    return []


def make_report_again(
    folder: Path, *, figures: bool = True, pdf: bool = False, progress: Tell | None = None
) -> list[Path]:
    """Draw the pictures of a result folder again and write its report, and its PDF, anew.

    Everything is made aside first: what is there stays as it was until all went well.

    Parameters
    ----------
    folder
        Folder of a finished run.
    figures
        Whether to draw; without, pictures that are there are left alone.
    pdf
        Whether to print the report as well.
    progress
        Told in words what is being done.

    Returns
    -------
    list of pathlib.Path
        What was written: the page, then the PDF.

    Raises
    ------
    ResultError
        Where the folder is no complete result.
    InputError
        Where a PDF is asked for and there is no Chromium.
    SolveError
        Where the disk refuses, or Chromium does not print.
    """
    from postprocess.load import load_result
    from postprocess.pdf import print_pdf, require_browser

    if pdf:
        require_browser()
    result = load_result(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".report-", dir=folder) as name:
            aside = Path(name)
            write_report(
                result,
                aside,
                fields=folder / "fields.vtu",
                sites=folder / "sites.vtp",
                figures=figures,
                progress=progress,
            )
            made = [REPORT]
            if pdf:
                (progress or (lambda _: None))("printing the report")
                print_pdf(aside / REPORT, aside / PDF)
                made.append(PDF)
            if figures:
                (folder / PICTURES).mkdir(exist_ok=True)
                for picture in sorted((aside / PICTURES).glob("*.png")):
                    picture.replace(folder / PICTURES / picture.name)
            for file in made:
                shutil.move(aside / file, folder / file)
    except OSError as error:
        raise SolveError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="check the space left on the disk and the rights of the folder",
        ) from error
    return [folder / file for file in made]
