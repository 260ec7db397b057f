"""Crimp factors against hand-worked numbers, limits and an independent integral."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from solver.materials.crimp import crimp_factors, straightness


def test_straight_fibre_keeps_all() -> None:
    assert crimp_factors(0.0, 20.0, 0.1, 3e5, 1.0).held == 1.0


def test_free_wave_by_unit_load() -> None:
    # Castigliano on a shallow sine: axial compliance 1/EA plus bending by M = F·A sin(qx):
    # 1/(EI) · mean(y^2) = A^2/(2 E I); ratio to 1/EA is A^2 area/(2 I) = A^2 πr²/(πr⁴/2) = 2A²/r²
    a, length, r = 0.05, 20.0, 0.1
    bending = quad(lambda x: (a * np.sin(2 * np.pi * x / length)) ** 2, 0, length)[0] / length
    area, inertia = np.pi * r**2, np.pi * r**4 / 4
    expected = 1 / (1 + bending * area / inertia)
    assert crimp_factors(a, length, r, 3e5, 0.0).held == pytest.approx(expected, rel=1e-9)
    assert crimp_factors(a, length, r, 3e5, 0.0).free == pytest.approx(expected, rel=1e-9)


def test_default_wave_in_the_default_gel_by_hand() -> None:
    # A 1, L 20, r 0.1 um, E 3e5 kPa, G 3/2.6 = 1.1538 kPa: q = 0.31416, I = 7.854e-5,
    # B = 3e5·7.854e-5·9.741e-3 = 0.22952; ln(2/0.031416) = 4.1535, k_f = 14.500/4.0765 = 3.5569
    # k_f/B = 15.497; 2A²/r² = 200: 1/(1 + 200/16.497) = 0.07620
    factors = crimp_factors(1.0, 20.0, 0.1, 3e5, 3.0 / 2.6)
    assert factors.support_ratio == pytest.approx(15.497, abs=2e-3)
    assert factors.held == pytest.approx(0.07620, abs=1e-5)
    assert factors.free == pytest.approx(1 / 201, rel=1e-12)
    assert factors.locking_stretch == pytest.approx(1 + (np.pi / 20) ** 2, rel=1e-12)


def test_a_compressible_gel_holds_less_by_hand() -> None:
    # the same at ν 0.3: k_f = 8π·1.1538·0.7/(1.8·(ln(2/0.031416) − 0.57722) + 0.5)
    #   = 20.299/(1.8·3.5763 + 0.5) = 20.299/6.9373 = 2.9261, k_f/B = 12.749: 1/(1 + 200/13.749)
    factors = crimp_factors(1.0, 20.0, 0.1, 3e5, 3.0 / 2.6, 0.3)
    assert factors.support_ratio == pytest.approx(12.749, abs=3e-3)
    assert factors.held == pytest.approx(0.06433, abs=2e-5)


def test_a_stiffer_matrix_holds_the_fibre_better_and_in_the_end_wholly() -> None:
    held = [crimp_factors(1.0, 20.0, 0.1, 3e5, g).held for g in (0, 0.1, 1, 10, 100, 1e7)]
    assert (np.diff(held) > 0).all()
    assert held[-1] == pytest.approx(1.0, abs=1e-4)


def test_more_waves_soften_more() -> None:
    held = [crimp_factors(a, 20.0, 0.1, 3e5, 1.0).held for a in (0.0, 0.1, 0.5, 1.0, 2.0)]
    assert (np.diff(held) < 0).all()


def test_straightness_against_the_arc_length_of_a_shallow_wave() -> None:
    a, length = 0.5, 20.0
    slope = 2 * np.pi * a / length
    arc = quad(lambda x: np.hypot(1, slope * np.cos(2 * np.pi * x / length)), 0, length)[0]
    # leading order in the slope: contour = chord (1 + slope²/4), next term 3 slope⁴/64
    assert straightness(a, length) == pytest.approx(length / arc, abs=slope**4)


def test_a_fibre_too_thick_for_the_formula_is_refused() -> None:
    with pytest.raises(ValueError, match="slender"):
        crimp_factors(1.0, 10.0, 1.0, 3e5, 1.0)
