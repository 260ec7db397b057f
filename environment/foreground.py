"""Run a program under bubblewrap as if it were this process: signals and exit code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence

_FORWARDED = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1,
              signal.SIGUSR2)  # fmt: skip
_SI_USER = 0


def run_foreground(wrapper: Sequence[str], program: Sequence[str], env: Mapping[str, str]) -> int:
    """Run `program` under the bubblewrap command `wrapper` and return its exit code.

    bubblewrap waits for the program in a process of its own, which a signal would end while the
    program still tidies up. So that process ignores signals, and this one passes on to the
    program what was sent to it alone. A key such as Ctrl-C reaches the program by itself, since
    the terminal sends it to the whole group: the kernel marks those signals as not from a user.

    Returns
    -------
    int
        The program's exit code, or 128 + the number of the signal that ended it.
    """
    watched = [s for s in _FORWARDED if signal.getsignal(s) != signal.SIG_IGN]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [*watched, signal.SIGCHLD])

    def prepare() -> None:
        for number in watched:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    # Inside, `env` gives the program back the ordinary signals that bubblewrap ignores.
    names = ",".join(signal.Signals(s).name[3:] for s in watched)
    reset = ["/usr/bin/env", f"--default-signal={names}"] if names else []
    reader, writer = os.pipe()
    child = subprocess.Popen(
        [*wrapper, "--info-fd", str(writer), *reset, *program],
        env=dict(env),
        pass_fds=(writer,),
        preexec_fn=prepare,
    )
    os.close(writer)
    target = _program_pid(reader)
    while child.poll() is None:
        arrived = signal.sigwaitinfo([*watched, signal.SIGCHLD])
        if arrived.si_signo != signal.SIGCHLD and arrived.si_code == _SI_USER and target:
            try:
                os.kill(target, arrived.si_signo)
            except ProcessLookupError:
                target = 0
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _program_pid(reader: int) -> int:
    """Read the program's process number from bubblewrap's report; 0 if it gave none."""
    text = b""
    while b"}" not in text:
        part = os.read(reader, 4096)
        if not part:
            break
        text += part
    os.close(reader)
    found = re.search(rb'"child-pid":\s*(\d+)', text)
    return int(found.group(1)) if found else 0
