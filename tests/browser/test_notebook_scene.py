"""The scene as a notebook shows it: in a frame without an origin, drawn, asking for nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.notebook import turning
from postprocess.scene.data import scene_of
from tests.postprocess.conftest import NASTY, made_result

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_the_frame_draws_and_asks_for_nothing(page: Page, heard: Any, tmp_path: Path) -> None:
    from PIL import Image

    frame = turning(scene_of(made_result(40, NASTY)))._repr_html_()
    notebook = tmp_path / "cell.html"
    notebook.write_text(f"<!doctype html><meta charset='utf-8'>{frame}", encoding="utf-8")
    page.goto(notebook.as_uri())
    inside = page.frame_locator("iframe")
    canvas = inside.locator("canvas[data-part=canvas]")
    canvas.wait_for(state="visible")

    def seen() -> np.ndarray:
        page.wait_for_timeout(300)
        return np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB"), dtype=int)

    clear = seen()
    assert np.ptp(clear, axis=2).max() > 40  # cells have colours
    inside.locator("select[data-part=field]").select_option(label="ink")
    assert (np.abs(seen() - clear).max(axis=2) > 40).mean() > 0.1  # now the scaffold has, too
    assert [url for url in heard.requests if not url.startswith(("data:", "about:"))] == [
        notebook.as_uri()
    ]
