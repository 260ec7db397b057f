"""Workers elsewhere: a real scheduler and real workers on the loopback, jobs of a fake cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cases.batch import fitting
from cases.batch.cluster import Jobqueue, Local, Remote, connect
from cases.batch.engine import execute
from cases.batch.fitting import program, require_fitting_workers
from cases.batch.task import Limits, Outcome, Task
from cases.schema.cluster import ClusterOptions
from meshes.errors import InputError, SolveError

pytest.importorskip("distributed")

# A case of no cost that leaves its folder, as cases.batch.compute does.
CHEAP = """
import os
from pathlib import Path
from cases.batch.task import Outcome
def compute(task):
    Path(task.target).mkdir(parents=True)
    (Path(task.target) / "row.json").write_text(str(os.getpid()))
    return Outcome(task.index, task.key, "done", 0.001)
"""
# A scheduler's submission: the job runs in a group of its own, its number is that group's.
SUBMIT = """#!/bin/sh
cp "$1" "$FAKE_JOBS/script"
setsid bash "$FAKE_JOBS/script" </dev/null >/dev/null 2>&1 &
touch "$FAKE_JOBS/$!"
echo "Submitted batch job $!"
"""
CANCEL = '#!/bin/sh\nrm "$FAKE_JOBS/$1"; kill -- "-$1"\n'


def started(*words: str, cwd: Path, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", *words],
        cwd=cwd, env={**os.environ, **env}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def ended(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def until(fact: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.05)


def worker(file: Path, *more: str, **env: str) -> subprocess.Popen[bytes]:
    words = ["--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard", *more]
    return started("distributed.cli.dask_worker", *words, cwd=file.parent, **env)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Dask scheduler of its own, as ``dask scheduler`` starts it; the file with its address."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--dashboard-address", ":0"]
    process = started(
        "distributed.cli.dask_scheduler", *words, "--scheduler-file", str(file), cwd=folder
    )
    until(file.exists)
    yield file
    ended(process)


def address(file: Path) -> str:
    return str(json.loads(file.read_text(encoding="utf-8"))["address"])


def tasks(folder: Path, count: int) -> list[Task]:
    return [
        Task(n, f"{n:064x}", {}, None, str(folder / "cases" / str(n)), "table")
        for n in range(count)
    ]


def test_cases_are_computed_by_workers_of_another_process(scheduler: Path, tmp_path: Path) -> None:
    (tmp_path / "cheap_case.py").write_text(CHEAP, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    mine = worker(scheduler, "--nworkers", "2", PYTHONPATH=path)
    outcomes: list[Outcome] = []
    try:
        with connect(Remote(address(scheduler), workers=2), tmp_path) as client:
            execute(
                tasks(tmp_path, 12), client, Limits(function="cheap_case:compute"),
                outcomes.append, lambda kind, key: False,
            )  # fmt: skip
        assert [(o.index, o.status) for o in sorted(outcomes, key=lambda o: o.index)] == [
            (n, "done") for n in range(12)
        ]
        writers = {f.read_text(encoding="utf-8") for f in tmp_path.glob("cases/*/row.json")}
        assert not writers & {str(os.getpid()), str(mine.pid)}
        assert mine.poll() is None  # they are somebody else's: they stay
        assert not list(tmp_path.glob(".seen*"))
    finally:
        ended(mine)


def test_workers_without_dormatrix_are_refused(scheduler: Path, tmp_path: Path) -> None:
    stranger = worker(scheduler, "--no-nanny", PYTHONPATH="")
    try:
        with (
            pytest.raises(InputError, match="No module named 'cases'") as caught,
            connect(Remote(address(scheduler), workers=1), tmp_path),
        ):
            pass
        assert "environment/enter dask worker" in caught.value.hint
    finally:
        ended(stranger)


def test_a_scheduler_without_workers_is_told(
    scheduler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.batch.cluster._PATIENCE", 0.2)
    monkeypatch.setattr("cases.batch.cluster._TELL", (0.4, 60.0))
    said: list[str] = []

    def none_there() -> bool:
        try:
            with connect(Remote(address(scheduler)), tmp_path, said.append):
                return False
        except InputError as error:
            return "has no workers" in str(error) and "dask worker" in error.hint

    until(none_there)  # those of other tests may just be leaving
    assert "waiting for workers: 0 of 1 are there" in said


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "nonsense", "ftp://x:1"])
def test_no_scheduler_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr("cases.batch.cluster._ANSWER", 0.5)
    with (
        pytest.raises(InputError, match="no Dask scheduler answers") as caught,
        connect(Remote(address), tmp_path),
    ):
        pass
    assert "dask scheduler" in caught.value.hint


class Answers:
    """A client whose workers answer as told."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def run(self, *_: Any, **__: Any) -> dict[str, Any]:
        return self.answers


@pytest.mark.parametrize(
    ("answer", "fault", "mend"),
    [
        (("dormatrix 0.0.1 (sources 0)", ""), "they have dormatrix 0.0.1", "source folder"),
        ((program(), fitting._NO_FOLDER), "do not see the folder", "-o"),
        ((program(), f"{fitting._NOT_WRITABLE}, Read-only"), "Read-only", "-o"),
        (ModuleNotFoundError("No module named 'cases'"), "No module named", "dask worker"),
        (OSError("Timed out"), "does not answer there: Timed out", "dask worker"),
    ],
)
def test_workers_that_do_not_fit_are_named(
    tmp_path: Path, answer: Any, fault: str, mend: str
) -> None:
    good = (program(), "")
    with pytest.raises(InputError) as caught:
        require_fitting_workers(Answers(a=good, b=answer, c=answer), tmp_path)  # type: ignore[arg-type]
    assert "2 of 3 workers do not fit (b, c)" in str(caught.value)
    assert fault in str(caught.value)
    assert mend in caught.value.hint
    require_fitting_workers(Answers(a=good, b=good), tmp_path)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_worker_looks_at_the_folder_itself(tmp_path: Path) -> None:
    mark = tmp_path / ".seen"
    assert fitting.look(str(mark)) == (program(), fitting._NO_FOLDER)
    mark.touch()
    assert fitting.look(str(mark)) == (program(), "")
    assert [path.name for path in tmp_path.iterdir()] == [".seen"]


def test_processes_of_this_machine_listen_to_it_alone(tmp_path: Path) -> None:
    import psutil

    def listening(process: psutil.Process) -> set[str]:
        found = process.net_connections(kind="tcp")
        return {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN}

    with connect(Local(1), tmp_path) as client:
        assert client.submit(pow, 3, 4).result(timeout=30) == 81
        theirs = [psutil.Process(pid) for pid in client.run(os.getpid).values()]
        assert {ip for one in (psutil.Process(), *theirs) for ip in listening(one)} == {"127.0.0.1"}
    until(lambda: not any(one.is_running() for one in theirs))
    assert (tmp_path / "logs" / "dask.log").is_file()


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fake SLURM and a fake PBS on the PATH; the folder with a file for each job."""
    pytest.importorskip("dask_jobqueue")
    programs, state = tmp_path / "bin", tmp_path / "jobs"
    programs.mkdir()
    state.mkdir()
    for names, text in ((("sbatch", "qsub"), SUBMIT), (("scancel", "qdel"), CANCEL)):
        for name in names:
            (programs / name).write_text(text, encoding="utf-8")
            (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_JOBS", str(state))
    monkeypatch.setattr("cases.batch.jobqueue._KEEP", 0.2)
    yield state
    for job in running(state):
        with suppress(ProcessLookupError):
            os.killpg(job, signal.SIGKILL)


def running(state: Path) -> list[int]:
    return [int(path.name) for path in state.iterdir() if path.name.isdigit()]


@pytest.mark.parametrize(("kind", "sign"), [("slurm", "#SBATCH"), ("pbs", "#PBS")])
def test_jobs_of_a_cluster_are_workers_and_are_kept(
    jobs: Path, tmp_path: Path, kind: str, sign: str
) -> None:
    folder = tmp_path / "with space & $(no)"
    folder.mkdir()
    options = ClusterOptions(
        kind=kind, cores=2, jobs=1, walltime="90 min", queue="short", interface="lo",
        setup=["export GREETING=hello"], options=["-l place=excl"],
    )  # fmt: skip
    with connect(Jobqueue(options), folder) as client:
        client.wait_for_workers(2, timeout=30)
        assert set(client.run(os.getenv, "GREETING").values()) == {"hello"}
        script = (jobs / "script").read_text(encoding="utf-8")
        for asked in ("01:30:00", "short", "-l place=excl"):
            assert any(line.startswith(sign) and asked in line for line in script.splitlines())
        first = running(jobs)
        assert len(first) == 1
        if kind == "slurm":  # what becomes of a job is the same for both
            os.killpg(first[0], signal.SIGKILL)  # its time is over
            until(lambda: set(running(jobs)) - set(first))
            until(lambda: len(client.nthreads()) == 2)
    until(lambda: not running(jobs))  # all are taken back
    assert list((folder / "logs").glob("job-*.log"))


def test_a_cluster_that_refuses_is_heard(jobs: Path, tmp_path: Path) -> None:
    refuse = "#!/bin/sh\necho 'sbatch: error: Invalid account' >&2\nexit 1\n"
    (jobs.parent / "bin" / "sbatch").write_text(refuse, encoding="utf-8")
    options = ClusterOptions(kind="slurm", jobs=2, interface="lo")
    with (
        pytest.raises(SolveError, match="refuses every job: sbatch: error: Invalid account"),
        connect(Jobqueue(options), tmp_path),
    ):
        pass
    nowhere = ClusterOptions(kind="slurm", interface="nowhere0")
    with (
        pytest.raises(InputError, match="nowhere0") as caught,
        connect(Jobqueue(nowhere), tmp_path),
    ):
        pass
    assert "cluster.interface" in caught.value.hint


def test_what_a_cluster_needs_is_told_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = Jobqueue(ClusterOptions(kind="pbs"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no qsub here"), connect(spec, tmp_path):
        pass
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(InputError, match="need dask-jobqueue") as caught, connect(spec, tmp_path):
        pass
    assert "--submit slurm" in caught.value.hint
