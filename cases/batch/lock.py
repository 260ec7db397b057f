"""One parent per sweep folder; the shards of a cluster job beside each other."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cases.batch.atomic import read_json
from cases.errors import clean
from meshes.errors import InputError

LOCK = ".lock"
# File systems of some clusters know no locks; case folders appear whole all the same.
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}
_LARGEST = 4096  # bytes of what a lock's holder says of itself
_PATIENCE = 0.5  # s; for a holder that is just dying, or one that only asked who holds it
_SHOWN = 3  # holders that are named


@contextmanager
def sweep_lock(folder: Path, shard: tuple[int, int] | None = None) -> Iterator[str]:
    """Hold a sweep's folder, so that no other command works in it; it ends with the process.

    Parameters
    ----------
    folder
        Result folder of the sweep; made where it is missing.
    shard
        (number, of how many) of a shard of a cluster job, which bears the other shards beside it
        but not its own double; None for a command that wants the folder for itself.

    Yields
    ------
    str
        What the user should know: that this file system has no locks; "" where all is well.

    Raises
    ------
    InputError
        If another command holds the folder (with its process and machine), or it cannot be
        written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            if shard is None:
                noted = _hold(held, folder / LOCK, fcntl.LOCK_EX, folder)
            else:
                noted = _hold(held, folder / LOCK, fcntl.LOCK_SH, folder)
                own = folder / f"{LOCK}-{shard[0]}-of-{shard[1]}"
                noted = _hold(held, own, fcntl.LOCK_EX, folder) or noted
            opened = held.pop_all()
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written to: {error.strerror or error}",
            hint="check the rights of the folder and the space on the disk, or use -o",
        ) from None
    with opened:
        yield noted


def _hold(held: ExitStack, path: Path, kind: int, folder: Path) -> str:
    """Lock a file until `held` ends and write into it who holds it."""
    # Not truncated before it is ours: the holder's word is in it. Programs started meanwhile do
    # not inherit it, so that a worker that outlives its parent holds nothing.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    held.callback(os.close, handle)
    try:
        if not _locked(handle, kind):
            raise InputError(
                f"{folder} is being worked on by {_holders(path)}",
                hint="wait for it or end it (Ctrl-C there); finished cases are kept",
            )
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return f"the file system of {folder} has no locks: give no two commands to it at once"
    if kind == fcntl.LOCK_EX:
        word = {"pid": os.getpid(), "host": socket.gethostname()}
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(word).encode())
    return ""


def _locked(handle: int, kind: int, patience: float = _PATIENCE) -> bool:
    """Try to lock an open file for a moment; return whether it is ours."""
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.05)
        else:
            return True


def _holders(path: Path) -> str:
    """Who holds a lock, in words: one command, or shards."""
    shards = [shard for shard in sorted(path.parent.glob(f"{path.name}-*-of-*")) if _is_held(shard)]
    words = [_who(shard) for shard in shards] or [_who(path)]
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return not _locked(file.fileno(), fcntl.LOCK_SH, patience=0.0)
    except OSError:
        return False


def _who(path: Path) -> str:
    word = read_json(path, _LARGEST)
    if not isinstance(word, dict):
        return "another command"
    shard = path.name.removeprefix(LOCK).strip("-").replace("-", " ")
    whole = f"process {word.get('pid')} on {word.get('host')}"
    return clean(f"{whole} (shard {shard})" if shard else whole)
