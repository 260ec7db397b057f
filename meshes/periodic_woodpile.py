"""The unit cell of an endless woodpile: one repeat of the pattern, in the plane and upwards.

Either the stack is infinite and the cell holds the layers of one repeat, or a pile of some layers
stands between glass and plate and repeats in the plane only. As in
:class:`~meshes.woodpile.Woodpile`, layers rise by layer_height, and where two strands overlap the
one printed earlier keeps its volume.

Assumption: a strand of every layer passes over one common point (those of shifted layers beside
it), so that of three directions and more the crossings lie on top of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from meshes.cell_corner import quiet_corner
from meshes.checks import SMALLEST_OVERLAP
from meshes.errors import InputError
from meshes.lay_down import Rectangle, repeat_rectangle
from meshes.lens import clipped_strand_area, crossing_volume, lens_area
from meshes.scaffold import FloatArray, IntArray, as_points
from meshes.strands import StrandLayers
from meshes.woodpile import Woodpile


@dataclass(frozen=True, eq=False)
class _Combs(StrandLayers):
    """Layers of endless strands; the number of a strand is ``gradient·x + shift``.

    Of a stack without end it is three repeats, of which the middle one knows nothing of the ends.
    """

    strand_diameter: float
    layer_height: float
    layers: int
    inks: tuple[str, ...]
    gradients: FloatArray  # of one repeat, (n, 2), 1/µm
    shifts: FloatArray  # (n,)

    @property
    def _period(self) -> int:
        return len(self.shifts)

    def _across(self, points: FloatArray, turn: int) -> FloatArray:
        number = self.number(points, turn)
        off: FloatArray = (number - np.rint(number)) * self.spacing(turn)
        return off

    def number(self, points: FloatArray, turn: int) -> FloatArray:
        number: FloatArray = points[:, :2] @ self.gradients[turn] + self.shifts[turn]
        return number

    def spacing(self, turn: int) -> float:
        return float(1.0 / np.linalg.norm(self.gradients[turn]))


@dataclass(frozen=True)
class PeriodicWoodpile:
    """One period of an endless woodpile, in coordinates along the sides of the cell.

    Parameters
    ----------
    strand_diameter, pitch, layer_height
        As in :class:`~meshes.woodpile.Woodpile`, µm.
    lay_down
        Angles of the layers against x in degrees, in printing order; they take turns.
    inks
        Names of the inks in printing order; they take turns from layer to layer.
    layers
        Number of layers between glass and plate; None for a stack without end.
    offset
        Share of the pitch by which every second turn of the lay-down is shifted, in [0, 1).

    Attributes
    ----------
    turn
        Angle of the cell's first side against the pile's x, degrees.
    size
        Sides of the cell, (3,) µm.
    n_layers
        Layers in the cell.

    Raises
    ------
    InputError
        As for a woodpile; if the lay-down does not repeat on a rectangle of at most 8 pitches a
        side; or if layers of one direction lie beside instead of on each other.
    """

    strand_diameter: float
    pitch: float
    layer_height: float
    lay_down: tuple[float, ...] = (0.0, 90.0)
    inks: tuple[str, ...] = ("gel",)
    layers: int | None = None
    offset: float = 0.0
    turn: float = field(init=False)
    size: FloatArray = field(init=False, compare=False)
    n_layers: int = field(init=False)
    _combs: _Combs = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 0.0 <= self.offset < 1.0:
            raise InputError(
                f"offset: expected a share of the pitch, 0 to below 1, found {self.offset}"
            )
        rectangle = self._adopt()
        shifts = np.array(
            [self.offset * (k // len(self.lay_down) % 2) for k in range(self.n_layers)]
        )
        waves = np.array([rectangle.waves[k % len(self.lay_down)] for k in range(self.n_layers)])
        size = np.array([*(self.pitch * rectangle.sides), self.n_layers * self.layer_height])
        object.__setattr__(self, "turn", rectangle.turn)
        object.__setattr__(self, "size", size)
        combs = _Combs(
            self.strand_diameter,
            self.layer_height,
            self.n_layers * (1 if self.layers is not None else 3),
            self.inks,
            waves / size[:2],  # whole numbers of strands on each side, exactly
            quiet_corner(waves, shifts, size[:2], self.strand_diameter, self.layer_height),
        )
        object.__setattr__(self, "_combs", combs)
        self._check_stacking()

    @classmethod
    def inside(cls, pile: Woodpile, *, endless: bool = False) -> PeriodicWoodpile:
        """The cell that repeats inside a finite pile, far from its rim.

        Parameters
        ----------
        pile
            The finite pile.
        endless
            True for a stack of the same layers without end instead of the pile's own.
        """
        layers = None if endless else pile.layers
        sizes = (pile.strand_diameter, pile.pitch, pile.layer_height)
        return cls(*sizes, pile.lay_down, pile.inks, layers, pile.offset)

    def _adopt(self) -> Rectangle:
        """Take over what a finite woodpile has checked, and find the repeat."""
        angles = 1 if np.ndim(self.lay_down) == 0 else len(self.lay_down)
        inks = 1 if isinstance(self.inks, str) else len(self.inks)
        turns = angles * (2 if self.offset else 1)
        layers = math.lcm(max(turns, 1), max(inks, 1)) if self.layers is None else self.layers
        pile = Woodpile(
            self.strand_diameter,
            self.pitch,
            self.layer_height,
            layers,
            self.lay_down,
            (2.0 * self.strand_diameter,) * 2,
            self.inks,
        )
        for name in ("strand_diameter", "pitch", "layer_height", "lay_down", "inks"):
            object.__setattr__(self, name, getattr(pile, name))
        object.__setattr__(self, "n_layers", pile.layers)
        return repeat_rectangle(self.lay_down)

    def _check_stacking(self) -> None:
        """Refuse layers of one direction whose strands miss those below."""
        period = len(self.lay_down)
        for k in range(0 if self.layers is None else 1, self.n_layers):
            if self.lay_down[k % period] == self.lay_down[(k - 1) % period]:
                beside = min(self._beside(k)) * self.pitch
                reach = math.hypot(beside, self.layer_height)
                if reach > (1.0 - SMALLEST_OVERLAP + 1e-9) * self.strand_diameter:
                    raise InputError(
                        f"offset: strands of layer {k + 1} lie {beside:g} µm beside the parallel "
                        "ones below, so that the layers do not fuse",
                        hint="use a lay-down whose last angle differs from its first",
                    )

    def _beside(self, k: int) -> tuple[float, float]:
        """Shares of the pitch from a strand of layer k to its parallel neighbours below."""
        shift = (self._combs.shifts[k] - self._combs.shifts[k - 1]) % 1.0
        return shift, 1.0 - shift

    @property
    def periodic(self) -> tuple[bool, bool, bool]:
        """Which directions repeat."""
        return (True, True, self.layers is None)

    @property
    def height(self) -> float:
        """Height of the cell, µm."""
        return float(self.size[2])

    @property
    def rotation(self) -> FloatArray:
        """Turns vectors from the cell's coordinates to the pile's, (3, 3)."""
        c, s = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return np.array([(c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0)])

    @property
    def _start(self) -> float:
        """Height in the stack of the cell's z = 0, µm.

        A plane through the axes of a layer cuts it squarely and keeps away from the necks by
        rise − radius; a plane between layers meets strands at a slant that grows with the
        overlap. The better of the two; on glass there is no choice.
        """
        if self.layers is not None:
            return 0.0
        clear = self.layer_height - 0.5 * self.strand_diameter
        edge = 0.5 * math.sqrt(self.strand_diameter**2 - self.layer_height**2)
        return self.height + (0.5 * self.layer_height if clear > edge else 0.0)

    def normal(self, layer: int) -> FloatArray:
        """Horizontal unit vector across the strands of a layer, shape (3,)."""
        gradient = self._combs.gradients[layer % self.n_layers]
        return np.append(gradient * self.spacing(layer), 0.0)

    def axis(self, layer: int) -> FloatArray:
        """Unit vector along the strands of a layer, shape (3,)."""
        nx, ny, _ = self.normal(layer)
        return np.array([ny, -nx, 0.0])

    def axis_height(self, layer: int) -> float:
        """z of the axes of a layer, µm; of an endless stack any whole number is a layer."""
        base = 0 if self.layers is not None else self.n_layers
        return (base + layer + 0.5) * self.layer_height - self._start

    def layers_inside(self) -> list[int]:
        """Numbers of the layers that reach into the cell, images of others included."""
        if self.layers is not None:
            return list(range(self.n_layers))
        radius = 0.5 * self.strand_diameter
        return [
            k
            for k in range(-1, self.n_layers + 1)
            if -radius < self.axis_height(k) < self.height + radius
        ]

    def spacing(self, layer: int) -> float:
        """Distance of the axes of a layer, µm: the pitch, but for rounding of its angle."""
        return self._combs.spacing(layer % self.n_layers)

    def strand_number(self, x: npt.ArrayLike, layer: int) -> FloatArray:
        """Whole on the axes of a layer, linear between: points (n, 3) µm -> (n,)."""
        return self._combs.number(as_points(x), layer % self.n_layers)

    def layer(self, x: npt.ArrayLike) -> IntArray:
        """Layer of the strand that owns each point of the cell: (n, 3) µm -> (n,), from 0.

        In an overlap that is the strand printed earlier; outside all strands the nearest one.
        """
        return self._combs.layer(self._in_stack(x)) % self.n_layers

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Index of the ink at points (n, 3) µm -> (n,): of the owning, else the nearest strand."""
        return self.layer(x) % len(self.inks)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit vector along the owning, else the nearest strand: (n, 3) µm -> (n, 3)."""
        return np.array([self.axis(k) for k in range(self.n_layers)])[self.layer(x)]

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Distance to the surface, negative in the gel: points in the cell (n, 3) µm -> (n,) µm.

        With glass and plate where there are any; the sign is exact and the value nowhere more than
        the true distance. The sides of the cell are no surface.
        """
        return self._combs.signed_distance(self._in_stack(x))

    def _in_stack(self, x: npt.ArrayLike) -> FloatArray:
        return as_points(x) + np.array([0.0, 0.0, self._start])

    def volume(self) -> dict[str, float]:
        """Exact volume of each ink in the cell, µm³.

        Strands less the overlap of each with the layer below. Per area of the plane a layer has a
        length 1/p of strands. Combs at an angle γ cross sin γ/p² times per area and each crossing
        shares 1/sin γ of what it does at right angles, so γ drops out; parallel strands share a
        lens per length. Layers overlap by less than half a diameter: no three share a point.
        """
        diameter, rise, pitch = self.strand_diameter, self.layer_height, self.pitch
        totals = dict.fromkeys(self.inks, 0.0)
        for k in range(self.n_layers):
            cuts = 0 if self.layers is None else (k == 0) + (k == self.n_layers - 1)
            per_area = clipped_strand_area(diameter, rise, cuts) / pitch
            if k or self.layers is None:
                turn, below = (self.lay_down[i % len(self.lay_down)] for i in (k, k - 1))
                if turn == below:
                    gaps = (math.hypot(share * pitch, rise) for share in self._beside(k))
                    per_area -= sum(lens_area(diameter, g) for g in gaps if g < diameter) / pitch
                else:
                    per_area -= crossing_volume(diameter, rise) / pitch**2
            totals[self.inks[k % len(self.inks)]] += per_area * float(self.size[0] * self.size[1])
        return totals

    @property
    def solid_fraction(self) -> float:
        """Volume of gel over that of the cell."""
        return sum(self.volume().values()) / float(np.prod(self.size))
