"""The page of a sweep: complete, closed, safe against any text, and never without an answer."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from postprocess.sweep.page import write_sweep_report
from postprocess.sweep.rows import MOST_ROWS, case_links, failures, input_text
from postprocess.sweep.view import SweepInput, SweepView
from tests.postprocess.sweep_tables import (
    COLLAGEN,
    CROSSLINKS,
    LIGAND,
    MATRIX,
    finished,
    grid,
    samples,
    two,
    view,
)

NASTY = "<script>alert('x')</script> & “niche” $x_{1}$ 🧬 " + "w" * 300


class Page(HTMLParser):
    """Collects tags, addresses and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"<{tag} {name}> runs a script"
            if name in ("src", "href", "srcset", "data", "action", "poster", "background"):
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


def written(folder: Path, sweep: SweepView, *, figures: bool = False) -> tuple[str, Page]:
    write_sweep_report(folder, sweep, figures=figures)
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    for tag in ("iframe", "link", "object", "embed", "form", "base"):
        assert tag not in page.tags
    assert page.tags.count("script") == 1
    script = text.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    page.words = " ".join(page.words.split())
    for word in ("NaN", "nan ", "&lt;NA", "None"):
        assert word not in page.words.split("use strict")[0]
    return text, page


def test_page_with_pictures_is_whole(tmp_path: Path) -> None:
    sweep = two(
        goal=("mean_p_dormant", "highest"),
        savings={"mesh": {"made": 1, "reused": 23}},
        assumptions=("Collagen modulus, 10.1038/srep35367",),
        preset="adhesive",
        seconds=61.0,
    )
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "heat_old.png").write_bytes(b"stale")
    text, page = written(tmp_path, sweep, figures=True)
    drawn = {path.stem for path in (tmp_path / "figures").iterdir()}
    outputs = (
        "mean_p_dormant",
        "fraction_above_half",
        "mean_stiffness_kPa",
        "apparent_modulus_kPa",
    )
    assert drawn == {
        *(f"response_{key}" for key in outputs),
        *(f"heat_{key}" for key in outputs if key != "fraction_above_half"),
        "parallel",
        "ranking",
    }
    assert page.tags.count("img") == len(drawn)
    pictures = [address for address in page.addresses if not address.startswith("https")]
    assert all(address.startswith("data:image/png;base64,") for address in pictures)
    assert "https://doi.org/10.1038/srep35367" in page.addresses
    assert "23 of 24" in page.words
    assert "1 of 24 cases failed" in page.words
    assert "it took longer than 60 s" in page.words
    assert "mesh 1 23" in page.words
    assert "not told apart" in page.words
    assert "What moves it most is collagen I" in page.words
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert len(text) < 5_000_000


def test_hostile_text_is_shown_as_text(tmp_path: Path) -> None:
    item = SweepInput(NASTY, NASTY, NASTY, numeric=False)
    other = SweepInput("n" + NASTY, "n" + NASTY, NASTY)
    frame = grid(**{NASTY: [NASTY, "b"], "n" + NASTY: [1.0, 2.0, 3.0]})
    table = finished(frame, failed=(1,))
    table.loc[1, "reason"] = NASTY
    table["folder"] = NASTY
    table["mean_p_dormant"] = [0.1, pd.NA, 0.3, 0.4, 0.5, 0.6]
    sweep = SweepView(
        NASTY,
        NASTY,
        table,
        (item, other),
        savings={NASTY: {"made": 1}},
        warnings=(NASTY,),
        assumptions=(NASTY,),
        preset=NASTY,
        version=NASTY,
    )
    text, page = written(tmp_path, sweep, figures=True)
    assert page.tags.count("img") == 4
    assert text.count("<script") == 1
    assert html.escape(NASTY, quote=False)[:20] in text
    # Name, base, preset, version, heading, values, reason, warning, assumption, stage.
    assert page.words.count("🧬 " + "w" * 300) >= 15


def test_links_lead_only_to_reports_inside(tmp_path: Path) -> None:
    sweep_folder = tmp_path / "sweep"
    for name in ("sweep/cases/a b#1", "outside"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "report.html").write_text("x")
    folders = ["cases/a b#1", "../outside", str(tmp_path / "outside"), "cases/none", None, "\0"]
    frame = pd.DataFrame({"folder": folders})
    assert case_links(frame, sweep_folder) == ["cases/a%20b%231/report.html", "", "", "", "", ""]
    assert case_links(pd.DataFrame({"case": [1]}), sweep_folder) == [""]


def one_row() -> SweepView:
    return view(finished(grid(**{COLLAGEN.column: [1.0]})), COLLAGEN)


def all_failed() -> SweepView:
    return view(finished(grid(**{COLLAGEN.column: [1.0, 2.0]}), failed=(0, 1)), COLLAGEN)


def unfinished() -> SweepView:
    table = finished(grid(**{COLLAGEN.column: [1.0, 2.0, 3.0]}), failed=(1, 2))
    table.loc[1:, "status"] = "left"
    return view(table, COLLAGEN)


def constant() -> SweepView:
    table = finished(grid(**{COLLAGEN.column: [1.0, 2.0, 3.0]}), load=False)
    for column in ("mean_p_dormant", "mean_stiffness_kPa", "fraction_above_half"):
        table[column] = 0.25
    return view(table, COLLAGEN)


def no_inputs() -> SweepView:
    return view(finished(grid(replicate=[1, 2, 3])))


def names_and_nulls() -> SweepView:
    frame = grid(
        **{
            MATRIX.column: ["alginate", None, *(f"gel {number}" for number in range(20))],
            COLLAGEN.column: [1.0, None],
        }
    )
    table = finished(frame)
    table.loc[3, "apparent_modulus_kPa_high"] = pd.NA
    table["mean_stiffness_kPa"] = pd.NA
    return view(table, MATRIX, COLLAGEN)


def ten_inputs() -> SweepView:
    sweep = samples(80, 10)
    for column in ("fraction_above_half", "mean_stiffness_kPa", "apparent_modulus_kPa"):
        sweep.table[column] = 1.0
    return sweep


def three_on_a_grid() -> SweepView:
    frame = grid(
        **{COLLAGEN.column: [1.0, 2.0], CROSSLINKS.column: [0.5, 1.0], LIGAND.column: [1.0, 9.0]}
    )
    return view(finished(frame), COLLAGEN, CROSSLINKS, LIGAND)


@pytest.mark.parametrize(
    ("make", "said", "pictures"),
    [
        (one_row, "1 case of one design: mean P(dormant) is", 0),
        (all_failed, "No case has a result.", 0),
        (unfinished, "2 of 3 cases are left", 0),
        (constant, "Sensed stiffness is the same in all cases: 0.250 kPa", 0),
        (no_inputs, "3 cases of one design", 0),
        (names_and_nulls, "not set", 3),
        (lambda: samples(30, 1), "29 of 30", 5),
        (ten_inputs, "idle 7", 4),
        (three_on_a_grid, "8 of 8", 9),
    ],
)
def test_any_sweep_has_a_page(make, said: str, pictures: int, tmp_path: Path) -> None:
    _, page = written(tmp_path, make(), figures=True)
    assert said in page.words
    assert page.tags.count("img") == pictures


def test_any_output_can_be_sought(tmp_path: Path) -> None:
    sweep = two(goal=("mesh_cells", "lowest"))
    assert "This output has no band" in written(tmp_path, sweep)[1].words


def test_long_tables_are_cut_and_stay_small(tmp_path: Path) -> None:
    text, page = written(tmp_path, samples(10_000, 10))
    body = text.split('<table class="sorts">')[1].split("<tbody>")[1]
    assert body.count("<tr>") == MOST_ROWS
    assert "The first 1000 of 10000 cases" in page.words
    assert len(text) < 3_000_000


def test_rows_are_sorted_by_plain_numbers(tmp_path: Path) -> None:
    text, _ = written(tmp_path, two())
    body = text.split('<table class="sorts">')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = [re.findall(r'data-v="([^"]*)"', row) for row in body.split("</tr>")[:-1]]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 25)]
    assert [float(row[2]) for row in rows[:3]] == [0.5, 1.0, 2.0]
    p = [row[4] for row in rows]
    assert p[4] == ""  # the case that failed sorts last, as nothing
    assert all(0 < float(value) < 1 for number, value in enumerate(p) if number != 4)


def test_reasons_are_counted() -> None:
    table = finished(grid(**{CROSSLINKS.column: np.arange(20.0)}), failed=range(17))
    table.loc[16, "reason"] = None
    rows = failures(view(table, CROSSLINKS))
    assert [(row["reason"], row["count"]) for row in rows] == [
        ("it took longer than 60 s", 16),
        ("no reason was recorded", 1),
    ]
    assert rows[0]["cases"].endswith("12 …")


def test_values_of_inputs_as_text() -> None:
    assert input_text(0.1234567, COLLAGEN) == "0.1235"
    assert input_text(True, MATRIX) == "yes"
    assert input_text(None, COLLAGEN) == "–"
    assert input_text(float("nan"), COLLAGEN) == "–"
    assert input_text(["a", "b"], MATRIX) == "a, b"
