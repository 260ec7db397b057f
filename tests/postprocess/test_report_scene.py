"""The scene of the report: the same places and colours as the result, thin, safe as text."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib import colormaps

from postprocess.report_scene import pack
from postprocess.report_scene.skin import Skin, thin_skin
from postprocess.results import RunResult
from postprocess.scene.data import Scene, scene_of
from postprocess.site_rows import site_rows
from postprocess.style import DORMANCY_MAP, STIFFNESS_MAP

VOLUME = 600.0 * 400.0 * 200.0  # µm³, of the box that conftest squeezes


@pytest.fixture(scope="module")
def scene(result: RunResult) -> Scene:
    return scene_of(result)


@pytest.fixture(scope="module")
def packed(scene: Scene) -> dict[str, Any]:
    return json.loads(pack.page_json(pack.pack_scene(scene)))


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def places(packed: dict[str, Any], key: str) -> np.ndarray:
    low, high = np.array(packed["low"]), np.array(packed["high"])
    return low + numbers(packed[key], "<u2").reshape(-1, 3) / 65535 * (high - low)


def enclosed(points: np.ndarray, faces: np.ndarray) -> float:
    """Volume inside a closed surface whose fronts look outwards (divergence theorem)."""
    return float(np.linalg.det(points[faces]).sum() / 6)


def test_places_come_back(scene: Scene, packed: dict[str, Any]) -> None:
    # 600 µm in 65535 steps: half a step is 0.005 µm.
    np.testing.assert_allclose(places(packed, "sites"), scene.sites.points, atol=0.006)
    faces = numbers(packed["faces"], "<u4").reshape(-1, 3)
    assert len(faces) == packed["faces_whole"] == packed["faces_shown"]
    assert enclosed(places(packed, "points"), faces) == pytest.approx(VOLUME, rel=1e-4)
    # The box has twelve sharp edges of 600, 400 and 200 µm, four of each.
    ends = places(packed, "edges").reshape(-1, 2, 3)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum()
    assert length == pytest.approx(4 * 1200, rel=1e-3)


def test_values_and_colours_are_those_of_the_result(scene: Scene, packed: dict[str, Any]) -> None:
    columns = {column["key"]: column for column in packed["columns"]}
    p = numbers(columns["p_dormant"]["values"], "<f4")
    np.testing.assert_allclose(p, scene.sites.point_data["p_dormant"], rtol=1e-6)
    np.testing.assert_array_equal(
        numbers(columns["p_dormant"]["colours"], "u1").reshape(-1, 3)[[0, 255]],
        np.rint(255 * colormaps[DORMANCY_MAP]([0.0, 1.0])[:, :3]).astype(int),
    )
    np.testing.assert_array_equal(numbers(packed["ids"], "<u4"), scene.sites.point_data["id"])
    assert columns["ink"]["names"] == ["soft", "stiff"]
    field = packed["fields"][0]
    assert (field["unit"], field["label"][:5]) == ("kPa", "Young")
    assert len(numbers(field["colours"], "u1")) == 3 * 256
    np.testing.assert_array_equal(
        numbers(field["colours"], "u1")[:3],
        np.rint(255 * np.array(colormaps[STIFFNESS_MAP](0.0)[:3])).astype(int),
    )
    # Unthinned, a triangle shows its own cell: the modulus that lies at its share of the bar.
    share = numbers(field["values"], "<u2") / 65535
    shown = field["low"] + share * (field["high"] - field["low"])
    own = np.clip(scene.skin.cell_data["E_isotropic_kPa"], field["low"], field["high"])
    np.testing.assert_allclose(np.sort(shown), np.sort(own), atol=1e-3)


def test_fields_on_points_are_averaged_over_triangles(scene: Scene) -> None:
    from postprocess.scene.quantities import find

    skin = thin_skin(scene)
    found = skin.values(scene, find("displacement", scene, "cells"))
    # Squeezed by 5 % along z, held at the foot: 0 at the foot's middle, 10 µm at the top's.
    middle = skin.points[skin.faces].mean(axis=1)
    top = middle[:, 2] == 200.0
    centre = top & (np.hypot(middle[:, 0] - 300, middle[:, 1] - 200) < 60)
    assert found[centre] == pytest.approx(10.0, rel=0.02)


def test_a_thinned_skin_keeps_its_shape_and_colours(scene: Scene) -> None:
    whole, thin = thin_skin(scene), thin_skin(scene, 300)
    assert len(thin.faces) <= 300 < len(whole.faces)
    assert enclosed(thin.points, thin.faces) == pytest.approx(VOLUME, rel=0.01)
    assert thin.whole == len(whole.faces)
    middle = thin.points[thin.faces].mean(axis=1)
    ink = np.asarray(scene.skin.cell_data["ink"])[thin.source]
    clear = np.abs(middle[:, 0] - 300) > 60
    np.testing.assert_array_equal(ink[clear], (middle[clear, 0] > 300).astype(int))
    assert isinstance(thin, Skin)


def test_logarithmic_bars() -> None:
    from postprocess.scene.quantities import Limits

    share = pack._shares(np.array([0.0, 1.0, 10.0, 100.0, 1e4]), Limits(1.0, 100.0, True))
    np.testing.assert_allclose(share, [0, 0, 0.5, 1, 1], atol=1e-12)


def test_many_sites_are_thinned_and_counted(
    make_result: Callable[..., RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "MOST_SITES", 50)
    packed = pack.pack_scene(scene_of(make_result(400)))
    assert packed["sites_whole"] == 400
    assert 20 < packed["sites_shown"] <= 50
    assert len(numbers(packed["ids"], "<u4")) == packed["sites_shown"]


def test_text_cannot_end_its_script() -> None:
    words = "</script><script>alert(1)</script> & <!-- \u2028 “é” 🧬"
    text = pack.page_json({"inks": [words]})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["inks"] == [words]


def test_rows_name_the_largest_share(result: RunResult) -> None:
    rows = site_rows(result.sites)
    assert len(rows) == len(result.sites)
    sites = result.sites.set_index("id")
    cues = [column for column in sites.columns if column.startswith("logodds_")]
    for row in rows[::37]:
        own = sites.loc[row["id"], cues].astype(float)
        assert row["share"] == own[own.abs().idxmax()]
    few = site_rows(result.sites, 30)
    assert 10 < len(few) <= 30
    without = result.sites.drop(columns=cues)
    assert {(row["cue"], row["share"]) for row in site_rows(without)} == {("", None)}


def test_an_ink_of_any_name_is_in_the_legend(make_result: Callable[..., RunResult]) -> None:
    result = make_result(6)
    name = "<b>\"'" + "w" * 300
    named = dataclasses.replace(
        result,
        inks=[result.inks[0] | {"name": name}, result.inks[1]],
        sites=result.sites.assign(ink=result.sites["ink"].replace("soft", name)),
    )
    packed = pack.pack_scene(scene_of(named))
    assert packed["inks"] == [name, "stiff"]
    assert "<b>" not in pack.page_json(packed)
