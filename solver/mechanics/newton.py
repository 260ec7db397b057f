"""Newton's method at finite strain with a line search on the residual (PETSc SNES).

It has converged when the residual is small against the first one and against the forces at the
supports (a start that all but inverts an element has a huge one), or has come down to the floor
that rounding leaves: never by energy. An element that turns inside out makes the residual NaN, and
the line search goes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import dolfinx.fem.petsc as fem_petsc
import numpy as np
from dolfinx import fem, la
from mpi4py import MPI
from petsc4py import PETSc

from solver.materials.tensors import FloatArray
from solver.mechanics.newton_linear import LinearKind, set_up
from solver.mechanics.total_lagrangian import TotalLagrangian

_FLOOR = 1e-11  # of the nodal force that unit strain would leave unbalanced: above rounding
# PETSc's bt halves a step whose residual is NaN before anything else, whatever the rank it is on.
_SNES_OPTIONS: dict[str, Any] = {
    "snes_type": "newtonls",
    "snes_linesearch_type": "bt",
    "snes_linesearch_minlambda": 1e-4,
}


@dataclass(frozen=True)
class StepControl:
    """How the load factor t goes from 0 to 1.

    Parameters
    ----------
    first
        First step.
    minimum
        A step that fails below this ends the solve.
    iterations
        Newton iterations of one step at most.
    tolerance
        Residual relative to the first of the step, and to the forces at the supports.
    """

    first: float = 0.25
    minimum: float = 1e-3
    iterations: int = 15
    tolerance: float = 1e-8


@dataclass(frozen=True)
class StepRecord:
    """A converged step: load factor, Newton and linear iterations, norms of the residual."""

    t: float
    newton: int
    linear: int
    residuals: tuple[float, ...]


class Worst(NamedTuple):
    """The smallest J that was met and where, µm."""

    jacobian: float
    point: FloatArray


class Newton:
    """Newton's method for one problem with given Dirichlet conditions.

    Parameters
    ----------
    problem
        Forms and unknown; solved in place.
    conditions
        On :attr:`TotalLagrangian.displacement_space`; their values may change between solves.
    control
        Tolerance and iterations.
    linear
        ``direct``, ``iterative`` or ``auto``: by size.
    prefix
        Of the PETSc options.
    """

    def __init__(
        self,
        problem: TotalLagrangian,
        conditions: list[fem.DirichletBC],
        *,
        control: StepControl | None = None,
        linear: LinearKind = "auto",
        prefix: str = "finite_",
    ) -> None:
        self.problem = problem
        self.conditions = conditions
        self.control = control or StepControl()
        dofmap = problem.space.dofmap
        self._owned = dofmap.index_map.size_local * dofmap.index_map_bs
        self._internal = la.vector(dofmap.index_map, dofmap.index_map_bs)
        held = [c.dof_indices()[0] for c in conditions]
        dofs = np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *held]))
        self._held = dofs[dofs < self._owned]
        self._residuals: list[float] = []
        self._first = self._support = 0.0
        self.worst = Worst(np.inf, np.full(3, np.nan))
        self._matrix = fem_petsc.create_matrix(problem.tangent_form)
        self._x, self._f = self._matrix.createVecs()
        self._snes = PETSc.SNES().create(problem.mesh.comm)
        self._snes.setFunction(self._residual, self._f)
        self._snes.setJacobian(self._jacobian, self._matrix)
        self._snes.setConvergenceTest(self._converged)
        self._snes.setMonitor(lambda _, k, norm: self._residuals.append(float(norm)))
        set_up(self._snes, problem, self._matrix, linear, prefix, _SNES_OPTIONS)
        self._floor = _FLOOR * self._force_scale()

    def _force_scale(self) -> float:
        """Norm of the nodal forces μ V^⅔ of all cells, nN."""
        q = self.problem.points_per_cell
        volume = self.problem.weights.reshape(-1, q).sum(axis=1)
        shear = self.problem.material.shear.reshape(-1, q).mean(axis=1)
        local = float(np.sum((shear * volume ** (2.0 / 3.0)) ** 2))
        return float(np.sqrt(self.problem.mesh.comm.allreduce(local)))

    def _take(self, x: PETSc.Vec) -> None:
        self.problem.u.x.array[: self._owned] = x.array_r
        self.problem.u.x.scatter_forward()

    def _assemble(self) -> None:
        """Residual of every node, the held ones included, in ``self._internal`` of this rank."""
        self.problem.update()
        jacobian = np.nan_to_num(self.problem.jacobian, nan=-np.inf)
        if len(jacobian) and jacobian.min() < self.worst.jacobian:
            k = int(np.argmin(jacobian))
            self.worst = Worst(float(jacobian[k]), self.problem.points[k])
        self._internal.array[:] = 0.0
        fem.assemble_vector(self._internal.array, self.problem.residual_form)

    def _residual(self, snes: PETSc.SNES, x: PETSc.Vec, f: PETSc.Vec) -> None:
        self._take(x)
        self._assemble()
        self._internal.scatter_reverse(la.InsertMode.add)
        held = self._internal.array[self._held]
        self._support = float(np.sqrt(self.problem.mesh.comm.allreduce(float(held @ held))))
        f.array[:] = self._internal.array[: self._owned]
        f.array[self._held] = 0.0  # the start value satisfies the conditions

    def _converged(self, snes: PETSc.SNES, k: int, norms: tuple[float, float, float]) -> int:
        if k == 0:
            self._first = norms[2]
        goal = self.control.tolerance * min(self._first, self._support)
        reason = PETSc.SNES.ConvergedReason
        if norms[2] <= max(goal, self._floor):
            return int(reason.CONVERGED_FNORM_RELATIVE)
        return int(reason.ITERATING)

    def _evaluated(self, x: PETSc.Vec) -> bool:
        """Whether ``x`` is where the residual was last evaluated, on all ranks."""
        same = np.array_equal(self.problem.u.x.array[: self._owned], x.array_r)
        return bool(self.problem.mesh.comm.allreduce(same, op=MPI.LAND))

    def _jacobian(self, snes: PETSc.SNES, x: PETSc.Vec, j: PETSc.Mat, p: PETSc.Mat) -> None:
        if not self._evaluated(x):
            self._residual(snes, x, self._f.duplicate())
        self._assemble_tangent()

    def _assemble_tangent(self) -> None:
        self._matrix.zeroEntries()
        fem_petsc.assemble_matrix(self._matrix, self.problem.tangent_form, bcs=self.conditions)
        self._matrix.assemble()

    def impose(self) -> None:
        """Put the prescribed values into the unknown."""
        array = self.problem.u.x.array
        for condition in self.conditions:
            condition.set(array)
        self.problem.u.x.scatter_forward()

    def predict(self) -> bool:
        """One linear step from the unknown to the present conditions and loads.

        Returns whether the linear solve went well; the unknown then satisfies the conditions.
        """
        u = self.problem.u.x.array
        self._assemble()
        b = self._internal.array
        b *= -1.0
        form = self.problem.tangent_form
        fem.apply_lifting(b, [form], [self.conditions], x0=[u], alpha=1.0)
        self._internal.scatter_reverse(la.InsertMode.add)
        for condition in self.conditions:
            condition.set(b, u, 1.0)
        self._f.array[:] = b[: self._owned]
        self._assemble_tangent()
        ksp = self._snes.getKSP()
        ksp.setOperators(self._matrix)
        ksp.solve(self._f, self._x)
        if ksp.getConvergedReason() < 0:
            return False
        self.problem.u.x.array[: self._owned] += self._x.array_r
        self.problem.u.x.scatter_forward()
        self.impose()
        return True

    def solve(self, t: float = 1.0) -> StepRecord | None:
        """Equilibrium from the unknown as start value; ``None`` where it is not reached.

        The start value satisfies the conditions (:meth:`impose`, :meth:`predict`); ``t`` only
        labels the record.
        """
        self._residuals.clear()
        self._x.array[:] = self.problem.u.x.array[: self._owned]
        self._snes.setTolerances(stol=0.0, max_it=self.control.iterations)
        self._snes.solve(None, self._x)
        if self._snes.getConvergedReason() <= 0:
            return None
        if not self._evaluated(self._x):
            self._residual(self._snes, self._x, self._f)
        return StepRecord(
            t,
            self._snes.getIterationNumber(),
            self._snes.getLinearSolveIterations(),
            tuple(self._residuals),
        )

    @property
    def nodal_forces(self) -> FloatArray:
        """Internal forces of this rank's unknowns as last solved, nN, the held ones included."""
        return np.asarray(self._internal.array[: self._owned])

    def reaction(self, dofs: np.ndarray) -> float:
        """Sum over all ranks of the nodal forces that hold ``dofs``, nN, as last solved."""
        own = np.unique(dofs[dofs < self._owned])
        local = float(np.sum(self.nodal_forces[own]))
        return float(self.problem.mesh.comm.allreduce(local))

    def inverted(self) -> bool:
        """Whether the unknown turns an element of any rank inside out."""
        self.problem.measure()
        return bool(self.problem.mesh.comm.allreduce(self.problem.inverted, op=MPI.LOR))

    def worst_anywhere(self) -> Worst:
        """The worst of all ranks since it was last reset."""
        every = self.problem.mesh.comm.allgather(self.worst)
        return min(every, key=lambda w: w.jacobian)

    def destroy(self) -> None:
        """Free what PETSc holds; the unknown stays."""
        for item in (self._snes, self._matrix, self._x, self._f):
            item.destroy()

    def forget_worst(self) -> None:
        """Start looking for the worst anew."""
        self.worst = Worst(np.inf, np.full(3, np.nan))
