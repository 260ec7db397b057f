"""What the columns of the cue table mean: needs, blockers, doses of themselves, stiffness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling import GATES, DormancyRule, Dose, Parameter, load_cues, load_preset
from solver.coupling.cues import COLUMNS, SITE_CONDITIONS

OWN = {cue.cue: cue for cue in load_cues()}
E = np.array([0.5, 2.1, 9.0])


def rule(cues=None, blocks=(), preset="adhesive", **overrides) -> DormancyRule:
    numbers = load_preset(preset, overrides)
    return DormancyRule(numbers, load_cues() if cues is None else cues, blocks)


def table(tmp_path, *lines: str, extend: bool = False):
    """Cues from lines 'cue acts_on given needs blocked_by direction weight', - for nothing."""
    path = tmp_path / "mine.csv"
    rows = [",".join(COLUMNS)]
    for line in lines:
        cue, acts_on, given, needs, by, sign, w = line.split()
        needs, by = (x.strip("-") for x in (needs, by))
        rows.append(f"{cue},way,{acts_on},{given},{needs},{by},{sign},{w},{w},{w},assumption,,,")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return load_cues(path, extend)


def awake(p):
    """R/(1 + R) of the preset's plateaus 0.05 and 0.95 at full amplitude."""
    return (0.95 - np.asarray(p)) / 0.9


def what_it_needs(name: str) -> dict[str, float]:
    """Dose 1 of everything that a cue rests on."""
    doses: dict[str, float] = {}
    for need in OWN[name].needs:
        if need not in SITE_CONDITIONS:
            doses |= {need: 1.0, **what_it_needs(need)}
    return doses


@pytest.mark.parametrize("name", OWN)
def test_every_cue_adds_what_its_line_says(name):
    cue, dose = OWN[name], np.array([0.0, 0.5, 1.0])
    doses = {**what_it_needs(name), name: dose}
    shares = rule().log_odds_shares(np.full(3, 2.1), doses=doses)
    # On R: direction · weight · dose · ln 5. On stiffness: R ~ E², so twice the weight.
    slope = np.log(5.0) if cue.acts_on == "R" else 2.0
    np.testing.assert_allclose(shares[name], cue.direction * cue.weight * dose * slope, atol=1e-12)
    rests_on = {x for c in OWN.values() for x in (*c.needs, *c.blocked_by)}
    if name not in rests_on:
        p = rule().probability(np.full(3, 2.1), doses=doses)
        assert (np.sign(np.diff(p)) == (cue.direction if cue.weight else 0)).all()


@pytest.mark.parametrize(("name", "by"), [(c.cue, by) for c in OWN.values() for by in c.blocked_by])
def test_a_blocked_cue_has_no_effect(name, by):
    doses = what_it_needs(name)
    if by in OWN:
        blocked, doses = rule(), {**doses, **what_it_needs(by), by: 1.0}
    else:
        blocked = rule(blocks=[by])
    without = blocked.probability(E, doses={**doses, name: 0.0})
    np.testing.assert_allclose(blocked.probability(E, doses={**doses, name: 1.0}), without)
    # and the block of a cue that is not of the gate leaves cells without any cue alone
    if by not in OWN and by not in GATES:
        np.testing.assert_array_equal(blocked.probability(E), rule().probability(E))


def test_a_cue_blocks_another_by_its_strength_capped_at_one(tmp_path):
    # b leaves 1 − b of a: e = −(1 − b), R = 5^−(1 − b) at E50; the blocker itself has no weight.
    cues = table(tmp_path, "a R by_user - b +1 1", "b R by_user - stop -1 0")
    assert [cue.cue for cue in cues] == ["b", "a"]
    b = np.array([0.0, 0.25, 1.0, 7.0])
    p = rule(cues).probability(np.full(4, 2.1), doses={"a": 1.0, "b": b})
    ratio = 5.0 ** -np.array([1.0, 0.75, 0.0, 0.0])
    np.testing.assert_allclose(awake(p), ratio / (1.0 + ratio), atol=1e-12)
    # what blocks the blocker frees the other again
    freed = rule(cues, ["stop"]).probability(np.full(4, 2.1), doses={"a": 1.0, "b": b})
    np.testing.assert_allclose(awake(freed), 1.0 / 6.0, atol=1e-12)
    with pytest.raises(InputError, match="no block 'b'"):
        rule(cues, ["b"])


def test_needs_multiply_and_two_of_them_mean_both(tmp_path):
    cues = table(tmp_path, "c R by_user a;b - -1 1", "a R by_user - - +1 0", "b R by_user - - +1 0")
    a, b = np.array([1.0, 1.0, 0.5, 3.0]), np.array([1.0, 0.0, 0.5, 1.0])
    shares = rule(cues).log_odds_shares(np.full(4, 2.1), doses={"a": a, "b": b, "c": 1.0})
    np.testing.assert_allclose(shares["c"], -np.log(5.0) * np.array([1, 0, 0.25, 1]), atol=1e-12)


def test_always_acts_as_far_as_what_it_needs_is_there(tmp_path):
    # Intact until cut: NETs of dose s cut s of the laminin, and what is not cut keeps asleep.
    cues = table(
        tmp_path,
        "intact R always laminin cut +1 1",
        "cleaved R always cut cut_blocker -1 1",
        "cut R always NETs;laminin MMP9 -1 0",
        "NETs R by_user - - -1 0",
        "laminin R by_user - - +1 0",
    )
    assert list(rule(cues).log_odds_shares(2.1)) == ["stiffness", "ligand", "blocks", "confinement"]
    s, fold = np.array([0.0, 0.4, 1.0]), np.log(5.0)
    doses = {"laminin": 1.0, "NETs": s}
    shares = rule(cues).log_odds_shares(np.full(3, 2.1), doses=doses)
    np.testing.assert_allclose(shares["intact"], fold * (1.0 - s), atol=1e-12)
    np.testing.assert_allclose(shares["cleaved"], -fold * s, atol=1e-12)
    # the cleavage blocked leaves all of the laminin; a dose of its own replaces the 1
    shares = rule(cues, ["MMP9"]).log_odds_shares(np.full(3, 2.1), doses=doses)
    np.testing.assert_allclose(shares["intact"], fold, atol=1e-12)
    assert "cleaved" not in shares
    shares = rule(cues).log_odds_shares(2.1, doses={"laminin": 1.0, "intact": 0.3})
    assert shares["intact"][0] == pytest.approx(0.3 * fold)


def test_no_laminin_is_lost_or_made_when_it_is_cut():
    # L of it, of which the traps cut c = NETs·(1 − MMP9): L c is cut and L (1 − c) whole. Shares
    # over weight · ln 5 are these two amounts, whatever L.
    L, cut = np.meshgrid([0.0, 0.25, 0.5, 1.0], [0.0, 0.4, 1.0])
    L, cut = L.ravel(), cut.ravel()
    for NETs, blocks in ((cut, ()), (1.0, {"MMP9": Dose(1.0 - cut)})):
        doses = {"NETs": NETs, "laminin_111": L}
        shares = rule(blocks=blocks).log_odds_shares(np.full(L.size, 2.1), doses=doses)
        whole, cleaved = (
            OWN[name].direction * shares[name] / (OWN[name].weight * np.log(5.0))
            for name in ("intact_laminin", "cleaved_laminin")
        )
        np.testing.assert_allclose(whole, L * (1.0 - cut), atol=1e-12)
        np.testing.assert_allclose(cleaved, L * cut, atol=1e-12)


def test_loss_of_upar_is_a_dose_of_the_cells():
    # (1 − uPAR)/0.7: a cut by 70 % is dose 1 and R/5; half of it half the log. P from R and a:
    # a = 0.3 + 0.7·uPAR; R = 1, 5^−0.5, 1/5, 1/5 at E50; more uPAR than parental is no dose.
    upar = np.array([1.0, 0.65, 0.3, 0.0, 2.0])
    ratio = 5.0 ** -np.array([0.0, 0.5, 1.0, 1.0, 0.0])
    expected = 0.95 - 0.9 * (0.3 + 0.7 * np.minimum(upar, 1.0)) * ratio / (1.0 + ratio)
    np.testing.assert_allclose(rule().probability(np.full(5, 2.1), upar=upar), expected, atol=1e-12)
    assert "uPAR_loss" not in rule().log_odds_shares(2.1)
    # what counts is uPAR·FN: half a cut with half the fibronectin leaves 0.325 of it
    shares = rule().log_odds_shares(np.full(3, 2.1), upar=[0.3, 0.65, 2.0], fibronectin=[1, 0.5, 0])
    assert shares["uPAR_loss"] == pytest.approx(np.log(5.0) * np.array([1.0, 0.675 / 0.7, 1.0]))
    # given outright, it is what is given
    given = rule().log_odds_shares(2.1, upar=0.3, doses={"uPAR_loss": 0.5})
    assert given["uPAR_loss"][0] == pytest.approx(0.5 * np.log(5.0))


def test_low_upar_raises_p_and_flattens_the_answer_to_stiffness():
    # Without its own cue uPAR scales the amplitude: dP/dlnE ~ a = 0.3 + 0.7·min(uPAR·FN, 1).
    amplitude_only = rule(tuple(cue for cue in load_cues() if cue.given != "by_cells"))
    stiffness = np.array([2.0, 2.2])
    high = amplitude_only.probability(stiffness, upar=1.0)
    low = amplitude_only.probability(stiffness, upar=0.3)
    assert (low > high).all()
    assert (low[1] - low[0]) / (high[1] - high[0]) == pytest.approx(0.3 + 0.7 * 0.3)
    # With it, R is lower too: more asleep, and flatter still.
    both = rule().probability(stiffness, upar=0.3)
    assert (both > low).all()
    assert abs(both[1] - both[0]) < abs(low[1] - low[0])


def test_without_fibronectin_upar_does_nothing():
    p = rule().probability(5.0 * np.ones(4), upar=[0.0, 0.3, 1.0, 5.0], fibronectin=0.0)
    np.testing.assert_array_equal(p, p[0])
    # a = 0.3 and R = (5/2.1)^2/5
    ratio = (5.0 / 2.1) ** 2 / 5.0
    assert p[0] == pytest.approx(0.95 - 0.9 * 0.3 * ratio / (1.0 + ratio))
    assert p[0] > rule().probability(5.0)[0]


@pytest.mark.parametrize("preset", ["adhesive", "confining", "repopulating"])
@pytest.mark.parametrize("upar", [0.0, 0.1, 0.3, 0.8, 1.0, 3.0])
def test_less_fibronectin_never_wakes(preset, upar):
    # P depends on uPAR·FN alone, by an amplitude that rises and a loss that falls with it
    fibronectin, stiffness = (x.ravel() for x in np.meshgrid(np.linspace(0, 2, 41), [0.2, 2, 20]))
    asked = DormancyRule(load_preset(preset))
    p = asked.probability(stiffness, upar=upar, fibronectin=fibronectin).reshape(3, 41)
    assert (np.diff(p, axis=1) <= 1e-15).all()
    assert (np.ptp(p, axis=1).max() > 1e-3) == (upar > 0.0)


def test_a_block_of_p38_takes_the_loss_of_upar_away_and_not_the_amplitude():
    # uPAR 0.3 at E50: a = 0.51; R = 5^-(1 − i) for a block of i
    for i in (0.0, 0.5, 1.0):
        ratio = 5.0 ** (i - 1.0)
        p = rule(blocks={"p38": i}).probability(2.1, upar=0.3)[0]
        assert p == pytest.approx(0.95 - 0.9 * 0.51 * ratio / (1.0 + ratio), abs=1e-12)
    # parental cells have no loss to take away
    np.testing.assert_array_equal(
        rule(blocks={"p38": 1.0}).probability([0.4, 12.0]), rule().probability([0.4, 12.0])
    )


def test_the_weight_of_the_loss_of_upar_is_derived():
    (line,) = [cue for cue in load_cues() if cue.cue == "uPAR_loss"]
    assert (line.standing, line.needs, line.blocked_by) == ("derived", (), ("p38",))


def test_what_the_page_of_the_rule_says_of_a_u0_of_1():
    # u0 1, uPAR 0.3: R = (12/2.1)^2/5 = 6.531, P = 0.95 − 0.9·0.8672 = 0.17
    assert rule(u0=1.0).probability(12.0, upar=0.3)[0] == pytest.approx(0.1695, abs=1e-4)


@pytest.mark.parametrize("preset", ["adhesive", "confining", "repopulating"])
def test_a_cue_on_stiffness_is_another_stiffness(tmp_path, preset):
    # weight ln 2 at dose d multiplies E by 2^d (or divides it): P is that of the other stiffness,
    # confinement and all.
    fold = float(np.log(2.0))
    cues = table(
        tmp_path,
        f"stiff stiffness by_user - LOX -1 {fold}",
        f"soft stiffness by_user - - +1 {fold}",
    )
    d = np.array([0.3, 1.0, 2.0])
    plain = rule(cues, preset=preset)
    for name, sign in (("stiff", 1.0), ("soft", -1.0)):
        p = plain.probability(E, doses={name: d})
        np.testing.assert_allclose(p, plain.probability(E * 2.0 ** (sign * d)), atol=1e-12)
    blocked = rule(cues, ["LOX"], preset).probability(E, doses={"stiff": d})
    np.testing.assert_allclose(blocked, plain.probability(E), atol=1e-12)
    shares = plain.log_odds_shares(E, doses={"stiff": d})
    slope = -2.0 if preset == "repopulating" else 2.0
    np.testing.assert_allclose(shares["stiff"], -slope * d * fold, atol=1e-12)


@pytest.mark.parametrize("preset", ["adhesive", "confining", "repopulating"])
def test_all_shares_sum_to_the_log_odds_that_p_shows(preset):
    rng = np.random.default_rng(11)
    n = 200
    stiffness, upar = np.exp(rng.uniform(-1, 2, n)), rng.uniform(0.2, 1.2, n)
    args = (stiffness, rng.uniform(0.5, 2.0, n), {name: 0.4 * rng.random(n) for name in OWN}, upar)
    full = rule(blocks={"FAK": 0.2, "ROCK": 0.3, "p38": 0.5}, preset=preset)
    shares = full.log_odds_shares(*args, E_without_collagen=stiffness / 1.7)
    assert set(OWN) <= set(shares)
    # −ln R back from P = 0.95 − 0.9 a R/(1 + R)
    part = awake(full.probability(*args)) / (0.3 + 0.7 * np.minimum(upar, 1.0))
    np.testing.assert_allclose(sum(shares.values()), np.log(1.0 / part - 1.0), atol=1e-9)


def half_point(name="EC50_TGFb2", value=10.0, low=1.0, high=100.0, **other) -> Parameter:
    made = dict(
        name=name, value=value, low=low, high=high, unit="ng/mL", sampling="log",
        allowed=(0.0, np.inf), standing="assumption", source="", note="",
    )  # fmt: skip
    return Parameter(**{**made, **other})


def test_a_concentration_acts_by_its_own_half_point_and_exponent():
    # x = 20, EC50 10, h 2: dose 4/(4 + 1) = 0.8, R = 5^−0.8; x = 0: nothing; x huge: dose 1.
    numbers = load_preset("adhesive").with_extra(half_point())
    x = np.array([20.0, 0.0, 1e200])
    doses = {"TGFb2": Dose(1.0, ((x, "EC50_TGFb2"),), exponent=2.0)}
    share = DormancyRule(numbers).log_odds_shares(np.full(3, 2.1), doses=doses)["TGFb2"]
    np.testing.assert_allclose(share, np.array([0.8, 0.0, 1.0]) * np.log(5.0), atol=1e-12)
    # The same of an inhibitor: x at its IC50 blocks half, P = 0.95 − 0.9·0.5/1.5.
    numbers = numbers.with_extra(half_point("IC50_drug"))
    blocked = DormancyRule(numbers, blocks={"FAK": Dose(1.0, ((10.0, "IC50_drug"),))})
    assert blocked.probability(2.1)[0] == pytest.approx(0.65)
    assert "IC50_drug" in str(blocked.assumptions([]))
    assert DormancyRule(numbers.with_parameters({"EC50_TGFb2": 20.0})).probability(
        2.1, doses=doses | {"TGFb2": Dose(1.0, ((20.0, "EC50_TGFb2"),))}
    )[0] == pytest.approx(0.95 - 0.9 / (1.0 + np.sqrt(5.0)))


@pytest.mark.parametrize(
    ("dose", "error", "complaint"),
    [
        (Dose(1.0, ((1.0, "EC50_TGFb"),)), InputError, r"'EC50_TGFb'[\s\S]*'EC50_TGFb2'"),
        (Dose(1.0, ((1.0, "u0"),)), InputError, "u0: a half-saturating amount"),
        (Dose(1.0, ((1.0, "EC50_TGFb2"),), 0.0), ValueError, "exponent above 0"),
        (Dose(1.0, ((-1.0, "EC50_TGFb2"),)), ValueError, "found -1.0 at index 0"),
    ],
)
def test_a_dose_that_cannot_be_is_refused(dose, error, complaint):
    numbers = load_preset("adhesive").with_extra(half_point())
    with pytest.raises(error, match=complaint):
        DormancyRule(numbers).probability(2.1, doses={"TGFb2": dose})
    with pytest.raises(InputError, match="E50 stands there already"):
        numbers.with_extra(half_point("E50"))


def test_a_users_table_extends_or_replaces(tmp_path):
    lines = ("wnt5a R by_user TGFb2 - +1 1", "BMP7 R by_user - other -1 0.3")
    assert {c.cue for c in table(tmp_path, lines[1])} == {"BMP7"}
    cues = table(tmp_path, *lines, extend=True)
    assert [c.cue for c in cues] == [*OWN, "wnt5a"]
    mine = next(c for c in cues if c.cue == "BMP7")
    assert (mine.direction, mine.weight, mine.blocked_by) == (-1, 0.3, ("other",))
    assert OWN["BMP7"].direction == 1  # and the table that comes along is untouched


@pytest.mark.parametrize(
    ("lines", "column", "words"),
    [
        (["a R by_user b - +1 1", "b R by_user - a +1 1"], "needs", "a -> b -> a"),
        (["a R by_user - b +1 1", "b R by_user c - +1 1", "c R by_user - a +1 1"],
         "blocked_by", "a -> b -> c -> a"),
        (["z R by_user a - +1 1", "a R by_user - a +1 1"], "blocked_by", "a -> a"),
        (["a way by_user - - +1 1"], "acts_on", r"R \| stiffness"),
        (["a R by_magic - - +1 1"], "given", "by_user | always"),
        (["a R by_ink - - +1 1"], "given", "by_ink only for collagen_I"),
        (["a R by_cells - - +1 1"], "given", "by_cells only for uPAR_loss"),
        (["a R by_user - fibronectin +1 1"], "blocked_by", "not conditions"),
        (["FAK R by_user - - +1 1"], "cue", "already"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path, lines, column, words):
    line = 3 if lines[0].startswith("z") else 2
    with pytest.raises(InputError, match=rf"line {line}, column {column}: expected.*{words}"):
        table(tmp_path, *lines)


def test_a_new_cue_may_not_take_the_name_of_a_block(tmp_path):
    with pytest.raises(InputError, match="column cue: expected a name that is no block"):
        table(tmp_path, "TGFBR3 R by_user - - +1 1", extend=True)


def test_doses_of_inks_are_those_of_their_sites():
    # Worked out ink by ink or site by site, whichever way they come: the same band.
    n = 300
    ink = np.arange(n) % 3
    amount = np.array([0.5, 0.0, 3.0])[ink]
    dose = {"collagen_I": Dose(1.0, ((amount, "collagen_half"),)), "TGFb1": np.linspace(0, 1, n)}
    needing = replace(OWN["TGFb1"], needs=("collagen_I",))
    cues = tuple(needing if c.cue == "TGFb1" else c for c in load_cues())
    stiffness = np.geomspace(0.2, 20.0, n)
    by_ink = rule(cues).band(stiffness, doses=dose, ink=ink)
    by_site = rule(cues).band(stiffness, doses=dose)
    np.testing.assert_allclose(by_ink.low, by_site.low, atol=1e-12)
    np.testing.assert_allclose(by_ink.high, by_site.high, atol=1e-12)
    np.testing.assert_allclose(by_ink.mean_samples, by_site.mean_samples, atol=1e-12)
    for k in range(3):
        one = {**dose, "collagen_I": Dose(1.0, ((amount[k], "collagen_half"),))}
        alone = rule(cues).band(stiffness, doses=one)
        np.testing.assert_allclose(alone.low[ink == k], by_site.low[ink == k], atol=1e-12)
