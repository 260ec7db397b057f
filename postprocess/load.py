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
    told: dict[str, Any] = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    missing = [key for key in (*SUMMARY_KEYS, *_BESIDE) if key not in told]
    if missing:
        raise ResultError(f"{directory / 'summary.json'} lacks {', '.join(missing)}")
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
        case=json.loads((directory / "case.json").read_text(encoding="utf-8")),
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
