"""Fit of E50 and n to counted cells: likelihood, closed-form posteriors, coverage, warnings."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from scipy.special import expit, logit
from scipy.stats import beta, binom

from cases.schema.rule import read_parameters
from meshes.errors import InputError
from solver.coupling import DormancyRule, load_preset
from solver.coupling.counts import Counts
from solver.coupling.fit import fit_counts
from solver.coupling.fit_model import Gels, Response, prior_bounds
from solver.coupling.posterior import grid_posterior, log_likelihood

GELS = np.array([0.4, 1.0, 2.1, 4.5, 12.0, 30.0])
SURE = {"Pmin": 0.0, "Pmax": 1.0}
"""Plateaus at 0 and 1, without a range: P = 1/(1 + (E/E50)^n)."""


def counts(stiffness, dormant, total):
    arrays = np.broadcast_arrays(np.asarray(stiffness, dtype=float), dormant, total)
    return Counts(*(np.atleast_1d(a) for a in arrays))


def expected(rule, cells=100, gels=GELS, **conditions):
    """Counts as the rule says, without chance."""
    p = rule.probability(gels, **conditions)
    return counts(gels, np.round(cells * p).astype(int), cells)


def adhesive(**overrides):
    return DormancyRule(load_preset("adhesive", overrides))


def test_likelihood_is_the_binomial_one():
    rng = np.random.default_rng(2)
    total = rng.integers(1, 200, 7)
    dormant = rng.binomial(total, 0.4)
    p = rng.random((7, 3))
    ours = log_likelihood(dormant.astype(float), (total - dormant).astype(float), p, 1.0 - p)
    scipys = binom.logpmf(dormant[:, None], total[:, None], p).sum(axis=0)
    # They differ by the binomial coefficients, which no unknown changes.
    np.testing.assert_allclose(np.diff(ours), np.diff(scipys), rtol=1e-10)
    sure = np.array([[0.0], [1.0]])
    assert log_likelihood(np.array([0.0, 5.0]), np.array([4.0, 0.0]), sure, 1.0 - sure) == [0.0]
    assert log_likelihood(np.array([1.0, 5.0]), np.array([4.0, 0.0]), sure, 1.0 - sure) == [-np.inf]


@pytest.mark.parametrize("preset", ["adhesive", "confining", "repopulating"])
def test_response_is_the_rule(preset):
    rule = DormancyRule(load_preset(preset))
    for e50, n, low, high in [(1.3, 2.5, 0.02, 0.97), (4.0, 1.1, 0.09, 0.91)]:
        p = DormancyRule(
            load_preset(preset, {"E50": e50, "n": n, "Pmin": low, "Pmax": high})
        ).probability(GELS, ligand=0.7, doses={"TGFb2": 0.4}, upar=0.6, fibronectin=1.2)
        h = Response(rule, GELS, (0.7, {"TGFb2": 0.4}, 0.6, 1.2))(np.array([e50]), np.array([n]))
        np.testing.assert_allclose(high - (high - low) * h[:, 0], p, atol=1e-12)


@pytest.mark.parametrize(("dormant", "total"), [(30, 100), (3, 10), (9000, 10_000)])
def test_one_gel_with_n_held_is_a_beta_posterior(dormant, total):
    # P = 1/(1 + (E/E50)^n): logit P = n ln(E50/E). Flat in ln E50 is flat in logit P, the prior
    # Beta(0, 0), so P has the posterior Beta(k, N − k) and E50 = E (P/(1 − P))^(1/n).
    n, stiffness = 2.5, 3.0
    fit = fit_counts(counts(stiffness, dormant, total), adhesive(**SURE), hold={"n": n})
    p = beta(dormant, total - dormant).ppf([0.5, 0.05, 0.95])
    exact = stiffness * np.exp(logit(p) / n)
    assert [fit.E50.value, fit.E50.low, fit.E50.high] == pytest.approx(exact, rel=2e-3)
    assert (fit.n.value, fit.n.low, fit.n.high) == pytest.approx((n, n, n))
    assert fit.correlation == 0.0


@pytest.mark.parametrize("sign", [1, -1])
def test_two_gels_are_two_beta_posteriors(sign):
    # xᵢ = logit Pᵢ = ± n (ln E50 − ln Eᵢ) is linear in (n ln E50, n), so that
    # d ln E50 d ln n ∝ dx₁ dx₂/n²: Pᵢ ~ Beta(kᵢ, Nᵢ − kᵢ) each, weighted by 1/n².
    k, total, stiffness = np.array([85, 20])[::sign], np.array([100, 110]), np.array([1.0, 4.0])
    rng = np.random.default_rng(8)
    x1, x2 = (logit(rng.beta(a, b - a, 400_000)) for a, b in zip(k, total, strict=True))
    n = sign * (x1 - x2) / np.log(4.0)
    log_e50 = x1 / (sign * n)
    inside = (n > 0.25) & (n < 16.0) & (np.abs(log_e50 - np.log(2.0)) < np.log(40.0))
    weight = np.where(inside, 1.0 / n**2, 0.0)

    def quantiles(x):
        order = np.argsort(x)
        return np.interp([0.5, 0.05, 0.95], np.cumsum(weight[order]) / weight.sum(), x[order])

    rule = DormancyRule(load_preset("adhesive" if sign > 0 else "repopulating", SURE))
    fit = fit_counts(counts(stiffness, k, total), rule)
    for found, exact in ((fit.E50, np.exp(quantiles(log_e50))), (fit.n, quantiles(n))):
        assert [found.value, found.low, found.high] == pytest.approx(exact, rel=5e-3)
    z = np.stack([log_e50, np.log(np.where(inside, n, 1.0))])
    z = z - np.average(z, axis=1, weights=weight)[:, None]
    c = (weight * z) @ z.T
    assert fit.correlation == pytest.approx(c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]), abs=0.02)


def test_evidence_is_the_likelihood_averaged_over_the_prior():
    rule = adhesive()
    gels = Gels.pooled(expected(rule, 30))
    bounds = prior_bounds(gels.stiffness, rule, {})
    response = Response(rule, gels.stiffness, (1.0, None, 1.0, 1.0))
    rng = np.random.default_rng(6)
    a, b, low, high = (lo + (hi - lo) * rng.random(400_000) for lo, hi in bounds)
    h = expit(np.exp(b) * (np.log(gels.stiffness)[:, None] - a))
    p = high - (high - low) * h
    value = log_likelihood(gels.dormant, gels.awake, p, 1.0 - p)
    plain = np.log(np.mean(np.exp(value - value.max()))) + value.max()
    found = grid_posterior(response, gels.dormant, gels.awake, bounds)
    assert found.log_evidence == pytest.approx(plain, abs=0.05)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.log_likelihood >= value.max() - 1e-3


@pytest.mark.parametrize("cells", [50, 100_000])
def test_many_cells_find_the_truth(cells):
    rule = adhesive(E50=1.4, n=2.6)
    fit = fit_counts(expected(rule, cells), adhesive())
    assert fit.E50.low < 1.4 < fit.E50.high
    assert fit.n.low < 2.6 < fit.n.high
    if cells > 1000:
        assert fit.E50.high / fit.E50.low < 1.02
        assert fit.E50.value == pytest.approx(1.4, rel=0.005)
        assert fit.n.value == pytest.approx(2.6, rel=0.01)
        np.testing.assert_allclose(fit.fitted, rule.probability(GELS), atol=3e-3)
    assert (fit.low <= fit.fitted).all()
    assert (fit.fitted <= fit.high).all()


def test_coverage():
    # Truths drawn from the prior itself: a 90 % interval must hold them in 90 % of the cases.
    # 40 cases: sd of the share 0.047, three of them on either side.
    rng, rule, cases = np.random.default_rng(12), adhesive(), 40
    hits = np.zeros(2)
    for _ in range(cases):
        e50, n = np.exp(rng.uniform(np.log([1.0, 1.2]), np.log([4.5, 4.6])))
        truth = adhesive(E50=e50, n=n, Pmin=rng.uniform(0.01, 0.1), Pmax=rng.uniform(0.9, 0.99))
        fit = fit_counts(counts(GELS, rng.binomial(80, truth.probability(GELS)), 80), rule)
        hits += [fit.E50.low <= e50 <= fit.E50.high, fit.n.low <= n <= fit.n.high]
    assert (np.abs(hits / cases - 0.9) < 0.142).all()


def test_known_conditions_are_taken_out():
    # Half the ligand moves the curve, not what is found.
    rule = adhesive()
    conditions = {"ligand": 0.5, "upar": 0.8, "doses": {"TGFb2": 0.5}}
    fit = fit_counts(expected(rule, 20_000, **conditions), rule, **conditions)
    assert fit.E50.value == pytest.approx(2.1, rel=0.01)
    assert fit.n.value == pytest.approx(2.0, rel=0.02)
    assert any("ligand 0.5" in text for text in fit.conditions)
    assert any("cues given: TGFb2 0.5" in text for text in fit.conditions)
    named = [text.split(" ")[0] for text in fit.held]
    assert {"F", "weight_TGFb2", "u0"} <= set(named)
    assert "kappa50" not in named


def test_rows_of_one_stiffness_are_added_up():
    rule = adhesive()
    whole = fit_counts(counts(GELS, [92, 78, 50, 21, 8, 6], 100), rule)
    halves = fit_counts(
        counts(np.tile(GELS, 2), [46, 39, 25, 10, 4, 3, 46, 39, 25, 11, 4, 3], 50), rule
    )
    assert halves.E50 == whole.E50
    assert halves.n == whole.n
    assert (halves.rows, len(halves.stiffness)) == (12, 6)
    assert halves.freedom == whole.freedom + 6


def test_very_many_stiffnesses_are_pooled():
    rng, rule = np.random.default_rng(5), adhesive()
    stiffness = np.exp(rng.uniform(np.log(0.3), np.log(20.0), 3000))
    dormant = rng.binomial(3, rule.probability(stiffness))
    fit = fit_counts(counts(stiffness, dormant, 3), rule)
    assert len(fit.stiffness) == 128
    assert fit.total.sum() == 9000
    assert fit.dormant.sum() == dormant.sum()
    assert fit.E50.low < 2.1 < fit.E50.high
    assert any("rows of fewer than 5 cells" in text for text in fit.warnings)


def test_scatter_beyond_counting_widens_and_warns():
    rule = adhesive()
    even = fit_counts(expected(rule), rule)
    k = even.dormant + np.array([-14, 14, -16, 16, -6, 9])
    wild = fit_counts(counts(GELS, np.clip(k, 0, 100), 100), rule)
    assert wild.dispersion > 2.0
    assert wild.dispersion_chance < 0.05
    assert wild.E50.high / wild.E50.low > 1.2 * even.E50.high / even.E50.low
    assert any("scatter more" in text for text in wild.warnings)
    # Counts made from the curve itself scatter less than chance lets them.
    assert any("percentages" in text for text in even.warnings)


def test_chi_squared_is_pearsons():
    fit = fit_counts(counts(2.0, [40, 60, 50], 100), adhesive(**SURE), hold={"n": 2.0})
    # One curve through all: P = 1/2, χ² = 2 · 10²/(100/4) = 8 on 3 − 1 degrees of freedom.
    assert fit.freedom == pytest.approx(2.0, abs=0.02)
    assert fit.dispersion == pytest.approx(8.0 / fit.freedom, rel=1e-3)
    assert fit.dispersion_chance == pytest.approx(np.exp(-4.0), rel=0.05)


def warned(fit, words):
    return any(words in text for text in fit.warnings)


@pytest.mark.parametrize(("dormant", "state"), [(100, "asleep"), (0, "awake")])
def test_all_in_one_state(dormant, state):
    fit = fit_counts(counts(GELS, dormant, 100), adhesive())
    assert fit.E50.verdict == "open"
    assert warned(fit, f"all cells were {state}")
    assert "E50:" not in fit.yaml().partition("dormancy:")[2]
    for found in (fit.E50, fit.n, fit.Pmin, fit.Pmax):
        assert np.isfinite([found.value, found.low, found.high, found.best]).all()


def test_a_jump_between_two_gels_leaves_n_open():
    fit = fit_counts(counts([1.0, 6.0, 30.0], [95, 5, 5], 100), adhesive())
    assert fit.n.verdict == "open"
    assert fit.E50.verdict != "open"
    text = fit.yaml()
    assert "E50: {value" in text
    assert "\n    n:" not in text
    assert warned(fit, "n is not determined")


def test_other_warnings():
    rule = adhesive()
    assert warned(fit_counts(expected(rule, gels=np.array([5.0, 9.0, 15.0])), rule), "extrapolated")
    near = fit_counts(expected(rule, gels=np.array([1.8, 2.1, 2.5])), rule)
    assert warned(near, "span little")
    assert warned(fit_counts(counts([1.0, 4.0], [80, 20], 100), rule), "two stiffnesses")
    high_floor = fit_counts(counts(GELS, [93, 78, 50, 25, 15, 14], 100), rule)
    assert warned(high_floor, "press Pmin against 0.1")
    assert warned(fit_counts(counts([1.0, 4.0], [80, 20], 100), rule), "too few rows")


@pytest.mark.parametrize(
    ("truth", "asked", "named"),
    [
        ("repopulating", "adhesive", "consider repopulating"),
        ("adhesive", "repopulating", "consider adhesive"),
    ],
)
def test_the_other_direction_is_named(truth, asked, named):
    gels = GELS if truth == "adhesive" else GELS / 7.0
    data = expected(DormancyRule(load_preset(truth)), gels=gels)
    assert warned(fit_counts(data, DormancyRule(load_preset(asked))), named)
    assert not warned(fit_counts(data, DormancyRule(load_preset(truth))), "opposite")


def test_confining_gels_hold_confinement_and_say_so():
    rule = DormancyRule(load_preset("confining"))
    fit = fit_counts(expected(rule, 5000), rule)
    assert fit.E50.value == pytest.approx(2.1, rel=0.03)
    assert any(text.startswith("kappa50 at 10 kPa (its range is 5 to 20)") for text in fit.held)
    assert any("degradability 0" in text for text in fit.conditions)


def test_yaml_goes_back_into_a_case():
    fit = fit_counts(expected(adhesive(E50=3.0, n=1.5), 300), adhesive())
    text = fit.yaml()
    assert "# preset adhesive: stiffer gels wake cells" in text
    assert "# ligand 1, uPAR 1, fibronectin 1" in text
    assert "Pmin 0.01 to 0.1" in text
    block = yaml.safe_load(text)["dormancy"]
    assert block["preset"] == "adhesive"
    read = read_parameters(block["parameters"])
    table = load_preset(block["preset"], read).table
    for found in (fit.E50, fit.n):
        p = table[found.name]
        assert (p.value, p.low, p.high) == pytest.approx(
            (found.value, found.low, found.high), rel=1e-3
        )
    held = fit_counts(expected(adhesive()), adhesive(), hold={"n": 2.0})
    assert yaml.safe_load(held.yaml())["dormancy"]["parameters"]["n"] == 2.0


def test_hostile_names_stay_comments():
    rule = adhesive()
    data = expected(rule)
    evil = Counts(data.stiffness, data.dormant, data.total, "x\ndormancy: {preset: evil}\n#")
    block = yaml.safe_load(fit_counts(evil, rule).yaml())
    assert block["dormancy"]["preset"] == "adhesive"


@pytest.mark.parametrize(
    ("hold", "complaint"),
    [
        ({"m": 2.0}, "there is no number of the fit to hold 'm'"),
        ({"n": -1.0}, "hold n: expected a number above 0, found -1"),
        ({"E50": np.nan}, "hold E50"),
        ({}, "at least 2 stiffnesses"),
    ],
)
def test_refusals(hold, complaint):
    with pytest.raises(InputError, match=complaint):
        fit_counts(counts([2.0, 2.0], [40, 50], 100), adhesive(), hold=hold)


def test_impossible_counts_and_cues_that_are_none():
    # Without ligand P is Pmax = 1 whatever the stiffness: nobody can be awake.
    with pytest.raises(InputError, match="cannot be under this rule"):
        fit_counts(counts(GELS, 50, 100), adhesive(**SURE), ligand=0.0)
    with pytest.raises(InputError, match="there is no cue 'TGFb3'"):
        fit_counts(counts(GELS, 50, 100), adhesive(), doses={"TGFb3": 1.0})
    # With plateaus it is possible, and tells nothing.
    fit = fit_counts(counts(GELS, 95, 100), adhesive(), ligand=0.0)
    assert (fit.E50.verdict, fit.n.verdict) == ("open", "open")
