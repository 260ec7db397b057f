from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.images.shg import synthetic_shg
from meshes.images.stack import Stack
from meshes.images.synthetic import render_fibres, wavy_line, with_noise
from meshes.images.traces import trace_fibres
from meshes.images.waviness import Waviness, waviness

BOX = np.array([80.0, 60.0, 36.0])
SCALE = 0.8


def seen(lines: list[np.ndarray], voxel=(0.5, 0.5, 0.5)) -> Stack:
    shape = tuple(np.round(BOX / voxel).astype(int)[::-1])
    stack = render_fibres(lines, radius=0.8, voxel=voxel, shape=shape)
    return with_noise(stack, photons=30.0, background=2.0, read_noise=1.0)


def measured(lines: list[np.ndarray], voxel=(0.5, 0.5, 0.5)) -> Waviness:
    return waviness(trace_fibres(seen(lines, voxel), scale=SCALE), SCALE)


def waves(amplitude: float, wavelength: float) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [
        wavy_line(
            [-5.0, y, z], [1.0, *rng.uniform(-0.1, 0.1, 2)], 90.0, amplitude=amplitude,
            wavelength=wavelength, plane=rng.normal(size=3), phase=rng.uniform(0, 6),
        )
        for y in (15, 45)
        for z in (10, 26)
    ]  # fmt: skip


def straightness(amplitude: float, wavelength: float) -> float:
    return 1.0 / (1.0 + (np.pi * amplitude / wavelength) ** 2)


@pytest.mark.parametrize("voxel", [(0.5, 0.5, 0.5), (0.5, 0.5, 1.5)])
@pytest.mark.parametrize(("amplitude", "wavelength"), [(1, 20), (3, 20), (2, 10)])
def test_sinusoids_are_recovered(amplitude: float, wavelength: float, voxel) -> None:
    found = measured(waves(amplitude, wavelength), voxel)
    assert len(found.length) == 4
    assert np.nanmean(found.wavelength) == pytest.approx(wavelength, rel=0.02)
    assert np.nanmean(found.amplitude) == pytest.approx(amplitude, rel=0.1)
    expected = straightness(amplitude, wavelength)
    assert found.mean_straightness() == pytest.approx(expected, abs=0.03)


def test_straight_fibres_are_straight() -> None:
    found = measured(waves(0.0, 1.0))
    assert found.mean_straightness() > 0.98
    assert found.chord.min() > 0.98


def test_waves_near_the_resolution_look_straighter_than_they_are() -> None:
    # Six scales a wave: the fibre's own thickness is not given back, and the bias has this sign.
    found = measured(waves(1.0, 6.0))
    assert straightness(1.0, 6.0) + 0.03 < found.mean_straightness() < 0.92


def test_fibres_that_cross_stay_whole() -> None:
    along = [wavy_line([-5, y, 18], [1, 0, 0], 90, amplitude=1.5, wavelength=20) for y in (20, 40)]
    across = [wavy_line([x, -5, 18], [0, 1, 0], 70) for x in (23, 47)]
    found = measured([*along, *across])
    assert len(found.length) == 4
    wavy = found.amplitude > 0.7
    assert wavy.sum() == 2
    np.testing.assert_allclose(found.wavelength[wavy], 20.0, rtol=0.03)
    np.testing.assert_allclose(found.straightness[wavy], straightness(1.5, 20.0), atol=0.03)
    assert found.straightness[~wavy].min() > 0.97


@pytest.mark.parametrize("amplitude", [0.0, 2.0])
def test_sparse_fibres_of_a_model_keep_their_straightness(amplitude: float) -> None:
    tensor = np.diag([14.0, 0.5, 0.5])[None] / 15.0
    stack = synthetic_shg(
        [[0.0, 0.0, 0.0]], tensor, voxel=[0.5] * 3, shape=(72, 120, 160), fraction=0.005,
        radius=0.8, length=80.0, amplitude=amplitude, wavelength=20.0,
    )  # fmt: skip
    noisy = with_noise(stack, photons=30.0, background=2.0, read_noise=1.0)
    found = waviness(trace_fibres(noisy, scale=SCALE), SCALE)
    assert found.understood.mean() > 0.7
    assert found.mean_straightness() == pytest.approx(straightness(amplitude, 20.0), abs=0.03)


def test_blocks_get_the_straightness_of_their_fibres() -> None:
    found = measured([
        wavy_line([-5, 15, 18], [1, 0, 0], 90, amplitude=3.0, wavelength=20.0),
        wavy_line([-5, 45, 18], [1, 0, 0], 90),
    ])  # fmt: skip
    corner = np.array([7.0, 0.0, 0.0])
    centres = np.array([[47.0, 15, 18], [47, 45, 18], [47, 45, 500]])
    wavy, straight, none = found.in_blocks(centres, corner)
    assert wavy == pytest.approx(straightness(3.0, 20.0), abs=0.03)
    assert straight > 0.97
    assert np.isnan(none)


def test_nothing_to_trace_is_said() -> None:
    blank = Stack(np.ones((20, 20, 20), np.float32), np.ones(3))
    with pytest.raises(InputError, match="no fibres"):
        trace_fibres(blank, scale=1.0, threshold=2.0)
