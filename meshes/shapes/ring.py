"""Circular strands on top of each other: a printed ring."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meshes.checks import require_overlap, require_turns, require_whole
from meshes.errors import InputError
from meshes.lens import clipped_strand_area, lens_area
from meshes.scaffold import FloatArray, as_points, require_ink_names, require_positive
from meshes.strands import StrandLayers


@dataclass(frozen=True)
class Ring(StrandLayers):
    """A stack of circular strands on glass with its axis in the middle of its bounds.

    Parameters
    ----------
    diameter
        Diameter of the circle along which the middle of the strand runs, µm.
    strand_diameter
        µm.
    layer_height
        Rise from layer to layer, µm; below the strand's diameter, so that layers fuse.
    layers
        Number of layers.
    inks
        Names of the inks in printing order; they take turns from layer to layer. Where two strands
        overlap, the one printed earlier keeps its volume.

    Raises
    ------
    InputError
        If a number is not finite and positive, the strand closes the hole, layers do not fuse or
        fuse by less than 5 % or by half a diameter and more, or an ink would get no layer.
    """

    diameter: float
    strand_diameter: float
    layer_height: float
    layers: int
    inks: tuple[str, ...] = ("gel",)

    def __post_init__(self) -> None:
        for name in ("diameter", "strand_diameter", "layer_height"):
            object.__setattr__(self, name, require_positive(f"{name} (µm)", getattr(self, name)))
        object.__setattr__(self, "layers", require_whole("layers", self.layers))
        object.__setattr__(self, "inks", require_ink_names(self.inks))
        require_turns(self.inks, self.layers)
        require_overlap(self.strand_diameter, self.layer_height)
        if self.diameter <= self.strand_diameter:
            raise InputError(
                f"diameter: a strand of {self.strand_diameter:g} µm closes the hole of a ring of "
                f"{self.diameter:g} µm",
                hint="the diameter is that of the circle along which the middle of the strand "
                "runs; without a hole take a disc",
            )

    @property
    def outer_diameter(self) -> float:
        """diameter + strand_diameter, µm."""
        return self.diameter + self.strand_diameter

    @property
    def footprint_area(self) -> float:
        """π·outer_diameter²/4, µm²: a plate covers the hole, too."""
        return 0.25 * math.pi * self.outer_diameter**2

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        return np.array([(0.0, 0.0, 0.0), (self.outer_diameter, self.outer_diameter, self.height)])

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit tangent of the circle through each point; y on the axis: (n, 3) µm -> (n, 3)."""
        from_axis = as_points(x)[:, :2] - 0.5 * self.outer_diameter
        angle = np.arctan2(from_axis[:, 1], from_axis[:, 0])
        return np.column_stack([-np.sin(angle), np.cos(angle), np.zeros(len(angle))])

    def volume(self) -> dict[str, float]:
        """Exact volume of each ink, µm³.

        Every cross-section is symmetric about the circle of the axes, so that its area travels
        π·diameter (Pappus); what two layers share belongs to the lower one.
        """
        totals = dict.fromkeys(self.inks, 0.0)
        for k in range(self.layers):
            cuts = (k == 0) + (k == self.layers - 1)
            area = clipped_strand_area(self.strand_diameter, self.layer_height, cuts)
            if k:
                area -= lens_area(self.strand_diameter, self.layer_height)
            totals[self.inks[k % len(self.inks)]] += math.pi * self.diameter * area
        return totals

    @property
    def _period(self) -> int:
        return 1

    def _across(self, points: FloatArray, turn: int) -> FloatArray:
        middle = 0.5 * self.outer_diameter
        off_axis = np.hypot(points[:, 0] - middle, points[:, 1] - middle)
        return off_axis - 0.5 * self.diameter
