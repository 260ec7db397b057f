"""The common grid: where and how two bodies that were meshed apart can be subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from postprocess.contract import FloatArray
from postprocess.style import BoolArray

if TYPE_CHECKING:
    import pyvista

    from postprocess.scene.data import Scene

MOST_VOXELS = 120_000
"""Voxels of the box around all bodies, about."""

_FEWEST = 4  # along any axis


@dataclass(frozen=True, eq=False)
class Lattice:
    """Equal voxels, near to voxels, that fill a box to its faces.

    Parameters
    ----------
    origin
        ``(3,)`` lower corner, µm.
    edges
        ``(3,)`` of a voxel, µm.
    counts
        Voxels along x, y, z.
    """

    origin: FloatArray
    edges: FloatArray
    counts: tuple[int, int, int]

    @property
    def edge(self) -> float:
        """Mean edge of a voxel, µm."""
        return float(np.prod(self.edges) ** (1 / 3))

    @property
    def volume(self) -> float:
        """Of one voxel, µm³."""
        return float(np.prod(self.edges))

    @property
    def centres(self) -> FloatArray:
        """``(i · j · k, 3)`` middles of the voxels, µm; x runs fastest, as VTK has it."""
        x, y, z = (
            self.origin[axis] + self.edges[axis] * (np.arange(n) + 0.5)
            for axis, n in enumerate(self.counts)
        )
        zz, yy, xx = np.meshgrid(z, y, x, indexing="ij")
        return np.stack([xx.ravel(), yy.ravel(), zz.ravel()], axis=1)

    def box(self, values: FloatArray | BoolArray) -> np.ndarray:
        """Values of the voxels as ``(k, j, i)``: first axis z, last axis x."""
        return np.asarray(values).reshape(self.counts[::-1])

    def image(self) -> pyvista.ImageData:
        """The voxels as cells of a VTK image, without data."""
        import pyvista

        return pyvista.ImageData(
            dimensions=np.array(self.counts) + 1, spacing=self.edges, origin=self.origin
        )


def common_lattice(scenes: Sequence[Scene], most: int = MOST_VOXELS) -> Lattice:
    """Voxels around all bodies, which stay where their cases put them.

    Parameters
    ----------
    scenes
        The results.
    most
        About how many voxels.
    """
    low = np.min([scene.bounds[0] for scene in scenes], axis=0)
    high = np.max([scene.bounds[1] for scene in scenes], axis=0)
    extent = np.maximum(high - low, 1e-9)
    edge = float(np.prod(extent) / most) ** (1 / 3)
    # A flat body must not become a single layer of voxels.
    counts = np.maximum(np.rint(extent / edge).astype(int), _FEWEST)
    return Lattice(low, extent / counts, (int(counts[0]), int(counts[1]), int(counts[2])))


def on_lattice(scene: Scene, key: str, lattice: Lattice) -> FloatArray:
    """A field of the cells of a mesh at the middles of the voxels; NaN outside the body.

    Parameters
    ----------
    scene
        The result.
    key
        A cell array of its mesh.
    lattice
        The voxels.

    Returns
    -------
    numpy.ndarray
        ``(i · j · k,)``: the value of the tetrahedron in which the middle lies.
    """
    import pyvista

    source = pyvista.UnstructuredGrid(scene.grid.copy(deep=False))
    source.clear_data()
    source.cell_data["value"] = np.asarray(scene.grid.cell_data[key], dtype=float)
    # VTK's own tolerance grows with the body: voxels beside its surface would count as inside.
    found = pyvista.PolyData(lattice.centres).sample(
        source, locator="static_cell", tolerance=1e-6 * lattice.edge
    )
    inside = np.asarray(found.point_data["vtkValidPointMask"]).astype(bool)
    return np.where(inside, np.asarray(found.point_data["value"], dtype=float), np.nan)


@dataclass(frozen=True, eq=False)
class FieldDifference:
    """A field of two bodies on the common grid.

    Parameters
    ----------
    lattice
        The voxels.
    before, after
        ``(n,)`` value in the first and in the other; NaN outside the body.
    """

    lattice: Lattice
    before: FloatArray
    after: FloatArray

    @property
    def difference(self) -> FloatArray:
        """``(n,)`` other minus first; NaN where not both bodies are."""
        return np.asarray(self.after - self.before)

    @property
    def both(self) -> BoolArray:
        """``(n,)`` voxels in both bodies."""
        return np.isfinite(self.before) & np.isfinite(self.after)

    @property
    def only_before(self) -> BoolArray:
        """``(n,)`` voxels in the first body alone."""
        return np.isfinite(self.before) & ~np.isfinite(self.after)

    @property
    def only_after(self) -> BoolArray:
        """``(n,)`` voxels in the other body alone."""
        return ~np.isfinite(self.before) & np.isfinite(self.after)

    @property
    def overlap(self) -> float:
        """Share of the volume of the two together in which both are; 0 where they do not meet."""
        either = np.isfinite(self.before) | np.isfinite(self.after)
        return float(self.both.sum() / either.sum()) if either.any() else 0.0


def field_difference(
    first: Scene, other: Scene, key: str, lattice: Lattice | None = None
) -> FieldDifference:
    """Subtract a field of two results on the common grid.

    Parameters
    ----------
    first, other
        The results.
    key
        A cell array of both meshes.
    lattice
        The voxels; None: those around these two.
    """
    voxels = common_lattice((first, other)) if lattice is None else lattice
    return FieldDifference(voxels, on_lattice(first, key, voxels), on_lattice(other, key, voxels))


_NEAREST = 24  # cells whose mean is taken at most
_REACH = 2.5  # how many standard deviations of the bell a cell reaches


def sites_difference(first: Scene, other: Scene, key: str) -> tuple[FieldDifference, float]:
    """Subtract what cells in different places say, each as a mean over the cells near a voxel.

    Parameters
    ----------
    first, other
        The results.
    key
        A column of both sites tables.

    Returns
    -------
    FieldDifference
        NaN outside the body, and where no cell is near.
    float
        Standard deviation of the bell by which cells are weighed, µm: the mean distance of
        neighbours in the sparser of the two.
    """
    lattice = common_lattice((first, other))
    width = max(
        float(scene.grid.volume / scene.sites.n_points) ** (1 / 3) for scene in (first, other)
    )
    near = [
        np.where(np.isfinite(on_lattice(scene, "ink", lattice)), _near(scene, key, lattice, width),
                 np.nan)
        for scene in (first, other)
    ]  # fmt: skip
    return FieldDifference(lattice, near[0], near[1]), width


def _near(scene: Scene, key: str, lattice: Lattice, width: float) -> FloatArray:
    """Mean over the cells near each voxel, weighed by a bell; NaN where there is none."""
    from scipy.spatial import cKDTree

    points = np.asarray(scene.sites.points, dtype=float)
    values = np.append(np.asarray(scene.sites.point_data[key], dtype=float), 0.0)
    nearest = min(_NEAREST, len(points))
    distance, rows = cKDTree(points).query(
        lattice.centres, k=np.arange(1, nearest + 1), distance_upper_bound=_REACH * width
    )
    weight = np.exp(-0.5 * (distance / width) ** 2)  # 0 where no neighbour was found
    total = weight.sum(axis=1)
    mean = (weight * values[rows]).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)
