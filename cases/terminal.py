"""How the commands speak: one place that prints, and one that turns errors into exit codes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from cases.errors import clean
from cases.parallel import all_here, end_all
from meshes.errors import InputError, SolveError

DONE, WRONG_INPUT, FAILED, INTERRUPTED = 0, 2, 3, 130
_RANKS = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK")
_GRACE = 3.0  # seconds in which all ranks that fail alike have come to say so


def _rank() -> str:
    # Asked of the environment, for importing MPI to print a help text would take seconds.
    return next((os.environ[name] for name in _RANKS if name in os.environ), "0")


def first_rank() -> bool:
    """Return whether this process may print: the only one, or rank 0 under MPI."""
    return _rank() == "0"


def say(text: str = "", *, error: bool = False) -> None:
    """Print plain text, on rank 0 only; what the terminal cannot show is replaced."""
    if first_rank():
        _print(text, error)


def _print(text: str, error: bool) -> None:
    stream = sys.stderr if error else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)
    except OSError:
        # A reader that has gone away, or a full disk under a log, is no error of the case; Python
        # must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_json(value: Any) -> None:
    """Print a value as JSON, and nothing else, on standard output."""
    say(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def open_streams() -> None:
    """Give output and errors somewhere to go where a daemon has closed them."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what a command raises into one message and an exit code.

    2: the input is wrong. 3: a computation failed, or something nobody foresaw; the traceback of
    the latter goes into a file. 130: interrupted by the user.
    """
    try:
        yield
    except InputError as error:
        raise _leave(WRONG_INPUT, str(error)) from None
    except SolveError as error:
        raise _leave(FAILED, f"the computation failed: {error}") from None
    except KeyboardInterrupt:
        raise _leave(INTERRUPTED, "interrupted") from None
    except typer.Exit:
        raise
    except Exception as error:
        what = clean(f"{type(error).__name__}: {error}")
        raise _leave(FAILED, f"unexpected error: {what}", unforeseen=error) from None


def _leave(code: int, text: str, unforeseen: Exception | None = None) -> typer.Exit:
    """Say why a run ends, once whatever the number of ranks, and end those that would go on."""
    spoken = first_rank()
    if spoken:
        _explain(text, unforeseen)
    if not all_here(_GRACE):
        if not spoken:  # the first rank is still at work, and knows of nothing
            _explain(f"rank {_rank()}: {text}", unforeseen)
        end_all(code)
    return typer.Exit(code)


def _explain(text: str, unforeseen: Exception | None) -> None:
    if unforeseen is not None:
        text += (
            f"\n  details  {_keep(unforeseen)}"
            "\n  mend     run 'dormatrix doctor'; if all is well there, report the details"
        )
    _print(text, error=True)


def _keep(error: BaseException) -> str:
    """Write the traceback to a file of its own and return its path."""
    try:
        handle, path = tempfile.mkstemp(prefix="dormatrix-error-", suffix=".log", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.writelines(traceback.format_exception(error))
    except OSError:
        return "could not be written"
    return path
