"""Entry into G0 from P(dormant), against matrices and formulas written down by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from meshes.errors import InputError
from solver.population import CycleModel, Phase, entry_rate, growth_rate, long_run

PLAIN = {"slow_share": 0.0, "death_cycling": 0.0, "death_slow": 0.0, "death_G0": 0.0}


def markov(cycle: CycleModel, entry: float, *, fixed: bool = False) -> np.ndarray:
    """Rates of change for exponential phases: normal, then slow cells, five states each."""
    early, late = cycle.g1_h * cycle.early_share, cycle.g1_h * (1.0 - cycle.early_share)
    A = np.zeros((10, 10))
    for kind, stretch in enumerate((1.0, cycle.slow_stretch)):
        o = 5 * kind
        rates = 1.0 / np.array([early * stretch, late * stretch, cycle.s_h, cycle.g2m_h])
        death = (cycle.death_cycling, cycle.death_slow)[kind]
        for i in range(3):
            A[o + i, o + i] -= rates[i]
            A[o + i + 1, o + i] += rates[i]
        A[o + 3, o + 3] -= rates[3]
        keep = cycle.slow_kept
        slow = (1.0 - keep) * cycle.slow_share + (keep if kind else 0.0)
        many = 1.0 if fixed else 2.0
        A[0, o + 3] += many * rates[3] * (1.0 - slow)
        A[5, o + 3] += many * rates[3] * slow
        A[o, o] -= entry
        A[o + 4, o] += entry
        A[o + 4, o + 4] -= 1.0 / cycle.sojourn_h
        A[o, o + 4] += 1.0 / cycle.sojourn_h
        for i in range(5):
            loss = cycle.death_G0 if i == 4 else death
            A[o + i, o + i] -= loss
            if fixed:
                A[0, o + i] += loss * (1.0 - slow)
                A[5, o + i] += loss * slow
    return A


def test_fixed_phases_have_the_exponential_age_law() -> None:
    # A population that doubles every T holds a cell of age a with density 2 (ln 2/T) 2^(−a/T):
    # f_G1 = 2(1 − 2^(−T_G1/T)), f_G2M = 2^(T_G2M/T) − 1.
    cycle = CycleModel(cv=0.0, **PLAIN)
    run = long_run(cycle, [0.0])
    T = 30.0
    assert run.growth[0] == pytest.approx(math.log(2.0) / T, rel=1e-12)
    share = run.shares[0].sum(axis=0)
    g1 = share[Phase.EARLY_G1] + share[Phase.LATE_G1]
    assert g1 == pytest.approx(2.0 * (1.0 - 2.0 ** (-16.0 / T)), rel=1e-10)
    assert share[Phase.G2M] == pytest.approx(2.0 ** (5.0 / T) - 1.0, rel=1e-10)


@pytest.mark.parametrize("stages", [1, 4, 11])
def test_growth_solves_euler_lotka_for_erlang_phases(stages: int) -> None:
    # 2 E[e^(−s cycle)] = 1; a phase of k stages is a polynomial factor (1 + sτ/k)^k, so s is the
    # positive root of ∏ (1 + sτ_i/k)^k − 2.
    cycle = CycleModel(cv=1.0 / math.sqrt(stages), **PLAIN)
    product = np.polynomial.Polynomial([1.0])
    for mean in (8.0, 8.0, 9.0, 5.0):
        product = product * np.polynomial.Polynomial([1.0, mean / stages]) ** stages
    s = growth_rate(cycle, [0.0])[0]
    assert product(s) == pytest.approx(2.0, rel=1e-11)
    assert s > math.log(2.0) / 30.0  # spread makes a population grow faster


@pytest.mark.parametrize("entry", [0.0, 0.003, 0.08, 2.0])
@pytest.mark.parametrize("death", [(0.0, 0.0, 0.0), (0.002, 0.001, 0.004), (0.05, 0.02, 0.0)])
def test_long_run_is_the_leading_eigenvector(
    entry: float, death: tuple[float, float, float]
) -> None:
    cycle = CycleModel(
        cv=1.0, slow_share=0.2, death_cycling=death[0], death_slow=death[1], death_G0=death[2]
    )
    A = markov(cycle, entry)
    reached = np.arange(10) if entry else np.array([0, 1, 2, 3, 5, 6, 7, 8])
    values, vectors = np.linalg.eig(A[np.ix_(reached, reached)])
    lead = np.argmax(values.real)
    shares = np.zeros(10)
    shares[reached] = vectors[:, lead].real / vectors[:, lead].real.sum()
    run = long_run(cycle, [entry])
    assert run.growth[0] == pytest.approx(values[lead].real, abs=1e-10)
    np.testing.assert_allclose(run.shares[0].ravel(), shares, atol=1e-9)
    # The sleepers' own balance: growth dilutes them as if they woke faster by s.
    asleep, early = run.shares[0, :, Phase.G0], run.shares[0, :, Phase.EARLY_G1]
    diluted = 1.0 / cycle.sojourn_h + death[2] + run.growth[0]
    np.testing.assert_allclose(asleep * diluted, entry * early, atol=1e-10)


@pytest.mark.parametrize("entry", [0.003, 0.08, 2.0])
def test_fixed_occupancy_is_the_state_of_rest(entry: float) -> None:
    cycle = CycleModel(cv=1.0, slow_share=0.2, death_cycling=0.01, death_G0=0.002)
    A = markov(cycle, entry, fixed=True)
    A[0] = 1.0  # one balance follows from the others: replaced by the sum
    shares = np.linalg.solve(A, np.eye(10)[0])
    run = long_run(cycle, [entry], occupancy="fixed")
    assert run.growth[0] == 0.0
    np.testing.assert_allclose(run.shares[0].ravel(), shares, atol=1e-12)


@pytest.mark.parametrize("entry", [0.001, 0.05, 0.5])
def test_fixed_occupancy_without_death_by_mean_times(entry: float) -> None:
    # Early G1 of fixed length τ is run through in one go with probability q = e^(−λτ), so a cycle
    # has 1/q − 1 stays of 1/α each, and (1/q − 1)/λ in early G1. Exponential: λτ stays, and τ.
    tau, rest, sojourn = 8.0, 22.0, 120.0
    stays = {0.0: math.expm1(entry * tau), 1.0: entry * tau}
    early = {0.0: math.expm1(entry * tau) / entry, 1.0: tau}
    for cv, n in stays.items():
        cycle = CycleModel(cv=cv, **PLAIN)
        expected = n * sojourn / (n * sojourn + early[cv] + rest)
        run = long_run(cycle, [entry], occupancy="fixed")
        assert run.dormant[0] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("occupancy", ["growing", "fixed"])
@pytest.mark.parametrize(
    "cycle",
    [
        CycleModel(),
        CycleModel(cv=0.0, **PLAIN),
        CycleModel(death_cycling=0.02, sojourn_h=24.0),
    ],
)
def test_p_comes_back(cycle: CycleModel, occupancy: str) -> None:
    p = np.concatenate([[0.0, 1e-5, 0.995], np.linspace(0.013, 0.98, 41)])
    entry = entry_rate(cycle, p, occupancy=occupancy)
    run = long_run(cycle, entry, occupancy=occupancy)
    np.testing.assert_allclose(run.dormant, p, atol=1e-6)
    assert entry[0] == 0.0


def test_growing_populations_sleep_less_at_the_same_rate() -> None:
    entry = np.array([0.001, 0.02, 0.2])
    growing = long_run(CycleModel(), entry).dormant
    fixed = long_run(CycleModel(), entry, occupancy="fixed").dormant
    assert np.all(growing < fixed)


def test_slow_cells_are_outgrown_the_more_they_keep_their_kind() -> None:
    share = [
        long_run(CycleModel(slow_kept=kept), [0.0]).shares[0, 1].sum() for kept in (0.0, 0.5, 0.9)
    ]
    # Drawn anew at each birth, 10 % of the newborn are slow and live longer: more than 10 %.
    assert share[0] > 0.1
    assert share[0] > share[1] > share[2] > 0.0


def test_a_kind_that_is_never_drawn_is_not_there() -> None:
    # Slow cells would outlive the others by far, but there are none.
    cycle = CycleModel(cv=1.0, slow_share=0.0, death_cycling=0.2, death_slow=0.0)
    assert growth_rate(cycle, [0.0])[0] < -0.1
    assert long_run(cycle, [0.0]).shares[0, 0].sum() == 1.0


def test_what_cannot_last_is_said() -> None:
    # Cells in the cycle die at 0.2/h, sleepers hardly: those left are soon asleep.
    cycle = CycleModel(death_cycling=0.2, death_slow=0.2, death_G0=0.0)
    with pytest.raises(InputError, match="cannot last"):
        entry_rate(cycle, [0.01])
    assert entry_rate(cycle, [0.0])[0] == 0.0


def test_inputs_are_checked() -> None:
    with pytest.raises(InputError, match="0 to 1"):
        entry_rate(CycleModel(), [1.2])
    with pytest.raises(InputError, match="occupancy"):
        long_run(CycleModel(), [0.1], occupancy="shrinking")  # type: ignore[arg-type]
    for wrong in ({"cv": 0.05}, {"slow_kept": 1.0}, {"g1_h": 0.0}, {"slow_share": -0.1}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            CycleModel(**wrong)
