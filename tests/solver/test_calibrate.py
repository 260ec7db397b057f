"""Fits: known numbers come back within their own intervals, and nothing more is claimed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from meshes.errors import InputError
from solver.materials import Alginate, Collagen, Ink, build_gel
from solver.materials.calibrate import Law, Measurement, calibrate, predict, with_numbers
from solver.materials.curves import simple_shear, uniaxial
from solver.materials.draws import Draw, recipe_draws
from solver.materials.hyperelastic import HyperelasticGel
from solver.materials.regression import Regression, Unknown, fit_curve, scatter
from solver.materials.tensors import FloatArray

GEL = Ink("gel", alginate=Alginate(youngs_modulus=0.3), collagen_I=Collagen(1.2))
TRUE = {"stiffness": 2.2, "buckling_strain": 0.0008, "linear_range": 0.02, "stiffening": 0.05}
SHEAR = np.linspace(0.01, 0.35, 40)


def noisy(y: FloatArray, seed: int, share: float = 0.03) -> FloatArray:
    """Scatter as the fit expects it by default: a share of the value and a fifth of the largest."""
    rng = np.random.default_rng(seed)
    size = np.hypot(share * y, 0.2 * share * np.abs(y).max())
    return np.asarray(y + rng.normal(size=len(y)) * size)


def line(numbers: FloatArray) -> FloatArray:
    return numbers[0] * SHEAR


def bend(numbers: FloatArray) -> FloatArray:
    """Rises as exp: two numbers that a curve of this length tells apart."""
    return numbers[0] * numbers[1] * np.expm1(SHEAR / numbers[1])


PAIR = (Unknown("k", "kPa", 1.0, 1e-3, 1e3), Unknown("d", "", 0.1, 1e-2, 10.0))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # 90 % intervals, 120 experiments: 108 hits expected, standard deviation √(120·0.9·0.1) = 3.3
    hits = np.zeros(2)
    for seed in range(120):
        fit = fit_curve(bend, PAIR, noisy(bend(np.array([2.0, 0.15])), seed), starts=2)
        hits += [
            e.low <= true <= e.high for e, true in zip(fit.estimates, (2.0, 0.15), strict=True)
        ]
    assert np.all(np.abs(hits - 108) <= 4 * 3.3)


def test_line_has_the_closed_form_error() -> None:
    # y = k x with equal scatter σ: the standard error of k is s/√(Σx²), s² = Σr²/(m − 1)
    rng = np.random.default_rng(3)
    y = 2.0 * SHEAR + rng.normal(scale=0.01, size=len(SHEAR))
    fit = fit_curve(line, PAIR[:1], y, np.full(len(y), 0.01))
    k = float(SHEAR @ y / (SHEAR @ SHEAR))
    s = np.sqrt(np.sum((y - k * SHEAR) ** 2) / (len(y) - 1))
    error = s / np.sqrt(SHEAR @ SHEAR)
    (found,) = fit.estimates
    assert found.value == pytest.approx(k, rel=1e-6)
    assert found.log_error == pytest.approx(error / k, rel=1e-4)
    assert fit.rms == pytest.approx(np.sqrt(np.mean((y - k * SHEAR) ** 2)), rel=1e-6)
    # Student's t for 39 degrees of freedom, 90 %: 1.6849; the band of the curve is that of k
    assert np.allclose(fit.high - fit.fitted, 1.6849 * error * SHEAR, rtol=1e-3)


def test_a_number_without_influence_is_named() -> None:
    fit = fit_curve(line, PAIR, noisy(2.0 * SHEAR, 0))
    k, d = fit.estimates
    assert (k.verdict, d.verdict) == ("determined", "open")
    assert any("d has no influence" in text for text in fit.warnings)
    assert (d.low, d.high) == pytest.approx((PAIR[1].low, PAIR[1].high))


def test_a_product_is_all_that_is_known() -> None:
    fit = fit_curve(lambda n: n[0] * n[1] * SHEAR, PAIR, noisy(2.0 * SHEAR, 0))
    assert all(e.verdict == "open" for e in fit.estimates)
    assert fit.correlation[0, 1] == pytest.approx(-1.0, abs=1e-3)
    assert any("told apart" in text for text in fit.warnings)
    assert np.allclose(fit.fitted, 2.0 * SHEAR, rtol=0.02)  # the curve itself is well known


def test_two_answers_are_told() -> None:
    # (ln k)² is the same for k and 1/k: both fit
    fit = fit_curve(lambda n: np.log(n[0]) ** 2 * SHEAR, PAIR[:1], noisy(4.0 * SHEAR, 1))
    assert any("other numbers fit as well" in text for text in fit.rivals)


def test_a_wrong_law_widens_its_intervals() -> None:
    fit = fit_curve(line, PAIR[:1], noisy(bend(np.array([2.0, 0.15])), 0, 0.005))
    assert fit.widened > 1.5
    assert any("neighbouring residuals" in text for text in fit.warnings)
    assert fit_curve(line, PAIR[:1], noisy(2.0 * SHEAR, 4)).widened == 1.0


def test_scatter_is_a_share_of_value_and_of_the_largest() -> None:
    assert scatter(np.array([0.0, -2.0])) == pytest.approx([0.02, np.hypot(0.1, 0.02)])


def test_too_few_points_are_refused() -> None:
    with pytest.raises(InputError, match="at least 4"):
        fit_curve(bend, PAIR, np.array([1.0, 2.0, 3.0]))
    with pytest.raises(InputError, match="zero"):
        fit_curve(line, PAIR[:1], np.zeros(9))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_semi_affine_comes_back_from_a_rheometer(seed: int) -> None:
    test = Measurement(True, SHEAR, SHEAR)
    y = noisy(predict(with_numbers(GEL, "I", "semi_affine", TRUE), test), seed)
    found = calibrate(GEL, "I", "semi_affine", replace(test, value=y))
    for e in found.regression.estimates:
        # intervals twice as wide as stated, 3.3 sigma: nine numbers of three experiments, all hold
        half = np.sqrt(e.high / e.low)
        assert e.low / half < TRUE[e.unknown.name] < e.high * half
    assert found.regression.estimates[-1].verdict == "determined"  # what shear tells best
    # how fibres buckle was not asked: the published value, and said
    assert [(u.name, u.start) for u in found.assumed] == [("buckling_strain", 0.0008)]
    assert found.held == ()
    assert found.regression.r_squared > 0.99
    assert np.allclose(predict(found.ink, test), found.regression.fitted, rtol=1e-9)


def test_crimped_fibres_come_back_from_a_rheometer() -> None:
    true = {"stiffness": 9.0, "locking_strain": 0.05, "wavelength": 20.0, "buckling": 0.1}
    test = Measurement(True, SHEAR, SHEAR)
    y = noisy(predict(with_numbers(GEL, "I", "crimped", true), test), 0, 0.01)
    found = calibrate(GEL, "I", "crimped", replace(test, value=y))
    assert found.regression.values["stiffness"] == pytest.approx(9.0, rel=0.05)
    assert found.regression.values["locking_strain"] == pytest.approx(0.05, rel=0.05)
    assert found.ink.collagen_I is not None
    wave = found.ink.collagen_I.waviness
    # λ_s − 1 = (πA/L)²
    assert (np.pi * wave.amplitude / wave.wavelength) ** 2 == pytest.approx(
        found.regression.values["locking_strain"]
    )


def test_a_pulled_gel_is_fitted_with_its_sides_free() -> None:
    stretch = np.linspace(1.004, 1.12, 20)
    test = Measurement(False, stretch, stretch)
    true = {"stiffness": 4.0, "k2": 25.0, "buckling": 0.01}
    y = noisy(predict(with_numbers(GEL, "I", "exponential", true), test), 0, 0.01)
    found = calibrate(GEL, "I", "exponential", replace(test, value=y))
    assert found.regression.values["stiffness"] == pytest.approx(4.0, rel=0.05)
    assert found.regression.values["k2"] == pytest.approx(25.0, rel=0.05)


def test_small_shear_gives_the_sum_of_matrix_and_network() -> None:
    # G = E_m/(2(1 + ν)) + s/15 for fibres in all directions [derived]: s = 15 (G − G_m)
    gamma = np.linspace(2e-5, 4e-4, 20)
    shear_modulus, matrix = 0.4, 0.3 / 2.6
    for quantity, value in (("stress", shear_modulus * gamma), ("secant", 0.4 + 0.0 * gamma)):
        test = Measurement(True, gamma, noisy(value, 0, 0.01), quantity)  # type: ignore[arg-type]
        found = calibrate(GEL, "I", "exponential", test)
        # 20 points of 1 % in G: 0.3 % of G, 0.4 % of s
        assert found.regression.values["stiffness"] == pytest.approx(
            15.0 * (shear_modulus - matrix), rel=0.015
        )
        assert [u.name for u in found.held] == ["k2"]


def test_matrix_and_network_from_two_decades_of_shear() -> None:
    gamma = np.geomspace(1e-3, 0.3, 50)
    ink = replace(GEL, alginate=Alginate(youngs_modulus=1.5))
    true = {"stiffness": 6.0, "k2": 30.0, "buckling": 0.01, "matrix": 1.5}
    test = Measurement(True, gamma, gamma)
    y = noisy(predict(with_numbers(ink, "I", "exponential", true), test), 5, 0.005)
    start = replace(GEL, alginate=Alginate(youngs_modulus=6.0))
    found = calibrate(start, "I", "exponential", replace(test, value=y), fit_matrix=True)
    assert found.ink.alginate is not None
    for e in found.regression.estimates:
        if e.verdict == "determined":
            reach = e.high / e.value
            assert e.value / reach**2 < true[e.unknown.name] < e.value * reach**2


@pytest.mark.parametrize("law", ["exponential", "crimped"])
@pytest.mark.parametrize(
    "value",
    [np.linspace(0.5, 0.1, 9), 1e6 * SHEAR[:9], np.random.default_rng(0).normal(size=9)],
    ids=["falling", "huge", "noise"],
)  # fmt: skip
def test_nonsense_gives_numbers_and_warnings_never_nan(law: Law, value: FloatArray) -> None:
    fit: Regression = calibrate(GEL, "I", law, Measurement(True, SHEAR[:9], value)).regression
    numbers = [fit.r_squared, fit.rms, fit.widened, *fit.fitted, *fit.low, *fit.high]
    for e in fit.estimates:
        numbers += [e.value, e.low, e.high, e.log_error]
        assert e.low <= e.value <= e.high
    assert np.all(np.isfinite(numbers))
    assert fit.warnings


def test_a_matrix_far_stiffer_than_the_sample_is_refused() -> None:
    with pytest.raises(InputError, match="come near"):
        calibrate(GEL, "I", "semi_affine", Measurement(True, SHEAR[:9], 1e-7 * SHEAR[:9]))


def test_an_ink_without_that_collagen_is_refused() -> None:
    with pytest.raises(InputError, match="no collagen III"):
        calibrate(GEL, "III", "exponential", Measurement(True, SHEAR, SHEAR))


def test_prediction_is_the_curve_of_the_gel() -> None:
    ink = with_numbers(GEL, "I", "semi_affine", TRUE)
    gel = HyperelasticGel(build_gel(ink))
    stretch = np.linspace(0.9, 1.2, 37)
    exact = uniaxial(gel, stretch)
    pulled = predict(ink, Measurement(False, stretch, stretch))
    assert np.abs(pulled - exact.nominal).max() < 1e-4 * np.abs(exact.nominal).max()
    sheared = simple_shear(gel, SHEAR)
    for quantity, values in (("tangent", sheared.modulus), ("secant", sheared.nominal / SHEAR)):
        test = Measurement(True, SHEAR, SHEAR, quantity)  # type: ignore[arg-type]
        assert np.allclose(predict(ink, test), values, rtol=1e-9)
    # at rest the secant is the tangent
    still = Measurement(True, np.zeros(1), np.zeros(1), "secant")
    assert predict(ink, still) == pytest.approx(simple_shear(gel, [0.0]).modulus)


def test_every_draw_of_a_gel_is_the_draw_of_its_modulus() -> None:
    wavy = Ink("w", alginate=Alginate(2.0, 9.8, 280.0), collagen_I=Collagen(2.0),
               collagen_III=Collagen(1.0, stiffness_ratio=0.5), alignment=0.3)  # fmt: skip
    gel, draws = build_gel(wavy), recipe_draws(16)
    for i in range(16):
        drawn = build_gel(wavy, draws[i])
        assert np.log(drawn.isotropic_modulus) == pytest.approx(gel.samples[i], abs=1e-12)
    assert build_gel(wavy, Draw()).isotropic_modulus == pytest.approx(gel.isotropic_modulus)
