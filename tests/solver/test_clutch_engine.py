"""The clutch's Monte-Carlo against closed forms; tolerances are the forms' own sampling errors."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling.clutch import kernels, load_clutch, simulate
from solver.coupling.clutch.engine import repeated, seeds

SIGMAS = 4.0  # of a sampling error: fails by chance once in 16 000


def numbers(preset: str = "talin", **overrides: float) -> kernels.Numbers:
    return kernels.Numbers(*astuple(load_clutch(preset, overrides)))


def generator(seed: int = 7) -> np.ndarray:
    return seeds([seed], 1)


def published_off_rate(force: float) -> float:
    """k_off of alpha5 beta1 as the publication's script has it, force in pN."""
    h = -math.log(1e-4) / 0.15
    return 0.9 * (
        11.27 * math.exp(-0.1601 * force)
        + 8.882e-4 * math.exp(0.1225 * force)
        + 1000.0 * math.exp(-h * force)
    )


def published_unfolding_rate(force: float) -> float:
    return math.exp(-7.573 + 1.786 * 0.073 * force)


@pytest.mark.parametrize("force", [0.0, 0.05, 5.0, 30.0, 90.0])
def test_bond_lives_one_over_k_off(force: float) -> None:
    rate = published_off_rate(force)
    step = 0.05 / rate  # steps much shorter than the lifetime
    par, state = numbers(time_step=min(max(step, 1e-6), 1.0)), generator()
    lives = np.zeros(3000)
    for i in range(len(lives)):
        talin = kernels.FOLDED
        while True:
            lives[i] += 1
            let_go, talin = kernels.release(par, force, talin, state)
            if let_go != kernels.HELD:
                break
    # Counted in whole steps, an exponential life of mean 1/k lasts dt/(1 - exp(-k dt)).
    whole = 1.0 / -math.expm1(-rate * par.time_step)
    error = SIGMAS * lives.std() / math.sqrt(len(lives))
    assert lives.mean() == pytest.approx(whole, abs=error)
    assert lives.mean() * par.time_step == pytest.approx(1.0 / rate, rel=0.1)


@pytest.mark.parametrize("force", [40.0, 56.0, 100.0])
def test_talin_unfolds_before_release_at_the_ratio_of_the_rates(force: float) -> None:
    # Vinculin takes nanoseconds, so the race is between k_u and k_off alone.
    par, state = numbers(time_step=1.0, same_step=0.0), generator()
    caught, n = 0, 8000
    for _ in range(n):
        talin, let_go = kernels.FOLDED, kernels.HELD
        while let_go == kernels.HELD:
            let_go, talin = kernels.release(par, force, talin, state)
        caught += let_go == kernels.VINCULIN
    unfold, off = published_unfolding_rate(force), published_off_rate(force)
    expected = unfold / (unfold + off)
    error = SIGMAS * math.sqrt(expected * (1.0 - expected) / n)
    assert caught / n == pytest.approx(expected, abs=error)


def test_same_step_adds_the_talin_that_would_unfold_until_the_step_ends() -> None:
    # One long step: the talin of every clutch that lets go unfolds before or after, surely.
    par, state = numbers(time_step=1.0, same_step=1.0), generator()
    lost = [kernels.release(par, 100.0, kernels.FOLDED, state)[0] for _ in range(500)]
    assert set(lost) == {kernels.VINCULIN}


def test_talin_is_unfolded_half_the_time_where_its_rates_meet() -> None:
    # k_u = k_f where (13.07 + 7.573) = (1.786 + 2.288) p f: p f = 5.07 pN.
    share = (13.07 + 7.573) / (1.786 + 2.288)
    assert share == pytest.approx(5.07, abs=0.005)
    par, state = numbers(time_step=1.0, off_scale=0.0, vinculin_rate=0.0), generator()
    force, talin, n = share / 0.073, kernels.FOLDED, 4000
    unfolded = 0
    for _ in range(n):  # a step lasts nine relaxation times: draws are independent
        _, talin = kernels.release(par, force, talin, state)
        unfolded += talin == kernels.UNFOLDED
    assert unfolded / n == pytest.approx(0.5, abs=SIGMAS * 0.5 / math.sqrt(n))


def test_binding_is_binomial() -> None:
    state, n, p = generator(), 50, 0.3
    draws = np.array([kernels.binomial(state, n, p) for _ in range(20000)])
    variance = n * p * (1.0 - p)
    assert draws.mean() == pytest.approx(n * p, abs=SIGMAS * math.sqrt(variance / len(draws)))
    # Error of a variance: about sigma^2 sqrt(2/N) for a nearly normal draw.
    assert draws.var() == pytest.approx(variance, rel=SIGMAS * math.sqrt(2.0 / len(draws)))
    assert [kernels.binomial(state, 9, q) for q in (0.0, 1.0)] == [0, 9]


def test_uniform_fills_the_interval_evenly() -> None:
    state, n = generator(), 50000
    draws = np.array([kernels.uniform(state) for _ in range(n)])
    assert draws.min() >= 0.0
    assert draws.max() < 1.0
    counts = np.histogram(draws, bins=50, range=(0.0, 1.0))[0]
    # Chi-square of 49 degrees of freedom: mean 49, variance 98.
    assert abs(((counts - n / 50) ** 2).sum() / (n / 50) - 49.0) < SIGMAS * math.sqrt(98.0)


def test_without_motion_binding_and_unbinding_balance() -> None:
    # n_b/n_c = k_on/(k_on + k_off) = 1/(1 + 0.1); correlated over 1/(k_on + k_off).
    parameters = load_clutch("chan_odde", {"unloaded_speed": 0.0, "duration": 80.0})
    run = simulate(parameters, 1.0, ligand=40.0, every=1)
    clutches, settle = 75 * 40, 10.0
    bound = run.trace["bound"][run.time_s > settle] / clutches
    expected, relaxation = 1.0 / 1.1, 1.0 / 1.1
    independent = (parameters.duration - settle) / (2.0 * relaxation)
    error = math.sqrt(expected * (1.0 - expected) / clutches / independent)
    # The step's own shift of the balance, (k_off - k_on) dt n_b(1 - n_b)/2, is not an error of it.
    shift = (0.1 - 1.0) * parameters.time_step * expected * (1.0 - expected) / 2.0
    assert bound.mean() == pytest.approx(expected + shift, abs=SIGMAS * error)
    assert np.all(run.trace["force_pN"] == 0.0)


def test_clutches_that_never_let_go_load_to_the_stall_force() -> None:
    # dF/dt = k v_u (1 - F/F_s), with substrate and clutches in series; here in steps of dt.
    parameters = load_clutch("chan_odde", {"off_scale": 0.0, "on_rate": 1e6, "duration": 20.0})
    run = simulate(parameters, 2.0, every=1)
    substrate = parameters.spring(2.0)
    assert substrate == pytest.approx(4.0 * math.pi * 1.7 * 2.0 / 9.0)  # pN/nm: kPa·um
    series = 1.0 / (1.0 / substrate + 1.0 / (75 * 5.0))
    stall = 75 * 2.0
    shrink = 1.0 - series * 120.0 * parameters.time_step / stall
    expected = stall * (1.0 - shrink ** np.arange(1, len(run.time_s) + 1))
    np.testing.assert_allclose(run.trace["force_pN"], expected, rtol=1e-9)


def test_rigid_substrate_gives_frictional_slippage() -> None:
    # Nothing is shared there: every clutch stretches at v from the moment it binds, so with
    # S(t) = exp(-int_0^t k_off(k_c v s) ds), T = int S: n_b = n_c T/(T + 1/k_on),
    # F = n_b int S k_c v t dt / T, v = v_u (1 - F/F_s).
    from scipy.integrate import quad
    from scipy.optimize import brentq

    def held_force(speed: float) -> tuple[float, float]:
        slope = 5.0 * speed / 2.0  # k_c v / F_b

        def survival(t: float) -> float:
            return math.exp(-0.1 * math.expm1(slope * t) / slope)

        end = 12.0 / slope
        life = quad(survival, 0.0, end)[0]
        stretch = quad(lambda t: survival(t) * 5.0 * speed * t, 0.0, end)[0] / life
        bound = life / (life + 1.0)
        return bound, bound * stretch

    speed = brentq(lambda v: v - 120.0 * (1.0 - held_force(v)[1] / 2.0), 1.0, 119.99)
    bound, force = held_force(speed)
    parameters = load_clutch("chan_odde", {"time_step": 5e-5, "duration": 5.0})
    mean, error = repeated(parameters, 1e6, 20.0, 20.0, repeats=8, entropy=[3])
    clutches = 75 * 20
    # 1 % for the finite step and the start of the run.
    assert mean[2] == pytest.approx(clutches * bound, rel=0.01, abs=SIGMAS * error[2])
    assert mean[0] == pytest.approx(clutches * force, rel=0.01, abs=SIGMAS * error[0])
    assert mean[1] == pytest.approx(speed, rel=0.01)


def test_very_soft_substrate_lets_actin_run_free() -> None:
    # F = k_sub v_u t as long as F is small against the stall force; nothing is torn off.
    parameters = load_clutch("chan_odde", {"duration": 50.0})
    stiffness = 1e-4
    run = simulate(parameters, stiffness, every=1)
    late = run.time_s > 5.0
    free = parameters.spring(stiffness) * 120.0 * run.time_s
    np.testing.assert_allclose(run.trace["force_pN"][late], free[late], rtol=0.02)
    assert run.means["speed_nm_s"] > 0.98 * 120.0
    assert run.trace["bound"][late].mean() / 75 == pytest.approx(1.0 / 1.1, abs=0.03)


def test_clutches_load_and_fail_together_where_soft_and_slip_singly_where_stiff() -> None:
    # Chan & Odde: the load on a compliant substrate rises towards the stall force until all let
    # go and the force falls to near nothing; on a stiff one the load seldom builds up.
    parameters = load_clutch("chan_odde")
    soft, stiff = (simulate(parameters, E, every=1).trace["force_pN"] for E in (0.5, 50.0))
    stall = 75 * 2.0
    assert soft.max() > 0.8 * stall
    assert soft[np.argmax(soft) :].min() < 0.1 * stall
    assert stiff.mean() < 0.25 * stall < 0.5 * stall < soft.mean()


@pytest.mark.parametrize("stiffness", [0.3, 5.0, 40.0])
def test_forces_balance_and_nothing_is_lost(stiffness: float) -> None:
    parameters = load_clutch()
    run = simulate(parameters, stiffness, every=1)
    trace = run.trace
    np.testing.assert_allclose(trace["clutch_force_pN"], trace["force_pN"], rtol=1e-6, atol=1e-6)
    # v is set by the force of the step before.
    speed = 110.0 * (1.0 - trace["force_pN"][:-1] / 1600.0)
    np.testing.assert_allclose(trace["speed_nm_s"][1:], speed, rtol=1e-12, atol=1e-9)
    assert np.all((trace["unfolded"] >= 0) & (trace["unfolded"] <= trace["bound"]))
    assert trace["bound"].max() <= 1200
    assert np.all((trace["density_per_um2"] >= 300.0) & (trace["density_per_um2"] <= 15000.0))
    means, duration = run.means, parameters.duration
    bound = means["bindings_per_s"] - means["caught_per_s"] - means["lost_per_s"]
    assert bound * duration == pytest.approx(trace["bound"][-1], abs=1e-6)
    for name in ("force_pN", "bound", "unfolded", "density_per_um2", "speed_nm_s"):
        assert means[name] == pytest.approx(trace[name].mean(), rel=1e-9)


def test_density_follows_the_releases() -> None:
    # Far from floor and cap each release with vinculin adds 24, each without takes 24 away.
    run = simulate(load_clutch(), 60.0, ligand=0.1, every=1)
    density = run.trace["density_per_um2"]
    inside = (density > 300.0) & (density < 15000.0)
    between = inside[1:] & inside[:-1]
    assert between.sum() > 1000
    steps = np.diff(density)[between]
    assert set(np.unique(steps % 24.0)) == {0.0}
    assert steps.min() < 0.0 < steps.max()


def test_without_reinforcement_the_density_stays() -> None:
    run = simulate(load_clutch().depleted(), 20.0)
    assert np.all(run.trace["density_per_um2"] == 300.0)


def test_same_seed_same_run() -> None:
    parameters = load_clutch(overrides={"duration": 5.0})
    first, again = (simulate(parameters, 5.0, seed=4) for _ in range(2))
    assert first.means == again.means
    assert all(first.trace[name].tobytes() == again.trace[name].tobytes() for name in first.trace)
    assert simulate(parameters, 5.0, seed=5).means != first.means


def test_kernels_compile_where_nothing_can_be_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    def njit(**options: bool):  # type: ignore[no-untyped-def]
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(kernels, "njit", njit)
    assert kernels._compiled(math.sqrt) is math.sqrt


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"motor": 3.0}, "did you mean 'motors'"),
        ({"motors": float("nan")}, "expected 0 to"),
        ({"motors": True}, "expected a number"),
        ({"motors": "800"}, "expected a number"),
        ({"time_step": 0.0}, "time_step"),
        ({"density_cap": 10.0}, "at least the density at the start"),
        ({"duration": 1e-3}, "at least one time step"),
        ({"unfolding_log_rate": float("inf")}, "unfolding_log_rate"),
    ],
)
def test_wrong_numbers_are_refused(overrides: dict[str, float], words: str) -> None:
    with pytest.raises(InputError) as refused:
        load_clutch(overrides=overrides)
    assert words in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize(
    "conditions",
    [
        {"stiffness_kPa": 0.0},
        {"stiffness_kPa": float("nan")},
        {"stiffness_kPa": 1.0, "ligand": 0.0},
        {"stiffness_kPa": 1.0, "ligand": float("inf")},
        {"stiffness_kPa": 1.0, "contractility": -1.0},
        {"stiffness_kPa": 1.0, "every": 0},
    ],
)
def test_wrong_conditions_are_refused(conditions: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected"):
        simulate(load_clutch(), **conditions)  # type: ignore[arg-type]


def test_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        load_clutch("chan_ode")
    assert "chan_odde" in str(refused.value.hint)


def test_digest_tells_numbers_apart() -> None:
    assert load_clutch().digest == load_clutch("talin").digest
    assert load_clutch().digest != load_clutch(overrides={"motors": 801}).digest
    assert len({load_clutch(preset).digest for preset in ("talin", "chan_odde")}) == 2
