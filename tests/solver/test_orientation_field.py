"""Fibre directions given in space, and the material field that follows them."""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Gel, Ink, MaterialField, build_gel
from solver.materials.odf import Orientation
from solver.materials.orientation_field import MAX_ROWS, OrientationField
from solver.materials.tensors import dyads, isotropic_part, rotate
from solver.materials.turned import print_frames

RNG = np.random.default_rng(11)
TURN = np.linalg.qr(RNG.standard_normal((3, 3)))[0]
TURN *= np.linalg.det(TURN)


def random_tensors(m: int) -> np.ndarray:
    turns = np.linalg.qr(RNG.standard_normal((m, 3, 3)))[0]
    return np.einsum("mij,mj,mkj->mik", turns, RNG.dirichlet([1, 1, 1], m), turns)


POINTS = RNG.uniform(-50, 50, (40, 3))
TENSORS = 0.95 * random_tensors(40) + 0.05 * np.eye(3) / 3  # none at the floor
FIELD = OrientationField(POINTS, TENSORS)


@dataclass(frozen=True)
class Turned:
    """Two inks side by side, printed along x and y; all turned about the origin."""

    turn: np.ndarray
    inks: tuple[str, ...] = ("a", "b")
    substrate_height: float | None = None

    def free_surface_distance(self, x: np.ndarray) -> np.ndarray:
        return (x @ self.turn)[:, 2] - 100.0

    def ink(self, x: np.ndarray) -> np.ndarray:
        return ((x @ self.turn)[:, 0] > 0).astype(np.int64)

    def print_direction(self, x: np.ndarray) -> np.ndarray:
        return np.where(self.ink(x)[:, None] > 0, self.turn[:, 1], self.turn[:, 0])


def gels(orientation: Orientation | OrientationField | None) -> tuple[Gel, Gel]:
    plain = Ink("a", Alginate(), Collagen(2.4), alignment=0.7)
    return build_gel(plain), build_gel(replace(plain, name="b", orientation=orientation))


def test_each_place_has_the_density_of_the_nearest_point() -> None:
    near = POINTS + RNG.uniform(-0.01, 0.01, POINTS.shape)
    moments = FIELD.fourth_moment(near)
    for i in range(len(POINTS)):
        expected = Orientation.bingham(TENSORS[i]).fourth_moment()
        assert np.allclose(moments[i], expected, atol=1e-8)
    x = RNG.uniform(-60, 60, (100, 3))
    nearest = np.linalg.norm(x[:, None] - POINTS, axis=2).argmin(axis=1)
    assert (FIELD.nearest(x) == nearest).all()


def test_frames_are_principal_right_handed_and_ordered() -> None:
    frames, _ = FIELD.at(POINTS)
    assert np.linalg.det(frames) == pytest.approx(np.ones(40))
    local = np.einsum("nji,njk,nkl->nil", frames, TENSORS, frames)
    diagonal = np.diagonal(local, axis1=1, axis2=2)
    assert np.abs(local - diagonal[:, :, None] * np.eye(3)).max() < 1e-12
    assert (diagonal[:, 1] <= diagonal[:, 0]).all()
    assert (diagonal[:, 0] <= diagonal[:, 2]).all()


def test_one_set_of_directions_serves_all_densities() -> None:
    frames, rows = FIELD.at(POINTS)
    rule = FIELD.rule(rows)
    n = rule.lengths[:, None, :] * rule.directions
    assert rule.shares == pytest.approx(1 / (n**2).sum(axis=2))
    n = np.einsum("nij,ndj->ndi", frames, n * np.sqrt(rule.shares)[:, :, None])
    assert rule.weights.sum(axis=1) == pytest.approx(np.ones(40), abs=1e-12)
    assert np.allclose(np.einsum("nd,ndi,ndj->nij", rule.weights, n, n), TENSORS, atol=1e-8)
    m = dyads(n)
    fourth = np.einsum("nd,ndi,ndj->nij", rule.weights, m, m)
    assert np.allclose(fourth, FIELD.fourth_moment(POINTS), atol=1e-8)


def test_very_many_different_tensors_take_seconds_and_are_rounded() -> None:
    m = 60_000
    points, tensors = RNG.uniform(0, 1000, (m, 3)), random_tensors(m)
    start = time.process_time()
    field = OrientationField(points, tensors)
    frames, rows = field.at(points[:500])
    rule = field.rule(rows)
    moments = field.fourth_moment(points[:500])
    assert time.process_time() - start < 30.0  # measured 4 s
    n = rule.lengths[:, None, :] * rule.directions * np.sqrt(rule.shares)[:, :, None]
    n = np.einsum("nij,ndj->ndi", frames, n)
    found = np.einsum("nd,ndi,ndj->nij", rule.weights, n, n)
    # two eigenvalues off by half of 0.002 and the third by both, or the floor of 0.001 on two
    assert np.abs(found - tensors[:500]).max() < 2.1e-3
    assert np.abs(moments[:, :3, :3].sum(axis=2) - tensors[:500, range(3), range(3)]).max() < 2.1e-3


@pytest.mark.parametrize("row", [0, 3])
@pytest.mark.parametrize(("bad", "words"), [
    (np.diag([0.5, 0.4, 0.2]), "trace of 1 .* found 1.1"),
    (np.diag([0.7, 0.5, -0.2]), "eigenvalues of 0 or more, found -0.2"),
    (np.eye(3) / 3 + 0.1 * np.eye(3, k=1), "symmetric"),
    (np.full((3, 3), np.inf), "finite"),
])  # fmt: skip
def test_a_wrong_tensor_is_refused_by_its_row(row: int, bad: np.ndarray, words: str) -> None:
    tensors = TENSORS.copy()
    tensors[row] = bad
    with pytest.raises(ValueError, match=f"^row {row}: expected .*{words}"):
        OrientationField(POINTS, tensors)


def test_wrong_points_and_shapes_are_refused() -> None:
    points = POINTS.copy()
    points[2, 1] = np.nan
    with pytest.raises(ValueError, match="row 2: expected a finite point"):
        OrientationField(points, TENSORS)
    with pytest.raises(ValueError, match="expected points"):
        OrientationField(POINTS[:, :2], TENSORS)
    with pytest.raises(ValueError, match="expected points"):
        OrientationField(POINTS[:3], TENSORS)
    with pytest.raises(ValueError, match="expected 1 to"):
        OrientationField(np.empty((0, 3)), np.empty((0, 3, 3)))
    many = MAX_ROWS + 1
    with pytest.raises(ValueError, match=f"found {many}"):
        OrientationField(np.zeros((many, 3)), np.broadcast_to(np.eye(3) / 3, (many, 3, 3)))


def test_print_frames_are_right_handed_and_planes_lie_flat() -> None:
    a = RNG.standard_normal((50, 3))
    a[:5, 2] = 0.0
    a[5] = [0, 0, 1]
    a[6] = [0, 0, -1]
    a /= np.linalg.norm(a, axis=1)[:, None]
    frames = print_frames(a)
    assert np.allclose(frames.transpose(0, 2, 1) @ frames, np.eye(3), atol=1e-12)
    assert np.linalg.det(frames) == pytest.approx(np.ones(50))
    assert np.allclose(frames[:, :, 2], a)
    assert np.abs(frames[:5, :, 1] - [0, 0, 1]).max() < 1e-12  # level strands: horizontal planes
    assert np.abs(np.delete(frames, [5, 6], axis=0)[:, 2, 0]).max() < 1e-12  # e1 is level


def test_a_planar_gel_carries_nothing_more_across_its_plane() -> None:
    ink = Ink("b", Alginate(), Collagen(2.4), orientation=Orientation.planar())
    gel = build_gel(ink)
    c = MaterialField(Turned(np.eye(3)), (build_gel(replace(ink, name="a")), gel)).stiffness(
        np.array([[-5.0, 0, 0], [5.0, 0, 0]])
    )
    fibres = c - gel.matrix_stiffness
    for one in fibres:  # printed along x and y: the same horizontal plane
        # planar isotropic: ⟨n₁⁴⟩ = 3/8, ⟨n₁²n₂²⟩ = 1/8, nothing with z
        s = gel.fibre_stiffness
        expected = np.zeros((6, 6))
        expected[:2, :2] = np.array([[3, 1], [1, 3]]) / 8 * s
        expected[5, 5] = 2 * s / 8
        assert np.allclose(one, expected, atol=1e-9 * s)


def test_stiffness_without_fibres_of_the_gel_adds_up() -> None:
    gel = gels(FIELD)[1]
    x = POINTS[POINTS[:, 0] > 1.0]
    c = MaterialField(Turned(np.eye(3)), gels(FIELD)).stiffness(x)
    assert gel.fibre_stiffness == pytest.approx(sum(f.stiffness for f in gel.fibres))
    expected = gel.matrix_stiffness + gel.fibre_stiffness * FIELD.fourth_moment(x)
    assert np.allclose(c, expected, rtol=1e-12)
    # direction does not change the isotropic part, which the ink reports
    assert isotropic_part(c).young == pytest.approx(np.full(len(x), gel.isotropic_modulus))


@pytest.mark.parametrize("kind", ["watson", "field"])
def test_body_and_fibres_turned_together_turn_the_stiffness(kind: str) -> None:
    here, there = (
        (FIELD, OrientationField(POINTS @ TURN.T, TURN @ TENSORS @ TURN.T))
        if kind == "field"
        else (Orientation.watson(0.6),) * 2
    )
    x = RNG.uniform(-40, 40, (30, 3))
    before = MaterialField(Turned(np.eye(3)), gels(here)).stiffness(x)
    after = MaterialField(Turned(TURN), gels(there)).stiffness(x @ TURN.T)
    expected = np.array([rotate(c, TURN) for c in before])
    assert np.abs(expected - before).max() > 0.1 * before.max()  # turning does something
    assert np.allclose(after, expected, rtol=0, atol=1e-8 * before.max())


@pytest.mark.parametrize(
    "density",
    [Orientation.planar(0.4), Orientation.bingham(TURN @ np.diag([0.1, 0.3, 0.6]) @ TURN.T)],
)
def test_densities_with_a_plane_turn_with_the_strands_about_the_vertical(density) -> None:
    c, s = np.cos(0.7), np.sin(0.7)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    x = RNG.uniform(-40, 40, (30, 3))
    before = MaterialField(Turned(np.eye(3)), gels(density)).stiffness(x)
    after = MaterialField(Turned(turn), gels(density)).stiffness(x @ turn.T)
    assert np.allclose(after, [rotate(k, turn) for k in before], rtol=0, atol=1e-9 * before.max())


def test_frames_of_the_material_are_those_of_its_inks() -> None:
    field = MaterialField(Turned(np.eye(3)), gels(FIELD))
    x = RNG.uniform(-40, 40, (30, 3))
    frames = field.frames(x)
    second = x[:, 0] > 0
    assert np.allclose(frames[~second][:, :, 2], [1, 0, 0])
    assert np.allclose(frames[second], FIELD.at(x[second])[0])
    # the ink given beats the place: what the cells of a mesh need
    assert np.allclose(field.frames(x, np.ones(30, dtype=int)), FIELD.at(x)[0])


def test_cells_and_smeared_points_follow_the_field_too() -> None:
    field = MaterialField(Turned(np.eye(3)), gels(FIELD))
    unit = 0.02 * (np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]) - 0.25)
    x = POINTS[POINTS[:, 0] > 1.0]
    at_points = field.stiffness(x)
    cells = field.cell_stiffness(x[:, None] + unit, np.ones(len(x), dtype=np.int64))
    assert np.allclose(cells, at_points, rtol=1e-9)
    assert np.allclose(field.smeared(x, np.full(len(x), 2.0)), at_points, rtol=1e-9)


@pytest.mark.parametrize("orientation", [FIELD, Orientation.planar(0.2), None])
def test_the_material_travels_to_other_processes(orientation) -> None:
    field = MaterialField(Turned(np.eye(3)), gels(orientation))
    there = pickle.loads(pickle.dumps(field))
    assert (there.stiffness(POINTS) == field.stiffness(POINTS)).all()


def test_a_gel_without_fibres_knows_no_direction() -> None:
    inks = [Ink(name, Alginate(), orientation=FIELD) for name in "ab"]
    c = MaterialField(Turned(np.eye(3)), tuple(map(build_gel, inks))).stiffness(POINTS)
    assert np.allclose(c, build_gel(inks[0]).stiffness)
