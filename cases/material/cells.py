"""Explicit fibre cells beside the formulas: ``dormatrix material --rve``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cases.parallel import world
from meshes.errors import InputError

if TYPE_CHECKING:
    from cases.material.describe import Fibre, InkSheet
    from solver.mechanics.fibre_study import CrimpStudy

REACH = (0.4, 0.8, 1.2, 1.6)  # of what straightens the wave: where the cell is pulled to


def require_solver() -> None:
    """Raise where fibre cells cannot be solved.

    Raises
    ------
    SolveError
        If DOLFINx is not installed.
    InputError
        Under MPI.
    """
    if world().size > 1:
        raise InputError(
            "fibre cells are solved by one process", hint="start dormatrix material without mpirun"
        )


def wavy_fibre(sheet: InkSheet) -> Fibre | None:
    """The fibre that a cell is made for: the first wavy one; None without waves."""
    return next((f for f in sheet.fibres if f.collagen.waviness.amplitude > 0.0), None)


def compare_cells(sheet: InkSheet) -> dict[str, Any] | None:
    """Solve a cell of one wavy fibril in the gel and set it beside the formulas; some minutes.

    Parameters
    ----------
    sheet
        Of the ink.

    Returns
    -------
    dict
        ``words``, ``rows`` (what and share) and ``curve`` (share of the straight fibre's tangent
        modulus against stretch, in the cell and by the law); None for an ink without waves.

    Raises
    ------
    SolveError
        If a solve fails.
    """
    fibre = wavy_fibre(sheet)
    if fibre is None:
        return None
    from meshes.crimp_meshes import crimp_meshes
    from solver.materials.collagen import FIBRIL_MODULUS
    from solver.materials.mean_field import Phase
    from solver.mechanics.fibre_study import CrimpedGel, crimp_study

    gel, collagen = sheet.gel, fibre.collagen
    network = next(f for f in gel.fibres if f.name == fibre.name)
    wave, radius, fraction = collagen.waviness, collagen.fibril_radius, network.fraction
    # What holds the fibres is the matrix as it is before a measurement of the whole scales it.
    matrix = Phase(gel.matrix_modulus / gel.scale, gel.matrix_poisson)
    fibril = Phase(FIBRIL_MODULUS, 0.3)
    study = crimp_study(
        CrimpedGel(matrix, fibril, radius, wave.amplitude, wave.wavelength, fraction),
        crimp_meshes(radius, wave.amplitude, wave.wavelength, fraction),
        reach=REACH,
    )
    stretch, share = _tangent_share(study)
    law = network.law(stretch).tangent / float(network.law(np.array([10.0])).tangent[0])
    return {
        "fibre": fibre.name,
        "words": f"One fibril of collagen {fibre.name} in a periodic box of gel (E "
        f"{matrix.young:.3g} kPa, volume fraction {fraction:.2g}), solved in full, beside the "
        "formulas. In the box all neighbours wave in step: they move the gel together and hold one "
        "another less than a lone fibre is held. Fibres of a real gel lie between the two.",
        "rows": [
            {"what": "solved: fibre in gel, neighbours in step", "value": study.shares.cell},
            {"what": "formula, neighbours in step", "value": study.shares.array},
            {"what": "formula, lone fibre (this program's)", "value": network.crimp.held},
            {"what": "solved: fibre without gel", "value": study.shares.alone},
            {"what": "formula, fibre without gel", "value": study.shares.formula.free},
        ],
        "curve": {"stretch": stretch.tolist(), "cell": share.tolist(), "law": law.tolist()},
    }  # fmt: skip


def _tangent_share(study: CrimpStudy) -> tuple[Any, Any]:
    """The fibre's part of the tangent modulus, wavy over straight, at the stretches pulled to."""
    soft = (1.0 - study.gel.fraction) * study.gel.matrix.young
    wavy, straight = study.wavy_curve, study.straight_curve
    return wavy.stretch, (wavy.tangent - soft) / (straight.tangent - soft)
