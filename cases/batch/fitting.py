"""Whether workers elsewhere can compute cases of this sweep: the same program, the same folder."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cases.doctor import own_version
from cases.errors import clean
from meshes.digest import source_digest
from meshes.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

_PACKAGES = ("cases", "meshes", "postprocess", "solver")
_SHOWN = 3  # addresses in a message
_NO_FOLDER, _NOT_WRITABLE = "they do not see the folder", "they cannot write to the folder"


def require_fitting_workers(client: Client, folder: Path) -> None:
    """Ask every worker what it computes with and whether it sees the sweep's folder.

    Parameters
    ----------
    client
        Connected, with workers.
    folder
        Result folder of the sweep, which exists; absolute.

    Raises
    ------
    InputError
        If a worker does not fit, with all those of the same fault.
    """
    mark = folder / f".seen-{uuid4().hex}"
    try:
        mark.touch()
        answers = client.run(look, str(mark), on_error="return")
    except OSError as error:
        raise InputError(
            f"{folder} or the workers cannot be reached: {clean(str(error))}",
            hint="check the rights of the folder, and whether the scheduler still runs",
        ) from None
    finally:
        with suppress(OSError):
            mark.unlink()
    own = program()
    faults: defaultdict[str, list[str]] = defaultdict(list)
    for address, answer in answers.items():
        fault = _fault(answer, own, folder)
        if fault:
            faults[fault].append(address)
    if not faults:
        return
    fault, misfits = max(faults.items(), key=lambda found: len(found[1]))
    named = ", ".join(misfits[:_SHOWN]) + (", ..." if len(misfits) > _SHOWN else "")
    raise InputError(
        f"{len(misfits)} of {len(answers)} workers do not fit ({named}): {clean(fault, 300)}",
        hint="name a result folder with -o that every node sees under the same path"
        if str(folder) in fault
        else "start the workers by 'environment/enter dask worker ...' in this source folder, or "
        "in a copy of the same version",
    )


def look(mark: str) -> tuple[str, str]:
    """Run on a worker: what it computes with, and what is wrong with a folder ("": nothing).

    Parameters
    ----------
    mark
        Absolute path of a file that the caller has put into the folder.
    """
    path = Path(mark)
    own = path.with_name(f"{path.name}-{uuid4().hex}")
    if not path.is_file():
        return program(), _NO_FOLDER
    try:
        own.touch()
        own.unlink()
    except OSError as error:
        return program(), f"{_NOT_WRITABLE}, {error.strerror}"
    return program(), ""


@cache
def program() -> str:
    """The version of dormatrix, with the sources where it runs from a source folder.

    Found once per process: every row of a sweep bears it.
    """
    sources = source_digest(Path(__file__).parents[2], _PACKAGES)
    return f"dormatrix {own_version()} (sources {sources[:8]})"


def _fault(answer: object, own: str, folder: Path) -> str:
    """What is wrong with a worker, by its answer; "" if it fits."""
    if not (isinstance(answer, tuple) and len(answer) == 2):  # what was raised there
        return f"dormatrix does not answer there: {answer}"
    theirs, wrong = answer
    if wrong:
        return f"{wrong}: {folder}"
    return "" if theirs == own else f"they have {theirs}, here is {own}"
