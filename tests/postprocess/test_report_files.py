"""The report made again from its folder, and printed by a Chromium where there is one."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meshes.errors import InputError, SolveError
from postprocess import pdf, scenes
from postprocess.figures import NOT_DRAWN
from postprocess.pdf import find_browser, print_pdf
from postprocess.report_files import make_report_again, print_report
from postprocess.results import RunResult
from postprocess.write import write_result


@pytest.fixture
def folder(make_result: Callable[..., RunResult], tmp_path: Path) -> Path:
    stale = [f"{NOT_DRAWN}: no OpenGL. The numbers are not affected.", "a warning of the run"]
    write_result(dataclasses.replace(make_result(12), warnings=stale), tmp_path, figures=False)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def fake_browser(folder: Path, script: str) -> str:
    path = folder / "chromium"
    path.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_it_is_made_again_from_the_folder(folder: Path) -> None:
    before, page = names(folder), (folder / "report.html").read_text(encoding="utf-8")
    (folder / "report.html").unlink()
    told: list[str] = []
    made = make_report_again(folder, figures=False, progress=told.append)
    assert made == [folder / "report.html"]
    again = made[0].read_text(encoding="utf-8")
    assert names(folder) == before
    assert told == ["writing the report"]
    assert "a warning of the run" in again
    assert NOT_DRAWN not in again, "why a picture was missing then says nothing of now"
    assert len(again) == pytest.approx(len(page), rel=0.01)


def test_pictures_are_drawn_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the renderer, for speed: its pictures are looked at elsewhere.
    monkeypatch.setattr(
        scenes, "render_command", lambda task, module="": [sys.executable, "-c", "exit(1)"]
    )
    make_report_again(folder)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "figures" / "histograms.png").is_file()
    assert 'id="histograms"' in page
    assert 'id="scene"' in page
    assert NOT_DRAWN in page


def test_nothing_changes_where_it_cannot_be_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(InputError, match="no Chromium here"):
        make_report_again(folder, figures=False, pdf=True)
    broken = fake_browser(
        tmp_path_factory.mktemp("bin"), "import sys; sys.exit('the display is on fire')"
    )
    monkeypatch.setattr(pdf, "find_browser", lambda: broken)
    with pytest.raises(SolveError, match="the display is on fire"):
        make_report_again(folder, figures=False, pdf=True)
    said = print_report(folder)
    assert len(said) == 1
    assert "report.pdf could not be made: chromium did not print" in said[0]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_browser_that_prints_nothing_is_no_success(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("out") / "report.pdf"
    target.write_bytes(b"an older one")
    hollow = fake_browser(
        tmp_path_factory.mktemp("bin"),
        "import sys\n"
        "for a in sys.argv[1:]:\n"
        "    if a.startswith('--print-to-pdf='): open(a.split('=', 1)[1], 'wb').close()",
    )
    monkeypatch.setattr(pdf, "find_browser", lambda: hollow)
    with pytest.raises(SolveError, match="did not print the report"):
        print_pdf(folder / "report.html", target)
    assert target.read_bytes() == b"an older one"
    assert names(target.parent) == {"report.pdf"}


@pytest.mark.skipif(find_browser() is None, reason="no Chromium here")
def test_it_is_printed(folder: Path) -> None:
    made = make_report_again(folder, figures=False, pdf=True)
    assert [path.name for path in made] == ["report.html", "report.pdf"]
    content = made[1].read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert len(content) > 20_000
    if shutil.which("pdftotext"):
        import subprocess

        text = subprocess.run(
            ["pdftotext", str(made[1]), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert "For the methods section" in text
        assert "Copy the text" not in text


def test_the_command(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    import typer

    from cases.report_command import report

    app = typer.Typer()
    app.command()(report)
    done = CliRunner().invoke(app, [str(folder), "--no-figures"])
    assert (done.exit_code, done.output) == (0, f"written: {folder / 'report.html'}\n")
    empty = tmp_path_factory.mktemp("empty")
    wrong = CliRunner().invoke(app, [str(empty)])
    assert wrong.exit_code == 2
    assert "is no result of a finished run" in wrong.output
    assert "Traceback" not in wrong.output
