"""From a checked case to a result folder: the only place that knows all the packages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.assemble import Pieces, assemble
from cases.biology.answer import apply_rule
from cases.biology.sites import require_split, sites_of
from cases.build import build_gels, build_scaffold
from cases.contrast import contrast
from cases.endless import endless_pile
from cases.folder import require_free, result_folder
from cases.grading import chosen_inks, compared_inks
from cases.mechanics import STEPS, prestrain_of, pull_cells, solve_mechanics
from cases.parallel import default_workers, on_root, shared, world
from cases.progress import Progress
from cases.record import MARGIN
from cases.schema import Case
from meshes.errors import InputError
from meshes.graded import ink_families
from solver.materials import MaterialField

if TYPE_CHECKING:
    from mpi4py import MPI

    from meshes.mesher import MeshReport
    from meshes.scaffold import Scaffold
    from solver.materials import Gel

STAGES = 6


@dataclass(frozen=True)
class RunSummary:
    """Where the result lies, its headline numbers, and what the user must know of it."""

    directory: Path
    summary: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def run_case(
    case: Case,
    output: Path,
    *,
    workers: int | None = None,
    figures: bool = True,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> RunSummary:
    """Compute a case and write its result folder.

    Under MPI the scaffold solve and the cells are shared among the ranks; rank 0 writes.

    Parameters
    ----------
    case
        A checked case.
    output
        Result folder; appears whole or not at all.
    workers
        Processes for the cells; ``None``: one per core. Ignored under MPI.
    figures
        Whether to draw.
    overwrite
        Replace the result of another case.
    progress
        Told of the stages; silent by default.

    Raises
    ------
    InputError
        If the case cannot be built as written.
    SolveError
        If a computation fails.
    """
    progress = progress or Progress(quiet=True)
    progress.stages = STAGES + (case.cells.contraction is not None)
    comm = world()

    def still_free() -> None:
        require_free(output, case.content_hash, overwrite, figures)

    on_root(comm, still_free)
    scaffold = build_scaffold(case)
    gels = build_gels(case, scaffold)
    require_split(case, gels)
    with progress.stage("mesh"):
        mesh = on_root(comm, lambda: build_mesh(case, scaffold))
    scaffold, gels = _as_meshed(scaffold, gels, mesh, comm)
    material = MaterialField(scaffold, gels)
    with progress.stage("cells"):
        cells = shared(comm, lambda: place_cells(case, scaffold, mesh))
    tetrahedra = None if mesh is None else mesh.mesh
    # a plate's way can be counted; swelling alone, and the one solve of linear theory, cannot
    counted = case.load.theory == "finite" and case.load.kind == "compression"
    with progress.stage("scaffold mechanics", total=STEPS if counted else None):
        solution = solve_mechanics(case, scaffold, material, tetrahedra, comm, progress)
        prestrain = prestrain_of(case, tetrahedra, solution, comm)
        endless = on_root(comm, lambda: endless_pile(case, scaffold, gels))
    with progress.stage("sensed stiffness", total=-(-len(cells.points) // comm.size)):
        from solver.mechanics.sites import ProbeSettings, sensed_stiffness, uniform_gel_senses
        from solver.mechanics.template import TEMPLATES

        settings = ProbeSettings(
            material,
            case.cells.radius,
            TEMPLATES[case.compute.template],
            prestrain=prestrain,
        )
        sensed = sensed_stiffness(
            cells.points,
            settings,
            workers=default_workers(comm, workers),
            comm=comm,
            advance=progress.advance,
        )
        uniform = on_root(comm, lambda: uniform_gel_senses(gels, settings.template).mean)

    pulling = pull_cells(case, cells.points, sensed.axis, settings, comm, workers, progress)

    def finish() -> RunSummary:
        assert mesh is not None
        assert uniform is not None
        with progress.stage("dormancy rule"):
            names, families = ink_families(scaffold)
            sites = sites_of(case, gels, sensed.mean, uniform, cells.ink, families)
            answer = apply_rule(case, sites, names)
            compared = compared_inks(scaffold)
            contrasts = [
                contrast(case, gel, settings.template) if gel.ink.name in compared else []
                for gel in gels
            ]
        result = assemble(
            Pieces(
                case=case,
                scaffold=scaffold,
                gels=gels,
                material=material,
                mesh=mesh,
                solution=solution,
                endless=endless,
                cells=cells,
                sensed=sensed,
                pulling=pulling,
                uniform=uniform,
                answer=answer,
                contrasts=contrasts,
                timings=dict(progress.timings),
                ranks=comm.size,
            )
        )
        from postprocess.write import write_result

        with (
            progress.stage("tables, pictures, report"),
            result_folder(output, still_free) as aside,
        ):
            write_result(result, aside, figures=figures)
        return RunSummary(output, result.summary, result.warnings)

    return shared(comm, finish)


def build_mesh(case: Case, scaffold: Scaffold) -> MeshReport:
    """Mesh of the case with its quality, from the cache where it was made before."""
    from meshes.graded import GradedScaffold, grade_mesh
    from meshes.mesher import mesh_body
    from meshes.quality import quality

    if not isinstance(scaffold, GradedScaffold):
        return mesh_body(scaffold, **case.scaffold.mesh_request)
    report = mesh_body(scaffold.base, **case.scaffold.mesh_request)
    mesh = grade_mesh(report.mesh, scaffold)
    return replace(report, mesh=mesh, quality=quality(mesh))


def _as_meshed(
    scaffold: Scaffold, gels: tuple[Gel, ...], mesh: MeshReport | None, comm: MPI.Comm
) -> tuple[Scaffold, tuple[Gel, ...]]:
    """Body and gels without the steps of gradients that no cell of the mesh shows."""
    from meshes.graded import GradedScaffold

    if not isinstance(scaffold, GradedScaffold):
        return scaffold, gels

    def in_use() -> tuple[str, ...]:
        assert mesh is not None, "the mesh is where this is asked"
        return mesh.mesh.inks

    body = scaffold.keeping(shared(comm, in_use))
    return body, tuple(gel for gel in gels if gel.ink.name in body.inks)


def place_cells(case: Case, scaffold: Scaffold, mesh: MeshReport | None) -> Any:
    """Where the cells are: seeded, or read from the file that the case names."""
    from meshes.sites import load_positions, seed_cells

    wanted = case.cells
    if wanted.path is not None:
        return load_positions(wanted.path, scaffold, radius=wanted.radius)
    assert mesh is not None, "cells are seeded where the mesh is"
    cells = seed_cells(
        scaffold,
        density=wanted.density_per_um3,
        count=wanted.count,
        inks=chosen_inks(scaffold, wanted.inks),
        volumes=np.asarray(mesh.mesh.exact_volumes),
        radius=wanted.radius,
        seed=wanted.seed,
        margin=MARGIN * wanted.radius,
    )
    if len(cells.points) == 0:
        raise InputError(
            f"cells.density: {wanted.density:g} cells per mL came to no cell in this gel",
            hint="raise the density, print a larger piece, or write a count",
        )
    return cells
