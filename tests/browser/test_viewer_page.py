"""The viewer in a real browser: it loads, sliders recolour, cells can be picked, files come out."""

from __future__ import annotations

import csv
import io
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cases.load import parse_case
from cases.view.live import LiveRule
from postprocess.labels import percent
from postprocess.tables import read_parquet
from tests.browser.conftest import Heard
from tests.browser.made_run import made_run
from tests.postprocess.conftest import NASTY

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]
PICTURE = ".dm-view img"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_run(tmp_path_factory.mktemp("run"), name="<b>wavy</b> & “niche” 🧬 'quoted'")


def start(*words: str) -> tuple[subprocess.Popen[str], str]:
    """The command as a user gives it, and the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cases", "view", *words, "--no-browser", "--idle", "5"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", line):
            return process, found[0]
    raise AssertionError(f"no address: {said}")


def stop(process: subprocess.Popen[str]) -> str:
    """End it as Ctrl-C does; what it said at the end."""
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    process, found = start(str(folder))
    yield found
    said = stop(process)
    assert said.endswith("closed\n")
    assert "viewer:" not in said  # nothing went wrong beside the page


@pytest.fixture
def viewer(page: Page, address: str) -> Page:
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(address)
    picture(page)
    reset = page.get_by_text("Back to the case")
    if reset.is_visible():  # what an earlier test moved: all pages of a viewer show the same
        reset.click()
        reset.wait_for(state="hidden")
    return page


def picture(page: Page, wanted: Callable[[np.ndarray], bool] = lambda pixels: True) -> np.ndarray:
    """``(h, w, 3)`` of the picture once it is as wanted and has stopped changing."""
    from PIL import Image

    page.wait_for_selector(PICTURE)
    before = b""
    for _ in range(120):
        page.wait_for_timeout(120)
        now = page.locator(".dm-view").screenshot()
        pixels = np.asarray(Image.open(io.BytesIO(now)).convert("RGB")).astype(int)
        if now == before and wanted(pixels):
            return pixels
        before = now
    raise AssertionError("the picture does not become what it should be")


def slide(page: Page, label: str, position: int) -> None:
    page.get_by_label(label, exact=True).fill(str(position))


def colourful(pixels: np.ndarray) -> np.ndarray:
    """Pixels that have a hue: cells, not body nor paper."""
    return pixels[(pixels.max(axis=2) - pixels.min(axis=2)) > 25]


def head(page: Page) -> Locator:
    return page.locator(".dm-head")


def test_it_shows_the_result(viewer: Page, folder: Path, heard: Heard) -> None:
    mean = read_parquet(folder / "sites.parquet")["p_dormant"].mean()
    assert viewer.locator(".dm-name").inner_text() == "<b>wavy</b> & “niche” 🧬 'quoted'"
    assert percent(mean) in head(viewer).inner_text()
    assert len(colourful(picture(viewer))) > 500
    assert "60 of 60 cells" in viewer.locator("body").inner_text()
    assert "secret" not in viewer.url  # it does not stay in the address
    viewer.reload()
    assert len(colourful(picture(viewer))) > 500
    heard.errors = [error for error in heard.errors if error != "Object"]  # its socket was closed


def test_a_slider_changes_colours_and_numbers(viewer: Page, folder: Path) -> None:
    before = colourful(picture(viewer)).mean(axis=0)
    slide(viewer, "E50", 900)
    viewer.wait_for_selector("text=/band .*; was/")
    # Asleep is dark blue, awake is yellow: red falls by far.
    picture(viewer, lambda pixels: colourful(pixels).mean(axis=0)[0] < before[0] - 40)
    readout = viewer.locator(".dm-dial", has_text="E50").locator("output").inner_text()
    e50 = float(readout.split()[0])
    mean = LiveRule(folder).answer({"parameter:E50": e50}).mean
    assert percent(mean) in head(viewer).inner_text()


def test_back_to_the_case(viewer: Page, folder: Path) -> None:
    slide(viewer, "adhesive ligand", 100)
    viewer.wait_for_selector("text=/; was/")
    viewer.get_by_text("Back to the case").click()
    viewer.wait_for_selector("text=/; was/", state="detached")
    mean = read_parquet(folder / "sites.parquet")["p_dormant"].mean()
    assert percent(mean) in head(viewer).inner_text()


def test_what_contradicts_itself_is_told_and_can_be_mended(viewer: Page) -> None:
    viewer.get_by_text("More numbers of the rule").click()
    slide(viewer, "Pmax", 0)
    viewer.get_by_role("alert").wait_for(state="visible")
    assert "Pmin" in viewer.get_by_role("alert").inner_text()
    viewer.get_by_text("Back to the case").click()
    viewer.get_by_role("alert").wait_for(state="hidden")


def find_cell(page: Page) -> tuple[float, float]:
    """A place of the page where a cell is drawn, that few others surround."""
    pixels = picture(page)
    hue = (pixels.max(axis=2) - pixels.min(axis=2)) > 60
    hue[:90] = False  # colour bars
    rows, columns = np.nonzero(hue)
    box = page.locator(".dm-view").bounding_box()
    assert box is not None
    middle = np.argsort(np.hypot(rows - rows.mean(), columns - columns.mean()))[0]
    return box["x"] + float(columns[middle]), box["y"] + float(rows[middle])


def test_a_picked_cell_shows_its_row(viewer: Page, folder: Path) -> None:
    viewer.mouse.click(*find_cell(viewer))
    title = viewer.locator("h2", has_text=re.compile(r"^cell \d+$"))
    title.wait_for()
    table = read_parquet(folder / "sites.parquet")
    row = table[table["id"] == int(title.inner_text().split()[1])].iloc[0]
    panel = viewer.locator(".dm-cell").inner_text()
    assert percent(row["p_dormant"]) in panel
    assert f"{row['stiffness_kPa']:.2f}" in panel
    shares = [float(v.replace("−", "-")) for v in
              viewer.locator(".dm-fall-value").all_inner_texts()]  # fmt: skip
    own = sum(row[name] for name in table.columns if name.startswith("logodds_"))
    assert shares[-1] == pytest.approx(own, abs=0.01)
    assert sum(shares[:-1]) == pytest.approx(own, abs=0.05)
    # Where there is no cell, none is chosen.
    box = viewer.locator(".dm-view").bounding_box()
    assert box is not None
    viewer.mouse.click(box["x"] + 20, box["y"] + box["height"] - 20)
    viewer.wait_for_selector("text=No cell chosen")


def test_histogram_and_picture_are_linked(viewer: Page, folder: Path) -> None:
    everyone = len(colourful(picture(viewer)))
    glass = viewer.locator(".dm-glass").bounding_box()
    assert glass is not None
    y = glass["y"] + 30
    viewer.mouse.move(glass["x"] + 0.5 * glass["width"], y)
    viewer.mouse.down()
    viewer.mouse.move(glass["x"] + 0.7 * glass["width"], y)
    viewer.mouse.move(glass["x"] + glass["width"], y)
    viewer.mouse.up()
    p = read_parquet(folder / "sites.parquet")["p_dormant"].to_numpy()
    chosen = int((p >= 0.5).sum())
    assert 0 < chosen < 60
    viewer.wait_for_selector(f"text={chosen} of 60 cells")
    picture(viewer, lambda pixels: len(colourful(pixels)) < 0.9 * everyone)
    viewer.mouse.click(glass["x"] + 0.5 * glass["width"], y)  # a click: all of them again
    viewer.wait_for_selector("text=60 of 60 cells")


def test_cut_field_and_dark_page(viewer: Page) -> None:
    viewer.get_by_role("button", name="Field", exact=True).click()
    viewer.wait_for_selector("text=/Young.*kPa/")
    whole = len(colourful(picture(viewer, lambda pixels: len(colourful(pixels)) > 50_000)))
    viewer.get_by_role("button", name="x", exact=True).click()
    viewer.get_by_label("Where it is cut").fill("70")
    picture(viewer, lambda pixels: 0.2 * whole < len(colourful(pixels)) < 0.75 * whole)
    viewer.get_by_title("Light or dark page").click()
    picture(viewer, lambda pixels: pixels[-40:, :40].max() < 60)
    viewer.get_by_title("Light or dark page").click()
    viewer.get_by_role("button", name="Off", exact=True).first.click()
    viewer.get_by_role("button", name="Clear", exact=True).click()
    picture(viewer, lambda pixels: pixels[-40:, :40].min() > 200)


def saved(page: Page, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def test_files_come_out(viewer: Page, folder: Path) -> None:
    from PIL import Image

    slide(viewer, "E50", 800)
    viewer.wait_for_selector("text=/band .*; was/")
    rows = list(csv.DictReader(io.StringIO(saved(viewer, "CSV").decode())))
    table = read_parquet(folder / "sites.parquet")
    assert list(rows[0])[:16] == list(table.columns)[:16]
    case = parse_case(saved(viewer, "Case").decode())
    moved: dict[str, Any] = {"parameter:E50": case.dormancy.parameters["E50"]["value"]}
    answer = LiveRule(folder).answer(moved)
    np.testing.assert_allclose([float(row["p_dormant"]) for row in rows], answer.p, rtol=1e-7)
    low = [float(row["p_dormant_low"]) for row in rows]
    np.testing.assert_allclose(low, answer.bands()[0], rtol=1e-7)
    image = Image.open(io.BytesIO(saved(viewer, "PNG")))
    box = viewer.locator(".dm-view").bounding_box()
    assert box is not None
    assert image.width == pytest.approx(2 * box["width"], abs=4)


def test_the_browser_can_draw_by_itself(viewer: Page) -> None:
    viewer.get_by_text("let the browser draw").click()
    canvas = viewer.locator(".dm-view canvas").first
    canvas.wait_for()
    viewer.wait_for_timeout(1500)
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")).astype(int)
    assert len(colourful(pixels)) > 500
    viewer.get_by_text("let the browser draw").click()
    viewer.wait_for_selector(PICTURE)


def test_hostile_names_are_text_and_an_old_result_is_told(page: Page, tmp_path: Path) -> None:
    from postprocess.write import write_result
    from tests.postprocess.conftest import made_result

    write_result(made_result(30, name=NASTY), tmp_path, figures=False)
    process, address = start(str(tmp_path))
    try:
        page.goto(address)
        picture(page)
        assert page.locator(".dm-name").text_content() == NASTY
        assert page.locator("script", has_text="alert").count() == 0
        assert "Run the case again" in page.locator("body").inner_text()
        assert page.get_by_label("E50").count() == 0
        page.goto("about:blank")
    finally:
        stop(process)
