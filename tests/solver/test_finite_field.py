"""The finite-strain field over a scaffold, and swelling."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Heterogeneity, Ink, MaterialField, Waviness
from solver.materials.fibres import (
    CrimpedChoice,
    SemiAffineChoice,
)
from solver.materials.finite_field import FiniteField
from solver.materials.gel import build_gel
from solver.materials.hyperelastic import (
    GrownMaterial,
    HyperelasticGel,
)
from solver.materials.odf import Orientation
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import (
    IDENTITY,
    FloatArray,
    rotate,
)
from tests.solver.points import cauchy_green, check_derivatives, deformations, turns

WAVE = Waviness(1.0, 20.0)
MATRIX = Alginate(youngs_modulus=1.0)
PLAIN = HyperelasticGel(build_gel(Ink("a", MATRIX)))
SWELLING = HyperelasticGel(
    build_gel(Ink("a", MATRIX, Collagen(2.4, law=SemiAffineChoice()), alignment=-0.2))
)


def test_a_swollen_gel_is_at_rest_where_it_has_swollen_to() -> None:
    n, g = 4, np.array([1.0, 1.1, 1.2, 0.9])
    grown = GrownMaterial(SWELLING.bind(turns(n), np.linspace(0.5, 2.0, n)), g)
    free = grown.respond(g[:, None] ** 2 * IDENTITY)
    assert np.abs(free.stress).max() < 1e-12
    c = cauchy_green(g[:, None, None] * deformations(n))
    check_derivatives(grown, c)
    # held at its dry size it presses: Cauchy pressure of the matrix alone in closed form,
    # S = g S(I/g²) with S(C) = μ (1 − 1/c) + λ ln J/c, c = 1/g², J = 1/g³
    stiff = GrownMaterial(PLAIN.bind(np.eye(3)[None], np.ones(1)), np.array([1.1]))
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
