from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from meshes.scaffold import Scaffold
from meshes.shapes import TPMS
from tests.meshes.shape_samples import BODIES, Sampled


@pytest.fixture(scope="module", params=BODIES, ids=str)
def sampled(request) -> Sampled:
    return BODIES[request.param]()


@pytest.fixture(scope="module")
def points(sampled) -> np.ndarray:
    low, high = sampled.body.bounds
    rim = 0.2 * (high - low).min()
    return np.random.default_rng(1).uniform(low - rim, high + rim, (10_000, 3))


@pytest.fixture(scope="module")
def distance(sampled, points) -> np.ndarray:
    return sampled.body.signed_distance(points)


def test_the_sign_is_that_of_an_independent_test(sampled, points, distance):
    assert isinstance(sampled.body, Scaffold)
    sure = np.abs(distance) > 1e-2  # the samples of curved axes are only so dense
    assert sure.mean() > 0.99
    np.testing.assert_array_equal(distance[sure] < 0.0, sampled.inside(points)[sure])


def test_the_value_is_never_more_than_the_true_distance(sampled, points, distance):
    # The nearest of some points of the surface is at least as far as the surface.
    to_samples = cKDTree(sampled.surface).query(points)[0]
    assert (np.abs(distance) <= to_samples + 2e-3).all()
    if sampled.exact:
        assert (
            np.abs(distance) >= np.sqrt(np.maximum(to_samples**2 - sampled.spacing**2, 0))
        ).all()


def test_it_vanishes_on_the_surface_and_has_no_slope_above_one(sampled, points):
    assert np.abs(sampled.body.signed_distance(sampled.surface)).max() < 2e-3
    other = np.random.default_rng(2).permutation(points)
    if isinstance(sampled.body, TPMS):
        return  # a lower bound of second order, whose own slope may be steeper
    near = points + 0.01 * (other - points)
    way = np.linalg.norm(near - points, axis=1)
    for measure in (sampled.body.signed_distance, sampled.body.free_surface_distance):
        assert (np.abs(measure(near) - measure(points)) <= way + 1e-9).all()


def test_the_free_surface_is_the_bathed_one(sampled, points, distance):
    free = sampled.body.free_surface_distance(points)
    gel = sampled.inside(points)
    bathed = sampled.surface[sampled.surface[:, 2] > 1e-6]
    to_bathed = cKDTree(bathed).query(points)[0]
    assert (free[gel] < 1e-9).all()
    assert (-free[gel] <= to_bathed[gel] + 2e-3).all()
    if sampled.exact:
        # the contact line itself was left out with the glass
        least = np.sqrt(np.maximum(to_bathed[gel] ** 2 - (2.5 * sampled.spacing) ** 2, 0.0))
        assert (-free[gel] >= least).all()
    # Where glass is farther than the nearest bathed face, both distances agree.
    far = np.abs(distance) < points[:, 2] - 1e-9
    assert far.sum() > 1000
    np.testing.assert_allclose(free[far], distance[far], atol=1e-9)
    # The body goes on below: straight down nothing changes sign.
    down = points[gel] * (1, 1, 0) - (0, 0, 30.0)
    on_glass = sampled.body.free_surface_distance(points[gel] * (1, 1, 0) + (0, 0, 1e-6)) < -1e-3
    assert (sampled.body.free_surface_distance(down)[on_glass] < 0.0).all()


def test_inks_and_directions_are_defined_everywhere(sampled, points):
    body = sampled.body
    direction = body.print_direction(points)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1.0, atol=1e-12)
    ink = body.ink(points)
    assert ink.dtype == np.int64
    assert set(ink) <= set(range(len(body.inks)))
