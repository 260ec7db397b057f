"""The third stage: what the cells sense at their places, and deep in each gel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cases.contrast import variants_sensed
from cases.grading import chosen_inks, compared_inks
from cases.mechanics import MARGIN, pull_cells
from cases.parallel import default_workers, on_root
from cases.progress import Progress
from cases.schema import Case
from cases.stages.facts import CellFacts, Felt, Sensed, Strained
from meshes.errors import InputError

if TYPE_CHECKING:
    from mpi4py import MPI
    from numpy.typing import NDArray

    from meshes.scaffold import Scaffold
    from meshes.sites import Seeding
    from solver.materials import Gel, MaterialField


def place_cells(case: Case, scaffold: Scaffold, volumes: NDArray[np.float64]) -> Seeding:
    """Where the cells are: seeded, or read from the file that the case names.

    Parameters
    ----------
    case, scaffold
        What is asked, and the body.
    volumes
        Of each ink of the body, ``(n_inks,)`` µm³.

    Raises
    ------
    InputError
        If they do not fit, do not lie in the gel, or are none.
    """
    from meshes.sites import load_positions, seed_cells

    wanted = case.cells
    if wanted.path is not None:
        return load_positions(wanted.path, scaffold, radius=wanted.radius)
    cells = seed_cells(
        scaffold,
        density=wanted.density_per_um3,
        count=wanted.count,
        inks=chosen_inks(scaffold, wanted.inks),
        volumes=volumes,
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


def probe_cells(
    case: Case,
    scaffold: Scaffold,
    material: MaterialField,
    strained: Strained,
    cells: Seeding,
    comm: MPI.Comm,
    workers: int | None,
    progress: Progress,
    *,
    contrasts: bool,
) -> Sensed | None:
    """Probe every cell, let those pull that shall, and probe each gel; the answer on rank 0.

    Parameters
    ----------
    case, scaffold, material
        What is asked; gradients in the steps that the mesh shows.
    strained
        The scaffold under its load.
    cells
        Where they are.
    comm, workers, progress
        As in :func:`cases.run.run_case`.

    contrasts
        Whether the gels are probed with their collagen otherwise as well.

    Raises
    ------
    SolveError
        If a cell cannot be solved.
    """
    from solver.materials.prestrain import Prestrain
    from solver.mechanics.sites import ProbeSettings, sensed_stiffness, uniform_gel_senses
    from solver.mechanics.template import TEMPLATES

    with progress.stage("sensed stiffness", total=-(-len(cells.points) // comm.size)):
        settings = ProbeSettings(
            material,
            case.cells.radius,
            TEMPLATES[case.compute.template],
            prestrain=None if strained.prestrain is None else Prestrain(**strained.prestrain),
        )
        felt = sensed_stiffness(
            cells.points,
            settings,
            workers=default_workers(comm, workers),
            comm=comm,
            advance=progress.advance,
        )

        def deep() -> dict[str, Any]:
            uniform = uniform_gel_senses(material.gels, settings.template).mean
            variants = probe_variants(case, scaffold, material.gels) if contrasts else None
            return {"uniform": uniform, "variants": variants}

        in_gels = on_root(comm, deep)
    pulled = pull_cells(case, cells.points, felt.axis, settings, comm, workers, progress)

    def gathered() -> Sensed:
        assert in_gels is not None
        assert felt.relieved is not None
        return Sensed(
            mesh=strained.mesh,
            load=strained.load,
            cells=CellFacts(
                points=cells.points,
                ink=cells.ink,
                bathed_depth=-scaffold.free_surface_distance(cells.points),
                depth=-scaffold.signed_distance(cells.points),
            ),
            felt=Felt(felt.mean, felt.stiffest, felt.softest, felt.axis, felt.relieved),
            pulled=pulled,
            ranks=comm.size,
            solvers=_solvers(),
            **in_gels,
        )

    return on_root(comm, gathered)


def probe_variants(
    case: Case, scaffold: Scaffold, gels: tuple[Gel, ...]
) -> tuple[NDArray[np.float64], ...]:
    """What a cell senses deep in each gel that is compared, with its collagen otherwise.

    Parameters
    ----------
    case, scaffold, gels
        What is asked; gradients in the steps that the mesh shows.

    Returns
    -------
    tuple of ndarray, each ``(k,)`` kPa
        Empty for gels that are not compared.

    Raises
    ------
    SolveError
        If a probe cannot be solved.
    """
    from solver.mechanics.template import TEMPLATES

    compared, template = compared_inks(scaffold), TEMPLATES[case.compute.template]
    return tuple(
        variants_sensed(gel, template) if gel.ink.name in compared else np.zeros(0) for gel in gels
    )


def _solvers() -> dict[str, str]:
    """Versions of what solves."""
    import dolfinx
    from petsc4py import PETSc

    return {
        "dolfinx": str(dolfinx.__version__),
        "petsc": ".".join(str(n) for n in PETSc.Sys.getVersion()),
    }
