"""What the pictures of a sweep show: means, bands, spreads, effects and what is not told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from postprocess.contract import ResultError
from postprocess.sweep.best import rank
from postprocess.sweep.effects import main_effects
from postprocess.sweep.heat import chosen_pairs, heat_map
from postprocess.sweep.parallel import axis_heights
from postprocess.sweep.points import Points, levels, tied
from postprocess.sweep.quantities import APPARENT, MEAN_P, STIFFNESS, quantity_of, tick_text
from postprocess.sweep.response import respond
from postprocess.sweep.view import SweepInput, numbers
from tests.postprocess.sweep_tables import (
    COLLAGEN,
    CROSSLINKS,
    FOLD,
    LIGAND,
    MATRIX,
    finished,
    grid,
    hill,
    samples,
    stiffness,
    two,
    view,
)


def test_one_input_is_one_line_with_its_own_band() -> None:
    frame = grid(**{COLLAGEN.column: [4.0, 1.0, 2.0]})
    answer = respond(Points(view(finished(frame), COLLAGEN)), COLLAGEN, MEAN_P)
    assert not answer.averaged
    (line,) = answer.lines
    np.testing.assert_array_equal(line.at, [1.0, 2.0, 4.0])
    felt = 0.25 + 0.55 * line.at
    np.testing.assert_allclose(line.y.value, hill(felt))
    np.testing.assert_allclose(line.y.low, hill(felt * FOLD))
    np.testing.assert_allclose(line.y.high, hill(felt / FOLD))


def test_few_other_values_are_lines_and_many_are_a_mean_with_its_spread() -> None:
    points = Points(two())
    lines = respond(points, COLLAGEN, STIFFNESS)
    assert [line.name for line in lines.lines] == ["0.5", "1", "2"]
    assert [len(line.at) for line in lines.lines] == [8, 7, 8]  # one case failed
    mean = respond(points, CROSSLINKS, STIFFNESS)
    assert mean.averaged
    done = points.view.done
    for number, value in enumerate([0.5, 1.0, 2.0]):
        here = done[done[CROSSLINKS.column] == value]
        of = {name: numbers(here, name) for name in (STIFFNESS.key, STIFFNESS.low, STIFFNESS.high)}
        y = mean.lines[0].y
        assert y.value[number] == pytest.approx(of[STIFFNESS.key].mean())
        assert y.low[number] == pytest.approx(of[STIFFNESS.low].mean())
        assert y.high[number] == pytest.approx(of[STIFFNESS.high].mean())
        assert mean.spread is not None
        assert mean.spread[0][number] == pytest.approx(np.percentile(of[STIFFNESS.key], 5))
        assert mean.spread[1][number] == pytest.approx(np.percentile(of[STIFFNESS.key], 95))
    # The spread over inputs is wider than the averaged band and is not mixed into it.
    assert mean.spread[1][0] - mean.spread[0][0] > y.high[0] - y.low[0]


def test_replicates_are_one_point_with_their_ends() -> None:
    frame = grid(**{MATRIX.column: ["alginate", "GelMA"], "replicate": [1, 2, 3]})
    points = Points(view(finished(frame, failed=(5,)), MATRIX))
    assert points.repeats.tolist() == [3, 2]
    y = points.of(STIFFNESS)
    np.testing.assert_allclose(y.value, [1.0, 1.6 * 0.975])
    np.testing.assert_allclose(y.least, [0.95, 1.6 * 0.95])
    np.testing.assert_allclose(y.most, [1.05, 1.6])
    answer = respond(points, MATRIX, STIFFNESS)
    assert answer.names == ("alginate", "GelMA")
    np.testing.assert_array_equal(answer.lines[0].x, [0, 0, 0, 1, 1])


def test_zipped_inputs_are_named_and_never_mapped_against_each_other() -> None:
    frame = pd.DataFrame({COLLAGEN.column: [1.0, 2.0, 3.0], CROSSLINKS.column: [1.0, 0.5, 2.0]})
    frame = frame.merge(pd.DataFrame({MATRIX.column: ["alginate", "GelMA"]}), how="cross")
    points = Points(view(finished(frame), COLLAGEN, CROSSLINKS, MATRIX))
    assert tied(points) == [(COLLAGEN, CROSSLINKS)]
    pairs = chosen_pairs(points, points.view.varied)
    assert pairs == [(COLLAGEN, MATRIX), (CROSSLINKS, MATRIX)]
    # The other of the pair is no line of its own: two lines of three points, one per matrix.
    answer = respond(points, COLLAGEN, MEAN_P)
    assert [(line.name, len(line.at)) for line in answer.lines] == [("alginate", 3), ("GelMA", 3)]
    assert tied(Points(two())) == []


def test_map_holds_means_by_place_and_marks_what_failed() -> None:
    points = Points(two())
    found = heat_map(points, (COLLAGEN, CROSSLINKS), STIFFNESS)
    assert found is not None
    assert found.value.shape == (3, 8)
    expected = np.outer([0.5, 1.0, 2.0], 0.25 + 0.55 * np.linspace(0.5, 8, 8))
    lost = np.zeros((3, 8), dtype=bool)
    lost[1, 1] = True  # the fifth case
    np.testing.assert_array_equal(found.lost, lost)
    np.testing.assert_array_equal(np.isnan(found.value), lost)
    np.testing.assert_allclose(found.value[~lost], expected[~lost])
    np.testing.assert_allclose(found.high[~lost], expected[~lost] * FOLD)
    sampled = samples(60, 2)
    assert heat_map(Points(sampled), sampled.inputs[:2], MEAN_P) is None


def test_effects_are_ordered_by_what_they_move() -> None:
    frame = grid(
        **{
            LIGAND.column: [1.0, 1.0001],
            COLLAGEN.column: [0.5, 8.0],
            CROSSLINKS.column: [1.0, 1.2],
        }
    )
    effects = main_effects(Points(view(finished(frame), LIGAND, COLLAGEN, CROSSLINKS)), MEAN_P)
    assert [effect.item for effect in effects] == [COLLAGEN, CROSSLINKS, LIGAND]
    first = effects[0]
    assert (first.low_at, first.high_at) == ("8", "0.5")
    expected = hill(stiffness(frame), frame[LIGAND.column])[frame[COLLAGEN.column] == 8.0].mean()
    assert first.low == pytest.approx(expected)


def test_bands_that_reach_the_best_are_not_told_apart() -> None:
    table = finished(grid(**{COLLAGEN.column: [1.0, 2.0, 3.0, 4.0]}))
    table["mean_p_dormant"] = [0.5, 0.9, 0.8, 0.85]
    table["mean_p_dormant_low"] = [0.4, 0.82, 0.7, 0.80]
    table["mean_p_dormant_high"] = [0.6, 0.95, 0.8199, 0.86]
    points = Points(view(table, COLLAGEN))
    ranking = rank(points, MEAN_P, "highest")
    assert ranking.rows.tolist() == [1, 3, 2, 0]
    assert ranking.tied.tolist() == [True, True, False, False]
    assert ranking.undecided == 1
    assert rank(points, MEAN_P, "lowest").rows.tolist() == [0, 2, 3, 1]
    assert rank(points, MEAN_P, "lowest").undecided == 0


def test_replicates_widen_what_is_told_apart() -> None:
    table = finished(grid(**{MATRIX.column: ["alginate", "GelMA"], "replicate": [1, 2]}))
    table["mean_p_dormant"] = [0.7, 0.9, 0.5, 0.75]
    table["mean_p_dormant_low"] = table["mean_p_dormant"] - 0.01
    table["mean_p_dormant_high"] = table["mean_p_dormant"] + 0.01
    ranking = rank(Points(view(table, MATRIX)), MEAN_P, "highest")
    assert ranking.rows.tolist() == [0, 1]
    # Bands of the means, 0.79 to 0.81 and 0.615 to 0.635, are apart; replicates are not.
    assert ranking.undecided == 1


def test_outputs_that_lack_are_left_out() -> None:
    table = finished(grid(**{COLLAGEN.column: [1.0, 2.0, 3.0]}), load=False)
    points = Points(view(table, COLLAGEN))
    assert len(rank(points, APPARENT, "lowest").rows) == 0
    assert np.isnan(points.of(APPARENT).value).all()
    assert main_effects(points, APPARENT) == []


def test_samples_are_grouped_evenly() -> None:
    sampled = samples(500, 3)
    grouped = levels(Points(sampled).frame, sampled.inputs[0])
    assert grouped.binned
    counts = np.bincount(grouped.groups)
    assert counts.max() - counts.min() <= 1
    assert (np.diff(grouped.at) > 0).all()
    answer = respond(Points(sampled), sampled.inputs[0], STIFFNESS)
    assert answer.averaged
    assert answer.binned
    assert (np.diff(answer.lines[0].y.value)[[0, -1]] > 0).all()


def test_lines_through_one_value_are_fanned_out_by_p() -> None:
    points = Points(two())
    rows = np.arange(len(points))
    p = points.of(MEAN_P).value
    heights, ticks = axis_heights(points, CROSSLINKS, rows, p)
    assert [text for _, text in ticks] == ["0.5", "1", "2"]
    for value, (centre, _) in zip([0.5, 1.0, 2.0], ticks, strict=True):
        mine = points.frame[CROSSLINKS.column].to_numpy() == value
        assert np.abs(heights[mine] - centre).max() < 1 / 6
        assert (np.argsort(heights[mine]) == np.argsort(p[mine])).all()


def test_a_table_that_breaks_the_contract_is_refused() -> None:
    table = finished(grid(**{COLLAGEN.column: [1.0, 2.0]}))
    with pytest.raises(ResultError, match="mean_p_dormant_low"):
        view(table.drop(columns="mean_p_dormant_low"), COLLAGEN)
    with pytest.raises(ResultError, match="crosslinking_1"):
        view(table, COLLAGEN, CROSSLINKS)
    with pytest.raises(ResultError, match="'lost', expected done"):
        view(table.assign(status="lost"), COLLAGEN)
    with pytest.raises(ResultError, match="case 1 comes twice"):
        view(table.assign(case=1), COLLAGEN)
    with pytest.raises(ResultError, match="no_such_output"):
        view(table, COLLAGEN, goal=("no_such_output", "highest"))


def test_numbers_and_names_for_axes() -> None:
    assert [tick_text(value) for value in (0.5, 2.6428, 1000.0, 0.0)] == [
        "0.5",
        "2.64",
        "1000",
        "0",
    ]
    assert quantity_of("stiffness_p95_kPa").axis == "stiffness p95 (kPa)"
    assert quantity_of("mean_p_dormant") is MEAN_P
    assert SweepInput("a_1", "a").axis == "a"
    odd = pd.DataFrame({"x": [1, None, "soft", float("inf")]})
    np.testing.assert_array_equal(numbers(odd, "x"), [1, np.nan, np.nan, np.nan])
