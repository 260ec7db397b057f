"""What a result says of itself: inks, case, versions, assumptions, warnings, sources."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.sites import GelFacts, can_split, gel_facts
from cases.contrast import DEFAULT_WAVE
from cases.doctor import own_version
from cases.grading import compared_inks, gradient_notes
from cases.mechanics import MARGIN
from meshes.graded import GradedScaffold, ink_families

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cases.assemble import Pieces
    from cases.schema import Case
    from cases.stages.mechanics import Mechanics
    from postprocess.results import Assumption
    from solver.materials import Gel

POISSON_TESTED = 0.45  # up to here the probe is verified
NORMAL_90 = 1.6449  # half-width of the 90 % band of a normal variable, in standard deviations
_PACKAGES = (
    "numpy", "scipy", "gmsh", "meshio", "pyvista", "vtk", "pandas", "pyarrow", "pydantic", "pint",
    "numba", "SALib",
)  # fmt: skip


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
        "band_fold": float(np.exp(NORMAL_90 * gel.log_sd)),
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
                for g in pieces.mechanics.gels
                if g.ink.heterogeneity is not None
            },
        },
        "internal_units": "um, nN, kPa, mg/mL",
        **_as_written(case),
        "gels": [asdict(facts) for facts in _gel_facts(pieces.mechanics)],
        "versions": versions(pieces.mechanics.sensed.solvers),
        "ranks": pieces.mechanics.sensed.ranks,
    }


def _as_written(case: Case) -> dict[str, Any]:
    """The case as its author wrote it, and the text of a table of signals of their own."""
    table = case.dormancy.cue_table
    written: dict[str, Any] = {} if case.document is None else {"document": case.document}
    if table is not None and table.path is not None:
        written["cue_table"] = table.path.read_text(encoding="utf-8")
    return written


def _gel_facts(mechanics: Mechanics) -> tuple[GelFacts, ...]:
    families = ink_families(mechanics.scaffold)[1]
    return gel_facts(mechanics.gels, mechanics.sensed.uniform, families)


def versions(solvers: Mapping[str, str]) -> dict[str, str]:
    """Versions of all that computed; those of the solvers as the mechanics names them."""
    return {
        "dormatrix": own_version(),
        "python": platform.python_version(),
        **solvers,
        **_package_versions(),
    }


@cache
def _package_versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _PACKAGES}


def assumptions(pieces: Pieces) -> list[Assumption]:
    """Everything that the numbers rest on: inks, mechanics, rule."""
    from postprocess.results import Assumption
    from solver.materials.assumptions import stated_assumptions

    case = pieces.case
    finite = case.load.theory == "finite" or case.cells.contraction is not None
    return [
        *(
            Assumption(**row)
            for row in stated_assumptions(pieces.mechanics.gels, finite_strain=finite)
        ),
        *(Assumption(what, value, "assumption") for what, value in _own_assumptions(pieces)),
        *(Assumption(**row) for row in pieces.answer.assumptions),
    ]


def _own_assumptions(pieces: Pieces) -> Iterator[tuple[str, str]]:
    """What cell probe, shape and comparison assume: in words, with the value used."""
    from solver.materials.field import GLASS
    from solver.materials.gel import DEFAULT_RATIO_III

    yield (
        "A cell is a sphere bonded to the gel; it senses the gel's linear answer to its pull, "
        "averaged over directions",
        f"radius {pieces.case.cells.radius:g} µm",
    )
    load, pull = pieces.case.load, pieces.case.cells.contraction
    if load.prestrain:
        yield (
            "Around a cell the gel is strained as the nearest cells of the scaffold's mesh are; it "
            "has settled under the load (no flow of water, no creep)",
            "",
        )
    if load.swelling != 0.0:
        yield (
            "Swollen gel has the modulus of the gel as printed; by dilution it would have less",
            f"{100 * load.swelling:g} % longer",
        )
    if pull is not None:
        yield (
            "A cell that pulls hard does so with a dipole of dead forces along its stiffest axis, "
            "alone, on gel that does not creep",
            f"{100 * pull.strain:g} % shorter",
        )
    scaffold, gels = pieces.mechanics.scaffold, pieces.mechanics.gels
    if isinstance(scaffold, GradedScaffold):
        steps = ", ".join(
            f"{scaffold.base.inks[i]} in {grading.levels} steps"
            for i, grading in scaffold.graded.items()
        )
        yield (
            "Along a gradient every number of the recipe runs straight from one end to the other; "
            "stiffness follows from the recipe, and within a step the gel is uniform",
            steps,
        )
    yield "Glass is rigid for a cell", f"{GLASS:g} times the gel"
    if pieces.case.scaffold.kind == "woodpile":
        yield (
            "Strands lie flat on the glass and under the plate by the overlap with which they fuse "
            "to each other",
            "",
        )
    if any(can_split(g) for g in gels):
        yield (
            "Without collagen a cell would sense less by the ratio of matrix to gel in a uniform "
            "medium (share of collagen mechanics; exact in a uniform gel)",
            "",
        )
    yield (
        "The band of stiffness is that of the recipe; it scales all cells of an ink together. Not "
        "in it: synergy, alignment, shape of the waves, discretisation (about 2 % of the mean, "
        "more for the softest direction beside a face)",
        "90 %",
    )
    if any(g.fibres and g.ink.collagen_III is None for g in gels):
        amplitude, wavelength = DEFAULT_WAVE
        yield (
            "Collagen III in the comparison of an ink that has none",
            f"fibres {DEFAULT_RATIO_III:g} of I's stiffness, waves of {amplitude:g} µm every "
            f"{wavelength:g} µm",
        )


def _overlapping(points: NDArray[np.float64], radius: float) -> int:
    """How many cells lie nearer than two radii to another: one neighbour each, never all pairs."""
    from scipy.spatial import cKDTree

    places, count = np.unique(points, axis=0, return_counts=True)
    touching = count > 1
    if len(places) > 1:
        nearest = cKDTree(places).query(places, k=2)[0][:, 1]
        touching |= nearest < 2.0 * radius * (1.0 - 1e-6)  # a hair: seeded cells may touch
    return int(count[touching].sum())


def warnings(case: Case, mechanics: Mechanics) -> list[str]:
    """What the user must know, each once."""
    scaffold, gels, sensed = mechanics.scaffold, mechanics.gels, mechanics.sensed
    found = [*case.warnings, *gradient_notes(scaffold), *sensed.mesh.warnings]
    compared = compared_inks(scaffold)  # what a gradient is warned of, its ends are too
    for gel in gels:
        if gel.ink.name not in compared:
            continue
        found += [text for text in gel.warnings if text not in found]
    touching = _overlapping(sensed.cells.points, case.cells.radius)
    if touching:
        found.append(
            f"{touching} cells lie nearer than two radii to another: each is computed as if alone"
        )
    # a hair of tolerance: seeded cells may lie exactly at the margin
    near = int((sensed.cells.depth < (MARGIN - 1e-6) * case.cells.radius).sum())
    if near:
        found.append(
            f"{near} cells lie nearer than {MARGIN:g} radii to a face: there the mean sensed "
            "stiffness is some per cent too high, the softest value 10 % and more"
        )
    relieved = sensed.felt.relieved
    if relieved.any():
        found.append(
            f"at {int(relieved.sum())} of {len(relieved)} cells the gel buckles under the load: "
            "they are given the stiffness of the strained gel without the stress in it, or, where "
            "that buckles too, of the gel as printed"
        )
    pulled, wanted = sensed.pulled, case.cells.contraction
    if pulled is not None and wanted is not None:
        short = int((~pulled.converged).sum())
        if short:
            found.append(
                f"{short} of {len(pulled.strain)} pulling cells could not be followed stably to "
                f"{100 * wanted.strain:g} % (the least reached {100 * pulled.strain.min():.3g} %): "
                "their secant is that of the strain in contraction.csv"
            )
    if any(g.poisson_ratio > POISSON_TESTED for g in gels):
        found.append(
            f"a Poisson ratio above {POISSON_TESTED:g}: sensed stiffness near glass is up to 4 % "
            "too high; template: fine halves this"
        )
    return found


def references(assumptions: Sequence[Assumption]) -> list[dict[str, Any]]:
    """Sources with what they were used for, from the assumptions that name a DOI."""
    from postprocess.labels import find_dois

    used: dict[str, str] = {}
    for row in assumptions:
        for start, stop in find_dois(row.source):
            used.setdefault(row.source[start:stop], row.what)
    return [{"doi": doi, "used_for": what} for doi, what in used.items()]
