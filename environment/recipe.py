"""The command that makes a private Debian tree. The tree's name is a hash of it."""

from __future__ import annotations

from collections.abc import Sequence

#: Places in the tree over which files of the host are laid; they must exist beforehand because
#: the tree is entered read-only.
_MOUNT_POINTS = (
    'mkdir -p "$1/etc/xdg/pip" "$1/etc/ssl/certs" && '
    'for f in pip.conf resolv.conf hosts passwd group; do touch "$1/etc/$f"; done'
)
#: What nobody reads in a private tree.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def recipe(packages: Sequence[str], suite: str) -> list[str]:
    """Return mmdebstrap's arguments for a tree of `packages` from Debian's `suite`.

    Mode, target and mirror are left to the caller: they do not change what is in the tree.
    """
    options = [
        "--variant=apt",
        '--aptopt=APT::Install-Recommends "false"',
        '--aptopt=Acquire::Retries "5"',
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
        f"--include={','.join(sorted(packages))}",
        f"--customize-hook={_MOUNT_POINTS}",
    ]
    if suite == "sid":
        # A mirror that lags a few days serves an unstable Release file past its date.
        options.append('--aptopt=Acquire::Check-Valid-Until "false"')
    return ["mmdebstrap", *options, suite]
