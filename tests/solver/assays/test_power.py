"""Cells, replicates and power against closed forms, tabulated values and drawn experiments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from meshes.errors import InputError
from solver.assays.needed import cells_for, detectable, replicates_for
from solver.assays.power import (
    Effort,
    assurance,
    chances,
    power,
    share_variance,
    simulated_power,
)


def shares_of_effect(d: float, effort: Effort) -> tuple[float, float]:
    """Two shares about one half that lie d standard deviations of a replicate's share apart.

    p = 1/2 ± x have the same variance (1/4 − x²) c, with c = ρ + (1 − ρ)/n; 2x = d √((1/4 − x²) c)
    gives x² = d² c/(4 (4 + d² c)).
    """
    c = effort.correlation + (1.0 - effort.correlation) / effort.cells
    x = math.sqrt(d**2 * c / (4.0 * (4.0 + d**2 * c)))
    return 0.5 - x, 0.5 + x


@pytest.mark.parametrize(
    ("d", "replicates", "tabulated"),
    # Two-sided t test of two groups at level 0.05 and power 0.80 (Cohen 1988, table 2.4.1): groups
    # of 64 at d = 0.5, of 26 at d = 0.8; power of those groups 0.8015 and 0.8075.
    [(0.5, 64, 0.8015), (0.8, 26, 0.8075)],
)
def test_equal_variances_give_the_tabulated_power_of_the_t_test(
    d: float, replicates: int, tabulated: float
) -> None:
    effort = Effort(cells=200, replicates=replicates, replicate_sd=0.07)
    first, second = shares_of_effect(d, effort)
    assert float(power(first, second, effort)) == pytest.approx(tabulated, abs=6e-5)
    assert replicates_for(first, second, effort, 0.8) == replicates


def test_without_spread_between_replicates_it_is_the_test_of_two_proportions() -> None:
    """n = (1.960 + 0.842)² (0.5·0.5 + 0.3·0.7)/0.2² = 90.3 cells in each arm, in all replicates.

    With 2000 degrees of freedom t and normal agree to 1e-3. A cell a replicate is the same as all
    cells in one count.
    """
    closed = (norm.isf(0.025) + norm.isf(0.2)) ** 2 * (0.25 + 0.21) / 0.2**2
    assert closed == pytest.approx(90.3, abs=0.05)
    effort = Effort(cells=1, replicates=2, replicate_sd=0.0)
    found = replicates_for(0.5, 0.3, effort, 0.8)
    # About 180 degrees of freedom add z²/4 = 0.96 to a group (Guenther 1981).
    assert found == math.ceil(closed + norm.isf(0.025) ** 2 / 4.0)
    many = Effort(cells=4, replicates=1000, replicate_sd=0.0)
    for first, second in ((0.5, 0.47), (0.05, 0.07), (0.9, 0.9)):
        spread = math.sqrt((first * (1 - first) + second * (1 - second)) / 4000)
        z = abs(first - second) / spread
        normal = norm.sf(norm.isf(0.025) - z) + norm.cdf(-norm.isf(0.025) - z)
        assert float(power(first, second, many)) == pytest.approx(normal, abs=1e-3)


def test_no_difference_is_found_at_the_level() -> None:
    for share in (0.0, 0.2, 1.0):
        if 0.0 < share < 1.0:
            lower, higher = chances(share, share, Effort(level=0.04))
            assert (float(lower), float(higher)) == pytest.approx((0.02, 0.02), abs=1e-12)
    # All replicates alike, without a spread: the t statistic 0/0 finds nothing, x/0 everything.
    assert float(power(0.0, 1.0, Effort())) == 1.0


def test_sides_are_mirrored() -> None:
    effort = Effort()
    lower, higher = chances([0.2, 0.4, 0.3], [0.4, 0.2, 0.3], effort)
    assert higher[0] == lower[1] > 0.5 > lower[0] == higher[1]
    np.testing.assert_allclose(power(0.2, 0.4, effort), power(0.8, 0.6, effort), rtol=1e-12)


def test_variance_of_a_replicate_is_the_binomial_one_times_the_design_effect() -> None:
    """With ρ = (2·0.1)² = 0.04 and n = 101: 1 + 100·0.04 = 5 times p(1 − p)/n."""
    effort = Effort(cells=101, replicate_sd=0.1)
    assert float(share_variance(0.3, effort)) == pytest.approx(5.0 * 0.21 / 101)
    # One cell cannot tell between replicates: p(1 − p).
    assert float(share_variance(0.3, Effort(cells=1))) == pytest.approx(0.21)
    # The stated standard deviation is what is left of infinitely many cells at one half.
    many = Effort(cells=10**9, replicate_sd=0.1)
    assert float(share_variance(0.5, many)) == pytest.approx(0.1**2, rel=1e-6)


@pytest.mark.parametrize(
    ("first", "second", "effort"),
    [
        (0.3, 0.3, Effort(cells=300, replicates=6)),
        (0.3, 0.4, Effort(cells=300, replicates=6)),
        (0.45, 0.6, Effort(cells=100, replicates=3)),
        (0.5, 0.6, Effort(cells=50, replicates=12, replicate_sd=0.1)),
        (0.15, 0.25, Effort(cells=1000, replicates=8, replicate_sd=0.08, level=0.01)),
    ],
)
def test_drawn_experiments_find_what_the_formula_says(
    first: float, second: float, effort: Effort
) -> None:
    """Five standard errors of 20 000 experiments (a false alarm in 1.7 million), and 0.02 for
    shares that are not normal and variances that differ."""
    predicted = float(power(first, second, effort))
    drawn = simulated_power(first, second, effort, runs=20_000, seed=4)
    assert abs(drawn - predicted) < 5.0 * math.sqrt(predicted * (1 - predicted) / 20_000) + 0.02


def test_needed_numbers_are_the_least() -> None:
    effort = Effort(cells=200, replicates=4)
    first, second = 0.30, 0.42
    replicates = replicates_for(first, second, effort, 0.9)
    cells = cells_for(first, second, effort, 0.7)
    assert replicates is not None
    assert cells is not None
    for reached, n, r, wanted in (
        (True, 200, replicates, 0.9),
        (False, 200, replicates - 1, 0.9),
        (True, cells, 4, 0.7),
        (False, cells - 1, 4, 0.7),
    ):
        assert (float(power(first, second, Effort(n, r))) >= wanted) is reached


def test_more_cells_do_not_replace_replicates() -> None:
    """With n → ∞ a replicate's share keeps the variance ρ p (1 − p): with three replicates at one
    half and a standard deviation of 0.1 a step of 0.1 is δ = 1/√(2/3) = 1.2, power below one half.
    """
    assert cells_for(0.45, 0.55, Effort(replicates=3, replicate_sd=0.1)) is None
    assert cells_for(0.45, 0.55, Effort(replicates=30, replicate_sd=0.1)) is not None
    assert replicates_for(0.3, 0.3, Effort()) is None


def test_detectable_shares_have_just_the_power() -> None:
    effort = Effort(cells=500, replicates=4)
    below, above = detectable(0.4, effort, 0.8)
    assert below is not None
    assert above is not None
    assert below < 0.4 < above
    for other in (below, above):
        assert float(power(0.4, other, effort)) == pytest.approx(0.8, abs=1e-4)
    assert detectable(0.02, Effort(cells=20, replicates=2))[0] is None


def test_assurance_is_the_mean_over_what_is_not_known() -> None:
    """Half of the samples differ beyond doubt, half not at all: (1 + level/2)/2."""
    first, second = np.full(4, 0.1), np.array([0.9, 0.9, 0.1, 0.1])
    effort = Effort(cells=1000, replicates=10)
    assert assurance(first, second, effort, higher=True) == pytest.approx((1 + 0.025) / 2)
    assert assurance(first, second, effort, higher=False) == pytest.approx(0.025 / 2)


def test_seeds_and_degrees_of_freedom() -> None:
    effort = Effort(cells=40, replicates=2)
    again = [simulated_power(0.2, 0.5, effort, runs=500, seed=s) for s in (1, 1, 2)]
    assert again[0] == again[1] != again[2]
    # Two replicates: 2 degrees of freedom; at δ = 0 the two tails are those of Student's t.
    assert t.sf(t.isf(0.025, 2), 2) == pytest.approx(float(chances(0.5, 0.5, effort)[1]))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Effort(cells=0), "cell"),
        (lambda: Effort(replicates=1), "replicates"),
        (lambda: Effort(replicate_sd=0.5), "replicate_sd"),
        (lambda: Effort(level=0.0), "level"),
        (lambda: power(0.2, 1.2, Effort()), "shares"),
        (lambda: share_variance(math.nan, Effort()), "shares"),
        (lambda: replicates_for(0.2, 0.3, Effort(), 1.0), "power"),
        (lambda: cells_for(0.2, 0.3, Effort(), 0.05), "power"),
    ],
)
def test_wrong_numbers_are_refused(make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=words):
        make()
