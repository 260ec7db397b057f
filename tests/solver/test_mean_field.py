"""Bounds and estimates against published numbers, each other, and Hill's integral."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from solver.materials.crimp import crimp_factors, held_share
from solver.materials.crimp_support import array_support, lone_support
from solver.materials.mean_field import (
    AlignedModuli,
    Phase,
    eshelby,
    hashin_shtrikman,
    hill_hashin,
    mori_tanaka,
    reuss,
    voigt,
)
from solver.materials.tensors import directional_modulus, isotropic_part, rotate, to_mandel

SOFT, STIFF = Phase(1.0, 0.3), Phase(10.0, 0.3)
GEL, FIBRIL = Phase(5.0, 0.45), Phase(3.0e5, 0.3)


def test_isotropic_bounds_have_the_known_values() -> None:
    # E 1 and 10, ν 0.3, f 0.3; equal ν, so Voigt and Reuss are plain means of E
    bounds = hashin_shtrikman(SOFT, STIFF, 0.3)
    assert bounds.lower == pytest.approx(1.65734, abs=1e-5)
    assert bounds.upper == pytest.approx(2.72063, abs=1e-5)
    both = [SOFT.stiffness, STIFF.stiffness]
    axis = (0.0, 0.0, 1.0)
    assert directional_modulus(voigt(both, (0.7, 0.3)), axis) == pytest.approx(3.7, rel=1e-12)
    assert directional_modulus(reuss(both, (0.7, 0.3)), axis) == pytest.approx(
        1.0 / (0.7 + 0.03), rel=1e-12
    )
    assert hashin_shtrikman(STIFF, SOFT, 0.7) == pytest.approx(bounds, rel=1e-12)


def test_mori_tanaka_cylinders_have_the_known_values() -> None:
    moduli = AlignedModuli.of(mori_tanaka(GEL, FIBRIL.stiffness, 0.002))
    assert moduli.axial == pytest.approx(604.9903, abs=1e-4)
    assert moduli.transverse == pytest.approx(6.2786, abs=1e-4)
    assert moduli.axial_shear == pytest.approx(1.731048, abs=1e-6)


@pytest.mark.parametrize("fraction", [0.0, 0.002, 0.4, 1.0])
def test_mori_tanaka_cylinders_are_the_lower_hill_hashin_bound(fraction: float) -> None:
    # two derivations: Eshelby's tensor with averaging, and Hill's composite cylinders
    moduli = AlignedModuli.of(mori_tanaka(GEL, FIBRIL.stiffness, fraction))
    bounds = hill_hashin(GEL, FIBRIL, fraction)
    assert moduli == pytest.approx(bounds.lower, rel=1e-9)
    reverse = AlignedModuli.of(mori_tanaka(FIBRIL, GEL.stiffness, 1.0 - fraction))
    assert reverse == pytest.approx(bounds.upper, rel=1e-9)


def test_mori_tanaka_spheres_are_the_lower_hashin_shtrikman_bound() -> None:
    part = isotropic_part(mori_tanaka(SOFT, STIFF.stiffness, 0.3, aspect=1.0))
    assert part.young == pytest.approx(hashin_shtrikman(SOFT, STIFF, 0.3).lower, rel=1e-12)


def hill_polarisation(poisson: float, aspect: float) -> np.ndarray:
    """Hill's tensor P = ∫ sym(ζ ⊗ K(ζ)⁻¹ ⊗ ζ) over the unit sphere, ζ = n/semi-axes, E = 1."""
    shear = 0.5 / (1.0 + poisson)
    cosine, weight = np.polynomial.legendre.leggauss(400)
    angle = np.arange(24) * 2.0 * np.pi / 24
    sine = np.sqrt(1.0 - cosine**2)
    n = np.stack(
        [np.outer(sine, np.cos(angle)), np.outer(sine, np.sin(angle)), np.outer(cosine, angle**0)],
        axis=-1,
    ).reshape(-1, 3)
    w = np.repeat(weight, 24) / 48.0
    zeta = n / [1.0, 1.0, aspect]
    zeta /= np.linalg.norm(zeta, axis=1)[:, None]
    dyad = zeta[:, :, None] * zeta[:, None]
    # inverse acoustic tensor of an isotropic medium
    inverse = (np.eye(3) - dyad / (2.0 * (1.0 - poisson))) / shear
    basis = to_mandel(np.eye(3)[:, None, :, None] * np.eye(3)[None, :, None, :])  # e_i ⊗ e_j
    full = np.einsum("m,mik,mj,ml->ijkl", w, inverse, zeta, zeta)
    sym = 0.25 * (
        full + full.transpose(1, 0, 2, 3) + full.transpose(0, 1, 3, 2) + full.transpose(1, 0, 3, 2)
    )
    return np.einsum("ijp,ijkl,klq->pq", basis, sym, basis)


@pytest.mark.parametrize("aspect", [1.0, 1.001, 1.5, 3.0, 10.0])
def test_eshelby_tensor_is_hills_integral(aspect: float) -> None:
    # S = P C; ellipsoids through the map of the sphere
    expected = hill_polarisation(0.35, aspect) @ Phase(1.0, 0.35).stiffness
    np.testing.assert_allclose(eshelby(0.35, aspect), expected, atol=1e-7)


def test_eshelby_limits() -> None:
    # sphere at ν = 0.3: α = 0.61905 on the hydrostatic, β = 0.47619 on deviatoric strains
    s = eshelby(0.3, 1.0)
    assert s[:3, :3].sum() / 3.0 == pytest.approx(0.61905, abs=1e-5)
    assert s[5, 5] == pytest.approx(0.47619, abs=1e-5)
    np.testing.assert_allclose(eshelby(0.3, 1e4), eshelby(0.3), atol=1e-6)


def test_moduli_survive_the_way_through_the_stiffness() -> None:
    moduli = AlignedModuli(600.0, 0.4, 17.0, 1.7, 1.2)
    assert AlignedModuli.of(moduli.stiffness) == pytest.approx(moduli, rel=1e-12)
    compliance = np.linalg.inv(moduli.stiffness)
    assert 1.0 / compliance[0, 0] == pytest.approx(moduli.transverse, rel=1e-12)
    assert 1.0 / compliance[2, 2] == pytest.approx(moduli.axial, rel=1e-12)


def test_moduli_of_a_tensor_are_averaged_over_turns() -> None:
    general = np.random.default_rng(2).normal(size=(6, 6))
    general = general @ general.T
    angles = np.arange(12) * np.pi / 6.0
    turned = [
        rotate(general, [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        for a in angles
    ]
    mean = AlignedModuli.of(general).stiffness
    np.testing.assert_allclose(np.mean(turned, axis=0), mean, atol=1e-12)


def test_impossible_mixtures_are_refused() -> None:
    with pytest.raises(ValueError, match="stiffer in both"):
        hashin_shtrikman(Phase(1.0, 0.49), Phase(1.5, 0.0), 0.5)
    with pytest.raises(ValueError, match="volume fraction"):
        mori_tanaka(SOFT, STIFF.stiffness, 1.2)
    with pytest.raises(ValueError, match="sum to 1"):
        voigt([SOFT.stiffness], [0.5])
    with pytest.raises(ValueError, match="aspect"):
        eshelby(0.3, 0.5)


def test_lone_support_is_the_integral_over_wave_vectors() -> None:
    # ∫ κ dκ/(2π) J₀² [1/(κ²+q²) − κ²/(4(1−ν)(κ²+q²)²)]; the tail beyond K by J₀² → 1/(πκr)
    from scipy.integrate import quad
    from scipy.special import j0

    q, r, nu, end = 2.0 * np.pi / 20.0, 0.1, 0.3, 4000.0

    def kernel(k: float) -> float:
        s = k * k + q * q
        return float(k * j0(k * r) ** 2 * (1.0 - k * k / (4.0 * (1.0 - nu) * s)) / s)

    pieces = [0.0, *np.geomspace(0.01, end, 60)]
    total = sum(quad(kernel, a, b, limit=400)[0] for a, b in pairwise(pieces))
    total += (1.0 - 0.25 / (1.0 - nu)) / (np.pi * r * end)
    shear = Phase(3.0, nu).shear
    assert lone_support(20.0, r, Phase(3.0, nu)) == pytest.approx(
        2.0 * np.pi * shear / total, rel=1e-5
    )


def test_lone_support_in_an_incompressible_gel_is_the_crimp_formula() -> None:
    gel = Phase(3.0, 0.5 - 1e-9)
    share = held_share(1.0, 20.0, 0.1, 3.0e5, lone_support(20.0, 0.1, gel))
    assert share == pytest.approx(crimp_factors(1.0, 20.0, 0.1, 3.0e5, gel.shear).held, rel=1e-3)
    assert held_share(1.0, 20.0, 0.1, 3.0e5, 0.0) == pytest.approx(1.0 / 201.0, rel=1e-12)


def test_support_in_an_array_goes_from_shared_shear_to_the_lone_fibre() -> None:
    gel = Phase(3.0, 0.3)
    # far apart (the interaction dies as exp(−qW)): lone
    assert array_support(20.0, 0.5, gel, (60.0, 60.0)) == pytest.approx(
        lone_support(20.0, 0.5, gel), rel=5e-3
    )
    # closely packed against the wavelength: the gel is sheared as a whole, k → G q² W²
    wave, side = 2000.0, 0.5
    collective = gel.shear * (2.0 * np.pi / wave * side) ** 2
    assert array_support(wave, 0.1, gel, (side, side)) == pytest.approx(collective, rel=1e-3)
    assert array_support(20.0, 0.1, gel, (4.0, 4.0)) < 0.5 * lone_support(20.0, 0.1, gel)
