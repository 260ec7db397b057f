"""Field files, read back by VTK itself."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import pyvista

from postprocess.fields import read_vtu
from postprocess.results import RunResult


def test_vtu_reads_back_equal(result: RunResult, written: Path) -> None:
    back = read_vtu(written / "fields.vtu")
    np.testing.assert_array_equal(back.points, result.fields.points)
    np.testing.assert_array_equal(back.cells, result.fields.cells)
    assert set(back.cell_data) == set(result.fields.cell_data)
    for name, values in result.fields.cell_data.items():
        np.testing.assert_array_equal(back.cell_data[name], values)
    np.testing.assert_array_equal(
        back.point_data["displacement_um"], result.fields.point_data["displacement_um"]
    )


def test_vtu_tensors_follow_vtk(written: Path) -> None:
    # The made-up strain is xx = yy = 0.015, zz = -0.05, yz = 0.001. VTK and ParaView read six
    # components as xx, yy, zz, xy, yz, xz; its own component names say which is which.
    grid = pyvista.read(written / "fields.vtu")
    array = grid.cell_data.GetAbstractArray("strain")
    names = [array.GetComponentName(number) for number in range(6)]
    assert names == ["XX", "YY", "ZZ", "XY", "YZ", "XZ"]
    np.testing.assert_allclose(
        np.asarray(grid.cell_data["strain"])[0], [0.015, 0.015, -0.05, 0, 0.001, 0], atol=1e-12
    )


def test_vtu_volume_is_that_of_the_box(written: Path) -> None:
    # 600 x 400 x 200 µm³ = 4.8e7 µm³, and positively oriented tetrahedra.
    sizes = pyvista.read(written / "fields.vtu").compute_cell_sizes(length=False, area=False)
    assert np.isclose(sizes["Volume"].sum(), 4.8e7, rtol=1e-12)
    assert sizes["Volume"].min() > 0


def test_files_say_what_they_belong_to(result: RunResult, written: Path) -> None:
    for name in ("fields.vtu", "sites.vtp"):
        about = pyvista.read(written / name).field_data
        assert list(about["name"]) == [result.name]
        assert list(about["preset"]) == ["adhesive"]
        assert list(about["hash"]) == [result.case["hash"]]


def test_vtp_carries_every_column(result: RunResult, written: Path) -> None:
    points = pyvista.read(written / "sites.vtp")
    sites = result.sites
    np.testing.assert_array_equal(points.points, sites[["x_um", "y_um", "z_um"]].to_numpy())
    assert points.n_verts == len(sites)
    for name in sites.columns.drop("ink"):
        np.testing.assert_array_equal(points.point_data[name], sites[name])
    names = list(points.field_data["ink_names"])
    assert [names[number] for number in points.point_data["ink"]] == list(sites["ink"])
    assert points.point_data["stiff_axis"].shape == (len(sites), 3)


def test_names_in_any_script_reach_vtk(nasty: tuple[RunResult, Path]) -> None:
    result, folder = nasty
    about = pyvista.read(folder / "sites.vtp").field_data
    assert [html.unescape(name) for name in about["ink_names"]] == [
        ink["name"] for ink in result.inks
    ]
    assert html.unescape(about["name"][0]) == result.name
