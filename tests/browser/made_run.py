"""A result folder as a run leaves it, with made-up mechanics: the rule and all else are real."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cases.assemble import Pieces, answer_rule, assemble
from cases.build import build_gels, build_scaffold
from cases.load import parse_case
from cases.stages.facts import CellFacts, Felt, LoadFacts, MeshFacts, Sensed
from cases.stages.mechanics import Mechanics
from postprocess.write import write_result
from tests.postprocess.conftest import SIZE, box_fields

CASE = """\
name: NAME
scaffold: {kind: slab, size: [600 um, 400 um, 200 um], ink: soft, mesh_size: 100 um}
inks:
  soft:
    alginate: {youngs_modulus: 1 kPa}
    collagen_I: {concentration: 1 mg/mL}
    collagen_III: {concentration: 1 mg/mL, waviness: {amplitude: 1 um, wavelength: 20 um}}
cells: {count: COUNT}
dormancy:
  cues: {TGFb2: 0.25}
  parameters: {n: 2.5}
  network: false
  sensitivity: false
"""


def made_run(
    folder: Path,
    count: int = 60,
    name: str = "wavy niche",
    text: str = CASE,
    home: Path | None = None,
) -> Path:
    """Write a result of ``count`` cells that sense 1 to 8 kPa, softer to stiffer along x."""
    case = parse_case(text.replace("NAME", name).replace("COUNT", str(count)), folder=home)
    scaffold = build_scaffold(case)
    gels = build_gels(case, scaffold)
    rng = np.random.default_rng(1)
    points = rng.uniform(10, SIZE - 10, (count, 3))
    stiffness = np.exp(np.log(8.0) * points[:, 0] / SIZE[0]) * rng.lognormal(0, 0.05, count)
    ink = scaffold.ink(points).astype(np.int64)
    depth = np.minimum(points, SIZE - points).min(axis=1)
    fields = box_fields()
    n_gels = len(gels)
    sensed = Sensed(
        mesh=MeshFacts(scaffold.inks, np.full(n_gels, SIZE.prod() / n_gels), len(fields.cells), 0.5,
                       0.0, "given", ()),
        load=LoadFacts(),
        cells=CellFacts(points, ink, depth, depth),
        felt=Felt(stiffness, 1.3 * stiffness, 0.8 * stiffness, np.tile([1.0, 0, 0], (count, 1)),
                  np.zeros(count, bool)),
        pulled=None,
        uniform=np.array([1.02 * gel.isotropic_modulus for gel in gels]),
        variants=tuple(np.full(5, gel.isotropic_modulus) for gel in gels),
        ranks=1,
        solvers={},
    )  # fmt: skip
    one_ink = {**fields.cell_data, "ink": np.zeros(len(fields.cells), np.int32)}
    mechanics = Mechanics(
        scaffold,
        gels,
        sensed,
        {
            "points": fields.points,
            "cells": fields.cells,
            "cell_data": one_ink,
            "point_data": fields.point_data,
        },
    )
    answer, contrasts = answer_rule(case, mechanics)
    folder.mkdir(parents=True, exist_ok=True)
    result = assemble(Pieces(case, mechanics, answer, contrasts, {}))
    write_result(result, folder, figures=False)
    return folder
