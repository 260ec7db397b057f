"""Which unknown matters most: Sobol indices against functions whose indices are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from solver.coupling import DormancyRule, load_preset
from solver.coupling.sensitivity import sobol_indices
from solver.coupling.sobol import moving_factors, unit_cube_indices

E = np.geomspace(0.3, 20.0, 40)


def pinned(**free):
    """The adhesive rule with no range but those given."""
    preset = load_preset("adhesive")
    fixed = {name: p.value for name, p in preset.table.items()}
    return DormancyRule(load_preset("adhesive", {**fixed, **free}), cues=())


def test_ishigami():
    # f = sin x1 + a sin² x2 + b x3⁴ sin x1 on (−π, π)³ (Ishigami and Homma 1990). Exactly:
    # V1 = (1 + bπ⁴/5)²/2, V2 = a²/8, V13 = b²π⁸(1/18 − 1/50), V = a²/8 + bπ⁴/5 + b²π⁸/18 + 1/2
    a, b = 7.0, 0.1

    def model(unit):
        x = np.pi * (2.0 * unit - 1.0)
        return np.sin(x[0]) + a * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0])

    v1, v2 = 0.5 * (1.0 + b * np.pi**4 / 5.0) ** 2, a**2 / 8.0
    v13 = b**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    v = a**2 / 8.0 + b * np.pi**4 / 5.0 + b**2 * np.pi**8 / 18.0 + 0.5
    assert v == pytest.approx(v1 + v2 + v13)
    found = unit_cube_indices(model, 3, samples=8192, seed=1)
    np.testing.assert_allclose(found.first, [v1 / v, v2 / v, 0.0], atol=0.02)
    np.testing.assert_allclose(found.total, [(v1 + v13) / v, v2 / v, v13 / v], atol=0.02)
    assert found.variance == pytest.approx(v, rel=0.01)
    # The 90 % intervals are of the size of the errors, not of another one.
    assert (found.total_conf > 0.003).all()
    assert (found.total_conf < 0.06).all()


def test_additive_function_has_first_equal_to_total():
    # f = Σ cᵢ uᵢ: Sᵢ = Tᵢ = cᵢ²/Σ c²
    c = np.array([3.0, 1.0, 0.0, -2.0])
    found = unit_cube_indices(lambda unit: c @ unit, 4, samples=4096)
    np.testing.assert_allclose(found.first, c**2 / (c @ c), atol=0.015)
    np.testing.assert_allclose(found.total, c**2 / (c @ c), atol=0.015)
    assert found.variance == pytest.approx(c @ c / 12.0, rel=0.01)


def test_additive_rule_has_the_exact_shares_of_its_plateaus():
    # With all else known P̄ = Pmax (1 − ḡ) + Pmin ḡ, ḡ the mean of R/(1 + R): linear in both.
    rule = pinned(
        Pmin={"value": 0.05, "low": 0.0, "high": 0.2}, Pmax={"value": 0.95, "low": 0.9, "high": 1.0}
    )
    g = np.mean(1.0 / (1.0 + (E / rule.parameters["E50"]) ** -rule.parameters["n"]))
    variance = np.array([(0.2 * g) ** 2, (0.1 * (1.0 - g)) ** 2]) / 12.0
    found = sobol_indices(rule, E, samples=2048)
    assert found.factors == ("Pmin", "Pmax")
    np.testing.assert_allclose(found.first, variance / variance.sum(), atol=0.02)
    np.testing.assert_allclose(found.total, variance / variance.sum(), atol=0.02)
    assert found.variance == pytest.approx(variance.sum(), rel=0.02)


def test_single_unknown_carries_everything():
    rule = pinned(E50={"value": 2.1, "low": 1.0, "high": 4.5})
    found = sobol_indices(rule, E, samples=1024)
    assert found.factors == ("E50",)
    assert found.first == pytest.approx([1.0], abs=0.03)
    assert found.total == pytest.approx([1.0], abs=0.03)
    assert "E50" in found.words
    assert "% by itself" in found.words


def test_nothing_to_know_is_said_and_is_no_nan():
    found = sobol_indices(pinned(), E)
    assert found.factors == found.labels == ()
    assert found.variance == 0.0
    assert len(found.first) == len(found.total_conf) == 0
    assert "No unknown" in found.words


def test_what_does_not_act_is_left_out_and_named():
    rule = DormancyRule(load_preset("adhesive"))
    found = sobol_indices(rule, E, doses={"TGFb2": 1.0}, samples=256)
    assert "weight_TGFb2" in found.factors
    assert "weight_BMP7" in found.idle
    # No confinement, uPAR at 1: neither acts.
    assert {"kappa50", "u0"} <= set(found.idle)
    assert not set(found.factors) & set(found.idle)
    assert (np.diff(found.total) <= 0.0).all()
    assert len(set(found.labels)) == len(found.labels)
    for array in (found.first, found.first_conf, found.total, found.total_conf):
        assert array.shape == (len(found.factors),)
        assert np.isfinite(array).all()
    # Totals cannot be smaller than first orders, up to their errors.
    assert (found.total + found.total_conf + found.first_conf >= found.first).all()


def test_uncertain_stiffness_of_an_ink_is_an_unknown_like_the_others():
    soft, stiff = np.full(20, 1.0), np.full(20, 4.0)
    found = sobol_indices(
        pinned(), np.concatenate([soft, stiff]), stiffness_log_sd=[0.5, 0.0],
        ink=np.repeat([0, 1], 20), ink_names=("soft one", "stiff one"), samples=512,
    )  # fmt: skip
    assert found.labels == ("stiffness of ink soft one",)
    # Normal in ln E: Var of the mean P by quadrature over the one factor.
    x, weight = np.polynomial.hermite_e.hermegauss(60)
    rule = pinned()
    p = [0.5 * (rule.probability(float(np.exp(0.5 * z)))[0] + rule.probability(4.0)[0]) for z in x]
    weight = weight / weight.sum()
    exact = float(weight @ np.square(p) - (weight @ p) ** 2)
    assert found.variance == pytest.approx(exact, rel=0.03)


def test_few_sites_stand_for_many():
    rule = DormancyRule(load_preset("adhesive"))
    rng = np.random.default_rng(4)
    sites, dose = np.exp(rng.normal(0.7, 0.8, 4000)), rng.random(4000)
    options = {"doses": {"TGFb2": dose}, "samples": 128}
    some = sobol_indices(rule, sites, most_sites=256, **options)
    whole = sobol_indices(rule, sites, most_sites=4000, **options)
    assert (some.sites, whole.sites) == (256, 4000)
    totals = dict(zip(some.factors, some.total, strict=True))
    for name, total in zip(whole.factors, whole.total, strict=True):
        assert totals[name] == pytest.approx(total, abs=0.03)


@pytest.mark.parametrize("seed", [0, 7])
def test_same_seed_same_answer(seed):
    def model(unit):
        return unit[0] ** 2 + unit[0] * unit[1]

    one, two = (unit_cube_indices(model, 2, samples=64, seed=seed) for _ in range(2))
    for name in ("first", "first_conf", "total", "total_conf"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_one_answer_that_is_no_number_is_refused():
    # SALib by itself answers with zeros, as if nothing mattered.
    def model(unit):
        y = unit.sum(axis=0)
        y[11] = np.nan
        return y

    with pytest.raises(ValueError, match="finite answers, found nan at sample 11"):
        unit_cube_indices(model, 3, samples=64)
    with pytest.raises(ValueError, match=r"expected shape \(320,\)"):
        unit_cube_indices(lambda unit: unit, 3, samples=64)
    with pytest.raises(ValueError, match="power of two"):
        unit_cube_indices(model, 3, samples=100)


def test_constant_answers_have_indices_of_zero():
    found = unit_cube_indices(lambda unit: 0.3 + 1e-16 * unit[0], 2, samples=64)
    assert found.variance == 0.0
    np.testing.assert_array_equal(found.first, 0.0)
    np.testing.assert_array_equal(found.total_conf, 0.0)


def test_moving_factors():
    def model(unit):
        return unit[0] + unit[2] * (unit[3] > 0.9) + 0.0 * unit[1]

    assert moving_factors(model, [True, True, True, True])[:2] == (True, False)
    assert moving_factors(model, [False, True, False, False]) == (False,) * 4
    assert moving_factors(model, [False] * 4) == (False,) * 4
