"""The cell probe: six unit tractions on a spherical cavity, one factorisation (DOLFINx, PETSc).

One template mesh, moved to every site. On it the stiffness is sampled at the quadrature points.
The outer sphere is free but for weak springs: the six loads are in equilibrium by themselves, so
that nothing has to hold them, and a strand thinner than the ball may move where it leaves it.
``M_ij = t_i · K⁻¹ t_j / V`` with ``t_j`` the load of the unit traction
``τ_j·n`` is the mean surface strain ``(1/V)∮ sym(u⊗n) dS`` under it.

Gel that is strained already answers with ``∫ ε:c:ε + σ₀:(∇uᵀ∇u)``, c the tangent and σ₀ the stress
in the deformed state. What holds that state at the cell is its mean pressure, which follows the
surface as a liquid's does, and dead tractions for the rest [assumption]. Where these press they
would turn the ball over: the gel around is taken to keep it from turning as a whole.
"""

from __future__ import annotations

from functools import cached_property

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from dolfinx import mesh as dolfinx_mesh
from mpi4py import MPI
from numpy.typing import NDArray
from petsc4py import PETSc

from meshes.errors import SolveError
from solver import _dolfinx
from solver.materials.tensors import SQRT2, FloatArray, from_mandel, isotropic
from solver.mechanics.bordered import BorderedSolver, solve_columns
from solver.mechanics.template import Template, build

QUADRATURE_DEGREE = 2  # four points a tetrahedron, exact for quadratic elements and uniform C
_SPRING = 1e-3  # of the stiffness beside the cell over the ball's radius: ends rigid motion only
_SOLVERS = ("cholmod", "mumps", "petsc")  # the first that this PETSc has; fastest first


def mandel_strain(u: ufl.core.expr.Expr) -> ufl.core.expr.Expr:
    """Small strain of ``u`` as a Mandel vector in UFL."""
    e = ufl.sym(ufl.grad(u))
    shear = (SQRT2 * e[1, 2], SQRT2 * e[0, 2], SQRT2 * e[0, 1])
    return ufl.as_vector([e[0, 0], e[1, 1], e[2, 2], *shear])


def _cholesky() -> str:
    for name in _SOLVERS[:-1]:
        if PETSc.Sys.hasExternalPackage(name):
            return name
    return _SOLVERS[-1]


class CellProbe:
    """A factorisation that is set up once and filled anew for every site.

    Parameters
    ----------
    template
        Mesh recipe in cell radii.
    radius
        Cell radius a, µm.
    degree
        Polynomial degree of the displacement.
    """

    def __init__(self, template: Template, radius: float, degree: int = 2) -> None:
        self.radius = radius
        points, cells = build(template)
        self.template, self.degree = template, degree
        # Solved in units of the cell radius: M does not depend on it.
        self.mesh = _dolfinx.create_mesh(MPI.COMM_SELF, points, cells)
        self.space = fem.functionspace(self.mesh, ("Lagrange", degree, (3,)))
        self._stiffness, self._order = self._sampled((6, 6))
        u, v = ufl.TrialFunction(self.space), ufl.TestFunction(self.space)
        dx = ufl.dx(metadata={"quadrature_degree": QUADRATURE_DEGREE})
        stress = ufl.dot(self._stiffness, mandel_strain(u))
        self._spring = fem.Constant(self.mesh, 1.0)
        self._outer_radius = template.radii[-1]
        self._inside, self._outside = self._spheres()
        self._tension = fem.Constant(self.mesh, 0.0)
        form = ufl.inner(stress, mandel_strain(v)) * dx + self.springs(u, v)
        self._form = fem.form(form)
        initial, _ = self._sampled((3, 3))
        turned = ufl.inner(ufl.dot(ufl.grad(u), initial), ufl.grad(v)) * dx
        at_rest = fem.Function(self.space)
        turned += ufl.derivative(self.following(at_rest, v), at_rest, u)
        self._initial, self._stressed_form = initial, form + turned
        cells = self.mesh.topology.index_map(3).size_local
        self._points, share = _dolfinx.quadrature_points(self.mesh, QUADRATURE_DEGREE, cells)
        self._widths = np.cbrt(share)
        self._beside = np.linalg.norm(self._points, axis=1) < template.radii[1]
        self._load_inner_sphere()
        self._stiffness.x.array[:] = np.tile(isotropic(1.0, 0.3).ravel(), len(self._order))
        self._matrix = fem_petsc.assemble_matrix(self._form)
        self._matrix.assemble()
        self._matrix.setOption(PETSc.Mat.Option.SPD, True)
        self._ksp = PETSc.KSP().create(MPI.COMM_SELF)
        self._ksp.setType("preonly")
        self._ksp.getPC().setType("cholesky")
        self._ksp.getPC().setFactorSolverType(_cholesky())
        self._ksp.setErrorIfNotConverged(True)
        self._ksp.setOperators(self._matrix)
        self._uniform: dict[float, FloatArray] = {}

    @property
    def n_dofs(self) -> int:
        """Degrees of freedom of the template."""
        return int(self.space.dofmap.index_map.size_global * 3)

    @cached_property
    def widths(self) -> FloatArray:
        """Size in µm of the volume that each sampling point stands for, ``(q,)``."""
        return self._widths * self.radius

    def points(self, site: FloatArray) -> FloatArray:
        """Sampling points ``(q, 3)`` in µm around a site ``(3,)``."""
        return np.asarray(site, dtype=float) + self.radius * self._points

    def springs(self, u: ufl.core.expr.Expr, v: ufl.core.expr.Expr) -> ufl.Form:
        """The weak springs under the outer sphere, as :meth:`set_springs` has set them."""
        return self._spring * ufl.inner(u, v) * self._outside

    def following(self, u: ufl.core.expr.Expr, v: ufl.core.expr.Expr) -> ufl.Form:
        """What the mean tension at the cell does more than at rest as its surface moves.

        ``−p ∮ (J F⁻ᵀ N − N)·v`` with N out of the gel and p as :meth:`set_tension` has set it.
        """
        f = ufl.Identity(3) + ufl.grad(u)
        normal = ufl.FacetNormal(self.mesh)
        moved = ufl.dot(ufl.cofac(f), normal) - normal
        exactly = self._inside(metadata={"quadrature_degree": 4})  # or it is not symmetric
        return -self._tension * ufl.inner(moved, v) * exactly

    def set_tension(self, stress: FloatArray) -> None:
        """Mean of the stress ``(q, 3, 3)`` kPa around the cell, what :meth:`following` holds."""
        mean = np.trace(stress[self._beside], axis1=1, axis2=2) / 3.0
        self._tension.value = float(np.mean(mean))

    def set_springs(self, stiffness: FloatArray) -> None:
        """Weak beside the stiffness ``(q, 6, 6)`` around the cell.

        Raises
        ------
        SolveError
            If that is not a positive number.
        """
        scale = float(np.max(np.abs(stiffness[:, 0, 0])))
        if not np.isfinite(scale) or scale <= 0.0:
            raise SolveError(
                "the stiffness around a cell is not a positive number",
                hint="check the moduli of the inks with 'dormatrix check'",
            )
        beside = float(np.mean(stiffness[self._beside, 0, 0]))
        self._spring.value = _SPRING * beside / self._outer_radius

    def turning(self, stiffness: FloatArray) -> FloatArray:
        """Constraints ``(n_dofs, 3)``: no turn of the ball as a whole, ``∫ w (x−x̄)×u = 0``.

        The weight w, from the trace of the stiffness ``(q, 6, 6)``, is 0 in free space, 1/2 in gel
        as beside the cell, 1 in glass; x̄ is the centre of weight.
        """
        weight, centre, axis, forms = self._turning
        trace = np.trace(stiffness, axis1=1, axis2=2)
        there = trace / (trace + trace[self._beside].mean())
        weight.x.array[self._order] = there
        mass = there * self._widths**3
        centre.value[...] = mass @ self._points / mass.sum()
        columns = []
        for k in range(3):
            axis.value[...] = np.eye(3)[k]
            columns.append(fem_petsc.assemble_vector(forms).array)
            columns[-1] /= np.linalg.norm(columns[-1])
        return np.column_stack(columns)

    @cached_property
    def _turning(self) -> tuple[fem.Function, fem.Constant, fem.Constant, fem.Form]:
        weight, _ = self._sampled(())
        axis, centre = (fem.Constant(self.mesh, np.zeros(3)) for _ in range(2))
        dx = ufl.dx(metadata={"quadrature_degree": QUADRATURE_DEGREE})
        turn = ufl.cross(axis, ufl.SpatialCoordinate(self.mesh) - centre)
        form = fem.form(weight * ufl.inner(turn, ufl.TestFunction(self.space)) * dx)
        return weight, centre, axis, form

    def _sampled(self, shape: tuple[int, ...]) -> tuple[fem.Function, NDArray[np.int32]]:
        """A function of values at the sampling points, and where its values lie."""
        element = _dolfinx.quadrature_element(shape, QUADRATURE_DEGREE)
        space = fem.functionspace(self.mesh, element)
        return fem.Function(space), space.dofmap.list.reshape(-1)

    def _spheres(self) -> tuple[ufl.Measure, ufl.Measure]:
        """Surface measures of the inner and the outer sphere."""
        found = [
            dolfinx_mesh.locate_entities_boundary(
                self.mesh, 2, lambda x, r=radius: np.isclose(np.linalg.norm(x, axis=0), r)
            )
            for radius in (1.0, self._outer_radius)
        ]
        facets = np.concatenate(found)
        values = np.repeat(np.array([1, 2], dtype=np.int32), [len(f) for f in found])
        order = np.argsort(facets)
        tags = dolfinx_mesh.meshtags(self.mesh, 2, facets[order], values[order])
        ds = ufl.Measure(
            "ds",
            self.mesh,
            subdomain_data=tags,
            metadata={"quadrature_degree": QUADRATURE_DEGREE},
        )
        return ds(1), ds(2)

    def _load_inner_sphere(self) -> None:
        ds = self._inside
        outward = -ufl.FacetNormal(self.mesh)  # out of the cell, into the gel
        v = ufl.TestFunction(self.space)
        tau = fem.Constant(self.mesh, np.zeros((3, 3)))
        form = fem.form(ufl.inner(ufl.dot(tau, outward), v) * ds)
        loads = []
        for tensor in from_mandel(np.eye(6)):
            tau.value[...] = tensor
            vector = fem_petsc.assemble_vector(form)
            loads.append(vector.array.copy())
        self.loads = np.array(loads)
        x = ufl.SpatialCoordinate(self.mesh)
        self.volume = fem.assemble_scalar(fem.form(ufl.inner(x, outward) / 3.0 * ds))

    def compliance(self, stiffness: FloatArray, stress: FloatArray | None = None) -> FloatArray:
        """Mean surface strain per unit traction, ``(6, 6)`` Mandel, 1/kPa.

        Parameters
        ----------
        stiffness
            ``(q, 6, 6)`` Mandel in kPa at :meth:`points`, symmetric; positive definite, or at
            least stable together with ``stress``.
        stress
            Cauchy stress that the gel is under already, ``(q, 3, 3)`` kPa; ``None``: none.

        Raises
        ------
        SolveError
            If the factorisation or the answer fails, or the gel would buckle under ``stress``.
        """
        self.set_springs(stiffness)
        self._stiffness.x.array.reshape(-1, 36)[self._order] = stiffness.reshape(-1, 36)
        try:
            if stress is None:
                self._fill(self._matrix, self._form)
                self._ksp.setOperators(self._matrix)
                self._ksp.setUp()
                solution = solve_columns(self._ksp.getPC().getFactorMatrix(), self.loads.T)
            else:
                solution = self._solve_stressed(stiffness, stress)
        except PETSc.Error as error:
            raise SolveError(
                f"the factorisation around a cell failed (PETSc error {error.ierr})",
                hint="usually a contrast beyond 1e12 between neighbouring inks: check their moduli",
            ) from error
        m = self.loads @ solution / self.volume
        return np.asarray(0.5 * (m + m.T))

    @staticmethod
    def _fill(matrix: PETSc.Mat, form: fem.Form) -> None:
        matrix.zeroEntries()
        fem_petsc.assemble_matrix(matrix, form)
        matrix.assemble()

    def _solve_stressed(self, stiffness: FloatArray, stress: FloatArray) -> FloatArray:
        form, matrix, solver = self._stressed
        self.set_tension(stress)
        self._initial.x.array.reshape(-1, 9)[self._order] = stress.reshape(-1, 9)
        self._fill(matrix, form)
        solver.factor(self.turning(stiffness))
        solver.require_stable()
        return solver.solve(self.loads.T)[0]

    @cached_property
    def _stressed(self) -> tuple[fem.Form, PETSc.Mat, BorderedSolver]:
        """Set up when the first strained site comes: a matrix that need not be positive."""
        form = fem.form(self._stressed_form)
        matrix = fem_petsc.create_matrix(form)
        return form, matrix, BorderedSolver(matrix)

    def uniform(self, poisson: float) -> FloatArray:
        """The template's answer ``(6, 6)`` for a uniform medium with E = 1 kPa; cached."""
        if poisson not in self._uniform:
            c = np.broadcast_to(isotropic(1.0, poisson), (len(self._order), 6, 6))
            self._uniform[poisson] = self.compliance(c)
        return self._uniform[poisson]
