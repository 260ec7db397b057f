"""A tumour spheroid as its own material in a block of gel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from meshes.checks import require_inks, require_size
from meshes.errors import InputError
from meshes.scaffold import IntArray, as_points, require_positive
from meshes.shapes.boxed import BoxBody
from meshes.slab import Slab

THINNEST_COVER = 0.05


@dataclass(frozen=True)
class SpheroidInGel(BoxBody):
    """A sphere of one material in a box of gel on glass.

    Parameters
    ----------
    size
        Edge lengths of the box (lx, ly, lz), µm.
    diameter
        Of the spheroid, µm.
    centre
        Of the spheroid, µm; None puts it into the middle of the box.
    inks
        Names of the gel and of the spheroid.

    Raises
    ------
    InputError
        If a length is not finite and positive, there are not exactly two inks, or the spheroid is
        covered by less than 5 % of its diameter of gel.
    """

    size: tuple[float, float, float]
    diameter: float
    centre: tuple[float, float, float] | None = None
    inks: tuple[str, ...] = ("gel", "spheroid")

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", require_size(self.size, "xyz", "a gel with a spheroid"))
        diameter = require_positive("diameter (µm)", self.diameter)
        object.__setattr__(self, "diameter", diameter)
        object.__setattr__(self, "inks", require_inks(self.inks, 2, "a gel with a spheroid"))
        centre = self._checked_centre()
        object.__setattr__(self, "centre", centre)
        cover = -float(self.box.signed_distance(centre)[0]) - 0.5 * diameter
        least = THINNEST_COVER * diameter
        if cover < least - 1e-9 * diameter:
            raise InputError(
                f"diameter: a spheroid of {diameter:g} µm at {centre} leaves {cover:g} µm of gel "
                f"to the nearest face; expected {least:g} µm or more",
                hint="make the gel larger, the spheroid smaller, or move its centre inwards",
            )

    def _checked_centre(self) -> tuple[float, ...]:
        if self.centre is None:
            return tuple(0.5 * length for length in self.size)
        try:
            centre = np.asarray(self.centre, dtype=np.float64)
        except (TypeError, ValueError):
            centre = np.zeros(0)
        if centre.shape != (3,) or not np.isfinite(centre).all():
            raise InputError(
                f"centre: expected three finite numbers (x, y, z) in µm, found {self.centre!r}"
            )
        return tuple(float(v) for v in centre)

    @cached_property
    def box(self) -> Slab:
        """Gel and spheroid together."""
        return Slab(self.size)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """1 in the spheroid, 0 elsewhere: (n, 3) µm -> (n,)."""
        from_centre = np.linalg.norm(as_points(x) - np.array(self.centre), axis=1)
        return (from_centre < 0.5 * self.diameter).astype(np.int64)

    def volume(self) -> dict[str, float]:
        """Spheroid π·diameter³/6, gel the rest of the box, µm³."""
        spheroid = math.pi * self.diameter**3 / 6.0
        return {self.inks[0]: math.prod(self.size) - spheroid, self.inks[1]: spheroid}
