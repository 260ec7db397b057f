"""Recipe laws: anchors, slopes, warnings and bands."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials.alginate import alginate_modulus
from solver.materials.collagen import effective_fibre_modulus, network_shear_modulus


@pytest.mark.parametrize(
    ("calcium", "chain", "modulus", "sd"),
    # 10.1002/cpz1.124, Table 1
    [(9.8, 280, 3.0, 1.1), (24.4, 280, 18.5, 3.8), (28.1, 35, 2.7, 1.6), (54.9, 35, 19.0, 4.5)],
)
def test_alginate_returns_its_anchors(
    calcium: float, chain: float, modulus: float, sd: float
) -> None:
    estimate = alginate_modulus(2.0, calcium, chain)
    assert estimate.value == pytest.approx(modulus, rel=1e-9)
    assert estimate.log_sd == pytest.approx(sd / modulus, rel=1e-9)
    assert estimate.warnings == ()


@pytest.mark.parametrize(("chain", "calcium", "slope"), [(280, (10, 24), 2.0), (35, (30, 54), 2.9)])
def test_alginate_slope_between_the_anchors(
    chain: float, calcium: tuple[float, float], slope: float
) -> None:
    low, high = (alginate_modulus(2.0, ca, chain).value for ca in calcium)
    assert np.log(high / low) / np.log(calcium[1] / calcium[0]) == pytest.approx(slope, abs=0.03)


def test_alginate_outside_its_range_warns_and_widens() -> None:
    inside, outside = alginate_modulus(2.0, 24.4, 280), alginate_modulus(2.0, 40.0, 280)
    assert outside.value > inside.value
    assert outside.log_sd > inside.log_sd + 0.3
    assert "outside the measured range" in outside.warnings[0]
    assert "chain" in alginate_modulus(2.0, 9.8, 500).warnings[-1]
    four = alginate_modulus(4.0, 9.8, 280)
    assert four.value == pytest.approx(4 * 3.0)
    assert four.log_sd > 1.1 / 3.0
    assert "concentration squared" in four.warnings[0]


def test_alginate_rises_with_calcium_at_every_chain_length() -> None:
    for chain in (35, 60, 120, 280):
        e = [alginate_modulus(2.0, ca, chain).value for ca in (10, 20, 30, 50)]
        assert (np.diff(e) > 0).all()


def test_collagen_returns_its_anchors_and_scales_with_the_square() -> None:
    for c, g in ((0.6, 0.027), (1.2, 0.115), (2.4, 0.431)):
        assert network_shear_modulus(c).value == pytest.approx(g, rel=1e-9)
    # beyond the range exponent 2: 0.431 · (3/2.4)² = 0.6734
    beyond = network_shear_modulus(3.0)
    assert beyond.value == pytest.approx(0.67344, rel=1e-4)
    assert beyond.log_sd > network_shear_modulus(2.4).log_sd
    assert "outside the measured" in beyond.warnings[0]


def test_batch_band_is_fourfold() -> None:
    # 90 % of a log-normal: ± 1.645 sd; from half to double is a factor of four
    assert np.exp(2 * 1.6449 * network_shear_modulus(1.2).log_sd) == pytest.approx(4.0, rel=1e-3)


@pytest.mark.parametrize(("c", "mpa"), [(0.6, 0.92), (1.2, 1.96), (2.4, 3.69)])
def test_effective_fibre_modulus_by_hand(c: float, mpa: float) -> None:
    # 15·27e-6/(0.73e-3·0.6) = 0.925 MPa, 15·115e-6/8.76e-4 = 1.969, 15·431e-6/1.752e-3 = 3.690
    assert effective_fibre_modulus(c) / 1e3 == pytest.approx(mpa, abs=0.01)


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_amounts_that_are_not_positive_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        alginate_modulus(bad, 9.8, 280)
    with pytest.raises(ValueError, match="positive"):
        network_shear_modulus(bad)
