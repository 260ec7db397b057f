"""``dormatrix report RESULT``: the report of a finished run, made again or printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cases.options import Json, NoFigures
from cases.terminal import exit_codes, say, say_json


def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Folder of a result.")],
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Also print it to report.pdf (needs Chromium).")
    ] = False,
    no_figures: NoFigures = False,
    json: Json = False,
) -> None:
    """Make the report of a result again; print it to a PDF."""
    with exit_codes():
        from cases.terminal import first_rank
        from meshes.errors import InputError
        from postprocess.report_files import make_report_again

        if not first_rank():
            return  # one process does it all
        if not (result / "summary.json").is_file():
            raise InputError(
                f"{result} is no result of a finished run",
                hint="give a folder that 'dormatrix run' wrote, such as results/quickstart",
            )
        made = make_report_again(result, figures=not no_figures, pdf=pdf)
        if json:
            say_json({path.suffix.removeprefix("."): str(path) for path in made})
            return
        for path in made:
            say(f"written: {path}")
