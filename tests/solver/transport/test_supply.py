"""Units and numbers of oxygen."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from solver.transport import Bath, OxygenGel, Respiration, Tissue, hypoxia_dose


def test_units() -> None:
    # 1000 µm²/s · 3600 s/h · 1 µM/mmHg; 1 µM = 1e-6 mol/L = 1e12 amol / 1e15 µm³
    assert OxygenGel(1000.0, 1.0).permeability == pytest.approx(1000.0 * 3600.0 * 1e-3)
    assert Bath(layer=100.0, diffusivity=1000.0, solubility=1.0).conductance == pytest.approx(36.0)
    assert Respiration(rate=10.0).most == pytest.approx(36000.0)


def test_defaults_agree_with_their_sources() -> None:
    # (760 - 47) mmHg of dry gas, 5 % of it carbon dioxide, 20.95 % of the rest oxygen
    assert Bath().pressure == pytest.approx(713.0 * 0.95 * 0.2095, rel=2e-3)
    # published permeability of cell aggregates: 1.34e-14 mol/(cm mmHg s), 38 % of water's
    published = 1.34e-14 * 1e18 / 1e4 * 3600.0
    assert Tissue().permeability == pytest.approx(published, rel=0.01)
    water = OxygenGel(2790.0, 1.27).permeability
    assert Tissue().permeability / water == pytest.approx(0.38, abs=0.01)


@pytest.mark.parametrize("law", ["michaelis_menten", "first_order"])
def test_slope_of_respiration(law: str) -> None:
    respiration = Respiration(half_pressure=0.7, law=law)
    p, h = np.array([-2.0, -0.1, 0.1, 0.7, 5.0, 100.0]), 1e-5
    between = (respiration.share(p + h) - respiration.share(p - h)) / (2.0 * h)
    assert respiration.slope(p) == pytest.approx(between, rel=1e-6)
    assert respiration.share(np.array([0.0]))[0] == 0.0


def test_half_of_the_rate_at_the_half_pressure() -> None:
    assert Respiration(half_pressure=0.7).share(np.array([0.7]))[0] == pytest.approx(0.5)


def test_hypoxia_follows_HIF() -> None:
    # half of HIF-1α between 1.5 and 2 % of oxygen, its most (here: 90 %) at 0.5 %
    percent = 7.13
    dose = hypoxia_dose(percent * np.array([2.0, 1.5, 0.5, 0.0, 20.0]))
    assert dose[0] < 0.5 < dose[1]
    assert dose[2] == pytest.approx(0.9, abs=0.01)
    assert dose[3] == 1.0
    assert dose[4] < 0.02
    assert np.all(np.diff(hypoxia_dose(np.linspace(0.0, 150.0, 50))) < 0.0)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="diffusivity should be a positive number"):
        OxygenGel(diffusivity=0.0)
    with pytest.raises(InputError, match="layer should be zero or more"):
        Bath(layer=-1.0)
    with pytest.raises(InputError, match="half_pressure"):
        Respiration(half_pressure=float("nan"))
