"""The cell probe: six unit tractions on a spherical cavity, one factorisation (DOLFINx, PETSc).

One template mesh, moved to every site. On it the stiffness is sampled at the quadrature points.
The outer sphere is free but for weak springs: the six loads are in equilibrium by themselves, so
that nothing has to hold them, and a strand thinner than the ball may move where it leaves it.
``M_ij = t_i · K⁻¹ t_j / V`` with ``t_j`` the load of the unit traction
``τ_j·n`` is the mean surface strain ``(1/V)∮ sym(u⊗n) dS`` under it.
"""

from __future__ import annotations

from functools import cached_property

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from dolfinx import mesh as dolfinx_mesh
from mpi4py import MPI
from petsc4py import PETSc

from meshes.errors import SolveError
from solver import _dolfinx
from solver.materials.tensors import SQRT2, FloatArray, from_mandel, isotropic
from solver.mechanics.template import Template, build

_QUADRATURE_DEGREE = 2  # four points a tetrahedron, exact for quadratic elements and uniform C
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
        # Solved in units of the cell radius: M does not depend on it.
        self._mesh = _dolfinx.create_mesh(MPI.COMM_SELF, points, cells)
        self._space = fem.functionspace(self._mesh, ("Lagrange", degree, (3,)))
        quadrature = fem.functionspace(
            self._mesh, _dolfinx.quadrature_element((6, 6), _QUADRATURE_DEGREE)
        )
        self._stiffness = fem.Function(quadrature)
        u, v = ufl.TrialFunction(self._space), ufl.TestFunction(self._space)
        dx = ufl.dx(metadata={"quadrature_degree": _QUADRATURE_DEGREE})
        stress = ufl.dot(self._stiffness, mandel_strain(u))
        self._spring = fem.Constant(self._mesh, 1.0)
        self._outer_radius = template.radii[-1]
        inside, outside = self._spheres()
        springs = self._spring * ufl.inner(u, v) * outside
        self._form = fem.form(ufl.inner(stress, mandel_strain(v)) * dx + springs)
        self._order = quadrature.dofmap.list.reshape(-1)
        self._points, self._widths = self._sample_points()
        self._beside = np.linalg.norm(self._points, axis=1) < template.radii[1]
        self._load_inner_sphere(inside)
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
        return int(self._space.dofmap.index_map.size_global * 3)

    @cached_property
    def widths(self) -> FloatArray:
        """Size in µm of the volume that each sampling point stands for, ``(q,)``."""
        return self._widths * self.radius

    def points(self, site: FloatArray) -> FloatArray:
        """Sampling points ``(q, 3)`` in µm around a site ``(3,)``."""
        return np.asarray(site, dtype=float) + self.radius * self._points

    def _sample_points(self) -> tuple[FloatArray, FloatArray]:
        rule, weights = _dolfinx.quadrature_rule(_QUADRATURE_DEGREE)
        geometry = self._mesh.geometry
        corners = geometry.x[geometry.dofmap]  # (m, 4, 3), straight-sided
        shape = np.column_stack([1.0 - rule.sum(axis=1), rule])
        points = np.einsum("qk,mkx->mqx", shape, corners).reshape(-1, 3)
        volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / 6.0
        share = volume[:, None] * weights / weights.sum()
        return points, np.cbrt(share).ravel()

    def _spheres(self) -> tuple[ufl.Measure, ufl.Measure]:
        """Surface measures of the inner and the outer sphere."""
        found = [
            dolfinx_mesh.locate_entities_boundary(
                self._mesh, 2, lambda x, r=radius: np.isclose(np.linalg.norm(x, axis=0), r)
            )
            for radius in (1.0, self._outer_radius)
        ]
        facets = np.concatenate(found)
        values = np.repeat(np.array([1, 2], dtype=np.int32), [len(f) for f in found])
        order = np.argsort(facets)
        tags = dolfinx_mesh.meshtags(self._mesh, 2, facets[order], values[order])
        ds = ufl.Measure(
            "ds",
            self._mesh,
            subdomain_data=tags,
            metadata={"quadrature_degree": _QUADRATURE_DEGREE},
        )
        return ds(1), ds(2)

    def _load_inner_sphere(self, ds: ufl.Measure) -> None:
        outward = -ufl.FacetNormal(self._mesh)  # out of the cell, into the gel
        v = ufl.TestFunction(self._space)
        tau = fem.Constant(self._mesh, np.zeros((3, 3)))
        form = fem.form(ufl.inner(ufl.dot(tau, outward), v) * ds)
        loads = []
        for tensor in from_mandel(np.eye(6)):
            tau.value[...] = tensor
            vector = fem_petsc.assemble_vector(form)
            loads.append(vector.array.copy())
        self._loads = np.array(loads)
        x = ufl.SpatialCoordinate(self._mesh)
        self._volume = fem.assemble_scalar(fem.form(ufl.inner(x, outward) / 3.0 * ds))

    def compliance(self, stiffness: FloatArray) -> FloatArray:
        """Mean surface strain per unit traction, ``(6, 6)`` Mandel, 1/kPa.

        Parameters
        ----------
        stiffness
            ``(q, 6, 6)`` Mandel in kPa at :meth:`points`, symmetric positive definite.

        Raises
        ------
        SolveError
            If the factorisation or the answer fails.
        """
        scale = float(np.max(np.abs(stiffness[:, 0, 0])))
        if not np.isfinite(scale) or scale <= 0.0:
            raise SolveError(
                "the stiffness around a cell is not a positive number",
                hint="check the moduli of the inks with 'dormatrix check'",
            )
        coefficient = self._stiffness.x.array.reshape(-1, 36)
        coefficient[self._order] = stiffness.reshape(-1, 36)
        beside = float(np.mean(stiffness[self._beside, 0, 0]))
        self._spring.value = _SPRING * beside / self._outer_radius
        self._matrix.zeroEntries()
        fem_petsc.assemble_matrix(self._matrix, self._form)
        self._matrix.assemble()
        try:
            self._ksp.setOperators(self._matrix)
            self._ksp.setUp()
            solution = self._solve_all()
        except PETSc.Error as error:
            raise SolveError(
                f"the factorisation around a cell failed (PETSc error {error.ierr})",
                hint="usually a contrast beyond 1e12 between neighbouring inks: check their moduli",
            ) from error
        m = self._loads @ solution / self._volume
        return np.asarray(0.5 * (m + m.T))

    def _solve_all(self) -> FloatArray:
        """Six right-hand sides at once through the factor: ``(n_dofs, 6)``."""
        n = self._loads.shape[1]
        columns = np.asfortranarray(self._loads.T)
        right = PETSc.Mat().createDense((n, 6), array=columns, comm=MPI.COMM_SELF)
        left = PETSc.Mat().createDense((n, 6), comm=MPI.COMM_SELF)
        left.setUp()
        for matrix in (right, left):
            matrix.assemble()
        self._ksp.getPC().getFactorMatrix().matSolve(right, left)
        solution = left.getDenseArray().copy()
        right.destroy()
        left.destroy()
        return np.asarray(solution)

    def uniform(self, poisson: float) -> FloatArray:
        """The template's answer ``(6, 6)`` for a uniform medium with E = 1 kPa; cached."""
        if poisson not in self._uniform:
            c = np.broadcast_to(isotropic(1.0, poisson), (len(self._order), 6, 6))
            self._uniform[poisson] = self.compliance(c)
        return self._uniform[poisson]
