"""Make the virtual environment that holds the Python packages of pyproject.toml."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from environment.stages import Stages

#: Written last: a virtual environment without it was interrupted. It cannot be made aside and
#: renamed like a tree, since its programs hold its path.
_COMPLETE = "complete"

Enter = Callable[[Sequence[str]], Sequence[str]]

#: Run by the new Python: shows it the package folders of a parent that is itself a virtual
#: environment or has its packages on PYTHONPATH.
_PARENT = """
import os, sys
folder, parents = os.path.realpath(sys.argv[1]), sys.argv[2].split(os.pathsep)
own = next(p for p in sys.path if os.path.realpath(p).startswith(folder + os.sep))
others = [p for p in parents if p not in sys.path]
with open(os.path.join(own, "dormatrix-parent.pth"), "w") as file:
    file.writelines(p + chr(10) for p in others)
"""


def is_complete(folder: Path) -> bool:
    """Tell whether the virtual environment in `folder` was finished."""
    return (folder / _COMPLETE).exists()


def make_venv(
    folder: Path,
    interpreter: str,
    requirements: Sequence[str],
    stages: Stages,
    env: Mapping[str, str],
    enter: Enter = list,
    parent_paths: Sequence[str] = (),
) -> str:
    """Make a virtual environment over `interpreter` and return its Python.

    Parameters
    ----------
    folder
        Where it goes; an unfinished one there is removed first.
    interpreter
        Python whose own packages (DOLFINx) stay visible.
    requirements
        What pip installs, as far as it is not there already.
    env
        Variables for the programs.
    enter
        Turns a command into one that runs inside the tree.
    parent_paths
        Package folders of `interpreter` that a virtual environment would not inherit.

    Raises
    ------
    SetupError
        When a step fails.
    """
    python = str(folder / "bin/python")
    if is_complete(folder):
        return python
    if folder.exists():
        shutil.rmtree(folder)
    failed = "the Python packages could not be installed"
    try:
        make = [interpreter, "-m", "venv", "--system-site-packages", str(folder)]
        stages.run(enter(make), env=env, failed=failed)
        if parent_paths:
            link = [python, "-c", _PARENT, str(folder), os.pathsep.join(parent_paths)]
            stages.run(enter(link), env=env, failed=failed)
        pip = [python, "-m", "pip", "install", "--progress-bar", "off", *requirements]
        stages.run(enter(pip), env=env, failed=failed)
        (folder / _COMPLETE).touch()
    finally:
        if folder.exists() and not is_complete(folder):
            shutil.rmtree(folder)
    return python
