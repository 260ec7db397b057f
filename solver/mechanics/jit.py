"""Forms compiled by one process at a time, and no trap left by a process that was killed.

DOLFINx marks a form that is being compiled by an empty source file in its cache. Whoever finds the
mark waits ten seconds for the compiled form and then gives up: too soon on a busy machine, and for
ever after, if the process that set the mark was killed or interrupted at that moment. Here each
compiles under a lock that the operating system frees with the process, so that a mark found under
the lock is nobody's and is taken away. The cache is a folder of our own: the marks of other
programs are not ours to judge.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_LOCK = ".lock"
_PATIENCE = 60  # seconds, where the file system knows no locks


def default_cache() -> Path:
    """Folder of the compiled forms: ``dormatrix/forms`` in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser().absolute() / "dormatrix" / "forms"


def guard_compiler() -> None:
    """Have DOLFINx compile under the lock from now on, into :func:`default_cache`.

    A ``cache_dir`` or ``timeout`` in the user's ``dolfinx_jit_options.json`` goes before.
    """
    from dolfinx import jit

    compile_here = getattr(jit.ffcx_jit, "__wrapped__", None)
    if compile_here is None or getattr(compile_here, "guarded", False):
        return
    defaults = jit.DOLFINX_DEFAULT_JIT_OPTIONS
    defaults["cache_dir"] = (default_cache(), "Folder of the compiled forms")
    defaults["timeout"] = (_PATIENCE, "Seconds to wait for another process")
    # Below DOLFINx's own agreement among ranks: one that waits for the lock holds up no other.
    jit.ffcx_jit = jit.mpi_jit_decorator(_guarded(compile_here))


def _guarded(compile_here: Callable[..., Any]) -> Callable[..., Any]:
    from dolfinx import jit

    @functools.wraps(compile_here)
    def compile_alone(
        ufl_object: Any,
        form_compiler_options: dict[str, Any] | None = None,
        jit_options: dict[str, Any] | None = None,
    ) -> Any:
        folder = Path(jit.get_options(jit_options)["cache_dir"])
        with _lock(folder) as held:
            if held and folder == Path(jit.DOLFINX_DEFAULT_JIT_OPTIONS["cache_dir"][0]):
                _take_marks_away(folder)
            return compile_here(ufl_object, form_compiler_options, jit_options)

    compile_alone.guarded = True  # type: ignore[attr-defined]
    return compile_alone


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder; False where the system or its file system has none."""
    try:
        import fcntl

        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / _LOCK).open("ab")
    except (ImportError, OSError):
        yield False
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            held = True
        except OSError:
            held = False
        yield held


def _take_marks_away(folder: Path) -> None:
    """Remove sources that were never compiled to the end; only with the lock held."""
    for source in folder.glob("*.c"):
        if not source.with_suffix(".c.cached").exists():
            source.unlink(missing_ok=True)
