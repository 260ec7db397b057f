"""Scenes: what is derived from the fields, and how each quantity is coloured."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from postprocess.camera import parse_camera
from postprocess.contract import ResultError
from postprocess.results import RunResult
from postprocess.scene.data import Scene, load_scene, scene_of
from postprocess.scene.look import Look, parse_look
from postprocess.scene.planes import Plane, parse_plane
from postprocess.scene.quantities import colours, describe, find, limits, shown
from postprocess.toolpath_file import PrintPath
from postprocess.write import write_result


@pytest.fixture(scope="module")
def scene(result: RunResult) -> Scene:
    return scene_of(result)


def with_stress(result: RunResult, stress: list[float]) -> Scene:
    """Stress and strain xx, yy, zz, yz, xz, xy in all cells."""
    cells = dict(result.fields.cell_data)
    cells["stress_kPa"] = np.tile(stress, (len(cells["ink"]), 1))
    cells["strain"] = np.tile(stress, (len(cells["ink"]), 1))
    fields = dataclasses.replace(result.fields, cell_data=cells)
    return scene_of(dataclasses.replace(result, fields=fields))


@pytest.mark.parametrize(
    ("stress", "mises", "largest"),
    [
        # Uniaxial: the stress itself. Hydrostatic: none. Shear t: sqrt(3) t, eigenvalues ± t.
        ([0, 0, -2.0, 0, 0, 0], 2.0, 0.0),
        ([5.0, 5.0, 5.0, 0, 0, 0], 0.0, 5.0),
        ([0, 0, 0, 0, 0, 1.5], np.sqrt(3) * 1.5, 1.5),
        ([0, 0, 0, 0.5, 0, 0], np.sqrt(3) * 0.5, 0.5),
        # xy and yz together would have been mixed up with another order of components.
        ([1.0, 0, 0, 2.0, 0, 0], np.sqrt(1 + 3 * 4), 2.0),
    ],
)
def test_stress_and_strain_in_one_number(
    result: RunResult, stress: list[float], mises: float, largest: float
) -> None:
    cells = with_stress(result, stress).grid.cell_data
    np.testing.assert_allclose(cells["von_mises_kPa"], mises, atol=1e-12)
    np.testing.assert_allclose(cells["largest_strain"], largest, atol=1e-12)


def test_alignment_is_that_of_the_ink(result: RunResult, scene: Scene) -> None:
    ink = np.asarray(scene.grid.cell_data["ink"])
    np.testing.assert_allclose(scene.grid.cell_data["alignment"], np.where(ink == 0, 0.1, 0.6))
    unknown = [result.inks[0] | {"alignment": None}, result.inks[1]]
    other = scene_of(dataclasses.replace(result, inks=unknown))
    assert "alignment" not in {quantity.key for quantity in shown(other)}


def test_a_folder_gives_the_same_scene(tmp_path: Path, scene: Scene, result: RunResult) -> None:
    write_result(result, tmp_path, figures=False)
    read = load_scene(tmp_path)
    assert read.inks == scene.inks == ("soft", "stiff")
    np.testing.assert_allclose(read.bounds, [[0, 0, 0], [600, 400, 200]])
    for quantity in shown(scene):
        np.testing.assert_allclose(quantity.values(read), quantity.values(scene), rtol=1e-12)
    assert set(result.sites.columns) <= set(read.sites.point_data) | {"x_um", "y_um", "z_um"}
    assert read.toolpath is None


def test_uncertain_sites_are_marked(result: RunResult) -> None:
    rows = np.arange(len(result.sites)) % 3 == 0
    table = result.sites.assign(
        p_dormant_low=np.where(rows, 0.2, 0.1), p_dormant_high=np.where(rows, 0.8, 0.3)
    )
    scene = scene_of(dataclasses.replace(result, sites=table))
    np.testing.assert_array_equal(scene.sites.point_data["uncertain"], rows)
    np.testing.assert_allclose(scene.sites.point_data["p_band"], np.where(rows, 0.6, 0.2))


def test_every_column_can_be_shown_and_has_words(scene: Scene, result: RunResult) -> None:
    keys = {quantity.key for quantity in shown(scene, "sites")}
    for column in result.sites.columns:
        plain = column in ("id", "x_um", "y_um", "z_um") or column.startswith("stiff_axis")
        assert plain or column in keys, column
    for quantity in shown(scene):
        assert describe(quantity)
        assert find(quantity.word, scene, quantity.where) == quantity
        assert find(quantity.key, scene, quantity.where) == quantity
    # One map per quantity, the same word for the same array.
    words = [(quantity.word, quantity.where == "sites") for quantity in shown(scene)]
    assert len(set(words)) == len(words)


def test_maps_grow_evenly_darker_or_lighter(scene: Scene) -> None:
    """Every map but that of the inks reads in grey: luminance runs one way, without steps."""
    import matplotlib

    for quantity in shown(scene):
        if quantity.policy == "inks":
            assert len(set(colours(quantity, limits(quantity, scene)))) == 2
            continue
        rgb = matplotlib.colormaps[quantity.cmap](np.linspace(0, 1, 64))[:, :3]
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        lightness = np.cbrt(linear @ [0.2126, 0.7152, 0.0722])
        steps = np.diff(lightness)
        assert (steps > -1e-3).all() or (steps < 1e-3).all(), quantity.cmap
        assert np.abs(lightness[-1] - lightness[0]) > 0.3, quantity.cmap


def test_limits_are_shared_and_say_what_lies_outside(
    scene: Scene, make_result: Callable[..., RunResult]
) -> None:
    stiff = make_result(40)
    table = stiff.sites.assign(
        **{f"{k}_kPa": 3 * stiff.sites[f"{k}_kPa"] for k in ("stiffness", "stiffest")}
    )
    other = scene_of(dataclasses.replace(stiff, sites=table))
    sensed = find("stiffness", scene, "sites")
    alone, both = limits(sensed, scene), limits(sensed, scene, other)
    assert both.low == pytest.approx(min(limits(sensed, other).low, alone.low))
    assert both.high == pytest.approx(limits(sensed, other).high)
    assert both.high > 2 * alone.high
    assert limits(find("p", scene, "sites"), scene).clim == (0.0, 1.0)
    share = limits(find("collagen_III", scene, "sites"), scene)
    assert share.low == -share.high
    inside = sensed.values(scene)
    assert alone.below == bool((inside < alone.low).any())
    assert alone.extend == "both"


def test_a_wide_span_gets_a_logarithmic_bar(result: RunResult) -> None:
    cells = dict(result.fields.cell_data)
    modulus = np.geomspace(1, 1000, len(cells["ink"]))
    fields = dataclasses.replace(result.fields, cell_data=cells | {"E_isotropic_kPa": modulus})
    wide = scene_of(dataclasses.replace(result, fields=fields))
    assert limits(find("stiffness", wide, "cells"), wide).log
    assert not limits(find("along", wide, "cells"), wide).log


def test_an_unknown_name_lists_the_known_ones(scene: Scene) -> None:
    with pytest.raises(InputError, match="nothing called 'colour'") as refused:
        find("colour", scene, "sites")
    assert "stiffness" in refused.value.hint
    assert "collagen_III" in refused.value.hint
    with pytest.raises(InputError, match="mesh"):
        find("depth", scene, "cells")


def test_words_of_planes() -> None:
    bounds = np.array([[0.0, 0.0, 0.0], [600.0, 400.0, 200.0]])
    plane = parse_plane("--clip", "x=0.25")
    assert plane == Plane("x", 0.25, "above")
    np.testing.assert_allclose(plane.origin(bounds), [150, 100, 50])
    assert plane.kept(np.array([[149.0, 0, 0], [151.0, 0, 0]]), bounds).tolist() == [False, True]
    other = parse_plane("--clip", "-Z")
    assert other == Plane("z", 0.5, "below")
    assert other.kept(np.array([[0, 0, 99.0], [0, 0, 101.0]]), bounds).tolist() == [True, False]
    for wrong in ("w", "x=2", "x=half", "", "x=nan", "y=-0.1"):
        with pytest.raises(InputError, match="--clip"):
            parse_plane("--clip", wrong)


def test_words_of_cameras() -> None:
    assert parse_camera("top,2").zoom == 2
    np.testing.assert_allclose(parse_camera("0,0").eye, parse_camera("front").eye, atol=1e-12)
    np.testing.assert_allclose(parse_camera("90, 0").eye, parse_camera("side").eye, atol=1e-12)
    np.testing.assert_allclose(parse_camera("12,90").eye, parse_camera("top").eye, atol=1e-12)
    bounds = np.array([[0.0, 0.0, 0.0], [600.0, 400.0, 200.0]])
    near, far = (parse_camera(f"30,20,{zoom}").frame(bounds, 500, 400) for zoom in (2, 1))
    assert near.scale == pytest.approx(2 * far.scale)
    assert near.size == (500, 400)
    for wrong in ("", "above", "30", "30,20,0", "1,2,3,4", "nan,0", "top,x", "top,1,2", "inf,1"):
        with pytest.raises(InputError, match="--camera"):
            parse_camera(wrong)


def test_words_of_looks() -> None:
    assert parse_look().sites == "p_dormant"
    assert parse_look(field="stress").sites is None
    assert parse_look(field="stress", sites="p").sites == "p"
    assert parse_look(sites="none").sites is None
    assert parse_look(section="x").field == "stiffness"
    assert parse_look(iso="3,2").iso == (2.0, 3.0)
    assert parse_look(iso="auto").iso == ()
    assert parse_look(background="dark").ink == "#f2f2f2"
    assert parse_look(background="#FFFFFF").ink == "#222222"
    look = parse_look(clip="-y=0.2", iso="1.5", camera="30,20,2", fibres="lines", sites="p")
    assert Look.of(look.record()) == look
    for wrong in ({"iso": "a"}, {"fibres": "hair"}, {"background": "mauve"}, {"toolpath": "yes"}):
        with pytest.raises(InputError, match="--"):
            parse_look(**wrong)


def test_the_print_path_is_left_in_the_folder(result: RunResult, tmp_path: Path) -> None:
    corners = np.array([[0, 0, 50.0], [600, 0, 50], [600, 400, 50]])
    path = PrintPath(corners[:-1], corners[1:], np.array([90.0, 100.0]), np.array([0, 1]))
    printed = dataclasses.replace(result, path=path)
    write_result(printed, tmp_path, figures=False)
    for scene in (load_scene(tmp_path), scene_of(printed)):
        assert scene.toolpath is not None
        np.testing.assert_allclose(scene.toolpath.cell_data["diameter_um"], [90, 100])
        np.testing.assert_array_equal(scene.toolpath.cell_data["ink"], [0, 1])
        np.testing.assert_allclose(scene.toolpath.get_cell(1).points, corners[1:])
    with pytest.raises(ResultError, match="print path: ends"):
        PrintPath(corners[:-1], corners, path.diameters, path.ink)
    with pytest.raises(ResultError, match="NaN"):
        PrintPath(corners[:-1], corners[1:] * np.nan, path.diameters, path.ink)
