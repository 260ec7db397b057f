"""What waviness costs a fibre in a given gel: explicit fibre cells beside the formulas.

Shares are of the axial stiffness of the straight fibre. A cell's share is
``(E_L − (1−f) E_m)/(f E_f/s)``, s the contour length per length along z: the gel's own part off,
the fibre's part over that of a straight fibre of the same section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from solver.materials.crimp import CrimpFactors, crimp_factors, held_share
from solver.materials.crimp_support import array_support, lone_support
from solver.materials.mean_field import (
    AlignedBounds,
    AlignedModuli,
    Phase,
    hill_hashin,
    mori_tanaka,
    reuss,
    voigt,
)
from solver.materials.tensors import FloatArray, directional_modulus
from solver.mechanics.cell_stretch import CellStretch, StretchCurve
from solver.mechanics.homogenise import Effective, homogenise
from solver.mechanics.periodic import PeriodicCell

# Of λ_s − 1, the stretch at which the wave is used up
DEFAULT_REACH = (0.4, 0.8, 1.0, 1.2, 1.6)


class StudyMeshes(Protocol):
    """Cells of one volume fraction: straight, wavy (fine and coarse) and wavy without gel."""

    @property
    def straight(self) -> PeriodicCell: ...

    @property
    def wavy(self) -> PeriodicCell: ...

    @property
    def wavy_coarse(self) -> PeriodicCell: ...

    @property
    def alone(self) -> PeriodicCell: ...


@dataclass(frozen=True)
class CrimpedGel:
    """Wavy fibres in step in a gel.

    Parameters
    ----------
    matrix, fibre
        Isotropic phases, kPa.
    radius, amplitude, wavelength
        Of the fibre, µm.
    fraction
        Volume fraction of fibres.
    """

    matrix: Phase
    fibre: Phase
    radius: float
    amplitude: float
    wavelength: float
    fraction: float


@dataclass(frozen=True)
class Shares:
    """Share of a straight fibre's axial stiffness that the wavy one keeps.

    Attributes
    ----------
    cell
        The fibre cell, neighbours in step.
    alone
        The fibre without gel.
    formula
        ``held`` and ``free`` of :func:`solver.materials.crimp.crimp_factors`: lone fibre in an
        incompressible gel, and without gel.
    lone
        The same with the gel's Poisson ratio.
    array
        The same with the neighbours of the cell.
    """

    cell: float
    alone: float
    formula: CrimpFactors
    lone: float
    array: float


@dataclass(frozen=True, eq=False)
class CrimpStudy:
    """Result of :func:`crimp_study`; moduli in kPa.

    Attributes
    ----------
    gel
        What was asked.
    straight, wavy, alone
        Effective stiffness of the three cells; ``axial_modulus`` is E_L.
    shares
        Of the straight fibre's stiffness.
    formula_axial, lone_axial, array_axial
        E_L of the wavy gel from the shares of the formulas.
    mori_tanaka
        Moduli of the straight gel by Mori and Tanaka.
    bounds
        Hill–Hashin bounds (Hashin–Shtrikman for aligned fibres) of the straight gel.
    voigt_axial, reuss_axial
        E_L of uniform strain and uniform stress.
    straight_curve, wavy_curve
        Uniaxial tension at finite stretch; the wavy one on the coarse mesh.
    """

    gel: CrimpedGel
    straight: Effective
    wavy: Effective
    alone: Effective
    shares: Shares
    formula_axial: float
    lone_axial: float
    array_axial: float
    mori_tanaka: AlignedModuli
    bounds: AlignedBounds
    voigt_axial: float
    reuss_axial: float
    straight_curve: StretchCurve
    wavy_curve: StretchCurve


def crimp_study(
    gel: CrimpedGel, meshes: StudyMeshes, reach: Sequence[float] = DEFAULT_REACH
) -> CrimpStudy:
    """Solve the cells of a gel and set them beside the formulas.

    Parameters
    ----------
    gel
        Phases and fibre.
    meshes
        Made for the same fibre and fraction (``meshes.crimp_meshes.crimp_meshes``).
    reach
        Stretches of the finite part, rising, as ``(λ − 1)/(λ_s − 1)``.

    Raises
    ------
    ValueError
        If the fibre is straight or too thick for the slender-fibre formula.
    SolveError
        If a solve fails.
    """
    if gel.amplitude <= 0.0:
        raise ValueError(f"expected a wavy fibre, found an amplitude of {gel.amplitude} um")
    phases = (gel.matrix, gel.fibre)
    stiffness = [phase.stiffness for phase in phases]
    straight, wavy, alone = (
        homogenise(cell, stiffness) for cell in (meshes.straight, meshes.wavy, meshes.alone)
    )
    shares = _shares(gel, meshes.wavy.size, wavy, alone)
    stretches = 1.0 + np.asarray(reach) * (shares.formula.locking_stretch - 1.0)
    fractions = (1.0 - gel.fraction, gel.fraction)
    section, soft = _section(gel, meshes.wavy.size), fractions[0] * gel.matrix.young

    def axial(share: float) -> float:
        return soft + section * gel.fibre.young * share

    return CrimpStudy(
        gel=gel,
        straight=straight,
        wavy=wavy,
        alone=alone,
        shares=shares,
        formula_axial=axial(shares.formula.held),
        lone_axial=axial(shares.lone),
        array_axial=axial(shares.array),
        mori_tanaka=AlignedModuli.of(mori_tanaka(gel.matrix, stiffness[1], gel.fraction)),
        bounds=hill_hashin(gel.matrix, gel.fibre, gel.fraction),
        voigt_axial=float(directional_modulus(voigt(stiffness, fractions), (0.0, 0.0, 1.0))),
        reuss_axial=float(directional_modulus(reuss(stiffness, fractions), (0.0, 0.0, 1.0))),
        straight_curve=CellStretch(meshes.straight, phases).pull(stretches),
        wavy_curve=CellStretch(meshes.wavy_coarse, phases).pull(stretches),
    )


def _section(gel: CrimpedGel, size: FloatArray) -> float:
    """Share of the cell's cross-section that the fibre's own round section takes."""
    return float(np.pi * gel.radius**2 / (size[0] * size[1]))


def _shares(gel: CrimpedGel, size: FloatArray, wavy: Effective, alone: Effective) -> Shares:
    fibre = _section(gel, size) * gel.fibre.young
    wave = (gel.amplitude, gel.wavelength, gel.radius, gel.fibre.young)
    support = (gel.wavelength, gel.radius, gel.matrix)
    soft = (1.0 - gel.fraction) * gel.matrix.young
    return Shares(
        cell=(wavy.axial_modulus - soft) / fibre,
        alone=alone.axial_modulus / fibre,
        formula=crimp_factors(*wave, gel.matrix.shear, gel.matrix.poisson),
        lone=held_share(*wave, lone_support(*support)),
        array=held_share(*wave, array_support(*support, (float(size[0]), float(size[1])))),
    )
