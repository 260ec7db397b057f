"""The launcher and the entrance: from any folder, through links, with codes and signals kept."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from environment import launch, sandbox, state
from environment.state import INSIDE, INSIDE_PYTHON, ROOT, Plan, Record

FAKE = """import json, os, sys
print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "file": __file__}))
sys.exit(int(os.environ.get("FAKE_CODE", "0")))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the real launcher and a stand-in for the command line."""
    folder = tmp_path / "a checkout"
    (folder / "cases").mkdir(parents=True)
    (folder / "cases/__init__.py").touch()
    (folder / "cases/__main__.py").write_text(FAKE)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "environment", folder / "environment", ignore=ignored)
    for name in ("dormatrix", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The variables of a shell outside every environment, with an empty home for set-up."""
    for name in (INSIDE, INSIDE_PYTHON, "PYTHONPATH", "DORMATRIX_SUITE", "DORMATRIX_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DORMATRIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def start(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(program), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("outside")
def test_works_from_another_folder_and_through_a_link(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Plan.of_checkout(checkout).write_record(Record("active", sys.executable))
    elsewhere = tmp_path / "elsewhere"
    # A folder of the user's with our package's name must not be taken for ours.
    (elsewhere / "cases").mkdir(parents=True)
    (elsewhere / "cases/__init__.py").write_text("raise SystemExit('the wrong cases')")
    link = tmp_path / "bin/dormatrix"
    link.parent.mkdir()
    link.symlink_to(checkout / "dormatrix")
    monkeypatch.setenv("FAKE_CODE", "3")
    for program in (checkout / "dormatrix", link):
        done = start(program, "run", "a b.yaml", "--quiet", cwd=elsewhere)
        assert done.returncode == 3, done.stderr
        seen = json.loads(done.stdout)
        assert seen["argv"] == ["run", "a b.yaml", "--quiet"]
        assert Path(seen["cwd"]) == elsewhere.resolve()
        assert Path(seen["file"]).is_relative_to(checkout.resolve())


def test_missing_environment_says_what_to_type(checkout: Path, outside: Path) -> None:
    done = start(checkout / "dormatrix", "run", "x.yaml", cwd=checkout)
    assert done.returncode == 2
    assert done.stdout == ""
    assert str(outside) in done.stderr
    assert f"make -C {checkout} setup" in done.stderr
    assert not outside.exists(), "the launcher must not build anything"


@pytest.mark.usefixtures("outside")
def test_changed_list_needs_a_new_setup(checkout: Path) -> None:
    Plan.of_checkout(checkout).write_record(Record("active", sys.executable))
    assert start(checkout / "dormatrix", cwd=checkout).returncode == 0
    with (checkout / "environment/packages.txt").open("a") as file:
        file.write("hello - one more package\n")
    done = start(checkout / "dormatrix", cwd=checkout)
    assert done.returncode == 2
    assert "make" in done.stderr


@pytest.mark.usefixtures("outside")
def test_inside_it_uses_the_environment_it_is_in(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(INSIDE, "somewhere")
    monkeypatch.setenv(INSIDE_PYTHON, sys.executable)
    done = start(checkout / "dormatrix", "doctor", cwd=checkout)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["argv"] == ["doctor"]


@pytest.mark.usefixtures("outside")
def test_enter_runs_any_program_with_the_checkout_first(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"LD_LIBRARY_PATH": "/opt/cluster/lib"}
    Plan.of_checkout(checkout).write_record(Record("active", sys.executable, environ=kept))
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    code = (
        "import os, cases; print(cases.__file__, os.environ['LD_LIBRARY_PATH'],"
        " os.environ['OMP_NUM_THREADS'], sep='|')"
    )
    done = start(checkout / "environment/enter", "python", "-c", code, cwd=checkout.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{checkout}/cases/__init__.py|/opt/cluster/lib|1"
    missing = start(checkout / "environment/enter", "no-such-program", cwd=checkout)
    assert missing.returncode == 127
    assert "no-such-program" in missing.stderr


@pytest.mark.usefixtures("outside")
def test_mpirun_outside_a_tree_is_told_once_where_to_start(
    checkout: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record("tree", sys.executable, tree=str(tree))
    Plan.of_checkout(checkout).write_record(record)
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    said = []
    for rank in ("0", "1"):
        monkeypatch.setenv("OMPI_COMM_WORLD_RANK", rank)
        done = start(checkout / "dormatrix", "run", "case.yaml", cwd=checkout)
        assert done.returncode == 2
        said.append(done.stderr)
    assert "environment/enter mpirun -n 2 python -m cases run" in said[0]
    assert said[1] == ""


def test_tree_variables_lead_nowhere_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    host = {
        "PATH": "/root/.pyenv/shims:/usr/local/bin",
        "HOME": "/root",
        "PYTHONHOME": "/opt/python",
        "VIRTUAL_ENV": "/opt/venv",
        "LD_LIBRARY_PATH": "/opt/lib",
        "CONDA_PREFIX": "/opt/conda",
        "PYENV_ROOT": "/root/.pyenv",
        "DISPLAY": ":0",
        "LC_ALL": "de_DE.UTF-8",
        "OMP_NUM_THREADS": "4",
        "PYTHONPATH": "/other/checkout",
    }
    record = Record("tree", "/h/t/venv/bin/python", tree="/h/t/root", jit="/h/jit")
    inside = launch.environment(record, host)
    gone = set(host) - set(inside)
    assert gone == {
        "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "CONDA_PREFIX", "PYENV_ROOT", "DISPLAY",
        "LC_ALL",
    }  # fmt: skip
    assert inside["PATH"].split(":")[:2] == ["/h/t/venv/bin", "/usr/bin"]
    assert inside["PYTHONPATH"] == str(ROOT)
    assert inside["OMP_NUM_THREADS"] == "4", "the user's own choice is kept"
    assert inside["OMPI_MCA_mpi_yield_when_idle"] == "1"
    assert inside["XDG_CACHE_HOME"] == "/h/jit"
    assert inside["HOME"] == "/root"


def pairs(command: list[str], option: str) -> dict[str, str]:
    return {
        command[i + 2]: command[i + 1] for i, part in enumerate(command) if part.startswith(option)
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The outline of a Debian tree."""
    root = tmp_path / "tree"
    for name in ("usr", "etc", "var/lib/dpkg", "home", "root"):
        (root / name).mkdir(parents=True)
    (root / "bin").symlink_to("usr/bin")
    return root


def test_tree_covers_system_folders_and_nothing_else(tree: Path, tmp_path: Path) -> None:
    command = sandbox.command(tree, tmp_path, [], {})
    read_only, shown = pairs(command, "--ro-bind"), pairs(command, "--bind")
    assert read_only["/usr"] == str(tree / "usr")
    assert read_only["/etc"] == str(tree / "etc")
    assert pairs(command, "--symlink")["/bin"] == "usr/bin"
    assert not {"/usr", "/etc", "/bin", "/lib"} & set(shown)
    tops = [e for e in os.scandir("/") if e.is_dir(follow_symlinks=False)]
    assert {e.path for e in tops if e.name not in sandbox.SYSTEM} <= set(shown)
    # The host's data folders, not the empty ones of the tree.
    assert shown.get("/home", "/home") == "/home"
    assert command[-2:] == ["--chdir", str(tmp_path)]


def test_work_below_var_is_shown_and_below_usr_refused(tree: Path, tmp_path: Path) -> None:
    command = sandbox.command(tree, tmp_path, [Path("/var/tmp"), Path("/usr")], {})
    shown = pairs(command, "--bind")
    assert shown["/var/tmp"] == "/var/tmp"
    assert "/usr" not in shown
    assert sandbox.hidden(Path("/usr/local/src/dormatrix"))
    assert sandbox.hidden(Path("/etc/dormatrix"))
    for path in ("/var/lib/ci/dormatrix", "/home/a/dormatrix", "/run/media/usb", "/"):
        assert not sandbox.hidden(Path(path))


def test_certificate_in_a_covered_folder_is_shown_elsewhere(tree: Path, tmp_path: Path) -> None:
    covered = "/etc/os-release"  # stands for a certificate: any file that a host has there
    if not os.path.isfile(covered):
        pytest.skip("this system has no /etc/os-release")
    visible = tmp_path / "proxy.pem"
    visible.touch()
    host = {"PIP_CERT": covered, "SSL_CERT_FILE": str(visible)}
    inside = sandbox.variables(host, "/v/bin/python", "/jit")
    assert inside["SSL_CERT_FILE"] == str(visible)
    moved = inside["PIP_CERT"]
    assert moved.startswith("/run/")
    command = sandbox.command(tree, tmp_path, [], host)
    assert pairs(command, "--ro-bind")[moved] == os.path.realpath(covered)


STAND_IN = """#!/bin/sh
# Stands for bubblewrap: report the process, drop the wrapper's options, run the program.
while [ "$1" != --info-fd ]; do shift; done
fd=$2; shift 2
"$@" &
eval "printf '{\\"child-pid\\": %d}' $! >&$fd"
wait $!; exit $?
"""

TIDY = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda n, f: (time.sleep(0.2), print("tidied"), sys.exit(5)))
print("up", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="trees are entered on Linux only")
def test_signal_reaches_the_program_and_its_code_comes_back(tmp_path: Path) -> None:
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(STAND_IN)
    wrapper.chmod(0o755)
    code = (
        "import os, sys; from environment.foreground import run_foreground\n"
        "sys.exit(run_foreground([sys.argv[1]], [sys.executable, '-c', sys.argv[2]], os.environ))"
    )
    env = {**os.environ, "PYTHONPATH": str(state.ROOT)}
    outer = subprocess.Popen(
        [sys.executable, "-c", code, str(wrapper), TIDY], stdout=subprocess.PIPE, env=env
    )
    assert outer.stdout is not None
    assert outer.stdout.readline() == b"up\n"
    outer.send_signal(signal.SIGTERM)
    # The program's own tidying is waited for, and its code, not the signal, is the answer.
    assert outer.stdout.read() == b"tidied\n"
    assert outer.wait(timeout=30) == 5


@pytest.mark.parametrize("target", ["setup", "demo", "test", "check", "format", "bench", "clean"])
@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_knows_its_targets(target: str) -> None:
    command = ["make", "-n", "-C", str(ROOT), target, "PYTEST_ARGS=-k one"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if target != "clean":
        assert "environment/bootstrap.py" in done.stdout, "every target sets up what is missing"
    if target == "test":
        assert "pytest -k one" in done.stdout
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    assert f"make {target} " in listed.stdout
