"""Draws: the unit cube, numbers added by a case, and arms that are compared sample by sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver.coupling import (
    DormancyRule,
    Dose,
    Parameter,
    draw_from_unit,
    factor_names,
    load_cues,
    load_preset,
    sobol_draw,
)

CUES = load_cues()
NUMBERS = load_preset("confining")
NO_INKS = np.empty(0)
E = np.geomspace(0.3, 20.0, 50)


def half_point(name: str) -> Parameter:
    return Parameter(
        name, 10.0, 1.0, 100.0, "ng/mL", "log", (0.0, np.inf), "assumption", "", "Of a test."
    )


def test_middle_of_the_unit_cube():
    # Log-uniform: the geometric mean; uniform: the mean; normal: no shift.
    names = factor_names(NUMBERS, CUES, 2)
    assert len(names) == len(set(names)) == len(NUMBERS.table) + len(CUES) + 2
    assert names[-2:] == ("stiffness_ink_0", "stiffness_ink_1")
    draw = draw_from_unit(NUMBERS, CUES, np.array([0.3, 0.1]), np.full((len(names), 1), 0.5))
    for name, p in NUMBERS.table.items():
        if name != "q":  # drawn above n
            middle = np.sqrt(p.low * p.high) if p.sampling == "log" else (p.low + p.high) / 2
            assert draw.parameters[name][0] == pytest.approx(middle), name
    for cue in CUES:
        assert draw.weights[cue.cue][0] == pytest.approx((cue.weight_low + cue.weight_high) / 2)
    np.testing.assert_array_equal(draw.log_stiffness, 0.0)


def test_each_row_of_the_unit_cube_moves_its_own_factor():
    names = factor_names(NUMBERS, CUES, 1)
    middle = np.full((len(names), 2), 0.5)
    for row, name in enumerate(names):
        unit = middle.copy()
        unit[row, 1] = 0.9
        draw = draw_from_unit(NUMBERS, CUES, np.array([0.3]), unit)
        values = {
            **draw.parameters,
            **{f"weight_{cue}": weight for cue, weight in draw.weights.items()},
            "stiffness_ink_0": draw.log_stiffness[0],
        }
        moved = {key for key, (a, b) in values.items() if a != b}
        wide = name in NUMBERS.table and NUMBERS.table[name].high > NUMBERS.table[name].low
        wide |= name.startswith("stiffness") or any(
            name == f"weight_{c.cue}" and c.weight_high > c.weight_low for c in CUES
        )
        assert moved - {"q"} == ({name} if wide else set()) - {"q"}
        assert ("q" in moved) == (name in ("q", "n"))  # q is drawn above n


def test_a_cube_of_the_wrong_size_is_refused():
    with pytest.raises(ValueError, match="rows, found 3"):
        draw_from_unit(NUMBERS, CUES, NO_INKS, np.full((3, 4), 0.5))


def test_added_numbers_leave_all_other_draws_alone():
    extra = NUMBERS.with_extra(half_point("EC50_a"), half_point("EC50_b"))
    one = sobol_draw(NUMBERS, CUES, np.array([0.2]), samples=256, seed=4)
    two = sobol_draw(extra, CUES, np.array([0.2]), samples=256, seed=4)
    for name in NUMBERS.table:
        np.testing.assert_array_equal(one.parameters[name], two.parameters[name])
    for cue in CUES:
        np.testing.assert_array_equal(one.weights[cue.cue], two.weights[cue.cue])
    np.testing.assert_array_equal(one.log_stiffness, two.log_stiffness)
    # whichever others are added with it, a number has the same draws, spread evenly over ln
    alone = sobol_draw(NUMBERS.with_extra(half_point("EC50_b")), CUES, NO_INKS, samples=256, seed=4)
    a, b = (two.parameters[name] for name in ("EC50_a", "EC50_b"))
    np.testing.assert_array_equal(b, alone.parameters["EC50_b"])
    u = np.sort(np.log(b) / np.log(100.0)) * 256
    assert (np.floor(u) == np.arange(256)).all()
    # and they are not tied to each other: |r| of 256 independent pairs stays below 4/√256
    assert abs(np.corrcoef(np.log(a), np.log(b))[0, 1]) < 0.25
    assert abs(np.corrcoef(np.log(a), two.parameters["u0"])[0, 1]) < 0.25


def test_the_range_of_a_half_point_is_the_width_of_the_band():
    # Only EC50 varies, log-uniform in 1 to 100, amount 10: dose 10/(10 + 100^u), R = 5^−dose at
    # E50. P falls as EC50 grows, so its 5 % stands at u = 0.95.
    table = load_preset("adhesive").table
    fixed = load_preset("adhesive", {name: p.value for name, p in table.items()})
    cues = tuple(replace(c, weight_low=c.weight, weight_high=c.weight) for c in CUES)
    rule = DormancyRule(fixed.with_extra(half_point("EC50_TGFb2")), cues)
    dose = {"TGFb2": Dose(1.0, ((10.0, "EC50_TGFb2"),))}
    band = rule.band(2.1, doses=dose, samples=1024)
    for found, u in ((band.low[0], 0.95), (band.high[0], 0.05)):
        ratio = 5.0 ** -(10.0 / (10.0 + 100.0**u))
        assert found == pytest.approx(0.95 - 0.9 * ratio / (1.0 + ratio), abs=1e-3)
    # one amount for all sites or the same at each of them
    each = {"TGFb2": Dose(1.0, ((np.array([10.0, 10.0, 20.0]), "EC50_TGFb2"),))}
    assert rule.band([2.1] * 3, doses=each, samples=1024).low[1] == pytest.approx(band.low[0])


def test_arms_are_compared_sample_by_sample():
    numbers = load_preset("adhesive")
    control = DormancyRule(numbers).band(E)
    same = DormancyRule(numbers).band(E)
    np.testing.assert_array_equal(same.mean_samples - control.mean_samples, 0.0)
    np.testing.assert_array_equal(same.above_samples - control.above_samples, 0.0)
    # A drug with an IC50 of its own that is not given is the control; given, it only ever lowers
    # the drive, so that each sample rises although the two bands overlap.
    with_drug = numbers.with_extra(half_point("IC50_drug"))
    for amount in (0.0, 3.0):
        blocks = {"FAK": Dose(1.0, ((amount, "IC50_drug"),))}
        arm = DormancyRule(with_drug, blocks=blocks).band(E)
        difference = arm.mean_samples - control.mean_samples
        if amount == 0.0:
            np.testing.assert_array_equal(difference, 0.0)
        else:
            assert (difference > 0.0).all()
            assert arm.mean[1] < control.mean[2]


def test_samples_of_the_mean():
    rule = DormancyRule(load_preset("adhesive"))
    doses, inks = {"TGFb2": np.linspace(0, 1, 50)}, np.arange(50) % 2
    band = rule.band(E, doses=doses, stiffness_log_sd=[0.2, 0.3], ink=inks, samples=64, seed=7)
    draw = sobol_draw(rule.parameters, rule.cues, np.array([0.2, 0.3]), samples=64, seed=7)
    mean = rule.mean_samples(draw, E, doses=doses, ink=inks)
    np.testing.assert_allclose(mean, band.mean_samples, atol=1e-12)
    assert band.mean[1:] == pytest.approx(np.percentile(band.mean_samples, [5, 95]))
    assert ((band.above_samples >= 0.0) & (band.above_samples <= 1.0)).all()
    assert set(np.round(band.above_samples * 50, 9) % 1) == {0.0}
    # each sample is the rule at that sample's numbers
    one = load_preset("adhesive", {name: float(v[5]) for name, v in draw.parameters.items()})
    cues = tuple(replace(c, weight=float(draw.weights[c.cue][5]), weight_low=0.0) for c in CUES)
    p = DormancyRule(one, cues).probability(E * np.exp(draw.log_stiffness[inks, 5]), doses=doses)
    assert mean[5] == pytest.approx(p.mean(), abs=1e-12)
