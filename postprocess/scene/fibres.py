"""Fibre directions: rods, or lines that follow them through the gel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.scene.glyphs import MOST_RODS
from postprocess.scene.layers import coloured, put
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, Quantity, limits
from postprocess.scene.spread import thin
from postprocess.scene.stage import LIGHT

if TYPE_CHECKING:
    import pyvista

    from postprocess.scene.data import Scene

MOST_LINES = 500
_VOXELS = 48**3
_HALF = 1.0  # longest arm of a line, as a share of the diagonal of the bounds
_STEPS = 200  # of each arm


def add_fibres(
    plotter: pyvista.Plotter,
    scene: Scene,
    quantity: Quantity,
    *,
    how: str = "glyphs",
    ends: Limits | None = None,
    most: int | None = None,
    clip: Plane | None = None,
) -> list[Any]:
    """Fibre directions coloured by a field of the cells, such as the order parameter.

    Parameters
    ----------
    plotter, scene
        Where to draw, and what.
    quantity
        One of the cells.
    how
        ``"glyphs"`` (rods, one for each spot) or ``"lines"`` (paths along the directions).
    ends
        Limits of its colours; None: those of this scene alone.
    most
        How many rods or lines at most; None: a number that can be told apart.
    clip
        Only what this cut leaves.
    """
    look = coloured(quantity, ends or limits(quantity, scene)) | LIGHT
    if how == "lines":
        paths = streamlines(scene, quantity, most=most or MOST_LINES, clip=clip)
        if not paths.n_cells:
            return []
        width = 0.0015 * float(np.linalg.norm(np.ptp(scene.bounds, axis=0)))
        return [put(plotter, paths.tube(radius=width, n_sides=6), **look)]
    rods = _rods(scene, quantity, most or MOST_RODS, clip)
    return [] if rods is None else [put(plotter, rods, **look)]


def _rods(scene: Scene, quantity: Quantity, most: int, clip: Plane | None) -> Any:
    """One rod in each spot of the gel, as long as spots are apart."""
    import pyvista

    grid = scene.grid
    middles = np.asarray(grid.cell_centers().points, dtype=float)
    left = np.arange(len(middles))
    volumes = np.abs(grid.compute_cell_sizes(length=False, area=False)["Volume"])
    if clip is not None:
        left = left[clip.kept(middles, scene.bounds)]
    if not len(left):
        return None
    chosen = left[thin(middles[left], most)]
    spots = pyvista.PolyData(middles[chosen])
    spots["direction"] = np.asarray(grid.cell_data["fibre_direction"], dtype=float)[chosen]
    spots[quantity.key] = quantity.values(scene)[chosen]
    length = 0.95 * float(np.sum(volumes[left]) / len(chosen)) ** (1 / 3)
    rod = pyvista.Cylinder(
        center=(0, 0, 0), direction=(1, 0, 0), radius=0.055, height=1, resolution=8
    )
    return spots.glyph(geom=rod, orient="direction", scale=False, factor=length)


@dataclass(frozen=True, eq=False)
class _Raster:
    """Directions on a regular lattice: fast to look up for many lines at once.

    Parameters
    ----------
    origin, step
        ``(3,)`` first node and edges of a voxel, µm.
    tensor
        ``(6, i, j, k)`` direction ⊗ direction, components xx, yy, zz, xy, yz, xz; 0 outside.
    value
        ``(i, j, k)`` of the quantity.
    inside
        ``(i, j, k)`` 1 in the gel, else 0.
    """

    origin: FloatArray
    step: FloatArray
    tensor: FloatArray
    value: FloatArray
    inside: FloatArray

    def look(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Direction ``(n, 3)``, value ``(n,)`` and share of gel ``(n,)`` at points, µm."""
        from scipy.ndimage import map_coordinates

        place = ((x - self.origin) / self.step).T

        def at(field: FloatArray) -> FloatArray:
            return np.asarray(map_coordinates(field, place, order=1, mode="constant"))

        parts = np.stack([at(component) for component in self.tensor], axis=1)
        full = parts[:, [0, 3, 5, 3, 1, 4, 5, 4, 2]].reshape(-1, 3, 3)
        gel = at(self.inside)
        value = at(self.value * self.inside) / np.maximum(gel, 1e-9)
        return np.linalg.eigh(full)[1][:, :, 2], value, gel


def _raster(scene: Scene, quantity: Quantity) -> _Raster:
    import pyvista

    extent = np.ptp(scene.bounds, axis=0)
    edge = float(np.prod(extent) / _VOXELS) ** (1 / 3)
    counts = np.clip(np.ceil(extent / edge).astype(int) + 1, 4, 400)
    step = extent / (counts - 1)
    lattice = pyvista.ImageData(dimensions=counts, spacing=step, origin=scene.bounds[0])
    source = pyvista.UnstructuredGrid(scene.grid.copy(deep=False))
    source.clear_data()
    x, y, z = np.asarray(scene.grid.cell_data["fibre_direction"], dtype=float).T
    source.cell_data["direction"] = np.stack([x * x, y * y, z * z, x * y, y * z, x * z], axis=1)
    source.cell_data["value"] = quantity.values(scene)
    found = lattice.sample(source)
    inside = np.asarray(found["vtkValidPointMask"], dtype=float)
    tensor = np.asarray(found["direction"], dtype=float) * inside[:, None]

    def shaped(flat: FloatArray) -> FloatArray:
        return flat.reshape(counts, order="F")

    return _Raster(
        origin=np.asarray(scene.bounds[0], dtype=float),
        step=step,
        tensor=np.stack([shaped(component) for component in tensor.T]),
        value=shaped(np.asarray(found["value"], dtype=float) * inside),
        inside=shaped(inside),
    )


def streamlines(
    scene: Scene, quantity: Quantity, *, most: int = MOST_LINES, clip: Plane | None = None
) -> pyvista.PolyData:
    """Lines that follow the fibre directions, which have no sign, to the surface of the gel.

    Parameters
    ----------
    scene
        The result.
    quantity
        One of the cells; the lines carry its values.
    most
        How many lines at most.
    clip
        Only lines that begin in what this cut leaves; they end at it.

    Returns
    -------
    pyvista.PolyData
        Poly-lines, µm.
    """
    import pyvista

    raster = _raster(scene, quantity)
    middles = np.asarray(scene.grid.cell_centers().points, dtype=float)
    if clip is not None:
        middles = middles[clip.kept(middles, scene.bounds)]
    seeds = middles[thin(middles, most)] if len(middles) else middles
    step = _HALF * float(np.linalg.norm(np.ptp(scene.bounds, axis=0))) / _STEPS
    arms = [_walk(raster, scene, seeds, sign * step, clip) for sign in (1.0, -1.0)]
    points: list[FloatArray] = []
    cells: list[np.ndarray] = []
    total = 0
    for number in range(len(seeds)):
        back, ahead = arms[1][number][::-1], arms[0][number]
        line = np.concatenate([back, seeds[number][None], ahead])
        if len(line) > 1:
            points.append(line)
            cells.append(np.r_[len(line), total + np.arange(len(line))])
            total += len(line)
    if not points:
        return pyvista.PolyData()
    joined = np.concatenate(points)
    lines = pyvista.PolyData(joined, lines=np.concatenate(cells))
    lines.point_data[quantity.key] = raster.look(joined)[1]
    return lines


def _walk(
    raster: _Raster, scene: Scene, seeds: FloatArray, step: float, clip: Plane | None
) -> list[FloatArray]:
    """Follow the directions from each seed by the midpoint rule, until the gel ends."""
    heading = raster.look(seeds)[0] * np.sign(step)
    x, alive = seeds.copy(), np.ones(len(seeds), dtype=bool)
    trail = np.full((_STEPS, len(seeds), 3), np.nan)
    for number in range(_STEPS):
        rows = np.flatnonzero(alive)
        if not len(rows):
            break
        half = _same_way(raster.look(x[rows])[0], heading[rows])
        ahead, _, gel = raster.look(x[rows] + 0.5 * abs(step) * half)
        whole = _same_way(ahead, half)
        reached = x[rows] + abs(step) * whole
        # Outside there is no direction: a line ends where half of what is around it is no gel.
        good = (gel > 0.5) & (raster.look(reached)[2] > 0.5)
        if clip is not None:
            good &= clip.kept(reached, scene.bounds)
        alive[rows[~good]] = False
        x[rows[good]], heading[rows[good]] = reached[good], whole[good]
        trail[number, rows[good]] = reached[good]
    return [line[~np.isnan(line[:, 0])] for line in trail.transpose(1, 0, 2)]


def _same_way(direction: FloatArray, heading: FloatArray) -> FloatArray:
    """Directions without sign, turned so that they go on as before."""
    sign = np.where(np.einsum("ij,ij->i", direction, heading) < 0, -1.0, 1.0)
    return np.asarray(direction * sign[:, None])
