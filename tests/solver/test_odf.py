"""Densities of fibre directions against closed forms, and their directions against exact sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.optimize import brentq
from scipy.special import dawsn, hyp1f1, iv

from solver.materials.bingham import EIGENVALUE_FLOOR
from solver.materials.odf import Orientation
from solver.materials.tensors import dyads, isotropic_part, rotate, to_mandel

TURN = np.linalg.qr(np.random.default_rng(7).standard_normal((3, 3)))[0]
ALL = {
    "isotropic": Orientation.isotropic(),
    **{f"watson {s}": Orientation.watson(s) for s in (-0.45, -0.2, 0.3, 0.7, 0.98)},
    **{f"planar {s}": Orientation.planar(s) for s in (-0.98, -0.4, 0.0, 0.3, 0.98)},
    "bingham": Orientation.bingham(np.diag([0.1, 0.3, 0.6])),
    "bingham turned": Orientation.bingham(TURN @ np.diag([0.05, 0.2, 0.75]) @ TURN.T),
    "bingham one direction": Orientation.bingham(np.diag([0.0, 0.0, 1.0])),
    "bingham plane": Orientation.bingham(np.diag([0.0, 0.6, 0.4])),
}


def watson_moments(s: float) -> tuple[float, float]:
    """⟨(n·a)²⟩ and ⟨(n·a)⁴⟩ by Kummer's function, k from S by bisection."""

    def second(k: float) -> float:
        return hyp1f1(1.5, 2.5, k) / (3 * hyp1f1(0.5, 1.5, k))

    k = brentq(lambda k: 1.5 * second(k) - 0.5 - s, -40, 100, xtol=1e-13)
    return second(k), hyp1f1(2.5, 3.5, k) / (5 * hyp1f1(0.5, 1.5, k))


@pytest.mark.parametrize("s", [-0.45, -0.4, -0.1, 0.0, 0.1, 0.5, 0.9, 0.98])
def test_watson_moments_follow_kummers_function(s: float) -> None:
    second, fourth = watson_moments(s)
    o = Orientation.watson(s)
    assert np.allclose(o.structure_tensor, np.diag([(1 - second) / 2] * 2 + [second]), atol=1e-9)
    m = o.fourth_moment()
    assert m[2, 2] == pytest.approx(fourth, abs=1e-9)
    # the rest by symmetry: ⟨n₁²n₃²⟩ = (⟨n₃²⟩ − ⟨n₃⁴⟩)/2, ⟨n₁⁴⟩ = 3⟨n₁²n₂²⟩ = 3/8 ⟨(1 − n₃²)²⟩
    ring = 1 - 2 * second + fourth
    assert m[0, 2] == m[2, 0] == pytest.approx((second - fourth) / 2, abs=1e-9)
    assert m[0, 0] == pytest.approx(3 / 8 * ring, abs=1e-9)
    assert m[0, 1] == pytest.approx(ring / 8, abs=1e-9)


@pytest.mark.parametrize("k", [0.5, 4.0, 30.0])
def test_watson_moments_follow_dawsons_function(k: float) -> None:
    # ∫₀¹ exp(kt²) dt = e^k D(√k)/√k; by parts ⟨t²⟩ = 1/(2√k D(√k)) − 1/(2k), and so on
    edge = np.sqrt(k) / dawsn(np.sqrt(k))
    second = (edge - 1) / (2 * k)
    fourth = (edge - 3 * second) / (2 * k)
    o = Orientation.watson(1.5 * second - 0.5)
    assert o.fourth_moment()[2, 2] == pytest.approx(fourth, abs=1e-10)


@pytest.mark.parametrize("order", [-0.98, -0.5, 0.0, 0.2, 0.8, 0.98])
def test_planar_moments_follow_bessel_ratios(order: float) -> None:
    k = brentq(lambda k: iv(1, k) / iv(0, k) - order, -60, 60, xtol=1e-13)
    double = iv(2, k) / iv(0, k)  # ⟨cos 4θ⟩
    o = Orientation.planar(order)
    assert np.allclose(o.structure_tensor, np.diag([(1 - order) / 2, 0, (1 + order) / 2]))
    m = o.fourth_moment()
    assert m[2, 2] == pytest.approx(3 / 8 + order / 2 + double / 8, abs=1e-10)
    assert m[0, 0] == pytest.approx(3 / 8 - order / 2 + double / 8, abs=1e-10)
    assert m[0, 2] == pytest.approx((1 - double) / 8, abs=1e-10)
    assert m[4, 4] == pytest.approx(2 * m[0, 2])
    assert not m[[1, 3, 5]].any()  # nothing out of the plane


def test_bingham_finds_the_density_it_was_made_of() -> None:
    # a density with exponents (−6, −1.5, 0) integrated by brute force over the sphere
    def mean(power: tuple[int, int, int]) -> float:
        def integrand(phi: float, t: float) -> float:
            r = np.sqrt(1 - t * t)
            n = (r * np.cos(phi), t, r * np.sin(phi))
            weight = np.exp(-6 * n[0] ** 2 - 1.5 * n[1] ** 2)
            return float(weight * np.prod([a**p for a, p in zip(n, power, strict=True)]))

        return float(dblquad(integrand, 0, 1, 0, np.pi / 2, epsabs=1e-12, epsrel=1e-12)[0])

    norm = mean((0, 0, 0))
    second = [mean(p) / norm for p in ((2, 0, 0), (0, 2, 0), (0, 0, 2))]
    m = Orientation.bingham(np.diag(second)).fourth_moment()
    for (i, j), power in {
        (0, 0): (4, 0, 0), (1, 1): (0, 4, 0), (2, 2): (0, 0, 4), (0, 1): (2, 2, 0),
        (0, 2): (2, 0, 2), (1, 2): (0, 2, 2),
    }.items():  # fmt: skip
        assert m[i, j] == pytest.approx(mean(power) / norm, abs=1e-9)


@pytest.mark.parametrize("s", [-0.4, 0.0, 0.6, 0.95])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_bingham_of_an_axial_tensor_is_watson_about_that_axis(s: float, axis: int) -> None:
    a = np.full(3, (1 - s) / 3)
    a[axis] = (1 + 2 * s) / 3
    m = Orientation.bingham(np.diag(a)).fourth_moment()
    assert m[axis, axis] == pytest.approx(watson_moments(s)[1], abs=1e-9)


def test_bingham_goes_over_into_planar_fibres() -> None:
    # what is out of the plane, e, vanishes in proportion
    flat = Orientation.planar(0.3).fourth_moment()
    gaps = [
        np.abs(
            Orientation.bingham(np.diag([0.35 - e / 2, e, 0.65 - e / 2])).fourth_moment() - flat
        ).max()
        for e in (0.008, 0.004, 0.002)
    ]
    assert gaps[0] < 0.02
    assert np.array(gaps[:-1]) / gaps[1:] == pytest.approx([2.0, 2.0], rel=0.05)


def test_degenerate_tensors_are_taken_at_the_floor() -> None:
    o = Orientation.bingham(np.diag([0.0, 0.0, 1.0]))
    assert np.diag(o.structure_tensor) == pytest.approx(
        [EIGENVALUE_FLOOR, EIGENVALUE_FLOOR, 1 - 2 * EIGENVALUE_FLOOR], abs=1e-15
    )


def test_isotropic_affine_fibres_have_the_textbook_constants() -> None:
    # Fibres of stiffness phi E = 1 in all directions: G = 1/15, E = 1/6, nu = 1/4, confined 1/5
    c = Orientation.isotropic().fourth_moment()
    part = isotropic_part(c)
    assert part.shear == pytest.approx(1 / 15, abs=1e-12)
    assert part.young == pytest.approx(1 / 6, abs=1e-12)
    assert part.poisson == pytest.approx(0.25, abs=1e-12)
    assert c[2, 2] == pytest.approx(0.2, abs=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_moments_are_moments(name: str) -> None:
    o = ALL[name]
    c = o.fourth_moment()
    assert np.trace(c) == pytest.approx(1.0, abs=1e-12)  # |n|^4
    assert np.allclose(c, c.T, atol=1e-15)
    assert np.linalg.eigvalsh(c).min() > -1e-12
    # contracted over one pair it is the second moment; total symmetry: C1122 = C1212
    assert np.allclose(c[:, :3].sum(axis=1), to_mandel(o.structure_tensor), atol=1e-12)
    for k, (i, j) in ((3, (1, 2)), (4, (0, 2)), (5, (0, 1))):
        assert c[i, j] == pytest.approx(c[k, k] / 2, abs=1e-12)
    # the isotropic part of ⟨nnnn⟩ knows no direction: K = 1/9, G = 1/15
    part = isotropic_part(c)
    assert [part.bulk, part.shear] == pytest.approx([1 / 9, 1 / 15], abs=1e-12)


@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_directions_have_the_moments_of_their_density(name: str, fine: bool) -> None:
    o = ALL[name]
    n, w = o.quadrature(fine=fine)
    assert len(w) == ((48 if fine else 16) if o.flat else (240 if fine else 61))
    assert np.linalg.norm(n, axis=1) == pytest.approx(np.ones(len(n)), abs=1e-13)
    assert w.sum() == pytest.approx(1.0, abs=1e-13)
    assert (w >= 0).all()
    m = dyads(n)
    assert np.allclose((w * n.T) @ n, o.structure_tensor, atol=1e-9)
    assert np.allclose((w * m.T) @ m, o.fourth_moment(), atol=1e-9)


def test_directions_are_computed_once_and_cannot_be_changed() -> None:
    n, _ = Orientation.watson(0.37).quadrature()
    assert Orientation.watson(0.37).quadrature()[0] is n
    with pytest.raises(ValueError, match="read-only"):
        n[0] = 0.0


def stress(n: np.ndarray, w: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Σ w f(λ)/λ n⊗n of fibres that buckle: slope 0.1 below λ = 0.98, 1 above."""
    stretch = np.sqrt(np.einsum("di,ij,dj->d", n, c, n))
    return (w * force(stretch) / stretch) @ dyads(n)


def force(stretch: np.ndarray) -> np.ndarray:
    return np.where(stretch > 0.98, stretch - 1, 0.1 * (stretch - 0.98) - 0.02)


def test_few_directions_give_the_stress_of_a_stretched_isotropic_network() -> None:
    # λ² = a + (b − a) t² with t the cosine to the pull, and the stress one integral over t
    a, b = 0.9**2, 1.2**2
    fold = np.sqrt((0.98**2 - a) / (b - a))

    def mean(weight) -> float:
        def integrand(t: float) -> float:
            stretch = np.sqrt(a + (b - a) * t * t)
            return float(weight(t) * force(stretch) / stretch)

        return float(quad(integrand, 0, 1, points=[fold], epsabs=1e-12)[0])

    exact = np.diag([mean(lambda t: (1 - t * t) / 2)] * 2 + [mean(lambda t: t * t)])
    rng = np.random.default_rng(2)
    turns = [np.linalg.qr(rng.standard_normal((3, 3)))[0] for _ in range(40)]
    error = {}
    for fine in (False, True):
        n, w = Orientation.isotropic().quadrature(fine=fine)
        gaps = [stress(n, w, q @ np.diag([a, a, b]) @ q.T) - to_mandel(q @ exact @ q.T)
                for q in turns]  # fmt: skip
        error[fine] = np.linalg.norm(gaps) / np.sqrt(len(turns)) / np.linalg.norm(exact)
    # Of a slope that jumps by a factor of ten a rule of d directions misses the order of a cell's
    # area, 2 pi/d, and with random sign: a percent, and clearly less with four times as many.
    assert error[False] < 0.01
    assert error[True] < 0.5 * error[False]


def test_few_directions_of_a_sharp_density_give_its_stress() -> None:
    # stretched along its own axis a Watson density needs one integral, too
    k = brentq(lambda k: hyp1f1(1.5, 2.5, k) / (3 * hyp1f1(0.5, 1.5, k)) - (1 + 2 * 0.9) / 3, 0, 60)
    a, b = 0.9**2, 1.2**2

    def integrand(t: float, power: int) -> float:
        stretch = np.sqrt(a + (b - a) * t * t)
        return float(np.exp(k * (t * t - 1)) * t**power * force(stretch) / stretch)

    norm = quad(lambda t: np.exp(k * (t * t - 1)), 0, 1)[0]
    exact = quad(integrand, 0, 1, args=(2,), limit=200)[0] / norm
    n, w = Orientation.watson(0.9).quadrature()
    assert stress(n, w, np.diag([a, a, b]))[2] == pytest.approx(exact, rel=5e-3)


@pytest.mark.parametrize("name", [name for name in ALL if ALL[name].axisymmetric])
def test_axial_fibres_strained_along_their_axis_answer_alike_all_around(name: str) -> None:
    # exactly, not within the error of the rule: nothing prefers a direction across the axis
    n, w = ALL[name].quadrature()
    c = np.diag([0.8, 0.8, 1.3])
    s = stress(n, w, c)
    assert s[0] == pytest.approx(s[1], rel=1e-9, abs=1e-15)
    assert np.abs(s[3:]).max() < 1e-12
    m = dyads(n)
    tangent = (w * force(np.sqrt(np.einsum("di,ij,dj->d", n, c, n))) * m.T) @ m
    assert tangent[0, 1] == pytest.approx(tangent[5, 5] / 2, rel=1e-8, abs=1e-14)
    assert tangent[0, 0] == pytest.approx(3 * tangent[0, 1], rel=1e-8, abs=1e-14)
    assert tangent[3, 3] == pytest.approx(tangent[4, 4], rel=1e-8, abs=1e-14)


def test_a_turned_tensor_is_a_turned_density() -> None:
    a = np.diag([0.1, 0.3, 0.6])
    there = Orientation.bingham(TURN @ a @ TURN.T)
    here = Orientation.bingham(a)
    assert np.allclose(there.structure_tensor, TURN @ a @ TURN.T, atol=1e-12)
    assert np.allclose(there.fourth_moment(), rotate(here.fourth_moment(), TURN), atol=1e-10)


def test_only_densities_about_e3_are_axisymmetric() -> None:
    axial = {name for name, o in ALL.items() if o.axisymmetric}
    assert axial == {
        "isotropic", *(name for name in ALL if name.startswith("watson")),
        "bingham one direction",
    }  # fmt: skip
    assert not Orientation.bingham(np.diag([0.6, 0.2, 0.2])).axisymmetric


@pytest.mark.parametrize("s", [-0.5, 0.99, 1.2, float("nan")])
def test_orders_out_of_range_are_refused(s: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        Orientation.watson(s)
    with pytest.raises(ValueError, match="expected"):
        Orientation.planar(2 * s)


@pytest.mark.parametrize(("tensor", "words"), [
    (np.diag([0.5, 0.5]), r"\(3, 3\)"),
    (np.diag([0.5, 0.5, 0.5]), "trace of 1"),
    (np.diag([0.6, 0.5, -0.1]), "eigenvalues of 0 or more, found -0.1"),
    (np.diag([0.5, 0.5, 0.0]) + np.eye(3, k=1) * 0.1, "symmetric"),
    (np.full((3, 3), np.nan), "finite"),
])  # fmt: skip
def test_what_is_no_structure_tensor_is_refused(tensor: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Orientation.bingham(tensor)
