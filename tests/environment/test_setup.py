"""Set-up's decisions, its safety against interruption and what it says when it fails."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from environment import bootstrap, probes, stages, state, tree, venv
from environment.state import Plan, Record


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A plan whose home is an empty folder."""
    return Plan(("gcc",), ("a>=1",), "trixie", tmp_path / "home")


def fake(
    monkeypatch: pytest.MonkeyPatch, dolfinx: str = "", apt: bool = True, apt_dolfinx: bool = False
) -> None:
    """Answer the probes in place of this machine."""
    monkeypatch.setattr(probes, "active_dolfinx", lambda: dolfinx)
    monkeypatch.setattr(probes, "has_apt", lambda: apt)
    monkeypatch.setattr(probes, "apt_has_dolfinx", lambda release: apt_dolfinx)


@pytest.mark.parametrize(
    ("dolfinx", "apt", "apt_dolfinx", "mode"),
    [
        ("0.9.0", True, True, "active"),
        ("0.11.0.post1", False, False, "active"),
        ("0.5.2", True, False, "tree"),  # Debian 12's own is too old
        ("", True, True, "apt"),
        ("", True, False, "tree"),
    ],
)
def test_order_of_choice(
    monkeypatch: pytest.MonkeyPatch, dolfinx: str, apt: bool, apt_dolfinx: bool, mode: str
) -> None:
    fake(monkeypatch, dolfinx, apt, apt_dolfinx)
    assert bootstrap.choose_mode("trixie", "", {}) == mode


def test_another_suite_is_always_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, "0.9.0", True, True)
    assert bootstrap.choose_mode("sid", "", {}) == "tree"


def test_without_apt_the_conda_command_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, apt=False)
    with pytest.raises(stages.SetupError) as caught:
        bootstrap.choose_mode("trixie", "", {})
    assert "conda env create -f environment/environment.yml" in caught.value.hint


def test_a_wish_that_cannot_be_met_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, dolfinx="0.5.2")
    with pytest.raises(stages.SetupError, match=r"DOLFINx 0\.5\.2"):
        bootstrap.choose_mode("trixie", "active", {})
    with pytest.raises(stages.SetupError) as caught:
        bootstrap.choose_mode("trixie", "docker", {})
    assert "active, apt, tree" in caught.value.hint


@pytest.mark.parametrize(
    ("release", "candidate", "answer"),
    [
        ({"ID": "debian", "VERSION_ID": "12"}, "", False),
        ({"ID": "debian", "VERSION_ID": "13"}, "", True),
        ({"ID": "debian"}, "", True),  # testing and sid have no number
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "", False),
        ({"ID": "ubuntu", "VERSION_ID": "25.04"}, "", True),
        ({"ID": "linuxmint", "VERSION_ID": "22"}, "", False),
        ({"ID": "linuxmint", "VERSION_ID": "22"}, "1:0.9.0-7", True),
        ({"ID": "debian", "VERSION_ID": "13"}, "1:0.5.2-4", False),  # apt's word comes first
    ],
)
def test_what_apt_offers(
    monkeypatch: pytest.MonkeyPatch, release: dict[str, str], candidate: str, answer: bool
) -> None:
    text = f"python3-dolfinx-real:\n  Installed: (none)\n  Candidate: {candidate or '(none)'}\n"
    monkeypatch.setattr(probes, "_output", lambda command, check=True: text)
    monkeypatch.setattr(probes.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert probes.apt_has_dolfinx(release) is answer


def test_user_without_root_gets_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "is_root", lambda: False)
    with pytest.raises(stages.SetupError) as caught:
        bootstrap._need_root(["mmdebstrap", "bubblewrap"], "the tools")
    assert "sudo apt-get install --no-install-recommends -y mmdebstrap" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("cp: error writing: No space left on device", "DORMATRIX_HOME"),
        ("Temporary failure resolving 'somewhere'", "DORMATRIX_MIRROR"),
        ("W: GPG error: NO_PUBKEY 0123", "debian-archive-keyring"),
        ("E: Release file for X is expired", "clock"),
        ("bwrap: setting up uid map: Permission denied", "Dockerfile"),
        ("SSLError(... CERTIFICATE_VERIFY_FAILED ...)", "PIP_CERT"),
        ("ERROR: No matching distribution found for gmsh>=99", "pyproject.toml"),
        ("something never seen before", "full log"),
    ],
)
def test_a_failure_says_what_to_do(line: str, word: str) -> None:
    assert word in stages.advice(["Reading package lists...", line])


def test_full_disk_is_seen_before_the_work(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    plan.home.mkdir()
    usage = type("Usage", (), {"free": 1.2e9})
    monkeypatch.setattr(tree.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(stages.SetupError, match=r"1\.2 GB are free"):
        tree.check_space(plan.home)


def runner(folder: Path) -> stages.Stages:
    return stages.Stages(folder / "log", 1, out=io.StringIO())


def test_failing_program_gives_its_last_lines_and_a_full_log(tmp_path: Path) -> None:
    run = runner(tmp_path)
    run.begin("try")
    code = "print('first'); print('Could not resolve host'); raise SystemExit(3)"
    with pytest.raises(stages.SetupError, match=r"it failed .* code 3") as caught:
        run.run([sys.executable, "-c", code], failed="it failed")
    assert caught.value.tail == ("first", "Could not resolve host")
    assert "network" in caught.value.hint
    assert "first\nCould not resolve host\n" in (tmp_path / "log").read_text()


def test_missing_program_is_no_traceback(tmp_path: Path) -> None:
    run = runner(tmp_path)
    run.begin("try")
    with pytest.raises(stages.SetupError, match="no-such-program"):
        run.run(["no-such-program"], failed="it failed")


def test_plain_output_has_one_line_at_each_end_of_a_stage(tmp_path: Path) -> None:
    run = runner(tmp_path)
    run.begin("tree")
    run.run([sys.executable, "-c", "print('noise')"])
    run.end()
    assert isinstance(run.out, io.StringIO)
    assert run.out.getvalue().splitlines() == ["[1/1] tree …", "[1/1] tree: 0 s"]


def made_by(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shell line stand for mmdebstrap: $1 is the target."""
    monkeypatch.setattr(
        tree, "_command", lambda plan, target, root: ["sh", "-c", shell, "sh", str(target)]
    )


def test_tree_appears_whole_or_not_at_all(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runner(plan.home)
    run.begin("tree")
    made_by("mkdir $1; touch $1/half; exit 1", monkeypatch)
    with pytest.raises(stages.SetupError, match="trixie tree could not be made"):
        tree.make_tree(plan, run, root=True)
    assert sorted(p.name for p in plan.home.iterdir()) == ["log"]
    made_by("mkdir $1; touch $1/whole", monkeypatch)
    root = tree.make_tree(plan, run, root=True)
    assert (root / "whole").exists()
    assert tree.partials(plan.home) == []
    made_by("exit 1", monkeypatch)  # made once, it is not made again
    assert tree.make_tree(plan, run, root=True) == root


def test_interrupted_tree_is_removed(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runner(plan.home)
    run.begin("tree")
    made_by("mkdir $1; touch $1/half; sleep 60", monkeypatch)

    def interrupt() -> None:
        while not list(plan.home.glob("*.partial-*/root/half")):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, bootstrap._interrupt)
    began = time.monotonic()
    try:
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(stages.Interrupted):
            tree.make_tree(plan, run, root=True)
        thread.join()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert time.monotonic() - began < 15, "the program was not stopped"
    assert sorted(p.name for p in plan.home.iterdir()) == ["log"]


def test_next_setup_removes_what_a_killed_one_left(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = plan.home / f"{plan.tree_key}.partial-999/root"
    left.mkdir(parents=True)
    record = Record("tree", sys.executable, tree=str(plan.home))
    monkeypatch.setattr(bootstrap, "_tree", lambda plan, stages: record)
    assert bootstrap.set_up(plan, "tree") == record
    assert not left.parent.exists()
    assert plan.record() == record


def test_failed_setup_records_nothing(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(plan: Plan, stages: object) -> Record:
        raise bootstrap.SetupError("no", "hint")

    monkeypatch.setattr(bootstrap, "_tree", fails)
    with pytest.raises(bootstrap.SetupError):
        bootstrap.set_up(plan, "tree")
    assert plan.record() is None


def test_record_of_a_removed_environment_does_not_count(plan: Plan, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.touch()
    plan.write_record(Record("active", str(python)))
    assert plan.record() is not None
    python.unlink()
    assert plan.record() is None
    plan.record_path.write_text("{ half")
    assert plan.record() is None


def test_second_setup_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    code = (
        "import sys, time; from pathlib import Path; from environment.state import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    env = {**os.environ, "PYTHONPATH": str(state.ROOT)}
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
    )
    assert first.stdin is not None
    assert first.stdout is not None
    assert first.stdout.readline() == b"held\n"
    release = threading.Timer(0.5, first.stdin.close)
    release.start()
    began = time.monotonic()
    with state.locked(tmp_path, said.append):
        waited = time.monotonic() - began
    first.wait()
    assert waited > 0.3
    assert len(said) == 1
    assert f"process {first.pid}" in said[0]


def test_unfinished_venv_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/left-over").touch()
    ran: list[str] = []

    def run(command: list[str], env: object = None, failed: str = "") -> None:
        ran.append(command[2])
        folder.mkdir(exist_ok=True)

    quiet = runner(tmp_path)
    monkeypatch.setattr(quiet, "run", run)
    venv.make_venv(folder, "python3", ["a>=1"], quiet, {})
    assert ran == ["venv", "pip"]
    assert not (folder / "bin/left-over").exists()
    venv.make_venv(folder, "python3", ["a>=1"], quiet, {})
    assert ran == ["venv", "pip"], "a finished one is left alone"


def test_nothing_to_do_needs_no_slow_probe(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan.write_record(Record("tree", sys.executable, tree=str(plan.home)))
    monkeypatch.delenv(state.INSIDE, raising=False)
    monkeypatch.delenv("DORMATRIX_MODE", raising=False)
    monkeypatch.setattr(Plan, "of_checkout", classmethod(lambda cls: plan))
    monkeypatch.setattr(probes, "active_dolfinx", lambda: "")

    def slow(*args: object) -> str:
        raise AssertionError("asked for what the record knows")

    monkeypatch.setattr(bootstrap, "choose_mode", slow)
    assert bootstrap.main([]) == 0
    assert "environment ready: private Debian tree" in capsys.readouterr().out


def test_newly_activated_dolfinx_is_preferred(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    tree_record = Record("tree", sys.executable, tree=str(plan.home))
    monkeypatch.setattr(probes, "active_dolfinx", lambda: "0.10.0")
    assert not bootstrap._still_chosen(tree_record, plan, "")
    monkeypatch.setattr(probes, "active_dolfinx", lambda: "0.5.2")
    assert bootstrap._still_chosen(tree_record, plan, "")
    assert not bootstrap._still_chosen(tree_record, plan, "apt")
