"""The signs of the published claims, in the rule and in the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from solver.coupling import known_blocks, known_cues, load_cues, load_drugs
from solver.coupling.claims import (
    Result,
    evaluate,
    load_claims,
    load_tests,
    markdown,
    without_cues,
)
from solver.coupling.claims.tiers import RuleTier

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return evaluate()


def test_every_claim_is_tested_or_says_why_not():
    claims, tested = load_claims(), {test.claim for test in load_tests()}
    assert list(claims) == [f"C{i:02d}" for i in range(1, 37)] + [f"I{i}" for i in range(1, 16)]
    for claim in claims.values():
        if claim.encoded:
            # C11 only says which receptors there are: see the next test
            assert claim.claim in tested | {"C11"}, claim.claim
        else:
            assert claim.remark, claim.claim


def test_the_receptors_of_claim_c11_exist():
    assert {"piezo1", "piezo2"} <= set(known_cues())
    assert "integrin_b1" in known_blocks()


def test_cues_and_drugs_name_claims_that_exist():
    for line in (*load_cues(), *load_drugs().values()):
        assert set(line.claims) <= set(load_claims())


def test_the_rule_has_every_sign(results):
    assert [(r.test.claim, r.test.test) for r in results if r.holds("rule") is False] == []


def test_the_network_has_every_sign_or_the_disagreement_is_stated(results):
    # and none is stated that is not there
    for r in results:
        assert (r.holds("network") is False) == bool(r.test.disagreement), r.test


def test_what_the_rule_is_said_to_find_does_not_rest_on_the_direction_of_a_cue():
    # The table of cues is turned round: what wakes keeps asleep. A sign that is still there was not
    # put in by a line of the table. It is emergent, or put in by the rule itself: the gate, which
    # stiffness opens and blocks shut, and the amplitude that uPAR sets.
    turned = tuple(replace(cue, direction=-cue.direction) for cue in load_cues())
    signed = [
        r for r in evaluate({"rule": RuleTier(turned)})
        if r.test.expected != "0" and r.holds("rule") is not None
    ]  # fmt: skip
    left = {(r.test.claim, r.test.test): r.test.kinds["rule"] for r in signed if r.holds("rule")}
    emergent = {key for key, kind in left.items() if kind == "emergent"}
    assert emergent == {
        (r.test.claim, r.test.test) for r in signed if r.test.kinds["rule"] == "emergent"
    }
    assert {claim for claim, _ in emergent} == {"C05", "C10"}
    assert {claim for claim, _ in left.keys() - emergent} == {"C01", "C02", "C16"}
    # By both paths the sign of the chemistry is put in: against it, stiffness alone does not win.
    assert not {key for key in left if key[0] == "C03"}
    assert ("C05", "wavy III against straight") not in left


def test_piezo_is_an_exact_zero(results):
    piezo = [r for r in results if r.test.claim == "C14"]
    assert len(piezo) == 2
    for r in piezo:
        assert (r.outcomes["rule"].low, r.outcomes["rule"].high) == (0.0, 0.0)


def test_an_effect_that_should_be_there_is_more_than_rounding(results):
    for r in results:
        for tier, outcome in r.outcomes.items():
            if r.test.expected != "0" and r.holds(tier):
                assert max(abs(outcome.low), abs(outcome.high)) > 0.02, (tier, r.test)


def test_the_page_is_what_comes_out(results):
    assert PAGE.read_text(encoding="utf-8") == markdown(results, without_cues())
