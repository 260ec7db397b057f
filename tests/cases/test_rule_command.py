"""``dormatrix rule`` and ``dormatrix explain`` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cases.load import parse_case
from cases.main import app

HEAD = "scaffold: {kind: slab, size: [500 um, 500 um, 500 um]}\n"
HEAD += "inks: {niche: {youngs_modulus: 3 kPa, ligand: 1}}\ncells: {count: 10}\n"


def run(*words: object) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, [str(word) for word in words])
    return answer.exit_code, answer.stdout, answer.stderr


def counts(path: Path, E50: float = 3.0, n: float = 2.5, cells: int = 4000) -> Path:
    """Counts of a population that follows the rule with these numbers, without noise."""
    rows = ["stiffness_kPa,n_dormant,n_total"]
    for e in (0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        r = (e / E50) ** n
        rows.append(f"{e},{round(cells * (0.95 - 0.9 * r / (1.0 + r)))},{cells}")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_list_names_what_a_case_can_name() -> None:
    code, text, _ = run("rule", "list")
    assert code == 0
    for name in ("adhesive", "TGFb2", "integrin_b1", "PAD4_inhibitor"):
        assert name in text
    code, text, _ = run("rule", "list", "--json")
    found = json.loads(text)
    cues = {row["cue"]: row for row in found["cues"]}
    assert cues["TGFb2"]["effect"] == "keeps asleep"
    assert cues["TGFb1"]["effect"] == "wakes"
    assert cues["crosslinking"]["effect"] == "stiffens"
    assert {row["drug"] for row in found["drugs"]} > {"DNaseI", "C26"}


def test_the_printed_table_is_one_to_edit(tmp_path: Path) -> None:
    code, text, _ = run("rule", "list", "--csv")
    assert code == 0
    lines = text.rstrip("\n").split("\n")
    (line,) = [line for line in lines if line.startswith("TSP1,")]
    assert ",1,0,1.5," in line
    (tmp_path / "mine.csv").write_text(lines[0] + "\n" + line.replace(",1,0,1.5,", ",0.2,0,0.4,"))
    case = parse_case(HEAD + "dormancy: {cue_table: {file: mine.csv}}\n", folder=tmp_path)
    (cue,) = [cue for cue in case.dormancy.cue_lines() if cue.cue == "TSP1"]
    assert (cue.weight, cue.weight_high) == (0.2, 0.4)
    assert len(case.dormancy.cue_lines()) == len(lines) - 1


def test_a_fit_goes_into_a_case(tmp_path: Path) -> None:
    code, text, _ = run("rule", "fit", counts(tmp_path / "counts.csv"))
    assert code == 0
    pasted = text.split("to paste into a case:\n\n")[1]
    case = parse_case(HEAD + pasted)
    found = case.dormancy.parameters
    for name, truth in (("E50", 3.0), ("n", 2.5)):
        group = found[name]
        assert isinstance(group, dict)
        assert group["low"] < truth < group["high"]
        assert group["value"] == pytest.approx(truth, rel=0.1)


def test_a_fit_as_json_with_a_picture(tmp_path: Path) -> None:
    data, picture = counts(tmp_path / "counts.csv"), tmp_path / "fit.png"
    code, text, _ = run("rule", "fit", data, "--json", "--figure", picture)
    assert code == 0
    record = json.loads(text)
    assert record["preset"] == "adhesive"
    assert len(record["gels"]) == 6
    assert picture.read_bytes().startswith(b"\x89PNG")
    code, _, error = run("rule", "fit", data, "--figure", picture)
    assert code == 2
    assert "exists" in error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rule", "fit", "{folder}/none.csv"), "none.csv"),
        (("rule", "fit", "{folder}/counts.csv", "--preset", "adhesiv"), "adhesive"),
        (("rule", "fit", "{folder}/counts.csv", "--figure", "{folder}/fit.pdf"), ".png"),
        (("rule", "sbml", "{folder}/net.txt"), ".xml"),
        (("rule", "sbml", "{folder}/no/net.xml"), "no folder"),
        (("rule", "sbml", "{folder}/net.xml", "--stiffness", "2 mM"), "stiffness"),
        (("rule", "sbml", "{folder}/net.xml", "--stiffness", "0 kPa"), "0.001"),
        (("explain", "{folder}", "--site", "1"), "no result"),
    ],
)
def test_wrong_words_are_told(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    counts(tmp_path / "counts.csv")
    code, _, error = run(*(word.format(folder=tmp_path) for word in words))
    assert code == 2, error
    assert said in error
    assert "Traceback" not in error


def test_the_network_as_SBML(tmp_path: Path) -> None:
    from solver.coupling.network import read_sbml

    file = tmp_path / "net.xml"
    code, text, _ = run("rule", "sbml", file, "--stiffness", "3 kPa")
    assert code == 0, text
    assert "read back" in text
    read_sbml(file)
    assert run("rule", "sbml", file)[0] == 2
    assert run("rule", "sbml", file, "--overwrite")[0] == 0


def test_the_clutch_as_a_table() -> None:
    code, text, _ = run("rule", "clutch", "--json")
    assert code == 0
    record = json.loads(text)
    found = record["threshold_kPa"]
    assert found["low"] < 5.0 < found["high"]  # published: near 5 kPa at 1200 clutches
    # The drive is 1 at the threshold, by definition; it rises on the way there.
    e, drive = np.array(record["stiffness_kPa"]), np.array(record["drive"])
    assert np.interp(found["value"], e, drive) == pytest.approx(1.0, abs=0.05)
    code, text, _ = run("rule", "clutch")
    assert "talin threshold" in text
