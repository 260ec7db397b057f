"""A periodic cell pulled along z at finite strain (DOLFINx, PETSc).

``u = H·x + w`` with periodic w; ``H_zz = λ − 1`` is given, ``H_xz = H_yz = 0`` keeps the z axis in
its place, ``H_yx = 0`` fixes the turn about it, and the other five entries of H are unknowns whose
macroscopic stresses vanish: uniaxial tension. They are eliminated by a Schur complement, so that
one factorisation of the periodic stiffness serves a Newton step. Compressible neo-Hookean phases
``Ψ = μ/2 (tr C − 3 − 2 ln J) + λ/2 (ln J)²`` as in the hyperelastic gels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from numpy.typing import ArrayLike

from meshes.errors import SolveError
from solver.materials.mean_field import Phase
from solver.materials.tensors import FloatArray
from solver.mechanics.periodic import (
    PeriodicCell,
    ReducedMatrix,
    cell_space,
    csr,
    periodic_reduction,
    symmetric_solver,
)

_AXIAL = 8  # H_zz among the nine entries of H, row by row
_FREE = (0, 1, 4, 6, 7)  # H_xx, H_xy, H_yy, H_zx, H_zy
_TOLERANCE = 1e-7  # of the nodal forces under 1 % of uniform stretch
_ITERATIONS = 12
_HALVINGS = 6
_QUADRATURE = {"quadrature_degree": 2}


class StretchCurve(NamedTuple):
    """Uniaxial tension of a cell along z.

    Attributes
    ----------
    stretch
        λ, ``(n,)``; the first is 1.
    stress
        Nominal stress P_zz per area of the whole cell, kPa, ``(n,)``.
    tangent
        dP_zz/dλ, kPa, ``(n,)``.
    lateral
        Macroscopic stretches across, F_xx and F_yy, ``(n, 2)``; of fibres alone 1, without meaning.
    iterations
        Newton steps in all.
    """

    stretch: FloatArray
    stress: FloatArray
    tangent: FloatArray
    lateral: FloatArray
    iterations: int


class _Slope(NamedTuple):
    """Derivatives with λ of w and H, dP_zz/dλ, and the norm of the nodal forces of uniform λ."""

    w: FloatArray
    h: FloatArray
    tangent: float
    force: float


class CellStretch:
    """Neo-Hookean phases on a periodic cell, ready to be pulled.

    Parameters
    ----------
    cell
        Mesh and phases.
    phases
        Small-strain moduli of each phase.
    degree
        Polynomial degree of the displacement.
    """

    def __init__(self, cell: PeriodicCell, phases: Sequence[Phase], degree: int = 2) -> None:
        space, phase = cell_space(cell, degree)
        self._u = fem.Function(space)
        constant = fem.functionspace(space.mesh, ("DG", 0))
        shear, lame = fem.Function(constant), fem.Function(constant)
        place = constant.dofmap.list.ravel()
        shear.x.array[place] = np.array([p.shear for p in phases])[phase]
        lame.x.array[place] = np.array([p.bulk - 2.0 / 3.0 * p.shear for p in phases])[phase]
        f = ufl.Identity(3) + ufl.grad(self._u)
        log_j = ufl.ln(ufl.det(f))
        density = 0.5 * shear * (ufl.inner(f, f) - 3.0 - 2.0 * log_j) + 0.5 * lame * log_j**2
        test, trial = ufl.TestFunction(space), ufl.TrialFunction(space)
        residual = ufl.derivative(density * ufl.dx(metadata=_QUADRATURE), self._u, test)
        self._residual = fem.form(residual)
        self._tangent = fem.form(ufl.derivative(residual, self._u, trial))
        self._matrix = fem_petsc.create_matrix(self._tangent)
        self._reduction = periodic_reduction(space, cell)
        self._factors = ReducedMatrix(self._reduction, symmetric_solver())
        # Fibres alone are free across: their fluctuation already holds the lateral gradients
        self._free = list(_FREE) if all(cell.periodic) else []
        self._volume = float(np.prod(cell.size))
        self._length = float(np.cbrt(self._volume))
        self._w = np.zeros(self._reduction.size)
        self._h = np.zeros(9)
        self.iterations = 0

    def pull(self, stretches: ArrayLike) -> StretchCurve:
        """Stress and tangent at rising stretches.

        Parameters
        ----------
        stretches
            λ ``(n,)``, each past the one before; the state at 1 comes first by itself.

        Raises
        ------
        SolveError
            If Newton's method fails although the step was halved six times.
        """
        self._w[:], self._h[:], self.iterations = 0.0, 0.0, 0
        slope = self._slope()
        rows = [(1.0, self._stress(), slope.tangent, 1.0, 1.0)]
        for target in np.asarray(stretches, dtype=float):
            step, halvings = target - 1.0 - self._h[_AXIAL], 0
            while abs(rest := target - 1.0 - self._h[_AXIAL]) > 1e-12:
                step = min(step, rest, key=abs)
                before = self._w.copy(), self._h.copy()
                if self._advance(step, slope):
                    slope, step = self._slope(), 2.0 * step
                    continue
                self._w, self._h = before
                step, halvings = 0.5 * step, halvings + 1
                if halvings > _HALVINGS:
                    raise SolveError(
                        f"the fibre cell found no equilibrium past a stretch of "
                        f"{1.0 + self._h[_AXIAL]:.4g}",
                        hint="stop at a smaller stretch or choose a finer mesh",
                    )
            rows.append((target, self._stress(), slope.tangent, *(1.0 + self._h[[0, 4]])))
        table = np.array(rows)
        return StretchCurve(table[:, 0], table[:, 1], table[:, 2], table[:, 3:], self.iterations)

    def _advance(self, step: float, slope: _Slope) -> bool:
        """Newton from the tangent prediction; False if it does not arrive."""
        self._w += step * slope.w
        self._h += step * slope.h
        for _ in range(_ITERATIONS):
            self._displace()
            full = fem_petsc.assemble_vector(self._residual)
            r = self._reduction.restrict(full.array)
            s = self._reduction.gradients[:, self._free].T @ full.array
            full.destroy()
            size = float(np.hypot(np.linalg.norm(r), np.linalg.norm(s) / self._length))
            if not np.isfinite(size):
                return False
            if size < _TOLERANCE * 0.01 * slope.force:
                return True
            try:
                dw, dh = self._eliminate(self._assemble(), r, s)
            except SolveError:
                return False
            self._w += dw
            self._h[self._free] += dh
            self.iterations += 1
        return False

    def _slope(self) -> _Slope:
        """How the equilibrium at hand changes with λ."""
        self._displace()
        matrix = self._assemble()
        axial = matrix @ self._reduction.gradients[:, _AXIAL]
        b = self._reduction.restrict(axial)
        dw, dh = self._eliminate(matrix, b, self._reduction.gradients[:, self._free].T @ axial)
        h = np.zeros(9)
        h[_AXIAL] = 1.0
        h[self._free] = dh
        change = self._reduction.gradients @ h + self._reduction.expand(dw)
        return _Slope(dw, h, float(axial @ change) / self._volume, float(np.linalg.norm(axial)))

    def _eliminate(
        self, matrix: Any, r: FloatArray, s: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Changes of w and of the free entries of H that take away the residuals r and s."""
        gradients = self._reduction.gradients[:, self._free]
        coupled = matrix @ gradients
        border = self._reduction.restrict(coupled)
        self._factors.factorise(matrix)
        z = self._factors.solve(np.column_stack([border, r]))
        schur = gradients.T @ coupled - border.T @ z[:, :-1]
        dh = -np.linalg.solve(schur, s - border.T @ z[:, -1])
        return -(z[:, -1] + z[:, :-1] @ dh), dh

    def _displace(self) -> None:
        self._u.x.array[:] = self._reduction.gradients @ self._h + self._reduction.expand(self._w)

    def _assemble(self) -> Any:
        self._matrix.zeroEntries()
        fem_petsc.assemble_matrix(self._matrix, self._tangent)
        self._matrix.assemble()
        return csr(self._matrix)

    def _stress(self) -> float:
        """Nominal stress P_zz of the state at hand, kPa."""
        full = fem_petsc.assemble_vector(self._residual)
        stress = self._reduction.gradients[:, _AXIAL] @ full.array / self._volume
        full.destroy()
        return float(stress)
