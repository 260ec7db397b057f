"""One case of a sweep, computed: from a task to a result folder, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import math
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cases.assemble import (
    Pieces,
    answer_rule,
    assemble,
    assemble_sites,
    headline,
    sites_given,
)
from cases.batch.atomic import write_json
from cases.batch.fitting import program
from cases.batch.ledger import ROW, Row, is_kept
from cases.batch.task import Outcome, Task
from cases.biology.answer import band_of
from cases.folder import result_folder
from cases.problems import dotted
from cases.progress import Progress
from cases.record import warnings
from cases.schema import Case
from cases.stages.mechanics import Mechanics, compute_mechanics
from cases.stages.store import StageStore
from meshes.errors import DormatrixError, InputError, SolveError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BANDED = ("mean_p_dormant", "fraction_above_half", "mean_stiffness_kPa")


def warm() -> None:
    """Load what every case needs, so that the first is as quick as the others."""
    from solver.coupling import load_cues, load_preset

    load_cues()
    load_preset("adhesive")


def compute(task: Task) -> Outcome:
    """Compute a case and leave its result folder, whole or not at all.

    Parameters
    ----------
    task
        The case, and where it belongs. A finished folder of the same case is left as it is.

    Returns
    -------
    Outcome
        ``done``, ``failed`` with the reason, ``memory``, or ``disk`` where it is full.
    """
    start = time.perf_counter()

    def outcome(status: Any, reason: str = "", hint: str = "", reused: Any = ()) -> Outcome:
        took = time.perf_counter() - start
        return Outcome(task.index, task.key, status, took, reason, hint, tuple(reused))

    try:
        reused = () if is_finished(task) else _compute(task, start)
    except Exception as error:
        if is_finished(task):  # another process was quicker
            return outcome("done")
        if any(isinstance(cause, OSError) and cause.errno in _FULL for cause in _causes(error)):
            return outcome(
                "disk", f"the disk is full: {error.args[0]}", "make room, then run it again"
            )
        if isinstance(error, MemoryError):
            return outcome("memory", "this machine has not the memory that the case needs")
        if isinstance(error, DormatrixError):
            return outcome("failed", str(error.args[0]), error.hint)
        traceback.print_exc(file=sys.stderr)
        return outcome("failed", f"{type(error).__name__}: {error}")
    return outcome("done", reused=reused)


def is_finished(task: Task) -> bool:
    """Whether the result folder of a task is there, with what is to be kept of it."""
    return is_kept(Path(task.target), task.key, task.keep)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and those behind it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _compute(task: Task, start: float) -> tuple[str, ...]:
    """Do the work; the stages that did not have to be computed."""
    case = _checked(task)
    progress = Progress(quiet=True)
    mechanics = compute_mechanics(
        case,
        workers=1,
        progress=progress,
        store=None if task.stages is None else SureStore(task.stages, task),
        save=task.save,
        fields=task.keep == "all",
        contrasts=task.keep != "table",
    )
    assert mechanics is not None, "a case of a sweep is computed by one process"
    if "sensed" not in mechanics.reused:
        _checked(task)  # files that it names are read on the way
    if task.keep == "table":
        numbers = headline(mechanics, band_of(case, sites_given(case, mechanics)))
        notes = warnings(case, mechanics)
        with result_folder(Path(task.target), tidy=False) as aside:
            _write_row(aside, task, case, mechanics, numbers, notes, start)
        return mechanics.reused
    with progress.stage("dormancy rule"):
        answer, contrasts = answer_rule(case, mechanics, tables=task.keep == "all")
    pieces = Pieces(case, mechanics, answer, contrasts, dict(progress.timings))
    with result_folder(Path(task.target), tidy=False) as aside:
        notes = _write(task, pieces, aside)
        _write_row(aside, task, case, mechanics, headline(mechanics, answer.band), notes, start)
    return mechanics.reused


class SureStore(StageStore):
    """Keeps no stage of a case whose files have changed while it was computed.

    Parameters
    ----------
    folder
        As in :class:`StageStore`.
    task
        The case as it was planned.
    """

    def __init__(self, folder: str | Path, task: Task) -> None:
        super().__init__(folder)
        self._task = task

    def save(self, kind: str, key: str, stage: dict[str, Any]) -> None:
        """Write a stage, as :meth:`StageStore.save` does.

        Raises
        ------
        InputError
            If the case is not the one that was planned.
        OSError
            If the folder cannot be written, or the disk is full.
        """
        _checked(self._task)
        super().save(kind, key, stage)


def _checked(task: Task) -> Case:
    """The case of a task.

    Raises
    ------
    InputError
        If it is none any more, for a file that it names has changed.
    """
    folder = None if task.folder is None else Path(task.folder)
    try:
        case = Case.model_validate(task.document, context={"folder": folder})
    except ValidationError as error:
        raise InputError(_first_fault(error)) from None
    if case.content_hash != task.key:
        raise InputError(
            "the case is not the one that was planned: a file that it names has changed since",
            hint="run the sweep again (with --retry-failed where the file is as it was)",
        )
    return case


def _first_fault(error: ValidationError) -> str:
    """The first fault in a case that was whole when the sweep was planned."""
    fault = error.errors(include_url=False)[0]
    about: Mapping[str, Any] = fault.get("ctx", {})
    words = about.get("headline", fault["msg"])
    if "expected" in about:
        words += f": expected {about['expected']}, found {about['found']}"
    return f"{dotted((*fault['loc'], *about.get('at', ())))}: {words}"


def _write(task: Task, pieces: Pieces, aside: Path) -> list[str]:
    """Write the files of a result; the warnings in it."""
    from postprocess.write import write_result, write_sites

    if task.keep == "sites":
        sites = assemble_sites(pieces)
        write_sites(sites, aside)
        return sites.warnings
    result = assemble(pieces)
    write_result(result, aside, figures=task.figures)
    return result.warnings


def _write_row(
    aside: Path,
    task: Task,
    case: Case,
    mechanics: Mechanics,
    numbers: Mapping[str, Any],
    notes: list[str],
    start: float,
) -> None:
    """Write what the table of the sweep says of this case: the last file of its folder."""
    row = Row(
        key=task.key,
        name=case.name,
        outputs=outputs(numbers, mechanics.sensed.mesh.cells),
        seconds=round(time.perf_counter() - start, 3),
        reused=mechanics.reused,
        warnings=tuple(notes),
        program=program(),
    )
    write_json(aside / ROW, row.to_json())


def outputs(numbers: Mapping[str, Any], mesh_cells: int) -> dict[str, int | float | None]:
    """Headline numbers in one row, by the names of :data:`cases.batch.table.OUTPUTS`.

    Parameters
    ----------
    numbers
        :func:`cases.assemble.headline`.
    mesh_cells
        Number of tetrahedra of the scaffold.

    Raises
    ------
    SolveError
        If a number is not finite.
    """
    row: dict[str, int | float | None] = {"n_sites": numbers["n_sites"]}
    for name in _BANDED:
        row |= _banded(name, numbers[name])
    for rank, value in numbers["stiffness_percentiles_kPa"].items():
        row[f"stiffness_{rank}_kPa"] = value
    row |= _banded("apparent_modulus_kPa", numbers["apparent_modulus_kPa"])
    row |= {"solid_fraction": numbers["solid_fraction"], "mesh_cells": mesh_cells}
    for name, number in row.items():
        if number is not None and not math.isfinite(number):
            raise SolveError(f"{name} came out as {number}, which is no number")
    return row


def _banded(name: str, band: Mapping[str, float] | None) -> dict[str, float | None]:
    ends = band or dict.fromkeys(("value", "low", "high"))
    return {name: ends["value"], f"{name}_low": ends["low"], f"{name}_high": ends["high"]}
