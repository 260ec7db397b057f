"""Gels at finite strain: derivatives, invariance, closed forms, the linear gel as their limit."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Heterogeneity, Ink, MaterialField, Waviness
from solver.materials.fibres import (
    CrimpedChoice,
    ExponentialChoice,
    LawChoice,
    SemiAffine,
    SemiAffineChoice,
    TensionAligned,
    TensionAlignedChoice,
)
from solver.materials.fibres.law import FibreResponse
from solver.materials.fibres.network import (
    AngularNetwork,
    PrincipalNetwork,
    StructureTensorNetwork,
)
from solver.materials.finite_field import FiniteField
from solver.materials.gel import build_gel
from solver.materials.hyperelastic import (
    BoundGel,
    GrownMaterial,
    HyperelasticGel,
    PointMaterial,
    neo_hookean,
)
from solver.materials.odf import Orientation
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import (
    IDENTITY,
    FloatArray,
    dyads,
    isotropic_part,
    rotate,
    symmetric_square,
    to_mandel,
)

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


def turns(n: int, seed: int = 0) -> FloatArray:
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, 3, 3)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    return q * np.linalg.det(q)[:, None, None]


def deformations(n: int, size: float = 0.06, seed: int = 3) -> FloatArray:
    return np.eye(3) + size * np.random.default_rng(seed).standard_normal((n, 3, 3))


def cauchy_green(f: FloatArray) -> FloatArray:
    return to_mandel(f.swapaxes(-1, -2) @ f)


def bound(name: str, n: int) -> BoundGel:
    return GELS[name].bind(turns(n), np.linspace(0.5, 2.0, n))


def check_derivatives(material: PointMaterial, c: FloatArray, *, volumetric: bool = True) -> None:
    """S = 2 dΨ/dC and D = 2 dS/dC by differences to 1e-6, and D symmetric."""
    h = 1e-6
    answer = material.respond(c, volumetric=volumetric)
    for k in range(6):
        step = h * np.eye(6)[k]
        above = material.respond(c + step, volumetric=volumetric)
        below = material.respond(c - step, volumetric=volumetric)
        slope = (above.energy - below.energy) / h
        scale = np.abs(answer.stress).max() + np.abs(answer.tangent).max() * 1e-2
        assert np.abs(slope - answer.stress[:, k]).max() < 1e-6 * scale
        slope = (above.stress - below.stress) / h
        assert np.abs(slope - answer.tangent[:, :, k]).max() < 1e-6 * np.abs(answer.tangent).max()
    asymmetry = np.abs(answer.tangent - answer.tangent.swapaxes(1, 2)).max()
    assert asymmetry < 1e-12 * np.abs(answer.tangent).max()


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
    c = cauchy_green(deformations(3))
    c[1] = [-1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    answer = bound("semi_affine", 3).respond(c)
    for values in answer:
        assert np.isnan(values[1]).all()
        assert np.isfinite(values[[0, 2]]).all()


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


# Networks


def linear_fibre(stretch: FloatArray) -> FibreResponse:
    strain = stretch - 1.0
    return FibreResponse(0.5 * strain**2, strain, np.ones_like(strain))


def test_affine_linear_fibres_have_the_textbook_constants() -> None:
    directions, weights = Orientation.isotropic().quadrature()
    tangent = AngularNetwork(linear_fibre, directions, weights).respond(IDENTITY[None]).tangent[0]
    part = isotropic_part(tangent)
    assert part.shear == pytest.approx(1 / 15, rel=1e-9)
    assert part.young == pytest.approx(1 / 6, rel=1e-9)
    assert part.poisson == pytest.approx(1 / 4, rel=1e-9)
    assert tangent[2, 2] == pytest.approx(1 / 5, rel=1e-9)


def aligned(axis: tuple[float, float, float]) -> AngularNetwork:
    return AngularNetwork(SemiAffine(2.0), np.array([axis]), np.ones(1))


def test_structure_tensor_is_exact_for_a_bundle() -> None:
    axis = (0.0, 0.6, 0.8)
    tensor = np.outer(axis, axis)
    c = cauchy_green(deformations(6, 0.05))
    exact = aligned(axis).respond(c)
    cheap = StructureTensorNetwork(SemiAffine(2.0), tensor, 1.0).respond(c)
    for a, b in zip(exact, cheap, strict=True):
        assert np.allclose(a, b, rtol=1e-12)


def test_structure_tensor_errs_the_more_the_fibres_are_dispersed() -> None:
    # Stress under a pull of 5 % along the fibres against the angular sum
    f = np.diag([0.98, 0.98, 1.05])
    c = cauchy_green(f)[None]
    errors = []
    for s in (0.98, 0.9, 0.7, 0.5, 0.3, 0.0):
        orientation = Orientation.watson(s)
        directions, weights = orientation.quadrature()
        law = SemiAffine(2.0)
        exact = AngularNetwork(law, directions, weights).respond(c).stress[0, 2]
        cheap = StructureTensorNetwork(law, orientation.structure_tensor, 1.0).respond(c)
        errors.append(abs(cheap.stress[0, 2] / exact - 1.0))
    assert (np.diff(errors) > 0).all()
    assert errors[0] < 0.05
    assert errors[-1] > 0.5


def test_structure_tensor_of_isotropic_fibres_carries_no_shear() -> None:
    # A = I/3: A⊗A : shear = 0, whereas the fibres have G = φE/15
    tangent = StructureTensorNetwork(linear_fibre, np.eye(3) / 3, 1.0).respond(IDENTITY[None])
    assert tangent.tangent[0, 3, 3] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    "square",
    [
        (1.2, 1.2, 1.2),
        (1.2, 1.2, 0.9),
        (1.2, 1.2 + 1e-9, 0.9),
        (1.2, 1.2 + 1e-5, 1.2 - 1e-5),
        (1.0, 1.0, 1.0),
    ],
)
def test_principal_stretches_that_agree(square: tuple[float, float, float]) -> None:
    # D by differences through nearly equal stretches, in a turned frame
    q = turns(1)[0]
    c = rotate_vector(np.array([*square, 0.0, 0.0, 0.0]), q)[None]
    network = PrincipalNetwork(TensionAligned(1.0), 3.0)
    answer, h = network.respond(c), 1e-5
    for k in range(6):
        step = h * np.eye(6)[k]
        slope = (network.respond(c + step).stress - network.respond(c - step).stress) / h
        assert np.abs(slope - answer.tangent[:, :, k]).max() < 1e-6 * max(
            1.0, np.abs(answer.tangent).max()
        )


def rotate_vector(vector: FloatArray, q: FloatArray) -> FloatArray:
    return np.asarray(symmetric_square(q[None])[0] @ vector)


def test_principal_stretches_of_a_linear_law_are_biot_strains() -> None:
    # f = (λ − 1)²/2 of the principal stretches is |U − I|²/2: C⁻¹ᐟ² (U − I) is its S
    network = PrincipalNetwork(linear_fibre, 1.0)
    f = deformations(1)[0]
    values, vectors = np.linalg.eigh(f.T @ f)
    u = np.sqrt(values)
    expected = to_mandel((vectors * ((u - 1.0) / u)) @ vectors.T)
    assert network.respond(cauchy_green(f)[None]).stress[0] == pytest.approx(expected, abs=1e-12)


# Swelling and fields


def test_a_swollen_gel_is_at_rest_where_it_has_swollen_to() -> None:
    n, g = 4, np.array([1.0, 1.1, 1.2, 0.9])
    grown = GrownMaterial(bound("semi_affine", n), g)
    free = grown.respond(g[:, None] ** 2 * IDENTITY)
    assert np.abs(free.stress).max() < 1e-12
    c = cauchy_green(g[:, None, None] * deformations(n))
    check_derivatives(grown, c)
    # held at its dry size it presses: Cauchy pressure of the matrix alone in closed form,
    # S = g S(I/g²) with S(C) = μ (1 − 1/c) + λ ln J/c, c = 1/g², J = 1/g³
    stiff = GrownMaterial(GELS["matrix"].bind(np.eye(3)[None], np.ones(1)), np.array([1.1]))
    mu, lame = 1 / 2.6, 0.3 / (1.3 * 0.4)
    expected = 1.1 * (mu * (1 - 1.1**2) - 3 * lame * np.log(1.1) * 1.1**2)
    assert stiff.respond(IDENTITY[None]).stress[0, :3] == pytest.approx([expected] * 3)
    assert stiff.lame == pytest.approx(1.1**3 * lame)
    assert stiff.shear == pytest.approx(1.1**3 * mu)


class TwoHalves:
    """x < 0 of one ink printed along e_x, x > 0 of another along e_y; glass below z = 0."""

    inks = ("left", "right")
    substrate_height = 0.0

    def free_surface_distance(self, x: FloatArray) -> FloatArray:
        return x[:, 2] - 100.0

    def ink(self, x: FloatArray) -> np.ndarray:
        return (x[:, 0] > 0).astype(int)

    def print_direction(self, x: FloatArray) -> FloatArray:
        return np.where(x[:, :1] > 0, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])


def field(right: Ink | None = None) -> MaterialField:
    left = Ink("left", MATRIX, Collagen(2.4, WAVE), alignment=0.6)
    default = Ink(
        "right",
        Alginate(),
        Collagen(1.2, law=SemiAffineChoice()),
        alignment=0.4,
        heterogeneity=Heterogeneity(0.3, 50.0),
    )
    return MaterialField(TwoHalves(), (build_gel(left), build_gel(right or default)))


POINTS = np.random.default_rng(2).uniform([-50, -50, -10], [50, 50, 110], (30, 3))
POINTS[:4, 2] = -20.0, -3.0, 97.0, 120.0  # glass, its edge, the edge of the gel, free space


def test_the_field_at_rest_is_the_linear_field() -> None:
    linear = field()
    at_rest = FiniteField(linear).bind(POINTS).respond(np.tile(IDENTITY, (30, 1)))
    assert np.allclose(at_rest.tangent, linear.stiffness(POINTS), rtol=1e-8, atol=1e-9)


def test_free_space_and_glass_weigh_as_in_the_linear_field() -> None:
    linear, width = field(), np.full(30, 12.0)
    at_rest = FiniteField(linear).bind(POINTS, width=width).respond(np.tile(IDENTITY, (30, 1)))
    expected = linear.smeared(POINTS, width)
    scale = np.abs(expected).max(axis=(1, 2), keepdims=True)
    assert np.abs((at_rest.tangent - expected) / scale).max() < 1e-8
    assert scale.max() > 1e4  # glass
    assert scale.min() < 1e-5  # free space


def test_each_point_answers_as_its_own_gel() -> None:
    linear = field()
    finite = FiniteField(linear)
    c = cauchy_green(deformations(30))
    material = finite.bind(POINTS)
    answer = material.respond(c)
    ink, factor = linear.body.ink(POINTS), linear.heterogeneity(POINTS)
    for i in (int(np.argmin(ink)), int(np.argmax(ink))):
        own = finite.gels[ink[i]].bind(linear.frames(POINTS[i : i + 1]), factor[i : i + 1])
        assert np.allclose(own.respond(c[i : i + 1]).stress[0], answer.stress[i], rtol=1e-12)
        assert own.lame[0] == pytest.approx(material.lame[i])
        assert own.shear[0] == pytest.approx(material.shear[i])


def test_directions_given_in_space() -> None:
    # One density everywhere, in a turned frame: the same as that density as the ink's own. Fibres
    # that do not buckle are smooth, so that the two rules (turned differently) agree closely.
    law = CrimpedChoice(buckling=1.0)
    turn = turns(1, seed=4)[0]
    local = Orientation.bingham(np.diag([0.2, 0.1, 0.7]))
    tensor = turn @ local.structure_tensor @ turn.T
    places = np.array([[20.0, 0.0, 50.0], [30.0, 0.0, 50.0]])
    in_space = OrientationField(places, np.array([tensor, tensor]))
    ink = Ink("right", MATRIX, Collagen(2.4, law=law), orientation=in_space)
    x = POINTS[POINTS[:, 0] > 0]
    n = len(x)
    material = FiniteField(field(ink)).bind(x)
    own = HyperelasticGel(build_gel(Ink("b", MATRIX, Collagen(2.4, law=law), orientation=local)))
    frames = np.broadcast_to(turn, (n, 3, 3))
    c = cauchy_green(deformations(n, 0.1))
    a, b = material.respond(c), own.bind(frames, np.ones(n)).respond(c)
    assert np.abs(a.stress - b.stress).max() < 1e-4 * np.abs(b.stress).max()
    at_rest = material.respond(np.tile(IDENTITY, (n, 1)))
    expected = rotate(own.gel.stiffness, turn)
    assert np.allclose(at_rest.tangent, expected, rtol=1e-6, atol=1e-8)
    check_derivatives(material, c)


def test_a_pull_along_one_direction_recruits_fibres_along_it() -> None:
    # dyads(a)·S along the fibres exceeds that across by the share of fibres there
    f = np.eye(3) + 0.05 * np.outer([0, 0, 1.0], [0, 0, 1.0])
    g = np.eye(3) + 0.05 * np.outer([1.0, 0, 0], [1.0, 0, 0])
    along = GELS["straight"].respond(cauchy_green(f)[None]).stress[0] @ dyads([0, 0, 1.0])
    across = GELS["straight"].respond(cauchy_green(g)[None]).stress[0] @ dyads([1.0, 0, 0])
    assert along > 1.5 * across
