"""Mandel algebra: rotations, moduli and isotropic parts against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials.tensors import (
    TransverseIsotropy,
    directional_modulus,
    dyads,
    from_mandel,
    isotropic,
    isotropic_part,
    rotate,
    rotation_matrix,
    to_mandel,
)


def some_rotation(seed: int) -> np.ndarray:
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    q *= np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def test_mandel_keeps_the_double_contraction() -> None:
    a, b = np.random.default_rng(0).standard_normal((2, 3, 3))
    a, b = a + a.T, b + b.T
    assert to_mandel(a) @ to_mandel(b) == pytest.approx(np.tensordot(a, b), rel=1e-14)
    assert np.allclose(from_mandel(to_mandel(a)), a, atol=1e-14)


def test_isotropic_stiffness_answers_uniaxial_stress_by_e_and_nu() -> None:
    strain = np.linalg.solve(isotropic(3.0, 0.3), [1.0, 0, 0, 0, 0, 0])
    # Hooke: strain = (1/E, -nu/E, -nu/E)
    assert strain[:3] == pytest.approx([1 / 3, -0.1, -0.1], rel=1e-13)


@pytest.mark.parametrize(("young", "poisson"), [(0.0, 0.3), (1.0, 0.5), (1.0, -1.0), (-2.0, 0.2)])
def test_impossible_elastic_constants_are_refused(young: float, poisson: float) -> None:
    with pytest.raises(ValueError, match="expected E > 0"):
        isotropic(young, poisson)


def test_rotation_of_a_stiffness_is_the_rotation_of_stress_and_strain() -> None:
    rng = np.random.default_rng(1)
    c = rng.standard_normal((6, 6))
    c = c @ c.T
    r = some_rotation(2)
    strain = from_mandel(rng.standard_normal(6))
    stress = from_mandel(c @ to_mandel(strain))
    turned = from_mandel(rotate(c, r) @ to_mandel(r @ strain @ r.T))
    assert np.allclose(turned, r @ stress @ r.T, atol=1e-12)
    q = rotation_matrix(r)
    assert np.allclose(q @ q.T, np.eye(6), atol=1e-13)


def test_directional_modulus_of_an_isotropic_body_is_e_everywhere() -> None:
    n = np.random.default_rng(3).standard_normal((50, 3))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    assert directional_modulus(isotropic(2.5, 0.4), n) == pytest.approx(2.5, rel=1e-12)


def test_isotropic_part_of_an_isotropic_tensor_is_itself() -> None:
    part = isotropic_part(isotropic(3.0, 0.3))
    # K = E/3(1-2nu) = 2.5, G = E/2(1+nu) = 1.153846
    assert part.bulk == pytest.approx(2.5)
    assert part.shear == pytest.approx(3.0 / 2.6)
    assert part.young == pytest.approx(3.0)
    assert part.poisson == pytest.approx(0.3)


def test_isotropic_part_does_not_depend_on_the_frame() -> None:
    c = isotropic(1.0, 0.3) + 4.0 * np.outer(dyads([0, 0, 1.0]), dyads([0, 0, 1.0]))
    here, there = isotropic_part(c), isotropic_part(rotate(c, some_rotation(4)))
    assert there.young == pytest.approx(here.young, rel=1e-12)
    # nnnn alone: K = 1/9, G = 1/15 of its amplitude, whatever the direction
    assert here.bulk == pytest.approx(1.0 / 1.2 + 4.0 / 9.0)
    assert here.shear == pytest.approx(1.0 / 2.6 + 4.0 / 15.0)


def test_turning_by_formula_equals_turning_by_matrix() -> None:
    m = dyads([0, 0, 1.0])
    c = isotropic(1.0, 0.3) + 4.0 * np.outer(m, m)
    c[3, 3] += 0.7  # longitudinal shear of its own
    c[4, 4] += 0.7
    law = TransverseIsotropy(c)
    for seed in range(5):
        r = some_rotation(seed)
        assert np.allclose(law.along(r[:, 2][None])[0], rotate(c, r), atol=1e-12)


def test_a_tensor_that_is_not_transversely_isotropic_is_refused() -> None:
    c = isotropic(1.0, 0.3)
    c[0, 0] += 0.1
    with pytest.raises(ValueError, match="not transversely isotropic"):
        TransverseIsotropy(c)
