"""What a print file lays down: one row per straight piece of strand, in printing order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from meshes.scaffold import FloatArray, IntArray

LEVEL_TOLERANCE = 1.0
"""Heights nearer to each other than this (µm) are one layer: below what a printer resolves."""


@dataclass(frozen=True, eq=False)
class Program:
    """The printed segments of a file; travels are left out.

    Parameters
    ----------
    starts, ends
        Ends of each segment where the file puts the nozzle, shape (n, 3), µm.
    extruded
        Material laid down along each segment, shape (n,), µm³; zeros where `metered` is False.
    feed
        Speed of the nozzle, shape (n,), µm/s; 0 where the file states none before.
    tool
        Number of the tool or head, shape (n,).
    line
        Line of the file, from 1, shape (n,).
    joined
        Whether a segment continues the one before without a travel and with the same tool,
        shape (n,), bool.
    flavour
        Name of the flavour by which the file was read.
    metered
        Whether the file tells how much material is laid down.
    travel
        Length of all moves without printing, µm.
    warnings
        What was ignored or assumed, in words.
    """

    starts: FloatArray
    ends: FloatArray
    extruded: FloatArray
    feed: FloatArray
    tool: IntArray
    line: IntArray
    joined: npt.NDArray[np.bool_]
    flavour: str
    metered: bool
    travel: float = 0.0
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def lengths(self) -> FloatArray:
        """Length of each segment, shape (n,), µm."""
        return np.asarray(np.linalg.norm(self.ends - self.starts, axis=1), dtype=np.float64)

    @property
    def total_length(self) -> float:
        """Length of all strands, µm."""
        return float(self.lengths.sum())

    @property
    def tools(self) -> tuple[int, ...]:
        """Numbers of the tools that print, ascending."""
        return tuple(int(number) for number in np.unique(self.tool))

    @cached_property
    def strand(self) -> IntArray:
        """Number of the strand of each segment, shape (n,): a strand ends where a travel begins."""
        return np.asarray(np.cumsum(~self.joined) - 1, dtype=np.int64)

    @property
    def strand_count(self) -> int:
        """Number of strands."""
        return int((~self.joined).sum())

    @cached_property
    def levels(self) -> FloatArray:
        """Heights at which level segments lie, ascending, shape (n_layers,), µm.

        A file without level segments (a spiral that climbs all the way) has one: its lowest point.
        """
        level = np.abs(self.ends[:, 2] - self.starts[:, 2]) <= LEVEL_TOLERANCE
        if not level.any():
            return np.array([min(self.starts[:, 2].min(), self.ends[:, 2].min())])
        heights = np.unique(self.starts[level, 2])
        first = np.concatenate([[True], np.diff(heights) > LEVEL_TOLERANCE])
        return heights[first]

    @cached_property
    def layer(self) -> IntArray:
        """Layer of each segment, shape (n,): the highest of `levels` at or below its middle."""
        middle = 0.5 * (self.starts[:, 2] + self.ends[:, 2])
        rank = np.searchsorted(self.levels, middle + LEVEL_TOLERANCE, side="right") - 1
        return np.maximum(rank, 0).astype(np.int64)

    @property
    def layer_height(self) -> float | None:
        """Median rise from level to level, µm; None where there is one level only."""
        return float(np.median(np.diff(self.levels))) if len(self.levels) > 1 else None

    def diameters(self) -> FloatArray | None:
        """Diameter of a round strand that holds what was extruded, shape (n,), µm.

        d = √(4 V/(π L)) per segment; None where the file does not tell the volume.
        """
        if not self.metered:
            return None
        return np.asarray(np.sqrt(4.0 * self.extruded / (np.pi * self.lengths)), dtype=np.float64)
