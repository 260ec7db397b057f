"""What the stages of a case found, in plain numbers: all that rule, tables and report need of them.

No mesh and no field is among them (but for those that a picture is to be drawn of), so that a case
whose mechanics is known loads little and imports nothing that solves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from meshes.mesher import MeshReport

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeshFacts:
    """The mesh of the scaffold.

    Attributes
    ----------
    inks
        Names of the inks that it shows, steps of gradients included.
    exact_volumes
        Of each ink in the curved body, ``(n_inks,)`` µm³.
    cells
        Number of tetrahedra.
    min_scaled_jacobian, volume_error
        Its worst cell; its volume against the body's, minus one.
    route
        How it was made.
    warnings
        What its user should know.
    """

    inks: tuple[str, ...]
    exact_volumes: Floats
    cells: int
    min_scaled_jacobian: float
    volume_error: float
    route: str
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, report: MeshReport) -> Self:
        """Facts of a mesh."""
        return cls(
            inks=report.mesh.inks,
            exact_volumes=report.mesh.exact_volumes,
            cells=report.quality.n_cells,
            min_scaled_jacobian=report.quality.min_scaled_jacobian,
            volume_error=report.quality.total_volume_error,
            route=report.route,
            warnings=report.warnings,
        )

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """Facts of plain data."""
        return cls(**{**plain, "inks": tuple(plain["inks"]), "warnings": tuple(plain["warnings"])})


@dataclass(frozen=True, eq=False)
class LoadFacts:
    """The scaffold under its load.

    Attributes
    ----------
    dofs
        Degrees of freedom; 0 where nothing was solved.
    apparent_modulus
        Force over footprint over nominal strain, kPa; None without a plate, or with swelling,
        which the plate feels too.
    energy_share
        Of each gel, ``(n_gels,)``, summing to 1: linear elasticity is self-adjoint, so this is
        d ln E_app / d ln E_ink. None where there is no modulus.
    finite
        Of finite theory: ``formulation``, ``steps``, ``newton_iterations``, and ``fibre_stretch``,
        the 1st and 99th percentile ``(2,)`` over the cells of the mesh.
    history
        ``(k, 2)`` nominal strain and force (nN) along a finite compression; None without one.
    endless
        Moduli of the same pile without an end; None where not asked for.
    """

    dofs: int = 0
    apparent_modulus: float | None = None
    energy_share: Floats | None = None
    finite: Mapping[str, Any] | None = None
    history: Floats | None = None
    endless: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class CellFacts:
    """Where the ``n`` cells are.

    Attributes
    ----------
    points
        ``(n, 3)`` µm.
    ink
        Index of each cell's gel, ``(n,)``.
    bathed_depth, depth
        Distance to the nearest bathed surface, and to any, ``(n,)`` µm.
    """

    points: Floats
    ink: NDArray[np.int64]
    bathed_depth: Floats
    depth: Floats


@dataclass(frozen=True, eq=False)
class Felt:
    """What each of ``n`` cells senses; see :class:`solver.mechanics.sensed.SensedStiffness`."""

    mean: Floats
    stiffest: Floats
    softest: Floats
    axis: Floats
    relieved: NDArray[np.bool_]

    @property
    def anisotropy(self) -> Floats:
        """Stiffest over softest, ``(n,)``."""
        return self.stiffest / self.softest


@dataclass(frozen=True, eq=False)
class Pulled:
    """Cells that pulled by a finite strain; see :class:`solver.mechanics.contraction.Pull`.

    Attributes
    ----------
    rows
        Which of the cells, ``(k,)``.
    secant, linear
        ``(k,)`` kPa.
    range_um
        ``(k,)`` µm.
    exponent, strain
        ``(k,)``.
    converged
        ``(k,)`` bool.
    """

    rows: NDArray[np.int64]
    secant: Floats
    linear: Floats
    range_um: Floats
    exponent: Floats
    strain: Floats
    converged: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Strained:
    """What the scaffold stage leaves.

    Attributes
    ----------
    mesh, load
        Facts.
    prestrain
        Arrays of :class:`solver.materials.prestrain.Prestrain`; None where cells feel none.
    fields
        Arrays of :class:`postprocess.results.FieldData`; None where no picture needs them.
    steps
        Arrays of :class:`postprocess.steps.LoadSteps`; None where no load is finite, or no picture
        needs them.
    """

    mesh: MeshFacts
    load: LoadFacts
    prestrain: Mapping[str, Any] | None
    fields: Mapping[str, Any] | None
    steps: Mapping[str, Any] | None

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The stage of plain data."""
        return cls(
            **{**plain, "mesh": MeshFacts.read(plain["mesh"]), "load": LoadFacts(**plain["load"])}
        )


@dataclass(frozen=True, eq=False)
class Sensed:
    """What the last stage before the rule leaves, and what it stands on.

    Attributes
    ----------
    mesh, load, cells, felt, pulled
        Facts.
    uniform
        What a cell deep in each gel senses, ``(n_gels,)`` kPa.
    variants
        For each gel what a cell deep in it senses with its collagen otherwise, ``(k,)`` kPa before
        a measured modulus scales them; empty for gels that are not compared. None where the
        comparison was not asked for.
    ranks
        Processes of MPI that computed it.
    solvers
        Versions of DOLFINx and PETSc that did.
    """

    mesh: MeshFacts
    load: LoadFacts
    cells: CellFacts
    felt: Felt
    pulled: Pulled | None
    uniform: Floats
    variants: tuple[Floats, ...] | None
    ranks: int
    solvers: Mapping[str, str]

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The stage of plain data.

        Raises
        ------
        ValueError
            If its arrays do not belong together.
        """
        pulled, variants = plain["pulled"], plain["variants"]
        found = cls(
            mesh=MeshFacts.read(plain["mesh"]),
            load=LoadFacts(**plain["load"]),
            cells=CellFacts(**plain["cells"]),
            felt=Felt(**plain["felt"]),
            pulled=None if pulled is None else Pulled(**pulled),
            uniform=plain["uniform"],
            variants=None if variants is None else tuple(variants),
            ranks=plain["ranks"],
            solvers=plain["solvers"],
        )
        n, columns = len(found.cells.points), {**plain["cells"], **plain["felt"]}
        if {len(column) for column in columns.values()} != {n}:
            raise ValueError("columns of different lengths")
        return found
