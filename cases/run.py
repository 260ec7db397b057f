"""From a checked case to a result folder: the only place that knows all the packages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cases.assemble import Pieces, answer_rule, assemble
from cases.folder import require_free, result_folder
from cases.parallel import on_root, shared, world
from cases.progress import Progress
from cases.schema import Case
from cases.stages.mechanics import compute_mechanics

STAGES = 6


@dataclass(frozen=True)
class RunSummary:
    """Where the result lies, its headline numbers, and what the user must know of it."""

    directory: Path
    summary: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def run_case(
    case: Case,
    output: Path,
    *,
    workers: int | None = None,
    figures: bool = True,
    pdf: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> RunSummary:
    """Compute a case and write its result folder.

    Under MPI the scaffold solve and the cells are shared among the ranks; rank 0 writes.

    Parameters
    ----------
    case
        A checked case.
    output
        Result folder; appears whole or not at all.
    workers
        Processes for the cells; ``None``: one per core. Ignored under MPI.
    figures
        Whether to draw.
    pdf
        Whether to print the report as well.
    overwrite
        Replace the result of another case.
    progress
        Told of the stages; silent by default.

    Raises
    ------
    InputError
        If the case cannot be built as written.
    SolveError
        If a computation fails.
    """
    progress = progress or Progress(quiet=True)
    progress.stages = STAGES + (case.cells.contraction is not None)
    comm = world()
    from postprocess.pdf import require_browser
    from postprocess.report_files import print_report

    def still_free() -> None:
        require_free(output, case.content_hash, overwrite, figures)
        if pdf:
            require_browser()

    on_root(comm, still_free)
    mechanics = compute_mechanics(case, comm, workers, progress)

    def finish() -> RunSummary:
        assert mechanics is not None, "the mechanics is where this is asked"
        with progress.stage("dormancy rule"):
            answer, contrasts = answer_rule(case, mechanics)
        result = assemble(Pieces(case, mechanics, answer, contrasts, dict(progress.timings)))
        from postprocess.write import write_result

        with (
            progress.stage("tables, pictures, report"),
            result_folder(output, still_free) as aside,
        ):
            write_result(result, aside, figures=figures)
            if pdf:
                result.warnings.extend(print_report(aside))
        return RunSummary(output, result.summary, result.warnings)

    return shared(comm, finish)
