"""Meshes of other programs: Gmsh, and all that meshio reads."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from meshes.cad.diagnosis import inks_by_cell, joined_points, single_cells, turned_cells
from meshes.cad.guarded import MEMORY, SECONDS, run_guarded
from meshes.cad.imported import ImportedMesh, standing_mesh
from meshes.cad.regions import Inks, Region, inks_of
from meshes.cad.splitting import split_cells
from meshes.cad.stl import require_readable
from meshes.cad.units import length_factor, require_plausible_size
from meshes.errors import InputError
from meshes.mesh_size import MAX_CELLS
from meshes.scaffold import FloatArray, IntArray, require_positive

SUFFIXES = (
    ".msh", ".vtu", ".vtk", ".xdmf", ".inp", ".mesh", ".meshb", ".med", ".bdf", ".nas", ".fem",
    ".e", ".ex2", ".exo", ".su2", ".avs", ".dat", ".tec", ".f3grid", ".vol", ".ele", ".cgns",
    ".h5m", ".mdpa", ".ugrid", ".post", ".dato", ".xml",
)  # fmt: skip
"""Suffixes of the formats with volume cells."""
_SURFACES = (".stl", ".ply", ".obj", ".off")


def read_any_mesh(
    path: str | Path,
    unit: str,
    inks: Inks | None = None,
    *,
    region_data: str | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> ImportedMesh:
    """Read a volume mesh of another program.

    Second-order cells are taken by their corners; hexahedra, wedges and pyramids are cut into
    tetrahedra; cells and points given twice are taken once; cells with corners in the other sense
    are turned. `notes` of the result say so.

    Parameters
    ----------
    path
        A file of Gmsh or another format with volume cells that meshio reads, at most 200 MB.
    unit
        What a length of 1 in the file stands for: um, mm, cm, m, nm or in.
    inks
        From regions (physical groups, region ids, sets of cells) to inks: by name, "region 3" or 3;
        None leaves a region out. Default: each region is an ink of its own name.
    region_data
        Name of the cell data that hold the region of each cell; default the usual names.
    seconds, memory
        Limits of the process that reads the file: s, and bytes.

    Returns
    -------
    ImportedMesh
        Standing on z = 0, faces tagged by their plane, or as physical surfaces named BOTTOM, TOP
        and FREE say.

    Raises
    ------
    InputError
        If the file is missing, too large, not readable or takes too long; if it has no volume
        cells, cells without a region or in two, flat, tangled or overlapping cells; if it looks to
        be in another unit, or an ink is missing.
    """
    source = Path(path)
    factor = length_factor(unit)
    _require_format(source)
    require_readable(source, "mesh file")
    told, arrays = run_guarded(
        "mesh",
        source,
        {"region_data": region_data},
        seconds=require_positive("seconds (s)", seconds),
        memory=memory,
    )
    notes = list(told["notes"])
    points = arrays["points"] * factor
    blocks = [(kind, arrays[f"block_{i}"]) for i, kind in enumerate(told["kinds"])]
    if not blocks:
        _refuse_without_volume(source, told["other"])
    place = _checked(source, points, blocks, unit)
    if told["curved"]:
        notes.append(
            f"{told['curved']} second-order cells are taken by their corners: curved edges become "
            "straight"
        )
    regions = [Region(name, number, kind) for name, number, kind in told["regions"]]
    if len(regions) > 1 and all(region.kind == "volume" for region in regions) and inks is None:
        raise InputError(
            f"{source}: physical groups are missing: {len(regions)} volumes without names",
            hint='in Gmsh: Physical Volume("niche") = {1}; or map them: inks: {volume '
            f"{regions[0].number}: …}}",
        )
    names, region_ink = inks_of(str(source), regions, inks)
    if regions[0].kind == "volume":
        notes.append("there are no physical groups: inks go by the volumes of the drawing")
    none = np.empty(0, dtype=np.int64)
    ink = inks_by_cell(
        str(source),
        place,
        arrays.get("member", none),
        arrays.get("member_of", none),
        region_ink,
        [region.label for region in regions],
    )
    points, cells, parent = _tetrahedra(points, blocks, notes)
    cells, cell_ink = cells[ink[parent] >= 0], ink[parent][ink[parent] >= 0]
    cells, same = joined_points(points, cells, notes)
    cells, cell_ink = single_cells(str(source), points, cells, cell_ink, notes)
    cells = turned_cells(str(source), points, cells, notes)
    return standing_mesh(
        points,
        cells,
        cell_ink,
        names,
        exact_volumes=None,
        notes=notes,
        tagged=(same[arrays["face"]], arrays["face_of"].astype(np.int32))
        if "face" in arrays
        else None,
    )


def _require_format(source: Path) -> None:
    """Refuse suffixes that are no volume mesh, and XDMF files that point elsewhere."""
    suffix = source.suffix.lower()
    if suffix in _SURFACES:
        raise InputError(
            f"{source}: a {suffix} file holds a surface, not a volume mesh",
            hint="give a closed surface as STL; it is meshed here",
        )
    if suffix not in SUFFIXES:
        raise InputError(
            f"{source}: unknown mesh format {suffix!r}", hint=f"use one of {', '.join(SUFFIXES)}"
        )
    if suffix == ".xdmf" and source.is_file():
        with source.open("rb") as stream:
            for name in re.findall(rb"([^<>\"\s]+\.h5)\s*:", stream.read(10_000_000)):
                if b".." in name or b"/" in name or b"\\" in name:
                    raise InputError(
                        f"{source}: it takes its numbers from {name.decode('utf-8', 'replace')!r}, "
                        "outside its folder",
                        hint="keep the .h5 file beside the .xdmf file",
                    )


def _refuse_without_volume(source: Path, other: list[str]) -> None:
    found = f"only {', '.join(other[:8])}" if other else "no cells at all"
    raise InputError(
        f"{source}: there are no volume cells, {found}",
        hint="in Gmsh: mesh in three dimensions, and where there are physical groups, one must "
        "hold the volume; a closed surface can be given as STL",
    )


def _checked(
    source: Path, points: FloatArray, blocks: list[tuple[str, IntArray]], unit: str
) -> FloatArray:
    """Centres of all cells, shape (m, 3), µm, once numbers and size are plausible."""
    count = sum(len(nodes) for _, nodes in blocks)
    if count > MAX_CELLS:
        raise InputError(
            f"{source}: {count} cells, at most {MAX_CELLS} are taken", hint="mesh it coarser"
        )
    for _, nodes in blocks:
        if nodes.size and (nodes.min() < 0 or nodes.max() >= len(points)):
            raise InputError(
                f"{source}: cells name points that are not there", hint="write the file again"
            )
    used = np.unique(np.concatenate([nodes.ravel() for _, nodes in blocks]))
    bad = used[~np.isfinite(points[used]).all(axis=1)]
    if len(bad):
        raise InputError(
            f"{source}: {len(bad)} points have coordinates that are not finite, the first is point "
            f"{bad[0] + 1}",
            hint="the file is damaged: write it again",
        )
    require_plausible_size(source, points[used], unit)
    return np.concatenate([points[nodes].mean(axis=1) for _, nodes in blocks])


def _tetrahedra(
    points: FloatArray, blocks: list[tuple[str, IntArray]], notes: list[str]
) -> tuple[FloatArray, IntArray, IntArray]:
    """All cells as tetrahedra, and the cell of the file that each is part of."""
    cells: list[IntArray] = []
    parents: list[IntArray] = []
    before = 0
    for kind, nodes in blocks:
        if kind == "tetra":
            cells.append(nodes)
            parents.append(before + np.arange(len(nodes)))
        else:
            centres, parts, parent = split_cells(points, kind, nodes)
            points = np.concatenate([points, centres])
            cells.append(parts)
            parents.append(before + parent)
            notes.append(
                f"{len(nodes)} cells ({kind}) were cut into {len(parts) // max(len(nodes), 1)} "
                "tetrahedra each"
            )
        before += len(nodes)
    return points, np.concatenate(cells), np.concatenate(parents)
