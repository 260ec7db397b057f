"""A flat cylinder of one ink: a cast gel, or a biopsy punch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meshes.checks import require_direction, require_inks
from meshes.scaffold import FloatArray, IntArray, as_points, require_positive


@dataclass(frozen=True)
class Disc:
    """A disc on glass with its axis at x = y = diameter/2.

    Parameters
    ----------
    diameter
        µm.
    height
        µm.
    inks
        The name of its one ink, or a tuple that holds it.
    direction
        Print direction, shape (3,); normalised here.

    Raises
    ------
    InputError
        If a length is not finite and positive, there is not exactly one ink, or the direction has
        no length.
    """

    diameter: float
    height: float
    inks: tuple[str, ...] = ("gel",)
    direction: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        for name in ("diameter", "height"):
            object.__setattr__(self, name, require_positive(f"{name} (µm)", getattr(self, name)))
        object.__setattr__(self, "inks", require_inks(self.inks, 1, "a disc"))
        object.__setattr__(self, "direction", require_direction(self.direction, "a disc"))

    @property
    def substrate_height(self) -> float:
        """z of the glass, µm."""
        return 0.0

    @property
    def footprint_area(self) -> float:
        """π·diameter²/4, µm²."""
        return 0.25 * math.pi * self.diameter**2

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        return np.array([(0.0, 0.0, 0.0), (self.diameter, self.diameter, self.height)])

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to wall, bottom and top, negative inside: (n, 3) µm -> (n,) µm."""
        points = as_points(x)
        half = 0.5 * self.height
        return self._distance(points, np.abs(points[:, 2] - half) - half)

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to wall and top; the wall goes on under the glass: (n, 3) -> (n,) µm."""
        points = as_points(x)
        return self._distance(points, points[:, 2] - self.height)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Zero everywhere: (n, 3) µm -> (n,)."""
        return np.zeros(len(as_points(x)), dtype=np.int64)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """The given direction everywhere: (n, 3) µm -> (n, 3)."""
        return np.tile(np.array(self.direction), (len(as_points(x)), 1))

    def volume(self) -> dict[str, float]:
        """π·diameter²·height/4, µm³."""
        return {self.inks[0]: self.footprint_area * self.height}

    def _distance(self, points: FloatArray, beyond_faces: FloatArray) -> FloatArray:
        """Distance from that to the wall and that to the flat faces."""
        radius = 0.5 * self.diameter
        beyond_wall = np.hypot(points[:, 0] - radius, points[:, 1] - radius) - radius
        outside = np.hypot(np.maximum(beyond_wall, 0.0), np.maximum(beyond_faces, 0.0))
        return outside + np.minimum(np.maximum(beyond_wall, beyond_faces), 0.0)
