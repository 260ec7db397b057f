"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cases.doctor import Finding, can_run
from cases.gallery import gallery
from cases.main import app
from cases.progress import Progress
from meshes.errors import InputError, SolveError

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "cases" / "gallery" / "quickstart.yaml"
SUMMARY = {
    "name": "quickstart",
    "preset": "adhesive",
    "n_sites": 400,
    "apparent_modulus_kPa": {"value": 1.234, "low": 1.0, "high": 2.0},
    "mean_stiffness_kPa": {"value": 3.456, "low": 2.0, "high": 5.0},
    "mean_p_dormant": {"value": 0.321, "low": 0.2, "high": 0.6},
    "fraction_above_half": {"value": 0.111, "low": 0.05, "high": 0.7},
}


@dataclass
class Call:
    """What the command asked of the run."""

    case: Any = None
    output: Path = Path()
    options: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Stand in for the run itself, which is tested where it is written."""
    made = Call()

    def run_case(case: Any, output: Path, **options: Any) -> Any:
        made.case, made.output, made.options = case, output, options
        with options["progress"].stage("mesh"):
            pass
        return types.SimpleNamespace(
            directory=output, summary=SUMMARY, warnings=["collagen: extrapolated"]
        )

    monkeypatch.setitem(sys.modules, "cases.run", types.SimpleNamespace(run_case=run_case))
    return made


def invoke(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run_case(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setitem(sys.modules, "cases.run", types.SimpleNamespace(run_case=run_case))
    return invoke("run", str(QUICKSTART))


def test_what_the_run_found_is_noted(call: Call) -> None:
    assert "note: collagen: extrapolated" in invoke("run", str(QUICKSTART)).stderr
    assert "note" not in invoke("run", str(QUICKSTART), "--quiet").output


def test_schema_leaves_other_files_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: mine")
    answer = invoke("schema", "-o", str(mine))
    assert answer.exit_code == 2
    assert "left alone" in answer.stderr
    assert mine.read_text() == "name: mine"
    other = tmp_path / "case.schema.json"
    for _ in range(2):  # its own file may be renewed
        assert invoke("schema", "-o", str(other)).exit_code == 0


def test_closed_streams_and_the_name_in_the_help() -> None:
    command = [sys.executable, "-m", "cases"]
    help_text = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "Usage: dormatrix" in help_text.stdout
    for closing in (">&-", "2>&-", ">&- 2>&-"):
        line = f"{sys.executable} -m cases check {QUICKSTART} {closing}"
        assert subprocess.run(["sh", "-c", line], check=False).returncode == 0


def test_run_prints_numbers_with_bands(call: Call) -> None:
    answer = invoke("run", str(QUICKSTART))
    assert answer.exit_code == 0
    assert "0.321 (0.2 to 0.6)" in answer.stdout
    assert "3.46 kPa (2 to 5)" in answer.stdout
    assert "report.html" in answer.stdout
    assert re.search(r"\[1\] mesh … \d+\.\d s", answer.stderr)
    assert call.output == Path("results/quickstart")
    assert call.options["workers"] is None
    assert call.options["figures"] is True
    assert call.options["overwrite"] is False


def test_run_passes_its_options_on(call: Call, tmp_path: Path) -> None:
    answer = invoke(
        "run", str(QUICKSTART), "-o", str(tmp_path / "x"), "--workers", "3", "--no-figures",
        "--overwrite", "--quiet",
    )  # fmt: skip
    assert answer.exit_code == 0
    assert answer.output == ""
    assert call.output == tmp_path / "x"
    assert call.options["workers"] == 3
    assert call.options["figures"] is False
    assert call.options["overwrite"] is True


def test_run_json_is_json_alone(call: Call) -> None:
    answer = invoke("run", str(QUICKSTART), "--json")
    assert json.loads(answer.stdout)["mean_p_dormant"]["value"] == 0.321
    assert answer.stderr == ""
    assert call.case.name == "quickstart"


def test_other_ranks_are_silent(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "1")
    answer = invoke("run", str(QUICKSTART))
    assert (answer.exit_code, answer.output) == (0, "")
    assert call.case is not None  # silent, but at work


def test_input_error_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raising(InputError("no room", hint="make room"), monkeypatch)
    assert answer.exit_code == 2
    assert answer.stderr == "no room\n  mend: make room\n"


def test_solve_error_is_3(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raising(SolveError("diverged", hint="press less"), monkeypatch)
    assert answer.exit_code == 3
    assert "diverged" in answer.stderr
    assert "press less" in answer.stderr


def test_unexpected_error_is_3_with_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raising(ZeroDivisionError("by\x1b[31m zero"), monkeypatch)
    assert answer.exit_code == 3
    assert "Traceback" not in answer.stderr
    assert "\x1b" not in answer.stderr
    assert "unexpected error: ZeroDivisionError" in answer.stderr
    log = Path(re.search(r"details +(\S+)", answer.stderr).group(1))  # type: ignore[union-attr]
    assert "Traceback" in log.read_text()
    log.unlink()


def test_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raising(KeyboardInterrupt(), monkeypatch)
    assert answer.exit_code == 130
    assert "Traceback" not in answer.stderr


def test_check_says_what_will_be_computed() -> None:
    answer = invoke("check", str(QUICKSTART))
    assert answer.exit_code == 0
    for words in ("12 in 4 layers", "overlap 20 %", "400 of radius 8 um", "adhesive", "niche"):
        assert words in answer.stdout


def test_check_json() -> None:
    summary = json.loads(invoke("check", str(QUICKSTART), "--json").stdout)
    assert summary["cells"]["expected"] == 400
    assert summary["scaffold"]["strands"] == 12
    assert 0.0 < summary["scaffold"]["solid_fraction"] < 1.0


def test_schema_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "schema.json"
    assert invoke("schema", "-o", str(target)).exit_code == 0
    assert json.loads(target.read_text()) == json.loads(invoke("schema").stdout)
    assert invoke("schema", "-o", str(tmp_path / "no" / "schema.json")).exit_code == 2


def test_gallery_lists_and_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listing = invoke("gallery").stdout
    assert len(listing.splitlines()) == len(gallery()) >= 3
    assert invoke("gallery", "quickstart").exit_code == 0
    copy = tmp_path / "quickstart.yaml"
    assert copy.read_text() == QUICKSTART.read_text()
    copy.write_text("mine")
    again = invoke("gallery", "quickstart")
    assert again.exit_code == 2
    assert copy.read_text() == "mine"
    assert invoke("gallery", "../quickstart").exit_code == 2


def test_usage_error_is_2() -> None:
    assert invoke("run").exit_code == 2
    assert invoke("run", str(QUICKSTART), "--workers", "0").exit_code == 2
    assert invoke("fly").exit_code == 2


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys\nfrom cases.main import app\n"
        f"try: app({words!r})\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'numpy', 'pint', 'ruamel.yaml', 'gmsh', 'dolfinx', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr


def test_doctor_decides_by_what_a_run_needs() -> None:
    good = Finding("numpy", "2.0")
    picture = Finding("VTK render window", "", needed=False, mend="install it")
    solver = Finding("dolfinx", "", mend="set it up")
    assert can_run([good, picture])
    assert not can_run([good, solver])


def test_doctor_without_dolfinx_is_3(monkeypatch: pytest.MonkeyPatch) -> None:
    from cases import doctor

    monkeypatch.setattr(doctor, "_exists", lambda module: module != "dolfinx")
    monkeypatch.setattr(doctor, "_ask", lambda program: "")
    answer = invoke("doctor")
    assert answer.exit_code == 3
    assert "a run is not possible yet: dolfinx" in answer.stdout
    assert "make demo" in answer.stdout
    report = json.loads(invoke("doctor", "--json").stdout)
    assert report["can_run"] is False
    assert {"name", "found", "needed", "mend", "good"} == set(report["findings"][0])


@pytest.mark.dolfinx
def test_doctor_on_a_machine_that_can_run() -> None:
    report = json.loads(invoke("doctor", "--json").stdout)
    assert report["can_run"] is True


def test_progress_writes_plain_lines_and_takes_times() -> None:
    stream = io.StringIO()
    progress = Progress(stages=2, stream=stream)
    with progress.stage("mesh"):
        pass
    with progress.stage("cells", total=3):
        progress.advance(2)
    lines = stream.getvalue().splitlines()
    assert [line.split(" …")[0] for line in lines] == ["[1/2] mesh", "[2/2] cells"]
    assert list(progress.timings) == ["mesh", "cells"]


def test_progress_tells_where_it_stopped() -> None:
    stream = io.StringIO()
    progress = Progress(stream=stream)
    with pytest.raises(ValueError, match="no"), progress.stage("solve"):
        raise ValueError("no")
    assert "[1] solve … stopped" in stream.getvalue()
    assert progress.timings == {}


def test_progress_on_a_terminal_shows_a_bar() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    progress = Progress(stages=1, stream=stream)
    with progress.stage("cells [bold]", total=4):
        progress.advance(4)
        progress.note("half way")
    text = stream.getvalue()
    assert "half way" in text
    assert "cells [bold]" in text  # markup in a name is shown, not obeyed


def test_quiet_progress_says_nothing() -> None:
    stream = io.StringIO()
    progress = Progress(quiet=True, stream=stream)
    with progress.stage("mesh"):
        progress.note("hello")
    assert stream.getvalue() == ""
