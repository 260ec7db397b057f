"""The book of a sweep: folders of finished cases are the truth, whatever died and when."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cases.batch.atomic import aside_of, read_json, write_json, write_whole
from cases.batch.ledger import Ledger, Row
from cases.batch.lock import sweep_lock
from cases.batch.task import Outcome
from cases.folder import result_folder
from meshes.errors import InputError, SolveError

ROOT = Path(__file__).parents[2]
FAILED = "failed", "killed", "timeout", "memory"


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def row(number: int, **changed: object) -> Row:
    facts = {"outputs": {"n_sites": 3, "mean_p_dormant": 0.5, "solid_fraction": None}}
    return Row(**{"key": key_of(number), "name": "wavy", "seconds": 2.0, **facts, **changed})


def finish(ledger: Ledger, number: int) -> Row:
    done = row(number, reused=("mesh",), warnings=("a note",))
    with result_folder(ledger.target(done.key)) as aside:
        write_json(aside / "row.json", done.to_json())
    return done


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "sweep")


@pytest.fixture(scope="module")
def dead() -> int:
    """Number of a process that is no more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_finished_case_is_read_back_and_belongs_under_its_hash(ledger: Ledger) -> None:
    assert ledger.finished(key_of(1)) is None
    done = finish(ledger, 1)
    assert ledger.finished(key_of(1)) == done
    assert ledger.target(key_of(1)) == ledger.folder / "cases" / key_of(1)[:16]
    assert ledger.finished(key_of(2)) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        json.dumps(row(2).to_json()),  # of another case
        json.dumps({**row(1).to_json(), "outputs": {"mean_p_dormant": float("nan")}}),
        json.dumps({**row(1).to_json(), "outputs": {"mean_p_dormant": "0.5"}}),
        json.dumps({**row(1).to_json(), "outputs": {"mean_p_dormant": True}}),
        json.dumps({**row(1).to_json(), "outputs": {"n_sites": 10**30}}),
        json.dumps({**row(1).to_json(), "outputs": [1]}),
        json.dumps({**row(1).to_json(), "seconds": None}),
        json.dumps({**row(1).to_json(), "name": "x" * (1 << 20)}),  # too large
    ],
    ids=lambda content: content[:12] + content[-12:],
)
def test_a_broken_row_counts_as_absent(ledger: Ledger, content: str) -> None:
    finish(ledger, 1)
    (ledger.target(key_of(1)) / "row.json").write_text(content)
    assert ledger.finished(key_of(1)) is None


def test_a_pipe_or_folder_in_place_of_a_row_holds_up_nobody(ledger: Ledger) -> None:
    for number, make in enumerate((os.mkfifo, os.mkdir)):
        ledger.target(key_of(number)).mkdir(parents=True)
        make(ledger.target(key_of(number)) / "row.json")
        assert ledger.finished(key_of(number)) is None


@pytest.mark.parametrize("key", ["", "../" * 5 + "etc", "A" * 64, key_of(1)[:16], key_of(1) + "\n"])
def test_nothing_but_a_hash_becomes_a_path(ledger: Ledger, key: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        ledger.finished(key)
    with pytest.raises(ValueError, match="64 hexadecimal"):
        ledger.clear_failure(key)


@pytest.mark.parametrize("status", FAILED)
def test_a_failure_is_kept_counted_and_cleared(ledger: Ledger, status: str) -> None:
    outcome = Outcome(4, key_of(4), status, 1.5, "no mesh", "print it larger")  # type: ignore[arg-type]
    ledger.record_failure(outcome, "concentration 3 mg/mL")
    failure = ledger.failure(key_of(4))
    assert failure is not None
    assert (failure.status, failure.reason, failure.hint) == (status, "no mesh", "print it larger")
    assert (failure.name, failure.seconds, failure.attempts) == ("concentration 3 mg/mL", 1.5, 1)
    ledger.record_failure(outcome, "again")
    assert ledger.failures()[key_of(4)].attempts == 2
    ledger.clear_failure(key_of(4))
    ledger.clear_failure(key_of(4))
    assert ledger.failure(key_of(4)) is None
    assert ledger.failures() == {}


def test_a_full_disk_is_no_fault_of_the_case_and_a_done_one_has_not_failed(ledger: Ledger) -> None:
    ledger.record_failure(Outcome(0, key_of(0), "disk", 1.0, "no space left"), "x")
    assert ledger.failures() == {}
    with pytest.raises(ValueError, match="case 1 is done"):
        ledger.record_failure(Outcome(0, key_of(0), "done", 1.0), "x")


def test_records_of_failures_that_are_none_are_passed_over(ledger: Ledger) -> None:
    ledger.record_failure(Outcome(4, key_of(4), "failed", 1.5, "no mesh"), "x")
    good = json.loads((ledger.folder / "failed" / f"{key_of(4)[:16]}.json").read_text())
    for name, content in {
        "broken": "{",
        key_of(4)[:16] + "x": json.dumps(good),  # not where this case's failure belongs
        key_of(5)[:16]: json.dumps({**good, "hash": 5}),
        key_of(6)[:16]: json.dumps({**good, "hash": key_of(6), "seconds": "long"}),
    }.items():
        (ledger.folder / "failed" / f"{name}.json").write_text(content)
    assert list(ledger.failures()) == [key_of(4)]


def test_what_killed_processes_left_is_swept_up_and_no_more(ledger: Ledger, dead: int) -> None:
    done = finish(ledger, 1)
    cases = ledger.folder / "cases"
    live = cases / f".{key_of(2)[:16]}.partial-{os.getpid()}"
    half = cases / f".{key_of(2)[:16]}.partial-{dead}"
    moved = cases / f".{key_of(3)[:16]}.replaced-{dead}"
    other = cases / f".notes.partial-{dead}"
    for folder in (live, half, moved, other):
        folder.mkdir()
    write_json(moved / "row.json", row(3).to_json())
    stages = ledger.folder / "stages" / "mesh"
    for folder in (ledger.folder, ledger.folder / "failed", stages):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f".table.csv.part-{dead}").write_text("half")
        aside_of(folder / "table.csv").write_text("being written")

    ledger.sweep_up(quiet=3600.0)  # others may be at work: all of this is too young
    assert half.exists()
    assert len(list(ledger.folder.rglob(".table.csv.part-*"))) == 6

    ledger.sweep_up()
    assert not half.exists()
    assert live.exists()
    assert other.exists()
    assert ledger.finished(key_of(1)) == done
    assert ledger.finished(key_of(3)) == row(3), "a case that had been moved away comes back"
    assert {p.name for p in ledger.folder.rglob(".table.csv.part-*")} == {
        f".table.csv.part-{os.getpid()}"
    }

    old = time.time() - 7200.0
    half.mkdir()
    os.utime(half, (old, old))
    ledger.sweep_up(quiet=3600.0)
    assert not half.exists()


def test_an_empty_or_missing_folder_has_nothing_to_sweep_up(ledger: Ledger) -> None:
    ledger.sweep_up()
    assert not ledger.folder.exists()


def test_a_file_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "table.csv"
    write_whole(path, b"first")

    def full(_path: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SolveError, match="No space left") as caught:
        write_whole(path, b"second")
    assert "nothing is lost" in caught.value.hint
    assert path.read_bytes() == b"first"
    assert [p.name for p in path.parent.iterdir()] == ["table.csv"]


def test_json_takes_no_number_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"x": float("inf")})
    assert not path.exists()
    path.write_text("Infinity")
    assert read_json(path, 100) is None


HOLDER = """
import sys, time
from pathlib import Path
from cases.batch.lock import sweep_lock
shard = tuple(map(int, sys.argv[2:])) or None
with sweep_lock(Path(sys.argv[1]), shard):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(folder: Path, *shard: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder."""
    command = [sys.executable, "-c", HOLDER, str(folder), *map(str, shard)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_one_parent_at_a_time_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        for shard in (None, (1, 4)):
            with (
                pytest.raises(InputError, match=f"process {process.pid} on ") as caught,
                sweep_lock(tmp_path, shard),
            ):
                pytest.fail("two at once")
            assert "Ctrl-C" in caught.value.hint
        process.send_signal(signal.SIGKILL)
        with sweep_lock(tmp_path) as note:
            assert note == ""
    assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()


def test_shards_bear_each_other_but_no_double_and_no_parent(tmp_path: Path) -> None:
    with holder(tmp_path, 1, 4) as process:
        with sweep_lock(tmp_path, (2, 4)):
            pass
        for shard in ((1, 4), None):
            with (
                pytest.raises(InputError, match=rf"process {process.pid} on .*shard 1 of 4"),
                sweep_lock(tmp_path, shard),
            ):
                pytest.fail("two at once")
    with sweep_lock(tmp_path):
        pass


def test_programs_started_meanwhile_do_not_hold_the_folder(tmp_path: Path) -> None:
    with sweep_lock(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with sweep_lock(tmp_path):  # though the child lives on
        assert child.poll() is None
    child.communicate(b"\n")


def test_a_lock_is_no_way_to_another_file(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder = tmp_path / "sweep"
    folder.mkdir()
    (folder / ".lock").symlink_to(precious)
    with pytest.raises(InputError, match="cannot be written to"), sweep_lock(folder):
        pytest.fail("followed")
    assert precious.read_text() == "mine"


def test_a_file_in_place_of_the_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "sweep").write_text("")
    with pytest.raises(InputError, match="cannot be written to"), sweep_lock(tmp_path / "sweep"):
        pytest.fail("held a file")


def test_without_locks_it_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def unknown(_handle: int, _kind: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with sweep_lock(tmp_path) as note:
        assert "no locks" in note
