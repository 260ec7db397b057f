"""The scaffold under load: apparent modulus, strain and stress.

Linear elasticity on the meshed body. The apparent modulus is what a tester reads: force over
footprint over nominal strain; the force follows from the energy, ``F = 2W/δ`` (exact for a
linear solid under a prescribed plate displacement, and it converges twice as fast as stress).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from solver import _dolfinx
from solver.materials.field import MaterialField
from solver.materials.tensors import SQRT2, FloatArray
from solver.mechanics.elasticity import ElasticProblem, vertex_values

if TYPE_CHECKING:
    from dolfinx import fem
    from mpi4py import MPI

Contact = Literal["bonded", "frictionless"]
Sides = Literal["free", "confined"]
BOTTOM, TOP = 1, 2  # facet tags: on glass, under the plate
# from Mandel to plain components
PLAIN = np.array([1.0, 1.0, 1.0, 1.0 / SQRT2, 1.0 / SQRT2, 1.0 / SQRT2])


class MeshArrays(Protocol):
    """A tetrahedral mesh as arrays (``meshes.TetMesh`` has them); lengths in µm."""

    @property
    def points(self) -> FloatArray:
        """Vertices ``(n, 3)``."""

    @property
    def cells(self) -> NDArray[np.int64]:
        """Tetrahedra ``(m, 4)``."""

    @property
    def cell_ink(self) -> NDArray[np.int32]:
        """Ink of each cell ``(m,)``."""

    @property
    def facets(self) -> NDArray[np.int64]:
        """Boundary triangles ``(k, 3)``."""

    @property
    def facet_tag(self) -> NDArray[np.int32]:
        """1 on the glass, 2 under the plate, else free ``(k,)``."""


@dataclass(frozen=True)
class Compression:
    """A plate that comes down on the scaffold.

    Parameters
    ----------
    strain
        Nominal compressive strain, positive.
    plate, substrate
        ``bonded`` (no slip) or ``frictionless``.
    sides
        ``free``, or ``confined``: no outward displacement of the sides of the bounding box.
    """

    strain: float = 0.05
    plate: Contact = "bonded"
    substrate: Contact = "bonded"
    sides: Sides = "free"


@dataclass(frozen=True, eq=False)
class ScaffoldSolution:
    """What the solve found; arrays in the order of the input mesh, complete on rank 0.

    Attributes
    ----------
    displacement
        ``(n, 3)`` µm at the mesh points.
    strain, stress
        ``(m, 6)`` at the cell midpoints, components xx, yy, zz, yz, xz, xy (not engineering
        shear); stress in kPa.
    stiffness
        ``(m, 6, 6)`` Mandel, kPa.
    apparent_modulus
        kPa.
    force
        Of the plate, nN, compressive positive.
    n_dofs, iterations
        Size and effort of the solve.
    """

    displacement: FloatArray
    strain: FloatArray
    stress: FloatArray
    stiffness: FloatArray
    apparent_modulus: float
    force: float
    n_dofs: int
    iterations: int


def solve_scaffold(
    mesh: MeshArrays | None,
    material: MaterialField,
    load: Compression,
    *,
    height: float,
    footprint_area: float,
    comm: MPI.Comm,
    degree: int = 2,
) -> ScaffoldSolution:
    """Compress the scaffold.

    Parameters
    ----------
    mesh
        The whole mesh on rank 0, ``None`` elsewhere.
    material
        Stiffness at any point; averaged over each cell.
    load
        How it is compressed.
    height, footprint_area
        µm, µm²: what the tester divides by.
    comm
        Ranks that share the mesh.
    degree
        Polynomial degree of the displacement.

    Raises
    ------
    SolveError
        If the solve does not converge.
    """
    spread = Spread(mesh, comm)
    domain = spread.domain
    corners = domain.geometry.x[domain.geometry.dofmap]
    # The mesh knows its ink better than any point does: interfaces are conforming.
    c = material.cell_stiffness(corners, spread.cell_ink)
    problem = ElasticProblem(domain, c, degree)
    shortening = load.strain * height
    conditions, slides = press(problem, spread.tags, load, -shortening)
    u = problem.solve(conditions, free_modes=[0, 1, 5] if slides else [])
    force = 2.0 * problem.energy(u) / shortening
    owned = domain.topology.index_map(3).size_local
    strain = problem.strain(u)
    stress = np.einsum("nij,nj->ni", c[:owned], strain)
    return ScaffoldSolution(
        displacement=spread.at_nodes(vertex_values(u)),
        strain=spread.in_cells(strain * PLAIN),
        stress=spread.in_cells(stress * PLAIN),
        stiffness=spread.in_cells(c[:owned]),
        apparent_modulus=force / footprint_area / load.strain,
        force=force,
        n_dofs=problem.n_dofs,
        iterations=problem.iterations,
    )


class Spread:
    """The mesh spread over the ranks, and the way back to the order of the input.

    Parameters
    ----------
    mesh
        The whole mesh on rank 0, ``None`` elsewhere.
    comm
        Ranks that share it.

    Attributes
    ----------
    domain
        The mesh for DOLFINx.
    tags
        Tags of its boundary triangles.
    cell_ink
        Ink of each cell of this rank, ghosts included.
    in_cells, at_nodes
        Bring rows of the owned cells, or of the nodes of this rank, to rank 0.
    """

    def __init__(self, mesh: MeshArrays | None, comm: MPI.Comm) -> None:
        empty_points, empty = np.zeros((0, 3)), np.zeros((0, 4), dtype=np.int64)
        self.domain = _dolfinx.create_mesh(
            comm,
            empty_points if mesh is None else mesh.points,
            empty if mesh is None else mesh.cells,
        )
        self.tags = _dolfinx.facet_tags(
            self.domain,
            np.zeros((0, 3), dtype=np.int64) if mesh is None else mesh.facets,
            np.zeros(0, dtype=np.int32) if mesh is None else mesh.facet_tag,
        )
        cells_of_rank = self.domain.topology.index_map(3)
        local = cells_of_rank.size_local + cells_of_rank.num_ghosts
        original = np.asarray(self.domain.topology.original_cell_index[:local])
        ink_of_input = comm.bcast(None if mesh is None else mesh.cell_ink, root=0)
        self.cell_ink: NDArray[np.int_] = ink_of_input[original]
        self.in_cells = _Gather(comm, original[: cells_of_rank.size_local])
        self.at_nodes = _Gather(comm, np.asarray(self.domain.geometry.input_global_indices))


class Holdable(Protocol):
    """A problem whose displacement can be prescribed on facets."""

    mesh: Any

    def held(
        self,
        facets: NDArray[np.int32],
        components: Sequence[int],
        values: Sequence[float | fem.Constant],
    ) -> list[fem.DirichletBC]:
        """Prescribe displacement components, µm."""


def stand(
    problem: Holdable, tags: object, substrate: Contact, sides: Sides
) -> tuple[list[fem.DirichletBC], bool]:
    """Conditions at the glass and the sides, and whether the body can still slide and turn."""
    on = (0, 1, 2) if substrate == "bonded" else (2,)
    conditions = problem.held(tags.find(BOTTOM), on, [0.0] * len(on))  # type: ignore[attr-defined]
    if sides == "confined":
        for axis in (0, 1):
            conditions += problem.held(_sides(problem, axis), (axis,), (0.0,))
    return conditions, substrate == "frictionless" and sides == "free"


def press(
    problem: Holdable, tags: object, load: Compression, lift: float | fem.Constant
) -> tuple[list[fem.DirichletBC], bool]:
    """Conditions of a compression; the plate rises by ``lift`` µm, negative where it presses.

    Also whether the body can still slide and turn between plate and glass.
    """
    conditions, slides = stand(problem, tags, load.substrate, load.sides)
    top = tags.find(TOP)  # type: ignore[attr-defined]
    if load.plate == "bonded":
        conditions += problem.held(top, (0, 1, 2), (0.0, 0.0, lift))
    else:
        conditions += problem.held(top, (2,), (lift,))
    return conditions, slides and load.plate == "frictionless"


def _sides(problem: Holdable, axis: int) -> NDArray[np.int32]:
    """Boundary facets on the two faces of the bounding box normal to ``axis``."""
    from dolfinx.mesh import locate_entities_boundary
    from mpi4py import MPI as mpi

    x = problem.mesh.geometry.x[:, axis]
    comm = problem.mesh.comm
    low = comm.allreduce(float(x.min(initial=np.inf)), op=mpi.MIN)
    high = comm.allreduce(float(x.max(initial=-np.inf)), op=mpi.MAX)
    tolerance = 1e-7 * (high - low)

    def on_face(p: FloatArray) -> NDArray[np.bool_]:
        return np.asarray((p[axis] < low + tolerance) | (p[axis] > high - tolerance))

    return np.asarray(locate_entities_boundary(problem.mesh, 2, on_face), dtype=np.int32)


class _Gather:
    """Bring rows to rank 0 and put them in the order of the input; elsewhere ``(0, …)``."""

    def __init__(self, comm: MPI.Comm, index: NDArray[np.int64]) -> None:
        self._comm = comm
        self._index = comm.gather(index, root=0)

    def __call__(self, rows: FloatArray) -> FloatArray:
        parts = self._comm.gather(rows, root=0)
        if parts is None or self._index is None:
            return np.zeros((0, *rows.shape[1:]))
        size = 1 + max(int(i.max(initial=-1)) for i in self._index)
        whole = np.empty((size, *rows.shape[1:]))
        for index, part in zip(self._index, parts, strict=True):
            whole[index] = part
        return whole
