"""What the mechanics and the recipe say of each cell: all that the rule takes as given."""

from __future__ import annotations

from dataclasses import dataclass
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
    gels
        One per ink, or per step of its gradient.
    stiffness
        Sensed stiffness of the cells, ``(n,)`` kPa.
    uniform
        What a cell deep in each gel senses, ``(n_gels,)`` kPa. A cell without the collagen of its
        ink is taken to sense less by the factor matrix modulus / this value: exact in a uniform
        gel, an assumption near surfaces.
    ink
        Index of each cell's gel, ``(n,)``.
    families
        Which ink each gel is (a step) of, ``(n_gels,)``: :func:`meshes.graded.ink_families`.
    """
    share = np.array([g.matrix_modulus for g in gels]) / uniform
    split = np.array([can_split(g) for g in gels])
    mechanics = case.dormancy.paths.collagen_mechanics
    return Sites(
        stiffness=stiffness,
        without_collagen=stiffness * np.where(split, share, 1.0)[ink]
        if split.any() or not mechanics
        else None,
        ink=families[ink],
        ligand=np.array([g.ink.ligand_level for g in gels])[ink],
        collagen=collagen_of(gels, ink),
        log_sd=family_mean(
            np.array([g.log_sd if mechanics else g.matrix_log_sd for g in gels]),
            families,
            np.bincount(ink, minlength=len(gels)),
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
    from solver.coupling import collagen_doses, crimp_excess

    amount = {
        name: np.array([getattr(c, "concentration", 0.0) for c in column])
        for name, column in (
            ("I", [g.ink.collagen_I for g in gels]),
            ("III", [g.ink.collagen_III for g in gels]),
        )
    }
    waves = [None if g.ink.collagen_III is None else g.ink.collagen_III.waviness for g in gels]
    crimp = np.array(
        [0.0 if w is None else float(crimp_excess(w.amplitude, w.wavelength)) for w in waves]
    )
    return collagen_doses(amount["I"][ink], amount["III"][ink], crimp[ink])
