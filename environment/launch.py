"""Start a program in the environment that set-up recorded: the launcher's whole work."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from environment import sandbox
from environment.foreground import run_foreground
from environment.state import INSIDE, INSIDE_PYTHON, ROOT, Plan, Record

MISSING = 2
_RANKS = (("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"))


def main(arguments: Sequence[str], module: str = "") -> NoReturn:
    """Run ``python -m module arguments`` or, without a module, the program `arguments`.

    Ends this process with the program's exit code; 2 when there is no environment yet.
    """
    if INSIDE in os.environ:
        # Already inside: tests, workers and make start the launcher again.
        inner = Record("active", os.environ.get(INSIDE_PYTHON) or sys.executable)
        _execute(inner, _program(inner.python, arguments, module), dict(os.environ))
    plan = Plan.of_checkout()
    record = plan.record()
    if record is None:
        suite = f" DORMATRIX_SUITE={plan.suite}" if "DORMATRIX_SUITE" in os.environ else ""
        print(
            f"dormatrix: there is no environment for this checkout in {plan.home}.\n"
            f"Make it once with: make -C {ROOT}{suite} setup",
            file=sys.stderr,
        )
        sys.exit(MISSING)
    program = _program(record.python, arguments, module)
    if record.mode == "tree":
        _refuse_ranks(os.environ)
        cwd = Path.cwd()
        for folder in (cwd, ROOT):
            if sandbox.hidden(folder):
                print(
                    f"dormatrix: {folder} cannot be used, because the environment has its own "
                    f"/{folder.parts[1]}.\nMove to a folder such as {Path.home()}.",
                    file=sys.stderr,
                )
                sys.exit(MISSING)
        wrapper = tree_command(record, plan.home, cwd)
        sys.exit(run_foreground(wrapper, program, environment(record, os.environ)))
    _execute(record, program, environment(record, os.environ))


def _refuse_ranks(env: Mapping[str, str]) -> None:
    """End the ranks of an mpirun outside the tree: inside, each would take itself for the only one.

    One of them says what to type instead.
    """
    for size, rank in _RANKS:
        if env.get(size, "1") != "1":
            if env.get(rank) == "0":
                print(
                    "dormatrix: this mpirun is outside the environment, whose own it must be.\n"
                    f"Start it inside: {ROOT / 'environment/enter'} mpirun -n {env[size]} "
                    "python -m cases run CASE.yaml",
                    file=sys.stderr,
                )
            sys.exit(MISSING)


def _program(python: str, arguments: Sequence[str], module: str) -> list[str]:
    if module:
        # -P: a folder named `cases` where the user works must not be taken for ours.
        return [python, "-P", "-m", module, *arguments]
    return list(arguments) or [os.environ.get("SHELL", "/bin/sh")]


def _execute(record: Record, program: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    variables = {**env, "PYTHONPATH": _python_path(env)}
    try:
        os.execvpe(program[0], list(program), variables)
    except OSError as error:
        print(f"dormatrix: cannot run {program[0]} ({record.name}): {error}", file=sys.stderr)
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


def tree_command(record: Record, home: Path, cwd: Path) -> list[str]:
    """Return the command that enters the recorded private tree in folder `cwd`."""
    folders = [ROOT, home, Path.home(), Path(os.environ.get("TMPDIR") or "/tmp")]
    return sandbox.command(Path(record.tree), cwd, folders, os.environ)


def environment(record: Record, env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a program in the recorded environment.

    The checkout is put on PYTHONPATH instead of being installed, so that several checkouts can
    share one environment.
    """
    if record.mode == "tree":
        result = sandbox.variables(env, record.python, record.jit)
        result["PYTHONPATH"] = str(ROOT)
    else:
        result = {**record.environ, **env}
        folder = os.path.dirname(record.python)
        result["PATH"] = os.pathsep.join([folder, result.get("PATH", os.defpath)])
        result["PYTHONPATH"] = _python_path(result)
        if record.jit:
            result["XDG_CACHE_HOME"] = record.jit
        if sys.platform == "linux" and not result.get("DISPLAY"):
            result.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    result[INSIDE], result[INSIDE_PYTHON] = record.name, record.python
    # Ranks and worker processes do the work in parallel; BLAS threads on top would fight them.
    result.setdefault("OMP_NUM_THREADS", "1")
    # A rank of Open MPI that waits spins: it would take the core from a rank that works, wherever
    # the machine has anything else to do. An idle core loses nothing by asking.
    result.setdefault("OMPI_MCA_mpi_yield_when_idle", "1")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        result["OMPI_ALLOW_RUN_AS_ROOT"] = result["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    return result


def _python_path(env: Mapping[str, str]) -> str:
    others = [p for p in env.get("PYTHONPATH", "").split(os.pathsep) if p and p != str(ROOT)]
    return os.pathsep.join([str(ROOT), *others])
