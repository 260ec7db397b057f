"""The sphere rule and the Watson density against exact moments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hyp1f1

from solver.materials.orientation import (
    fourth_moment,
    sphere_rule,
    watson_concentration,
    watson_weights,
)
from solver.materials.tensors import dyads, isotropic_part


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


@pytest.mark.parametrize("s", [-0.4, -0.1, 0.1, 0.5, 0.6, 0.9, 0.97])
def test_watson_moments_follow_kummers_function(s: float) -> None:
    k = watson_concentration(s)
    # <(n.a)^2> = (1/3) M(3/2, 5/2, k)/M(1/2, 3/2, k); <(n.a)^4> = (1/5) M(5/2, 7/2, k)/M(...)
    norm = hyp1f1(0.5, 1.5, k)
    second, fourth = hyp1f1(1.5, 2.5, k) / 3 / norm, hyp1f1(2.5, 3.5, k) / 5 / norm
    assert (3 * second - 1) / 2 == pytest.approx(s, abs=1e-9)
    n, w = sphere_rule()
    weights = watson_weights(n, w, s)
    assert weights @ n[:, 2] ** 2 == pytest.approx(second, abs=1e-9)
    assert weights @ n[:, 2] ** 4 == pytest.approx(fourth, abs=1e-9)


def test_watson_concentration_rises_with_order_and_is_zero_without() -> None:
    k = [watson_concentration(s) for s in (-0.45, -0.2, 0.0, 0.2, 0.6, 0.98)]
    assert k[2] == 0.0
    assert (np.diff(k) > 0).all()


@pytest.mark.parametrize("s", [-0.5, 0.99, 1.2, float("nan")])
def test_order_parameters_out_of_range_are_refused(s: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        watson_concentration(s)


def test_isotropic_affine_fibres_have_the_textbook_constants() -> None:
    # Fibres of stiffness phi E = 1 in all directions: G = 1/15, E = 1/6, nu = 1/4, confined 1/5
    c = fourth_moment(0.0)
    part = isotropic_part(c)
    assert part.shear == pytest.approx(1 / 15, abs=1e-6 / 15)
    assert part.young == pytest.approx(1 / 6, abs=1e-6 / 6)
    assert part.poisson == pytest.approx(0.25, abs=1e-6)
    assert c[2, 2] == pytest.approx(0.2, abs=1e-6)
    anisotropic = c - (3 * part.bulk - 2 * part.shear) / 3 * np.outer(
        *2 * [dyads(np.eye(3)).sum(0)]
    )
    assert np.allclose(anisotropic, 2 * part.shear * np.eye(6), atol=1e-9)


def test_fully_symmetric_moment_keeps_its_trace() -> None:
    for s in (0.0, 0.3, 0.9):
        c = fourth_moment(s)
        assert np.trace(c) == pytest.approx(1.0)  # nnnn contracted over pairs: |n|^4
        assert c[0, 1] == pytest.approx(c[5, 5] / 2)  # total symmetry: C1122 = C1212
        assert c[0, 2] == pytest.approx(c[3, 3] / 2)
