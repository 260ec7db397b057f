"""The rule: its table, limits and signs, against numbers and slopes derived by hand."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling import (
    GATES,
    DormancyRule,
    collagen_doses,
    crimp_excess,
    known_cues,
    known_presets,
    load_cues,
    load_preset,
)

E = np.geomspace(1e-6, 1e9, 301)


def rule(preset: str = "adhesive", blocks=(), **options) -> DormancyRule:
    return DormancyRule(load_preset(preset, options.pop("overrides", None)), load_cues(), blocks)


@pytest.mark.parametrize(
    ("stiffness", "expected"),
    [
        # L = 1, no cues: R = (E/2.1)², P = 0.95 − 0.90 R/(1 + R)
        (0.4, 0.92),  # R = 0.19048² = 0.03628; 0.95 − 0.90·0.03501 = 0.9185
        (1.0, 0.78),  # R = 0.47619² = 0.22676; 0.95 − 0.90·0.18484 = 0.7836
        (2.1, 0.50),  # R = 1;                  0.95 − 0.90/2       = 0.5000
        (4.5, 0.21),  # R = 2.14286² = 4.59184; 0.95 − 0.90·0.82117 = 0.2109
        (12.0, 0.08),  # R = 5.71429² = 32.6531; 0.95 − 0.90·0.97029 = 0.0767
    ],
)
def test_expected_table(stiffness, expected):
    assert rule().probability(stiffness)[0] == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("preset", known_presets())
def test_stays_between_the_plateaus_for_any_input(preset):
    rng = np.random.default_rng(7)
    n = 2000
    stiffness = np.exp(rng.uniform(np.log(1e-6), np.log(1e9), n))
    stiffness[:2] = 1e-6, 1e9
    ligand = np.where(rng.random(n) < 0.2, 0.0, 10.0 ** rng.uniform(-12, 12, n))
    doses = {cue: 10.0 ** rng.uniform(-6, 6, n) for cue in known_cues()}
    blocks = {"integrin_b1": 0.5, "p38": 1.0}
    p = rule(preset, blocks).probability(
        stiffness, ligand, doses, 10.0 * rng.random(n), 10.0 * rng.random(n)
    )
    assert np.isfinite(p).all()
    assert p.min() >= 0.05 - 1e-15
    assert p.max() <= 0.95


def test_falls_with_stiffness_where_it_is_adhesive():
    p = rule().probability(E)
    assert (np.diff(p) <= 0.0).all()
    assert p[0] == pytest.approx(0.95)
    assert p[-1] == pytest.approx(0.05)


def test_confinement_puts_cells_to_sleep_again_above_its_minimum():
    # d/dlnE [n ln E − ln(1 + x)] = n − q x/(1 + x) with x = (E/κ50)^q; zero at x = n/(q − n):
    # E* = κ50 (n/(q − n))^(1/q). n 3, q 4 (given here, so that x is not just 1): E* = 10·3^(1/4).
    fine = np.geomspace(0.1, 1000.0, 20001)
    p = rule("confining", overrides={"n": 3.0}).probability(fine)
    lowest = int(np.argmin(p))
    assert fine[lowest] == pytest.approx(10.0 * 3.0**0.25, rel=1e-3)
    assert (np.diff(p[: lowest + 1]) < 0.0).all()
    assert (np.diff(p[lowest:]) > 0.0).all()
    # far above, R -> (10/2.1)^3 (10/E): at 1e6 kPa 1.1e-3, P = 0.95 − 0.001
    assert rule("confining", overrides={"n": 3.0}).probability(1e6)[0] > 0.948


def test_partial_degradability_moves_the_minimum_by_its_inverse():
    # κ = E (1 − d): d = 0.5 meets the same κ at twice the stiffness; n 2, q 4: x = 1, E* = 20 kPa.
    fine = np.geomspace(1.0, 200.0, 20001)
    p = rule("confining", overrides={"degradability": 0.5}).probability(fine)
    assert fine[np.argmin(p)] == pytest.approx(20.0, rel=1e-3)


def test_repopulating_cells_sleep_where_it_is_stiff():
    p = rule("repopulating").probability(E)
    assert (np.diff(p) >= 0.0).all()
    # E50 is the geometric mean of 0.09 and 1.05 kPa: those two lie symmetrically about the middle.
    soft, stiff = rule("repopulating").probability([0.31**2 / 1.05, 1.05])
    assert soft < 0.5 < stiff
    assert soft + stiff == pytest.approx(1.0)


def test_range_of_n_spans_the_published_folds_of_proliferation():
    # Awake fraction 1 − P at 12 over that at 1 kPa, R = (E/2.1)^n:
    # n 1.2: (0.05 + 0.9·8.099/9.099)/(0.05 + 0.9·0.4105/1.4105) = 0.8511/0.3119 = 2.73 (2.7)
    # n 4.6: (0.05 + 0.9·3027/3028)/(0.05 + 0.9·0.03295/1.03295) = 0.9497/0.0787 = 12.07 (12.2)
    n = load_preset("adhesive").table["n"]
    for bound, fold in ((n.low, 2.7), (n.high, 12.2)):
        soft, stiff = 1.0 - rule(overrides={"n": bound}).probability([1.0, 12.0])
        assert stiff / soft == pytest.approx(fold, rel=0.02)


@pytest.mark.parametrize("preset", known_presets())
def test_no_ligand_means_no_answer_to_stiffness(preset):
    p = rule(preset).probability(E, ligand=0.0, doses={"TGFb1": 2.0})
    assert (p == 0.95).all()


@pytest.mark.parametrize("block", GATES)
def test_shutting_the_gate_restores_sleep(block):
    woken = {"collagen_I": 1.0, "TGFb1": 1.0}
    assert rule().probability(20.0, doses=woken)[0] < 0.06
    assert (rule(blocks=[block]).probability(E, doses=woken) == 0.95).all()
    # Half a block halves m: R = 0.5 (E/2.1)², so P = 0.95 − 0.9·0.5/1.5 = 0.65 at E = 2.1 kPa.
    assert rule(blocks={block: 0.5}).probability(2.1)[0] == pytest.approx(0.65)
    # Two that act independently leave half of a half: P = 0.95 − 0.9·0.25/1.25 = 0.77.
    assert rule(blocks={block: (0.5, 0.5)}).probability(2.1)[0] == pytest.approx(0.77)


def test_a_cue_of_weight_one_changes_r_by_the_fold_f():
    # E = E50: R = 1 without cue. TGFb2 at dose 1: R = 1/5, P = 0.95 − 0.9/6 = 0.80;
    # TGFb1: R = 5, P = 0.95 − 0.9·5/6 = 0.20; both: R = 1, P = 0.50.
    asleep, awake = {"TGFb2": 1.0}, {"TGFb1": 1.0}
    assert rule().probability(2.1, doses=asleep)[0] == pytest.approx(0.80)
    assert rule().probability(2.1, doses=awake)[0] == pytest.approx(0.20)
    assert rule().probability(2.1, doses=asleep | awake)[0] == pytest.approx(0.50)


@pytest.mark.parametrize("preset", known_presets())
def test_shares_sum_to_the_log_odds_of_r(preset):
    rng = np.random.default_rng(3)
    n = 50
    stiffness = np.exp(rng.uniform(-3, 4, n))
    without = stiffness / rng.uniform(1.0, 5.0, n)
    ligand = rng.uniform(0.01, 2.0, n)
    doses = {"TGFb2": rng.random(n), "BMP7": rng.random(n), "collagen_I": rng.random(n)}
    blocks = {"FAK": 0.4, "BMPR2": 0.3}
    shares = rule(preset, blocks).log_odds_shares(
        stiffness, ligand, doses, E_without_collagen=without
    )
    assert list(shares)[:5] == [
        "matrix_stiffness",
        "collagen_mechanics",
        "ligand",
        "blocks",
        "confinement",
    ]
    assert set(shares) - set(list(shares)[:5]) == set(doses)
    # R written out as a product, without logarithms; e: collagen I is blocked by FAK too.
    sign = -1.0 if preset == "repopulating" else 1.0
    half = 0.31 if preset == "repopulating" else 2.1
    m = ligand * 0.6 * (stiffness / half) ** (2.0 * sign)
    if preset == "confining":
        m = m / (1.0 + (stiffness / 10.0) ** 4)
    e = 0.5 * 0.6 * doses["collagen_I"] - doses["TGFb2"] - 0.7 * doses["BMP7"]
    np.testing.assert_allclose(sum(shares.values()), -np.log(m * 5.0**e), atol=1e-12)
    # the share of collagen's stiffness is that of the fold by which it stiffens
    expected = -2.0 * sign * np.log(stiffness / without)
    np.testing.assert_allclose(shares["collagen_mechanics"], expected, atol=1e-12)


def test_shares_stay_finite_where_the_drive_is_nil():
    shares = rule(blocks=["MLCK"]).log_odds_shares([1.0, 1.0], ligand=[0.0, 1.0])
    assert list(shares) == ["stiffness", "ligand", "blocks", "confinement"]
    np.testing.assert_allclose(shares["ligand"], [np.log(1e9), 0.0])
    np.testing.assert_allclose(shares["blocks"], np.log(1e9))


def test_the_paths_of_collagen_switch_off_alone():
    numbers = load_preset("adhesive")
    doses = {"collagen_I": 1.0, "TGFb2": 0.3}
    args = {"doses": doses, "E_without_collagen": 1.0}
    stiff_only = DormancyRule(numbers, collagen_chemistry=False).probability(4.0, **args)
    chemistry_only = DormancyRule(numbers, collagen_mechanics=False).probability(4.0, **args)
    plain = DormancyRule(numbers)
    np.testing.assert_allclose(stiff_only, plain.probability(4.0, doses={"TGFb2": 0.3}))
    np.testing.assert_allclose(chemistry_only, plain.probability(1.0, doses=doses))
    with pytest.raises(ValueError, match="E_without_collagen"):
        DormancyRule(numbers, collagen_mechanics=False).probability(4.0)


def test_collagen_doses_by_hand():
    # A/L = 1/20: u = (π/20)² = 0.024674. Shares are −direction-signed weight·dose·ln 5:
    # I at 1 mg/mL: dose 1/2, wakes: −0.5·0.5·ln 5 = −0.40236
    # III at 3 mg/mL: 3/4 · 0.024674/(0.024674 + 0.025) = 0.37254; +0.5·0.37254·ln 5 = 0.29979
    u = crimp_excess(1.0, 20.0)
    assert float(u) == pytest.approx(0.024674, abs=1e-6)
    shares = rule().log_odds_shares(2.1, doses=collagen_doses(1.0, 3.0, u))
    assert shares["collagen_I"][0] == pytest.approx(-0.40236, abs=1e-5)
    assert shares["collagen_III"][0] == pytest.approx(0.29979, abs=1e-5)
    # straight collagen III, however much of it, does not act
    assert "collagen_III" not in rule().log_odds_shares(2.1, doses=collagen_doses(0.0, 9.0, 0.0))


def test_wavier_collagen_iii_keeps_more_asleep():
    waviness = crimp_excess([0.0, 0.5, 1.0, 2.0, 4.0], 20.0)
    p = rule().probability(np.full(5, 2.1), doses=collagen_doses(0.0, 1.0, waviness))
    assert (np.diff(p) > 0.0).all()


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        ({"E": [1.0, 0.0]}, r"E: .*found 0.0 at index 1"),
        ({"E": [1.0, 2.0, -3.0]}, r"E: .*found -3.0 at index 2"),
        ({"E": [np.nan, 1.0]}, r"E: .*found nan at index 0"),
        ({"E": [1.0, np.inf]}, r"E: .*found inf at index 1"),
        ({"E": [1.0, 1.0], "ligand": [1.0, -0.1]}, r"ligand: .*found -0.1 at index 1"),
        ({"E": [1.0, 1.0], "doses": {"BMP7": [np.nan, 0]}}, r"dose of BMP7: .*nan at index 0"),
        ({"E": [1.0, 1.0], "upar": [1.0, 1.0, 1.0]}, r"upar: .*shape \(2,\), found shape \(3,\)"),
        ({"E": [[1.0]]}, r"E: .*shape \(n,\), found shape \(1, 1\)"),
    ],
)
def test_values_that_cannot_be_are_named_with_their_index(args, complaint):
    with pytest.raises(ValueError, match=complaint):
        rule().probability(**args)


def test_unknown_names_come_with_the_nearest_known_one():
    with pytest.raises(InputError, match=r"no cue 'TGFb3'[\s\S]*TGFb"):
        rule().probability(1.0, doses={"TGFb3": 1.0})
    with pytest.raises(InputError, match=r"no block 'integrin_b'[\s\S]*'integrin_b1'"):
        rule(blocks=["integrin_b"])
    with pytest.raises(InputError, match="dose from 0"):
        rule(blocks={"FAK": 1.5})


def test_assumptions_state_preset_every_number_and_the_cues_in_play():
    stated = rule("repopulating").assumptions(["TGFb2"])
    assert all(set(line) == {"what", "value", "standing", "source"} for line in stated)
    assert {line["standing"] for line in stated} <= {
        "measured",
        "published",
        "derived",
        "assumption",
    }
    text = "\n".join(f"{line['what']} {line['value']}" for line in stated)
    assert "preset repopulating" in text
    idle = {"clutch_scale", "clutch_gain", "feedback"}
    assert all((name in text) != (name in idle) for name in load_preset("repopulating").table)
    assert "Cue TGFb2 keeps asleep" in text
    assert "Cue BMP7" not in text
    assert "1050 Pa, from memory" in text
