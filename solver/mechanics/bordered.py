"""Symmetric systems with a few constraints, by one LDLᵀ of the matrix alone (PETSc).

``[K C; Cᵀ 0] [x; μ] = [f; g]`` by block elimination: with K⁻¹ applied to f and C at once,
``(Cᵀ K⁻¹ C) μ = Cᵀ K⁻¹ f − g``. K need not be positive. Where the forces' own potential turns it
negative, Sylvester's and Haynsworth's laws of inertia count the directions in which the
*constrained* system would give way: negative pivots of K, plus positive eigenvalues of
``Cᵀ K⁻¹ C``, minus the number of constraints.
"""

from __future__ import annotations

import numpy as np
from petsc4py import PETSc

from meshes.errors import SolveError
from solver.materials.tensors import FloatArray


class BucklingError(SolveError):
    """Gel under pressure gives way."""


_SOLVERS = ("mumps", "petsc")  # these tell the inertia of what they factor


def solve_columns(factor: PETSc.Mat, columns: FloatArray) -> FloatArray:
    """All right-hand sides ``(n, r)`` at once through a factored matrix: ``(n, r)``."""
    shape, comm = columns.shape, factor.comm
    right = PETSc.Mat().createDense(shape, array=np.asfortranarray(columns), comm=comm)
    left = PETSc.Mat().createDense(shape, comm=comm)
    left.setUp()
    for matrix in (right, left):
        matrix.assemble()
    factor.matSolve(right, left)
    solution = left.getDenseArray().copy()
    right.destroy()
    left.destroy()
    return np.asarray(solution)


class BorderedSolver:
    """An LDLᵀ factorisation that is filled anew whenever the matrix has changed.

    Parameters
    ----------
    matrix
        Symmetric, on one process.
    """

    def __init__(self, matrix: PETSc.Mat) -> None:
        matrix.setOption(PETSc.Mat.Option.SYMMETRIC, True)
        self.matrix = matrix
        self._ksp = PETSc.KSP().create(matrix.comm)
        self._ksp.setType("preonly")
        self._ksp.setOptionsPrefix("bordered_")
        PETSc.Options()["bordered_mat_mumps_icntl_24"] = 1  # or MUMPS does not tell the inertia
        pc = self._ksp.getPC()
        pc.setType("cholesky")
        has = PETSc.Sys.hasExternalPackage
        pc.setFactorSolverType(next((name for name in _SOLVERS[:-1] if has(name)), _SOLVERS[-1]))
        self._ksp.setErrorIfNotConverged(True)
        self._ksp.setOperators(matrix)

    def factor(self, constraints: FloatArray) -> None:
        """Factor the matrix as it is now, under these constraints.

        Parameters
        ----------
        constraints
            C ``(n, k)``, linearly independent columns.

        Raises
        ------
        SolveError
            If the matrix is singular to working precision.
        """
        try:
            self._ksp.setOperators(self.matrix)
            self._ksp.setUp()
        except PETSc.Error as error:
            raise SolveError(f"the factorisation failed (PETSc error {error.ierr})") from error
        self._constraints = constraints
        self._reactions = solve_columns(self._ksp.getPC().getFactorMatrix(), constraints)
        schur = constraints.T @ self._reactions
        self._schur = 0.5 * (schur + schur.T)
        if not np.isfinite(self._schur).all():
            raise SolveError("the system of equations is singular")

    def solve(
        self, right: FloatArray, targets: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Solve with the last factor.

        Parameters
        ----------
        right
            f ``(n, r)``.
        targets
            g ``(k, r)``; zero by default.

        Returns
        -------
        tuple
            x ``(n, r)`` and the multipliers μ ``(k, r)``.
        """
        plain = solve_columns(self._ksp.getPC().getFactorMatrix(), right)
        excess = self._constraints.T @ plain
        if targets is not None:
            excess = excess - targets
        multipliers = np.linalg.solve(self._schur, excess)
        return plain - self._reactions @ multipliers, np.asarray(multipliers)

    @property
    def weak_modes(self) -> int:
        """Directions in which the constrained system, as last factored, gives way; 0 is stable."""
        negative = self._ksp.getPC().getFactorMatrix().getInertia()[0]
        positive = int((np.linalg.eigvalsh(self._schur) > 0.0).sum())
        return int(negative) + positive - len(self._schur)

    def require_stable(self) -> None:
        """Raise where gel under pressure would give way.

        Raises
        ------
        BucklingError
            If there are weak modes.
        """
        if self.weak_modes:
            raise BucklingError(
                "the gel around the cell buckles under the pressure that the load has put it "
                f"under ({self.weak_modes} ways to give way)",
                hint="use a smaller load.strain or swelling, or prestrain: false",
            )
