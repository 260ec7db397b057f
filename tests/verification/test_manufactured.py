"""Manufactured solutions for the elastic solver: P1 2 and 1, P2 3 and 2, anisotropic stiffness."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials.tensors import TransverseIsotropy, dyads, isotropic

pytestmark = pytest.mark.dolfinx
AXIS = np.array([0.48, 0.6, 0.64])
AMPLITUDE = 0.1


def stiffness() -> np.ndarray:
    m = dyads([0, 0, 1.0])
    law = TransverseIsotropy(isotropic(1.0, 0.3) + 3.0 * np.outer(m, m))
    return law.along(AXIS[None])[0]


def displacement(x, sin, cos):
    """Smooth, no polynomial, no symmetry."""
    return [
        AMPLITUDE * sin(2.0 * x[0]) * cos(1.5 * x[1]) * x[2],
        AMPLITUDE * cos(1.7 * x[0] + x[1]) * sin(2.2 * x[2]),
        AMPLITUDE * sin(x[0] * x[1] + 1.3 * x[2]),
    ]


def errors(n: int, degree: int) -> tuple[float, float]:
    import dolfinx
    import ufl
    from dolfinx import fem
    from mpi4py import MPI

    from solver.mechanics.elasticity import ElasticProblem
    from solver.mechanics.probe import mandel_strain

    comm = MPI.COMM_SELF
    mesh = dolfinx.mesh.create_unit_cube(comm, n, n, n)
    cells = mesh.topology.index_map(3).size_local
    c = stiffness()
    problem = ElasticProblem(mesh, np.broadcast_to(c, (cells, 6, 6)), degree)
    x = ufl.SpatialCoordinate(mesh)
    exact = ufl.as_vector(displacement(x, ufl.sin, ufl.cos))
    s = ufl.dot(ufl.as_matrix(c.tolist()), mandel_strain(exact))
    r2 = float(np.sqrt(2))
    sigma = ufl.as_matrix(
        [[s[0], s[5] / r2, s[4] / r2], [s[5] / r2, s[1], s[3] / r2], [s[4] / r2, s[3] / r2, s[2]]]
    )
    boundary = fem.Function(problem.space)
    boundary.interpolate(lambda p: np.array(displacement(p, np.sin, np.cos)))
    mesh.topology.create_connectivity(2, 3)
    facets = dolfinx.mesh.exterior_facet_indices(mesh.topology)
    dofs = fem.locate_dofs_topological(problem.space, 2, facets)
    u = problem.solve([fem.dirichletbc(boundary, dofs)], body_force=-ufl.div(sigma))
    d = u - exact
    dx = ufl.dx(metadata={"quadrature_degree": 8})
    l2 = fem.assemble_scalar(fem.form(ufl.inner(d, d) * dx))
    h1 = fem.assemble_scalar(fem.form(ufl.inner(ufl.grad(d), ufl.grad(d)) * dx))
    return float(np.sqrt(l2)), float(np.sqrt(h1))


@pytest.mark.parametrize(("degree", "sizes"), [(1, (8, 12, 16)), (2, (4, 6, 8))])
def test_convergence_rates(degree: int, sizes: tuple[int, ...]) -> None:
    found = np.array([errors(n, degree) for n in sizes])
    slopes = np.polyfit(np.log(1.0 / np.array(sizes)), np.log(found), 1)[0]
    assert slopes[0] == pytest.approx(degree + 1, abs=0.1)  # L2
    assert slopes[1] == pytest.approx(degree, abs=0.1)  # H1
