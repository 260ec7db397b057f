"""A tetrahedral mesh of a scaffold as plain arrays: no mesh library is needed to use it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray

Int32Array = npt.NDArray[np.int32]


class SurfaceTag(IntEnum):
    """Where a boundary triangle lies: on the glass, under the plate, or bathed in medium."""

    BOTTOM = 1
    TOP = 2
    FREE = 3


def signed_volumes(points: FloatArray, cells: IntArray) -> FloatArray:
    """Volume of each tetrahedron, (p₁−p₀)·((p₂−p₀)×(p₃−p₀))/6, negative where it is inverted.

    Parameters
    ----------
    points
        Shape (n, 3), µm.
    cells
        Shape (m, 4), indices into `points`.

    Returns
    -------
    ndarray, shape (m,), µm³
    """
    p = points[cells]
    edges = p[:, 1:] - p[:, :1]
    return np.einsum("ij,ij->i", edges[:, 0], np.cross(edges[:, 1], edges[:, 2])) / 6.0


@dataclass(frozen=True)
class TetMesh:
    """Linear tetrahedra with an ink per cell and a tag per boundary triangle.

    Parameters
    ----------
    points
        Vertices, shape (n, 3), µm.
    cells
        Vertex indices, shape (m, 4), each cell positively oriented.
    cell_ink
        Index into `inks`, shape (m,).
    facets
        Triangles on the boundary of the whole body (no ink interfaces), shape (k, 3).
    facet_tag
        :class:`SurfaceTag` of each facet, shape (k,).
    inks
        Names of the inks.
    exact_volumes
        Volume of each ink in the curved body that the mesh stands for, shape (n_inks,), µm³.

    Raises
    ------
    InputError
        If shapes disagree, an index is out of range, an ink has no cell, or a cell is inverted or
        flat.
    """

    points: FloatArray
    cells: IntArray
    cell_ink: Int32Array
    facets: IntArray
    facet_tag: Int32Array
    inks: tuple[str, ...]
    exact_volumes: FloatArray

    def __post_init__(self) -> None:
        converted = {
            "points": np.ascontiguousarray(self.points, dtype=np.float64),
            "cells": np.ascontiguousarray(self.cells, dtype=np.int64),
            "cell_ink": np.ascontiguousarray(self.cell_ink, dtype=np.int32),
            "facets": np.ascontiguousarray(self.facets, dtype=np.int64).reshape(-1, 3),
            "facet_tag": np.ascontiguousarray(self.facet_tag, dtype=np.int32),
            "inks": tuple(self.inks),
            "exact_volumes": np.ascontiguousarray(self.exact_volumes, dtype=np.float64),
        }
        for name, value in converted.items():
            object.__setattr__(self, name, value)
        self._check_shapes()
        self._check_indices()
        volumes = self.volumes()
        bad = int(np.count_nonzero(~(volumes > 0.0)))
        if bad:
            raise InputError(
                f"mesh: {bad} of {len(self.cells)} tetrahedra are inverted or flat "
                f"(smallest signed volume {volumes.min():.3g} µm³)"
            )

    def _check_shapes(self) -> None:
        expected = {
            "points": (len(self.points), 3),
            "cells": (len(self.cells), 4),
            "cell_ink": (len(self.cells),),
            "facet_tag": (len(self.facets),),
            "exact_volumes": (len(self.inks),),
        }
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise InputError(f"mesh: {name} needs the shape {shape}, found {found}")
        if len(self.cells) == 0:
            raise InputError("mesh: there are no tetrahedra")

    def _check_indices(self) -> None:
        for name, values, end in (
            ("cells", self.cells, len(self.points)),
            ("facets", self.facets, len(self.points)),
            ("cell_ink", self.cell_ink, len(self.inks)),
        ):
            if values.size and (values.min() < 0 or values.max() >= end):
                raise InputError(f"mesh: {name} holds an index outside 0…{end - 1}")
        if len(np.unique(self.cell_ink)) < len(self.inks):
            raise InputError(f"mesh: not each of the inks {list(self.inks)} has a cell")
        if not np.isin(self.facet_tag, [tag.value for tag in SurfaceTag]).all():
            raise InputError("mesh: facet_tag holds a value that is no SurfaceTag (1, 2, 3)")
        if not np.isfinite(self.points).all():
            raise InputError("mesh: points hold values that are not finite")

    def volumes(self) -> FloatArray:
        """Volume of each cell, shape (m,), µm³."""
        return signed_volumes(self.points, self.cells)

    def centroids(self) -> FloatArray:
        """Centroid of each cell, shape (m, 3), µm."""
        return self.points[self.cells].mean(axis=1)

    def ink_volumes(self) -> FloatArray:
        """Meshed volume of each ink, shape (n_inks,), µm³."""
        sums = np.bincount(self.cell_ink, weights=self.volumes(), minlength=len(self.inks))
        return sums.astype(np.float64)
