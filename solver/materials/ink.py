"""The recipe of a bioink as plain numbers in internal units (µm, kPa, mg/mL)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solver.materials.fibres.choice import LawChoice
    from solver.materials.odf import Orientation
    from solver.materials.orientation_field import OrientationField


@dataclass(frozen=True)
class Waviness:
    """Planar sinusoidal crimp; amplitude and wavelength in µm, amplitude 0 is straight."""

    amplitude: float = 0.0
    wavelength: float = 20.0


@dataclass(frozen=True)
class Alginate:
    """Calcium-crosslinked alginate, by recipe or by measurement.

    Parameters
    ----------
    concentration
        % w/v.
    calcium
        mM Ca²⁺.
    chain
        kDa.
    youngs_modulus
        kPa, measured on the alginate alone; replaces the recipe.
    poisson_ratio
        Drained default 0.3 [assumption: cells pull for minutes, water leaves]; undrained 0.49.
    """

    concentration: float = 2.0
    calcium: float = 9.8
    chain: float = 280.0
    youngs_modulus: float | None = None
    poisson_ratio: float = 0.3


@dataclass(frozen=True)
class Collagen:
    """One collagen in the ink.

    Parameters
    ----------
    concentration
        mg/mL.
    waviness
        Crimp of its fibres.
    fibril_radius
        µm; default 0.1 [assumption].
    stiffness_ratio
        Modulus of its fibres relative to collagen I: 1 for I; III default 0.5, band 0.25–1.2
        [assumption: the literature disagrees on the sign, 10.1038/s41598-017-01476-y,
        10.1016/j.matbio.2019.10.001].
    law
        How its fibres answer to large strain; ``None``: crimped. The published laws describe a
        network as it was measured, so they go with straight fibres only.
    """

    concentration: float
    waviness: Waviness = field(default_factory=Waviness)
    fibril_radius: float = 0.1
    stiffness_ratio: float = 1.0
    law: LawChoice | None = None


@dataclass(frozen=True)
class Heterogeneity:
    """Log-normal modulus field: coefficient of variation, correlation length in µm, seed."""

    cv: float
    length: float
    seed: int = 0


@dataclass(frozen=True)
class Ink:
    """A bioink: matrix, fibres, their alignment and what cells can hold on to.

    Parameters
    ----------
    name
        As the case calls it.
    alginate, collagen_I, collagen_III
        Constituents; ``None`` where absent.
    alignment
        Order parameter S of the fibres along the print direction.
    ligand
        Adhesive ligand relative to parental; ``None``: 1 with collagen, else 0
        (plain alginate carries no integrin ligand).
    synergy
        Factor on the collagen's contribution; composites can exceed the sum of their parts up to
        tenfold (arXiv 2306.03952); default 1 [assumption].
    heterogeneity
        Log-normal modulus field, or ``None``.
    youngs_modulus
        kPa, measured on the whole gel: scales the recipe's tensor so that its isotropic part has
        this modulus.
    orientation
        Density of fibre directions about the print direction, or a field of densities given in
        space; ``None``: Watson with ``alignment``.
    """

    name: str
    alginate: Alginate | None = None
    collagen_I: Collagen | None = None
    collagen_III: Collagen | None = None
    alignment: float = 0.0
    ligand: float | None = None
    synergy: float = 1.0
    heterogeneity: Heterogeneity | None = None
    youngs_modulus: float | None = None
    orientation: Orientation | OrientationField | None = None

    @property
    def ligand_level(self) -> float:
        """Ligand relative to parental, the default resolved."""
        if self.ligand is not None:
            return self.ligand
        return 0.0 if self.collagen_I is None and self.collagen_III is None else 1.0
