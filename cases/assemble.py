"""From what was computed to the result object that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.answer import Answer, apply_rule
from cases.biology.sites import Sites, sites_of
from cases.contrast import contrast
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
from meshes.strand_axes import strand_axes

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from cases.stages.mechanics import Mechanics
    from postprocess.results import RunResult, SitesResult
    from solver.coupling import Band
    from solver.materials import Gel


@dataclass(frozen=True, eq=False)
class Pieces:
    """All that a run computed; lengths µm, moduli kPa.

    Attributes
    ----------
    case, mechanics
        What was asked, and all before the rule.
    answer
        What the rule says.
    contrasts
        For each gel, the comparison of its collagen with itself.
    timings
        Seconds of each stage.
    """

    case: Case
    mechanics: Mechanics
    answer: Answer
    contrasts: list[list[dict[str, Any]]]
    timings: dict[str, float]


def sites_given(case: Case, mechanics: Mechanics) -> Sites:
    """What the rule takes as given."""
    sensed, families = mechanics.sensed, ink_families(mechanics.scaffold)[1]
    return sites_of(
        case, mechanics.gels, sensed.felt.mean, sensed.uniform, sensed.cells.ink, families
    )


def answer_rule(
    case: Case, mechanics: Mechanics, *, tables: bool = True
) -> tuple[Answer, list[list[dict[str, Any]]]]:
    """What the rule says of the cells, and of each gel with its collagen otherwise.

    Parameters
    ----------
    case, mechanics
        What is asked, and what the rule stands on.
    tables
        As in :func:`cases.biology.answer.apply_rule`.
    """
    names = ink_families(mechanics.scaffold)[0]
    answer = apply_rule(case, sites_given(case, mechanics), names, tables=tables)
    variants = mechanics.sensed.variants
    assert variants is not None, "the gels were compared"
    contrasts = [
        contrast(case, gel, deep) if len(deep) else []
        for gel, deep in zip(mechanics.gels, variants, strict=True)
    ]
    return answer, contrasts


def assemble(pieces: Pieces) -> RunResult:
    """Build the validated result object, with the fields on the mesh.

    Raises
    ------
    ResultError
        If a number is missing or not finite.
    """
    from postprocess.results import FieldData, RunResult
    from postprocess.steps import LoadSteps
    from postprocess.toolpath_file import PrintPath

    fields, steps = pieces.mechanics.fields, pieces.mechanics.steps
    axes = strand_axes(pieces.mechanics.scaffold)
    assert fields is not None, "a whole result has fields"
    return RunResult(
        **_parts(pieces),
        fields=FieldData(**fields),
        steps=None if steps is None else LoadSteps(**steps),
        path=None if axes is None else PrintPath(axes.starts, axes.ends, axes.diameters, axes.ink),
    )


def assemble_sites(pieces: Pieces) -> SitesResult:
    """The same without fields.

    Raises
    ------
    ResultError
        If a number is missing or not finite.
    """
    from postprocess.results import SitesResult

    return SitesResult(**_parts(pieces))


def _parts(pieces: Pieces) -> dict[str, Any]:
    sites, sensed = site_table(pieces), pieces.mechanics.sensed
    rests_on = assumptions(pieces)
    endless = sensed.load.endless
    return {
        "name": pieces.case.name,
        "case": case_record(pieces),
        "sites": sites,
        "summary": summary(pieces, sites)
        | ({} if endless is None else {"endless": endless})
        | _load_summary(pieces),
        "curves": {"p_of_stiffness": pieces.answer.curve} | load_curve(pieces),
        "inks": [
            ink_record(gel, float(uniform)) | {"contrasts": rows} | _step(pieces, gel)
            for gel, uniform, rows in zip(
                pieces.mechanics.gels, sensed.uniform, pieces.contrasts, strict=True
            )
        ],
        "assumptions": rests_on,
        "warnings": warnings(pieces.case, pieces.mechanics),
        "references": references(rests_on),
        "contraction": contraction_table(pieces),
        "biology": pieces.answer.biology,
    }


def _step(pieces: Pieces, gel: Gel) -> dict[str, Any]:
    """Which ink a step of a gradient belongs to, and whether it is described at length."""
    scaffold = pieces.mechanics.scaffold
    names, parents = ink_families(scaffold)
    family = names[parents[scaffold.inks.index(gel.ink.name)]]
    if family == gel.ink.name:
        return {}
    return {"step_of": family, "detailed": gel.ink.name in compared_inks(scaffold)}


def site_table(pieces: Pieces) -> pandas.DataFrame:
    """One row per cell, the columns of the contract."""
    import pandas as pd

    cells, felt = pieces.mechanics.sensed.cells, pieces.mechanics.sensed.felt
    x, answer = cells.points, pieces.answer
    names = np.array(pieces.mechanics.scaffold.inks, dtype=object)
    columns = {
        "id": np.arange(len(x)),
        "x_um": x[:, 0],
        "y_um": x[:, 1],
        "z_um": x[:, 2],
        "ink": names[cells.ink],
        "depth_um": cells.bathed_depth,
        "stiffness_kPa": felt.mean,
        "stiffest_kPa": felt.stiffest,
        "softest_kPa": felt.softest,
        "stiff_axis_x": felt.axis[:, 0],
        "stiff_axis_y": felt.axis[:, 1],
        "stiff_axis_z": felt.axis[:, 2],
        "anisotropy": felt.anisotropy,
        "p_dormant": answer.p,
        "p_dormant_low": answer.band.low,
        "p_dormant_high": answer.band.high,
    }
    # A share that is zero at every cell belongs to nothing that is active.
    shares = {f"logodds_{k}": v for k, v in answer.shares.items() if np.any(v != 0.0)}
    return pd.DataFrame(columns | shares)


def contraction_table(pieces: Pieces) -> pandas.DataFrame | None:
    """One row per cell that pulled by a finite strain; None where none did."""
    found = pieces.mechanics.sensed.pulled
    if found is None:
        return None
    import pandas as pd

    return pd.DataFrame(
        {
            "id": found.rows,
            "strain": found.strain,
            "secant_kPa": found.secant,
            "linear_kPa": found.linear,
            "ratio": found.secant / found.linear,
            "range_um": found.range_um,
            "decay_exponent": found.exponent,
        }
    )


def load_curve(pieces: Pieces) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Nominal strain and stress of the scaffold along a finite compression, from rest on."""
    history = pieces.mechanics.sensed.load.history
    if history is None:
        return {}
    curve = np.vstack([np.zeros((1, 2)), history])
    area = pieces.mechanics.scaffold.footprint_area
    stress = np.asarray(curve[:, 1] / area, dtype=np.float64)
    return {"load": {"strain": curve[:, 0], "stress_kPa": stress}}


def _load_summary(pieces: Pieces) -> dict[str, Any]:
    finite, load = pieces.mechanics.sensed.load.finite, pieces.case.load
    if finite is None:
        return {}
    low, high = finite["fibre_stretch"]
    return {
        "load": {
            "theory": load.theory,
            "formulation": finite["formulation"],
            "strain": load.strain,
            "swelling": load.swelling,
            "prestrain": load.prestrain,
            "steps": finite["steps"],
            "newton_iterations": finite["newton_iterations"],
            "fibre_stretch": {"low": float(low), "high": float(high)},
        }
    }


def headline(mechanics: Mechanics, band: Band) -> dict[str, Any]:
    """The numbers of a case that come first, with their bands.

    Parameters
    ----------
    mechanics
        What the cells sense, and the scaffold around them.
    band
        Of P(dormant).
    """
    sensed, scaffold = mechanics.sensed, mechanics.scaffold
    e, load = sensed.felt.mean, sensed.load
    log_sd = np.array([g.log_sd for g in mechanics.gels])
    families = ink_families(scaffold)[1]

    def spread(share: NDArray[np.float64]) -> float:
        """Of a mean with these shares of the gels; the steps of one ink vary together."""
        return float(np.linalg.norm(np.bincount(families, weights=share * log_sd)))

    modulus = None
    if load.apparent_modulus is not None and load.energy_share is not None:
        modulus = _banded(load.apparent_modulus, spread(load.energy_share))
    cells_share = np.bincount(sensed.cells.ink, weights=e, minlength=len(log_sd)) / e.sum()
    return {
        "n_sites": len(e),
        "apparent_modulus_kPa": modulus,
        "solid_fraction": float(
            sensed.mesh.exact_volumes.sum() / (scaffold.footprint_area * scaffold.height)
        ),
        "mean_stiffness_kPa": _banded(float(e.mean()), spread(cells_share)),
        "stiffness_percentiles_kPa": {
            f"p{q}": float(v)
            for q, v in zip((5, 50, 95), np.percentile(e, (5, 50, 95)), strict=True)
        },
        "mean_p_dormant": _triple(band.mean),
        "fraction_above_half": _triple(band.fraction_above_half),
    }


def summary(pieces: Pieces, sites: pandas.DataFrame) -> dict[str, Any]:
    """Headline numbers with their bands, and what they come from."""
    sensed, answer = pieces.mechanics.sensed, pieces.answer
    e, mesh = sensed.felt.mean, sensed.mesh
    return {
        "name": pieces.case.name,
        "preset": pieces.case.dormancy.preset,
        **headline(pieces.mechanics, answer.band),
        "logodds_mean": {
            name.removeprefix("logodds_"): float(sites[name].mean())
            for name in sites.columns
            if name.startswith("logodds_")
        },
        "plateaus": dict(answer.plateaus),
        "mesh": {
            "cells": mesh.cells,
            "dofs": sensed.load.dofs,
            "min_scaled_jacobian": mesh.min_scaled_jacobian,
            "volume_error": mesh.volume_error,
            "route": mesh.route,
        },
        "timings_s": {k: round(v, 2) for k, v in pieces.timings.items()},
        "per_ink": [
            {
                "ink": name,
                "n_sites": int(here.sum()),
                "mean_p": float(answer.p[here].mean()) if here.any() else None,
                "mean_stiffness_kPa": float(e[here].mean()) if here.any() else None,
            }
            for i, name in enumerate(pieces.mechanics.scaffold.inks)
            for here in [sensed.cells.ink == i]
        ],
    }


def _banded(value: float, log_sd: float) -> dict[str, float]:
    """A modulus with the 90 % band of its inks' recipes."""
    fold = float(np.exp(NORMAL_90 * log_sd))
    return {"value": float(value), "low": float(value / fold), "high": float(value * fold)}


def _triple(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), map(float, values), strict=True))
