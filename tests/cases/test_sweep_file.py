"""Sweep files: which cases follow from them, and what their authors are told of slips."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cases.batch.load import load_sweep
from cases.batch.points import Points, expand
from cases.json_schema import sweep_schema
from cases.main import app
from cases.schema.sweep import Goal, Sweep
from meshes.errors import InputError

ROOT = Path(__file__).parents[2]
BASE = """
scaffold: {kind: slab, size: [400 um, 0.4 mm, 300 um]}
inks:
  a.b: {alginate: {youngs_modulus: 3 kPa}, collagen_I: {concentration: 2 mg/mL}}
cells: {count: 12, radius: 8 um, seed: 5}
dormancy: {cues: {TGFb2: 0}}
"""


def write(folder: Path, sweep: str, base: str = BASE) -> Path:
    (folder / "base.yaml").write_text(base, encoding="utf-8")
    path = folder / "many.yaml"
    path.write_text(f"base: base.yaml\n{sweep}", encoding="utf-8")
    return path


def points_of(folder: Path, sweep: str, base: str = BASE) -> Points:
    return expand(load_sweep(write(folder, sweep, base)))


def values(points: Points) -> list[tuple]:
    return [point.values for point in points.points]


def message(folder: Path, sweep: str, base: str = BASE) -> str:
    with pytest.raises(InputError) as caught:
        points_of(folder, sweep, base)
    return str(caught.value)


def test_all_axes_are_crossed_and_the_first_changes_slowest(tmp_path: Path) -> None:
    points = points_of(
        tmp_path, "vary:\n  cells.radius: [6 um, 0.008 mm]\n  cells.seed: [1, 2, 3]\n"
    )
    assert values(points) == [(r, s) for r in (6.0, 8.0) for s in (1, 2, 3)]
    assert [one.column for one in points.inputs] == ["cells.radius_um", "cells.seed"]
    document = points.document(points.points[5])
    assert (document["cells"]["radius"], document["cells"]["seed"]) == ("0.008 mm", 3)
    assert document["name"] == "many 6"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{low: 4 um, high: 0.01 mm, count: 4}", [4.0, 6.0, 8.0, 10.0]),
        ("{low: 4, high: 10, step: 2 um}", [4.0, 6.0, 8.0, 10.0]),
        ("{low: 4, high: 9.9, step: 2}", [4.0, 6.0, 8.0]),
        # equal ratios: 2 from one to the next
        ("{low: 2 um, high: 16 um, count: 4, scale: log}", [2.0, 4.0, 8.0, 16.0]),
    ],
)
def test_ranges_take_units_and_end_where_they_say(
    tmp_path: Path, written: str, expected: list[float]
) -> None:
    points = points_of(tmp_path, f"vary: {{cells.radius: {written}}}\n")
    assert [value for (value,) in values(points)] == pytest.approx(expected, rel=1e-11)


def test_names_with_dots_lists_and_keys_that_the_base_does_not_write(tmp_path: Path) -> None:
    points = points_of(
        tmp_path,
        "vary:\n"
        "  inks.a.b.collagen_I.concentration: [1 mg/mL, 2000 ug/mL]\n"
        "  scaffold.size[3]: [200 um]\n"
        "  load.strain: [2 %]\n"
        "  dormancy.cues.NETs: [0, 0.5]\n",
    )
    assert values(points)[-1] == (2.0, 200.0, 0.02, 0.5)
    document = points.document(points.points[0])
    assert document["scaffold"]["size"] == ["400 um", "0.4 mm", "200 um"]
    assert document["inks"]["a.b"]["collagen_I"] == {"concentration": "1 mg/mL"}
    assert document["load"] == {"strain": "2 %"}
    assert document["dormancy"]["cues"] == {"TGFb2": 0, "NETs": 0}


def test_null_leaves_a_key_out_and_options_have_names(tmp_path: Path) -> None:
    points = points_of(
        tmp_path,
        "vary:\n"
        "  inks.a.b.collagen_III:\n"
        "    options: {wavy: {concentration: 1 mg/mL}, none: null}\n"
        "  inks.a.b.collagen_I: [null, {concentration: 1 mg/mL}]\n",
    )
    assert values(points) == [
        ("wavy", None),
        ("wavy", '{"concentration": "1 mg/mL"}'),
        ("none", None),
        ("none", '{"concentration": "1 mg/mL"}'),
    ]
    assert set(points.document(points.points[2])["inks"]["a.b"]) == {"alginate"}


def test_values_under_zip_step_together(tmp_path: Path) -> None:
    points = points_of(
        tmp_path,
        "vary:\n"
        "  zip:\n"
        "    - {cells.radius: [6, 8], cells.count: [10, 20]}\n"
        "    - scaffold.size[1]: [300, 400, 500]\n"
        "      cells.seed: {low: 1, high: 3, step: 1}\n",
    )
    assert values(points) == [
        (r, n, x, s)
        for r, n in ((6.0, 10), (8.0, 20))
        for x, s in ((300.0, 1), (400.0, 2), (500.0, 3))
    ]


@pytest.mark.parametrize("count", [16, 64])
def test_a_latin_hypercube_meets_every_slice_of_every_axis_once(tmp_path: Path, count: int) -> None:
    sweep = (
        f"vary: {{latin_hypercube: {{count: {count}, seed: 3, over: {{"
        "cells.radius: {low: 4 um, high: 8 um}, "
        "inks.a.b.alginate.youngs_modulus: {low: 1 kPa, high: 16 kPa, scale: log}}}}\n"
    )
    found = values(points_of(tmp_path, sweep))
    from math import log

    slices = [
        sorted(int(count * (radius - 4.0) / 4.0) for radius, _ in found),
        sorted(int(count * log(modulus) / log(16.0)) for _, modulus in found),
    ]
    assert slices == [list(range(count))] * 2
    assert found == values(points_of(tmp_path, sweep))
    assert found != values(points_of(tmp_path, sweep.replace("seed: 3", "seed: 4")))


def test_sobol_points_fill_each_half_alike_and_lists_are_drawn_from(tmp_path: Path) -> None:
    sweep = (
        "vary:\n  sobol:\n    count: 64\n    over:\n"
        "      cells.radius: {low: 4, high: 8}\n"
        "      cells.seed: {low: 1, high: 4}\n"
        "      dormancy.preset: [adhesive, confining]\n"
    )
    found = values(points_of(tmp_path, sweep))
    assert sum(radius < 6.0 for radius, _, _ in found) == 32
    assert {seed: sum(s == seed for _, s, _ in found) for seed in (1, 2, 3, 4)} == dict.fromkeys(
        (1, 2, 3, 4), 16
    )
    assert sum(preset == "adhesive" for _, _, preset in found) == 32


def test_replicates_change_seeds_alone(tmp_path: Path) -> None:
    base = BASE.replace("kPa}", "kPa}, heterogeneity: {cv: 0.2, length: 40 um, seed: 9}")
    points = points_of(tmp_path, "vary: {cells.seed: [1, 7]}\nreplicates: 3\n", base)
    assert [point.replicate for point in points.points] == [1, 2, 3, 1, 2, 3]
    documents = [points.document(point) for point in points.points]
    assert [d["cells"]["seed"] for d in documents] == [1, 2, 3, 7, 8, 9]
    assert [d["inks"]["a.b"]["heterogeneity"]["seed"] for d in documents] == [9, 10, 11] * 2
    assert len({point.key for point in points.points}) == 6


def test_a_condition_leaves_cases_out_before_they_are_checked(tmp_path: Path) -> None:
    points = points_of(
        tmp_path,
        "vary: {cells.radius: [6, 8, 0.4 mm], cells.count: [1, 2]}\n"
        'skip_if: ["cells.radius > 0.5 * scaffold.size[3]", '
        '"cells.radius == 6 and not cells.count < 2"]\n',
    )
    assert values(points) == [(6.0, 1), (8.0, 1), (8.0, 2)]
    assert points.skipped == 3


def test_the_same_content_has_the_same_key_however_it_is_reached(tmp_path: Path) -> None:
    points = points_of(tmp_path, "vary: {cells.radius: [8 um, 0.008 mm, 9 um]}\n")
    first, same, other = points.points
    assert first.key == same.key != other.key


def test_stages_are_shared_where_they_may_be(tmp_path: Path) -> None:
    points = points_of(
        tmp_path,
        "vary:\n"
        "  cells.seed: [1, 2]\n"
        "  dormancy.cues.TGFb2: [0, 1]\n"
        "  inks.a.b.alginate.youngs_modulus: [3 kPa, 4 kPa]\n",
    )
    different = {
        stage: len({dict(point.needs)[stage] for point in points.points})
        for stage in ("mesh", "scaffold", "sensed")
    }
    assert different == {"mesh": 1, "scaffold": 2, "sensed": 4}


def test_wrong_cases_are_told_at_the_line_of_the_sweep(tmp_path: Path) -> None:
    said = message(tmp_path, "vary:\n  cells.count: [3, 4]\n  cells.radius: [8 um, 8 kPa]\n")
    assert re.search(r"many\.yaml:4: cells\.radius: wrong kind of unit", said)
    assert "in case   2: cells.count = 3, cells.radius = 8 kPa" in said
    assert "2 of 4 combinations" in said
    assert "skip_if" in said


def test_what_only_the_whole_case_can_check_is_told_with_the_case(tmp_path: Path) -> None:
    said = message(tmp_path, "vary:\n  scaffold.size[3]: [300 um, 10 um]\n")
    assert "cells larger than the gel around them" in said
    assert "in case   2: scaffold.size[3] = 10 um" in said


def test_wrong_cases_may_be_kept_as_rows(tmp_path: Path) -> None:
    points = points_of(
        tmp_path, "vary:\n  scaffold.size[3]: [300 um, 10 um]\nwrong_cases: record\n"
    )
    assert [bool(point.problem) for point in points.points] == [False, True]
    assert "cells larger than the gel" in points.points[1].problem


# What is written under the base, and what its author must be told: place, and words of the rows.
SLIPS = {
    "nothing varies": ("vary: {}", ("many.yaml:2: vary: nothing is varied",)),
    "no list": ("vary: {cells.count: 3}", ("one value does not vary", "found     3")),
    "an empty list": ("vary: {cells.count: []}", ("an empty list",)),
    "a slip in a range": (
        "vary: {cells.radius: {low: 1, hihg: 2, count: 3}}",
        ("unknown key", "did you mean 'high'?"),
    ),
    "both count and step": (
        "vary: {cells.radius: {low: 4, high: 8, count: 3, step: 1}}",
        ("how a range is stepped",),
    ),
    "upside down": (
        "vary: {cells.radius: {low: 8 um, high: 4 um, count: 3}}",
        ("a range that does not rise",),
    ),
    "log from zero": (
        "vary: {dormancy.cues.TGFb2: {low: 0, high: 1, count: 3, scale: log}}",
        ("a logarithmic range from zero",),
    ),
    "half a cell": (
        "vary: {cells.count: {low: 1, high: 2, count: 3}}",
        ("a range of whole numbers",),
    ),
    "a wrong unit": (
        "vary: {cells.radius: {low: 4 kPa, high: 8 um, count: 3}}",
        ("wrong kind of unit",),
    ),
    "a key that is not there": (
        "vary:\n  cells.radios: [6 um, 8 um]",
        ("many.yaml:3: cells.radios: unknown key", "did you mean 'radius'?"),
    ),
    "twice": (
        "vary: {cells.radius: [6, 8], zip: {cells.radius: [6, 8]}}",
        ("a key that is varied twice",),
    ),
    "a group and its key": (
        "vary: {inks.a.b: [{}], inks.a.b.ligand: [0, 1]}",
        ("a key that is varied twice",),
    ),
    "a name": ("vary: {name: [one, two]}", ("a key that changes no result",)),
    "unequal": (
        "vary: {zip: {cells.radius: [6, 8], cells.seed: [1, 2, 3]}}",
        ("lists of different lengths", "cells.radius: 2, cells.seed: 3"),
    ),
    "too many": (
        "vary: {cells.seed: {low: 1, high: 90000, step: 1}, cells.count: [1, 2]}",
        ("too many cases", "180000"),
    ),
    "samples of nothing": ("vary: {sobol: {count: 3}}", ("samples of nothing",)),
    "no number of samples": (
        "vary: {sobol: {over: {cells.radius: {low: 4, high: 8}}}}",
        ("vary.sobol.count",),
    ),
    "two methods": (
        "vary: {sobol: {count: 2, over: {cells.radius: {low: 4, high: 8}}}, "
        "latin_hypercube: {count: 2, over: {cells.seed: {low: 4, high: 8}}}}",
        ("two ways of sampling",),
    ),
    "all skipped": (
        "vary: {cells.radius: [6, 8]}\nskip_if: cells.radius > 1",
        ("leaves out all 2",),
    ),
    "a condition on nothing": (
        "vary: {cells.radius: [6, 8]}\nskip_if: cells.radis > 1",
        ("many.yaml:3: skip_if[1]: unknown key in a condition", "did you mean 'cells.radius'?"),
    ),
    "code": (
        "vary: {cells.radius: [6, 8]}\nskip_if: __import__('os').system('true') == 0",
        ("not allowed in a condition",),
    ),
    "no comparison": ("vary: {cells.radius: [6, 8]}\nskip_if: cells.radius", ("not a condition",)),
    "two goals": (
        "vary: {cells.radius: [6, 8]}\n"
        "goal: {highest: mean_p_dormant, lowest: apparent_modulus_kPa}",
        ("a goal must be one thing",),
    ),
    "a goal that is none": (
        "vary: {cells.radius: [6, 8]}\ngoal: {highest: mean_p_dorman}",
        ("not one of the choices", "did you mean 'mean_p_dormant'?"),
    ),
    "no time": ("vary: {cells.radius: [6, 8]}\ntimeout: 3 kPa", ("wrong kind of unit",)),
    "beyond the list": (
        "vary:\n  scaffold.size[4]: [1 mm]",
        ("a list of 3 values has no number 4",),
    ),
    "nowhere": ("vary: {cells..radius: [6, 8]}", ("not the path of a key",)),
}


@pytest.mark.parametrize("slip", SLIPS, ids=lambda name: name.replace(" ", "-"))
def test_a_slip_is_told_where_it_is_and_how_to_mend_it(tmp_path: Path, slip: str) -> None:
    sweep, words = SLIPS[slip]
    said = message(tmp_path, sweep + "\n")
    for word in words:
        assert word in said
    assert "Traceback" not in said


def test_replicates_of_a_case_without_seeds_are_refused(tmp_path: Path) -> None:
    (tmp_path / "at.csv").write_text("x_um,y_um,z_um\n200,200,150\n", encoding="utf-8")
    base = BASE.replace("count: 12, radius: 8 um, seed: 5", "file: at.csv, radius: 8 um")
    said = message(tmp_path, "vary: {dormancy.cues.TGFb2: [0, 1]}\nreplicates: 2\n", base)
    assert "replicates" in said


def test_a_base_outside_the_folder_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "vary: {cells.radius: [6, 8]}\n")
    path.write_text("base: ../base.yaml\nvary: {cells.radius: [6, 8]}\n", encoding="utf-8")
    with pytest.raises(InputError, match="outside"):
        load_sweep(path)


def test_a_case_written_out_is_the_same_as_one_beside(tmp_path: Path) -> None:
    beside = points_of(tmp_path, "vary: {cells.radius: [6, 8]}\n")
    inside = tmp_path / "inside.yaml"
    indented = BASE.replace("\n", "\n  ")
    inside.write_text(f"vary: {{cells.radius: [6, 8]}}\ncase:{indented}\n", encoding="utf-8")
    assert [p.key for p in expand(load_sweep(inside)).points] == [p.key for p in beside.points]


def test_every_key_of_a_sweep_is_documented_and_in_the_schema() -> None:
    page = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
    schema = sweep_schema()
    for key in Sweep.model_fields:
        assert f"`{key}`" in page
        assert key in schema["properties"]
    assert all(f"`{{{key}: …}}`" in page for key in Goal.model_fields)


def test_the_schema_takes_the_sweeps_of_the_gallery() -> None:
    import jsonschema
    from ruamel.yaml import YAML

    checker = jsonschema.Draft7Validator(sweep_schema())
    for path in (ROOT / "cases" / "gallery" / "sweeps").glob("*.yaml"):
        checker.validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    assert list(checker.iter_errors({"vary": {"a": [1]}}))


def test_a_dry_run_tells_the_cases_and_writes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "vary: {cells.radius: [6, 8]}\n")
    told = CliRunner().invoke(app, ["batch", str(path), "--dry-run", "-o", str(tmp_path / "out")])
    assert told.exit_code == 0
    assert "2 cases" in told.stdout
    assert "1 meshes, 1 scaffold solves, 2 sets of cells" in told.stdout
    assert not (tmp_path / "out").exists()
    plain = CliRunner().invoke(
        app, ["batch", str(path), "--dry-run", "--json", "-o", str(tmp_path / "out")]
    )
    cases = json.loads(plain.stdout)["cases"]
    assert [case["cells.radius_um"] for case in cases] == [6.0, 8.0]


def test_a_case_is_no_sweep_and_a_sweep_no_case(tmp_path: Path) -> None:
    sweep = write(tmp_path, "vary: {cells.radius: [6, 8]}\n")
    for words in (["check", str(sweep)], ["batch", str(tmp_path / "base.yaml"), "--dry-run"]):
        refused = CliRunner().invoke(app, words)
        assert refused.exit_code == 2
        assert "sweep" in refused.output
