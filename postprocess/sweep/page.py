"""The report of a sweep: figures and one self-contained page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from postprocess.figures import Picture
from postprocess.report import embedded, render_page
from postprocess.sweep import words
from postprocess.sweep.best import Ranking, rank
from postprocess.sweep.effects import main_effects
from postprocess.sweep.pictures import draw_pictures, varying
from postprocess.sweep.points import Points
from postprocess.sweep.quantities import MEAN_P, STIFFNESS, Quantity
from postprocess.sweep.rows import (
    MOST_ROWS,
    best_rows,
    case_columns,
    case_rows,
    constants,
    failures,
    further_columns,
)
from postprocess.sweep.view import SweepView

_BEST, _ENDS = 10, 5  # rows of the table of best cases, and of each end where nothing is sought


def write_sweep_report(folder: Path, view: SweepView, *, figures: bool = True) -> None:
    """Write ``figures/*.png`` and ``report.html`` of a sweep.

    The page appears whole: it is written aside and renamed.

    Parameters
    ----------
    folder
        Existing folder of the sweep.
    view
        What to show: cases of any status, none of them need be done.
    figures
        Whether to draw pictures. Without, the page has only tables.
    """
    points = Points(view)
    ranking = rank(points, view.sought, "highest" if view.goal is None else view.goal[1])
    pictures = draw_pictures(points, ranking, folder / "figures") if figures else []
    page = render_sweep(folder, points, ranking, pictures)
    aside = folder / f".report.html.{os.getpid()}"
    try:
        aside.write_bytes(page.encode("utf-8", "replace"))
        aside.replace(folder / "report.html")
    finally:
        aside.unlink(missing_ok=True)


def render_sweep(
    folder: Path, points: Points, ranking: Ranking, pictures: Sequence[Picture]
) -> str:
    """Write the page as text.

    Parameters
    ----------
    folder
        Folder of the sweep; reports of cases in it are linked.
    points
        Design points of the sweep.
    ranking
        Their order by what is sought.
    pictures
        Pictures to embed; any of them may be missing.

    Returns
    -------
    str
        HTML that asks for nothing from anywhere, with one script that sorts its table. Every text
        from outside is escaped.
    """
    view = points.view
    effects = main_effects(points, MEAN_P)
    keys = [picture.key for picture in pictures]
    rows = case_rows(view, folder)
    return render_page(
        "sweep/sweep.html",
        scripts=("sort.js",),
        view=view,
        headline=words.headline(points),
        strongest=words.strongest(effects),
        meaning=words.MEANING,
        counts={status: view.count(status) for status in ("done", "failed", "left")},
        tiles=_tiles(points),
        warnings=[*_warnings(view), *words.inseparable(points), *view.warnings],
        best=_best(points, ranking, folder),
        replicated=points.replicated,
        effects=effects,
        sames=constants(points, varying(points)[1]) if len(points) > 1 else [],
        responses=[key for key in keys if key.startswith("response_")],
        maps=[key for key in keys if key.startswith("heat_")],
        figures=embedded(pictures),
        failures=failures(view),
        savings=[
            (stage, counts.get("made", 0), counts.get("reused", 0))
            for stage, counts in view.savings.items()
        ],
        columns=case_columns(view),
        rows=rows,
        cut=len(view.table) > MOST_ROWS,
    )


def _tiles(points: Points) -> list[dict[str, str]]:
    tiles = []
    for item in (MEAN_P, STIFFNESS):
        low, high = words.spread_words(points, item)
        tiles.append({"label": item.label, "low": low, "high": high})
    return tiles


def _warnings(view: SweepView) -> list[str]:
    """What is missing from the sweep."""
    failed, left = view.count("failed"), view.count("left")
    found = []
    if left:
        found.append(
            f"The sweep is not finished: {left} of {len(view.table)} cases are left. Run the same "
            "command again and it goes on where it stopped."
        )
    if failed:
        found.append(
            f"{failed} of {len(view.table)} cases failed and enter no mean, no curve and no "
            "ranking; their reasons are below."
        )
    return found


def _best(points: Points, ranking: Ranking, folder: Path) -> list[dict[str, Any]]:
    """Tables of the best cases, or of both ends where nothing is sought."""
    if len(ranking.rows) == 0:
        return []
    if points.view.goal is not None or len(ranking.rows) == 1:
        return [_part(points, ranking, _BEST, folder)]
    other: Literal["highest", "lowest"] = "lowest" if ranking.order == "highest" else "highest"
    return [
        _part(points, ranking, _ENDS, folder),
        _part(points, rank(points, ranking.quantity, other), _ENDS, folder),
    ]


def _part(points: Points, ranking: Ranking, most: int, folder: Path) -> dict[str, Any]:
    sought: Quantity = ranking.quantity
    return {
        "title": f"{ranking.order.capitalize()} {sought.label}",
        "sought": sought,
        "further": further_columns(points.view, sought),
        "rows": best_rows(points, ranking, most, folder),
        "replicated": points.replicated,
        "decided": words.decided(ranking),
    }
