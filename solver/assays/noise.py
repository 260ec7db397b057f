"""What an instrument adds to a signal, and the random streams of the virtual laboratory.

Intensities are given in units of the median of cells without any label: a dark cell reads about 1.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def stream(seed: int, *keys: str | float) -> np.random.Generator:
    """Random numbers of one purpose: the same seed and keys give the same numbers.

    Parameters
    ----------
    seed
        Of the whole read-out, at least 0.
    *keys
        What the numbers are for: an assay, a step, a time in h.

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng([seed, *(zlib.crc32(repr(key).encode()) for key in keys)])


def lognormal(rng: np.random.Generator, cv: float, size: int) -> FloatArray:
    """Log-normal factors of mean 1.

    Parameters
    ----------
    rng
        Where the numbers come from.
    cv
        Coefficient of variation, at least 0; 0 gives ones, and draws all the same.
    size
        How many, n.

    Returns
    -------
    ndarray, shape (n,)
        ``exp(s z − s²/2)`` with ``s² = ln(1 + cv²)`` and z standard normal.
    """
    s = math.sqrt(math.log1p(cv * cv))
    return np.asarray(np.exp(s * rng.standard_normal(size) - 0.5 * s * s))


@dataclass(frozen=True)
class Instrument:
    """A cytometer or a microscope, with the label it reads.

    ``reading = brightness · signal · e + background``, e log-normal of mean 1, background
    log-normal of median 1. All three numbers depend on label and instrument: assumptions, to be
    replaced by the laboratory's own controls.

    Parameters
    ----------
    brightness
        Reading of signal 1, in units of the background's median, above 0.
    cv
        Coefficient of variation of e: staining and reading, at least 0.
    background_cv
        Coefficient of variation of the background (autofluorescence), at least 0.

    Raises
    ------
    InputError
        If a number is out of its range.
    """

    brightness: float
    cv: float = 0.2
    background_cv: float = 0.3

    def __post_init__(self) -> None:
        if not (math.isfinite(self.brightness) and self.brightness > 0.0):
            raise InputError(f"assay: expected a brightness above 0, found {self.brightness:g}")
        for name in ("cv", "background_cv"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise InputError(f"assay: expected {name} of at least 0, found {value:g}")

    def read(self, signal: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Readings of n cells.

        Parameters
        ----------
        signal : ndarray, shape (n,)
            What the label would show, 1 where it is complete.
        rng
            Where the noise comes from.

        Returns
        -------
        ndarray, shape (n,)
            In units of the background's median.
        """
        n = len(signal)
        label = self.brightness * signal * lognormal(rng, self.cv, n)
        return np.asarray(label + self.background(n, rng))

    def background(self, cells: int, rng: np.random.Generator) -> FloatArray:
        """Readings of cells without label.

        Parameters
        ----------
        cells
            How many, n.
        rng
            Where the noise comes from.

        Returns
        -------
        ndarray, shape (n,)
            Of median 1.
        """
        s = math.sqrt(math.log1p(self.background_cv**2))
        return np.asarray(np.exp(s * rng.standard_normal(cells)))
