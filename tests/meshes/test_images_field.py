from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cases.orientation_file import read_orientation
from meshes.errors import InputError
from meshes.images.fibre_field import FibreField, fibre_field, write_field
from meshes.images.shg import draw_axes
from meshes.images.stack import Stack
from meshes.images.structure import Scales
from meshes.images.synthetic import render_fibres, with_noise

BOX = np.array([36.0, 36.0, 30.0])
CUBES, FLAT_Z = (0.5, 0.5, 0.5), (0.5, 0.5, 1.5)
SCALES = Scales(0.7, 0.7)


def lines(axes: np.ndarray, seed: int = 1, length: float = 80.0) -> list[np.ndarray]:
    middles = np.random.default_rng(seed).uniform(-20.0, BOX + 20.0, (len(axes), 3))
    half = 0.5 * length * axes
    return [np.array([m - h, m + h]) for m, h in zip(middles, half, strict=True)]


def shown(axes: np.ndarray, voxel=CUBES, *, radius=0.7, psf=(0.0, 0.0), photons=30.0) -> Stack:
    shape = tuple(np.round(BOX / voxel).astype(int)[::-1])
    stack = render_fibres(lines(axes), radius=radius, voxel=voxel, shape=shape, psf=psf)
    return with_noise(stack, photons=photons, background=2.0, read_noise=1.0)


def inside(axes: np.ndarray) -> np.ndarray:
    """⟨n⊗n⟩ of the lines, weighted by their length in the box: what the stack shows."""
    t = (np.arange(400) + 0.5) / 400
    total = np.zeros((3, 3))
    for (a, b), axis in zip(lines(axes), axes, strict=True):
        within = (a + t[:, None] * (b - a) >= 0) & (a + t[:, None] * (b - a) <= BOX)
        total += within.all(axis=1).mean() * np.outer(axis, axis)
    return total / np.trace(total)


def drawn(order: float, count: int) -> np.ndarray:
    """Axes about z: ⟨n_z²⟩ = (1 + 2S)/3."""
    share = (1.0 + 2.0 * order) / 3.0
    tensor = np.diag([(1 - share) / 2, (1 - share) / 2, share])
    return draw_axes(np.tile(tensor, (count, 1, 1)), np.random.default_rng(5))


def degrees(field: FibreField, axis: np.ndarray) -> float:
    main = np.linalg.eigh(field.mean())[1][:, -1]
    return float(np.degrees(np.arccos(min(1.0, abs(main @ axis)))))


@pytest.mark.parametrize(
    ("axis", "voxel"),
    [((1, 0, 0), CUBES), ((3, 1, -1), CUBES), ((1, 2, 3), FLAT_Z), ((0, 0, 1), CUBES)],
)
def test_straight_fibres_in_one_direction(axis, voxel) -> None:
    # SNR at a fibre 30/√33 = 5. A third as many slices, taken for cubes, would turn (1, 2, 3) by
    # 25 degrees.
    unit = np.array(axis) / np.linalg.norm(axis)
    stack = shown(np.tile(unit, (40, 1)), voxel, radius=1.0)
    field = fibre_field(stack, 18.0, Scales(1.0, 1.0))
    assert degrees(field, unit) < 1.0
    assert np.linalg.eigvalsh(field.mean())[-1] > 0.97


@pytest.mark.parametrize("count", [40, 240])
@pytest.mark.parametrize("order", [0.0, 0.6])
def test_order_of_drawn_directions(order: float, count: int) -> None:
    axes = drawn(order, count)
    field = fibre_field(shown(axes), 18.0, SCALES)
    np.testing.assert_allclose(field.mean(), inside(axes), atol=0.05)
    assert field.empty == 0


def test_planar_directions() -> None:
    angle = np.random.default_rng(2).uniform(0, np.pi, 60)
    axes = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(60)])
    field = fibre_field(shown(axes), 18.0, SCALES)
    np.testing.assert_allclose(field.mean(), inside(axes), atol=0.05)
    assert field.mean()[2, 2] < 0.03


def test_a_blurred_optical_axis_is_allowed_for() -> None:
    axes, psf = drawn(0.6, 200), (0.3, 0.9)
    field = fibre_field(shown(axes, FLAT_Z, psf=psf), 18.0, Scales(0.7, 0.7, psf=psf))
    np.testing.assert_allclose(field.mean(), inside(axes), atol=0.06)


def test_turning_the_stack_turns_the_tensors() -> None:
    # A quarter turn about z: new x is old y, new y is −old x counted from the far side. The kernels
    # are the same along x and y, so that this holds to rounding, but for the noise level's places.
    stack = shown(drawn(0.3, 40) @ np.linalg.qr(np.arange(9).reshape(3, 3) + np.eye(3))[0])
    turned = Stack(np.rot90(stack.values, axes=(2, 3)).copy(), stack.voxel)
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    expected = quarter @ fibre_field(stack, BOX, SCALES).tensors[0] @ quarter.T
    np.testing.assert_allclose(fibre_field(turned, BOX, SCALES).tensors[0], expected, atol=1e-3)


def test_only_blocks_with_fibres_count() -> None:
    left = [
        line * [0.0, 1.0, 1.0] + [8.0, 0.0, 0.0] for line in lines(np.tile([0.0, 1, 0], (9, 1)))
    ]
    stack = render_fibres(left, radius=0.7, voxel=CUBES, shape=(60, 72, 72))
    for seen in (stack, with_noise(stack, photons=30.0, background=4.0, read_noise=1.0)):
        field = fibre_field(seen, (18.0, 36.0, 30.0), SCALES)
        assert field.empty == 1
        np.testing.assert_allclose(field.points, [[9.0, 18.0, 15.0]])
        np.testing.assert_allclose(np.abs(field.axes[0]), [0, 1, 0], atol=0.03)
    empty = with_noise(render_fibres([], radius=1.0, voxel=CUBES, shape=(40, 40, 40)), photons=1,
                       background=9.0)  # fmt: skip
    with pytest.raises(InputError, match="no fibre"):
        fibre_field(empty, 18.0, SCALES)


def test_one_slice_gives_directions_in_its_plane() -> None:
    axes = np.tile([np.cos(0.4), np.sin(0.4), 0.0], (12, 1))
    stack = render_fibres(lines(axes), radius=0.7, voxel=CUBES, shape=(1, 72, 72))
    field = fibre_field(stack, 18.0, SCALES)
    assert degrees(field, axes[0]) < 1.0
    assert (field.tensors[:, 2, 2] == 0.0).all()
    assert "unseen" in field.settings


def test_two_channels_two_files_that_a_case_reads(tmp_path: Path) -> None:
    first, second = (np.tile(a, (20, 1)) for a in ([1.0, 0, 0], [0, 1.0, 0]))
    both = Stack(
        np.concatenate([shown(first).values, shown(second).values]),
        np.array(CUBES), origin=np.array([100.0, 0.0, 5.0]), names=("I", "III"),
    )  # fmt: skip
    for name, axis in (("I", 0), ("III", 1)):
        field = fibre_field(both, 18.0, SCALES, channel=name)
        straight = np.full(len(field.points), 0.9)
        straight[0] = np.nan
        path = write_field(tmp_path / f"{name}.csv", field, further={"straightness": straight})
        read = read_orientation(path, (np.array([100.0, 0, 0]), np.array([136.0, 36, 35])))
        np.testing.assert_allclose(read.points, field.points, rtol=1e-6)
        np.testing.assert_allclose(read.tensors, field.tensors, atol=1e-6)
        assert (read.tensors[:, axis, axis] > 0.9).all()
    with pytest.raises(InputError, match="which channel shows which collagen"):
        fibre_field(both, 18.0, SCALES, channel="II")


def test_scales_that_cannot_work_are_refused() -> None:
    stack = Stack(np.zeros((20, 20, 20), np.float32), np.full(3, 2.0))
    with pytest.raises(InputError, match=r"derivative at least 1.4 um"):
        fibre_field(stack, 18.0, Scales(0.5, 1.0))
    with pytest.raises(InputError, match="twice the window"):
        fibre_field(stack, 5.0, Scales(2.0, 4.0))
