"""The scaffold solve: exact moduli of slabs, bounds and convergence of a woodpile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from meshes.occ import mesh_scaffold
from meshes.slab import Slab
from meshes.woodpile import Woodpile
from solver.materials import Alginate, Collagen, Heterogeneity, Ink, MaterialField, build_gel
from solver.mechanics.scaffold import Compression, ScaffoldSolution, solve_scaffold

pytestmark = pytest.mark.dolfinx
SIZE = (400.0, 300.0, 200.0)
ALONG_X = (1.0, 0.0, 0.0)


def compress_slab(gel, load: Compression, degree: int = 1, mesh_size: float = 70.0):
    from mpi4py import MPI

    slab = Slab(size=SIZE, inks=(gel.ink.name,), direction=ALONG_X)
    mesh = mesh_scaffold(slab, size=mesh_size)
    solution = solve_scaffold(
        mesh,
        MaterialField(slab, (gel,)),
        load,
        height=slab.height,
        footprint_area=slab.footprint_area,
        comm=MPI.COMM_SELF,
        degree=degree,
    )
    return mesh, solution


FRICTIONLESS = {"plate": "frictionless", "substrate": "frictionless"}
ISOTROPIC = build_gel(Ink("gel", Alginate(youngs_modulus=3.0)))
FIBROUS = build_gel(Ink("gel", Alginate(), Collagen(3.0), alignment=0.6))


def test_unconfined_slab_has_youngs_modulus() -> None:
    mesh, solution = compress_slab(ISOTROPIC, Compression(strain=0.04, **FRICTIONLESS))
    assert solution.apparent_modulus == pytest.approx(3.0, rel=1e-6)
    assert solution.force == pytest.approx(3.0 * 0.04 * SIZE[0] * SIZE[1], rel=1e-6)
    # uniform: strain (nu, nu, -1) · 4 %, stress only along z, in every cell
    assert np.allclose(solution.strain, [0.012, 0.012, -0.04, 0, 0, 0], atol=1e-7)
    assert np.allclose(solution.stress, [0, 0, -0.12, 0, 0, 0], atol=1e-6)
    # every point moves in proportion, up to the sliding and turning that no friction forbids
    rest = solution.displacement - mesh.points * [0.012, 0.012, -0.04]
    assert np.allclose(rest[:, 2], 0, atol=1e-6)
    x, y = mesh.points[:, 0], mesh.points[:, 1]
    one, zero = np.ones_like(x), np.zeros_like(x)
    rigid = np.concatenate([np.column_stack([one, zero, -y]), np.column_stack([zero, one, x])])
    sideways = rest[:, :2].T.ravel()
    fitted = rigid @ np.linalg.lstsq(rigid, sideways, rcond=None)[0]
    assert np.allclose(sideways, fitted, atol=1e-6)


def test_confined_slab_has_the_confined_modulus() -> None:
    # E (1-nu)/((1+nu)(1-2nu)) = 3·0.7/(1.3·0.4) = 4.03846
    load = Compression(sides="confined", **FRICTIONLESS)
    _, solution = compress_slab(ISOTROPIC, load)
    assert solution.apparent_modulus == pytest.approx(3 * 0.7 / (1.3 * 0.4), rel=1e-6)
    assert np.allclose(solution.strain[:, :2], 0, atol=1e-8)


def test_fibres_across_the_load_give_the_modulus_across() -> None:
    _, solution = compress_slab(FIBROUS, Compression(**FRICTIONLESS))
    assert solution.apparent_modulus == pytest.approx(FIBROUS.e_cross, rel=1e-6)
    # the fibres keep the gel from spreading along x: less than along y
    strain = solution.strain.mean(axis=0)
    assert 0 < strain[0] < strain[1]


def test_strain_does_not_change_a_linear_modulus() -> None:
    a, b = (compress_slab(ISOTROPIC, Compression(strain=s))[1] for s in (0.01, 0.1))
    assert a.apparent_modulus == pytest.approx(b.apparent_modulus, rel=1e-7)


def test_bonded_faces_stiffen_between_young_and_confined() -> None:
    _, solution = compress_slab(ISOTROPIC, Compression(), degree=2)
    assert 3.0 < solution.apparent_modulus < 3 * 0.7 / (1.3 * 0.4)


def woodpile(mesh_size: float, gel=ISOTROPIC) -> tuple[ScaffoldSolution, float]:
    from mpi4py import MPI

    body = Woodpile(
        strand_diameter=400,
        pitch=800,
        layer_height=320,
        layers=2,
        size=(1200.0, 1200.0),
        inks=("gel",),
    )
    mesh = mesh_scaffold(body, size=mesh_size)
    solution = solve_scaffold(
        mesh,
        MaterialField(body, (gel,)),
        Compression(),
        height=body.height,
        footprint_area=body.footprint_area,
        comm=MPI.COMM_SELF,
    )
    return solution, float(mesh.exact_volumes.sum() / (body.footprint_area * body.height))


def test_woodpile_lies_between_the_bounds_and_converges() -> None:
    sizes = np.array([200.0, 133.0, 100.0, 80.0])
    solved = [woodpile(h) for h in sizes]
    modulus = np.array([s.apparent_modulus for s, _ in solved])
    fraction = solved[0][1]
    # Bonded plates admit the uniform strain: energy bound E_app <= f · confined modulus (Voigt);
    # with pores the Reuss bound is 0.
    assert (modulus > 0).all()
    assert (modulus < fraction * 3 * 0.7 / (1.3 * 0.4)).all()
    change = np.abs(np.diff(modulus)) / modulus[-1]
    assert change[-1] < 0.02
    assert change[-1] < change[0]
    # the pile is much softer than its solid fraction alone says: strands bend and cross
    assert modulus[-1] < 0.7 * fraction * 3.0


def test_multigrid_iterations_do_not_grow_with_the_mesh() -> None:
    coarse, fine = woodpile(160.0)[0], woodpile(80.0)[0]
    assert fine.n_dofs > 3 * coarse.n_dofs
    assert fine.iterations < 1.6 * coarse.iterations
    assert fine.iterations < 60


def test_energy_is_shared_between_stiff_and_soft_places() -> None:
    spotted = build_gel(
        Ink("gel", Alginate(youngs_modulus=3.0), heterogeneity=Heterogeneity(0.4, 80.0))
    )
    mesh, solution = compress_slab(spotted, Compression(**FRICTIONLESS), degree=2, mesh_size=40.0)
    e = 1.0 / np.linalg.inv(solution.stiffness)[:, 2, 2]
    v = mesh.volumes() / mesh.volumes().sum()
    # Reuss and Voigt bounds of the very field that was solved
    assert 1.0 / (v @ (1.0 / e)) < solution.apparent_modulus < v @ e


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")
@pytest.mark.parametrize("ranks", [2, 3])
def test_sliding_slab_on_several_ranks(ranks: int, tmp_path: Path) -> None:
    # free rigid motion, a null space that must be rigid across ranks: E again
    code = """
from mpi4py import MPI
from meshes.occ import mesh_scaffold
from meshes.slab import Slab
from solver.materials import Alginate, Ink, MaterialField, build_gel
from solver.mechanics.scaffold import Compression, solve_scaffold
slab = Slab(size=(400.0, 300.0, 200.0), inks=("gel",))
field = MaterialField(slab, (build_gel(Ink("gel", Alginate(youngs_modulus=3.0))),))
mesh = mesh_scaffold(slab, size=50.0) if MPI.COMM_WORLD.rank == 0 else None
load = Compression(plate="frictionless", substrate="frictionless")
found = solve_scaffold(mesh, field, load, height=slab.height,
                       footprint_area=slab.footprint_area, comm=MPI.COMM_WORLD, degree=1)
if MPI.COMM_WORLD.rank == 0:
    print("modulus", found.apparent_modulus)
"""
    (tmp_path / "slab.py").write_text(code)
    answer = subprocess.run(
        ["mpirun", "--oversubscribe", "-n", str(ranks), sys.executable, str(tmp_path / "slab.py")],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert float(answer.stdout.split()[-1]) == pytest.approx(3.0, rel=1e-6)
