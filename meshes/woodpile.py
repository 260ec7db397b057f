"""Layers of parallel strands, fused where they cross: what an extrusion printer makes.

The body is a union of circular cylinders clipped to a box. Layer k has its axes at
z = (k + ½)·layer_height; its strands are centred in the footprint and repeat with the pitch.
Because each layer is a comb, the nearest strand comes from rounding: a query costs the number of
different layers in one turn of the lay-down pattern, however many strands there are.

How layers fuse and where they are cut: :mod:`meshes.strands`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meshes.checks import require_overlap, require_size, require_turns, require_whole
from meshes.errors import InputError
from meshes.lens import clipped_strand_area, crossing_volume, lens_area
from meshes.scaffold import FloatArray, require_ink_names, require_positive
from meshes.strands import StrandLayers

MAX_STRANDS = 20_000


@dataclass(frozen=True)
class Woodpile(StrandLayers):
    """A pile of strand layers on glass, cut to the footprint [0, lx]x[0, ly].

    Parameters
    ----------
    strand_diameter
        Diameter of a strand, µm (not of the nozzle: strands spread).
    pitch
        Distance between the axes of neighbouring strands of a layer, µm.
    layer_height
        Rise from layer to layer, µm; below the diameter, so that layers fuse.
    layers
        Number of layers.
    lay_down
        Angles of the layers against x in degrees, in printing order; they take turns.
    size
        Footprint (lx, ly), µm.
    inks
        Names of the inks in printing order; they take turns from layer to layer. Where two strands
        overlap, the one printed earlier keeps its volume.
    offset
        Share of the pitch, from 0 to below 1, by which the layers of every second turn of the
        lay-down are shifted to their left; strands that would leave the footprint are left out.

    Raises
    ------
    InputError
        If a number is not finite and positive, strands of a layer touch (pitch), layers do not fuse
        or fuse by less than 5 % or by half a diameter and more, a layer has no strand in
        the footprint, there are more than 20 000 strands, or an ink would get no layer.
    """

    strand_diameter: float
    pitch: float
    layer_height: float
    layers: int
    lay_down: tuple[float, ...] = (0.0, 90.0)
    size: tuple[float, float] = (2400.0, 2400.0)
    inks: tuple[str, ...] = ("gel",)
    offset: float = 0.0

    def __post_init__(self) -> None:
        for name in ("strand_diameter", "pitch", "layer_height"):
            object.__setattr__(self, name, require_positive(f"{name} (µm)", getattr(self, name)))
        object.__setattr__(self, "size", require_size(self.size, "xy", "a woodpile"))
        object.__setattr__(self, "inks", require_ink_names(self.inks))
        object.__setattr__(self, "lay_down", _angles(self.lay_down))
        object.__setattr__(self, "layers", require_whole("layers", self.layers))
        object.__setattr__(self, "offset", _share(self.offset))
        require_turns(self.inks, self.layers)
        require_overlap(self.strand_diameter, self.layer_height)
        self._check_fit()

    def _check_fit(self) -> None:
        diameter = self.strand_diameter
        if self.pitch <= diameter:
            raise InputError(
                f"pitch: strands of one layer touch: the pitch is {self.pitch:g} µm, strands are "
                f"{diameter:g} µm thick",
                hint="pitch is measured from axis to axis; for a solid block use a slab",
            )
        if min(self.size) < diameter:
            raise InputError(
                f"size: a footprint of {self.size[0]:g} x {self.size[1]:g} µm holds no strand of "
                f"{diameter:g} µm",
                hint=f"make both lengths at least {diameter:g} µm",
            )
        if min(self.strands_in_layer(k) for k in range(self._turns)) < 1:
            raise InputError(
                f"offset: shifted by {self.offset:g} of the pitch, a layer has no strand inside a "
                f"footprint of {self.size[0]:g} x {self.size[1]:g} µm",
                hint="make the footprint larger or the offset smaller",
            )
        if self.strand_count > MAX_STRANDS:
            raise InputError(
                f"woodpile: {self.strand_count} strands are more than the {MAX_STRANDS} supported",
                hint="simulate a smaller piece: the pattern repeats",
            )

    @property
    def footprint_area(self) -> float:
        """lx·ly, µm²."""
        return self.size[0] * self.size[1]

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner of the box, shape (2, 3), µm."""
        return np.array([(0.0, 0.0, 0.0), (*self.size, self.height)])

    @property
    def strand_count(self) -> int:
        """Number of strands in all layers."""
        turns, rest = divmod(self.layers, self._period)
        counts = [self.strands_in_layer(k) for k in range(self._turns)]
        return turns * sum(counts) + sum(counts[:rest])

    def angle(self, layer: int) -> float:
        """Angle of the strands of a layer against x, degrees in [0, 180)."""
        return self.lay_down[layer % len(self.lay_down)]

    def axis(self, layer: int) -> FloatArray:
        """Unit vector along the strands of a layer, shape (3,)."""
        return _unit_vector(self.angle(layer))

    def strands_in_layer(self, layer: int) -> int:
        """floor((w - d)/pitch) + 1, where w is the footprint's width across the strands.

        Of a shifted layer as many as lie within the footprint.
        """
        return self._comb(layer)[0]

    def strand_offsets(self, layer: int) -> FloatArray:
        """Distance of each axis of a layer from the footprint's centre line, shape (n,), µm."""
        count, middle = self._comb(layer)
        return (np.arange(count) - middle) * self.pitch

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit vector along the owning, else the nearest strand: (n, 3) µm -> (n, 3)."""
        axes = np.array([_unit_vector(angle) for angle in self.lay_down])
        return axes[self.layer(x) % len(self.lay_down)]

    def volume(self) -> dict[str, float] | None:
        """Exact volume of each ink, µm³, for lay-downs of 0 and 90 degrees; otherwise None.

        Strands less the overlap of each with the layer below. Two strands at right angles share
        ∫ w₁(z)·w₂(z) dz, two along each other a lens times their length.
        """
        if any(angle not in (0.0, 90.0) for angle in self.lay_down):
            return None
        diameter, rise = self.strand_diameter, self.layer_height
        totals = dict.fromkeys(self.inks, 0.0)
        for k in range(self.layers):
            count = self.strands_in_layer(k)
            length = self.size[0] if self.angle(k) == 0.0 else self.size[1]
            cuts = (k == 0) + (k == self.layers - 1)
            volume = count * length * clipped_strand_area(diameter, rise, cuts)
            if k and self.angle(k) == self.angle(k - 1):
                volume -= length * sum(lens_area(diameter, gap) for gap in self.gaps_below(k))
            elif k:
                shared = count * self.strands_in_layer(k - 1)
                volume -= shared * crossing_volume(diameter, rise)
            totals[self.inks[k % len(self.inks)]] += volume
        return totals

    def gaps_below(self, layer: int) -> FloatArray:
        """Distances, below a diameter, between axes of parallel strands of a layer and the last.

        Parameters
        ----------
        layer
            From 1 on; the strands of the layer below run in the same direction.

        Returns
        -------
        ndarray, shape (n_pairs,), µm
        """
        aside = self.strand_offsets(layer)[:, None] - self.strand_offsets(layer - 1)
        gap = np.hypot(aside, self.layer_height).ravel()
        return gap[gap < self.strand_diameter]

    @property
    def _period(self) -> int:
        """Layers after which directions and shifts repeat."""
        return len(self.lay_down) * (2 if self.offset else 1)

    def _comb(self, layer: int) -> tuple[int, float]:
        """Number of axes of a layer, and where the centre line lies from the first, in pitches."""
        along = self.axis(layer)
        width = self.size[0] * abs(along[1]) + self.size[1] * abs(along[0])
        # A width that fits n strands exactly must not lose one to rounding.
        steps = (width - self.strand_diameter) / self.pitch + 1e-9
        count = math.floor(steps) + 1
        middle = 0.5 * (count - 1)
        if self.offset and layer // len(self.lay_down) % 2:
            # Of the shifted comb, the teeth within ± steps/2 of the centre line.
            first = math.ceil(middle - self.offset - 0.5 * steps)
            last = math.floor(middle - self.offset + 0.5 * steps)
            return last - first + 1, middle - self.offset - first
        return count, middle

    def _across(self, points: FloatArray, turn: int) -> FloatArray:
        """Signed horizontal distance to the nearest axis of the layers of one turn, (n,) µm."""
        along = self.axis(turn)
        count, middle = self._comb(turn)
        offset = (points[:, 1] - 0.5 * self.size[1]) * along[0]
        offset -= (points[:, 0] - 0.5 * self.size[0]) * along[1]
        place = offset / self.pitch + middle
        return (place - np.clip(np.rint(place), 0, count - 1)) * self.pitch

    def _sides(self, points: FloatArray) -> FloatArray:
        """Signed distance to the box of the footprint, (n,) µm."""
        half = 0.5 * np.array(self.size)
        return (np.abs(points[:, :2] - half) - half).max(axis=1)


def _share(offset: Any) -> float:
    """A share of the pitch, in [0, 1)."""
    try:
        share = float(offset)
    except (TypeError, ValueError):
        share = math.nan
    if not 0.0 <= share < 1.0:
        raise InputError(
            f"offset: expected a share of the pitch from 0 to below 1, found {offset!r}",
            hint="0.5 puts the strands over the gaps of the turn before",
        )
    return share


def _angles(lay_down: Any) -> tuple[float, ...]:
    """Angles in [0, 180) degrees; a strand has no sense of direction."""
    given = (lay_down,) if np.ndim(lay_down) == 0 else tuple(lay_down)
    try:
        angles = np.array([float(angle) for angle in given])
    except (TypeError, ValueError):
        raise InputError(f"lay_down: expected angles in degrees, found {lay_down!r}") from None
    if not len(angles) or not np.isfinite(angles).all():
        raise InputError(
            f"lay_down: expected one finite angle or more, in degrees, found {lay_down!r}",
            hint="for crossed layers write (0, 90)",
        )
    return tuple(float(angle) for angle in np.round(angles % 180.0, 9) % 180.0)


def _unit_vector(angle: float) -> FloatArray:
    """Horizontal unit vector at an angle (degrees) to x, exact at 0 and 90."""
    if angle == 90.0:
        return np.array([0.0, 1.0, 0.0])
    radians = math.radians(angle)
    return np.array([math.cos(radians), math.sin(radians), 0.0])
