"""Periodic displacement by elimination: ``u = H·x + T w`` with few unknowns w.

T is a selection: each dof of the mesh is one of the reduced ones, or held at zero, and the reduced
stiffness is ``TᵀKT``. Dofs are matched by their coordinates, chains over edges and corners
included. The package dolfinx_mpc does the same in parallel, but it must be built against each
release of DOLFINx and lags behind; fibre cells are small enough for one rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import dolfinx
import numpy as np
from dolfinx import fem
from mpi4py import MPI
from numpy.typing import NDArray
from petsc4py import PETSc

from meshes.errors import SolveError
from solver import _dolfinx
from solver.materials.tensors import FloatArray

IntArray = NDArray[np.int64]
_MATCH = 1e-6  # of the shortest period


class PeriodicCell(Protocol):
    """What a periodic mesh must offer; fibre cells and laminates do.

    Attributes
    ----------
    points, cells
        Tetrahedra: ``(n, 3)`` µm and ``(m, 4)``.
    phase
        Index of the material of each tetrahedron, ``(m,)``.
    size
        Periods along x, y, z, ``(3,)`` µm.
    periodic
        Which directions repeat.
    """

    @property
    def points(self) -> FloatArray: ...

    @property
    def cells(self) -> IntArray: ...

    @property
    def phase(self) -> IntArray: ...

    @property
    def size(self) -> FloatArray: ...

    @property
    def periodic(self) -> tuple[bool, bool, bool]: ...


def cell_space(cell: PeriodicCell, degree: int) -> tuple[fem.FunctionSpace, IntArray]:
    """Displacements on a periodic cell, on this rank alone, and the phase of each cell there."""
    mesh = _dolfinx.create_mesh(MPI.COMM_SELF, cell.points, cell.cells)
    space = fem.functionspace(mesh, ("Lagrange", degree, (3,)))
    return space, np.asarray(cell.phase, dtype=np.int64)[mesh.topology.original_cell_index]


@dataclass(frozen=True, eq=False)
class Reduction:
    """The map T and the macroscopic part of the displacement.

    Parameters
    ----------
    selection
        T as `scipy.sparse.csr_array`, ``(n_dofs, size)``: a single 1 in a row, or none where the
        fluctuation is held at zero.
    gradients
        ``(n_dofs, 9)`` µm: displacement of each dof under the nine unit macroscopic displacement
        gradients ``H_ij``, row by row.
    """

    selection: Any
    gradients: FloatArray

    @property
    def size(self) -> int:
        """Number of reduced unknowns."""
        return int(self.selection.shape[1])

    def expand(self, reduced: FloatArray) -> FloatArray:
        """``T w``: reduced ``(size, ...)`` to all dofs ``(n_dofs, ...)``."""
        return np.asarray(self.selection @ reduced)

    def restrict(self, full: FloatArray) -> FloatArray:
        """``Tᵀ r``: all dofs ``(n_dofs, ...)`` to ``(size, ...)``."""
        return np.asarray(self.selection.T @ full)

    @classmethod
    def of(cls, x: FloatArray, node: IntArray, free: NDArray[np.bool_]) -> Reduction:
        """From coordinates ``(n, 3)``, reduced node of each node ``(n,)``, free components."""
        from scipy.sparse import csr_array

        number = np.full(free.shape, -1, dtype=np.int64)
        number[free] = np.arange(np.count_nonzero(free))
        column = number[node].ravel()
        kept = column >= 0
        starts = np.concatenate([[0], np.cumsum(kept)])
        selection = csr_array(
            (np.ones(starts[-1]), column[kept].astype(PETSc.IntType), starts.astype(PETSc.IntType)),
            (len(column), np.count_nonzero(free)),
        )
        gradients = np.zeros((len(x), 3, 3, 3))
        for i in range(3):
            gradients[:, i, i, :] = x - x.mean(axis=0)
        return cls(selection, gradients.reshape(3 * len(x), 9))


def periodic_reduction(
    space: fem.FunctionSpace, cell: PeriodicCell, *, pores: bool = False
) -> Reduction:
    """Periodic fluctuations, without rigid motion.

    Each piece of the mesh (pieces that meet through a periodic side are one) is held at one node;
    where the sides are free, as with fibres alone, turns about the periodic axis are held too. The
    loads of a periodic cell are in equilibrium by themselves, so nothing of that takes a force.

    Parameters
    ----------
    space, cell
        As :func:`cell_space` gives the one of the other.
    pores
        Whether a cell that repeats in all directions has free surfaces, so that not every node of
        its boundary has a partner.

    Raises
    ------
    SolveError
        If a fully periodic cell without pores has a node on its boundary without a partner.
    """
    x = space.tabulate_dof_coordinates()
    node = node_classes(x, cell)
    if all(cell.periodic) and not pores:
        _check_all_matched(space, node)
    n_nodes = int(node.max()) + 1
    free = np.ones((n_nodes, 3), dtype=bool)
    piece = node_pieces(space, node, n_nodes)
    turns = not (cell.periodic[0] or cell.periodic[1])
    for k in range(int(piece.max()) + 1):
        members = np.flatnonzero(piece[node] == k)
        anchor = members[0]
        free[node[anchor]] = False
        if turns:
            arm = np.abs(x[members, :2] - x[anchor, :2])
            far = int(np.argmax(arm.max(axis=1)))
            # a turn moves the far node across its arm
            free[node[members[far]], 1 - int(np.argmax(arm[far]))] = False
    return Reduction.of(x, node, free)


def uniform_reduction(space: fem.FunctionSpace) -> Reduction:
    """Uniform strain imposed on the whole boundary: the fluctuation vanishes there."""
    x = space.tabulate_dof_coordinates()
    free = np.ones((len(x), 3), dtype=bool)
    free[_boundary_nodes(space)] = False
    return Reduction.of(x, np.arange(len(x)), free)


def node_classes(x: FloatArray, cell: PeriodicCell) -> IntArray:
    """Number of the reduced node of each node; partners, and their partners, share one.

    Parameters
    ----------
    x
        Nodes ``(n, 3)``, µm.
    cell
        Its periods.

    Raises
    ------
    SolveError
        If no node has a partner along a direction that repeats.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    tolerance = _MATCH * float(np.min(cell.size))
    tree = cKDTree(x)
    pairs = []
    for axis in np.flatnonzero(cell.periodic):
        shift = np.zeros(3)
        shift[axis] = cell.size[axis]
        distance, partner = tree.query(x + shift, distance_upper_bound=tolerance)
        low = np.flatnonzero(np.isfinite(distance))
        if len(low) == 0:
            raise SolveError(f"the cell does not repeat along {'xyz'[axis]}: no node has a partner")
        pairs.append(np.column_stack([low, partner[low]]))
    rows, columns = np.concatenate(pairs).T
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), (len(x),) * 2)
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _boundary_nodes(space: fem.FunctionSpace) -> IntArray:
    mesh = space.mesh
    mesh.topology.create_connectivity(2, 3)
    facets = dolfinx.mesh.exterior_facet_indices(mesh.topology)
    return np.asarray(fem.locate_dofs_topological(space, 2, facets), dtype=np.int64)


def _check_all_matched(space: fem.FunctionSpace, node: IntArray) -> None:
    alone = np.bincount(node)[node[_boundary_nodes(space)]] < 2
    if alone.any():
        raise SolveError(
            f"{np.count_nonzero(alone)} nodes on the sides of the cell have no partner on the "
            "opposite side"
        )


def node_pieces(space: fem.FunctionSpace, node: IntArray, n_nodes: int) -> IntArray:
    """Connected piece of each reduced node, ``(n_nodes,)``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    dofs = node[np.asarray(space.dofmap.list)]
    first = np.repeat(dofs[:, :1], dofs.shape[1] - 1, axis=1).ravel()
    graph = coo_array(
        (np.ones(len(first), dtype=np.int8), (first, dofs[:, 1:].ravel())), (n_nodes, n_nodes)
    )
    return connected_components(graph, directed=False)[1].astype(np.int64)


def definite_solver() -> str:
    """The fastest direct solver for positive definite matrices that this PETSc has."""
    for name in ("cholmod", "mumps"):
        if PETSc.Sys.hasExternalPackage(name):
            return name
    return "petsc"


def symmetric_solver() -> str:
    """A direct solver for symmetric matrices, definite or not."""
    return "mumps" if PETSc.Sys.hasExternalPackage("mumps") else "petsc"


def csr(matrix: PETSc.Mat) -> Any:
    """The matrix as `scipy.sparse.csr_array`."""
    from scipy.sparse import csr_array

    starts, columns, values = matrix.getValuesCSR()
    return csr_array((values, columns, starts), shape=matrix.getSize())


class ReducedMatrix:
    """``TᵀKT`` of matrices with one pattern, factorised again and again.

    Parameters
    ----------
    reduction
        The map T.
    solver
        PETSc's direct solver: "cholmod" for positive definite matrices, "mumps" for any symmetric
        ones.
    """

    def __init__(self, reduction: Reduction, solver: str) -> None:
        self._t = reduction.selection
        self._matrix: Any = None  # made with the first values
        self._definite = solver == "cholmod"
        self._ksp = PETSc.KSP().create(MPI.COMM_SELF)
        self._ksp.setType("preonly")
        self._ksp.getPC().setType("cholesky")
        self._ksp.getPC().setFactorSolverType(solver)
        self._ksp.setErrorIfNotConverged(True)

    def factorise(self, matrix: Any) -> None:
        """Factorise ``TᵀKT`` of a `scipy.sparse.csr_array` K; the symbolic part is kept.

        Raises
        ------
        SolveError
            If the factorisation fails.
        """
        if self._matrix is None:
            self._set_pattern(matrix)
        values = np.bincount(
            self._place, weights=matrix.data[self._kept], minlength=len(self._columns)
        )
        self._matrix.setValuesCSR(self._starts, self._columns, values)
        self._matrix.assemble()
        self._ksp.setOperators(self._matrix)
        try:
            self._ksp.setUp()
        except PETSc.Error as error:
            raise SolveError("the stiffness of the fibre cell cannot be factorised") from error

    def _set_pattern(self, matrix: Any) -> None:
        """Where each entry of K goes in ``TᵀKT``: products would drop what happens to be zero."""
        from scipy.sparse import csr_array

        ones = csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
        pattern = (self._t.T @ ones @ self._t).tocsr()
        pattern.sort_indices()
        self._starts, self._columns = pattern.indptr, pattern.indices
        n = pattern.shape[0]
        index = np.full(self._t.shape[0], -1, dtype=np.int64)
        index[np.diff(self._t.indptr) > 0] = self._t.indices
        row, column = np.repeat(index, np.diff(matrix.indptr)), index[matrix.indices]
        self._kept = (row >= 0) & (column >= 0)
        keys = np.repeat(np.arange(n), np.diff(pattern.indptr)) * n + pattern.indices
        self._place = np.searchsorted(keys, row[self._kept] * n + column[self._kept])
        self._matrix = PETSc.Mat().createAIJ(
            (n, n), csr=(pattern.indptr, pattern.indices, pattern.data), comm=MPI.COMM_SELF
        )
        kind = PETSc.Mat.Option.SPD if self._definite else PETSc.Mat.Option.SYMMETRIC
        self._matrix.setOption(kind, True)

    def solve(self, right: FloatArray) -> FloatArray:
        """Solutions for right-hand sides ``(size, k)``; :meth:`factorise` comes first."""
        assert self._matrix is not None
        answer = np.empty_like(right)
        x, b = self._matrix.createVecs()
        for k in range(right.shape[1]):
            b.array[:] = right[:, k]
            self._ksp.solve(b, x)
            answer[:, k] = x.array
        return answer
