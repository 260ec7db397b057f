"""Off-screen VTK scenes, run as a program of its own: ``python -m postprocess.render JOB``.

A machine without a usable OpenGL can end a process without an exception. Rendering therefore
happens in a child process that reads the field files and leaves arrays; whatever happens to it,
the run and its numbers stand.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.camera import OBLIQUE, PLAN, look
from postprocess.scene import layers
from postprocess.scene.data import build_scene
from postprocess.scene.fibres import add_fibres
from postprocess.scene.glyphs import add_sites, site_choice
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, find
from postprocess.scene.spread import sphere_radius
from postprocess.scene.stage import shoot, stage


def render(job: dict[str, Any]) -> None:
    """Draw every scene of a job.

    Parameters
    ----------
    job
        ``fields`` and ``sites`` (files to read), ``out`` (folder for ``<view>.npy`` and
        ``views.json``), ``width`` (pixels), ``cell_radius_um``, ``most_spheres``,
        ``most_fibres``, ``stiffness_range``, ``stiffness_log``, ``ratio_range``, ``rings``
        (whether uncertain sites are outlined).
    """
    import pyvista

    scene = build_scene(pyvista.read(job["fields"]), pyvista.read(job["sites"]), inks=())
    oblique, plan = (look(scene.bounds, eye, int(job["width"])) for eye in (OBLIQUE, PLAN))
    modulus, ratio = (find(name, scene, "cells") for name in ("E_isotropic_kPa", "anisotropy"))
    p_dormant = find("p_dormant", scene, "sites")
    low, high = job["stiffness_range"]
    stiffness = Limits(float(low), float(high), bool(job["stiffness_log"]))
    low, high = job["ratio_range"]
    ratios = Limits(float(low), float(high))
    rows = site_choice(scene, int(job["most_spheres"]))
    radius = sphere_radius(
        np.asarray(scene.sites.points)[rows], scene.bounds, job["cell_radius_um"]
    )

    def whole(plotter: Any) -> None:
        layers.add_field(plotter, scene, modulus, ends=stiffness)

    def cut(plotter: Any) -> None:
        layers.add_clip(plotter, scene, modulus, Plane("y"), ends=stiffness)

    def sites(plotter: Any) -> None:
        layers.add_body(plotter, scene)
        ring = bool(job["rings"])
        add_sites(plotter, scene, p_dormant, chosen=rows, radius=radius, ring=ring)

    def fibres(plotter: Any) -> None:
        layers.add_body(plotter, scene, opacity=0.1)
        add_fibres(plotter, scene, ratio, ends=ratios, most=int(job["most_fibres"]))

    views = {
        "stiffness_whole": (oblique, whole),
        "stiffness_cut": (oblique, cut),
        "sites_oblique": (oblique, sites),
        "sites_plan": (plan, sites),
        "fibres_oblique": (oblique, fibres),
        "fibres_plan": (plan, fibres),
    }
    out = Path(job["out"])
    for name, (projection, draw) in views.items():
        plotter = stage(projection)
        draw(plotter)
        np.save(out / f"{name}.npy", shoot(plotter))
    (out / "views.json").write_text(
        json.dumps(
            {
                "views": {name: dataclasses.asdict(view) for name, (view, _) in views.items()},
                "bounds": scene.bounds.tolist(),
                "sphere_um": radius,
                "spheres": len(rows),
            }
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
