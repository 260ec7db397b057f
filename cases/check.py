"""What a case will compute, said before anything is computed. Needs no DOLFINx."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cases.batch.estimate import SECONDS_PER_CELL, SECONDS_PER_PULL
from cases.biology.arms import amount_words
from cases.biology.sites import require_split
from cases.build import build_gels, build_scaffold
from cases.grading import chosen_inks, compared_inks, gradient_notes
from cases.schema import Case, Woodpile
from cases.schema.case import ELEMENTS_PER_CUBE
from cases.schema.cells import UM3_PER_ML
from meshes.errors import InputError
from meshes.graded import GradedScaffold, ink_families

if TYPE_CHECKING:
    from meshes.scaffold import Scaffold


def summarise(case: Case) -> dict[str, Any]:
    """Build the implicit body and the gels of a case and return what is known before solving.

    Parameters
    ----------
    case
        A checked case.

    Returns
    -------
    dict
        Plain JSON with units in the key names: scaffold, inks, cells, load, dormancy, warnings
        and the content hash.

    Raises
    ------
    InputError
        If shape, inks or positions cannot be built or do not fit together.
    """
    from meshes.volumes import ink_volumes

    scaffold = build_scaffold(case)
    volumes = dict(zip(scaffold.inks, (float(v) for v in ink_volumes(scaffold)), strict=True))
    if isinstance(scaffold, GradedScaffold):  # without the steps that the body does not show
        scaffold = scaffold.keeping(tuple(name for name, v in volumes.items() if v > 0.0))
    gels, gel_warnings = _gels(case, scaffold)
    gel_volume = sum(volumes.values())
    seeded = sum(volumes[name] for name in chosen_inks(scaffold, case.cells.inks))
    cells = _cells(case, scaffold, seeded)
    solved, finite = case.load.solves, case.load.theory == "finite"
    return {
        "name": case.name,
        "content_hash": case.content_hash,
        "scaffold": {
            "kind": case.scaffold.kind,
            "size_um": [float(v) for v in scaffold.bounds[1] - scaffold.bounds[0]],
            "gel_volume_uL": gel_volume / UM3_PER_ML * 1e3,
            "solid_fraction": gel_volume / (scaffold.footprint_area * scaffold.height),
            **_strands(case),
            "mesh_size_um": case.scaffold.mesh_size,
            "expected_elements": round(ELEMENTS_PER_CUBE * gel_volume / case.scaffold.mesh_size**3),
        },
        "inks": [{**gel, "gel_volume_uL": volumes[gel["ink"]] / UM3_PER_ML * 1e3} for gel in gels],
        "cells": cells,
        "load": case.load.resolved(),
        "dormancy": {
            "preset": case.dormancy.preset,
            "gate": case.dormancy.gate,
            **{
                key: {name: amount_words(amount) for name, amount in group.items()}
                for key, group in case.dormancy.given.items()
            },
            "arms": list(case.dormancy.compare),
            "history": []
            if case.dormancy.memory is None
            else [state.name for state in case.dormancy.memory.history],
        },
        "computes": [
            "mesh",
            *(
                [
                    "scaffold mechanics"
                    + (", finite strain" if finite else "")
                    + (": " if case.load.swelling else ": apparent modulus, ")
                    + "strain, stress"
                ]
                if solved
                else []
            ),
            f"sensed stiffness of {_about(case)}{cells['expected']} cells, "
            f"about {_minutes(cells['expected'])} of one core",
            *_pulling(case, cells["expected"]),
            f"P(dormant) of {cells['expected']} cells with a {100 * case.dormancy.band.level:g} % "
            f"band from {case.dormancy.band.samples} samples",
        ],
        "warnings": [*case.warnings, *gradient_notes(scaffold), *gel_warnings],
    }


def _about(case: Case) -> str:
    """A density gives a random number of cells."""
    return "about " if case.cells.density is not None else ""


def _minutes(cells: int, each: float = SECONDS_PER_CELL) -> str:
    seconds = each * cells
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"


def _pulling(case: Case, cells: int) -> list[str]:
    pull = case.cells.contraction
    if pull is None:
        return []
    count = min(pull.count or cells, cells)
    return [
        f"secant stiffness of {count} cells that shorten by {100 * pull.strain:g} %, "
        f"about {_minutes(count, SECONDS_PER_PULL)} of one core"
    ]


def _strands(case: Case) -> dict[str, Any]:
    shape = case.scaffold
    if not isinstance(shape, Woodpile):
        return {}
    return {
        "layers": shape.layers,
        "strands": sum(shape.strands(layer) for layer in range(shape.layers)),
        "overlap": 1.0 - shape.layer_height / shape.strand_diameter,
    }


def _gels(case: Case, scaffold: Scaffold) -> tuple[list[dict[str, Any]], list[str]]:
    gels = build_gels(case, scaffold)
    require_split(case, gels)
    rows: list[dict[str, Any]] = []
    warnings: list[str] = []
    names, families = ink_families(scaffold)
    compared = compared_inks(scaffold)
    for gel, family in zip(gels, families, strict=True):
        rows.append(
            {
                "ink": gel.ink.name,
                "step_of": names[family] if names[family] != gel.ink.name else None,
                "e_isotropic_kPa": gel.isotropic_modulus,
                "e_fibre_kPa": gel.e_fibre,
                "e_cross_kPa": gel.e_cross,
                "band_fold": math.exp(1.645 * gel.log_sd),  # 90 % of a log-normal
            }
        )
        if gel.ink.name in compared:
            warnings += [warning for warning in gel.warnings if warning not in warnings]
    return rows, warnings


def _cells(case: Case, scaffold: Scaffold, volume: float) -> dict[str, Any]:
    """Count the cells; positions from a file are read, and must lie in the gel."""
    cells = case.cells
    plain: dict[str, Any] = {"radius_um": cells.radius, "inks": list(cells.inks)}
    if cells.path is None:
        cells.require_room(volume)
        expected = round(cells.expected(volume) or 0.0)
        if expected < 1:
            raise InputError(
                f"cells.density: {cells.density:g} cells per mL in {volume / UM3_PER_ML:.3g} mL "
                "of gel is less than one cell",
                hint="raise the density, or write a count",
            )
        return {"expected": expected, **plain}
    from meshes.sites import load_positions

    seeding = load_positions(cells.path, scaffold, cells.radius)
    return {"expected": len(seeding), **plain}
