"""``dormatrix assay``: what a case may ask, what comes out, and that it follows from the P of the
result."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cases.assay.cells import founders_at, room_in
from cases.assay.command import run_assay
from cases.assay.source import read_source
from cases.errors import CaseError
from cases.load import parse_case
from cases.progress import Progress
from meshes.errors import InputError

CASE = """
name: {name}
scaffold: {{kind: slab, size: [400 um, 400 um, 300 um]}}
inks: {{g: {{alginate: {{youngs_modulus: {modulus}}}, ligand: 1}}}}
cells: {{count: 6, radius: 8 um, seed: 1}}
course:
  duration: 6 days
  founders: 600
  read: [1 day, 6 days]
  assays: [edu_pulse, fucci, ki67, p27]
{further}
"""
TREATED = """  treatment:
    - {name: chemotherapy, start: 2 days, kills_S: 0.5 /h}
"""

# What stands under course, and words that its author must be told.
SLIPS = {
    "assays: [edu_puls]": ("unknown assay", "did you mean 'edu_pulse'?"),
    "assays: {edu_pulse: {puls: 4 h}}": ("unknown key", "did you mean 'pulse'?"),
    "assays: {edu_pulse: {pulse: 4 kPa}}": ("wrong kind of unit", "a time"),
    "assays: {edu_pulse: {pulse: 0 h}}": ("a number that the assay cannot use",),
    "read: [20 days]": ("a reading after the end", "480 h"),
    "cycle: {variation: 0.05}": ("a variation that is too small",),
    "cycle: {G1: 0 h}": ("too small",),
    "cycle: {slow: {inherited: 1}}": ("too large",),
    "{sites: fixed, room: true}": ("room where nothing grows",),
    "treatment: [{name: a, start: 3 d}, {name: b, start: 1 d}]": ("out of order",),
    "treatment: [{name: a, start: 30 days}]": ("a treatment after the end",),
    "treatment: [{name: a, start: 1 d, kills_s: 1 /h}]": ("did you mean 'kills_S'?",),
    "mass: {clusters: 0}": ("too small",),
}


def text(name: str = "one", modulus: str = "2 kPa", further: str = "") -> str:
    return CASE.format(name=name, modulus=modulus, further=further)


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_under_course_are_told(slip: str) -> None:
    course = slip if slip.startswith("{") else f"{{{slip}}}"
    head = text().partition("course:")[0]
    with pytest.raises(CaseError) as caught:
        parse_case(f"{head}course: {course}\n")
    assert all(word in str(caught.value) for word in SLIPS[slip])


def test_what_cells_do_in_time_is_no_part_of_the_case_that_is_computed() -> None:
    bare = parse_case(text().partition("course:")[0])
    assert bare.content_hash == parse_case(text()).content_hash


def test_founders_are_spread_evenly_over_the_sites() -> None:
    x = np.arange(15.0).reshape(5, 3)
    p, ink = np.linspace(0.1, 0.5, 5), np.zeros(5, dtype=np.int64)
    keys = parse_case(text()).course
    assert keys is not None
    many = founders_at(x, p, ink, keys)
    assert np.array_equal(np.unique(many.p, return_counts=True)[1], [120] * 5)
    few = founders_at(x, p, ink, keys.model_copy(update={"founders": 3}))
    assert few.p == pytest.approx([0.1, 0.3, 0.5])


def test_room_is_where_there_is_gel() -> None:
    case = parse_case(
        "scaffold: {kind: disc, diameter: 600 um, height: 200 um}\n"
        "inks: {g: {alginate: {youngs_modulus: 3 kPa}}}\n"
        "cells: {count: 4, radius: 5 um, seed: 1}\nload: {kind: none}\n"
    )
    room = room_in(case)
    assert room.inside is not None
    # a cylinder of radius 300 and height 200; cubes of 5 um at its rim are in or out
    volume = room.inside.sum() * room.step_um**3
    assert volume == pytest.approx(np.pi * 300.0**2 * 200.0, rel=0.01)


@pytest.fixture(scope="module")
def designs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results of a stiff and of a soft gel."""
    from cases.run import run_case

    folder = tmp_path_factory.mktemp("designs")
    for name, modulus, further in (("stiff", "6 kPa", TREATED), ("soft", "0.6 kPa", "")):
        case = parse_case(text(name, modulus, further))
        run_case(case, folder / name, workers=1, figures=False)
    return folder / "stiff", folder / "soft"


@pytest.fixture(scope="module")
def done(designs: tuple[Path, Path]) -> Path:
    """The study of the stiff gel, against the soft one."""
    out = designs[0].parent / "assay"
    run_assay(designs[0], designs[1], out, figures=False)
    return out


@pytest.mark.dolfinx
def test_the_share_asleep_tends_to_P(designs: tuple[Path, Path], tmp_path: Path) -> None:
    source = read_source(designs[1], Progress(quiet=True))
    run_assay(designs[1], None, tmp_path / "out", figures=False)
    course = pd.read_csv(tmp_path / "out" / "course.csv")
    found, expected = course["G0_fraction"].iloc[-1], source.p.mean()
    # 6 days with a mean stay of 5: more than half the way from 0, and never above P
    assert 0.5 * expected < found < expected


@pytest.mark.dolfinx
def test_tables_hold_every_assay_and_no_NaN(done: Path) -> None:
    scores = pd.read_csv(done / "scores.csv")
    assert set(scores["assay"]) == {"EdU pulse", "FUCCI", "Ki67", "p27"}
    assert set(scores["at_h"]) == {24.0, 144.0}
    assert set(scores["arm"]) == {"stiff", "without treatment"}
    for name in ("scores.csv", "course.csv", "plan.csv", "assay.json", "assay.html"):
        content = (done / name).read_text(encoding="utf-8")
        assert content
        assert "NaN" not in content.replace("NaN</abbr>", "")
    for name in ("called", "true"):
        assert (scores[f"{name}_low"] <= scores[name]).all()
        assert (scores[name] <= scores[f"{name}_high"]).all()
    cells = pd.read_parquet(done / "cells.parquet")
    assert cells.groupby(["assay", "at_h"])["cell"].nunique().max() <= 2000


@pytest.mark.dolfinx
def test_known_errors_of_the_assays_show(done: Path) -> None:
    scores = pd.read_csv(done / "scores.csv").set_index(["arm", "assay", "at_h"])
    plain = scores.loc["without treatment"].xs(144.0, level="at_h")
    assert plain.loc["FUCCI", "called"] > 1.5 * plain.loc["FUCCI", "true"]  # red is all of G1
    assert plain.loc["EdU pulse", "specificity"] < 0.5  # whoever is not in S is dark
    assert plain.loc["Ki67", "sensitivity"] < plain.loc["p27", "sensitivity"]  # fresh arrest


@pytest.mark.dolfinx
def test_who_sleeps_survives_a_drug_that_kills_in_S(done: Path) -> None:
    course = pd.read_csv(done / "course.csv")
    treated, plain = (
        course[course["arm"] == arm].iloc[-1] for arm in ("stiff", "without treatment")
    )
    assert treated["living"] < 0.2 * plain["living"]
    assert treated["G0_fraction"] > 2.0 * plain["G0_fraction"]


@pytest.mark.dolfinx
def test_how_many_clones_outlive_a_treatment(designs: tuple[Path, Path], tmp_path: Path) -> None:
    """By equations of a branching process, and by counting simulated clones."""
    from cases.assay.cells import follow
    from cases.assay.leftover import leftover

    source = read_source(designs[0], Progress(quiet=True))
    ink = np.zeros(len(source.p), dtype=np.int64)
    found = follow("x", founders_at(source.x, source.p, ink, source.course), source.course,
                   treated=True)  # fmt: skip
    told = leftover(found, source.course)
    assert told is not None
    alive = float((found.course.clone_size[-1] > 0).mean())
    error = np.sqrt(told.outliving * (1.0 - told.outliving) / told.founders)
    assert 0.05 < told.outliving < 0.95
    assert abs(alive - told.outliving) < 5.0 * error
    # a mean stay of 120 h, death at 0.001 per hour, over 144 h
    assert told.sleeping_through == pytest.approx(np.exp(-(1 / 120 + 0.001) * 144.0))


@pytest.mark.dolfinx
def test_the_plan_knows_which_design_sleeps_more(done: Path) -> None:
    plan = pd.read_csv(done / "plan.csv")
    best = plan.iloc[0]
    assert best["assay"] in ("p27", "Ki67")
    assert best["difference"] > 0.0
    assert best["true_difference"] > 0.0
    assert (plan["low"] <= plan["difference"]).all()
    assert (plan["difference"] <= plan["high"]).all()
    assert plan["assurance"].between(0.0, 1.0).all()


@pytest.mark.dolfinx
def test_the_same_seed_gives_the_same_bytes(
    done: Path, designs: tuple[Path, Path], tmp_path: Path
) -> None:
    run_assay(designs[0], designs[1], tmp_path / "again", figures=False)
    for name in ("scores.csv", "course.csv", "plan.csv", "cells.parquet", "assay.json"):
        assert (tmp_path / "again" / name).read_bytes() == (done / name).read_bytes()


@pytest.mark.dolfinx
def test_clusters_without_vessels_are_held_while_their_cells_divide(
    designs: tuple[Path, Path],
) -> None:
    from cases.assay.mass import grow_masses
    from cases.schema.mass import Mass

    source = read_source(designs[0], Progress(quiet=True))
    masses = grow_masses(source, Mass(clusters=1, cells=3000.0, duration=720.0))
    told = masses.summary()
    assert told["states"]["held"] == 1
    assert told["edu_share_at_end"][0] > 0.01
    assert 0.0 <= told["hypoxia_dose_mean"] <= 1.0
    assert told["site_oxygen_mmHg"]["lowest"] < 142.0


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no result of a finished run"):
        read_source(tmp_path, Progress(quiet=True))
    (tmp_path / "case.json").write_text(json.dumps({"case": {}}), encoding="utf-8")
    with pytest.raises(InputError):
        read_source(tmp_path, Progress(quiet=True))


@pytest.mark.dolfinx
def test_where_nobody_is_left_tables_are_empty_not_wrong(designs: tuple[Path, Path]) -> None:
    from dataclasses import replace

    from cases.assay.study import study
    from cases.assay.write import cells_table, scores_table
    from cases.schema.course import Course, Cycle, Death

    source = read_source(designs[1], Progress(quiet=True))
    dying = Cycle(death=Death(cycling=5.0, slow=5.0, G0=5.0))
    course = Course(duration=72.0, founders=50, cycle=dying, assays=["ki67"], read=(72.0,))
    case = source.case.model_copy(update={"course": course})
    found = study(replace(source, case=case), None, (300, 3, 0.8), Progress(quiet=True))
    assert found.arms[0].course.clone_size[-1].sum() == 0
    scores = scores_table(found)
    assert scores["cells"].tolist() == [0]
    assert scores["called"].isna().all()
    assert len(cells_table(found)) == 0
