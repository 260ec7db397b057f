"""The result whose cells are followed: found, or computed from its case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cases.progress import Progress
from cases.schema import Case
from cases.schema.course import Course
from meshes.errors import InputError

LARGEST = 32 << 20  # bytes of case.json and summary.json


@dataclass(frozen=True, eq=False)
class Source:
    """A result and its case.

    Parameters
    ----------
    folder
        The result.
    case
        Its case; ``course`` with every default.
    x
        Cells, ``(n, 3)`` µm.
    p
        P(dormant) of each, ``(n,)``.
    ink
        Names of the inks they lie in, ``(n,)``.
    p_band
        Mean P(dormant) and the ends of its band.
    warnings
        Of the result.
    """

    folder: Path
    case: Case
    x: np.ndarray
    p: np.ndarray
    ink: np.ndarray
    p_band: tuple[float, float, float]
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the case."""
        return self.case.name

    @property
    def slug(self) -> str:
        """The same as the name of a folder."""
        return self.case.slug

    @property
    def course(self) -> Course:
        """What is asked of the cells in time."""
        assert self.case.course is not None
        return self.case.course


def read_source(path: Path, progress: Progress) -> Source:
    """The result of a case file, computed if it is not there, or a result folder.

    Parameters
    ----------
    path
        A case file or a result folder.
    progress
        Told of the stages of a run.

    Raises
    ------
    CaseError, InputError
        If neither can be used.
    SolveError
        If a run fails.
    """
    from cases.load import load_case
    from cases.view_command import require_results

    if path.is_dir():
        require_results([path])
        return _read(path, None)
    case = load_case(path)
    folder = Path("results") / case.slug
    if not _is_result_of(folder, case):
        from cases.run import run_case

        run_case(case, folder, workers=case.compute.workers, progress=progress)
    return _read(folder, case)


def _is_result_of(folder: Path, case: Case) -> bool:
    try:
        return bool(_json(folder / "case.json")["hash"] == case.content_hash)
    except (InputError, KeyError, TypeError):
        return False


def _read(folder: Path, case: Case | None) -> Source:
    from postprocess.load import load_summary
    from postprocess.tables import read_parquet

    told = load_summary(folder)
    sites = read_parquet(folder / "sites.parquet")
    mean = told["mean_p_dormant"]
    case = _case_of(folder) if case is None else case
    if case.course is None:
        case = case.model_copy(update={"course": Course()})
    return Source(
        folder=folder,
        case=case,
        x=sites[["x_um", "y_um", "z_um"]].to_numpy(dtype=float),
        p=sites["p_dormant"].to_numpy(dtype=float),
        ink=sites["ink"].to_numpy(dtype=object),
        p_band=(float(mean["value"]), float(mean["low"]), float(mean["high"])),
        warnings=tuple(told["warnings"]),
    )


def _case_of(folder: Path) -> Case:
    """The case that a result keeps as it was written."""
    record = _json(folder / "case.json")
    document = record.get("document") if isinstance(record, dict) else None
    if not isinstance(document, dict):
        raise InputError(
            f"{folder} does not hold its case as it was written: an earlier version wrote it",
            hint="run the case again, or give the case file",
        )
    try:
        # files that it names need not lie here: what followed from them is in the result
        return Case.model_validate(document, context={"folder": None})
    except ValueError as error:
        raise InputError(
            f"{folder / 'case.json'}: the case in it cannot be used: {str(error).splitlines()[0]}",
            hint="run the case again",
        ) from None


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} is larger than a dormatrix result writes")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", hint="give the folder that a finished run wrote"
        ) from None
