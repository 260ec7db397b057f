"""Arms, presets, unknowns, history, network and clutch: checked, kept, drawn, put in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import pandas as pd
import pytest

from postprocess import biology_plots, opinion_plots
from postprocess import biology_words as words
from postprocess.biology import Biology
from postprocess.biology_columns import TABLES
from postprocess.biology_tables import read_tables, write_tables
from postprocess.contract import ResultError
from postprocess.results import RunResult

MakeBiology = Callable[..., Biology]


def changed(biology: Biology, name: str, **columns: object) -> Biology:
    return dataclasses.replace(biology, **{name: getattr(biology, name).assign(**columns)})


def arm(low: float, value: float, high: float, same_sign: float = 0.9) -> Biology:
    """A control and one arm with this difference."""
    rows = [("control", 0.0, 0.0, 0.0, 1.0), ("it", low, value, high, same_sign)]
    table = pd.DataFrame(
        [(n, "x", 0.5, 0.3, 0.7, v, lo, hi, s, 0.5) for n, lo, v, hi, s in rows],
        columns=list(TABLES["compare"]),
    )
    return Biology(compare=table)


def verdict(biology: Biology, result: RunResult) -> str:
    return words.arm_rows(biology, result.sites)[1].verdict


@pytest.mark.parametrize("name", [name for name in TABLES if name != "sensitivity"])
def test_a_table_without_rows_or_with_other_columns_is_refused(biology: Biology, name: str) -> None:
    table = getattr(biology, name)
    for broken in (table.head(0), table.iloc[:, ::-1], table.assign(mood=1)):
        with pytest.raises(ResultError, match=f"{name}: expected rows with columns"):
            dataclasses.replace(biology, **{name: broken})


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        ("compare", {"difference_high": float("nan")}, "'difference_high': .* NaN"),
        ("compare", {"mean_p": 1.2}, "'mean_p': 1.2 is above 1"),
        ("compare", {"difference_low": 0.9}, "in row 0 the band runs from 0.9 down to 0"),
        ("compare", {"arm": "control"}, "arm 'control' comes twice"),
        ("compare", {"difference": 0.01}, "first row must be 'control' with difference 0"),
        ("compare_sites", {"arm": "stranger"}, "arms must be those of compare"),
        ("presets", {"chosen": True}, "3 are chosen, expected one"),
        ("presets", {"chosen": "yes"}, "'chosen': expected true or false"),
        ("sensitivity", {"total_conf": -0.1}, "'total_conf': -0.1 is negative"),
        ("history", {"step": 1}, "steps must rise"),
        ("history", {"step": [0, 0.5, 2]}, "'step': expected whole numbers"),
        ("network", {"ink": 3}, "'ink': expected texts"),
        ("clutch", {"drive": float("inf")}, "'drive'.*infinite"),
    ],
)
def test_what_cannot_be_is_refused(
    biology: Biology, name: str, columns: dict[str, object], message: str
) -> None:
    with pytest.raises(ResultError, match=message):
        changed(biology, name, **columns)


def test_thresholds_and_sites_are_checked(result: RunResult, biology: Biology) -> None:
    crossed = [{"ligand": 1.0, "value": 5.0, "low": 6.0, "high": 4.0}]
    with pytest.raises(ResultError, match=r"clutch_threshold_kPa\[0\]"):
        dataclasses.replace(biology, clutch_threshold_kPa=crossed)
    assert biology.compare_sites is not None
    short = dataclasses.replace(biology, compare_sites=biology.compare_sites.iloc[1:])
    with pytest.raises(ResultError, match="arm 'DNase I' must have every site once"):
        dataclasses.replace(result, biology=short)
    upside = {"p_min": 0.9, "p_max": 0.1, "amplitude": 1.0}
    with pytest.raises(ResultError, match="plateaus must lie in"):
        dataclasses.replace(result, summary=result.summary | {"plateaus": upside})


def test_tables_read_back_and_give_the_same_bytes(biology: Biology, tmp_path: Path) -> None:
    write_tables(biology, tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(first) == {f"{name}.csv" for name in TABLES}
    back = read_tables(tmp_path, biology.notes())
    assert back is not None
    for name, table in biology.tables().items():
        pd.testing.assert_frame_equal(
            getattr(back, name), table.reset_index(drop=True), check_dtype=False, rtol=1e-8
        )
    assert back.notes() == biology.notes()
    write_tables(back, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert read_tables(tmp_path, None) is None


@pytest.mark.parametrize("name", ["NA", "12", "", "a\nb", 'say "x", y', "=1+1", "é🧬"])
def test_names_stay_texts(
    result: RunResult, make_biology: MakeBiology, tmp_path: Path, name: str
) -> None:
    write_tables(make_biology(result, (name,)), tmp_path)
    back = read_tables(tmp_path, {})
    assert back is not None
    assert back.compare is not None
    assert list(back.compare["arm"]) == ["control", name]


@pytest.mark.parametrize(
    ("low", "value", "high", "said"),
    [
        (0.02, 0.12, 0.3, "keeps more cells asleep; its band excludes zero"),
        (-0.3, -0.1, -0.02, "wakes cells; its band excludes zero"),
        (0.001, 0.002, 0.004, "keeps more cells asleep, by less than one percentage point"),
        (-0.01, 0.05, 0.2, "open: leans towards sleep, but its band reaches zero (90 % of"),
        # An end that is zero is reached: a weight whose range starts at 0 may do nothing at all.
        (0.0, 0.05, 0.2, "open: leans towards sleep"),
        (-0.2, -0.05, 0.0, "open: leans towards waking"),
        (0.0, 0.0, 0.0, "no difference"),
        (-0.1, 0.0, 0.1, "open: no difference at the values chosen"),
    ],
)
def test_a_verdict_is_never_surer_than_the_band(
    result: RunResult, low: float, value: float, high: float, said: str
) -> None:
    assert said in verdict(arm(low, value, high), result).replace("\u00a0", " ")


def test_sentences_on_arms(result: RunResult, biology: Biology) -> None:
    first, caution, memory = words.arm_sentences(biology, "adhesive")
    # Of −12 (−18.3 to −5) and +4 (−1.4 to +10) points only the first excludes zero.
    assert "“adhesive”, 1 of 2 arms has a difference from the control whose band" in first
    assert "“DNase I”, −12 percentage points (band −18 to −5.0)" in first
    assert "does not mean that the effect was seen in cells" in caution
    assert "without the memory" in memory
    (none, _) = words.arm_sentences(arm(-0.1, 0.1, 0.2), "adhesive")
    assert "no arm has a difference from the control whose band excludes zero" in none
    assert "the one arm has" in words.arm_sentences(arm(0.05, 0.1, 0.2), "adhesive")[0]


def test_sites_that_change_sides_are_counted(result: RunResult, biology: Biology) -> None:
    assert biology.compare_sites is not None
    ids = result.sites["id"]
    asleep = int((result.sites["p_dormant"] > 0.5).sum())
    table = pd.concat(
        pd.DataFrame({"id": ids, "arm": name, "p_dormant": p})
        for name, p in (("DNase I", 0.1), ("FAK inhibitor", 0.9))
    )
    arms = dataclasses.replace(biology, compare_sites=table)
    # Where cells remember a past, the sites table is not the control of arms that have none.
    assert {row.crossing for row in words.arm_rows(arms, result.sites)} == {""}
    rows = words.arm_rows(dataclasses.replace(arms, history=None), result.sites)
    n = len(ids)
    assert rows[0].crossing == ""
    assert rows[1].crossing == f"{asleep} of {n} sites to mostly awake"
    assert rows[2].crossing == f"{n - asleep} of {n} sites to mostly asleep"
    # A control of their own replaces the sites table: here it is awake everywhere.
    own = pd.concat([table, pd.DataFrame({"id": ids, "arm": "control", "p_dormant": 0.2})])
    rows = words.arm_rows(dataclasses.replace(biology, compare_sites=own), result.sites)
    assert rows[1].crossing == "no site changes sides"
    assert rows[2].crossing == f"{n} of {n} sites to mostly asleep"


def test_sentences_on_presets_and_unknowns(biology: Biology) -> None:
    (said,) = words.preset_sentences(biology)
    assert "31 % (“repopulating”) to 70 % (“confining”)" in said.replace("\u00a0", " ")
    assert "do not agree on whether most cells sleep" in said
    assert "agree on the side" in words.preset_sentences(changed(biology, "presets", mean_p=0.6))[0]
    top, shared, _ = words.sensitivity_sentences(biology)
    # Total 0.55 ± 0.10, first 0.41; firsts sum to 0.73 without the negative one.
    assert "“half-way stiffness E50”" in top
    assert "about 55 %" in top.replace("\u00a0", " ")
    assert "(± 10 points)" in top
    assert "remove 41 %" in top.replace("\u00a0", " ")
    assert "About 27 % of the variance" in shared.replace("\u00a0", " ")
    # 0.33 + 0.2 >= 0.55 − 0.2: the second may be the first.
    alike = words.sensitivity_sentences(changed(biology, "sensitivity", total_conf=0.2))
    assert "too coarse to rank it before “steepness n”" in alike[1]
    assert biology.sensitivity is not None
    for nothing in (biology.sensitivity.head(0), biology.sensitivity.assign(first=0.0, total=0.0)):
        quiet = dataclasses.replace(biology, sensitivity=nothing)
        assert "No unknown moves" in words.sensitivity_sentences(quiet)[0]


def test_sentences_on_the_past(biology: Biology) -> None:
    (said,) = words.history_sentences(biology)
    # Now 0.38 (0.18 to 0.66) against 0.54 without memory, inside the band.
    assert "more cells awake: −16 percentage points. That is less than the band" in said
    far = changed(biology, "history", without_memory=0.05)
    assert "asleep: +33 percentage points. That is more than" in words.history_sentences(far)[0]
    same = changed(biology, "history", without_memory=0.381)
    assert "next to nothing" in words.history_sentences(same)[0]


def test_sentences_on_network_and_clutch(biology: Biology) -> None:
    asked, note = words.network_sentences(biology)
    assert asked.startswith("7 classes of alike sites were put to a network")
    assert note == biology.network_notes[0]
    threshold, peak = words.clutch_sentences(biology)
    assert "3.50 kPa (3.00 to 4.10) at ligand × 0.62; 5.00 kPa" in threshold
    # 300 E/(E + 5) exp(−E/20) has its maximum at (√425 − 5)/2 = 7.8 kPa; nearest of the grid: 9.4.
    assert "pull hardest near 9.4 kPa" in peak
    noisy = words.clutch_sentences(changed(biology, "clutch", depleted_se_Pa=100.0))
    assert len(noisy) == 1, "a fall within the noise is none"
    none = dataclasses.replace(biology, clutch_threshold_kPa=[])
    assert "No threshold was found" in words.clutch_sentences(none)[0]


def test_nothing_is_said_of_what_was_not_computed(result: RunResult) -> None:
    assert not any(words.told(result).values())


def test_hostile_names_stay_inside_their_pictures(
    result: RunResult, make_biology: MakeBiology, tmp_path: Path
) -> None:
    nasty = "$x^2$ <script>alert('x')</script>\n\t🧬 " + "w" * 300
    biology = make_biology(result, tuple(f"{nasty}{i}" for i in range(3)))
    biology = changed(changed(biology, "sensitivity", label=nasty), "network", ink="soft")
    assert biology.history is not None
    biology = dataclasses.replace(biology, history=biology.history.assign(name=nasty))
    drawn = {
        "compare": lambda path: biology_plots.compare(biology, nasty, path),
        "sensitivity": lambda path: biology_plots.sensitivity(biology, nasty, path),
        "history": lambda path: biology_plots.history(biology, nasty, path),
        "network": lambda path: opinion_plots.network(biology, nasty, {"soft": "#123570"}, path),
    }
    for key, draw in drawn.items():
        draw(tmp_path / f"{key}.png")
        image = matplotlib.image.imread(tmp_path / f"{key}.png")
        # 7.5 inches at 200 dpi; what sticks out of the figure would widen it.
        assert 1200 < image.shape[1] < 1620, f"{key} is {image.shape[1]} pixels wide"


def test_arms_are_not_said_to_find_a_sign(result: RunResult, make_biology: MakeBiology) -> None:
    said = " ".join(words.arm_sentences(make_biology(result, ("arm",)), "adhesive"))
    assert "the sign of a signal is put into the rule" in said
