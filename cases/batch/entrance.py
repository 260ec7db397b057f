"""How a job on another machine comes into the environment that this process works in."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# Set by the launcher in everything that it starts (environment/state.py).
_INSIDE, _PYTHON = "DORMATRIX_INSIDE", "DORMATRIX_PYTHON"
_HANDED_ON = ("DORMATRIX_HOME", "DORMATRIX_SUITE")


def command() -> list[str]:
    """Words that start ``dormatrix`` on a node.

    The launcher of the source folder where this process came through it: it finds the recorded
    environment by itself. Else this very Python, which must lie at the same place on every node.
    """
    if _launched():
        return [str(_ROOT / "dormatrix")]
    return [sys.executable, "-P", "-m", "cases"]


def python() -> list[str]:
    """Words that start Python on a node, in the same environment as :func:`command`."""
    return [str(_ROOT / "environment" / "enter"), "python"] if _launched() else [sys.executable]


def prologue(setup: Sequence[str]) -> list[str]:
    """Lines of shell that go before :func:`command` or :func:`python`.

    Parameters
    ----------
    setup
        Lines of the user's that load software.
    """
    exports = {name: os.environ[name] for name in _HANDED_ON if os.environ.get(name)}
    # Cases are computed side by side; BLAS threads on top would fight them.
    exports["OMP_NUM_THREADS"] = "1"
    # A folder named "cases" where the job starts must not be taken for ours.
    exports["PYTHONSAFEPATH"] = "1"
    lines = [*setup, *(f"export {name}={shlex.quote(word)}" for name, word in exports.items())]
    if _launched():
        # Schedulers hand the variables of whoever submits to the job: where the job is not in
        # that environment, the launcher must enter it.
        lines.append(f'[ -x "${_PYTHON}" ] || unset {_INSIDE} {_PYTHON}')
    elif (_ROOT / "pyproject.toml").is_file():
        path = f'{shlex.quote(str(_ROOT))}"${{PYTHONPATH:+:$PYTHONPATH}}"'
        lines.append(f"export PYTHONPATH={path}")
    return lines


def _launched() -> bool:
    """Whether this process was started by the launcher of its source folder."""
    return _INSIDE in os.environ and (_ROOT / "dormatrix").is_file()
