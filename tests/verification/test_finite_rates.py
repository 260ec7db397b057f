"""Manufactured solution at finite strain, and nearly incompressible shells against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from tests.verification.finite_block import E, bind, face, lame_constants, neo_hookean
from tests.verification.shells import cavity_expansion

pytestmark = [pytest.mark.dolfinx, pytest.mark.slow]
AMPLITUDE = 0.08


def displacement(x, sin, cos):
    """Smooth, no polynomial, no symmetry; strains up to about 25 %."""
    return [
        AMPLITUDE * sin(2.0 * x[0]) * cos(1.5 * x[1]) * x[2],
        AMPLITUDE * cos(1.7 * x[0] + x[1]) * sin(2.2 * x[2]),
        AMPLITUDE * sin(x[0] * x[1] + 1.3 * x[2]),
    ]


def manufactured_errors(n: int, formulation: str) -> tuple[float, float]:
    """L2 and H1 errors under the body force −Div P of the exact solution."""
    import dolfinx
    import ufl
    from dolfinx import fem
    from mpi4py import MPI

    from solver.mechanics.finite import advance
    from solver.mechanics.newton import Newton, StepControl
    from solver.mechanics.total_lagrangian import TotalLagrangian

    mesh = dolfinx.mesh.create_unit_cube(MPI.COMM_SELF, n, n, n)
    lame, shear = lame_constants(0.3)
    exact = ufl.as_vector(displacement(ufl.SpatialCoordinate(mesh), ufl.sin, ufl.cos))
    f = ufl.Identity(3) + ufl.grad(exact)
    turned = ufl.inv(f).T
    piola = shear * (f - turned) + lame * ufl.ln(ufl.det(f)) * turned
    factor = fem.Constant(mesh, 0.0)
    dx = ufl.dx(metadata={"quadrature_degree": 4})

    def load(u, v):
        # −∫ b·v with b = −Div P
        return factor * ufl.inner(ufl.div(piola), v) * dx

    problem = TotalLagrangian(mesh, bind(neo_hookean()), formulation=formulation, extra=load)
    space = problem.displacement_space
    plain = space.collapse()[0] if problem.mixed else space
    boundary = fem.Function(plain)
    mesh.topology.create_connectivity(2, 3)
    facets = dolfinx.mesh.exterior_facet_indices(mesh.topology)
    dofs = fem.locate_dofs_topological((space, plain) if problem.mixed else space, 2, facets)
    held = (boundary, dofs, space) if problem.mixed else (boundary, dofs)

    def apply(t: float) -> None:
        factor.value = t
        boundary.interpolate(lambda p: t * np.array(displacement(p, np.sin, np.cos)))

    advance(Newton(problem, [fem.dirichletbc(*held)], control=StepControl(first=1.0)), apply)
    u = ufl.split(problem.u)[0] if problem.mixed else problem.u
    d = u - exact
    dx = ufl.dx(metadata={"quadrature_degree": 8})
    l2 = fem.assemble_scalar(fem.form(ufl.inner(d, d) * dx))
    h1 = fem.assemble_scalar(fem.form(ufl.inner(ufl.grad(d), ufl.grad(d)) * dx))
    return float(np.sqrt(l2)), float(np.sqrt(h1))


@pytest.mark.parametrize("formulation", ["displacement", "mixed"])
def test_convergence_rates(formulation: str) -> None:
    sizes = (4, 6, 8)
    found = np.array([manufactured_errors(n, formulation) for n in sizes])
    slopes = np.polyfit(np.log(1.0 / np.array(sizes)), np.log(found), 1)[0]
    assert slopes[0] == pytest.approx(3.0, abs=0.1)  # L2
    assert slopes[1] == pytest.approx(2.0, abs=0.1)  # H1


INNER, OUTER = 1.0, 2.0


def octant(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and tetrahedra of an eighth of a thick sphere: n² · n prisms, three in each."""
    steps = np.array([(i, j) for i in range(n + 1) for j in range(n + 1 - i)])
    flat = np.column_stack([steps, n - steps.sum(axis=1)]).astype(float)
    sphere = flat / np.linalg.norm(flat, axis=1)[:, None]
    number = {(i, j): k for k, (i, j) in enumerate(steps.tolist())}
    base = [
        [number[i + di, j + dj] for di, dj in corners]
        for i, j in steps.tolist()
        for corners in (((0, 0), (1, 0), (0, 1)), ((1, 0), (1, 1), (0, 1)))
        if i + j + max(di + dj for di, dj in corners) <= n
    ]
    a, b, c = np.sort(base, axis=1).T  # sorted: neighbours cut their common face alike
    m = len(sphere)  # nodes of a layer
    layer = [(a, b, c, c + m), (a, b, b + m, c + m), (a, a + m, b + m, c + m)]
    tets = np.concatenate([np.column_stack(t) for t in layer])
    radii = np.linspace(INNER, OUTER, n + 1)
    points = (radii[:, None, None] * sphere).reshape(-1, 3)
    return points, np.concatenate([tets + k * m for k in range(n)]).astype(np.int64)


def pressure(n: int, stretch: float, poisson: float, formulation: str, degree: int) -> float:
    """Pressure in the cavity blown up from radius 1 to ``stretch``; the outer face is free.

    Inner nodes are moved radially. Under a virtual change δs of the stretch the nodal forces
    work Σ f·X δs, the pressure p (4π/8) s² δs.
    """
    from dolfinx import fem
    from dolfinx.mesh import locate_entities_boundary
    from mpi4py import MPI

    from solver import _dolfinx
    from solver.mechanics.finite import advance
    from solver.mechanics.newton import Newton
    from solver.mechanics.total_lagrangian import TotalLagrangian

    mesh = _dolfinx.create_mesh(MPI.COMM_SELF, *octant(n))
    gel = neo_hookean(poisson)
    problem = TotalLagrangian(mesh, bind(gel), formulation=formulation, degree=degree)
    space = problem.displacement_space
    conditions = []
    for axis in range(3):
        conditions += problem.held(face(mesh, axis, 0.0), (axis,), (0.0,))
    inner = locate_entities_boundary(mesh, 2, lambda x: np.linalg.norm(x, axis=0) < INNER + 1e-6)
    radial, dofs = [], []
    for axis in range(3):
        plain = space.sub(axis).collapse()[0]
        radial.append(fem.Function(plain))
        dofs.append(fem.locate_dofs_topological((space.sub(axis), plain), 2, inner))
        conditions.append(fem.dirichletbc(radial[-1], dofs[-1], space.sub(axis)))

    def apply(t: float) -> None:
        for axis, moved in enumerate(radial):
            moved.interpolate(lambda x, axis=axis: t * (stretch - 1.0) * x[axis])

    newton = Newton(problem, conditions)
    advance(newton, apply)
    work = 0.0
    for moved, (in_space, in_plain) in zip(radial, dofs, strict=True):
        x = moved.x.array[in_plain] / (stretch - 1.0)
        work += float(newton.nodal_forces[in_space] @ x)
    return work / (0.5 * np.pi * stretch**2)


def limit_and_rate(poisson: float, stretch: float, expected: float) -> tuple[float, float]:
    """Relative error of the mixed solution extrapolated to h = 0 (even powers), and its rate."""
    n = np.array([4, 6, 8])
    error = np.array([pressure(k, stretch, poisson, "mixed", 2) / expected - 1 for k in n])
    rate = np.log(error[1] / error[2]) / np.log(n[2] / n[1])
    return float(np.polyfit(1.0 / n**2, error, 2)[-1]), float(rate)


def test_cavity_in_a_nearly_incompressible_shell() -> None:
    # Lamé; the flat triangles that stand for the sphere cost h², and nothing else is left
    strain, poisson = 1e-4, 0.499
    expected = strain / cavity_expansion([INNER, OUTER], [E], poisson)
    limit, rate = limit_and_rate(poisson, 1.0 + strain, expected)
    assert limit == pytest.approx(0.0, abs=0.002)
    assert rate == pytest.approx(2.0, abs=0.2)
    # displacements of linear elements lock: several times too stiff, on the same meshes
    locked = [pressure(n, 1.0 + strain, poisson, "displacement", 1) / expected for n in (4, 6)]
    assert locked[0] > locked[1] > 3.0


def test_cavity_blown_up_in_an_incompressible_shell() -> None:
    # neo-Hookean, J = 1: p = ∫ 2 (σ_θ − σ_r) dr/r = ∫ 2μ (l² − l⁻⁴) dr/r, l = r/R
    stretch, poisson = 1.5, 0.4999
    shear = lame_constants(poisson)[1]

    def slope(r: float) -> float:
        hoop = r / np.cbrt(r**3 - stretch**3 + INNER**3)
        return 2.0 * shear * (hoop**2 - hoop**-4) / r

    expected = quad(slope, stretch, np.cbrt(OUTER**3 - INNER**3 + stretch**3))[0]
    limit, rate = limit_and_rate(poisson, stretch, expected)
    assert limit == pytest.approx(0.0, abs=0.002)
    assert rate == pytest.approx(2.0, abs=0.2)
