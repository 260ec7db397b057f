"""The probe in gel that is strained already: closed forms, fibres, objectivity, buckling."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from meshes.errors import SolveError
from solver.materials import Alginate, Collagen, Ink, MaterialField, build_gel
from solver.materials.prestrain import Prestrain
from solver.materials.tensors import IDENTITY, isotropic
from solver.mechanics.sensed import SensedStiffness
from solver.mechanics.sites import ProbeSettings, sensed_stiffness
from solver.mechanics.template import TEMPLATES

pytestmark = [pytest.mark.dolfinx, pytest.mark.slow]
RADIUS = 8.0
GEL = build_gel(Ink("gel", Alginate(), Collagen(3.0), alignment=0.6))


@pytest.fixture(scope="module")
def probe():
    from solver.mechanics.probe import CellProbe

    return CellProbe(TEMPLATES["standard"], RADIUS)


def everywhere(probe, value: np.ndarray) -> np.ndarray:
    return np.broadcast_to(value, (len(probe.widths), *np.shape(value)))


def inside(probe, stress: np.ndarray) -> np.ndarray:
    """A uniform stress up to the last shell, as gel under load is taken to be."""
    distance = np.linalg.norm(probe.points(np.zeros(3)), axis=1)
    here = distance < probe.template.radii[-2] * RADIUS
    return here[:, None, None] * stress


@pytest.mark.parametrize("tension", [-0.25, -0.05, 0.3, 2.0])
def test_hydrostatic_answer_under_hydrostatic_stress(probe, tension: float) -> None:
    # u = A x/r³ is free of rotation and volume change. p ∇u:∇u adds p/2 to G; the tension p on the
    # cell's growing area, d(p r²)/dr = 2 p r, as much again: ε̄ = τ/(4G) becomes τ/(4G + 4p).
    c = everywhere(probe, isotropic(1.0, 0.3))
    shear = 1.0 / 2.6
    stressed = probe.compliance(c, inside(probe, tension * np.eye(3)))
    ratio = (IDENTITY @ stressed @ IDENTITY) / (IDENTITY @ probe.uniform(0.3) @ IDENTITY)
    assert ratio == pytest.approx(shear / (shear + tension), rel=0.01)


def test_liquid_pressure_is_felt_as_other_moduli(probe) -> None:
    # Pressure everywhere, following the surfaces, is the gel with moduli c + p (2 I − δ⊗δ) and no
    # stress: the part of the energy that knows of rotations cancels.
    tension = -0.1
    c = isotropic(1.0, 0.3)
    other = c + tension * (2.0 * np.eye(6) - np.outer(IDENTITY, IDENTITY))
    stressed = probe.compliance(everywhere(probe, c), inside(probe, tension * np.eye(3)))
    plain = probe.compliance(everywhere(probe, other))
    assert np.allclose(stressed, plain, rtol=0.01, atol=0.002 * np.abs(plain).max())


def test_no_stress_is_the_answer_without_the_stress_term(probe) -> None:
    x = probe.points(np.zeros(3))
    half = np.where(x[:, 0] > 12.0, 1e-6, 1.0)[:, None, None] * GEL.stiffness  # a free face
    plain = probe.compliance(half)
    same = probe.compliance(half, np.zeros((len(x), 3, 3)))
    assert np.allclose(same, plain, rtol=2e-4, atol=1e-5 * np.abs(plain).max())


def test_gel_beyond_its_strength_is_told_as_buckling(probe) -> None:
    # waves of shear stiffness G + σ cannot stand σ < -G
    c = everywhere(probe, isotropic(1.0, 0.3))
    with pytest.raises(SolveError, match="buckles"):
        probe.compliance(c, inside(probe, np.diag([-0.6, 0.0, 0.0])))


def test_pressed_gel_does_not_fall_over(probe) -> None:
    # A pressed ball of gel that nothing keeps from turning falls over where the springs under its
    # end are weaker than the pressure: near 2e-3 of E, with answers of any size around that.
    c = everywhere(probe, isotropic(1.0, 0.3))
    plain = probe.uniform(0.3)
    for stress in (-1e-3, -2e-3, -3e-3, -5e-3):
        pressed = probe.compliance(c, inside(probe, np.diag([stress, 0.0, 0.0])))
        assert np.abs(pressed - plain).max() < 10.0 * abs(stress) * plain[0, 0]


@dataclass(frozen=True)
class Block:
    """Gel without end, printed along ``axis``."""

    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    inks: tuple[str, ...] = ("gel",)
    substrate_height: float | None = None

    def free_surface_distance(self, x: np.ndarray) -> np.ndarray:
        return np.full(len(x), -1e6)

    def ink(self, x: np.ndarray) -> np.ndarray:
        return np.zeros(len(x), dtype=np.int64)

    def print_direction(self, x: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.array(self.axis), x.shape)


def strained(f0: np.ndarray, gel=GEL, growth: float = 1.0) -> ProbeSettings:
    state = Prestrain(np.zeros((1, 3)), f0[None], np.zeros((1, 3)), growth)
    return ProbeSettings(MaterialField(Block(), (gel,)), RADIUS, prestrain=state)


def senses(settings: ProbeSettings) -> SensedStiffness:
    return sensed_stiffness(np.zeros((1, 3)), settings)


def test_unstrained_gel_is_felt_as_without_prestrain() -> None:
    settings = strained(np.eye(3))
    with_state, without = senses(settings), senses(replace(settings, prestrain=None))
    assert np.allclose(with_state.compliance, without.compliance, rtol=1e-6, atol=1e-9)


def test_stretching_along_the_fibres_stiffens_and_pressing_softens() -> None:
    # Straight I: pressed beyond their buckling strain, fibres leave a tenth of their stiffness;
    # stretched, their tension holds too. Sides follow at the gel's own Poisson ratio.
    gel = build_gel(Ink("gel", None, Collagen(1.2), alignment=0.8))
    nu = -gel.e_fibre * np.linalg.inv(gel.stiffness)[0, 2]
    found = []
    for stretch in (0.95, 0.98, 1.0, 1.03, 1.08):
        side = stretch**-nu
        found.append(senses(strained(np.diag([side, side, stretch]), gel)))
    along = np.array([1.0 / s.compliance[0, 2, 2] for s in found])
    stiffest = np.array([s.stiffest[0] for s in found])
    # at 2 % all have buckled: from there on nothing is left to lose
    assert (np.diff(along[1:]) > 0.0).all()
    assert (np.diff(stiffest[1:]) > 0.0).all()
    assert stiffest[:2].max() < 0.3 * stiffest[2]
    for s in found[2:]:
        assert abs(s.axis[0, 2]) > 0.999


def test_turning_the_deformed_scaffold_turns_what_is_felt() -> None:
    # on the fine template: the standard one favours directions by 0.6 % at this anisotropy, with
    # and without the stress term
    f0 = np.array([[1.05, 0.0, 0.1], [0.02, 0.93, 0.0], [0.0, 0.0, 1.08]])
    here = senses(replace(strained(f0), template=TEMPLATES["fine"]))
    assert here.anisotropy[0] > 1.2
    for seed in range(2):
        turn = Rotation.random(random_state=seed).as_matrix()
        there = senses(replace(strained(turn @ f0), template=TEMPLATES["fine"]))
        for name in ("mean", "stiffest", "softest"):
            assert getattr(there, name)[0] == pytest.approx(getattr(here, name)[0], rel=0.005)
        assert abs(there.axis[0] @ turn @ here.axis[0]) > np.cos(np.radians(1.0))


@dataclass(frozen=True)
class Layer(Block):
    """Gel between glass at z = 0 and a face at z = 300 µm."""

    substrate_height: float | None = 0.0

    def free_surface_distance(self, x: np.ndarray) -> np.ndarray:
        return x[:, 2] - 300.0


@pytest.mark.parametrize("depth", [11.0, 40.0, 150.0, 288.0])
def test_pressed_layer_can_be_felt_beside_plate_and_glass(depth: float) -> None:
    # A plate presses by a quarter: dead loads on a face that the mesh cuts would wrinkle it, and a
    # glass that nothing holds would tilt. Neither is what a cell feels.
    gel = build_gel(Ink("gel", Alginate()))
    squeeze = np.diag([1.02, 1.02, 0.75])
    state = Prestrain(np.zeros((1, 3)), squeeze[None], np.zeros((1, 3)))
    settings = ProbeSettings(MaterialField(Layer(), (gel,)), RADIUS, prestrain=state)
    site = np.array([[0.0, 0.0, 300.0 - depth]])
    pressed = sensed_stiffness(site, settings)
    plain = sensed_stiffness(site, replace(settings, prestrain=None))
    assert 1.0 < pressed.mean[0] / plain.mean[0] < 1.4
    assert not pressed.relieved.any()


def test_gel_that_buckles_by_itself_is_felt_without_its_stress_and_told() -> None:
    # aligned straight fibres pressed by a fifth along them: c + σ is no longer positive anywhere
    gel = build_gel(Ink("gel", None, Collagen(1.2), alignment=0.8))
    found = senses(strained(np.diag([1.05, 1.05, 0.8]), gel))
    assert found.relieved.all()
    assert 0.0 < found.softest[0] < found.stiffest[0] < gel.e_fibre


def test_free_swelling_changes_nothing_and_held_swelling_does() -> None:
    plain = senses(replace(strained(np.eye(3)), prestrain=None))
    free = senses(strained(1.05 * np.eye(3), growth=1.05))
    assert free.mean[0] == pytest.approx(plain.mean[0], rel=1e-5)
    held = senses(strained(np.eye(3), growth=1.05))
    assert abs(held.mean[0] / plain.mean[0] - 1.0) > 0.02


def test_settings_with_prestrain_reach_other_processes() -> None:
    settings = strained(np.diag([0.99, 0.99, 1.05]))
    before = senses(settings)
    after = senses(pickle.loads(pickle.dumps(settings)))
    assert np.array_equal(before.compliance, after.compliance)
