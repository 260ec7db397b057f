"""Draw a picture of result folders in a process of its own, and run as that process.

As in :mod:`postprocess.render`, a machine without a usable OpenGL can end a process without an
exception: the command that asked then still says so in words.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from meshes.errors import InputError, SolveError
from postprocess.scene.look import Look


def draw_folders(
    folders: Sequence[Path],
    look: Look,
    paths: Sequence[Path],
    *,
    dpi: int = 300,
    size: tuple[int, int | None] | None = None,
    transparent: bool = False,
    step: int | None = None,
) -> None:
    """Draw result folders, side by side where there are several, into each of ``paths``.

    Parameters
    ----------
    folders
        Results of finished runs.
    look, dpi, size, transparent
        See :func:`postprocess.scene.picture.draw`.
    paths
        Files to write; each takes its place when it is whole.
    step
        See :func:`postprocess.scene.data.load_scene`.

    Raises
    ------
    InputError
        Where a folder is no result, or does not hold what is to be shown.
    SolveError
        Where nothing could be rendered on this machine, or a file cannot be written.
    """
    from postprocess.scenes import RenderError, run_renderer

    with tempfile.TemporaryDirectory(prefix="dormatrix-") as aside:
        drawn = [
            Path(aside) / f"{number}{path.suffix.lower()}" for number, path in enumerate(paths)
        ]
        task, refused = Path(aside) / "job.json", Path(aside) / "refused.json"
        job = {
            "folders": [str(folder.resolve()) for folder in folders],
            "look": look.record(),
            "paths": [str(path) for path in drawn],
            "dpi": dpi,
            "size": size,
            "transparent": transparent,
            "step": step,
            "refused": str(refused),
        }
        task.write_text(json.dumps(job), encoding="utf-8")
        try:
            run_renderer(task, "postprocess.scene.child")
        except RenderError as failed:
            raise SolveError(
                f"the picture could not be drawn: {failed}",
                hint="the results are not affected; 'dormatrix doctor' says whether this machine "
                "can render",
            ) from failed
        if refused.is_file():
            told = json.loads(refused.read_text(encoding="utf-8"))
            kind = InputError if told["input"] else SolveError
            raise kind(told["message"], hint=told["hint"])
        for here, there in zip(drawn, paths, strict=True):
            _put(here, there)


def _put(here: Path, there: Path) -> None:
    """Copy a whole file to its place, so that no half of one is ever seen there."""
    beside = there.with_name(f".{there.name[:60]}.{os.getpid()}")
    try:
        beside.write_bytes(here.read_bytes())
        beside.replace(there)
    except OSError as failed:
        beside.unlink(missing_ok=True)
        raise SolveError(
            f"{there}: cannot be written: {failed.strerror}",
            hint="name a file in a folder that exists and that you may write to",
        ) from None


def _work(job: dict[str, Any]) -> None:
    """Draw what a job asks for; what is refused is left in a file for the parent to say."""
    from postprocess.scene.data import load_scene
    from postprocess.scene.picture import draw

    try:
        scenes = [load_scene(Path(folder), job["step"]) for folder in job["folders"]]
        for path in job["paths"]:
            draw(
                scenes,
                Look.of(job["look"]),
                Path(path),
                dpi=int(job["dpi"]),
                size=tuple(job["size"]) if job["size"] else None,
                transparent=bool(job["transparent"]),
            )
    except (InputError, SolveError) as refusal:
        told = {
            "input": isinstance(refusal, InputError),
            "message": refusal.args[0],
            "hint": refusal.hint,
        }
        Path(job["refused"]).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    _work(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
