"""Networks of fibres: sums over directions, the structure tensor, principal stretches."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials.fibres import (
    Exponential,
    SemiAffine,
    TensionAligned,
)
from solver.materials.fibres.law import FibreResponse
from solver.materials.fibres.network import (
    AngularNetwork,
    PrincipalNetwork,
    StructureTensorNetwork,
)
from solver.materials.odf import Orientation
from solver.materials.tensors import (
    IDENTITY,
    FloatArray,
    isotropic_part,
    symmetric_square,
    to_mandel,
)
from tests.solver.points import cauchy_green, deformations, turns


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


def test_structure_tensor_with_the_exponential_law_is_the_published_model() -> None:
    # Gasser, Ogden & Holzapfel 2006: E = κ (I1 − 3) + (1 − 3κ) (I4 − 1), A = κ I + (1 − 3κ) a⊗a
    kappa, k1, k2 = 0.2, 3.0, 4.0
    tensor = kappa * np.eye(3) + (1 - 3 * kappa) * np.diag([0, 0, 1.0])
    f = np.diag([0.99, 1.02, 1.1])
    e = kappa * (np.trace(f @ f) - 3) + (1 - 3 * kappa) * (1.1**2 - 1)
    network = StructureTensorNetwork(Exponential(k1, k2), tensor, 1.0)
    answer = network.respond(cauchy_green(f)[None])
    assert answer.energy[0] == pytest.approx(k1 / (2 * k2) * (np.exp(k2 * e**2) - 1))
    s = 2 * k1 * e * np.exp(k2 * e**2) * np.diag(tensor)  # S = 2 ψ'(E) A
    assert answer.stress[0, :3] == pytest.approx(s)


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
