"""Drugs: what the table may say, and how they turn into blocks and doses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meshes.errors import InputError
from solver.coupling import (
    DormancyRule,
    Dose,
    drugs,
    known_blocks,
    known_cues,
    load_cues,
    load_preset,
)
from solver.coupling.drugs import known_drugs, load_drugs, resolve_drugs


@pytest.mark.parametrize("drug", load_drugs().values(), ids=lambda drug: drug.drug)
def test_every_line_hits_what_the_cue_table_has(drug):
    assert set(drug.targets) <= set(known_blocks() if drug.action == "blocks" else known_cues())
    assert drug.targets
    assert drug.note
    assert drug.source or drug.standing == "assumption"


def test_no_two_drugs_give_one_cue():
    given = [t for drug in load_drugs().values() if drug.action == "gives" for t in drug.targets]
    assert len(set(given)) == len(given)


def test_a_drug_becomes_a_block_or_a_dose():
    blocks, doses = resolve_drugs({"FAK_inhibitor": 0.8, "C26": 2.0}, {"p38": 0.1}, {"TGFb2": 0.5})
    assert blocks == {"p38": 0.1, "FAK": pytest.approx(0.8)}
    assert doses == {"TGFb2": 0.5, "C26": 2.0}
    # bare names mean full blocks; no drugs change nothing
    assert resolve_drugs({}, ["MLCK"]) == ({"MLCK": 1.0}, {})


def test_drugs_on_different_targets_of_one_cue_leave_the_product():
    # TGFb2 at dose 1 through TGFBR1 and p38: (1 − 0.5)(1 − 0.4) = 0.3 of it is left, so
    # R = 5^−0.3 at E50: P = 0.95 − 0.9·x/(1 + x), x = 0.61703
    blocks, doses = resolve_drugs(
        {"TGFBR1_inhibitor": 0.5, "p38_inhibitor": 0.4}, doses={"TGFb2": 1.0}
    )
    rule = DormancyRule(load_preset("adhesive"), load_cues(), blocks)
    x = 5.0**-0.3
    assert rule.probability(2.1, doses=doses)[0] == pytest.approx(0.95 - 0.9 * x / (1.0 + x))


def test_drugs_on_one_target_leave_the_product(monkeypatch):
    # No two drugs of the table share a target: let one more block FAK, (1 − 0.5)(1 − 0.4) = 0.3.
    table = load_drugs()
    twin = replace(table["FAK_inhibitor"], drug="twin")
    monkeypatch.setattr(drugs, "load_drugs", lambda: {**table, "twin": twin})
    blocks, _ = resolve_drugs({"FAK_inhibitor": 0.5, "twin": 0.4})
    # R = 0.3 at E50: P = 0.95 − 0.9·0.3/1.3
    p = DormancyRule(load_preset("adhesive"), blocks=blocks).probability(2.1)[0]
    assert p == pytest.approx(0.95 - 0.27 / 1.3)


def test_a_concentration_passes_through():
    dose = Dose(1.0, ((2.0, "IC50_FAK_inhibitor"),))
    blocks, _ = resolve_drugs({"FAK_inhibitor": dose})
    assert blocks == {"FAK": dose}


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (({"FAK_inhibitr": 1.0},), r"no drug 'FAK_inhibitr'[\s\S]*'FAK_inhibitor'"),
        (({"FAK_inhibitor": 1.0}, ["FAK"]), "blocks FAK, which is also stated outright"),
        (({"C26": 1.0}, (), {"C26": 0.5}), "gives C26, which is also stated outright"),
        (({"C26": 1.0}, (), None, load_cues()[:1]), "gives C26, which this cue table does not"),
    ],
)
def test_contradictions_are_refused(call, complaint):
    with pytest.raises(InputError, match=complaint):
        resolve_drugs(*call)


def test_names():
    assert {"DNaseI", "MLCK_inhibitor", "anti_cleaved_laminin", "chemotherapy"} <= set(
        known_drugs()
    )
