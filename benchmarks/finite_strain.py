"""The finite-strain solve against FElupe: same mesh, law, supports, load steps and quadrature.

A slab of neo-Hookean gel (ν 0.3) between bonded plates. FElupe is not part of the environment
(it is under the GPL); it needs nothing but NumPy and SciPy. Get it into a folder of its own::

    python3 -m pip install --no-deps --target ~/felupe felupe
    environment/enter python benchmarks/finite_strain.py --felupe ~/felupe

or into a Python that already has DOLFINx with ``pip install "dormatrix[bench]"``.

FElupe is timed as it comes (SciPy's SuperLU) and with the factorisation that we use (MUMPS, LDLᵀ):
the second says what assembly and all the rest cost. Ours also maps surface tags, samples the
material field, follows the force, and gathers stress and stiffness.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

from meshes.occ import mesh_scaffold
from meshes.slab import Slab
from meshes.tetmesh import TetMesh
from solver.materials import Alginate, Ink, MaterialField, build_gel
from solver.materials.finite_field import FiniteField
from solver.mechanics.finite_scaffold import solve_scaffold_finite
from solver.mechanics.newton import StepControl
from solver.mechanics.scaffold import Compression

MISSING = """FElupe is missing: this benchmark compares with it. Get it into a folder with

    python3 -m pip install --no-deps --target ~/felupe felupe

and name the folder:

    environment/enter python benchmarks/finite_strain.py --felupe ~/felupe"""
E, POISSON = 3.0, 0.3


class Answer(NamedTuple):
    """Displacement of the vertices (µm), Newton iterations, unknowns."""

    displacement: np.ndarray
    newton: int
    dofs: int


def superlu(a: Any, b: np.ndarray) -> np.ndarray:
    """What FElupe takes by default."""
    from scipy.sparse.linalg import spsolve

    return spsolve(a, b)


def mumps(a: Any, b: np.ndarray) -> np.ndarray:
    """What our solve takes at this size."""
    a = a.tocsr()
    matrix = PETSc.Mat().createAIJ(a.shape, csr=(a.indptr, a.indices, a.data), comm=MPI.COMM_SELF)
    matrix.setOption(PETSc.Mat.Option.SYMMETRIC, True)
    right = PETSc.Vec().createWithArray(np.ascontiguousarray(b).ravel(), comm=MPI.COMM_SELF)
    x = right.duplicate()
    ksp = PETSc.KSP().create(MPI.COMM_SELF)
    ksp.setType("preonly")
    ksp.getPC().setType("cholesky")
    ksp.getPC().setFactorSolverType("mumps")
    ksp.setOperators(matrix)
    ksp.solve(right, x)
    return x.array.copy()


def theirs(mesh: TetMesh, height: float, strain: float, steps: int, solver: Callable) -> Answer:
    """FElupe with quadratic tetrahedra."""
    import felupe

    quadratic = felupe.Mesh(mesh.points, mesh.cells, "tetra").add_midpoints_edges()
    region = felupe.RegionQuadraticTetra(quadratic)
    field = felupe.FieldContainer([felupe.Field(region, dim=3)])
    lame, shear = E * POISSON / ((1 + POISSON) * (1 - 2 * POISSON)), E / (2 * (1 + POISSON))
    body = felupe.SolidBody(felupe.NeoHookeCompressible(mu=shear, lmbda=lame), field)
    z = quadratic.points[:, 2]
    boundaries = {
        "glass": felupe.Boundary(field[0], mask=np.isclose(z, 0.0)),
        "plate": felupe.Boundary(field[0], mask=np.isclose(z, height), skip=(1, 1, 0)),
        "bond": felupe.Boundary(field[0], mask=np.isclose(z, height), skip=(0, 0, 1)),
    }
    iterations = 0
    for k in range(steps):
        boundaries["plate"].update(-(k + 1) / steps * strain * height)
        free, held = felupe.dof.partition(field, boundaries)
        found = felupe.newtonrhapson(
            items=[body],
            dof0=free,
            dof1=held,
            ext0=felupe.dof.apply(field, boundaries, free),
            solver=solver,
            verbose=0,
        )
        iterations += found.iterations
    return Answer(field[0].values[: len(mesh.points)], iterations, field[0].values.size)


def ours(mesh: TetMesh, slab: Slab, strain: float, steps: int) -> Answer:
    """The product's own solve."""
    ink = Ink("gel", Alginate(youngs_modulus=E, poisson_ratio=POISSON))
    found = solve_scaffold_finite(
        mesh,
        FiniteField(MaterialField(slab, (build_gel(ink),))),
        Compression(strain=strain),
        height=slab.height,
        footprint_area=slab.footprint_area,
        comm=MPI.COMM_SELF,
        formulation="displacement",
        control=StepControl(first=1.0 / steps),
    )
    return Answer(found.displacement, found.newton_iterations, found.n_dofs)


def timed(work: Callable[[], Answer], repeat: int) -> tuple[Answer, float]:
    """An answer and the least processor time of a few runs, s."""
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        answer = work()
        seconds.append(time.process_time() - start)
    return answer, min(seconds)


def main() -> int:
    """Print the table; 1 where the answers differ by more than 1 %, 2 without FElupe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, nargs="+", default=[45.0, 32.0], help="edge, um")
    parser.add_argument("--strain", type=float, default=0.2)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--felupe", type=Path, help="folder that FElupe was installed into")
    wanted = parser.parse_args()
    if wanted.felupe is not None:
        sys.path.append(str(wanted.felupe.expanduser()))
    try:
        import felupe
    except ImportError:
        print(f"skipped. {MISSING}")  # not a failure: `make bench` goes on with what is there
        return 0
    slab = Slab(size=(400.0, 300.0, 200.0), inks=("gel",))
    load = (wanted.strain, wanted.steps)
    print(f"{load[0]:.0%} compression in {load[1]} steps, FElupe {felupe.__version__}")
    ours(mesh_scaffold(slab, size=90.0), slab, *load)  # compiles
    worst = 0.0
    for size in wanted.size:
        mesh = mesh_scaffold(slab, size=size)
        we, seconds = timed(lambda m=mesh: ours(m, slab, *load), wanted.repeat)  # type: ignore[misc]
        print(f"\n{len(mesh.cells)} quadratic tetrahedra, {we.dofs} dofs")
        print(f"{'':20s}{'s':>8s}{'Newton':>8s}{'ratio':>8s}{'displacement':>14s}")
        print(f"{'dormatrix':20s}{seconds:8.2f}{we.newton:8d}")
        for solver in (superlu, mumps):
            they, theirs_seconds = timed(
                lambda m=mesh, s=solver: theirs(m, slab.height, *load, s),  # type: ignore[misc]
                wanted.repeat,
            )
            difference = float(
                np.linalg.norm(we.displacement - they.displacement)
                / np.linalg.norm(they.displacement)
            )
            worst = max(worst, difference)
            print(
                f"{f'FElupe, {solver.__name__}':20s}{theirs_seconds:8.2f}{they.newton:8d}"
                f"{seconds / theirs_seconds:8.3f}{difference:14.1e}"
            )
    return int(worst > 0.01)


if __name__ == "__main__":
    sys.exit(main())
