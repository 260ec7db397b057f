"""Write a result folder: every file of the contract."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from postprocess.biology_tables import write_tables
from postprocess.contract import SUMMARY_KEYS, ResultError
from postprocess.fields import write_vtp, write_vtu
from postprocess.report_files import write_report
from postprocess.results import RunResult, SitesResult
from postprocess.series import STEPS_FILE, write_steps
from postprocess.tables import stable_csv, write_csv, write_parquet
from postprocess.toolpath_file import write_path


def write_result(
    result: RunResult,
    directory: Path,
    *,
    progress: Callable[[str], None] | None = None,
    figures: bool = True,
) -> None:
    """Write every file of a result into a folder.

    ``case.json``, ``sites.csv``, ``sites.parquet``, ``contraction.csv`` (where cells pulled by a
    finite strain), the tables of ``biology`` (``compare.csv`` …), ``fields.vtu``,
    ``steps.vtkhdf`` (of a finite load), ``sites.vtp``, ``toolpath.vtp`` (of a body printed in
    straight moves), ``figures/*.png``, ``report.html``, ``summary.json`` (last: a folder with it
    is complete).

    Parameters
    ----------
    result
        The run.
    directory
        Folder, made if missing. The caller writes aside and renames when all is there.
    progress
        Told in words what is being written.
    figures
        Whether to draw pictures. Without, the report has none.

    Raises
    ------
    ResultError
        Where a number that would be written is NaN or infinite; its place is named.
    """
    tell = progress or (lambda _: None)
    directory.mkdir(parents=True, exist_ok=True)
    about = _about(result)
    tell("writing tables")
    _write_json(directory / "case.json", "case", result.case)
    write_csv(result.sites, directory / "sites.csv")
    write_parquet(result.sites, directory / "sites.parquet", about=about)
    if result.contraction is not None:
        text = stable_csv(result.contraction)
        (directory / "contraction.csv").write_bytes(text.encode("utf-8"))
    if result.biology is not None:
        write_tables(result.biology, directory)
    tell("writing fields")
    fields, sites = directory / "fields.vtu", directory / "sites.vtp"
    write_vtu(result.fields, fields, about=about)
    if result.steps is not None:
        write_steps(result.fields, result.steps, directory / STEPS_FILE, about=about)
    if result.path is not None:
        write_path(result.path, directory)
    write_vtp(result.sites, [str(ink["name"]) for ink in result.inks], sites, about=about)
    warnings = write_report(
        result, directory, fields=fields, sites=sites, figures=figures, progress=progress
    )
    _write_json(directory / "summary.json", "summary", _full_summary(result, warnings))


def write_sites(result: SitesResult, directory: Path) -> None:
    """Write what a sweep keeps of a case: ``case.json``, ``sites.parquet``, ``summary.json``.

    Each as :func:`write_result` writes it.

    Parameters
    ----------
    result
        The run.
    directory
        Folder, made if missing.

    Raises
    ------
    ResultError
        Where a number that would be written is NaN or infinite; its place is named.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _write_json(directory / "case.json", "case", result.case)
    write_parquet(result.sites, directory / "sites.parquet", about=_about(result))
    _write_json(directory / "summary.json", "summary", _full_summary(result, result.warnings))


def _about(result: SitesResult) -> dict[str, str]:
    """What the tables of a result say of themselves."""
    return {
        "name": result.name,
        "preset": str(result.summary["preset"]),
        "hash": str(result.case.get("hash", "")),
    }


def _full_summary(result: SitesResult, warnings: list[str]) -> dict[str, Any]:
    """Headline numbers first, in the order of the contract, then what they rest on."""
    known = {key: result.summary[key] for key in SUMMARY_KEYS}
    further = {key: result.summary[key] for key in sorted(set(result.summary) - set(known))}
    return {
        **known,
        **further,
        "inks": result.inks,
        "curves": result.curves,
        "assumptions": [dataclasses.asdict(row) for row in result.assumptions],
        "warnings": warnings,
        "references": result.references,
        **({} if result.biology is None else {"biology": result.biology.notes()}),
    }


def _write_json(path: Path, where: str, value: Mapping[str, Any]) -> None:
    # Keys keep their order: in a case, inks take turns in the order in which they are given.
    text = json.dumps(_plain(value, where), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_bytes((text + "\n").encode("utf-8", "replace"))


def _plain(value: Any, where: str) -> Any:
    """Plain JSON values of mappings, sequences and NumPy values; NaN is refused by its place."""
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ResultError(f"{where} is {value}: a number that is not finite cannot be written")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
