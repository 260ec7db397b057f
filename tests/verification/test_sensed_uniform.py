"""The cell probe against closed forms: uniform media, fibres, concentric shells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from solver.materials import Alginate, Collagen, Ink, build_gel
from solver.materials.tensors import IDENTITY, TransverseIsotropy, isotropic
from solver.mechanics.sensed import infinite_medium_compliance, sense
from solver.mechanics.template import TEMPLATES, build
from tests.verification.shells import cavity_expansion

pytestmark = pytest.mark.dolfinx
RADIUS = 8.0


@pytest.fixture(scope="module")
def probes():
    from solver.mechanics.probe import CellProbe

    return {name: CellProbe(TEMPLATES[name], RADIUS) for name in ("standard", "fine")}


def spread(probe, stiffness: np.ndarray) -> np.ndarray:
    return np.broadcast_to(stiffness, (len(probe.widths), 6, 6))


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_template_fills_the_ball_and_is_well_shaped(name: str) -> None:
    x, cells = build(TEMPLATES[name])
    sides = x[cells][:, 1:] - x[cells][:, :1]
    volume = np.linalg.det(sides) / 6
    assert volume.min() > 0
    # faces are shared by two cells or lie on one of the two spheres
    faces = np.sort(cells[:, [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]].reshape(-1, 3), axis=1)
    unique, count = np.unique(faces, axis=0, return_counts=True)
    assert count.max() == 2
    radius = np.linalg.norm(x[unique[count == 1]], axis=2)
    assert (
        np.isclose(radius, 1.0).all(axis=1)
        | np.isclose(radius, TEMPLATES[name].radii[-1]).all(axis=1)
    ).all()
    levels = TEMPLATES[name].levels
    assert (count == 1).sum() == 20 * (4 ** levels[0] + 4 ** levels[-1])
    # Euler: the ball with a ball-shaped hole is a thick sphere
    edges = np.unique(
        np.sort(cells[:, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]].reshape(-1, 2), axis=1),
        axis=0,
    )
    assert len(x) - len(edges) + len(unique) - len(cells) == 2


@pytest.mark.parametrize("poisson", [0.3, 0.45])
@pytest.mark.parametrize("young", [0.4, 12.0])
def test_uniform_block_returns_its_modulus(probes, young: float, poisson: float) -> None:
    probe = probes["standard"]
    answer = sense(
        probe.compliance(spread(probe, isotropic(young, poisson)))[None], probe.uniform(poisson)
    )
    for value in (answer.mean, answer.stiffest, answer.softest):
        assert value[0] == pytest.approx(young, rel=0.01)


@pytest.mark.parametrize(("poisson", "coarse", "finer"), [(0.3, 0.05, 0.025), (0.45, 0.09, 0.05)])
def test_template_without_normalisation_approaches_the_infinite_medium(
    probes, poisson: float, coarse: float, finer: float
) -> None:
    # The closed form for an infinite medium is an answer that no code of ours computed.
    exact = infinite_medium_compliance(1.0, poisson)
    error = {}
    for name, probe in probes.items():
        answer = sense(probe.uniform(poisson)[None], exact)
        error[name] = abs(answer.mean[0] - 1)
        assert answer.anisotropy[0] - 1 < 0.01  # no direction is favoured
    assert error["standard"] < coarse
    assert error["fine"] < finer


def test_hydrostatic_answer_in_closed_form_is_the_cavity() -> None:
    m = infinite_medium_compliance(2.0, 0.3)
    # pressure on a cavity in an infinite medium: u/a = p/4G
    assert IDENTITY @ m @ IDENTITY / 3 == pytest.approx(
        cavity_expansion([1.0, np.inf], [2.0], 0.3), rel=1e-12
    )


@pytest.mark.parametrize("contrast", [0.1, 0.3, 3.0, 10.0])
@pytest.mark.parametrize("interface", [2.0, 3.0])
def test_two_concentric_shells(probes, contrast: float, interface: float) -> None:
    probe = probes["standard"]
    r = np.linalg.norm(probe.points(np.zeros(3)), axis=1)
    young = np.where(r < interface * RADIUS, 1.0, contrast)  # pointwise, as inks meet in a scaffold
    m = probe.compliance(young[:, None, None] * isotropic(1.0, 0.3))
    found = (IDENTITY @ m @ IDENTITY) / (IDENTITY @ probe.uniform(0.3) @ IDENTITY)
    # In a ball that is free at the template's end, and with the outer shell without end.
    for outer in (TEMPLATES["standard"].radii[-1], np.inf):
        exact = cavity_expansion([1.0, interface, outer], [1.0, contrast], 0.3)
        exact /= cavity_expansion([1.0, outer], [1.0], 0.3)
        assert found == pytest.approx(exact, rel=0.02)


def fibrous(alignment: float = 0.6) -> TransverseIsotropy:
    return TransverseIsotropy(
        build_gel(Ink("a", Alginate(), Collagen(3.0), alignment=alignment)).stiffness
    )


def test_stiff_axis_is_the_fibre_axis(probes) -> None:
    probe, law = probes["standard"], fibrous()
    for seed in range(4):
        axis = Rotation.random(random_state=seed).as_matrix()[:, 2]
        m = probe.compliance(spread(probe, law.along(axis[None])[0]))
        answer = sense(m[None], probe.uniform(0.3))
        angle = np.degrees(np.arccos(min(1.0, abs(answer.axis[0] @ axis))))
        assert angle < 2.0
        assert answer.anisotropy[0] > 1.2


def test_answer_does_not_depend_on_the_frame(probes) -> None:
    probe, law = probes["standard"], fibrous()
    axes = [Rotation.random(random_state=seed).as_matrix()[:, 2] for seed in range(6)]
    axes += list(np.eye(3))
    m = np.array([probe.compliance(spread(probe, law.along(a[None])[0])) for a in axes])
    answer = sense(m, np.broadcast_to(probe.uniform(0.3), m.shape))
    for value in (answer.mean, answer.stiffest, answer.softest, answer.anisotropy):
        assert np.ptp(value) / value.mean() < 0.005


def test_refining_the_template_changes_little(probes) -> None:
    rng = np.random.default_rng(1)
    directions = Rotation.random(3, random_state=rng).as_matrix()[:, :, 0]
    answers = {}
    for name, probe in probes.items():
        x = probe.points(np.zeros(3))
        rows = [fibrous().along(np.tile([0.6, 0.0, 0.8], (len(x), 1)))]
        for n in directions:  # a free face at 2a, a wave of 1:3, a jump of 1:4 at the cell
            free = np.clip(0.5 - (x @ n - 2 * RADIUS) / probe.widths, 0, 1)
            wave = np.exp(0.55 * np.sin(x @ n / (2 * RADIUS)))
            side = np.clip(0.5 - (x @ n) / probe.widths, 0, 1)
            rows += [
                scale[:, None, None] * isotropic(1.0, 0.3)
                for scale in (free + 1e-6, wave, 1 + 3 * side)
            ]
        m = np.array([probe.compliance(row) for row in rows])
        answers[name] = sense(m, np.broadcast_to(probe.uniform(0.3), m.shape))
    coarse, fine = answers["standard"], answers["fine"]
    assert np.abs(coarse.mean / fine.mean - 1).max() < 0.02
    assert np.abs(coarse.stiffest / fine.stiffest - 1).max() < 0.02
    assert np.abs(coarse.softest / fine.softest - 1).max() < 0.02


def test_compliance_is_symmetric_and_scales_inversely(probes) -> None:
    probe = probes["standard"]
    c = spread(probe, fibrous().along([[0.0, 0.6, 0.8]])[0])
    once, twice = probe.compliance(c), probe.compliance(2.0 * c)
    assert np.allclose(once, once.T, rtol=1e-10)
    assert np.allclose(twice, once / 2, rtol=1e-9)


def test_impossible_compliances_are_refused() -> None:
    good = infinite_medium_compliance(1.0, 0.3)
    with pytest.raises(ValueError, match="compliance 1 is not positive"):
        sense(np.array([good, -good]), good)
    with pytest.raises(ValueError, match="compliance 0"):
        sense(np.array([good * np.nan]), good)


def test_stiffest_direction_of_a_known_compliance() -> None:
    # M softened along one axis: stiffest lies in that direction, exactly
    axis = np.array([0.48, -0.6, 0.64])
    from solver.materials.tensors import dyads

    m = infinite_medium_compliance(1.0, 0.3)
    stiff = m - 0.3 * np.outer(dyads(axis), dyads(axis))
    answer = sense(stiff[None], m)
    top = dyads(axis) @ m @ dyads(axis)
    assert answer.stiffest[0] == pytest.approx(top / (top - 0.3), rel=1e-9)
    assert abs(answer.axis[0] @ axis) == pytest.approx(1.0, abs=1e-9)
    assert answer.softest[0] == pytest.approx(1.0, rel=1e-9)  # directions normal to the axis
