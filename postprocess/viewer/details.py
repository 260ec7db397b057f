"""One site in words and numbers, the table of sites, and the words above the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.columns import column_unit
from postprocess.contract import CUE_PREFIX, SITE_COLUMNS
from postprocess.labels import percent, quantity
from postprocess.style import shorten, uncertain
from postprocess.viewer.charts import waterfall

if TYPE_CHECKING:
    import pandas

    from postprocess.viewer.session import Session

_ROWS = (
    ("stiffness_kPa", "senses, mean"),
    ("stiffest_kPa", "stiffest direction"),
    ("softest_kPa", "softest direction"),
    ("anisotropy", "stiffest ÷ softest"),
    ("depth_um", "below the surface"),
    ("x_um", "x"),
    ("y_um", "y"),
    ("z_um", "z"),
)


def site_details(session: Session, row: int) -> dict[str, Any]:
    """What the page says of a site: plain texts, and its waterfall."""
    data, cascade = session.scene.sites.point_data, session.cascade(row)
    inks = session.scene.inks
    rows = [{"label": "ink", "text": shorten(inks[int(data["ink"][row])], 40)}]
    for key, label in _ROWS:
        unit = column_unit(key)
        text = quantity(float(data[key][row]), "" if unit == "1" else unit)
        rows.append({"label": label, "text": text})
    known = session.band_known
    doubtful = known and bool(uncertain(np.array([cascade.low]), np.array([cascade.high]))[0])
    return {
        "title": cascade.title,
        "p": percent(cascade.p),
        "band": f"band {percent(cascade.low)} to {percent(cascade.high)}" if known else "band …",
        "uncertain": doubtful,
        "rows": rows,
        "fall": waterfall(cascade, session.plateaus),
    }


def headline(session: Session, chosen: int) -> dict[str, Any]:
    """Mean P, how many sleep, how many sites are chosen."""
    mean, band = session.mean
    before = float(session.source.summary["mean_p_dormant"]["value"])
    moved = session.moved.anything
    return {
        "mean": percent(mean),
        "band": "band …" if band is None else f"band {percent(band[0])} to {percent(band[1])}",
        "before": f"; was {percent(before)}" if moved else "",
        "above": percent(session.above_half),
        "chosen": f"{chosen:,} of {session.scene.sites.n_points:,} cells".replace(",", "\u202f"),
    }


def site_table(session: Session) -> pandas.DataFrame:
    """Sites as they now are, the columns of ``sites.csv``; shares are those of the moved rule."""
    import pandas as pd

    data, inks = session.scene.sites.point_data, np.array(session.scene.inks, dtype=object)
    points = np.asarray(session.scene.sites.points, dtype=float)
    place = dict(zip(("x_um", "y_um", "z_um"), points.T, strict=True))
    columns: dict[str, Any] = {}
    for key in SITE_COLUMNS:
        if key in place:
            columns[key] = place[key]
        elif key == "ink":
            columns[key] = inks[np.asarray(data[key], dtype=int)]
        else:
            columns[key] = np.asarray(data[key])
    answer = session.moved.answer
    if answer is None:
        columns |= {key: np.asarray(data[key]) for key in data if key.startswith(CUE_PREFIX)}
    else:
        # A share that is zero at every site belongs to nothing that is at work.
        columns |= {
            CUE_PREFIX + cue: value for cue, value in answer.shares().items() if np.any(value)
        }
    return pd.DataFrame(columns)
