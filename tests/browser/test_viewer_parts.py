"""Parts of the viewer without a browser: sliders, charts, picking, pictures, what is exported."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from cases.view.live import LiveRule
from meshes.errors import InputError
from postprocess.cascades import Cascade, Plateaus
from postprocess.fields import site_points
from postprocess.scene.data import Scene, load_scene
from postprocess.scene.look import parse_look
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits
from postprocess.tables import read_parquet
from postprocess.viewer.canvas import Canvas
from postprocess.viewer.charts import colour_bar, histogram, shares_of, ticks, value_at, waterfall
from postprocess.viewer.coarse import coarse_skin
from postprocess.viewer.details import site_details, site_table
from postprocess.viewer.dials import TOP, Dials, position, value
from postprocess.viewer.first import first_state
from postprocess.viewer.loads import Loads
from postprocess.viewer.session import Session
from postprocess.viewer.shown import Shown
from postprocess.viewer.standins import MOST_DOTS
from tests.browser.made_run import made_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def scene(folder: Path) -> Scene:
    return load_scene(folder)


@pytest.fixture(scope="module")
def rule(folder: Path) -> LiveRule:
    return LiveRule(folder)


@pytest.fixture
def session(scene: Scene, rule: LiveRule) -> Session:
    return Session([scene], [rule])


def shown(session: Session, **other: object) -> Shown:
    field = session.quantity("stiffness", of_sites=False)
    sites = session.quantity("p", of_sites=True)
    fibres = session.quantity("anisotropy", of_sites=False)
    plain = Shown(
        body="glass", field=field, field_ends=session.limits(field), sites=sites,
        site_ends=session.limits(sites), clip=None, fibres=None, fibre_field=fibres,
        fibre_ends=session.limits(fibres), ellipsoids=False, rings=False, dark=False,
    )  # fmt: skip
    return dataclasses.replace(plain, **other)  # type: ignore[arg-type]


# -- sliders -----------------------------------------------------------------------------------


def test_positions_and_values_of_sliders_undo_each_other(rule: LiveRule) -> None:
    for control in rule.controls():
        for at in (0, 1, 250, 777, TOP):
            told = value(control, at)
            assert control.low <= told <= control.high
            # Three digits are said: on a wide scale that is less than a step of the slider.
            assert abs(position(control, told) - at) <= 3, control.key


def test_a_slider_put_back_is_not_moved(rule: LiveRule) -> None:
    dials = Dials(rule)
    at = list(dials.page()["positions"])
    assert not dials.read(at, "adhesive")  # nothing new
    moved = [at[0] + 100, *at[1:]]
    assert dials.read(moved, "adhesive")
    assert list(dials.moved) == ["parameter:E50"]
    assert dials.page()["touched"][0]
    assert dials.read(at, "adhesive")
    assert dials.moved == {}
    dials.read(moved, "adhesive")
    dials.back(0)
    assert dials.moved == {}
    assert not dials.page()["any_moved"]


def test_another_preset_brings_its_own_numbers(rule: LiveRule) -> None:
    dials = Dials(rule)
    at = list(dials.page()["positions"])
    assert dials.read(at, "repopulating")
    assert dials.other_preset == "repopulating"
    assert dials.page()["positions"] != at
    dials.back(None)
    assert dials.page()["positions"] == at


@pytest.mark.parametrize("told", [[], [1.0], ["x"]])
def test_positions_that_do_not_fit_are_not_taken(rule: LiveRule, told: list[object]) -> None:
    assert not Dials(rule).read(told, "adhesive")
    assert not Dials(rule).read(told, "no such preset")


# -- session -----------------------------------------------------------------------------------


def test_the_answer_of_the_rule_is_put_into_a_copy(session: Session, scene: Scene) -> None:
    before = np.array(scene.sites.point_data["p_dormant"])
    session.moved.values = {"parameter:E50": 6.0}
    session.ask()
    after = session.values("p_dormant")
    assert after.mean() > before.mean() + 0.1
    np.testing.assert_array_equal(scene.sites.point_data["p_dormant"], before)
    assert not session.band_known
    assert session.take(session.sample(16, lambda: False))
    assert session.band_known
    assert (session.values("p_dormant_low") <= after).all()
    session.moved.values = {}
    session.ask()
    np.testing.assert_array_equal(session.values("p_dormant"), before)
    assert session.mean[1] is not None


def test_bands_of_numbers_that_were_moved_on_are_not_taken(session: Session) -> None:
    session.moved.values = {"parameter:E50": 6.0}
    session.ask()
    late = session.sample(16, lambda: False)
    session.moved.values = {"parameter:E50": 3.0}
    session.ask()
    assert not session.take(late)
    assert not session.band_known


def test_which_sites_are_chosen(session: Session) -> None:
    p, stiff = session.values("p_dormant"), session.values("stiffness_kPa")
    brush = (session.quantity("stiffness", of_sites=True), 2.0, 5.0)
    rows = session.chosen((0.2, 0.7), brush)
    expected = (p >= 0.2) & (p <= 0.7) & (stiff >= 2.0) & (stiff <= 5.0)
    np.testing.assert_array_equal(rows, np.flatnonzero(expected))
    assert 0 < len(rows) < 60


def test_one_site_in_numbers(session: Session, folder: Path) -> None:
    session.moved.values = {"cue:TGFb2": 1.0}
    session.ask()
    told = site_details(session, 7)
    assert told["title"] == "cell 7"
    assert told["band"] == "band …"  # not known yet: none is claimed
    session.take(session.sample(None, lambda: False))
    assert "%" in site_details(session, 7)["band"]
    labels = {row["label"]: row["text"] for row in told["rows"]}
    stiffness = read_parquet(folder / "sites.parquet")["stiffness_kPa"][7]
    assert labels["senses, mean"] == f"{stiffness:.2f}\u00a0kPa"


def test_the_table_that_is_taken_away(session: Session, folder: Path) -> None:
    table = read_parquet(folder / "sites.parquet")
    plain = site_table(session)
    assert set(plain) == set(table)
    np.testing.assert_array_equal(plain["p_dormant"], table["p_dormant"])
    session.moved.values = {"cue:hypoxia": 1.0}
    session.ask()
    assert "logodds_hypoxia" in site_table(session)


def test_the_states_of_a_load_share_the_ends_of_their_bar(scene: Scene, rule: LiveRule) -> None:
    class Made(Loads):
        def grid(self, number: int) -> object:
            grid = scene.grid.copy()
            grid.cell_data["von_mises_kPa"] = (1e-9 + number) * np.ones(grid.n_cells)
            return grid

    loads = Made(Path(), np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.02, 0.04]))
    assert loads.words == ["0 % compressed", "2.00 % compressed", "4.00 % compressed"]
    assert loads.number(-1) == 2
    with pytest.raises(InputError, match="no load step 3"):
        loads.number(3)
    session = Session([scene], [rule], [loads])
    stress = session.quantity("stress", of_sites=False)
    ends = session.limits(stress)
    session.load(1)
    assert session.limits(stress) == ends
    assert ends.low < 1e-6
    assert not ends.log  # of nothing there is no logarithm
    assert stress.values(session.scene)[0] == pytest.approx(1.0)


def test_the_words_of_the_command_line(session: Session) -> None:
    look = parse_look(field="stress", clip="-x=0.3", sites="stiffness", background="dark")
    state = first_state(look, session)
    assert state["body"] == "field"
    assert state["field"] == "von_mises_kPa"
    assert state["sites_by"] == "stiffness_kPa"
    assert (state["clip_axis"], state["clip_at"], state["clip_flip"]) == ("x", 30, True)
    assert state["dark"]
    assert first_state(parse_look(), session)["sites_by"] == "p_dormant"
    with pytest.raises(InputError):
        first_state(parse_look(field="nothing"), session)


# -- charts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [Limits(0.0, 1.0), Limits(0.5, 50.0, log=True), Limits(-3.0, 3.0)])
def test_places_on_a_bar(ends: Limits) -> None:
    for share in (0.0, 0.3, 1.0):
        assert shares_of(np.array([value_at(share, ends)]), ends)[0] == pytest.approx(share)
    marks = ticks(ends)
    assert 2 <= len(marks) <= 9
    for at, text in marks:
        assert value_at(at, ends) == pytest.approx(float(text.replace("−", "-")), abs=1e-3)


def test_every_site_is_in_the_histogram(session: Session) -> None:
    p = session.quantity("p", of_sites=True)
    chosen = np.arange(0, 60, 2)
    told = histogram(session.values("p_dormant"), chosen, p, session.limits(p))
    count = sum(bar["all"] for bar in told["bars"]) * told["top"] / 100
    some = sum(bar["some"] for bar in told["bars"]) * told["top"] / 100
    assert (round(count), round(some)) == (60, 30)
    assert all(bar["some"] <= bar["all"] for bar in told["bars"])


def test_a_waterfall_adds_up() -> None:
    cascade = Cascade("cell 1", {"stiffness": 1.5, "TGFb2": -0.5}, 0.6, 0.4, 0.8)
    told = waterfall(cascade, Plateaus(0.05, 0.95, 1.0))
    first, second, total = told["rows"]
    assert first["x"] == pytest.approx(told["zero"])
    assert second["x"] + second["width"] == pytest.approx(first["x"] + first["width"])
    assert second["x"] == pytest.approx(total["x"] + total["width"])
    assert [row["text"] for row in told["rows"]] == ["+1.50", "−0.50", "+1.00"]
    assert (first["chemical"], second["chemical"]) == (False, True)


def test_a_shut_gate_fills_the_scale() -> None:
    told = waterfall(Cascade("cell 1", {"ligand": 20.7, "stiffness": 0.4}, 0.95, 0.9, 0.99), None)
    bar = next(row for row in told["rows"] if row["text"] == "gate shut")
    assert bar["x"] + bar["width"] == pytest.approx(100.0)


def test_inks_have_a_legend_and_no_bar(session: Session) -> None:
    ink = session.quantity("ink", of_sites=True)
    told = colour_bar(ink, session.limits(ink), ("<b>soft</b>",))
    assert told["ramp"] == ""
    assert told["legend"][0]["text"] == "<b>soft</b>"


# -- picture -----------------------------------------------------------------------------------


@pytest.fixture
def canvas(session: Session) -> Canvas:
    made = Canvas(session.scene, (320, 240))
    yield made
    made.close()


def hues(canvas: Canvas) -> np.ndarray:
    pixels = canvas.picture(1).astype(int)
    return pixels[(pixels.max(axis=2) - pixels.min(axis=2)) > 25]


def test_colours_follow_the_numbers(canvas: Canvas, session: Session) -> None:
    everyone = np.arange(60)
    for balls in (False, True):
        canvas.balls = balls
        look = shown(session)
        session.scene.sites.point_data["p_dormant"] = np.full(60, 0.05)
        canvas.draw(look, everyone, None, version=int(balls))
        awake = hues(canvas)
        session.scene.sites.point_data["p_dormant"] = np.full(60, 0.95)
        canvas.recolour(look.sites, look.site_ends)  # type: ignore[arg-type]
        asleep = hues(canvas)
        assert awake.mean(axis=0)[0] > asleep.mean(axis=0)[0] + 80  # yellow to dark blue


def test_none_some_and_all_sites(canvas: Canvas, session: Session) -> None:
    seen = {}
    for rows in (60, 0, 60, 5, 0, 60):
        canvas.draw(shown(session), np.arange(rows), None)
        seen.setdefault(rows, set()).add(len(hues(canvas)))
    assert all(len(counts) == 1 for counts in seen.values())
    assert max(seen[0]) == 0 < max(seen[5]) < max(seen[60])


def test_a_cut_and_another_body(canvas: Canvas, session: Session) -> None:
    look, nobody = shown(session, body="field"), np.arange(0)
    canvas.draw(look, nobody, None)
    whole = len(hues(canvas))
    canvas.draw(dataclasses.replace(look, clip=Plane("x", 0.75)), nobody, None)
    assert 0 < len(hues(canvas)) < 0.8 * whole
    canvas.draw(dataclasses.replace(look, body="none"), nobody, None)
    assert len(hues(canvas)) == 0
    canvas.draw(dataclasses.replace(look, body="section", clip=Plane("z")), nobody, None)
    assert len(hues(canvas)) > 0


def test_every_site_can_be_picked_from_where_nothing_hides_it(
    canvas: Canvas, session: Session
) -> None:
    from postprocess.viewer.pick import project

    canvas.draw(shown(session), np.arange(60), None)
    points = np.asarray(session.scene.sites.points, dtype=float)
    place = project(points, canvas.plotter.camera, (320, 240))
    front = place[np.argsort(place[:, 2])[:10]]
    for x, y, depth in front:
        found = canvas.pick((x + 1) / 2, (y + 1) / 2)
        assert found is not None
        assert place[found, 2] <= depth + 1e-9  # itself, or one before it
    assert canvas.pick(0.01, 0.01) is None
    canvas.draw(shown(session), np.array([4]), None)
    assert canvas.pick((place[4, 0] + 1) / 2, (place[4, 1] + 1) / 2) == 4
    assert canvas.pick((place[9, 0] + 1) / 2, (place[9, 1] + 1) / 2) in (4, None)


def test_many_dots_have_stand_ins_of_the_same_colours(session: Session, folder: Path) -> None:
    import pandas as pd

    table = read_parquet(folder / "sites.parquet")
    many = pd.concat([table] * (MOST_DOTS // len(table) + 2), ignore_index=True)
    many["id"] = np.arange(len(many))
    sites = site_points(many, session.scene.inks)
    sites.point_data["uncertain"] = np.zeros(len(many), np.uint8)
    sites.point_data["p_band"] = np.zeros(len(many))
    scene = dataclasses.replace(session.scene, sites=sites)
    canvas = Canvas(scene, (320, 240))
    canvas.draw(shown(session), np.arange(len(many)), None)
    whole = hues(canvas)
    assert canvas.hurry(True)
    hasty = hues(canvas)
    assert 0.5 < len(hasty) / len(whole) < 2.5
    sites.point_data["p_dormant"] = np.full(len(many), 0.95)
    look = shown(session)
    canvas.recolour(look.sites, look.site_ends)  # type: ignore[arg-type]
    assert hues(canvas).mean(axis=0)[0] < hasty.mean(axis=0)[0] - 40
    canvas.hurry(False)
    assert hues(canvas).mean(axis=0)[0] < whole.mean(axis=0)[0] - 40
    canvas.close()


def test_a_coarse_skin_keeps_shape_and_colours() -> None:
    import pyvista

    ball = pyvista.Sphere(radius=100, theta_resolution=300, phi_resolution=300)
    ball.cell_data["E"] = np.asarray(ball.cell_centers().points)[:, 2]
    coarse = coarse_skin(ball, 20_000)
    assert 2_000 < coarse.n_cells <= 20_000
    assert coarse.area == pytest.approx(ball.area, rel=0.05)
    height = np.asarray(coarse.cell_centers().points)[:, 2]
    assert np.abs(np.asarray(coarse.cell_data["E"]) - height).max() < 10
    assert coarse_skin(coarse, 20_000) is coarse
