"""What the mechanics and the recipe say of each cell: all that the rule takes as given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.schema import Case
from meshes.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.coupling import Dose
    from solver.materials import Gel


@dataclass(frozen=True, eq=False)
class Sites:
    """What ``n`` cells feel and meet, whatever they are treated with.

    Attributes
    ----------
    stiffness
        Sensed stiffness, ``(n,)`` kPa.
    without_collagen
        The same if the inks held no collagen, ``(n,)`` kPa; None where no ink can be split.
    ink
        Index of each cell's ink, ``(n,)``; steps of a gradient are one ink here, for what is not
        known of its recipe moves all of them alike.
    ligand
        Adhesive ligand of each cell's ink, ``(n,)``, relative to parental.
    collagen
        Doses of the cues that are collagen's chemistry.
    log_sd
        Standard deviation of ln E of each ink, ``(n_inks,)``; of a gradient the mean over its
        cells.
    """

    stiffness: NDArray[np.float64]
    without_collagen: NDArray[np.float64] | None
    ink: NDArray[np.int64]
    ligand: NDArray[np.float64]
    collagen: dict[str, Dose]
    log_sd: NDArray[np.float64]

    @property
    def uncertain(self) -> dict[str, Any]:
        """What is uncertain of their stiffness: keywords of the rule's bands and indices."""
        return {"stiffness_log_sd": self.log_sd, "ink": self.ink}


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


@dataclass(frozen=True)
class GelFacts:
    """What the rule must know of a gel, beside what cells sense in it; plain, for results to keep.

    Attributes
    ----------
    name
        Of the ink, or of the step of its gradient.
    family
        Index of the ink that it is (a step) of.
    matrix_share
        Matrix modulus over what a cell deep in the gel senses; None where the two cannot be told
        apart.
    ligand
        Adhesive ligand relative to parental.
    collagen_I, collagen_III
        mg/mL.
    crimp
        Of the waves of collagen III: arc length over chord, minus one.
    log_sd, matrix_log_sd
        Standard deviation of ln E: whole gel, matrix alone.
    """

    name: str
    family: int
    matrix_share: float | None
    ligand: float
    collagen_I: float
    collagen_III: float
    crimp: float
    log_sd: float
    matrix_log_sd: float


def gel_facts(
    gels: Sequence[Gel], uniform: NDArray[np.float64], families: NDArray[np.int64]
) -> tuple[GelFacts, ...]:
    """What the rule must know of each gel.

    Parameters
    ----------
    gels
        One per ink, or per step of its gradient.
    uniform
        What a cell deep in each gel senses, ``(n_gels,)`` kPa. A cell without the collagen of its
        ink is taken to sense less by the factor matrix modulus / this value: exact in a uniform
        gel, an assumption near surfaces.
    families
        Which ink each gel is (a step) of, ``(n_gels,)``: :func:`meshes.graded.ink_families`.
    """
    return tuple(
        GelFacts(
            name=gel.ink.name,
            family=int(family),
            matrix_share=float(gel.matrix_modulus / deep) if can_split(gel) else None,
            ligand=float(gel.ink.ligand_level),
            log_sd=float(gel.log_sd),
            matrix_log_sd=float(gel.matrix_log_sd),
            **_collagen_facts(gel),
        )
        for gel, deep, family in zip(gels, uniform, families, strict=True)
    )


def _collagen_facts(gel: Gel) -> dict[str, float]:
    from solver.coupling import crimp_excess

    one, three = gel.ink.collagen_I, gel.ink.collagen_III
    wave = None if three is None else three.waviness
    return {
        "collagen_I": 0.0 if one is None else float(one.concentration),
        "collagen_III": 0.0 if three is None else float(three.concentration),
        "crimp": 0.0 if wave is None else float(crimp_excess(wave.amplitude, wave.wavelength)),
    }


def sites_of(
    case: Case,
    gels: tuple[Gel, ...],
    stiffness: NDArray[np.float64],
    uniform: NDArray[np.float64],
    ink: NDArray[np.int64],
    families: NDArray[np.int64],
) -> Sites:
    """Gather what the rule takes as given.

    Parameters
    ----------
    case
        Which of collagen's paths are counted.
    gels, uniform, families
        As in :func:`gel_facts`.
    stiffness
        Sensed stiffness of the cells, ``(n,)`` kPa.
    ink
        Index of each cell's gel, ``(n,)``.
    """
    return sites_from_facts(
        gel_facts(gels, uniform, families),
        stiffness,
        ink,
        mechanics=case.dormancy.paths.collagen_mechanics,
    )


def sites_from_facts(
    facts: Sequence[GelFacts],
    stiffness: NDArray[np.float64],
    ink: NDArray[np.int64],
    *,
    mechanics: bool,
) -> Sites:
    """The same from what a result keeps of its gels.

    Parameters
    ----------
    facts
        Of each gel.
    stiffness, ink
        As in :func:`sites_of`.
    mechanics
        Whether the stiffness that collagen adds is counted.
    """
    share = np.array([1.0 if f.matrix_share is None else f.matrix_share for f in facts])
    split = any(f.matrix_share is not None for f in facts)
    families = np.array([f.family for f in facts])
    return Sites(
        stiffness=stiffness,
        without_collagen=stiffness * share[ink] if split or not mechanics else None,
        ink=families[ink],
        ligand=np.array([f.ligand for f in facts])[ink],
        collagen=_doses([asdict(f) for f in facts], ink),
        log_sd=family_mean(
            np.array([f.log_sd if mechanics else f.matrix_log_sd for f in facts]),
            families,
            np.bincount(ink, minlength=len(facts)),
        ),
    )


def family_mean(
    values: NDArray[np.float64], families: NDArray[np.int64], cells: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean over the steps of each ink, weighted by their cells where there are any.

    Parameters
    ----------
    values, families, cells
        Of each gel: the value, the ink it is (a step) of, the number of cells in it; ``(n_gels,)``.
    """
    any_cells = np.bincount(families, weights=cells)[families] > 0
    weights = np.where(any_cells, cells, 1)
    return np.bincount(families, weights=weights * values) / np.bincount(families, weights=weights)


def collagen_of(gels: tuple[Gel, ...], ink: NDArray[np.int64]) -> dict[str, Dose]:
    """Doses of collagen's chemistry at each cell, from the recipes."""
    return _doses([_collagen_facts(gel) for gel in gels], ink)


def _doses(collagen: Sequence[Mapping[str, float]], ink: NDArray[np.int64]) -> dict[str, Dose]:
    from solver.coupling import collagen_doses

    one, three, crimp = (
        np.array([of_gel[key] for of_gel in collagen])[ink]
        for key in ("collagen_I", "collagen_III", "crimp")
    )
    return collagen_doses(one, three, crimp)
