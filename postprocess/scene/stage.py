"""An empty stage: a plotter with its camera and its lamp, and the picture taken from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.camera import Projection

if TYPE_CHECKING:
    import pyvista

LIGHT: dict[str, Any] = {"ambient": 0.6, "diffuse": 0.45, "specular": 0.0}
"""Shading of every surface: relief that leaves the colours readable."""


def aim(plotter: pyvista.Plotter, projection: Projection) -> None:
    """Let a plotter see through a parallel projection, with one lamp over the left shoulder."""
    import pyvista

    toward, centre = projection.toward_eye, np.array(projection.centre)
    far = 10 * max(projection.size) / projection.scale
    lamp = toward + 0.35 * np.array(projection.up) - 0.3 * np.array(projection.right)
    plotter.remove_all_lights()
    plotter.add_light(pyvista.Light(position=tuple(centre + far * lamp), focal_point=centre))
    plotter.camera_position = [tuple(centre + far * toward), tuple(centre), projection.up]
    plotter.enable_parallel_projection()
    plotter.camera.parallel_scale = projection.size[1] / projection.scale / 2


def stage(projection: Projection, background: str = "white") -> pyvista.Plotter:
    """An empty off-screen picture seen through a parallel projection."""
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=list(projection.size), lighting="none")
    plotter.set_background(background)
    aim(plotter, projection)
    return plotter


def shoot(plotter: pyvista.Plotter, *, transparent: bool = False) -> npt.NDArray[np.uint8]:
    """Take the picture, ``(h, w, 3)``, or ``(h, w, 4)`` where transparent; close the plotter."""
    try:
        plotter.reset_camera_clipping_range()
        image = plotter.screenshot(return_img=True, transparent_background=transparent)
        return np.asarray(image)
    finally:
        plotter.close()
