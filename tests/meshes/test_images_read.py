from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from meshes.errors import InputError
from meshes.images.read import read_stack
from meshes.images.stack import Stack, flipped, project
from meshes.images.write import write_stack

VALUES = np.random.default_rng(0).integers(0, 4000, (2, 6, 20, 30)).astype(np.float32)


def test_a_stack_comes_back_with_its_voxel_size_and_channels(tmp_path: Path) -> None:
    stack = Stack(VALUES, np.array([0.4, 0.5, 1.5]), names=("I", "III"))
    path = write_stack(tmp_path / "a.ome.tif", stack, dtype="uint16")
    again = read_stack(path)
    np.testing.assert_array_equal(again.values, VALUES)
    np.testing.assert_allclose(again.voxel, [0.4, 0.5, 1.5])
    assert again.names == ("I", "III")
    np.testing.assert_array_equal(again.channel("III"), VALUES[1])
    np.testing.assert_allclose(again.size, [12.0, 10.0, 9.0])
    first = path.read_bytes()
    assert write_stack(path, stack, dtype="uint16").read_bytes() == first


def test_what_the_user_gives_counts_and_a_difference_is_told(tmp_path: Path) -> None:
    path = write_stack(tmp_path / "a.ome.tif", Stack(VALUES, np.ones(3)), dtype="float32")
    stack = read_stack(path, voxel=[1.0, 1.0, 3.0])
    assert stack.voxel[2] == 3.0
    assert "z: 3 um given, 1 um in the file" in stack.warnings[0]


def test_imagej_notes_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "ij.tif"
    notes = {"spacing": 1500.0, "unit": "nm", "axes": "ZYX"}
    image = VALUES[0].astype(np.uint16)
    tifffile.imwrite(path, image, imagej=True, resolution=(1 / 400, 1 / 500), metadata=notes)
    np.testing.assert_allclose(read_stack(path).voxel, [0.4, 0.5, 1.5], rtol=1e-6)
    del notes["spacing"]
    tifffile.imwrite(path, image, imagej=True, resolution=(2.0, 2.0), metadata=notes)
    with pytest.raises(InputError, match=r"step along z[\s\S]*--voxel 0.5,0.5,2"):
        read_stack(path)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (np.zeros((5, 20, 30, 3), np.uint8), {"photometric": "rgb"}, "colours"),
        (
            np.zeros((3, 5, 20, 30), np.uint16),
            {"imagej": True, "metadata": {"axes": "TZYX"}},
            "time series of 3",
        ),
        (
            np.full((4, 8, 8), np.nan, np.float32),
            {"photometric": "minisblack"},
            "256 voxels are not finite",
        ),
        (np.zeros((4, 8, 8), bool), {}, "1 bits"),
    ],
)
def test_what_cannot_be_measured_is_refused(tmp_path, data, options, message) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, **options)
    with pytest.raises(InputError, match=message):
        read_stack(path, voxel=[1.0, 1.0, 2.0])


def test_dots_per_inch_are_no_voxel_size(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8), resolution=(72, 72), resolutionunit=2)
    with pytest.raises(InputError, match="step along x, y,"):
        read_stack(path)


def test_one_of_several_series_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.zeros((6, 20, 30), np.uint8))
        writer.write(np.zeros((6, 10, 30), np.uint8))
    with pytest.raises(InputError, match="2 series"):
        read_stack(path, voxel=[1, 1, 1])
    assert read_stack(path, voxel=[1, 1, 1], series=0).shape == (6, 20, 30)


def test_a_large_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    side = 20_000
    tifffile.imwrite(
        path, iter([zlib.compress(b"0")]), shape=(side, side), dtype=np.uint8,
        compression="zlib", rowsperstrip=side,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"4e\+08 voxels"):
        read_stack(path, voxel=[1, 1])


def test_a_strip_that_swells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    bomb = zlib.compress(bytes(50 << 20), 9)
    tifffile.imwrite(
        path, iter([bomb]), shape=(64, 64), dtype=np.uint8, compression="zlib", rowsperstrip=64
    )
    with pytest.raises(InputError, match="more data inside"):
        read_stack(path, voxel=[1, 1])


def test_directories_in_a_circle_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + struct.pack("<HI", 0, 8))
    with pytest.raises(InputError, match="circles"):
        read_stack(path)


def test_a_damaged_file_is_refused_and_nothing_else_happens(tmp_path: Path) -> None:
    plain, ome = tmp_path / "p.tif", tmp_path / "a.ome.tif"
    tifffile.imwrite(plain, VALUES[0].astype(np.uint16), imagej=True)
    write_stack(ome, Stack(VALUES[:, :3], np.ones(3)), dtype="uint16")
    rng, broken = np.random.default_rng(1), tmp_path / "b.ome.tif"
    refused = 0
    for source in (plain.read_bytes(), ome.read_bytes()):
        for share in (0.0, 0.001, 0.3, 0.9, 0.99):
            broken.write_bytes(source[: int(share * len(source))])
            with pytest.raises(InputError):
                read_stack(broken, voxel=[1, 1, 1])
        for trial in range(40):
            data = bytearray(source)
            for k in rng.integers(0, 600 if trial % 2 else len(data), 5):
                data[k] = rng.integers(256)
            broken.write_bytes(bytes(data))
            try:
                read_stack(broken, voxel=[1, 1, 1])
            except InputError:
                refused += 1
    assert refused > 10


def test_mirrors_and_projections() -> None:
    stack = Stack(VALUES, np.ones(3))
    np.testing.assert_array_equal(flipped(stack, "y", "z").channel(1), VALUES[1, ::-1, ::-1])
    np.testing.assert_array_equal(project(stack, "z", channel=1), VALUES[1].max(axis=0))
    np.testing.assert_allclose(project(stack, "x", how="mean"), VALUES[0].mean(axis=2))
    with pytest.raises(InputError, match="micrometres"):
        Stack(VALUES, np.array([4e-7, 4e-7, 1e-6]))
