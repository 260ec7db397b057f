"""The rule asked again: nothing moved gives the run's own numbers, moved what a run would find."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cases.load import load_case, parse_case
from cases.view.live import LiveRule, Stopped
from meshes.errors import InputError
from postprocess.tables import read_parquet
from tests.browser.made_run import CASE, made_run

MEMORY = "  memory: {start: asleep, history: [{name: soft, stiffness: 0.3}]}\n"
GRADIENT = "    gradient: {along: x, levels: 3, to: {collagen_I: {concentration: 0.2 mg/mL}}}\n"


def graded(text: str) -> str:
    return text.replace("cells:", GRADIENT + "cells:", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def rule(folder: Path) -> LiveRule:
    return LiveRule(folder)


@pytest.mark.parametrize(
    "text",
    [
        CASE,
        CASE + MEMORY,
        graded(CASE),
        CASE + "  paths: {collagen_mechanics: false}\n",
        CASE + "  drugs: {FAK_inhibitor: {concentration: 1 uM, IC50: {value: 2 uM, low: 1 uM, "
        "high: 4 uM}}}\n",
    ],
    ids=["plain", "memory", "gradient", "no mechanics", "drug"],
)
def test_nothing_moved_is_the_run_itself(text: str, tmp_path: Path) -> None:
    run = made_run(tmp_path, text=text)
    table, answer = read_parquet(run / "sites.parquet"), LiveRule(run).answer()
    np.testing.assert_array_equal(answer.p, table["p_dormant"])
    low, high, mean = answer.bands()
    np.testing.assert_array_equal(low, table["p_dormant_low"])
    np.testing.assert_array_equal(high, table["p_dormant_high"])
    told = json.loads((run / "summary.json").read_text())["mean_p_dormant"]
    assert mean == pytest.approx((told["low"], told["high"]), rel=1e-12)
    for cue, values in answer.shares().items():
        if np.any(values):
            np.testing.assert_array_equal(values, table[f"logodds_{cue}"])
        else:
            assert f"logodds_{cue}" not in table


@pytest.mark.parametrize(
    ("moved", "preset"),
    [
        ({"parameter:E50": 4.0, "parameter:Pmin": 0.1}, None),
        ({"ligand": 0.3}, None),
        ({"cue:TGFb2": 1.0, "block:FAK": 0.5}, None),
        ({"drug:FAK_inhibitor": 0.7, "uPAR": 0.4, "fibronectin": 0.5}, None),
        ({"parameter:degradability": 0.4, "parameter:kappa50": 2.0}, "confining"),
        ({}, "repopulating"),
    ],
)
def test_the_edited_case_says_the_same(
    rule: LiveRule, folder: Path, moved: dict[str, float], preset: str | None, tmp_path: Path
) -> None:
    text = rule.edited_case(moved, preset)
    (tmp_path / "edited.yaml").write_text(text, encoding="utf-8")
    case = load_case(tmp_path / "edited.yaml")  # 'dormatrix check' would accept it
    assert case.name == "wavy niche (edited)"
    again = made_run(tmp_path / "again", text=text)
    table, answer = read_parquet(again / "sites.parquet"), rule.answer(moved, preset)
    np.testing.assert_allclose(answer.p, table["p_dormant"], rtol=1e-12)
    low, high, _ = answer.bands()
    np.testing.assert_allclose(low, table["p_dormant_low"], rtol=1e-9)
    np.testing.assert_allclose(high, table["p_dormant_high"], rtol=1e-9)
    assert np.abs(answer.p - rule.answer().p).max() > 0.01


def test_the_steps_of_a_gradient_keep_their_ligand(tmp_path: Path) -> None:
    run = made_run(tmp_path / "a", text=graded(CASE))
    live = LiveRule(run)
    again = made_run(tmp_path / "b", text=live.edited_case({"ligand": 0.4}))
    table = read_parquet(again / "sites.parquet")
    np.testing.assert_allclose(live.answer({"ligand": 0.4}).p, table["p_dormant"], rtol=1e-12)


def test_directions(rule: LiveRule) -> None:
    plain = rule.answer().mean
    assert rule.answer({"parameter:E50": 6.0}).mean > plain  # more stiffness needed: more sleep
    assert rule.answer({"ligand": 0.2}).mean > plain
    assert rule.answer({"block:FAK": 1.0}).mean == pytest.approx(0.95)  # gate shut: Pmax
    assert rule.answer({"cue:TGFb2": 0.0}).mean < plain


def test_a_moved_scale_keeps_its_range_as_a_factor(rule: LiveRule) -> None:
    case = parse_case(rule.edited_case({"parameter:E50": 4.2}))  # the preset: 1 to 2.1 to 4.5 kPa
    assert case.dormancy.parameters["E50"] == pytest.approx({"value": 4.2, "low": 2.0, "high": 9.0})
    assert case.dormancy.parameters["n"] == 2.5  # the author's own, untouched


def test_single_sites_and_blocks_of_sites_are_as_all_together(rule: LiveRule) -> None:
    answer = rule.answer({"cue:TGFb2": 0.7})
    rows = np.array([3, 17])
    for cue, values in answer.shares(rows).items():
        np.testing.assert_array_equal(values, answer.shares()[cue][rows])


def test_bands_that_are_not_wanted_any_more_stop(rule: LiveRule) -> None:
    with pytest.raises(Stopped):
        rule.answer().bands(32, lambda: True)


def test_few_samples_are_near_many(rule: LiveRule) -> None:
    few, many = rule.answer().bands(rule.few)[2], rule.answer().bands()[2]
    assert few == pytest.approx(many, abs=0.1)


def test_what_contradicts_itself_is_told(rule: LiveRule) -> None:
    with pytest.raises(InputError, match="Pmin"):
        rule.answer({"parameter:Pmin": 0.97})
    with pytest.raises(InputError, match="q"):
        rule.answer({"parameter:q": 1.0}, "confining")


def test_the_authors_own_table_of_signals_travels_with_the_result(tmp_path: Path) -> None:
    from cases.rule.listing import cue_csv

    mine = cue_csv().replace("\nTGFb2,", "\nmy_signal,")
    home = tmp_path / "home"
    (home / "tables").mkdir(parents=True)
    (home / "tables" / "mine.csv").write_text(mine + "\n", encoding="utf-8")
    text = CASE.replace("{TGFb2: 0.25}", "{my_signal: 0.25}")
    text += "  cue_table: {file: tables/mine.csv, extend: false}\n"
    run = made_run(tmp_path / "run", text=text, home=home)
    (home / "tables" / "mine.csv").unlink()
    live = LiveRule(run)
    assert "cue:my_signal" in {control.key for control in live.controls()}
    table = read_parquet(run / "sites.parquet")
    np.testing.assert_array_equal(live.answer().p, table["p_dormant"])
    assert live.answer({"cue:my_signal": 1.0}).mean > live.answer().mean


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("document"),
        lambda record: record.pop("gels"),
        lambda record: record["gels"][0].pop("crimp"),
        lambda record: record["gels"][0].update(name="other"),
        lambda record: record["document"].update(dormancy={"preset": "none such"}),
        lambda record: record["document"]["dormancy"].update(
            cue_table={"file": "../../outside.csv"}
        ),
    ],
)
def test_a_result_that_does_not_hold_the_rule_is_told(
    folder: Path, tmp_path: Path, spoil: object
) -> None:
    record = json.loads((folder / "case.json").read_text())
    record["cue_table"] = "never written"
    spoil(record)  # type: ignore[operator]
    (tmp_path / "case.json").write_text(json.dumps(record))
    (tmp_path / "sites.parquet").write_bytes((folder / "sites.parquet").read_bytes())
    with pytest.raises(InputError):
        LiveRule(tmp_path)
    assert not (tmp_path.parent / "outside.csv").exists()


def test_controls_begin_where_the_case_stands(rule: LiveRule) -> None:
    at = {control.key: control for control in rule.controls()}
    assert at["parameter:n"].value == 2.5
    assert at["cue:TGFb2"].value == 0.25
    assert at["parameter:E50"].unit == "kPa"
    for control in at.values():
        assert control.low <= control.value <= control.high, control.key
    assert "parameter:clutch_gain" not in at  # no clutch here
    assert rule.presets[0] == "adhesive"
