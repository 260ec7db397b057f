"""Field files for ParaView: ``fields.vtu`` (scaffold mesh) and ``sites.vtp`` (sites as points)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.contract import ResultError, check_sites
from postprocess.results import FieldData

if TYPE_CHECKING:
    import pandas
    import pyvista

# VTK orders symmetric tensors xx, yy, zz, xy, yz, xz; the result objects xx, yy, zz, yz, xz, xy.
# ParaView's tensor filters and component names assume VTK's order, so files are written in it.
TO_VTK = np.array([0, 1, 2, 5, 3, 4])
FROM_VTK = np.argsort(TO_VTK)
TENSOR_NAMES = ("XX", "YY", "ZZ", "XY", "YZ", "XZ")
TENSORS = frozenset({"strain", "stress_kPa"})


def vtk_text(text: str) -> str:
    """VTK's texts are ASCII: other signs become ``&#223;``, which html.unescape turns back."""
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def field_grid(fields: FieldData) -> pyvista.UnstructuredGrid:
    """Scaffold mesh with its fields as a VTK grid; tensors in VTK's order with named components."""
    import pyvista

    grid = pyvista.UnstructuredGrid(
        {pyvista.CellType.TETRA: np.asarray(fields.cells, dtype=np.int64)},
        np.asarray(fields.points, dtype=float),
    )
    for attributes, arrays in (
        (grid.cell_data, fields.cell_data),
        (grid.point_data, fields.point_data),
    ):
        for name, values in arrays.items():
            tensor = name in TENSORS
            attributes[name] = np.ascontiguousarray(values[:, TO_VTK] if tensor else values)
            if tensor:
                array = attributes.GetAbstractArray(name)
                for component, label in enumerate(TENSOR_NAMES):
                    array.SetComponentName(component, label)
    # Which array ParaView shows first should not depend on the order in which they were added.
    grid.set_active_scalars("E_isotropic_kPa", preference="cell")
    return grid


def write_vtu(fields: FieldData, path: Path, *, about: Mapping[str, str] | None = None) -> None:
    """Write ``fields.vtu``.

    Parameters
    ----------
    fields
        The scaffold mesh with its fields.
    path
        File to write.
    about
        Short texts (name, preset, hash) kept as field data.
    """
    grid = field_grid(fields)
    for key, text in (about or {}).items():
        grid.field_data[key] = [vtk_text(text)]
    grid.save(str(path))


def read_vtu(path: Path) -> FieldData:
    """Read ``fields.vtu`` back into :class:`FieldData`, tensors as xx, yy, zz, yz, xz, xy.

    Raises
    ------
    ResultError
        Where the file is damaged, or holds anything but tetrahedra.
    """
    import pyvista

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cannot be read is told below, in one line
        grid = pyvista.read(str(path))
    if not isinstance(grid, pyvista.UnstructuredGrid) or not grid.n_cells:
        raise ResultError(
            f"{path} is damaged: it cannot be read as a mesh",
            hint="run the case again; 'dormatrix run' writes the whole folder",
        )
    kinds = set(np.unique(grid.celltypes).tolist())
    if kinds != {int(pyvista.CellType.TETRA)}:
        raise ResultError(f"{path}: expected tetrahedra only, found VTK cell types {sorted(kinds)}")
    return FieldData(
        points=np.asarray(grid.points, dtype=float),
        cells=np.asarray(grid.cells_dict[pyvista.CellType.TETRA], dtype=np.int64),
        cell_data=_plain_arrays(grid.cell_data),
        point_data=_plain_arrays(grid.point_data),
    )


def _plain_arrays(attributes: Any) -> dict[str, npt.NDArray[Any]]:
    arrays = {name: np.asarray(attributes[name]) for name in attributes.keys()}  # noqa: SIM118
    return {
        name: values[:, FROM_VTK] if name in TENSORS else values for name, values in arrays.items()
    }


def site_points(sites: pandas.DataFrame, inks: Sequence[str]) -> pyvista.PolyData:
    """Sites as VTK points that carry every column.

    Parameters
    ----------
    sites
        Sites table of the contract, ``n`` rows; positions in µm.
    inks
        Names of the inks; the point array ``ink`` is the index into them, and the field array
        ``ink_names`` holds the names (ASCII; other signs as ``&#223;``).

    Returns
    -------
    pyvista.PolyData
        ``n`` points; besides the columns, ``stiff_axis`` ``(n, 3)`` for glyphs.
    """
    import pyvista

    check_sites(sites)
    columns = ["x_um", "y_um", "z_um"]
    points = pyvista.PolyData(sites[columns].to_numpy(dtype=float))
    index = {name: number for number, name in enumerate(inks)}
    for name in sites.columns:
        if name == "ink":
            values = np.array([index[text] for text in sites["ink"]], dtype=np.int32)
        elif name == "id":
            values = sites["id"].to_numpy(dtype=np.int64)
        else:
            values = sites[name].to_numpy(dtype=float)
        points.point_data[str(name)] = values
    points.point_data["stiff_axis"] = sites[
        ["stiff_axis_x", "stiff_axis_y", "stiff_axis_z"]
    ].to_numpy(dtype=float)
    points.field_data["ink_names"] = [vtk_text(name) for name in inks]
    points.set_active_scalars("p_dormant", preference="point")
    return points


def write_vtp(
    sites: pandas.DataFrame,
    inks: Sequence[str],
    path: Path,
    *,
    about: Mapping[str, str] | None = None,
) -> None:
    """Write ``sites.vtp``; see :func:`site_points`."""
    points = site_points(sites, inks)
    for key, text in (about or {}).items():
        points.field_data[key] = [vtk_text(text)]
    points.save(str(path))
