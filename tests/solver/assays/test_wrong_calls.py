"""The errors that each assay is known for, emerging from cells that cycle, cycle slowly and sleep.

Nothing in the assays knows G0: they see divisions, DNA and proteins. Courses are simulated with
fixed seeds; margins are wide against their sampling errors.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from solver.assays import (
    P27,
    Dye,
    EduPulse,
    Fucci,
    HistoneLabel,
    Ki67,
    Proportion,
    edu_labelled_fraction,
    ki67_dark_after,
)
from solver.population import Course, CycleModel, Phase, Population
from solver.population.engine import simulate

FOUNDERS = 3000


def _sites(p: float) -> Population:
    return Population(np.zeros((FOUNDERS, 3)), np.full(FOUNDERS, p))


@pytest.fixture(scope="module")
def printed() -> Course:
    """Cycling cells printed where 40 % would sleep in the long run; 4 days."""
    return simulate(_sites(0.4), CycleModel(), 4.0, seed=5)


@pytest.fixture(scope="module")
def settled() -> Course:
    """Cells as they are in the long run at such sites; 2 days."""
    return simulate(_sites(0.4), CycleModel(), 2.0, seed=5, start="settled")


def _error(one: Proportion) -> float:
    """Standard error of a share, of its independent cells."""
    return math.sqrt(max(one.value * (1.0 - one.value), 1e-4) / one.effective)


def _exceeds(one: Proportion, other: Proportion) -> bool:
    """By more than 5 standard errors of the difference (false alarm 3e-7)."""
    return one.value - other.value > 5.0 * math.hypot(_error(one), _error(other))


def test_edu_pulse_leaves_most_cyclers_dark() -> None:
    """Nobody sleeps; the share called dormant is what the closed form leaves unlabelled.

    Of dark cells 1 % lie above the gate. The gate is near 2 background medians, so that a cell
    needs a twenty-fifth of its DNA, 0.36 h of S, to be lit: half an hour at either end of the
    labelled ages, at a density of at most 2 ln 2/T, bounds what is lost.
    """
    cycle = CycleModel(cv=0.0, slow_share=0.0, death_cycling=0.0, death_slow=0.0, death_G0=0.0)
    course = simulate(_sites(0.0), cycle, 2.5, seed=8)
    called = EduPulse(pulse_h=2.0).read(course, 60.0, 1).called()
    dark = 1.0 - edu_labelled_fraction(2.0, cycle.g1_h, cycle.s_h, cycle.g2m_h)
    lost = 2.0 * 0.5 * 2.0 * math.log(2.0) / cycle.cycle_h
    error = 5.0 * math.sqrt(dark * (1.0 - dark) / called.effective)
    # The control's own quantile is off as well: 5 standard errors of 1 % in 2000 cells.
    false_lit = 0.01 + 5.0 * math.sqrt(0.01 * 0.99 / 2000)
    assert dark * (1.0 - false_lit) - error < called.value < dark + lost + error
    assert called.value > 0.6


def test_dilution_calls_slow_cyclers_dormant() -> None:
    """After three days, awake cells that are slow are called far more often than others.

    A slow cycle lasts 4 · 16 + 14 = 78 h, more than the 72 h of the assay: at most one or two
    divisions. A normal one lasts 30 h: two or three.
    """
    course = simulate(_sites(0.4), CycleModel(slow_share=0.4), 3.0, seed=5)
    for assay in (Dye(shedding_cv=0.0), HistoneLabel()):
        read = assay.read(course, 72.0, 2)
        slow, normal = read.called(read.slow & ~read.truth), read.called(~read.slow & ~read.truth)
        assert _exceeds(slow, normal)
        assert slow.value > 2.0 * normal.value
        # And cells that fell asleep after dividing are missed.
        assert read.score().sensitivity.value < 0.5


def test_shedding_hides_cells_that_sleep(settled: Course) -> None:
    """Of cells asleep all along, fewer are called the more they shed: dye lost, not diluted."""
    shares = []
    for loss in (0.0, 0.02, 0.05):
        read = Dye(loss=loss).read(settled, 48.0, 3)
        shares.append(read.called(read.truth & (read.since_h > 48.0)))
    assert shares[0].value > 0.95
    assert _exceeds(shares[0], shares[2])
    assert shares[0].value >= shares[1].value >= shares[2].value


def test_fucci_red_calls_g1_dormant(printed: Course) -> None:
    """It cannot tell G0 from G1: late G1 is called as often as G0, and both are nearly always."""
    read = Fucci().read(printed, 96.0, 2)
    g0, late = read.called(read.truth), read.called(read.phase == Phase.LATE_G1)
    assert g0.value > 0.9
    assert late.value > 0.9
    score = read.score()
    assert _exceeds(score.called, score.true)
    assert score.specificity.value < 0.7
    # Red lags: what has just been born is not called yet.
    young = read.called((read.phase == Phase.EARLY_G1) & (read.since_h < 2.0))
    assert _exceeds(late, young)


def test_ki67_misses_fresh_arrest(printed: Course) -> None:
    """Lit for half a day after the last mitosis: fresh sleepers are missed, old ones are not."""
    read = Ki67().read(printed, 96.0, 2)
    fresh = read.called(read.truth & (read.since_h < 12.0))
    old = read.called(read.truth & (read.since_h > 36.0))
    assert old.value > 0.9
    assert fresh.value < 0.5
    assert _exceeds(old, fresh)
    # It decays in G1 just as in G0: the end of a long G1 is dark as well.
    slow = read.called(read.slow & ~read.truth)
    normal = read.called(~read.slow & ~read.truth)
    assert _exceeds(slow, normal)


def test_ki67_is_lost_within_a_day_of_arrest() -> None:
    """What fixed the half-life: growing cells all stop on coming to G1; 24 h later few are lit.

    Lit are those that divided less than the dark time w ago, that is more than 24 h − w after the
    arrest: cells that were at the start of S, of ages T_G1 to T_G1 + 14 h − (24 h − w). They became
    two, as did all that were in S, G2 or M. Seen in a dish: usually less than 10 %.
    """

    def lit(stain: Ki67) -> float:
        cycle = CycleModel()
        whole, whole_s = cycle.cycle_h, cycle.s_h + cycle.g2m_h
        # The 99th percentile of a log-normal background of median 1, above that median.
        gate = math.exp(2.326 * math.sqrt(math.log1p(stain.instrument.background_cv**2))) - 1.0
        wait = ki67_dark_after(
            stain.half_life_h, cycle.s_h, cycle.g2m_h, gate / stain.instrument.brightness
        )
        last = cycle.g1_h + min(max(0.0, whole_s - (24.0 - wait)), whole_s)
        still = 2.0 * (2.0 ** (-cycle.g1_h / whole) - 2.0 ** (-last / whole))
        dividing = 2.0 ** (whole_s / whole) - 1.0
        return 2.0 * still / (1.0 + dividing)

    assert 0.0 < lit(Ki67()) < 0.1
    assert lit(Ki67(half_life_h=5.0)) > 0.3
    assert lit(Ki67(half_life_h=1.0)) == 0.0


def test_h2b_misses_cells_that_slept_when_the_virus_came(settled: Course) -> None:
    """Of cells asleep all along, the share called is the share that takes the gene up.

    Nothing else can make them dark: they did not divide, and lose 5 % in 2 days. 5 binomial
    standard errors (false alarm 1e-6), and a hundredth for tags below the gate, which at a spread
    of 0.4 lies 2.7 standard deviations down.
    """
    for taken in (0.2, 0.8):
        read = HistoneLabel(taken_G0=taken).read(settled, 48.0, 4)
        asleep = read.truth & (read.since_h > 48.0)
        found = read.called(asleep)
        error = 5.0 * math.sqrt(taken * (1.0 - taken) / np.count_nonzero(asleep))
        assert taken - error - 0.02 < found.value < taken + error + 0.01


def test_p27_is_the_most_specific_but_not_quite(printed: Course) -> None:
    """Better than the others; slow cells that stay long in early G1 are called all the same."""
    read = P27().read(printed, 96.0, 2)
    score = read.score()
    fucci = Fucci().read(printed, 96.0, 2).score()
    assert score.sensitivity.value > 0.9
    assert _exceeds(score.specificity, fucci.specificity)
    slow = read.called(read.slow & ~read.truth)
    normal = read.called(~read.slow & ~read.truth)
    assert _exceeds(slow, normal)
