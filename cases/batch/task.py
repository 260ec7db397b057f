"""What is sent to a worker and what comes back: plain data, so that any process can take it up."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

Keep = Literal["table", "sites", "all"]
Status = Literal["done", "failed", "killed", "timeout", "memory", "disk"]


@dataclass(frozen=True)
class Task:
    """One case of a sweep, ready to be computed anywhere.

    Parameters
    ----------
    index
        Place of the case in the sweep, from 0.
    key
        Content hash of the case, 64 hexadecimal digits.
    document
        The case file as plain data, with the sweep's values put in.
    folder
        Where files that the case names lie; None if it was not read from a file.
    target
        Absolute path of the case's result folder.
    keep
        What to leave there: a row of the table, the sites as well, or the whole run contract.
    figures
        Draw the pictures (only with ``keep="all"``).
    stages
        Folder of the store of stages; None to keep none.
    needs
        (stage, key) of every stage that the case goes through, in order.
    save
        Stages that other cases need too, so that they are worth keeping.
    """

    index: int
    key: str
    document: dict[str, Any]
    folder: str | None
    target: str
    keep: Keep
    figures: bool = False
    stages: str | None = None
    needs: tuple[tuple[str, str], ...] = ()
    save: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.keep not in get_args(Keep):
            raise ValueError(f"keep: expected one of {get_args(Keep)}, found {self.keep!r}")

    def to_json(self) -> dict[str, Any]:
        """The task as plain data."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The task of plain data (lists become tuples again).

        Raises
        ------
        ValueError, TypeError
            If this is not a task.
        """
        needs = tuple((str(stage), str(key)) for stage, key in data.get("needs", ()))
        return cls(**{**data, "needs": needs, "save": tuple(data.get("save", ()))})


@dataclass(frozen=True)
class Limits:
    """What a case may take before it is stopped.

    Parameters
    ----------
    timeout
        Time of one case, in s.
    memory
        Memory of the process of one case and of all that it started, in bytes; None: any.
    attempts
        How often a case is begun whose process dies under it.
    recycle_cases, recycle_growth
        A process is replaced after this many cases, or when it has grown by this many bytes since
        its start: what Gmsh and PETSc leave behind does not add up.
    logs
        Folder for what the processes say; None: where the worker's own words go.
    function
        ``module:function`` that turns a :class:`Task` into an :class:`Outcome`; a function ``warm``
        of the same module is called first, outside the time of any case.
    """

    timeout: float = 86400.0
    memory: int | None = None
    attempts: int = 3
    recycle_cases: int = 500
    recycle_growth: int = 1 << 30
    logs: str | None = None
    function: str = "cases.batch.compute:compute"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ValueError(f"timeout: expected a time above 0 s, found {self.timeout!r}")
        if min(self.attempts, self.recycle_cases) < 1:
            raise ValueError("attempts and recycle_cases: expected at least 1")

    def to_json(self) -> dict[str, Any]:
        """The limits as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Parameters
    ----------
    index, key
        Of the task.
    status
        ``done``: its folder is there. ``failed``: the case itself cannot be computed. ``killed``:
        the process died under it. ``timeout``, ``memory``: it was stopped at a limit. ``disk``:
        nothing more can be written.
    seconds
        Time that the case took, in s.
    reason, hint
        Why it is not done, and how to mend it.
    reused
        Stages that were read instead of computed.
    """

    index: int
    key: str
    status: Status
    seconds: float
    reason: str = ""
    hint: str = ""
    reused: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"status: expected one of {get_args(Status)}, found {self.status!r}")
        if not (math.isfinite(self.seconds) and self.seconds >= 0):
            raise ValueError(f"seconds: expected a time, found {self.seconds!r}")

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The outcome of plain data.

        Raises
        ------
        ValueError, TypeError
            If this is not an outcome.
        """
        return cls(**{**data, "reused": tuple(data.get("reused", ()))})
