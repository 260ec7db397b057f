"""What a sweep's folder knows: which cases are finished, which have failed, where each belongs.

The folders of finished cases are the only truth: each appears whole, by one rename, and bears its
hash. Nothing else is asked, so whatever died, and when, the next reading is right.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeGuard

from cases.batch.atomic import changed, read_json, sweep_parts, write_json
from cases.batch.task import Outcome
from cases.folder import sweep_aside
from meshes.errors import InputError

CASES, FAILED, STAGES, LOGS = "cases", "failed", "stages", "logs"
ROW = "row.json"
LARGEST = 1 << 20  # bytes of a row or of a failure: a thousand times what they need
_MARKS = {"table": (), "sites": ("sites.parquet",), "all": ("sites.parquet", "report.html")}
_KEY = re.compile(r"[0-9a-f]{64}")
_ASIDE = re.compile(r"\.([0-9a-f]{16})\.(?:partial|replaced)-\d+")
_SHORT = 16  # digits of the hash that name a folder; 10 000 cases collide once in 10^11 sweeps


@dataclass(frozen=True)
class Row:
    """A finished case, as its ``row.json`` tells it.

    Parameters
    ----------
    key
        Content hash, 64 hexadecimal digits.
    name
        Name of the case.
    outputs
        Headline numbers by name, each in the unit that its name ends with; None where a case has
        no such number.
    seconds
        Time that it took, in s.
    reused
        Stages that were read instead of computed.
    warnings
        What its user must know.
    program
        What computed it, see :func:`cases.batch.fitting.program`; "" where that was not told.
    """

    key: str
    name: str
    outputs: dict[str, int | float | None]
    seconds: float
    reused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    program: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data of ``row.json``."""
        record = asdict(self)
        return {"hash": record.pop("key"), **record}


@dataclass(frozen=True)
class Failure:
    """A case that could not be finished, as ``failed/<hash16>.json`` tells it.

    Parameters
    ----------
    key
        Content hash, 64 hexadecimal digits.
    name
        What is varied in it, for people.
    status
        ``failed``, ``killed``, ``timeout`` or ``memory``; see :class:`cases.batch.task.Outcome`.
    seconds
        Time until it failed, in s.
    reason, hint
        Why, and how to mend it.
    attempts
        How many times it has been given up.
    """

    key: str
    name: str
    status: str
    seconds: float
    reason: str
    hint: str = ""
    attempts: int = 1


class Ledger:
    """The book of a sweep's folder: read anew each time, so that it cannot be out of date.

    Parameters
    ----------
    folder
        Result folder of the sweep; need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def target(self, key: str) -> Path:
        """Absolute path of a case's result folder.

        Raises
        ------
        ValueError
            If `key` is not 64 hexadecimal digits: nothing else becomes a path.
        """
        return self.folder / CASES / _short(key)

    def finished(self, key: str) -> Row | None:
        """Row of a finished case; None where there is none, or it is broken or another's."""
        return read_row(self.target(key), key)

    def failure(self, key: str) -> Failure | None:
        """Why a case failed; None where it has not, or the record is broken."""
        return _failure(read_json(self._failed(key), LARGEST), key)

    def failures(self) -> dict[str, Failure]:
        """All failures on record, by content hash."""
        return {failure.key: failure for failure in self._all_failures()}

    def record_failure(self, outcome: Outcome, name: str) -> None:
        """Put a failure on record, in place of an earlier one of the same case.

        A full disk is no fault of the case: it is not recorded, and the case stays to be done.

        Parameters
        ----------
        outcome
            What became of the case.
        name
            What is varied in it, for people.

        Raises
        ------
        ValueError
            If the case is done.
        SolveError
            If the record cannot be written.
        """
        if outcome.status == "done":
            raise ValueError(f"case {outcome.index + 1} is done: that is no failure")
        if outcome.status == "disk":
            return
        before = self.failure(outcome.key)
        failure = Failure(
            key=outcome.key,
            name=name,
            status=outcome.status,
            seconds=outcome.seconds,
            reason=outcome.reason,
            hint=outcome.hint,
            attempts=1 if before is None else before.attempts + 1,
        )
        record = asdict(failure)
        write_json(self._failed(outcome.key), {"hash": record.pop("key"), **record})

    def clear_failure(self, key: str) -> None:
        """Take a failure off the record: the case is done, or is to be tried again."""
        self._failed(key).unlink(missing_ok=True)

    def sweep_up(self, quiet: float = 0.0) -> None:
        """Remove what killed processes left half done in the folder.

        Parameters
        ----------
        quiet
            Seconds for which a half-done case must not have changed. The processes of this
            machine are asked whether they live; those of others cannot be, so where others may
            be at work in the same folder this must be long.

        Raises
        ------
        InputError
            If the folder cannot be read.
        """
        before = time.time() - quiet if quiet else math.inf  # clocks of file servers may differ
        stages = self.folder / STAGES
        try:
            for aside, case in self._asides():
                if _last_change(aside) <= before:
                    sweep_aside(self.folder / CASES / case)
            kinds = [kind for kind in stages.iterdir() if kind.is_dir()] if stages.is_dir() else []
            for folder in (self.folder, self.folder / FAILED, *kinds):
                sweep_parts(folder, before)
        except OSError as error:
            raise InputError(
                f"{self.folder} cannot be put in order: {error.strerror or error}",
                hint="check the rights of the folder, or name another one with -o",
            ) from None

    def _asides(self) -> list[tuple[Path, str]]:
        """Folders of half-done or moved-away cases, with the name of the case's own."""
        folder = self.folder / CASES
        entries = folder.iterdir() if folder.is_dir() else ()
        matches = [(entry, _ASIDE.fullmatch(entry.name)) for entry in entries]
        return [(entry, match[1]) for entry, match in matches if match and entry.is_dir()]

    def _all_failures(self) -> Iterator[Failure]:
        folder = self.folder / FAILED
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
            record = read_json(path, LARGEST)
            key = record.get("hash") if isinstance(record, dict) else None
            if isinstance(key, str) and _KEY.fullmatch(key) and path == self._failed(key):
                failure = _failure(record, key)
                if failure is not None:
                    yield failure

    def _failed(self, key: str) -> Path:
        return self.folder / FAILED / f"{_short(key)}.json"


def read_row(target: Path, key: str) -> Row | None:
    """Row in the result folder of a case; None where there is none, or it is broken or another's.

    Parameters
    ----------
    target
        Result folder of the case.
    key
        Content hash, 64 hexadecimal digits.
    """
    return _row(read_json(target / ROW, LARGEST), key)


def is_kept(target: Path, key: str, keep: str) -> bool:
    """Whether a case is finished and its folder holds what is to be kept of it.

    Parameters
    ----------
    target, key
        As in :func:`read_row`.
    keep
        ``table``, ``sites`` or ``all``; a folder that holds more will do.
    """
    marks = [target / name for name in _MARKS[keep]]
    return read_row(target, key) is not None and all(mark.is_file() for mark in marks)


def _short(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"a content hash has 64 hexadecimal digits, found {key[:80]!r}")
    return key[:_SHORT]


def _last_change(folder: Path) -> float:
    """Time of the last change of a folder or a file in it, in s since 1970."""
    try:
        return max(map(changed, (folder, *folder.iterdir())))
    except FileNotFoundError:  # another has just finished it or swept it up
        return math.inf


def _row(record: Any, key: str) -> Row | None:
    """Row of plain data; None where it is not one, or is of another case."""
    if not isinstance(record, dict) or record.get("hash") != key:
        return None
    outputs, seconds = record.get("outputs"), record.get("seconds")
    if not isinstance(outputs, dict) or not _is_number(seconds):
        return None
    if not all(value is None or _is_number(value) for value in outputs.values()):
        return None
    return Row(
        key=key,
        name=_text(record.get("name", "")),
        outputs=outputs,
        seconds=float(seconds),
        reused=_texts(record.get("reused")),
        warnings=_texts(record.get("warnings")),
        program=_text(record.get("program", "")),
    )


def _failure(record: Any, key: str) -> Failure | None:
    """Failure of plain data; None where it is not one, or is of another case."""
    if not isinstance(record, dict) or record.get("hash") != key:
        return None
    seconds, attempts = record.get("seconds"), record.get("attempts", 1)
    if not _is_number(seconds) or not _is_number(attempts):
        return None
    return Failure(
        key=key,
        name=_text(record.get("name", "")),
        status=_text(record.get("status", "failed")),
        seconds=float(seconds),
        reason=_text(record.get("reason", "")),
        hint=_text(record.get("hint", "")),
        attempts=int(attempts),
    )


def _is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether this is a finite number that fits a column of the table."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -(2**63) <= value < 2**63 if isinstance(value, int) else math.isfinite(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value)) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    """A text that can be written down: JSON may hold halves of signs."""
    return str(value).encode("utf-8", "replace").decode()
