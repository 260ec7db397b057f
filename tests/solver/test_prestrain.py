"""Gel seen from a deformed state: finite differences, curves, where it is and is not strained."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from meshes.errors import InputError
from solver.materials import Alginate, Collagen, Ink, MaterialField, build_gel
from solver.materials.curves import uniaxial
from solver.materials.field import VOID
from solver.materials.finite_field import FiniteField
from solver.materials.hyperelastic import HyperelasticGel, PointMaterial
from solver.materials.prestrain import Prestrain, StrainedMaterial, incremental
from solver.materials.tensors import IDENTITY, from_mandel, rotate, to_mandel

GEL = build_gel(Ink("gel", Alginate(), Collagen(3.0), alignment=0.6))


def bound(n: int = 1, turn: np.ndarray | None = None) -> PointMaterial:
    frames = np.broadcast_to(np.eye(3) if turn is None else turn, (n, 3, 3))
    return HyperelasticGel(GEL).bind(frames, np.ones(n))


def piola(material: PointMaterial, f: np.ndarray) -> np.ndarray:
    """First Piola–Kirchhoff stress P = F S."""
    return f @ from_mandel(material.respond(to_mandel(f.T @ f)[None]).stress)[0]


def some_gradient(seed: int, size: float = 0.15) -> np.ndarray:
    return np.eye(3) + size * np.random.default_rng(seed).uniform(-1.0, 1.0, (3, 3))


@pytest.mark.parametrize("seed", range(3))
def test_tangent_and_stress_are_the_moduli_of_the_first_piola_stress(seed: int) -> None:
    # With F = (I + h) F₀ and P₀ = P F₀ᵀ/J₀ the stress per area of the deformed state,
    # dP₀_ij = (c_ijkl + σ_jl δ_ik) h_kl.
    f0, material = some_gradient(seed), bound()
    j0 = np.linalg.det(f0)
    c, stress = incremental(StrainedMaterial(material, f0[None]), 1)
    assert np.allclose(stress[0], piola(material, f0) @ f0.T / j0, rtol=1e-12)
    step = 1e-6
    for k in range(3):
        for m in range(3):
            h = np.zeros((3, 3))
            h[k, m] = step
            ends = [piola(material, (np.eye(3) + s * h) @ f0) @ f0.T / j0 for s in (1.0, -1.0)]
            found = (ends[0] - ends[1]) / (2.0 * step)
            strain = to_mandel(0.5 * (h + h.T) / step)
            expected = from_mandel(c[0] @ strain) + (h / step) @ stress[0]
            assert np.allclose(found, expected, atol=1e-6 * np.abs(c).max())


@pytest.mark.parametrize("relieved", [None, np.array([True])])
def test_energy_stress_and_tangent_belong_together_away_from_the_new_reference(relieved) -> None:
    material = StrainedMaterial(bound(), some_gradient(3)[None], relieved)
    c = to_mandel(np.eye(3) + 0.1 * to_symmetric(4))
    answer = material.respond(c[None])
    step = 1e-6
    for k in range(6):
        ends = [material.respond((c + s * step * np.eye(6)[k])[None]) for s in (1.0, -1.0)]
        slope = (ends[0].energy - ends[1].energy)[0] / step  # S = 2 dΨ/dC, over 2·step
        assert slope == pytest.approx(answer.stress[0, k], abs=1e-6 * np.abs(answer.tangent).max())
        bend = (ends[0].stress - ends[1].stress)[0] / step
        assert np.allclose(bend, answer.tangent[0, :, k], atol=1e-5 * np.abs(answer.tangent).max())


def to_symmetric(seed: int) -> np.ndarray:
    a = np.random.default_rng(seed).uniform(-1.0, 1.0, (3, 3))
    return 0.5 * (a + a.T)


@pytest.mark.parametrize("stretch", [0.9, 0.97, 1.03, 1.15])
def test_a_little_more_stretch_follows_the_uniaxial_curve(stretch: float) -> None:
    # Sides free: dσ = c:ε + hσ + σhᵀ − tr(h) σ with h = diag(e, −νe, −νe), dσ_sides = 0
    gel, step = HyperelasticGel(GEL), 1e-5
    here = uniaxial(gel, [stretch])
    c, stress = incremental(StrainedMaterial(bound(), here.gradient), 1)
    assert np.allclose(to_mandel(stress), here.cauchy, atol=1e-9 * GEL.e_fibre)
    sigma = stress[0, 2, 2]
    # side strains s per unit axial strain: c_ss s + c_s3 = 0
    s = -np.linalg.solve(c[0, :2, :2], c[0, :2, 2])
    slope = c[0, 2, 2] + c[0, 2, :2] @ s + 2.0 * sigma - (1.0 + s.sum()) * sigma
    ends = uniaxial(gel, [stretch * (1.0 - step), stretch * (1.0 + step)]).cauchy[:, 2]
    assert slope == pytest.approx((ends[1] - ends[0]) / (2.0 * step), rel=1e-5)


def test_turning_the_deformed_gel_turns_tangent_and_stress() -> None:
    f0, turn = some_gradient(7), Rotation.random(random_state=1).as_matrix()
    c, stress = incremental(StrainedMaterial(bound(), f0[None]), 1)
    turned, stress_turned = incremental(StrainedMaterial(bound(), (turn @ f0)[None]), 1)
    assert np.allclose(turned[0], rotate(c[0], turn), atol=1e-12 * np.abs(c).max())
    assert np.allclose(stress_turned[0], turn @ stress[0] @ turn.T, atol=1e-12)


@dataclass(frozen=True)
class Layer:
    """Gel below z = 100 µm on glass at z = 0, printed along x; its ink and nothing else."""

    inks: tuple[str, ...] = ("gel",)
    substrate_height: float | None = 0.0

    def free_surface_distance(self, x: np.ndarray) -> np.ndarray:
        return x[:, 2] - 100.0

    def ink(self, x: np.ndarray) -> np.ndarray:
        return np.zeros(len(x), dtype=np.int64)

    def print_direction(self, x: np.ndarray) -> np.ndarray:
        return np.broadcast_to([1.0, 0.0, 0.0], x.shape)


FIELD = FiniteField(MaterialField(Layer(), (GEL,)))


def homogeneous(f0: np.ndarray, growth: float = 1.0) -> Prestrain:
    x = np.random.default_rng(0).uniform(0.0, 100.0, (50, 3))
    return Prestrain(x, np.broadcast_to(f0, (50, 3, 3)), x @ (f0 - np.eye(3)).T, growth)


def test_the_deformed_surface_is_where_the_gel_ends() -> None:
    squeeze = np.diag([1.05, 1.05, 0.8])
    # the surface has come down from 100 to 80 um, a cell at 70 to 56: 24 um below it
    material = homogeneous(squeeze).bind(
        FIELD,
        np.array([50.0, 50.0, 70.0]),
        np.array([[0.0, 0.0, 23.0], [0.0, 0.0, 25.0]]),
        np.ones(2),
    )
    c, stress = incremental(material, 2)
    inside, outside = np.abs(c).max(axis=(1, 2))
    assert outside / inside < 3.0 * VOID
    assert np.abs(stress[0]).max() > 0.01 * inside
    assert np.abs(stress[1]).max() < 1e-12 * outside  # free space is not strained


def test_glass_is_not_strained() -> None:
    material = homogeneous(np.diag([1.05, 1.05, 0.8])).bind(
        FIELD, np.array([50.0, 50.0, 20.0]), np.array([[0.0, 0.0, -18.0]]), np.ones(1)
    )
    c, stress = incremental(material, 1)
    assert np.abs(stress).max() < 1e-12 * np.abs(c).max()
    assert c[0, 0, 0] > 100.0 * GEL.stiffness[0, 0]


def test_no_strain_is_the_gel_as_it_is() -> None:
    offsets = np.random.default_rng(2).uniform(-30.0, 30.0, (20, 3))
    site, widths = np.array([50.0, 50.0, 60.0]), np.full(20, 3.0)
    c, stress = incremental(homogeneous(np.eye(3)).bind(FIELD, site, offsets, widths), 20)
    assert np.allclose(c, FIELD.material.smeared(site + offsets, widths), rtol=1e-9, atol=1e-12)
    assert np.abs(stress).max() < 1e-12


def test_gel_that_has_swollen_freely_is_only_larger() -> None:
    # g³ per dry volume and g⁻³ of the deformed one: D(I) in total, and no stress
    swollen = homogeneous(1.1 * np.eye(3), growth=1.1)
    offsets = np.array([[5.0, -3.0, 8.0]])
    material = swollen.bind(FIELD, np.array([50.0, 50.0, 50.0]), offsets, np.ones(1))
    c, stress = incremental(material, 1)
    turned = FIELD.material.stiffness(np.array([[50.0, 50.0, 50.0]]))
    assert np.allclose(c, turned, rtol=1e-9)
    assert np.abs(stress).max() < 1e-12


def test_swelling_that_is_held_presses() -> None:
    held = homogeneous(np.eye(3), growth=1.05)
    material = held.bind(FIELD, np.array([50.0, 50.0, 50.0]), np.zeros((1, 3)), np.ones(1))
    _, stress = incremental(material, 1)
    assert (np.linalg.eigvalsh(stress[0]) < 0.0).all()


def test_points_go_where_the_scaffold_has_gone() -> None:
    f0 = some_gradient(5)
    sites = np.random.default_rng(1).uniform(20.0, 80.0, (7, 3))
    assert np.allclose(homogeneous(f0).deformed(sites), sites @ f0.T, atol=1e-10)


def test_gel_beyond_the_reach_and_in_the_rim_carries_no_stress() -> None:
    # the last point is 4 um under the deformed surface
    offsets = np.array([[5.0, 0.0, 0.0], [25.0, 0.0, 0.0], [0.0, 0.0, 16.0]])
    state = homogeneous(np.diag([1.1, 1.0, 0.9]))
    site, widths = np.array([50.0, 50.0, 200.0 / 3.0 + 10.0 / 0.9]), np.ones(3)
    plain = incremental(state.bind(FIELD, site, offsets, widths), 3)
    c, stress = incremental(state.bind(FIELD, site, offsets, widths, reach=20.0, rim=6.0), 3)
    assert np.allclose(c, plain.stiffness, rtol=1e-12)
    assert np.allclose(stress[0], plain.stress[0], rtol=1e-12)
    assert (np.abs(plain.stress).max(axis=(1, 2)) > 1e-2).all()
    assert np.abs(stress[1:]).max() < 1e-12


def test_strain_is_that_of_the_nearest_cell() -> None:
    centroids = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]])
    gradients = np.array([np.eye(3), 1.1 * np.eye(3)])
    state = Prestrain(centroids, gradients, np.zeros((2, 3)))
    found = state.gradient(np.array([[4.0, 0.0, 0.0], [6.0, 1.0, 0.0]]))
    assert np.allclose(found, gradients)


def test_a_scaffold_turned_inside_out_is_refused() -> None:
    with pytest.raises(InputError, match="1 cells"):
        Prestrain(np.zeros((1, 3)), -np.eye(3)[None], np.zeros((1, 3)))


def test_workers_can_be_sent_the_state() -> None:
    state = homogeneous(some_gradient(6))
    before = state.gradient(np.zeros((1, 3)))  # with its search tree made
    after = pickle.loads(pickle.dumps(state)).gradient(np.zeros((1, 3)))
    assert np.array_equal(before, after)


def test_moduli_of_the_matrix_are_per_deformed_volume() -> None:
    material = StrainedMaterial(bound(), np.diag([2.0, 1.0, 1.0])[None])
    assert material.lame[0] == pytest.approx(bound().lame[0] / 2.0)
    assert material.shear[0] == pytest.approx(bound().shear[0] / 2.0)
    assert np.allclose(bound().respond(IDENTITY[None]).stress, 0.0, atol=1e-12)
