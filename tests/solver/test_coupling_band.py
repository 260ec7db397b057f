"""The band of P: against closed forms, and the properties a band must have."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtri

from solver.coupling import DormancyRule, RuleParameters, collagen_doses, load_cues, load_preset
from solver.coupling.draws import sobol_draw

E = np.geomspace(0.05, 50.0, 40)


def fixed_but(*names: str, preset: str = "adhesive") -> RuleParameters:
    """The preset with every range collapsed onto its value, except the named ones."""
    numbers = load_preset(preset)
    return numbers.with_parameters(
        {name: p.value for name, p in numbers.table.items() if name not in names}
    )


def fixed_cues():
    return tuple(replace(c, weight_low=c.weight, weight_high=c.weight) for c in load_cues())


def p_adhesive(log_ratio):
    return 0.95 - 0.90 / (1.0 + np.exp(-np.asarray(log_ratio)))


def test_percentiles_where_only_e50_varies():
    # P grows with E50, so its percentile is P at the percentile of E50, which is log-uniform
    # in 1 to 4.5 kPa: E50(u) = 4.5^u, u = 0.05 and 0.95.
    band = DormancyRule(fixed_but("E50")).band(E, samples=1024)
    low, high = (p_adhesive(2.0 * np.log(E / 4.5**u)) for u in (0.05, 0.95))
    # one step of the sequence is 1/1024 in u; dP/du <= 0.9/4 · 2 ln 4.5 = 0.68, so 0.0007 each
    np.testing.assert_allclose(band.low, low, atol=2e-3)
    np.testing.assert_allclose(band.high, high, atol=2e-3)


def test_percentiles_where_only_the_stiffness_of_the_ink_varies():
    # ln E = ln E_nominal + 0.4 z, P falls with E: the 5 % of P stands at z = +1.645.
    rule = DormancyRule(fixed_but(), fixed_cues())
    band = rule.band(E, stiffness_log_sd=[0.4], samples=1024)
    low, high = (p_adhesive(2.0 * (np.log(E / 2.1) + 0.4 * ndtri(u))) for u in (0.95, 0.05))
    np.testing.assert_allclose(band.low, low, atol=2e-3)
    np.testing.assert_allclose(band.high, high, atol=2e-3)


def test_one_factor_per_ink_is_common_to_its_sites():
    # Sites of one ink at E50 move together: the mean is as uncertain as one site. Were the factors
    # drawn per site, the mean of 400 would be 20 times narrower.
    rule = DormancyRule(fixed_but(), fixed_cues())
    sites = np.full(400, 2.1)
    band = rule.band(sites, stiffness_log_sd=[0.4], samples=256)
    _, low, high = band.mean
    assert high - low == pytest.approx(band.high[0] - band.low[0], rel=1e-9)
    # Two inks have independent factors: the mean over both is narrower by about sqrt 2.
    both = rule.band(sites, stiffness_log_sd=[0.4, 0.4], ink=np.arange(400) % 2, samples=1024)
    _, low2, high2 = both.mean
    assert (high2 - low2) / (high - low) == pytest.approx(1 / np.sqrt(2), rel=0.1)
    # An ink without uncertainty keeps its P.
    certain = rule.band([2.1, 2.1], stiffness_log_sd=[0.0, 0.4], ink=[0, 1])
    assert certain.high[0] - certain.low[0] < 1e-12 < certain.high[1] - certain.low[1]


@pytest.mark.parametrize("preset", ["adhesive", "confining", "repopulating"])
def test_band_contains_the_nominal(preset):
    rule = DormancyRule(load_preset(preset))
    doses = {"TGFb2": np.linspace(0, 2, 40), **collagen_doses(2.4, 0.6, 0.05)}
    for level in (0.05, 0.9):
        band = rule.band(E, doses=doses, level=level, samples=64)
        p = rule.probability(E, doses=doses)
        assert (band.low <= p).all()
        assert (p <= band.high).all()
        assert band.mean[0] == pytest.approx(p.mean())
        assert band.mean[1] <= band.mean[0] <= band.mean[2]
        value, low, high = band.fraction_above_half
        assert value == pytest.approx((p > 0.5).mean())
        assert 0.0 <= low <= value <= high <= 1.0


def test_no_width_where_all_ranges_collapse():
    rule = DormancyRule(fixed_but(), fixed_cues())
    doses = {"TGFb1": 0.7, **collagen_doses(2.4, 0.6, 0.05)}
    band = rule.band(E, doses=doses)
    p = rule.probability(E, doses=doses)
    np.testing.assert_allclose(band.low, p, atol=1e-12)
    np.testing.assert_allclose(band.high, p, atol=1e-12)


def test_every_range_matters():
    # Each number that acts on these sites must widen the band when it alone is uncertain.
    doses = {"TGFb1": 0.7, **collagen_doses(1.0, 1.0, 0.025)}
    numbers = fixed_but(preset="confining").with_parameters({"degradability": 0.3})
    ranges = {name: (p.low, p.high) for name, p in load_preset("confining").table.items()}
    ranges["degradability"] = (0.1, 0.5)
    for name in ("clutch_scale", "clutch_gain", "feedback"):
        del ranges[name]  # these act only with a gate, or with memory
    for name, (low, high) in ranges.items():
        one = numbers.with_parameters({name: {"low": low, "high": high}})
        band = DormancyRule(one, fixed_cues()).band(7.0, doses=doses, upar=0.5)
        assert band.high[0] - band.low[0] > 1e-4, name
    cues = tuple(
        c if c.cue == "TGFb1" else f for c, f in zip(load_cues(), fixed_cues(), strict=True)
    )
    band = DormancyRule(fixed_but(), cues).band(2.1, doses=doses)
    assert band.high[0] - band.low[0] > 0.1


def test_same_seed_same_band_another_seed_nearly():
    rule = DormancyRule(load_preset("adhesive"))
    first, again, other = (rule.band(E, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.low, again.low)
    np.testing.assert_array_equal(first.high, again.high)
    assert first.mean == again.mean
    assert (first.low != other.low).any()
    np.testing.assert_allclose(first.low, other.low, atol=0.04)
    np.testing.assert_allclose(first.high, other.high, atol=0.04)


def test_wider_level_wider_band():
    rule = DormancyRule(load_preset("adhesive"))
    bands = [rule.band(E, level=level) for level in (0.1, 0.5, 0.8, 0.9, 0.99)]
    for narrow, wide in pairwise(bands):
        assert (wide.low <= narrow.low).all()
        assert (wide.high >= narrow.high).all()
        assert wide.mean[1] <= narrow.mean[1]
        assert wide.mean[2] >= narrow.mean[2]


def test_percentile_of_a_known_ladder():
    # Pmin alone uniform in 0.01 to 0.10, E -> infinity: P = Pmin; quartiles 0.0325 and 0.0775
    numbers = fixed_but("Pmin")
    band = DormancyRule(numbers).band(1e9, level=0.5, samples=1024)
    assert band.low[0] == pytest.approx(0.0325, abs=2e-4)
    assert band.high[0] == pytest.approx(0.0775, abs=2e-4)


@pytest.mark.parametrize("level", [0.4, 0.5, 0.9])
def test_percentiles_interpolate_between_few_samples(level):
    # As E -> infinity P is the Pmin of each sample; ranked by NumPy's own percentile.
    numbers = fixed_but("Pmin")
    drawn = sobol_draw(numbers, load_cues(), np.empty(0), samples=8, seed=3).parameters["Pmin"]
    band = DormancyRule(numbers).band(1e9, level=level, samples=8, seed=3)
    expected = np.percentile(drawn, [50 * (1 - level), 50 * (1 + level)])
    np.testing.assert_allclose([band.low[0], band.high[0]], expected, atol=1e-9)


def test_q_stays_above_n_so_that_every_sample_confines():
    numbers = load_preset("confining")
    drawn = sobol_draw(numbers, load_cues(), np.empty(0), samples=1024, seed=1).parameters
    assert (drawn["q"] > drawn["n"]).all()
    assert 3.0 <= drawn["q"].min() < 3.2  # and it still spans its own range
    assert 7.8 < drawn["q"].max() <= 8.0
    # so R ~ E^(n − q) -> 0: however stiff, the lower end of the band returns to Pmax (from 0.90)
    assert DormancyRule(numbers).band(1e300, samples=1024).low[0] > 0.89
    # Where a user's own q lies below an n that was drawn, n gives way: every sample confines.
    fixed = load_preset("confining", {"q": 4.0})
    own = sobol_draw(fixed, load_cues(), np.empty(0), samples=1024, seed=1).parameters
    assert (own["n"] < own["q"]).all()
    assert DormancyRule(fixed).band(1e300, samples=1024).low[0] > 0.89
    # A user's own q has no range, so no sample moves it.
    fixed = numbers.with_parameters({"q": 4.0})
    drawn = sobol_draw(fixed, load_cues(), np.empty(0), samples=64, seed=1).parameters
    np.testing.assert_array_equal(drawn["q"], 4.0)


def test_memory_is_bounded_and_blocks_join_without_seam():
    # 60 000 sites × 256 samples × 8 bytes would be 123 MB for a single full array.
    rng = np.random.default_rng(5)
    sites = np.exp(rng.normal(0.7, 1.0, 60_000))
    dose = rng.random(60_000)
    rule = DormancyRule(load_preset("adhesive"))
    rule.band(sites[:10])
    tracemalloc.start()
    band = rule.band(sites, doses={"TGFb2": dose})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
    few = np.array([0, 1023, 1024, 1025, 59_999])
    alone = rule.band(sites[few], doses={"TGFb2": dose[few]})
    np.testing.assert_allclose(band.low[few], alone.low, atol=1e-12)
    np.testing.assert_allclose(band.high[few], alone.high, atol=1e-12)


def test_curve_is_the_rule_along_stiffness():
    rule = DormancyRule(load_preset("adhesive"), collagen_mechanics=False)
    curve = rule.curve(doses={"TGFb2": 0.5})
    plain = DormancyRule(load_preset("adhesive"))
    expected = plain.probability(curve["stiffness_kPa"], doses={"TGFb2": 0.5})
    np.testing.assert_array_equal(curve["p"], expected)
    assert (curve["low"] <= curve["p"]).all()
    assert (curve["p"] <= curve["high"]).all()
    assert (np.diff(curve["stiffness_kPa"]) > 0.0).all()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"samples": 100}, "power of two"),
        ({"level": 1.0}, "level"),
        ({"stiffness_log_sd": [0.1, -0.1]}, r"found -0.1 at index 1"),
        ({"stiffness_log_sd": [0.1], "ink": [0, 1]}, r"found 1 at index 1"),
        ({"stiffness_log_sd": [0.1], "ink": [0, 0, 0]}, r"ink: .*shape \(2,\)"),
    ],
)
def test_band_refuses_what_it_cannot_sample(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        DormancyRule(load_preset("adhesive")).band([1.0, 2.0], **options)
