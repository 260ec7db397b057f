"""The other end of :func:`meshes.cad.guarded.run_guarded`: one task on one file, then it ends."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from meshes.errors import DormatrixError

Answer = tuple[dict[str, Any], dict[str, np.ndarray]]


def main() -> None:
    """Read the order from standard input, leave answer.json and arrays.npz in its folder."""
    order = json.load(sys.stdin)
    _limit(int(order["memory"]), float(order["seconds"]))
    folder = Path(order["folder"])
    try:
        told, arrays = _task(order["task"])(Path(order["source"]), order["request"])
    except DormatrixError as error:
        told = {"error": error.args[0], "hint": error.hint, "kind": type(error).__name__}
        arrays = {}
    np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)
    (folder / "answer.json").write_text(json.dumps(told), encoding="utf-8")


def _task(name: str) -> Callable[[Path, dict[str, Any]], Answer]:
    if name == "step":
        from meshes.cad.step_solids import mesh_solids

        return mesh_solids
    if name == "mesh":
        from meshes.cad.mesh_files import read_raw

        return read_raw
    raise ValueError(name)


def _limit(memory: int, seconds: float) -> None:
    """Bound memory and processor time, where the system knows how (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, math.ceil(seconds)),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        if most == resource.RLIM_INFINITY or limit < most:
            with contextlib.suppress(ValueError, OSError):  # macOS refuses some
                resource.setrlimit(what, (limit, most))


if __name__ == "__main__":
    main()
