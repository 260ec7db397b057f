"""Published findings beside the rule, as ``docs/held-numbers.md`` prints them: held and missed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from solver.coupling import (
    DormancyRule,
    Memory,
    Moment,
    collagen_doses,
    load_cues,
    load_preset,
    sobol_draw,
)

PAGE = (Path(__file__).parents[2] / "docs" / "held-numbers.md").read_text(encoding="utf-8")
ADHESIVE = DormancyRule(load_preset("adhesive"))
CONFINING = DormancyRule(load_preset("confining"))
REPOPULATING = DormancyRule(load_preset("repopulating"))
E = np.geomspace(0.1, 32.0, 60)


def blocked(**blocks: float) -> DormancyRule:
    return DormancyRule(load_preset("adhesive"), blocks=blocks)


def printed(finding: str, *numbers: float, digits: int = 2) -> None:
    """The line of the page that starts with the finding has these numbers."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {finding}")]
    for number in numbers:
        assert f"{number:.{digits}f}" in line, (number, line)


def sampled(stiffness: float) -> np.ndarray:
    """P under every sample of all ranges."""
    draw = sobol_draw(ADHESIVE.parameters, ADHESIVE.cues, np.empty(0), samples=256, seed=20)
    return ADHESIVE.mean_samples(draw, stiffness)


def fold(samples_soft, samples_stiff):
    return (1.0 - samples_stiff) / (1.0 - samples_soft)


# Held


def test_hyaluronic_acid_gels_of_0_4_and_4_5_kpa():
    soft, stiff = ADHESIVE.probability([0.4, 4.5])
    assert soft > 0.5 > stiff
    printed("Breast cancer cells on hyaluronic", soft, stiff)
    assert (sampled(0.4) > sampled(4.5)).all()


def test_it_turns_back_with_memory_as_well():
    rule = DormancyRule(load_preset("adhesive"), memory=Memory("settled"))
    soft, stiff = Moment(rule, 0.4), Moment(rule, 4.5)
    asleep_again = rule.probability(0.4, after=[soft, stiff])[0]
    awake_again = rule.probability(4.5, after=[stiff, soft])[0]
    printed("and back", asleep_again, awake_again)
    assert asleep_again > 0.5 > awake_again
    # between the two settled states: it remembers
    assert asleep_again < ADHESIVE.probability(0.4)[0]
    assert awake_again > ADHESIVE.probability(4.5)[0]
    # A hysteresis wider than twice the 1.52 = 2 ln(4.5/2.1) by which ln R passes 0 would never let
    # them wake: w stays at its start, and δ is 12.1 at γ 20.
    strong = DormancyRule(load_preset("adhesive", {"feedback": 20.0}), memory=Memory("settled"))
    stuck = strong.probability(4.5, after=[Moment(strong, 0.4)])[0]
    assert stuck == pytest.approx(ADHESIVE.probability(0.4)[0])


@pytest.mark.parametrize("gate", ["FAK", "integrin_b1"])
def test_a_gate_blocked_at_4_5_kpa(gate):
    # half a block: R = 4.592/2, P = 0.95 − 0.9·2.296/3.296
    half = blocked(**{gate: 0.5}).probability(4.5)[0]
    assert half == pytest.approx(0.95 - 0.9 * 2.29592 / 3.29592, abs=1e-5)
    full = blocked(**{gate: 1.0}).probability(4.5)[0]
    printed("Blocking FAK weakens", half, ADHESIVE.probability(4.5)[0], full)


def test_folds_of_ki67_from_1_to_12_kpa():
    ends = [ADHESIVE.parameters.table["n"].low, ADHESIVE.parameters.table["n"].high]
    for n, published in zip(ends, (2.7, 12.2), strict=True):
        rule = DormancyRule(load_preset("adhesive", {"n": n}))
        soft, stiff = rule.probability([1.0, 12.0])
        assert fold(soft, stiff) == pytest.approx(published, rel=0.02)
        printed("Ki67 index", fold(soft, stiff), n, digits=1)
    low, high = np.percentile(fold(sampled(1.0), sampled(12.0)), [5, 95])
    assert low < 2.7 < 12.2 < high
    printed("Ki67 index", low, digits=1)
    printed("Ki67 index", high, digits=0)


def test_the_same_by_the_clutch():
    from solver.coupling.clutch import load_gate

    clutch = DormancyRule(load_preset("adhesive"), gate=load_gate())
    soft, stiff = clutch.probability([0.4, 4.5])
    assert soft > stiff
    assert stiff > 0.5  # not awake enough: the threshold is at 5 kPa
    gained = fold(*clutch.probability([1.0, 12.0]))
    assert 2.7 < gained < 12.2
    printed("The same two findings", soft, stiff)
    printed("The same two findings", gained, digits=1)


def test_smmc_7721():
    soft, stiff = ADHESIVE.probability([1.0, 12.0])
    printed("Liver cancer cells", soft, stiff)
    for gate in ("ERK", "FAK"):
        assert blocked(**{gate: 1.0}).probability(12.0)[0] == pytest.approx(0.95)


def test_upar_cut_by_70_percent():
    shares = ADHESIVE.log_odds_shares(2.1, upar=0.3)
    assert np.exp(shares["uPAR_loss"][0]) == pytest.approx(5.0)  # R falls by F
    f = ADHESIVE.parameters.table["F"]
    assert (f.low, f.high) == (4.0, 6.0)
    (line,) = [cue for cue in load_cues() if cue.cue == "uPAR_loss"]
    assert line.weight_low == line.weight == line.weight_high == 1.0
    middle, stiff = ADHESIVE.probability([2.1, 12.0], upar=0.3)
    printed("A cut of uPAR", middle, stiff)
    assert (ADHESIVE.probability(np.geomspace(0.1, 30.0, 50), upar=0.3) > 0.5).all()


def test_p38_holds_cells_low_in_upar():
    # a = 0.51; at E50 R = 1/5 without and 1 with the inhibitor; parental cells: a = 1, R = 1
    free, inhibited = (rule.probability(2.1, upar=0.3)[0] for rule in (ADHESIVE, blocked(p38=1.0)))
    assert free == pytest.approx(0.95 - 0.9 * 0.51 / 6.0)
    assert inhibited == pytest.approx(0.95 - 0.9 * 0.51 / 2.0)
    parental = ADHESIVE.probability(2.1)[0]
    assert free > inhibited > parental
    printed("Inhibiting p38 interrupts", free, inhibited, parental)
    assert (blocked(p38=1.0).probability(E, upar=0.3) < ADHESIVE.probability(E, upar=0.3)).all()


def test_confinement_turns_the_curve_up():
    fine = np.geomspace(1.0, 100.0, 4001)
    p = CONFINING.probability(fine)
    lowest = fine[p.argmin()]
    assert lowest == pytest.approx(CONFINING.parameters["kappa50"], rel=0.01)
    assert (np.diff(p[fine > lowest * 1.01]) > 0.0).all()
    printed("Cells confined by a gel", p.min(), CONFINING.probability(50.0)[0])


def test_ligand_in_peg_gels():
    none = ADHESIVE.probability(4.5, ligand=0.0)[0]
    little = CONFINING.probability(4.5, ligand=0.05)[0]
    much = ADHESIVE.probability(4.5)[0]
    added = CONFINING.probability(4.5, ligand=1.0)[0]
    assert none > little > 0.5 > max(much, added)
    printed("PEG gels", none, little, much, added)


def test_tumour_repopulating_cells_in_fibrin():
    soft, stiff = REPOPULATING.probability([0.09, 1.05])
    assert soft < 0.5 < stiff
    printed("Tumour-repopulating melanoma", soft, stiff)
    opposite = ADHESIVE.probability([0.09, 1.05])
    assert opposite[0] > opposite[1]
    printed("Tumour-repopulating melanoma", *opposite)


# Missed


def test_missed_mcf7_in_alginate():
    stiffness = [150.0, 200.0, 4000.0]
    assert ADHESIVE.probability(stiffness) == pytest.approx(0.05, abs=2e-4)  # no answer left
    p = CONFINING.probability(stiffness)
    assert (np.diff(p) > 0.0).all()  # direction as found
    assert p[0] > 0.5  # but asleep where most growth was found
    printed("MCF-7 cells in alginate", 0.05, p[0], p[2])


def test_missed_contractility_that_keeps_asleep():
    rock = blocked(ROCK=1.0)
    before, after = ADHESIVE.probability(4.5)[0], rock.probability(4.5)[0]
    printed("Serum-starved breast cancer", before, after)
    assert (rock.probability(E) >= ADHESIVE.probability(E)).all()
    for preset in ("confining", "repopulating"):
        numbers = load_preset(preset)
        plain, rocked = DormancyRule(numbers), DormancyRule(numbers, blocks=["ROCK"])
        assert (rocked.probability(E) >= plain.probability(E)).all()


def test_missed_fak_in_tumour_repopulating_cells():
    p = DormancyRule(load_preset("repopulating"), blocks=["FAK"]).probability(E)
    assert p == pytest.approx(0.95)
    printed("Soft fibrin lowers FAK", 0.95)


def test_missed_that_fak_is_only_part_of_it():
    assert blocked(FAK=1.0).probability(E) == pytest.approx(0.95)


def test_missed_that_upar_does_not_matter_in_a_dish():
    # R -> infinity: P = 0.95 − 0.9·a, a = 0.3 + 0.7·0.3 = 0.51 at low uPAR and 1 at parental
    low, parental = (ADHESIVE.probability(1e6, upar=u)[0] for u in (0.3, 1.0))
    assert low == pytest.approx(0.95 - 0.9 * 0.51, abs=1e-6)
    printed("The same cut of uPAR", low, parental)


def test_missed_suspension_against_a_soft_gel():
    suspended, on_gel = ADHESIVE.probability(0.4, ligand=[0.0])[0], ADHESIVE.probability(0.4)[0]
    assert suspended > on_gel
    printed("Spheroids on 0.4 kPa", suspended, on_gel)


def test_missed_cells_that_do_not_answer():
    assert ADHESIVE.parameters.table["n"].low > 1.0
    deaf = DormancyRule(load_preset("adhesive", {"n": 0.01})).probability([0.4, 4.5])
    assert np.ptp(deaf) < 0.01  # representable all the same


def test_missed_a_best_stiffness():
    wide = np.geomspace(1e-3, 1e3, 200)
    for rule in (ADHESIVE, REPOPULATING):
        steps = np.diff(rule.probability(wide))
        assert (steps <= 0.0).all() or (steps >= 0.0).all()


def test_missed_organisation_of_collagen_i():
    p = [ADHESIVE.probability(2.1, doses=collagen_doses(c, 0.0, 0.0))[0] for c in (0.0, 1.0, 4.0)]
    assert (np.diff(p) < 0.0).all()


def test_missed_by_the_network():
    from solver.coupling.network import network_answer

    answer = network_answer(np.array([0.4, 4.5, 32.0]))
    p, yap = answer.p, answer.of("YAP")
    assert p[0] > p[1] > p[2]
    assert p[1] > 0.5
    assert yap[0] < yap[1] < yap[2]


def test_the_limit_of_softening_by_collagen_iii():
    from solver.materials import Alginate, Collagen, Ink, Waviness, build_gel
    from solver.materials.draws import RATIO_BAND_III, Draw

    def moduli(amplitude: float, ratio: float) -> list[float]:
        wave = Waviness(amplitude, 20.0)
        return [
            build_gel(
                Ink(
                    "gel",
                    Alginate(),
                    Collagen(3.0 * (1.0 - share)),
                    Collagen(3.0 * share, wave, stiffness_ratio=ratio),
                ),
                Draw(),
            ).isotropic_modulus
            for share in (0.2, 0.8)
        ]

    assert RATIO_BAND_III[1] == 1.2
    little, much = moduli(0.0, 1.2)
    assert much > little
    for ratio in RATIO_BAND_III:
        little, much = moduli(1.0, ratio)
        assert much < little
