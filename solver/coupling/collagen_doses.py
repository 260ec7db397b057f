"""Doses of the chemical cues: given outright, or made from what collagen an ink holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

COLLAGEN_CUES = ("collagen_I", "collagen_III")
"""The cues that are collagen's chemistry, apart from its stiffness."""

UPAR_LOSS = "uPAR_loss"
"""The cue that is the cells' own lack of uPAR."""

UPAR_CUT = 0.7
"""Loss of uPAR at which that cue has dose 1: ERK falls 4 to 6-fold (10.1083/jcb.147.1.89)."""


@dataclass(frozen=True)
class Dose:
    """Dose of a cue or block, relative to 1: ``level · Π x^h/(x^h + half^h)``.

    The half-saturating amounts (an EC50, an IC50) are named, not filled in, so that their ranges
    move the band of P.

    Attributes
    ----------
    level : float or ndarray, shape (n,)
        Dose where nothing saturates; 1 is the dose that changes R by F at weight 1.
    saturating : tuple of (amount, name)
        Amounts x, float or shape (n,), each with the rule's parameter that is its half-saturating
        amount, both in that parameter's unit.
    exponent : float
        Hill exponent h of every saturating amount, above 0.
    """

    level: ArrayLike
    saturating: tuple[tuple[ArrayLike, str], ...] = ()
    exponent: float = 1.0

    def at(self, parameters: Mapping[str, ArrayLike]) -> FloatArray:
        """The dose under given half-saturating amounts.

        Parameters
        ----------
        parameters
            Value of each parameter named, above 0; any shape that broadcasts with the amounts.

        Returns
        -------
        ndarray
            Dimensionless, >= 0, of the broadcast shape.
        """
        dose = np.asarray(self.level, dtype=float)
        for amount, name in self.saturating:
            dose = dose * _saturation(amount, parameters[name], self.exponent)
        return dose

    def of_sites(self, take: Callable[[ArrayLike], ArrayLike]) -> Dose:
        """The dose of other sites.

        Parameters
        ----------
        take
            Picks from an array with one value per site, and leaves one that all share.

        Returns
        -------
        Dose
        """
        amounts = tuple((take(amount), half) for amount, half in self.saturating)
        return replace(self, level=take(self.level), saturating=amounts)


def _saturation(amount: ArrayLike, half: ArrayLike, exponent: float) -> FloatArray:
    x, middle = np.asarray(amount, dtype=float), np.asarray(half, dtype=float)
    if exponent == 1.0:
        return x / (x + middle)
    # 1/(1 + (half/x)^h): neither a large x nor x = 0 makes inf/inf or 0/0 of it.
    with np.errstate(divide="ignore", over="ignore"):
        return 1.0 / (1.0 + (middle / x) ** exponent)


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


def upar_loss_dose(engaged: ArrayLike) -> FloatArray:
    """Dose of the cells' lack of uPAR at work, ``(1 − uPAR·FN)/0.7`` cut to 0 to 1.

    Dose 1 is the published 70 % cut (10.1083/jcb.147.1.89) on parental fibronectin. That it is
    linear up to there and goes no further is an assumption, and so is that lack of fibronectin is
    as lack of uPAR: uPAR activates integrin a5b1 on fibronectin (PMC32272), hence the product.

    Parameters
    ----------
    engaged
        uPAR times fibronectin, both relative to 1 = parental, any shape.

    Returns
    -------
    ndarray
        Dimensionless, of the same shape.
    """
    return np.clip((1.0 - np.asarray(engaged, dtype=float)) / UPAR_CUT, 0.0, 1.0)
