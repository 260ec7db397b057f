"""How a private Debian tree is entered: bubblewrap's arguments and the variables inside.

The tree's system folders are laid read-only over the host's; every other folder of the host
stays where it is, so that paths mean the same inside and outside.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

#: Top-level folders that come from the tree or the kernel, never from the host.
SYSTEM = frozenset(
    (
        "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libo32", "libx32", "lost+found",
        "proc", "run", "sbin", "sys", "usr", "var",
    )
)  # fmt: skip
#: System folders in which a host folder can still be shown, because they are empty inside.
_EMPTY_INSIDE = frozenset({"boot", "run", "var"})
_CERTIFICATES = "/etc/ssl/certs"
_CERTIFICATE_FILES = (
    "SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
)  # fmt: skip
#: The host's own settings, read by pip, git and the name service inside.
_FROM_HOST = ("/etc/hosts", "/etc/passwd", "/etc/group", "/etc/pip.conf", "/etc/xdg/pip")
#: Variables that would lead programs inside back to the host's Python and libraries.
_DROPPED = (
    "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
    "LD_PRELOAD", "PYENV_ROOT", "PYENV_VERSION", "DISPLAY", "WAYLAND_DISPLAY", "PETSC_DIR",
    "PETSC_ARCH", "SLEPC_DIR", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CPATH",
    "PKG_CONFIG_PATH", "GMSH_DIR", "MPLBACKEND",
)  # fmt: skip
_DROPPED_PREFIXES = ("CONDA_", "OMPI_COMM_", "PMIX_", "LC_")


def hidden(path: Path) -> bool:
    """Tell whether the host's `path` cannot be seen inside, since a system folder covers it."""
    top = path.parts[1] if len(path.parts) > 1 else ""
    return top in SYSTEM - _EMPTY_INSIDE and path != Path("/")


def command(tree: Path, cwd: Path, folders: Iterable[Path], env: Mapping[str, str]) -> list[str]:
    """Return bubblewrap's command line, to which the program to run is appended.

    Parameters
    ----------
    tree
        Root folder of the private Debian tree.
    cwd
        Folder to start in.
    folders
        Host folders that must be seen inside, even below /var or /run.
    env
        The host's variables; files and folders named there for pip are shown too.
    """
    arguments = ["bwrap", "--die-with-parent"]
    for entry in sorted(os.scandir(tree), key=lambda e: e.name):
        if entry.is_symlink() and entry.name in SYSTEM:  # /bin -> usr/bin and its like
            arguments += ["--symlink", os.readlink(entry.path), f"/{entry.name}"]
        elif entry.name in SYSTEM - _EMPTY_INSIDE - {"dev", "proc", "sys", "lost+found"}:
            arguments += ["--ro-bind", entry.path, f"/{entry.name}"]
    arguments += ["--dev-bind", "/dev", "/dev", "--proc", "/proc", "--ro-bind", "/sys", "/sys"]
    arguments += ["--tmpfs", "/run", "--tmpfs", "/var"]
    arguments += ["--ro-bind", str(tree / "var/lib/dpkg"), "/var/lib/dpkg"]
    arguments += ["--bind-try", "/var/tmp", "/var/tmp"]
    for path in _FROM_HOST:
        if os.path.exists(path):
            arguments += ["--ro-bind", os.path.realpath(path), path]
    if os.path.exists("/etc/resolv.conf"):  # often a link into /run
        arguments += ["--ro-bind", os.path.realpath("/etc/resolv.conf"), "/etc/resolv.conf"]
    if os.path.exists(f"{_CERTIFICATES}/ca-certificates.crt"):
        # A proxy's certificate is among the host's, not among the tree's.
        arguments += ["--ro-bind", _CERTIFICATES, _CERTIFICATES]
    arguments += _data_folders()
    arguments += _certificate_binds(env)
    named = [Path(part) for part in env.get("PIP_FIND_LINKS", "").split() if part.startswith("/")]
    for folder in dict.fromkeys([*folders, cwd, *named]):
        if folder.exists() and not hidden(folder) and folder.parts[1:2] and _covered(folder):
            arguments += ["--bind", str(folder), str(folder)]
    return [*arguments, "--chdir", str(cwd)]


def _data_folders() -> list[str]:
    """Show every top-level folder of the host that is not a system folder."""
    arguments: list[str] = []
    for entry in sorted(os.scandir("/"), key=lambda e: e.name):
        if entry.name in SYSTEM:
            continue
        if entry.is_symlink():
            arguments += ["--symlink", os.readlink(entry.path), entry.path]
        elif entry.is_dir(follow_symlinks=False):
            arguments += ["--bind-try", entry.path, entry.path]
    return arguments


def _covered(folder: Path) -> bool:
    return folder.parts[1] in SYSTEM


def _certificate_binds(env: Mapping[str, str]) -> list[str]:
    arguments: list[str] = []
    for name in _CERTIFICATE_FILES:
        path = _moved_certificate(name, env)
        if path:
            arguments += ["--ro-bind", os.path.realpath(env[name]), path]
    return arguments


def _moved_certificate(name: str, env: Mapping[str, str]) -> str:
    """Return where a certificate file is shown inside when its own place is covered there."""
    path = env.get(name, "")
    in_place = path.startswith(f"{_CERTIFICATES}/") or not hidden(Path(path))
    return "" if not path or in_place or not os.path.isfile(path) else f"/run/host-{name.lower()}"


def variables(env: Mapping[str, str], python: str, jit: str) -> dict[str, str]:
    """Return the variables inside the tree, made from the host's `env`.

    Parameters
    ----------
    env
        The host's variables.
    python
        The interpreter of the virtual environment; its folder comes first on the PATH.
    jit
        Folder that keeps compiled forms, apart from those of other environments.
    """
    inside = {
        name: value
        for name, value in env.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES)
    }
    for name in _CERTIFICATE_FILES:
        moved = _moved_certificate(name, env)
        if moved:
            inside[name] = moved
    # A tree exists on one machine only, so ranks never talk over a network.
    inside.setdefault("OMPI_MCA_btl", "self,sm")
    inside.update(
        PATH=f"{os.path.dirname(python)}:/usr/bin:/bin:/usr/sbin:/sbin",
        # The tree has only this locale; the host's would make programs complain.
        LANG="C.UTF-8",
        # The user's own packages may be built for another Python.
        PYTHONNOUSERSITE="1",
        VTK_DEFAULT_OPENGL_WINDOW="vtkEGLRenderWindow",
        XDG_CACHE_HOME=jit,
    )
    return inside
