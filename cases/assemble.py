"""From what was computed to the result object that is shown."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology import Answer
from cases.doctor import own_version
from cases.schema import Case

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from meshes.quality import MeshQuality
    from meshes.scaffold import Scaffold
    from meshes.tetmesh import TetMesh
    from postprocess.results import Assumption, FieldData, RunResult
    from solver.materials import Gel, MaterialField
    from solver.mechanics.scaffold import ScaffoldSolution
    from solver.mechanics.sensed import SensedStiffness

_NORMAL_90 = 1.6449  # half-width of the 90 % band of a normal variable, in standard deviations
_PACKAGES = (
    "numpy", "scipy", "gmsh", "meshio", "pyvista", "vtk", "pandas", "pyarrow", "pydantic", "pint",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class MeshPiece:
    """The scaffold's mesh with its quality."""

    mesh: TetMesh
    quality: MeshQuality


@dataclass(frozen=True, eq=False)
class Pieces:
    """All that a run computed; lengths µm, moduli kPa."""

    case: Case
    scaffold: Scaffold
    gels: tuple[Gel, ...]
    material: MaterialField
    mesh: MeshPiece
    solution: ScaffoldSolution | None
    cells: Any
    sensed: SensedStiffness
    uniform: NDArray[np.float64]
    answer: Answer
    timings: dict[str, float]
    ranks: int


def assemble(pieces: Pieces) -> RunResult:
    """Build the validated result object.

    Raises
    ------
    ResultError
        If a number is missing or not finite.
    """
    from postprocess.results import RunResult

    sites = site_table(pieces)
    return RunResult(
        name=pieces.case.name,
        case=case_record(pieces),
        sites=sites,
        fields=mesh_fields(pieces),
        summary=summary(pieces, sites),
        curves={"p_of_stiffness": pieces.answer.curve},
        inks=[ink_record(g, float(u)) for g, u in zip(pieces.gels, pieces.uniform, strict=True)],
        assumptions=assumptions(pieces),
        warnings=warnings(pieces),
        references=references(pieces),
    )


def site_table(pieces: Pieces) -> pandas.DataFrame:
    """One row per cell, the columns of the contract."""
    import pandas as pd

    x, sensed, answer = pieces.cells.points, pieces.sensed, pieces.answer
    names = np.array(pieces.scaffold.inks, dtype=object)
    columns = {
        "id": np.arange(len(x)),
        "x_um": x[:, 0],
        "y_um": x[:, 1],
        "z_um": x[:, 2],
        "ink": names[pieces.cells.ink],
        "depth_um": -pieces.scaffold.free_surface_distance(x),
        "stiffness_kPa": sensed.mean,
        "stiffest_kPa": sensed.stiffest,
        "softest_kPa": sensed.softest,
        "stiff_axis_x": sensed.axis[:, 0],
        "stiff_axis_y": sensed.axis[:, 1],
        "stiff_axis_z": sensed.axis[:, 2],
        "anisotropy": sensed.anisotropy,
        "p_dormant": answer.p,
        "p_dormant_low": answer.band.low,
        "p_dormant_high": answer.band.high,
    }
    # A share that is zero at every cell belongs to nothing that is active.
    shares = {f"logodds_{k}": v for k, v in answer.shares.items() if np.any(v != 0.0)}
    return pd.DataFrame(columns | shares)


def mesh_fields(pieces: Pieces) -> FieldData:
    """Moduli, fibre direction, strain, stress and displacement on the mesh."""
    from postprocess.results import FieldData
    from solver.materials.tensors import directional_modulus, isotropic_part

    mesh = pieces.mesh.mesh
    centroids = mesh.centroids()
    axes = pieces.scaffold.print_direction(centroids)
    strain: NDArray[np.float64]
    stress: NDArray[np.float64]
    displacement: NDArray[np.float64]
    if pieces.solution is None:
        m, n = len(mesh.cells), len(mesh.points)
        c = pieces.material.cell_stiffness(mesh.points[mesh.cells], mesh.cell_ink)
        strain, stress, displacement = np.zeros((m, 6)), np.zeros((m, 6)), np.zeros((n, 3))
    else:
        c, strain = pieces.solution.stiffness, pieces.solution.strain
        stress, displacement = pieces.solution.stress, pieces.solution.displacement
    helper = np.eye(3)[np.argmin(np.abs(axes), axis=1)]
    across = np.cross(axes, helper)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return FieldData(
        points=mesh.points,
        cells=mesh.cells,
        cell_data={
            "ink": mesh.cell_ink,
            "E_fibre_kPa": directional_modulus(c, axes),
            "E_cross_kPa": directional_modulus(c, across),
            "E_isotropic_kPa": isotropic_part(c).young,
            "fibre_direction": axes,
            "strain": strain,
            "stress_kPa": stress,
        },
        point_data={"displacement_um": displacement},
    )


def summary(pieces: Pieces, sites: pandas.DataFrame) -> dict[str, Any]:
    """Headline numbers with their bands."""
    mesh, quality, answer = pieces.mesh.mesh, pieces.mesh.quality, pieces.answer
    e = pieces.sensed.mean
    log_sd = np.array([g.log_sd for g in pieces.gels])
    cells_share = np.bincount(pieces.cells.ink, weights=e, minlength=len(log_sd)) / e.sum()
    solution = pieces.solution
    modulus = None
    if solution is not None:
        # Linear elasticity is self-adjoint: d ln E_app / d ln E_ink is the ink's share of energy.
        energy = np.einsum(
            "ni,ni,i->n", solution.strain, solution.stress, [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
        )
        energy_share = np.bincount(
            mesh.cell_ink, weights=energy * mesh.volumes(), minlength=len(log_sd)
        )
        modulus = _banded(
            solution.apparent_modulus, np.linalg.norm(energy_share / energy_share.sum() * log_sd)
        )
    return {
        "name": pieces.case.name,
        "preset": pieces.case.dormancy.preset,
        "n_sites": len(sites),
        "apparent_modulus_kPa": modulus,
        "solid_fraction": float(
            mesh.exact_volumes.sum() / (pieces.scaffold.footprint_area * pieces.scaffold.height)
        ),
        "mean_stiffness_kPa": _banded(float(e.mean()), np.linalg.norm(cells_share * log_sd)),
        "stiffness_percentiles_kPa": {
            f"p{q}": float(v)
            for q, v in zip((5, 50, 95), np.percentile(e, (5, 50, 95)), strict=True)
        },
        "mean_p_dormant": _triple(answer.band.mean),
        "fraction_above_half": _triple(answer.band.fraction_above_half),
        "logodds_mean": {
            name.removeprefix("logodds_"): float(sites[name].mean())
            for name in sites.columns
            if name.startswith("logodds_")
        },
        "mesh": {
            "cells": quality.n_cells,
            "dofs": 0 if solution is None else solution.n_dofs,
            "min_scaled_jacobian": quality.min_scaled_jacobian,
            "volume_error": quality.total_volume_error,
        },
        "timings_s": {k: round(v, 2) for k, v in pieces.timings.items()},
        "per_ink": [
            {
                "ink": name,
                "n_sites": int(here.sum()),
                "mean_p": float(answer.p[here].mean()) if here.any() else None,
                "mean_stiffness_kPa": float(e[here].mean()) if here.any() else None,
            }
            for i, name in enumerate(pieces.scaffold.inks)
            for here in [pieces.cells.ink == i]
        ],
    }


def _banded(value: float, log_sd: float | np.floating) -> dict[str, float]:
    """A modulus with the 90 % band of its inks' recipes."""
    fold = float(np.exp(_NORMAL_90 * log_sd))
    return {"value": float(value), "low": float(value / fold), "high": float(value * fold)}


def _triple(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), map(float, values), strict=True))


def ink_record(gel: Gel, uniform: float) -> dict[str, Any]:
    """What a reader wants to know of one ink."""
    ink = gel.ink
    fibres = {f.name: f for f in gel.fibres}
    record: dict[str, Any] = {
        "name": ink.name,
        "e_fibre_kPa": gel.e_fibre,
        "e_cross_kPa": gel.e_cross,
        "e_isotropic_kPa": gel.isotropic_modulus,
        "matrix_kPa": gel.matrix_modulus,
        "poisson_ratio": gel.poisson_ratio,
        "alignment": ink.alignment,
        "ligand": ink.ligand_level,
        "band_fold": float(np.exp(_NORMAL_90 * gel.log_sd)),
        "sensed_uniform_kPa": uniform,
    }
    for name, collagen in (("I", ink.collagen_I), ("III", ink.collagen_III)):
        fibre = fibres.get(name)
        record[f"collagen_{name}_mg_mL"] = 0.0 if collagen is None else collagen.concentration
        record[f"crimp_factor_{name}"] = None if fibre is None else fibre.crimp.held
        record[f"crimp_factor_{name}_free"] = None if fibre is None else fibre.crimp.free
        record[f"fibre_stiffness_{name}_kPa"] = 0.0 if fibre is None else fibre.stiffness
    return record


def case_record(pieces: Pieces) -> dict[str, Any]:
    """``case.json``: what was asked, with every default, and what computed it."""
    case = pieces.case
    return {
        "case": case.resolved(),
        "preset": case.dormancy.preset,
        "hash": case.content_hash,
        "seeds": {
            "cells": case.cells.seed,
            "band": case.dormancy.band.seed,
            **{
                f"heterogeneity {g.ink.name}": g.ink.heterogeneity.seed
                for g in pieces.gels
                if g.ink.heterogeneity is not None
            },
        },
        "internal_units": "um, nN, kPa, mg/mL",
        "versions": versions(),
        "ranks": pieces.ranks,
    }


def versions() -> dict[str, str]:
    """Versions of all that computed."""
    import dolfinx
    from petsc4py import PETSc

    found = {
        "dormatrix": own_version(),
        "python": platform.python_version(),
        "dolfinx": str(dolfinx.__version__),
        "petsc": ".".join(str(n) for n in PETSc.Sys.getVersion()),
    }
    for name in _PACKAGES:
        found[name] = metadata.version(name)
    return found


def assumptions(pieces: Pieces) -> list[Assumption]:
    """Everything that the numbers rest on: inks, mechanics, rule."""
    from postprocess.results import Assumption
    from solver.materials.assumptions import stated_assumptions
    from solver.materials.field import GLASS

    mechanics = [
        {
            "what": "A cell is a sphere bonded to the gel; it senses the gel's linear answer to "
            "its pull, averaged over directions",
            "value": f"radius {pieces.case.cells.radius:g} µm",
            "standing": "assumption",
            "source": "",
        },
        {
            "what": "Glass is rigid for a cell",
            "value": f"{GLASS:g} times the gel",
            "standing": "assumption",
            "source": "",
        },
        {
            "what": "Strands lie flat on the glass and under the plate by the overlap with which "
            "they fuse to each other",
            "value": "",
            "standing": "assumption",
            "source": "",
        },
        {
            "what": "Without collagen a cell would sense less by the ratio of matrix to gel in a "
            "uniform medium (share of collagen mechanics; exact in a uniform gel)",
            "value": "",
            "standing": "assumption",
            "source": "",
        },
        {
            "what": "The band of stiffness is that of the recipe; it scales all cells of an ink "
            "together. Discretisation (template about 1-2 %) is not in it",
            "value": "90 %",
            "standing": "assumption",
            "source": "",
        },
    ]
    if pieces.case.scaffold.kind != "woodpile":
        del mechanics[2]
    if not any(g.fibres for g in pieces.gels):
        mechanics = [row for row in mechanics if "Without collagen" not in row["what"]]
    rows = [*stated_assumptions(pieces.gels), *mechanics, *pieces.answer.assumptions]
    return [Assumption(**row) for row in rows]


def warnings(pieces: Pieces) -> list[str]:
    """What the user must know, each once."""
    found = list(pieces.case.warnings)
    for gel in pieces.gels:
        found += [text for text in gel.warnings if text not in found]
    return found


def references(pieces: Pieces) -> list[dict[str, Any]]:
    """Sources with what they were used for, from the assumptions that name a DOI."""
    from postprocess.labels import find_dois

    used: dict[str, str] = {}
    for row in assumptions(pieces):
        for start, stop in find_dois(row.source):
            used.setdefault(row.source[start:stop], row.what)
    return [{"doi": doi, "used_for": what} for doi, what in used.items()]
