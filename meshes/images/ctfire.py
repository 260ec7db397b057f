"""Read the tables of CT-FIRE (10.1117/1.JBO.19.1.016007): fibres of a flat image.

``HistANG_ctFIRE_<stem>.csv`` and its fellows LEN, WID, STR: one number a line, no heading; degrees,
pixels, pixels, and end to end over contour length.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import FloatArray, require_positive

MAX_BYTES = 16 << 20


@dataclass(frozen=True, eq=False)
class FlatFibres:
    """Fibres of one flat image; CT-FIRE does not say where they lie.

    Attributes
    ----------
    axes
        Unit vectors in the frame of an image stack, whose rows run along +y, (n, 3); z is 0.
    length, width
        (n,), µm.
    straightness
        End to end over contour length, (n,).
    """

    axes: FloatArray
    length: FloatArray
    width: FloatArray
    straightness: FloatArray

    def mean(self) -> FloatArray:
        """⟨n⊗n⟩ weighted by length, (3, 3); directions out of the image are unseen."""
        weight = self.length / self.length.sum()
        return np.asarray(np.einsum("n,ni,nj->ij", weight, self.axes, self.axes))


def read_ctfire(folder: str | Path, stem: str, pixel: float) -> FlatFibres:
    """Read the four tables of one image.

    Parameters
    ----------
    folder
        Usually ``ctFIREout``.
    stem
        Name of the image without its ending.
    pixel
        Edge of a pixel, µm: the tables do not say.

    Raises
    ------
    InputError
        If a table is missing, too large, no column of numbers, or not as long as the others.
    """
    edge = require_positive("pixel, um", pixel)
    if Path(stem).name != stem:
        raise InputError(f"stem: expected the name of an image without a folder, found {stem!r}")
    tables = [
        _column(Path(folder) / f"Hist{kind}_ctFIRE_{stem}.csv", low, high)
        for kind, low, high in (
            ("ANG", -360.0, 360.0), ("LEN", 0.0, 1e6), ("WID", 0.0, 1e6), ("STR", 0.0, 1.0 + 1e-6),
        )
    ]  # fmt: skip
    if len({len(t) for t in tables}) > 1:
        raise InputError(
            f"{folder}: the tables of {stem} have {', '.join(str(len(t)) for t in tables)} rows",
            hint="export all four in one go",
        )
    angle, length, width, straight = tables
    if length.sum() <= 0.0:
        raise InputError(f"{folder}: the fibres of {stem} have no length")
    turned = np.radians(angle)  # counter-clockwise as seen [assumption]; rows run downwards
    axes = np.column_stack([np.cos(turned), -np.sin(turned), np.zeros(len(turned))])
    return FlatFibres(axes, length * edge, width * edge, np.minimum(straight, 1.0))


def _column(path: Path, low: float, high: float) -> FloatArray:
    if not path.is_file():
        raise InputError(f"{path}: no such file", hint="tick CSV in the output of CT-FIRE")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: more than {MAX_BYTES >> 20} MiB")
    try:
        values = np.array([float(line) for line in path.read_text("utf-8-sig").split()])
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: expected one number a line: {str(error)[:100]}") from None
    if not len(values) or not ((values >= low) & (values <= high)).all():
        raise InputError(f"{path}: expected numbers from {low:g} to {high:g}, one a line")
    return values
