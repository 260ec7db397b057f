"""Rows of the page's tables: all cases, the best ones, and those that failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from postprocess.labels import plain, quantity
from postprocess.sweep.best import Ranking
from postprocess.sweep.points import Points
from postprocess.sweep.quantities import HEADLINES, Quantity
from postprocess.sweep.view import SweepInput, SweepView, numbers

if TYPE_CHECKING:
    import pandas

MOST_ROWS = 1000
"""Cases shown in the page; table.csv holds all."""

_MOST_REASONS = 30
_MOST_NAMED = 12  # cases named of one reason

Cell = dict[str, Any]


def input_text(value: Any, item: SweepInput) -> str:
    """Value of an input as shown in a table, without its unit."""
    import pandas

    if pandas.api.types.is_scalar(value) and pandas.isna(value):
        return "–"
    if item.numeric and not isinstance(value, bool):
        return plain(float(f"{float(value):.4g}"))
    return plain(value)


def input_texts(frame: pandas.DataFrame, item: SweepInput) -> list[str]:
    """Values of an input in all rows of a table."""
    return [input_text(value, item) for value in frame[item.column].tolist()]


def there(view: SweepView, item: Quantity) -> bool:
    """Whether any case that is done has this output."""
    return bool(np.isfinite(numbers(view.done, item.key)).any())


def case_columns(view: SweepView) -> list[dict[str, Any]]:
    """Headings of the table of all cases: ``text`` and whether it is of ``numbers``."""
    heads = [{"text": "case", "numbers": True}]
    if "replicate" in view.table.columns:
        heads.append({"text": "replicate", "numbers": True})
    heads += [{"text": item.axis, "numbers": item.numeric} for item in view.inputs]
    heads.append({"text": "status", "numbers": False})
    heads += [{"text": item.axis, "numbers": True} for item in HEADLINES if there(view, item)]
    if "seconds" in view.table.columns:
        heads.append({"text": "time (s)", "numbers": True})
    return heads


def case_rows(view: SweepView, folder: Path) -> list[list[Cell]]:
    """Cells of the first cases, in the columns of :func:`case_columns`.

    Parameters
    ----------
    view
        The sweep.
    folder
        Its folder, in which reports of cases are looked for.

    Returns
    -------
    list of list of dict
        ``text``, ``sort`` (what the column is sorted by, empty where there is nothing), ``band``
        (text under it), ``numbers`` and ``link``.
    """
    frame = view.table.iloc[:MOST_ROWS]
    links = case_links(frame, folder)
    cases = frame["case"].tolist()
    columns = [[_cell(str(case), case, link=link) for case, link in zip(cases, links, strict=True)]]
    if "replicate" in frame.columns:
        columns.append(_plain_cells(numbers(frame, "replicate"), 0))
    for item in view.inputs:
        texts = input_texts(frame, item)
        sorts: list[Any] = list(numbers(frame, item.column)) if item.numeric else list(texts)
        columns.append(
            [
                _cell(text, sort, numbers=item.numeric)
                for text, sort in zip(texts, sorts, strict=True)
            ]
        )
    columns.append([_cell(text, text, numbers=False) for text in frame["status"].astype(str)])
    columns += [_banded_cells(frame, item) for item in HEADLINES if there(view, item)]
    if "seconds" in frame.columns:
        columns.append(_plain_cells(numbers(frame, "seconds"), 2))
    return [list(cells) for cells in zip(*columns, strict=True)]


def case_links(frame: pandas.DataFrame, folder: Path) -> list[str]:
    """Address of the report of each case within the folder of the sweep; empty where none is."""
    if "folder" not in frame.columns:
        return [""] * len(frame)
    top = folder.resolve()
    links = []
    for name in frame["folder"].tolist():
        link = ""
        if isinstance(name, str) and name and "\0" not in name:
            page = (top / name / "report.html").resolve()
            if page.is_relative_to(top) and page.is_file():
                link = quote(page.relative_to(top).as_posix())
        links.append(link)
    return links


def _cell(text: str, sort: Any, *, band: str = "", numbers: bool = True, link: str = "") -> Cell:
    known = "" if isinstance(sort, float) and not np.isfinite(sort) else str(sort)
    return {"text": text, "sort": known, "band": band, "numbers": numbers, "link": link}


def _plain_cells(values: Any, digits: int) -> list[Cell]:
    return [
        _cell(
            "–" if not np.isfinite(value) else f"{value:.0f}" if digits == 0
            else quantity(float(value), "", digits),
            float(value),
        )
        for value in values
    ]  # fmt: skip


def banded_texts(value: float, low: float, high: float) -> tuple[str, str]:
    """A value and its band as text; dashes and nothing where they are not known."""
    if not np.isfinite(value):
        return "–", ""
    band = ""
    if np.isfinite(low) and np.isfinite(high):
        band = f"{quantity(float(low), '', 2)} to {quantity(float(high), '', 2)}"
    return quantity(float(value), "", 3), band


def _banded_cells(frame: pandas.DataFrame, item: Quantity) -> list[Cell]:
    columns = (numbers(frame, column) for column in (item.key, item.low, item.high))
    cells = []
    for value, low, high in zip(*columns, strict=True):
        text, band = banded_texts(value, low, high)
        cells.append(_cell(text, float(value), band=band))
    return cells


def best_rows(points: Points, ranking: Ranking, most: int, folder: Path) -> list[dict[str, Any]]:
    """The first points of a ranking as rows of a table.

    Parameters
    ----------
    points
        Design points of the sweep.
    ranking
        Their order.
    most
        Number of rows.
    folder
        Folder of the sweep.

    Returns
    -------
    list of dict
        ``case`` (the first of the replicates), ``link``, ``repeats``, ``inputs`` (texts), ``tied``
        (whether it is not told apart from the best), ``value``, ``low``, ``high`` (of the ranked
        output), ``text`` and ``band`` of it, and ``further`` (text and band of other headlines).
    """
    rows = ranking.rows[:most]
    frame = points.frame.iloc[rows]
    links = case_links(frame, folder)
    inputs = [input_texts(frame, item) for item in points.view.inputs]
    further = [points.of(item) for item in further_columns(points.view, ranking.quantity)]
    sought = points.of(ranking.quantity)
    found = []
    for number, row in enumerate(rows):
        low, high = (
            (sought.low[row], sought.high[row]) if ranking.quantity.banded else (np.nan, np.nan)
        )
        text, band = banded_texts(sought.value[row], low, high)
        found.append(
            {
                "case": int(frame["case"].iloc[number]),
                "link": links[number],
                "repeats": int(points.repeats[row]),
                "inputs": [texts[number] for texts in inputs],
                "tied": bool(ranking.tied[number]),
                "value": float(sought.value[row]),
                "low": float(sought.low[row]),
                "high": float(sought.high[row]),
                "text": text,
                "band": band,
                "spread": _spread(sought.least[row], sought.most[row]),
                "further": [banded_texts(o.value[row], o.low[row], o.high[row]) for o in further],
            }
        )
    return found


def _spread(least: float, most: float) -> str:
    return f"{quantity(float(least), '', 2)} to {quantity(float(most), '', 2)}"


def further_columns(view: SweepView, sought: Quantity) -> list[Quantity]:
    """Headline outputs beside the one that is ranked by."""
    return [item for item in HEADLINES if item.key != sought.key and there(view, item)]


def failures(view: SweepView) -> list[dict[str, Any]]:
    """Reasons of cases that failed, the most frequent first: ``reason``, ``count``, ``cases``."""
    failed = view.table[(view.table["status"].astype(str) == "failed").to_numpy()]
    reasons: dict[str, list[str]] = {}
    known = failed["reason"].tolist() if "reason" in failed.columns else [None] * len(failed)
    for case, reason in zip(failed["case"].tolist(), known, strict=True):
        text = reason if isinstance(reason, str) and reason.strip() else "no reason was recorded"
        reasons.setdefault(text, []).append(str(case))
    return [
        {
            "reason": reason,
            "count": len(cases),
            "cases": ", ".join(cases[:_MOST_NAMED]) + (" …" if len(cases) > _MOST_NAMED else ""),
        }
        for reason, cases in sorted(reasons.items(), key=lambda item: -len(item[1]))
    ][:_MOST_REASONS]


def constants(points: Points, outputs: Sequence[Quantity]) -> list[str]:
    """Sentences on outputs that are the same in all cases."""
    sentences = []
    for item in outputs:
        banded = points.of(item)
        text, band = banded_texts(
            *(float(np.nanmean(side)) for side in (banded.value, banded.low, banded.high))
        )
        unit = f"\u00a0{item.unit}" if item.unit else ""
        sentences.append(
            f"{item.label[:1].upper()}{item.label[1:]} is the same in all cases: {text}{unit} "
            f"(band {band}{unit})."
        )
    return sentences
