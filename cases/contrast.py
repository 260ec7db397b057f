"""The same collagen, otherwise: what type and waviness alone do to an ink.

Each ink with collagen is compared with itself: the same mass all as straight collagen I, all as
wavy collagen III, and none. Everything else is held, the adhesive ligand too, so that whatever
differs is the collagen's doing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.answer import sampling
from cases.biology.sites import Sites, collagen_of
from cases.biology.state import present_state
from cases.build import build_known_gel
from cases.schema import Case
from solver.materials.crimp import SLENDER
from solver.materials.gel import DEFAULT_RATIO_III

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.materials import Gel, Ink
    from solver.materials.ink import Waviness
    from solver.mechanics.template import Template

DEFAULT_WAVE = (1.0, 20.0)  # amplitude and wavelength in um where the ink has none [assumption]


def variants_sensed(gel: Gel, template: Template) -> NDArray[np.float64]:
    """What a cell senses deep in each of an ink's :func:`variants`, ``(k,)`` kPa.

    A measured modulus of the whole gel is left out. None for an ink without collagen.

    Parameters
    ----------
    gel
        The ink as printed.
    template
        Mesh of the cell probe.

    Raises
    ------
    SolveError
        If a probe cannot be solved.
    """
    if not gel.fibres:
        return np.zeros(0)
    from solver.mechanics.sites import uniform_gel_senses

    gels = [build_known_gel(ink) for ink in variants(gel.ink).values()]
    return uniform_gel_senses(gels, template).mean


def contrast(case: Case, gel: Gel, deep: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Rows of the comparison, the ink as printed first.

    Parameters
    ----------
    case
        Rule, cues and band.
    gel
        The ink as printed, with collagen.
    deep
        Of its variants: :func:`variants_sensed`.

    Returns
    -------
    list of dict
        ``words``, moduli and sensed stiffness deep in the gel in kPa, and ``p`` with its band.
    """
    others = variants(gel.ink)
    gels = [build_known_gel(ink) for ink in others.values()]
    # A measured modulus of the whole gel pins the ink as printed; its factor is kept for the rest.
    factor = gel.isotropic_modulus / gels[0].isotropic_modulus
    sensed = factor * deep
    rows = []
    here = np.zeros(1, dtype=np.int64)
    for i, (words, other) in enumerate(zip(others, gels, strict=True)):
        one = Sites(
            stiffness=sensed[i : i + 1],
            without_collagen=np.array([factor * other.matrix_modulus]),
            ink=here,
            ligand=np.array([gel.ink.ligand_level]),
            collagen=collagen_of((other,), here),
            log_sd=np.array([_log_sd(case, gel, gels[0], other)]),
        )
        state = present_state(case, one)
        band = state.forgetful().rule.band(**state.inputs, **one.uncertain, **sampling(case))
        rows.append(
            {
                "words": words,
                "e_isotropic_kPa": factor * other.isotropic_modulus,
                "e_fibre_kPa": factor * other.e_fibre,
                "e_cross_kPa": factor * other.e_cross,
                "sensed_kPa": float(sensed[i]),
                "p": dict(zip(("value", "low", "high"), band.mean, strict=True)),
            }
        )
    return rows


def _log_sd(case: Case, gel: Gel, printed: Gel, other: Gel) -> float:
    """Spread of ln E of a variant; a measurement of the ink as printed narrows all of them."""
    if not case.dormancy.paths.collagen_mechanics:
        return other.matrix_log_sd
    if gel.ink.youngs_modulus is None:
        return other.log_sd
    return float(np.hypot(gel.log_sd, np.std(other.samples - printed.samples)))


def variants(ink: Ink) -> dict[str, Ink]:
    """The ink and its collagen otherwise, in words: the same mass, straight or wavy, or none.

    Parameters
    ----------
    ink
        With collagen. A measured modulus of the whole gel is left out of all of them.
    """
    from solver.materials import Collagen
    from solver.materials.ink import Waviness

    bare = replace(ink, youngs_modulus=None)
    one, three = ink.collagen_I, ink.collagen_III
    total = sum(c.concentration for c in (one, three) if c is not None)
    wave: Waviness = (
        three.waviness
        if three is not None and three.waviness.amplitude > 0.0
        else Waviness(*DEFAULT_WAVE)
    )
    radius = next(c.fibril_radius for c in (three, one) if c is not None)
    ratio = DEFAULT_RATIO_III if three is None else three.stiffness_ratio
    straight_three = Collagen(total, fibril_radius=radius, stiffness_ratio=ratio)
    variants = {
        "as printed": bare,
        "same mass, all straight collagen I": replace(
            bare, collagen_I=Collagen(total, fibril_radius=radius), collagen_III=None
        ),
        "same mass, all straight collagen III": replace(
            bare, collagen_I=None, collagen_III=straight_three
        ),
    }
    if radius <= wave.wavelength / SLENDER:  # else the crimp law does not hold
        name = f"{wave.amplitude:g} µm every {wave.wavelength:g} µm"
        variants[f"same mass, all wavy collagen III ({name})"] = replace(
            bare, collagen_I=None, collagen_III=replace(straight_three, waviness=wave)
        )
    if ink.alginate is not None:
        variants["no collagen"] = replace(bare, collagen_I=None, collagen_III=None)
    return variants
