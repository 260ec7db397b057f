"""Finite strain on the reference mesh: residual and tangent of any point material (DOLFINx).

At each quadrature point C = FᵀF goes to a NumPy point material, its second Piola–Kirchhoff stress
S and tangent D = dS/dE come back as quadrature data of two compiled forms::

    R(u; v)      = ∫ S : δE            δE  = sym(Fᵀ ∇v)
    K(u; v, w)   = ∫ δE : D : ΔE + S : (∇vᵀ ∇w)

``mixed`` adds a pressure p of its own in place of the matrix's λ/2 (ln J)² (perturbed Lagrangian,
P2–P1 Taylor–Hood): Π = ∫ Ψ(λ=0) + g³ [p ln(J/g³) − p²/(2λ)], g the free swelling stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import basix.ufl
import dolfinx
import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI
from numpy.typing import NDArray

from meshes.errors import InputError
from solver import _dolfinx
from solver.materials.hyperelastic import GrownMaterial, PointMaterial
from solver.materials.tensors import (
    IDENTITY,
    SQRT2,
    FloatArray,
    from_mandel,
    symmetric_square,
    to_mandel,
)
from solver.mechanics.elasticity import hold

Formulation = Literal["displacement", "mixed"]
_SOFT_ENOUGH = 4.0  # largest λ/μ of ``auto`` in displacements: ν = 0.4
Extra = Callable[[Any, Any], Any]  # UFL displacement and test function to a UFL form


class PointState(NamedTuple):
    """State at ``n`` quadrature points.

    Attributes
    ----------
    gradient
        Deformation gradient F ``(n, 3, 3)``.
    strain
        Green–Lagrange E ``(n, 6)`` Mandel.
    piola
        Second Piola–Kirchhoff S ``(n, 6)`` Mandel, kPa.
    cauchy
        σ = F S Fᵀ / J ``(n, 6)`` Mandel, kPa.
    stiffness
        c = F F D Fᵀ Fᵀ / J ``(n, 6, 6)`` Mandel, kPa: dS/dE pushed forward.
    """

    gradient: FloatArray
    strain: FloatArray
    piola: FloatArray
    cauchy: FloatArray
    stiffness: FloatArray


class TotalLagrangian:
    """Forms and quadrature data of one material on one mesh.

    Each rank treats the cells it owns; :attr:`points`, :attr:`jacobian` and the arrays of
    :meth:`state` are in the order of its owned cells, ``points_per_cell`` at a time.

    Parameters
    ----------
    mesh
        Tetrahedra, µm.
    bind
        Called once with the quadrature points ``(n, 3)`` µm; gives the material there.
    degree
        Polynomial degree of the displacement, 1 or 2 (``mixed``: 2).
    quadrature_degree
        By default 1 for degree 1 and 2 (four points a cell) for degree 2: exact for linear
        elasticity with constant stiffness.
    formulation
        ``displacement``, ``mixed``, or ``auto``: mixed for quadratic elements where λ > 4 μ
        anywhere (ν > 0.4), where displacements alone begin to lock.
    extra
        ``extra(u, v)``: further terms of the residual, nN·µm per µm of ``v`` (loads with a minus
        sign); differentiated for the tangent.

    Attributes
    ----------
    dx
        Measure with the quadrature of the material.
    space, u
        Function space and unknown; in ``mixed`` it holds displacement and pressure.
    residual_form, tangent_form
        Compiled forms; valid for ``u`` as it was at the last :meth:`update`.
    jacobian
        J at :attr:`points`, ``(n,)``, from the last :meth:`update`.

    Raises
    ------
    InputError
        If ``mixed`` meets a λ that is not positive, or a degree other than 2.
    """

    def __init__(
        self,
        mesh: dolfinx.mesh.Mesh,
        bind: Callable[[FloatArray], PointMaterial],
        *,
        degree: int = 2,
        quadrature_degree: int | None = None,
        formulation: Formulation | Literal["auto"] = "displacement",
        extra: Extra | None = None,
    ) -> None:
        self.mesh = mesh
        self.degree = degree
        order = quadrature_degree or max(1, 2 * (degree - 1))
        rule, _ = _dolfinx.quadrature_rule(order)
        self.points_per_cell = len(rule)
        self._cells = np.arange(mesh.topology.index_map(3).size_local, dtype=np.int32)
        self.points, self.weights = _dolfinx.quadrature_points(mesh, order, len(self._cells))
        self.material = bind(self.points)
        self._acting = self.material  # as swollen
        self.formulation = self._choose(formulation)
        self.mixed = self.formulation == "mixed"
        displacement = basix.ufl.element("Lagrange", "tetrahedron", degree, shape=(3,))
        if self.mixed:
            pressure = basix.ufl.element("Lagrange", "tetrahedron", 1)
            element = basix.ufl.mixed_element([displacement, pressure])
        else:
            element = displacement
        self.space = fem.functionspace(mesh, element)
        self.displacement_space = self.space.sub(0) if self.mixed else self.space
        self.u = fem.Function(self.space)
        self._growth = fem.Constant(mesh, 1.0)
        self._forms(rule, order, extra)
        self.jacobian = np.ones(len(self.points))
        self.update()

    def _choose(self, wanted: str) -> Formulation:
        material, comm = self.material, self.mesh.comm
        ratio = comm.allreduce(float(np.max(material.lame / material.shear, initial=0.0)), MPI.MAX)
        lowest = comm.allreduce(float(np.min(material.lame, initial=np.inf)), MPI.MIN)
        if wanted == "auto":
            stiff = ratio > _SOFT_ENOUGH and lowest > 0.0 and self.degree == 2
            return "mixed" if stiff else "displacement"
        if wanted == "displacement":
            return "displacement"
        if self.degree != 2:
            raise InputError("the mixed formulation needs quadratic elements: degree 2")
        if not lowest > 0.0:
            raise InputError(
                "the mixed formulation needs a positive λ of the matrix everywhere",
                hint="take the displacement formulation for a Poisson ratio of zero or less",
            )
        return "mixed"

    def _forms(
        self,
        rule: FloatArray,
        order: int,
        extra: Extra | None,
    ) -> None:
        mesh, space = self.mesh, self.space
        self.dx = dx = ufl.dx(domain=mesh, metadata={"quadrature_degree": order})
        test, trial = ufl.TestFunction(space), ufl.TrialFunction(space)
        split = (lambda w: ufl.split(w)) if self.mixed else (lambda w: (w, None))
        (u, p), (v, q), (du, _) = split(self.u), split(test), split(trial)
        f = ufl.Identity(3) + ufl.grad(u)
        kinematics = [*_mandel(f.T * f), ufl.det(f)]
        self._kinematics = fem.Expression(ufl.as_vector(kinematics), rule)
        self._gradient = fem.Expression(f, rule)
        self._order_of_rule = order
        self._stress, self._order = self._quadrature((6,))
        self._tangent, _ = self._quadrature((6, 6))
        virtual = ufl.as_vector(_mandel(ufl.sym(f.T * ufl.grad(v))))
        change = ufl.as_vector(_mandel(ufl.sym(f.T * ufl.grad(du))))
        turned = ufl.as_vector(_mandel(ufl.sym(ufl.grad(du).T * ufl.grad(v))))
        residual = ufl.inner(self._stress, virtual) * dx
        tangent = ufl.inner(ufl.dot(self._tangent, change), virtual) * dx
        tangent += ufl.inner(self._stress, turned) * dx
        more = 0
        if self.mixed:
            softness = self.at_points(np.reciprocal(self.material.lame))
            g3 = self._growth**3
            cofactor = ufl.inner(ufl.inv(f).T, ufl.grad(v))
            more = g3 * (p * cofactor + q * (ufl.ln(ufl.det(f) / g3) - softness * p)) * dx
        if extra is not None:
            more = more + extra(u, v)
        if not isinstance(more, int):
            residual += more
            tangent += ufl.derivative(more, self.u, trial)
        self.residual_form, self.tangent_form = fem.form(residual), fem.form(tangent)

    def at_points(self, values: FloatArray) -> fem.Function:
        """A coefficient with the values ``(n,)`` at :attr:`points`, for forms with :attr:`dx`."""
        function, order = self._quadrature(())
        function.x.array[order] = values
        return function

    def _quadrature(self, shape: tuple[int, ...]) -> tuple[fem.Function, NDArray[np.int32]]:
        """A function of quadrature values and its entries of the owned cells, point by point."""
        element = _dolfinx.quadrature_element(shape, self._order_of_rule)
        space = fem.functionspace(self.mesh, element)
        return fem.Function(space), space.dofmap.list[: len(self._cells)].ravel()

    @property
    def n_dofs(self) -> int:
        """Unknowns on all ranks."""
        dofmap = self.space.dofmap
        return int(dofmap.index_map.size_global * dofmap.index_map_bs)

    @property
    def growth(self) -> float:
        """Free isotropic stretch g of swelling: Ψ(C; g) = g³ Ψ(C/g²) per dry volume."""
        return float(self._growth.value)

    @growth.setter
    def growth(self, stretch: float) -> None:
        self._growth.value = stretch
        everywhere = np.full(len(self.points), stretch)
        self._acting = GrownMaterial(self.material, everywhere) if stretch != 1.0 else self.material

    @property
    def inverted(self) -> bool:
        """Whether :attr:`jacobian` is not positive at a point of this rank: stress is NaN there."""
        return not bool(np.all(self.jacobian > 0.0))

    def measure(self) -> None:
        """Bring :attr:`jacobian` alone to the deformation :attr:`u`; the forms stay behind."""
        self._measure()

    def _measure(self) -> FloatArray:
        values = self._kinematics.eval(self.mesh, self._cells).reshape(-1, 7)
        self.jacobian = values[:, 6].copy()
        return np.asarray(values[:, :6])

    def update(self, u: fem.Function | None = None) -> None:
        """Bring S and D to the deformation ``u`` (copied into :attr:`u`), or to :attr:`u`.

        ``u`` must hold its ghost values. Nothing is communicated.
        """
        if u is not None:
            self.u.x.array[:] = u.x.array
        c = self._measure()
        answer = self._acting.respond(c, volumetric=not self.mixed)
        answer.stress[~(self.jacobian > 0.0)] = np.nan  # what a line search takes for "too far"
        self._stress.x.array.reshape(-1, 6)[self._order] = answer.stress
        self._tangent.x.array.reshape(-1, 36)[self._order] = answer.tangent.reshape(-1, 36)

    def state(self) -> PointState:
        """Strain, stress and tangent at the quadrature points of the owned cells.

        In ``mixed`` the volumetric stress is the pressure's: S_vol = g³ p C⁻¹, and
        D_vol = g³ [λ C⁻¹⊗C⁻¹ − 2 p C⁻¹⊙C⁻¹].
        """
        f = self._gradient.eval(self.mesh, self._cells).reshape(-1, 3, 3)
        c = to_mandel(np.swapaxes(f, 1, 2) @ f)
        _, piola, tangent = self._acting.respond(c, volumetric=not self.mixed)
        jacobian = np.linalg.det(f)
        if self.mixed:
            p = self._pressure_at_points() * self.growth**3
            lame = self._acting.lame
            inverse = np.asarray(np.linalg.inv(from_mandel(c)), dtype=float)
            flat = to_mandel(inverse)
            piola = piola + p[:, None] * flat
            square = symmetric_square(inverse)
            tangent = tangent + lame[:, None, None] * flat[:, :, None] * flat[:, None, :]
            tangent -= 2.0 * p[:, None, None] * square
        push = symmetric_square(f)
        cauchy = np.einsum("nij,nj->ni", push, piola) / jacobian[:, None]
        stiffness = push @ tangent @ np.swapaxes(push, 1, 2) / jacobian[:, None, None]
        return PointState(f, 0.5 * (c - IDENTITY), piola, cauchy, stiffness)

    def _pressure_at_points(self) -> FloatArray:
        rule = self._kinematics.X()
        values = fem.Expression(ufl.split(self.u)[1], rule).eval(self.mesh, self._cells)
        return np.asarray(values.ravel())

    def volume_ratio(self) -> FloatArray:
        """J at the points ``(n,)``; in ``mixed`` that of the pressure, g³ exp(p/λ).

        Where a gel is nearly incompressible, det F of the displacement alone scatters from point to
        point by far more than the pressure allows.
        """
        if not self.mixed:
            return self.jacobian
        softness = self._pressure_at_points() / self.material.lame
        return np.asarray(self.growth**3 * np.exp(softness))

    def held(
        self,
        facets: NDArray[np.int32],
        components: Sequence[int],
        values: Sequence[float | fem.Constant],
    ) -> list[fem.DirichletBC]:
        """Prescribe displacement components (µm) on boundary facets of this rank."""
        return hold(self.displacement_space, facets, components, values)


def _mandel(a: ufl.core.expr.Expr) -> list[ufl.core.expr.Expr]:
    """Mandel components of a symmetric UFL tensor."""
    return [a[0, 0], a[1, 1], a[2, 2], SQRT2 * a[1, 2], SQRT2 * a[0, 2], SQRT2 * a[0, 1]]
