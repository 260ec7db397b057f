"""Experiment planner: designs as means over sites, bands from paired samples, ranks of assays."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cases.assay.curves import NODES as SIMULATED
from cases.assay.curves import Curve, Design, curve_of, node_sites
from cases.assay.planner import plan
from meshes.errors import InputError
from solver.assays import P27, Ki67
from solver.assays.needed import replicates_for
from solver.assays.power import Effort, power
from solver.population import CycleModel, Population
from solver.population.engine import simulate

NODES = np.linspace(0.0, 1.0, 5)


def design(name: str, p: Any, shifts: Any = (-0.05, 0.0, 0.05)) -> Design:
    p = np.asarray(p, dtype=float)
    return Design(name, p, p[:, None] + np.asarray(shifts))


def curve(
    called: Any, cells: Any = 1.0, name: str = "made", noise: float = 0.0, at_h: float = 72.0
) -> Curve:
    """An assay that calls a share ``called`` of the cells at each node; a share P is asleep."""
    number = np.broadcast_to(np.asarray(cells, dtype=float), NODES.shape)
    return Curve(
        assay=name,
        at_h=at_h,
        nodes=NODES,
        cells=number,
        called=number * called,
        asleep=number * NODES,
        noise=np.broadcast_to(noise * np.eye(3), (len(NODES), 3, 3)),
    )


PERFECT = curve(NODES, name="perfect")
POOR = curve(0.4 + 0.2 * NODES, name="poor")  # sensitivity 0.6, specificity 0.6
INVERTED = curve(1.0 - NODES, name="inverted")


def drawn(rng: np.random.Generator, p: np.ndarray, clones: int) -> tuple[Any, Any]:
    """A simulation and its readings: Poisson clones, half of the sleepers called and no other."""
    sites = np.repeat(p, clones)
    founder = np.repeat(np.arange(len(sites)), rng.poisson(3.0 - 2.0 * sites))
    truth = rng.random(len(founder)) < sites[founder]
    gate = truth & (rng.random(len(founder)) < 0.5)
    course = SimpleNamespace(sites=SimpleNamespace(p=sites), kept=np.arange(len(sites)))
    return course, SimpleNamespace(assay="a", at_h=24.0, founder=founder, gate=gate, truth=truth)


def test_weights_carry_linear_functions_of_p() -> None:
    """Between nodes all is linear: the mean over sites of a + b P comes back, in each sample."""
    rng = np.random.default_rng(1)
    p, samples = rng.random(50), rng.random((50, 7))
    nominal, drawn_weights = Design("d", p, samples).weights(NODES)
    assert nominal.sum() == pytest.approx(1.0)
    assert 0.3 + 2.0 * nominal @ NODES == pytest.approx(0.3 + 2.0 * p.mean())
    np.testing.assert_allclose(NODES @ drawn_weights, samples.mean(axis=0), rtol=1e-12)
    # Beyond the ends the end holds; at a node it is that node alone.
    held = Design("d", np.array([0.0, 1.0, 0.5]), np.zeros((3, 1))).weights(np.array([0.25, 0.5]))
    np.testing.assert_allclose(held[0], [1 / 3, 2 / 3])


def test_sites_where_cells_grow_weigh_more() -> None:
    """Four cells, none called, at P = 0 and one called at P = 1: 1 of 5, not 1 of 2."""
    two = design("two", [0.0, 1.0], [0.0])
    grown = curve(NODES, cells=4.0 - 3.0 * NODES)
    called, asleep = grown.shares(two.weights(NODES)[0])
    assert (float(called), float(asleep)) == pytest.approx((0.2, 0.2))


def test_curve_counts_clones_that_died_out_and_no_others() -> None:
    course = SimpleNamespace(
        sites=SimpleNamespace(p=np.array([0.2, 0.2, 0.2, 0.8, 0.8])), kept=np.array([0, 1, 3, 4])
    )
    readings = SimpleNamespace(
        assay="EdU",
        at_h=48.0,
        founder=np.array([0, 0, 0, 3, 4]),  # founder 1 died out, 2 is not kept
        gate=np.array([True, False, False, True, True]),
        truth=np.array([True, True, False, True, False]),
    )
    found = curve_of(course, readings)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.nodes, [0.2, 0.8])
    np.testing.assert_allclose(found.cells, [1.5, 1.0])
    np.testing.assert_allclose(found.called, [0.5, 1.0])
    np.testing.assert_allclose(found.asleep, [1.0, 0.5])
    # Of two founders with 3 and 0 cells, 1 and 0 called: variances of the means 9/4 and 1/4,
    # covariance 3/4.
    np.testing.assert_allclose(found.noise[0][:2, :2], [[2.25, 0.75], [0.75, 0.25]])


def test_simulation_error_is_the_spread_of_repeated_simulations() -> None:
    """400 repeats know their standard deviation within 1/√800 = 3.5 %; five times that."""
    rng = np.random.default_rng(5)
    first, second = (design(n, p).weights(NODES)[0] for n, p in (("a", [0.3]), ("b", [0.55])))
    differences, errors = [], []
    for _ in range(400):
        found = curve_of(*drawn(rng, NODES, 80))
        a, b = (float(found.shares(w)[0]) for w in (first, second))
        differences.append(b - a)
        errors.append(found.simulation_error(first, second))
    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.18)
    # The same design twice: what is not known of the curve cancels.
    assert curve_of(*drawn(rng, NODES, 9)).simulation_error(first, first) == pytest.approx(0.0)


def test_a_perfect_assay_shows_the_mean_p() -> None:
    a, b = design("a", [0.2, 0.4]), design("b", [0.5, 0.6], [-0.05, 0.0, 0.15])
    effort = Effort(cells=200, replicates=4)
    found = plan(a, b, [PERFECT], effort=effort, wanted=0.9, band_level=1 - 1e-9)
    (one,) = found.contrasts
    assert (one.first, one.second) == pytest.approx((0.3, 0.55))
    assert one.difference == one.true_difference == pytest.approx(0.25)
    # Paired: the shifts −0.05 and −0.05, 0 and 0, 0.05 and 0.15 leave 0.25, 0.25 and 0.35.
    assert (one.low, one.high, one.same_sign) == pytest.approx((0.25, 0.35, 1.0))
    assert one.power == pytest.approx(float(power(0.3, 0.55, effort)))
    assert one.replicates_needed == replicates_for(one.first, one.second, effort, 0.9)
    # sd² of a replicate: p(1 − p)(0.01 + 0.99/200), p = 0.30 and 0.55.
    spread = math.sqrt((0.21 + 0.2475) / 2 * (0.01 + 0.99 / 200))
    assert one.effect == pytest.approx(0.25 / spread)
    assert found.best is one


def test_assays_are_ranked_by_what_they_would_find() -> None:
    a, b = design("a", [0.3, 0.4]), design("b", [0.5, 0.6])
    found = plan(a, b, [INVERTED, POOR, PERFECT], effort=Effort(cells=200, replicates=4))
    assert [c.assay for c in found.contrasts] == ["perfect", "poor", "inverted"]
    perfect, poor, inverted = found.contrasts
    # Sensitivity + specificity − 1 = 0.2 of the true difference is left.
    assert poor.difference == pytest.approx(0.2 * poor.true_difference)
    assert poor.replicates_needed > perfect.replicates_needed  # type: ignore[operator]
    assert inverted.misleads
    assert not poor.misleads


def test_each_assay_may_have_its_own_effort() -> None:
    a, b = design("a", [0.4]), design("b", [0.5])
    many = Effort(cells=10_000, replicates=8)
    found = plan(a, b, [PERFECT, POOR], efforts={"poor": many})
    assert {c.assay: c.effort for c in found.contrasts} == {"perfect": Effort(), "poor": many}


def test_equal_designs_are_not_told_apart() -> None:
    a = design("a", [0.3, 0.4])
    found = plan(a, design("b", [0.4, 0.3]), [curve(NODES, noise=1e-4)])
    (one,) = found.contrasts
    assert one.difference == pytest.approx(0.0, abs=1e-12)
    assert found.best is None
    # Nor are designs whose difference drowns in the noise of a small simulation.
    assert plan(a, design("c", [0.5, 0.4]), [curve(NODES, noise=1.0)]).best is None


def test_few_cells_on_one_side_are_drawn() -> None:
    """A share of 0.01 of 100 cells is one cell: power by drawn counts, the same for a seed."""
    a, b = design("a", [0.01], [0.0]), design("b", [0.06], [0.0])
    effort = Effort(cells=100)
    again = [plan(a, b, [PERFECT], effort=effort, seed=s).contrasts[0] for s in (1, 1, 2)]
    assert again[0].few
    assert again[0].power == again[1].power != again[2].power
    # 4000 experiments: standard error 0.008.
    assert again[0].power == pytest.approx(again[2].power, abs=5 * 0.008 * math.sqrt(2))


def test_nodes_foretell_the_readings_of_other_sites() -> None:
    """Simulated at the nodes, and at the 1500 sites of a design: the shares agree.

    Within five standard errors of both (a false alarm in 1.7 million) and 0.01 for the straight
    lines between nodes. The interval of a share from its clones is 1.96 standard errors each way.
    """
    p = np.clip(np.random.default_rng(3).beta(2.0, 4.0, 1500), 0.0, 0.98)
    sites, last = Population(np.zeros((len(p), 3)), p), np.eye(len(SIMULATED))[-1]
    nodes = simulate(node_sites(60), CycleModel(), 3.0, seed=7, start="settled")
    course = simulate(sites, CycleModel(), 3.0, seed=8, start="settled")
    weights = Design("d", p, p[:, None]).weights(np.array(SIMULATED))[0]
    for assay in (P27(), Ki67()):
        found = curve_of(nodes, assay.read(nodes, 72.0, 1))
        np.testing.assert_allclose(found.nodes, SIMULATED)
        direct = assay.read(course, 72.0, 2).called()
        # A difference from a single node is no more certain than the share itself.
        error = math.hypot(
            found.simulation_error(last, weights), (direct.high - direct.low) / (2 * 1.96)
        )
        assert abs(float(found.shares(weights)[0]) - direct.value) < 5.0 * error + 0.01


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Design("d", np.array([0.2]), np.array([[1.2]])), "0 to 1"),
        (lambda: Design("d", np.array([0.2]), np.zeros((2, 3))), "samples"),
        (lambda: Design("d", np.zeros(0), np.zeros((0, 3))), "sites"),
        (lambda: plan(design("a", [0.2]), design("b", [0.3]), []), "no assay"),
        (lambda: plan(design("a", [0.2]), design("b", [0.3], [0.0]), [POOR]), "paired"),
        (lambda: plan(design("a", [0.2]), design("b", [0.3]), [POOR], band_level=1.0), "band"),
        (lambda: plan(design("a", [0.2]), design("b", [0.3]), [POOR], wanted=1.0), "power"),
        (lambda: plan(design("a", [0.2]), design("b", [0.3]), [curve(NODES, 0.0)]), "alive"),
        (lambda: curve_of(*drawn(np.random.default_rng(1), NODES, 1)), "two founders"),
    ],
)
def test_what_cannot_be_planned_is_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()
