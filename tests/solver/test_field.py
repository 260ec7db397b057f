"""The material at points of a scaffold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Heterogeneity, Ink, MaterialField, build_gel
from solver.materials.field import GLASS, VOID, LogNormalField
from solver.materials.tensors import isotropic, rotate


@dataclass(frozen=True)
class Half:
    """Gel below z = 100 on glass at z = 0; ink 0 for x < 0 printed along x, ink 1 along y."""

    inks: tuple[str, ...] = ("a", "b")
    substrate_height: float | None = 0.0

    def free_surface_distance(self, x: np.ndarray) -> np.ndarray:
        return x[:, 2] - 100.0

    def ink(self, x: np.ndarray) -> np.ndarray:
        return (x[:, 0] > 0).astype(np.int64)

    def print_direction(self, x: np.ndarray) -> np.ndarray:
        return np.where(x[:, :1] > 0, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])


GELS = (
    build_gel(Ink("a", Alginate(), Collagen(2.4), alignment=0.7)),
    build_gel(Ink("b", Alginate(youngs_modulus=9.0))),
)
X_TO_Z = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # takes e_z to e_x


def test_each_point_has_the_gel_of_its_ink_turned_along_its_strand() -> None:
    c = MaterialField(Half(), GELS).stiffness(np.array([[-5.0, 0, 50], [5.0, 0, 50]]))
    assert np.allclose(c[0], rotate(GELS[0].stiffness, X_TO_Z), atol=1e-9)
    assert np.allclose(c[1], isotropic(9.0, 0.3), atol=1e-9)


def test_smearing_far_from_faces_changes_nothing_and_beyond_them_all() -> None:
    field = MaterialField(Half(), GELS)
    x = np.array([[5.0, 0, 50], [5.0, 0, 150], [5.0, 0, -50]])
    factor = field.smeared(x, np.full(3, 4.0))[:, 0, 0] / field.stiffness(x)[:, 0, 0]
    assert factor == pytest.approx([1.0, VOID, GLASS], rel=1e-6)


def test_smearing_is_voigt_at_a_free_face_and_reuss_on_glass() -> None:
    field = MaterialField(Half(), GELS)
    x = np.array([[5.0, 0, 100.0], [5.0, 0, 0.0], [5.0, 0, -2.0], [5.0, 0, 99.0]])
    factor = field.smeared(x, np.full(4, 4.0))[:, 0, 0] / field.stiffness(x)[:, 0, 0]
    # half gel half void: 1/2; on the glass: gel; half a width beyond, half gel half rigid in
    # series: 2; 1 um inside a free face with width 4: 3/4
    assert factor == pytest.approx([0.5, 1.0, 2.0, 0.75], rel=2e-4)


def test_gels_must_match_the_inks_of_the_body() -> None:
    with pytest.raises(ValueError, match="expected gels for inks"):
        MaterialField(Half(), GELS[:1])


def test_log_normal_field_has_its_mean_spread_and_correlation() -> None:
    law = Heterogeneity(cv=0.3, length=40.0, seed=5)
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 20_000, (20_000, 3))
    h = np.concatenate([LogNormalField(law, k)(x[k::8]) for k in range(8)])
    # sampling error of mean and sd of 20 000 values: below 1 %
    assert h.mean() == pytest.approx(1.0, abs=0.02)
    assert h.std() == pytest.approx(0.3, abs=0.02)
    pairs = []
    for k in range(200):
        g = np.log(LogNormalField(law, k)(np.array([[0.0, 0, 0], [40.0, 0, 0]])))
        pairs.append(g)
    correlation = np.corrcoef(np.array(pairs).T)[0, 1]
    assert correlation == pytest.approx(np.exp(-0.5), abs=0.12)  # exp(-r²/2l²) at r = l


def test_field_is_the_same_for_the_same_seed_and_continuous() -> None:
    law = Heterogeneity(0.2, 40.0, 3)
    x = np.array([[1.0, 2.0, 3.0], [1.4, 2.0, 3.0]])
    h = LogNormalField(law)(x)
    assert (h == LogNormalField(law)(x)).all()
    assert not np.allclose(h, LogNormalField(Heterogeneity(0.2, 40.0, 4))(x))
    assert abs(h[1] - h[0]) < 0.02


def test_cells_of_a_mesh_get_the_average_of_their_spots() -> None:
    # one cell of 400 um edge in a field of 40 um: the average is near the mean, 1; a cell much
    # smaller than a spot has the value at its midpoint
    gel = build_gel(
        Ink("b", Alginate(youngs_modulus=9.0), heterogeneity=Heterogeneity(0.4, 40.0, 1))
    )
    field = MaterialField(Half(), (GELS[0], gel))
    unit = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    origins = np.random.default_rng(0).uniform(0, 5000, (40, 3))
    ink = np.ones(40, dtype=np.int64)
    large = field.cell_stiffness(origins[:, None] + 400 * unit, ink)[:, 0, 0]
    small = field.cell_stiffness(origins[:, None] + unit, ink)[:, 0, 0]
    at_midpoint = field.stiffness(origins + 0.25, ink)[:, 0, 0]
    assert small == pytest.approx(at_midpoint, rel=2e-3)
    assert large.std() < 0.5 * small.std()
