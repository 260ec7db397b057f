"""Gels at finite strain: derivatives, invariance, closed forms, the linear gel as their limit."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Ink, Waviness
from solver.materials.fibres import (
    ExponentialChoice,
    LawChoice,
    SemiAffineChoice,
    TensionAlignedChoice,
)
from solver.materials.gel import build_gel
from solver.materials.hyperelastic import (
    BoundGel,
    HyperelasticGel,
    neo_hookean,
)
from solver.materials.odf import Orientation
from solver.materials.tensors import (
    IDENTITY,
    FloatArray,
    dyads,
    symmetric_square,
)
from tests.solver.points import cauchy_green, check_derivatives, deformations, turns

WAVE = Waviness(1.0, 20.0)
MATRIX = Alginate(youngs_modulus=1.0)


def gel(
    law: LawChoice | None = None, wave: Waviness | None = None, **more: object
) -> HyperelasticGel:
    collagen = Collagen(2.4, wave or Waviness(), law=law)
    return HyperelasticGel(build_gel(Ink("a", MATRIX, collagen, **more)))  # type: ignore[arg-type]


GELS = {
    "matrix": HyperelasticGel(build_gel(Ink("a", MATRIX))),
    "straight": gel(alignment=0.6),
    "wavy": gel(wave=WAVE, alignment=0.6),
    "planar": gel(orientation=Orientation.planar(0.3)),
    "semi_affine": gel(SemiAffineChoice(), alignment=-0.2),
    "exponential": gel(ExponentialChoice(5.0), alignment=0.3),
    "tension_aligned": gel(TensionAlignedChoice()),
    "structure tensor": HyperelasticGel(
        build_gel(Ink("a", MATRIX, Collagen(2.4, WAVE), alignment=0.6)),
        dispersion="structure_tensor",
    ),
}
BY_NAME = pytest.mark.parametrize("name", GELS)


def bound(name: str, n: int) -> BoundGel:
    return GELS[name].bind(turns(n), np.linspace(0.5, 2.0, n))


@BY_NAME
@pytest.mark.parametrize("volumetric", [True, False])
def test_stress_and_tangent_are_derivatives_of_the_energy(name: str, volumetric: bool) -> None:
    n = 8
    check_derivatives(bound(name, n), cauchy_green(deformations(n)), volumetric=volumetric)


@BY_NAME
def test_the_gel_at_rest_is_the_linear_gel(name: str) -> None:
    point = GELS[name]
    at_rest = point.respond(IDENTITY[None])
    assert np.abs(at_rest.stress).max() < 1e-12
    assert abs(at_rest.energy[0]) < 1e-12
    if name == "structure tensor":
        return  # A⊗A is not ⟨nnnn⟩: see its own test
    assert np.allclose(point.small_strain_stiffness, point.gel.stiffness, rtol=1e-9, atol=1e-12)


@BY_NAME
def test_turning_the_space_changes_nothing(name: str) -> None:
    # objectivity is built in (C alone counts); a turn of the gel with its load turns the answer
    n = 5
    c = cauchy_green(deformations(n))
    turn = turns(n, seed=8)
    q = symmetric_square(turn)
    first = bound(name, n)
    second = GELS[name].bind(turn @ first.frames, first.scale)
    a, b = first.respond(c), second.respond(np.einsum("nij,nj->ni", q, c))
    assert np.allclose(a.energy, b.energy, rtol=1e-10)
    assert np.allclose(np.einsum("nij,nj->ni", q, a.stress), b.stress, rtol=1e-9, atol=1e-10)
    turned = q @ a.tangent @ q.swapaxes(1, 2)
    assert np.abs(turned - b.tangent).max() < 1e-9 * np.abs(b.tangent).max()


@pytest.mark.parametrize("name", ["matrix", "tension_aligned"])
def test_an_isotropic_gel_does_not_see_its_frame(name: str) -> None:
    n = 4
    c, ones = cauchy_green(deformations(n)), np.ones(n)
    a = GELS[name].bind(turns(n), ones).respond(c)
    b = GELS[name].bind(turns(n, seed=5), ones).respond(c)
    assert np.allclose(a.stress, b.stress, atol=1e-10)


def test_isotropic_fibres_hardly_see_their_frame_through_the_rule() -> None:
    # 61 directions integrate smooth fibres exactly to degree 17; buckling makes a corner
    point, n = gel(), 20
    c, ones = cauchy_green(deformations(n)), np.ones(n)
    a, b = (point.bind(turns(n, seed=s), ones).respond(c).stress for s in (1, 2))
    assert np.abs(a - b).max() < 5e-3 * np.abs(a).max()


def test_a_tensor_that_is_no_deformation_answers_nan_there_and_only_there() -> None:
    c = cauchy_green(deformations(5))
    c[1] = [-1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    c[2] = [1.0, -1.0, -1.0, 0.0, 0.0, 0.0]  # det C > 0 all the same
    c[3] = np.nan
    answer = bound("semi_affine", 5).respond(c)
    for values in answer:
        assert np.isnan(values[1:4]).all()
        assert np.isfinite(values[[0, 4]]).all()


def test_points_are_independent_of_the_company_they_are_in() -> None:
    n = 40_000  # several blocks of 61 directions
    f = deformations(7)
    c = np.resize(cauchy_green(f), (n, 6))
    material = GELS["semi_affine"].bind(np.broadcast_to(np.eye(3), (n, 3, 3)), np.ones(n))
    few = GELS["semi_affine"].bind(np.broadcast_to(np.eye(3), (7, 3, 3)), np.ones(7))
    whole, part = material.respond(c), few.respond(cauchy_green(f))
    assert np.allclose(whole.stress[-(n % 7) - 7 : n - n % 7], part.stress, rtol=1e-12)


def test_lame_and_shear_are_those_of_matrix_and_whole() -> None:
    material = bound("straight", 3)
    # E = 1, ν = 0.3: λ = E ν/((1 + ν)(1 − 2ν))
    assert material.lame == pytest.approx(0.3 / (1.3 * 0.4) * material.scale)
    assert material.shear == pytest.approx((1 / 2.6 + 0.431) * material.scale, rel=1e-6)


def test_frames_and_factors_must_match() -> None:
    with pytest.raises(ValueError, match="frames"):
        GELS["matrix"].bind(np.eye(3)[None], np.ones(2))


# Neo-Hookean closed forms, Cauchy stress σ = (μ (B − I) + λ ln J I)/J


def neo_hookean_cauchy(f: FloatArray, mu: float, lame: float) -> FloatArray:
    stress = neo_hookean(cauchy_green(f)[None], mu, lame).stress[0]
    s = symmetric_square(f[None])[0] @ stress
    return np.asarray(s / np.linalg.det(f))


@pytest.mark.parametrize(
    "stretch", [(1.3, 1.0, 1.0), (1.2, 1.2, 0.8), (0.7, 1.1, 1.1)], ids=["pull", "biaxial", "push"]
)
def test_neo_hookean_principal_stresses(stretch: tuple[float, float, float]) -> None:
    mu, lame = 0.7, 2.3
    j = np.prod(stretch)
    expected = [(mu * (s**2 - 1) + lame * np.log(j)) / j for s in stretch]
    found = neo_hookean_cauchy(np.diag(stretch), mu, lame)
    assert found == pytest.approx([*expected, 0, 0, 0], abs=1e-12)


def test_neo_hookean_simple_shear() -> None:
    mu, gamma = 0.7, 0.4
    f = np.eye(3)
    f[0, 1] = gamma
    # J = 1: σ12 = μγ, σ11 = μγ², all others 0
    found = neo_hookean_cauchy(f, mu, 2.3)
    expected = [mu * gamma**2, 0, 0, 0, 0, np.sqrt(2) * mu * gamma]
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_pull_along_one_direction_recruits_fibres_along_it() -> None:
    # dyads(a)·S along the fibres exceeds that across by the share of fibres there
    f = np.eye(3) + 0.05 * np.outer([0, 0, 1.0], [0, 0, 1.0])
    g = np.eye(3) + 0.05 * np.outer([1.0, 0, 0], [1.0, 0, 0])
    along = GELS["straight"].respond(cauchy_green(f)[None]).stress[0] @ dyads([0, 0, 1.0])
    across = GELS["straight"].respond(cauchy_green(g)[None]).stress[0] @ dyads([1.0, 0, 0])
    assert along > 1.5 * across
