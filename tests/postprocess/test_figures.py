"""Pictures: there, not blank, true to scale, and never a reason for a run to fail."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from postprocess import scenes
from postprocess.camera import OBLIQUE, PLAN, look, round_length
from postprocess.labels import find_dois
from postprocess.plots import logodds_shares, p_against_stiffness
from postprocess.results import RunResult
from postprocess.scene.spread import sphere_radius, thin
from postprocess.style import outline_words, ringed, uncertain
from postprocess.write import write_result

PLAIN = {"histograms", "p_against_stiffness", "depth", "logodds_shares", "waterfall_mean"}
SCENES = {"dormancy_map", "stiffness_field", "fibre_directions"}


def picture(path: Path) -> np.ndarray:
    return matplotlib.image.imread(path)[..., :3]


def test_all_pictures_are_drawn(written: Path) -> None:
    names = {path.stem for path in (written / "figures").glob("*.png")}
    assert names == PLAIN | SCENES | {"waterfall_sites"}
    for name in names:
        image = picture(written / "figures" / f"{name}.png")
        assert image.shape[1] >= 1200, "1200 pixels are 7.5 inches at 160 dpi"
        assert image.std() > 0.05, f"{name} is blank"
        assert (image.reshape(-1, 3).min(axis=1) > 0.99).mean() < 0.97, f"{name} is nearly empty"


def test_dots_beside_the_curve_are_explained(
    result: RunResult, whole: RunResult, tmp_path: Path
) -> None:
    assert "past" not in p_against_stiffness(result, tmp_path / "plain.png")
    assert whole.biology is not None
    assert whole.biology.history is not None
    assert "by their past" in p_against_stiffness(whole, tmp_path / "past.png")


def test_colours_follow_the_colour_bars(written: Path) -> None:
    # Soft ink asleep (dark blue) on the left, stiff ink awake (yellow) on the right.
    image = picture(written / "figures" / "dormancy_map.png")
    top = image[: int(0.75 * len(image)), int(0.65 * image.shape[1]) :]
    blue = (top[..., 2] - top[..., 0]) > 0.25
    yellow = (top[..., 0] - top[..., 2]) > 0.25
    assert blue.sum() > 500
    assert yellow.sum() > 500
    assert np.nonzero(blue)[1].mean() < np.nonzero(yellow)[1].mean() - 50


@pytest.mark.parametrize("crash", ["import os; os.abort()", "raise RuntimeError('no GL')", "pass"])
def test_without_opengl_numbers_and_plots_remain(
    result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    monkeypatch.setattr(
        scenes, "render_command", lambda task, module="": [sys.executable, "-c", crash]
    )
    monkeypatch.setattr("postprocess.figures.plots.histograms", lambda r, path: "skipped")
    monkeypatch.setattr("postprocess.figures.plots.against_depth", lambda r, path: "skipped")
    monkeypatch.setattr("postprocess.report.embedded", lambda pictures: {})
    write_result(result, tmp_path)
    assert picture(tmp_path / "figures" / "dormancy_map.png").std() > 0.05
    assert not (tmp_path / "figures" / "stiffness_field.png").exists()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "3D pictures could not be drawn" in page
    assert "The numbers are not affected" in page


def test_one_site_is_enough(make_result: Callable[..., RunResult], tmp_path: Path) -> None:
    write_result(make_result(1), tmp_path)
    assert {path.stem for path in (tmp_path / "figures").glob("*.png")} == PLAIN | SCENES


def test_a_shut_gate_does_not_hide_the_rest(result: RunResult, tmp_path: Path) -> None:
    # Without ligand the rule gives a share of ln 1e9 = 20.7.
    sites = result.sites.assign(logodds_ligand=np.log(1e9))
    caption = logodds_shares(dataclasses.replace(result, sites=sites), tmp_path / "x.png")
    assert "gate that is shut" in caption
    assert "gate that is shut" not in logodds_shares(result, tmp_path / "y.png")


def test_projection_keeps_scale() -> None:
    bounds = np.array([[0.0, 0.0, 0.0], [600.0, 400.0, 200.0]])
    for eye in (OBLIQUE, PLAN):
        view = look(bounds, eye, 1000)
        corners = np.array([[x, y, z] for x in (0, 600) for y in (0, 400) for z in (0, 200)])
        pixels = view.pixels(corners)
        assert pixels.min() >= 0
        assert np.all(pixels <= view.size)
        # A length in the plane of the picture has length x scale pixels (parallel projection).
        ends = view.pixels(np.array([view.centre, np.array(view.centre) + 50 * np.array(view.up)]))
        assert np.isclose(np.hypot(*(ends[1] - ends[0])), 50 * view.scale)
        assert ends[1, 1] < ends[0, 1], "up is up"
    # Seen from above, x runs right and y up.
    plan = look(bounds, PLAN, 1000)
    np.testing.assert_allclose([plan.right, plan.up], [[1, 0, 0], [0, 1, 0]], atol=1e-12)


@pytest.mark.parametrize(("longest", "length"), [(150, 100), (1200, 1000), (499, 200), (500, 500)])
def test_scale_arrows_have_round_lengths(longest: float, length: float) -> None:
    assert round_length(longest) == pytest.approx(length)


def test_thinning_is_even_and_repeatable() -> None:
    rng = np.random.default_rng(3)
    # Half of the points crowd into a hundredth of the box: thinning must not follow the crowd.
    points = np.concatenate([rng.uniform(0, 100, (5000, 3)), rng.uniform(0, 22, (5000, 3))])
    chosen = thin(points, 500)
    assert 200 < len(chosen) <= 500
    np.testing.assert_array_equal(chosen, thin(points.copy(), 500))
    crowded = np.all(points[chosen] < 22, axis=1).mean()
    assert crowded < 0.05
    np.testing.assert_array_equal(thin(points[:7], 500), np.arange(7))


def test_spheres_have_their_true_size_where_it_can_be_seen() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (20, 3))
    assert sphere_radius(points, np.array([[0.0] * 3, [100.0] * 3]), 8.0) == 8.0
    assert sphere_radius(50 * points, np.array([[0.0] * 3, [5000.0] * 3]), 8.0) > 30


def test_uncertain_sites() -> None:
    low = np.array([0.1, 0.6, 0.2, 0.05, 0.45])
    high = np.array([0.4, 0.9, 0.9, 0.49, 0.55])
    # wide and across; the last one is narrow but across one half
    assert uncertain(low, high).tolist() == [False, False, True, False, True]


def test_find_dois_leaves_punctuation_out() -> None:
    text = "see 10.1002/(SICI)1097(1999), (10.1038/x)."
    assert [text[a:b] for a, b in find_dois(text)] == ["10.1002/(SICI)1097(1999)", "10.1038/x"]


def test_most_sites_uncertain_means_no_outlines() -> None:
    low, high = np.full(9, 0.2), np.full(9, 0.9)
    assert not ringed(low, high).any()
    assert "9 of 9 sites are uncertain, too many to outline" in outline_words(low, high)
    low[:6] = 0.8
    assert ringed(low, high).tolist() == [False] * 6 + [True] * 3
    assert "Black outline: uncertain" in outline_words(low, high)
    assert "(3 of 9 sites)" in outline_words(low, high)
    assert "No site is uncertain" in outline_words(np.full(9, 0.8), high)
