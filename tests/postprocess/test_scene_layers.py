"""Layers: each adds what it says, where it belongs, and nothing that is cut away."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import pyvista

from meshes.errors import InputError
from postprocess.camera import OBLIQUE, PLAN, look
from postprocess.results import RunResult
from postprocess.scene import layers
from postprocess.scene.bars import add_colour_bar, add_scale_bar
from postprocess.scene.data import Scene, scene_of
from postprocess.scene.fibres import add_fibres, streamlines
from postprocess.scene.glyphs import add_ellipsoids, add_sites, add_toolpath, site_choice
from postprocess.scene.look import parse_look
from postprocess.scene.picture import quantities_of
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, find, limits
from postprocess.scene.scale import scale_of


@pytest.fixture(scope="module")
def scene(result: RunResult) -> Scene:
    return scene_of(result)


@pytest.fixture
def plotter() -> Iterator[pyvista.Plotter]:
    empty = pyvista.Plotter(off_screen=True)
    yield empty
    empty.close()


def mesh_of(actor: Any) -> Any:
    # PyVista remembers its meshes weakly; the pipeline gives what is drawn, once it has run.
    actor.mapper.Update()
    return pyvista.wrap(actor.mapper.GetInput())


def test_a_cut_leaves_one_half(scene: Scene, plotter: pyvista.Plotter) -> None:
    stiffness = find("stiffness", scene, "cells")
    for keep, ends in (("above", (150, 600)), ("below", (0, 150))):
        actors = layers.add_clip(plotter, scene, stiffness, Plane("x", 0.25, keep))
        np.testing.assert_allclose(mesh_of(actors[0]).bounds[:2], ends, atol=1e-6)
        body = layers.add_body(plotter, scene, clip=Plane("x", 0.25, keep))
        np.testing.assert_allclose(mesh_of(body[0]).bounds[:2], ends, atol=1e-6)


def test_a_section_lies_in_its_plane_and_carries_the_field(
    scene: Scene, plotter: pyvista.Plotter
) -> None:
    face, rim = layers.add_section(plotter, scene, find("ink", scene, "cells"), Plane("y", 0.3))
    mesh = mesh_of(face)
    np.testing.assert_allclose(np.asarray(mesh.points)[:, 1], 120, atol=1e-6)
    assert mesh.area == pytest.approx(600 * 200, rel=1e-6)
    middle = np.asarray(mesh.cell_centers().points)[:, 0]
    np.testing.assert_array_equal(mesh.cell_data["ink"], middle > 300)
    assert mesh_of(rim).length > 0


def test_an_iso_surface_lies_where_the_field_has_that_value(
    scene: Scene, plotter: pyvista.Plotter
) -> None:
    # Displacement along x is 0.015 (x - 300 µm) and so on: linear, so contours are exact for it.
    sizes = find("displacement", scene, "points")
    surface = mesh_of(layers.add_iso(plotter, scene, sizes, [3.0])[0])
    moved = (np.asarray(surface.points) - [300, 200, 0]) * [0.015, 0.015, -0.05]
    assert np.median(np.abs(np.linalg.norm(moved, axis=1) - 3.0)) < 0.2
    assert layers.add_iso(plotter, scene, sizes, [1e6]) == []
    ends = limits(find("stiffness", scene, "cells"), scene)
    levels = layers.levels_of(ends, 3)
    assert ends.low < levels[0] < levels[1] < levels[2] < ends.high
    assert layers.levels_of(Limits(1, 10000, log=True), 3) == pytest.approx([10, 100, 1000])


def test_balls_carry_the_numbers_of_their_sites(
    scene: Scene, plotter: pyvista.Plotter, result: RunResult
) -> None:
    p = find("p", scene, "sites")
    actor = add_sites(plotter, scene, p, radius=5.0, clip=Plane("x", 0.5))[0]
    balls = mesh_of(actor)
    rows = np.asarray(balls.point_data["row"])
    x = result.sites[["x_um", "y_um", "z_um"]].to_numpy()
    assert set(rows) == set(np.flatnonzero(x[:, 0] >= 300))
    away = np.linalg.norm(np.asarray(balls.points) - x[rows], axis=1)
    np.testing.assert_allclose(away, 5.0, rtol=1e-4)
    np.testing.assert_allclose(
        balls.point_data["p_dormant"], result.sites["p_dormant"].to_numpy()[rows]
    )
    assert actor.mapper.scalar_range == (0, 1)


def test_outlines_are_drawn_round_uncertain_sites_only(
    result: RunResult, plotter: pyvista.Plotter
) -> None:
    doubtful = np.arange(len(result.sites)) % 5 == 0
    table = result.sites.assign(
        p_dormant_low=np.where(doubtful, 0.1, 0.6), p_dormant_high=np.where(doubtful, 0.9, 0.8)
    )
    scene = scene_of(dataclasses.replace(result, sites=table))
    p = find("p", scene, "sites")
    for sprites in (False, True):
        dots, rims = add_sites(plotter, scene, p, radius=5.0, sprites=sprites)
        count = mesh_of(rims).n_points / (1 if sprites else mesh_of(dots).n_points / len(table))
        assert count == doubtful.sum()
        assert len(add_sites(plotter, scene, p, ring=False, sprites=sprites)) == 1


def test_many_sites_are_thinned(make_result: Callable[..., RunResult]) -> None:
    scene = scene_of(make_result(900))
    assert 40 < len(site_choice(scene, 120)) <= 120
    assert len(site_choice(scene, None)) == 900
    assert len(site_choice(scene, 120, Plane("z", 1.0))) == 0


def test_ellipsoids_have_the_ratio_and_the_axis_of_their_site(
    scene: Scene, plotter: pyvista.Plotter, result: RunResult
) -> None:
    sensed = find("stiffness", scene, "sites")
    bodies = mesh_of(add_ellipsoids(plotter, scene, sensed)[0])
    rows = np.asarray(bodies.point_data["row"])
    x = result.sites[["x_um", "y_um", "z_um"]].to_numpy()
    away = np.asarray(bodies.points, dtype=float) - x[rows]
    volumes = []
    for site in (0, 7, 31):
        row = result.sites.iloc[site]
        axis = row[["stiff_axis_x", "stiff_axis_y", "stiff_axis_z"]].to_numpy(dtype=float)
        mine = away[rows == site]
        along = np.abs(mine @ axis).max()
        across = np.linalg.norm(mine - np.outer(mine @ axis, axis), axis=1).max()
        # A ball of 20 by 14 facets misses its radius by 1 - cos(pi / 14) = 2.5 % at most.
        assert along / across == pytest.approx(row["anisotropy"], rel=0.03)
        volumes.append(along * across**2)
    np.testing.assert_allclose(volumes, volumes[0], rtol=0.08)


def test_rods_and_lines_run_along_the_fibres(scene: Scene, plotter: pyvista.Plotter) -> None:
    alignment = find("alignment", scene, "cells")
    rods = mesh_of(add_fibres(plotter, scene, alignment, most=60)[0])
    assert rods.n_points > 0
    lines = streamlines(scene, alignment, most=60)
    points, value = np.asarray(lines.points, dtype=float), np.asarray(lines["alignment"])
    # Fibres lie along x in the soft half, x < 300 µm, and along y in the stiff one.
    crossed = 0
    for number in range(lines.n_cells):
        rows = lines.get_cell(number).point_ids
        step = np.diff(points[rows], axis=0)
        middle = (points[rows][1:, 0] + points[rows][:-1, 0]) / 2
        unit = np.abs(step / np.linalg.norm(step, axis=1)[:, None])
        assert (unit[middle < 280] @ [1, 0, 0] > 0.99).all()
        assert (unit[middle > 330] @ [0, 1, 0] > 0.99).all()
        crossed += bool((points[rows][:, 0] < 250).any())
    assert crossed > 5
    assert (points >= -1e-6).all()
    assert (points <= np.array([600, 400, 200]) + 1e-6).all()
    np.testing.assert_allclose(value[points[:, 0] < 250], 0.1, atol=1e-6)
    np.testing.assert_allclose(value[points[:, 0] > 350], 0.6, atol=1e-6)


def test_lines_go_through_directions_whose_sign_flips(result: RunResult) -> None:
    cells = dict(result.fields.cell_data)
    sign = np.where(np.arange(len(cells["ink"])) % 2, 1.0, -1.0)
    cells["fibre_direction"] = sign[:, None] * [1.0, 0.0, 0.0]
    fields = dataclasses.replace(result.fields, cell_data=cells)
    scene = scene_of(dataclasses.replace(result, fields=fields))
    lines = streamlines(scene, find("stiffness", scene, "cells"), most=40)
    lengths = [np.ptp(lines.get_cell(n).points[:, 0]) for n in range(lines.n_cells)]
    # From end to end of the box, but for the last step at either wall.
    assert min(lengths) > 550


def test_cut_lines_stay_on_their_side(scene: Scene) -> None:
    lines = streamlines(scene, find("stiffness", scene, "cells"), most=60, clip=Plane("y", 0.5))
    assert lines.n_cells
    assert np.asarray(lines.points)[:, 1].min() >= 200


def test_toolpath(scene: Scene, plotter: pyvista.Plotter) -> None:
    with pytest.raises(InputError, match="no toolpath"):
        add_toolpath(plotter, scene)
    corners = np.array([[0, 0, 50.0], [600, 0, 50], [600, 400, 50]])
    path = pyvista.PolyData(corners, lines=[2, 0, 1, 2, 1, 2])
    path.cell_data["ink"] = [0, 1]
    path.cell_data["order"] = [0, 1]
    path.cell_data["diameter_um"] = [100.0, 100.0]
    printed = dataclasses.replace(scene, toolpath=path)
    tubes = add_toolpath(plotter, printed, by="ink")
    assert set(mesh_of(tubes[0]).cell_data["ink"]) == {0, 1}
    told = quantities_of(parse_look(toolpath="order"), [printed])
    assert told["toolpath"].ends.clim == (0, 1)
    assert add_toolpath(plotter, printed)[0].mapper.scalar_range == (0, 1)


def test_live_bars_say_length_and_unit(scene: Scene, plotter: pyvista.Plotter) -> None:
    line, _ = add_scale_bar(plotter, scene)
    assert mesh_of(line).length == pytest.approx(200)
    quantity = find("stiffness", scene, "cells")
    _, words, _ = add_colour_bar(plotter, quantity, limits(quantity, scene))
    assert "(kPa)" in words.input.replace("\n", " ")
    inks = find("ink", scene, "cells")
    hostile = ("<script>alert(1)</script>" * 20, "stiff")
    names = add_colour_bar(plotter, inks, limits(inks, scene), inks=hostile)
    assert names[0].input.startswith("<script>")
    assert len(names[0].input) < 40


def test_scale_of_flat_and_oblique_views() -> None:
    bounds = np.array([[0.0, 0.0, 0.0], [600.0, 400.0, 200.0]])
    flat, oblique = (scale_of(look(bounds, eye, 900), bounds) for eye in (PLAN, OBLIQUE))
    assert flat.flat
    assert not oblique.flat
    assert flat.length == oblique.length == 100
    assert flat.bar == pytest.approx(100 * look(bounds, PLAN, 900).scale)
    assert np.hypot(*flat.arms.T) == pytest.approx([flat.bar, flat.bar, 0], abs=1e-9)
