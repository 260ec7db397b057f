"""Strands wound from the middle outwards in Archimedean spirals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meshes.checks import require_overlap, require_turns, require_whole
from meshes.errors import InputError
from meshes.lens import clipped_strand_area
from meshes.scaffold import FloatArray, as_points, require_ink_names, require_positive
from meshes.strands import StrandLayers

MAX_TURNS = 200
_BEFORE, _BEHIND = 1.26, 0.5 * math.pi  # a nearest point's polar angle less a point's own, radians
_POLISH = 8


@dataclass(frozen=True)
class Spiral(StrandLayers):
    """Spiral strands on top of each other, round about the middle of their bounds.

    The axis of a strand is ρ = pitch·(½ + φ/2π) from φ = 0 to ρ = diameter/2, which is at +x for
    all layers; every second layer is the mirror image in y, so that layers cross twice in a turn.
    Ends are round.

    Parameters
    ----------
    diameter
        Twice the largest ρ, µm.
    strand_diameter
        µm.
    pitch
        Distance of neighbouring turns from axis to axis, µm.
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
        If a number is not finite and positive, neighbouring turns touch, there is less than one
        turn or more than 200, layers do not fuse or fuse by less than 5 % or by half a diameter and
        more, or an ink would get no layer.
    """

    diameter: float
    strand_diameter: float
    pitch: float
    layer_height: float
    layers: int
    inks: tuple[str, ...] = ("gel",)

    def __post_init__(self) -> None:
        for name in ("diameter", "strand_diameter", "pitch", "layer_height"):
            object.__setattr__(self, name, require_positive(f"{name} (µm)", getattr(self, name)))
        object.__setattr__(self, "layers", require_whole("layers", self.layers))
        object.__setattr__(self, "inks", require_ink_names(self.inks))
        require_turns(self.inks, self.layers)
        require_overlap(self.strand_diameter, self.layer_height)
        if self.pitch <= self.strand_diameter:
            raise InputError(
                f"pitch: neighbouring turns touch: the pitch is {self.pitch:g} µm, strands are "
                f"{self.strand_diameter:g} µm thick",
                hint="pitch is measured from axis to axis; for a solid body use a disc",
            )
        if not 1.0 - 1e-9 <= self.turns <= MAX_TURNS:
            raise InputError(
                f"diameter: {self.diameter:g} µm make {max(self.turns, 0.0):.3g} turns of a pitch "
                f"of {self.pitch:g} µm; expected 1 to {MAX_TURNS}",
                hint=f"choose {3.0 * self.pitch:g} µm or more; for a single circle use a ring",
            )

    @property
    def turns(self) -> float:
        """Number of turns of a strand, diameter/(2 pitch) - ½."""
        return 0.5 * self.diameter / self.pitch - 0.5

    @property
    def outer_diameter(self) -> float:
        """diameter + strand_diameter, µm."""
        return self.diameter + self.strand_diameter

    @property
    def strand_length(self) -> float:
        """Length of the axis of one strand, µm: ∫ √(ρ² + b²) dφ with ρ = b (φ + π)."""
        b = self.pitch / (2.0 * math.pi)

        def primitive(radius: float) -> float:
            return 0.5 * (radius * math.hypot(radius, b) / b + b * math.asinh(radius / b))

        return primitive(0.5 * self.diameter) - primitive(0.5 * self.pitch)

    @property
    def footprint_area(self) -> float:
        """π·outer_diameter²/4, µm²."""
        return 0.25 * math.pi * self.outer_diameter**2

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner of the box about the outermost turn, shape (2, 3), µm."""
        return np.array([(0.0, 0.0, 0.0), (self.outer_diameter, self.outer_diameter, self.height)])

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit tangent, outwards, of the owning, else the nearest strand: (n, 3) µm -> (n, 3)."""
        points = as_points(x)
        odd = self.layer(points) % 2
        direction = np.zeros_like(points)
        for turn in range(self._turns):
            mine = np.flatnonzero(odd == turn)
            phi = self._nearest(points[mine], turn)[1]
            # d/dφ of ρ (cos θ, sin θ) with ρ' = b, ρ = b (φ + π)
            tangent = np.array([np.ones_like(phi), phi + math.pi])
            angle = phi - 2.0 * math.pi * self.turns
            tangent /= np.linalg.norm(tangent, axis=0)
            cos, sin = np.cos(angle), np.sin(angle)
            direction[mine, 0] = tangent[0] * cos - tangent[1] * sin
            direction[mine, 1] = (tangent[0] * sin + tangent[1] * cos) * (1 - 2 * turn)
        return direction

    def volume(self) -> dict[str, float] | None:
        """Exact volume (µm³) of a single layer; None for more, whose crossings have no closed form.

        A tube whose cross-section is symmetric about its axis has the volume area times length
        (Pappus), as long as the axis curves less than the tube is thick: at the inner end its
        radius of curvature is (π² + 1)^1.5/(π² + 2)·pitch/2π. The two round ends are a sphere, cut
        on both sides.
        """
        innermost = (math.pi**2 + 1.0) ** 1.5 / (math.pi**2 + 2.0) * self.pitch / (2.0 * math.pi)
        radius, cut = 0.5 * self.strand_diameter, 0.5 * self.layer_height
        if self.layers > 1 or innermost < radius:
            return None
        area = clipped_strand_area(self.strand_diameter, self.layer_height, 2)
        ends = 2.0 * math.pi * (radius**2 * cut - cut**3 / 3.0)
        return {self.inks[0]: area * self.strand_length + ends}

    @property
    def _period(self) -> int:
        return 2

    def _across(self, points: FloatArray, turn: int) -> FloatArray:
        return self._nearest(points, turn)[0]

    def _nearest(self, points: FloatArray, turn: int) -> tuple[FloatArray, FloatArray]:
        """Distance in the plane to the spiral of even (0) or odd (1) layers and φ there, (n,).

        In units of b = pitch/2π the spiral is v = φ + π and a point has the radius u; ψ is the
        angle between them. Half the derivative of the squared distance is v - u cos ψ + u v sin ψ:
        for u > 1 it rises through 0 once in each turn, between ψ = -1.26 and π/2 (-arctan v, where
        it is least, is -1.26 on the innermost turn); for smaller u the start is nearest, or such a
        point of the first turn. So candidates are the two ends and the minima of the turns next
        inwards and next outwards.
        """
        middle = 0.5 * self.outer_diameter
        x, y = points[:, 0] - middle, points[:, 1] - middle
        b, last = self.pitch / (2.0 * math.pi), 2.0 * math.pi * self.turns
        u = np.hypot(x, y) / b
        level = np.arctan2(-y if turn else y, x) + last  # φ of the same direction, but for turns
        inner = np.floor((np.clip(u - math.pi, 0.0, last) - level) / (2.0 * math.pi))
        best, where = np.full(len(u), np.inf), np.zeros(len(u))
        for level_there in (level + 2.0 * math.pi * n for n in (inner, inner + 1.0)):
            phi = self._minimum(u, level_there, last)
            self._keep_nearer(phi, u, level, best, where)
        for end in (0.0, last):
            self._keep_nearer(np.full(len(u), end), u, level, best, where)
        return b * best, where

    @staticmethod
    def _minimum(u: FloatArray, level: FloatArray, last: float) -> FloatArray:
        """φ of the least distance about `level`, (n,), by Newton's method within the bracket."""
        low, high = np.clip(level - _BEFORE, 0.0, last), np.clip(level + _BEHIND, 0.0, last)
        phi = np.clip(level, 0.0, last)
        for _ in range(_POLISH):
            v, cos, sin = phi + math.pi, np.cos(phi - level), np.sin(phi - level)
            slope, bend = v - u * cos + u * v * sin, 1.0 + 2.0 * u * sin + u * v * cos
            low, high = np.where(slope > 0.0, low, phi), np.where(slope > 0.0, phi, high)
            step = np.clip(phi - slope / np.where(bend > 0.0, bend, 1.0), low, high)
            phi = np.where(bend > 0.0, step, 0.5 * (low + high))
        return phi

    @staticmethod
    def _keep_nearer(
        phi: FloatArray, u: FloatArray, level: FloatArray, best: FloatArray, where: FloatArray
    ) -> None:
        """Replace the nearest points so far, in place, by those at φ where they are nearer."""
        # (u - v)² + 4 u v sin²(ψ/2) is the law of cosines without its cancellation.
        v, half = phi + math.pi, 0.5 * (phi - level)
        distance = np.hypot(u - v, 2.0 * np.sqrt(u * v) * np.sin(half))
        nearer = distance < best
        best[nearer], where[nearer] = distance[nearer], phi[nearer]
