"""Cells that contract by a finite strain: closed forms, the linear limit, recruiting, buckling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import solve_bvp
from scipy.spatial.transform import Rotation

from meshes.errors import InputError, SolveError
from solver.materials import Alginate, Collagen, Gel, Ink, MaterialField, build_gel
from solver.materials.fibres import SemiAffineChoice
from solver.materials.hyperelastic import HyperelasticGel, PointMaterial, Response
from solver.materials.ink import Waviness
from solver.materials.prestrain import Prestrain, StrainedMaterial
from solver.materials.tensors import IDENTITY, dyads, rotate
from solver.mechanics.reach import Shells
from solver.mechanics.sites import ProbeSettings
from solver.mechanics.template import TEMPLATES, graded, icosphere

pytestmark = [pytest.mark.dolfinx, pytest.mark.slow]
RADIUS = 8.0
ALGINATE = build_gel(Ink("a", Alginate()))
STRAIGHT = build_gel(Ink("a", Alginate(), Collagen(3.0), alignment=0.6))
Z = np.array([0.0, 0.0, 1.0])


@pytest.fixture(scope="module")
def cell():
    from solver.mechanics.contraction import ContractingCell

    return ContractingCell(TEMPLATES["standard"], RADIUS)


def around(cell, gel: Gel, turn: np.ndarray | None = None) -> PointMaterial:
    n = len(cell.probe.widths)
    frames = np.broadcast_to(np.eye(3) if turn is None else turn, (n, 3, 3))
    return HyperelasticGel(gel).bind(frames, np.ones(n))


def linear_answer(cell, gel: Gel, axis: np.ndarray, turn: np.ndarray | None = None) -> float:
    """E_s along the axis by the probe of six tractions on the same template."""
    n, m = len(cell.probe.widths), dyads(axis)
    c = gel.stiffness if turn is None else rotate(gel.stiffness, turn)
    compliance = cell.probe.compliance(np.broadcast_to(c, (n, 6, 6)))
    return float((m @ cell.probe.uniform(gel.poisson_ratio) @ m) / (m @ compliance @ m))


def test_small_contraction_is_the_linear_answer(cell) -> None:
    turn = Rotation.random(random_state=0).as_matrix()
    axis = np.array([0.6, 0.0, 0.8])
    pull = cell.pull(around(cell, STRAIGHT, turn), axis, STRAIGHT.poisson_ratio, 1e-5)
    expected = linear_answer(cell, STRAIGHT, axis, turn)
    assert pull.linear == pytest.approx(expected, rel=1e-6)
    assert pull.secant == pytest.approx(expected, rel=1e-4)
    assert pull.converged
    assert pull.strain == 1e-5


def displacement(x: np.ndarray, poisson: float) -> np.ndarray:
    """Around a cell that pulls with m⊗m·N, m = e_z, in an infinite gel with E = 1: ``(n, 3)``.

    The isotropic part of the pull gives u = x/(12 G r³), its deviator a sum of the force dipole
    and of the gradient of x·τx/r⁵; with σN = τN on r = 1 the factors follow [derived].
    """
    shear = 1.0 / (2.0 * (1.0 + poisson))
    tau = np.diag([-1.0, -1.0, 2.0]) / 3.0
    r = np.linalg.norm(x, axis=1, keepdims=True)
    along = x @ tau
    square = (x * along).sum(axis=1, keepdims=True)
    dipole = (2.0 - 4.0 * poisson) * along / r**3 + 3.0 * x * square / r**5
    gradient = 5.0 * x * square / r**7 - 2.0 * along / r**5
    unit = 1.0 / (2.0 * shear * (7.0 - 5.0 * poisson))
    return x / (12.0 * shear * r**3) + unit * (2.5 * dipole - 1.5 * gradient)


def test_the_closed_form_pulls_with_a_uniform_tension() -> None:
    # checked here by differences, as everything below rests on it
    poisson, step = 0.3, 1e-5
    normals = icosphere(1)[0]
    slopes = [
        (displacement(normals + step * e, poisson) - displacement(normals - step * e, poisson))
        / (2.0 * step)
        for e in np.eye(3)
    ]
    h = np.stack(slopes, axis=-1)
    strain = 0.5 * (h + np.swapaxes(h, 1, 2))
    shear, lame = 1.0 / 2.6, 0.3 / (1.3 * 0.4)
    stress = 2.0 * shear * strain + lame * np.trace(h, axis1=1, axis2=2)[:, None, None] * np.eye(3)
    traction = -np.einsum("nij,nj->ni", stress, normals)  # N out of the cell, into the gel
    assert np.allclose(traction, normals * [0.0, 0.0, 1.0], atol=1e-8)


@pytest.mark.parametrize("poisson", [0.3, 0.45])
def test_reach_and_decay_in_an_even_linear_gel(cell, poisson: float) -> None:
    gel = build_gel(Ink("a", Alginate(poisson_ratio=poisson)))
    pull = cell.pull(around(cell, gel), Z, poisson, 1e-4)
    template = cell.probe.template
    nodes = np.concatenate([r * icosphere(1)[0] for r in template.radii])
    shells = Shells(template, nodes)
    exact = shells.rms(displacement(nodes, poisson))
    assert pull.exponent == pytest.approx(shells.exponent(exact), rel=0.02)
    # the nodes of the faceted cell move 6 % less than a sphere's (4 % on the fine template), which
    # with a decay of r⁻² is half as much of the reach
    assert pull.reach == pytest.approx(shells.reach(exact) * RADIUS, rel=0.04)
    assert shells.exponent(exact) == pytest.approx(2.0, rel=0.05)  # the force dipole


def test_shells_read_a_power_law() -> None:
    template = graded((1, 1, 1, 1, 1, 1))
    nodes = np.concatenate([r * icosphere(1)[0] for r in template.radii])
    shells = Shells(template, nodes)
    r = np.linalg.norm(nodes, axis=1, keepdims=True)
    rms = shells.rms(nodes / r**2.5)  # |u| = r^-1.5
    assert shells.exponent(rms) == pytest.approx(1.5, rel=1e-6)
    assert shells.reach(rms) == pytest.approx(10.0 ** (1.0 / 1.5), rel=1e-6)
    assert shells.reach(shells.rms(nodes / r)) == template.radii[-1]  # at least that
    # free space, here moved far more than the gel, does not count
    gel = nodes[:, 0] > -1e-9
    moved = np.where(gel[:, None], nodes / r**2.5, 5.0)
    assert np.allclose(shells.rms(moved, gel), rms)


def cavity(contraction: float, shear: float, lame: float, outer: float) -> float:
    """Dead traction on a cavity of radius 1 in a neo-Hookean ball that makes it that much smaller.

    Radial equilibrium ``P_r' + 2 (P_r − P_θ)/R = 0``, ``P_i = μ (λ_i − 1/λ_i) + λ ln J/λ_i``, free
    outside; by collocation, no finite elements.
    """

    def radial(stretch: np.ndarray, hoop: np.ndarray) -> np.ndarray:
        log_j = np.log(stretch * hoop**2)
        return shear * (stretch - 1.0 / stretch) + lame * log_j / stretch

    def rates(big: np.ndarray, y: np.ndarray) -> np.ndarray:
        r, stretch = y
        hoop = r / big
        slope = shear * (1.0 + stretch**-2) + lame * (1.0 - np.log(stretch * hoop**2)) / stretch**2
        p_hoop = shear * (hoop - 1.0 / hoop) + lame * np.log(stretch * hoop**2) / hoop
        turning = 2.0 * lame / (stretch * hoop) * (stretch / big - r / big**2)
        rest = -2.0 * (radial(stretch, hoop) - p_hoop) / big
        return np.vstack([stretch, (rest - turning) / slope])

    def ends(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.array([a[0] - (1.0 - contraction), radial(b[1], b[0] / outer)])

    big = np.geomspace(1.0, outer, 200)
    guess = np.vstack([big - contraction / big**2, 1.0 + 2.0 * contraction / big**3])
    answer = solve_bvp(rates, ends, big, guess, tol=1e-9, max_nodes=20_000)
    assert answer.success
    r, stretch = answer.sol(1.0)
    return float(-radial(stretch, r))


@pytest.mark.parametrize("contraction", [0.05, 0.15])
def test_even_contraction_of_a_neo_hookean_gel(cell, contraction: float) -> None:
    # τ = I pulls alike on all sides; its strain δ:ε̄ is 3 u/a
    material = around(cell, ALGINATE)
    pull = cell.contract(material, IDENTITY, 0.3, 3.0 * contraction)
    outer = cell.probe.template.radii[-1]
    shear, lame = float(material.shear[0]), float(material.lame[0])
    tension = cavity(contraction, shear, lame, outer) / contraction
    small = cavity(1e-5, shear, lame, outer) / 1e-5
    assert abs(tension / small - 1.0) > 0.01  # there is something to find
    assert pull.secant / pull.linear - 1.0 == pytest.approx(tension / small - 1.0, rel=0.1)
    assert pull.converged


def test_neo_hookean_gel_hardly_differs_from_linear(cell) -> None:
    pulls = [cell.pull(around(cell, ALGINATE), Z, 0.3, s) for s in (0.05, 0.1)]
    ratio = np.array([p.secant / p.linear for p in pulls])
    assert np.abs(ratio - 1.0).max() < 0.02
    assert pulls[1].linear == pytest.approx(ALGINATE.isotropic_modulus, rel=0.01)


def test_buckling_fibres_carry_the_pull_further(cell) -> None:
    even = cell.pull(around(cell, ALGINATE), Z, 0.3, 0.1)
    for collagen in (Collagen(1.2), Collagen(1.2, law=SemiAffineChoice())):
        gel = build_gel(Ink("a", None, collagen))
        pull = cell.pull(around(cell, gel), Z, gel.poisson_ratio, 0.1)
        assert pull.converged
        assert pull.secant < 0.8 * pull.linear  # pressed fibres at the cell's waist give way
        assert pull.reach > 1.1 * even.reach
        assert pull.exponent < even.exponent - 0.1


def test_wavy_fibres_are_recruited(cell) -> None:
    # little crimp, gone at a stretch of 2.5 %; 5 mg/mL in a gel too soft to hold it
    wavy = Collagen(5.0, waviness=Waviness(0.5, 10.0))
    gel = build_gel(Ink("a", Alginate(youngs_modulus=0.2), None, wavy, alignment=0.6))
    material = around(cell, gel)
    ratio = []
    for contraction in (0.02, 0.06, 0.12):
        pull = cell.pull(material, Z, gel.poisson_ratio, contraction)
        assert pull.converged
        ratio.append(pull.secant / pull.linear)
    assert (np.diff(ratio) > 0.0).all()
    assert ratio[-1] > 1.1


def test_turning_gel_and_cell_together_changes_nothing(cell) -> None:
    axis = np.array([0.6, 0.0, 0.8])
    pulls = []
    for seed in range(3):
        turn = Rotation.random(random_state=seed).as_matrix() if seed else np.eye(3)
        material = around(cell, STRAIGHT, turn)
        pulls.append(cell.pull(material, turn @ axis, STRAIGHT.poisson_ratio, 0.1))
    for name in ("secant", "linear", "reach"):
        values = np.array([getattr(p, name) for p in pulls])
        assert np.ptp(values) / values.mean() < 0.01, name


def test_axis_has_no_sign(cell) -> None:
    material = around(cell, STRAIGHT)
    here, there = (cell.pull(material, s * Z, 0.3, 0.08) for s in (1.0, -1.0))
    assert here == there


def test_refining_the_template_changes_little(cell) -> None:
    from solver.mechanics.contraction import ContractingCell

    fine = ContractingCell(TEMPLATES["fine"], RADIUS)
    gel = build_gel(Ink("a", None, Collagen(1.2)))
    coarse_pull, fine_pull = (c.pull(around(c, gel), Z, 0.3, 0.1) for c in (cell, fine))
    for name in ("secant", "linear", "reach", "exponent"):
        assert getattr(coarse_pull, name) == pytest.approx(getattr(fine_pull, name), rel=0.03)


def test_strained_gel_is_pulled_as_the_probe_feels_it(cell) -> None:
    from solver.materials.prestrain import incremental

    f0 = np.diag([1.03, 0.98, 1.06])
    n = len(cell.probe.widths)
    offsets = cell.probe.points(np.zeros(3))
    here = np.linalg.norm(offsets, axis=1) < cell.probe.template.radii[-2] * RADIUS
    gradient = np.where(here[:, None, None], f0, np.eye(3))
    material = StrainedMaterial(around(cell, STRAIGHT), gradient)
    m = dyads(Z)
    compliance = cell.probe.compliance(*incremental(material, n))
    expected = (m @ cell.probe.uniform(0.3) @ m) / (m @ compliance @ m)
    pull = cell.pull(material, Z, 0.3, 1e-5)
    assert pull.linear == pytest.approx(expected, rel=1e-6)
    assert pull.secant == pytest.approx(expected, rel=1e-4)
    assert cell.pull(material, Z, 0.3, 0.1).converged


@dataclass(frozen=True)
class Block:
    """Gel without end, printed along z."""

    inks: tuple[str, ...] = ("a",)
    substrate_height: float | None = None

    def free_surface_distance(self, x: np.ndarray) -> np.ndarray:
        return np.full(len(x), -1e6)

    def ink(self, x: np.ndarray) -> np.ndarray:
        return np.zeros(len(x), dtype=np.int64)

    def print_direction(self, x: np.ndarray) -> np.ndarray:
        return np.broadcast_to(Z, x.shape)


def settings(**more) -> ProbeSettings:
    return ProbeSettings(
        MaterialField(Block(), (STRAIGHT,)), RADIUS, graded((1, 1, 1, 1, 1, 1)), **more
    )


def test_cells_are_shared_out_and_answer_as_one_does() -> None:
    from solver.mechanics.contraction import ContractingCell, contract_cells

    axes = np.array([[0.0, 0.0, 2.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    sites, done = np.zeros((4, 3)), []
    state = Prestrain(np.zeros((1, 3)), np.diag([1.0, 1.0, 1.03])[None], np.zeros((1, 3)))
    shared = settings(prestrain=state)
    pool = contract_cells(sites, axes, shared, contraction=0.05, workers=2, advance=done.append)
    assert sum(done) == 4
    assert pool.converged.all()
    assert np.allclose(np.linalg.norm(pool.axis, axis=1), 1.0)
    one = ContractingCell(shared.template, RADIUS)
    material = next(shared.gels_around(sites[0], one.probe))
    alone = one.pull(material, axes[0], STRAIGHT.poisson_ratio, 0.05)
    assert alone.secant == pytest.approx(pool.secant[0], rel=1e-12)
    assert alone.reach == pytest.approx(pool.range_um[0], rel=1e-12)
    assert pool.linear[0] > 1.2 * pool.linear[1]  # along the fibres and across


@dataclass(frozen=True)
class OnGlass(Block):
    """Gel on glass at z = 0, bathed above z = 30 µm."""

    substrate_height: float | None = 0.0

    def free_surface_distance(self, x: np.ndarray) -> np.ndarray:
        return x[:, 2] - 30.0


def test_a_cell_between_glass_and_a_free_face_contracts() -> None:
    # ten orders of stiffness: glass 1e4 and free space 1e-6 beside gel
    from solver.mechanics.contraction import contract_cells

    coarse = graded((1, 1, 1, 1, 1, 1))
    material = MaterialField(OnGlass(), (STRAIGHT,))
    sites = np.array([[0.0, 0.0, 10.0], [0.0, 0.0, 19.0]])
    found = contract_cells(
        sites, np.tile(Z, (2, 1)), ProbeSettings(material, RADIUS, coarse, coarse)
    )
    assert found.converged.all()
    assert found.linear[0] > 1.2 * found.linear[1]  # towards the glass and away from it
    assert (found.secant < found.linear).all()


@dataclass(frozen=True)
class Torn:
    """A material that has no answer beyond a stretch of 1.1 along z."""

    material: PointMaterial

    @property
    def lame(self) -> np.ndarray:
        return self.material.lame

    @property
    def shear(self) -> np.ndarray:
        return self.material.shear

    def respond(self, c: np.ndarray, *, volumetric: bool = True) -> Response:
        answer = self.material.respond(c, volumetric=volumetric)
        answer.stress[c[:, 2] > 1.1**2] = np.nan
        return answer


class TearingGel(ProbeSettings):
    """Gel that tears."""

    def gels_around(self, site, probe) -> Iterator[PointMaterial]:
        for material in super().gels_around(site, probe):
            yield Torn(material)


def test_a_contraction_out_of_reach_is_told() -> None:
    from solver.mechanics.contraction import contract_cells

    site, whole = np.array([[1.0, 2.0, 3.0]]), settings()
    tearing = TearingGel(whole.material, RADIUS, whole.template)
    found = contract_cells(site, Z[None], tearing, contraction=0.2)
    assert not found.converged[0]
    assert 0.05 < found.strain[0] < 0.2
    for value in (found.secant, found.linear, found.range_um, found.exponent):
        assert np.isfinite(value).all()
    with pytest.raises(SolveError, match=r"cell at \(1.0, 2.0, 3.0\) um: it cannot contract"):
        contract_cells(site, Z[None], tearing, contraction=0.2, strict=True)
    with pytest.raises(InputError):
        contract_cells(site, Z[None], whole, contraction=0.0)
