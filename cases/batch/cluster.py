"""Where a sweep's cases are computed: this machine, a Dask scheduler, or jobs of a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cases.batch.fitting import require_fitting_workers
from cases.batch.jobqueue import job_client
from cases.batch.ledger import LOGS
from cases.batch.local import close_quietly, dask_speaks_to, local_client
from cases.errors import clean
from cases.schema.cluster import ClusterOptions
from meshes.errors import InputError, SolveError

if TYPE_CHECKING:
    from distributed import Client

_ANSWER = 10.0  # s that a scheduler has to answer
_PATIENCE = 15.0  # s for a first worker where nobody said that it is waited for
_LOOK = 0.5  # s between two counts of the workers
_TELL = 5.0, 60.0  # s until a line says what is waited for, and between two such lines
_START = (
    "in the source folder: environment/enter dask scheduler, and on every node: environment/enter "
    "dask worker ADDRESS --nthreads 1 --nworkers N"
)


@dataclass(frozen=True)
class Local:
    """Processes of this machine.

    Parameters
    ----------
    workers
        How many; each computes one case at a time.
    """

    workers: int


@dataclass(frozen=True)
class Remote:
    """A Dask scheduler that runs already, with its workers.

    Parameters
    ----------
    address
        Of the scheduler, e.g. ``tcp://node7:8786``.
    workers
        How many workers to wait for, however long it takes, before the first case starts; None:
        those that are there, at least one.
    """

    address: str
    workers: int | None = None


@dataclass(frozen=True)
class Jobqueue:
    """Workers that are jobs of a cluster's scheduler; this process is the Dask scheduler.

    Parameters
    ----------
    options
        The ``cluster:`` section of the sweep file.
    """

    options: ClusterOptions


ClusterSpec = Local | Remote | Jobqueue


@contextmanager
def connect(
    spec: ClusterSpec, folder: Path, log: Callable[[str], None] = lambda _: None
) -> Iterator[Client]:
    """A Dask client whose workers can compute cases of a sweep; closed without noise.

    Parameters
    ----------
    spec
        Where to compute.
    folder
        Result folder of the sweep, which exists; every worker must see the same.
    log
        Told, in a line each, what is waited for.

    Yields
    ------
    distributed.Client
        ``client.cluster`` is the cluster that was started for it; None with :class:`Remote`.

    Raises
    ------
    InputError
        If the scheduler or dask-jobqueue is not there, or workers do not fit.
    SolveError
        If processes cannot be started here, or a cluster refuses every job.
    """
    logs = folder.absolute() / LOGS
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if isinstance(spec, Local):
            client = _start_here(stack, spec, logs)
        else:
            stack.enter_context(dask_speaks_to(logs / "dask.log"))
            if isinstance(spec, Remote):
                client = _join(stack, spec, log)
            else:
                client = _ask_for_jobs(stack, spec, logs, log)
            require_fitting_workers(client, folder.absolute())
        yield client


def _start_here(stack: ExitStack, spec: Local, logs: Path) -> Client:
    try:
        return stack.enter_context(local_client(spec.workers, logs))
    except (TimeoutError, OSError, RuntimeError) as error:
        raise SolveError(
            f"{spec.workers} processes cannot be started here: {clean(str(error))}",
            hint=f"fewer --workers; {logs / 'dask.log'} says more",
        ) from None


def _join(stack: ExitStack, spec: Remote, log: Callable[[str], None]) -> Client:
    """Connect to a scheduler and wait for its workers."""
    from distributed import Client

    shown = clean(spec.address)
    try:
        client = Client(spec.address, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"no Dask scheduler answers at {shown}: {clean(str(error))}",
            hint=f"check the address, e.g. tcp://node7:8786; {_START}",
        ) from None
    stack.callback(close_quietly, client)

    def give_up(passed: float) -> None:
        if spec.workers is None and passed > _PATIENCE:
            raise InputError(f"the scheduler at {shown} has no workers", hint=_START)

    _wait_for_workers(client, spec.workers or 1, log, give_up)
    return client


def _ask_for_jobs(
    stack: ExitStack, spec: Jobqueue, logs: Path, log: Callable[[str], None]
) -> Client:
    """Submit jobs and wait for the first of them."""
    client, refusals = stack.enter_context(job_client(spec.options, logs))

    def give_up(_: float) -> None:
        if len(refusals) >= spec.options.jobs:
            raise SolveError(
                f"the cluster refuses every job: {clean(refusals[-1])}",
                hint="mend the cluster: section of the sweep file",
            )

    _wait_for_workers(client, 1, log, give_up)
    return client


def _wait_for_workers(
    client: Client, wanted: int, log: Callable[[str], None], give_up: Callable[[float], None]
) -> None:
    """Wait until enough workers are there; ``give_up`` is asked with the seconds passed."""
    start = time.monotonic()
    tell = start + _TELL[0]
    while True:
        try:
            there = len(client.nthreads())
        except (OSError, TimeoutError) as error:
            raise SolveError(
                f"the scheduler is lost: {clean(str(error))}", hint="nothing has begun: start anew"
            ) from None
        if there >= wanted:
            return
        now = time.monotonic()
        if now >= tell:
            tell = now + _TELL[1]
            log(f"waiting for workers: {there} of {wanted} are there")
        give_up(now - start)
        time.sleep(_LOOK)
