"""Shapes through the case file: what they are, how wrong ones are refused, and ``dormatrix mesh``.

Volumes are closed forms, by hand; nothing is solved.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from cases.errors import CaseError
from cases.gallery import copy_case
from cases.load import load_case, parse_case
from cases.main import app
from cases.schema import Case

INKS = "inks: {a: {youngs_modulus: 3 kPa, ligand: 1}, b: {youngs_modulus: 9 kPa, ligand: 1}}\n"
REST = "cells: {count: 5}\nload: {kind: none}\n"
PILE = (
    "strand_diameter: 400 um, pitch: 1 mm, layer_height: 320 um, layers: 2, size: [1.4 mm, 1.4 mm]"
)


def case_of(shape: str, folder: Path | None = None, inks: str = INKS) -> Case:
    return parse_case(f"scaffold: {{{shape}}}\n{inks}{REST}", folder=folder)


def run(*words: object) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(word) for word in words])
    return answer.exit_code, answer.stdout, answer.stderr


@pytest.mark.parametrize(
    ("shape", "volumes"),
    [
        # pi/4 · 1000² · 300
        ("kind: disc, diameter: 1 mm, height: 300 um, ink: a", [math.pi / 4 * 1e6 * 300]),
        # half a ball of radius 500: contact angle 90 degrees
        ("kind: droplet, contact_diameter: 1 mm, contact_angle: 90 deg, ink: a",
         [2 / 3 * math.pi * 500**3]),
        # block less a lumen
        ("kind: channel, size: [1 mm, 1 mm, 1 mm], channel_diameter: 300 um, ink: a",
         [1e9 - math.pi / 4 * 300**2 * 1000]),
        # ball in a block
        ("kind: spheroid, size: [1 mm, 1 mm, 1 mm], diameter: 400 um, ink: a, spheroid: b",
         [1e9 - math.pi / 6 * 400**3, math.pi / 6 * 400**3]),
        # two layers of b around one of a
        ("kind: layered, size: [1 mm, 1 mm], layers: [{thickness: 100 um, ink: b}, "
         "{thickness: 200 um, ink: a}, {thickness: 100 um, ink: b}]", [2e8, 2e8]),
        # half of a whole cell
        ("kind: tpms, cell: 500 um, size: [500 um, 500 um, 500 um], ink: a", [0.5 * 500**3]),
    ],
)  # fmt: skip
def test_volumes_are_those_of_the_shape(shape: str, volumes: list[float]) -> None:
    body = case_of(shape).scaffold.body()
    found = body.volume()
    assert found is not None
    np.testing.assert_allclose(list(found.values()), volumes, rtol=1e-5)


def test_a_core_takes_its_share_of_the_strand() -> None:
    shape = f"kind: core_shell, core_diameter: 200 um, core: a, shell: b, {PILE}"
    body = case_of(shape).scaffold.body()
    assert body.inks == ("a", "b")
    # The axis of the first strand lies in the core; half a radius further out is shell.
    axis = np.array([[700.0, 200.0, 160.0], [700.0, 200.0 + 150.0, 160.0]])
    assert list(body.ink(axis)) == [0, 1]


def test_neighbouring_layers_of_one_ink_are_one() -> None:
    layers = ", ".join(f"{{thickness: 100 um, ink: {ink}}}" for ink in "aaba")
    body: Any = case_of(f"kind: layered, size: [1 mm, 1 mm], layers: [{layers}]").scaffold.body()
    assert body.thicknesses == (200.0, 100.0, 100.0)
    assert body.volume() == pytest.approx({"a": 3e8, "b": 1e8})


@pytest.mark.parametrize(
    ("shape", "key", "words"),
    [
        ("kind: disc, diameter: 1 mm, ink: a", "scaffold.height", "add height"),
        ("kind: disk, diameter: 1 mm", "scaffold.kind", "did you mean 'disc'"),
        ("kind: droplet, contact_diameter: 1 mm, contact_angle: 5 deg, ink: a",
         "scaffold.contact_angle", "10 to 170"),
        (f"kind: core_shell, core_diameter: 400 um, core: a, shell: b, {PILE}",
         "scaffold.core_diameter", "below strand_diameter"),
        (f"kind: core_shell, core_diameter: 200 um, core: a, shell: a, {PILE}",
         "scaffold.shell", "two inks"),
        (f"kind: core_shell, core_diameter: 200 um, core: a, {PILE}", "scaffold", "scaffold.shell"),
        ("kind: spheroid, size: [1 mm, 1 mm, 1 mm], diameter: 1.2 mm, ink: a, spheroid: b",
         "scaffold.diameter", "along x"),
        ("kind: channel, size: [1 mm, 1 mm, 1 mm], channel_diameter: 300 um, count: 4, ink: a",
         "scaffold.count", "at most 3"),
        ("kind: spiral, diameter: 3 mm, strand_diameter: 400 um, pitch: 300 um, "
         "layer_height: 320 um, layers: 1, inks: [a]", "scaffold.pitch", "above strand_diameter"),
        ("kind: layered, size: [1 mm, 1 mm], layers: [{thickness: 100 um, ink: c}]",
         "scaffold.layers", "unknown ink"),
        ("kind: disc, diameter: 1 mm, height: 300 um, ink: a, mesh_size: 50 um, mesh_elements: 900",
         "scaffold.mesh_elements", "mesh_size or mesh_elements"),
        ("kind: toolpath, file: ../print.gcode", "scaffold.file", "outside"),
    ],
)  # fmt: skip
def test_wrong_shapes_are_refused(shape: str, key: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        case_of(shape, tmp_path)
    (problem,) = caught.value.problems
    assert problem.key == key
    assert words in problem.render("case.yaml")


def test_a_print_file_is_its_strands(tmp_path: Path) -> None:
    copy_case("print_file", tmp_path)
    case = load_case(tmp_path / "print_file.yaml")
    body: Any = case.scaffold.body()
    # Three strands of 2 mm by each head, 400 µm thick, 320 µm apart.
    lengths = np.linalg.norm(body.ends - body.starts, axis=1)
    np.testing.assert_allclose(lengths, 2000.0)
    assert list(np.bincount(body.ink_index)) == [3, 3]
    assert body.height == pytest.approx(640.0)
    assert body.inks == ("niche", "support")


def test_print_files_need_an_ink_for_every_head(tmp_path: Path) -> None:
    copy_case("print_file", tmp_path)
    path = tmp_path / "print_file.yaml"
    path.write_text(path.read_text().replace("tools: {0: niche, 1: support}", "tools: {0: niche}"))
    with pytest.raises(CaseError, match="T1 print without an ink"):
        load_case(path)


def test_units_of_a_CAD_body_are_checked(tmp_path: Path) -> None:
    copy_case("cad_body", tmp_path)
    path = tmp_path / "cad_body.yaml"
    assert load_case(path).scaffold.body().height == pytest.approx(500.0)
    path.write_text(path.read_text().replace("unit: mm", "unit: um"))
    with pytest.raises(CaseError, match="smaller than a cell"):
        load_case(path)


def test_regions_of_a_mesh_need_an_ink(tmp_path: Path) -> None:
    copy_case("own_mesh", tmp_path)
    path = tmp_path / "own_mesh.yaml"
    text = path.read_text()
    assert load_case(path).scaffold.inks == ("gel", "bead")
    path.write_text(text.replace("regions: {gel: gel, bead: bead}", "regions: {gel: gel}"))
    with pytest.raises(CaseError) as caught:
        load_case(path)
    assert "bead" in str(caught.value)


def test_the_file_counts_for_the_hash(tmp_path: Path) -> None:
    copy_case("print_file", tmp_path)
    before = load_case(tmp_path / "print_file.yaml").content_hash
    code = tmp_path / "print_file.gcode"
    code.write_text(code.read_text().replace("G1 X2 F600", "G1 X2 F900"))
    assert load_case(tmp_path / "print_file.yaml").content_hash != before


def test_mesh_builds_reports_and_draws(tmp_path: Path) -> None:
    path = tmp_path / "disc.yaml"
    path.write_text(
        "scaffold: {kind: disc, diameter: 1 mm, height: 400 um, ink: a, mesh_size: 150 um}\n"
        + INKS + REST
    )  # fmt: skip
    code, text, error = run("mesh", path, "-o", tmp_path / "out")
    assert code == 0, error
    assert "route" in text
    record = json.loads((tmp_path / "out" / "mesh.json").read_text())
    # pi/4 µL, and its surface 2 · pi/4 + pi · 0.4 mm²
    assert record["inks"][0]["volume_uL"] == pytest.approx(math.pi / 4 * 0.4, rel=1e-6)
    assert record["surface_mm2"] == pytest.approx(math.pi * (0.5 + 0.4), rel=0.03)
    assert record["min_scaled_jacobian"] > 0.1
    assert (tmp_path / "out" / "figures" / "mesh.png").read_bytes().startswith(b"\x89PNG")
    assert run("mesh", path, "-o", tmp_path / "out", "--no-figures")[0] == 2  # would lose pictures
    code, text, _ = run("mesh", path, "-o", tmp_path / "two", "--no-figures", "--json")
    assert json.loads(text)["cached"]


def test_a_number_of_elements_is_met(tmp_path: Path) -> None:
    shape = "kind: disc, diameter: 1 mm, height: 400 um, ink: a, mesh_elements: 4000"
    from meshes.mesher import mesh_body

    case = case_of(shape)
    report = mesh_body(case.scaffold.body(), **case.scaffold.mesh_request)
    assert abs(len(report.mesh.cells) / 4000 - 1) < 0.15


def test_from_the_microscope_to_a_case_and_back(tmp_path: Path) -> None:
    """Fibres of a known direction drawn from a case are found again in the picture of them."""
    text = (
        "scaffold: {kind: slab, size: [300 um, 300 um, 200 um], direction: [1, 1, 0]}\n"
        "inks: {gel: {collagen_I: {concentration: 2.4 mg/mL}, alignment: 0.9}}\n" + REST
    )
    path = tmp_path / "aligned.yaml"
    path.write_text(text)
    picture = tmp_path / "model.ome.tif"
    code, said, error = run("shg", path, picture, "--size", "60,60,16", "--seed", 3)
    assert code == 0, error
    assert "assumptions" in said
    code, told, error = run("image", picture, "-o", tmp_path / "found", "--radius", 0.6, "--json",
                            "--block", 60, "--no-figures")  # fmt: skip
    assert code == 0, error
    found = json.loads(told)
    along = np.array([1.0, 1.0, 0.0]) / np.sqrt(2.0)
    assert abs(np.array(found["mean_direction"]) @ along) > np.cos(np.radians(10.0))
    assert found["order_parameter"] > 0.7
    # ... and the field is one that a case reads.
    (tmp_path / "field.csv").write_bytes((tmp_path / "found" / "field.csv").read_bytes())
    again = text.replace("alignment: 0.9", "orientation: {kind: field, file: field.csv}")
    path.write_text(again.replace(", direction: [1, 1, 0]", ""))
    from cases.build import build_gels

    case = load_case(path)
    (gel,) = build_gels(case, case.scaffold.body())
    assert gel.ink.orientation is not None


def test_tables_of_ctfire(tmp_path: Path) -> None:
    """Two fibres along x and one along y, all as long: order (2 - 1)/3 in the plane."""
    for kind, rows in (("ANG", "0 180 90"), ("LEN", "10 10 10"), ("WID", "2 2 2"),
                       ("STR", "1 0.9 0.8")):  # fmt: skip
        (tmp_path / f"Hist{kind}_ctFIRE_cut.csv").write_text(rows.replace(" ", "\n") + "\n")
    code, told, error = run("image", tmp_path, "--ctfire", "cut", "--voxel", "0.5", "--json")
    assert code == 0, error
    found = json.loads(told)
    assert found["order_in_plane"] == pytest.approx(1.0 / 3.0)
    assert found["mean_direction"] == pytest.approx([1.0, 0.0, 0.0])
    assert (found["length_um"], found["straightness"]) == pytest.approx((5.0, 0.9))
    code, text, _ = run("image", tmp_path, "--ctfire", "cut", "--voxel", "0.5")
    assert "orientation: {kind: planar, order: 0.33}" in text
    assert run("image", tmp_path, "--ctfire", "cut")[0] == 2  # no pixel


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("image", "{folder}/none.tif"), "none.tif"),
        (("image", "{folder}/text.tif"), "text.tif"),
        (("image", "{folder}/text.tif", "--voxel", "1,2,x"), "--voxel"),
        (("shg", "{folder}/case.yaml", "{folder}/out.png"), ".tif"),
        (("shg", "{folder}/case.yaml", "{folder}/out.ome.tif", "--collagen", "IV"), "I or III"),
        (
            ("shg", "{folder}/case.yaml", "{folder}/out.ome.tif", "--collagen", "III"),
            "no collagen III",
        ),
        (
            ("shg", "{folder}/case.yaml", "{folder}/out.ome.tif", "--middle", "9e9,0,0"),
            "not in the gel",
        ),
        (("shg", "{folder}/case.yaml", "{folder}/out.ome.tif", "--size", "0,1,1"), "--size"),
    ],
)
def test_wrong_words_are_told(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "text.tif").write_text("not a picture")
    (tmp_path / "case.yaml").write_text(
        "scaffold: {kind: slab, size: [300 um, 300 um, 200 um]}\n"
        "inks: {gel: {collagen_I: {concentration: 2.4 mg/mL}}}\n" + REST
    )
    code, _, error = run(*(word.format(folder=tmp_path) for word in words))
    assert code == 2, error
    assert said in error
    assert "Traceback" not in error


def test_a_number_of_elements_alone_decides_how_fine(tmp_path: Path) -> None:
    # n cubes of edge h hold 6 tetrahedra each: h = (6 V/n)^(1/3), V = pi/4 · 2000² · 400 µm³.
    disc = case_of("kind: disc, diameter: 2 mm, height: 400 um, ink: a, mesh_elements: 5000")
    volume = math.pi / 4 * 2000**2 * 400
    assert disc.scaffold.mesh_size == pytest.approx((6 * volume / 5000) ** (1 / 3), rel=1e-4)
    # A wide thin film: a quarter of its thickness would need 70 million, which nobody asked for.
    film = case_of("kind: disc, diameter: 20 mm, height: 40 um, ink: a, mesh_elements: 5000")
    assert film.scaffold.mesh_request == {"size": None, "elements": 5000, "route": "auto"}


def test_a_print_is_not_as_large_as_its_box(tmp_path: Path) -> None:
    """A purge line far away, as slicers write it: two capsules in a box of 100 mm."""
    (tmp_path / "a.gcode").write_text("G21\nG90\nG0 X0 Y0 Z0.2\nG1 X2 F600\nG0 X0 Y100\nG1 X100\n")
    case = case_of("kind: toolpath, file: a.gcode, flavour: pneumatic, strand_diameter: 400 um, "
                   "tools: {0: a}", tmp_path)  # fmt: skip
    capsules = math.pi * 200**2 * (2e3 + 1e5) + 2 * 4 / 3 * math.pi * 200**3
    assert case.scaffold.nominal_volume == pytest.approx(capsules, rel=1e-9)


def _stl_of_boxes(path: Path, boxes: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """ASCII STL of closed boxes between two corners, mm."""
    quads = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
    lines = ["solid boxes"]
    for low, high in boxes:
        ends = np.array([low, high])
        corners = [(ends[i, 0], ends[j, 1], ends[k, 2]) for k in (0, 1) for j in (0, 1)
                   for i in (0, 1)]  # fmt: skip
        for a, b, c, d in quads:
            for triangle in ((a, b, c), (a, c, d)):
                lines += ["facet normal 0 0 0", "outer loop"]
                lines += ["vertex {} {} {}".format(*corners[v]) for v in triangle]
                lines += ["endloop", "endfacet"]
    path.write_text("\n".join([*lines, "endsolid boxes"]) + "\n")


def test_bars_of_a_CAD_body_are_meshed_by_their_width(tmp_path: Path) -> None:
    """Four posts of 0.3 mm, 2 mm high, 2 mm apart: 4 V/A of one post is 4 s h/(2 s + 4 h)."""
    corners = [np.array([2.0 * i, 2.0 * j, 0.0]) for i in (0, 1) for j in (0, 1)]
    _stl_of_boxes(tmp_path / "posts.stl", [(c, c + np.array([0.3, 0.3, 2.0])) for c in corners])
    shape = case_of("kind: cad, file: posts.stl, regions: {posts: a}", tmp_path).scaffold
    assert shape.thickness == pytest.approx(4 * 300 * 2000 / (2 * 300 + 4 * 2000), rel=1e-6)
    assert shape.mesh_size == pytest.approx(shape.thickness / 4)


def test_a_route_asked_for_is_not_passed_over(tmp_path: Path) -> None:
    copy_case("own_mesh", tmp_path)
    path = tmp_path / "own_mesh.yaml"
    assert load_case(path).scaffold.mesh_request == {}
    text = path.read_text()
    path.write_text(text.replace("kind: mesh,", "kind: mesh, mesh_route: implicit,"))
    assert load_case(path).scaffold.mesh_request["route"] == "implicit"


@pytest.mark.parametrize("route", ["occ", "implicit"])
def test_a_plate_finds_nothing_flat_on_a_round_top(route: str) -> None:
    from cases.mechanics import require_plates
    from meshes.errors import InputError
    from meshes.mesher import mesh_body
    from meshes.shapes import Droplet

    def case(load: str) -> Case:  # any body: the mesh decides
        shape = "kind: disc, diameter: 1 mm, height: 300 um, ink: a"
        return parse_case(f"scaffold: {{{shape}}}\n{INKS}cells: {{count: 5}}\nload: {load}\n")

    mesh = mesh_body(Droplet(1000.0, 70.0), size=150.0, route=route, cache=None).mesh
    with pytest.raises(InputError, match="under the plate") as caught:
        require_plates(case("{kind: compression, strain: 5 %}"), mesh)
    assert "kind: none" in (caught.value.hint or "")
    require_plates(case("{kind: none}"), mesh)  # it stands on glass


def test_a_surface_of_two_inks_is_told_what_to_write(tmp_path: Path) -> None:
    _stl_of_boxes(tmp_path / "box.stl", [(np.zeros(3), np.ones(3))])
    with pytest.raises(CaseError) as caught:
        case_of("kind: cad, file: box.stl", tmp_path)
    assert "regions: {body: a}" in caught.value.problems[0].render("case.yaml")
    assert case_of("kind: cad, file: box.stl, regions: {body: b}", tmp_path).scaffold.inks == ("b",)


@pytest.mark.parametrize(
    ("diameter", "flattened"),
    # half a ball is as high as its radius; a puddle of 90 degrees 2 · 2.7 mm · sin 45° = 3.8 mm
    [(7.4, False), (7.8, True)],
)
def test_drops_that_gravity_flattens_are_told(diameter: float, flattened: bool) -> None:
    shape = f"kind: droplet, contact_diameter: {diameter} mm, contact_angle: 90 deg, ink: a"
    assert any("gravity" in line for line in case_of(shape).warnings) == flattened
