"""The second stage: the scaffold under its load, in facts; in fields where these are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cases.directions import fibre_frames, moduli, moved
from cases.endless import endless_pile
from cases.mechanics import prestrain_of, solve_mechanics
from cases.parallel import on_root, shared
from cases.progress import Progress
from cases.schema import Case
from cases.stages.facts import LoadFacts, MeshFacts, Strained

if TYPE_CHECKING:
    from mpi4py import MPI
    from numpy.typing import NDArray

    from meshes.mesher import MeshReport
    from meshes.scaffold import Scaffold
    from meshes.tetmesh import TetMesh
    from solver.materials import MaterialField
    from solver.mechanics.finite_scaffold import FiniteScaffoldSolution
    from solver.mechanics.scaffold import ScaffoldSolution

    Floats = NDArray[np.float64]


def strain_scaffold(
    case: Case,
    scaffold: Scaffold,
    material: MaterialField,
    report: MeshReport | None,
    comm: MPI.Comm,
    progress: Progress,
    *,
    fields: bool,
) -> Strained:
    """Solve the scaffold and say what came of it.

    Parameters
    ----------
    case, scaffold, material
        What is printed and how it is loaded; gradients in the steps that the mesh shows.
    report
        The mesh, on rank 0.
    comm, progress
        As in :func:`cases.run.run_case`.
    fields
        Whether fields on the mesh are wanted; they come on rank 0 only.

    Raises
    ------
    InputError
        If the load does not go with the body.
    SolveError
        If a solve fails.
    """
    mesh = None if report is None else report.mesh
    solution = solve_mechanics(case, scaffold, material, mesh, comm, progress)
    prestrain = prestrain_of(case, mesh, solution, comm)

    def described() -> tuple[LoadFacts, dict[str, Any] | None]:
        assert mesh is not None, "the mesh is where this is asked"
        endless = endless_pile(case, scaffold, material.gels)
        return _describe(case, material, mesh, solution, endless, fields)

    made = on_root(comm, described)

    def facts() -> tuple[MeshFacts, LoadFacts]:
        assert report is not None
        assert made is not None
        return MeshFacts.of(report), made[0]

    mesh_facts, load_facts = shared(comm, facts)
    return Strained(mesh_facts, load_facts, prestrain, None if made is None else made[1])


def _describe(
    case: Case,
    material: MaterialField,
    mesh: TetMesh,
    solution: ScaffoldSolution | None,
    endless: dict[str, Any] | None,
    wanted: bool,
) -> tuple[LoadFacts, dict[str, Any] | None]:
    """Facts of a solution, and its fields where they are wanted."""
    from solver.mechanics.finite_scaffold import FiniteScaffoldSolution

    finite = solution if isinstance(solution, FiniteScaffoldSolution) else None
    further: dict[str, Floats] = {}
    frames = None
    if wanted or finite is not None:
        frames = fibre_frames(material, mesh.centroids(), mesh.cell_ink.astype(np.int64))
    if frames is not None and finite is not None:
        # the load turns fibres and stretches them; of it, swelling is what they do not feel
        frames, stretch = moved(frames, finite.deformation_gradient)
        further["fibre_stretch"] = np.asarray(stretch / (1.0 + case.load.swelling))
    facts = LoadFacts(
        dofs=0 if solution is None else solution.n_dofs,
        **_modulus(case, mesh, solution, len(material.gels)),
        **({} if finite is None else _of_finite(case, finite, further["fibre_stretch"])),
        endless=endless,
    )
    if not wanted:
        return facts, None
    assert frames is not None
    return facts, _fields(material, mesh, solution, frames, further)


def _modulus(
    case: Case, mesh: TetMesh, solution: ScaffoldSolution | None, n_gels: int
) -> dict[str, Any]:
    """Apparent modulus, and what share of the energy each gel has."""
    # Where the gel swells, the plate feels that too: its force is no modulus.
    if solution is None or case.load.swelling != 0.0:
        return {}
    energy = np.einsum(
        "ni,ni,i->n", solution.strain, solution.stress, [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    )
    share = np.bincount(mesh.cell_ink, weights=energy * mesh.volumes(), minlength=n_gels)
    return {
        "apparent_modulus": float(solution.apparent_modulus),
        "energy_share": share / share.sum(),
    }


def _of_finite(case: Case, solution: FiniteScaffoldSolution, stretch: Floats) -> dict[str, Any]:
    """How the load was taken, and how it stretches the fibres."""
    return {
        "finite": {
            "formulation": solution.formulation,
            "steps": len(solution.steps),
            "newton_iterations": solution.newton_iterations,
            "fibre_stretch": np.percentile(stretch, (1.0, 99.0)),
        },
        "history": solution.history if case.load.kind == "compression" else None,
    }


def _fields(
    material: MaterialField,
    mesh: TetMesh,
    solution: ScaffoldSolution | None,
    frames: Floats,
    further: dict[str, Floats],
) -> dict[str, Any]:
    """Moduli, fibre direction, strain, stress and displacement on the mesh."""
    from solver.materials.tensors import isotropic_part

    strain: Floats
    stress: Floats
    displacement: Floats
    if solution is None:
        m, n = len(mesh.cells), len(mesh.points)
        c = material.cell_stiffness(mesh.points[mesh.cells], mesh.cell_ink.astype(np.int64))
        strain, stress, displacement = np.zeros((m, 6)), np.zeros((m, 6)), np.zeros((n, 3))
    else:
        c, strain = solution.stiffness, solution.strain
        stress, displacement = solution.stress, solution.displacement
    along, across = moduli(c, frames)
    return {
        "points": mesh.points,
        "cells": mesh.cells,
        "cell_data": {
            "ink": mesh.cell_ink,
            "E_fibre_kPa": along,
            "E_cross_kPa": across,
            "E_isotropic_kPa": isotropic_part(c).young,
            "fibre_direction": frames[:, :, 2],
            "strain": strain,
            "stress_kPa": stress,
            **further,
        },
        "point_data": {"displacement_um": displacement},
    }
