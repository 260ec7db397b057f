"""Volume cells, regions and named faces of a mesh file; runs in a process of its own.

Gmsh reads its own format 4, where an entity can be in several groups; meshio reads all others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from meshes.errors import InputError
from meshes.session import gmsh_model
from meshes.tetmesh import SurfaceTag

CORNERS = {"tetra": 4, "pyramid": 5, "wedge": 6, "hexahedron": 8}
"""Corners of each kind of volume cell; all programs number them before other nodes."""
REGION_ARRAYS = (
    "ink", "region", "regions", "regionid", "region_id", "material", "materials", "materialid",
    "materialids", "material_id", "matid", "mat", "subdomain", "subdomains", "domain", "domains",
    "cell_tags", "gmsh:physical", "medit:ref", "attribute", "part", "partid", "part_id", "zone",
    "label", "labels", "marker", "markers", "elementblockids", "cellentityids",
)  # fmt: skip
"""Names of cell data that tell regions apart, in lower case."""
_MOST_REGIONS = 1000
_GMSH_TYPES = {
    4: "tetra", 11: "tetra", 29: "tetra", 30: "tetra", 5: "hexahedron", 12: "hexahedron",
    17: "hexahedron", 6: "wedge", 13: "wedge", 18: "wedge", 7: "pyramid", 14: "pyramid",
    19: "pyramid",
}  # fmt: skip


class RawMesh:
    """What is gathered from a file, block by block of volume cells of one kind."""

    def __init__(self, points: np.ndarray) -> None:
        self.points = np.asarray(points, dtype=np.float64)
        self.blocks: list[tuple[str, np.ndarray]] = []
        self.curved = 0
        self.regions: list[tuple[str, int, str]] = []
        self.members: list[tuple[np.ndarray, int]] = []
        self.faces: list[tuple[np.ndarray, int]] = []
        self.kinds: list[str] = []
        self.notes: list[str] = []
        self.count = 0

    def add_cells(self, kind: str, nodes: np.ndarray) -> np.ndarray:
        """Keep the corners of cells; returns their numbers, counted through all blocks."""
        corners = CORNERS[kind]
        self.curved += len(nodes) if nodes.shape[1] > corners else 0
        self.blocks.append((kind, np.asarray(nodes[:, :corners], dtype=np.int64)))
        self.count += len(nodes)
        return np.arange(self.count - len(nodes), self.count)

    def add_members(self, region: tuple[str, int, str], cells: np.ndarray) -> None:
        """Put cells into a region (name, number, kind)."""
        if region not in self.regions:
            self.regions.append(region)
            if len(self.regions) > _MOST_REGIONS:
                raise InputError(
                    f"more than {_MOST_REGIONS} regions: these numbers do not tell inks apart",
                    hint="name the cell data that hold the regions: region_data",
                )
        self.members.append((cells, self.regions.index(region)))

    def answer(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """As plain values and arrays."""
        told = {
            "regions": self.regions,
            "kinds": [kind for kind, _ in self.blocks],
            "curved": self.curved,
            "other": sorted(set(self.kinds)),
            "notes": self.notes,
        }
        arrays = {"points": self.points}
        arrays |= {f"block_{i}": nodes for i, (_, nodes) in enumerate(self.blocks)}
        for name, parts in (("member", self.members), ("face", self.faces)):
            if parts:
                arrays[name] = np.concatenate([part for part, _ in parts])
                arrays[f"{name}_of"] = np.concatenate([np.full(len(p), k) for p, k in parts])
        return told, arrays


def read_raw(source: Path, request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a mesh file without judging it.

    Parameters
    ----------
    source
        The file.
    request
        `region_data`: name of the cell data that hold the regions, or None.
    """
    if source.suffix.lower() == ".msh" and _version(source) >= 4:
        return _read_gmsh(source).answer()
    return _read_meshio(source, request["region_data"]).answer()


def _version(source: Path) -> int:
    """Major version of a .msh file; 0 where its beginning does not say."""
    with source.open("rb") as stream:
        lines = stream.read(4096).split(b"$MeshFormat")[-1].split()
    return int(lines[0][:1]) if lines and lines[0][:1].isdigit() else 0


def _read_gmsh(source: Path) -> RawMesh:
    """Read Gmsh's format 4 by Gmsh."""
    with gmsh_model("foreign") as gmsh:
        try:
            gmsh.merge(str(source))
            tags, coordinates, _ = gmsh.model.mesh.getNodes()
        except Exception as error:
            raise InputError(
                f"{source} is not a readable .msh file: {error}", hint="write it again with Gmsh"
            ) from error
        order = np.argsort(tags)
        tags = tags[order].astype(np.int64)
        raw = RawMesh(coordinates.reshape(-1, 3)[order])
        groups = gmsh.model.getPhysicalGroups(3)
        for _, entity in gmsh.model.getEntities(3):
            types, _, nodes = gmsh.model.mesh.getElements(3, entity)
            owners = gmsh.model.getPhysicalGroupsForEntity(3, entity)
            for kind, flat in zip(types, nodes, strict=True):
                _, _, _, per_cell, _, _ = gmsh.model.mesh.getElementProperties(kind)
                if int(kind) not in _GMSH_TYPES:
                    raw.kinds.append(gmsh.model.mesh.getElementProperties(kind)[0])
                    continue
                index = np.searchsorted(tags, flat.astype(np.int64)).reshape(-1, per_cell)
                cells = raw.add_cells(_GMSH_TYPES[int(kind)], index)
                for group in owners:
                    name = gmsh.model.getPhysicalName(3, group)
                    raw.add_members((name, int(group), "region"), cells)
                if not groups:
                    raw.add_members(("", int(entity), "volume"), cells)
        for dimension, group in gmsh.model.getPhysicalGroups(2):
            name = gmsh.model.getPhysicalName(dimension, group).upper()
            if name not in SurfaceTag.__members__:
                continue
            for entity in gmsh.model.getEntitiesForPhysicalGroup(2, group):
                _, flat = gmsh.model.mesh.getElementsByType(2, int(entity))
                index = np.searchsorted(tags, flat.astype(np.int64)).reshape(-1, 3)
                raw.faces.append((index, int(SurfaceTag[name])))
        if not raw.count:
            raw.kinds += ["triangle"] if gmsh.model.getEntities(2) else []
        return raw


def _read_meshio(source: Path, region_data: str | None) -> RawMesh:
    """Read any other format by meshio."""
    mesh = _meshio_mesh(source)
    raw = RawMesh(_in_space(np.asarray(mesh.points)))
    volume: list[tuple[int, np.ndarray]] = []
    for index, block in enumerate(mesh.cells):
        name = block.type.lower()
        kind = next((kind for kind in CORNERS if kind in name), "")
        nodes = np.asarray(block.data)
        if kind and nodes.ndim == 2:
            volume.append((index, raw.add_cells(kind, nodes)))
        else:
            raw.kinds.append(block.type)
    names = {(int(tag), int(dimension)): name for name, (tag, dimension) in mesh.field_data.items()}
    array = _region_array(source, mesh, [i for i, _ in volume], region_data, raw)
    if array is not None:
        _members_by_number(source, mesh.cell_data[array], volume, names, raw)
    elif any(sets for sets in mesh.cell_sets.values()):
        _members_by_set(mesh.cell_sets, volume, raw)
    elif "gmsh:geometrical" in mesh.cell_data:
        for index, cells in volume:
            entities = np.asarray(mesh.cell_data["gmsh:geometrical"][index]).ravel()
            for entity in np.unique(entities):
                raw.add_members(("", int(entity), "volume"), cells[entities == entity])
    elif volume:
        raw.add_members(("", 1, "region"), np.concatenate([cells for _, cells in volume]))
        raw.notes.append("the file tells no regions apart: it is taken as one")
    _named_faces(mesh, names, raw)
    return raw


def _in_space(points: np.ndarray) -> np.ndarray:
    """Points with three coordinates; flat meshes get z = 0 and have no volume cells anyway."""
    return np.pad(points, ((0, 0), (0, 3 - points.shape[1]))) if points.shape[1] < 3 else points


def _meshio_mesh(source: Path) -> Any:
    """Read by the suffix; meshio.read would leave the program on an unreadable file."""
    import meshio

    problems = []
    for name in meshio.extension_to_filetypes.get(source.suffix.lower(), []):
        try:
            return meshio._helpers.reader_map[name](source)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:  # whatever the parser happened to run into
            problems.append(f"{type(error).__name__} {error}")
    raise InputError(
        f"{source} is not a readable {source.suffix} file: {'; '.join(problems)}"[:600],
        hint="write it again, or convert it to .msh or .vtu",
    )


def _region_array(
    source: Path, mesh: Any, blocks: list[int], wanted: str | None, raw: RawMesh
) -> str | None:
    """Name of the cell data that hold the regions."""
    if wanted is not None:
        if wanted not in mesh.cell_data:
            raise InputError(
                f"{source}: there are no cell data {wanted!r}",
                hint=f"it has {', '.join(map(repr, mesh.cell_data)) or 'none'}",
            )
        return wanted
    by_name = {name.lower().replace(" ", ""): name for name in mesh.cell_data}
    for name in REGION_ARRAYS:
        if name in by_name:
            values = [np.asarray(mesh.cell_data[by_name[name]][i]) for i in blocks]
            if name != "gmsh:physical" or any((v != 0).any() for v in values):
                return by_name[name]
    candidates = [
        name
        for name, values in mesh.cell_data.items()
        if not name.startswith("gmsh:")
        and all(np.asarray(values[i]).dtype.kind in "iu" for i in blocks)
        and all(np.asarray(values[i]).size == len(mesh.cells[i].data) for i in blocks)
    ]
    if len(candidates) == 1 and blocks:
        raw.notes.append(f"regions are taken from the cell data {candidates[0]!r}")
        return candidates[0]
    return None


def _members_by_number(
    source: Path,
    values: list[np.ndarray],
    volume: list[tuple[int, np.ndarray]],
    names: dict[tuple[int, int], str],
    raw: RawMesh,
) -> None:
    """Regions by whole numbers per cell; 0 is none where others are named (Gmsh)."""
    for index, cells in volume:
        numbers = np.asarray(values[index], dtype=np.float64)
        if numbers.size != len(cells) or not np.isfinite(numbers).all():
            raise InputError(f"{source}: the numbers of regions are not one finite one per cell")
        numbers = numbers.ravel()
        if (numbers != np.rint(numbers)).any() or np.abs(numbers).max(initial=0.0) > 2**53:
            raise InputError(
                f"{source}: the numbers of regions are not whole",
                hint="name the cell data that hold the regions: region_data",
            )
        for number in np.unique(numbers).astype(np.int64):
            if number == 0 and names:
                continue  # no group, as Gmsh writes it
            region = (names.get((int(number), 3), ""), int(number), "region")
            raw.add_members(region, cells[numbers == number])


def _members_by_set(
    sets: dict[str, list[Any]], volume: list[tuple[int, np.ndarray]], raw: RawMesh
) -> None:
    """Regions by named sets of cells; a set of all cells tells nothing apart if there are more."""
    found: dict[str, np.ndarray] = {}
    for name, parts in sets.items():
        picked = [
            cells[np.asarray(parts[index], dtype=np.int64)]
            for index, cells in volume
            if index < len(parts) and parts[index] is not None and len(parts[index])
        ]
        if picked and not name.startswith("gmsh:"):
            found[name] = np.concatenate(picked)
    partial = {name: cells for name, cells in found.items() if len(cells) < raw.count}
    for number, (name, cells) in enumerate((partial or found).items(), start=1):
        raw.add_members((name, number, "region"), cells)


def _named_faces(mesh: Any, names: dict[tuple[int, int], str], raw: RawMesh) -> None:
    """Triangles in physical surfaces named BOTTOM, TOP and FREE."""
    tags = mesh.cell_data.get("gmsh:physical")
    for index, block in enumerate(mesh.cells):
        if tags is None or not block.type.startswith("triangle"):
            continue
        numbers = np.asarray(tags[index]).ravel()
        for number in np.unique(numbers):
            name = names.get((int(number), 2), "").upper()
            if name in SurfaceTag.__members__:
                faces = np.asarray(block.data, dtype=np.int64)[numbers == number, :3]
                raw.faces.append((faces, int(SurfaceTag[name])))
