"""How a sweep is computed, as the command line says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cases.batch.shard import Shard


@dataclass(frozen=True)
class BatchOptions:
    """How a sweep is computed; see ``dormatrix batch --help``."""

    output: Path | None = None
    workers: int | None = None
    scheduler: str | None = None
    wait_for_workers: int | None = None
    cluster: bool = False
    retry_failed: bool = False
    figures: bool = True
    shard: Shard | None = None
    quiet: bool = False
    json: bool = False
