"""Slips around shapes and files, and what is said of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cases.errors import CaseError
from cases.gallery import copy_case
from cases.load import load_case, parse_case
from cases.schema import Case
from meshes.errors import InputError

REST = "cells: {count: 5}\nload: {kind: none}\n"
INKS = "inks: {niche: {youngs_modulus: 3 kPa, ligand: 1}}\n"
GCODE = "G21\nG90\nT0\nG0 X0 Y0 Z0.2\nG1 X2 F600\nT1\nG0 X0 Y1\nG1 X2\n"


def case_of(scaffold: str, folder: Path | None = None, cells: str = "") -> Case:
    rest = f"cells: {cells}\nload: {{kind: none}}\n" if cells else REST
    return parse_case(f"scaffold: {{{scaffold}}}\n{INKS}{rest}", folder=folder)


def said_of(scaffold: str, folder: Path | None = None, cells: str = "") -> str:
    with pytest.raises(CaseError) as caught:
        case_of(scaffold, folder, cells)
    return str(caught.value)


@pytest.mark.parametrize("nothing", ["null", "~"])
def test_null_leaves_a_tool_out(tmp_path: Path, nothing: str) -> None:
    (tmp_path / "a.gcode").write_text(GCODE)
    shape = "kind: toolpath, file: a.gcode, flavour: pneumatic, strand_diameter: 400 um"
    one = case_of(f"{shape}, tools: {{0: niche, 1: {nothing}}}", tmp_path).scaffold.body()
    both = case_of(f"{shape}, tools: {{0: niche, 1: niche}}", tmp_path).scaffold.body()
    assert one.bounds[1][1] < both.bounds[1][1] - 900.0  # the strand 1 mm further is not there


def test_null_leaves_a_region_out(tmp_path: Path) -> None:
    copy_case("own_mesh", tmp_path)
    case = case_of("kind: mesh, file: own_mesh.msh, regions: {gel: niche, bead: null}", tmp_path)
    assert case.scaffold.inks == ("niche",)


def test_nothing_after_the_colon_of_a_tool_is_a_slip(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text(GCODE)
    shape = "kind: toolpath, file: a.gcode, flavour: pneumatic, strand_diameter: 400 um"
    assert "scaffold.tools.1" in said_of(f"{shape}, tools: {{0: niche, 1: }}", tmp_path)
    assert "scaffold.layer_height" in said_of(f"{shape}, layer_height: null", tmp_path)


def test_an_ink_of_a_tool_that_is_not_described(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text(GCODE)
    shape = "kind: toolpath, file: a.gcode, flavour: pneumatic, strand_diameter: 400 um"
    said = said_of(f"{shape}, tools: {{0: niche, 1: nich}}", tmp_path)
    assert "scaffold.tools.1: unknown ink" in said
    assert "did you mean 'niche'?" in said


def test_an_endless_pile_that_does_not_repeat_is_told_before_it_is_computed() -> None:
    pile = (
        "kind: woodpile, strand_diameter: 400, pitch: 900, layer_height: 320, layers: 2, "
        "size: [1300, 1300], lay_down: [0, 37]"
    )
    said = said_of(f"{pile}, endless: true")
    assert "scaffold.endless" in said
    assert "nearest lay-down" in said
    assert case_of(pile).scaffold.kind == "woodpile"


def test_cells_of_which_not_one_fits() -> None:
    said = said_of("kind: disc, diameter: 100, height: 20", cells="{count: 1, radius: 30}")
    assert "at most 0" not in said
    assert "not one fits" in said


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").mkdir()
    said = said_of("kind: toolpath, file: a.gcode, strand_diameter: 400", tmp_path)
    assert "not a folder" in said


def test_a_body_of_another_format(tmp_path: Path) -> None:
    copy_case("cad_body", tmp_path)
    shutil.move(tmp_path / "cad_body.stl", tmp_path / "cad_body.obj")
    text = (tmp_path / "cad_body.yaml").read_text().replace(".stl", ".obj")
    (tmp_path / "cad_body.yaml").write_text(text)
    with pytest.raises(CaseError, match="STEP or STL"):
        load_case(tmp_path / "cad_body.yaml")


def test_hints_name_what_a_case_or_command_takes(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text("G21\nG0 X1\n")
    assert "switch" not in said_of("kind: toolpath, file: a.gcode, strand_diameter: 400", tmp_path)

    import numpy as np
    import tifffile

    from meshes.images.read import read_stack

    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 16, 16), dtype=np.uint8))
    with pytest.raises(InputError) as caught:
        read_stack(tmp_path / "a.tif")
    assert "--voxel" in (caught.value.hint or "")
    with pytest.raises(InputError, match="not a file"):
        read_stack(tmp_path)


def test_a_volume_that_is_right_is_not_said_to_be_wrong() -> None:
    from meshes.mesher import mesh_body

    body = case_of("kind: slab, size: [400, 300, 200]").scaffold.body()
    assert mesh_body(body, size=100.0, cache=None).quality.total_volume_error == 0.0


def test_a_drop_is_not_pressed() -> None:
    drop = "scaffold: {kind: droplet, contact_diameter: 1 mm, contact_angle: 70 deg}\n"
    for load in ("", "load: {kind: compression, strain: 5 %}\n", "load: {strain: 5 %}\n"):
        with pytest.raises(CaseError, match="a plate on a round drop"):
            parse_case(f"{drop}{INKS}cells: {{count: 5}}\n{load}")
    parse_case(f"{drop}{INKS}{REST}")


def test_no_mesh_is_offered_that_the_next_check_refuses() -> None:
    film = said_of("kind: disc, diameter: 10 mm, height: 1 um")
    assert "write mesh_size" not in film
    assert "thicker parts" in film
    assert "write mesh_size" in said_of("kind: disc, diameter: 10 mm, height: 1 mm, mesh_size: 5")


def test_a_tool_that_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text(GCODE)
    said = said_of("kind: toolpath, file: a.gcode, tools: {left: niche}", tmp_path)
    assert "scaffold.tools.left: not a whole number" in said
