"""Rules on the sphere, its half and the half circle against exact moments."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials.orientation import (
    fine_half_sphere_rule,
    half_circle_rule,
    half_sphere_rule,
    sphere_rule,
)

AXES = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))[0]


def test_sphere_rule_has_the_moments_of_the_sphere() -> None:
    n, w = sphere_rule()
    assert w.sum() == pytest.approx(1.0, abs=1e-14)
    # <nz^2> = 1/3, <nz^4> = 1/5, <nz^6> = 1/7, <nx^2 ny^2> = 1/15, <nx^2 ny^2 nz^2> = 1/105
    for axis in range(3):
        assert w @ n[:, axis] ** 2 == pytest.approx(1 / 3, abs=1e-12)
        assert w @ n[:, axis] ** 4 == pytest.approx(1 / 5, abs=1e-12)
        assert w @ n[:, axis] ** 6 == pytest.approx(1 / 7, abs=1e-12)
    assert w @ (n[:, 0] * n[:, 1]) ** 2 == pytest.approx(1 / 15, abs=1e-12)
    assert w @ np.prod(n**2, axis=1) == pytest.approx(1 / 105, abs=1e-12)


def test_too_coarse_a_sphere_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="n_polar"):
        sphere_rule(2, 24)


@pytest.mark.parametrize(("rule", "count", "degree"), [
    (half_sphere_rule, 61, 16), (lambda: half_sphere_rule(fivefold=True), 61, 16),
    (fine_half_sphere_rule, 240, 22),
])  # fmt: skip
def test_half_sphere_rules_are_exact_to_their_degree(rule, count: int, degree: int) -> None:
    n, w = rule()
    assert n.shape == (count, 3)
    assert np.linalg.norm(n, axis=1) == pytest.approx(np.ones(count), abs=1e-14)
    assert (w > 0).all()
    # no direction is there twice, nor with its opposite
    assert np.abs(n @ n.T - np.diag(np.diag(n @ n.T))).max() < 1.0 - 1e-4
    # mean of (n.a)^2p is 1/(2p+1) along any axis a, and sums of these powers span the even
    # polynomials of that degree
    for power in range(0, degree + 1, 2):
        for a in AXES:
            assert w @ (n @ a) ** power == pytest.approx(1 / (power + 1), abs=1e-13)
    errors = [abs(w @ (n @ a) ** (degree + 4) - 1 / (degree + 5)) for a in AXES]
    assert max(errors) > 1e-9  # and no further: the test above can fail


@pytest.mark.parametrize("rule", [half_sphere_rule, fine_half_sphere_rule])
def test_half_sphere_rules_are_symmetric_under_reflections(rule) -> None:
    n, w = rule()
    for axis in range(3):
        mirrored = n.copy()
        mirrored[:, axis] *= -1.0
        match = np.abs(mirrored @ n.T)
        assert match.max(axis=1) == pytest.approx(np.ones(len(n)), abs=1e-12)
        assert w[match.argmax(axis=1)] == pytest.approx(w, abs=1e-15)


def test_the_rule_for_axial_densities_has_a_fivefold_axis() -> None:
    n, w = half_sphere_rule(fivefold=True)
    c, s = np.cos(0.4 * np.pi), np.sin(0.4 * np.pi)
    match = np.abs(n @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ n.T)
    assert match.max(axis=1) == pytest.approx(np.ones(len(n)), abs=1e-12)
    assert w[match.argmax(axis=1)] == pytest.approx(w, abs=1e-15)


def test_half_circle_rule_is_exact_to_its_degree() -> None:
    n, w = half_circle_rule(7)
    angle = np.arctan2(n[:, 0], n[:, 2])
    assert not n[:, 1].any()
    # axial functions cos 2kθ, sin 2kθ, k = 1..6, have no mean; k = 7 is seen as a constant
    for k in range(1, 7):
        assert abs(w @ np.exp(2j * k * angle)) < 1e-14
    assert abs(w @ np.exp(14j * angle)) == pytest.approx(1.0)
