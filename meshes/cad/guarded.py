"""Work on hostile files in a process of its own, which may hang, crash or eat memory alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from meshes.errors import InputError, SolveError

SECONDS = 600.0
MEMORY = 8 << 30
_TOLD = 600  # characters of a crashed child's last words


def run_guarded(
    task: str,
    source: Path,
    request: dict[str, Any],
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run one of the tasks of :mod:`meshes.cad.worker` on a file.

    Parameters
    ----------
    task
        Name of the task.
    source
        The file.
    request
        What else the task needs; plain numbers, texts and lists.
    seconds
        Longest time, s; then the process is ended.
    memory
        Most memory, bytes (address space; where the system can limit it).

    Returns
    -------
    What the task has to tell, and its arrays.

    Raises
    ------
    InputError
        If the task refuses the file, it takes too long or too much memory, or the library that
        reads it crashes.
    SolveError
        If the task fails on a file that is right.
    """
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join(p for p in (str(root), os.environ.get("PYTHONPATH", "")) if p)
    with tempfile.TemporaryDirectory(prefix="dormatrix-") as folder:
        order: dict[str, Any] = {"task": task, "source": str(source.resolve()), "folder": folder}
        order |= {"request": request, "memory": memory, "seconds": seconds}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "meshes.cad.worker"],
                input=json.dumps(order).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=seconds,
                check=False,
                cwd=folder,
                env=os.environ | {"PYTHONPATH": paths},
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{source}: not done within {seconds:g} s, given up",
                hint="choose a larger mesh size, simplify the body, or export it again",
            ) from None
        answer = Path(folder) / "answer.json"
        if done.returncode != 0 or not answer.is_file():
            words = done.stderr.decode("utf-8", "replace").strip()[-_TOLD:]
            if "MemoryError" in words or "bad_alloc" in words:
                raise InputError(
                    f"{source}: it needs more than {memory / 2**30:.3g} GB of memory",
                    hint="choose a larger mesh size, or a smaller piece",
                )
            how = f"signal {-done.returncode}" if done.returncode < 0 else "an error"
            last = words.splitlines()[-1] if words else "no message"
            raise InputError(
                f"{source}: the library that reads it ended with {how} ({last})",
                hint="the file is damaged or beyond what it can read: export it again",
            )
        told: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        if "error" in told:
            kind = SolveError if told["kind"] == "SolveError" else InputError
            raise kind(told["error"], hint=told["hint"])
        with np.load(Path(folder) / "arrays.npz", allow_pickle=False) as loaded:
            return told, {name: loaded[name] for name in loaded.files}
