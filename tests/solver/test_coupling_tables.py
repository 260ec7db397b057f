"""The data a user edits: cue table and presets, and what is said when a line is wrong."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling import (
    DormancyRule,
    known_blocks,
    known_cues,
    known_parameters,
    known_presets,
    load_cues,
    load_preset,
)

HEADER = (
    "cue,acts_through,acts_on,given,needs,blocked_by,direction,weight,weight_low,weight_high,"
    "standing,source,claims,note"
)
STANDINGS = {"measured", "published", "derived", "assumption"}


def table(tmp_path, *lines):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return path


def test_names():
    assert known_presets() == ("adhesive", "confining", "repopulating")
    assert {"collagen_I", "collagen_III", "TGFb2", "TGFb1", "BMP7", "TSP1"} <= set(known_cues())
    assert {"integrin_b1", "FAK", "MLCK", "DDR1", "STAT1", "TGFBR3", "p38", "BMPR2"} <= set(
        known_blocks()
    )
    assert {"E50", "n", "F", "Pmin", "Pmax", "u0", "kappa50", "q"} <= set(known_parameters())


@pytest.mark.parametrize("preset", known_presets())
def test_every_number_has_a_range_a_standing_and_a_reason(preset):
    for p in load_preset(preset).table.values():
        assert p.low <= p.value <= p.high
        assert p.standing in STANDINGS
        assert p.note
        if p.standing != "assumption":
            assert p.source


def test_repopulating_turns_at_the_geometric_mean_of_its_two_gels():
    # √(0.09 · 1.05) = √0.0945 = 0.3074 kPa, stated as 0.31
    e50 = load_preset("repopulating").table["E50"]
    assert e50.value == pytest.approx(math.sqrt(e50.low * e50.high), rel=0.01)
    assert e50.standing == "assumption"


def test_a_line_is_all_it_takes_to_add_a_cue(tmp_path):
    cues = load_cues(
        table(
            tmp_path,
            # NETs act only on laminin, in any order of lines; laminin_111 is a mere condition here.
            'NETs,"elastase, then MMP9",R,by_user,laminin_111,PAD4,-1,1,0,1.5,assumption,x,,',
            "laminin_111,substrate,R,by_user,,,+1,0,0,0,assumption,x,,",
            "MMP9x,late step,R,by_user,NETs;fibronectin,,-1,1,1,1,assumption,x,,",
        )
    )
    numbers = load_preset("adhesive")
    rule = DormancyRule(numbers, cues)
    base = rule.probability(2.1)[0]
    assert rule.probability(2.1, doses={"NETs": 1.0})[0] == base
    # full need: R = 5, P = 0.95 − 0.9·5/6 = 0.2; half the laminin: R = √5, P = 0.95 − 0.9·0.69098
    full, half, plenty = rule.probability(
        np.full(3, 2.1), doses={"NETs": 1.0, "laminin_111": [1.0, 0.5, 7.0]}
    )
    assert full == pytest.approx(0.2)
    assert half == pytest.approx(0.95 - 0.9 * 0.690983, abs=1e-6)
    assert plenty == full  # a need permits, it does not amplify
    # blocking NETs takes away what needs them, too
    both = {"NETs": 1.0, "laminin_111": 1.0, "MMP9x": 1.0}
    assert rule.probability(2.1, doses=both)[0] < full
    assert DormancyRule(numbers, cues, ["PAD4"]).probability(2.1, doses=both)[0] == base
    # and a site's own condition can be needed: without fibronectin MMP9x adds nothing
    shares = rule.log_odds_shares([2.1, 2.1], doses=both, fibronectin=[1.0, 0.0])
    np.testing.assert_allclose(shares["MMP9x"], [-math.log(5.0), 0.0], atol=1e-15)


def test_a_spreadsheets_marks_and_blank_lines_do_no_harm(tmp_path):
    path = tmp_path / "excel.csv"
    text = f"{HEADER}\r\n,,,,,,,,,,,,,\r\nwnt5a, ROR2 ,R,by_user,,,1,1,0,2,assumption,,,\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (cue,) = load_cues(path)
    assert (cue.cue, cue.acts_through, cue.direction) == ("wnt5a", "ROR2", 1)


GOOD = "a,way,R,by_user,,,+1,1,0,2,assumption,,,"


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("b c,way,R,by_user,,,+1,1,0,2,assumption,,,", "cue"),
        (",way,R,by_user,,,+1,1,0,2,assumption,,,", "cue"),
        ("stiffness,way,R,by_user,,,+1,1,0,2,assumption,,,", "cue"),
        ("a,way,R,by_user,,,+1,1,0,2,assumption,,,", "cue"),
        ("b,way,R,by_user,nobody,,+1,1,0,2,assumption,,,", "needs"),
        ("b,way,R,by_user,b,,+1,1,0,2,assumption,,,", "needs"),
        ("b,way,R,by_user,,FAK MLCK,+1,1,0,2,assumption,,,", "blocked_by"),
        ("b,way,R,by_user,,,up,1,0,2,assumption,,,", "direction"),
        ("b,way,R,by_user,,,+1,strong,0,2,assumption,,,", "weight"),
        ("b,way,R,by_user,,,+1,3,0,2,assumption,,,", "weight"),
        ("b,way,R,by_user,,,+1,1,-1,2,assumption,,,", "weight_low"),
        ("b,way,R,by_user,,,+1,1,0,inf,assumption,,,", "weight_high"),
        ("b,way,R,by_user,,,+1,1,0,2,certain,,,", "standing"),
        ("b,way,R,by_user,,,+1,1,0,2,assumption,", "source"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(tmp_path, line, column):
    with pytest.raises(InputError, match=rf"mine\.csv, line 3, column {column}: expected"):
        load_cues(table(tmp_path, GOOD, line))


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(HEADER.replace("direction", "sign") + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: column direction is missing"):
        load_cues(path)


def test_a_users_number_has_no_band_unless_given():
    numbers = load_preset("adhesive", {"E50": 3.0, "n": {"value": 1.5, "low": 1.0, "high": 2.0}})
    e50, n = numbers.table["E50"], numbers.table["n"]
    assert (e50.value, e50.low, e50.high) == (3.0, 3.0, 3.0)
    assert (n.value, n.low, n.high) == (1.5, 1.0, 2.0)
    assert e50.standing == "assumption"
    assert e50.source == ""  # the preset's source does not vouch for another number
    only_band = numbers.with_parameters({"F": {"low": 4.5, "high": 5.5}}).table["F"]
    assert (only_band.low, only_band.value, only_band.high) == (4.5, 5.0, 5.5)
    assert load_preset("adhesive")["E50"] == 2.1  # and the preset itself is untouched


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"E5O": 2.0}, r"no dormancy parameter 'E5O'[\s\S]*'E50'"),
        ({"E50": 0.0}, "E50: value must be above 0"),
        ({"E50": -1.0}, "E50: value must be above 0"),
        ({"E50": math.nan}, "E50"),
        ({"E50": "2 kPa"}, "E50: value must be a number in kPa"),
        ({"E50": True}, "E50: value must be a number"),
        ({"E50": {"value": 2.0, "low": 3.0, "high": 4.0}}, "low <= value <= high"),
        ({"E50": {"val": 2.0}}, r"no key of dormancy parameter E50 'val'[\s\S]*'value'"),
        ({"F": 0.5}, "F: value must be >= 1"),
        ({"u0": 1.5}, "u0: value must be >= 0 and <= 1"),
        ({"Pmin": 0.95}, "Pmin must end below that of Pmax"),
        ({"degradability": 0.5, "n": 4.0}, "confinement needs q > n"),
        ({"n": {"value": 2.0, "standing": "sure"}}, r"no standing"),
    ],
)
def test_a_number_that_cannot_be_is_refused(overrides, complaint):
    with pytest.raises(InputError, match=complaint):
        load_preset("adhesive", overrides)


def test_an_unknown_preset_is_refused():
    with pytest.raises(InputError, match=r"no dormancy preset 'adhesiv'[\s\S]*'adhesive'"):
        load_preset("adhesiv")


def test_importing_the_rule_loads_neither_scipy_nor_dolfinx():
    code = (
        "import sys, solver.coupling as c; c.known_cues(); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'scipy', 'dolfinx', 'pandas'}))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
