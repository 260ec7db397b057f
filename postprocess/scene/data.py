"""What is drawn: a result as VTK objects, with what can be derived from its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.casefile import cell_radius_um
from postprocess.contract import FloatArray
from postprocess.style import uncertain
from postprocess.toolpath_file import TOOLPATH_FILE, path_lines

if TYPE_CHECKING:
    import pyvista

    from postprocess.results import RunResult


@dataclass(frozen=True, eq=False)
class Scene:
    """A result, ready to be drawn.

    Parameters
    ----------
    grid
        The scaffold mesh, ``pyvista.UnstructuredGrid`` of m tetrahedra, µm. Cell data are those of
        ``fields.vtu``, and ``anisotropy`` (1, stiffness along over across), ``alignment`` (1, order
        parameter of the ink's fibres; only where it is known), ``von_mises_kPa`` and
        ``largest_strain`` (1, largest principal strain); point data also ``displacement_size_um``.
    sites
        ``pyvista.PolyData`` of n points, µm, with every column of the sites table; ``ink`` is an
        index into ``inks``. Further ``uncertain`` (uint8, see :func:`postprocess.style.uncertain`),
        ``p_band`` (1, width of the band of P) and ``stiff_axis`` (n, 3).
    inks
        Names of the inks, any text.
    bounds
        ``(2, 3)`` lower and upper corner of the scaffold, µm.
    name
        Name of the case, any text.
    case, summary
        ``case.json``, and the headline numbers of ``summary.json``.
    toolpath
        Axes of the strands as lines in printing order (``pyvista.PolyData``, µm; cell data ``ink``,
        ``order`` and ``diameter_um``), or None where the body was not printed along a path.
    """

    grid: pyvista.UnstructuredGrid
    sites: pyvista.PolyData
    inks: tuple[str, ...]
    bounds: FloatArray
    name: str
    case: Mapping[str, Any]
    summary: Mapping[str, Any]
    toolpath: pyvista.PolyData | None = None

    @cached_property
    def skin(self) -> pyvista.PolyData:
        """Surface of the scaffold with the cell data of the cells behind it."""
        return self.grid.extract_surface(algorithm="dataset_surface")

    @cached_property
    def cell_radius_um(self) -> float | None:
        """True radius of a cell, µm; None where the case does not say."""
        return cell_radius_um(self.case)

    @property
    def centre(self) -> FloatArray:
        """``(3,)`` middle of the bounds, µm."""
        return np.asarray(self.bounds.mean(axis=0))


def load_scene(folder: Path, step: int | None = None) -> Scene:
    """Read a result folder.

    Parameters
    ----------
    folder
        The result.
    step
        State of a finite load whose fields are shown, see :func:`postprocess.series.at_step`; None:
        the whole load.

    Raises
    ------
    InputError
        Where the result has no such step.
    ResultError
        Where the folder is no complete result.
    """
    from postprocess.load import load_result
    from postprocess.series import at_step

    result = load_result(Path(folder))
    if step is not None:
        result = at_step(result, Path(folder), step)
    return scene_of(result, toolpath=load_toolpath(folder))


def load_toolpath(folder: Path) -> pyvista.PolyData | None:
    """The print path that a run left in its folder; None where it left none."""
    import pyvista

    path = Path(folder) / TOOLPATH_FILE
    return pyvista.read(str(path)) if path.is_file() else None


def scene_of(result: RunResult, *, toolpath: pyvista.PolyData | None = None) -> Scene:
    """Turn a result in memory into a scene."""
    from postprocess.fields import field_grid, site_points

    inks = tuple(str(ink["name"]) for ink in result.inks)
    if toolpath is None and result.path is not None:
        toolpath = path_lines(result.path)
    return build_scene(
        field_grid(result.fields),
        site_points(result.sites, inks),
        inks=inks,
        alignments=tuple(ink["alignment"] for ink in result.inks),
        name=result.name,
        case=result.case,
        summary=result.summary,
        toolpath=toolpath,
    )


def build_scene(
    grid: pyvista.UnstructuredGrid,
    sites: pyvista.PolyData,
    *,
    inks: tuple[str, ...],
    alignments: tuple[float | None, ...] = (),
    name: str = "",
    case: Mapping[str, Any] | None = None,
    summary: Mapping[str, Any] | None = None,
    toolpath: pyvista.PolyData | None = None,
) -> Scene:
    """Add to the grid of ``fields.vtu`` and the points of ``sites.vtp`` what a scene promises.

    Parameters
    ----------
    grid, sites, inks, name, case, summary, toolpath
        See :class:`Scene`; grid and sites are added to in place.
    alignments
        Order parameter of each ink, None where it is not known.
    """
    _derive(grid, alignments)
    low, high = (np.asarray(sites.point_data[f"p_dormant_{end}"]) for end in ("low", "high"))
    sites.point_data["uncertain"] = uncertain(low, high).astype(np.uint8)
    sites.point_data["p_band"] = high - low
    sites.set_active_scalars("p_dormant", preference="point")
    return Scene(
        grid=grid,
        sites=sites,
        inks=inks,
        bounds=np.array(grid.bounds).reshape(3, 2).T,
        name=name,
        case=case or {},
        summary=summary or {},
        toolpath=toolpath,
    )


def _derive(grid: pyvista.UnstructuredGrid, alignments: tuple[float | None, ...]) -> None:
    """Add to a grid what :class:`Scene` promises beside the arrays of the contract."""
    cells = grid.cell_data
    cells["anisotropy"] = np.asarray(cells["E_fibre_kPa"]) / np.asarray(cells["E_cross_kPa"])
    # An ink without cells may have any number, also one that is no ink: only those seen count.
    ink = np.asarray(cells["ink"], dtype=int)
    known = [alignments[i] if i < len(alignments) else None for i in range(int(ink.max()) + 1)]
    if all(known[i] is not None for i in np.unique(ink)):
        cells["alignment"] = np.array([value or 0.0 for value in known])[ink]
    cells["von_mises_kPa"] = _von_mises(np.asarray(cells["stress_kPa"], dtype=float))
    cells["largest_strain"] = _largest(np.asarray(cells["strain"], dtype=float))
    moved = np.asarray(grid.point_data["displacement_um"], dtype=float)
    grid.point_data["displacement_size_um"] = np.linalg.norm(moved, axis=1)
    grid.set_active_scalars("E_isotropic_kPa", preference="cell")


def _von_mises(stress: FloatArray) -> FloatArray:
    """Equivalent stress of ``(m, 6)`` components xx, yy, zz, xy, yz, xz (VTK's order)."""
    xx, yy, zz, xy, yz, xz = stress.T
    apart = (xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2
    return np.asarray(np.sqrt(apart / 2 + 3 * (xy**2 + yz**2 + xz**2)))


def _largest(tensor: FloatArray) -> FloatArray:
    """Largest eigenvalue of ``(m, 6)`` symmetric tensors in VTK's order."""
    full = tensor[:, [0, 3, 5, 3, 1, 4, 5, 4, 2]].reshape(-1, 3, 3)
    return np.asarray(np.linalg.eigvalsh(full)[:, 2])
