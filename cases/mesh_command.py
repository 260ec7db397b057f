"""``dormatrix mesh``: build the mesh of a case, report its quality and draw it, without solving."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.build import build_scaffold
from cases.folder import MESH, require_free, result_folder
from cases.progress import Progress
from cases.schema import Case
from cases.stages.mesh import build_mesh

if TYPE_CHECKING:
    from meshes.mesher import MeshReport
    from meshes.tetmesh import TetMesh


@dataclass(frozen=True, eq=False)
class MeshResult:
    """Where it lies, what was written, and what to print."""

    directory: Path
    record: dict[str, Any]
    text: str


def run_mesh(
    case: Case,
    output: Path | None = None,
    *,
    figures: bool = True,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> MeshResult:
    """Mesh a case and write ``mesh.vtu``, ``mesh.msh``, ``mesh.json`` and ``figures/*.png``.

    Parameters
    ----------
    case
        A checked case.
    output
        Folder; default ``results/mesh-<name>``.
    figures
        Whether to draw.
    overwrite
        Replace the mesh of another case.
    progress
        Told of the stages; silent by default.

    Raises
    ------
    InputError
        If the shape cannot be built or meshed as written.
    SolveError
        If the mesher fails, or the disk refuses.
    """
    from meshes.io import write_mesh

    progress = progress or Progress(quiet=True)
    progress.stages = 2
    target = output if output is not None else Path("results") / f"mesh-{case.slug}"

    def still_free() -> None:
        require_free(target, case.content_hash, overwrite, figures, MESH)

    still_free()
    scaffold = build_scaffold(case)
    with progress.stage("mesh"):
        report = build_mesh(case, scaffold)
    record = mesh_record(case, report)
    with progress.stage("writing"), result_folder(target, still_free) as aside:
        write_mesh(aside / "mesh.vtu", report.mesh)
        write_mesh(aside / "mesh.msh", report.mesh)
        if figures:
            record["warnings"] += _draw(scaffold, report.mesh, case, aside)
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        (aside / "mesh.json").write_text(text + "\n", encoding="utf-8")
    return MeshResult(target, record, mesh_text(record))


def mesh_record(case: Case, report: MeshReport) -> dict[str, Any]:
    """What is known of a mesh, as plain JSON with units in the keys."""
    mesh, quality = report.mesh, report.quality
    meshed = mesh.ink_volumes()
    low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
    return {
        "name": case.name,
        "hash": case.content_hash,
        "kind": case.scaffold.kind,
        "route": report.route,
        "cached": report.cached,
        "seconds": round(report.seconds, 2),
        "tetrahedra": len(mesh.cells),
        "vertices": len(mesh.points),
        "edge_um": None if case.scaffold.mesh_elements else case.scaffold.mesh_size,
        "size_um": [float(edge) for edge in high - low],
        "min_scaled_jacobian": quality.min_scaled_jacobian,
        "volume_error": quality.total_volume_error,
        "surface_mm2": _surface(mesh) / 1e6,
        "inks": [
            {
                "ink": name,
                "volume_uL": float(exact) / 1e9,
                "meshed_uL": float(found) / 1e9,
                "tetrahedra": int((mesh.cell_ink == i).sum()),
            }
            for i, (name, exact, found) in enumerate(
                zip(mesh.inks, mesh.exact_volumes, meshed, strict=True)
            )
        ],
        "warnings": [*case.warnings, *report.warnings],
    }


def _surface(mesh: TetMesh) -> float:
    """Area of the outer boundary, µm²."""
    a, b, c = (mesh.points[mesh.facets[:, i]] for i in range(3))
    return float(0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())


def mesh_text(record: dict[str, Any]) -> str:
    """The record in a few lines for a terminal."""
    size = " x ".join(f"{edge / 1000:.4g}" for edge in record["size_um"])
    took = "from the cache" if record["cached"] else f"{record['seconds']:g} s"
    rows = [
        ("shape", f"{record['kind']}, {size} mm"),
        ("route", f"{record['route']}, {took}"),
        ("mesh", f"{record['tetrahedra']} tetrahedra, {record['vertices']} vertices"),
        ("quality", f"smallest scaled Jacobian {record['min_scaled_jacobian']:.2g}"),
        ("volume", f"{100 * record['volume_error']:+.2g} % against the body"),
        ("surface", f"{record['surface_mm2']:.4g} mm2"),
    ]
    rows += [
        (f"ink {ink['ink']}", f"{ink['volume_uL']:.4g} uL, {ink['tetrahedra']} tetrahedra")
        for ink in record["inks"]
    ]
    rows += [("note", warning) for warning in record["warnings"]]
    width = min(max(len(label) for label, _ in rows), 26)
    return "\n".join([record["name"], *(f"  {label:<{width}}  {text}" for label, text in rows)])


def _draw(scaffold: Any, mesh: TetMesh, case: Case, folder: Path) -> list[str]:
    """Pictures of the mesh, and of the toolpath where there is one; returns what failed."""
    from meshes.toolpath import Toolpath
    from postprocess.mesh_picture import draw_mesh
    from postprocess.scenes import RenderError

    figures = folder / "figures"
    figures.mkdir()
    body = getattr(scaffold, "base", scaffold)  # of a graded body the one that was printed
    if isinstance(body, Toolpath):
        from postprocess.toolpath_plot import draw_toolpath

        draw_toolpath(
            body.starts,
            body.ends,
            figures / "toolpath.png",
            tool=body.ink_index,
            names=dict(enumerate(body.inks)),
        )
    try:
        draw_mesh(folder / "mesh.vtu", mesh.inks, case.name, figures / "mesh.png")
    except RenderError as failed:
        return [f"the mesh could not be drawn: {failed}; its files are not affected"]
    return []
