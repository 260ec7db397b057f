"""A cell that pulls by a finite strain: fibres recruit and buckle (DOLFINx, PETSc).

The cell shortens along its axis m. It pulls with dead traction ``τ·N``, ``τ = T m⊗m`` on the
sphere, and T is whatever makes the mean surface strain ``m·ε̄·m`` reach minus the contraction:
displacement control, so that a softening gel is no obstacle. With ``P(u)`` the nodal forces of
the gel and t the load of unit T, Newton's method solves the bordered system
``P(u) − P(0) = T t``, ``t·u/V = m·ε̄·m``; P(0) is what holds gel that was strained before (its
mean tension at the cell follows the surface, as in :mod:`solver.mechanics.probe`).

The *secant* sensed stiffness is the Young's modulus of the uniform isotropic medium that gives
the same strain under the same T: ``E = (m⊗m : M₁ : m⊗m) T/(m·ε̄·m)``, as in
:mod:`solver.mechanics.sensed`, and at small contraction equal to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import dolfinx.fem.petsc as fem_petsc
import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError, SolveError
from solver.materials.hyperelastic import PointMaterial, Response
from solver.materials.prestrain import incremental
from solver.materials.tensors import FloatArray, dyads
from solver.mechanics.bordered import BorderedSolver
from solver.mechanics.probe import QUADRATURE_DEGREE, CellProbe
from solver.mechanics.reach import Shells
from solver.mechanics.sharing import Advance, Work, share_out
from solver.mechanics.sites import ProbeSettings, at_site
from solver.mechanics.template import Template
from solver.mechanics.total_lagrangian import TotalLagrangian

if TYPE_CHECKING:
    from mpi4py import MPI

_TOLERANCE = 1e-8  # unbalanced force over the cell's pull
# Rounding of C near I leaves nodal forces of about this times the norm of the tangent matrix: on
# glass, 1e4 times stiffer than gel, more than the tolerance above.
_ROUNDING = 8.0 * float(np.finfo(float).eps)
_ITERATIONS = 14
_LEAST_SHARE = 1.0 / 32.0  # of a Newton step that is cut back
_SMALLEST_STEP = 1.0 / 64.0  # of the contraction
_END = 3.0  # outer radius over that of the probe's template
_POOL_WORTH = 4  # cells below which a pool costs more (imports, template) than it saves


class Pull(NamedTuple):
    """Answer of one cell.

    Attributes
    ----------
    secant, linear
        Sensed stiffness along the axis at the strain reached and at small strain, kPa.
    reach
        Distance from the centre at which displacement is a tenth of the cell's, µm.
    exponent
        n of displacement ∝ r⁻ⁿ between two and six cell radii.
    strain
        Contraction reached.
    converged
        Whether that is all that was asked, in a stable state.
    """

    secant: float
    linear: float
    reach: float
    exponent: float
    strain: float
    converged: bool


def reaching(template: Template) -> Template:
    """The template with three coarse shells around it.

    Its free end, at 12 radii, hardly changes what the cell feels, but doubles the displacement
    there: the reach of a pull would be that of the mesh.
    """
    outer = np.geomspace(template.radii[-1], _END * template.radii[-1], 4)[1:]
    levels = (max(template.levels[-1] - 1, 0),) * 3
    return Template((*template.radii, *map(float, outer)), (*template.levels, *levels))


class ContractingCell:
    """A template that is set up once and contracts at every site.

    Parameters
    ----------
    template
        Mesh recipe in cell radii, to which :func:`reaching` is applied.
    radius
        Cell radius a, µm.
    degree
        Polynomial degree of the displacement.

    Attributes
    ----------
    nodes
        Of the displacement, relative to the cell's centre, ``(n, 3)`` µm.
    """

    def __init__(self, template: Template, radius: float, degree: int = 2) -> None:
        self.probe = CellProbe(reaching(template), radius, degree)
        nodes = self.probe.space.tabulate_dof_coordinates()
        self._shells = Shells(self.probe.template, nodes)
        self.nodes: FloatArray = radius * nodes
        self._system: tuple[TotalLagrangian, BorderedSolver, _AnyGel] | None = None

    def pull(
        self,
        material: PointMaterial,
        axis: FloatArray,
        poisson: float,
        contraction: float,
        gel: NDArray[np.bool_] | None = None,
    ) -> Pull:
        """Let the cell shorten along an axis.

        Parameters
        ----------
        material
            The gel at :meth:`CellProbe.points`, in their order.
        axis
            Along which the cell pulls, ``(3,)``.
        poisson
            Of the uniform medium that the gel is compared with.
        contraction
            How much shorter the cell becomes along its axis, positive.
        gel
            Which :attr:`nodes` lie in gel and count for the reach; ``None``: all.

        Raises
        ------
        SolveError
            If not even the linear answer can be had.
        """
        axis = np.asarray(axis, dtype=float)
        tension = dyads(axis / np.linalg.norm(axis))
        return self.contract(material, tension, poisson, contraction, gel)

    def contract(
        self,
        material: PointMaterial,
        tension: FloatArray,
        poisson: float,
        contraction: float,
        gel: NDArray[np.bool_] | None = None,
    ) -> Pull:
        """Let the cell pull with tractions ``T τ·N`` until ``τ:ε̄ = −contraction``.

        Parameters
        ----------
        material, poisson, gel
            As in :meth:`pull`.
        tension
            τ ``(6,)`` Mandel: ``m⊗m`` for a cell that pulls along m.
        contraction
            As said, positive.

        Raises
        ------
        SolveError
            If not even the linear answer can be had.
        """
        system, solver = self._meet(material)
        stiffness, stress = incremental(material, len(self.probe.widths))
        self.probe.set_springs(stiffness)
        self.probe.set_tension(stress)
        load = tension @ self.probe.loads
        borders = np.column_stack([load / self.probe.volume, self.probe.turning(stiffness)])
        path = _Path(system, solver, borders)
        small = path.linear(contraction)
        solver.require_stable()
        reached, stable = path.march(small)
        shown = reached if reached.strain > 0.0 else small
        unit = float(tension @ self.probe.uniform(poisson) @ tension) / self.probe.volume
        rms = self._shells.rms(shown.u.reshape(-1, 3), gel)
        return Pull(
            secant=unit * shown.force / shown.strain,
            linear=unit * small.force / small.strain,
            reach=self._shells.reach(rms) * self.probe.radius,
            exponent=self._shells.exponent(rms),
            strain=reached.strain,
            converged=stable and reached.strain == contraction,
        )

    def _meet(self, material: PointMaterial) -> tuple[TotalLagrangian, BorderedSolver]:
        """The forms, set up once, with this gel in them."""
        if self._system is None:
            gel = _AnyGel(material)
            system = TotalLagrangian(
                self.probe.mesh,
                lambda points: gel,
                degree=self.probe.degree,
                quadrature_degree=QUADRATURE_DEGREE,
                extra=lambda u, v: self.probe.springs(u, v) + self.probe.following(u, v),
            )
            matrix = fem_petsc.create_matrix(system.tangent_form)
            self._system = system, BorderedSolver(matrix), gel
        system, solver, gel = self._system
        gel.material = material
        return system, solver


@dataclass
class _AnyGel:
    """The gel around the cell of the moment, as one point material."""

    material: PointMaterial

    @property
    def lame(self) -> FloatArray:
        """λ of the matrix ``(n,)``, kPa."""
        return self.material.lame

    @property
    def shear(self) -> FloatArray:
        """Shear modulus at small strain ``(n,)``, kPa."""
        return self.material.shear

    def respond(self, c: FloatArray, *, volumetric: bool = True) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)``."""
        return self.material.respond(c, volumetric=volumetric)


@dataclass(frozen=True, eq=False)
class _State:
    """Displacement ``(n,)`` in radii, force that the first border carries, contraction."""

    u: FloatArray
    force: float
    strain: float


class _Step(NamedTuple):
    """Newton's change of the displacement, the force then, the work of the unbalanced forces."""

    change: FloatArray
    force: float
    work: float


class _Path:
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

    def linear(self, strain: float) -> _State:
        """The tangent's answer at rest."""
        rest = np.zeros(len(self._borders))
        self._factor()
        step = self._step(rest, rest, strain)
        return _State(step.change, step.force, strain)

    def march(self, small: _State) -> tuple[_State, bool]:
        """Go to the strain of the tangent's answer in steps that are halved where they fail.

        Returns
        -------
        tuple
            The last state reached, and whether it is stable.
        """
        state, stable = _State(np.zeros(len(small.u)), 0.0, 0.0), True
        step, slope = small.strain, small.u / small.strain
        while state.strain < small.strain and step >= _SMALLEST_STEP * small.strain:
            strain = min(small.strain, state.strain + step)
            found = self._equilibrium(state.u + (strain - state.strain) * slope, strain)
            if found is None:
                step *= 0.5
            else:
                slope = (found.u - state.u) / (found.strain - state.strain)
                state, stable = found, self._solver.weak_modes == 0
        return state, stable

    def _equilibrium(self, u: FloatArray, strain: float) -> _State | None:
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
                return _State(u, step.force, strain)
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
                return _State(u, again.force, strain)
        return None


@dataclass(frozen=True, eq=False)
class Contractions:
    """What each of ``n`` contracting cells meets; see :class:`Pull` for the meaning of each.

    Attributes
    ----------
    axis
        Along which each pulled, ``(n, 3)`` unit vectors.
    secant, linear
        ``(n,)`` kPa.
    range_um
        ``(n,)`` µm.
    exponent, strain
        ``(n,)``.
    converged
        ``(n,)`` bool.
    """

    axis: FloatArray
    secant: FloatArray
    linear: FloatArray
    range_um: FloatArray
    exponent: FloatArray
    strain: FloatArray
    converged: NDArray[np.bool_]


class _Contractor:
    """Contracting cells with the templates that the sites of a process need."""

    def __init__(self, settings: ProbeSettings, contraction: float) -> None:
        self._settings, self._contraction = settings, contraction
        self._cells: dict[Template, ContractingCell] = {}

    def __call__(self, row: FloatArray) -> FloatArray:
        """The :class:`Pull` of a site and axis ``(6,)``, as numbers."""
        site, axis = row[:3], row[3:]
        template = self._settings.template_at(site[None])
        if template not in self._cells:
            self._cells[template] = ContractingCell(template, self._settings.radius)
        cell = self._cells[template]
        poisson, gel = self._settings.poisson(site), self._settings.in_gel(site, cell.nodes)

        def pull(material: PointMaterial) -> FloatArray:
            return np.array(cell.pull(material, axis, poisson, self._contraction, gel), dtype=float)

        return self._settings.try_gels(site, cell.probe, pull)


def contract_cells(
    sites: FloatArray,
    axes: FloatArray,
    settings: ProbeSettings,
    *,
    contraction: float = 0.1,
    workers: int = 1,
    comm: MPI.Comm | None = None,
    advance: Advance = lambda count: None,
    strict: bool = False,
) -> Contractions:
    """Let a cell at each site contract along its axis.

    Parameters
    ----------
    sites
        Cell centres ``(n, 3)``, µm.
    axes
        Along which each pulls, ``(n, 3)``, say the stiffest axis of what it senses.
    settings
        Material, radius, template and pre-strain.
    contraction
        How much shorter each becomes along its axis, above 0 and below 1.
    workers, comm, advance
        As in :func:`solver.mechanics.sharing.share_out`.
    strict
        Raise for a cell that cannot reach the contraction; else ``converged`` says so.

    Raises
    ------
    InputError
        If the contraction is no positive share.
    SolveError
        If a site has no linear answer, or ``strict`` and a cell cannot contract so far.
    """
    if not 0.0 < contraction < 1.0:
        raise InputError(f"expected a contraction between 0 and 1, found {contraction:g}")
    sites = np.asarray(sites, dtype=float).reshape(-1, 3)
    axes = np.asarray(axes, dtype=float).reshape(-1, 3)
    axes = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    work = Work(partial(_Contractor, settings, contraction), (len(Pull._fields),), 1, _POOL_WORTH)
    rows = np.hstack([sites, axes])
    answers = share_out(rows, work, workers=workers, comm=comm, advance=advance)
    secant, linear, reach, exponent, strain, converged = answers.T
    short = np.flatnonzero(converged == 0.0)
    if strict and len(short):
        k = int(short[0])
        error = SolveError(
            f"it cannot contract stably by more than {100.0 * strain[k]:.1f} %",
            hint="ask for a smaller contraction",
        )
        raise at_site(error, sites[k])
    return Contractions(axes, secant, linear, reach, exponent, strain, converged > 0.0)
