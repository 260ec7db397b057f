"""Dask on this machine: silent, deaf to Ctrl-C, ended with its parent, kept at its size."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

_LOG = "DORMATRIX_DASK_LOG"  # tells a worker process where to speak to
_LOUD = ("distributed", "tornado", "asyncio", "bokeh")  # loggers that Dask speaks through
_COME_UP = 60.0  # s for the first workers
_ANSWER = 20.0  # s for Dask's own thread
_CLOSE = 15.0  # s for the last
# Of a scheduler that is started for a sweep.
SETTINGS = {
    # The engine counts how often a case is begun, and wants to know at once.
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.deploy.lost-worker-timeout": "10s",
    "distributed.diagnostics.computations.nframes": 0,
    # Dask remembers so many messages, cases and all: the parent's memory would grow by them.
    "distributed.admin.low-level-log-length": 10,
    "distributed.admin.system-monitor.log-length": 100,
    # Until a worker speaks to its file it says no more than warnings.
    "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "warning",
}


@contextmanager
def dask_speaks_to(file: Path) -> Iterator[None]:
    """Send what Dask logs in this process to a file, and nothing to the terminal.

    Parameters
    ----------
    file
        Made when there is something to say; appended to.
    """
    import distributed  # noqa: F401  (sets up its loggers when it is imported)

    handler = logging.FileHandler(file, delay=True, encoding="utf-8", errors="replace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk
    names = {*_LOUD, *(n for n in logging.root.manager.loggerDict if n.split(".")[0] in _LOUD)}
    before = []
    for name in sorted(names):
        logger = logging.getLogger(name)
        if logger.handlers or name in _LOUD:
            before.append((logger, logger.handlers[:], logger.propagate))
            logger.handlers, logger.propagate = [handler], False
    try:
        yield
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
        handler.close()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Tidy up to the end, though somebody presses Ctrl-C again; inside, every wait is short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def local_client(workers: int, logs: Path) -> Iterator[Client]:
    """A client of `workers` processes of this machine, each with one thread.

    They listen on the loopback alone, and end when this process does, however it ends.

    Parameters
    ----------
    workers
        How many cases are computed at a time.
    logs
        Folder for what Dask has to say: ``dask.log`` (this process), ``dask-worker-*.log``.

    Raises
    ------
    TimeoutError, OSError, RuntimeError
        If they do not come up.
    """
    import dask
    from distributed import Client, LocalCluster

    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(dask_speaks_to(logs / "dask.log"))
        stack.enter_context(dask.config.set(SETTINGS))
        cluster = LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # None is port 8787 of every network
            memory_limit=0,
            silence_logs=False,
            preload=[__name__],
            env={_LOG: str(logs)},
        )
        stack.callback(close_quietly, cluster)
        cluster.sync(ignore_interrupts)
        client = Client(cluster, set_as_default=False)
        stack.callback(close_quietly, client)
        cluster.scale(workers)
        client.wait_for_workers(workers, timeout=_COME_UP)
        yield client


def keep_size(cluster: LocalCluster) -> None:
    """Bring workers back that neither they nor their nannies could bring back.

    A nanny restarts a worker that is killed; one that is killed while it starts is given up by its
    nanny, and a nanny that gave up is still counted. Does not wait until they are there.

    Raises
    ------
    TimeoutError
        If Dask's thread does not answer.
    """
    from distributed.core import Status

    async def forget_the_dead() -> None:
        for name, nanny in list(cluster.workers.items()):
            if nanny.status in (Status.failed, Status.closed):
                del cluster.workers[name]

    cluster.sync(forget_the_dead, callback_timeout=_ANSWER)
    cluster.scale(len(cluster.worker_spec))


async def ignore_interrupts() -> None:
    """Block Ctrl-C in Dask's thread, and so in all that it starts: it is for the parent alone."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def close_quietly(what: Any) -> None:
    """Close a client or a cluster, whatever state it is in."""
    with undisturbed(), suppress(Exception):  # nothing can be done; workers end with this process
        what.close(timeout=_CLOSE)


def dask_setup(worker: Any) -> None:
    """Called by Dask in each worker process: what it says goes to a file from here on."""
    logs = os.environ.get(_LOG)
    if logs is None:
        return
    with suppress(OSError):
        name = f"dask-worker-{worker.name}.log"
        file = os.open(Path(logs) / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.close(file)
