from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.images.ctfire import read_ctfire
from meshes.images.fibre_field import fibre_field
from meshes.images.shg import draw_axes, synthetic_shg
from meshes.images.structure import Scales
from meshes.images.synthetic import render_fibres, wavy_line, with_noise


def test_a_fibre_has_brightness_one_and_the_width_of_its_disc() -> None:
    # Gaussian of σ = r/2 across: brightness exp(−d²/(2σ²)); its integral over the cross-section is
    # 2πσ². Depositing on the grid widens σ² by the variance of a hat, h²/6.
    radius, step = 2.0, 0.25
    line = np.array([[-20.0, 5.125, 5.125], [40.0, 5.125, 5.125]])
    stack = render_fibres([line], radius=radius, voxel=[step] * 3, shape=(41, 41, 41))
    section = stack.values[0, :, :, 20]
    assert section.max() == pytest.approx(1.0, rel=0.01)
    assert section.sum() * step**2 == pytest.approx(2 * np.pi * (radius / 2) ** 2, rel=1e-3)
    y = (np.arange(41) + 0.5) * step - 5.125
    width = (section.sum(axis=0) * y**2).sum() / section.sum()
    assert width == pytest.approx((radius / 2) ** 2, rel=0.02)


def test_the_length_of_a_wave_is_that_of_the_formula() -> None:
    # 1/P_s = 1 + (πA/L)² is the contour over the straight line to first order in (A/L)².
    line = wavy_line([0, 0, 0], [0, 0, 2.0], 100.0, amplitude=1.0, wavelength=20.0)
    contour = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    assert contour / 100.0 == pytest.approx(1 + (np.pi / 20.0) ** 2, rel=1e-3)


def test_noise_has_the_stated_size() -> None:
    stack = render_fibres([], radius=1.0, voxel=[1, 1, 1], shape=(50, 50, 50))
    noisy = with_noise(stack, photons=10.0, background=9.0, read_noise=4.0).values
    # Variance 9 + 16; standard errors 5/√125000 = 0.014 and 25·√(2/125000) = 0.1: four of each.
    assert noisy.mean() == pytest.approx(9.0, abs=0.06)
    assert noisy.var() == pytest.approx(25.0, abs=0.4)


@pytest.mark.parametrize("moments", [(1 / 3, 1 / 3, 1 / 3), (0.05, 0.15, 0.8), (0, 0.5, 0.5)])
def test_drawn_axes_have_the_moments_of_the_tensor(moments) -> None:
    turn = np.linalg.qr(np.arange(9).reshape(3, 3) + 3.0 * np.eye(3))[0]
    tensor = turn @ np.diag(moments) @ turn.T
    axes = draw_axes(np.tile(tensor, (40_000, 1, 1)), np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1.0)
    # A product of two components varies by at most 1/2: four standard errors are 4·0.5/200 = 0.01.
    np.testing.assert_allclose(axes.T @ axes / len(axes), tensor, atol=0.01)


def test_model_to_microscope_and_back() -> None:
    # Two halves of a gel: fibres along x below, along the diagonal of y and z above.
    points = np.array([[20.0, 20.0, 10.0], [20.0, 20.0, 30.0]])
    axes = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]])
    stack = synthetic_shg(
        points, axes, voxel=[0.5] * 3, shape=(80, 80, 80), fraction=0.02, radius=0.7, length=15.0,
        inside=lambda x: x[:, 2] > -2.0,
    )  # fmt: skip
    field = fibre_field(with_noise(stack, photons=30, background=2.0), (40.0, 40.0, 10.0),
                        Scales(0.7, 0.7))  # fmt: skip
    for block, axis in ((0, axes[0]), (3, axes[1])):
        assert abs(field.axes[block] @ axis) > np.cos(np.radians(3.0))
    again = synthetic_shg(points, axes, voxel=[0.5] * 3, shape=(80, 80, 80), fraction=0.02,
                          radius=0.7, length=15.0, inside=lambda x: x[:, 2] > -2.0)  # fmt: skip
    np.testing.assert_array_equal(stack.values, again.values)


def test_too_many_fibres_are_refused() -> None:
    with pytest.raises(InputError, match="expected 1 to 200000"):
        synthetic_shg([[0, 0, 0]], [[1, 0, 0]], voxel=[1, 1, 1], shape=(500, 500, 500),
                      fraction=0.5, radius=0.1, length=5.0)  # fmt: skip


def test_tables_of_ctfire(tmp_path: Path) -> None:
    columns = {"ANG": "90\n0\n", "LEN": "30\n10\n", "WID": "2\n4\n", "STR": "0.9\n1\n"}
    for kind, text in columns.items():
        (tmp_path / f"Hist{kind}_ctFIRE_im.csv").write_text(text)
    fibres = read_ctfire(tmp_path, "im", 0.5)
    np.testing.assert_allclose(fibres.length, [15.0, 5.0])
    np.testing.assert_allclose(fibres.mean(), np.diag([0.25, 0.75, 0.0]), atol=1e-12)
    (tmp_path / "HistLEN_ctFIRE_im.csv").write_text("30\nnan\n")
    with pytest.raises(InputError, match="expected numbers from 0"):
        read_ctfire(tmp_path, "im", 0.5)
    with pytest.raises(InputError, match="without a folder"):
        read_ctfire(tmp_path, "../im", 0.5)


@pytest.mark.parametrize("amplitude", [0.0, 4.0])
def test_wavy_fibres_fill_the_asked_fraction_too(amplitude: float) -> None:
    # A fibre of radius r gives brightness of integral 2π(r/2)² per length: its volume π r² per
    # length is twice that, and so is the volume fraction twice the mean brightness. Waves of
    # A/L = 1/3 make a fibre some 1.6 times as long: by chords they would fill 0.032.
    found = [
        2.0 * synthetic_shg(
            [[0.0, 0.0, 0.0]], [np.eye(3) / 3.0], voxel=(2.0, 2.0, 2.0), shape=(40, 40, 40),
            fraction=0.02, radius=2.0, length=30.0, amplitude=amplitude, wavelength=12.0, seed=seed,
        ).values.mean()
        for seed in range(24)
    ]  # fmt: skip
    assert np.mean(found) == pytest.approx(0.02, rel=0.15)  # about four standard errors
