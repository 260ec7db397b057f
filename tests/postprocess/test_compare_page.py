"""The page of a comparison and the command that writes it."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from postprocess.compare import plots
from postprocess.compare.page import write_comparison
from postprocess.compare.pairs import Pairing, read_compared
from postprocess.results import RunResult
from postprocess.write import write_result

PNG = b"\x89PNG\r\n\x1a\n"


class Page(HTMLParser):
    """Tags, attributes that name an address, and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [v or "" for k, v in attrs if k in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def softer(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same cells in a gel that is half as stiff, with more of them asleep."""
    cells = result.fields.cell_data
    halved = {k: np.asarray(v) / 2 if k.startswith("E_") else v for k, v in cells.items()}
    p = np.clip(result.sites["p_dormant"] + 0.2, 0, 0.95)
    sites = result.sites.assign(
        p_dormant=p,
        p_dormant_high=np.maximum(p, result.sites["p_dormant_high"]),
        stiffness_kPa=result.sites["stiffness_kPa"] / 2,
        logodds_matrix_stiffness=result.sites["logodds_matrix_stiffness"] + 2 * np.log(2),
    )
    mean = float(p.mean())
    told = result.summary | {
        "name": "softer niche",
        "mean_p_dormant": {"value": mean, "low": mean - 0.1, "high": mean + 0.1},
    }
    folder = tmp_path_factory.mktemp("softer")
    other = dataclasses.replace(
        result,
        name="softer niche",
        sites=sites,
        summary=told,
        fields=dataclasses.replace(result.fields, cell_data=halved),
        case=result.case | {"hash": "77aa" * 16},
    )
    write_result(other, folder, figures=False)
    return folder


@pytest.fixture(scope="module")
def plain(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    write_result(result, folder, figures=False)
    return folder


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """The command in a folder of its own: exit code, and all that it said."""
    from cases.main import app

    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["compare", *map(str, words)])
        return done.exit_code, done.output + done.stderr

    return run


def test_the_page_holds_all_and_asks_for_nothing(plain: Path, softer: Path, tmp_path: Path) -> None:
    compared = read_compared([plain, softer])
    record = write_comparison(compared, [Pairing(why_not="no rule")], tmp_path, digest="d")
    page = Page((tmp_path / "comparison.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert page.asked
    assert all(address.startswith("data:image/png;base64,") for address in page.asked)
    drawn = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert drawn >= {
        "headline", "histograms", "p_against_stiffness", "shares", "stiffness_difference_B",
        "p_difference_B",
    }  # fmt: skip
    could_render = not any("could not be drawn" in warning for warning in record["warnings"])
    assert ({"sites", "stiffness"} <= drawn) == could_render
    assert all(path.read_bytes().startswith(PNG) for path in (tmp_path / "figures").iterdir())
    assert len(page.asked) == len(drawn)
    assert "stiffness: matrix +1.39" in page.words
    assert "sit where those of A do" in page.words
    assert "is not paired" in page.words


def test_the_common_grid_holds_the_difference(plain: Path, softer: Path, tmp_path: Path) -> None:
    import pyvista

    compared = read_compared([plain, softer])
    write_comparison(compared, [Pairing()], tmp_path, digest="d", figures=False)
    grid = pyvista.read(str(tmp_path / "common_grid.vti"))
    seen = np.asarray(grid.cell_data["vtkGhostType"]) == 0
    first = np.asarray(grid.cell_data["E_isotropic_A_kPa"])[seen]
    step = np.asarray(grid.cell_data["E_isotropic_B_minus_A_kPa"])[seen]
    assert step == pytest.approx(-first / 2)
    assert seen.mean() > 0.95


def test_hostile_texts_are_shown_as_text(nasty: tuple[RunResult, Path], tmp_path: Path) -> None:
    bad, folder = nasty
    twin = tmp_path / "<img src=x onerror=alert(1)>"
    shutil.copytree(folder, twin)
    compared = read_compared([folder, twin])
    out = tmp_path / "out"
    out.mkdir()
    write_comparison(compared, [Pairing(why_not=bad.name)], out, digest="d", figures=False)
    text = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert plots.histograms(compared, tmp_path / "histograms.png")
    assert plots.shares(compared, tmp_path / "shares.png")
    assert bad.name in page.words
    assert "<img src=x onerror=alert(1)>" in page.words


def test_three_results_make_a_table_for_each(
    plain: Path, softer: Path, nasty: tuple[RunResult, Path], tmp_path: Path
) -> None:
    compared = read_compared([plain, softer, nasty[1]])
    record = write_comparison(compared, [Pairing(), Pairing()], tmp_path, digest="d", figures=False)
    words = Page((tmp_path / "comparison.html").read_text(encoding="utf-8")).words
    assert re.search(r"B\s*minus\s*A", words)
    assert re.search(r"C\s*minus\s*A", words)
    assert "as crowds, not one by one" in words  # 12 cells against 160
    assert [len(row["differences"]) for row in record["numbers"]] == [2] * len(record["numbers"])


def test_the_command_writes_a_folder(
    plain: Path, softer: Path, invoke: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = invoke(plain, softer, "-o", "out", "--no-figures")
    assert code == 0, said
    assert "percentage points" in said
    told = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert [one["letter"] for one in told["results"]] == ["A", "B"]
    # Made-up results hold no rule: the page says so instead of pairing.
    assert "does not hold what the rule was asked with" in told["unpaired"][0]
    assert str(softer.parent) not in (tmp_path / "out" / "comparison.html").read_text("utf-8")
    assert invoke(plain, softer, "-o", "out", "--no-figures")[0] == 0  # the same one again
    code, said = invoke(softer, plain, "-o", "out", "--no-figures")
    assert (code, "--overwrite" in said) == (2, True)


def test_json_is_all_that_is_printed(
    plain: Path, softer: Path, invoke: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = invoke(plain, softer, "--no-figures", "--json")
    assert code == 0
    told = json.loads(said)
    assert (tmp_path / told["directory"] / "comparison.html").is_file()
    assert told["directory"] == f"results/compare-{plain.name}-{softer.name}"


@pytest.mark.parametrize("wrong", ["one", "twice", "none"])
def test_what_cannot_be_compared_is_refused(
    wrong: str, plain: Path, invoke: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    words = {"one": [plain], "twice": [plain, plain], "none": [plain, tmp_path / "nothing"]}[wrong]
    code, said = invoke(*words)
    assert code == 2
    assert "Traceback" not in said
    assert not (tmp_path / "results").exists()
