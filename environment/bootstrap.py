#!/usr/bin/env python3
"""Set up whatever this machine lacks to run dormatrix; quick when that is nothing.

Order: a Python that already imports DOLFINx; the system's own packages where they are new
enough; a private Debian tree on any other Linux with apt; else, the conda command to type.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import NoReturn

if __name__ == "__main__":  # run as a script: find the package this file belongs to
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from environment import conda, probes, sandbox, tree, venv
from environment.launch import environment, tree_command
from environment.stages import Interrupted, SetupError, Stages
from environment.state import DEFAULT_SUITE, INSIDE, ROOT, Plan, Record, locked

MODES = ("active", "apt", "tree")
#: Variables of an activated environment, kept for a launcher used without activating it.
_KEPT = ("CONDA_PREFIX", "LD_LIBRARY_PATH", "PYTHONPATH", "PETSC_DIR", "PETSC_ARCH", "SLEPC_DIR",
         "PKG_CONFIG_PATH", "CC", "CXX")  # fmt: skip
_CHECK = (
    "import dolfinx, petsc4py, mpi4py.MPI, gmsh, pyvista; print('DOLFINx', dolfinx.__version__)"
)


def choose_mode(suite: str, wanted: str, release: dict[str, str]) -> str:
    """Return how this machine gets DOLFINx: ``active``, ``apt`` or ``tree``.

    Parameters
    ----------
    suite
        Debian suite asked for; another than the default always means a tree.
    wanted
        The user's choice ($DORMATRIX_MODE), or empty to find out.
    release
        Fields of os-release.

    Raises
    ------
    SetupError
        When there is no way but conda, or `wanted` is unknown.
    """
    if wanted and wanted not in MODES:
        raise SetupError(f"DORMATRIX_MODE={wanted}", f"Choose one of {', '.join(MODES)}.")
    if suite != DEFAULT_SUITE and not wanted:
        wanted = "tree"
    if wanted in ("", "active"):
        version = probes.active_dolfinx()
        old = probes.version_tuple(version) < probes.OLDEST_DOLFINX
        if version and not old and sys.version_info[:2] >= probes.OLDEST_PYTHON:
            return "active"
        if wanted:
            raise SetupError(
                f"{sys.executable} has {'DOLFINx ' + version if version else 'no DOLFINx'}",
                "Activate a Python 3.11 or later with DOLFINx 0.9 to 0.11, or unset "
                "DORMATRIX_MODE.",
            )
    if not probes.has_apt():
        raise SetupError("this system has neither DOLFINx nor apt", _conda_hint())
    return wanted or ("apt" if probes.apt_has_dolfinx(release) else "tree")


def _conda_hint() -> str:
    if sys.platform == "win32":
        return "Install Debian or Ubuntu in WSL 2 (wsl --install) and run make there."
    return f"Use conda: {conda.COMMAND} && make setup"


def set_up(plan: Plan, mode: str) -> Record:
    """Make the environment of `plan` in the way `mode` and record it for the launcher.

    Raises
    ------
    SetupError
        With what to do, when a stage fails; nothing half-made is recorded.
    """
    for folder in (ROOT, plan.home) if mode == "tree" else ():
        if sandbox.hidden(folder):
            raise SetupError(
                f"{folder} lies in /{folder.parts[1]}, of which a private tree has its own",
                "Move the checkout to your home folder, or set DORMATRIX_HOME.",
            )
    with locked(plan.home, lambda text: print(text, file=sys.stderr, flush=True)) as lock:
        record = plan.record()
        if record is not None and record.mode == mode and record.base in ("", _base(mode)):
            return record  # another set-up made it while this one waited
        for left in tree.partials(plan.home):
            tree.remove(left)
        stages = Stages(plan.home / "setup.log", 3 if mode == "active" else 4, (lock,))
        stages.say(f"dormatrix set-up in {plan.home} ({_MEANING[mode]})")
        record = {"active": _active, "apt": _apt, "tree": _tree}[mode](plan, stages)
        plan.write_record(record)
    return record


_MEANING = {
    "active": "this Python has DOLFINx",
    "apt": "the system's packages have DOLFINx",
    "tree": "a private Debian tree, about 4 GB and a few minutes, once",
}


def _base(mode: str) -> str:
    """Return the host's interpreter that an environment of this mode is made over."""
    return {"active": sys.executable, "apt": "/usr/bin/python3", "tree": ""}[mode]


def _active(plan: Plan, stages: Stages) -> Record:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    stages.begin(f"DOLFINx {probes.active_dolfinx()} of {sys.executable}")
    missing = probes.missing_requirements(plan.requirements)
    stages.end()
    if not missing:
        stages.begin("Python packages: all there")
        stages.end()
        return _checked(
            Record("active", sys.executable, _base("active"), environ=kept), plan, stages
        )
    stages.begin(f"Python packages: {len(missing)} missing")
    parents = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    folder = plan.venv_path(plan.home / "host", sys.executable)
    python = venv.make_venv(
        folder, sys.executable, plan.requirements, stages, os.environ, parent_paths=parents
    )
    stages.end()
    return _checked(Record("active", python, _base("active"), environ=kept), plan, stages)


def _apt(plan: Plan, stages: Stages) -> Record:
    stages.begin("system packages, looked up")
    missing = probes.missing_debs(plan.packages)
    if missing:
        _need_root(missing, "DOLFINx and what belongs to it")
    stages.end()
    stages.begin(f"system packages: {len(missing)} to install")
    if missing:
        _apt_install(missing, stages)
    stages.end()
    stages.begin("Python packages")
    folder = plan.venv_path(plan.home / "host", _base("apt"))
    env = {**os.environ, "PYTHONNOUSERSITE": "1"}
    python = venv.make_venv(folder, _base("apt"), plan.requirements, stages, env)
    stages.end()
    record = Record("apt", python, _base("apt"), environ={"PYTHONNOUSERSITE": "1"})
    return _checked(record, plan, stages)


def _tree(plan: Plan, stages: Stages) -> Record:
    root = probes.is_root()
    stages.begin("mmdebstrap and bubblewrap")
    missing = tree.missing_tools(root)
    if missing:
        _need_root(missing, "the tools that make and enter a private Debian tree")
        _apt_install(missing, stages)
    tree.check_namespaces()
    made = (plan.home / plan.tree_key / "root").is_dir()
    if not made:
        tree.check_space(plan.home)
        if not root:
            tree.check_subordinate_ids()
    stages.end()
    stages.begin(f"Debian {plan.suite} tree")
    folder = tree.make_tree(plan, stages, root)
    stages.end()
    stages.begin("Python packages")
    place = plan.venv_path(folder.parent, "python3")
    jit = plan.home / f"jit-{plan.tree_key}"
    jit.mkdir(exist_ok=True)
    record = Record("tree", str(place / "bin/python"), tree=str(folder), jit=str(jit))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    env = {"PIP_CACHE_DIR": str(cache / "pip"), **environment(record, os.environ)}
    wrapper = tree_command(record, plan.home, ROOT)
    venv.make_venv(
        place, "/usr/bin/python3", plan.requirements, stages, env, lambda c: [*wrapper, *c]
    )
    stages.end()
    return _checked(record, plan, stages)


def _checked(record: Record, plan: Plan, stages: Stages) -> Record:
    """Import what matters once, so that a broken environment is never recorded."""
    stages.begin("check")
    wrapper = tree_command(record, plan.home, ROOT) if record.mode == "tree" else []
    stages.run(
        [*wrapper, record.python, "-c", _CHECK],
        env=environment(record, os.environ),
        failed=f"the environment ({record.name}) does not import DOLFINx, gmsh and PyVista",
    )
    stages.end()
    return record


def _need_root(packages: list[str], what: str) -> None:
    if not probes.is_root():
        raise SetupError(
            f"{what} are missing: {', '.join(packages)}",
            "Run, or ask an administrator for: sudo apt-get update && sudo apt-get install "
            f"--no-install-recommends -y {' '.join(packages)}\nThen run this again.",
        )


def _apt_install(packages: list[str], stages: Stages) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    failed = f"apt could not install {', '.join(packages)}"
    try:
        stages.run(["apt-get", "update"], env=env, failed="apt-get update failed")
    except SetupError as error:
        # One unreachable extra source need not keep Debian's own from being used.
        stages.say(f"  {error}; going on with the lists there are")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    stages.run(install, env=env, failed=failed)


def prune(plan: Plan) -> None:
    """Remove every tree, virtual environment and record but this checkout's own."""
    record = plan.record()
    kept = {plan.record_path}
    if record is not None:
        kept |= {Path(record.python).parent.parent, Path(record.jit or "/")}
    with locked(plan.home):
        folders = [*plan.home.glob("*/root"), *plan.home.glob("*/venv-*"), *plan.home.glob("jit-*")]
        own = plan.home / plan.tree_key / "root"
        for path in [*folders, *plan.home.glob("state/*"), *tree.partials(plan.home)]:
            if path not in kept and path != own:
                print(f"removing {path}")
                tree.remove(path)
        for folder in [p for p in plan.home.iterdir() if p.is_dir() and not any(p.iterdir())]:
            folder.rmdir()


def main(arguments: list[str] | None = None) -> int:
    """Set up, or do what an option asks; returns the exit code."""
    parser = argparse.ArgumentParser(description="Set up what dormatrix needs on this machine.")
    parser.add_argument("--write-conda", action="store_true", help="write environment.yml")
    parser.add_argument("--prune", action="store_true", help="remove all environments but this one")
    options = parser.parse_args(arguments)
    if options.write_conda:
        print(conda.write_conda(ROOT))
        return 0
    if os.environ.get(INSIDE):
        print(f"environment ready: {os.environ[INSIDE]} (already inside)")
        return 0
    plan: Plan | None = None
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        if sys.platform == "win32":
            raise SetupError("dormatrix does not run on Windows itself", _conda_hint())
        plan = Plan.of_checkout()
        if options.prune:
            prune(plan)
            return 0
        wanted = os.environ.get("DORMATRIX_MODE", "")
        record = plan.record()
        if record is None or not _still_chosen(record, plan, wanted):
            record = set_up(plan, choose_mode(plan.suite, wanted, probes.os_release()))
        print(f"environment ready: {record.name}")
        return 0
    except SetupError as error:
        _explain(error, plan)
        return 1
    except (KeyboardInterrupt, Interrupted) as stop:
        ended_by = stop.number if isinstance(stop, Interrupted) else int(signal.SIGINT)
        print("\nset-up interrupted; nothing half-made is used, run it again", file=sys.stderr)
        return 128 + ended_by


def _still_chosen(record: Record, plan: Plan, wanted: str) -> bool:
    """Tell, without slow probes, whether a set-up now would choose as it did before."""
    if wanted or plan.suite != DEFAULT_SUITE:
        return record.mode == (wanted or "tree")
    if record.base == sys.executable:
        return True
    version = probes.active_dolfinx()
    return probes.version_tuple(version) < probes.OLDEST_DOLFINX


def _interrupt(number: int, _frame: object) -> NoReturn:
    raise Interrupted(number)


def _explain(error: SetupError, plan: Plan | None) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    print("-" * width, file=sys.stderr)
    for line in error.tail:
        print(f"  {line[:200]}", file=sys.stderr)
    print(f"Set-up stopped: {error}.\nWhat to do: {error.hint}", file=sys.stderr)
    if error.tail and plan is not None:
        print(f"Everything that was printed: {plan.home / 'setup.log'}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
