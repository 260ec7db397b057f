"""A finite load step by step: ``steps.vtkhdf``, one file that ParaView plays as a film.

VTKHDF (``UnstructuredGrid`` with ``Steps``): the mesh is stored once, every field that changes once
per step, in single precision. Time is the load factor, 0 at rest and 1 under the whole load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from postprocess.contract import FloatArray, ResultError
from postprocess.fields import FROM_VTK, TENSORS, TO_VTK, vtk_text
from postprocess.results import FieldData, RunResult
from postprocess.steps import LoadSteps

STEPS_FILE = "steps.vtkhdf"

_TETRAHEDRON = 10  # VTK's number of this type of cell
_CHUNK = 1 << 18  # numbers packed together: about 1 MB
_CURVES = ("load_factor", "nominal_strain", "force_nN")


def write_steps(
    fields: FieldData, steps: LoadSteps, path: Path, *, about: Mapping[str, str] | None = None
) -> None:
    """Write ``steps.vtkhdf``.

    Parameters
    ----------
    fields
        The mesh; of its fields those that no step changes.
    steps
        What the load changes.
    path
        File to write.
    about
        Short texts (name, preset, hash) kept as field data.
    """
    import h5py

    count = len(steps.factor)
    still = np.zeros(count, dtype=np.int64)
    with h5py.File(path, "w") as file:
        root = file.create_group("VTKHDF")
        root.attrs["Version"] = np.array([2, 0], dtype=np.int64)
        root.attrs.create("Type", b"UnstructuredGrid", dtype="S16")
        _write_mesh(root, fields)
        track = root.create_group("Steps")
        track.attrs["NSteps"] = np.int64(count)
        track["Values"] = np.asarray(steps.factor, dtype=float)
        track["NumberOfParts"] = np.ones(count, dtype=np.int64)
        track["PartOffsets"] = track["PointOffsets"] = still
        track["CellOffsets"] = track["ConnectivityIdOffsets"] = still[:, None]
        for kind, moving, fixed in (
            ("CellData", steps.cell_data, fields.cell_data),
            ("PointData", steps.point_data, fields.point_data),
        ):
            group, offsets = root.create_group(kind), track.create_group(f"{kind}Offsets")
            for name, values in moving.items():
                _pack(group, name, values.reshape(-1, *values.shape[2:]))
                offsets[name] = values.shape[1] * np.arange(count, dtype=np.int64)
            for name in sorted(fixed.keys() - moving.keys()):
                _pack(group, name, np.asarray(fixed[name]))
                offsets[name] = still
        _write_notes(root, track, steps, about or {})


def _write_mesh(root: Any, fields: FieldData) -> None:
    """The one mesh of all steps."""
    n, m = len(fields.points), len(fields.cells)
    for name, size in (
        ("NumberOfPoints", n),
        ("NumberOfCells", m),
        ("NumberOfConnectivityIds", 4 * m),
    ):
        root[name] = np.array([size], dtype=np.int64)
    _pack(root, "Points", np.asarray(fields.points, dtype=float))
    _pack(root, "Connectivity", np.asarray(fields.cells, dtype=np.int64).ravel())
    _pack(root, "Offsets", 4 * np.arange(m + 1, dtype=np.int64))
    _pack(root, "Types", np.full(m, _TETRAHEDRON, dtype=np.uint8))


def _pack(group: Any, name: str, values: npt.NDArray[Any]) -> None:
    """Rows of an array, packed; tensors in VTK's order."""
    rows = values[:, TO_VTK] if name in TENSORS else values
    width = int(np.prod(rows.shape[1:], dtype=int))
    chunk = (max(1, min(len(rows), _CHUNK // width)), *rows.shape[1:])
    group.create_dataset(
        name, data=rows, chunks=chunk, compression="gzip", compression_opts=4, shuffle=True
    )


def _write_notes(root: Any, track: Any, steps: LoadSteps, about: Mapping[str, str]) -> None:
    """Field data: of each step its load, strain and force; of all steps the texts."""
    import h5py

    count = len(steps.factor)
    notes, offsets = root.create_group("FieldData"), track.create_group("FieldDataOffsets")
    sizes = track.create_group("FieldDataSizes")
    for name, curve in zip(_CURVES, (steps.factor, steps.strain, steps.force), strict=True):
        notes[name] = np.asarray(curve, dtype=float)
        offsets[name] = np.arange(count, dtype=np.int64)
        sizes[name] = np.ones((count, 2), dtype=np.int64)
    for name, text in about.items():
        notes.create_dataset(name, data=[vtk_text(text)], dtype=h5py.string_dtype("ascii"))
        offsets[name] = np.zeros(count, dtype=np.int64)
        sizes[name] = np.ones((count, 2), dtype=np.int64)


class StepFile:
    """``steps.vtkhdf`` of a result, read one step at a time; a context manager.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    factor, strain, force
        ``(k,)``, as in :class:`postprocess.steps.LoadSteps`.

    Raises
    ------
    ResultError
        Where it is no such file.
    """

    def __init__(self, path: Path) -> None:
        import h5py

        try:
            self._file = h5py.File(path, "r")
        except OSError as failed:
            raise ResultError(f"{path} cannot be read as a file of load steps") from failed
        try:
            self._root = self._file["VTKHDF"]
            notes = self._root["FieldData"]
            self.factor, self.strain, self.force = (np.asarray(notes[name]) for name in _CURVES)
            self._points = np.asarray(self._root["Points"])
            self._cells = np.asarray(self._root["Connectivity"]).reshape(-1, 4)
        except (KeyError, ValueError) as failed:
            self._file.close()
            raise ResultError(f"{path} is no file of load steps") from failed

    def __len__(self) -> int:
        return len(self.factor)

    def fields(self, step: int) -> FieldData:
        """The mesh with its fields at one step, tensors as xx, yy, zz, yz, xz, xy.

        Parameters
        ----------
        step
            From 0 (rest) on; negative ones count from the end.

        Raises
        ------
        IndexError
            Where there is no such step.
        """
        number = range(len(self))[step]
        return FieldData(
            points=self._points,
            cells=self._cells,
            cell_data=self._arrays("CellData", number, len(self._cells)),
            point_data=self._arrays("PointData", number, len(self._points)),
        )

    def curve(self, name: str, row: int) -> FloatArray:
        """How a field of one cell (or, of a point field, one point) goes with the load.

        Parameters
        ----------
        name
            Name of the array.
        row
            Number of the cell or point.

        Returns
        -------
        numpy.ndarray
            ``(k, …)``.

        Raises
        ------
        KeyError
            Where there is no such field.
        """
        kind = "CellData" if name in self._root["CellData"] else "PointData"
        starts = np.asarray(self._root[f"Steps/{kind}Offsets/{name}"])
        values = np.array([self._root[f"{kind}/{name}"][start + row] for start in starts])
        return values[:, FROM_VTK] if name in TENSORS else values

    def _arrays(self, kind: str, number: int, size: int) -> dict[str, npt.NDArray[Any]]:
        found = {}
        for name, rows in self._root[kind].items():
            start = int(self._root[f"Steps/{kind}Offsets/{name}"][number])
            values = np.asarray(rows[start : start + size])
            found[name] = values[:, FROM_VTK] if name in TENSORS else values
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_steps(folder: Path) -> StepFile | None:
    """The load steps of a result folder; None where it has none.

    Raises
    ------
    ResultError
        Where the file is there and cannot be read.
    """
    path = Path(folder) / STEPS_FILE
    return StepFile(path) if path.is_file() else None


def at_step(result: RunResult, folder: Path, step: int) -> RunResult:
    """A result with the fields of one of its load steps; its sites stay those of the whole load.

    Parameters
    ----------
    result
        What was read from the folder.
    folder
        Where it lies.
    step
        From 0 (rest) on; negative ones count from the end.

    Raises
    ------
    InputError
        Where the result has no such step.
    ResultError
        Where the file of steps cannot be read, or is of another mesh.
    """
    opened = open_steps(folder)
    if opened is None:
        raise InputError(
            "this result has no load steps",
            hint="a run leaves them where load.theory is finite",
        )
    with opened as steps:
        count = len(steps)
        if not -count <= step < count:
            raise InputError(
                f"there is no load step {step}",
                hint=f"0 (rest) to {count - 1} (the whole load)",
            )
        fields = steps.fields(step)
    if not np.array_equal(fields.cells, result.fields.cells):
        raise ResultError(f"{STEPS_FILE} in {folder} is of another mesh than its fields.vtu")
    return replace(result, fields=fields)
