"""``dormatrix image FOLDER --ctfire STEM``: what the tables of CT-FIRE say of a flat image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def ctfire_record(folder: Path, stem: str, pixel: float) -> dict[str, Any]:
    """Mean direction, order in the plane and straightness of the fibres, as plain JSON.

    Parameters
    ----------
    folder
        Where the tables lie, usually ``ctFIREout``.
    stem
        Name of the image without its ending.
    pixel
        Edge of a pixel, µm.

    Raises
    ------
    InputError
        If a table cannot be used.
    """
    from meshes.images.ctfire import read_ctfire

    found = read_ctfire(folder, stem, pixel)
    values, vectors = np.linalg.eigh(found.mean()[:2, :2])
    axis = vectors[:, -1] * np.sign(vectors[np.argmax(np.abs(vectors[:, -1])), -1])
    weight = found.length / found.length.sum()
    return {
        "image": stem,
        "fibres": len(found.length),
        "mean_direction": [float(axis[0]), float(axis[1]), 0.0],
        "order_in_plane": float(values[-1] - values[0]),
        "straightness": float(weight @ found.straightness),
        "length_um": float(np.median(found.length)),
        "width_um": float(np.median(found.width)),
    }


def ctfire_text(record: dict[str, Any]) -> str:
    """The record for a terminal, with what to paste into an ink."""
    direction = ", ".join(f"{c:+.2f}" for c in record["mean_direction"])
    return "\n".join(
        [
            f"  image         {record['image']}, {record['fibres']} fibres of CT-FIRE",
            f"  direction     [{direction}], order in the plane {record['order_in_plane']:.2f}",
            f"  straightness  {record['straightness']:.3f} (end to end over contour, by length)",
            f"  medians       length {record['length_um']:.3g} um, "
            f"width {record['width_um']:.3g} um",
            "",
            "to paste into an ink whose print direction is that direction:",
            "",
            f"  orientation: {{kind: planar, order: {min(record['order_in_plane'], 0.97):.2f}}}",
            "",
            "directions out of the image are unseen, and the tables do not say where fibres lie",
        ]
    )
