"""Files that are broken, endless or no print at all: one message each, with the line."""

from __future__ import annotations

import time

import pytest

from meshes.errors import InputError
from meshes.gcode import machine, read_gcode

HEAD = "G90 G21\nG0 X0 Y0 Z0.3\n"


def read(tmp_path, text, **options):
    path = tmp_path / "print.gcode"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_gcode(path, **options)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("G1 Xnan Y1", "line 3: expected letters with decimal numbers, found 'Xnan Y1'"),
        ("G1 X1 Yinf", "line 3: .* found 'Yinf'"),
        ("G1 X12345678901", "line 3: .* found 'X12345678901'"),
        ("G1 X20000", "line 3: X goes to 20000 mm"),
        ("G1 X" + "1" * 2000, "line 3: a command of 2004 characters"),
        ("M98 P1000", "line 3: subprograms and loops"),
        ("M98 P/macros/wipe.g", "line 3: subprograms and loops"),
        ("M99", "line 3: subprograms and loops"),
        ("G0 X1 M98 P2", "line 3: subprograms and loops"),
        ("G65 P9010 A1", "line 3: subprograms and macros"),
        ("o100 repeat [1000000]", "line 3: variables, conditions and loops"),
        ("WHILE [#1 LT 10] DO1", "line 3: variables, conditions and loops"),
        ("G1 X[#1+1]", "line 3: variables, conditions and loops"),
        ("if {move.axes[0].homed}", "line 3: variables, conditions and loops"),
        ("G81 X1 Y1 Z-1 R1", "line 3: canned cycles"),
        ("G5 I0 J3 P0 Q-3 X10 Y10", "line 3: splines"),
        ("G68 X0 Y0 R45", "line 3: scaled, shifted or turned"),
        ("G3 X5 Y0", "line 3: an arc needs I and J, or R"),
        ("G3 X5 Y0 R1", "line 3: an arc of radius 1 mm cannot span 5 mm"),
        ("G3 X0 Y0 R1", "line 3: an arc given by R ends where it starts"),
        ("G3 X5 Y0 I1 J0", "line 3: an arc starts 1 mm from its centre and ends 4 mm"),
        ("G3 X5 Y0 I0 J0", "line 3: an arc starts 0 mm"),
        ("G3 I5 J0 P100000", "line 3: arcs of several turns"),
        ("G1 X1 X2", "line 3: a letter is given twice"),
        ("G1 X1e2 E0.2", "line 3: a letter is given twice"),
        ("T1000", "line 3: tools have whole numbers"),
        ("N3 G1 X1*12", "line 3: the checksum is 12, the line gives"),
    ],
)
def test_lines_that_cannot_be_followed(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, HEAD + line + "\nG1 X1\n")


def test_a_coordinate_without_a_command(tmp_path):
    with pytest.raises(InputError, match="line 2: coordinates before any G0, G1"):
        read(tmp_path, "G90\nX5 Y5\n")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"GCDE\x01\x00\x00\x00", "bgcode"),
        (b"PK\x03\x04abc", "ZIP"),
        (b"\x1f\x8babc", "gzip"),
        ("G1 X1".encode("utf-16"), "UTF-16"),
        (b"G1 X1\n\x00\x01\x02", "binary data"),
        (bytes(range(1, 32)) * 50, "binary data"),
    ],
)
def test_files_that_are_no_text(tmp_path, data, what):
    with pytest.raises(InputError, match=what):
        read(tmp_path, data)


def test_empty_missing_and_idle_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_gcode(tmp_path / "nothing.gcode")
    with pytest.raises(InputError, match="none of its 0 moves prints"):
        read(tmp_path, "")
    with pytest.raises(InputError, match="none of its 1 moves prints"):
        read(tmp_path, HEAD)


def test_a_file_of_a_hundred_megabytes_is_refused_at_once(tmp_path):
    path = tmp_path / "large.gcode"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    begin = time.perf_counter()
    with pytest.raises(InputError, match=r"100 MB is more than the 67 MB"):
        read_gcode(path)
    assert time.perf_counter() - begin < 1.0


def test_moves_without_end_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MAX_MOVES", 1000)
    assert len(read(tmp_path, HEAD + "G1 X1\nG1 X0\n" * 450)) == 900
    # A circle of 9 m takes more than a hundred chords at 1 µm.
    with pytest.raises(InputError, match="line 903: more than 1000 moves"):
        read(tmp_path, HEAD + "G1 X1\nG1 X0\n" * 450 + "G3 I9000 J0\n")


def test_no_pattern_takes_forever(tmp_path):
    begin = time.perf_counter()
    for text in ("1" * 900, " " * 900 + "#", "(" * 900, "G1 X" + "1." * 450, "o" * 900 + "#"):
        with pytest.raises(InputError):
            read(tmp_path, HEAD + text)
    assert time.perf_counter() - begin < 2.0


def test_unknown_codes_are_counted(tmp_path):
    text = (
        HEAD + "M104 T1 S200\nM104 S0\nG29\nSTART_PRINT BED=60\nM117 Printing (G1 X9)\nG1 X5 A3\n"
    )
    program = read(tmp_path, text)
    assert len(program) == 1
    assert program.tools == (0,)
    warning = program.warnings[0]
    assert warning.startswith("6 commands without a meaning")
    for part in ("M104 (2)", "G29 (1)", "START_PRINT (1)", "M117 (1)", "word A (1)"):
        assert part in warning


def test_wrong_arguments(tmp_path):
    with pytest.raises(InputError, match="flavour: expected one of auto, marlin"):
        read(tmp_path, HEAD + "G1 X1", flavour="klingon")
    with pytest.raises(InputError, match="switch: expected two"):
        read(tmp_path, HEAD + "G1 X1", switch=("M3", "open"))
    with pytest.raises(InputError, match="belong together"):
        read(tmp_path, HEAD + "G1 X1", flavour="switched")
    with pytest.raises(InputError, match="filament_diameter"):
        read(tmp_path, HEAD + "G1 X1 E1", filament_diameter=-1.0)
