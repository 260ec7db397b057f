"""STEP files: solids to inks, meshed by Gmsh and OpenCASCADE in a guarded process."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from meshes.cad.guarded import MEMORY, SECONDS, run_guarded
from meshes.cad.imported import ImportedMesh, standing_mesh
from meshes.cad.regions import Inks, Region, inks_of
from meshes.cad.stl import require_readable
from meshes.cad.units import length_factor
from meshes.errors import InputError
from meshes.scaffold import require_positive

SUFFIXES = (".step", ".stp")


def read_step(
    path: str | Path,
    unit: str = "mm",
    *,
    size: float | None = None,
    inks: Inks | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> ImportedMesh:
    """Read and mesh the solids of a STEP file.

    Parameters
    ----------
    path
        A .step or .stp file, at most 200 MB.
    unit
        What a millimetre of the file stands for. A STEP file names its unit, so mm is right, unless
        a body drawn in µm was saved as if it were in mm: then um.
    size
        Edge length of the mesh, µm; default a quarter of the shortest edge of the bounding box,
        but no finer than makes some 200 000 tetrahedra. Small features get smaller ones.
    inks
        From solids to inks: by product name, "solid 2" or 2; None leaves one out. Default: each
        solid is an ink of its product name, else "solid 1", "solid 2", …
    seconds, memory
        Limits of the process that reads the file: s, and bytes.

    Returns
    -------
    ImportedMesh
        Standing on z = 0; `exact_volumes` are OpenCASCADE's.

    Raises
    ------
    InputError
        If the file is missing, too large, not readable, without solids, takes too long, looks to be
        in another unit, or an ink is missing.
    SolveError
        If Gmsh cannot mesh the solids.
    """
    source = Path(path)
    if source.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{source}: expected a file named {' or '.join(SUFFIXES)} (or .stl), found "
            f"{source.suffix!r}",
            hint="export the body as STEP or STL; a volume mesh is kind: mesh",
        )
    factor = length_factor(unit) / length_factor("mm") * 1e3
    edge = None if size is None else require_positive("mesh size (µm)", size)
    require_readable(source, "STEP file")
    told, arrays = run_guarded(
        "step",
        source,
        {"factor": factor, "unit": unit, "size": edge},
        seconds=require_positive("seconds (s)", seconds),
        memory=memory,
    )
    solids = [Region(name, k, "solid") for k, name in enumerate(told["names"], start=1)]
    names, ink = inks_of(str(source), solids, inks)
    kept = ink[arrays["solid"]] >= 0
    present = ink >= 0
    exact = np.bincount(ink[present], arrays["volumes"][present], len(names)).astype(np.float64)
    return standing_mesh(
        arrays["points"],
        arrays["cells"][kept],
        ink[arrays["solid"]][kept],
        names,
        exact_volumes=exact,
        notes=[*told["notes"], f"meshed with edges of {told['size']:.4g} µm"],
    )
