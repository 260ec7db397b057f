"""``dormatrix material``: which inks, what is asked of them, and where it is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cases.build import build_ink
from cases.errors import clean
from cases.folder import MATERIAL, require_free
from cases.material.cells import compare_cells, require_solver
from cases.material.describe import describe_ink
from cases.material.fit import FitOptions, fit_ink
from cases.material.record import ink_record
from cases.material.text import fit_text, sheet_text
from cases.material.write import write_materials
from cases.progress import Progress
from cases.schema import Case
from cases.schema.rule import nearest
from meshes.errors import InputError


@dataclass(frozen=True, eq=False)
class MaterialResult:
    """Where it lies, what was written, and what to print."""

    directory: Path
    record: dict[str, Any]
    text: str


def run_material(
    case: Case,
    output: Path | None = None,
    *,
    ink: str | None = None,
    fit: FitOptions | None = None,
    rve: bool = False,
    figures: bool = True,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> MaterialResult:
    """Describe the inks of a case, or fit one of them, and write the folder.

    Parameters
    ----------
    case
        A checked case.
    output
        Folder; default ``results/material-<name>``, with a fit ``results/fit-<name>``.
    ink
        Only this one; None: all of the case. A fit needs it where there are several.
    fit
        Data and law; None: nothing is fitted.
    rve
        Solve fibre cells beside the formulas.
    figures, overwrite
        Draw pictures; replace the result of another case.
    progress
        Told of the stages; silent by default.

    Raises
    ------
    InputError
        If an option or a file cannot be used.
    SolveError
        If a computation fails.
    """
    progress = progress or Progress(quiet=True)
    names = _choose(case, ink, fit is not None)
    if rve:
        require_solver()
    kind = "material" if fit is None else "fit"
    target = output if output is not None else Path("results") / f"{kind}-{case.slug}"
    asked = _digest(case, names, fit, rve)

    def still_free() -> None:
        require_free(target, asked, overwrite, figures, MATERIAL)

    still_free()
    _require_writable(target.absolute().parent)
    progress.stages = len(names) * (1 + rve) + (fit is not None) + 1
    fitted: dict[str, Any] | None = None
    inks, texts = [], []
    for name in names:
        recipe = build_ink(name, case.inks[name])
        if fit is not None:
            with progress.stage(f"fit of {name}"):
                recipe, fitted = fit_ink(case, name, fit)
            texts.append(fit_text(fitted))
        with progress.stage(f"curves of {name}"):
            try:
                sheet = describe_ink(recipe)
            except ValueError as error:
                raise InputError(
                    f"inks.{name}: {error}", hint="change the recipe, or give youngs_modulus"
                ) from None
        record = ink_record(sheet)
        if rve:
            with progress.stage(f"fibre cells of {name}"):
                record["cells"] = compare_cells(sheet)
        inks.append(record)
    if fit is None:
        texts.append(sheet_text(case.name, inks))
    with progress.stage("writing"):
        answer = {"hash": asked, "inks": inks, "fit": fitted}
        whole = write_materials(case, answer, target, still_free, figures=figures)
    return MaterialResult(target, whole, "\n\n".join(texts))


def _require_writable(parent: Path) -> None:
    """Refuse a folder in which nothing can be made, before anything is computed."""
    try:
        with TemporaryDirectory(prefix=".dormatrix-", dir=parent):
            pass
    except OSError as error:
        raise InputError(
            f"{parent} cannot be written to: {error.strerror}",
            hint="name another folder with -o",
        ) from None


def _digest(case: Case, names: tuple[str, ...], fit: FitOptions | None, rve: bool) -> str:
    """Hash of what is asked: of the same question the answer may be replaced."""
    asked = [case.content_hash, names, rve, None if fit is None else fit.digest]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _choose(case: Case, wanted: str | None, fitting: bool) -> tuple[str, ...]:
    names = tuple(case.inks)
    if wanted is None:
        if fitting and len(names) > 1:
            raise InputError(
                "a fit changes one ink, and the case has several: " + ", ".join(names),
                hint=f"name it, e.g. --ink {names[0]}",
            )
        return names
    if wanted not in names:
        near = nearest(wanted, names)
        raise InputError(
            f"--ink {clean(wanted)}: the case has {', '.join(names)}",
            hint=f"did you mean --ink {near}?" if near else "name one of them",
        )
    return (wanted,)
