"""The scaffold at finite strain: pressed by a plate, swollen, or sagging under its own weight.

Same mesh, contacts and read-outs as the linear solve, to which it reduces as the load vanishes.
The plate's force is the sum of the nodal forces under it; the apparent modulus is the secant one,
nominal stress over nominal strain, as a tester reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.mesh import Mesh, locate_entities

from solver.materials.finite_field import FiniteField
from solver.materials.hyperelastic import PointMaterial
from solver.materials.tensors import FloatArray
from solver.mechanics.elasticity import vertex_values
from solver.mechanics.finite import StepError, advance
from solver.mechanics.newton import Newton, StepControl, StepRecord
from solver.mechanics.newton_linear import LinearKind
from solver.mechanics.scaffold import (
    PLAIN,
    TOP,
    Compression,
    Contact,
    MeshArrays,
    ScaffoldSolution,
    Sides,
    Spread,
    press,
    stand,
)
from solver.mechanics.total_lagrangian import Formulation, TotalLagrangian
from solver.mechanics.whereabouts import surroundings

if TYPE_CHECKING:
    from mpi4py import MPI

_FIRST_STRAIN = 0.1  # nominal, of the first step: easy for a neo-Hookean block [numerical]


@dataclass(frozen=True)
class Hold:
    """No plate: the scaffold stands and swells, or sags.

    Parameters
    ----------
    substrate
        ``bonded`` (no slip) or ``frictionless``.
    sides
        ``free``, or ``confined``: no outward displacement of the sides of the bounding box.
    """

    substrate: Contact = "bonded"
    sides: Sides = "free"


@dataclass(frozen=True, eq=False)
class FiniteScaffoldSolution(ScaffoldSolution):
    """What the solve found; arrays in the order of the input mesh, complete on rank 0.

    ``strain`` (Green–Lagrange), ``stress`` (Cauchy) and ``stiffness`` are means over the
    quadrature points of each cell; ``apparent_modulus`` is NaN without a compression, and with
    swelling, which the plate feels as well.

    Attributes
    ----------
    stiffness
        ``(m, 6, 6)`` Mandel, kPa: dS/dE pushed forward, ``c = F F D Fᵀ Fᵀ / J``, for axes that
        stand still in space.
    deformation_gradient
        ``(m, 3, 3)``: mean over each cell, with the mean volume ratio of the points (in ``mixed``
        that of the pressure).
    history
        ``(k, 2)``: nominal compressive strain and force (nN) after each step.
    steps
        Load factor and iterations of each step.
    load_factor
        1, or less in the state that a failed solve keeps.
    formulation
        What the solve took.
    iterations
        Of the linear solver, all in all.
    """

    deformation_gradient: FloatArray
    history: FloatArray
    steps: tuple[StepRecord, ...]
    load_factor: float
    formulation: Formulation

    @property
    def newton_iterations(self) -> int:
        """Of all converged steps."""
        return sum(step.newton for step in self.steps)


def solve_scaffold_finite(
    mesh: MeshArrays | None,
    material: FiniteField,
    load: Compression | Hold,
    *,
    height: float,
    footprint_area: float,
    comm: MPI.Comm,
    degree: int = 2,
    formulation: Formulation | Literal["auto"] = "auto",
    swelling: float = 1.0,
    weight: float = 0.0,
    control: StepControl | None = None,
    linear: LinearKind = "auto",
    advanced: Callable[[float, float], None] = lambda strain, force: None,
    passed: Callable[[FiniteScaffoldSolution], None] | None = None,
) -> FiniteScaffoldSolution:
    """Compress, swell or load the scaffold by its weight, in steps, all at the same pace.

    Parameters
    ----------
    mesh
        The whole mesh on rank 0, ``None`` elsewhere.
    material
        Bound to the quadrature points, with ink and corners of their cells.
    load
        How it is compressed, or how it stands.
    height, footprint_area
        µm, µm²: what the tester divides by.
    comm
        Ranks that share the mesh.
    degree
        Polynomial degree of the displacement.
    formulation
        ``displacement``, ``mixed`` or ``auto`` (see :class:`TotalLagrangian`).
    swelling
        Free stretch of the gel at the end; 1: none.
    weight
        Weight less buoyancy, nN/µm³ (kPa/µm) of the unswollen gel, along −z.
    control
        Load steps; by default the first one brings 10 % of strain.
    linear
        Linear solver.
    advanced
        Called on every rank after each step with nominal strain and force (nN).
    passed
        Called on every rank with the state at rest (load factor 0) and after each step, its arrays
        complete on rank 0; ``None`` spares the work of making them.

    Raises
    ------
    StepError
        If the load cannot be reached; its ``state`` is the :class:`FiniteScaffoldSolution`
        of the last step that converged.
    """
    spread = Spread(mesh, comm)
    pull = fem.Constant(spread.domain, 0.0)

    def bind(points: FloatArray) -> PointMaterial:
        owned = spread.domain.topology.index_map(3).size_local
        inks = np.repeat(spread.cell_ink[:owned], len(points) // max(owned, 1))
        geometry = spread.domain.geometry
        return material.bind(points, inks, corners=geometry.x[geometry.dofmap[:owned]])

    def sag(u: ufl.core.expr.Expr, v: ufl.core.expr.Expr) -> ufl.Form:
        return pull * v[2] * ufl.dx

    problem = TotalLagrangian(
        spread.domain,
        bind,
        degree=degree,
        formulation=formulation,
        extra=sag if weight else None,
    )
    strain = load.strain if isinstance(load, Compression) else 0.0
    lift = fem.Constant(spread.domain, 0.0)
    if isinstance(load, Compression):
        conditions, slides = press(problem, spread.tags, load, lift)
    else:
        conditions, slides = stand(problem, spread.tags, load.substrate, load.sides)
    if slides:
        conditions += _pins(problem)
    if control is None:
        change = max(abs(strain), abs(swelling - 1.0), 1e-12)
        control = StepControl(first=min(1.0, _FIRST_STRAIN / change))
    newton = Newton(problem, conditions, control=control, linear=linear, prefix="finite_scaffold_")
    under_plate = fem.locate_dofs_topological(
        problem.displacement_space.sub(2), 2, spread.tags.find(TOP)
    )
    done: list[StepRecord] = []
    history: list[tuple[float, float]] = []

    def apply(t: float) -> None:
        lift.value = -t * strain * height
        problem.growth = 1.0 + t * (swelling - 1.0)
        pull.value = t * weight

    def note(record: StepRecord) -> None:
        force = -newton.reaction(under_plate) if isinstance(load, Compression) else 0.0
        done.append(record)
        history.append((record.t * strain, force))
        advanced(*history[-1])
        show()

    def found(records: list[StepRecord]) -> FiniteScaffoldSolution:
        if slides:
            _stand_straight(problem)
        return _solution(problem, spread, records, history, footprint_area)

    def show() -> None:
        if passed is None:
            return
        unknown = problem.u.x.array.copy()
        passed(found(done))
        problem.u.x.array[:] = unknown  # from what Newton's method left the next step starts

    try:
        if passed is not None:
            problem.update()
            show()
        records = advance(
            newton,
            apply,
            on_step=note,
            load=lambda t: _load(t, strain, swelling),
            place=lambda point: _place(mesh, comm, point),
        )
    except StepError as error:
        error.state = found(error.records)
        raise
    finally:
        newton.destroy()
    return found(records)


def _solution(
    problem: TotalLagrangian,
    spread: Spread,
    records: list[StepRecord],
    history: list[tuple[float, float]],
    footprint_area: float,
) -> FiniteScaffoldSolution:
    state = problem.state()

    def cells(rows: FloatArray) -> FloatArray:
        """Means over the points of each cell, on rank 0."""
        shape = (-1, problem.points_per_cell, *rows.shape[1:])
        return spread.in_cells(rows.reshape(shape).mean(axis=1))

    u = problem.u.sub(0).collapse() if problem.mixed else problem.u
    curve = np.array(history).reshape(-1, 2)
    strain, force = curve[-1] if len(curve) else (0.0, 0.0)
    return FiniteScaffoldSolution(
        displacement=spread.at_nodes(vertex_values(u)),
        strain=cells(state.strain * PLAIN),
        stress=cells(state.cauchy * PLAIN),
        stiffness=cells(state.stiffness),
        apparent_modulus=float(force / footprint_area / strain)
        if strain and problem.growth == 1.0
        else float("nan"),
        force=float(force),
        n_dofs=problem.n_dofs,
        iterations=sum(r.linear for r in records),
        deformation_gradient=_of_volume(cells(state.gradient), cells(problem.volume_ratio())),
        history=curve,
        steps=tuple(records),
        load_factor=records[-1].t if records else 0.0,
        formulation=problem.formulation,
    )


def _of_volume(gradient: FloatArray, ratio: FloatArray) -> FloatArray:
    """F ``(m, 3, 3)`` with det F brought to ``ratio`` ``(m,)`` by a change of size alone."""
    scale = np.cbrt(ratio / np.linalg.det(gradient)) if len(gradient) else ratio
    return np.asarray(scale[:, None, None] * gradient)


def _pins(problem: TotalLagrangian) -> list[fem.DirichletBC]:
    """Hold a body that could slide and turn on the glass at two points: no force goes through.

    A node near the middle keeps x and y, one far away along x keeps y: three conditions for three
    motions.
    """
    mesh = problem.mesh
    mesh.topology.create_connectivity(0, 3)
    x = mesh.geometry.x
    ends = [_first(mesh, sign * x[:, axis])[axis] for axis in (0, 1) for sign in (1.0, -1.0)]
    centre = 0.5 * np.array([ends[0] + ends[1], ends[2] + ends[3]])
    middle = _first(mesh, np.linalg.norm(x[:, :2] - centre, axis=1))
    away = np.abs(x - middle)
    far = _first(mesh, 3.0 * away[:, 1] - away[:, 0])
    conditions = []
    for point, components in ((middle, (0, 1)), (far, (1,))):
        node = locate_entities(mesh, 0, lambda p, at=point: np.all(at == p.T, axis=1))
        for component in components:
            part = problem.displacement_space.sub(component)
            dofs = fem.locate_dofs_topological(part, 0, node)
            conditions.append(fem.dirichletbc(0.0, dofs, part))
    return conditions


def _first(mesh: Mesh, rank: FloatArray) -> FloatArray:
    """The node of lowest rank ``(n,)`` on any process, the same however the mesh is spread."""
    rows = np.column_stack([rank, mesh.geometry.x])
    lowest = rows[np.lexsort(rows.T[::-1])[:1]]
    every = np.concatenate(mesh.comm.allgather(lowest))
    return np.asarray(every[np.lexsort(every.T[::-1])[0], 1:])


def _stand_straight(problem: TotalLagrangian) -> None:
    """Take sliding and turning out of a body that nothing holds: what is left is orthogonal to
    both, as in the linear solve. Equilibrium stays, for no condition or load sees such a motion.
    """
    comm, space = problem.mesh.comm, problem.displacement_space
    plain, parent = space.collapse() if problem.mixed else (space, slice(None))
    owned = plain.dofmap.index_map.size_local
    values = problem.u.x.array[parent].reshape(-1, 3)
    x = plain.tabulate_dof_coordinates()[:, :2]
    y = x + values[:, :2]
    total = comm.allreduce(np.concatenate([x[:owned].sum(0), y[:owned].sum(0), [owned]]))
    middle, moved = total[:2] / total[4], total[2:4] / total[4]
    x, y = x - middle, y - moved
    together = comm.allreduce(x[:owned].T @ y[:owned])
    angle = np.arctan2(together[0, 1] - together[1, 0], np.trace(together))
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    values[:, :2] = y @ back - x
    problem.u.x.array[parent] = values.ravel()
    problem.update()


def _load(t: float, strain: float, swelling: float) -> str:
    parts = [f"{100 * t * strain:.3g} % compression"] if strain else []
    if swelling != 1.0:
        parts.append(f"{100 * t * (swelling - 1.0):.3g} % swelling")
    return " and ".join(parts) or f"{100 * t:.3g} % of the weight"


def _place(mesh: MeshArrays | None, comm: MPI.Comm, point: FloatArray) -> str:
    """What lies around a point, in words."""
    words = None if mesh is None else surroundings(mesh, point)
    return str(comm.bcast(words, root=0))
