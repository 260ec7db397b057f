"""What an ink is, in numbers and curves with their band: the sheet of ``dormatrix material``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cases.contrast import DEFAULT_WAVE, variants
from cases.material.curves import Banded, Family, Floats, TestCurve
from meshes.errors import SolveError
from solver.materials.crimp import SLENDER, crimp_factors
from solver.materials.draws import Draws, recipe_draws
from solver.materials.gel import fibre_orientation
from solver.materials.ink import Waviness
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import directional_modulus

if TYPE_CHECKING:
    from solver.materials import Collagen, Gel, Ink

DRAWS = 64
THROUGH = np.array([0.0, 1.0, 0.0])  # normal of planar fibres in their own frame
ALONG, ACROSS = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)
PRESSED, SHEARED = 0.85, 0.5  # ends of the curves: stretch in compression, amount of shear
LEAST_REACH, MOST_REACH = 1.20, 1.60  # where tension ends
PAST_LOCKING = 2.5  # ... or this many times as far as the waves reach
_SHORTENED = 8  # times that a range too long for the gel is shortened
MATRIX_RANGE = 10.0 ** np.linspace(-2.0, 3.0, 61)  # kPa, of the crimp effect


@dataclass(frozen=True, eq=False)
class CrimpEffect:
    """Share of its straight stiffness that a wavy fibre keeps, against the matrix around it.

    Attributes
    ----------
    fibre
        Whose waves; ``assumed``: this ink has none, and those of the comparison stand in.
    matrix
        Young's modulus of the matrix, kPa, ``(n,)``.
    held, free
        Share in such a matrix, and without any.
    here
        Share in this ink's matrix.
    """

    fibre: Collagen
    assumed: bool
    matrix: Floats
    held: Banded
    free: Banded
    here: Banded


@dataclass(frozen=True, eq=False)
class Fibre:
    """One collagen of an ink.

    Attributes
    ----------
    name, law
        ``I`` or ``III``; which law.
    collagen
        Its recipe.
    straight
        Stiffness of its network with straight fibres, kPa: 15 times its shear modulus.
    held, free
        Share of it that waviness leaves in this gel, and without a gel.
    locking
        Stretch at which the fibres are straight; 1 for straight ones.
    """

    name: str
    law: str
    collagen: Collagen
    straight: Banded
    held: Banded
    free: Banded
    locking: float


@dataclass(frozen=True, eq=False)
class Variant:
    """The same mass of collagen in another form, pulled along the fibres."""

    key: str
    words: str
    curve: TestCurve


@dataclass(frozen=True, eq=False)
class InkSheet:
    """All that is said of one ink; moduli at small strain in kPa.

    Attributes
    ----------
    gel
        The gel of the central recipe.
    matrix, along, across, isotropic, poisson
        Young's moduli of matrix and gel, Poisson ratio of the gel's isotropic part.
    directed
        Whether the fibres have a direction: else along and across are the same.
    fibres
        Its collagens.
    curves
        Tests of the gel: pulled along, pulled across where that differs, sheared.
    variants
        The same collagen otherwise; empty without collagen.
    straightened
        Modulus along the fibres over that of the same gel with straight fibres; None without
        waves.
    crimp
        None without collagen.
    notes
        What the user must know.
    """

    gel: Gel
    matrix: Banded
    along: Banded
    across: Banded
    isotropic: Banded
    poisson: Banded
    directed: bool
    fibres: tuple[Fibre, ...]
    curves: tuple[TestCurve, ...]
    variants: tuple[Variant, ...]
    straightened: Banded | None
    crimp: CrimpEffect | None
    notes: tuple[str, ...]


def _of_directions(ink: Ink, gel: Gel) -> tuple[str, ...]:
    """What the words along and across do not say of the gel's directions."""
    if isinstance(ink.orientation, OrientationField):
        return (
            "the directions of its fibres differ from place to place: this is the same gel with "
            "fibres in all directions",
        )
    density = fibre_orientation(ink)
    notes = []
    share = np.diag(density.structure_tensor)
    if gel.fibres and share[2] < share.max() - 1e-9:
        notes.append(
            "most of its fibres lie across the strand: along the fibres means along the strand here"
        )
    if gel.fibres and not density.axisymmetric:
        through = float(directional_modulus(gel.stiffness, THROUGH))
        notes.append(
            f"its fibres lie in planes: across the fibres means in the plane; through it the gel "
            f"has {through:.3g} kPa"
        )
    return tuple(notes)


def describe_ink(ink: Ink) -> InkSheet:
    """Compute the sheet of an ink.

    Parameters
    ----------
    ink
        The recipe.

    Raises
    ------
    ValueError
        If the ink cannot be built.
    SolveError
        If the gel cannot be followed along a curve.
    """
    draws = recipe_draws(DRAWS)
    family = Family(ink, draws)
    gel = family.central
    directed = bool(gel.fibres) and float(np.ptp(fibre_orientation(ink).eigenvalues)) > 1e-9
    crimp = _crimp_effect(family, draws)
    stretches, notes = _followed(family, _stretches(gel, crimp))
    notes = (*notes, *_of_directions(ink, gel))
    curves = [
        family.tension(
            "tension_along",
            "pulled along the fibres" if directed else "pulled; all directions are alike",
            stretches,
            ALONG,
        )
    ]
    if directed:
        curves.append(
            family.tension("tension_across", "pulled across the fibres", stretches, ACROSS)
        )
    curves.append(family.shear("shear", "sheared", np.arange(26) / 25.0 * SHEARED))
    return InkSheet(
        gel=gel,
        matrix=family.number(lambda g: g.matrix_modulus),
        along=family.number(lambda g: g.e_fibre),
        across=family.number(lambda g: g.e_cross),
        isotropic=family.number(lambda g: g.isotropic_modulus),
        poisson=family.number(lambda g: g.poisson_ratio),
        directed=directed,
        fibres=tuple(_fibre(family, i) for i in range(len(gel.fibres))),
        curves=tuple(curves),
        variants=_variants(family, draws, stretches[stretches >= 1.0]),
        straightened=_straightened(family, draws),
        crimp=crimp,
        notes=(*gel.warnings, *notes),
    )


def _followed(family: Family, stretches: Floats) -> tuple[Floats, tuple[str, ...]]:
    """The stretches, drawn together around 1 until the gel can be followed; and a note of it."""
    for _ in range(_SHORTENED):
        try:
            family.tension("tension_along", "", stretches, ALONG, banded=False)
        except SolveError:
            stretches = 1.0 + 0.7 * (stretches - 1.0)
            continue
        break
    end = stretches[-1]
    if end >= LEAST_REACH:
        return stretches, ()
    return stretches, (
        f"{family.ink.name}: curves end at a stretch of {end:.3f}; beyond it the law stiffens so "
        "steeply that the gel cannot be followed",
    )


def _stretches(gel: Gel, crimp: CrimpEffect | None) -> Floats:
    """From compression to well past the stretch at which the fibres are straight; close at rest."""
    locking = [fibre.crimp.locking_stretch for fibre in gel.fibres]
    if crimp is not None:
        wave = crimp.fibre.waviness
        locking.append(crimp_factors(wave.amplitude, wave.wavelength, 1e-3, 1.0, 0.0)[2])
    furthest = 1.0 + PAST_LOCKING * (max(locking, default=1.0) - 1.0)
    reach = float(np.clip(furthest, LEAST_REACH, MOST_REACH))
    pulled = 1.0 + (reach - 1.0) * np.linspace(0.0, 1.0, 21) ** 1.5
    return np.concatenate([1.0 - (1.0 - PRESSED) * np.linspace(1.0, 0.0, 8)[:-1] ** 2, pulled])


def _fibre(family: Family, number: int) -> Fibre:
    gel = family.central
    fibre = gel.fibres[number]
    collagen = gel.ink.collagen_I if fibre.name == "I" else gel.ink.collagen_III
    assert collagen is not None

    def straight(g: Gel) -> float:
        f = g.fibres[number]
        return g.ink.synergy * g.scale * f.stiffness / (f.crimp.held if _crimped(f.law) else 1.0)

    return Fibre(
        name=fibre.name,
        law=fibre.choice.kind,
        collagen=collagen,
        straight=family.number(straight),
        held=family.number(lambda g: g.fibres[number].crimp.held),
        free=family.number(lambda g: g.fibres[number].crimp.free),
        locking=fibre.crimp.locking_stretch,
    )


def _crimped(law: object) -> bool:
    from solver.materials.fibres import Crimped

    return isinstance(law, Crimped)


def _variants(family: Family, draws: Draws, stretches: Floats) -> tuple[Variant, ...]:
    """Straight collagen I and wavy collagen III in place of what is printed."""
    if not family.central.fibres:
        return ()
    found: Mapping[str, Ink] = variants(family.ink)
    # The comparison is one of recipes: a law that was measured on this collagen is not another's.
    law = "" if all(_crimped(f.law) for f in family.central.fibres) else ", law crimped"
    chosen = [
        (key, words, ink)
        for key, start in (("straight_I", "all straight collagen I"), ("wavy_III", "all wavy"))
        for words, ink in found.items()
        if start in words and not words.endswith("straight collagen III")
    ]
    return tuple(
        Variant(key, words + law, Family(ink, draws, family).tension(key, words, stretches, ALONG))
        for key, words, ink in chosen
    )


def _straightened(family: Family, draws: Draws) -> Banded | None:
    """What the waves of this ink change along its fibres, draw by draw."""
    ink = family.ink
    wavy = {
        key: replace(collagen, waviness=Waviness())
        for key in ("collagen_I", "collagen_III")
        if (collagen := getattr(ink, key)) is not None and collagen.waviness.amplitude > 0.0
    }
    if not family.central.fibres or not wavy:
        return None
    straight = Family(replace(ink, youngs_modulus=None, **wavy), draws, family)
    bare = Family(replace(ink, youngs_modulus=None), draws, family)
    share = [a.e_fibre / b.e_fibre for a, b in zip(bare.drawn, straight.drawn, strict=True)]
    return Banded.of(bare.central.e_fibre / straight.central.e_fibre, np.array(share))


def _crimp_effect(family: Family, draws: Draws) -> CrimpEffect | None:
    """Waviness against the matrix: of the ink's wavy collagen, or of the one it might have."""
    gel, ink = family.central, family.ink
    collagens = [c for c in (ink.collagen_III, ink.collagen_I) if c is not None]
    if not gel.fibres:
        return None
    wavy = [c for c in collagens if c.waviness.amplitude > 0.0]
    fibre = wavy[0] if wavy else replace(collagens[0], waviness=Waviness(*DEFAULT_WAVE))
    wave, radius = fibre.waviness, fibre.fibril_radius
    if radius > wave.wavelength / SLENDER:
        return None

    def share(young: float, poisson: float, fibril: float) -> tuple[float, float]:
        shear = young / (2.0 * (1.0 + poisson))
        found = crimp_factors(wave.amplitude, wave.wavelength, radius, fibril, shear, poisson)
        return found.held, found.free

    nu, middle = gel.matrix_poisson, _middle_fibril()
    shares = np.array(
        [[share(e, nu, f) for e in MATRIX_RANGE] for f in (middle, *draws.fibril)]
    )  # (1 + draws, n, 2)
    # What holds the fibres is the matrix as it is before a measurement of the whole scales it.
    here = [
        share(g.matrix_modulus / g.scale, nu, f)[0]
        for g, f in zip((gel, *family.drawn), (middle, *draws.fibril), strict=True)
    ]
    return CrimpEffect(
        fibre=fibre,
        assumed=not wavy,
        matrix=MATRIX_RANGE,
        held=Banded.of(shares[0, :, 0], shares[1:, :, 0]),
        free=Banded.of(shares[0, 0, 1], shares[1:, 0, 1]),
        here=Banded.of(here[0], np.array(here[1:])),
    )


def _middle_fibril() -> float:
    from solver.materials.collagen import FIBRIL_MODULUS

    return FIBRIL_MODULUS
