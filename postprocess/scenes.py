"""Start the renderer beside the run and read its pictures back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.camera import Projection
from postprocess.contract import FloatArray
from postprocess.results import RunResult
from postprocess.style import ringed, value_range

TIME_LIMIT_S = 600
MOST_SPHERES = 4000
"""Sites drawn at most; captions say when not all are shown."""

MOST_FIBRES = 1600
_PIXELS = 1800
_LOG_FROM = 20.0  # ratio of stiffest to softest from which a colour bar is logarithmic


class RenderError(Exception):
    """The renderer gave no pictures; the text says why."""


@dataclass(frozen=True)
class Scenes:
    """Pictures of the scaffold, without any lettering.

    Parameters
    ----------
    images
        ``(h, w, 3)`` uint8 by view: ``stiffness_whole``, ``stiffness_cut``, ``sites_oblique``,
        ``sites_plan``, ``fibres_oblique``, ``fibres_plan``.
    projections
        The projection of each view.
    bounds
        ``(2, 3)`` of the scaffold, µm.
    sphere_um
        Radius at which sites are drawn, µm.
    spheres
        Number of sites drawn.
    stiffness_range, stiffness_log, ratio_range
        Limits of the colour bars (kPa; 1), and whether the first one is logarithmic.
    """

    images: dict[str, npt.NDArray[np.uint8]]
    projections: dict[str, Projection]
    bounds: FloatArray
    sphere_um: float
    spheres: int
    stiffness_range: tuple[float, float]
    stiffness_log: bool
    ratio_range: tuple[float, float]


def render_scenes(
    result: RunResult, fields: Path, sites: Path, *, cell_radius_um: float | None
) -> Scenes:
    """Render all scenes of a result in a child process.

    Parameters
    ----------
    result
        The run.
    fields, sites
        The field files that were written from it.
    cell_radius_um
        True radius of a cell, µm; None where it is not known.

    Raises
    ------
    RenderError
        Where no picture came back: no OpenGL, out of memory, out of time.
    """
    modulus = np.asarray(result.fields.cell_data["E_isotropic_kPa"], dtype=float)
    along, across = (
        np.asarray(result.fields.cell_data[f"E_{way}_kPa"], dtype=float)
        for way in ("fibre", "cross")
    )
    # A few cells far out must not take all the colour: they are shown at the ends of the bar.
    stiffness_range = value_range(np.percentile(modulus, [0.5, 99.5]))
    low, high = value_range(along / across)
    band = [result.sites[f"p_dormant_{end}"].to_numpy(dtype=float) for end in ("low", "high")]
    scales: dict[str, Any] = {
        "stiffness_range": stiffness_range,
        "stiffness_log": bool(
            stiffness_range[0] > 0 and stiffness_range[1] > _LOG_FROM * stiffness_range[0]
        ),
        # From "no preferred direction" up, so that a hint of alignment does not fill the map.
        "ratio_range": (min(1.0, low), max(high, 1.1)),
    }
    with tempfile.TemporaryDirectory(prefix="dormatrix-") as folder:
        job = {
            "fields": str(fields.resolve()),
            "sites": str(sites.resolve()),
            "out": folder,
            "width": _PIXELS,
            "cell_radius_um": cell_radius_um,
            "most_spheres": MOST_SPHERES,
            "most_fibres": MOST_FIBRES,
            "rings": bool(ringed(*band).any()),
            **scales,
        }
        task = Path(folder) / "job.json"
        task.write_text(json.dumps(job), encoding="utf-8")
        run_renderer(task)
        try:
            told = json.loads((Path(folder) / "views.json").read_text(encoding="utf-8"))
            images = {name: np.load(Path(folder) / f"{name}.npy") for name in told["views"]}
        except (OSError, ValueError) as failed:
            raise RenderError("the renderer left no pictures") from failed
    blank = [name for name, image in images.items() if image.std() < 0.5]
    if blank:
        raise RenderError(f"the renderer drew nothing ({', '.join(blank)})")
    return Scenes(
        images=images,
        projections={name: Projection(**view) for name, view in told["views"].items()},
        bounds=np.array(told["bounds"]),
        sphere_um=float(told["sphere_um"]),
        spheres=int(told["spheres"]),
        **scales,
    )


def render_command(task: Path, module: str = "postprocess.render") -> list[str]:
    """Command line of the child process."""
    return [sys.executable, "-m", module, str(task)]


def run_renderer(task: Path, module: str = "postprocess.render") -> None:
    """Run a renderer on a job file in a process of its own.

    Raises
    ------
    RenderError
        Where it did not end well: no OpenGL, out of memory, out of time.
    """
    environment = dict(os.environ)
    home = str(Path(__file__).resolve().parents[1])
    known = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = f"{home}{os.pathsep}{known}" if known else home
    if sys.platform.startswith("linux"):
        # Never a window, also where a display exists; VTK falls back to Mesa without a device.
        environment.pop("DISPLAY", None)
        environment.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    try:
        done = subprocess.run(
            render_command(task, module),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise RenderError(f"the renderer took more than {TIME_LIMIT_S} s") from late
    except OSError as failed:
        raise RenderError(f"the renderer did not start: {failed}") from failed
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise RenderError(
            f"the renderer ended with code {done.returncode}: "
            f"{lines[-1] if lines else 'no message'}"
        )
