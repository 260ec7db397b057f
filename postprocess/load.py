"""Read a result folder back, for viewers and comparisons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.biology_tables import read_tables
from postprocess.contract import SUMMARY_KEYS, ResultError
from postprocess.fields import read_vtu
from postprocess.results import Assumption, RunResult
from postprocess.tables import read_parquet

_BESIDE = ("inks", "curves", "assumptions", "warnings", "references")
_AGAIN = "run the case again; 'dormatrix run' writes the whole folder"


def load_summary(directory: Path) -> dict[str, Any]:
    """Read ``summary.json`` of a result folder, after a look whether the folder is whole.

    Raises
    ------
    ResultError
        Where a file or a key is missing.
    """
    for name in ("summary.json", "case.json", "sites.parquet", "fields.vtu"):
        if not (directory / name).is_file():
            raise ResultError(
                f"{directory} is not a complete result: it has no {name}",
                hint="give the folder that a finished run wrote",
            )
    told = _record(directory / "summary.json")
    missing = [key for key in (*SUMMARY_KEYS, *_BESIDE) if key not in told]
    if missing:
        raise ResultError(f"{directory / 'summary.json'} lacks {', '.join(missing)}")
    return told


def _record(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds names and values.

    Raises
    ------
    ResultError
        Where it holds anything else.
    """
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as failed:
        raise ResultError(f"{path} is damaged: it cannot be read", hint=_AGAIN) from failed
    if not isinstance(told, dict):
        raise ResultError(f"{path} is damaged: it holds no names and values", hint=_AGAIN)
    return told


def load_result(directory: Path) -> RunResult:
    """Read what :func:`postprocess.write.write_result` wrote.

    Parameters
    ----------
    directory
        A result folder.

    Returns
    -------
    RunResult
        The same numbers at full precision (tables kept as CSV only: nine digits).

    Raises
    ------
    ResultError
        Where a file is missing or does not fit the others.
    """
    import pandas

    told = load_summary(directory)
    pulling = directory / "contraction.csv"
    return RunResult(
        name=told["name"],
        case=_record(directory / "case.json"),
        sites=read_parquet(directory / "sites.parquet"),
        fields=read_vtu(directory / "fields.vtu"),
        summary={k: v for k, v in told.items() if k not in _BESIDE and k != "biology"},
        curves={
            curve: {key: np.asarray(values, dtype=float) for key, values in columns.items()}
            for curve, columns in told["curves"].items()
        },
        inks=told["inks"],
        assumptions=[Assumption(**row) for row in told["assumptions"]],
        warnings=told["warnings"],
        references=told["references"],
        contraction=pandas.read_csv(pulling) if pulling.is_file() else None,
        biology=read_tables(directory, told.get("biology")),
    )
