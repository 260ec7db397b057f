"""What this machine offers: each probe answers one question and changes nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from environment.packages import satisfied, split_requirement, version_tuple

OLDEST_DOLFINX = (0, 9)
OLDEST_PYTHON = (3, 11)
#: First releases whose own packages are new enough, where apt's lists are still empty.
_NEW_ENOUGH = {"debian": (13,), "ubuntu": (25, 4)}


def os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """Return the fields of os-release, empty where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}
    pairs = re.findall(r"^([A-Z_]+)=[\"']?(.*?)[\"']?$", text, flags=re.MULTILINE)
    return dict(pairs)


def active_dolfinx() -> str:
    """Return the version of DOLFINx that the running Python imports; empty if it has none.

    The package is found before it is imported, so that the usual "no" costs nothing; one known
    to be too old is not imported either.
    """
    if importlib.util.find_spec("dolfinx") is None:
        return ""
    known = _version("fenics-dolfinx")
    if known and version_tuple(known) < OLDEST_DOLFINX:
        return known
    code = "import dolfinx, petsc4py; print(dolfinx.__version__)"
    answer = _output([sys.executable, "-c", code])
    return answer.split()[-1] if answer else ""


def missing_requirements(requirements: Sequence[str]) -> list[str]:
    """Return the requirements that the running Python does not surely meet."""
    return [r for r in requirements if not (satisfied(r, _version(r)) or _bare_module(r))]


def _version(requirement: str) -> str | None:
    try:
        return importlib.metadata.version(split_requirement(requirement)[0])
    except importlib.metadata.PackageNotFoundError:
        return None


def _bare_module(requirement: str) -> bool:
    """Tell whether a module is there without pip's records, as conda and apt leave some."""
    if _version(requirement) is not None:
        return False
    name = split_requirement(requirement)[0].replace("-", "_")
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def apt_has_dolfinx(release: dict[str, str]) -> bool:
    """Tell whether the system's own packages bring a DOLFINx that is new enough."""
    if shutil.which("apt-cache") is None:
        return False
    answer = _output(["apt-cache", "policy", "python3-dolfinx-real"])
    candidate = re.search(r"Candidate:\s*(\S+)", answer)
    if candidate and candidate.group(1) != "(none)":
        return version_tuple(candidate.group(1)) >= OLDEST_DOLFINX
    oldest = _NEW_ENOUGH.get(release.get("ID", ""))
    if oldest is None:
        return False
    # Debian testing and sid carry no VERSION_ID.
    version = version_tuple(release.get("VERSION_ID", "")) or oldest
    return version >= oldest


def missing_debs(names: Sequence[str]) -> list[str]:
    """Return the Debian packages among `names` that are not installed."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names]
    lines = _output(query, check=False).splitlines()
    installed = {line.split()[0] for line in lines if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def has_apt() -> bool:
    """Tell whether this is a Linux with apt."""
    return sys.platform == "linux" and shutil.which("apt-get") is not None


def is_root() -> bool:
    """Tell whether packages can be installed."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_tool(name: str) -> bool:
    """Tell whether a program is on the PATH."""
    return shutil.which(name) is not None


def namespace_error() -> str:
    """Return what bubblewrap complains of here; empty when it may do its work."""
    test = ["bwrap", "--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc", "true"]
    done = subprocess.run(test, stderr=subprocess.PIPE, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or f"code {done.returncode}"


def _output(command: Sequence[str], check: bool = True) -> str:
    try:
        done = subprocess.run(
            list(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=check
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout
