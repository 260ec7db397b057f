"""The folder that ``dormatrix material`` leaves behind: tables, pictures and a page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cases.doctor import own_version
from cases.folder import result_folder
from cases.material.describe import DRAWS
from cases.schema import Case

COLUMNS = (
    "ink", "curve", "stretch", "shear_strain",
    "nominal_stress_kPa", "nominal_stress_low_kPa", "nominal_stress_high_kPa",
    "tangent_modulus_kPa", "tangent_modulus_low_kPa", "tangent_modulus_high_kPa",
)  # fmt: skip


def write_materials(
    case: Case,
    record: Mapping[str, Any],
    target: Path,
    still_free: Callable[[], None],
    *,
    figures: bool,
) -> dict[str, Any]:
    """Write ``material.json``, ``curves.csv``, ``figures/*.png`` and ``material.html``.

    Parameters
    ----------
    case
        The case.
    record
        ``hash`` of what was asked, ``inks`` (records of
        :func:`cases.material.record.ink_record`), and ``fit``, which may be None.
    target
        Result folder; appears whole or not at all.
    still_free
        Raises where the folder is no longer ours to replace.
    figures
        Draw pictures.

    Raises
    ------
    SolveError
        If the disk refuses.
    """
    from postprocess.material_page import render_materials
    from postprocess.material_plots import draw_cells, draw_fit, draw_ink

    whole = {
        "name": case.name,
        "version": own_version(),
        "case_hash": case.content_hash,
        "draws": DRAWS,
        **record,
    }
    with result_folder(target, still_free) as folder:
        _write(folder / "material.json", json.dumps(whole, indent=2, ensure_ascii=False))
        _write(folder / "curves.csv", _table(COLUMNS, _rows(record["inks"])))
        pictures = []
        if figures:
            (folder / "figures").mkdir()
            if whole["fit"] is not None:
                pictures.append(draw_fit(whole["fit"], folder / "figures" / "fit.png"))
            for ink in record["inks"]:
                pictures += draw_ink(ink, folder / "figures")
                if ink["cells"] is not None:
                    pictures.append(draw_cells(ink, folder / "figures"))
        if whole["fit"] is not None:
            _write(folder / "fit.csv", _fit_table(whole["fit"]))
            _write(folder / "ink.yaml", whole["fit"]["snippet"])
        _write(folder / "material.html", render_materials(whole, pictures))
    return whole


def _write(path: Path, text: str) -> None:
    path.write_bytes((text.rstrip("\n") + "\n").encode("utf-8", "replace"))


def _table(columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue()


def _rows(inks: list[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for ink in inks:
        for curve in (*ink["curves"], *ink["variants"]):
            control = curve["control"]
            for i, x in enumerate(curve[control]):
                pulled = control == "stretch"
                yield (
                    ink["ink"],
                    curve["key"],
                    f"{x:.9g}" if pulled else "",
                    "" if pulled else f"{x:.9g}",
                    *(
                        f"{curve[name][end][i]:.9g}"
                        for name in ("nominal_stress_kPa", "tangent_modulus_kPa")
                        for end in ("value", "low", "high")
                    ),
                )


def _fit_table(fit: Mapping[str, Any]) -> str:
    data = fit["data"]
    names = ("measured", "fitted", "low", "high", "residual", "before")
    columns = (fit["strain_name"], *(f"{name}_kPa" for name in names))
    rows = zip(data["strain"], *(data[name] for name in names), strict=True)
    return _table(columns, (tuple(f"{value:.9g}" for value in row) for row in rows))
