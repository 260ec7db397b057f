"""Rows of the page's tables: calls against the truth, balances, what is left, the plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from postprocess.assays import plan_words, standing, words
from postprocess.assays.balance import Balance
from postprocess.assays.numbers import Residual
from postprocess.assays.protocols import Plan
from postprocess.assays.view import AssayView
from postprocess.labels import percent, points, significant

Cell = dict[str, Any]

SHARES = ("called", "true", "sensitivity", "specificity", "precision")
"""Shares of a score, in the order of the columns."""


def cell(text: str, sort: Any = None, *, band: str = "", numbers: bool = True) -> Cell:
    """One cell: its text, what its column is sorted by, a text under it, whether it is a number."""
    missing = sort is None or (isinstance(sort, float) and not math.isfinite(sort))
    return {"text": text, "sort": "" if missing else sort, "band": band, "numbers": numbers}


def _word(text: str) -> Cell:
    return cell(text, text, numbers=False)


def score_rows(view: AssayView) -> list[list[Cell]]:
    """Calls of every assay at every time in every arm against the truth."""
    rows = []
    for arm in view.arms:
        for one in arm.readings:
            shares = [getattr(one.score, name) for name in SHARES]
            rows.append(
                [
                    _word(arm.name),
                    _word(one.assay),
                    cell(words.day_number(one.at_h), one.at_h),
                    cell(f"{len(one.gate):,}".replace(",", "\u202f"), len(one.gate)),
                    *(
                        cell(
                            words.share_words(share), share.value, band=words.interval_words(share)
                        )
                        for share in shares
                    ),
                ]
            )
    return rows


def balance_rows(balances: Sequence[Balance]) -> list[list[Cell]]:
    """What holds the size of every course and cluster."""
    rows = []
    for one in balances:
        net = one.net
        band = f"{one.net_low:+.2f} to {one.net_high:+.2f}".replace("-", "−")
        known = one.net_high - one.net_low > 0.005
        rows.append(
            [
                _word(one.name),
                cell(f"× {significant(one.size, 3)}", one.size),
                cell(
                    f"{net:+.3f}".replace("-", "−") if math.isfinite(net) else "–",
                    net,
                    band=band if known else "",
                ),
                cell(significant(one.births, 2) if math.isfinite(one.births) else "–", one.births),
                cell(_percent(one.labelled), one.labelled),
                cell(_percent(one.asleep), one.asleep),
                _word(standing.kind_words(one.kind)),
            ]
        )
    return rows


def residual_rows(left: Sequence[Residual]) -> list[list[Cell]]:
    """What every treatment leaves."""
    rows = []
    for one in left:
        numbers = [
            cell(
                _percent(ratio[0]),
                ratio[0],
                band=words.between(*ratio[1:]) if math.isfinite(ratio[1]) else "",
            )
            for ratio in (one.survivors, one.asleep)
        ]
        rows.append(
            [
                _word(one.name),
                _word(one.spell),
                cell(words.day_number(one.start_h), one.start_h),
                *numbers,
                cell(_percent(one.share_before), one.share_before),
                cell(_percent(one.share_after), one.share_after),
            ]
        )
    return rows


def plan_rows(plan: Plan) -> list[list[Cell]]:
    """What every assay would show of two designs, best first."""
    return [
        [
            cell(one.assay, one.assay, band=plan_words.caution_words(one), numbers=False),
            cell(words.day_number(one.at_h), one.at_h),
            cell(percent(one.first), one.first),
            cell(percent(one.second), one.second),
            cell(
                points(one.difference),
                one.difference,
                band=f"{points(one.low)} to {points(one.high)}",
            ),
            cell(points(one.true_difference), one.true_difference),
            cell(percent(one.power), one.power),
            cell(percent(one.assurance), one.assurance),
            cell(
                plan_words.needed_words(one.cells_needed),
                one.cells_needed,
                band=f"in each of {one.effort.replicates}",
            ),
            cell(
                plan_words.needed_words(one.replicates_needed),
                one.replicates_needed,
                band=f"of {one.effort.cells} cells",
            ),
        ]
        for one in plan.contrasts
    ]


def _percent(value: float) -> str:
    return percent(value) if math.isfinite(value) else "–"
