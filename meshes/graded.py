"""A body whose inks change through it: each gradient in steps, and each step an ink of its own.

The body is meshed as if there were no gradient, so its exact route and the cache stay as they are;
cells are given the step of their centroid afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray, Scaffold, as_points
from meshes.tetmesh import TetMesh
from meshes.volumes import ink_volumes, lattice_points

_SAMPLES = 1 << 18  # places that share out the volume of an ink among its steps


@dataclass(frozen=True, eq=False)
class Grading:
    """How one ink changes.

    Parameters
    ----------
    levels
        Number of steps.
    weight
        Points (n, 3) µm -> (n,): 0 where the ink is as it begins, 1 where it is as it ends; what
        lies outside is clipped. Asked for points of the body's bounding box only.
    """

    levels: int
    weight: Callable[[FloatArray], FloatArray]

    @property
    def weights(self) -> FloatArray:
        """Weight of each step, the middle of its range: (k + ½)/levels, shape (levels,)."""
        return (np.arange(self.levels) + 0.5) / self.levels


def level_names(ink: str, levels: int) -> tuple[str, ...]:
    """Names of the steps of an ink: ``niche 03/12``."""
    width = len(str(levels))
    return tuple(f"{ink} {k + 1:0{width}d}/{levels}" for k in range(levels))


@dataclass(frozen=True, eq=False)
class GradedScaffold:
    """A :class:`~meshes.scaffold.Scaffold` with steps in place of the inks that change.

    Parameters
    ----------
    base
        The body without gradients.
    graded
        Index of an ink of `base` to how it changes.
    kept
        Names of the steps (and plain inks) in use; where another is due, the nearest step of the
        same ink that is in use takes its place. Default: all.

    Raises
    ------
    InputError
        If an index points to no ink, or nothing of an ink is kept.
    """

    base: Scaffold
    graded: Mapping[int, Grading]
    kept: frozenset[str] | None = None
    inks: tuple[str, ...] = field(init=False)
    parents: IntArray = field(init=False)
    _index: tuple[IntArray, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        inks: list[str] = []
        parents: list[int] = []
        index: list[IntArray] = []
        for i, name in enumerate(self.base.inks):
            names = level_names(name, self.graded[i].levels) if i in self.graded else (name,)
            used = [k for k, n in enumerate(names) if self.kept is None or n in self.kept]
            if not used:
                raise InputError(f"gradient: no step of the ink {name!r} is in use")
            nearest = np.abs(np.subtract.outer(np.arange(len(names)), used)).argmin(axis=1)
            index.append(len(inks) + nearest)
            inks += [names[k] for k in used]
            parents += [i] * len(used)
        if any(not 0 <= i < len(self.base.inks) for i in self.graded):
            raise InputError(f"gradient: expected inks 0 to {len(self.base.inks) - 1}")
        object.__setattr__(self, "inks", tuple(inks))
        object.__setattr__(self, "parents", np.array(parents, dtype=np.int64))
        object.__setattr__(self, "_index", tuple(index))

    @property
    def substrate_height(self) -> float | None:
        """As of the base, µm."""
        return self.base.substrate_height

    @property
    def height(self) -> float:
        """As of the base, µm."""
        return self.base.height

    @property
    def footprint_area(self) -> float:
        """As of the base, µm²."""
        return self.base.footprint_area

    @property
    def bounds(self) -> FloatArray:
        """As of the base, shape (2, 3), µm."""
        return self.base.bounds

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """As of the base."""
        return self.base.signed_distance(x)

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """As of the base."""
        return self.base.free_surface_distance(x)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """As of the base."""
        return self.base.print_direction(x)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Index of the step at points (n, 3) µm -> (n,); beyond the bounding box as at its face."""
        points = as_points(x)
        return self.steps(points, self.base.ink(points))

    def steps(self, points: FloatArray, base_ink: IntArray) -> IntArray:
        """Index of the step (n,) at points (n, 3) µm whose ink of the base (n,) is known."""
        inside = np.clip(points, *self.bounds)
        found = np.empty(len(points), dtype=np.int64)
        for i, index in enumerate(self._index):
            here = base_ink == i
            level: IntArray | int = 0
            if i in self.graded and here.any():
                n, weight = self.graded[i].levels, self.graded[i].weight(inside[here])
                level = np.clip(np.floor(np.clip(weight, 0.0, 1.0) * n), 0, n - 1).astype(np.int64)
            found[here] = index[level]
        return found

    def volume(self) -> dict[str, float]:
        """Volume of each step, µm³: that of the ink, shared out by an even lattice of places.

        The steps of an ink together are as exact as :func:`~meshes.volumes.ink_volumes` of the
        base.
        """
        points = lattice_points(self.bounds, 0, _SAMPLES)
        points = points[self.base.signed_distance(points) < 0.0]
        counts = np.bincount(self.ink(points), minlength=len(self.inks)).astype(np.float64)
        whole = np.bincount(self.parents, weights=counts, minlength=len(self.base.inks))
        share = counts / np.maximum(whole, 1.0)[self.parents]
        found = share * ink_volumes(self.base)[self.parents]
        return dict(zip(self.inks, found.tolist(), strict=True))

    def keeping(self, names: tuple[str, ...]) -> GradedScaffold:
        """The same body with only these steps in use."""
        return replace(self, kept=frozenset(names))


def ink_families(scaffold: Scaffold) -> tuple[tuple[str, ...], IntArray]:
    """Names of the inks as they were described, and which of them each ink of a body is.

    Returns
    -------
    names, parents
        Of a body without gradients its own inks, and 0, 1, …; `parents` has the shape (n_inks,).
    """
    if isinstance(scaffold, GradedScaffold):
        return scaffold.base.inks, scaffold.parents
    return scaffold.inks, np.arange(len(scaffold.inks))


def grade_mesh(mesh: TetMesh, scaffold: GradedScaffold) -> TetMesh:
    """Give the cells of a mesh of the base the step of their centroid.

    Steps without a cell are left out (:meth:`GradedScaffold.keeping` takes `mesh.inks`). The exact
    volume of an ink is shared out among its steps as its meshed volume is.

    Parameters
    ----------
    mesh
        Of `scaffold.base`.
    scaffold
        The body.
    """
    step = scaffold.steps(mesh.centroids(), mesh.cell_ink.astype(np.int64))
    meshed = np.bincount(step, weights=mesh.volumes(), minlength=len(scaffold.inks))
    share = meshed / mesh.ink_volumes()[scaffold.parents]
    used, cell_ink = np.unique(step, return_inverse=True)
    return replace(
        mesh,
        cell_ink=cell_ink.astype(np.int32),
        inks=tuple(scaffold.inks[i] for i in used),
        exact_volumes=(share * mesh.exact_volumes[scaffold.parents])[used],
    )
