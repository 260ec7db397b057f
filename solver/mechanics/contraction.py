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
from solver.mechanics.contraction_path import Path
from solver.mechanics.probe import QUADRATURE_DEGREE, CellProbe
from solver.mechanics.reach import Shells
from solver.mechanics.sharing import Advance, Work, share_out
from solver.mechanics.sites import ProbeSettings, at_site
from solver.mechanics.template import Template
from solver.mechanics.total_lagrangian import TotalLagrangian

if TYPE_CHECKING:
    from mpi4py import MPI

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
        path = Path(system, solver, borders)
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

        return self._settings.try_gels(site, cell.probe, pull)[0]


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
