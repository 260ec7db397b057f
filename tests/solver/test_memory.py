"""Memory: the width of one cell's hysteresis, and the play operator of a population."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import expit, logit

from meshes.errors import InputError
from solver.coupling.memory import Memory, hysteresis_width, play, thresholds


def x_of(activity, gamma):
    """ln R at which a cell rests with this activity: A = σ(x + γ(A − ½)) solved for x."""
    return logit(activity) - gamma * (activity - 0.5)


@pytest.mark.parametrize("gamma", [4.01, 4.5, 6.0, 8.0, 20.0, 300.0])
def test_width_is_the_distance_of_the_folds(gamma):
    # The branch of rest states folds where dx/dA = 1/(A(1−A)) − γ = 0: root-finding, no closed form
    low = brentq(lambda a: 1.0 / (a * (1.0 - a)) - gamma, 1e-9, 0.5, xtol=1e-15)
    high = brentq(lambda a: 1.0 / (a * (1.0 - a)) - gamma, 0.5, 1.0 - 1e-9, xtol=1e-15)
    assert hysteresis_width(gamma) == pytest.approx(x_of(low, gamma) - x_of(high, gamma), abs=1e-9)


def test_no_width_without_bistability_and_a_smooth_start():
    np.testing.assert_array_equal(hysteresis_width([0.0, 1.0, 3.999, 4.0]), 0.0)
    # δ = 4s/(1−s²) − 4 artanh s = (8/3)s³ + O(s⁵) with γ = 4/(1−s²)
    s = 1e-3
    assert hysteresis_width(4.0 / (1.0 - s**2)) == pytest.approx(8.0 / 3.0 * s**3, rel=1e-4)
    wide = hysteresis_width(np.linspace(4.0, 1000.0, 500))
    assert (np.diff(wide) > 0.0).all()
    # γ → ∞: s → 1 − 2/γ, so δ → γ − 2 − 2 ln γ
    assert hysteresis_width(1e8) == pytest.approx(1e8 - 2.0 - 2.0 * np.log(1e8), abs=1e-6)


def test_thresholds_are_symmetric():
    asleep, awake = thresholds([5.0, 7.0])
    np.testing.assert_allclose(awake - asleep, hysteresis_width([5.0, 7.0]))
    np.testing.assert_array_equal(asleep, -awake)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_feedback_that_is_no_feedback(bad):
    with pytest.raises(ValueError, match="feedback"):
        hysteresis_width([5.0, bad])


@pytest.mark.parametrize("tau", [0.3, 4.0])
def test_slow_sweep_of_erk_and_p38_switches_at_the_thresholds(tau):
    # Both variables, whose rest states alone reduce to one, and whose paces differ.
    gamma, span, rate = 6.0, 2.0, 2e-6

    def rates(t, y):
        x = -span + 2.0 * rate * min(t, span / rate) - 2.0 * rate * max(t - span / rate, 0.0)
        erk, p38 = y
        return [
            -erk + expit(x + gamma * (0.5 - p38)),
            (-p38 + expit(-x + gamma * (0.5 - erk))) / tau,
        ]

    def even(t, y):
        return y[0] - y[1]

    end = 2.0 * span / rate
    found = solve_ivp(
        rates,
        (0.0, end),
        [0.0, 1.0],
        "LSODA",
        rtol=1e-7,
        atol=1e-9,
        events=even,
        max_step=end / 200,
    )
    up, down = found.t_events[0]
    # A sweep overshoots a fold by O(rate^(2/3)), here about 4e-4.
    asleep, awake = thresholds(gamma)
    assert -span + 2.0 * rate * up == pytest.approx(awake, abs=2e-3)
    assert span - 2.0 * rate * (down - span / rate) == pytest.approx(asleep, abs=2e-3)


def course(path, width, start=0.0):
    w = np.asarray(start, dtype=float)
    for x in path:
        w = play(x, w, width)
    return w


def test_play_without_width_remembers_nothing():
    x = np.linspace(-3.0, 3.0, 7)
    np.testing.assert_array_equal(play(x, 5.0, 0.0), x)


def test_play_stays_within_half_a_width_and_is_monotone():
    rng = np.random.default_rng(1)
    x, before, width = rng.normal(size=(3, 200, 1)) * 3.0
    width = np.abs(width)
    w = play(x, before, width)
    assert (np.abs(w - x) <= width / 2.0 + 1e-12).all()
    assert (play(x + 0.1, before, width) >= w).all()
    assert (play(x, before + 0.1, width) >= w).all()


def test_pace_does_not_matter():
    coarse = [0.0, 2.0, -1.0, 1.5]
    fine = np.concatenate([np.linspace(a, b, 37) for a, b in pairwise(coarse)])
    assert course(fine, 0.8) == pytest.approx(course(coarse, 0.8), abs=1e-14)


def test_a_larger_swing_wipes_out_what_was_before():
    # Whatever lies between two extremes is forgotten once the second lies beyond it by the width.
    for inner in ([], [0.5, -0.5], [0.9, -0.9, 0.9]):
        assert course([*inner, 3.0, -3.0, 1.0], 1.0, start=7.0) == course([-3.0, 1.0], 1.0)


def test_a_small_loop_returns_to_where_it_left():
    before = course([2.0, -1.0, 0.3], 1.0)
    assert course([2.0, -1.0, 0.3, -0.6, 0.3], 1.0) == before


def test_play_is_a_population_of_cells_that_switch_one_by_one():
    # Cells with thresholds ξ ± δ/2, ξ logistic: F(ξ) = σ(ξ). The share awake must be σ(w).
    count, width = 20_001, 1.3
    xi = logit((np.arange(count) + 0.5) / count)
    rng = np.random.default_rng(3)
    awake = xi < 0.0  # settled at x = 0
    w = np.asarray(0.0)
    for x in rng.normal(size=40) * 2.0:
        awake = np.where(x > xi + width / 2.0, True, np.where(x < xi - width / 2.0, False, awake))
        w = play(x, w, width)
        assert awake.mean() == pytest.approx(float(expit(w)), abs=1.01 / count)


def test_no_drive_and_no_past_leave_no_nan():
    none = -np.inf
    assert play(none, 2.0, 1.0) == none
    assert play(0.5, none, 1.0) == 0.0
    assert play(none, np.inf, 1.0) == none
    assert play(0.5, np.inf, 1.0) == 1.0


def test_where_a_history_starts():
    x = np.array([[0.2], [-np.inf]])
    np.testing.assert_array_equal(Memory().first(x, 1.0), x)
    np.testing.assert_array_equal(Memory("awake").first(x, 1.0), x + 0.5)
    np.testing.assert_array_equal(Memory("asleep").first(x, 1.0), x - 0.5)
    # One width for each sample broadcasts against the sites.
    assert Memory("awake").first(x, np.array([0.0, 1.0, 2.0])).shape == (2, 3)
    (row,) = Memory("asleep").assumptions()
    assert set(row) == {"what", "value", "standing", "source"}
    assert "asleep" in row["value"]


@pytest.mark.parametrize("start", ["asleeep", 3, None, ["awake"]])
def test_a_start_that_is_none(start):
    with pytest.raises(InputError, match="memory start"):
        Memory(start)
