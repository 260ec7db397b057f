"""Treatments of a case: arms, concentrations, presets, the past, the second opinion.

Expected values come from the equation of the rule, written out by hand, or from what must not
change; the cells are given, so that nothing is solved.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from cases.biology.answer import Answer, apply_rule
from cases.biology.sites import Sites
from cases.biology.state import arm_state, present_state
from cases.errors import CaseError
from cases.load import parse_case
from cases.schema import Case
from cases.schema.treatment import CONTROL

HEAD = """
scaffold: {kind: slab, size: [500 um, 500 um, 500 um]}
inks: {niche: {youngs_modulus: 3 kPa, ligand: 1}}
cells: {count: 10}
dormancy:
"""
STIFFNESS = np.geomspace(0.4, 12.0, 9)


def case_of(text: str) -> Case:
    return parse_case(HEAD + text)


def sites(stiffness: Any = STIFFNESS) -> Sites:
    e = np.asarray(stiffness, dtype=float)
    return Sites(
        stiffness=e,
        without_collagen=None,
        ink=np.zeros(len(e), dtype=np.int64),
        ligand=np.ones(len(e)),
        collagen={},
        log_sd=np.array([0.2]),
    )


def answer(text: str, stiffness: Any = STIFFNESS) -> Answer:
    quick = "  sensitivity: false\n  network: false\n" if "sensitivity" not in text else ""
    return apply_rule(case_of(text + quick), sites(stiffness), ["niche"])


def arms(text: str, stiffness: Any = STIFFNESS) -> dict[str, Any]:
    table = answer(text, stiffness).biology.compare
    assert table is not None
    return {row.arm: row for row in table.itertuples()}


NETS = "  cues: {NETs: 1, laminin_111: 1}\n"


def test_an_inhibitor_of_PAD4_undoes_what_NETs_do_and_nothing_else() -> None:
    found = arms(
        NETS + "  compare:\n"
        "    PAD4: {drugs: {PAD4_inhibitor: 1}}\n"
        "    none: {cues: {NETs: 0}}\n"
        "    antibody: {drugs: {anti_cleaved_laminin: 1}}\n"
    )
    assert found["PAD4"].difference > 0.05
    # Without NETs laminin is whole, and so it is when no NET forms: the same thing.
    assert found["PAD4"].mean_p == pytest.approx(found["none"].mean_p, abs=1e-12)
    # The antibody keeps cut laminin from waking, but does not make it whole again.
    assert 0.0 < found["antibody"].difference < found["PAD4"].difference
    idle = arms("  compare: {PAD4: {drugs: {PAD4_inhibitor: 1}}}\n")["PAD4"]
    assert (idle.difference, idle.difference_low, idle.difference_high) == (0.0, 0.0, 0.0)


def test_an_arm_is_the_case_but_for_what_it_says() -> None:
    found = arms("  cues: {TGFb2: 0.5}\n  compare: {same: {}, same again: {cues: {TGFb2: 0.5}}}\n")
    for name in ("same", "same again"):
        assert found[name].difference == 0.0
        assert found[name].mean_p == found["control"].mean_p
        assert found[name].changed == "nothing"


def test_differences_are_paired() -> None:
    """The ends of the two bands would leave the sign open; sample by sample it is not."""
    found = arms("  compare: {cue: {cues: {TGFb2: 1}}}\n")
    row, control = found["cue"], found["control"]
    assert row.same_sign == 1.0  # a cue whose weight is never negative cannot wake
    assert row.difference_low >= 0.0
    unpaired = row.mean_p_low - control.mean_p_high
    assert unpaired < 0.0


def test_a_concentration_at_its_EC50_is_half_a_dose() -> None:
    half = answer("  cues: {TGFb2: {concentration: 2 ng/mL, EC50: 2 ng/mL}}\n")
    np.testing.assert_allclose(half.p, answer("  cues: {TGFb2: 0.5}\n").p, rtol=1e-12)
    # 3 EC50 with Hill exponent 2: 9/(1 + 9)
    steep = answer("  cues: {TGFb2: {concentration: 6 nM, EC50: 2 nM, hill: 2}}\n")
    np.testing.assert_allclose(steep.p, answer("  cues: {TGFb2: 0.9}\n").p, rtol=1e-12)


def test_a_drug_at_its_IC50_blocks_half() -> None:
    half = answer("  drugs: {FAK_inhibitor: {concentration: 0.1 uM, IC50: 100 nM}}\n")
    np.testing.assert_allclose(half.p, answer("  block: {FAK: 0.5}\n").p, rtol=1e-12)


def test_a_range_of_the_EC50_widens_the_band() -> None:
    cue = "  cues: {{TGFb2: {{concentration: 1 nM, EC50: {}}}}}\n"
    known = answer(cue.format("1 nM")).band.mean_samples
    ranged = answer(cue.format("{value: 1 nM, low: 0.01 nM, high: 100 nM}")).band.mean_samples
    # Every other number is drawn alike: the samples differ by the EC50 alone.
    assert np.abs(ranged - known).max() > 0.01
    assert np.corrcoef(ranged, known)[0, 1] > 0.8


def test_low_uPAR_divides_R_by_F() -> None:
    """P = Pmax - (Pmax - Pmin) a R/(1+R), R = (E/E50)²/5, a = 0.3 + 0.7 · 0.3 (uPAR 0.3)."""
    r = (STIFFNESS / 2.1) ** 2 / 5.0
    expected = 0.95 - 0.9 * 0.51 * r / (1.0 + r)
    np.testing.assert_allclose(answer("  uPAR: 0.3\n").p, expected, rtol=1e-12)


def test_ligand_taken_away_and_given_back() -> None:
    found = arms("  compare: {bare: {ligand: 0}, back: {ligand: 1}}\n")
    assert found["bare"].mean_p == pytest.approx(0.95)  # no drive at all: Pmax
    assert found["back"].difference == 0.0


@pytest.mark.parametrize(
    "numbers",
    ["", "  parameters: {E50: 8 kPa, n: {value: 1.5, low: 1, high: 2}}\n", "  degradability: 0.5\n",
     "  uPAR: 0.5\n  cues: {TGFb2: 0.5}\n  parameters: {F: 4, degradability: 0.7}\n"],
)  # fmt: skip
def test_other_presets_are_arms_with_those_presets(numbers: str) -> None:
    biology = answer(
        f"  preset: adhesive\n{numbers}"
        "  compare: {confining: {preset: confining}, repopulating: {preset: repopulating}}\n"
    ).biology
    assert biology.presets is not None
    assert biology.compare is not None
    found = {row.preset: row for row in biology.presets.itertuples()}
    assert [name for name, row in found.items() if row.chosen] == ["adhesive"]
    arm = {row.arm: row for row in biology.compare.itertuples()}
    for name in ("confining", "repopulating"):
        for column in ("mean_p", "mean_p_low", "mean_p_high", "above_half"):
            assert getattr(found[name], column) == getattr(arm[name], column)


def test_other_presets_keep_the_numbers_that_they_share() -> None:
    # With E50 8 kPa of the user: R = (E/8)^2/(1 + (E/10)^4) in the gel that confines; the E50 of
    # the other cells is what makes them others: (0.31/E)^2.
    table = answer("  parameters: {E50: 8 kPa}\n").biology.presets
    assert table is not None
    found = dict(zip(table["preset"], table["mean_p"], strict=True))
    confined = (STIFFNESS / 8.0) ** 2 / (1.0 + (STIFFNESS / 10.0) ** 4)
    for name, ratio in (("confining", confined), ("repopulating", (0.31 / STIFFNESS) ** 2)):
        assert found[name] == pytest.approx((0.95 - 0.9 * ratio / (1.0 + ratio)).mean()), name


def test_a_preset_that_the_numbers_do_not_allow_is_left_out() -> None:
    # Confinement needs q > n, and q is 4.
    text = "  parameters: {n: 5}\n"
    table = answer(text).biology.presets
    assert table is not None
    assert list(table["preset"]) == ["adhesive", "repopulating"]
    (warning,) = case_of(text).warnings
    assert "leaves out confining" in warning


def test_the_past_counts_where_there_is_memory() -> None:
    text = "  memory:\n    history: [{{name: before, stiffness: {}}}]\n"
    soft, stiff = (answer(text.format(factor)) for factor in (0.01, 100))
    none = answer("")
    # Cells that come from a soft gel sleep more than cells that come from a stiff one; between
    # them lie cells without a past.
    assert (soft.p > none.p).all()
    assert (none.p > stiff.p).all()
    # Feedback 6: delta = 6/sqrt(3) - 2 ln((1 + 1/sqrt 3)/(1 - 1/sqrt 3)), by hand.
    s = 1.0 / math.sqrt(3.0)
    width = 6.0 * s - 2.0 * math.log((1.0 + s) / (1.0 - s))
    log_odds = [np.log((0.95 - p) / (p - 0.05)) for p in (soft.p, stiff.p)]
    np.testing.assert_allclose(log_odds[1] - log_odds[0], width, rtol=1e-9)


def test_history_ends_with_the_case_itself() -> None:
    found = answer(
        "  memory:\n    start: awake\n    history:\n"
        "      - {name: soft, stiffness: 0.2}\n      - {name: TGF-b2, cues: {TGFb2: 1}}\n"
    )
    table = found.biology.history
    assert table is not None
    assert list(table["name"]) == ["soft", "TGF-b2", "now"]
    assert table["mean_p"].iloc[-1] == pytest.approx(found.p.mean(), rel=1e-12)
    assert table["without_memory"].iloc[-1] == pytest.approx(answer("").p.mean(), rel=1e-12)


def test_a_history_that_stays_put_changes_nothing() -> None:
    settled = answer("  memory: {history: [{name: same}, {name: again}]}\n")
    np.testing.assert_allclose(settled.p, answer("").p, rtol=1e-12)


def test_the_clutch_stands_in_for_the_closed_form() -> None:
    """More stiffness wakes with either; they are not the same curve."""
    clutch, hill = answer("  gate: clutch\n"), answer("")
    assert (np.diff(clutch.p) < 1e-9).all()
    assert np.abs(clutch.p - hill.p).max() > 0.05
    table = clutch.biology.clutch
    assert table is not None
    assert {"traction_Pa", "depleted_Pa", "drive"} <= set(table.columns)
    assert hill.biology.clutch is None
    named = " ".join(row["what"] for row in clutch.assumptions)
    assert "talin" in named


def test_unknowns_that_do_not_act_do_not_matter() -> None:
    table = answer("  sensitivity: true\n  network: false\n").biology.sensitivity
    assert table is not None
    assert set(table["factor"]) == {"E50", "n", "Pmin", "Pmax", "stiffness_ink_0"}
    assert table["total"].is_monotonic_decreasing
    assert 0.9 < table["first"].sum() <= 1.02 * table["total"].sum()


def test_the_network_is_asked_the_same_question() -> None:
    text = "  sensitivity: false\n  block: [FAK]\n"
    found = answer(text).biology
    assert found.network is not None
    # A shut gate: the rule gives Pmax, and the network finds nobody awake either.
    np.testing.assert_allclose(found.network["p_rule"], 0.95)
    assert (found.network["p_network"] > 0.9).all()
    assert found.network["n_sites"].sum() == len(STIFFNESS)
    assert found.network_notes


def test_own_signals_extend_the_table(tmp_path: Any) -> None:
    header = "cue,acts_through,acts_on,given,needs,blocked_by,direction,weight,weight_low,"
    header += "weight_high,standing,source,claims,note\n"
    line = "serum,growth factors,R,by_user,,ERK,-1,0.5,0,1,assumption,,,\n"
    (tmp_path / "mine.csv").write_text(header + line)
    text = HEAD + "  cue_table: {file: mine.csv}\n  cues: {serum: 1, TGFb2: 0.2}\n"
    case = parse_case(text, folder=tmp_path)
    assert {"serum", "TGFb2"} <= {cue.cue for cue in case.dormancy.cue_lines()}
    state = present_state(case, sites())
    p = state.rule.probability(**state.inputs)
    # e = 0.5 - 0.2: serum of weight 0.5 wakes, a fifth of TGF-b2 of weight 1 keeps asleep
    r = (STIFFNESS / 2.1) ** 2 * 5.0**0.3
    np.testing.assert_allclose(p, 0.95 - 0.9 * r / (1.0 + r), rtol=1e-12)
    assert "serum" in parse_case(text, folder=tmp_path).resolved()["dormancy"]["cues"]
    changed = parse_case(text, folder=tmp_path).content_hash
    (tmp_path / "mine.csv").write_text(header + line.replace("0.5,0,1", "0.6,0,1"))
    assert parse_case(text, folder=tmp_path).content_hash != changed


def test_dose_0_takes_away_so_that_a_drug_may_stand_in() -> None:
    case = case_of(
        "  block: [FAK]\n  compare: {swap: {block: {FAK: 0}, drugs: {FAK_inhibitor: 0.5}}}\n"
    )
    arm = arm_state(case, sites(), case.dormancy.compare["swap"])
    other = case_of("  block: {FAK: 0.5}\n")
    state = present_state(other, sites())
    np.testing.assert_allclose(
        arm.rule.probability(**arm.inputs), state.rule.probability(**state.inputs), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  compare: {control: {ligand: 0}}\n", "'control' is the case itself"),
        ("  compare: {a: {}, ' a': {ligand: 0}}\n", "names that differ"),
        ("  compare: {'=1+1': {ligand: 0}}\n", "does not begin with ="),
        ("  memory: {history: [{name: '+cmd|x!A0'}]}\n", "does not begin with ="),
        (f"  compare: {{{', '.join(f'a{i}: {{}}' for i in range(33))}}}\n", "at most 32"),
    ],
)
def test_names_of_arms_that_cannot_be_are_refused(text: str, words: str) -> None:
    with pytest.raises(CaseError, match=re.escape(words)):
        case_of(text)


def test_the_tables_call_the_case_itself_by_the_reserved_name() -> None:
    assert arms("  compare: {a: {}}\n").keys() == {CONTROL, "a"}


def test_names_of_arms_may_begin_with_a_sign() -> None:
    assert list(case_of("  compare: {+TGFb2: {ligand: 0}, -FAK: {ligand: 1}}\n").dormancy.compare)


def test_a_drug_without_a_target_in_the_own_table_is_refused_at_its_line(tmp_path: Any) -> None:
    header = "cue,acts_through,acts_on,given,needs,blocked_by,direction,weight,weight_low,"
    header += "weight_high,standing,source,claims,note\n"
    (tmp_path / "mine.csv").write_text(header + "a,x,R,by_user,,,1,1,0,1.5,assumption,,,\n")
    text = HEAD + "  drugs: {DNaseI: 1}\n  cue_table: {file: mine.csv, extend: false}\n"
    with pytest.raises(CaseError, match=r"dormancy\.drugs\.DNaseI"):
        parse_case(text, folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  drugs: {PAD4_inhibitor: 1}\n", "blocking PAD4 does nothing here"),
        ("  cues: {NETs: 1}\n", "needs laminin_111"),
        ("  cues: {piezo1: 1}\n", "piezo1 does nothing by itself"),
        ("  drugs: {C26: 1, NR2F1_inhibitor: 1}\n", "C26 does nothing: NR2F1 blocked"),
        ("  drugs: {MLCK_inhibitor: 1}\n", "MLCK blocked"),
        ("  compare: {a: {drugs: {DNaseI: 1}}}\n", "arm 'a': blocking DNaseI does nothing here"),
    ],
)
def test_what_does_nothing_is_warned_of(text: str, words: str) -> None:
    assert any(words in warning for warning in case_of(text).warnings), case_of(text).warnings


CLUTCH = "  gate: clutch\n"
COLLAGEN = HEAD.replace("ligand: 1", "collagen_I: {concentration: 2 mg/mL}, ligand: 1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  cues: {crosslinking: 1}\n", ["crosslinking stiffens all the same"]),
        (
            "  compare: {a: {cues: {crosslinking: 0.5}}, b: {ligand: 0.5}}\n",
            ["arm 'a': crosslinking stiffens all the same"],
        ),
        (CLUTCH + "  block: {integrin_b1: 0.5}\n", ["integrin_b1 is blocked in part"]),
        (CLUTCH + "  drugs: {anti_integrin_b1: 0.5}\n", ["integrin_b1 is blocked in part"]),
        (
            CLUTCH + "  compare: {a: {drugs: {anti_integrin_b1: "
            "{concentration: 1 nM, IC50: 1 nM}}}}\n",
            ["arm 'a': integrin_b1 is blocked in part"],
        ),
        (CLUTCH + "  compare: {a: {ligand: 0.5}}\n", ["arm 'a': less ligand with gate clutch"]),
        (
            CLUTCH + "  memory: {history: [{name: early, ligand: 0.5}]}\n",
            ["state 'early': less ligand with gate clutch"],
        ),
    ],
)
def test_what_acts_otherwise_than_one_expects_is_warned_of(text: str, words: list[str]) -> None:
    found = case_of(text).warnings
    assert len(found) == len(words)
    assert all(part in warning for part, warning in zip(words, found, strict=True)), found


def test_crosslinks_need_collagen_that_counts() -> None:
    given = "  cues: {crosslinking: 1}\n"
    assert parse_case(COLLAGEN + given).warnings == ()
    (warning,) = parse_case(COLLAGEN + given + "  paths: {collagen_mechanics: false}\n").warnings
    assert "collagen_mechanics is off" in warning
    # Collagen in an ink without cells is nothing that these cells feel.
    shape = (
        "{kind: woodpile, inks: [bare, niche], strand_diameter: 400 um, pitch: 1 mm, "
        "layer_height: 320 um, layers: 4, size: [3 mm, 3 mm]}"
    )
    inks = "{bare: {youngs_modulus: 3 kPa, ligand: 1}, niche: {collagen_I: {concentration: 2}}}"
    for cells, warned in (("", False), (", inks: [niche]", False), (", inks: [bare]", True)):
        text = f"scaffold: {shape}\ninks: {inks}\ncells: {{count: 10{cells}}}\ndormancy:\n"
        said = " ".join(parse_case(text + given).warnings)
        assert ("no ink with cells" in said) == warned, cells


def test_the_clutch_has_less_ligand_wake_near_its_threshold() -> None:
    """What the warning says is what the model does; with the Hill gate it never does."""
    near = [5.0]
    for part in ("  block: {integrin_b1: 0.3}\n", "  drugs: {anti_integrin_b1: 0.3}\n"):
        assert answer(CLUTCH + part, near).p[0] < answer(CLUTCH, near).p[0]
        assert answer(part, near).p[0] > answer("", near).p[0]


@pytest.mark.parametrize(
    "text",
    [
        NETS,
        CLUTCH + "  block: {FAK: 0.5}\n",
        CLUTCH + "  compare: {a: {block: [integrin_b1]}, b: {ligand: 0}, c: {ligand: 2}}\n",
        "  block: {integrin_b1: 0.5}\n  compare: {a: {ligand: 0.5}}\n",
        "  uPAR: 0.3\n  compare: {a: {drugs: {p38_inhibitor: 1}}}\n",
        "  fibronectin: 0\n  block: [p38]\n",
        "  cues: {TGFb2: 1}\n  block: {TGFBR3: 0.5}\n",
        "  uPAR: 0.3\n",
        NETS + "  compare: {a: {drugs: {DNaseI: 1}}, b: {cues: {NETs: 0}}}\n",
    ],
)
def test_what_acts_is_not_warned_of(text: str) -> None:
    assert case_of(text).warnings == ()


def test_an_arm_with_another_preset_keeps_the_numbers_that_are_not_that_presets() -> None:
    # E50 is the user's where the two presets share it, the preset's where it is what makes it one:
    # R = (E/3)^2/(1 + (E/10)^4) in the gel that confines, (0.31/E)^2 for the other cells.
    arm = arms(
        "  parameters: {E50: 3 kPa}\n"
        "  compare: {confined: {preset: confining}, other cells: {preset: repopulating}}\n"
    )
    confined = (STIFFNESS / 3.0) ** 2 / (1.0 + (STIFFNESS / 10.0) ** 4)
    for name, ratio in (("confined", confined), ("other cells", (0.31 / STIFFNESS) ** 2)):
        expected = (0.95 - 0.9 * ratio / (1.0 + ratio)).mean()
        assert arm[name].mean_p == pytest.approx(expected), name
