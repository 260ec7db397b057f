"""Homogeneous finite strain: closed forms, affine patches with fibres, order of Newton's method."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from solver.materials import Alginate, Collagen, Ink, Waviness, build_gel
from solver.materials.curves import ACROSS, ALONG, uniaxial
from solver.materials.hyperelastic import HyperelasticGel
from solver.materials.tensors import from_mandel, to_mandel
from tests.verification.finite_block import (
    bind,
    cube,
    face,
    lame_constants,
    neo_hookean,
    stretched,
)

pytestmark = pytest.mark.dolfinx
KINDS = [("displacement", 1), ("displacement", 2), ("mixed", 2)]
kinds = pytest.mark.parametrize(("formulation", "degree"), KINDS)


def block(gel: HyperelasticGel, formulation: str, degree: int):
    from solver.mechanics.total_lagrangian import TotalLagrangian

    return TotalLagrangian(cube(), bind(gel), formulation=formulation, degree=degree)


def free_stretch(others: float, n: int, poisson: float) -> float:
    """The stretch s of the n free axes: μ (s² − 1) + λ ln J = 0 with J = others · sⁿ."""
    lame, shear = lame_constants(poisson)
    return brentq(lambda s: shear * (s * s - 1) + lame * np.log(others * s**n), 0.2, 5, xtol=1e-15)


def nominal(s: float, jacobian: float, poisson: float) -> float:
    """P = μ (s − 1/s) + λ ln J / s along an axis of stretch s."""
    lame, shear = lame_constants(poisson)
    return shear * (s - 1 / s) + lame * np.log(jacobian) / s


@kinds
@pytest.mark.parametrize("s", [0.6, 1.8])
def test_uniaxial(formulation: str, degree: int, s: float) -> None:
    problem = block(neo_hookean(), formulation, degree)
    force = stretched(problem, (None, None, s))
    side = free_stretch(s, 2, 0.3)
    assert force[2] == pytest.approx(nominal(s, s * side**2, 0.3), rel=1e-8)
    state = problem.state()
    assert np.allclose(state.gradient, np.diag([side, side, s]), atol=1e-8)
    assert np.allclose(state.cauchy[:, [0, 1, 3, 4, 5]], 0.0, atol=1e-8)
    assert np.allclose(state.cauchy[:, 2], force[2] / side**2, rtol=1e-8)


@kinds
def test_equibiaxial(formulation: str, degree: int) -> None:
    s = 1.4
    force = stretched(block(neo_hookean(0.45), formulation, degree), (s, s, None))
    height = free_stretch(s * s, 1, 0.45)
    for axis in (0, 1):
        expected = nominal(s, s * s * height, 0.45)
        assert force[axis] == pytest.approx(expected, rel=1e-8)


def everywhere_affine(problem, gradient: np.ndarray):
    """Boundary moved by (F − I) x; the state inside."""
    import dolfinx
    from dolfinx import fem

    from solver.mechanics.finite import advance
    from solver.mechanics.newton import Newton

    mesh = problem.mesh
    mesh.topology.create_connectivity(2, 3)
    facets = dolfinx.mesh.exterior_facet_indices(mesh.topology)
    space = problem.displacement_space
    plain = space.collapse()[0] if problem.mixed else space
    moved = fem.Function(plain)
    spaces = (space, plain) if problem.mixed else space
    dofs = fem.locate_dofs_topological(spaces, 2, facets)
    condition = fem.dirichletbc(moved, dofs, space) if problem.mixed else None
    condition = condition or fem.dirichletbc(moved, dofs)

    def apply(t: float) -> None:
        moved.interpolate(lambda x: t * (gradient - np.eye(3)) @ x)

    advance(Newton(problem, [condition]), apply)
    return problem.state()


@kinds
def test_simple_shear(formulation: str, degree: int) -> None:
    # σ = [μ (FFᵀ − I) + λ ln J I]/J, J = 1
    gradient = np.eye(3)
    gradient[0, 1] = 0.8
    state = everywhere_affine(block(neo_hookean(), formulation, degree), gradient)
    expected = lame_constants(0.3)[1] * (gradient @ gradient.T - np.eye(3))
    assert np.allclose(from_mandel(state.cauchy), expected, atol=1e-8)


WAVY = HyperelasticGel(
    build_gel(Ink("gel", Alginate(youngs_modulus=1.0), Collagen(3.0, Waviness(1, 10)), None, 0.6))
)


@kinds
def test_affine_patch_with_fibres(formulation: str, degree: int) -> None:
    gradient = np.array([[1.1, 0.2, -0.1], [0.0, 0.9, 0.15], [0.1, -0.05, 1.3]])
    state = everywhere_affine(block(WAVY, formulation, degree), gradient)
    assert np.allclose(state.gradient, gradient, atol=1e-8)
    # the material by itself, pushed forward by hand
    answer = WAVY.respond(to_mandel(gradient.T @ gradient)[None])
    j = np.linalg.det(gradient)
    cauchy = gradient @ from_mandel(answer.stress[0]) @ gradient.T / j
    assert np.allclose(from_mandel(state.cauchy), cauchy, atol=1e-8)
    fourth = from_mandel(np.moveaxis(from_mandel(answer.tangent[0]), 0, -1))  # (3, 3, 3, 3)
    pushed = np.einsum("iI,jJ,kK,lL,IJKL->ijkl", *([gradient] * 4), fourth) / j
    assert np.allclose(state.stiffness, to_mandel(np.moveaxis(to_mandel(pushed), -1, 0)), atol=1e-7)


@pytest.mark.parametrize("s", [0.85, 1.25])
@pytest.mark.parametrize(("axis", "near"), [(ALONG, 1e-8), (ACROSS, 1e-6)])
def test_block_of_wavy_fibres_is_what_the_tensile_test_says(axis, near: float, s: float) -> None:
    # Across the fibres the rule of directions couples the other two axes by 1e-4: a shear that
    # the tensile test allows and rollers do not.
    curve = uniaxial(WAVY, [s], axis)
    pulled = int(np.argmax(axis))
    driven = [s if k == pulled else None for k in range(3)]
    force = stretched(block(WAVY, "displacement", 2), driven)
    assert force[pulled] == pytest.approx(curve.nominal[0], rel=near)


def bonded(first: float, strain: float):
    """A block between bonded plates; the Newton solver and its steps."""
    from dolfinx import fem

    from solver.mechanics.finite import advance
    from solver.mechanics.newton import Newton, StepControl

    problem = block(neo_hookean(), "displacement", 2)
    lift = fem.Constant(problem.mesh, 0.0)
    conditions = problem.held(face(problem.mesh, 2, 0.0), (0, 1, 2), (0.0, 0.0, 0.0))
    conditions += problem.held(face(problem.mesh, 2, 1.0), (0, 1, 2), (0.0, 0.0, lift))
    newton = Newton(problem, conditions, control=StepControl(first=first))

    def apply(t: float) -> None:
        lift.value = -strain * t

    return newton, advance(newton, apply)


def test_newton_converges_quadratically() -> None:
    _, steps = bonded(1.0, 0.5)
    r = np.array([v for v in steps[-1].residuals if v > 1e-13])
    order = np.log(r[-1] / r[-2]) / np.log(r[-2] / r[-3])
    assert order == pytest.approx(2.0, abs=0.4)


def test_newton_goes_back_where_elements_turn_inside_out() -> None:
    # 70 % at once: on the way points have J < 0, where the law says NaN
    newton, steps = bonded(1.0, 0.7)
    assert len(steps) == 1
    assert newton.worst_anywhere().jacobian < 0.0
    assert newton.problem.jacobian.min() > 0.0
    assert steps[0].residuals[-1] < 1e-8 * steps[0].residuals[0]
