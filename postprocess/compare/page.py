"""The page of a comparison, and the files beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.compare import words
from postprocess.compare.difference import Differences, case_differences
from postprocess.compare.figures import draw_comparison
from postprocess.compare.headline import Difference, Row, headline_rows
from postprocess.compare.lattice import common_lattice, on_lattice
from postprocess.compare.pairs import Compared, Pairing
from postprocess.figures import Picture
from postprocess.report import embedded, render_page

if TYPE_CHECKING:
    import pyvista

PAGE, RECORD, GRID = "comparison.html", "comparison.json", "common_grid.vti"
FIELDS = ("E_isotropic_kPa", "E_fibre_kPa", "E_cross_kPa")
"""Fields that are kept on the common grid."""

_HIDDEN = 32  # VTK's mark of a cell that is not there


def write_comparison(
    compared: Sequence[Compared],
    pairings: Sequence[Pairing],
    folder: Path,
    *,
    digest: str,
    figures: bool = True,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Write page, pictures, numbers and common grid of a comparison.

    Parameters
    ----------
    compared, pairings
        The results, and what the rule says of each after the first.
    folder
        Existing folder.
    digest
        By which the comparison is known.
    figures
        Whether to draw.
    progress
        Told in words what is being written.

    Returns
    -------
    dict
        ``comparison.json``.
    """
    rows, differ = headline_rows(compared, pairings), case_differences(compared)
    (progress or (lambda _: None))("the common grid")
    _grid(compared).save(str(folder / GRID))
    pictures: list[Picture] = []
    failed: list[str] = []
    if figures:
        (folder / "figures").mkdir()
        pictures, failed = draw_comparison(compared, rows[0], folder / "figures", progress=progress)
    warnings = [*words.cautions(compared, differ), *failed]
    page = render_comparison(compared, pairings, rows, differ, pictures, warnings)
    (folder / PAGE).write_bytes(page.encode("utf-8", "replace"))
    record = comparison_record(compared, pairings, rows, differ, warnings) | {"hash": digest}
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / RECORD).write_bytes((text + "\n").encode("utf-8", "replace"))
    return record


def render_comparison(
    compared: Sequence[Compared],
    pairings: Sequence[Pairing],
    rows: Sequence[Row],
    differ: Differences,
    pictures: Sequence[Picture],
    warnings: Sequence[str],
) -> str:
    """The page as text: no script, nothing fetched, every text from outside escaped."""
    versions = compared[0].result.case.get("versions")
    known = versions if isinstance(versions, dict) else {}
    return render_page(
        "compare/compare.html",
        title=" against ".join(one.name for one in compared[:2])
        + (f" and {len(compared) - 2} more" if len(compared) > 2 else ""),
        version=str(known.get("dormatrix", "unknown version")),
        compared=compared,
        presets=[str(one.result.summary["preset"]) for one in compared],
        lead=words.lead(compared, rows[0]),
        rows=rows,
        number=words.number_words,
        step=words.step_words,
        verdict=words.verdict,
        pairing=words.pairing_sentence(compared, pairings),
        paths=words.paths(compared),
        cells=[words.cell_by_cell(compared[0], other) for other in compared[1:]],
        differ=differ,
        figures=embedded(pictures),
        maps=[
            (f"stiffness_difference_{one.letter}", f"p_difference_{one.letter}")
            for one in compared[1:]
        ],
        warnings=list(warnings),
    )


def comparison_record(
    compared: Sequence[Compared],
    pairings: Sequence[Pairing],
    rows: Sequence[Row],
    differ: Differences,
    warnings: Sequence[str],
) -> dict[str, Any]:
    """The numbers of a comparison as plain JSON."""
    return {
        "results": [
            {
                "letter": one.letter,
                "name": one.name,
                "preset": one.result.summary["preset"],
                "hash": str(one.result.case.get("hash", "")),
                "n_sites": len(one.result.sites),
            }
            for one in compared
        ],
        "numbers": [
            {
                "key": row.key,
                "values": [None if n is None else vars(n).copy() for n in row.numbers],
                "differences": [_plain(difference) for difference in row.differences],
            }
            for row in rows
        ],
        "unpaired": [pairing.why_not or None for pairing in pairings],
        "case": {
            "same": differ.same,
            "differences": [
                {"section": entry.section, "entry": entry.label, "values": list(entry.values)}
                for entry in differ.entries
            ],
        },
        "warnings": list(warnings),
    }


def _plain(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    alike = difference.alike
    return {
        "value": difference.value,
        "low": difference.low,
        "high": difference.high,
        "kind": difference.kind,
        "verdict": difference.verdict,
        "alike": None if alike is None else {"low": alike.low, "high": alike.high},
    }


def _grid(compared: Sequence[Compared]) -> pyvista.ImageData:
    """Fields of all results, and their differences from the first, on the common grid."""
    lattice = common_lattice([one.scene for one in compared])
    image = lattice.image()
    body = np.zeros(int(np.prod(lattice.counts)), dtype=bool)
    for key in FIELDS:
        name = key.removesuffix("_kPa")
        first = on_lattice(compared[0].scene, key, lattice)
        for one in compared:
            here = first if one is compared[0] else on_lattice(one.scene, key, lattice)
            body |= np.isfinite(here)
            image.cell_data[f"{name}_{one.letter}_kPa"] = here
            if one is not compared[0]:
                image.cell_data[f"{name}_{one.letter}_minus_{compared[0].letter}_kPa"] = (
                    here - first
                )
    image.cell_data["vtkGhostType"] = np.where(body, 0, _HIDDEN).astype(np.uint8)
    return image
