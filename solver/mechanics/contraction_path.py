"""Equilibria of a contracting cell, from rest to the strain asked for (DOLFINx, PETSc).

Newton's method with the cell's strain prescribed and its force unknown, in steps that are halved
where they fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import dolfinx.fem.petsc as fem_petsc
import numpy as np

from meshes.errors import SolveError
from solver.materials.tensors import FloatArray
from solver.mechanics.bordered import BorderedSolver
from solver.mechanics.total_lagrangian import TotalLagrangian

_TOLERANCE = 1e-12  # work that the unbalanced forces could still do, over the cell's
_ITERATIONS = 14
_LEAST_SHARE = 1.0 / 32.0  # of a Newton step that is cut back
_SMALLEST_STEP = 1.0 / 64.0  # of the contraction


@dataclass(frozen=True, eq=False)
class State:
    """Displacement ``(n,)`` in radii, force that the first border carries, contraction."""

    u: FloatArray
    force: float
    strain: float


class _Step(NamedTuple):
    """Newton's change of the displacement, the force then, the work of the unbalanced forces."""

    change: FloatArray
    force: float
    work: float


class Path:
    """Equilibria of one cell, from rest to the contraction asked for.

    Parameters
    ----------
    system
        The gel at rest.
    solver
        Of its tangent matrix.
    borders
        ``(n, 4)``: the gradient of the cell's mean strain along its axis, and no turning.
    """

    def __init__(
        self, system: TotalLagrangian, solver: BorderedSolver, borders: FloatArray
    ) -> None:
        self._system, self._solver, self._borders = system, solver, borders
        rest = np.zeros(len(borders))
        self._held: FloatArray = rest
        self._held = self._forces(rest)

    def _forces(self, u: FloatArray) -> FloatArray:
        """Nodal forces of the gel at ``u`` beyond those at rest; NaN where it is inside out."""
        self._system.u.x.array[:] = u
        self._system.update()
        return fem_petsc.assemble_vector(self._system.residual_form).array - self._held

    def _factor(self) -> None:
        """Factor the tangent of the state that the forces were last asked for."""
        matrix = self._solver.matrix
        matrix.zeroEntries()
        fem_petsc.assemble_matrix(matrix, self._system.tangent_form)
        matrix.assemble()
        self._solver.factor(self._borders)

    def _step(self, u: FloatArray, forces: FloatArray, strain: float) -> _Step:
        """Towards equilibrium at ``strain``, with the last factor."""
        target = -(self._borders.T @ u)
        target[0] -= strain
        change, carried = self._solver.solve(-forces[:, None], target[:, None])
        work = abs(float(forces @ change[:, 0]))
        return _Step(change[:, 0], float(carried[0, 0]), work)

    def linear(self, strain: float) -> State:
        """The tangent's answer at rest."""
        rest = np.zeros(len(self._borders))
        self._factor()
        step = self._step(rest, rest, strain)
        return State(step.change, step.force, strain)

    def march(self, small: State) -> tuple[State, bool]:
        """Go to the strain of the tangent's answer in steps that are halved where they fail.

        Returns
        -------
        tuple
            The last state reached, and whether all states on the way are stable.
        """
        state, stable = State(np.zeros(len(small.u)), 0.0, 0.0), True
        step, slope = small.strain, small.u / small.strain
        while state.strain < small.strain and step >= _SMALLEST_STEP * small.strain:
            strain = min(small.strain, state.strain + step)
            try:
                found = self._equilibrium(state.u + (strain - state.strain) * slope, strain)
            except SolveError:  # a tangent that is singular: no equilibrium to be found from here
                found = None
            if found is None:
                step *= 0.5
            else:
                slope = (found.u - state.u) / (found.strain - state.strain)
                state, stable = found, stable and self._solver.weak_modes == 0
        return state, stable

    def _equilibrium(self, u: FloatArray, strain: float) -> State | None:
        """Equilibrium from a guess of that strain; ``None`` where Newton does not find it.

        Unbalanced forces are measured by the work they could do, ``r·K⁻¹r``, with the tangent of
        the step: free space, gel and glass, ten orders apart, count as they matter.
        """
        forces = self._forces(u)
        for _ in range(_ITERATIONS):
            if not np.isfinite(forces).all():
                return None
            self._factor()
            step = self._step(u, forces, strain)
            enough = _TOLERANCE * abs(step.force) * strain
            if step.work <= enough:
                return State(u, step.force, strain)
            share = 1.0
            while True:
                forces = self._forces(u + share * step.change)
                if np.isfinite(forces).all():
                    again = self._step(u + share * step.change, forces, strain)
                    if again.work < step.work:
                        break
                share *= 0.5
                if share < _LEAST_SHARE:
                    return None
            u = u + share * step.change
            if again.work <= enough:
                self._factor()  # of the state itself: its stability is asked for
                return State(u, again.force, strain)
        return None
