"""Oxygen inside spheres against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from solver.transport import OxygenGel, Respiration, Tissue
from solver.transport.spheroid import Boundless, SphereOxygen, solve_spheres

TISSUE = Tissue()
SHARP = Respiration(half_pressure=1e-2)  # as good as zero order
SURFACE = 100.0
# Zero order, κ/x² (x² p')' = q: p = p0 - q (R² - x²)/(6 κ) reaches 0 at the centre for
# R = sqrt(6 κ p0/q).
TAKEN = SHARP.most / TISSUE.cell_volume
LIMIT = np.sqrt(6.0 * TISSUE.permeability * SURFACE / TAKEN)


def one(radius: float, respiration: Respiration, **more: float) -> SphereOxygen:
    return solve_spheres(np.array([radius]), np.array([SURFACE]), TISSUE, respiration, **more)


def test_zero_order_without_a_core() -> None:
    radius = 0.7 * LIMIT
    found = one(radius, SHARP, shells=96)
    assert found.uptake[0] == pytest.approx(TAKEN * 4.0 / 3.0 * np.pi * radius**3, rel=5e-4)
    # at the centre p0 (1 - R²/limit²) = 51
    assert found.pressure[0, 0] == pytest.approx(SURFACE * (1.0 - 0.49), rel=1e-3)


def test_zero_order_with_an_anoxic_core() -> None:
    # p = p' = 0 at the core: 1 - 3 x² + 2 x³ = (limit/R)², x = core/R
    radius = 1.6 * LIMIT
    x = brentq(lambda x: 1.0 - 3.0 * x**2 + 2.0 * x**3 - 1.6**-2, 0.0, 1.0)
    found = one(radius, SHARP, shells=200)
    rim = TAKEN * 4.0 / 3.0 * np.pi * radius**3 * (1.0 - x**3)
    assert found.uptake[0] == pytest.approx(rim, rel=2e-3)
    # near the core p = 3 p0 ((x - core)/limit)², 0.1 mmHg at 0.018 limits from it
    core = found.mean((found.pressure < 0.1).astype(float))[0]
    assert np.cbrt(core) == pytest.approx(x + 0.018 / 1.6, abs=0.01)


def first_order(modulus: float, radius: float) -> Respiration:
    """With Thiele modulus φ = R sqrt(k/κ), k = r/(v K)."""
    k = modulus**2 * TISSUE.permeability / radius**2
    return Respiration(half_pressure=SHARP.most / TISSUE.cell_volume / k, law="first_order")


def test_first_order_and_its_rate() -> None:
    # p = p0 R sinh(φ x/R)/(x sinh φ): uptake 4π κ R p0 (φ coth φ - 1)
    radius, modulus = 200.0, 3.0
    exact = 4.0 * np.pi * TISSUE.permeability * radius * SURFACE * (modulus / np.tanh(modulus) - 1)
    respiration = first_order(modulus, radius)
    errors = [abs(one(radius, respiration, shells=n).uptake[0] / exact - 1) for n in (16, 32, 64)]
    assert errors[-1] < 1e-3
    rate = np.log2(errors[0] / errors[2]) / 2.0
    assert rate == pytest.approx(2.0, abs=0.15)


def test_vessels_inside() -> None:
    # κ Δp = k p + g (p - blood) = (k + g)(p - rest), rest = g blood/(k + g): the same with p - rest
    radius, blood, exchange = 150.0, 40.0, 0.3
    respiration = first_order(2.0, radius)
    k = respiration.most / TISSUE.cell_volume / respiration.half_pressure
    rest = exchange * blood / (k + exchange)
    modulus = radius * np.sqrt((k + exchange) / TISSUE.permeability)
    exact = 4.0 * np.pi * TISSUE.permeability * radius * (SURFACE - rest)
    exact *= modulus / np.tanh(modulus) - 1.0
    found = one(radius, respiration, exchange=exchange, blood=blood, shells=200)
    assert found.uptake[0] == pytest.approx(exact, rel=1e-3)


def test_spheres_do_not_feel_each_other_and_slopes_are_derivatives() -> None:
    radius, surface, h = np.array([40.0, 200.0, 500.0]), np.array([20.0, 60.0, 140.0]), 1e-3
    both = Respiration()
    found = solve_spheres(radius, surface, TISSUE, both, exchange=np.array([0.0, 0.1, 0.2]))
    alone = solve_spheres(radius[1:2], surface[1:2], TISSUE, both, exchange=0.1)
    assert found.uptake[1] == pytest.approx(alone.uptake[0], rel=1e-9)
    more = solve_spheres(radius, surface + h, TISSUE, both, exchange=np.array([0.0, 0.1, 0.2]))
    less = solve_spheres(radius, surface - h, TISSUE, both, exchange=np.array([0.0, 0.1, 0.2]))
    assert found.slope == pytest.approx((more.uptake - less.uptake) / (2.0 * h), rel=1e-4)


def test_boundless_gel() -> None:
    # u = G p_s and p_s = p - u/(4π κ R): p_s = p/(1 + G/(4π κ R))
    gel, radius = OxygenGel(), np.array([50.0, 150.0])
    take_up = np.array([2e5, 4e6])
    around = Boundless(142.0, gel.permeability)
    found = around.surface(radius, lambda p: (take_up * p, take_up), np.full(2, 142.0))
    exact = 142.0 / (1.0 + take_up / (4.0 * np.pi * gel.permeability * radius))
    assert found == pytest.approx(exact, rel=1e-6)
