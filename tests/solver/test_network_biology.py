"""What the wiring says of cells: gates, signs, needs, blocks, presets.

Signs hold by construction (the wires were drawn from the same claims): regression guards.
"""

from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling import known_blocks, load_cues
from solver.coupling.network import (
    conditions,
    cue_effects,
    load_network,
    network_answer,
    stated_assumptions,
    unknown_to_network,
)
from solver.coupling.network.tables import MADE, READ_OUTS

E = np.geomspace(0.1, 32.0, 6)
# What a signal needs to be about (claims C08, C17, I7).
BACKGROUND = {
    "chemotherapy": {"COL17A1": 1.0},
    "NETs": {"laminin_111": 1.0},
    "sclerostin": {"osteoblasts": 1.0},
    "laminin_cleavage": {"laminin_111": 1.0, "NETs": 1.0},
    "cleaved_laminin": {"laminin_111": 1.0, "NETs": 1.0},
    "intact_laminin": {"laminin_111": 1.0},
}
MADE_CUES = ("laminin_cleavage", "cleaved_laminin", "intact_laminin")
NOISE = 1e-9


def p(doses=None, blocks=None, E=E, **given):
    return network_answer(E, 1.0, doses or {}, blocks or {}, **given).p


def many(*arms):
    """P at E of many (doses, blocks) in one solve, shape (arms, len(E))."""
    tables = []
    for column in (0, 1):
        names = sorted({name for arm in arms for name in arm[column]})
        # What the network makes itself is there unless its dose is lower.
        absent = {name: 1.0 if name in MADE_CUES else 0.0 for name in names}
        tables.append(
            {n: np.repeat([arm[column].get(n, absent[n]) for arm in arms], len(E)) for n in names}
        )
    answer = network_answer(np.tile(E, len(arms)), 1.0, *tables)
    return answer.p.reshape(len(arms), len(E))


def test_softer_is_more_asleep_between_the_plateaus():
    answer = network_answer(E)
    # At the soft end CDK is so low that 1 − f(CDK) rounds to 1.
    assert (np.diff(answer.p) <= 0.0).all()
    assert answer.p[0] > 0.9 > 0.2 > answer.p[-1]
    assert answer.p == pytest.approx(0.05 + 0.9 * answer.dormancy)
    assert not answer.bistable.any()
    assert answer.unique


def test_without_ligand_no_mechanical_drive():
    answer = network_answer(E, 0.0)
    for name in ("integrin_b1", "FAK", "Src", "RhoA", "ROCK", "ERK", "pMLC", "YAP", "CDK"):
        assert answer.of(name) == pytest.approx(0.0, abs=NOISE)
    assert answer.p == pytest.approx(0.95)


@pytest.mark.parametrize("gate", ["integrin_b1", "FAK", "Src", "ERK", "ROCK", "MLCK"])
def test_a_shut_gate_ends_the_drive_whatever_the_stiffness(gate):
    assert p(blocks={gate: 1.0}) == pytest.approx(0.95)
    assert (p(blocks={gate: 0.5}) >= p() - NOISE).all()


def test_mechanism_stiffness_raises_pmlc_and_rock_inhibition_lowers_it():
    free, held = network_answer(E), network_answer(E, blocks={"ROCK": 0.5})
    assert (np.diff(free.of("pMLC")) > 0.0).all()
    assert (held.of("pMLC") < free.of("pMLC")).all()


def test_every_cue_has_the_sign_of_the_table_or_none():
    cues = [cue for cue in load_cues() if cue.given != "by_cells"]
    arms = [
        ({**BACKGROUND.get(cue.cue, {}), cue.cue: dose}, {}) for cue in cues for dose in (0.0, 1.0)
    ]
    for cue, (without, raised) in zip(cues, many(*arms).reshape(-1, 2, len(E)), strict=True):
        change = raised - without
        assert (cue.direction * change > -NOISE).all(), cue.cue
        silent = cue.cue in ("piezo1", "piezo2")
        assert (np.abs(change).max() > 0.01) != silent, cue.cue


def test_all_cues_and_blocks_of_the_rule_have_a_node():
    assert unknown_to_network([cue.cue for cue in load_cues()], known_blocks()) == ()
    assert unknown_to_network(["TGFb2", "moonlight"], ["FAK", "luck"]) == ("moonlight", "luck")
    assert network_answer(E, doses={"moonlight": 1.0}).left_out == ("moonlight",)


TAKEN_AWAY = [
    ("TGFb2", "TGFBR1"),
    ("TGFb2", "TGFBR3"),
    ("BMP7", "BMPR2"),
    ("collagen_III", "DDR1"),
    ("collagen_III", "STAT1"),
    ("AT1_contact", "STAT1"),
    ("COL17A1", "COL17A1_knockdown"),
    ("laminin_211", "dystroglycan"),
    ("hypoxia", "HIF1a"),
    ("hypoxia", "NR2F1"),
    ("C26", "NR2F1"),
    ("norepinephrine", "ADRB2"),
    ("VCAM1", "VCAM1_antibody"),
    ("VCAM1", "integrin_a4"),
    ("osteoclasts", "osteoclast_inhibitor"),
    ("crosslinking", "LOX"),
]


def test_a_block_takes_away_its_signal_and_nothing_else():
    plain = p()
    arms = [
        arm
        for cue, block in TAKEN_AWAY
        for arm in (({cue: 1.0}, {}), ({}, {block: 1.0}), ({cue: 1.0}, {block: 1.0}))
    ]
    for pair, (signal, blocked, both) in zip(
        TAKEN_AWAY, many(*arms).reshape(-1, 3, len(E)), strict=True
    ):
        assert both == pytest.approx(plain, abs=1e-8), pair
        assert blocked == pytest.approx(plain, abs=1e-8), pair
        assert np.abs(signal - plain).max() > 0.01, pair


def test_traps_need_laminin_and_each_step_can_be_stopped():
    laminin, both = {"laminin_111": 1.0}, {"laminin_111": 1.0, "NETs": 1.0}
    steps = ("PAD4", "DNaseI", "neutrophil_elastase", "MMP9")
    senses = ("integrin_a3b1", "cleaved_laminin_epitope")
    plain, nets, uncut, cut, *stopped = many(
        ({}, {}),
        ({"NETs": 1.0}, {}),
        (laminin, {}),
        (both, {}),
        *((both, {block: 1.0}) for block in (*steps, *senses)),
    )
    assert nets == pytest.approx(plain, abs=1e-8)
    for without in stopped[: len(steps)]:
        assert without == pytest.approx(uncut, abs=1e-8)
    for unfelt in stopped[len(steps) :]:
        assert (unfelt >= cut - NOISE).all()
        assert np.abs(unfelt - cut).max() > 0.1


def test_chemotherapy_acts_through_col17a1_and_yap():
    assert p({"chemotherapy": 1.0}) == pytest.approx(p(), abs=1e-8)
    assert p({"chemotherapy": 1.0, "COL17A1": 1.0}, {"YAP": 1.0}) == pytest.approx(0.95)


def test_upar_needs_fibronectin_and_low_upar_hardly_feels_stiffness():
    low, high = p(upar=0.3), p()
    assert (low >= high - NOISE).all()
    assert np.ptp(low) < 0.2 * np.ptp(high)
    assert p(upar=0.3, fibronectin=0.0) == pytest.approx(p(fibronectin=0.0), abs=1e-8)
    # uPAR_loss 1 is the published cut to 0.3; given with it, it is not counted twice
    for upar in (1.0, 0.3):
        assert p({"uPAR_loss": 1.0}, upar=upar) == pytest.approx(low, abs=1e-8)


def test_erk_and_p38_hold_each_other_down():
    free = network_answer(E)
    assert (np.diff(free.of("ERK")) > 0.0).all()
    assert (np.diff(free.of("p38")) < 0.0).all()
    assert (network_answer(E, blocks={"ERK": 1.0}).of("p38") >= free.of("p38")).all()
    assert (network_answer(E, blocks={"p38": 1.0}).of("ERK") >= free.of("ERK")).all()


def test_cells_low_in_upar_between_strong_wakers_hold_two_states():
    # Little a5b1 leaves ERK to the wakers and p38 to ERK: the toggle of the two can sit either way.
    arguments = {"doses": {"TGFb1": 0.7, "norepinephrine": 0.8}, "upar": 0.1}
    sleeper = network_answer(12.0, **arguments)
    waking = network_answer(12.0, **arguments, start="awake")
    assert sleeper.bistable.all()
    assert waking.bistable.all()
    assert (sleeper.start, waking.start) == ("asleep", "awake")
    assert sleeper.p > waking.p + 0.3
    assert sleeper.of("p38") > sleeper.of("ERK")
    assert waking.of("p38") < waking.of("ERK")
    # With parental uPAR the start does not matter.
    assert not network_answer(12.0, doses=arguments["doses"]).bistable.any()


def test_a_state_that_has_just_vanished_is_passed():
    # Near the folds of those two states a trajectory creeps for thousands of tau.
    rise = np.linspace(0.2, 0.4, 21)
    answer = network_answer(
        np.full(21, 12.0), doses={"TGFb1": rise, "norepinephrine": 1.0}, upar=0.2
    )
    assert answer.residual < 1e-10
    assert (np.diff(answer.p) <= NOISE).all()
    assert answer.bistable.any()
    assert not answer.bistable.all()


def test_p27_and_p21_mark_the_sleepers():
    free = network_answer(E)
    hypoxic, bone = network_answer(E, doses={"hypoxia": 1.0}), network_answer(E, doses={"BMP7": 1})
    assert (hypoxic.of("p27") > free.of("p27")).all()
    assert (bone.of("p27") > free.of("p27")).all()
    assert (bone.of("p21") > free.of("p21")).all()


def test_azacytidine_and_atra_together_do_more():
    aza, atra = {"azacytidine": 1.0}, {"ATRA": 1.0}
    both, one, other = many(({**aza, **atra}, {}), (aza, {}), (atra, {}))
    assert both[-1] > max(one[-1], other[-1]) + 0.05
    assert (both >= np.maximum(one, other) - NOISE).all()


def test_presets_turn_the_curve():
    stiff_sleeps = p(stiffness_sign=-1)
    assert (np.diff(stiff_sleeps) > 0.0).all()
    confined = p(degradability=0.0)
    lowest = int(confined.argmin())
    assert 0 < lowest < len(E) - 1  # U-shape
    assert (p(degradability=0.5) <= confined + NOISE).all()
    assert (p() <= p(degradability=0.5) + NOISE).all()


@pytest.mark.parametrize("kept", [0.0, 1.0])
def test_crosslinks_do_what_a_stiffer_gel_does(kept):
    # In a gel that confines they must turn round with stiffness, not wake at every stiffness.
    plain, crosslinked = p(degradability=kept), p({"crosslinking": 1.0}, degradability=kept)
    stiffer = network_answer(2.0 * E, degradability=kept).p
    told = np.abs(stiffer - plain) > 0.02
    assert told.sum() >= 2
    assert (np.sign(crosslinked - plain) == np.sign(stiffer - plain))[told].all()
    if kept == 0.0:
        assert (crosslinked > plain)[E > 10.0].all()


def test_more_than_the_reference_counts_as_the_reference():
    assert p({"TGFb2": 3.0}) == pytest.approx(p({"TGFb2": 1.0}))
    assert network_answer(E, 5.0).p == pytest.approx(p())


def test_nodes_without_an_arrow_onwards():
    network = load_network()
    sources = {n for r in network.reactions for n in (*r.activators, *r.inhibitors)}
    for name in ("LINC", "piezo1_open", "piezo2_open"):
        assert name in network.node_names
        assert name not in sources


def test_every_line_says_what_it_rests_on():
    network = load_network()
    assert set(READ_OUTS) <= set(network.node_names)
    for line in (*network.reactions, *network.species):
        assert line.source or line.note
        if line.standing != "assumption":
            assert line.source
    assert all(one.tau == 1.0 for one in network.species if one.kind in MADE)
    assert all(row["standing"] for row in stated_assumptions(network))


def test_cue_effects_are_differences_of_answers():
    found = cue_effects(E, ["TGFb1"], doses={"TGFb2": 0.2, "TGFb1": 0.1}, upar=0.8)
    base = p({"TGFb2": 0.2, "TGFb1": 0.1}, upar=0.8)
    assert found["TGFb1"] == pytest.approx(p({"TGFb2": 0.2, "TGFb1": 1.0}, upar=0.8) - base)
    with pytest.raises(InputError, match="TGFb2"):
        cue_effects(E, ["TGFb22"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"E": 0.0}, "each above 0 kPa"),
        ({"E": []}, "one stiffness or more"),
        ({"E": np.nan}, "E must be finite"),
        ({"E": [1.0, 2.0], "ligand": [1.0, 2.0, 3.0]}, "ligand must be a number or have one"),
        ({"E": 1.0, "blocks": {"FAK": 1.5}}, "FAK must be finite, >= 0 and <= 1"),
        ({"E": 1.0, "doses": {"TGFb2": -1.0}}, "TGFb2 must be finite, >= 0"),
        ({"E": 1.0, "stiffness_sign": 0}, "stiffness_sign must be 1 or -1"),
        ({"E": 1.0, "degradability": 2.0}, "degradability must be finite"),
    ],
)
def test_wrong_conditions_are_refused(given, words):
    with pytest.raises(InputError, match=words):
        conditions(load_network(), **given)


def test_wrong_plateaus_are_refused():
    with pytest.raises(InputError, match="Pmin < Pmax"):
        network_answer(1.0, plateaus=(0.9, 0.1))
