"""Make a private Debian tree: aside, and renamed when it is whole."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from environment import probes
from environment.recipe import recipe
from environment.stages import SetupError, Stages
from environment.state import Plan

#: Debian packages of the host that make and enter a tree, and the program each brings.
HOST_TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "bubblewrap": "bwrap",
    "debian-archive-keyring": "",
}
USER_TOOLS = {"uidmap": "newuidmap"}
_NEEDED_BYTES = 5e9


def partials(home: Path) -> list[Path]:
    """Return what interrupted set-ups left: only called by the holder of the lock."""
    return sorted(home.glob("*.partial-*"))


def remove(folder: Path) -> None:
    """Remove a tree or a part of one, never reaching into another file system mounted below.

    Raises
    ------
    SetupError
        When something resists.
    """
    command = ["rm", "-rf", "--one-file-system", "--", str(folder)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(
            f"{folder}, left by an interrupted set-up, could not be removed",
            "See what holds it, remove it by hand (unmount first what is mounted in it), and run "
            "it again.",
            done.stderr.splitlines()[-3:],
        )


def check_space(home: Path) -> None:
    """Raise SetupError when `home` lies on a disk with too little room."""
    free = shutil.disk_usage(home).free
    if free < _NEEDED_BYTES:
        raise SetupError(
            f"only {free / 1e9:.1f} GB are free in {home}; a private Debian tree needs "
            f"{_NEEDED_BYTES / 1e9:.0f} GB",
            "Free some space, or set DORMATRIX_HOME to a folder on a larger disk.",
        )


def missing_tools(root: bool) -> list[str]:
    """Return the host's packages that are missing for making and entering a tree."""
    tools = HOST_TOOLS if root else {**HOST_TOOLS, **USER_TOOLS}
    missing = [deb for deb, program in tools.items() if program and not probes.has_tool(program)]
    return [*missing, *probes.missing_debs([deb for deb, program in tools.items() if not program])]


def check_namespaces() -> None:
    """Raise SetupError when bubblewrap is forbidden here, before minutes are spent."""
    complaint = probes.namespace_error()
    if complaint:
        raise SetupError(
            f"bubblewrap may not make namespaces here ({complaint}), as in a container without "
            "privileges or on a system that keeps them from users",
            ("Start the container with --privileged" if probes.is_root() else "Run it as root")
            + ", or use the image of environment/Dockerfile, or conda with "
            "environment/environment.yml.",
        )


def check_subordinate_ids() -> None:
    """Raise SetupError when a user has no range of ids in which to unpack a tree."""
    user = os.environ.get("USER") or str(os.getuid())
    names = {user, str(os.getuid())}
    for path in ("/etc/subuid", "/etc/subgid"):
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except OSError:
            lines = []
        if not any(line.split(":")[0] in names for line in lines):
            raise SetupError(
                f"{user} has no range in {path}, which making a tree without root needs",
                "Ask an administrator for: sudo usermod --add-subuids 100000-165535 "
                f"--add-subgids 100000-165535 {user}",
            )


def make_tree(plan: Plan, stages: Stages, root: bool) -> Path:
    """Make the tree of `plan` unless it is there, and return its root folder.

    Raises
    ------
    SetupError
        When it cannot be made; nothing half-made is left.
    """
    final = plan.home / plan.tree_key
    if (final / "root").is_dir():
        return final / "root"
    partial = plan.home / f"{plan.tree_key}.partial-{os.getpid()}"
    partial.mkdir()
    # Without root, mmdebstrap works as another user id, which must be able to write there.
    scratch = str(partial) if root else os.environ.get("TMPDIR") or "/var/tmp"
    try:
        stages.run(
            _command(plan, partial / "root", root),
            env={**os.environ, "TMPDIR": scratch},
            failed=f"the Debian {plan.suite} tree could not be made",
        )
        final.mkdir(exist_ok=True)
        (partial / "root").rename(final / "root")
    finally:
        if partial.exists():
            remove(partial)
    return final / "root"


def _command(plan: Plan, target: Path, root: bool) -> list[str]:
    mirror = os.environ.get("DORMATRIX_MIRROR")
    name, *options = recipe(plan.packages, plan.suite)
    mirrors = [mirror] if mirror else []
    if root:
        # A mount namespace of its own: what is mounted in a half-made tree (/proc, /sys) then
        # goes away with the program, even if that is killed.
        own = ["unshare", "--mount"]
        return [*own, name, "--verbose", "--format=directory", *options, str(target), *mirrors]
    # To another user id a private home is closed, and its files only it could remove. So
    # mmdebstrap writes an archive, and the user unpacks that.
    make = [name, "--verbose", "--mode=unshare", "--format=tar", *options, "-", *mirrors]
    unpack = ["tar", "-x", "--no-same-owner", "--exclude=./dev/*", "-C", str(target)]
    script = (
        f"set -eo pipefail; mkdir {shlex.quote(str(target))}; "
        f"{shlex.join(make)} | {shlex.join(unpack)}"
    )
    return ["bash", "-c", script]
