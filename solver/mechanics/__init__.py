"""Mechanics in DOLFINx: the scaffold under load, and what a cell senses at its place."""

from __future__ import annotations

import contextlib
import sys


def _import_dolfinx() -> None:
    """Import DOLFINx as if numba were not installed.

    Where it finds numba, DOLFINx puts its PETSc into the global namespace of the process; the PETSc
    inside Gmsh then sees two MPIs and complains. Nothing here needs DOLFINx's numba helpers.
    """
    name = "numba"
    before = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        # Without DOLFINx the module that needs it says so.
        with contextlib.suppress(ImportError):
            import dolfinx  # noqa: F401

            from solver.mechanics.jit import guard_compiler

            guard_compiler()
    finally:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before


_import_dolfinx()
