"""The states of a finite load: one VTKHDF file, read back by VTK's own reader."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cases.stages.steps import StepKeeper
from meshes.errors import InputError
from postprocess.contract import ResultError
from postprocess.results import FieldData, RunResult
from postprocess.series import STEPS_FILE, StepFile, at_step, open_steps, write_steps
from postprocess.steps import LoadSteps
from postprocess.write import write_result

FACTOR = np.array([0.0, 0.1, 0.3, 1.0])
NAME = "<b>“β” 🧬</b>"
MOVING = ("strain", "stress_kPa", "fibre_direction", "E_isotropic_kPa")
VTK_ORDER = ("XX", "YY", "ZZ", "XY", "YZ", "XZ")  # what VTK makes of six components
OWN_ORDER = ("XX", "YY", "ZZ", "YZ", "XZ", "XY")


def made_steps(fields: FieldData) -> LoadSteps:
    """Fields that grow with the load, no two rows and no two steps alike."""

    def grown(values: Any) -> Any:
        rows = np.asarray(values, dtype=float)
        mark = np.arange(rows.size).reshape(rows.shape) / rows.size
        return np.stack([t * (rows + mark) for t in FACTOR]).astype(np.float32)

    return LoadSteps(
        factor=FACTOR,
        strain=0.2 * FACTOR,
        force=70.0 * FACTOR**2,
        cell_data={name: grown(fields.cell_data[name]) for name in MOVING},
        point_data={"displacement_um": grown(fields.point_data["displacement_um"])},
    )


class Film:
    """The file as ParaView sees it: VTK's reader, asked for one time after the other."""

    def __init__(self, path: Path) -> None:
        from vtkmodules.vtkIOHDF import vtkHDFReader

        self.reader = vtkHDFReader()
        assert self.reader.CanReadFile(str(path))
        self.reader.SetFileName(str(path))
        self.reader.UpdateInformation()
        key = self.reader.GetExecutive().TIME_STEPS()
        known = self.reader.GetOutputInformation(0)
        self.times = [known.Get(key, i) for i in range(known.Length(key))]

    def at(self, time: float) -> Any:
        import pyvista

        self.reader.UpdateTimeStep(time)
        return pyvista.wrap(self.reader.GetOutputDataObject(0)).copy()


@pytest.fixture(scope="module")
def stepped(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    """The made-up result with steps, written."""
    folder = tmp_path_factory.mktemp("stepped")
    with_steps = replace(result, name=NAME, steps=made_steps(result.fields))
    with_steps = replace(with_steps, summary=with_steps.summary | {"name": NAME})
    write_result(with_steps, folder, figures=False)
    return with_steps, folder


def test_vtk_reads_every_step(stepped: tuple[RunResult, Path]) -> None:
    result, folder = stepped
    steps, film = result.steps, Film(folder / STEPS_FILE)
    assert steps is not None
    assert film.times == FACTOR.tolist()
    swap = [VTK_ORDER.index(name) for name in OWN_ORDER]
    for number, time in enumerate(film.times):
        grid = film.at(time)
        np.testing.assert_array_equal(grid.points, result.fields.points)
        np.testing.assert_array_equal(grid.cells_dict[10], result.fields.cells)
        for name in MOVING:
            values = np.asarray(grid.cell_data[name])
            values = values[:, swap] if values.shape[1:] == (6,) else values
            assert values.dtype == np.float32
            np.testing.assert_array_equal(values, steps.cell_data[name][number])
        np.testing.assert_array_equal(
            grid.point_data["displacement_um"], steps.point_data["displacement_um"][number]
        )
        # what no step changes is stored once and there at every time
        np.testing.assert_array_equal(grid.cell_data["ink"], result.fields.cell_data["ink"])
        notes = grid.field_data
        assert [notes[key][0] for key in ("load_factor", "nominal_strain", "force_nN")] == [
            pytest.approx(float(curve[number]))
            for curve in (steps.factor, steps.strain, steps.force)
        ]
        assert notes["name"][0].isascii()
        assert html.unescape(notes["name"][0]) == NAME


def test_steps_are_read_one_by_one(stepped: tuple[RunResult, Path]) -> None:
    result, folder = stepped
    steps, opened = result.steps, open_steps(folder)
    assert steps is not None
    assert opened is not None
    with opened as file:
        assert len(file) == 4
        np.testing.assert_array_equal(file.force, steps.force)
        fields = file.fields(-2)
        for name in MOVING:
            np.testing.assert_array_equal(fields.cell_data[name], steps.cell_data[name][2])
        np.testing.assert_array_equal(fields.cell_data["ink"], result.fields.cell_data["ink"])
        np.testing.assert_array_equal(
            file.curve("stress_kPa", 7), steps.cell_data["stress_kPa"][:, 7]
        )
        assert file.curve("ink", 7).tolist() == [result.fields.cell_data["ink"][7]] * 4
        moved = steps.point_data["displacement_um"][:, 5]
        np.testing.assert_array_equal(file.curve("displacement_um", 5), moved)


def test_a_result_at_a_step(stepped: tuple[RunResult, Path], written: Path) -> None:
    result, folder = stepped
    assert result.steps is not None
    there = at_step(result, folder, 1)
    np.testing.assert_array_equal(
        there.fields.cell_data["strain"], result.steps.cell_data["strain"][1]
    )
    assert there.sites is result.sites
    for step in (4, -5):
        with pytest.raises(InputError, match=r"no load step(?s:.*)0 \(rest\) to 3"):
            at_step(result, folder, step)
    assert open_steps(written) is None
    with pytest.raises(InputError, match="no load steps"):
        at_step(result, written, 0)
    other = replace(result.fields, cells=result.fields.cells[::-1].copy())
    with pytest.raises(ResultError, match="another mesh"):
        at_step(replace(result, steps=None, fields=other), folder, 0)


def test_the_same_steps_give_the_same_bytes(
    stepped: tuple[RunResult, Path], tmp_path: Path
) -> None:
    result, _ = stepped
    assert result.steps is not None
    for name in ("one", "two"):
        write_steps(result.fields, result.steps, tmp_path / name, about={"name": "x"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_linear_load_leaves_no_steps(written: Path) -> None:
    assert not (written / STEPS_FILE).exists()


@pytest.mark.parametrize("content", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n" + bytes(64)])
def test_what_is_no_file_of_steps_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / STEPS_FILE
    path.write_bytes(content)
    with pytest.raises(ResultError, match="cannot be read"):
        StepFile(path)


def test_another_hdf5_file_is_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / STEPS_FILE, "w") as file:
        file.create_group("VTKHDF/PointData")
    with pytest.raises(ResultError, match="no file of load steps"):
        StepFile(tmp_path / STEPS_FILE)


def test_steps_that_do_not_fit_are_refused(result: RunResult) -> None:
    good = made_steps(result.fields)
    with pytest.raises(ResultError, match="grow from 0"):
        replace(good, factor=FACTOR[::-1])
    with pytest.raises(ResultError, match="grow from 0"):
        replace(good, factor=FACTOR + 0.1)
    with pytest.raises(ResultError, match="force"):
        replace(good, force=good.force[:2])
    bad = good.cell_data["strain"].copy()
    bad[2, 3] = np.nan
    with pytest.raises(ResultError, match="NaN"):
        replace(good, cell_data={"strain": bad})
    with pytest.raises(ResultError, match="expected shape"):
        replace(result, steps=replace(good, cell_data={"strain": good.cell_data["strain"][:, 1:]}))
    with pytest.raises(ResultError, match="no field"):
        replace(result, steps=replace(good, cell_data={"heat": good.cell_data["strain"]}))


def taken(keeper: StepKeeper, factors: Any, cells: int = 5) -> LoadSteps:
    for t in factors:
        keeper.take(t, 0.2 * t, 9.0 * t, {"x": np.full((cells, 2), t)}, {"u": np.full((4, 3), -t)})
    plain = keeper.plain()
    assert plain is not None
    return LoadSteps(**plain)


def test_memory_of_steps_is_bounded() -> None:
    many = np.linspace(0.0, 1.0, 401)
    few = taken(StepKeeper(most_steps=9), many)
    assert len(few.factor) == 9
    assert (few.factor[0], few.factor[-1]) == (0.0, 1.0)
    assert np.diff(few.factor).max() < 0.3  # evenly would be 0.125
    assert few.cell_data["x"].dtype == few.point_data["u"].dtype == np.float32
    # each state keeps its own numbers
    np.testing.assert_array_equal(few.cell_data["x"][:, 3, 1], few.factor.astype(np.float32))
    np.testing.assert_array_equal(few.point_data["u"][:, 0, 2], -few.factor.astype(np.float32))
    np.testing.assert_array_equal(few.force, 9.0 * few.factor)
    # 1000 cells of 2 numbers and 4 points of 3, 4 bytes each: 8048; three of them fit
    small = taken(StepKeeper(most_bytes=3 * 8048), many, cells=1000)
    assert len(small.factor) == 3
    assert (small.factor[0], small.factor[-1]) == (0.0, 1.0)
    # two are kept at any size
    assert taken(StepKeeper(most_bytes=1), many).factor.tolist() == [0.0, 1.0]


def test_fewer_than_two_states_are_no_film() -> None:
    keeper = StepKeeper()
    assert keeper.plain() is None
    keeper.take(0.0, 0.0, 0.0, {}, {})
    assert keeper.plain() is None
