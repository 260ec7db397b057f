"""Wrong case files: each is refused with exit code 2 and one message that says how to mend it.

What each file must be told was written down by reading its message as its author would: the line
that is wrong, the key, what would be right, what is there, and the way out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cases.errors import MAX_SHOWN, CaseError, Problem, clean
from cases.load import load_case, parse_case
from cases.main import app

BAD = Path(__file__).parent / "bad"
ROOT = Path(__file__).parents[2]

# File: line, key, beginnings of what is expected, what was found, and how to mend it.
MESSAGES: dict[str, tuple[int, str, str, str, str]] = {
    "a_list": (
        1,
        "",
        "lines such as 'name: my-case' and ",
        "a list",
        "write every entry as 'key: value'; mind ",
    ),
    "alias_bomb": (
        5,
        "e",
        "at most 20000 values",
        "more than that",
        "put cell positions into a CSV file; do n",
    ),
    "alignment": (
        6,
        "inks.niche.alignment",
        "a number from -0.4 to 0.97. Order ",
        "1.2",
        "check the number",
    ),
    "arm_contradiction": (
        7,
        "dormancy.compare.twice.drugs.p38_inhibitor",
        "every target and every signal set ",
        "drug p38_inhibitor blocks p38, which is ",
        "leave out either the drug or p38",
    ),
    "arm_preset": (
        6,
        "dormancy.compare.soft.preset",
        "one of: adhesive, confining, repop",
        "adhesiv",
        "did you mean 'adhesive'?",
    ),
    "arm_unknown_cue": (
        6,
        "dormancy.compare.NETs on.cues.NETS",
        "one of: AT1_contact, chemotherapy,",
        "NETS",
        "did you mean 'NETs'?",
    ),
    "band_samples": (
        8,
        "dormancy.band.samples",
        "a power of two: 128, 256, 512, ...",
        "100",
        "write 64 or 128",
    ),
    "binary": (
        1,
        "",
        "text in UTF-8",
        "byte 0x89 at position 0",
        "save the file as plain text with encodin",
    ),
    "comment_only": (
        1,
        "",
        "keys such as scaffold, inks and ce",
        "nothing",
        "copy a case to start from: dormatrix gal",
    ),
    "count_and_density": (
        7,
        "cells.count",
        "exactly one of density, count and ",
        "density and count",
        "keep density",
    ),
    "contraction": (
        8,
        "cells.contraction.strain",
        "a number from 0.005 to 0.3. How mu",
        "50 % = 0.5",
        "check the number",
    ),
    "cue_dose": (
        9,
        "dormancy.cues.BMP7",
        "a number from 0 to 1. Signals in t",
        "30",
        "check the number",
    ),
    "cue_of_cells": (
        5,
        "dormancy.cues.uPAR_loss",
        "cues of the medium",
        "uPAR_loss",
        "delete it, and write uPAR: 0.3 under dor",
    ),
    "cue_table_missing": (
        5,
        "dormancy.cue_table.file",
        "a CSV file with columns cue, acts_",
        "no file 'my_cues.csv' beside the case",
        "check the name, or copy the file into th",
    ),
    "directions_twice": (
        8,
        "inks.niche.orientation",
        "alignment, or orientation",
        "alignment 0.6 and orientation of k",
        "keep alignment for fibres about the stra",
    ),
    "dose_half_range": (
        6,
        "dormancy.drugs.DNaseI.IC50",
        "0 < low <= value <= high",
        "low 2000, value 1000, high 1000 nM",
        "check the three numbers and their units",
    ),
    "dose_of_two_kinds": (
        8,
        "dormancy.cues.TGFb2.EC50",
        "a mass concentration",
        "1 nM (a molar concentration)",
        "for example 20 ng/mL",
    ),
    "dose_without_half": (
        6,
        "dormancy.cues.TGFb2",
        "concentration and EC50: what is gi",
        "no EC50",
        "add EC50: 10 ng/mL, or write a relative ",
    ),
    "dose_without_unit": (
        6,
        "dormancy.cues.TGFb2.concentration",
        "a concentration, by mass or molar",
        "5",
        "write the unit: 20 ng/mL or 5 nM",
    ),
    "drug_beside_target": (
        6,
        "dormancy.drugs.FAK_inhibitor",
        "every target and every signal set ",
        "drug FAK_inhibitor blocks FAK, which is ",
        "leave out either the drug or FAK",
    ),
    "drug_dose": (
        6,
        "dormancy.drugs.DNaseI",
        "a number from 0 to 1. Drugs and an",
        "2",
        "check the number",
    ),
    "drug_under_block": (
        6,
        "dormancy.cues.DNaseI",
        "names that go under cues; 'dormatr",
        "DNaseI",
        "write DNaseI under drugs",
    ),
    "duplicate_key": (
        9,
        "cells.count",
        "every key once",
        "'count' here and in line 7",
        "delete one of the two",
    ),
    "empty": (
        1,
        "",
        "keys such as scaffold, inks and ce",
        "nothing",
        "copy a case to start from: dormatrix gal",
    ),
    "empty_ink": (
        3,
        "inks.niche",
        "at least one of alginate, collagen",
        "none of them with a concentration ",
        "add e.g. alginate: {concentration: 2 %, ",
    ),
    "expression": (
        8,
        "cells.radius",
        "a length; a bare number means um",
        "__import__('os').getcwd()",
        "for example radius: 8 um",
    ),
    "file_escapes": (
        7,
        "cells.file",
        "the name of a CSV file in the fold",
        "../../../../etc/passwd",
        "copy the file beside the case and write ",
    ),
    "file_missing": (
        7,
        "cells.file",
        "a CSV file with columns x_um, y_um",
        "no file 'my_cells.csv' beside the ",
        "check the name, or copy the file into th",
    ),
    "finite_nothing": (
        9,
        "load.theory",
        "a compression or a swelling with t",
        "neither",
        "delete theory, or write swelling: ",
    ),
    "fraction_of_a_layer": (6, "scaffold.layers", "a whole number from 1 to 200", "2.5", "write 2"),
    "gate_backwards": (
        6,
        "dormancy.gate",
        "a preset in which stiffness wakes ",
        "preset repopulating",
        "write gate: hill, or another preset",
    ),
    "history_factor": (
        7,
        "dormancy.memory.history[1].stiffness",
        "a number from 0.001 to 1000. Stiff",
        "0",
        "check the number",
    ),
    "history_without_name": (
        7,
        "dormancy.memory.history[1].name",
        "What the state is called in table ",
        "nothing",
        "add name: soft gel",
    ),
    "huge_number": (
        6,
        "cells.density",
        "a number of cells per volume above",
        "1e300 /mL",
        "check the number and its unit",
    ),
    "indentation": (
        3,
        "",
        "YAML 1.2",
        "size: [1 mm, 1 mm, 0.5 mm]",
        "check the indentation of this line and t",
    ),
    "infinite": (
        7,
        "cells.density",
        "a number of cells per volume; a ba",
        "inf",
        "for example density: 5e5 /mL",
    ),
    "ink_name": (
        3,
        "inks.../niche",
        "1 to 40 letters, digits or _ - . +",
        "../niche",
        "choose a short plain name such as 'niche",
    ),
    "inks_ambiguous": (
        1,
        "scaffold",
        "scaffold.ink, for the case has mor",
        "nothing",
        "add ink: niche",
    ),
    "key_at_wrong_level": (
        7,
        "radius",
        "one of: name, scaffold, inks, cell",
        "radius",
        "'radius' belongs under cells; check the ",
    ),
    "latin1": (
        1,
        "",
        "text in UTF-8",
        "byte 0xf6 at position 4",
        "save the file as plain text with encodin",
    ),
    "law_beside_waviness": (
        9,
        "inks.niche.collagen_III.law",
        "waviness: straight, for this law d",
        "kind semi_affine with waves of 1 u",
        "delete waviness, or write law: crimped",
    ),
    "law_of_another_kind": (
        11,
        "inks.niche.collagen_I.law.stiffening",
        "with kind: exponential one of stif",
        "stiffening",
        "delete it, or write kind: semi_affine",
    ),
    "law_unknown": (
        8,
        "inks.niche.collagen_I.law",
        "one of: crimped, semi_affine, expo",
        "semiaffine",
        "did you mean 'semi_affine'?",
    ),
    "layers_do_not_touch": (
        5,
        "scaffold.layer_height",
        "above 200 um and at most 380 um (5",
        "450 um, an overlap of -12.5 %",
        "write layer_height: 320 um for the usual",
    ),
    "layers_hardly_touch": (
        5,
        "scaffold.layer_height",
        "above 200 um and at most 380 um (5",
        "396 um, an overlap of 1 %",
        "write layer_height: 320 um for the usual",
    ),
    "layers_pressed": (
        5,
        "scaffold.layer_height",
        "above 200 um and at most 380 um (5",
        "150 um, an overlap of 62.5 %",
        "write layer_height: 320 um for the usual",
    ),
    "merge_key": (8, "cells", "keys written out", "<<", "repeat the keys, or use an alias for a w"),
    "missing_key": (
        1,
        "scaffold.layer_height",
        "Height from one layer to the next ",
        "nothing",
        "add layer_height: 320 um",
    ),
    "missing_scaffold": (
        1,
        "scaffold",
        "The shape that is printed.",
        "nothing",
        "add scaffold: {kind: slab, size: [1 mm, ",
    ),
    "name_bidi": (
        1,
        "name",
        "1 to 100 printable characters on o",
        "abc\u202edef",
        "choose a short plain name such as wavy-n",
    ),
    "name_control": (
        1,
        "name",
        "1 to 100 printable characters on o",
        "wake\x1b[31m up",
        "choose a short plain name such as wavy-n",
    ),
    "name_long": (
        1,
        "name",
        "1 to 100 printable characters on o",
        "140 characters: aaaaaaaaaaaaaaaaaa",
        "choose a short plain name such as wavy-n",
    ),
    "nan": (
        5,
        "inks.niche.collagen_I.concentration",
        "a mass concentration; a bare numbe",
        "NaN (not a number)",
        "for example concentration: 2.4 mg/mL",
    ),
    "negative_length": (
        4,
        "scaffold.pitch",
        "a length from 1 to 500000 um. Dist",
        "-1 mm = -1000 um",
        "check the number and its unit",
    ),
    "nothing_after_colon": (
        5,
        "inks.niche.alginate",
        "a value, or keys indented below",
        "nothing",
        "write a value, or delete the key to use ",
    ),
    "nul": (1, "", "plain text", "U+0000", "remove the character (a binary file was "),
    "open_bracket": (
        1,
        "",
        "YAML 1.2",
        "scaffold: {kind: slab, size: [1 mm",
        "close every bracket [ ] and { }, and put",
    ),
    "parameter_range": (
        8,
        "dormancy.parameters.Pmin",
        "numbers within the limits of the r",
        "dormancy parameters: the range of ",
        "see the ranges in docs/case-file.md",
    ),
    "pitch_and_gap": (
        5,
        "scaffold.gap",
        "exactly one of pitch (centre to ce",
        "pitch and gap",
        "keep pitch",
    ),
    "plate": (7, "load.plate", "bonded or frictionless", "glued", "for example plate: bonded"),
    "prestrain_linear": (
        9,
        "load.prestrain",
        "theory: finite, for in linear theo",
        "theory: linear",
        "write theory: finite, or delete pr",
    ),
    "python_tag": (
        6,
        "cells",
        "plain values without tags",
        "!!python/object/apply:os.system",
        "remove the tag; a case holds data only",
    ),
    "recipe_and_modulus": (
        8,
        "inks.niche.alginate.youngs_modulus",
        "either youngs_modulus, or concentr",
        "youngs_modulus and concentration, ",
        "a measurement beats a recipe: keep young",
    ),
    "recipe_incomplete": (
        4,
        "inks.niche.alginate",
        "concentration, calcium and chain t",
        "concentration",
        "add calcium, chain",
    ),
    "scalar_for_group": (
        6,
        "cells",
        "keys with values, indented below. ",
        "50",
        "for example cells: {count: 400}",
    ),
    "several": (
        3,
        "scaffold.strand_diameter",
        "a length in um",
        "400 kPa (a stiffness)",
        "for example strand_diameter: 400 um",
    ),
    "strain": (
        9,
        "load.strain",
        "at most 0.3, or theory: finite",
        "0.6",
        "write theory: finite below it",
    ),
    "strain_beyond": (
        9,
        "load.strain",
        "a number above 0, at most 0.6. Com",
        "70 % = 0.7",
        "check the number",
    ),
    "strand_wider_than_spacing": (
        4,
        "scaffold.spacing",
        "above strand_diameter, 400 um (dis",
        "350 um",
        "write spacing: 1000 um, or thinner stran",
    ),
    "swelling_linear": (
        9,
        "load.theory",
        "theory: finite",
        "theory: linear",
        "delete theory: with swelling it is ",
    ),
    "tab": (
        3,
        "",
        "YAML 1.2",
        "size: [1 mm, 1 mm, 0.5 mm]",
        "indent with spaces; YAML does not allow ",
    ),
    "too_deep": (
        1,
        "a",
        "at most 32 levels",
        "more levels than that",
        "compare with a case from 'dormatrix gall",
    ),
    "too_many_cells": (
        6,
        "cells.density",
        "at most 1000000 cells",
        "about 4.5e+06 cells in 0.0005 mL o",
        "lower the density, or print a smaller pi",
    ),
    "too_many_digits": (
        7,
        "cells.seed",
        "at most 64 characters",
        "9999999999999999999999999999999999",
        "round the number",
    ),
    "too_many_strands": (
        7,
        "scaffold.size",
        "at most 10000 strands",
        "266666 strands",
        "print a smaller piece: sites a few stran",
    ),
    "two_documents": (
        7,
        "",
        "one case per file",
        "a second '---'",
        "move the second case into a file of its ",
    ),
    "two_lengths": (
        1,
        "scaffold.size",
        "Edge lengths [x, y, z] in µm.",
        "a list: [1 mm, 0.5 mm]",
        "for example size: [1 mm, 1 mm, 0.5 mm]",
    ),
    "undefined_alias": (6, "cells", "an earlier '&same'", "*same", "write the value out"),
    "unit_case": (
        4,
        "inks.stiff.youngs_modulus",
        "a stiffness; a bare number means k",
        "3 kpa",
        "did you mean 'kPa'?",
    ),
    "unknown_block": (
        8,
        "dormancy.block.MLKC",
        "one of: integrin_b1, FAK, Src, ERK",
        "MLKC",
        "did you mean 'MLCK'?",
    ),
    "unknown_cue": (
        8,
        "dormancy.cues.TGF-b1",
        "one of: AT1_contact, chemotherapy,",
        "TGF-b1",
        "did you mean 'TGFb1'?",
    ),
    "unknown_drug": (
        6,
        "dormancy.drugs.DNase",
        "one of: anti_integrin_b1, FAK_inhi",
        "DNase",
        "did you mean 'DNaseI'?",
    ),
    "unknown_ink_cells": (9, "cells.inks[1]", "one of: niche", "Niche", "did you mean 'niche'?"),
    "unknown_ink_scaffold": (
        8,
        "scaffold.inks[2]",
        "one of: niche",
        "nich2",
        "did you mean 'niche'?",
    ),
    "unknown_key_deep": (
        6,
        "inks.niche.collagen_I.concentraton",
        "one of: concentration, waviness, f",
        "concentraton",
        "did you mean 'concentration'?",
    ),
    "unknown_key_top": (
        7,
        "dormnacy",
        "one of: name, scaffold, inks, cell",
        "dormnacy",
        "did you mean 'dormancy'?",
    ),
    "unknown_key_waviness": (
        10,
        "inks.niche.collagen_III.waviness.wave_length",
        "one of: amplitude, wavelength",
        "wave_length",
        "did you mean 'wavelength'?",
    ),
    "unknown_preset": (
        8,
        "dormancy.preset",
        "one of: adhesive, confining, repop",
        "adhesve",
        "did you mean 'adhesive'?",
    ),
    "unknown_shape": (
        1,
        "scaffold.kind",
        "kind: slab or kind: woodpile",
        "slap",
        "did you mean 'slab'?",
    ),
    "unknown_unit": (
        3,
        "scaffold.strand_diameter",
        "a length; a bare number means um",
        "400 mikrons",
        "did you mean 'microns'?",
    ),
    "wave_too_steep": (
        6,
        "inks.niche.collagen_III.waviness.amplitude",
        "at most half the wavelength, 0.5 u",
        "20 um",
        "check which of the two numbers is the am",
    ),
    "waviness_word": (
        5,
        "inks.niche.collagen_I.waviness",
        "straight, or {amplitude: ..., wave",
        "wavy",
        "write straight or {amplitude: 1 um, wave",
    ),
    "wrong_unit_kind": (
        5,
        "inks.niche.collagen_I.concentration",
        "a mass concentration in mg/mL",
        "2.4 mM (a molar concentration)",
        "for example concentration: 2.4 mg/mL",
    ),
    "yes_is_a_word": (
        9,
        "dormancy.paths.collagen_chemistry",
        "true or false. Collagen acts by it",
        "no",
        "write collagen_chemistry: false",
    ),
}
GOOD = """
scaffold: {kind: slab, size: [1 mm, 1 mm, 0.5 mm]}
inks: {niche: {collagen_I: {concentration: 2.4 mg/mL}}}
"""


def test_every_bad_file_is_listed() -> None:
    assert {path.stem for path in BAD.glob("*.yaml")} == set(MESSAGES)
    assert len(MESSAGES) >= 25


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_message(name: str) -> None:
    line, key, expected, found, mend = MESSAGES[name]
    with pytest.raises(CaseError) as caught:
        load_case(BAD / f"{name}.yaml")
    error = caught.value
    assert (error.line, error.key) == (line, key)
    assert error.expected.startswith(expected)
    assert error.found.startswith(found)
    assert error.mend.startswith(mend)
    assert expected
    assert found
    assert mend
    if name != "several":
        assert len(error.problems) == 1, "one slip, one message"


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_command_refuses(name: str) -> None:
    line, key, *_ = MESSAGES[name]
    path = BAD / f"{name}.yaml"
    answer = CliRunner().invoke(app, ["check", str(path)])
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    assert answer.stderr.startswith(f"{path}:{line}: {key}")
    for row in ("expected", "found", "mend"):
        assert f"\n  {row}" in answer.stderr
    # Whatever the file holds, the terminal is shown plain printable lines.
    assert all(row.isprintable() for row in answer.stderr.splitlines())
    assert max(len(row) for row in answer.stderr.splitlines()) < 700


@pytest.mark.parametrize("name", ["unknown_key_deep", "alias_bomb", "binary", "python_tag"])
def test_real_process_refuses(name: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "cases", "run", str(BAD / f"{name}.yaml")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert "mend" in answer.stderr
    assert "unsafe" not in answer.stdout  # the tag's command was not run


def test_all_problems_of_a_file_in_order() -> None:
    with pytest.raises(CaseError) as caught:
        load_case(BAD / "several.yaml")
    lines = [problem.line for problem in caught.value.problems]
    # strand_diameter, layer(s), calcium and count are each wrong once, in this order.
    assert lines == [3, 6, 10, 12]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        load_case(tmp_path / "nowhere.yaml")
    assert caught.value.found == "nothing of that name"
    assert CliRunner().invoke(app, ["run", str(tmp_path / "nowhere.yaml")]).exit_code == 2


def test_folder_instead_of_file(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="this is a folder"):
        load_case(tmp_path)


def test_file_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(CaseError, match="too large"):
        load_case(path)


@pytest.mark.parametrize("name", ["/etc/passwd", "C:\\cells.csv", "..\\cells.csv", "a/../../b.csv"])
def test_cells_file_must_be_relative(name: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="outside the case's folder"):
        parse_case(GOOD + f"cells: {{file: '{name}'}}", folder=tmp_path)


def test_cells_file_must_not_lead_out_by_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    secret = tmp_path / "secret.csv"
    secret.write_text("x_um,y_um,z_um\n1,2,3\n")
    os.symlink(secret, folder / "cells.csv")
    with pytest.raises(CaseError, match="outside the case's folder"):
        parse_case(GOOD + "cells: {file: cells.csv}", folder=folder)


def test_no_more_than_ten_blocks() -> None:
    problems = [Problem(f"fault {i}", line=i) for i in range(1, 31)]
    text = str(CaseError("case.yaml", problems))
    assert text.count("fault") == MAX_SHOWN
    assert "20 more" in text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb", "a\\nb"),
        ("\u200b", "\\u200b"),
        ("µm – Größe", "µm – Größe"),
    ],
)
def test_clean(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


def test_clean_shortens() -> None:
    assert len(clean("x" * 10_000, 80)) <= 80
