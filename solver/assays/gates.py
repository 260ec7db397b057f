"""Gates as a laboratory draws them: from a control sample, never from the truth."""

from __future__ import annotations

import math

import numpy as np

from meshes.errors import InputError

from .noise import FloatArray, Instrument

CONTROL_CELLS = 2000
"""Cells in a control sample: a usual count, assumption."""

CONTROL_QUANTILE = 0.99
"""Share of the control below the gate: the usual 1 % of dark cells counted as lit, assumption."""


def above_unlabelled(instrument: Instrument, rng: np.random.Generator) -> float:
    """Threshold above which a cell counts as labelled, from cells that carry no label.

    Parameters
    ----------
    instrument
        That reads the sample.
    rng
        Where the control's noise comes from.

    Returns
    -------
    float
        The control's 99th percentile, in units of its own median.
    """
    return above_control(instrument.background(CONTROL_CELLS, rng))


def above_control(control: FloatArray) -> float:
    """Threshold above which all but 1 % of a control does not lie.

    Parameters
    ----------
    control : ndarray, shape (m,)
        Readings of the control.

    Returns
    -------
    float
    """
    return float(np.quantile(control, CONTROL_QUANTILE))


def retained(fresh: FloatArray, dark: float, halvings: float) -> float:
    """Threshold above which a cell counts as retaining a label that division dilutes.

    Parameters
    ----------
    fresh : ndarray, shape (m,)
        Readings of the sample taken when labelling ended.
    dark
        Threshold above which a cell counts as labelled at all.
    halvings
        k, at least 0: the gate stands k halvings below the median of the labelled cells.

    Returns
    -------
    float
        ``median(fresh above dark) / 2^k``, or ``dark`` where that is higher.

    Raises
    ------
    InputError
        If no cell is labelled, or k is below 0.
    """
    lit = fresh[fresh > dark]
    if not len(lit):
        raise InputError("assay: no labelled cell to set the gate by")
    if not (math.isfinite(halvings) and halvings >= 0.0):
        raise InputError(f"assay: expected halvings of at least 0, found {halvings:g}")
    return max(dark, float(np.median(lit) * 2.0**-halvings))
