"""A picture of a mesh: whole, and with its front half taken away."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from postprocess.render_mesh import VIEWS
from postprocess.scenes import RenderError, run_renderer
from postprocess.style import INK_COLOURS, WIDTH, drawing, shorten

_PIXELS = 1500


def draw_mesh(mesh: Path, inks: Sequence[str], words: str, path: Path) -> str:
    """Draw a mesh file.

    Parameters
    ----------
    mesh
        A .vtu of tetrahedra with the cell data ``ink``, µm.
    inks
        Names of the inks by index.
    words
        Title.
    path
        PNG file to write.

    Returns
    -------
    str
        Caption.

    Raises
    ------
    RenderError
        Where no picture could be rendered.
    """
    with tempfile.TemporaryDirectory(prefix="dormatrix-") as folder:
        task = Path(folder) / "job.json"
        job = {"mesh": str(mesh.resolve()), "inks": len(inks), "out": folder, "width": _PIXELS}
        task.write_text(json.dumps(job), encoding="utf-8")
        run_renderer(task, "postprocess.render_mesh")
        try:
            told = json.loads((Path(folder) / "views.json").read_text(encoding="utf-8"))
            images = [np.load(Path(folder) / f"{name}.npy") for name in VIEWS]
        except (OSError, ValueError) as failed:
            raise RenderError("the renderer left no pictures") from failed
    extent = np.ptp(np.array(told["bounds"]), axis=0)
    size = " × ".join(f"{edge / 1000:.3g}" for edge in extent)
    with drawing(WIDTH, 0.55 * WIDTH * images[0].shape[0] / images[0].shape[1] + 0.6) as figure:
        for axes, image, title in zip(
            figure.subplots(1, 2),
            images,
            (shorten(words, 60), "… front half taken away"),
            strict=True,
        ):
            axes.imshow(image)
            axes.set_title(title)
            axes.axis("off")
        handles = [
            figure.axes[0].plot([], [], "s", color=INK_COLOURS[i % len(INK_COLOURS)])[0]
            for i in range(len(inks))
        ]
        figure.legend(
            handles,
            [shorten(name, 30) for name in inks],
            loc="lower center",
            ncols=min(len(inks), 4),
        )
        figure.savefig(path)
    return f"The mesh of a body of {size} mm, coloured by ink; what is seen inside are whole cells."
