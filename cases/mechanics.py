"""Mechanics of a run: the scaffold under its load, and cells that pull hard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.parallel import default_workers, on_root, shared
from cases.progress import Progress
from cases.schema import Case
from meshes.errors import InputError
from solver.materials import MaterialField

if TYPE_CHECKING:
    from mpi4py import MPI
    from numpy.typing import NDArray

    from cases.stages.facts import Pulled
    from meshes.scaffold import Scaffold
    from meshes.tetmesh import TetMesh
    from solver.mechanics.finite_scaffold import FiniteScaffoldSolution
    from solver.mechanics.scaffold import ScaffoldSolution
    from solver.mechanics.sites import ProbeSettings

FIRST_STEP = 0.1  # of a finite load: small, so that the load curve shows its first slope
STEPS = 100  # the progress of a finite load, in parts of it
# Nearer to a face than this many radii the probe is not sure of what a cell senses
# (docs/theory.md): cells are not seeded there, and those given there are warned of.
MARGIN = 1.1


def solve_mechanics(
    case: Case,
    scaffold: Scaffold,
    material: MaterialField,
    mesh: TetMesh | None,
    comm: MPI.Comm,
    progress: Progress,
    passed: Callable[[FiniteScaffoldSolution], None] | None = None,
) -> ScaffoldSolution | None:
    """The scaffold under its load; ``None`` where the case asks for none.

    Parameters
    ----------
    case, scaffold, material
        What is printed and how it is loaded.
    mesh
        On rank 0.
    comm, progress
        As in :func:`cases.run.run_case`.
    passed
        Told of the states that a finite load goes through; see
        :func:`solver.mechanics.finite_scaffold.solve_scaffold_finite`.

    Raises
    ------
    InputError
        If the body has no flat face for glass or plate.
    SolveError
        If the load cannot be reached.
    """
    load = case.load
    if not load.solves:
        return None
    on_root(comm, lambda: require_plates(case, mesh))
    from solver.mechanics.scaffold import Compression, solve_scaffold

    plate = Compression(strain=load.strain, plate=load.plate)
    if load.theory == "linear":
        return solve_scaffold(
            mesh,
            material,
            plate,
            height=scaffold.height,
            footprint_area=scaffold.footprint_area,
            comm=comm,
            degree=case.compute.element_order,
        )
    from solver.materials.finite_field import FiniteField
    from solver.mechanics.finite_scaffold import Hold, solve_scaffold_finite
    from solver.mechanics.newton import StepControl

    shown = 0

    def advanced(strain: float, force: float) -> None:
        nonlocal shown
        if load.strain:
            part = round(STEPS * strain / load.strain)
            progress.advance(part - shown)
            shown = part

    return solve_scaffold_finite(
        mesh,
        FiniteField(material),
        plate if load.kind == "compression" else Hold(),
        height=scaffold.height,
        footprint_area=scaffold.footprint_area,
        comm=comm,
        degree=case.compute.element_order,
        swelling=1.0 + load.swelling,
        control=StepControl(first=FIRST_STEP),
        advanced=advanced,
        passed=passed,
    )


def require_plates(case: Case, mesh: TetMesh | None) -> None:
    """Refuse a load on a body that glass cannot hold, or that a plate would touch in a point.

    Raises
    ------
    InputError
        If no face of the mesh lies flat on the glass, or under the plate of a compression.
    """
    from meshes.tetmesh import SurfaceTag

    assert mesh is not None
    pressed = case.load.kind == "compression"
    for tag, face, needed in (
        (SurfaceTag.BOTTOM, "its bottom lies on the glass", True),
        (SurfaceTag.TOP, "its top lies under the plate", pressed),
    ):
        if needed and not (mesh.facet_tag == tag).any():
            raise InputError(
                f"load: nothing of {face}: this {case.scaffold.kind} is not flat there, and "
                "contact that grows with the load is not computed",
                hint="write load: {kind: none}; cells sense their stiffness all the same",
            )


def prestrain_of(
    case: Case, mesh: TetMesh | None, solution: ScaffoldSolution | None, comm: MPI.Comm
) -> dict[str, Any] | None:
    """How the load has deformed the gel around the cells; ``None`` where they shall not feel it.

    What :class:`solver.materials.prestrain.Prestrain` is made of.
    """
    if not case.load.prestrain:
        return None
    from solver.mechanics.finite_scaffold import FiniteScaffoldSolution

    def gather() -> dict[str, Any]:
        assert mesh is not None
        assert isinstance(solution, FiniteScaffoldSolution)
        return {
            "centroids": mesh.centroids(),
            "deformation_gradient": solution.deformation_gradient,
            "displacement": solution.displacement[mesh.cells].mean(axis=1),
            "growth": 1.0 + case.load.swelling,
        }

    return shared(comm, gather)


def pulling_rows(case: Case, n_sites: int) -> NDArray[np.int_]:
    """Rows of the cells that pull by a finite strain, evenly picked among the sites."""
    wanted = case.cells.contraction
    if wanted is None:
        return np.zeros(0, dtype=np.int64)
    count = min(wanted.count or n_sites, n_sites)
    return np.unique(np.linspace(0, n_sites - 1, count).round().astype(np.int64))


def pull_cells(
    case: Case,
    sites: NDArray[np.float64],
    axes: NDArray[np.float64],
    settings: ProbeSettings,
    comm: MPI.Comm,
    workers: int | None,
    progress: Progress,
) -> Pulled | None:
    """Let the asked-for cells pull along their stiffest axes; ``None`` where none shall.

    Parameters
    ----------
    case
        How far, and how many.
    sites, axes
        Centres (µm) and stiffest axes of all cells, ``(n, 3)``.
    settings
        Those of the linear probe.
    comm, workers, progress
        As in :func:`cases.run.run_case`.
    """
    wanted = case.cells.contraction
    if wanted is None:
        return None
    from cases.stages.facts import Pulled
    from solver.mechanics.contraction import contract_cells

    rows = pulling_rows(case, len(sites))
    with progress.stage("cells that pull", total=-(-len(rows) // comm.size)):
        found = contract_cells(
            sites[rows],
            axes[rows],
            settings,
            contraction=wanted.strain,
            workers=default_workers(comm, workers),
            comm=comm,
            advance=progress.advance,
        )
    return Pulled(
        rows=rows,
        secant=found.secant,
        linear=found.linear,
        range_um=found.range_um,
        exponent=found.exponent,
        strain=found.strain,
        converged=found.converged,
    )
