"""Tumour-mass dormancy against closed forms, and the three causes with their signs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from meshes.errors import InputError
from solver.population.mass import MassState, simulate_mass
from solver.population.mass_model import Angiogenesis, Growth, Immune, MassModel, edu_share
from solver.transport import OxygenGel, Respiration, Tissue
from solver.transport.spheroid import Boundless

AROUND = Boundless(142.0, OxygenGel().permeability)
STIRRED = Boundless(142.0, 1e12)  # the surface has the pressure of the medium
# Divisions and deaths that ask for some oxygen only: the closed forms below hold for these.
PLAIN = Growth(growth_pressure=0.0, death=0.0, anoxic_pressure=0.01)
SHARP = Respiration(half_pressure=0.01)


def test_free_growth_is_exponential() -> None:
    model = MassModel(growth=replace(PLAIN, death=0.004))
    course = simulate_mass(np.array([20.0]), STIRRED, model=model, days=5.0)
    exact = 20.0 * np.exp((np.log(2.0) / 30.0 - 0.004) * course.hours)
    assert course.cells[:, 0] == pytest.approx(exact, rel=1e-5)
    assert course.state()[0] == MassState.GROWING


def test_plateau_without_vessels() -> None:
    # Growth in the rim and loss in the core, b (1 - x³) = c x³, make x³ = b/(b + c); consumption of
    # zero order makes 1 - 3 x² + 2 x³ = (limit/R)², limit = sqrt(6 κ p0 v/r).
    growth, tissue = replace(PLAIN, clearance=0.02), Tissue()
    x = np.cbrt(growth.birth / (growth.birth + growth.clearance))
    limit = np.sqrt(6.0 * tissue.permeability * 142.0 * tissue.cell_volume / SHARP.most)
    radius = limit / np.sqrt(1.0 - 3.0 * x**2 + 2.0 * x**3)
    model = MassModel(growth=growth, respiration=SHARP)
    course = simulate_mass(
        np.array([1e5, 2e6]), STIRRED, model=model, days=150.0, step_h=24.0, largest_um=4000.0,
        pulse_h=2.0,
    )  # fmt: skip
    assert course.radius[-1] == pytest.approx(radius, rel=0.02)
    assert course.living[-1] / course.cells[-1] == pytest.approx(1.0 - x**3, rel=0.02)
    assert list(course.state()) == [MassState.HELD, MassState.HELD]
    # divisions and deaths balance, and EdU finds e^{b G}(...) of the living as in free growth
    assert course.births[-1] == pytest.approx(course.deaths[-1], rel=1e-3)
    assert course.births[-1] == pytest.approx(growth.birth, rel=1e-9)
    labelled = 2.0 ** (14.0 / 30.0) - 2.0 ** (3.0 / 30.0)
    assert course.edu[-1] == pytest.approx(labelled, rel=1e-9)


def test_plateau_under_t_cells() -> None:
    # K e N/(N + N_e) = b - d: N = N_e g/(K e - g)
    immune = Immune(t_cells=0.4, kills_per_day=2.0, recruiting_cells=50.0)
    model = MassModel(growth=replace(PLAIN, death=0.002), immune=immune)
    net, most = PLAIN.birth - 0.002, 2.0 * 0.4 / 24.0
    held = 50.0 * net / (most - net)
    course = simulate_mass(np.array([10.0, 400.0]), STIRRED, model=model, days=90.0)
    assert course.living[-1] == pytest.approx(held, rel=1e-4)
    assert list(course.state()) == [MassState.HELD, MassState.HELD]
    # nine tenths of the T cells that could balance the growth of any mass hold none
    few = replace(immune, t_cells=0.4 * 0.9 * net / most)
    course = simulate_mass(np.array([10.0]), STIRRED, model=replace(model, immune=few), days=30.0)
    assert course.state()[0] == MassState.GROWING


def test_error_falls_with_the_square_of_the_step() -> None:
    def end(step: float) -> float:
        course = simulate_mass(np.array([3000.0]), AROUND, days=8.0, step_h=step)
        return float(course.cells[-1, 0])

    coarse, middle, fine = end(48.0), end(24.0), end(12.0)
    assert (coarse - middle) / (middle - fine) == pytest.approx(4.0, abs=1.2)


def test_edu_of_a_growing_population() -> None:
    # f_S = 2^(T_G2M/T)(2^(T_S/T) - 1); all are labelled after a pulse of T - T_S
    growth = Growth()
    b = np.array([growth.birth])
    assert edu_share(b, growth, 0.0)[0] == pytest.approx(2 ** (5 / 30) * (2 ** (9 / 30) - 1))
    assert edu_share(b, growth, 21.0)[0] == pytest.approx(1.0, abs=1e-12)
    assert edu_share(b, growth, 200.0)[0] == 1.0
    # few divide: their rate times the time in S, and no jump where the first have divided
    assert edu_share(b * 1e-6, growth, 2.0)[0] == pytest.approx(1e-6 * b[0] * 11.0, rel=1e-4)
    before, after = (edu_share(b, growth, 5.0 + nudge)[0] for nudge in (-1e-9, 1e-9))
    assert before == pytest.approx(after, rel=1e-7)
    assert edu_share(np.zeros(1), growth, 24.0)[0] == 0.0


SWITCH = Angiogenesis()


def fate(model: MassModel, **more: float) -> tuple[int, float, float]:
    """State, net growth (1/h) and EdU share of a cluster of 500 cells after 100 days."""
    course = simulate_mass(np.array([500.0]), AROUND, model=model, days=100.0, step_h=12.0, **more)
    return int(course.state()[0]), float(course.net_growth()[0]), float(course.edu[-1, 0])


def test_failed_angiogenesis_holds_the_mass() -> None:
    # C35: no vessel: the size stands still while cells divide; with vessels it grows on
    held, net, edu = fate(MassModel())
    assert held == MassState.HELD
    assert abs(net) < 1e-4
    assert edu > 0.1
    assert fate(MassModel(angiogenesis=SWITCH))[0] == MassState.GROWING


def test_t_cells_hold_the_mass_by_killing() -> None:
    # C33: vessels could come, killing alone holds
    killing = Immune(anti_angiogenic=0.0)
    held, net, edu = fate(MassModel(angiogenesis=SWITCH, immune=killing))
    assert held == MassState.HELD
    assert abs(net) < 1e-4
    assert edu > 0.1
    none = replace(killing, t_cells=0.0)
    assert fate(MassModel(angiogenesis=SWITCH, immune=none))[0] == MassState.GROWING


def test_t_cells_hold_the_mass_by_keeping_vessels_away() -> None:
    # C34: CXCL9 and CXCL10, no killing
    chemokines = Immune(kills_per_day=0.0)
    held, net, edu = fate(MassModel(angiogenesis=SWITCH, immune=chemokines))
    assert held == MassState.HELD
    assert abs(net) < 1e-4
    assert edu > 0.1
    blocked = replace(chemokines, anti_angiogenic=0.0)
    assert fate(MassModel(angiogenesis=SWITCH, immune=blocked))[0] == MassState.GROWING


def test_causes_raise_the_hold_by_degrees() -> None:
    # more T cells, smaller mass
    sizes = []
    for t_cells in (0.3, 0.5, 0.9):
        model = MassModel(immune=Immune(t_cells=t_cells))
        sizes.append(simulate_mass(np.array([500.0]), AROUND, model=model, days=60.0).cells[-1, 0])
    assert sizes[0] > sizes[1] > sizes[2] > 1.0


def test_cellular_dormancy_looks_otherwise() -> None:
    # none in the cycle: the size stands still, too, but EdU finds nothing
    asleep = MassModel(growth=Growth(death=0.0))
    state, net, edu = fate(asleep, cycling=0.0)
    assert state == MassState.ASLEEP
    assert edu == 0.0
    assert abs(net) < 1e-4
    # fewer in the cycle, fewer labelled
    assert fate(asleep, cycling=0.3)[2] < fate(asleep, cycling=1.0)[2]


def test_no_oxygen_no_cluster() -> None:
    course = simulate_mass(np.array([50.0]), Boundless(0.0, 1e4), days=60.0, step_h=12.0)
    assert course.state()[0] == MassState.GONE
    assert course.cells[-1, 0] == 0.0
    assert np.all(np.isfinite(course.edu))


def test_hypoxia_grows_with_the_cluster() -> None:
    course = simulate_mass(np.array([1e2, 1e4, 1e5]), AROUND, days=1.0)
    assert np.all(np.diff(course.hypoxia[0]) > 0.0)
    assert np.all((course.hypoxia >= 0.0) & (course.hypoxia <= 1.0))


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="at least one cell"):
        simulate_mass(np.array([0.5]), AROUND)
    with pytest.raises(InputError, match="between 0 and 1"):
        simulate_mass(np.array([5.0]), AROUND, cycling=1.2)
    with pytest.raises(InputError, match="steps shorter"):
        simulate_mass(np.array([5.0]), AROUND, days=1.0, step_h=48.0)
    with pytest.raises(InputError, match="death should be zero or more"):
        MassModel(growth=Growth(death=-1.0))
    with pytest.raises(InputError, match="fit into the cycle"):
        MassModel(growth=Growth(cycle_h=10.0))
