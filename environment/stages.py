"""Set-up as named stages: progress for people, a full log, and errors that say what to do."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_HEARTBEAT, _REFRESH = 15.0, 0.2
_TAIL = 12

#: What a failing program prints, and what to do about it.
_ADVICE = (
    (
        r"No space left on device|Disk quota exceeded",
        "The disk is full. Free some space, or set DORMATRIX_HOME to a folder on a larger disk.",
    ),
    (
        r"Release file .*expired|is not valid yet|certificate is not yet valid",
        "Check the machine's clock; if it is right, the mirror is out of date: set "
        "DORMATRIX_MIRROR to another Debian mirror.",
    ),
    (
        r"NO_PUBKEY|is not signed|EXPKEYSIG|cannot determine .*signed-by|keyring",
        "The keys of the Debian archive are missing or too old: apt-get install "
        "debian-archive-keyring, then run it again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "A proxy's certificate is not trusted: add it with update-ca-certificates, or name its "
        "file in SSL_CERT_FILE and PIP_CERT.",
    ),
    (
        r"newuidmap|newgidmap|subuid|[Uu]ser namespace|setting up uid map|unshare\(|"
        r"No permissions to create|Creating new namespace failed|Operation not permitted",
        "This machine does not let you make user namespaces. Run it as root, use the image of "
        "environment/Dockerfile, or conda with environment/environment.yml.",
    ),
    (
        r"Temporary failure (in name resolution|resolving)|Could not resolve|Failed to fetch|"
        r"Could not connect|Connection (timed out|refused|reset)|Network is unreachable|"
        r"Name or service not known|NewConnectionError|ReadTimeout|timed out",
        "Check the network and run it again: what was finished is kept. Behind a proxy, set "
        "http_proxy and https_proxy. For another Debian mirror, set DORMATRIX_MIRROR.",
    ),
    (
        r"Unable to locate package|has no installation candidate|unmet dependencies",
        "The mirror lacks a package of environment/packages.txt: set DORMATRIX_MIRROR to a "
        "complete Debian mirror.",
    ),
    (
        r"No matching distribution|Could not find a version",
        "pip found no such package for this Python: check that it reaches its index "
        "(pip config list; PIP_INDEX_URL), and the versions asked for in pyproject.toml.",
    ),
)


class SetupError(Exception):
    """Set-up cannot go on; `hint` says what to do, `tail` holds the last lines of the log."""

    def __init__(self, message: str, hint: str, tail: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.tail = tuple(tail)


class Interrupted(BaseException):
    """A signal asked set-up to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def advice(lines: Sequence[str]) -> str:
    """Return what to do about a failure whose last output was `lines`."""
    text = "\n".join(lines)
    for pattern, hint in _ADVICE:
        if re.search(pattern, text):
            return hint
    return "Read the last lines above and the full log; running it again is safe."


def _prepare() -> None:
    """Make a started program the head of a group, and end it when set-up itself is killed."""
    os.setpgid(0, 0)  # signals then reach all that it starts, through us
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG


class Stages:
    """Runs the programs of set-up, one stage after the other.

    Parameters
    ----------
    log
        File that takes everything the programs print.
    total
        Number of stages, for ``[2/4]``.
    inherited
        Descriptors that programs inherit (the lock).
    out
        Where progress is shown: one live line on a terminal, plain lines elsewhere.
    """

    def __init__(
        self, log: Path, total: int, inherited: Sequence[int] = (), out: IO[str] | None = None
    ) -> None:
        self.log, self.total, self.inherited = log, total, tuple(inherited)
        self.out = out if out is not None else sys.stderr
        self.live = self.out.isatty()
        self.number, self.title, self.began, self.shown = 0, "", 0.0, 0.0
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")

    def say(self, text: str) -> None:
        """Print one line of its own."""
        print(f"\r\033[K{text}" if self.live else text, file=self.out, flush=True)

    def begin(self, title: str) -> None:
        """Start a stage."""
        self.number, self.title, self.began = self.number + 1, title, time.monotonic()
        self.shown = self.began
        if not self.live:
            self.say(f"{self._head()} …")

    def end(self) -> None:
        """Finish the stage and print how long it took."""
        self.say(f"{self._head()}: {self._seconds():.0f} s")

    def _head(self) -> str:
        return f"[{self.number}/{self.total}] {self.title}"

    def _seconds(self) -> float:
        return time.monotonic() - self.began

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if now - self.shown < (_REFRESH if self.live else _HEARTBEAT):
            return
        self.shown = now
        text = f"{self._head()}  {self._seconds():.0f} s  {line}"
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{text[:width]}", end="", file=self.out, flush=True)
        else:
            self.say(f"{text[:160]}")

    def run(
        self, command: Sequence[str], env: Mapping[str, str] | None = None, failed: str = ""
    ) -> None:
        """Run `command`, its output going to the log and its last line to the progress line.

        Raises
        ------
        SetupError
            When it cannot be started or fails; the message begins with `failed`.
        """
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {shlex.join(command)}\n")
            log.flush()
            try:
                child = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=None if env is None else dict(env),
                    pass_fds=self.inherited,
                    preexec_fn=_prepare,
                )
            except OSError as error:
                raise SetupError(f"{failed}: {error}", advice([str(error)])) from error
            try:
                lines = self._follow(child, log)
                code = child.wait()
            except (KeyboardInterrupt, Interrupted) as stop:
                self._stop(child, stop)
                raise
        if code != 0:
            raise SetupError(
                f"{failed} ({os.path.basename(command[0])} ended with code {code})",
                advice(lines),
                lines[-_TAIL:],
            )

    def _follow(self, child: subprocess.Popen[bytes], log: IO[str]) -> list[str]:
        """Copy the child's output until it ends; returns its last lines."""
        assert child.stdout is not None
        lines: list[str] = []
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while True:
                if selector.select(timeout=_REFRESH):
                    part = os.read(child.stdout.fileno(), 65536)
                    if not part:
                        break
                    *whole, rest = re.split(rb"[\r\n]+", rest + part)
                    new = [text.decode("utf-8", "replace").rstrip() for text in whole]
                    log.writelines(f"{text}\n" for text in new)
                    lines = [*lines, *(text for text in new if text)][-60:]
                self._show(lines[-1] if lines else "")
        last = rest.decode("utf-8", "replace").strip()
        if last:
            log.write(f"{last}\n")
            lines.append(last)
        return lines

    def _stop(self, child: subprocess.Popen[bytes], stop: BaseException) -> None:
        """Let an interrupted child and its own children tidy up, then make sure they are gone."""
        self.say(f"{self._head()}: stopping …")
        asked = stop.number if isinstance(stop, Interrupted) else signal.SIGINT
        for number, patience in ((asked, 20), (signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, number)
            try:
                # Its output must be read on, or it could wait for us for ever.
                child.communicate(timeout=patience)
                return
            except subprocess.TimeoutExpired:
                continue
