"""A mechanical model in place of the Hill term, and cells that remember."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling import DormancyRule, Dose, Memory, Moment, RuleParameters, load_preset

E = np.geomspace(0.1, 50.0, 40)
HILL = ("E50", "n", "clutch_scale", "clutch_gain")


@dataclass(frozen=True)
class HillGate:
    """The rule's own Hill term, ln m = 2 ln(E/2.1) + ln L + ln c, as a mechanical model."""

    name: str = "Hill term"

    def log_drive(self, log_E, ligand, contractility):
        with np.errstate(divide="ignore"):
            return 2.0 * (log_E - np.log(2.1)) + np.log(ligand) + np.log(contractility)

    def assumptions(self):
        return [{"what": "Made up", "value": "1", "standing": "assumption", "source": ""}]


def numbers(preset: str = "adhesive", fixed=HILL, **overrides) -> RuleParameters:
    """The preset, some of its ranges collapsed."""
    table = load_preset(preset).table
    return load_preset(preset, {name: table[name].value for name in fixed} | overrides)


BLOCKS = {
    "integrin_b1": 0.3,
    "ROCK": Dose(np.linspace(0.0, 0.9, len(E))),
    "FAK": 0.2,
    "Src": Dose(1.0, ((0.5, "collagen_half"),)),
}


@pytest.mark.parametrize("preset", ["adhesive", "confining"])
def test_hill_as_a_gate_is_the_built_in_rule(preset):
    args = (E, np.linspace(0.0, 2.0, len(E)), {"crosslinking": 0.7, "TGFb1": 0.4}, 0.8)
    built_in = DormancyRule(numbers(preset), blocks=BLOCKS)
    gated = DormancyRule(numbers(preset), blocks=BLOCKS, gate=HillGate())
    np.testing.assert_allclose(gated.probability(*args), built_in.probability(*args), atol=1e-12)
    options = {"stiffness_log_sd": [0.3, 0.1], "ink": np.arange(len(E)) % 2}
    one, other = gated.band(*args, **options), built_in.band(*args, **options)
    np.testing.assert_allclose(one.low, other.low, atol=1e-12)
    np.testing.assert_allclose(one.high, other.high, atol=1e-12)
    np.testing.assert_allclose(one.mean_samples, other.mean_samples, atol=1e-12)
    # Where there is no ligand a gate cannot tell what a block of integrin would have taken.
    some = (E, np.linspace(0.1, 2.0, len(E)), *args[2:])
    one, other = (r.log_odds_shares(*some, E_without_collagen=E / 2.0) for r in (gated, built_in))
    assert list(one) == list(other)
    for name, share in one.items():
        np.testing.assert_allclose(share, other[name], atol=1e-12, err_msg=name)


def test_scale_and_gain_of_the_clutch():
    # scale 2: the gate feels E/2; gain 1/2: R = (L (E/4.2)²)^(1/2) = √L · E/4.2
    rule = DormancyRule(numbers(clutch_scale=2.0, clutch_gain=0.5), gate=HillGate())
    ratio = np.sqrt(0.3) * E / 4.2
    np.testing.assert_allclose(
        rule.probability(E, ligand=0.3), 0.95 - 0.9 * ratio / (1.0 + ratio), atol=1e-12
    )
    # FAK comes after the gate, so the gain does not soften it; ROCK comes before.
    for block, left in (("FAK", 0.36), ("ROCK", 0.6)):
        blocked = DormancyRule(rule.parameters, blocks={block: 0.64}, gate=HillGate())
        share = blocked.log_odds_shares(E)["blocks"]
        np.testing.assert_allclose(share, -np.log(left), atol=1e-12)


def test_shares_with_a_gate_sum_up_and_stay_finite_without_drive():
    rng = np.random.default_rng(2)
    rule = DormancyRule(numbers(clutch_gain=1.6), blocks=BLOCKS, gate=HillGate())
    args = (E, rng.uniform(0.2, 2.0, len(E)), {"crosslinking": rng.random(len(E)), "BMP7": 0.5})
    awake = (0.95 - rule.probability(*args)) / 0.9
    shares = rule.log_odds_shares(*args, E_without_collagen=E / 3.0)
    np.testing.assert_allclose(sum(shares.values()), np.log(1.0 / awake - 1.0), atol=1e-9)
    shut = DormancyRule(numbers(), blocks=["MLCK"], gate=HillGate())
    for ligand, cause in ((0.0, "ligand"), (1.0, "blocks")):
        assert (shut.probability(E, ligand) == 0.95).all()
        shares = shut.log_odds_shares(E, ligand)
        assert np.isfinite(list(shares.values())).all()
        np.testing.assert_allclose(shares[cause], np.log(1e9))
        assert np.isfinite(shut.band(E, ligand, samples=16).low).all()


def test_a_gate_needs_a_preset_in_which_stiffness_wakes():
    with pytest.raises(InputError, match="repopulating: stiffness puts to sleep"):
        DormancyRule(load_preset("repopulating"), gate=HillGate())


def test_only_numbers_in_use_are_stated():
    plain = str(DormancyRule(numbers()).assumptions([]))
    gated = str(DormancyRule(numbers(), gate=HillGate(), memory=Memory()).assumptions([]))
    for name in ("clutch_scale", "clutch_gain", "feedback"):
        assert f"rule, {name}:" not in plain
        assert f"rule, {name}:" in gated
    assert "rule, E50:" in plain
    assert "rule, E50:" not in gated
    assert "Made up" in gated
    assert "play operator" in gated


# γ = 6: s = √(1 − 4/6) = 0.5773503, δ = 6 s − 2 ln((1 + s)/(1 − s)) = 3.4641016 − 2.6339158
WIDTH = 6.0 * np.sqrt(1 / 3) - 2.0 * np.log((1 + np.sqrt(1 / 3)) / (1 - np.sqrt(1 / 3)))


def log_ratio(p):
    """w from P = 0.95 − 0.9 σ(w)."""
    awake = (0.95 - np.asarray(p)) / 0.9
    return np.log(awake / (1.0 - awake))


def test_rising_and_falling_differ_by_the_width_of_the_switch():
    rule = DormancyRule(numbers(), memory=Memory())
    here = np.geomspace(1.0, 4.0, 7)
    x = 2.0 * np.log(here / 2.1)
    rise = rule.probability(here, after=[Moment(rule, 0.05)])
    fall = rule.probability(here, after=[Moment(rule, np.full(7, 90.0))])
    np.testing.assert_allclose(log_ratio(rise), x - WIDTH / 2, atol=1e-12)
    np.testing.assert_allclose(log_ratio(fall), x + WIDTH / 2, atol=1e-12)
    # Without a past: settled as without memory; or all asleep, all awake.
    np.testing.assert_allclose(log_ratio(rule.probability(here)), x, atol=1e-12)
    for start, shift in (("asleep", -0.5), ("awake", 0.5)):
        started = DormancyRule(numbers(), memory=Memory(start)).probability(here)
        np.testing.assert_allclose(log_ratio(started), x + shift * WIDTH, atol=1e-12)
    # γ = 4 has one state and remembers nothing; without drive nothing is remembered either.
    single = DormancyRule(numbers(feedback=4.0), memory=Memory())
    after = single.probability(here, after=[Moment(single, 90.0)])
    np.testing.assert_allclose(after, single.probability(here), atol=1e-12)
    assert (rule.probability(here, ligand=0.0, after=[Moment(rule, 90.0)]) == 0.95).all()


def test_bands_of_a_history():
    rule = DormancyRule(numbers(), memory=Memory())
    treated = DormancyRule(numbers("confining"), blocks=["FAK"])
    moments = [Moment(rule, 20.0), Moment(treated, E, doses={"TGFb2": 1.0}), Moment(rule, E)]
    options = {"samples": 64, "stiffness_log_sd": [0.2]}
    bands = rule.history(moments, **options)
    assert [len(band.low) for band in bands] == [len(E)] * 3
    last = rule.band(E, after=moments[:2], **options)
    np.testing.assert_array_equal(bands[2].low, last.low)
    np.testing.assert_array_equal(bands[2].mean_samples, last.mean_samples)
    assert last.mean[0] == pytest.approx(rule.probability(E, after=moments[:2]).mean())
    # Without memory each moment is answered as if alone.
    forgetful = DormancyRule(numbers())
    alone = forgetful.history(moments, **options)
    np.testing.assert_array_equal(alone[2].low, forgetful.band(E, **options).low)
    assert not np.allclose(alone[2].low, bands[2].low)
    # The play moves with the feedback: its range widens the band.
    fixed = DormancyRule(numbers(fixed=load_preset("adhesive").table), (), memory=Memory())
    wide = DormancyRule(numbers(fixed=set(load_preset("adhesive").table) - {"feedback"}), (),
                        memory=Memory())  # fmt: skip
    spans = [r.band(2.1, after=[Moment(r, 50.0)]) for r in (fixed, wide)]
    assert spans[0].high[0] - spans[0].low[0] < 1e-12 < spans[1].high[0] - spans[1].low[0]


def test_a_past_needs_a_memory_and_the_same_sites():
    rule = DormancyRule(numbers())
    with pytest.raises(InputError, match="a rule without memory has no past"):
        rule.probability(E, after=[Moment(rule, 1.0)])
    with pytest.raises(ValueError, match="at least one"):
        rule.history([])
    memory = DormancyRule(numbers(), memory=Memory())
    with pytest.raises(ValueError, match=r"E: expected a number or shape \(40,\)"):
        memory.probability(E, after=[Moment(rule, [1.0, 2.0])])
