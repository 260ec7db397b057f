"""What can be taken away from a viewer: the picture, and the table of sites."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from postprocess.tables import stable_csv
from postprocess.viewer.details import site_table

if TYPE_CHECKING:
    import numpy as np

    from postprocess.viewer.canvas import Canvas
    from postprocess.viewer.session import Session


def png_file(canvas: Canvas) -> bytes:
    """The picture, twice as fine as on the page."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(canvas.picture()).save(stream, format="PNG")
    return stream.getvalue()


def csv_file(session: Session, rows: npt.NDArray[np.int64]) -> str:
    """Some sites with their numbers as they now are; waits for bands that are still sampled."""
    if not session.band_known:
        session.take(session.sample(None, lambda: False))
    table: Any = site_table(session)
    return stable_csv(table.iloc[rows])
