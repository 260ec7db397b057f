"""Layers of parallel strands, fused where they cross: what an extrusion printer makes.

The body is a union of circular cylinders clipped to a box. Layer k has its axes at
z = (k + ½)·layer_height; its strands are centred in the footprint and repeat with the pitch.
Because each layer is a comb, the nearest strand comes from rounding: a query costs the number of
different layers in one turn of the lay-down pattern, however many strands there are.

Assumption: a strand sags on the glass and under the plate by the same overlap with which it fuses
to its neighbour, so the pile is cut flat at z = 0 and z = layers·layer_height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.lens import clipped_strand_area, crossing_volume, lens_area
from meshes.scaffold import FloatArray, IntArray, as_points, require_ink_names, require_positive

MAX_STRANDS = 20_000
SMALLEST_OVERLAP = 0.05
LARGEST_OVERLAP = 0.50


@dataclass(frozen=True)
class Woodpile:
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

    Raises
    ------
    InputError
        If a number is not finite and positive, strands of a layer touch (pitch), layers do not fuse
        or fuse by less than 5 % or by half a diameter and more, no strand fits into the footprint,
        there are more than 20 000 strands, or an ink would get no layer.
    """

    strand_diameter: float
    pitch: float
    layer_height: float
    layers: int
    lay_down: tuple[float, ...] = (0.0, 90.0)
    size: tuple[float, float] = (2400.0, 2400.0)
    inks: tuple[str, ...] = ("gel",)

    def __post_init__(self) -> None:
        for name in ("strand_diameter", "pitch", "layer_height"):
            object.__setattr__(self, name, require_positive(f"{name} (µm)", getattr(self, name)))
        if np.shape(self.size) != (2,):
            raise InputError(f"size: a woodpile needs two lengths (lx, ly), found {self.size!r}")
        lengths = zip("xy", self.size, strict=True)
        size = tuple(require_positive(f"size {axis} (µm)", value) for axis, value in lengths)
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "inks", require_ink_names(self.inks))
        object.__setattr__(self, "lay_down", _angles(self.lay_down))
        self._check_layers()
        self._check_fit()

    def _check_layers(self) -> None:
        count = self.layers
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise InputError(f"layers: expected a whole number of 1 or more, found {count!r}")
        object.__setattr__(self, "layers", int(count))
        if len(self.inks) > count:
            raise InputError(
                f"inks: {len(self.inks)} inks share {count} layer(s), so that one gets none",
                hint="add layers or leave out an ink",
            )
        diameter, rise = self.strand_diameter, self.layer_height
        if rise >= diameter:
            raise InputError(
                f"layer_height: layers do not touch: they rise by {rise:g} µm, strands are "
                f"{diameter:g} µm thick",
                hint=f"choose a layer height of {0.7 * diameter:g} to {0.9 * diameter:g} µm",
            )
        if self.overlap < SMALLEST_OVERLAP - 1e-12:
            raise InputError(
                f"layer_height: layers overlap by {100 * self.overlap:.2g} % of the diameter; "
                f"below {100 * SMALLEST_OVERLAP:g} % the necks between strands cannot be meshed",
                hint=f"choose a layer height of at most {(1 - SMALLEST_OVERLAP) * diameter:g} µm",
            )
        if self.overlap > LARGEST_OVERLAP - 1e-12:
            raise InputError(
                f"layer_height: layers overlap by {100 * self.overlap:.3g} % of the diameter; "
                f"from {100 * LARGEST_OVERLAP:g} % on a layer runs into the one after next",
                hint=f"choose a layer height above {LARGEST_OVERLAP * diameter:g} µm",
            )

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
        if self.strand_count > MAX_STRANDS:
            raise InputError(
                f"woodpile: {self.strand_count} strands are more than the {MAX_STRANDS} supported",
                hint="simulate a smaller piece: the pattern repeats",
            )

    @property
    def overlap(self) -> float:
        """Share of the diameter by which layers overlap, 1 - layer_height/strand_diameter."""
        return 1.0 - self.layer_height / self.strand_diameter

    @property
    def substrate_height(self) -> float:
        """z of the glass, µm."""
        return 0.0

    @property
    def height(self) -> float:
        """layers·layer_height, µm."""
        return self.layers * self.layer_height

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
        turns, rest = divmod(self.layers, len(self.lay_down))
        counts = [self.strands_in_layer(k) for k in range(self._turns)]
        return turns * sum(counts) + sum(counts[:rest])

    def angle(self, layer: int) -> float:
        """Angle of the strands of a layer against x, degrees in [0, 180)."""
        return self.lay_down[layer % len(self.lay_down)]

    def axis(self, layer: int) -> FloatArray:
        """Unit vector along the strands of a layer, shape (3,)."""
        return _unit_vector(self.angle(layer))

    def strands_in_layer(self, layer: int) -> int:
        """floor((w - d)/pitch) + 1, where w is the footprint's width across the strands."""
        along = self.axis(layer)
        width = self.size[0] * abs(along[1]) + self.size[1] * abs(along[0])
        # A width that fits n strands exactly must not lose one to rounding.
        return math.floor((width - self.strand_diameter) / self.pitch + 1e-9) + 1

    def strand_offsets(self, layer: int) -> FloatArray:
        """Distance of each axis of a layer from the footprint's centre line, shape (n,), µm."""
        count = self.strands_in_layer(layer)
        return (np.arange(count) - 0.5 * (count - 1)) * self.pitch

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Distance to the surface, negative in the gel: (n, 3) µm -> (n,) µm.

        min over strands, max over the faces of the box: the sign is exact, the value exact inside
        a strand away from the necks and outside where one strand is nearest, and nowhere more than
        the true distance.
        """
        points = as_points(x)
        return np.maximum(self._distance(points, continued=False), -points[:, 2])

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Distance to all faces but the one on glass: (n, 3) µm -> (n,) µm.

        Under the glass the strands go on as walls as wide as their contact with it.
        """
        return self._distance(as_points(x), continued=True)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Index of the ink at points (n, 3) µm -> (n,): of the owning, else the nearest strand."""
        return self.layer(x) % len(self.inks)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit vector along the owning, else the nearest strand: (n, 3) µm -> (n, 3)."""
        axes = np.array([_unit_vector(angle) for angle in self.lay_down])
        return axes[self.layer(x) % len(self.lay_down)]

    def layer(self, x: npt.ArrayLike) -> IntArray:
        """Layer of the strand that owns each point: (n, 3) µm -> (n,).

        In an overlap that is the strand printed earlier; outside all strands the nearest one.
        """
        points = as_points(x)
        z = points[:, 2]
        best = np.full(len(points), np.inf)
        owner = np.zeros(len(points), dtype=np.int64)
        for turn in range(self._turns):
            layer = self._nearest_layer(z, turn)
            distance = np.hypot(self._across(points, turn), z - self._axis_height(layer))
            nearer = (distance < best) | ((distance == best) & (layer < owner))
            owner[nearer], best[nearer] = layer[nearer], distance[nearer]
        # Layers overlap by less than half a diameter: only the layer below can own the point too.
        below = np.maximum(owner - 1, 0)
        for turn in range(self._turns):
            mine = np.flatnonzero(below % len(self.lay_down) == turn)
            drop = z[mine] - self._axis_height(below[mine])
            distance = np.hypot(self._across(points[mine], turn), drop)
            owned = mine[distance < 0.5 * self.strand_diameter]
            owner[owned] = below[owned]
        return owner

    def volume(self) -> dict[str, float] | None:
        """Exact volume of each ink, µm³, for lay-downs of 0 and 90 degrees; otherwise None.

        Strands less the overlap of each with the layer below. Two strands at right angles share
        ∫ w₁(z)·w₂(z) dz, two on top of each other a lens times their length.
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
                volume -= count * length * lens_area(diameter, rise)
            elif k:
                shared = count * self.strands_in_layer(k - 1)
                volume -= shared * crossing_volume(diameter, rise)
            totals[self.inks[k % len(self.inks)]] += volume
        return totals

    @property
    def _turns(self) -> int:
        """Number of different layers in one turn of the lay-down pattern."""
        return min(len(self.lay_down), self.layers)

    def _distance(self, points: FloatArray, *, continued: bool) -> FloatArray:
        """Distance to strands, sides and plate; `continued`: the first layer as under the glass."""
        distance = np.full(len(points), np.inf)
        for turn in range(self._turns):
            across = self._across(points, turn)
            layer = self._nearest_layer(points[:, 2], turn)
            to_strand = np.hypot(across, points[:, 2] - self._axis_height(layer))
            to_strand -= 0.5 * self.strand_diameter
            if continued and turn == 0:
                to_strand = self._continued_below(np.abs(across), points[:, 2], layer, to_strand)
            np.minimum(distance, to_strand, out=distance)
        half = 0.5 * np.array(self.size)
        sides = (np.abs(points[:, :2] - half) - half).max(axis=1)
        return np.maximum.reduce([distance, sides, points[:, 2] - self.height])

    def _axis_height(self, layer: IntArray) -> FloatArray:
        return (layer + 0.5) * self.layer_height

    def _nearest_layer(self, z: FloatArray, turn: int) -> IntArray:
        """Of the layers turn, turn + p, turn + 2p, … the one whose axis is nearest in z."""
        period = len(self.lay_down)
        last = (self.layers - 1 - turn) // period
        step = np.ceil((z / self.layer_height - 0.5 - turn) / period - 0.5)
        return turn + period * np.clip(step, 0, last).astype(np.int64)

    def _across(self, points: FloatArray, turn: int) -> FloatArray:
        """Signed horizontal distance to the nearest axis of the layers of one turn, (n,) µm."""
        along = self.axis(turn)
        count = self.strands_in_layer(turn)
        offset = (points[:, 1] - 0.5 * self.size[1]) * along[0]
        offset -= (points[:, 0] - 0.5 * self.size[0]) * along[1]
        place = offset / self.pitch + 0.5 * (count - 1)
        return (place - np.clip(np.rint(place), 0, count - 1)) * self.pitch

    def _continued_below(
        self, across: FloatArray, z: FloatArray, layer: IntArray, to_strand: FloatArray
    ) -> FloatArray:
        """Replace the part of the first layer that the glass cuts off by upright walls."""
        axis = 0.5 * self.layer_height
        contact = math.sqrt((0.5 * self.strand_diameter) ** 2 - axis**2)
        first = layer == 0
        walls = np.minimum(across - contact, to_strand)
        # Above the glass, in the wedge between axis and contact line, the nearest bathed point is
        # the contact line: the arc under it does not exist.
        wedge = first & (z >= 0.0) & (across * axis <= contact * (axis - z))
        to_strand = np.where(first & (z < 0.0), walls, to_strand)
        return np.where(wedge, -np.hypot(contact - across, z), to_strand)


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
