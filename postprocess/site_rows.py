"""Sites one by one, as the report lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.contract import CUE_PREFIX, cue_names
from postprocess.labels import cue_label
from postprocess.report_scene.pack import MOST_SITES
from postprocess.scene.spread import thin

if TYPE_CHECKING:
    import pandas

MOST_ROWS = 500
"""Rows of the table at most; the files hold all sites."""


def site_rows(sites: pandas.DataFrame, most: int = MOST_ROWS) -> list[dict[str, Any]]:
    """Sites as rows, spread evenly over the gel where there are more than ``most``.

    Each is among the sites of the report's scene.

    Parameters
    ----------
    sites
        The table of the contract.
    most
        Rows at most.

    Returns
    -------
    list of dict
        ``id``, ``ink``, ``depth`` (µm), ``stiffness`` (kPa), ``p``, ``low``, ``high``, and the
        ``cue`` in words with the largest ``share`` of the log-odds (None without cues).
    """
    places = sites[["x_um", "y_um", "z_um"]].to_numpy(dtype=float)
    in_scene = thin(places, MOST_SITES)
    chosen = sites.iloc[in_scene[thin(places[in_scene], most)]]
    cues = cue_names(sites)
    shares = chosen[[f"{CUE_PREFIX}{cue}" for cue in cues]].to_numpy(dtype=float)
    largest = np.abs(shares).argmax(axis=1) if cues else np.zeros(len(chosen), dtype=int)
    return [
        {
            "id": int(row["id"]),
            "ink": str(row["ink"]),
            "depth": float(row["depth_um"]),
            "stiffness": float(row["stiffness_kPa"]),
            "p": float(row["p_dormant"]),
            "low": float(row["p_dormant_low"]),
            "high": float(row["p_dormant_high"]),
            "cue": cue_label(cues[place]) if cues else "",
            "share": float(own[place]) if cues else None,
        }
        for row, own, place in zip(chosen.to_dict("records"), shares, largest, strict=True)
    ]
