"""Strands laid along any path: capsules, fused where they meet, cut flat on glass and on top.

A segment of a path is a cylinder with round ends, so that the segments of one strand join with
round joints and free ends are round. Assumptions: a strand keeps its round section where nothing
cuts it, and its end reaches half a diameter beyond the place where the nozzle stops.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from meshes.capsules import Capsules
from meshes.errors import InputError
from meshes.lens import clipped_strand_area
from meshes.scaffold import FloatArray, IntArray, as_points, require_ink_names, require_positive

MAX_SEGMENTS = 500_000
_LARGEST = 1e7  # µm


@dataclass(frozen=True, eq=False)
class Toolpath:
    """A union of capsules between z = 0 and z = height.

    Parameters
    ----------
    starts, ends
        Ends of the axis of each segment in printing order, shape (n, 3), µm. Segments whose start
        is the end of the one before, of the same ink, are one strand.
    diameters
        Of the strands, shape (n,) or one number, µm.
    ink_index
        Ink of each segment, shape (n,) or one number: an index into `inks`. Where strands overlap,
        the one printed earlier keeps its volume.
    inks
        Names of the inks.
    height
        Where the body is cut flat on top, µm. Default: as far above the highest axis as the lowest
        lies above the glass.
    window
        Rectangle (x0, y0, x1, y1) to which the body is cut, µm; None keeps all of it.
    notes
        What was assumed when the body was made, in words.

    Raises
    ------
    InputError
        If shapes do not agree, a number is not finite, a segment has no length, an axis lies under
        the glass or above the top, no strand reaches the glass or the top, an ink has no segment,
        the window holds no strand, or there are more than 500 000 segments.
    """

    starts: FloatArray
    ends: FloatArray
    diameters: FloatArray
    ink_index: IntArray
    inks: tuple[str, ...] = ("gel",)
    height: float = 0.0
    window: tuple[float, float, float, float] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        starts, ends = (_points(name, getattr(self, name)) for name in ("starts", "ends"))
        count = len(starts)
        if len(ends) != count or not 1 <= count <= MAX_SEGMENTS:
            raise InputError(
                f"a toolpath needs as many ends as starts, from 1 to {MAX_SEGMENTS}; found {count} "
                f"starts and {len(ends)} ends",
                hint="take a window of the print, or fewer and longer moves",
            )
        if not (np.linalg.norm(ends - starts, axis=1) > 0.0).all():
            raise InputError("a segment of the toolpath has no length")
        diameters = np.array(np.broadcast_to(np.asarray(self.diameters, dtype=float), (count,)))
        if not (np.isfinite(diameters).all() and (diameters > 0.0).all()):
            raise InputError("diameters (µm): expected finite numbers above 0")
        inks = require_ink_names(self.inks)
        index = np.array(np.broadcast_to(np.asarray(self.ink_index, dtype=np.int64), (count,)))
        if set(np.unique(index)) != set(range(len(inks))):
            raise InputError(
                f"inks: each of {list(inks)} needs a segment, and no other ink has one"
            )
        axes = np.stack([starts[:, 2], ends[:, 2]])
        height = float(self.height) or float(axes.max() + axes.min())
        require_positive("height (µm)", height)
        _check_heights(axes, 0.5 * diameters, height)
        for name, array in (
            ("starts", starts),
            ("ends", ends),
            ("diameters", diameters),
            ("ink_index", index),
        ):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "inks", inks)
        object.__setattr__(self, "height", height)
        object.__setattr__(self, "notes", tuple(self.notes))
        if self.window is not None:
            object.__setattr__(self, "window", _checked_window(self.window))
            if not (self.bounds[0] < self.bounds[1]).all():
                raise InputError(
                    f"window: no strand lies in {self.window}",
                    hint=f"the strands lie in {np.round(self._whole_bounds[:, :2].ravel(), 1)} µm",
                )

    @property
    def substrate_height(self) -> float:
        """z of the glass, µm."""
        return 0.0

    @property
    def footprint_area(self) -> float:
        """Area of the rectangle around the body as seen from above, µm²."""
        low, high = self.bounds[:, :2]
        return float(np.prod(high - low))

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        bounds = self._whole_bounds.copy()
        if self.window is not None:
            bounds[0, :2] = np.maximum(bounds[0, :2], self.window[:2])
            bounds[1, :2] = np.minimum(bounds[1, :2], self.window[2:])
        return bounds

    @cached_property
    def joined(self) -> npt.NDArray[np.bool_]:
        """Whether each segment continues the one before, shape (n,)."""
        joined = np.zeros(len(self.starts), dtype=np.bool_)
        joined[1:] = (self.starts[1:] == self.ends[:-1]).all(axis=1)
        joined[1:] &= self.ink_index[1:] == self.ink_index[:-1]
        return joined

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Distance to the surface, negative in the gel: (n, 3) µm -> (n,) µm.

        Of the nearest capsule, and of the cutting planes: the sign is exact, the value never more
        than the true distance, and exact outside where a round face is nearest.
        """
        points = as_points(x)
        distance, _ = self._capsules.nearest(points)
        return np.maximum(self._cut(points, distance), -points[:, 2])

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Distance to all faces but the one on glass: (n, 3) µm -> (n,) µm.

        Under the glass the strands go on as walls as wide as their contact with it. Level strands
        near the glass are exact in that; of sloping ones a lower bound is given.
        """
        points = as_points(x)
        above = points.copy()
        above[:, 2] = np.maximum(points[:, 2], 0.0)
        distance, _ = self._capsules.nearest(above)
        low = np.flatnonzero((distance < 0.0) & (above[:, 2] < 0.5 * self.diameters.max()))
        if len(low):
            row, depth = self._depth_on_glass(above[low])
            np.minimum.at(distance, low[row], depth)
        return self._cut(points, distance)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Index of the ink at points (n, 3) µm -> (n,): of the owning, else the nearest strand."""
        return np.asarray(self.ink_index[self.segment(x)], dtype=np.int64)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit vector along the owning, else the nearest segment: (n, 3) µm -> (n, 3)."""
        index = self.segment(x)
        along = self.ends[index] - self.starts[index]
        return np.asarray(along / np.linalg.norm(along, axis=1, keepdims=True), dtype=np.float64)

    def segment(self, x: npt.ArrayLike) -> IntArray:
        """Segment that owns each point: (n, 3) µm -> (n,).

        Outside all strands the nearest. In an overlap the passage printed first: of the segments
        that hold the point, those that follow on the earliest without leaving it are one passage,
        and of these the nearest owns the point.
        """
        points = as_points(x)
        distance, owner = self._capsules.nearest(points)
        inside = np.flatnonzero(distance < 0.0)
        row, index, depth = self._capsules.containing(points[inside])
        first = np.diff(row, prepend=-1) != 0
        leaves = first | (np.diff(index, prepend=-1) != 1) | ~self.joined[index]
        passage = np.cumsum(leaves)
        earliest = passage == passage[first][np.cumsum(first) - 1]
        row, index, depth = row[earliest], index[earliest], depth[earliest]
        order = np.lexsort((index, depth, row))
        lead = order[np.diff(row[order], prepend=-1) != 0]
        owner[inside[row[lead]]] = index[lead]
        return owner

    def volume(self) -> dict[str, float] | None:
        """Exact volume, µm³, of a single level segment without a window; otherwise None.

        A cylinder less the segments of its section that the planes cut off, and a ball less two
        caps π t² (3 r - t)/3 of the depth t.
        """
        level = self.starts[0, 2] == self.ends[0, 2]
        if len(self.starts) > 1 or not level or self.window is not None:
            return None
        diameter, axis = float(self.diameters[0]), float(self.starts[0, 2])
        radius = 0.5 * diameter
        area, ball = math.pi * radius**2, 4.0 / 3.0 * math.pi * radius**3
        for distance in (axis, self.height - axis):
            deep = max(radius - distance, 0.0)
            area += clipped_strand_area(diameter, 2.0 * (radius - deep), 1) - math.pi * radius**2
            ball -= math.pi * deep**2 * (3.0 * radius - deep) / 3.0
        length = float(np.linalg.norm(self.ends[0] - self.starts[0]))
        return {self.inks[0]: area * length + ball}

    @cached_property
    def _capsules(self) -> Capsules:
        return Capsules(self.starts, self.ends, 0.5 * self.diameters)

    @cached_property
    def _whole_bounds(self) -> FloatArray:
        radii = 0.5 * self.diameters[:, None]
        low = (np.minimum(self.starts, self.ends) - radii).min(axis=0)
        high = (np.maximum(self.starts, self.ends) + radii).max(axis=0)
        low[2], high[2] = 0.0, self.height
        return np.array([low, high])

    def _cut(self, points: FloatArray, distance: FloatArray) -> FloatArray:
        """Cut by the top and the window."""
        distance = np.maximum(distance, points[:, 2] - self.height)
        if self.window is None:
            return distance
        low, high = np.array(self.window[:2]), np.array(self.window[2:])
        sides = np.maximum(low - points[:, :2], points[:, :2] - high).max(axis=1)
        return np.maximum(distance, sides)

    def _depth_on_glass(self, points: FloatArray) -> tuple[IntArray, FloatArray]:
        """Signed distance to the contact line on glass, where it is nearest in a level strand.

        Between the axis and its contact line the arc of the section would lie under the glass.
        """
        row, index, _ = self._capsules.containing(points)
        radius, axis = 0.5 * self.diameters[index], self.starts[index, 2]
        z = points[row, 2]
        across = self._capsules.axis_distance(points[row], index) ** 2 - (z - axis) ** 2
        across = np.sqrt(np.maximum(across, 0.0))
        contact = np.sqrt(np.maximum(radius**2 - axis**2, 0.0))
        wedge = (self.ends[index, 2] == axis) & (across * axis <= contact * (axis - z))
        return row[wedge], -np.hypot(contact - across, z)[wedge]


def _points(name: str, given: Any) -> FloatArray:
    points = as_points(given).copy()
    if not np.isfinite(points).all() or (len(points) and np.abs(points).max() > _LARGEST):
        raise InputError(f"{name} (µm): expected finite coordinates within 10 m")
    return points


def _check_heights(axes: FloatArray, radii: FloatArray, height: float) -> None:
    """Axes between glass and top, and strands that reach both."""
    if axes.min() < 0.0 or axes.max() > height:
        raise InputError(
            f"toolpath: axes lie from z = {axes.min():g} to {axes.max():g} µm, outside the body "
            f"from 0 to {height:g} µm",
            hint="raise the path, or make the body higher",
        )
    if (axes - radii).min() >= 0.0 or (axes + radii).max() <= height:
        raise InputError(
            f"toolpath: strands reach from z = {(axes - radii).min():g} to "
            f"{(axes + radii).max():g} µm and do not touch both the glass (0) and the top "
            f"({height:g} µm)",
            hint="strands are flattened a little: lower the path or take a larger diameter",
        )


def _checked_window(window: Any) -> tuple[float, float, float, float]:
    values = np.asarray(window, dtype=np.float64)
    if values.shape != (4,) or not np.isfinite(values).all() or (values[:2] >= values[2:]).any():
        raise InputError(
            f"window: expected (x0, y0, x1, y1) in µm with x0 < x1 and y0 < y1, found {window!r}"
        )
    x0, y0, x1, y1 = (float(value) for value in values)
    return x0, y0, x1, y1
