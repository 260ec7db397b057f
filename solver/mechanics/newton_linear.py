"""Linear solvers of Newton's method: what PETSc is told for each formulation and size.

``displacement``: GMRES with algebraic multigrid that knows the rigid-body modes (the tangent of a
buckling structure need not be positive definite). ``mixed``: FGMRES, block triangular, multigrid
on the displacement and a scaled pressure mass matrix in place of the Schur complement. Small
problems are factorised: LDLᵀ, since the tangent is symmetric.
"""

from __future__ import annotations

from typing import Any, Literal

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from petsc4py import PETSc

from solver.materials.tensors import FloatArray
from solver.mechanics.elasticity import MULTIGRID, orthonormal, rigid_body_modes
from solver.mechanics.total_lagrangian import TotalLagrangian

LinearKind = Literal["auto", "direct", "iterative"]
# Unknowns. Measured on one core: a compact block is solved faster by multigrid from 15 000 on, an
# open pile of strands only from 100 000 on; near buckling a factorisation is surer, too.
DIRECT_BELOW = 40_000
_MULTIGRID = MULTIGRID | {"mg_levels_ksp_max_it": 2}
# A looser linear solve costs no Newton iteration; the multigrid of one tangent serves three.
_ITERATIVE: dict[str, Any] = {
    "ksp_rtol": 1e-4,
    "ksp_max_it": 500,
    "ksp_gmres_restart": 100,
    "snes_lag_preconditioner": 3,
}
_DIRECT: dict[str, Any] = {"ksp_type": "preonly", "pc_type": "cholesky"}
_MIXED: dict[str, Any] = {
    "ksp_type": "fgmres",
    "pc_type": "fieldsplit",
    "pc_fieldsplit_type": "schur",
    "pc_fieldsplit_schur_fact_type": "upper",
    "pc_fieldsplit_schur_precondition": "user",
    "fieldsplit_p_ksp_type": "preonly",
    "fieldsplit_p_pc_type": "jacobi",
    "fieldsplit_u_ksp_type": "preonly",
}


def set_up(
    snes: PETSc.SNES,
    problem: TotalLagrangian,
    matrix: PETSc.Mat,
    kind: LinearKind,
    prefix: str,
    more: dict[str, Any],
) -> None:
    """Choose the linear solver of ``snes`` and hand it what it needs to know of ``problem``."""
    if kind == "auto":
        kind = "direct" if problem.n_dofs < DIRECT_BELOW else "iterative"
    if kind == "direct":
        options = dict(_DIRECT)
        if PETSc.Sys.hasExternalPackage("mumps"):
            options |= {"pc_factor_mat_solver_type": "mumps", "mat_mumps_icntl_14": 60}
        matrix.setOption(PETSc.Mat.Option.SYMMETRIC, True)
        matrix.setOption(PETSc.Mat.Option.SYMMETRY_ETERNAL, True)
    elif problem.mixed:
        options = _ITERATIVE | _MIXED
        options |= {f"fieldsplit_u_{key}": value for key, value in _MULTIGRID.items()}
    else:
        options = {"ksp_type": "gmres"} | _ITERATIVE | _MULTIGRID
        nodes = problem.space.tabulate_dof_coordinates()
        nodes = nodes[: problem.space.dofmap.index_map.size_local]
        modes = orthonormal(rigid_body_modes(matrix, nodes))
        matrix.setNearNullSpace(PETSc.NullSpace().create(vectors=modes))
    prefix = f"{prefix}{problem.formulation}_{kind}_"  # what one kind is told, none other reads
    snes.setOptionsPrefix(prefix)
    database = PETSc.Options()
    for key, value in (options | more).items():
        database[prefix + key] = value
    snes.setFromOptions()
    snes.getKSP().setFromOptions()
    if kind == "iterative" and problem.mixed:
        _split(snes.getKSP().getPC(), problem, matrix)


def _split(pc: PETSc.PC, problem: TotalLagrangian, matrix: PETSc.Mat) -> None:
    """Tell the preconditioner which unknowns are displacements and which pressures."""
    comm, space = problem.mesh.comm, problem.space
    index_map = space.dofmap.index_map

    def numbers(part: int) -> tuple[FloatArray, np.ndarray]:
        """Owned nodes and their unknowns of this rank, in the order of the unknowns."""
        sub, parent = space.sub(part).collapse()
        size = sub.dofmap.index_map.size_local
        blocks = np.asarray(parent, dtype=np.int32).reshape(-1, sub.dofmap.index_map_bs)[:size]
        order = np.argsort(blocks[:, 0])
        unknowns = index_map.local_to_global(blocks[order].ravel()).astype(PETSc.IntType)
        return sub.tabulate_dof_coordinates()[:size][order], unknowns

    x, u_numbers = numbers(0)
    _, p_numbers = numbers(1)
    u_set = PETSc.IS().createGeneral(u_numbers, comm=comm)
    u_set.setBlockSize(3)
    p_set = PETSc.IS().createGeneral(p_numbers, comm=comm)
    template = PETSc.Mat().createAIJ(((len(u_numbers), None), (len(u_numbers), None)), comm=comm)
    template.setUp()
    modes = orthonormal(rigid_body_modes(template, x))
    u_set.compose("nearnullspace", PETSc.NullSpace().create(vectors=modes))
    pc.setFieldSplitIS(("u", u_set), ("p", p_set))
    pc.setFieldSplitSchurPreType(PETSc.PC.SchurPreType.USER, _pressure_mass(problem, p_set))


def _pressure_mass(problem: TotalLagrangian, p_set: PETSc.IS) -> PETSc.Mat:
    """−∫ (1/μ + 1/λ) p q, spectrally like the Schur complement whatever λ."""
    space = problem.space
    p, q = ufl.split(ufl.TrialFunction(space))[1], ufl.split(ufl.TestFunction(space))[1]
    material = problem.material
    softness = problem.at_points(1.0 / material.shear + 1.0 / material.lame)
    form = fem.form(-softness * p * q * problem.dx)
    whole = fem_petsc.assemble_matrix(form)
    whole.assemble()
    return whole.createSubMatrix(p_set, p_set)
