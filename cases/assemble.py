"""From what was computed to the result object that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.answer import Answer
from cases.directions import fibre_frames, moduli, moved
from cases.grading import compared_inks
from cases.record import (
    NORMAL_90,
    assumptions,
    case_record,
    ink_record,
    references,
    warnings,
)
from cases.schema import Case
from meshes.graded import ink_families

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from cases.mechanics import Pulling
    from meshes.mesher import MeshReport
    from meshes.scaffold import Scaffold
    from postprocess.results import FieldData, RunResult
    from solver.materials import Gel, MaterialField
    from solver.mechanics.finite_scaffold import FiniteScaffoldSolution
    from solver.mechanics.scaffold import ScaffoldSolution
    from solver.mechanics.sensed import SensedStiffness


@dataclass(frozen=True, eq=False)
class Pieces:
    """All that a run computed; lengths µm, moduli kPa."""

    case: Case
    scaffold: Scaffold
    gels: tuple[Gel, ...]
    material: MaterialField
    mesh: MeshReport
    solution: ScaffoldSolution | None
    endless: dict[str, Any] | None
    cells: Any
    sensed: SensedStiffness
    pulling: Pulling | None
    uniform: NDArray[np.float64]
    answer: Answer
    contrasts: list[list[dict[str, Any]]]
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

    sites, fields = site_table(pieces), mesh_fields(pieces)
    rests_on = assumptions(pieces)
    return RunResult(
        name=pieces.case.name,
        case=case_record(pieces),
        sites=sites,
        fields=fields,
        summary=summary(pieces, sites)
        | ({} if pieces.endless is None else {"endless": pieces.endless})
        | _load_summary(pieces, fields.cell_data.get("fibre_stretch")),
        curves={"p_of_stiffness": pieces.answer.curve} | load_curve(pieces),
        inks=[
            ink_record(gel, float(uniform)) | {"contrasts": rows} | _step(pieces, gel)
            for gel, uniform, rows in zip(
                pieces.gels, pieces.uniform, pieces.contrasts, strict=True
            )
        ],
        assumptions=rests_on,
        warnings=warnings(pieces),
        references=references(rests_on),
        contraction=contraction_table(pieces),
        biology=pieces.answer.biology,
    )


def _step(pieces: Pieces, gel: Gel) -> dict[str, Any]:
    """Which ink a step of a gradient belongs to, and whether it is described at length."""
    names, parents = ink_families(pieces.scaffold)
    family = names[parents[pieces.scaffold.inks.index(gel.ink.name)]]
    if family == gel.ink.name:
        return {}
    return {"step_of": family, "detailed": gel.ink.name in compared_inks(pieces.scaffold)}


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


def contraction_table(pieces: Pieces) -> pandas.DataFrame | None:
    """One row per cell that pulled by a finite strain; None where none did."""
    if pieces.pulling is None:
        return None
    import pandas as pd

    rows, found = pieces.pulling.rows, pieces.pulling.found
    return pd.DataFrame(
        {
            "id": rows,
            "strain": found.strain,
            "secant_kPa": found.secant,
            "linear_kPa": found.linear,
            "ratio": found.secant / found.linear,
            "range_um": found.range_um,
            "decay_exponent": found.exponent,
        }
    )


def _finite(pieces: Pieces) -> FiniteScaffoldSolution | None:
    from solver.mechanics.finite_scaffold import FiniteScaffoldSolution

    found = pieces.solution
    return found if isinstance(found, FiniteScaffoldSolution) else None


def load_curve(pieces: Pieces) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Nominal strain and stress of the scaffold along a finite compression, from rest on."""
    solution = _finite(pieces)
    if solution is None or pieces.case.load.kind != "compression":
        return {}
    curve = np.vstack([np.zeros((1, 2)), solution.history])
    stress = np.asarray(curve[:, 1] / pieces.scaffold.footprint_area, dtype=np.float64)
    return {"load": {"strain": curve[:, 0], "stress_kPa": stress}}


def _load_summary(pieces: Pieces, stretch: NDArray[np.float64] | None) -> dict[str, Any]:
    solution, load = _finite(pieces), pieces.case.load
    if solution is None or stretch is None:
        return {}
    low, high = np.percentile(stretch, (1.0, 99.0))
    return {
        "load": {
            "theory": load.theory,
            "formulation": solution.formulation,
            "strain": load.strain,
            "swelling": load.swelling,
            "prestrain": load.prestrain,
            "steps": len(solution.steps),
            "newton_iterations": solution.newton_iterations,
            "fibre_stretch": {"low": float(low), "high": float(high)},
        }
    }


def mesh_fields(pieces: Pieces) -> FieldData:
    """Moduli, fibre direction, strain, stress and displacement on the mesh."""
    from postprocess.results import FieldData
    from solver.materials.tensors import isotropic_part

    mesh = pieces.mesh.mesh
    centroids = mesh.centroids()
    frames = fibre_frames(pieces.material, centroids, mesh.cell_ink.astype(np.int64))
    strain: NDArray[np.float64]
    stress: NDArray[np.float64]
    displacement: NDArray[np.float64]
    if pieces.solution is None:
        m, n = len(mesh.cells), len(mesh.points)
        c = pieces.material.cell_stiffness(mesh.points[mesh.cells], mesh.cell_ink.astype(np.int64))
        strain, stress, displacement = np.zeros((m, 6)), np.zeros((m, 6)), np.zeros((n, 3))
    else:
        c, strain = pieces.solution.stiffness, pieces.solution.strain
        stress, displacement = pieces.solution.stress, pieces.solution.displacement
    further: dict[str, NDArray[Any]] = {}
    finite = _finite(pieces)
    if finite is not None:
        # the load turns fibres and stretches them; of it, swelling is what they do not feel
        frames, stretch = moved(frames, finite.deformation_gradient)
        further["fibre_stretch"] = stretch / (1.0 + pieces.case.load.swelling)
    along, across = moduli(c, frames)
    return FieldData(
        points=mesh.points,
        cells=mesh.cells,
        cell_data={
            "ink": mesh.cell_ink,
            "E_fibre_kPa": along,
            "E_cross_kPa": across,
            "E_isotropic_kPa": isotropic_part(c).young,
            "fibre_direction": frames[:, :, 2],
            "strain": strain,
            "stress_kPa": stress,
            **further,
        },
        point_data={"displacement_um": displacement},
    )


def summary(pieces: Pieces, sites: pandas.DataFrame) -> dict[str, Any]:
    """Headline numbers with their bands."""
    mesh, quality, answer = pieces.mesh.mesh, pieces.mesh.quality, pieces.answer
    e = pieces.sensed.mean
    log_sd = np.array([g.log_sd for g in pieces.gels])
    families = ink_families(pieces.scaffold)[1]

    def spread(share: NDArray[np.float64]) -> float:
        """Of a mean with these shares of the gels; the steps of one ink vary together."""
        return float(np.linalg.norm(np.bincount(families, weights=share * log_sd)))

    cells_share = np.bincount(pieces.cells.ink, weights=e, minlength=len(log_sd)) / e.sum()
    solution = pieces.solution
    modulus = None
    # Where the gel swells, the plate feels that too: its force is no modulus.
    if solution is not None and pieces.case.load.swelling == 0.0:
        # Linear elasticity is self-adjoint: d ln E_app / d ln E_ink is the ink's share of energy.
        energy = np.einsum(
            "ni,ni,i->n", solution.strain, solution.stress, [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
        )
        energy_share = np.bincount(
            mesh.cell_ink, weights=energy * mesh.volumes(), minlength=len(log_sd)
        )
        modulus = _banded(solution.apparent_modulus, spread(energy_share / energy_share.sum()))
    return {
        "name": pieces.case.name,
        "preset": pieces.case.dormancy.preset,
        "n_sites": len(sites),
        "apparent_modulus_kPa": modulus,
        "solid_fraction": float(
            mesh.exact_volumes.sum() / (pieces.scaffold.footprint_area * pieces.scaffold.height)
        ),
        "mean_stiffness_kPa": _banded(float(e.mean()), spread(cells_share)),
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
        "plateaus": dict(answer.plateaus),
        "mesh": {
            "cells": quality.n_cells,
            "dofs": 0 if solution is None else solution.n_dofs,
            "min_scaled_jacobian": quality.min_scaled_jacobian,
            "volume_error": quality.total_volume_error,
            "route": pieces.mesh.route,
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


def _banded(value: float, log_sd: float) -> dict[str, float]:
    """A modulus with the 90 % band of its inks' recipes."""
    fold = float(np.exp(NORMAL_90 * log_sd))
    return {"value": float(value), "low": float(value / fold), "high": float(value * fold)}


def _triple(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), map(float, values), strict=True))
