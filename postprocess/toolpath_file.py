"""The print path in a result folder: ``toolpath.vtp``, lines for ParaView and for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray, ResultError, expect_finite, expect_shape

if TYPE_CHECKING:
    import pyvista

TOOLPATH_FILE = "toolpath.vtp"


@dataclass(frozen=True, eq=False)
class PrintPath:
    """Axes of the strands of a printed body, straight piece by piece, in printing order.

    Parameters
    ----------
    starts, ends
        ``(n, 3)`` µm.
    diameters
        ``(n,)`` of the strands, µm.
    ink
        ``(n,)`` index of the ink.

    Raises
    ------
    ResultError
        No piece, a shape that does not fit, or a number that is not finite.
    """

    starts: FloatArray
    ends: FloatArray
    diameters: FloatArray
    ink: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.starts)
        if count == 0:
            raise ResultError("print path: it has no piece")
        for name, tail in (("starts", (3,)), ("ends", (3,)), ("diameters", ()), ("ink", ())):
            expect_shape(f"print path: {name}", getattr(self, name), (count, *tail))
            expect_finite(f"print path: {name}", getattr(self, name))


def path_lines(path: PrintPath) -> pyvista.PolyData:
    """One line per piece, µm, with the cell data ``order``, ``ink`` and ``diameter_um``."""
    import pyvista

    count = len(path.starts)
    points = np.stack([path.starts, path.ends], axis=1).reshape(-1, 3)
    cells = np.column_stack([np.full(count, 2), np.arange(2 * count).reshape(-1, 2)])
    lines = pyvista.PolyData(np.asarray(points, dtype=float), lines=cells.ravel())
    lines.cell_data["order"] = np.arange(count)
    lines.cell_data["ink"] = np.asarray(path.ink, dtype=np.int32)
    lines.cell_data["diameter_um"] = np.asarray(path.diameters, dtype=float)
    return lines


def write_path(path: PrintPath, folder: Path) -> None:
    """Write ``toolpath.vtp`` into a result folder."""
    path_lines(path).save(str(folder / TOOLPATH_FILE))
