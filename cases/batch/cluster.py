"""Where a sweep's cases are computed: this machine, a Dask scheduler, or jobs of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cases.schema.cluster import ClusterOptions

if TYPE_CHECKING:
    from distributed import Client


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
        How many workers must be there before the first case starts.
    patience
        Seconds to wait for them; None: as long as it takes.
    """

    address: str
    workers: int = 1
    patience: float | None = 15.0


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
    """
    raise NotImplementedError
    yield
