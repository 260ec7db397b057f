"""Workers that are jobs of SLURM or PBS, by dask-jobqueue; this process is their scheduler."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.batch.entrance import prologue, python
from cases.batch.local import SETTINGS, close_quietly, ignore_interrupts
from cases.schema.cluster import ClusterOptions
from meshes.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

_KEEP = 15.0  # s between two looks whether jobs have ended
_OUTPUT = {"slurm": ["-o /dev/null"], "pbs": ["-j oe", "-o /dev/null"]}


@contextmanager
def job_client(options: ClusterOptions, logs: Path) -> Iterator[tuple[Client, list[str]]]:
    """A client whose workers are jobs; those that end, e.g. at their time, are submitted anew.

    Parameters
    ----------
    options
        The ``cluster:`` section of the sweep file.
    logs
        Folder for what the jobs say: ``job-*.log``.

    Yields
    ------
    tuple
        The client, and a list that comes to hold what the cluster's scheduler says when it
        refuses jobs.

    Raises
    ------
    InputError
        If dask-jobqueue or the cluster's scheduler is not there, or no network of this name is.
    """
    import dask
    from distributed import Client

    kind = _cluster_class(options.kind)
    submit = kind.job_cls.submit_command
    if shutil.which(submit) is None:
        raise InputError(
            f"there is no {submit} here (a private Debian tree hides the machine's own programs)",
            hint="work on a login node, with conda or the cluster's own DOLFINx; or see "
            "--submit slurm and --scheduler",
        )
    refusals: list[str] = []

    class Job(kind.job_cls):  # type: ignore[misc, name-defined]
        """A job whose refusal is remembered."""

        async def _submit_job(self, script_filename: str) -> Any:
            try:
                return await super()._submit_job(script_filename)
            except (RuntimeError, OSError) as error:
                refusals.append(_last_words(str(error)))
                raise

    with ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        try:
            cluster = kind(job_cls=Job, **job_keywords(options, logs))
        except (ValueError, RuntimeError, OSError) as error:
            raise InputError(
                f"workers of a cluster cannot be asked for: {error}",
                hint="check cluster.interface: 'ip link' names the networks of this machine",
            ) from None
        stack.callback(close_quietly, cluster)
        # Ctrl-C must not end the program that takes jobs back.
        cluster.sync(ignore_interrupts)
        client = Client(cluster, set_as_default=False)
        stack.callback(close_quietly, client)
        cluster.sync(_keep, cluster, options.jobs)
        cluster.scale(jobs=options.jobs)
        yield client, refusals


def job_keywords(options: ClusterOptions, logs: Path) -> dict[str, Any]:
    """What dask-jobqueue is asked for; anything else follows its own configuration files."""
    hours, minutes = divmod(int(options.walltime), 60)
    log = f'{shlex.quote(str(logs))}/job-"${{SLURM_JOB_ID:-${{PBS_JOBID:-$$}}}}".log'
    return {
        "cores": options.cores,
        "processes": options.cores,
        "memory": f"{round(options.memory * 1e9)}B",
        "queue": options.queue,
        "account": options.account,
        "walltime": f"{hours:02d}:{minutes:02d}:00",
        "interface": options.interface,
        "job_name": "dormatrix",
        "shebang": "#!/bin/bash -l",
        "python": shlex.join(python()),
        # A folder with spaces would break a directive: the job itself opens its log.
        "job_extra_directives": [*_OUTPUT[options.kind], *options.options],
        "job_script_prologue": [f"exec >>{log} 2>&1", *prologue(options.setup)],
        "local_directory": '"${TMPDIR:-/tmp}"',
        # The memory of a case is watched where it runs; the scheduler of the cluster has its own.
        "worker_extra_args": ["--memory-limit", "0", "--no-dashboard"],
        "scheduler_options": {"dashboard": False, "dashboard_address": ":0"},
        "silence_logs": False,
    }


def _cluster_class(kind: str) -> Any:
    try:
        import dask_jobqueue
    except ImportError:
        raise InputError(
            "workers as jobs of a cluster need dask-jobqueue, which is not installed",
            hint="install it (pip install 'dormatrix[cluster]', or conda's dask-jobqueue), or use "
            "--submit slurm, which does without",
        ) from None
    return {"slurm": dask_jobqueue.SLURMCluster, "pbs": dask_jobqueue.PBSCluster}[kind]


async def _keep(cluster: Any, jobs: int) -> None:
    """Look after the number of jobs from now on.

    Dask-jobqueue counts a job whose workers came and went, at the end of its time say, as if it
    were still there.
    """
    from distributed.diagnostics.plugin import SchedulerPlugin
    from tornado.ioloop import PeriodicCallback

    manned: set[str] = set()
    silent: set[str] = set()

    def of(worker: Any) -> set[str]:
        name = str(worker.name)  # of a job's only process its name, of several with a number
        return {name, name.rpartition("-")[0]} & set(cluster.worker_spec)

    class Arrivals(SchedulerPlugin):  # type: ignore[misc]
        """Notes which jobs have come to work, however shortly."""

        def add_worker(self, scheduler: Any, worker: str, **_: Any) -> None:
            manned.update(of(scheduler.workers[worker]))

    async def look() -> None:
        there = {job for worker in cluster.scheduler.workers.values() for job in of(worker)}
        missing = (manned - there) & set(cluster.worker_spec)
        ended = missing & silent  # twice: a worker that is only restarted is back by now
        silent.clear()
        silent.update(missing - ended)
        for job in ended:
            manned.discard(job)
            before = cluster.workers.pop(job, None)
            if before is not None:
                await before.close()  # it may hang in the cluster with its workers dead
        if ended:
            cluster.scale(jobs=jobs)

    cluster.scheduler.add_plugin(Arrivals(), name="dormatrix-jobs")
    callback = PeriodicCallback(look, _KEEP * 1000)
    cluster.periodic_callbacks["dormatrix-jobs"] = callback
    callback.start()


def _last_words(text: str) -> str:
    """What a program said last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "without a word"
