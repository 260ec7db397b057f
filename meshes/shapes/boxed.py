"""What bodies share that fill a box on glass, wholly or in part."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from meshes.scaffold import FloatArray, IntArray, as_points
from meshes.slab import Slab


class BoxBody(ABC):
    """A body in the box [0, lx]x[0, ly]x[0, lz] on glass; a base of frozen dataclasses."""

    @property
    @abstractmethod
    def box(self) -> Slab:
        """The whole box as a body of its own."""

    @property
    def substrate_height(self) -> float:
        """z of the glass, µm."""
        return 0.0

    @property
    def height(self) -> float:
        """Distance from bottom to top, µm."""
        return self.box.height

    @property
    def footprint_area(self) -> float:
        """lx·ly, µm²."""
        return self.box.footprint_area

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        return self.box.bounds

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the six faces, negative inside: (n, 3) µm -> (n,) µm."""
        return self.box.signed_distance(x)

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the faces but the one on glass: (n, 3) µm -> (n,) µm."""
        return self.box.free_surface_distance(x)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Zero everywhere: (n, 3) µm -> (n,)."""
        return self.box.ink(x)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Along x everywhere (assumption): (n, 3) µm -> (n, 3)."""
        return np.tile([1.0, 0.0, 0.0], (len(as_points(x)), 1))
