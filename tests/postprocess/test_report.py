"""The report: complete, honest, self-contained, and safe against any text."""

from __future__ import annotations

import dataclasses
import html
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from postprocess import labels, narrative, paths, scenes
from postprocess.biology_columns import TABLES
from postprocess.load import load_result
from postprocess.report import link_dois, render_report
from postprocess.results import RunResult
from postprocess.write import write_result


class Page(HTMLParser):
    """Collects tags, addresses and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"<{tag} {name}> runs a script"
            if name in ("src", "href", "srcset", "data", "action", "poster", "background"):
                self.addresses.append((tag, name, value or ""))

    def handle_data(self, data: str) -> None:
        self.words += data


def check_closed(page: Page) -> None:
    """Nothing is fetched: pictures are inside, links lead to doi.org or within the page."""
    for tag, _, address in page.addresses:
        inside = tag == "img" and address.startswith("data:image/png;base64,")
        doi = tag == "a" and address.startswith("https://doi.org/10.")
        scene = tag == "a" and address == "#scene"
        assert inside or doi or scene, f"<{tag}> asks for {address[:80]}"
    for tag in ("iframe", "link", "object", "embed", "form", "base"):
        assert tag not in page.tags


def test_page_is_self_contained(written: Path) -> None:
    text = (written / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    check_closed(page)
    assert "url(" not in text
    assert "@import" not in text
    assert page.tags.count("img") == 9
    assert "https://doi.org/10.1038/srep35367" in [address for _, _, address in page.addresses]
    assert (written / "report.html").stat().st_size < 10_000_000


def test_hostile_text_is_shown_as_text(nasty: tuple[RunResult, Path]) -> None:
    result, folder = nasty
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    check_closed(page)
    assert text.count("<script") == 1, "its own"
    # Name in title, heading, warning, assumption, source, ink: whole, all 300 letters and emoji.
    # So are arms, what they change, presets, unknowns, states and notes.
    assert page.words.count(result.name) >= 16
    assert html.escape(result.name, quote=False)[:8] == "&lt;scri"


def test_headline_says_what_p_means(result: RunResult, written: Path) -> None:
    words = " ".join(Page((written / "report.html").read_text(encoding="utf-8")).words.split())
    assert "preset “adhesive”" in words
    assert "fraction of a heterogeneous cell population that would be in G0 arrest" in words
    mean = result.summary["mean_p_dormant"]
    stated = [f"{100 * mean[key]:.0f}" for key in ("value", "low", "high")]
    assert "on average {} % (band {} % to {} %)".format(*stated) in words.replace("\u00a0", " ")
    assert "not a measurement" in words
    assert "not for diagnosis" in words
    for warning in result.warnings:
        assert warning in words
    for row in result.assumptions:
        assert row.what in words


def test_what_was_compared_has_its_sections(
    whole: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the renderer, for speed: its pictures are looked at elsewhere.
    monkeypatch.setattr(
        scenes, "render_command", lambda task, module="": [sys.executable, "-c", "exit(1)"]
    )
    write_result(whole, tmp_path)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    check_closed(page)
    assert page.tags.count("img") == 12
    for title in (
        "How it adds up",
        "What a change would do",
        "What other presets would say",
        "Which unknown matters most",
        "What the past leaves",
        "A second opinion",
        "How a cell pulls",
    ):
        assert title in page.words
    words = " ".join(page.words.split()).replace("\u00a0", " ")
    # −12 points with a band of −18.3 to −5; every number beside its band, and the preset named.
    assert "wakes cells; its band excludes zero" in words
    assert "−18 to −5.0" in words
    assert "the case as asked" in words
    assert words.count("preset “adhesive”") >= 6
    back = load_result(tmp_path)
    assert back.biology is not None
    assert list(back.biology.tables()) == list(TABLES)
    assert back.summary["plateaus"] == whole.summary["plateaus"]
    # Without pictures the same is said in words.
    bare = Page(render_report(back, [], []))
    assert "Which unknown matters most" in bare.words
    assert "How it adds up" not in bare.words


def test_a_band_across_one_half_is_said(make_result: Callable[..., RunResult]) -> None:
    result = make_result(20)
    across = {"value": 0.6, "low": 0.4, "high": 0.7}
    above = {"value": 0.6, "low": 0.55, "high": 0.7}
    said = {}
    for name, mean in (("across", across), ("above", above)):
        changed = dataclasses.replace(result, summary=result.summary | {"mean_p_dormant": mean})
        said[name] = " ".join(narrative.confidence(changed))
    assert "both sides of one half: this result alone does not say" in said["across"]
    assert "this result alone" not in said["above"]


def test_direction_of_stiffness_is_read_off_the_curve(result: RunResult) -> None:
    e = np.geomspace(0.1, 100, 50)
    falls = 0.95 - 0.9 * e**2 / (1 + e**2)
    shapes = {
        "a softer gel keeps": falls,
        "a stiffer gel keeps": 1 - falls,
        "first falls and then rises": np.maximum(falls, 1 - 20 / e),
        "stiffness has no say": np.full(50, 0.95),
    }
    for words, p in shapes.items():
        curve = {"stiffness_kPa": e, "p": p, "low": p, "high": p}
        changed = dataclasses.replace(result, curves={"p_of_stiffness": curve})
        assert words in narrative.preset_direction(changed)


def test_paths_add_up_and_split_collagen(result: RunResult) -> None:
    ink = result.inks[1]
    found = {row.name: row for row in paths.ingredients(result, ink)}
    sites = result.sites[result.sites["ink"] == "stiff"]
    cues = [name for name in sites.columns if name.startswith("logodds_")]
    total = paths.together(list(found.values())).total
    assert np.isclose(total, sites[cues].sum(axis=1).mean())
    # φErη of I and III are 3 and 1 kPa: three quarters of collagen's mechanics belong to I.
    mechanics = sites["logodds_collagen_mechanics"].mean()
    assert np.isclose(found["collagen I"].mechanics, 0.75 * mechanics)
    assert np.isclose(found["collagen III"].mechanics, 0.25 * mechanics)
    assert np.isclose(found["collagen III"].chemistry, sites["logodds_collagen_III"].mean())
    assert "adhesive ligand" not in found  # no share at any site
    alone = paths.ingredients(result, ink | {"collagen_III_mg_mL": 0.0})
    assert np.isclose({row.name: row for row in alone}["collagen I"].mechanics, mechanics)
    unknown = ink | {"fibre_stiffness_I_kPa": None, "fibre_stiffness_III_kPa": None}
    lines = {row.name: row for row in paths.ingredients(result, unknown)}
    assert lines["collagen I"].mechanics is None
    assert np.isclose(lines["collagen I and III together"].mechanics, mechanics)


def test_collagen_is_explained_by_path() -> None:
    said = paths.collagen_sentences(
        [
            paths.Ingredient("collagen I", -0.6, -0.2),
            paths.Ingredient("collagen III", -0.1, 0.5),
        ]
    )
    # 0.6 / (0.6 + 0.2) = 75 %
    assert "Mechanics is 75 %" in said[0].replace("\u00a0", " ")
    assert "opposite directions; chemistry is the stronger" in said[1]


def test_steps_follow_the_curve(result: RunResult) -> None:
    steps = narrative.stiffness_steps(result, result.inks[0] | {"matrix_kPa": 2.1})
    # The made-up rule has P = 0.5 at its half-way stiffness of 2.1 kPa and 0.95 - 0.9 r/(1 + r),
    # r = (1/2.1)² = 0.2268, at 1 kPa: 0.7836.
    assert steps[0].p == pytest.approx(0.5, abs=2e-3)
    assert steps[1].p == pytest.approx(0.7836, abs=2e-3)
    assert "from the matrix alone" in narrative.largest_step(steps)
    nothing = narrative.stiffness_steps(result, result.inks[0] | {"matrix_kPa": None})
    assert len(nothing) == 3
    assert nothing[0].words != steps[0].words


def test_waviness_verdicts(result: RunResult) -> None:
    rows = {(row.ink, row.collagen): row for row in narrative.waviness(result)}
    assert len(rows) == 4
    assert "straight" in rows["soft", "I"].verdict
    assert "keeps 74 %" in rows["soft", "III"].verdict.replace("\u00a0", " ")
    ink = result.inks[0]
    for held, words in (
        (0.97, "hardly matters"),
        (0.8, "undoes more than half"),
        (0.31, "10 times stiffer than it would be alone"),  # 0.31 / 0.031
        (0.05, "too soft"),
    ):
        soft = ink | {"crimp_factor_III": held}
        changed = dataclasses.replace(result, inks=[soft, result.inks[1]])
        verdict = narrative.waviness(changed)[1].verdict
        assert words in verdict


def test_dois_become_links_and_nothing_else() -> None:
    text = "Cavo 2016 (10.1038/srep35367), 10.1158/0008-5472.CAN-09-2356; 10.1000/a<b> & PMC1"
    linked = str(link_dois(text))
    assert re.findall(r'href="([^"]+)"', linked) == [
        "https://doi.org/10.1038/srep35367",
        "https://doi.org/10.1158/0008-5472.CAN-09-2356",
        "https://doi.org/10.1000/a",
    ]
    assert html.unescape(re.sub(r"</?a[^>]*>", "", linked)) == text


def test_a_report_without_pictures_or_extras(make_result: Callable[..., RunResult]) -> None:
    result = make_result(1)
    unloaded = {"apparent_modulus_kPa": None, "mesh": result.summary["mesh"] | {"dofs": 0}}
    empty = {"ink": "soft", "n_sites": 0, "mean_p": None, "mean_stiffness_kPa": None}
    bare = dataclasses.replace(
        result,
        summary=result.summary | unloaded | {"per_ink": [empty]},
        case={},
        assumptions=[],
        references=[],
        inks=[{key: None for key in ink} | {"name": ink["name"]} for ink in result.inks],
    )
    page = Page(render_report(bare, [], []))
    assert "the one site" in page.words
    assert "not computed: no load was applied" in page.words
    assert "None" not in page.words
    assert "img" not in page.tags


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.1, "2.10"),
        (9.996, "10.0"),
        (0.012345, "0.0123"),
        (-0.5, "−0.500"),
        (1234.5, "1\u202f230"),
        (0.0, "0"),
        (2e-6, "2.00e-06"),
    ],
)
def test_three_significant_digits(value: float, text: str) -> None:
    assert labels.significant(value) == text


def test_percent_never_claims_certainty() -> None:
    texts = [labels.percent(p).replace("\u00a0", " ") for p in (0.0, 0.001, 0.5, 0.999, 1.0)]
    assert texts == ["0 %", "under 1 %", "50 %", "over 99 %", "100 %"]
