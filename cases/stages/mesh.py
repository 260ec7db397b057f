"""The first stage: the mesh of a case without its gradients, and the gradients laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cases.schema import Case
from cases.stages.kept import Kept

if TYPE_CHECKING:
    from meshes.mesher import MeshReport
    from meshes.scaffold import Scaffold

_ARRAYS = ("points", "cells", "cell_ink", "facets", "facet_tag", "exact_volumes")


def build_mesh(case: Case, scaffold: Scaffold, kept: Kept | None = None) -> MeshReport:
    """Mesh of the case with its quality, from the store or the cache where it was made before.

    Parameters
    ----------
    case, scaffold
        What is printed, and its body.
    kept
        Stages that cases share.
    """
    from meshes.graded import GradedScaffold, grade_mesh
    from meshes.mesher import mesh_body
    from meshes.quality import quality

    report = None if kept is None else kept.load("mesh", _read)
    if report is None:
        body = scaffold.base if isinstance(scaffold, GradedScaffold) else scaffold
        report = mesh_body(body, **case.scaffold.mesh_request)
        if kept is not None:
            kept.save("mesh", lambda: _plain(report))
    if not isinstance(scaffold, GradedScaffold):
        return report
    mesh = grade_mesh(report.mesh, scaffold)
    return replace(report, mesh=mesh, quality=quality(mesh))


def _plain(report: MeshReport) -> dict[str, Any]:
    arrays = {name: getattr(report.mesh, name) for name in _ARRAYS}
    about = {"inks": report.mesh.inks, "route": report.route, "warnings": report.warnings}
    return {**arrays, **about}


def _read(plain: Mapping[str, Any]) -> MeshReport:
    """The report of a kept mesh.

    Raises
    ------
    InputError, KeyError
        If it is none.
    """
    from meshes.mesher import MeshReport
    from meshes.quality import quality
    from meshes.tetmesh import TetMesh

    mesh = TetMesh(inks=plain["inks"], **{name: plain[name] for name in _ARRAYS})
    return MeshReport(
        mesh=mesh,
        quality=quality(mesh),
        route=plain["route"],
        seconds=0.0,
        cached=True,
        warnings=tuple(plain["warnings"]),
    )
