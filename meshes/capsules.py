"""The nearest of many capsules (cylinders with round ends), exactly and without asking all of them.

Every axis carries samples at most s apart, its two ends among them, in a KD-tree. The point of an
axis nearest to x, at the distance a, has a sample within s/2, at no acute angle to x or at an end:
that sample lies within √(a² + s²/4) of x. The axis of the nearest sample bounds a from above, so
that all axes which could be nearer have a sample in a ball that is known; they are compared
exactly. Capsules of different radii are searched in classes of similar radius.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np

from meshes.scaffold import FloatArray, IntArray

_SPACING = 0.75  # of samples, in radii
_MAX_SAMPLES = 2_000_000
_CLASS = 1.25  # largest over smallest radius of a class
_FEW = 6
_PAIRS = 1 << 21
_SLACK = 1.0 + 1e-9


class Capsules:
    """A set of capsules that answers for many points at once.

    Parameters
    ----------
    starts, ends
        Ends of the axes, shape (n, 3), µm; no axis without length.
    radii
        Shape (n,), µm.
    """

    def __init__(self, starts: FloatArray, ends: FloatArray, radii: FloatArray) -> None:
        self._starts, self._radii = starts, radii
        self._along = ends - starts
        self._squares = np.einsum("ij,ij->i", self._along, self._along)
        steps = np.floor(np.log(radii / radii.min()) / np.log(_CLASS) + 1e-9)
        spacing = max(0.0, float(np.sqrt(self._squares).sum()) / _MAX_SAMPLES)
        self._classes = [
            self._make_class(np.flatnonzero(steps == step), spacing) for step in np.unique(steps)
        ]

    def axis_distance(self, x: FloatArray, index: IntArray) -> FloatArray:
        """Distance of each point to the axis of one capsule: (n, 3), (n,) -> (n,), µm."""
        return np.asarray(np.sqrt(self._axis_squares(x, index)), dtype=np.float64)

    def nearest(self, x: FloatArray) -> tuple[FloatArray, IntArray]:
        """Signed distance to the nearest capsule, and which it is; of equals the first.

        Parameters
        ----------
        x
            Points, shape (n, 3), µm.

        Returns
        -------
        distance, index
            Shape (n,): distance from the axis less the radius, µm; number of the capsule.
        """
        best, owner = np.full(len(x), np.inf), np.zeros(len(x), dtype=np.int64)
        for group in self._classes:
            near, samples = group.tree.query(x, k=group.few)
            first = group.owner[samples[:, 0]]
            bound = np.minimum(self.axis_distance(x, first) - self._radii[first], best)
            # A class whose nearest sample is too far away has nothing to add.
            least = np.sqrt(np.maximum(near[:, 0] ** 2 - group.half_square, 0.0)) - group.radius
            asked = np.flatnonzero(least <= bound + 1e-9)
            reach = group.reach(np.maximum(bound[asked] + group.radius, 0.0))
            for rows, index in _pairs(group, x[asked], reach, near[asked], samples[asked]):
                rows = asked[rows]
                value = self.axis_distance(x[rows], index) - self._radii[index]
                order = np.lexsort((index, value, rows))
                rows, value, index = rows[order], value[order], index[order]
                lead = np.flatnonzero(np.diff(rows, prepend=-1))
                rows, value, index = rows[lead], value[lead], index[lead]
                wins = (value < best[rows]) | ((value == best[rows]) & (index < owner[rows]))
                best[rows[wins]], owner[rows[wins]] = value[wins], index[wins]
        return best, owner

    def containing(self, x: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        """All capsules that hold each point.

        Parameters
        ----------
        x
            Points, shape (n, 3), µm.

        Returns
        -------
        row, index, distance
            Shape (m,): a point, a capsule that holds it and the signed distance (negative), µm;
            sorted by point, then by capsule; no pair twice.
        """
        found: list[tuple[IntArray, IntArray, FloatArray]] = []
        for group in self._classes:
            reach = np.full(len(x), group.reach(group.radius))
            for rows, index in _pairs(group, x, reach, *group.tree.query(x, k=group.few)):
                distance = self.axis_distance(x[rows], index) - self._radii[index]
                inside = distance < 0.0
                found.append((rows[inside], index[inside], distance[inside]))
        row, index, distance = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((index, row))
        row, index, distance = row[order], index[order], distance[order]
        fresh = (np.diff(row, prepend=-1) != 0) | (np.diff(index, prepend=-1) != 0)
        return row[fresh], index[fresh], distance[fresh]

    def _axis_squares(self, x: FloatArray, index: IntArray) -> FloatArray:
        from_start = x - self._starts[index]
        along = self._along[index]
        share = np.einsum("ij,ij->i", from_start, along) / self._squares[index]
        from_start -= np.clip(share, 0.0, 1.0)[:, None] * along
        return np.asarray(np.einsum("ij,ij->i", from_start, from_start), dtype=np.float64)

    def _make_class(self, members: IntArray, spacing: float) -> _Class:
        from scipy.spatial import cKDTree

        radius = float(self._radii[members].max())
        spacing = max(spacing, _SPACING * radius)
        counts = np.ceil(np.sqrt(self._squares[members]) / spacing).astype(np.int64) + 1
        counts = np.maximum(counts, 2)
        owner = np.repeat(members, counts)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        share = place / np.repeat(counts - 1, counts)
        samples = self._starts[owner] + share[:, None] * self._along[owner]
        return _Class(cKDTree(samples), owner, radius, 0.25 * spacing**2)


@dataclass(frozen=True)
class _Class:
    """Capsules of similar radius: samples, whose they are, the largest radius, (s/2)²."""

    tree: Any
    owner: IntArray
    radius: float
    half_square: float

    @property
    def few(self) -> int:
        """How many samples a first look takes; mostly there is no need of a second."""
        return min(_FEW, len(self.owner))

    def reach(self, axis_distance: Any) -> Any:
        """Ball around a point in which an axis at most this far has a sample, µm."""
        return np.sqrt(axis_distance**2 + self.half_square) * _SLACK + 1e-9


def _pairs(
    group: _Class, x: FloatArray, reach: FloatArray, near: FloatArray, samples: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs (point, capsule) with a sample of the capsule in the ball; all of a point at once.

    `near` and `samples` are the first look. Parts are cut so that memory stays bounded however
    many strands lie on top of each other.
    """
    done = (near[:, -1] > reach) | (near.shape[1] == len(group.owner))
    rows, columns = np.nonzero((near <= reach[:, None]) & done[:, None])
    yield rows, group.owner[samples[rows, columns]]
    rest = np.flatnonzero(~done)
    if not len(rest):
        return
    sizes = group.tree.query_ball_point(x[rest], reach[rest], return_length=True)
    share = np.cumsum(sizes) // _PAIRS
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(share)) + 1, [len(rest)]])
    for low, high in pairwise(cuts):
        here, counts = rest[low:high], sizes[low:high]
        balls = group.tree.query_ball_point(x[here], reach[here], return_sorted=False)
        found = np.fromiter(chain.from_iterable(balls), np.int64, int(counts.sum()))
        yield np.repeat(here, counts), group.owner[found]
