"""From a periodic cell to its effective stiffness (DOLFINx, PETSc).

The displacement is ``u = H·x + w`` with a macroscopic gradient H and a fluctuation w, periodic or,
for comparison, zero on the boundary. Six unit strains share one factorisation, and
``C*_pq = U_pᵀ K U_q / V`` of the six solutions is symmetric and equals the mean energy by
construction, with an error of second order in that of the solutions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from numpy.typing import ArrayLike

from solver.materials.tensors import FloatArray, from_mandel
from solver.mechanics.periodic import (
    PeriodicCell,
    ReducedMatrix,
    Reduction,
    cell_space,
    csr,
    definite_solver,
    periodic_reduction,
    uniform_reduction,
)
from solver.mechanics.probe import mandel_strain

Boundary = Literal["periodic", "uniform"]
_ZERO = 1e-9  # of the largest eigenvalue: strains that cost less than this are free


@dataclass(frozen=True, eq=False)
class Effective:
    """Effective stiffness of a cell.

    Attributes
    ----------
    stiffness
        ``(6, 6)`` Mandel, kPa, per volume of the whole cell.
    n_cells, n_dofs
        Tetrahedra and reduced unknowns.
    """

    stiffness: FloatArray
    n_cells: int
    n_dofs: int

    @property
    def axial_modulus(self) -> float:
        """Young's modulus along z, E_L, kPa; of fibres alone too, whose other strains are free."""
        return 1.0 / float(np.linalg.pinv(self.stiffness, rcond=_ZERO, hermitian=True)[2, 2])


def homogenise(
    cell: PeriodicCell,
    stiffness: Sequence[ArrayLike],
    *,
    boundary: Boundary = "periodic",
    degree: int = 2,
) -> Effective:
    """Effective linear stiffness of a periodic cell.

    Parameters
    ----------
    cell
        Mesh and phases.
    stiffness
        Stiffness ``(6, 6)`` Mandel in kPa of each phase.
    boundary
        ``periodic``, or ``uniform``: the strain imposed on the whole boundary, which is never
        softer.
    degree
        Polynomial degree of the displacement.

    Raises
    ------
    SolveError
        If opposite sides do not match or the factorisation fails.
    """
    space, phase = cell_space(cell, degree)
    if boundary == "periodic":
        reduction = periodic_reduction(space, cell)
    else:
        reduction = uniform_reduction(space)
    tensors = np.asarray(stiffness, dtype=float)[phase]
    return condense(space, tensors, reduction, float(np.prod(cell.size)))


def condense(
    space: fem.FunctionSpace, stiffness: FloatArray, reduction: Reduction, volume: float
) -> Effective:
    """Mean energy of six unit strains, the fluctuation free within a reduction.

    Parameters
    ----------
    space
        Displacements on the cell.
    stiffness
        ``(m, 6, 6)`` Mandel in kPa, in the order of the cells of the space's mesh.
    reduction
        Which fluctuations are allowed.
    volume
        Of the whole cell, pores included, µm³.

    Raises
    ------
    SolveError
        If the factorisation fails.
    """
    per_cell = fem.functionspace(space.mesh, ("DG", 0, (6, 6)))
    coefficient = fem.Function(per_cell)
    coefficient.x.array.reshape(-1, 36)[per_cell.dofmap.list.ravel()] = stiffness.reshape(-1, 36)
    trial, test = ufl.TrialFunction(space), ufl.TestFunction(space)
    stress = ufl.dot(coefficient, mandel_strain(trial))
    form = fem.form(ufl.inner(stress, mandel_strain(test)) * ufl.dx)
    assembled = fem_petsc.assemble_matrix(form)
    assembled.assemble()
    matrix = csr(assembled)
    assembled.destroy()
    strains = np.array([from_mandel(e).ravel() for e in np.eye(6)])
    u = reduction.gradients @ strains.T
    factors = ReducedMatrix(reduction, definite_solver())
    factors.factorise(matrix)
    u -= reduction.expand(factors.solve(reduction.restrict(matrix @ u)))
    c = u.T @ (matrix @ u) / volume
    return Effective(0.5 * (c + c.T), len(stiffness), reduction.size)
