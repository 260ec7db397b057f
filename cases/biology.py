"""The dormancy rule applied to the cells of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.schema import Case
from meshes.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.coupling import Band, DormancyRule
    from solver.materials import Gel


@dataclass(frozen=True, eq=False)
class Answer:
    """What the rule says of each of ``n`` cells.

    Attributes
    ----------
    p
        P(dormant), ``(n,)``.
    band
        Its band, per cell and for the summaries.
    shares
        Name to log-odds ``(n,)``; positive keeps asleep.
    curve
        P against stiffness for the first ink's ligand and this case's cues.
    assumptions
        Rows that the rule rests on.
    """

    p: NDArray[np.float64]
    band: Band
    shares: dict[str, NDArray[np.float64]]
    curve: dict[str, NDArray[np.float64]]
    assumptions: list[dict[str, str]]


def can_split(gel: Gel) -> bool:
    """Whether the gel's stiffness can be told apart into matrix and collagen.

    Without alginate the ground matrix is assumed as a share of the collagen itself.
    """
    return bool(gel.fibres) and gel.ink.alginate is not None


def require_split(case: Case, gels: tuple[Gel, ...]) -> None:
    """Refuse to switch off collagen's mechanics where nothing else carries the gel.

    Raises
    ------
    InputError
        Naming the ink.
    """
    if case.dormancy.paths.collagen_mechanics:
        return
    for gel in gels:
        if gel.fibres and not can_split(gel):
            raise InputError(
                f"dormancy.paths.collagen_mechanics is false, but ink '{gel.ink.name}' is collagen "
                "alone: without it there is no gel",
                hint="add alginate to the ink, or leave the path on",
            )


def build_rule(case: Case) -> DormancyRule:
    """The rule as the case asks for it."""
    from solver.coupling import DormancyRule, load_preset

    wanted = case.dormancy
    return DormancyRule(
        parameters=load_preset(wanted.preset, wanted.overrides),
        blocks=wanted.block,
        collagen_mechanics=wanted.paths.collagen_mechanics,
        collagen_chemistry=wanted.paths.collagen_chemistry,
    )


def apply_rule(
    case: Case,
    gels: tuple[Gel, ...],
    stiffness: NDArray[np.float64],
    uniform: NDArray[np.float64],
    ink: NDArray[np.int64],
) -> Answer:
    """P(dormant) with band and shares.

    Parameters
    ----------
    case
        Rule, cues, blocks, band.
    gels
        One per ink.
    stiffness
        Sensed stiffness of the cells, ``(n,)`` kPa.
    uniform
        What a cell deep in each gel senses, ``(n_inks,)`` kPa. A cell without the collagen of its
        ink is taken to sense less by the factor matrix modulus / this value: exact in a uniform
        gel, an assumption near surfaces.
    ink
        Index of each cell's ink, ``(n,)``.
    """
    rule = build_rule(case)
    wanted = case.dormancy
    share = np.array([g.matrix_modulus for g in gels]) / uniform
    split = np.array([can_split(g) for g in gels])
    without = stiffness * np.where(split, share, 1.0)[ink]
    full = wanted.paths.collagen_mechanics
    log_sd = [g.log_sd if full else g.matrix_log_sd for g in gels]
    ligand = np.array([g.ink.ligand_level for g in gels])
    inputs: dict[str, Any] = {
        "upar": wanted.uPAR,
        "fibronectin": wanted.fibronectin,
        "E_without_collagen": without if split.any() or not full else None,
    }
    doses = doses_of(case, gels, ink)
    p = rule.probability(stiffness, ligand[ink], doses, **inputs)
    band = rule.band(
        stiffness,
        ligand[ink],
        doses,
        **inputs,
        stiffness_log_sd=np.array(log_sd),
        ink=ink,
        level=wanted.band.level,
        samples=wanted.band.samples,
        seed=wanted.band.seed,
    )
    shares = rule.log_odds_shares(stiffness, ligand[ink], doses, **inputs)
    active = [name for name in shares if name in {cue.cue for cue in rule.cues}]
    curve = rule.curve(
        ligand=float(ligand[0]),
        doses=doses_of(case, gels, np.zeros(1, dtype=np.int64)),
        upar=wanted.uPAR,
        fibronectin=wanted.fibronectin,
        level=wanted.band.level,
        samples=wanted.band.samples,
        seed=wanted.band.seed,
    )
    return Answer(p, band, shares, curve, rule.assumptions(active))


def doses_of(case: Case, gels: tuple[Gel, ...], ink: NDArray[np.int64]) -> dict[str, Any]:
    """Cue to dose at each cell: collagen's from the recipe, the others from the medium."""
    from solver.coupling import collagen_doses, crimp_excess

    amount = {
        name: np.array([getattr(c, "concentration", 0.0) for c in column])
        for name, column in (
            ("I", [g.ink.collagen_I for g in gels]),
            ("III", [g.ink.collagen_III for g in gels]),
        )
    }
    crimp = np.array(
        [
            0.0
            if g.ink.collagen_III is None
            else float(
                crimp_excess(
                    g.ink.collagen_III.waviness.amplitude, g.ink.collagen_III.waviness.wavelength
                )
            )
            for g in gels
        ]
    )
    doses: dict[str, Any] = dict(collagen_doses(amount["I"][ink], amount["III"][ink], crimp[ink]))
    doses.update(case.dormancy.cues)
    return doses
