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
from cases.stages.steps import StepKeeper

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
        Whether fields on the mesh are wanted, those on the way to a finite load among them; they
        come on rank 0 only.

    Raises
    ------
    InputError
        If the load does not go with the body.
    SolveError
        If a solve fails.
    """
    mesh = None if report is None else report.mesh
    keeper = StepKeeper()

    def at_rest() -> Floats:
        assert mesh is not None, "the mesh is where this is asked"
        return fibre_frames(material, mesh.centroids(), mesh.cell_ink.astype(np.int64))

    finite = case.load.theory == "finite"
    frames = on_root(comm, at_rest) if fields or finite else None

    def keep(state: FiniteScaffoldSolution) -> None:
        assert frames is not None
        keeper.take(
            factor=state.load_factor,
            strain=state.load_factor * case.load.strain,
            force=state.force,
            cell_data=_strained(state, *_turned(case, state, frames)),
            point_data={"displacement_um": state.displacement},
        )

    def passed(state: FiniteScaffoldSolution) -> None:
        on_root(comm, lambda: keep(state))

    solution = solve_mechanics(
        case, scaffold, material, mesh, comm, progress, passed if fields else None
    )
    prestrain = prestrain_of(case, mesh, solution, comm)

    def described() -> tuple[LoadFacts, dict[str, Any] | None]:
        assert mesh is not None, "the mesh is where this is asked"
        endless = endless_pile(case, scaffold, material.gels)
        return _describe(case, material, mesh, solution, endless, frames, fields)

    made = on_root(comm, described)

    def facts() -> tuple[MeshFacts, LoadFacts]:
        assert report is not None
        assert made is not None
        return MeshFacts.of(report), made[0]

    mesh_facts, load_facts = shared(comm, facts)
    shown = None if made is None else made[1]
    return Strained(mesh_facts, load_facts, prestrain, shown, keeper.plain())


def _describe(
    case: Case,
    material: MaterialField,
    mesh: TetMesh,
    solution: ScaffoldSolution | None,
    endless: dict[str, Any] | None,
    frames: Floats | None,
    wanted: bool,
) -> tuple[LoadFacts, dict[str, Any] | None]:
    """Facts of a solution, and its fields where they are wanted."""
    from solver.mechanics.finite_scaffold import FiniteScaffoldSolution

    finite = solution if isinstance(solution, FiniteScaffoldSolution) else None
    stretch: Floats | None = None
    if frames is not None and finite is not None:
        frames, stretch = _turned(case, finite, frames)
    facts = LoadFacts(
        dofs=0 if solution is None else solution.n_dofs,
        **_modulus(case, mesh, solution, len(material.gels)),
        **({} if finite is None or stretch is None else _of_finite(case, finite, stretch)),
        endless=endless,
    )
    if not wanted:
        return facts, None
    assert frames is not None
    return facts, _fields(material, mesh, solution, frames, stretch)


def _turned(case: Case, state: FiniteScaffoldSolution, frames: Floats) -> tuple[Floats, Floats]:
    """Frames of fibres as the load has turned them, and how it stretches them.

    Of the load, swelling is what they do not feel.
    """
    frames, stretch = moved(frames, state.deformation_gradient)
    return frames, np.asarray(stretch / (1.0 + state.load_factor * case.load.swelling))


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
    stretch: Floats | None,
) -> dict[str, Any]:
    """Moduli, fibre direction, strain, stress and displacement on the mesh."""
    if solution is None:
        m, still = len(mesh.cells), np.zeros_like(mesh.points)
        c = material.cell_stiffness(mesh.points[mesh.cells], mesh.cell_ink.astype(np.int64))
        changed = _changed(c, np.zeros((m, 6)), np.zeros((m, 6)), frames, stretch)
    else:
        still, changed = solution.displacement, _strained(solution, frames, stretch)
    return {
        "points": mesh.points,
        "cells": mesh.cells,
        "cell_data": {"ink": mesh.cell_ink, **changed},
        "point_data": {"displacement_um": still},
    }


def _strained(
    solution: ScaffoldSolution, frames: Floats, stretch: Floats | None
) -> dict[str, Floats]:
    return _changed(solution.stiffness, solution.strain, solution.stress, frames, stretch)


def _changed(
    stiffness: Floats, strain: Floats, stress: Floats, frames: Floats, stretch: Floats | None
) -> dict[str, Floats]:
    """Cell fields that a load changes."""
    from solver.materials.tensors import isotropic_part

    along, across = moduli(stiffness, frames)
    return {
        "E_fibre_kPa": along,
        "E_cross_kPa": across,
        "E_isotropic_kPa": isotropic_part(stiffness).young,
        "fibre_direction": frames[:, :, 2],
        "strain": strain,
        "stress_kPa": stress,
        **({} if stretch is None else {"fibre_stretch": stretch}),
    }
