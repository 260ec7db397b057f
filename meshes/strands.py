"""What all bodies of stacked strands have in common, straight, round or wound.

Layer k has its axes at z = (k + ½)·layer_height, in a plane. A shape says how far a point lies from
the nearest axis in that plane and after how many layers the pattern repeats; the rest follows.
The cost of a query is that of one period, however many layers there are.

Assumption: a strand sags on the glass and under the plate by the same overlap with which it fuses
to its neighbour, so the body is cut flat at z = 0 and z = layers·layer_height.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from meshes.scaffold import FloatArray, IntArray, as_points


class StrandLayers(ABC):
    """Layers of circular strands with their axes in planes; a base of frozen dataclasses.

    Attributes
    ----------
    strand_diameter, layer_height
        µm; layers overlap by less than half a diameter.
    layers
        Their number.
    inks
        Names; they take turns from layer to layer. Of two strands that overlap the one printed
        earlier keeps its volume.
    """

    strand_diameter: float
    layer_height: float
    layers: int
    inks: tuple[str, ...]

    @property
    @abstractmethod
    def _period(self) -> int:
        """Number of layers after which the pattern repeats."""

    @abstractmethod
    def _across(self, points: FloatArray, turn: int) -> FloatArray:
        """Horizontal distance, of either sign, to the nearest axis of layer `turn`, (n,) µm."""

    def _sides(self, points: FloatArray) -> FloatArray | None:
        """Signed distance (n,) µm to upright faces that cut the strands; None without them."""
        return None

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

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Distance to the surface, negative in the gel: (n, 3) µm -> (n,) µm.

        min over strands, max over the faces that cut them: the sign is exact, the value exact
        inside a strand away from the necks and outside where one strand is nearest, and nowhere
        more than the true distance.
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
        owned = self.axis_distance(points, below) < 0.5 * self.strand_diameter
        owner[owned] = below[owned]
        return owner

    def axis_distance(self, x: npt.ArrayLike, layer: IntArray) -> FloatArray:
        """Distance to the nearest axis of the layer named for each point.

        Parameters
        ----------
        x
            Points, shape (n, 3), µm.
        layer
            Layer of each, shape (n,), as :meth:`layer` gives it.

        Returns
        -------
        ndarray, shape (n,), µm
        """
        points = as_points(x)
        distance = np.empty(len(points))
        for turn in range(self._turns):
            mine = np.flatnonzero(layer % self._period == turn)
            drop = points[mine, 2] - self._axis_height(layer[mine])
            distance[mine] = np.hypot(self._across(points[mine], turn), drop)
        return distance

    @property
    def _turns(self) -> int:
        """Number of different layers in one period."""
        return min(self._period, self.layers)

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
        sides = self._sides(points)
        if sides is not None:
            np.maximum(distance, sides, out=distance)
        return np.maximum(distance, points[:, 2] - self.height)

    def _axis_height(self, layer: IntArray) -> FloatArray:
        return (layer + 0.5) * self.layer_height

    def _nearest_layer(self, z: FloatArray, turn: int) -> IntArray:
        """Of the layers turn, turn + p, turn + 2p, … the one whose axis is nearest in z."""
        period = self._period
        last = (self.layers - 1 - turn) // period
        step = np.ceil((z / self.layer_height - 0.5 - turn) / period - 0.5)
        return turn + period * np.clip(step, 0, last).astype(np.int64)

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
