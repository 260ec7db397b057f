"""The engine finishes a sweep whatever is killed under it, and stops clean when it is stopped."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from batch_fakes import FUNCTION, task

from cases.batch.engine import execute
from cases.batch.local import keep_size, local_client
from cases.batch.task import Limits, Outcome, Task
from meshes.errors import SolveError

if TYPE_CHECKING:
    from distributed import Client

LIMITS = Limits(timeout=60.0, function=FUNCTION, attempts=2)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with local_client(2, tmp_path_factory.mktemp("logs")) as started:
        yield started
    assert not processes("cases.batch.child")


def processes(word: str, parent: int | None = None) -> list[psutil.Process]:
    """Processes below `parent` (this one) whose command has a word."""
    found = []
    for one in psutil.Process(parent).children(recursive=True):
        try:
            if word in " ".join(one.cmdline()):
                found.append(one)
        except psutil.Error:
            continue
    return found


def run(client: Client, tasks: list[Task], limits: Limits = LIMITS, **more: Any) -> list[Outcome]:
    outcomes: list[Outcome] = []
    execute(tasks, client, limits, outcomes.append, lambda kind, key: False, **more)
    return outcomes


def test_each_case_ends_once_whatever_is_killed(client: Client, tmp_path: Path) -> None:
    ills = {5: "die once", 11: "kill the worker once", 12: "kill the worker once", 17: "die"}
    ills[23] = "raise"
    tasks = [task(i, tmp_path, do=ills.get(i, "print"), sleep=0.01) for i in range(40)]
    outcomes = run(client, tasks)
    assert sorted(o.index for o in outcomes) == list(range(40))
    bad = {o.index: (o.status, o.reason) for o in outcomes if o.status != "done"}
    reason = "its process ended with SIGKILL, most often for lack of memory"
    assert bad == {17: ("killed", reason), 23: ("failed", "ValueError: no such gel")}
    begun = {i: len((tmp_path / f"case-{i}.begun").read_text().splitlines()) for i in range(40)}
    # One more where a worker was lost with the cases that it had been given together.
    assert all(least <= begun[i] <= least + 1 for i, least in ((5, 2), (17, 2), (23, 1)))
    assert {i for i in range(40) if (tmp_path / f"case-{i}").exists()} == set(range(40)) - set(bad)
    client.wait_for_workers(2, timeout=60)  # the last one lost may still be starting
    assert len(client.nthreads()) == 2


def test_a_worker_that_is_killed_while_it_starts_comes_back(client: Client) -> None:
    """Its nanny gives it up; the cluster is brought back to its size all the same."""
    import dask

    assert client.cluster is not None
    until = time.monotonic() + 60
    before = set(client.cluster.workers.values())
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "500ms"}):
        while before & set(client.cluster.workers.values()) and time.monotonic() < until:
            for one in processes("spawn_main"):
                one.kill()
            time.sleep(0.05)
            keep_size(client.cluster)
    while len(client.nthreads()) < 2 and time.monotonic() < until:
        keep_size(client.cluster)
        time.sleep(0.2)
    assert len(client.nthreads()) == 2


def test_a_shared_stage_is_made_once(client: Client, tmp_path: Path) -> None:
    tasks = [
        task(i, tmp_path, needs=[("mesh", f"{i % 2}"), ("sensed", f"{i % 4}")], save=save)
        for i, save in enumerate([["mesh", "sensed"]] * 12)
    ]
    outcomes: list[Outcome] = []
    execute(
        tasks,
        client,
        LIMITS,
        outcomes.append,
        lambda kind, key: (tmp_path / f"{kind}-{key}").exists(),
    )
    assert len(outcomes) == 12
    made = Counter((tmp_path / "made").read_text().split())
    assert made == {f"mesh-{i}": 1 for i in range(2)} | {f"sensed-{i}": 1 for i in range(4)}


def test_the_parent_forgets_what_is_done(client: Client, tmp_path: Path) -> None:
    tasks = (task(i, tmp_path, do="nothing") for i in range(400))
    outcomes: list[int] = []
    execute(tasks, client, LIMITS, lambda o: outcomes.append(o.index), lambda kind, key: False)
    assert sorted(outcomes) == list(range(400))
    gc.collect()
    # plain ones: those of other libraries need not answer to every key
    alive = sum(type(o) is dict and o.get("do") == "nothing" for o in gc.get_objects())
    assert alive < 200


def test_a_full_disk_stops_the_sweep(client: Client, tmp_path: Path) -> None:
    tasks = [task(i, tmp_path, do="disk" if i == 3 else "print", sleep=0.03) for i in range(200)]
    with pytest.raises(SolveError, match="no space left") as raised:
        run(client, tasks)
    assert "nothing that is finished is lost" in raised.value.hint
    assert not (tmp_path / "case-150").exists()


def test_workers_that_cannot_compute_stop_the_sweep(client: Client, tmp_path: Path) -> None:
    with pytest.raises(SolveError, match="exit code 1"):
        run(client, [task(0, tmp_path)], Limits(function="batch_fakes:absent"))


PARENT = """
import sys
from pathlib import Path
from batch_fakes import FUNCTION, task
from cases.batch.engine import execute
from cases.batch.local import local_client
from cases.batch.task import Limits

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    try:
        with local_client(2, folder / "logs") as client:
            cases = [task(i, folder, do="hang") for i in range(4)]
            execute(cases, client, Limits(function=FUNCTION), print, lambda kind, key: False)
    except KeyboardInterrupt:
        raise SystemExit(130)
"""


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_nothing_is_left_of_a_sweep_that_is_stopped(tmp_path: Path, sign: int, code: int) -> None:
    """By Ctrl-C in a terminal, twice, and by ``kill -9``: in the middle of cases."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    paths = os.pathsep.join([str(Path(__file__).parent), *(p for p in sys.path if p)])
    parent = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": paths},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        until = time.monotonic() + 60
        while len(processes("sleep", parent.pid)) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        started = psutil.Process(parent.pid).children(recursive=True)
        assert len(processes("sleep", parent.pid)) == 2
        if sign == signal.SIGINT:
            os.killpg(parent.pid, sign)
            time.sleep(0.1)
            os.killpg(parent.pid, sign)
        else:
            parent.kill()
        said, _ = parent.communicate(timeout=60)
        assert parent.returncode == code
        left = psutil.wait_procs(started, timeout=20)[1]
        assert not left
        if sign == signal.SIGINT:
            assert said == b""
    finally:
        for one in processes("", parent.pid) if psutil.pid_exists(parent.pid) else []:
            one.kill()
        parent.kill()
