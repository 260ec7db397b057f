"""From a STEP file to tetrahedra per solid; runs in a process of its own.

OpenCASCADE reads lengths into mm whatever unit the file names. Solids that touch or overlap are cut
along their common faces, so that the mesh conforms. OpenCASCADE's healing can break sound bodies:
a cylinder loses its seam, a hole is filled. So it is tried only where the body as it is cannot be
meshed, and taken only if it leaves the volume alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from meshes.cad.units import require_plausible_size
from meshes.errors import DormatrixError, InputError, SolveError
from meshes.mesh_size import CELLS_PER_CUBE, MAX_CELLS
from meshes.occ import ATTEMPTS, GOOD_SCALED_JACOBIAN, WORST_SCALED_JACOBIAN
from meshes.quality import scaled_jacobian
from meshes.scaffold import FloatArray, IntArray
from meshes.session import gmsh_model, try_generate

DimTags = list[tuple[int, int]]
MAX_SOLIDS = 2000
_DEFAULT_CELLS = 200_000
# Options of healing, tried in turn.
_HEALING: tuple[tuple[str, ...], ...] = (
    (),
    ("FixDegenerated", "FixSmallFaces"),
    ("FixDegenerated", "FixSmallFaces", "FixSmallEdges", "SewFaces", "MakeSolids"),
)
_HEALED_VOLUME = 1e-3  # largest change of the volume by healing
_OVERLAP = 1e-6  # share of the whole that is told
_NO_NAME = ("Open CASCADE STEP translator", "Shapes")


def mesh_solids(
    source: Path, request: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read, heal and mesh the solids of a STEP file.

    Parameters
    ----------
    source
        The file.
    request
        `factor` (µm per mm of the file), `unit` (its name), `size` (edge length in µm or None).

    Returns
    -------
    `names` (of each solid, "" where it has none), `notes` and `size` (µm); the arrays points (n, 3)
    µm, cells (m, 4), solid (m,) and volumes (n_solids,) µm³.
    """
    failures: list[DormatrixError] = []
    volumes: list[float] = []  # of the body as it was read, attempt by attempt
    for healing in _HEALING:
        try:
            with gmsh_model("step") as gmsh:
                return _attempt(gmsh, source, request, healing, volumes)
        except SolveError as error:
            failures.append(error)
        except DormatrixError:
            raise
        except Exception as error:  # Gmsh raises bare exceptions with the last line of its log
            failures.append(
                InputError(
                    f"{source}: OpenCASCADE cannot read or build it: {error}",
                    hint="export it again as STEP AP214 or AP242, solids only",
                )
            )
    raise failures[0]


def _attempt(
    gmsh: Any,
    source: Path,
    request: dict[str, Any],
    healing: tuple[str, ...],
    read_volumes: list[float],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """One way through: read with some healing, cut, mesh. A SolveError asks for the next."""
    factor = float(request["factor"])
    notes: list[str] = []
    solids = _imported(gmsh, source, healing, notes)
    corners = _corners(gmsh, solids) * factor
    require_plausible_size(source, corners, request["unit"])
    read_volumes.append(sum(gmsh.model.occ.getMass(*solid) for solid in solids))
    if abs(read_volumes[-1] - read_volumes[0]) > _HEALED_VOLUME * abs(read_volumes[0]):
        raise SolveError(f"{source}: healing changed its volume")
    names = [_name(gmsh.model.getEntityName(*solid)) for solid in solids]
    bodies = _conforming(gmsh, source, solids, notes)
    masses = [sum(gmsh.model.occ.getMass(*part) for part in body) for body in bodies]
    volumes = np.array(masses) * factor**3
    if not (volumes > 0.0).all():
        bad = int(np.argmin(volumes))
        raise SolveError(
            f"{source}: solid {bad + 1} has a volume of {volumes[bad]:.3g} µm³",
            hint="its surface is not closed or points inwards: model it again",
        )
    edge = _edge(source, request["size"], corners, float(volumes.sum()))
    points, cells, solid = _generate(gmsh, source, bodies, edge / factor)
    told = {"names": names, "notes": notes, "size": edge}
    return told, {"points": points * factor, "cells": cells, "solid": solid, "volumes": volumes}


def _imported(gmsh: Any, source: Path, healing: tuple[str, ...], notes: list[str]) -> DimTags:
    """Solids of the file, in its order; closed sheets are sewn to solids where there are none."""
    for option in ("ImportLabels", *healing):
        gmsh.option.setNumber(f"Geometry.OCC{option}", 1)
    if healing:
        notes.append("small faults of faces and edges were healed")
    found = gmsh.model.occ.importShapes(str(source))
    if not any(dimension == 3 for dimension, _ in found):
        gmsh.model.occ.remove(found, recursive=True)
        gmsh.option.setNumber("Geometry.OCCSewFaces", 1)
        gmsh.option.setNumber("Geometry.OCCMakeSolids", 1)
        found = gmsh.model.occ.importShapes(str(source))
        notes.append("the file holds no solids: its faces were sewn to some")
    solids = [shape for shape in found if shape[0] == 3]
    if not solids:
        raise InputError(
            f"{source}: there is no solid in it, only {len(found)} faces or curves",
            hint="export the body as a solid, not as a surface or a drawing",
        )
    if len(solids) > MAX_SOLIDS:
        raise InputError(f"{source}: {len(solids)} solids, at most {MAX_SOLIDS} are read")
    gmsh.model.occ.synchronize()
    return solids


def _name(path: str) -> str:
    """Last part of an entity's path of product names; "" where it is none of the user's."""
    last = path.rstrip("/").rsplit("/", 1)[-1].strip()
    return "" if last.startswith(_NO_NAME) else last


def _corners(gmsh: Any, solids: DimTags) -> FloatArray:
    """Corners of the solids' bounding boxes, shape (2·n_solids, 3), mm."""
    boxes = [gmsh.model.occ.getBoundingBox(*solid) for solid in solids]
    return np.array(boxes, dtype=np.float64).reshape(-1, 3)


def _conforming(gmsh: Any, source: Path, solids: DimTags, notes: list[str]) -> list[DimTags]:
    """Volumes of each solid after all are cut along common faces.

    What solids share belongs to the earlier one, unless a solid lies wholly in earlier ones: then
    it is meant as an inclusion and is cut out of them.
    """
    if len(solids) == 1:
        return [solids]
    occ = gmsh.model.occ
    before = sum(occ.getMass(*solid) for solid in solids)
    _, children = occ.fragment(solids, [])
    occ.synchronize()
    owner: dict[tuple[int, int], int] = {}
    for solid, parts in enumerate(children[: len(solids)]):
        mine = [part for part in parts if part[0] == 3]
        fresh = [part for part in mine if part not in owner]
        if not fresh:
            notes.append(f"solid {solid + 1} lies in an earlier one and was cut out of it")
        owner |= dict.fromkeys(fresh or mine, solid)
    bodies: list[DimTags] = [[] for _ in solids]
    for part, solid in owner.items():
        bodies[solid].append(part)
    empty = [solid + 1 for solid, body in enumerate(bodies) if not body]
    if empty:
        raise InputError(
            f"{source}: solid {empty[0]} is filled by later ones ({len(empty)} solids are)",
            hint="leave out the double in the CAD program",
        )
    after = sum(occ.getMass(*part) for part in owner)
    if before - after > _OVERLAP * before and not any("cut out" in note for note in notes):
        share = 100.0 * (before - after) / before
        notes.append(f"solids overlap ({share:.2g} % of their volume): the earlier one keeps it")
    return bodies


def _edge(source: Path, size: float | None, corners: FloatArray, volume: float) -> float:
    """Edge length, µm: as asked for if it is affordable, else the default."""
    shortest = float((corners.max(axis=0) - corners.min(axis=0)).min())
    affordable = (CELLS_PER_CUBE * volume / _DEFAULT_CELLS) ** (1.0 / 3.0)
    if size is None:
        return min(max(0.25 * shortest, affordable), shortest)
    cells = CELLS_PER_CUBE * volume / size**3
    if cells > MAX_CELLS:
        finest = (CELLS_PER_CUBE * volume / MAX_CELLS) ** (1.0 / 3.0)
        raise InputError(
            f"{source}: a mesh size of {size:g} µm would make some {cells:.2g} tetrahedra; "
            f"{MAX_CELLS:.2g} is the most",
            hint=f"choose {finest:.3g} µm or more",
        )
    return size


def _generate(
    gmsh: Any, source: Path, bodies: list[DimTags], edge: float
) -> tuple[FloatArray, IntArray, IntArray]:
    """Points (mm), tetrahedra and the solid of each, by the best of a few attempts."""
    best: tuple[FloatArray, IntArray, IntArray] | None = None
    shape, reasons = WORST_SCALED_JACOBIAN, []
    for algorithm, factor in ATTEMPTS:
        gmsh.model.mesh.clear()
        gmsh.option.setNumber("Mesh.Algorithm", algorithm)
        gmsh.option.setNumber("Mesh.MeshSizeMin", 0.0)
        gmsh.option.setNumber("Mesh.MeshSizeMax", factor * edge)
        failure = try_generate(gmsh)
        if failure:
            reasons.append(failure)
            continue
        mesh = _extracted(gmsh, bodies)
        worst = float(scaled_jacobian(mesh[0], mesh[1]).min())
        if worst >= shape:
            best, shape = mesh, worst
        if worst >= GOOD_SCALED_JACOBIAN:
            break
        reasons.append(f"a tetrahedron has a scaled Jacobian of {worst:.2g}")
    if best is None:
        raise SolveError(
            f"{source}: Gmsh found no good mesh: " + "; ".join(dict.fromkeys(reasons)),
            hint="choose a finer mesh size, or remove slivers and tiny fillets in the CAD program",
        )
    return best


def _extracted(gmsh: Any, bodies: list[DimTags]) -> tuple[FloatArray, IntArray, IntArray]:
    """The mesh in the current model; points in the order of Gmsh's numbers."""
    blocks, solids = [], []
    for solid, body in enumerate(bodies):
        for _, volume in body:
            _, node_tags = gmsh.model.mesh.getElementsByType(4, volume)
            blocks.append(node_tags.astype(np.int64).reshape(-1, 4))
            solids.append(np.full(len(blocks[-1]), solid))
    cells = np.concatenate(blocks)
    if any(len(block) == 0 for block in blocks):
        raise SolveError("Gmsh left a solid without tetrahedra", hint="choose a finer mesh size")
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    used, flat = np.unique(cells, return_inverse=True)
    order = np.argsort(tags)
    points = coordinates.reshape(-1, 3)[order[np.searchsorted(tags[order], used)]]
    return points, flat.reshape(-1, 4).astype(np.int64), np.concatenate(solids)
