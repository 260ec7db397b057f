"""Linear elasticity with a stiffness tensor per cell: CG with algebraic multigrid (DOLFINx, PETSc).

GAMG needs all six rigid-body modes as near null space, or its iterations double.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dolfinx
import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from petsc4py import PETSc

from meshes.errors import SolveError
from solver.materials.tensors import FloatArray
from solver.mechanics.probe import mandel_strain

# Pinned: GAMG's defaults change between PETSc releases.
MULTIGRID: dict[str, Any] = {
    "pc_type": "gamg",
    "pc_gamg_type": "agg",
    "pc_gamg_agg_nsmooths": 1,
    "pc_gamg_threshold": 0.02,
    "pc_gamg_coarse_eq_limit": 1000,
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_ksp_max_it": 3,
    "mg_levels_pc_type": "jacobi",
}
SOLVER_OPTIONS: dict[str, Any] = {
    "ksp_type": "cg",
    "ksp_rtol": 1e-9,
    "ksp_max_it": 2000,
    **MULTIGRID,
}
_MIDPOINT = np.full((1, 3), 0.25)
# What PETSc's -log_view shows of a solve; benchmarks/mpi_scaling.py reads them.
EVENTS = ("scaffold assembly", "scaffold set-up", "scaffold solve")
_ASSEMBLY, _SET_UP, _SOLVE = (PETSc.Log.Event(name) for name in EVENTS)


class ElasticProblem:
    """``−div(C : ε(u)) = f`` with C constant in each cell.

    Parameters
    ----------
    mesh
        Tetrahedra, lengths in µm.
    stiffness
        ``(cells, 6, 6)`` Mandel, kPa, for the cells of this rank (ghosts included).
    degree
        Polynomial degree of the displacement.
    """

    def __init__(self, mesh: dolfinx.mesh.Mesh, stiffness: FloatArray, degree: int = 2) -> None:
        self.mesh = mesh
        self.stiffness = np.asarray(stiffness, dtype=float)
        self.space = fem.functionspace(mesh, ("Lagrange", degree, (3,)))
        per_cell = fem.functionspace(mesh, ("DG", 0, (6, 6)))
        coefficient = fem.Function(per_cell)
        coefficient.x.array.reshape(-1, 36)[per_cell.dofmap.list.ravel()] = self.stiffness.reshape(
            -1, 36
        )
        u, v = ufl.TrialFunction(self.space), ufl.TestFunction(self.space)
        self._v = v
        self._form = fem.form(
            ufl.inner(ufl.dot(coefficient, mandel_strain(u)), mandel_strain(v)) * ufl.dx
        )
        self._coefficient = coefficient
        self.iterations = 0

    @property
    def n_dofs(self) -> int:
        """Degrees of freedom on all ranks."""
        return int(self.space.dofmap.index_map.size_global * 3)

    def held(
        self,
        facets: np.ndarray,
        components: Sequence[int],
        values: Sequence[float | fem.Constant],
    ) -> list[fem.DirichletBC]:
        """Prescribe single displacement components (µm) on boundary facets of this rank."""
        return hold(self.space, facets, components, values)

    def solve(
        self,
        conditions: list[fem.DirichletBC],
        body_force: ufl.core.expr.Expr | None = None,
        free_modes: Sequence[int] = (),
    ) -> fem.Function:
        """Displacement in µm.

        Parameters
        ----------
        conditions
            Dirichlet conditions.
        body_force
            UFL vector, nN/µm³; none by default.
        free_modes
            Rigid-body modes that the conditions leave free (0–2 translations, 3–5 rotations about
            x, y, z); the answer is orthogonal to them.

        Raises
        ------
        SolveError
            If the iteration does not converge.
        """
        with _ASSEMBLY:
            matrix, right = self._assemble(conditions, body_force, free_modes)
        u = fem.Function(self.space)
        self._iterate(matrix, right, u)
        matrix.destroy()
        right.destroy()
        return u

    def _assemble(
        self,
        conditions: list[fem.DirichletBC],
        body_force: ufl.core.expr.Expr | None,
        free_modes: Sequence[int],
    ) -> tuple[PETSc.Mat, PETSc.Vec]:
        """The system of equations under its conditions, with what the solver must know of it."""
        zero = fem.Constant(self.mesh, np.zeros(3))
        force = zero if body_force is None else body_force
        right = fem_petsc.assemble_vector(fem.form(ufl.inner(force, self._v) * ufl.dx))
        matrix = fem_petsc.assemble_matrix(self._form, bcs=conditions)
        matrix.assemble()
        matrix.setOption(PETSc.Mat.Option.SPD, True)
        fem_petsc.apply_lifting(right, [self._form], [conditions])
        right.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        fem_petsc.set_bc(right, conditions)
        x = self.space.tabulate_dof_coordinates()[: self.space.dofmap.index_map.size_local]
        modes = rigid_body_modes(matrix, x)
        matrix.setNearNullSpace(PETSc.NullSpace().create(vectors=orthonormal(modes)))
        if free_modes:
            free = PETSc.NullSpace().create(
                vectors=orthonormal([modes[k].copy() for k in free_modes])
            )
            matrix.setNullSpace(free)
            free.remove(right)
        return matrix, right

    def _iterate(self, matrix: PETSc.Mat, right: PETSc.Vec, u: fem.Function) -> None:
        ksp = PETSc.KSP().create(self.mesh.comm)
        ksp.setOptionsPrefix("scaffold_")
        options = PETSc.Options()
        for key, value in SOLVER_OPTIONS.items():
            options[f"scaffold_{key}"] = value
        ksp.setOperators(matrix)
        ksp.setFromOptions()
        ksp.setErrorIfNotConverged(True)
        try:
            with _SET_UP:
                ksp.setUp()
            with _SOLVE:
                ksp.solve(right, u.x.petsc_vec)
        except PETSc.Error as error:
            raise SolveError(
                f"the scaffold solve did not converge (PETSc error {error.ierr}, "
                f"{ksp.getIterationNumber()} iterations, residual {ksp.getResidualNorm():.2e})",
                hint="a part of the scaffold may hang in the air, or neighbouring inks differ by "
                "more than 1e6 in stiffness; compare a coarser mesh_size",
            ) from error
        self.iterations = ksp.getIterationNumber()
        u.x.scatter_forward()
        ksp.destroy()

    def strain(self, u: fem.Function) -> FloatArray:
        """Strain at the midpoint of each owned cell, ``(cells, 6)`` Mandel."""
        expression = fem.Expression(mandel_strain(u), _MIDPOINT)
        owned = self.mesh.topology.index_map(3).size_local
        return expression.eval(self.mesh, np.arange(owned, dtype=np.int32)).reshape(-1, 6)

    def energy(self, u: fem.Function) -> float:
        """Elastic energy ``½ ∫ ε : C : ε`` in nN·µm, over all ranks."""
        e = mandel_strain(u)
        local = fem.assemble_scalar(
            fem.form(0.5 * ufl.inner(ufl.dot(self._coefficient, e), e) * ufl.dx)
        )
        return float(self.mesh.comm.allreduce(local))


def vertex_values(u: fem.Function) -> FloatArray:
    """A vector field at the geometry nodes of this rank, ``(nodes, 3)``."""
    mesh = u.function_space.mesh
    linear = fem.functionspace(mesh, ("Lagrange", 1, (3,)))
    u1 = fem.Function(linear)
    u1.interpolate(u)
    values = np.zeros((len(mesh.geometry.x), 3))
    values[mesh.geometry.dofmap] = u1.x.array.reshape(-1, 3)[linear.dofmap.list]
    return values


def hold(
    space: fem.FunctionSpace,
    facets: np.ndarray,
    components: Sequence[int],
    values: Sequence[float | fem.Constant],
) -> list[fem.DirichletBC]:
    """Prescribe components of a vector space on boundary facets of this rank.

    A value that is a ``fem.Constant`` may be changed later.
    """
    conditions = []
    for component, value in zip(components, values, strict=True):
        part = space.sub(component)
        dofs = fem.locate_dofs_topological(part, 2, facets)
        given = value if isinstance(value, fem.Constant) else PETSc.ScalarType(value)
        conditions.append(fem.dirichletbc(given, dofs, part))
    return conditions


def rigid_body_modes(matrix: PETSc.Mat, x: FloatArray) -> list[PETSc.Vec]:
    """Three translations and three rotations at this rank's nodes ``(n, 3)``, not orthonormal."""
    # One centre for all ranks, or the rotations would not be rigid across them.
    total = matrix.comm.tompi4py().allreduce(np.append(x.sum(axis=0), len(x)))
    x = x - total[:3] / total[3]
    fields = [np.tile(row, (len(x), 1)) for row in np.eye(3)]
    fields += [np.cross(axis, x) for axis in np.eye(3)]
    vectors = []
    for values in fields:
        vector = matrix.createVecRight()
        vector.array[:] = values.ravel()
        vectors.append(vector)
    return vectors


def orthonormal(vectors: list[PETSc.Vec]) -> list[PETSc.Vec]:
    """Gram–Schmidt, twice for good measure, in place on copies."""
    basis: list[PETSc.Vec] = []
    for vector in vectors:
        w = vector.copy()
        for _ in range(2):
            for b in basis:
                w.axpy(-w.dot(b), b)
        w.normalize()
        basis.append(w)
    return basis
