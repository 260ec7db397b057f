"""The logic equations: closed forms, identities, the Jacobian, rest, two states and none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from meshes.errors import InputError, SolveError
from solver.coupling.network import Network, conditions, load_network, steady_state
from solver.coupling.network.hill import hill, hill_constants, hill_slope
from tests.solver.logic_networks import at, f, input_, node, reaction

INPUTS = (input_("A"), input_("B"))
LEVELS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.3, 0.8), (0.5, 0.5)]


def rest(network, *rows, start="asleep", top=1.0):
    return steady_state(network, at(network, *rows, top=top), start).activity


@pytest.mark.parametrize("n", [1.0, 1.4, 4.0])
@pytest.mark.parametrize("ec50", [0.2, 0.45])
def test_hill_goes_through_0_a_half_and_1(n, ec50):
    B, Kn = hill_constants(np.array(n), np.array(ec50))
    assert hill(np.array([0.0, ec50, 1.0]), n, B, Kn) == pytest.approx([0.0, 0.5, 1.0], rel=1e-12)


def test_slope_of_hill_is_its_difference_quotient():
    B, Kn = hill_constants(np.array(1.4), np.array(0.5))
    x, h = np.linspace(0.05, 1.0, 20), 1e-6
    quotient = (hill(x + h, 1.4, B, Kn) - hill(x - h, 1.4, B, Kn)) / (2 * h)
    assert hill_slope(x, 1.4, B, Kn) == pytest.approx(quotient, rel=1e-8)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # one arrow: y = w f(a);   NOT: w − w f(a)
        ([("A => Y", 0.9)], lambda a, b: 0.9 * f(a)),
        ([("!A => Y", 0.9)], lambda a, b: 0.9 - 0.9 * f(a)),
        # AND: (w f(a)) (w f(b)) / w^(2−1)
        ([("A & B => Y", 0.8)], lambda a, b: (0.8 * f(a)) * (0.8 * f(b)) / 0.8),
        ([("A & !B => Y", 0.8)], lambda a, b: (0.8 * f(a)) * (0.8 - 0.8 * f(b)) / 0.8),
        # OR: x + y − x y
        (
            [("A => Y", 0.9), ("B => Y", 0.6)],
            lambda a, b: 0.9 * f(a) + 0.6 * f(b) - 0.9 * f(a) * 0.6 * f(b),
        ),
        # an arrow from nothing: always on
        ([(" => Y", 0.7)], lambda a, b: 0.7),
    ],
)
def test_single_nodes_rest_at_their_closed_form(rules, expected):
    network = Network((*INPUTS, node("Y")), tuple(reaction(rule, w) for rule, w in rules))
    # ymax scales the whole of f; here to a half
    for top in (1.0, 0.5):
        y = rest(network, *LEVELS, top=top)[:, 0]
        assert y == pytest.approx([top * expected(a, b) for a, b in LEVELS], abs=1e-10)


def test_a_cascade_rests_at_nested_hill_functions():
    network = Network(
        (*INPUTS, node("X"), node("Y", "asleep")),
        (reaction("A => X", 0.9), reaction("!X & B => Y", 1.0, n=2.0)),
    )
    x = 0.9 * f(0.6)
    y = (1.0 - f(x, 2.0)) * f(0.7, 2.0)
    assert rest(network, (0.6, 0.7))[0] == pytest.approx([x, y], abs=1e-10)


def test_relays_of_weight_09_lose_every_signal_and_of_weight_1_keep_it():
    # 0.9 f(x) = x has no root but 0 for n 1.4, EC50 0.5: 0.9 B x^0.4 stays below K^n + x^1.4.
    # With weight 1 the roots are 0, EC50 and 1.
    for weight, end in ((0.9, 0.0), (1.0, 1.0)):
        names = [f"X{i}" for i in range(40)]
        arrows = [("A", "X0"), *pairwise(names)]
        rules = tuple(reaction(f"{a} => {b}", weight) for a, b in arrows)
        network = Network((*INPUTS, *(node(name) for name in names)), rules)
        assert rest(network, (0.8, 0.0))[0, -1] == pytest.approx(end, abs=0.01)


def random_conditions(network, size=40, seed=0):
    rng = np.random.default_rng(seed)
    cues = [one.species for one in network.species if one.kind in ("cue", "made")]
    blocks = sorted({block for one in network.species for block in one.blocked_by})
    return conditions(
        network,
        np.exp(rng.uniform(np.log(0.05), np.log(100.0), size)),
        rng.uniform(0.0, 1.5, size),
        {cue: rng.uniform(0.0, 1.0, size) * (rng.uniform(size=size) < 0.15) for cue in cues},
        {name: rng.uniform(0.0, 1.0, size) * (rng.uniform(size=size) < 0.1) for name in blocks},
        rng.uniform(0.0, 1.2, size),
        rng.uniform(0.0, 1.2, size),
        degradability=0.4,
    )


def test_jacobian_is_the_difference_quotient_at_random_states():
    network, rng, h = load_network(), np.random.default_rng(1), 1e-6
    given = random_conditions(network, 3)
    y = rng.uniform(0.05, 0.95, given.ymax.shape)
    exact = network.jacobian(y, given.inputs, given.ymax)
    for j in range(y.shape[1]):
        step = np.zeros(y.shape[1])
        step[j] = h
        above = network.rhs(y + step, given.inputs, given.ymax)
        below = network.rhs(y - step, given.inputs, given.ymax)
        assert exact[:, :, j] == pytest.approx((above - below) / (2 * h), abs=1e-8)


def test_the_box_of_activities_is_never_left():
    # At a wall y_i = 0 the rate is f ymax >= 0; at y_i = ymax it is (f − 1) ymax <= 0.
    network, rng = load_network(), np.random.default_rng(2)
    given = random_conditions(network, 50)
    y = rng.uniform(size=given.ymax.shape) * given.ymax
    for value, sign in ((np.zeros_like(y), 1.0), (given.ymax, -1.0)):
        wall = rng.uniform(size=y.shape) < 0.3
        rate = network.rhs(np.where(wall, value, y), given.inputs, given.ymax)
        assert (sign * rate[wall] >= -1e-15).all()


def test_rest_is_rest_within_bounds_from_both_sides():
    network = load_network()
    given = random_conditions(network)
    ends = []
    for start in ("asleep", "awake"):
        found = steady_state(network, given, start)
        rate = network.rhs(found.activity, given.inputs, given.ymax) * network.tau
        assert np.abs(rate).max() < 1e-10
        assert found.residual < 1e-10
        assert (found.activity >= 0.0).all()
        assert (found.activity <= given.ymax).all()
        ends.append(found.activity)
    # The wiring is monotone: both extremes in one place leave no room for another steady state.
    assert network.monotone
    assert ends[0] == pytest.approx(ends[1], abs=1e-8)


def toggle(n, weight=1.0):
    return Network(
        (*INPUTS, node("X"), node("Y", "asleep")),
        (reaction("!Y => X", 1.0, n), reaction("!X => Y", weight, n)),
    )


def test_a_steep_toggle_has_two_ends_and_says_which_start_it_had():
    # x = 1 − f(y), y = 1 − f(x): (1, 0) and (0, 1) solve it, and since f'(0) = 0 both are stable.
    network = toggle(4.0)
    for start, end in (("asleep", [0.0, 1.0]), ("awake", [1.0, 0.0])):
        found = steady_state(network, at(network, (0.0, 0.0)), start)
        assert found.start == start
        assert found.activity[0] == pytest.approx(end, abs=1e-9)


def test_a_toggle_with_a_weak_arm_has_one_end():
    # y <= 1/2 leaves x >= 1 − f(1/2) = 1/2, so y <= 1/4 and so on, down to (1, 0).
    network = toggle(1.4, 0.5)
    for start in ("asleep", "awake"):
        assert rest(network, (0.0, 0.0), start=start)[0] == pytest.approx([1.0, 0.0], abs=1e-8)


def test_sides_that_contradict_the_arrows_are_noticed():
    assert toggle(2.0).monotone
    same = Network((node("X"), node("Y")), toggle(2.0).reactions)
    assert not same.monotone


def test_a_ring_that_oscillates_is_refused():
    # Three nodes in a ring of inhibition: loop gain (f'(1/2))^3 far above 8 at n = 6.
    ring = Network(
        (node("X"), node("Y", "asleep"), node("Z")),
        tuple(reaction(rule, 1.0, 6.0) for rule in ("!Z => X", "!X => Y", "!Y => Z")),
    )
    with pytest.raises(SolveError, match="does not come to rest"):
        steady_state(ring, at(ring, ()))


def test_an_unknown_start_is_refused():
    network = load_network()
    with pytest.raises(InputError, match="asleep or awake"):
        steady_state(network, conditions(network, 1.0), "middle")
