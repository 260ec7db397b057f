"""A block of gel with straight lumens: perfused channels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from meshes.checks import require_inks, require_size, require_whole
from meshes.errors import InputError
from meshes.scaffold import FloatArray, as_points, require_positive
from meshes.shapes.boxed import BoxBody
from meshes.slab import Slab

THINNEST_WALL = 0.05
MAX_CHANNELS = 200


@dataclass(frozen=True)
class ChannelBlock(BoxBody):
    """A box on glass with round lumens from one side to the other, evenly spaced at one height.

    The lumens are bathed; the gel is printed along them (assumption).

    Parameters
    ----------
    size
        Edge lengths of the box (lx, ly, lz), µm.
    channel_diameter
        µm.
    axis
        "x" or "y": along which the lumens run.
    channel_height
        z of their axes, µm; None puts them half way up.
    count
        Number of lumens, side by side: the axis of lumen i is at (i + ½)/count of the width.
    inks
        The name of its one ink, or a tuple that holds it.

    Raises
    ------
    InputError
        If a number is not finite and positive, the axis is neither x nor y, there is not exactly
        one ink, there are more than 200 lumens, or a wall between lumens or to a face is thinner
        than 5 % of a lumen's diameter.
    """

    size: tuple[float, float, float]
    channel_diameter: float
    axis: str = "x"
    channel_height: float | None = None
    count: int = 1
    inks: tuple[str, ...] = ("gel",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", require_size(self.size, "xyz", "a block with channels"))
        diameter = require_positive("channel_diameter (µm)", self.channel_diameter)
        object.__setattr__(self, "channel_diameter", diameter)
        if self.axis not in ("x", "y"):
            raise InputError(f"axis: expected 'x' or 'y', found {self.axis!r}")
        middle = 0.5 * self.size[2] if self.channel_height is None else self.channel_height
        height = require_positive("channel_height (µm)", middle)
        object.__setattr__(self, "channel_height", height)
        object.__setattr__(self, "count", require_whole("count", self.count))
        object.__setattr__(self, "inks", require_inks(self.inks, 1, "a block with channels"))
        if self.count > MAX_CHANNELS:
            raise InputError(f"count: expected at most {MAX_CHANNELS} lumens, found {self.count}")
        self._check_walls(height)

    def _check_walls(self, height: float) -> None:
        diameter, least = self.channel_diameter, THINNEST_WALL * self.channel_diameter
        walls = (
            ("below the lumens", height - 0.5 * diameter),
            ("above the lumens", self.size[2] - height - 0.5 * diameter),
            ("beside the lumens", 0.5 * (self.spacing - diameter)),
        )
        for where, wall in walls:
            if wall < least - 1e-9 * diameter:
                raise InputError(
                    f"channel_diameter: {wall:g} µm of gel remain {where}; expected {least:g} µm "
                    "or more",
                    hint="choose thinner or fewer lumens, another channel_height, or a larger "
                    "block",
                )

    @cached_property
    def box(self) -> Slab:
        """The block without its lumens."""
        return Slab(self.size)

    @property
    def spacing(self) -> float:
        """Distance between the axes of neighbouring lumens, µm."""
        return (self.size[1] if self.axis == "x" else self.size[0]) / self.count

    @property
    def channel_axes(self) -> FloatArray:
        """Where the axes of the lumens enter the block, shape (count, 3), µm."""
        across = (np.arange(self.count) + 0.5) * self.spacing
        column = 1 if self.axis == "x" else 0
        start = np.zeros((self.count, 3))
        start[:, column], start[:, 2] = across, self.channel_height
        return start

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to faces and lumens, negative in the gel: (n, 3) µm -> (n,) µm.

        Beside the block, off the mouth of a lumen, exact to the rim of the mouth.
        """
        return self._bored(as_points(x), self.box.signed_distance(x))

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """As :meth:`signed_distance` without the face on glass: (n, 3) µm -> (n,) µm."""
        return self._bored(as_points(x), self.box.free_surface_distance(x))

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Along the lumens everywhere: (n, 3) µm -> (n, 3)."""
        along = [1.0, 0.0, 0.0] if self.axis == "x" else [0.0, 1.0, 0.0]
        return np.tile(along, (len(as_points(x)), 1))

    def volume(self) -> dict[str, float]:
        """The box less count·π·channel_diameter²/4 times its length, µm³."""
        length = self.size[0] if self.axis == "x" else self.size[1]
        lumens = self.count * 0.25 * math.pi * self.channel_diameter**2 * length
        return {self.inks[0]: math.prod(self.size) - lumens}

    def _bored(self, points: FloatArray, to_box: FloatArray) -> FloatArray:
        """Take the lumens out of a box, given the distance to it."""
        across = points[:, 1] if self.axis == "x" else points[:, 0]
        lumen = np.clip(np.floor(across / self.spacing), 0, self.count - 1)
        off_axis = np.hypot(across - (lumen + 0.5) * self.spacing, points[:, 2] - self._level)
        into_lumen = 0.5 * self.channel_diameter - off_axis
        in_line = (to_box > 0.0) & (into_lumen > 0.0)
        return np.where(in_line, np.hypot(to_box, into_lumen), np.maximum(to_box, into_lumen))

    @property
    def _level(self) -> float:
        assert self.channel_height is not None  # settled when made
        return self.channel_height
