"""Schedules of drugs against closed forms of what they leave."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from meshes.errors import InputError
from solver.population import CycleModel, Phase, Population
from solver.population.drugs import NOTHING, Treatment, cycle_kill, waking_factor
from solver.population.engine import simulate
from solver.population.eradication import none_left, outliving
from solver.population.meanfield import mean_field
from solver.population.schedules import (
    Schedule,
    awaken_then_treat,
    hours_to_leave,
    residual,
    sleeping_through,
)
from solver.population.sojourn import entry_rate, long_run

CYCLE = CycleModel(cv=0.5)
P = np.array([0.1, 0.5, 0.9])
ALL_BUT_G0 = tuple(Phase(i) for i in range(4))
NO_ENTRY = Treatment("no entry", entry_factor=0.0)


def test_what_kills_all_alike_only_thins_them() -> None:
    """The same κ everywhere commutes with the rest: e^(−κt) of the untreated, exactly."""
    kill = cycle_kill("all", 0.02, ALL_BUT_G0, asleep_share=1.0)
    plain = residual(CYCLE, P, Schedule("none", ((NOTHING, 60.0),)))
    thinned = residual(CYCLE, P, Schedule("all", ((kill, 24.0), (NOTHING, 12.0), (kill, 24.0))))
    np.testing.assert_allclose(thinned.cells[-1], math.exp(-0.02 * 48) * plain.cells[-1], rtol=1e-9)
    np.testing.assert_allclose(thinned.dormant_share[-1], plain.dormant_share[-1], rtol=1e-9)


def test_settled_sites_start_at_p_and_keep_it() -> None:
    found = residual(CYCLE, P, Schedule("none", ((NOTHING, 48.0), (NOTHING, 24.5))))
    np.testing.assert_allclose(found.dormant_share, np.broadcast_to(P, (3, 3)), rtol=1e-6)
    growth = long_run(CYCLE, entry_rate(CYCLE, P)).growth
    np.testing.assert_allclose(found.cells_left, np.exp(growth * 72.5), rtol=1e-6)


def test_sleepers_that_cannot_return_leave_exponentially() -> None:
    """Without entry, G0 loses α f + δ₀ + κ₀ per hour and gains nothing."""
    wake = Treatment("wake", exit_factor=20.0, entry_factor=0.0)
    reach = cycle_kill("kill", 0.1, asleep_share=0.3) & NO_ENTRY
    schedule = Schedule("both", ((wake, 30.0), (reach, 10.0)))
    passed = (20 / 120 + 0.001) * 30 + (1 / 120 + 0.001 + 0.03) * 10
    found = residual(CYCLE, P, schedule)
    np.testing.assert_allclose(found.sleepers_left, math.exp(-passed), rtol=1e-8)
    assert found.never_woke == sleeping_through(CYCLE, schedule) == pytest.approx(math.exp(-passed))


def test_who_wakes_into_a_sure_kill_is_gone() -> None:
    """Cells in the cycle die at once: the living are those that slept all along, and none other."""
    sure = cycle_kill("sure", 1e4, ALL_BUT_G0)
    wake = Treatment("wake", exit_factor=10.0)
    found = residual(CYCLE, P, Schedule("s", ((sure & wake, 24.0),)))
    left = math.exp(-(10 / 120 + 0.001) * 24)
    np.testing.assert_allclose(found.sleepers_left, left, rtol=1e-3)
    np.testing.assert_allclose(found.dormant_share[-1], 1.0, atol=1e-4)
    # Sleepers at sites that sleep more are no better off; they are only more.
    np.testing.assert_allclose(found.cells[-1] / P, left, rtol=1e-3)


def test_growth_under_a_kill_in_s_meets_euler_lotka() -> None:
    """Nobody sleeps: 2 Π (1 + (s + κ_i) τ_i/k)^(−k) = 1 with κ in S alone (δ everywhere)."""
    cycle = replace(CYCLE, slow_share=0.0, slow_kept=0.0)
    k, kappa, delta = cycle.stages, 0.06, cycle.death_cycling

    def balance(s: float) -> float:
        lengths = ((8.0, 0.0), (8.0, 0.0), (9.0, kappa), (5.0, 0.0))
        return math.log(2) - sum(k * math.log1p((s + delta + x) * t / k) for t, x in lengths)

    kill = cycle_kill("S", kappa)
    found = residual(cycle, [0.0], Schedule("s", ((kill, 400.0), (kill, 100.0))))
    slope = math.log(found.cells[2, 0] / found.cells[1, 0]) / 100.0
    assert slope == pytest.approx(brentq(balance, -0.05, 0.05), rel=1e-6)


def test_sleep_protects_and_waking_undoes_it() -> None:
    wake, kill = Treatment("wake", exit_factor=30.0), cycle_kill("kill", 0.3)
    untreated, alone, after, both = (
        residual(CYCLE, P, s) for s in awaken_then_treat(wake, kill, 72.0, 96.0)
    )
    assert len({s.schedule.ends_h[-1] for s in (untreated, alone, after, both)}) == 1
    # Of what would live untreated, more outlives the treatment where P is higher, ...
    assert np.all(np.diff(alone.cells_left / untreated.cells_left) > 0)
    # ... sleepers are enriched by it; waking that goes on under it leaves fewer. Waking that
    # stops before it need not: those that woke may sleep again, and may have divided.
    assert np.all(alone.dormant_share[-1] > untreated.dormant_share[-1])
    assert np.all(both.sleepers_left < np.minimum(alone.sleepers_left, after.sleepers_left))
    assert after.sleepers_left[2] > alone.sleepers_left[2] > after.never_woke
    # Nothing leaves fewer than those that never woke.
    for one in (alone, after, both):
        assert np.all(one.sleepers_left >= one.never_woke)
    assert sleeping_through(CYCLE, Schedule("w", ((wake, 72.0),))) == pytest.approx(
        math.exp(-72 * (30 / 120 + 0.001))
    )


def test_hours_to_leave_inverts_sleeping_through() -> None:
    wake = Treatment("wake", exit_factor=6.0)
    hours = hours_to_leave(CYCLE, wake, 0.01)
    assert hours == pytest.approx(math.log(100) / (0.05 + 0.001))
    shut = Treatment("shut", exit_factor=0.0)
    assert hours_to_leave(replace(CYCLE, death_G0=0.0), shut, 0.5) == math.inf


def test_combined_treatments_and_doses() -> None:
    both = cycle_kill("a", 0.2, (Phase.S, Phase.G2M)) & replace(
        cycle_kill("b", 0.1, asleep_share=0.5), exit_factor=3.0
    )
    assert both.kill == pytest.approx((0.0, 0.0, 0.3, 0.2, 0.05))
    assert (both.name, both.exit_factor) == ("a + b", 3.0)
    # At the half-maximal dose half of the kill and the root of the factor; at none, nothing.
    half = both.at_dose(4.0, half=4.0, hill=2.0)
    assert half.kill == pytest.approx(tuple(0.5 * rate for rate in both.kill))
    assert half.exit_factor == pytest.approx(math.sqrt(3.0))
    none = both.at_dose(0.0)
    assert (none.kill, none.exit_factor, none.entry_factor) == ((0.0,) * 5, 1.0, 1.0)
    # Twice the dose, hill 1: 2/3 of the full effect.
    assert both.at_dose(2.0).kill[Phase.S] == pytest.approx(0.2)


@pytest.mark.parametrize("occupancy", ["growing", "fixed"])
def test_waking_factor_gives_the_p_of_the_rule(occupancy: Any) -> None:
    factor = waking_factor(CYCLE, 0.8, 0.3, occupancy=occupancy)
    assert factor > 1.0
    faster = replace(CYCLE, sojourn_h=CYCLE.sojourn_h / factor)
    entry = entry_rate(CYCLE, [0.8], occupancy=occupancy)
    assert float(long_run(faster, entry, occupancy=occupancy).dormant[0]) == pytest.approx(0.3)
    if occupancy == "fixed":
        # One cell per site without death and growth: odds of G0 are λ D/α, as 1/f.
        still = replace(CYCLE, death_cycling=0.0, death_slow=0.0, death_G0=0.0)
        odds = (0.8 / 0.2) / (0.3 / 0.7)
        assert waking_factor(still, 0.8, 0.3, occupancy="fixed") == pytest.approx(odds, rel=1e-5)


@pytest.mark.parametrize(("b", "d"), [(0.05, 0.02), (0.02, 0.05)])
def test_clones_die_out_as_birth_and_death_do(b: float, d: float) -> None:
    """A cycle spent in S alone: one exponential step to division, but for 2e-3 h in 20 h or more.

    That is a relative 1e-4 of each cycle; 100 h are five of them.
    """
    cycle = CycleModel(
        g1_h=1e-3, s_h=1 / b, g2m_h=1e-3, cv=1.0, slow_share=0.0, slow_kept=0.0, death_cycling=0.0
    )
    t, dies = 100.0, cycle_kill("dies", d, ALL_BUT_G0)
    chance = outliving(cycle, [0.0], Schedule("t", ((dies, 60.0), (dies, 40.0))), start="newborn")
    gone = d * (1 - math.exp(-(b - d) * t)) / (b - d * math.exp(-(b - d) * t))
    assert chance[0] == pytest.approx(1.0 - gone, rel=5e-4)


def test_chance_of_sleepers_and_of_clones_too_many_to_die() -> None:
    """Without waking a sleeper lives with e^(−δ₀t); a sure kill leaves P of that and no other."""
    shut = cycle_kill("sure", 1e3, ALL_BUT_G0) & Treatment("shut", exit_factor=0.0)
    schedule = Schedule("s", ((shut, 50.0),))
    chance = outliving(CYCLE, P, schedule)
    np.testing.assert_allclose(chance, P * math.exp(-0.05), rtol=2e-3)
    # Never above the mean number of cells.
    assert np.all(chance <= residual(CYCLE, P, schedule).cells[-1] * (1 + 1e-6))
    assert none_left(chance, 10) == pytest.approx(np.prod((1 - chance) ** 10))
    assert none_left([1.0, 0.5], [0, 1]) == pytest.approx(0.5)


def test_simulated_clones_meet_both_expectations() -> None:
    """4000 clones at one P; five standard errors of each (a false alarm in 1.7 million)."""
    n, p = 4000, 0.6
    wake, kill = Treatment("wake", exit_factor=10.0), cycle_kill("kill", 0.4, ALL_BUT_G0)
    schedule = Schedule("s", ((wake, 48.0), (kill, 48.0)))
    course = simulate(
        Population(np.zeros((n, 3)), np.full(n, p)),
        CYCLE,
        4.0,
        seed=11,
        start="settled",
        spells=schedule.spells,
    )
    chance = float(outliving(CYCLE, [p], schedule)[0])
    alive = float((course.clone_size[-1] > 0).mean())
    assert abs(alive - chance) < 5 * math.sqrt(chance * (1 - chance) / n)
    asleep = course.tally[-1, :, Phase.G0]
    mean = float(residual(CYCLE, [p], schedule).asleep[-1, 0])
    assert abs(asleep.mean() - mean) < 5 * asleep.std() / math.sqrt(n)


def test_the_mean_field_alone_says_the_same() -> None:
    """Ends of steps are picked from the record of the mean field, whatever their lengths."""
    kill = cycle_kill("kill", 0.1)
    schedule = Schedule("s", ((NOTHING, 7.5), (kill, 40.0), (NOTHING, 12.25)))
    found = residual(CYCLE, [0.5], schedule)
    times, cells = mean_field(
        CYCLE, [0.5], 59.75 / 24, record_h=0.25, start="settled", spells=schedule.spells
    )
    rows = np.searchsorted(times, schedule.ends_h - 1e-6)
    np.testing.assert_allclose(found.cells[:, 0], cells[rows].sum(axis=(1, 2, 3)), rtol=1e-9)
    assert schedule.repeated(3).ends_h[-1] == pytest.approx(3 * 59.75)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Treatment("x", exit_factor=-1.0), "at least 0"),
        (lambda: cycle_kill("x", 0.1, (Phase.G0,)), "asleep_share"),
        (lambda: cycle_kill("x", 0.1, asleep_share=1.1), "asleep_share"),
        (lambda: cycle_kill("x", -0.1), "at least 0"),
        (lambda: NOTHING.at_dose(-1.0), "dose"),
        (lambda: Schedule("x", ()), "no step"),
        (lambda: Schedule("x", ((NOTHING, 0.0),)), "minutes"),
        (lambda: Schedule("x", ((NOTHING, math.nan),)), "minutes"),
        (lambda: hours_to_leave(CYCLE, NOTHING, 0.0), "share"),
        (lambda: waking_factor(CYCLE, 0.5, 1.0), "below 1"),
        (lambda: residual(replace(CYCLE, cv=0.0), [0.5], Schedule("x", ((NOTHING, 1.0),))), "cv"),
        (lambda: outliving(replace(CYCLE, cv=0.0), [0.5], Schedule("x", ((NOTHING, 1.0),))), "cv"),
    ],
)
def test_wrong_numbers_are_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError) as refused:
        make()
    assert words in str(refused.value)
