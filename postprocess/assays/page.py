"""The page of a study of assays: pictures and one self-contained file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from postprocess.assays import plan_words, standing, words
from postprocess.assays.balance import Balance, arm_balance, cluster_balance
from postprocess.assays.calls import errors, last_readings
from postprocess.assays.numbers import residual
from postprocess.assays.pictures import draw_pictures
from postprocess.assays.protocols import Score
from postprocess.assays.rows import balance_rows, plan_rows, residual_rows, score_rows
from postprocess.assays.view import AssayView
from postprocess.figures import Picture
from postprocess.report import embedded, render_page

PAGE = "assay.html"

_TOLD = 3  # sentences for a terminal that say what holds a size


def write_assay_page(
    folder: Path,
    view: AssayView,
    *,
    figures: bool = True,
    progress: Callable[[str], None] | None = None,
) -> list[str]:
    """Write ``figures/assay_*.png`` and ``assay.html``.

    The page appears whole: it is written aside and renamed.

    Parameters
    ----------
    folder
        Existing folder.
    view
        What to show.
    figures
        Whether to draw. Without, the page has sentences and tables only.
    progress
        Told in words what is being drawn.

    Returns
    -------
    list of str
        Its main sentences, for a terminal.
    """
    balances = [arm_balance(arm, view.level) for arm in view.arms]
    balances += [cluster_balance(cluster) for cluster in view.clusters]
    pictures = draw_pictures(view, balances, folder / "figures", progress) if figures else []
    page = render_assays(view, balances, pictures)
    aside = folder / f".{PAGE}.{os.getpid()}"
    try:
        aside.write_bytes(page.encode("utf-8", "replace"))
        aside.replace(folder / PAGE)
    finally:
        aside.unlink(missing_ok=True)
    told = [words.headline(view), *words.compared(view.arms[0].readings)]
    told += [standing.balance_words(one) for one in balances[:_TOLD]]
    if view.plan is not None:
        told.append(plan_words.plan_words(view.plan))
    return told


def render_assays(view: AssayView, balances: Sequence[Balance], pictures: Sequence[Picture]) -> str:
    """Write the page as text.

    Parameters
    ----------
    view
        What to show.
    balances
        Of its arms, then of its clusters.
    pictures
        Pictures to embed; any of them may be missing.

    Returns
    -------
    str
        HTML that asks for nothing from anywhere, with one script that sorts its tables. Every text
        from outside is escaped.
    """
    first = view.arms[0]
    left = [one for one in (residual(arm, view.level) for arm in view.arms) if one is not None]
    return render_page(
        "assays/assays.html",
        scripts=("sort.js",),
        view=view,
        headline=words.headline(view),
        meaning=words.MEANING,
        tiles=_tiles(view),
        beside=words.beside_p(first, view.level),
        compared=words.compared(first.readings),
        assays=[_assay(one.assay, one.meaning, words.wrong_words(errors(one)), one.score)
                for one in last_readings(first.readings)],
        scores=score_rows(view),
        standstill=standing.standstill_words(),
        standings=[standing.balance_words(one) for one in balances],
        balances=balance_rows(balances),
        clones=[standing.clone_words(arm) for arm in view.arms if not arm.fixed],
        residuals=[standing.residual_words(one) for one in left],
        left=residual_rows(left),
        planned=None if view.plan is None else plan_words.plan_words(view.plan),
        plan=[] if view.plan is None else plan_rows(view.plan),
        figures=embedded(pictures),
        several=len(view.arms) > 1,
    )  # fmt: skip


def _assay(name: str, meaning: str, wrong: str, score: Score) -> dict[str, Any]:
    return {
        "name": name,
        "meaning": meaning,
        "wrong": wrong,
        "shares": [
            {"text": words.share_words(share), "band": words.interval_words(share)}
            for share in (
                score.called,
                score.true,
                score.sensitivity,
                score.specificity,
                score.precision,
            )
        ],
    }


def _tiles(view: AssayView) -> list[dict[str, str]]:
    """The numbers that a reader looks for first."""
    arm = view.arms[0]
    tiles = [
        {
            "label": "mean P(dormant) of the sites",
            "value": words.percent(arm.p_band[0]),
            "below": f"band of the rule: {words.percent(arm.p_band[1])} to "
            f"{words.percent(arm.p_band[2])}",
        }
    ]
    called = [one.score for one in last_readings(arm.readings) if one.score.called.cells]
    if called:
        true = called[0].true
        shares = sorted(score.called.value for score in called)
        tiles.append(
            {
                "label": "in G0 when read",
                "value": words.share_words(true),
                "below": f"{words.interval_words(true)} by sampling",
            }
        )
        tiles.append(
            {
                "label": "called dormant",
                "value": f"{100 * shares[0]:.0f} to {words.percent(shares[-1])}",
                "below": f"lowest to highest; assays: {len(shares)}",
            }
        )
    return tiles
