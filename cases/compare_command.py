"""``dormatrix compare``: two or more results beside each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cases.folder import Contract, require_free, result_folder
from cases.options import Json, NoFigures
from cases.progress import Progress
from cases.terminal import exit_codes, first_rank, say, say_json
from cases.view_command import require_results

COMPARISON = Contract(
    marks=("comparison.json", "comparison.html"),
    files=frozenset({"common_grid.vti", "comparison.html", "comparison.json", "figures"}),
)

_LONGEST = 80  # signs of a folder's name
_LONGEST_SENTENCE = 1000


def compare(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B...", help="Folders of results; the first is the one to compare with."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder. Default: results/compare-<a>-<b>."),
    ] = None,
    json: Json = False,
    no_figures: NoFigures = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier comparison of the same name.")
    ] = False,
) -> None:
    """Compare results: what differs, by how much, how surely."""
    with exit_codes():
        if not first_rank():
            return
        found = run_compare(
            results,
            output,
            figures=not no_figures,
            overwrite=overwrite,
            progress=Progress(quiet=json),
        )
        if json:
            say_json({"directory": str(found.directory), **found.record})
            return
        from postprocess.style import shorten

        for sentence in found.sentences:
            say(shorten(sentence, _LONGEST_SENTENCE))
        say(f"page: {found.directory / 'comparison.html'}")


@dataclass(frozen=True, eq=False)
class CompareResult:
    """Where it lies, what was written, and what to print."""

    directory: Path
    record: dict[str, Any]
    sentences: list[str]


def run_compare(
    results: Sequence[Path],
    output: Path | None = None,
    *,
    figures: bool = True,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> CompareResult:
    """Compare results and write ``comparison.html``, ``comparison.json`` and ``figures/*.png``.

    Parameters
    ----------
    results
        Folders of finished runs; the others are compared with the first.
    output
        Folder; default ``results/compare-<a>-<b>``.
    figures
        Whether to draw.
    overwrite
        Replace another comparison.
    progress
        Told of the stages; silent by default.

    Raises
    ------
    InputError
        If a folder is no result, or the output folder is not free.
    SolveError
        If the disk refuses.
    """
    from postprocess.compare.pairs import read_compared

    require_results(results)
    progress = progress or Progress(quiet=True)
    progress.stages = 3
    with progress.stage("reading"):
        compared = read_compared(results)
    hashes = [str(one.result.case.get("hash", "")) for one in compared]
    digest = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    target = output if output is not None else _default(results)

    def still_free() -> None:
        require_free(target, digest, overwrite, figures, COMPARISON)

    still_free()
    with progress.stage("the rule, paired"):
        from cases.compare_rule import pairings

        paired = pairings(results)
    with progress.stage("page and pictures"), result_folder(target, still_free) as aside:
        from postprocess.compare.headline import headline_rows
        from postprocess.compare.page import write_comparison
        from postprocess.compare.words import lead

        record = write_comparison(compared, paired, aside, digest=digest, figures=figures)
        sentences = lead(compared, headline_rows(compared, paired)[0])
    return CompareResult(target, record, sentences)


def _default(results: Sequence[Path]) -> Path:
    """Folder of a comparison that was given none."""
    names = "-".join(folder.resolve().name for folder in results)
    return Path("results") / f"compare-{names[:_LONGEST]}"
