"""A box of one ink: the shape with an exact answer to everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meshes.checks import require_direction, require_inks, require_size
from meshes.scaffold import FloatArray, IntArray, as_points


@dataclass(frozen=True)
class Slab:
    """A box [0, lx]x[0, ly]x[0, lz] of one ink.

    Parameters
    ----------
    size
        Edge lengths (lx, ly, lz), µm.
    inks
        The name of its one ink, or a tuple that holds it.
    direction
        Print direction, shape (3,); normalised here.
    on_glass
        Whether a rigid plane carries the slab at z = 0; without it that face is bathed too.

    Raises
    ------
    InputError
        If a length is not finite and positive, there is not exactly one ink, or the direction has
        no length.
    """

    size: tuple[float, float, float]
    inks: tuple[str, ...] = ("gel",)
    direction: tuple[float, float, float] = (1.0, 0.0, 0.0)
    on_glass: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", require_size(self.size, "xyz", "a slab"))
        object.__setattr__(self, "direction", require_direction(self.direction, "a slab"))
        object.__setattr__(self, "inks", require_inks(self.inks, 1, "a slab"))

    @property
    def substrate_height(self) -> float | None:
        """z of the glass, µm, or None."""
        return 0.0 if self.on_glass else None

    @property
    def height(self) -> float:
        """Distance from bottom to top, µm."""
        return self.size[2]

    @property
    def footprint_area(self) -> float:
        """lx·ly, µm²."""
        return self.size[0] * self.size[1]

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        return np.array([(0.0, 0.0, 0.0), self.size])

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact Euclidean distance to the six faces, negative inside: (n, 3) µm -> (n,) µm."""
        half = 0.5 * np.array(self.size)
        return _box_distance(np.abs(as_points(x) - half) - half)

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the bathed faces: (n, 3) µm -> (n,) µm.

        On glass the box is continued below z = 0, so that its lower face is none.
        """
        if not self.on_glass:
            return self.signed_distance(x)
        points = as_points(x)
        half = 0.5 * np.array(self.size)
        beyond = np.abs(points - half) - half
        beyond[:, 2] = points[:, 2] - self.height
        return _box_distance(beyond)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Zero everywhere: (n, 3) µm -> (n,)."""
        return np.zeros(len(as_points(x)), dtype=np.int64)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """The given direction everywhere: (n, 3) µm -> (n, 3)."""
        return np.tile(np.array(self.direction), (len(as_points(x)), 1))

    def volume(self) -> dict[str, float]:
        """lx·ly·lz, µm³."""
        return {self.inks[0]: float(np.prod(self.size))}


def _box_distance(beyond: FloatArray) -> FloatArray:
    """Distance to a box from the signed distances to its three pairs of faces, shape (n, 3)."""
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
    return outside + np.minimum(beyond.max(axis=1), 0.0)
