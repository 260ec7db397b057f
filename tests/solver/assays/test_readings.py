"""Noise, gates, intervals, and the table of all assays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from meshes.errors import InputError
from solver.assays import EduChase, EduPulse, Instrument, Ki67, known_assays, read_all, wilson
from solver.assays.gates import above_unlabelled, retained
from solver.assays.noise import lognormal, stream
from solver.assays.proportions import effective_size, proportion
from solver.population import Course, CycleModel
from tests.solver.assays.lineages import Life, course, growing

N = 40_000


@pytest.fixture(scope="module")
def grown() -> Course:
    """Equal cycles, 300 founders, 80 h."""
    return growing(300, 80.0, CycleModel(cv=0.0))


def test_noise_has_its_mean_and_spread() -> None:
    """Mean 1 within 5 standard errors (false alarm 1e-6); cv from the variance of the logarithm."""
    for cv in (0.1, 0.5):
        e = lognormal(stream(1, "noise", cv), cv, N)
        assert e.mean() == pytest.approx(1.0, abs=5.0 * cv / math.sqrt(N))
        # The variance of a normal sample has the relative standard error √(2/n).
        expected = math.log1p(cv**2)
        assert np.var(np.log(e)) == pytest.approx(expected, rel=5.0 * math.sqrt(2.0 / N))
    assert np.array_equal(lognormal(stream(1), 0.0, 3), np.ones(3))


def test_streams_differ_by_key_and_repeat() -> None:
    """Each purpose has its own numbers; the same purpose has the same."""
    draws = {
        keys: stream(5, *keys).random() for keys in [("a",), ("b",), ("a", 1.0), ("a", 24.0), ()]
    }
    assert len(set(draws.values())) == len(draws)
    assert draws[("a", 24.0)] == stream(5, "a", 24.0).random()
    assert draws[("a",)] != stream(6, "a").random()


def test_dark_cells_above_the_gate_are_one_in_a_hundred() -> None:
    """Of cells without label, 1 %: the errors of N cells and of a control of 2000, 5 times."""
    instrument = Instrument(30.0)
    threshold = above_unlabelled(instrument, stream(2, "control"))
    lit = np.mean(instrument.read(np.zeros(N), stream(2, "dark")) > threshold)
    assert lit == pytest.approx(0.01, abs=5.0 * math.sqrt(0.01 * 0.99 * (1 / 2000 + 1 / N)))


def test_reading_is_signal_times_brightness_over_background() -> None:
    """Without spread: brightness · signal + 1."""
    plain = Instrument(40.0, cv=0.0, background_cv=0.0)
    assert plain.read(np.array([0.0, 0.5, 1.0]), stream(0)) == pytest.approx([1.0, 21.0, 41.0])
    with pytest.raises(InputError):
        Instrument(0.0)
    with pytest.raises(InputError):
        Instrument(1.0, cv=-0.1)


def test_gate_of_a_retained_label_lies_halvings_below() -> None:
    """median / 2^k of the labelled cells, never in the dark."""
    fresh = np.array([0.5, 4.0, 8.0, 100.0])
    assert retained(fresh, 1.0, 2.0) == pytest.approx(2.0)
    assert retained(fresh, 1.0, 5.0) == 1.0
    for wrong in ((fresh, 200.0, 1.0), (fresh, 1.0, -1.0)):
        with pytest.raises(InputError):
            retained(*wrong)


def test_wilson_interval_solves_the_score_equation() -> None:
    """Both bounds satisfy (p̂ − p)² = z² p (1 − p)/n; at p̂ = 0 the upper is z²/(n + z²)."""
    z2 = 1.959963984540054**2
    for share, n in ((0.3, 50.0), (0.02, 400.0), (0.5, 7.5)):
        for p in wilson(share, n):
            assert (share - p) ** 2 == pytest.approx(z2 * p * (1.0 - p) / n, rel=1e-10)
    assert wilson(0.0, 30.0) == pytest.approx((0.0, z2 / (30.0 + z2)), abs=1e-12)
    with pytest.raises(InputError):
        wilson(1.1, 10.0)


def test_sisters_that_are_alike_count_once() -> None:
    """c clones of m equal cells tell as much as c − 1 cells; independent cells count singly.

    For equal sizes the variance of the ratio is p (1 − p)/(c − 1), whatever m.
    """
    hit = np.arange(60) % 3 == 0
    alike = effective_size(np.repeat(hit, 20), np.repeat(np.arange(60), 20))
    assert alike == pytest.approx(59.0, rel=1e-12)
    assert effective_size(hit, np.arange(60)) == pytest.approx(59.0, rel=1e-12)
    assert effective_size(np.ones(60, dtype=bool), np.repeat([0, 1, 2], 20)) == 3.0


def test_interval_covers_the_share_of_clones() -> None:
    """95 % intervals over 1500 samples of 60 clones, whose cells share a rate of their own.

    The score interval with an estimated variance loses a little: at least 92 %, less 5 standard
    errors of 1500 trials (false alarm 1e-6). Counting cells as independent would cover far less.
    """
    rng = np.random.default_rng(11)
    trials, clones, m, p = 1500, 60, 15, 0.3
    inside = naive = 0
    name = np.repeat(np.arange(clones), m)
    for _ in range(trials):
        own = rng.beta(p * 2.0, (1.0 - p) * 2.0, clones)
        hits = rng.random(clones * m) < own[name]
        found = proportion(hits, name)
        inside += found.low <= p <= found.high
        low, high = wilson(found.value, len(hits))
        naive += low <= p <= high
    slack = 5.0 * math.sqrt(0.92 * 0.08 / trials)
    assert inside / trials > 0.92 - slack
    assert naive / trials < 0.80


def test_no_cells_give_no_share() -> None:
    """Nothing is claimed of an empty group."""
    none = proportion(np.zeros(0, dtype=bool), np.zeros(0, dtype=int))
    assert math.isnan(none.value)
    assert (none.low, none.high, none.cells) == (0.0, 1.0, 0)


def test_same_seed_same_bytes_whatever_stands_beside(grown: Course) -> None:
    """Readings do not depend on order, on other assays or on other times."""
    names = list(known_assays())
    one = read_all(grown, [30.0, 60.0], names, 7)
    two = read_all(grown, [60.0], names[::-1], 7)
    for reading in two.readings:
        same = one.of(reading.assay, 60.0)
        assert same.intensity.tobytes() == reading.intensity.tobytes()
        assert same.gate.tobytes() == reading.gate.tobytes()
    other = read_all(grown, [60.0], ["ki67"], 8)
    assert np.any(other.of("Ki67", 60.0).intensity != one.of("Ki67", 60.0).intensity)


def test_table_has_one_row_per_cell_and_channel(grown: Course) -> None:
    """Columns of equal length, and scores that follow from them."""
    out = read_all(grown, [60.0], ["fucci", "ki67"], 1)
    cells, scores = out.cells(), out.scores()
    n = len(grown.at(60.0).cell)
    assert {len(column) for column in cells.values()} == {3 * n}
    assert list(scores["assay"]) == ["FUCCI", "Ki67"]
    rows = (cells["assay"] == "Ki67") & (cells["at_h"] == 60.0)
    assert scores["called"][1] == pytest.approx(np.mean(cells["called_dormant"][rows]))
    dark = cells["intensity"][rows] <= cells["threshold"][rows]
    assert np.array_equal(dark, cells["called_dormant"][rows])
    assert set(cells["ink"]) == {0, 1}
    # Nobody sleeps here: there is no sensitivity, and specificity counts the calls.
    assert np.all(np.isnan(scores["sensitivity"]))
    assert scores["specificity"] == pytest.approx(1.0 - scores["called"])


def test_what_cannot_be_read_is_named(grown: Course) -> None:
    """A reading before the end of a chase's pulse is left out and said; none at all is an error."""
    out = read_all(grown, [12.0, 60.0], [EduChase(), Ki67()], 1)
    assert [(r.assay, r.at_h) for r in out.readings] == [
        ("Ki67", 12.0),
        ("EdU retention", 60.0),
        ("Ki67", 60.0),
    ]
    assert len(out.skipped) == 1
    assert out.skipped[0].startswith("EdU retention at 12 h")
    with pytest.raises(InputError, match="no readings of EdU retention"):
        out.of("EdU retention", 12.0)
    with pytest.raises(InputError, match="nothing could be read"):
        read_all(grown, [12.0], [EduChase()], 1)
    with pytest.raises(InputError, match="no assay named"):
        read_all(grown, [12.0], ["ki68"], 1)
    with pytest.raises(InputError, match="share a name"):
        read_all(grown, [12.0], [Ki67(), Ki67(half_life_h=1.0)], 1)
    with pytest.raises(InputError, match="expected a time"):
        read_all(grown, [500.0], [Ki67()], 1)


def test_numbers_out_of_range_are_refused() -> None:
    """Messages for people, not NaN."""
    for wrong in (
        lambda: EduPulse(pulse_h=0.0),
        lambda: EduChase(pulse_h=math.inf),
        lambda: Ki67(half_life_h=0.0),
    ):
        with pytest.raises(InputError):
            wrong()


def test_everybody_dead_can_still_be_read() -> None:
    """No cell: no row, no share."""
    gone = course([Life(-5.0, end=10.0)], 50.0)
    out = read_all(gone, [20.0], ["ki67", "p27", "fucci", "edu_pulse", "cfse"], 1)
    assert [reading.cells for reading in out.readings] == [0] * 5
    assert np.all(np.isnan(out.scores()["called"]))
