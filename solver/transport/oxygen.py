"""Oxygen in the scaffold: steady diffusion against consumption, by finite elements.

``−div(κ grad p) + n r m(p) + Σ_j w_j (u_j + s_j (p − p_j)) = 0`` in the gel, with
``−κ ∂p/∂n = h (p − p_bath)`` where medium wets it (``p = p_bath`` without a still layer) and no
flux through glass. κ is the permeability, n the density of single cells, r m(p) what one takes,
and each ball j (a cluster of cells, a vessel) takes u_j in all at its mean pressure p_j. The weight
w_j of a ball is ``15/(8π b³) (1 − ρ²/b²)``, brought to 1 over the part of it that lies in the gel.

Newton's method needs no line search: what a cell takes is concave in p, so that after the first
step the iterates rise to the answer.
"""

from __future__ import annotations

# The package imports DOLFINx as if numba were absent, so it comes before DOLFINx itself.
import solver.mechanics  # noqa: F401

# isort: split
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI
from numpy.typing import NDArray
from petsc4py import PETSc

from meshes.errors import InputError, SolveError
from solver import _dolfinx
from solver.materials.tensors import FloatArray
from solver.mechanics.scaffold import MeshArrays, Spread
from solver.transport.places import QUADRATURE, Balls, Places, at_vertices, no_balls
from solver.transport.supply import Bath, OxygenGel, Respiration

_ITERATIONS = 60
_TOLERANCE = 1e-9  # residual over that of a gel without oxygen
_OPTIONS: dict[str, Any] = {
    "ksp_type": "cg",
    "ksp_norm_type": "unpreconditioned",
    "ksp_max_it": 1000,
    "pc_type": "gamg",
    "pc_gamg_type": "agg",
    "pc_gamg_agg_nsmooths": 1,
    "pc_gamg_coarse_eq_limit": 1000,
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_pc_type": "jacobi",
}


@dataclass(frozen=True, eq=False)
class OxygenField:
    """Oxygen in steady state.

    Attributes
    ----------
    pressure
        mmHg at the mesh points ``(n,)``, in the order of the input; complete on rank 0.
    in_balls
        Mean pressure of each ball ``(k,)``, mmHg, on every rank.
    taken
        By single cells and balls, amol/h, and so what the medium gives.
    iterations, n_dofs
        Newton's method, and size.
    """

    pressure: FloatArray
    in_balls: FloatArray
    taken: float
    iterations: int
    n_dofs: int
    _solver: OxygenSolver
    _values: FloatArray

    def at(self, points: FloatArray) -> FloatArray:
        """Pressure ``(k,)`` mmHg at points ``(k, 3)`` µm, the same on every rank.

        A point outside the mesh has that of the nearest vertex.
        """
        return self._solver.values_at(self._values, points)


class OxygenSolver:
    """One scaffold, set up once and solved for any balls.

    Parameters
    ----------
    mesh
        The whole mesh on rank 0, ``None`` elsewhere.
    gels
        Of each ink, in the order of its numbers; one serves all.
    baths
        By the tag of the faces they wet (:mod:`solver.mechanics.scaffold`: 1 on the glass, 2 under
        the plate, 3 free); faces of other tags let nothing through.
    density
        Single cells, 1/µm³: one number, or one per mesh cell ``(m,)`` in the order of the input
        (on every rank).
    respiration
        What a cell takes.
    comm
        Ranks that share the mesh.
    degree
        Polynomial degree of the pressure.

    Attributes
    ----------
    highest
        Of the pressures of the baths, mmHg.
    places
        Where things are in the mesh.

    Raises
    ------
    InputError
        If no face is wetted, or numbers do not fit.
    """

    def __init__(
        self,
        mesh: MeshArrays | None,
        gels: Sequence[OxygenGel],
        baths: Mapping[int, Bath],
        *,
        density: float | FloatArray = 0.0,
        respiration: Respiration | None = None,
        comm: MPI.Comm,
        degree: int = 2,
    ) -> None:
        if not any(tag in baths for tag in (1, 2, 3)):
            raise InputError(
                "no face of the scaffold is wetted by medium", hint="give a bath to the free faces"
            )
        self.respiration = respiration or Respiration()
        self.comm = comm
        spread = Spread(mesh, comm)
        self._spread, self.mesh = spread, spread.domain
        self.places = Places(self.mesh, comm)
        self._space = fem.functionspace(self.mesh, ("Lagrange", degree))
        self._p = fem.Function(self._space)
        self._dry = True  # not yet solved: there is no last answer
        rule, _ = _dolfinx.quadrature_rule(QUADRATURE)
        self._at_points = fem.Expression(self._p, rule)
        sinks = fem.functionspace(self.mesh, _dolfinx.quadrature_element((), QUADRATURE))
        self._slope, self._source = fem.Function(sinks), fem.Function(sinks)
        self._order = sinks.dofmap.list[: len(self.places.cells)].ravel()
        self._permeability = self._per_cell(_of_inks(gels, spread.cell_ink))
        original = np.asarray(self.mesh.topology.original_cell_index)[: len(spread.cell_ink)]
        given = np.asarray(density, dtype=float)
        self._density = self._per_cell(
            np.full(len(original), float(given)) if given.ndim == 0 else given[original]
        )
        self._set_forms(baths)

    def _per_cell(self, values: FloatArray) -> fem.Function:
        """A constant in each cell of this rank, ghosts included."""
        space = fem.functionspace(self.mesh, ("DG", 0))
        function = fem.Function(space)
        function.x.array[space.dofmap.list.ravel()] = values
        return function

    def _set_forms(self, baths: Mapping[int, Bath]) -> None:
        p, v = self._p, ufl.TestFunction(self._space)
        dx = ufl.Measure("dx", self.mesh, metadata={"quadrature_degree": QUADRATURE})
        ds = ufl.Measure("ds", self.mesh, subdomain_data=self._spread.tags)
        cells = self._density * self.respiration.most * _share(self.respiration, p)
        residual = self._permeability * ufl.inner(ufl.grad(p), ufl.grad(v)) * dx + cells * v * dx
        residual += (self._slope * p - self._source) * v * dx
        self._conditions: list[fem.DirichletBC] = []
        held = [np.zeros(0, dtype=np.int32)]
        for tag, bath in sorted(baths.items()):
            if bath.layer > 0.0:
                through = fem.Constant(self.mesh, bath.conductance)
                outside = fem.Constant(self.mesh, bath.pressure)
                residual += through * (p - outside) * v * ds(tag)
                continue
            dofs = fem.locate_dofs_topological(self._space, 2, self._spread.tags.find(tag))
            self._conditions.append(
                fem.dirichletbc(PETSc.ScalarType(bath.pressure), dofs, self._space)
            )
            held.append(dofs)
        self._held = np.unique(np.concatenate(held))
        self.highest = max(bath.pressure for bath in baths.values())
        self._residual = fem.form(residual)
        self._tangent = fem.form(ufl.derivative(residual, p))
        self._taken = fem.form(cells * dx)

    def solve(self, balls: Balls | None = None) -> OxygenField:
        """Oxygen with these balls; starts from the last answer.

        Raises
        ------
        InputError
            If a ball lies outside the gel.
        SolveError
            If the iteration does not converge.
        """
        balls = no_balls() if balls is None else balls
        weights = self.places.weights(balls)
        self._slope.x.array[self._order] = weights.T @ balls.slope
        self._source.x.array[self._order] = weights.T @ (balls.slope * balls.at - balls.uptake)
        iterations = self._newton()
        here = self._at_points.eval(self.mesh, self.places.cells).ravel() * self.places.volumes
        means = np.asarray(self.comm.allreduce(weights @ here))
        by_cells = float(self.comm.allreduce(fem.assemble_scalar(self._taken)))
        by_balls = float(np.sum(balls.uptake + balls.slope * (means - balls.at)))
        return OxygenField(
            pressure=self._spread.at_nodes(at_vertices(self._p)),
            in_balls=means,
            taken=by_cells + by_balls,
            iterations=iterations,
            n_dofs=int(self._space.dofmap.index_map.size_global),
            _solver=self,
            _values=self._p.x.array.copy(),
        )

    def _newton(self) -> int:
        """Solve in place; the number of iterations."""
        p = self._p
        before = np.full_like(p.x.array, self.highest) if self._dry else p.x.array.copy()
        p.x.array[:] = 0.0
        fem.set_bc(p.x.array, self._conditions)
        scale = self._unbalanced().norm()
        p.x.array[:] = before
        fem.set_bc(p.x.array, self._conditions)
        step = fem.Function(self._space)
        for iteration in range(_ITERATIONS):
            right = self._unbalanced()
            if right.norm() <= _TOLERANCE * scale:
                self._dry = False
                return iteration
            right.scale(-1.0)
            matrix = fem_petsc.assemble_matrix(self._tangent, bcs=self._conditions)
            matrix.assemble()
            self._step(matrix, right, step, 0.5 * _TOLERANCE * scale)
            matrix.destroy()
            p.x.array[:] += step.x.array
        self._dry = True
        raise SolveError(
            f"oxygen did not settle in {_ITERATIONS} iterations",
            hint="the half pressure of respiration may be tiny: 0.01 mmHg is as good as zero",
        )

    def _unbalanced(self) -> PETSc.Vec:
        """Residual, nothing where the pressure is held."""
        right = fem_petsc.assemble_vector(self._residual)
        right.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        own = self._held[self._held < self._space.dofmap.index_map.size_local]
        right.array[own] = 0.0
        return right

    def _step(
        self, matrix: PETSc.Mat, right: PETSc.Vec, step: fem.Function, tolerance: float
    ) -> None:
        ksp = PETSc.KSP().create(self.comm)
        ksp.setOptionsPrefix("oxygen_")
        options = PETSc.Options()
        for key, value in _OPTIONS.items():
            options[f"oxygen_{key}"] = value
        ksp.setOperators(matrix)
        ksp.setTolerances(rtol=1e-14, atol=tolerance)
        ksp.setFromOptions()
        ksp.setErrorIfNotConverged(True)
        try:
            ksp.solve(right, step.x.petsc_vec)
        except PETSc.Error as error:
            raise SolveError(
                f"the oxygen solve did not converge (PETSc error {error.ierr})",
                hint="a part of the scaffold may touch no medium; compare a coarser mesh_size",
            ) from error
        step.x.scatter_forward()
        ksp.destroy()

    def permeability(self, points: FloatArray) -> FloatArray:
        """κ ``(k,)`` amol/(h µm mmHg) at points ``(k, 3)`` µm, the same on every rank."""
        dofs = self._permeability.function_space.dofmap.list.ravel()
        return self.places.in_nearest_cell(points, self._permeability.x.array[dofs])

    def values_at(self, values: FloatArray, points: FloatArray) -> FloatArray:
        """A pressure, by its degrees of freedom on this rank, at points ``(k, 3)`` µm: ``(k,)``."""
        u = fem.Function(self._space)
        u.x.array[:] = values
        return self.places.values_at(u, points)


def _of_inks(gels: Sequence[OxygenGel], ink: NDArray[np.int_]) -> FloatArray:
    """Permeability of each cell, by its ink."""
    per_ink = np.array([gel.permeability for gel in gels])
    if len(per_ink) == 1:
        return np.full(len(ink), per_ink[0])
    if len(ink) and int(ink.max()) >= len(per_ink):
        raise InputError(f"expected a gel for each of {int(ink.max()) + 1} inks, found {len(gels)}")
    return per_ink[ink]


def _share(respiration: Respiration, p: fem.Function) -> Any:
    """:meth:`Respiration.share` as a UFL expression."""
    if respiration.law == "first_order":
        return p / respiration.half_pressure
    return p / (ufl.max_value(p, 0.0) + respiration.half_pressure)
