"""Labels along lineages, against closed forms and against an integrator of their equations."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from meshes.errors import InputError
from solver.assays import (
    Fucci,
    HistoneLabel,
    Ki67,
    edu_labelled_fraction,
    gompertz_left,
    incorporated,
    ki67_dark_after,
    membrane_dye,
)
from solver.assays.control import growing_dish
from solver.assays.dilution import Dye
from solver.assays.lives import amounts, diluted, steady_birth
from solver.assays.noise import stream
from solver.population import CYCLING, SLOW, CycleModel, Fate, Phase
from tests.solver.assays.lineages import Life, course, growing

CYCLE = CycleModel(cv=0.0)
TARGET = np.array([0.3, 0.1, 0.7, 0.0, 1.0])
RATE = np.array([0.2, 0.5, 0.1, 0.4, 0.05])


def _phases_of(life: Life, at: float) -> Phase:
    """The phase of a life at a time, from its record."""
    if any(a <= at < b for a, b in life.stays):
        return Phase.G0
    for phase, since in ((Phase.G2M, life.g2m), (Phase.S, life.s), (Phase.LATE_G1, life.late)):
        if since <= at:
            return phase
    return Phase.EARLY_G1


def _integrate(life: Life, start: float, until: float) -> float:
    """dy/dt = rate (target − y) from birth to a time, broken where the phase changes."""
    marks = {
        life.birth,
        until,
        life.late,
        life.s,
        life.g2m,
        *(t for stay in life.stays for t in stay),
    }
    marks = sorted(t for t in marks if life.birth <= t <= until)
    y = start
    for a, b in pairwise(marks):
        phase = _phases_of(life, 0.5 * (a + b))
        y = solve_ivp(
            lambda _, v, p=phase: RATE[p] * (TARGET[p] - v), (a, b), [y], rtol=1e-11, atol=1e-13
        ).y[0, -1]
    return y


def test_amounts_follow_their_equation_through_sleep_and_division() -> None:
    """Two stays in G0, a division, a daughter that falls asleep, one cut off in S."""
    mother = Life(
        -3.0, late=30.0, s=38.0, g2m=47.0, end=52.0, fate=Fate.DIVIDED,
        stays=[(1.0, 9.0), (12.0, 25.0)],
    )  # fmt: skip
    sleeper = Life(52.0, mother=0, stays=[(55.0, 200.0)])
    cycler = Life(52.0, late=60.0, s=68.0, mother=0)
    made = course([mother, sleeper, cycler], 100.0)
    start = np.array([0.4, np.nan, np.nan])
    for at in (0.0, 5.0, 10.0, 20.0, 28.0, 35.0, 44.0, 50.0):
        assert amounts(made, at, TARGET, RATE, start)[0] == pytest.approx(
            _integrate(mother, 0.4, at), rel=1e-9
        )
    born = 0.5 * _integrate(mother, 0.4, 52.0)
    for at in (53.0, 58.0, 66.0, 75.0):
        found = amounts(made, at, TARGET, RATE, start)
        assert found[1] == pytest.approx(_integrate(sleeper, born, at), rel=1e-9)
        assert found[2] == pytest.approx(_integrate(cycler, born, at), rel=1e-9)


def test_amount_at_birth_returns_after_one_cycle() -> None:
    """Half of what the cycle makes of it is again the amount at birth, for both kinds."""
    born = steady_birth(CYCLE, TARGET, RATE)
    for kind in (CYCLING, SLOW):
        early, late, s, g2m = np.cumsum(CYCLE.lengths()[kind])
        life = Life(0.0, late=early, s=late, g2m=s, end=g2m)
        assert 0.5 * _integrate(life, born[kind], g2m) == pytest.approx(born[kind], rel=1e-9)


def test_newborn_in_a_dead_cells_place_has_no_label() -> None:
    """It has no mother though it is no founder: no dye, and Ki67 of a steady cycle."""
    lives = [
        Life(-5.0, end=10.0, fate=Fate.DIED),
        Life(10.0, late=18.0, s=26.0, g2m=35.0, end=40.0, mother=0, fate=Fate.DIVIDED),
        Life(40.0, mother=1),
    ]
    made = course(lives, 60.0, CYCLE)
    made = replace(made, mother=np.array([-1, -1, 1]))
    assert np.array_equal(diluted(made, 0.0, np.ones(3)), [1.0, 0.0, 0.0])
    protein = Ki67().turnover()
    target, rate = np.array(protein.level), np.log(2.0) / np.array(protein.half_h)
    born = steady_birth(CYCLE, target, rate)[CYCLING]
    assert protein.amount(made, CYCLE, 10.0)[1] == pytest.approx(born, rel=1e-12)
    assert protein.amount(made, CYCLE, 40.0)[2] == pytest.approx(born, rel=1e-12)


@pytest.mark.parametrize("pulse", [0.5, 2.0, 5.0, 9.0, 15.0, 20.5, 21.0, 24.0])
def test_labelled_share_of_growing_cells(pulse: float) -> None:
    """Cells with label at the end of a pulse against the closed form.

    Ages lie at even quantiles, so that a share is out by at most about one founder per edge of an
    interval of ages: 4 edges of 2000 founders.
    """
    made = growing(2000, 50.0, CYCLE)
    at = 50.0
    label = incorporated(made, at - pulse, at, at)[made.at(at).cell]
    share = edu_labelled_fraction(pulse, CYCLE.g1_h, CYCLE.s_h, CYCLE.g2m_h)
    assert np.mean(label > 0.0) == pytest.approx(share, abs=4 / 2000)


def test_labelled_share_in_special_cases() -> None:
    """No pulse: the share in S. A long one: all. At its start: larger by the growth."""
    # S lies between the ages 16 and 25 h of 30 h: 2 (2^(−16/30) − 2^(−25/30)).
    s_share = 2.0 * (2.0 ** (-16 / 30) - 2.0 ** (-25 / 30))
    assert edu_labelled_fraction(0.0, 16.0, 9.0, 5.0) == pytest.approx(s_share, rel=1e-12)
    assert edu_labelled_fraction(21.0, 16.0, 9.0, 5.0) == pytest.approx(1.0, rel=1e-12)
    # 2 h: 2^(5/30) (2^(11/30) − 1) of the cells at the start; at the end 2^(2/30) times as many
    # cells, of the same number labelled.
    start = 2.0 ** (5 / 30) * (2.0 ** (11 / 30) - 1.0)
    assert edu_labelled_fraction(2.0, 16.0, 9.0, 5.0, at_start=True) == pytest.approx(start)
    assert edu_labelled_fraction(2.0, 16.0, 9.0, 5.0) == pytest.approx(start / 2.0 ** (2 / 30))
    with pytest.raises(InputError):
        edu_labelled_fraction(-1.0, 16.0, 9.0, 5.0)


def test_pulse_of_a_whole_s_phase_is_one_and_halves() -> None:
    """A cell that makes all its DNA under label carries 1; its daughters carry 1/2 each."""
    made = course(
        [
            Life(0.0, late=8, s=16, g2m=25, end=30, fate=Fate.DIVIDED),
            Life(30.0, mother=0),
            Life(30.0, late=38, s=46, mother=0),
        ],
        60.0,
    )
    assert incorporated(made, 10.0, 27.0, 28.0)[0] == pytest.approx(1.0, rel=1e-12)
    assert incorporated(made, 10.0, 19.0, 28.0)[0] == pytest.approx(1.0 / 3.0, rel=1e-12)
    assert incorporated(made, 10.0, 27.0, 40.0)[1:] == pytest.approx([0.5, 0.5], rel=1e-12)
    # 3 h into an S phase of unknown end: of a mean one, 9 h.
    assert incorporated(made, 40.0, 60.0, 49.0)[2] == pytest.approx(3.0 / 9.0, rel=1e-12)


def test_dye_is_conserved_and_halved() -> None:
    """Without death and shedding, the dye of all cells stays that of the founders."""
    made = growing(300, 100.0, CYCLE)
    alive = made.at(100.0).cell
    dye = diluted(made, 0.0, np.ones(made.cells))
    assert np.array_equal(dye[alive], 2.0 ** -made.generation[alive].astype(float))
    assert dye[alive].sum() == pytest.approx(300.0, rel=1e-12)


def test_dye_label_given_later_counts_only_later_divisions() -> None:
    """Cells alive when the label comes share it with their descendants; others have none."""
    made = growing(300, 100.0, CYCLE)
    at = 40.0
    dye = diluted(made, at, np.ones(made.cells))[made.at(100.0).cell]
    assert dye.sum() == pytest.approx(len(made.at(at).cell), rel=1e-12)


@pytest.mark.parametrize(("loss", "slowing"), [(0.02, 0.04), (0.05, 0.0), (0.01, 0.5)])
def test_shedding_solves_gompertz(loss: float, slowing: float) -> None:
    """y' = −loss exp(−slowing t) y by an integrator."""
    for hours in (0.0, 10.0, 100.0):
        found = solve_ivp(
            lambda t, y: -loss * np.exp(-slowing * t) * y, (0.0, hours), [1.0],
            rtol=1e-11, atol=1e-13,
        ).y[0, -1] if hours else 1.0  # fmt: skip
        assert gompertz_left(hours, loss, slowing) == pytest.approx(found, rel=1e-8)


def test_pkh_halves_in_two_weeks_without_division() -> None:
    """The default of the membrane dye, with no spread between clones."""
    dye = membrane_dye()
    made = course([Life(-5.0, stays=[(-1.0, 999.0)])], 400.0)
    plain = Dye(loss=dye.loss, slowing=0.0, shedding_cv=0.0, staining_cv=0.0, name="PKH26")
    assert plain.signal(made, 336.0, 1)[0] == pytest.approx(0.5, rel=1e-12)


def test_transduction_misses_sleepers_and_is_inherited() -> None:
    """2000 sleepers and 2000 cyclers: shares within 5 binomial standard errors (false alarm 1e-6).

    The tag stays with a clone from one time to the next.
    """
    n = 2000
    lives = [Life(-5.0, stays=[(-1.0, 999.0)]) for _ in range(n)]
    lives += [Life(-5.0, late=3.0, s=11.0, g2m=20.0, end=25.0, fate=Fate.DIVIDED)] * n
    lives += [Life(25.0, mother=n + k // 2) for k in range(2 * n)]
    made = course(lives, 100.0)
    label = HistoneLabel()
    now, then = label.signal(made, 0.0, 3), label.signal(made, 50.0, 3)
    for rows, p in ((slice(0, n), 0.2), (slice(n, 2 * n), 0.8)):
        assert np.mean(now[rows] > 0.0) == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / n))
    # Half of the mother's, less what four weeks of half-life take in 50 h.
    assert then[2 * n :] == pytest.approx(
        np.repeat(now[n : 2 * n], 2) * 0.5 * 2.0 ** (-50.0 / 672.0), rel=1e-12
    )
    assert then[:n] == pytest.approx(now[:n] * 2.0 ** (-50.0 / 672.0), rel=1e-12)


def test_fucci_colours_lag_the_phases() -> None:
    """Red is still there as S begins, green as G1 begins; each by its half-time."""
    red, green = Fucci().turnovers()
    early, late, s, g2m = np.cumsum(CYCLE.lengths()[CYCLING])
    made = course([Life(0.0, late=early, s=late, g2m=s, end=g2m)], 30.0)
    at_s, later = (red.amount(made, CYCLE, late + d)[0] for d in (0.0, 2.0))
    assert at_s > 0.9  # 16 h at a half-time of 4 h leave less than 2^(−4) to go
    assert later == pytest.approx(0.5 * at_s, rel=1e-12)
    born, hour = (green.amount(made, CYCLE, d)[0] for d in (0.0, 1.0))
    assert born > 0.45  # half of nearly 1
    assert hour == pytest.approx(0.5 * born, rel=1e-12)


def test_ki67_tells_the_time_since_mitosis() -> None:
    """A daughter that never moves on falls below a threshold after the time in closed form."""
    stain, threshold = Ki67(), 0.05
    made = course(
        [
            Life(0.0, late=8, s=16, g2m=25, end=30, fate=Fate.DIVIDED),
            Life(30.0, mother=0, stays=[(31.0, 999.0)]),
        ],
        100.0,
        CYCLE,
    )
    protein = stain.turnover()
    born = protein.amount(made, CYCLE, 16.0)[0]
    dark = 30.0 + ki67_dark_after(stain.half_life_h, 9.0, 5.0, threshold, born=born)
    assert protein.amount(made, CYCLE, dark)[1] == pytest.approx(threshold, rel=1e-10)


def test_dish_has_the_ages_of_growth() -> None:
    """Shares of G1, S and G2/M of a growing dish, within 5 standard errors (false alarm 1e-6)."""
    n = 20_000
    dish = growing_dish(CYCLE, n, stream(4, "dish"))
    g1 = 2.0 * (1.0 - 2.0 ** (-16 / 30))
    g2m = 2.0 ** (5 / 30) - 1.0
    for share, p in (
        (np.mean(dish.s_h > 0.0), g1),
        (np.mean(dish.g2m_h <= 0.0), g2m),
    ):
        assert share == pytest.approx(p, abs=5.0 * np.sqrt(p * (1.0 - p) / n))
