"""Fibre cells against closed forms: laminates, bounds, curved beams, supports, uniaxial tension.

Small cells (r 0.1 µm, L 4 µm, A up to 0.3 µm) keep this quick; the cell of a real gel and the
convergence with mesh and number of fibres are in benchmarks/fibre_cell.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import pytest

from meshes.cell_mesh import CellMesh, mesh_cell
from meshes.fibre_cell import random_cell, single_fibre_cell
from solver.materials.crimp import crimp_factors, held_share
from solver.materials.crimp_support import array_support, lone_support
from solver.materials.mean_field import (
    AlignedModuli,
    Phase,
    hill_hashin,
    mori_tanaka,
    reuss,
    voigt,
)
from solver.materials.tensors import FloatArray

pytestmark = [pytest.mark.dolfinx, pytest.mark.slow]

GEL, FIBRE = Phase(6.0, 0.3), Phase(1000.0, 0.3)
RADIUS, WAVE = 0.1, 4.0


@dataclass(frozen=True)
class Bricks:
    """A unit cell of n³ cubes, six tetrahedra each; phases by layers along one axis."""

    n: int
    axis: int
    periodic: tuple[bool, bool, bool] = (True, True, True)

    @property
    def size(self) -> FloatArray:
        return np.array([1.0, 1.0, 1.0])

    @property
    def points(self) -> FloatArray:
        grid = np.linspace(0.0, 1.0, self.n + 1)
        return np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), axis=-1).reshape(-1, 3)

    @property
    def cells(self) -> np.ndarray:
        m = self.n + 1
        base = np.array([(i * m + j) * m + k for i, j, k in np.ndindex(*(self.n,) * 3)])
        steps = np.array([m * m, m, 1])
        paths = [np.concatenate([[0], np.cumsum(steps[list(p)])]) for p in permutations(range(3))]
        return (base[:, None, None] + np.array(paths)).reshape(-1, 4)

    @property
    def phase(self) -> np.ndarray:
        middle = self.points[self.cells].mean(axis=1)[:, self.axis]
        return (middle > 0.5).astype(np.int64)


def stiff_tensor(seed: int) -> FloatArray:
    """Any positive definite stiffness, no symmetry."""
    a = np.random.default_rng(seed).normal(size=(6, 6))
    return a @ a.T + 2.0 * np.eye(6)


def laminate(c: list[FloatArray], fractions: list[float], axis: int) -> FloatArray:
    """Layers normal to an axis: strains in their plane and stresses across it are uniform.

    Solve ``s_b = C_ba e_a + C_bb e_b`` for (s_a, e_b) in terms of the uniform (e_a, s_b), average,
    and solve back.
    """
    across = {0: [0, 4, 5], 1: [1, 3, 5], 2: [2, 3, 4]}[axis]
    plane = [k for k in range(6) if k not in across]
    aa, ab, bb = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))
    for f, tensor in zip(fractions, c, strict=True):
        inverse = np.linalg.inv(tensor[np.ix_(across, across)])
        coupling = tensor[np.ix_(plane, across)]
        bb += f * inverse
        ab += f * coupling @ inverse
        aa += f * (tensor[np.ix_(plane, plane)] - coupling @ inverse @ coupling.T)
    result = np.zeros((6, 6))
    inner = np.linalg.inv(bb)
    result[np.ix_(across, across)] = inner
    result[np.ix_(plane, across)] = ab @ inner
    result[np.ix_(across, plane)] = (ab @ inner).T
    result[np.ix_(plane, plane)] = aa + ab @ inner @ ab.T
    return result


@pytest.mark.parametrize("axis", [0, 2])
def test_laminate_is_exact(axis: int) -> None:
    # the exact fluctuation is linear in each layer: finite elements hold it exactly
    from solver.mechanics.homogenise import homogenise

    tensors = [stiff_tensor(1), 30.0 * stiff_tensor(2)]
    found = homogenise(Bricks(4, axis), tensors, degree=1).stiffness
    expected = laminate(tensors, [0.5, 0.5], axis)
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())


@pytest.fixture(scope="module")
def wavy() -> CellMesh:
    return mesh_cell(single_fibre_cell(0.05, RADIUS, 0.3, WAVE), 0.11, growth=0.8)


def test_a_homogeneous_cell_returns_its_own_stiffness() -> None:
    # through a fibre that crosses the sides, whose nodes were moved off the planes
    from solver.mechanics.homogenise import homogenise

    mesh = mesh_cell(single_fibre_cell(0.15, RADIUS, 0.3, 3.0), growth=0.8)
    c = stiff_tensor(3)
    for boundary in ("periodic", "uniform"):
        found = homogenise(mesh, [c, c], boundary=boundary, degree=1).stiffness
        np.testing.assert_allclose(found, c, atol=1e-9 * np.abs(c).max())


def test_a_mesh_that_does_not_repeat_is_refused() -> None:
    from meshes.errors import SolveError
    from solver.mechanics.homogenise import homogenise

    @dataclass(frozen=True)
    class Askew(Bricks):
        @property
        def points(self) -> FloatArray:
            x = super().points.copy()
            x[np.argmax(x @ [1.0, 0.1, 0.2])] += 0.01
            return x

    with pytest.raises(SolveError, match="partner"):
        homogenise(Askew(2, 0), [stiff_tensor(1), stiff_tensor(2)], degree=1)


def beam_share(amplitude: float, wavelength: float, radius: float, poisson: float) -> float:
    """Axial stiffness of a wavy beam over that of the straight one, linear but for the shape.

    Unit pull N = 1 along z at every section: axial force cos θ, shear sin θ, moment x about the
    centroid. Winkler's curved beam, energy per length of contour
    ``[N²/A + M²/(A e R) − 2MN/(A R) + (E/κG) V²/A]/2E``, ``e = (R − √(R²−r²))/2`` for a circle,
    Cowper's κ = 6(1+ν)/(7+6ν). To first order in Aq and qr this is 1/(1 + 2A²/r² − q²A²).
    """
    q = 2.0 * np.pi / wavelength
    z = np.arange(2000) / 2000 * wavelength
    x, slope = amplitude * np.cos(q * z), -amplitude * q * np.sin(q * z)
    stretch = np.sqrt(1.0 + slope**2)
    bend = np.maximum(q**2 * np.abs(x) / stretch**3, 1e-9)  # 1/R
    offset = 0.5 * (1.0 - np.sqrt(1.0 - (bend * radius) ** 2)) / bend**2  # e R
    offset = np.where(bend * radius > 1e-4, offset, 0.25 * radius**2)
    shear = 2.0 * (1.0 + poisson) * (7.0 + 6.0 * poisson) / (6.0 * (1.0 + poisson))
    compliance = (
        1.0 / stretch + (x**2 / offset - 2.0 * np.abs(x) * bend / stretch) * stretch
    ) + shear * slope**2 / stretch
    return float(1.0 / compliance.mean())


def share(mesh: CellMesh, modulus: float, gel: float = 0.0) -> float:
    """The fibres' part of E_L over that of straight fibres of the same section."""
    from solver.mechanics.homogenise import homogenise

    phases = [Phase(gel or 1.0, 0.3), Phase(modulus, 0.3)]
    found = homogenise(mesh, [p.stiffness for p in phases]).axial_modulus
    rest = 1.0 - mesh.fibre_volume / mesh.volume
    section = np.pi * RADIUS**2 * fibres_in(mesh) / (mesh.size[0] * mesh.size[1])
    return (found - rest * gel) / (section * modulus)


def fibres_in(mesh: CellMesh) -> int:
    """Number of fibres, from the volume: contour lengths exceed the height by 6 % at most."""
    return int(mesh.fibre_volume / (np.pi * RADIUS**2 * mesh.size[2]))


@pytest.mark.parametrize("amplitude", [0.05, 0.1, 0.3])
def test_a_fibre_alone_is_a_curved_beam(amplitude: float) -> None:
    mesh = mesh_cell(single_fibre_cell(0.05, RADIUS, amplitude, WAVE), matrix=False)
    found = share(mesh, 1000.0)
    assert found == pytest.approx(beam_share(amplitude, WAVE, RADIUS, 0.3), rel=0.015)
    # the plain formula leaves out the finite slope, shear and curvature (L/r = 40, Aq < 0.5)
    assert found == pytest.approx(1.0 / (1.0 + 2.0 * (amplitude / RADIUS) ** 2), rel=0.05)


def test_straight_fibres_lie_between_the_bounds() -> None:
    from solver.mechanics.homogenise import homogenise

    matrix, fibre, fraction = Phase(1.0, 0.4), Phase(20.0, 0.2), 0.2
    mesh = mesh_cell(single_fibre_cell(fraction, RADIUS), 0.06)
    both = [matrix.stiffness, fibre.stiffness]
    found = homogenise(mesh, both)
    kinematic = homogenise(mesh, both, boundary="uniform")
    c = found.stiffness
    np.testing.assert_allclose(c, c.T, atol=1e-12 * c.max())
    for above, below in (
        (voigt(both, [0.8, 0.2]), kinematic.stiffness),
        (kinematic.stiffness, c),
        (c, reuss(both, [0.8, 0.2])),
    ):
        assert np.linalg.eigvalsh(above - below).min() > -1e-3 * c.max()
    assert np.linalg.eigvalsh(kinematic.stiffness - c).max() > 0.1  # the frame does stiffen it
    moduli, bounds = AlignedModuli.of(c), hill_hashin(matrix, fibre, fraction)
    for name in ("axial", "plane_bulk", "axial_shear", "transverse_shear"):
        low, high = getattr(bounds.lower, name), getattr(bounds.upper, name)
        # facets leave the section a little uneven along z
        assert 0.998 * low < getattr(moduli, name) < high, name
    # a square array is near the composite cylinders where the bounds are close: E_L
    estimate = AlignedModuli.of(mori_tanaka(matrix, fibre.stiffness, fraction))
    assert moduli.axial == pytest.approx(estimate.axial, rel=2e-3)
    assert moduli.axial_shear == pytest.approx(estimate.axial_shear, rel=2e-2)


def test_a_gel_holds_a_wave_as_the_array_formula_says(wavy: CellMesh) -> None:
    sides = (float(wavy.size[0]), float(wavy.size[1]))
    shares = []
    # the whole way from a free fibre to one whose wave the gel has made harmless
    for gel in (0.01, 0.3, 6.0, 60.0, 300.0):
        k = array_support(WAVE, RADIUS, Phase(gel, 0.3), sides)
        expected = held_share(0.3, WAVE, RADIUS, 1000.0, k)
        found = share(wavy, 1000.0, gel)
        # what is left out: finite slope (Aq = 0.47: 5 %) and the shear lag of stiff gels
        assert found == pytest.approx(expected, rel=0.08), gel
        shares.append(found)
    assert (np.diff(shares) > 0.0).all()
    assert shares[0] == pytest.approx(beam_share(0.3, WAVE, RADIUS, 0.3), rel=0.05)
    assert shares[-1] > 0.85


def test_larger_cells_of_waves_out_of_step_come_to_the_lone_fibre() -> None:
    # One fibre in a periodic cell is an array in step, whose formula is 1.8 times below that of
    # lone fibres. With more fibres of random phase the shears that they share average out: the
    # distance to the lone formula falls with the size of the cell, below 10 % at four.
    lone = held_share(0.3, WAVE, RADIUS, 1000.0, lone_support(WAVE, RADIUS, GEL))
    off = []
    for n in (1, 2, 4):
        cell = random_cell(n, 0.05, 0.3, WAVE, RADIUS, seed=1)
        found = share(mesh_cell(cell, 0.11, growth=0.8), 1000.0, GEL.young)
        off.append(abs(found / lone - 1.0))
    assert off[0] > 0.3
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.1


def test_finite_stretch_of_a_homogeneous_cell_is_uniaxial_tension(wavy: CellMesh) -> None:
    # P_lateral = μ(t − 1/t) + Λ ln(λt²)/t = 0 gives the lateral stretch t
    from scipy.optimize import brentq

    from solver.mechanics.cell_stretch import CellStretch

    lame = GEL.bulk - 2.0 / 3.0 * GEL.shear
    curve = CellStretch(wavy, (GEL, GEL), degree=1).pull([1.1, 1.3])
    for stretch, stress, lateral in zip(curve.stretch, curve.stress, curve.lateral, strict=True):

        def across(t: float, stretch: float = stretch) -> float:
            return float(GEL.shear * (t - 1.0 / t) + lame * np.log(stretch * t**2) / t)

        t = brentq(across, 0.5, 1.5, xtol=1e-14)
        expected = GEL.shear * (stretch - 1.0 / stretch) + lame * np.log(stretch * t**2) / stretch
        np.testing.assert_allclose(lateral, t, rtol=1e-8)
        assert stress == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_a_pulled_wave_straightens(wavy: CellMesh) -> None:
    from solver.mechanics.cell_stretch import CellStretch
    from solver.mechanics.homogenise import homogenise

    gel = Phase(0.3, 0.3)
    phases = (gel, FIBRE)
    locking = crimp_factors(0.3, WAVE, RADIUS, FIBRE.young, gel.shear).locking_stretch
    step = 1e-3
    past = 1.0 + 2.0 * (locking - 1.0)
    curve = CellStretch(wavy, phases).pull([locking, past - step, past, past + step])
    linear = homogenise(wavy, [p.stiffness for p in phases]).axial_modulus
    assert curve.tangent[0] == pytest.approx(linear, rel=1e-7)
    assert curve.stress[0] == pytest.approx(0.0, abs=1e-12)
    # the tangent is the slope of the stress (central difference, error O(step²))
    slope = (curve.stress[4] - curve.stress[2]) / (2.0 * step)
    assert curve.tangent[3] == pytest.approx(slope, rel=2e-3)
    # from a tenth of the straight fibre's stiffness to most of it, half-way at the locking stretch
    section = np.pi * RADIUS**2 / (wavy.size[0] * wavy.size[1])
    shares = (curve.tangent - gel.young) / (section * FIBRE.young)
    assert shares[0] < 0.15
    assert 0.3 < shares[1] < 0.7
    assert shares[3] > 0.7
    assert (np.diff(curve.stress) > 0.0).all()


def test_finer_meshes_come_together() -> None:
    cell = single_fibre_cell(0.05, RADIUS, 0.2, WAVE)
    shares = [share(mesh_cell(cell, size, growth=0.6), 1000.0, 6.0) for size in (0.12, 0.09, 0.07)]
    assert abs(shares[2] - shares[1]) < abs(shares[1] - shares[0]) < 0.03 * shares[2]


def test_the_study_sets_cells_beside_formulas() -> None:
    from meshes.crimp_meshes import crimp_meshes
    from solver.mechanics.fibre_study import CrimpedGel, crimp_study

    gel = CrimpedGel(GEL, FIBRE, RADIUS, 0.2, 3.0, 0.05)
    meshes = crimp_meshes(RADIUS, 0.2, 3.0, 0.05, size=0.12)
    study = crimp_study(gel, meshes, reach=(1.0,))
    assert study.reuss_axial < study.wavy.axial_modulus < study.straight.axial_modulus
    assert study.straight.axial_modulus == pytest.approx(study.mori_tanaka.axial, rel=5e-3)
    assert study.wavy.axial_modulus == pytest.approx(study.array_axial, rel=0.08)
    assert study.shares.alone < study.shares.cell < study.shares.lone < 1.0
    assert study.wavy_curve.tangent[1] > study.wavy_curve.tangent[0]
    with pytest.raises(ValueError, match="wavy"):
        crimp_study(replace(gel, amplitude=0.0), meshes)
