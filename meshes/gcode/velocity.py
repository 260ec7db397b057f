"""How fast the nozzle moves against how fast the ink leaves it: a hint at how fibres align."""

from __future__ import annotations

import numpy as np

from meshes.errors import InputError
from meshes.gcode.program import Program
from meshes.scaffold import FloatArray, require_positive

SOURCE = "10.1101/2025.05.20.654730"
"""Collagen inks: V* > 1 gave fibres along the strand, V* < 1 across it (a preprint)."""
_EVEN = 0.05


def velocity_ratio(program: Program, nozzle: float, *, flow: float | None = None) -> FloatArray:
    """V* = v_print/v_extrude of each segment.

    With the volume V over the length L at the speed v, the flow is V v/L and the ink leaves the
    nozzle at V v/(L A): V* = A L/V, without the speed. With a constant flow Q it is v A/Q.

    Parameters
    ----------
    program
        The file.
    nozzle
        Inner diameter, µm; A = π nozzle²/4.
    flow
        Volume per time, µm³/s, where the file does not meter: measured on a scale, say.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    InputError
        If neither the file nor `flow` tells the volume, or a speed is missing.
    """
    area = 0.25 * np.pi * require_positive("nozzle (µm)", nozzle) ** 2
    if flow is not None:
        if not (program.feed > 0.0).all():
            raise InputError(
                "the file prints before it states a speed (F)", hint="give F on the first move"
            )
        return np.asarray(program.feed * area / require_positive("flow (µm³/s)", flow))
    if not program.metered:
        raise InputError(
            "V* needs how much ink flows, and this file does not tell",
            hint="weigh the ink of one minute and give flow (µm³/s)",
        )
    return np.asarray(area * program.lengths / program.extruded, dtype=np.float64)


def alignment_hint(ratio: float) -> str:
    """What a V* hints at: ``"parallel"`` (above 1), ``"perpendicular"`` (below) or ``"none"``.

    A hint only, from one kind of ink (:data:`SOURCE`); within 5 % of 1 (assumption) none is given.
    """
    if abs(ratio - 1.0) <= _EVEN:
        return "none"
    return "parallel" if ratio > 1.0 else "perpendicular"
