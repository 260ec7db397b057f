"""The scaffold solve against a bare DOLFINx script of the same problem, in turns in one process.

Both get the same mesh as arrays, the same stiffness per cell and the same solver options. Ours
also maps surface tags, samples the material, and gathers displacement, strain and stress.
Prints degrees of freedom per second of processor time and the ratio of the two.
"""

from __future__ import annotations

import argparse
import statistics
import time

import basix.ufl
import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from dolfinx import mesh as dolfinx_mesh
from mpi4py import MPI
from petsc4py import PETSc

from meshes.occ import mesh_scaffold
from meshes.tetmesh import TetMesh
from meshes.woodpile import Woodpile
from solver import _dolfinx
from solver.materials import (
    Alginate,
    Collagen,
    Heterogeneity,
    Ink,
    MaterialField,
    Waviness,
    build_gel,
)
from solver.mechanics.elasticity import SOLVER_OPTIONS
from solver.mechanics.scaffold import Compression, solve_scaffold


def bare(mesh: TetMesh, stiffness: np.ndarray, height: float) -> tuple[float, int]:
    """The shortest DOLFINx script for the same compression; returns the energy and dofs."""
    domain = ufl.Mesh(basix.ufl.element("Lagrange", "tetrahedron", 1, shape=(3,)))
    args = (domain, mesh.points) if _dolfinx.VERSION >= (0, 10) else (mesh.points, domain)
    msh = dolfinx_mesh.create_mesh(MPI.COMM_SELF, mesh.cells, *args)
    space = fem.functionspace(msh, ("Lagrange", 2, (3,)))
    tensor = fem.functionspace(msh, ("DG", 0, (6, 6)))
    c = fem.Function(tensor)
    c.x.array[:] = stiffness[msh.topology.original_cell_index].ravel()
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)

    def strain(w):  # type: ignore[no-untyped-def]
        e, r = ufl.sym(ufl.grad(w)), float(np.sqrt(2))
        return ufl.as_vector([e[0, 0], e[1, 1], e[2, 2], r * e[1, 2], r * e[0, 2], r * e[0, 1]])

    a = fem.form(ufl.inner(ufl.dot(c, strain(u)), strain(v)) * ufl.dx)
    conditions = []
    for z, value in ((0.0, 0.0), (height, -0.05 * height)):
        facets = dolfinx_mesh.locate_entities_boundary(msh, 2, lambda x, z=z: np.isclose(x[2], z))
        dofs = fem.locate_dofs_topological(space, 2, facets)
        conditions.append(fem.dirichletbc(np.array([0.0, 0.0, value]), dofs, space))
    zero = fem.Constant(msh, np.zeros(3))
    b = fem_petsc.assemble_vector(fem.form(ufl.inner(zero, v) * ufl.dx))
    matrix = fem_petsc.assemble_matrix(a, bcs=conditions)
    matrix.assemble()
    fem_petsc.apply_lifting(b, [a], [conditions])
    fem_petsc.set_bc(b, conditions)
    x = space.tabulate_dof_coordinates() - mesh.points.mean(axis=0)
    modes = [np.tile(row, (len(x), 1)) for row in np.eye(3)]
    modes += [np.cross(axis, x) for axis in np.eye(3)]
    q, _ = np.linalg.qr(np.array([m.ravel() for m in modes]).T)
    vectors = []
    for column in q.T:
        vector = b.duplicate()
        vector.array[:] = column
        vectors.append(vector)
    matrix.setNearNullSpace(PETSc.NullSpace().create(vectors=vectors))
    ksp = PETSc.KSP().create(MPI.COMM_SELF)
    ksp.setOptionsPrefix("bare_")
    options = PETSc.Options()
    for key, value in SOLVER_OPTIONS.items():
        options[f"bare_{key}"] = value
    ksp.setOperators(matrix)
    ksp.setFromOptions()
    answer = fem.Function(space)
    ksp.solve(b, answer.x.petsc_vec)
    e = strain(answer)
    energy = fem.assemble_scalar(fem.form(0.5 * ufl.inner(ufl.dot(c, e), e) * ufl.dx))
    return float(energy), 3 * space.dofmap.index_map.size_global


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=100.0, help="target edge, um")
    parser.add_argument("--repeat", type=int, default=5)
    wanted = parser.parse_args()
    body = Woodpile(
        strand_diameter=400,
        pitch=1000,
        layer_height=320,
        layers=4,
        size=(2400.0, 2400.0),
        inks=("ink",),
    )
    mesh = mesh_scaffold(body, size=wanted.size)
    wavy = Collagen(0.6, Waviness(1.0, 20.0), stiffness_ratio=0.5)
    spots = Heterogeneity(0.2, 40.0)
    gel = build_gel(Ink("ink", Alginate(), Collagen(2.4), wavy, 0.6, heterogeneity=spots))
    material = MaterialField(body, (gel,))
    stiffness = material.cell_stiffness(mesh.points[mesh.cells], mesh.cell_ink)
    ours, theirs = [], []
    for turn in range(wanted.repeat + 1):
        start = time.process_time()
        solution = solve_scaffold(
            mesh,
            material,
            Compression(),
            height=body.height,
            footprint_area=body.footprint_area,
            comm=MPI.COMM_SELF,
        )
        middle = time.process_time()
        energy, dofs = bare(mesh, stiffness, body.height)
        end = time.process_time()
        # the same problem: same energy
        assert abs(2 * energy / (0.05 * body.height) / solution.force - 1) < 1e-6
        if turn:  # the first turn compiles
            ours.append(middle - start)
            theirs.append(end - middle)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(f"{len(mesh.cells)} quadratic tetrahedra, {dofs} dofs, {solution.iterations} iterations")
    print(f"{'':12s}{'s (median)':>12s}{'dofs/s':>12s}")
    for name, seconds in (("dormatrix", ours), ("bare DOLFINx", theirs)):
        t = statistics.median(seconds)
        print(f"{name:12s}{t:12.2f}{dofs / t:12.0f}")
    print(f"ratio, pair by pair (median): {ratio:.3f}")


if __name__ == "__main__":
    main()
