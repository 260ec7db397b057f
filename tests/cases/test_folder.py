"""The result folder appears whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cases.folder import require_free, result_folder
from meshes.errors import InputError, SolveError


def fill(folder: Path, content: str, digest: str = "a") -> None:
    (folder / "case.json").write_text(json.dumps({"hash": digest}))
    (folder / "summary.json").write_text("{}")
    (folder / "sites.csv").write_text(content)


def test_result_takes_its_place_and_replaces_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "result"
    for content in ("first", "second"):
        with result_folder(target) as aside:
            fill(aside, content)
        assert (target / "sites.csv").read_text() == content
    assert [p.name for p in target.parent.iterdir()] == ["result"]


@pytest.mark.parametrize("failure", [RuntimeError("no"), KeyboardInterrupt()])
def test_whatever_goes_wrong_the_older_result_stays(tmp_path: Path, failure: BaseException) -> None:
    target = tmp_path / "result"
    with result_folder(target) as aside:
        fill(aside, "first")

    def fail() -> None:
        with result_folder(target) as aside:
            fill(aside, "half")
            raise failure

    with pytest.raises(type(failure)):
        fail()
    assert (target / "sites.csv").read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["result"]


def test_a_full_disk_is_told_with_a_way_out(tmp_path: Path) -> None:
    with (
        pytest.raises(SolveError, match="No space left") as caught,
        result_folder(tmp_path / "result"),
    ):
        raise OSError(28, "No space left on device")
    assert "disk" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_swept_and_what_it_moved_comes_back(tmp_path: Path) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    target = tmp_path / "result"
    left, moved = tmp_path / f".result.partial-{dead}", tmp_path / f".result.replaced-{dead}"
    running = tmp_path / f".result.partial-{os.getppid()}"
    for folder, content in ((left, "half"), (moved, "old"), (running, "theirs")):
        folder.mkdir()
        fill(folder, content)
    seen = []

    def fail() -> None:
        with result_folder(target):
            seen.append((target / "sites.csv").read_text())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen == ["old"]
    assert not left.exists()
    assert running.exists()  # another run, still at work


def test_what_may_be_replaced(tmp_path: Path) -> None:
    target = tmp_path / "result"
    require_free(target, "a", overwrite=False)
    target.mkdir()
    require_free(target, "a", overwrite=False)  # an empty folder is nobody's
    fill(target, "x", digest="a")
    require_free(target, "a", overwrite=False)
    with pytest.raises(InputError, match="another case"):
        require_free(target, "b", overwrite=False)
    require_free(target, "b", overwrite=True)
    (target / "figures").mkdir()
    require_free(target, "a", overwrite=False)
    with pytest.raises(InputError, match="with its pictures"):
        require_free(target, "a", overwrite=False, figures=False)
    (target / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not of the run: notes\.txt"):
        require_free(target, "a", overwrite=False)
    require_free(target, "a", overwrite=True)
    (target / "summary.json").unlink()
    with pytest.raises(InputError, match="something else"):
        require_free(target, "a", overwrite=True)
    with pytest.raises(InputError, match="not a folder"):
        require_free(target / "case.json", "a", overwrite=True)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(InputError, match="not a folder"):
        require_free(tmp_path / "link", "a", overwrite=True)


def test_a_result_that_came_meanwhile_is_kept_and_so_is_the_new_one(tmp_path: Path) -> None:
    target = tmp_path / "result"

    def run() -> None:
        with result_folder(target, lambda: require_free(target, "b", overwrite=False)) as aside:
            fill(aside, "ours", digest="b")
            target.mkdir()  # another run finishes first
            fill(target, "theirs", digest="a")

    with pytest.raises(SolveError, match="another case") as caught:
        run()
    assert (target / "sites.csv").read_text() == "theirs"
    kept = tmp_path / "result-2"
    assert str(kept) in caught.value.hint
    assert (kept / "sites.csv").read_text() == "ours"
