"""The report in a real browser: from disk, without a request; its scene draws, its tables sort."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from postprocess.report import render_report
from postprocess.report_scene.pack import pack_scene
from postprocess.results import RunResult
from postprocess.scene.data import scene_of
from tests.postprocess.conftest import NASTY, made_result

if TYPE_CHECKING:
    from playwright.sync_api import Page

CANVAS = "#scene canvas[data-part=canvas]"


def report_of(result: RunResult, folder: Path) -> Path:
    """The report with its scene, without pictures."""
    path = folder / "report.html"
    text = render_report(result, [], result.warnings, pack_scene(scene_of(result)))
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result() -> RunResult:
    return made_result(60)


@pytest.fixture(scope="module")
def report(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report_of(result, tmp_path_factory.mktemp("report"))


@pytest.fixture
def opened(page: Page, report: Path) -> Page:
    page.goto(report.as_uri())
    return page


def settled(page: Page) -> None:
    """Wait until what was asked for has been drawn: two frames."""
    page.evaluate("() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")


def pixels(page: Page) -> np.ndarray:
    """``(h, w, 3)`` of the scene as it is seen."""
    from PIL import Image

    settled(page)
    picture = Image.open(io.BytesIO(page.locator(CANVAS).screenshot()))
    return np.asarray(picture.convert("RGB"), dtype=int)


def coloured(image: np.ndarray) -> int:
    """How many pixels are no grey."""
    return int((np.ptp(image, axis=2) > 40).sum())


def test_it_asks_for_nothing(opened: Page, report: Path, heard: Any) -> None:
    assert [urls for urls in heard.requests if not urls.startswith("data:")] == [report.as_uri()]
    # The policy itself forbids: a request that a page tried to make would be refused.
    refused = opened.evaluate(
        "() => fetch('data:text/plain,x').then(() => 'sent', () => 'refused')"
    )
    assert refused == "refused"
    assert opened.evaluate("() => document.title").startswith("wavy niche")
    heard.errors.clear()  # the refusal was meant


def test_the_scene_draws_and_recolours(opened: Page) -> None:
    assert opened.locator("#scene [data-part=none]").is_hidden()
    clear = pixels(opened)
    assert coloured(clear) > 500, "sites by P"
    assert (clear < 250).all(axis=2).mean() > 0.1, "the glass of the scaffold"
    opened.select_option("[data-part=column]", label="not shown")
    bare = pixels(opened)
    assert coloured(bare) < 50
    opened.select_option("[data-part=field]", label="ink")
    inks = pixels(opened)
    # Two inks: blue #0072B2 and vermilion #D55E00 in their shade, about half each.
    blue = (inks[..., 2] > inks[..., 0] + 60).sum()
    red = (inks[..., 0] > inks[..., 2] + 60).sum()
    assert blue > 3000
    assert 0.5 < red / blue < 2
    legend = opened.locator("[data-part=skin-bar]")
    assert legend.inner_text().split("\n")[0] == "ink"
    assert "stiff" in legend.inner_text()


def test_turning_cutting_and_views(opened: Page) -> None:
    opened.select_option("[data-part=field]", label="ink")
    opened.locator(CANVAS).focus()
    first = pixels(opened)
    opened.keyboard.press("ArrowLeft")
    assert (pixels(opened) != first).any(axis=2).mean() > 0.02
    opened.keyboard.press("Home")
    assert np.abs(pixels(opened) - first)[9:-9, 9:-9].max() < 8, "back as it was"
    opened.click("button[data-view=top]")
    top = pixels(opened)
    # From above the box is 600 by 400 µm; filling the picture it is wider than high.
    rows, columns = np.nonzero(np.ptp(top, axis=2) > 60)
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(1.5, rel=0.03)
    scale = opened.locator("[data-part=scale]")
    stated = float(re.sub(r"[^\d.]", "", scale.inner_text()))
    drawn = scale.bounding_box()["width"]
    assert np.ptp(columns) / drawn == pytest.approx(600 / stated, rel=0.03)
    opened.select_option("[data-part=column]", label="not shown")
    opened.select_option("[data-part=cut]", "x")
    opened.locator("[data-part=depth]").fill("50")
    half = np.nonzero(np.ptp(pixels(opened), axis=2) > 60)[1]
    assert np.ptp(half) == pytest.approx(np.ptp(columns) / 2, rel=0.05)


def test_a_site_is_picked_from_scene_and_table(opened: Page, result: RunResult) -> None:
    opened.click("button[data-view=top]")
    settled(opened)
    box = opened.locator(CANVAS).bounding_box()
    scale = opened.locator("[data-part=scale]")
    pixel = float(re.sub(r"[^\d.]", "", scale.inner_text())) / scale.bounding_box()["width"]
    sites = result.sites
    # The highest site: nothing lies before it when seen from above.
    site = sites.iloc[int(sites["z_um"].argmax())]
    at = {
        "x": box["width"] / 2 + (site["x_um"] - 300) / pixel,
        "y": box["height"] / 2 - (site["y_um"] - 200) / pixel,
    }
    opened.locator(CANVAS).click(position=at)
    picked = opened.locator("[data-part=picked]")
    assert picked.locator("b").inner_text() == f"Site {site['id']}"
    rows = dict(
        zip(picked.locator("dt").all_inner_texts(), picked.locator("dd").all_inner_texts(),
            strict=True)
    )  # fmt: skip
    assert float(rows["P(dormant): fraction asleep (G0)"]) == pytest.approx(
        site["p_dormant"], rel=6e-3
    )
    assert rows["ink"] == site["ink"]
    assert rows["depth below the bathed surface"].endswith("\u00a0µm")
    # Marked in vermilion where it lies.
    near = pixels(opened)[int(at["y"]) - 20 : int(at["y"]) + 20, int(at["x"]) - 20 :][:, :40]
    assert ((near[..., 0] > 190) & (near[..., 2] < 60)).sum() > 10
    opened.click("summary")
    opened.click("a[data-site='7']")
    assert picked.locator("b").inner_text() == "Site 7"
    opened.locator(CANVAS).press("Escape")
    assert picked.locator("b").count() == 0


def test_tables_sort(opened: Page, result: RunResult) -> None:
    opened.click("summary")
    table = "table:has(a[data-site])"
    heading = opened.locator(f"{table} th button", has_text="P(dormant)")
    cells = opened.locator(f"{table} tbody td:nth-child(5)")
    for way, order in (("ascending", 1), ("descending", -1)):
        heading.click()
        shown = [float(text) for text in cells.all_inner_texts()]
        assert shown == sorted(shown, key=lambda value: order * value)
        assert opened.locator(f"{table} th[aria-sort={way}]").count() == 1
    # Numbers as people read them: a true minus and thin spaces; nothing sorts last, sums stay.
    opened.evaluate(
        """() => {
          const body = document.querySelector("table.sorts").tBodies[0];
          const texts = ["1\\u202f230", "−2.4", "–", "×/÷ 1.5", "+0.3"];
          body.replaceChildren(...texts.map(text => {
            const row = document.createElement("tr");
            row.innerHTML = `<td>${text}</td><td class=n>${text}</td>`;
            return row; }));
          body.rows[0].className = "sum"; }"""
    )
    opened.locator("table.sorts").first.locator("th button").nth(1).click()
    found = opened.locator("table.sorts").first.locator("tbody td.n").all_inner_texts()
    assert found == ["−2.4", "+0.3", "×/÷ 1.5", "–", "1\u202f230"]


def test_the_methods_can_be_copied(opened: Page) -> None:
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.click("button[data-copy]")
    opened.locator("p.copy span", has_text="copied").wait_for()
    text = opened.evaluate("() => navigator.clipboard.readText()").replace("\r\n", "\n")
    assert text.startswith("Scaffold. The scaffold was of the kind “slab”")
    assert "https://doi.org/10.1038/srep35367" in text


def test_hostile_names_are_shown_as_text(page: Page, tmp_path: Path) -> None:
    bad = made_result(12, NASTY)
    bad = dataclasses.replace(
        bad,
        inks=[bad.inks[0] | {"name": NASTY}, bad.inks[1]],
        sites=bad.sites.assign(ink=bad.sites["ink"].replace("soft", NASTY)),
    )
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.goto(report_of(bad, tmp_path).as_uri())
    page.select_option("[data-part=field]", label="ink")
    assert page.locator("[data-part=skin-bar]").inner_text().split("\n")[1] == NASTY
    page.click("summary")
    page.locator(f"tr:has-text('{NASTY[-40:]}') a[data-site]").first.click()
    assert NASTY in page.locator("[data-part=picked]").inner_text()
    assert said == []
    width = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "a long name must not widen the page"


def test_without_webgl_the_page_says_so(page: Page, report: Path) -> None:
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(report.as_uri())
    assert page.locator("#scene [data-part=stage]").is_hidden()
    assert "WebGL 2 is missing" in page.locator("#scene").inner_text()
    page.click("summary")
    assert page.locator("a[data-site]").count() == 60, "tables are there all the same"


def test_print_leaves_out_what_paper_cannot_do(opened: Page) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.locator("#scene").is_hidden()
    assert opened.locator("button[data-copy]").is_hidden()
    assert opened.locator("#methods-text").is_visible()
    opened.emulate_media(media="screen", color_scheme="dark")
    ground = opened.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", ground))) < 60
    # The scene stays on white paper: its colours mean the same in every mode.
    assert (pixels(opened)[5, 40:60] > 250).all()
