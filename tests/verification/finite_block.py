"""A unit cube of irregular tetrahedra at finite strain: what the finite-strain tests share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from solver.materials import Alginate, Ink, build_gel
from solver.materials.hyperelastic import HyperelasticGel

E = 2.0  # kPa


def lame_constants(poisson: float) -> tuple[float, float]:
    """λ and μ of the test material."""
    return E * poisson / ((1 + poisson) * (1 - 2 * poisson)), E / (2 * (1 + poisson))


def neo_hookean(poisson: float = 0.3) -> HyperelasticGel:
    """Ψ = μ/2 (tr C − 3 − 2 ln J) + λ/2 (ln J)²."""
    return HyperelasticGel(build_gel(Ink("gel", Alginate(youngs_modulus=E, poisson_ratio=poisson))))


def bind(gel: HyperelasticGel) -> Callable:
    """The gel with its fibre axis along z."""
    return lambda x: gel.bind(np.broadcast_to(np.eye(3), (len(x), 3, 3)), np.ones(len(x)))


def cube(n: int = 2, shake: float = 0.15):
    """n³ · 6 tetrahedra, inner vertices moved at random so that no symmetry is left."""
    import dolfinx
    from mpi4py import MPI

    mesh = dolfinx.mesh.create_unit_cube(MPI.COMM_SELF, n, n, n)
    x = mesh.geometry.x
    inner = ((x > 1e-9) & (x < 1 - 1e-9)).all(axis=1)
    x[inner] += shake / n * np.random.default_rng(1).uniform(-1, 1, (int(inner.sum()), 3))
    return mesh


def face(mesh, axis: int, at: float):
    """Boundary facets of the plane x_axis = at."""
    from dolfinx.mesh import locate_entities_boundary

    return locate_entities_boundary(mesh, 2, lambda x: np.isclose(x[axis], at))


def stretched(problem, stretches: Sequence[float | None], steps: float = 0.5):
    """Three faces on rollers, the opposite ones moved to the stretches (``None``: free).

    Returns the nominal stress (force, for the unit face) along each driven axis.
    """
    from dolfinx import fem

    from solver.mechanics.finite import advance
    from solver.mechanics.newton import Newton, StepControl

    mesh, conditions, driven = problem.mesh, [], []
    for axis, stretch in enumerate(stretches):
        conditions += problem.held(face(mesh, axis, 0.0), (axis,), (0.0,))
        if stretch is not None:
            value = fem.Constant(mesh, 0.0)
            moved = problem.held(face(mesh, axis, 1.0), (axis,), (value,))
            driven.append((axis, stretch, value, moved[0].dof_indices()[0]))
            conditions += moved

    def apply(t: float) -> None:
        for _, stretch, value, _ in driven:
            value.value = t * (stretch - 1.0)

    newton = Newton(problem, conditions, control=StepControl(first=steps))
    advance(newton, apply)
    return {axis: newton.reaction(dofs) for axis, _, _, dofs in driven}
