"""Pictures: compared with kept ones, true to size, and refused in words.

The kept pictures lie in ``images``. After a change that is meant, look at what
``DORMATRIX_KEEP_IMAGES=1 pytest tests/postprocess/test_scene_picture.py`` writes there.

Tolerance: both pictures are averaged over blocks of 8 by 8 pixels, which takes out how a driver
smooths edges. The mean difference of the blocks may be 1.5 % of the full range, and 1 % of the
blocks may differ by more than 12 %.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from typer.testing import CliRunner

from postprocess import scenes
from postprocess.camera import parse_camera
from postprocess.results import RunResult
from postprocess.scene.data import Scene, scene_of
from postprocess.scene.look import parse_look
from postprocess.scene.picture import draw, quantities_of, render
from postprocess.write import write_result

KEPT = Path(__file__).parent / "images"
SIZE = (320, 240)
LOOKS: dict[str, dict[str, Any]] = {
    "sites": {},
    "cut": {"field": "stiffness", "clip": "y=0.4", "sites": "stiffness"},
    "section": {"field": "stress", "section": "y=0.3", "camera": "20,30"},
    "lines": {"fibres": "lines", "camera": "top"},
    "rods_dark": {"fibres": "glyphs", "fibre_colour": "anisotropy", "background": "dark"},
    "iso": {"field": "displacement", "iso": "auto", "clip": "-z=0.7"},
    "ellipsoids": {"ellipsoids": True, "sites": "anisotropy", "camera": "front,1.5"},
}


@pytest.fixture(scope="module")
def scene(result: RunResult) -> Scene:
    doubtful = np.arange(len(result.sites)) % 4 == 0
    table = result.sites.assign(
        p_dormant_low=np.where(doubtful, 0.1, result.sites["p_dormant"]),
        p_dormant_high=np.where(doubtful, 0.9, result.sites["p_dormant"]),
    )
    return scene_of(dataclasses.replace(result, sites=table))


def blocks(image: np.ndarray) -> np.ndarray:
    """``(h / 8, w / 8, 3)`` means, 0 to 1."""
    height, width = (edge // 8 * 8 for edge in image.shape[:2])
    cut = image[:height, :width, :3].astype(float) / 255
    return cut.reshape(height // 8, 8, width // 8, 8, 3).mean(axis=(1, 3))


def differs(image: np.ndarray, kept: np.ndarray) -> bool:
    """Whether two pictures of one size differ by more than the tolerance of this file."""
    apart = np.abs(blocks(image) - blocks(kept))
    return bool(apart.mean() > 0.015 or (apart.max(axis=2) > 0.12).mean() > 0.01)


def shot(scene: Scene, **words: Any) -> np.ndarray:
    look = parse_look(**words)
    view = look.camera.frame(scene.bounds, *SIZE)
    return render(scene, look, quantities_of(look, [scene]), view, transparent=False)


@pytest.mark.parametrize("name", LOOKS)
def test_pictures_are_as_kept(scene: Scene, name: str) -> None:
    image = shot(scene, **LOOKS[name])
    path = KEPT / f"{name}.png"
    if os.environ.get("DORMATRIX_KEEP_IMAGES"):
        matplotlib.image.imsave(path, image)
    kept = (matplotlib.image.imread(path) * 255).round()
    assert image.shape[:2] == SIZE[::-1]
    assert not differs(image, kept)


def test_the_tolerance_tells_pictures_apart(scene: Scene) -> None:
    kept = shot(scene, **LOOKS["sites"])
    assert not differs(np.roll(kept, 1, axis=1), kept), "a pixel aside is no difference"
    for change in ({"sites": "stiffness"}, {"rings": False}, {"camera": "iso,1.15"}):
        assert differs(shot(scene, **LOOKS["sites"] | change), kept), change
    cut = shot(scene, **LOOKS["cut"])
    for change in ({"clip": "y=0.55"}, {"field": "ink"}, {"sites": "none"}):
        assert differs(shot(scene, **LOOKS["cut"] | change), cut), change


def test_size_alpha_and_bars(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "view.png"
    draw(scene, parse_look(field="stiffness"), path, dpi=100, size=(600, 480), transparent=True)
    image = matplotlib.image.imread(path)
    assert image.shape == (480, 600, 4)
    assert image[0, 0, 3] == 0
    assert image[240, 300, 3] == 1
    bar = image[430:450, 120:480, :3]  # both ends of viridis are in the bar at the lower edge
    for colour in ([0.267, 0.005, 0.329], [0.993, 0.906, 0.144]):
        assert (np.abs(bar - colour).max(axis=2) < 0.06).any()
    draw([scene, scene], parse_look(), path, dpi=100, size=(600, None), transparent=False)
    pair = matplotlib.image.imread(path)
    assert pair.shape[1] == 600
    assert pair[0, 0].min() == 1


def test_results_side_by_side_share_scale_and_limits(scene: Scene, tmp_path: Path) -> None:
    half = dataclasses.replace(
        scene, grid=scene.grid.scale(0.5), bounds=scene.bounds * 0.5, sites=scene.sites.scale(0.5)
    )
    path = tmp_path / "pair.png"
    draw([scene, half], parse_look(field="ink", camera="top"), path, dpi=100, size=(800, None))
    ink = (matplotlib.image.imread(path)[..., 2] > 0.55) & (
        matplotlib.image.imread(path)[..., 0] < 0.1
    )
    left, right = (
        np.count_nonzero(part.any(axis=0)) for part in (ink[:260, :400], ink[:260, 400:])
    )
    assert right == pytest.approx(left / 2, abs=3)


@pytest.fixture(scope="module")
def folder(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("view") / "result"
    write_result(result, path, figures=False)
    return path


def ask(*words: object) -> Any:
    import typer

    from cases.view_command import view

    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(view)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_writes_every_format(folder: Path, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"v.{kind}" for kind in ("png", "svg", "pdf")}
    options = [word for kind, path in files.items() for word in (f"--{kind}", path)]
    said = ask(folder, *options, "--size", "640x480", "--dpi", 80, "--sites", "p")
    assert said.exit_code == 0, said.output
    assert matplotlib.image.imread(files["png"]).shape[:2] == (480, 640)
    svg = files["svg"].read_text(encoding="utf-8")
    assert "<image" in svg
    assert svg.count("<use") > 20, "lettering is outlines, not pixels"
    assert files["pdf"].read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.pdf", "v.png", "v.svg"]


def test_hostile_names_are_text(nasty: tuple[RunResult, Path], tmp_path: Path) -> None:
    _, folder = nasty
    path = tmp_path / "x.svg"
    said = ask(folder, folder, "--svg", path, "--field", "ink", "--size", 500, "--dpi", 60)
    assert said.exit_code == 0, said.output
    assert "<script" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--png", "{out}/a.png", "--field", "colour"], "nothing called 'colour'"),
        (["--png", "{out}/a.png", "--toolpath", "order"], "no toolpath"),
        (["--png", "{out}/a.png", "--size", "200x100", "--dpi", "600"], "no room"),
        (["--png", "{out}/none/a.png"], "cannot be written there"),
        (["--png", "{out}/a.svg"], "does not end in .png"),
        (["--png", "{out}/a.png", "--size", "big"], "expected pixels"),
        (["--png", "{out}/a.png", "--size", "50x50"], "100 pixels each way"),
        (["--png", "{out}/a.png", "--camera", "behind"], "no such view"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    folder: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    said = ask(folder, *(word.replace("{out}", str(tmp_path)) for word in words))
    assert said.exit_code == 2, said.output
    assert message in said.output
    assert not list(tmp_path.glob("*"))


def test_what_is_no_result_is_said(tmp_path: Path) -> None:
    said = ask(tmp_path, "--png", tmp_path / "a.png")
    assert said.exit_code == 2
    assert "no result of a finished run" in said.output


def test_without_opengl_there_is_one_message(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = [sys.executable, "-c", "import os; os.abort()"]
    monkeypatch.setattr(scenes, "render_command", lambda task, module="": crash)
    said = ask(folder, "--png", tmp_path / "a.png")
    assert said.exit_code == 3
    assert "could not be drawn" in said.output
    assert "dormatrix doctor" in said.output
    assert "Traceback" not in said.output
    assert not list(tmp_path.glob("*"))


def test_a_camera_of_words_frames_the_whole_body(scene: Scene) -> None:
    for words in ("iso", "top", "front", "side", "-130,-25"):
        corners = np.array([[x, y, z] for x in (0, 600) for y in (0, 400) for z in (0, 200)])
        pixels = parse_camera(words).frame(scene.bounds, *SIZE).pixels(corners)
        assert pixels.min() >= 0
        assert (pixels <= SIZE).all()
