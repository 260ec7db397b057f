"""``dormatrix assay``: the cells of a result in time, and what assays would show of them."""

from __future__ import annotations

import hashlib
import json as json_module
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cases.folder import Contract, require_free, result_folder
from cases.options import Json, NoFigures
from cases.progress import Progress
from cases.terminal import exit_codes, first_rank, say, say_json
from meshes.errors import InputError

if TYPE_CHECKING:
    from cases.schema import Case

ASSAY = Contract(
    marks=("assay.json", "scores.csv"),
    files=frozenset(
        {
            "assay.html",
            "assay.json",
            "cells.parquet",
            "course.csv",
            "figures",
            "plan.csv",
            "scores.csv",
        }
    ),
)


def assay(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="A case file, or the folder of its result.")
    ],
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="RESULT", help="Plan how to tell it from this result."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder. Default: results/assay-<name>.")
    ] = None,
    cells: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Cells counted per replicate.")
    ] = 300,
    replicates: Annotated[int, typer.Option(min=2, max=1000, help="Gels of each design.")] = 3,
    power: Annotated[
        float, typer.Option(min=0.1, max=0.999, help="Chance to find the difference, wanted.")
    ] = 0.8,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    json: Json = False,
    no_figures: NoFigures = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier one of the same name.")
    ] = False,
) -> None:
    """Follow the cells in time; say what assays would show of them."""
    with exit_codes():
        if not first_rank():
            return
        progress = Progress(quiet=quiet or json)
        done = run_assay(
            case,
            against,
            output,
            effort=(cells, replicates, power),
            figures=not no_figures,
            overwrite=overwrite,
            progress=progress,
        )
        if json:
            say_json({"directory": str(done.directory), **done.record})
        elif not quiet:
            for sentence in done.sentences:
                say(sentence)
            say(f"page: {done.directory / 'assay.html'}")


@dataclass(frozen=True)
class AssayResult:
    """Where it lies, what it says for machines, and in words."""

    directory: Path
    record: dict[str, Any]
    sentences: tuple[str, ...]


def run_assay(
    path: Path,
    against: Path | None,
    output: Path | None,
    *,
    effort: tuple[int, int, float] = (300, 3, 0.8),
    figures: bool = True,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> AssayResult:
    """Follow the cells of a result, read them, and write tables and a page.

    Parameters
    ----------
    path
        A case file, which is computed unless its result is there, or the folder of a result.
    against
        Another result to be told from; None: no plan.
    output
        Folder; default ``results/assay-<name>``.
    effort
        Cells per replicate, replicates, power wanted.
    figures
        Whether to draw.
    overwrite
        Replace another folder of the same name.
    progress
        Told of the stages; silent by default.

    Raises
    ------
    InputError
        If case or results cannot be used, or the folder is not free.
    SolveError
        If a computation fails.
    """
    from cases.assay.source import read_source
    from cases.assay.study import study
    from cases.assay.write import write_study

    progress = progress or Progress(quiet=True)
    source = read_source(path, progress)
    other = None if against is None else read_source(against, progress)
    target = output if output is not None else Path("results") / f"assay-{source.slug}"
    digest = _digest(source.case, None if other is None else other.case, effort)

    def still_free() -> None:
        require_free(target, digest, overwrite, figures, ASSAY)

    still_free()
    found = study(source, other, effort, progress)
    with (
        progress.stage("tables, pictures, page"),
        result_folder(target, still_free) as aside,
    ):
        record, sentences = write_study(found, aside, digest=digest, figures=figures)
    return AssayResult(target, record, sentences)


def _digest(case: Case, other: Case | None, effort: tuple[int, int, float]) -> str:
    """Of all that decides what is computed."""
    if case.course is None:
        raise InputError("a case that is followed has a course")
    asked = [
        case.content_hash,
        case.course.resolved(),
        None if other is None else other.content_hash,
        effort,
    ]
    return hashlib.sha256(json_module.dumps(asked, sort_keys=True).encode()).hexdigest()
