"""How strongly each cue acts: its dose, after what blocks it and what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .collagen_doses import FloatArray
from .cues import Cue
from .draws import Draw
from .exposure import Exposure
from .terms import Term


@dataclass(frozen=True)
class Strength:
    """A number per site and sample that may be the same throughout each ink.

    Attributes
    ----------
    values : ndarray
        Of a shape that broadcasts to (n, S), or with `ink` to (n_inks, S).
    ink : ndarray of int, shape (n,), or None
        Index of each site's ink, where values are those of the inks.
    """

    values: FloatArray
    ink: NDArray[np.intp] | None = None

    def at_sites(self) -> FloatArray:
        """Values of a shape that broadcasts to (n, S)."""
        return self.values if self.ink is None else self.values[self.ink]

    def times(self, other: Strength) -> Strength:
        """Product of the two.

        Parameters
        ----------
        other
            Of the same sites and samples.

        Returns
        -------
        Strength
            Per ink as long as neither differs from site to site.
        """
        inks = [x.ink for x in (self, other) if x.ink is not None]
        if inks and all(x.ink is not None or len(x.values) == 1 for x in (self, other)):
            return Strength(self.values * other.values, inks[0])
        return Strength(self.at_sites() * other.at_sites())

    def capped(self) -> Strength:
        """The smaller of it and 1."""
        return Strength(np.minimum(self.values, 1.0), self.ink)

    def left(self) -> Strength:
        """What it leaves of something that it blocks, 1 − its values capped."""
        return Strength(1.0 - np.minimum(self.values, 1.0), self.ink)

    def terms(self, name: str, weights: FloatArray) -> Iterator[Term]:
        """Yield it, times a number per sample, as terms of a sum.

        Parameters
        ----------
        name
            Whose share it is.
        weights
            Shape (S,).
        """
        if self.ink is None:
            yield Term(name, self.values, weights)
            return
        for k, values in enumerate(self.values):
            inside = (self.ink == k).astype(float)[:, None]
            everywhere = np.ones((1, 1)) if inside.all() else inside
            yield Term(name, everywhere, values * weights)


def strengths(cues: Sequence[Cue], site: Exposure, draw: Draw) -> dict[str, Strength]:
    """Strength of each cue that is at work.

    Parameters
    ----------
    cues
        Each after those it needs or is blocked by.
    site
        n sites.
    draw
        S samples.

    Returns
    -------
    dict of str to Strength
        Cues that have a dose; those that act by themselves only where what they need is there.
    """
    conditions = {
        "ligand": Strength(site.ligand),
        "upar": Strength(site.upar),
        "fibronectin": Strength(site.fibronectin),
    }
    nothing = Strength(np.zeros((1, 1)))
    present: dict[str, Strength] = {}
    at_work: dict[str, Strength] = {}
    for cue in cues:
        if cue.cue not in site.doses:
            continue
        dose = site.doses[cue.cue].at(draw.parameters)
        strength = Strength(dose, site.ink if cue.cue in site.per_ink else None)
        for name in cue.blocked_by:
            if name in present:
                strength = strength.times(present[name].left())
            elif name in site.blocks:
                strength = strength.times(Strength(site.left(name, draw.parameters)))
        for name in cue.needs:
            # More of what is needed than the reference does not amplify: it only permits.
            needed = conditions[name] if name in conditions else present.get(name, nothing)
            strength = strength.times(needed.capped())
        present[cue.cue] = strength
        if cue.given in ("by_user", "by_ink") or strength.values.any():
            at_work[cue.cue] = strength
    return at_work
