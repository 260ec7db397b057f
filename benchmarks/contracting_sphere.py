"""A sphere that contracts in collagen, by dormatrix and by saenopy: same mesh, law and supports.

The sphere (8 µm) shrinks by a given share, the outer sphere is held; linear tetrahedra, the
semi-affine law of collagen I at 1.2 mg/mL (10.1038/nmeth.3685), fibres alone without a matrix.
saenopy sums over directions of its own, which are not even; dormatrix is also run with them, so
that what the directions do and what the programs do are told apart.

saenopy is no part of the environment. Put it, without what only its windows need, in a folder::

    environment/enter python -m pip install --no-deps --only-binary :all: --target FOLDER \\
        numba llvmlite natsort tqdm openpiv scikit-image lazy_loader imageio tifffile
    environment/enter python -m pip install --no-deps --target FOLDER saenopy
    environment/enter python benchmarks/contracting_sphere.py --packages FOLDER
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from solver.materials.fibres import SemiAffine
from solver.materials.fibres.network import AngularNetwork
from solver.materials.hyperelastic import Response
from solver.materials.odf import Orientation
from solver.materials.tensors import FloatArray
from solver.mechanics.template import IntArray, Template, build, graded

RADIUS = 8.0
TEMPLATES = {
    "coarse": graded((2, 2, 2, 1, 1, 1, 1, 1)),
    "medium": graded((3, 3, 3, 3, 2, 2, 2, 2, 2, 2)),
}
LAW = SemiAffine(stiffness=1.645, buckling=0.0008, linear_range=0.0075, stiffening=0.033)  # kPa


@dataclass(frozen=True, eq=False)
class Problem:
    """Mesh and prescribed displacement (NaN where free), µm."""

    points: FloatArray
    cells: IntArray
    prescribed: FloatArray

    @classmethod
    def of(cls, template: Template, contraction: float) -> Problem:
        """A contracting sphere in a ball that is held outside."""
        x, cells = build(template)
        distance = np.linalg.norm(x, axis=1)
        u = np.full(x.shape, np.nan)
        inner = np.isclose(distance, 1.0)
        u[inner] = -contraction * RADIUS * x[inner]
        u[np.isclose(distance, template.radii[-1])] = 0.0
        return cls(RADIUS * x, cells, u)


@dataclass(frozen=True, eq=False)
class Fibres:
    """An even network alone at ``n`` points, as :class:`TotalLagrangian` takes it."""

    network: AngularNetwork
    n: int

    @property
    def lame(self) -> FloatArray:
        """Of an affine network, φE/15."""
        return np.full(self.n, LAW.stiffness / 15.0)

    @property
    def shear(self) -> FloatArray:
        """Of an affine network, φE/15."""
        return self.lame

    def respond(self, c: FloatArray, *, volumetric: bool = True) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)``."""
        return Response(*self.network.respond(c))


def ours(problem: Problem, directions: FloatArray, weights: FloatArray) -> tuple[FloatArray, str]:
    """Displacement of the nodes ``(n, 3)`` µm, and how it was found."""
    from dolfinx import fem
    from mpi4py import MPI

    from solver import _dolfinx
    from solver.mechanics.finite import advance
    from solver.mechanics.newton import Newton
    from solver.mechanics.total_lagrangian import TotalLagrangian

    network = AngularNetwork(LAW, directions, weights)
    mesh = _dolfinx.create_mesh(MPI.COMM_SELF, problem.points, problem.cells)
    system = TotalLagrangian(mesh, lambda x: Fibres(network, len(x)), degree=1)
    # nodes of the finite elements in the order of the points
    vertex = np.empty(len(problem.points), dtype=np.int64)
    dofs = system.space.dofmap.list
    vertex[mesh.geometry.input_global_indices[mesh.geometry.dofmap.ravel()]] = dofs.ravel()
    goal, held = fem.Function(system.space), fem.Function(system.space)
    fixed = np.flatnonzero(np.isfinite(problem.prescribed).all(axis=1))
    goal.x.array.reshape(-1, 3)[vertex[fixed]] = problem.prescribed[fixed]

    def apply(share: float) -> None:
        held.x.array[:] = share * goal.x.array

    newton = Newton(system, [fem.dirichletbc(held, vertex[fixed].astype(np.int32))])
    records = advance(newton, apply)
    iterations = sum(record.newton for record in records)
    how = f"{len(records)} steps, {iterations} iterations"
    return system.u.x.array.reshape(-1, 3)[vertex], how


def theirs(
    problem: Problem,
    directions: FloatArray,
    weights: FloatArray,
    *,
    step: float,
    accuracy: float,
) -> tuple[FloatArray, str]:
    """The same by saenopy, for which all directions weigh alike."""
    import saenopy
    from saenopy.materials import SemiAffineFiberMaterial

    assert np.ptp(weights) == 0.0
    solver: Any = saenopy.Solver()
    solver.setNodes(problem.points)
    solver.setTetrahedra(problem.cells)
    solver.setMaterialModel(
        SemiAffineFiberMaterial(LAW.stiffness, LAW.buckling, LAW.linear_range, LAW.stiffening)
    )
    solver.setBoundaryCondition(problem.prescribed)
    solver.setBeams(directions)
    record = solver.solve_boundarycondition(stepper=step, rel_conv_crit=accuracy, i_max=600)
    return solver.U.copy(), f"{len(record) - 1} iterations"


def unevenness(directions: FloatArray, weights: FloatArray) -> float:
    """Largest deviation of the fourth moments from even, relative to 1/5."""
    n2 = directions**2
    fourth = np.einsum("d,di,dj->ij", weights, n2, n2)
    return float(5.0 * np.abs(fourth - (np.ones((3, 3)) + 2.0 * np.eye(3)) / 15.0).max())


def distance(u: FloatArray, other: FloatArray) -> float:
    """Largest difference of two displacements over the largest displacement."""
    off, size = np.linalg.norm(u - other, axis=1), np.linalg.norm(other, axis=1)
    return float(off.max() / size.max())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--packages", help="folder that holds saenopy")
    parser.add_argument("--mesh", choices=list(TEMPLATES), default="coarse")
    parser.add_argument("--contraction", type=float, default=0.2)
    wanted = parser.parse_args()
    if wanted.packages:
        sys.path.append(wanted.packages)
    try:
        from saenopy.buildBeams import buildBeams
    except ImportError:
        # not a failure: `make bench` goes on with what is there
        print("skipped, saenopy is missing: the head of this script says how to get it")
        return

    problem = Problem.of(TEMPLATES[wanted.mesh], wanted.contraction)
    warm = Problem.of(graded((1, 1, 1)), 0.05)
    even = Orientation.isotropic()
    rules = {"own": even.quadrature(), "own fine": even.quadrature(fine=True)}
    for wish in (300, 3000):  # saenopy's default, and a fine one
        beams = buildBeams(wish)
        rules[f"saenopy's {wish}"] = beams, np.full(len(beams), 1.0 / len(beams))
    print(f"{len(problem.points)} nodes, {len(problem.cells)} cells, {wanted.contraction:.0%}")
    for rule, (directions, weights) in rules.items():
        off = unevenness(directions, weights)
        print(f"directions {rule}: {len(weights)}, fourth moments off by {off:.1e}")
    runs: list[tuple[str, str, Any]] = [("dormatrix", rule, ours) for rule in rules]
    converged = partial(theirs, step=0.33, accuracy=1e-7)
    runs += [("saenopy", f"saenopy's {wish}", converged) for wish in (300, 3000)]
    as_it_comes = partial(theirs, step=0.066, accuracy=0.01)
    runs.append(("saenopy as it comes", "saenopy's 300", as_it_comes))
    found: list[tuple[FloatArray, float, str]] = []
    for _, rule, solve in runs:
        solve(warm, *rules[rule])  # what is compiled once is not counted
        start = time.perf_counter()
        u, note = solve(problem, *rules[rule])
        found.append((u, time.perf_counter() - start, note))
    answers = {rule: u for rule, (u, _, _) in zip(rules, found, strict=False)}
    print(f"\n{'program':21s}{'directions':17s}{'s':>8s}{'times':>8s}{'off':>8s}{'own fine':>10s}")
    for (program, rule, _), (u, seconds, note) in zip(runs, found, strict=True):
        same, fine = distance(u, answers[rule]), distance(u, answers["own fine"])
        row = f"{program:21s}{rule:17s}{seconds:8.2f}{seconds / found[0][1]:8.1f}"
        print(f"{row}{same:8.2%}{fine:10.2%}  {note}")
    print(
        "times: over the first row; off: largest difference of displacement to dormatrix with the "
        "same\ndirections, own fine: to dormatrix with its fine rule, over the largest displacement"
    )


if __name__ == "__main__":
    main()
