"""Sight: tables, field files, pictures and a report from a finished run; nothing here solves.

A :class:`postprocess.results.RunResult` comes in, :func:`postprocess.write.write_result` writes it,
:func:`postprocess.load.load_result` reads it back, :func:`open_result` opens it to be looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postprocess.scene.result3d import Result3D

__all__ = ["open_result"]


def open_result(folder: Path | str) -> Result3D:
    """Open a result folder: its table, its numbers, and PyVista plotters to build on.

    Raises
    ------
    ResultError
        Where it is no complete result.
    """
    from postprocess.scene import result3d

    return result3d.open_result(folder)
