"""Where set-up keeps things, and the record by which the launcher finds them again."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from environment.packages import key, read_packages, read_requirements
from environment.recipe import recipe

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_SUITE = "trixie"
#: Set inside an environment: its description, and the Python to use there.
INSIDE, INSIDE_PYTHON = "DORMATRIX_INSIDE", "DORMATRIX_PYTHON"


@dataclass(frozen=True)
class Record:
    """One environment that set-up finished.

    mode
        ``active`` (a Python that had DOLFINx already), ``apt`` (the system's packages) or
        ``tree`` (a private Debian tree).
    python
        The interpreter, as a path valid inside the environment.
    base
        The host's interpreter that it was made for; empty for a tree.
    tree
        The private tree's root folder; empty for the other modes.
    jit
        Folder for compiled finite-element forms; empty: the user's own.
    environ
        Variables the environment needs when its owner has not activated it.
    """

    mode: str
    python: str
    base: str = ""
    tree: str = ""
    jit: str = ""
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A short description for people."""
        if self.mode == "tree":
            return f"private Debian tree {Path(self.tree).parent.name}"
        return {"active": "active Python", "apt": "system packages"}[self.mode]

    def usable(self) -> bool:
        """Tell whether what the record points at is still there."""
        if self.tree:
            # The venv's python is a link that only leads somewhere inside the tree.
            return os.path.isdir(self.tree) and os.path.lexists(self.python)
        return os.path.exists(self.python)


@dataclass(frozen=True)
class Plan:
    """What this checkout asks for: names, requirements, suite and the keys they give."""

    packages: tuple[str, ...]
    requirements: tuple[str, ...]
    suite: str
    home: Path

    @classmethod
    def of_checkout(cls, root: Path = ROOT) -> Plan:
        """Read the lists of the checkout at `root` and the variables of the user."""
        return cls(
            packages=tuple(p.debian for p in read_packages(root / "environment/packages.txt")),
            requirements=tuple(read_requirements(root / "pyproject.toml")),
            suite=os.environ.get("DORMATRIX_SUITE") or DEFAULT_SUITE,
            home=home(),
        )

    @property
    def tree_key(self) -> str:
        """Name of the tree: it changes when the command that makes the tree changes."""
        return f"{self.suite}-{key(recipe(self.packages, self.suite), os.uname().machine)}"

    @property
    def record_path(self) -> Path:
        """File of the record for this plan."""
        return self.home / "state" / f"{self.tree_key}-{key(self.requirements)}.json"

    def venv_path(self, base: Path, interpreter: str) -> Path:
        """Folder of the virtual environment over `interpreter`, below `base`."""
        return base / f"venv-{key(self.requirements, interpreter)}"

    def record(self) -> Record | None:
        """Return the record of a finished, still usable environment, or None."""
        try:
            record = Record(**json.loads(self.record_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return record if record.usable() else None

    def write_record(self, record: Record) -> None:
        """Write the record in one step, so that no launcher reads half of it."""
        self.record_path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.record_path.with_suffix(f".partial-{os.getpid()}")
        aside.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
        aside.replace(self.record_path)


def home() -> Path:
    """Return $DORMATRIX_HOME, by default ``dormatrix`` in the user's cache folder."""
    chosen = os.environ.get("DORMATRIX_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser().absolute() / "dormatrix"


@contextlib.contextmanager
def locked(folder: Path, say: Callable[[str], None] = print) -> Iterator[int]:
    """Hold the folder's lock, waiting for (and naming) another set-up; yields its descriptor.

    Programs started by set-up inherit the descriptor: one that outlives a killed set-up keeps
    the lock, so that nobody removes its half-made tree under it.
    """
    import fcntl  # Unix only; set-up has turned back before this elsewhere

    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            say(f"another set-up is at work in {folder} (process {owner}); waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield descriptor
    finally:
        os.close(descriptor)
