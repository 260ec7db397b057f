"""A result in a notebook: pictures, the scene in a frame, steps; no display, nothing hostile."""

from __future__ import annotations

import html
import io
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError, SolveError
from postprocess import open_result
from postprocess.notebook import Turning, headline_table, in_notebook
from postprocess.results import RunResult
from postprocess.steps import LoadSteps
from postprocess.write import write_result


@pytest.fixture(scope="module")
def stepped(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result whose left half is strained first, its right half second."""
    left = result.fields.points[result.fields.cells].mean(axis=1)[:, 0] < 300.0
    strain = np.zeros((3, len(left), 6), dtype=np.float32)
    strain[1, left, 0] = 0.1
    strain[2, ~left, 0] = 0.1
    steps = LoadSteps(
        np.array([0.0, 0.5, 1.0]), np.zeros(3), np.zeros(3), {"strain": strain}, point_data={}
    )
    folder = tmp_path_factory.mktemp("halves")
    write_result(replace(result, steps=steps), folder, figures=False)
    return folder


class Nest(HTMLParser):
    """Tags of a text, and the attributes of its frame."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.frame: dict[str, str | None] = {}
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "iframe":
            self.frame = dict(attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_picture_is_that_of_its_step(stepped: Path, tmp_path: Path) -> None:
    from PIL import Image

    opened = open_result(stepped)
    assert opened.load_factors.tolist() == [0.0, 0.5, 1.0]
    picture = opened.at(1).picture(field="strain", camera="top", dpi=60)
    picture.save(tmp_path / "view.png")
    assert (tmp_path / "view.png").read_bytes() == picture._repr_png_()
    image = np.asarray(Image.open(io.BytesIO(picture.png)).convert("L"), dtype=float)
    # magma: what is not strained is dark. Rows through the body, seen from above
    body = image[image.shape[0] // 6 : image.shape[0] // 3]
    half = body.shape[1] // 2
    assert body[:, half // 2 : half - 20].mean() > body[:, half + 20 : half + half // 2].mean() + 80


def test_steps_that_are_not_there_are_named(stepped: Path, written: Path) -> None:
    with pytest.raises(InputError, match="no load step 3"):
        open_result(stepped).at(3)
    assert open_result(written).load_factors.tolist() == []
    with pytest.raises(InputError, match="no load steps"):
        open_result(written).at(0)


def test_a_refusal_of_the_renderer_reaches_the_notebook(written: Path) -> None:
    with pytest.raises(InputError, match="nothing called 'heat'"):
        open_result(written).picture(field="heat")


def test_the_scene_stays_in_its_frame(nasty: tuple[RunResult, Path]) -> None:
    result, folder = nasty
    turning = open_result(folder).turn(height=500)
    shown = Nest(turning._repr_html_())
    assert shown.tags == ["iframe"]
    assert shown.frame["sandbox"] == "allow-scripts"
    assert shown.frame["srcdoc"] == turning.page
    inside = Nest(turning.page)
    assert result.name in inside.words
    assert sorted(tag for tag in inside.tags if tag == "script") == ["script", "script"]
    assert "default-src 'none'" in turning.page


def test_the_first_numbers_are_a_table_of_plain_words(nasty: tuple[RunResult, Path]) -> None:
    result, folder = nasty
    opened = open_result(folder)
    shown = Nest(opened._repr_html_())
    assert set(shown.tags) == {"table", "caption", "tbody", "tr", "th", "td"}
    assert result.name in shown.words
    assert "2.51\xa0kPa (band 1.20\xa0kPa to 5.40\xa0kPa)" in html.unescape(shown.words)
    assert len(repr(opened)) < 400
    without = headline_table(result.summary | {"apparent_modulus_kPa": None})
    assert "apparent modulus" not in without


def test_no_window_without_a_display(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not in_notebook()
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SolveError, match=r"no display(?s:.*)picture\(\)\.save"):
        open_result(written).show()


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SolveError, match="cannot be written"):
        Turning("<p>").save(tmp_path / "nowhere" / "page.html")


def test_opening_loads_nothing_that_draws(written: Path) -> None:
    code = (
        "import sys, postprocess; assert 'pyvista' not in sys.modules; "
        f"r = postprocess.open_result({str(written)!r}); r.sites, r.summary; "
        "assert not {'trame', 'IPython', 'matplotlib', 'dolfinx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
