"""A sweep as jobs of SLURM: how it is cut, what is asked, and what the jobs really run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cases.batch import entrance
from cases.batch.shard import Shard, split
from cases.batch.slurm import Plan, plan, submit, write
from cases.batch.task import Task
from cases.schema.cluster import ClusterOptions
from meshes.errors import InputError, SolveError

# A scheduler that runs what it is given: options of the command line and of the script, an array
# with the variables that SLURM sets, one job after the other.
SBATCH = """#!{python}
import os, re, subprocess, sys
words = sys.argv[1:-1]
script = open(sys.argv[-1], encoding="utf-8").read()
words += [line.split(None, 1)[1] for line in script.splitlines() if line.startswith("#SBATCH ")]
state = os.environ["FAKE_SLURM"]
job = str(100 + len(os.listdir(state)))
with open(os.path.join(state, job), "w", encoding="utf-8") as record:
    record.write("\\n".join([os.getcwd(), *words]))
options = dict(word.lstrip("-").split("=", 1) for word in words if "=" in word)
numbers = []
for part in options.get("array", "").split("%")[0].split(","):
    first, _, last = part.partition("-")
    numbers += [str(n) for n in range(int(first), int(last or first) + 1)] if part else [None]
for number in numbers:
    own = {{"SLURM_JOB_ID": job}} | ({{"SLURM_ARRAY_TASK_ID": number}} if number else {{}})
    with open(options["output"].replace("%a", str(number)), "a") as log:
        subprocess.run(["bash", sys.argv[-1]], env=os.environ | own, stdout=log, stderr=log)
print(job)
"""
# Stands for dormatrix: says in which folder it was called with what.
SHOUT = "import json, os, sys; print(json.dumps([os.getcwd(), *sys.argv[1:]]))"


def task(index: int, *needs: str) -> Task:
    stages = tuple(zip(("mesh", "scaffold", "sensed"), needs, strict=False))
    return Task(index, f"{index:064x}", {}, None, "/nowhere", "table", needs=stages)


def minutes_of_rule(_: Task) -> dict[str, float]:
    return {"rule": 60.0}


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake sbatch on the PATH; the folder in which it remembers its jobs."""
    programs, state = tmp_path / "bin", tmp_path / "state"
    programs.mkdir()
    state.mkdir()
    put(programs / "sbatch", SBATCH.format(python=sys.executable))
    put(programs / "squeue", "#!/bin/sh\nexit 1\n")  # all is done as soon as it is submitted
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SLURM", str(state))
    monkeypatch.setattr("cases.batch.slurm.command", lambda: [sys.executable, "-c", SHOUT])
    return state


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def asked(slurm: Path, job: str) -> tuple[str, dict[str, str]]:
    """Folder and options with which a job was submitted."""
    folder, *words = (slurm / job).read_text(encoding="utf-8").split("\n")
    return folder, dict(word.lstrip("-").partition("=")[::2] for word in words)


def planned(folder: Path, tasks: list[Task], **more: Any) -> Plan:
    options = ClusterOptions(**{"kind": "slurm", **more.pop("cluster", {})})
    seconds = more.pop("seconds", minutes_of_rule)
    return plan(folder / "sweep.yaml", folder, options, tasks, seconds, **more)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_every_case_is_in_one_part(count: int) -> None:
    tasks = [task(n, f"m{n % 3}", f"s{n % 5}", f"k{n % 10}") for n in range(30)]
    parts = split(tasks, count)
    assert len(parts) == count
    assert Counter(t.index for part in parts for t in part) == Counter(range(30))
    assert parts == split(tasks, count)
    assert [Shard(n, count).of(tasks) for n in range(1, count + 1)] == parts


def test_parts_share_the_work_evenly() -> None:
    sizes = [len(part) for part in split([task(n) for n in range(100)], 8)]
    assert max(sizes) == 13  # the least that 8 parts allow
    # two scaffolds of their own (2 * 81) and the mesh (10) weigh as much as 172 rules
    dear = [task(n, "m", f"s{n}", f"k{n}") for n in range(4)]
    cheap = [task(n) for n in range(4, 328)]
    assert [len(part) for part in split(dear + cheap, 4)] == [172, 152, 2, 2]


def test_cases_with_a_stage_in_common_stay_together() -> None:
    # laid out so that neighbours never share: 4 scaffolds, 25 rules each
    tasks = [task(n, "m", f"s{n % 4}", f"k{n % 4}") for n in range(100)]
    parts = split(tasks, 4)
    assert [{t.needs for t in part} for part in parts] == [{tasks[n].needs} for n in range(4)]
    # more parts than scaffolds: nothing is solved twice to save a few rules
    parts = split(tasks, 6)
    assert sorted(len(part) for part in parts) == [0, 0, 25, 25, 25, 25]


def test_a_large_family_is_shared_out_all_the_same() -> None:
    tasks = [task(n, "m", "s", "k") for n in range(10_000)]
    assert max(len(part) for part in split(tasks, 4)) <= 2501


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "1/9999", "a/b"])
def test_a_wrong_shard_is_told(text: str) -> None:
    with pytest.raises(InputError, match="expected I/N"):
        Shard.parse(text)
    assert Shard.parse("3/20") == Shard(3, 20)


def test_jobs_are_worth_their_while_and_end_in_time(tmp_path: Path) -> None:
    tasks = [task(n) for n in range(1000)]
    # 1000 min of work on 4 cores: 250 min, that is 8 jobs of at least 30 min
    found = planned(tmp_path, tasks, cluster={"cores": 4, "jobs": 50})
    assert (found.shards, found.array) == (8, tuple(range(1, 9)))
    assert found.minutes == 58  # (125 / 4 min and a little) * 1.5 + 10
    # where a job may take 30 min only, it gets (30 - 10) / 1.5 min of work: 19 jobs, 5 at once
    found = planned(tmp_path, tasks, cluster={"cores": 4, "jobs": 5, "walltime": "30 min"})
    assert (found.shards, found.minutes, found.enough) == (19, 30, False)
    assert "--array=1-19%5\n" in found.files["shard.sh"]
    assert "raise cluster.walltime" in found.describe()
    assert planned(tmp_path, tasks[:3]).shards == 1


def test_only_what_is_left_is_submitted(tmp_path: Path) -> None:
    tasks = [task(n, "m", f"s{n}", f"k{n}") for n in range(400)]

    def seconds(one: Task) -> dict[str, float]:
        return {"sensed": 1790.0, "rule": 10.0} if one.index >= 390 else {}

    found = planned(tmp_path, tasks, seconds=seconds, cluster={"cores": 1, "jobs": 10})
    # ten cases of half an hour lie in the last fortieth of the sweep: it is cut finer for them
    assert found.cases == 10
    assert len(found.array) >= 10
    assert found.array[0] > found.shards * 0.9
    with pytest.raises(InputError, match="nothing is left"):
        planned(tmp_path, tasks, seconds=lambda _: {})
    with pytest.raises(InputError, match="pbs"):
        planned(tmp_path, tasks, cluster={"kind": "pbs"})


def test_a_stage_in_common_is_paid_once(tmp_path: Path) -> None:
    tasks = [task(n, "m", "s", "k") for n in range(60)]
    found = planned(tmp_path, tasks, seconds=lambda _: {"sensed": 600.0, "rule": 1.0})
    # 600 s and 60 rules on 4 cores, once more the half and 10 min, is below half an hour
    assert (found.shards, found.minutes) == (1, 30)


NASTY = ["with space", 'it\'s $(touch gone) `touch gone` "q"', "per%a %j 100%", "-n; exit 1", "ü β"]


@pytest.mark.parametrize("name", NASTY)
def test_jobs_run_what_was_asked_whatever_the_names(slurm: Path, tmp_path: Path, name: str) -> None:
    folder, sweep = tmp_path / name / "results", tmp_path / name / f"{name}.yaml"
    folder.mkdir(parents=True)
    found = plan(
        sweep, folder, ClusterOptions(kind="slurm", cores=2, queue="short", account="lab-7"),
        [task(n, "m", f"s{n}", f"k{n}") for n in range(6)],
        lambda _: {"sensed": 1800.0}, arguments=["--timeout", name],
        collecting=["--no-figures"],
    )  # fmt: skip
    array, last = submit(found)
    own = ["batch", str(sweep), "--output", str(folder)]
    for number in found.array:
        said = json.loads((folder / "logs" / f"shard-{number}.log").read_text(encoding="utf-8"))
        shard = f"{number}/{found.shards}"
        words = ["--timeout", name, "--workers", "2", "--shard", shard]
        assert said == [str(folder), *own, *words]
    said = json.loads((folder / "logs" / "collect.log").read_text(encoding="utf-8"))
    assert said == [str(folder), *own, "--no-figures", "--collect"]
    assert not list(tmp_path.rglob("gone"))

    where, options = asked(slurm, array)
    assert where == str(folder)
    assert options["time"] == str(found.minutes)
    assert options["mem"] == "7629M"  # 8 GB in units of 2^20 bytes
    assert (options["partition"], options["account"]) == ("short", "lab-7")
    assert (options["cpus-per-task"], options["signal"]) == ("2", "B:INT@120")
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,60}", options["job-name"])
    assert "requeue" in options
    assert asked(slurm, last)[1]["dependency"] == f"afterany:{array}"
    assert submit(found)[0] != array  # that one has ended


def test_jobs_that_are_queued_are_not_submitted_again(slurm: Path, tmp_path: Path) -> None:
    found = planned(tmp_path, [task(1)])
    array, _ = submit(found)
    put(slurm.parent / "bin" / "squeue", f'#!/bin/sh\n[ "$2" = --jobs={array} ] && echo queued\n')
    with pytest.raises(InputError, match=f"job {array} of this sweep") as caught:
        submit(found)
    assert f"scancel {array}" in caught.value.hint
    assert len(list(slurm.iterdir())) == 2


def test_what_sbatch_refuses_is_told_in_its_words(slurm: Path, tmp_path: Path) -> None:
    refuse = "#!/bin/sh\necho 'sbatch: error: Invalid account' >&2\nexit 1\n"
    put(slurm.parent / "bin" / "sbatch", refuse)
    with pytest.raises(SolveError, match="Invalid account"):
        submit(planned(tmp_path, [task(1)]))
    only_one = '#!/bin/sh\ncase "$*" in *afterany*) echo no >&2; exit 1;; esac\necho "77;big"\n'
    put(slurm.parent / "bin" / "sbatch", only_one)
    with pytest.raises(SolveError, match="job 77 is queued: scancel 77"):
        submit(planned(tmp_path, [task(1)]))


def test_without_sbatch_the_scripts_are_left_with_a_way_on(
    slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, full = planned(tmp_path, [task(1)]), os.environ["PATH"]
    monkeypatch.setenv("PATH", "/usr/bin")
    with pytest.raises(InputError, match="no sbatch") as caught:
        submit(found)
    words = shlex.split(caught.value.hint.partition("node: ")[2])
    subprocess.run(words, check=True, env={**os.environ, "PATH": full}, timeout=30)
    assert (tmp_path / "logs" / "collect.log").read_text(encoding="utf-8")


def test_a_job_comes_into_the_environment_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a script runs is the command itself, whether through the launcher or not."""
    for launched in (True, False):
        with monkeypatch.context() as patch:
            patch.setenv("DORMATRIX_PYTHON", sys.executable)
            if launched:
                patch.setenv("DORMATRIX_INSIDE", "tests")
            else:
                patch.delenv("DORMATRIX_INSIDE", raising=False)
            words, lines = entrance.command(), entrance.prologue(["export GREETING='a b'"])
            script = tmp_path / "job.sh"
            script.write_text("\n".join([*lines, f"exec {shlex.join([*words, '--version'])}"]))
            (tmp_path / "cases").mkdir(exist_ok=True)  # must not be taken for ours
            (tmp_path / "cases" / "__init__.py").write_text("raise SystemExit('wrong package')")
            done = subprocess.run(
                ["bash", str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60
            )
            assert done.stdout.startswith("dormatrix "), done.stderr


def test_a_node_outside_the_environment_lets_the_launcher_enter_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DORMATRIX_INSIDE", "tree of another machine")
    monkeypatch.setenv("DORMATRIX_PYTHON", "/nowhere/bin/python")
    monkeypatch.setenv("DORMATRIX_HOME", "/home/of it's own")
    lines = [*entrance.prologue([]), 'echo "${DORMATRIX_INSIDE-entered anew}|$DORMATRIX_HOME"']
    done = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True)
    assert done.stdout == "entered anew|/home/of it's own\n"


def test_scripts_are_what_is_shown(tmp_path: Path) -> None:
    found = planned(tmp_path, [task(1)], cluster={"setup": ["module load openmpi"]})
    script = write(found)
    assert script.read_text(encoding="utf-8") == found.files["submit.sh"]
    text = found.files["shard.sh"]
    assert text.index("module load openmpi") < text.index("exec ")
    for name in found.files:
        done = subprocess.run(["bash", "-n", str(script.parent / name)], capture_output=True)
        assert done.returncode == 0, done.stderr
    assert "1 case left, in 1 job" in found.describe()


GOOD = {
    "setup": [
        "module load openmpi/5 gcc", "source $HOME/setup.sh", "conda activate dormatrix",
        'export A="${HOME}/x:$PATH"', "ml purge",
    ],
    "options": ["--constraint=skylake&ib", "-l place=excl", "--mail-type=END"],
    "walltime": "90 min",
    "memory": "8 GB",
}  # fmt: skip


def test_the_section_of_a_sweep_takes_what_clusters_need() -> None:
    options = ClusterOptions(kind="slurm", **GOOD)
    assert options.resolved()["walltime_min"] == 90.0
    assert options.resolved()["memory_GB"] == 8.0
    assert ClusterOptions(kind="pbs", cores=3).memory == 12.0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("setup", "rm -rf /"), ("setup", "module load x; rm y"), ("setup", "source $(evil)"),
        ("setup", "export A=`evil`"), ("setup", "module load x\nevil"), ("setup", "source x & y"),
        ("setup", "source x > y"), ("setup", "source x | y"), ("options", "--array=1-5"),
        ("options", "--wrap=evil"), ("options", "-o x"), ("options", "no option"),
        ("options", "--comment=a\n#SBATCH --wrap=b"), ("queue", "a b"), ("queue", "a\nb"),
        ("queue", ""), ("account", "$(x)"), ("kind", "lsf"), ("cores", 0), ("jobs", 5000),
        ("walltime", "1 min"), ("walltime", "3 kPa"), ("memory", "1 MB"), ("interface", "a;b"),
        ("nonsense", 1),
    ],
)  # fmt: skip
def test_the_section_of_a_sweep_refuses_what_it_does_not_know(key: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        ClusterOptions(**{"kind": "slurm", key: value})
