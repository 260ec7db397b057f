"""A cell near a plane, solved on a mesh of its own that conforms to the plane.

Nothing of the cell probe is used: Gmsh meshes the half-space problem finely in a ball of 14 radii,
quadratic elements solve it, and the result is compared with the closed form of the infinite medium.
"""

from __future__ import annotations

import numpy as np


def conforming_compliance(
    distance: float, kind: str, poisson: float, h: float = 0.15
) -> np.ndarray:
    """M ``(6, 6)`` for a sphere of radius 1, E = 1, a plane at z = −distance.

    ``kind`` is ``free`` (nothing below the plane), ``glass`` (rigid below) or ``none`` (no plane).
    """
    import dolfinx.fem.petsc as fem_petsc
    import gmsh
    import ufl
    from dolfinx import fem
    from dolfinx import mesh as dmesh
    from mpi4py import MPI
    from petsc4py import PETSc

    from solver import _dolfinx

    outer = 14.0
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        occ = gmsh.model.occ
        ball = [(3, occ.addSphere(0, 0, 0, outer))]
        if kind != "none":
            below = occ.addBox(-20, -20, -20, 40, 40, 20 - distance)
            ball, _ = occ.cut(ball, [(3, below)])
        occ.cut(ball, [(3, occ.addSphere(0, 0, 0, 1.0))])
        occ.synchronize()
        gmsh.model.addPhysicalGroup(3, [tag for _, tag in gmsh.model.getEntities(3)], 1)
        field = gmsh.model.mesh.field
        near = field.add("MathEval")
        field.setString(near, "F", f"{h} + 0.36 * (Sqrt(x*x + y*y + z*z) - 1)")
        field.setAsBackgroundMesh(near)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.option.setNumber("Mesh.MeshSizeFromPoints", 0)
        gmsh.model.mesh.generate(3)
        tags, xyz, _ = gmsh.model.mesh.getNodes()
        cells = gmsh.model.mesh.getElementsByType(4)[1].reshape(-1, 4)
    finally:
        gmsh.finalize()
    number = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    number[tags] = np.arange(len(tags))
    domain = _dolfinx.create_mesh(MPI.COMM_SELF, xyz.reshape(-1, 3), number[cells])
    space = fem.functionspace(domain, ("Lagrange", 2, (3,)))
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    lame = poisson / ((1 + poisson) * (1 - 2 * poisson))
    shear = 1 / (2 * (1 + poisson))

    def stress(w):
        e = ufl.sym(ufl.grad(w))
        return lame * ufl.tr(e) * ufl.Identity(3) + 2 * shear * e

    form = fem.form(ufl.inner(stress(u), ufl.sym(ufl.grad(v))) * ufl.dx)

    def held(x):
        far = np.linalg.norm(x, axis=0) > outer * (1 - 1e-6)
        return far | (x[2] < -distance + 1e-6) if kind == "glass" else far

    facets = dmesh.locate_entities_boundary(domain, 2, held)
    dofs = fem.locate_dofs_topological(space, 2, facets)
    condition = fem.dirichletbc(np.zeros(3), dofs, space)
    inner = dmesh.locate_entities_boundary(
        domain, 2, lambda x: np.linalg.norm(x, axis=0) < 1.0 + 1e-6
    )
    mark = dmesh.meshtags(domain, 2, np.sort(inner), np.ones(len(inner), dtype=np.int32))
    ds = ufl.Measure("ds", domain, subdomain_data=mark)(1)
    n = -ufl.FacetNormal(domain)
    volume = fem.assemble_scalar(fem.form(ufl.inner(ufl.SpatialCoordinate(domain), n) / 3 * ds))
    matrix = fem_petsc.assemble_matrix(form, bcs=[condition])
    matrix.assemble()
    solver = PETSc.KSP().create(MPI.COMM_SELF)
    solver.setType("preonly")
    solver.getPC().setType("cholesky")
    solver.getPC().setFactorSolverType("mumps")
    solver.setOperators(matrix)
    root2 = np.sqrt(2)
    loads, answers = [], []
    for k in range(6):
        tau = np.zeros((3, 3))
        i, j = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)][k]
        tau[i, j] = tau[j, i] = 1.0 if i == j else 1 / root2
        load = fem_petsc.assemble_vector(
            fem.form(ufl.inner(ufl.dot(ufl.as_matrix(tau.tolist()), n), v) * ds)
        )
        fem_petsc.set_bc(load, [condition])
        answer = load.duplicate()
        solver.solve(load, answer)
        loads.append(load.array.copy())
        answers.append(answer.array.copy())
    return np.array(loads) @ np.array(answers).T / volume
