"""A few classes of sites in place of many sites: the network is solved once per class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from meshes.errors import InputError
from solver.coupling.collagen_doses import FloatArray


@dataclass(frozen=True)
class SiteClasses:
    """Sites sorted into classes of like stiffness within one ink.

    Attributes
    ----------
    index : ndarray of int, shape (n,)
        Class of each site, 0 to k − 1.
    count : ndarray of int, shape (k,)
        Sites in each class, at least one.
    """

    index: NDArray[np.intp]
    count: NDArray[np.intp]

    def mean(self, values: ArrayLike) -> FloatArray:
        """Mean of a quantity over each class.

        Parameters
        ----------
        values
            Number, or one per site, shape (n,).

        Returns
        -------
        ndarray, shape (k,)
            In the quantity's unit.
        """
        array = np.broadcast_to(np.asarray(values, dtype=float), self.index.shape)
        return np.bincount(self.index, array, len(self.count)) / self.count

    def geometric_mean(self, values: ArrayLike) -> FloatArray:
        """Geometric mean over each class: for stiffness, which acts by its logarithm.

        Parameters
        ----------
        values
            Above 0; number, or one per site, shape (n,).

        Returns
        -------
        ndarray, shape (k,)
            In the quantity's unit.
        """
        return np.exp(self.mean(np.log(values)))

    def spread(self, of_classes: ArrayLike) -> FloatArray:
        """Each site's value of its class.

        Parameters
        ----------
        of_classes
            Shape (k,).

        Returns
        -------
        ndarray, shape (n,)
        """
        return np.asarray(of_classes, dtype=float)[self.index]


def site_classes(E: ArrayLike, ink: ArrayLike | None = None, most: int = 64) -> SiteClasses:
    """Sort sites into at most ``most`` classes: quantiles of E within each ink.

    Parameters
    ----------
    E
        Sensed stiffness, kPa, shape (n,).
    ink
        Ink (or any other group that must not be mixed) of each site, shape (n,); None: one.
    most
        Largest number of classes, shared evenly between the inks.

    Returns
    -------
    SiteClasses
        Ordered by ink, then by E. Where an ink has no more different values of E than classes,
        each value is a class: nothing is averaged.

    Raises
    ------
    InputError
        If there is no site, E and ink differ in length, or there are more inks than classes.
    """
    E = np.asarray(E, dtype=float)
    group = np.zeros(len(E), dtype=np.intp)
    if ink is not None:
        if np.shape(ink) != E.shape:
            raise InputError(f"site classes: {len(E)} stiffnesses but {np.size(ink)} inks")
        group = np.unique(np.asarray(ink), return_inverse=True)[1]
    inks = int(group.max(initial=-1)) + 1
    if not 1 <= inks <= most:
        raise InputError(f"site classes: expected 1 to {most} inks with sites, found {inks}")
    share = most // inks
    index = np.empty(len(E), dtype=np.intp)
    first = 0
    for one in range(inks):
        inside = np.flatnonzero(group == one)
        values = np.unique(E[inside])
        edges = values
        if len(values) > share:
            edges = np.unique(np.quantile(E[inside], np.arange(share) / share))
        # The first edge is the least value, so that no class is below it; empty ones close up.
        bins = np.searchsorted(edges, E[inside], side="right") - 1
        used, bins = np.unique(bins, return_inverse=True)
        index[inside] = first + bins
        first += len(used)
    return SiteClasses(index, np.bincount(index, minlength=first))
