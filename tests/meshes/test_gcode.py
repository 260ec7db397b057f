"""Files of several dialects: what is read is what was meant (stated in the head of each file)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.gcode import Program, alignment_hint, read_gcode, velocity_ratio

FILES = Path(__file__).parent / "gcode"


def strand_lengths(program: Program) -> list[float]:
    """Length of each strand, mm."""
    return (np.bincount(program.strand, program.lengths) * 1e-3).tolist()


def test_fullcontrol_woodpile_has_the_strands_it_was_designed_with():
    program = read_gcode(FILES / "fullcontrol_woodpile.gcode", filament_diameter=1750.0)
    assert (program.flavour, program.metered, program.tools) == ("marlin", True, (0,))
    assert strand_lengths(program) == pytest.approx([6.0] * 16, rel=1e-12)
    np.testing.assert_allclose(program.levels, 320.0 * np.arange(1, 5), rtol=1e-12)
    np.testing.assert_array_equal(program.layer, np.repeat(np.arange(4), 4))
    assert program.layer_height == pytest.approx(320.0)
    # Designed 0.4 mm x 0.32 mm wide; E has six decimals in 0.319 mm.
    np.testing.assert_allclose(program.extruded, 6000.0 * 400.0 * 320.0, rtol=1e-5)
    assert program.diameters() == pytest.approx(math.sqrt(4 * 400 * 320 / math.pi), rel=1e-5)
    along = np.abs(program.ends - program.starts) / program.lengths[:, None]
    np.testing.assert_allclose(along[program.layer % 2 == 0], [[1.0, 0.0, 0.0]] * 8, atol=1e-12)
    np.testing.assert_allclose(along[program.layer % 2 == 1], [[0.0, 1.0, 0.0]] * 8, atol=1e-12)
    assert set(np.unique(program.starts[program.layer % 2 == 0, 1])) == {51e3, 52.5e3, 54e3, 55.5e3}
    assert set(program.feed) == {600e3 / 60.0}
    # 20.8 mm of filament leave the nozzle in one place before the print; M and G words of heaters.
    assert "1 extrusion without a move" in " ".join(program.warnings)
    assert "M140 (2)" in program.warnings[0]


def test_marlin_with_numbers_checksums_and_retractions():
    program = read_gcode(FILES / "marlin_numbered.gcode", filament_diameter=2000.0)
    assert strand_lengths(program) == pytest.approx([22.0, 10.0, 10.0])
    assert program.tool.tolist() == [0, 0, 0, 0, 1]
    assert program.layer.tolist() == [0, 0, 0, 0, 1]
    assert program.layer_height == pytest.approx(200.0)
    # 0.05 mm of a filament of π mm² for each mm.
    np.testing.assert_allclose(program.extruded, 0.05 * math.pi * 1e6 * program.lengths, rtol=1e-9)
    assert program.line.tolist() == [14, 15, 16, 21, 28]
    assert program.feed.tolist() == [20e3, 20e3, 20e3, 20e3, 10e3]


def test_without_the_filament_the_volume_is_unknown_but_the_strands_are_not():
    program = read_gcode(FILES / "marlin_numbered.gcode")
    assert not program.metered
    assert program.diameters() is None
    assert strand_lengths(program) == pytest.approx([22.0, 10.0, 10.0])
    assert "filament_diameter" in " ".join(program.warnings)
    each = read_gcode(FILES / "marlin_numbered.gcode", filament_diameter={0: 1000.0, 1: 2000.0})
    np.testing.assert_allclose(
        each.extruded / each.lengths, 0.05e6 * math.pi * np.array([0.25] * 4 + [1.0]), rtol=1e-9
    )


def test_relative_coordinates_volumes_and_flow():
    program = read_gcode(FILES / "relative_volumetric.gcode")
    np.testing.assert_allclose(program.starts, [(0, 0, 0), (5e3, 1e3, 0)], atol=1e-9)
    np.testing.assert_allclose(program.ends, [(5e3, 0, 0), (0, 1e3, 0)], atol=1e-9)
    np.testing.assert_allclose(program.extruded, [0.5e9, 0.25e9], rtol=1e-12)
    assert program.metered
    assert program.strand_count == 2
    assert program.layer_height is None


def test_cellink_heads_print_with_g1_and_not_when_they_lift():
    for flavour in ("auto", "cellink", "pneumatic"):
        program = read_gcode(FILES / "cellink_bio_x.gcode", flavour=flavour)
        assert strand_lengths(program) == pytest.approx([8.0] * 6)
        assert program.tool.tolist() == [0, 0, 0, 1, 1, 1]
        assert program.layer.tolist() == [0, 0, 0, 1, 1, 1]
        assert program.layer_height == pytest.approx(300.0)
        assert not program.metered
        assert program.feed.tolist() == [10e3] * 3 + [5e3] * 3
    with pytest.raises(InputError, match="none of its 15 moves prints, read as marlin"):
        read_gcode(FILES / "cellink_bio_x.gcode", flavour="marlin")


def test_e_of_a_pressure_printer_says_where_but_not_how_much(tmp_path):
    path = tmp_path / "e.gcode"
    path.write_text("G90 G21 M83\nG1 X0 Y0 Z0.3\nG1 X8 E1\nG1 Y4\nG1 X0 E1\n")
    program = read_gcode(path, flavour="cellink", filament_diameter=1750.0)
    assert strand_lengths(program) == pytest.approx([8.0, 8.0])
    assert not program.metered


def test_arcs_by_centre_and_radius_in_three_planes():
    program = read_gcode(FILES / "arcs.gcode")
    pi = math.pi
    expected = [2 * pi, 2 * pi, 6 * pi, 4 * pi, math.hypot(6 * pi, 2.0), pi, 0.2 * pi * 25.4]
    radii = np.array([4.0, 4.0, 4.0, 2.0, 3.0, 1.0, 2.54])
    # A chord over φ leaves its arc by r (1 - cos φ/2) ≤ 1 µm and is shorter by about φ²/24.
    shorter = (2.0 * np.arccos(1.0 - 1e-3 / radii)) ** 2 / 24.0
    lengths = np.array(strand_lengths(program))
    assert (lengths <= np.array(expected) * (1 + 1e-12)).all()
    assert (lengths >= np.array(expected) * (1.0 - 1.01 * shorter)).all()
    centres = np.array([(0, 0), (0, 0), (0, 0), (10, 0), (20, 0), (31, 1), (37.46 + 5.08, 0)])
    centres *= 1e3
    for number, (centre, radius) in enumerate(zip(centres, radii * 1e3, strict=True)):
        plane = [0, 2] if number == 5 else [0, 1]
        here = program.strand == number
        middle = 0.5 * (program.starts + program.ends)[here][:, plane] - centre
        np.testing.assert_allclose(
            np.hypot(*(program.starts[here][:, plane] - centre).T), radius, rtol=1e-9
        )
        assert (np.hypot(*middle.T) >= radius - 1.0 - 1e-6).all()
    # The clockwise quarter passes (√8, √8), the long way round passes (-√8, -√8).
    side = [np.sign(program.starts[program.strand == n, :2].sum(axis=1)[1:-1]) for n in (1, 2)]
    assert (side[0] > 0).all()
    assert (side[1] < 0).mean() > 0.6
    helix = program.starts[program.strand == 4, 2]
    np.testing.assert_allclose(np.diff(helix), np.diff(helix)[0], rtol=1e-9)
    # Clockwise as seen from +y, where x lies a quarter anticlockwise of z: from -x over -z to +x.
    assert program.starts[program.strand == 5, 2].min() == pytest.approx(0.0, abs=1e-6)
    assert program.starts[program.strand == 5, 2].max() == pytest.approx(1e3, abs=1e-6)


def test_inches_renamed_places_and_a_valve():
    program = read_gcode(FILES / "inches.gcode", switch=("M3", "M5"))
    assert program.flavour == "switched"
    inch = 25.4e3
    np.testing.assert_allclose(
        program.starts, np.array([(0, 0, 0.01), (1, 0, 0.01), (1, 2.0, 0.01)]) * inch
    )
    np.testing.assert_allclose(
        program.ends, np.array([(1, 0, 0.01), (1, 0.5, 0.01), (0, 2.0, 0.01)]) * inch
    )
    assert strand_lengths(program) == pytest.approx([38.1, 25.4])
    assert program.feed.tolist() == pytest.approx([inch] * 3)


def test_byte_order_mark_and_old_line_ends(tmp_path):
    path = tmp_path / "bom.gcode"
    path.write_bytes(b"\xef\xbb\xbfG90\rG0 X0 Y0 Z1\rG1 X5\r")
    assert strand_lengths(read_gcode(path)) == [5.0]


def test_a_move_from_a_place_not_stated_does_not_print(tmp_path):
    path = tmp_path / "start.gcode"
    path.write_text("G90\nG1 X100 Y100 Z0.3\nG1 X110\n")
    program = read_gcode(path)
    assert strand_lengths(program) == [10.0]
    assert "line 2" in " ".join(program.warnings)


def test_a_spiral_without_level_moves_is_one_layer(tmp_path):
    turns = np.linspace(0.0, 6.0 * math.pi, 200)
    rows = [
        f"G1 X{3 * math.cos(t):.4f} Y{3 * math.sin(t):.4f} Z{0.2 + 0.05 * t:.4f}" for t in turns
    ]
    path = tmp_path / "vase.gcode"
    path.write_text("G90\nG0 X3 Y0 Z0.2\n" + "\n".join(rows))
    program = read_gcode(path)
    assert program.strand_count == 1
    assert program.levels.tolist() == pytest.approx([200.0])


def test_velocity_ratio_is_area_of_nozzle_over_area_of_strand():
    program = read_gcode(FILES / "relative_volumetric.gcode")
    # 0.1 and 0.05 mm² from a nozzle of π/16 mm².
    expected = math.pi / 16 / np.array([0.1, 0.05])
    assert velocity_ratio(program, 500.0) == pytest.approx(expected)
    assert [alignment_hint(v) for v in (*expected, 0.4, 1.01)] == [
        "parallel",
        "parallel",
        "perpendicular",
        "none",
    ]
    pressure = read_gcode(FILES / "cellink_bio_x.gcode")
    # 10 and 5 mm/s times π/16 mm² over 1 mm³/s.
    ratio = velocity_ratio(pressure, 500.0, flow=1e9)
    assert ratio == pytest.approx(math.pi / 16 * np.array([10.0] * 3 + [5.0] * 3))
    with pytest.raises(InputError, match="how much ink flows"):
        velocity_ratio(pressure, 500.0)
