"""Doses of the chemical cues: given outright, or made from what collagen an ink holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

COLLAGEN_CUES = ("collagen_I", "collagen_III")
"""The cues that are collagen's chemistry, apart from its stiffness."""

UPAR_LOSS = "uPAR_loss"
"""The cue that is the cells' own lack of uPAR."""


@dataclass(frozen=True)
class Dose:
    """Dose of a cue, relative to 1: ``level · Π x/(x + half)``.

    The half-saturating amounts are named, not filled in, so that their ranges move the band of P.

    Attributes
    ----------
    level : float or ndarray, shape (n,)
        Dose where nothing saturates; 1 is the dose that changes R by F at weight 1.
    saturating : tuple of (amount, name)
        Amounts x, float or shape (n,), each with the rule's parameter that is its half-saturating
        amount, both in that parameter's unit.
    """

    level: ArrayLike
    saturating: tuple[tuple[ArrayLike, str], ...] = ()

    def at(self, parameters: Mapping[str, ArrayLike]) -> FloatArray:
        """The dose under given half-saturating amounts.

        Parameters
        ----------
        parameters
            Value of each parameter named; any shape that broadcasts with the amounts.

        Returns
        -------
        ndarray
            Dimensionless, >= 0, of the broadcast shape.
        """
        dose = np.asarray(self.level, dtype=float)
        for amount, name in self.saturating:
            x = np.asarray(amount, dtype=float)
            dose = dose * (x / (x + np.asarray(parameters[name], dtype=float)))
        return dose


def crimp_excess(amplitude: ArrayLike, wavelength: ArrayLike) -> FloatArray:
    """Excess arc length of a sinusoidal fibre, u = (πA/L)².

    Parameters
    ----------
    amplitude, wavelength
        A and L of the planar sinusoid, both in µm (only the ratio counts).

    Returns
    -------
    ndarray
        Dimensionless; 0 for a straight fibre. To leading order the contour is longer than the
        chord by the factor 1 + u (derived).
    """
    ratio = np.asarray(amplitude, dtype=float) / np.asarray(wavelength, dtype=float)
    return (np.pi * ratio) ** 2


def collagen_doses(
    collagen_I: ArrayLike, collagen_III: ArrayLike, crimp_excess_III: ArrayLike
) -> dict[str, Dose]:
    """Doses of the two collagen cues at each site.

    ``dose_I = c_I/(c_I + c_half)`` and ``dose_III = c_III/(c_III + c_half) · u/(u + u_half)``:
    straight collagen III has no dose. The forms are an assumption; that collagen I wakes
    (10.1158/0008-5472.CAN-09-2356) and collagen III and its architecture keep asleep
    (10.1038/s43018-021-00291-9) is published, no dose-response was found.

    Parameters
    ----------
    collagen_I, collagen_III
        Concentrations, mg/mL, float or shape (n,).
    crimp_excess_III
        u of the collagen III fibres, dimensionless, see `crimp_excess`.

    Returns
    -------
    dict of str to Dose
        Keyed by `COLLAGEN_CUES`; ready for the ``doses`` of the rule.
    """
    return {
        "collagen_I": Dose(1.0, ((collagen_I, "collagen_half"),)),
        "collagen_III": Dose(
            1.0, ((collagen_III, "collagen_half"), (crimp_excess_III, "crimp_half"))
        ),
    }
