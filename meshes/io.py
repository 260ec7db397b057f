"""Meshes in and out through meshio: Gmsh (.msh), ParaView (.vtu), XDMF (.xdmf).

A mesh comes back as it was, with inks, tags and exact volumes. A .msh has a physical volume per ink
and the physical surfaces BOTTOM, TOP and FREE, as Gmsh and DOLFINx expect them; .vtu and .xdmf have
the cell data `ink` (-1 on triangles) and `surface_tag` (0 on tetrahedra). All have one constant
array of point data per ink, named ``exact_volume_um3 <index> <name>``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import FloatArray
from meshes.tetmesh import SurfaceTag, TetMesh, signed_volumes

FORMATS = (".msh", ".vtu", ".xdmf")
_VOLUME = "exact_volume_um3"
# Physical tags of the inks in a .msh; those of the surfaces are the SurfaceTags.
_FIRST_INK_TAG = 11


def write_mesh(path: str | Path, mesh: TetMesh) -> Path:
    """Write a mesh; the suffix of `path` chooses the format.

    Parameters
    ----------
    path
        File to write: .msh (Gmsh 2.2, binary), .vtu or .xdmf (which keeps its numbers in a .h5 file
        beside it).
    mesh
        The mesh, lengths in µm.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If the suffix is another, the folder does not exist, or h5py is missing for .xdmf.
    """
    import meshio

    target = Path(path)
    suffix = _format(target)
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {target.parent}")
    cells = [("tetra", mesh.cells), ("triangle", mesh.facets)]
    exact = {
        f"{_VOLUME} {index} {name}": np.full(len(mesh.points), volume)
        for index, (name, volume) in enumerate(zip(mesh.inks, mesh.exact_volumes, strict=True))
    }
    if suffix != ".msh":
        tags = {
            "ink": [mesh.cell_ink, np.full(len(mesh.facets), -1, dtype=np.int32)],
            "surface_tag": [np.zeros(len(mesh.cells), dtype=np.int32), mesh.facet_tag],
        }
        meshio.write(target, meshio.Mesh(mesh.points, cells, exact, tags))
        return target
    # meshio's 4.1 writer drops the tag of an entity that owns no vertex, and its readers of both
    # versions stumble over further cell data: 2.2 with tags in the elements is what comes through.
    physical = [mesh.cell_ink + np.int32(_FIRST_INK_TAG), mesh.facet_tag]
    names = {tag.name: np.array([tag.value, 2]) for tag in SurfaceTag}
    for index, name in enumerate(mesh.inks):
        group = f"ink {name}" if name in SurfaceTag.__members__ else name
        names[group] = np.array([_FIRST_INK_TAG + index, 3])
    tags = {"gmsh:physical": physical, "gmsh:geometrical": physical}
    body = meshio.Mesh(mesh.points, cells, exact, tags, names)
    meshio.gmsh.write(target, body, fmt_version="2.2", binary=True)
    return target


def read_mesh(path: str | Path) -> TetMesh:
    """Read a mesh with its inks and surfaces.

    Files of :func:`write_mesh` come back as they were written. Other .msh files need a physical
    volume per ink and physical surfaces named BOTTOM, TOP and FREE; other .vtu and .xdmf files the
    cell data `ink` and `surface_tag`. Where a file does not say how large the curved body was, the
    mesh is taken as exact.

    Parameters
    ----------
    path
        A .msh, .vtu or .xdmf file, lengths in µm.

    Raises
    ------
    InputError
        If the file is missing or not readable, holds no tetrahedra, lacks tags or has inverted
        cells.
    """
    source = Path(path)
    _format(source)
    if not source.is_file():
        raise InputError(f"there is no mesh file {source}")
    raw = _read(source)
    cells, cell_data = _merge(raw, "tetra", 4)
    facets, facet_data = _merge(raw, "triangle", 3)
    if len(cells) == 0:
        raise InputError(
            f"{source}: there are no tetrahedra (linear ones are needed)",
            hint="in Gmsh: mesh in three dimensions with Mesh.ElementOrder = 1",
        )
    if "ink" in cell_data and "surface_tag" in facet_data:
        ink, tag = cell_data["ink"], facet_data["surface_tag"]
        names = tuple(f"ink {index}" for index in range(int(ink.max()) + 1))
    elif "gmsh:physical" in cell_data and "gmsh:physical" in facet_data:
        names, ink = _physical_inks(raw.field_data, cell_data["gmsh:physical"])
        tag = _physical_surfaces(source, raw.field_data, facet_data["gmsh:physical"])
    else:
        raise InputError(
            f"{source}: inks and surfaces are not tagged",
            hint="a .msh needs physical groups: a volume per ink, and surfaces BOTTOM, TOP, FREE; "
            "a .vtu or .xdmf needs the cell data 'ink' and 'surface_tag'",
        )
    # Files of Gmsh hold vertices that are no corner of a cell, as centres of arcs.
    used, flat = np.unique(cells, return_inverse=True)
    if not np.isin(facets, used).all():
        raise InputError(f"{source}: there are triangles that belong to no tetrahedron")
    points = np.asarray(raw.points, dtype=np.float64)[used]
    cells = flat.reshape(-1, 4)
    volumes = np.abs(signed_volumes(points, cells))
    meshed = np.bincount(np.maximum(ink, 0), volumes, len(names)).astype(np.float64)
    inks, exact = _exact_volumes(raw.point_data, names, meshed)
    try:
        return TetMesh(points, cells, ink, np.searchsorted(used, facets), tag, inks, exact)
    except InputError as error:
        raise InputError(
            f"{source}: {error}", hint="mesh it again; a mirrored mesh is inverted throughout"
        ) from error


def _format(path: Path) -> str:
    """Suffix of a path, if it is one of the three."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"{path}: unknown mesh format {path.suffix!r}", hint=f"use one of {', '.join(FORMATS)}"
        )
    if suffix == ".xdmf":
        try:
            import h5py  # noqa: F401
        except ImportError:
            raise InputError(
                f"{path}: .xdmf needs h5py, which is not installed",
                hint="install h5py, or use .vtu",
            ) from None
    return suffix


def _read(source: Path) -> Any:
    """Read by the suffix; meshio.read would leave the program on an unreadable file."""
    import meshio

    reader = {".msh": meshio.gmsh.read, ".vtu": meshio.vtu.read, ".xdmf": meshio.xdmf.read}
    try:
        return reader[source.suffix.lower()](source)
    except Exception as error:  # broken files end in whatever the parser happened to run into
        raise InputError(
            f"{source} is not a readable {source.suffix} file: {type(error).__name__} {error}",
            hint="write it again, or convert it with meshio",
        ) from error


def _merge(raw: Any, kind: str, nodes: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """All blocks of one kind of cell as one, with their tags."""
    chosen = [i for i, block in enumerate(raw.cells) if block.type == kind]
    cells = [np.asarray(raw.cells[i].data, dtype=np.int64).reshape(-1, nodes) for i in chosen]
    merged = {}
    for name, blocks in raw.cell_data.items() if chosen else ():
        if name in ("ink", "surface_tag", "gmsh:physical"):
            values = np.concatenate([np.asarray(blocks[i]).ravel() for i in chosen])
            merged[name] = values.astype(np.int64)
    return np.concatenate(cells) if cells else np.empty((0, nodes), dtype=np.int64), merged


def _exact_volumes(
    point_data: dict[str, np.ndarray], names: tuple[str, ...], meshed: FloatArray
) -> tuple[tuple[str, ...], FloatArray]:
    """Names and volumes of the inks from the arrays that carry them, else those of the mesh."""
    found: dict[int, tuple[str, float]] = {}
    for key, values in (point_data or {}).items():
        prefix, *rest = key.split(" ", 2)
        if prefix == _VOLUME and len(rest) == 2 and rest[0].isdigit():
            found[int(rest[0])] = (rest[1], float(np.ravel(values)[0]))
    if sorted(found) != list(range(len(names))):
        return names, meshed
    ordered = [found[index] for index in range(len(names))]
    return tuple(name for name, _ in ordered), np.array([volume for _, volume in ordered])


def _physical_inks(
    field_data: dict[str, np.ndarray], tags: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the physical volumes, and the index of each cell's among them."""
    present, index = np.unique(tags, return_inverse=True)
    names = {int(tag): name for name, (tag, dimension) in field_data.items() if dimension == 3}
    return tuple(names.get(int(tag), f"ink {tag}") for tag in present), index


def _physical_surfaces(
    source: Path, field_data: dict[str, np.ndarray], tags: np.ndarray
) -> np.ndarray:
    """SurfaceTag of each triangle from the name of its physical surface."""
    converted = np.zeros_like(tags)
    for name, (tag, dimension) in field_data.items():
        if dimension == 2 and name.upper() in SurfaceTag.__members__:
            converted[tags == tag] = SurfaceTag[name.upper()]
    if (converted == 0).any():
        raise InputError(
            f"{source}: {int((converted == 0).sum())} triangles lie in no physical surface named "
            "BOTTOM, TOP or FREE",
            hint="name the physical surfaces of the outer boundary so, and tag no others",
        )
    return converted
