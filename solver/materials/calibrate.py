"""Find the numbers of a fibre law from a measured curve of the whole gel.

The model is the gel itself, matrix and network (:mod:`solver.materials.curves`), sheared or pulled
with its sides free. What the data cannot tell is held at its published value and said so, not
left where the search happened to end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from meshes.errors import InputError, SolveError
from solver.materials.curves import simple_shear, uniaxial
from solver.materials.draws import Draw
from solver.materials.fibres import CrimpedChoice, ExponentialChoice, LawChoice, SemiAffineChoice
from solver.materials.gel import build_gel
from solver.materials.hyperelastic import HyperelasticGel
from solver.materials.ink import Alginate, Collagen, Ink, Waviness
from solver.materials.regression import STARTS, Estimate, Regression, Unknown, fit_curve
from solver.materials.tensors import FloatArray

LAWS = ("semi_affine", "exponential", "crimped")
MATRIX = "matrix"
BUCKLING = ("buckling_strain", "buckling")
_NODES = 22  # on each side of rest, between which a pulled gel is interpolated
_SWAY = 0.6  # correlation from which an unknown is not held: others would look too well known
_HARM = 2.0  # times the typical residual: what holding an unknown may cost
_STEEPEST = 0.5  # amplitude over wavelength of a fibre's wave, at most
_PRESSED = "fibres that are pushed: compression, or shear beyond its linear part"

Law = Literal["semi_affine", "exponential", "crimped"]
Collagens = Literal["I", "III"]
Quantity = Literal["stress", "secant", "tangent"]


@dataclass(frozen=True, eq=False)
class Measurement:
    """A measured curve.

    Parameters
    ----------
    shear
        Simple shear; else uniaxial with free sides, along the fibres.
    strain
        ``(m,)`` amount of shear γ, or stretch λ; rising.
    value
        ``(m,)`` nominal stress, secant or tangent modulus, kPa.
    quantity
        Which of the three.
    sd
        ``(m,)`` scatter of the values, kPa; None where it is not known.
    """

    shear: bool
    strain: FloatArray
    value: FloatArray
    quantity: Quantity = "stress"
    sd: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Calibration:
    """A fitted ink.

    Attributes
    ----------
    ink
        With the law and the matrix that were found; its directions as they were given.
    regression
        Values with intervals, curve with band, warnings.
    held
        What these data cannot tell; kept at its ``start``.
    assumed
        What was not asked of them, likewise kept.
    """

    ink: Ink
    regression: Regression
    held: tuple[Unknown, ...]
    assumed: tuple[Unknown, ...]


def predict(ink: Ink, test: Measurement) -> FloatArray:
    """What the test would read on the ink, ``(m,)`` kPa.

    A pulled gel is computed at some points, close together at rest where fibres buckle, and
    interpolated by cubic Hermite pieces whose slope is the tangent modulus: the error is below
    1e-4 of the largest value.

    Parameters
    ----------
    ink
        The recipe.
    test
        Its strains and what is read; the measured values are not used.

    Raises
    ------
    SolveError
        If the gel cannot be followed.
    """
    from scipy.interpolate import CubicHermiteSpline

    gel = HyperelasticGel(build_gel(ink, Draw()))
    x = np.asarray(test.strain, dtype=float)
    if test.shear:
        curve, rest = simple_shear(gel, x), 0.0
        stress, modulus = curve.nominal, curve.modulus
    else:
        rest = 1.0
        nodes = _nodes(float(x.min()), float(x.max()))
        curve = uniaxial(gel, nodes)
        stress = CubicHermiteSpline(nodes, curve.nominal, curve.modulus)(x)
        modulus = np.interp(x, nodes, curve.modulus)
    if test.quantity == "tangent":
        return modulus
    if test.quantity == "stress":
        return np.asarray(stress)
    still = np.abs(x - rest) < 1e-9
    return np.where(still, modulus, stress / np.where(still, 1.0, x - rest))


def _nodes(low: float, high: float) -> FloatArray:
    """Stretches from low to high, rest among them."""
    rise = np.linspace(0.0, 1.0, _NODES) ** 1.5
    pressed = 1.0 + (min(low, 1.0) - 1.0) * rise[:0:-1]
    pulled = 1.0 + (max(high, 1.0) - 1.0) * rise
    return np.unique(np.concatenate([pressed, pulled]))


def matrix_alone(ink: Ink, collagen: Collagens, test: Measurement) -> tuple[float, FloatArray]:
    """Young's modulus of the matrix (kPa) and what the gel reads without these fibres, ``(m,)``.

    Parameters
    ----------
    ink
        The recipe; without ``youngs_modulus``.
    collagen
        Whose fibres are taken out.
    test
        Its strains and what is read.

    Raises
    ------
    SolveError
        If the gel cannot be followed.
    """
    bare = _put(ink, collagen, replace(_collagen(ink, collagen), concentration=0.0, law=None))
    return build_gel(ink, Draw()).matrix_modulus, predict(bare, test)


def calibrate(
    ink: Ink,
    collagen: Collagens,
    law: Law,
    test: Measurement,
    *,
    fit_matrix: bool = False,
    fit_buckling: bool = False,
) -> Calibration:
    """Fit the law of one collagen, and perhaps the matrix, to a measured curve.

    Parameters
    ----------
    ink
        The recipe: matrix, the other collagen and the directions of the fibres are kept. Its
        ``youngs_modulus`` must be None: the curve takes its place.
    collagen
        Whose fibres; the ink must hold some.
    law
        Which law.
    test
        The curve.
    fit_matrix
        Fit Young's modulus of the matrix as well.
    fit_buckling
        Fit also how fibres give way when they are pushed, which few data tell; else it is that
        of the ink's law, or the published one.

    Raises
    ------
    InputError
        If the data are too few for the unknowns.
    SolveError
        If the gel cannot be followed.
    """
    if ink.youngs_modulus is not None:
        raise ValueError("expected an ink without youngs_modulus: the measured curve replaces it")
    unknowns = [*_unknowns(ink, collagen, law)]
    if fit_matrix:
        unknowns.insert(0, _matrix_unknown(ink))
    published = {unknown.name: unknown for unknown in unknowns}
    assumed = [] if fit_buckling else [u for u in unknowns if u.name in BUCKLING]
    unknowns = [u for u in unknowns if u not in assumed]
    held = {u.name: u.start for u in assumed}
    first = found = _fit(ink, collagen, law, test, unknowns, held)
    while (name := _without_say(found)) is not None:
        kept = {**held, name: published[name].start}
        left = _ahead(e for e in found.estimates if e.unknown.name != name)
        trial = _fit(ink, collagen, law, test, left, kept, starts=2)
        if trial.rms > _HARM * max(found.rms, 1e-3 * float(np.abs(test.value).max())):
            break  # at its published value it has a say after all
        held, found = kept, trial
    left = _ahead(found.estimates)
    found = _fit(ink, collagen, law, test, left, held, starts=1, profiled=True)
    return Calibration(
        ink=with_numbers(ink, collagen, law, {**found.values, **held}),
        regression=replace(found, rivals=first.rivals),
        held=tuple(u for u in published.values() if u.name in held and u not in assumed),
        assumed=tuple(assumed),
    )


def _ahead(estimates: Iterable[Estimate]) -> list[Unknown]:
    """The unknowns, to be searched on from where they were found."""
    return [replace(e.unknown, start=e.value) for e in estimates]


def _without_say(found: Regression) -> str | None:
    """The unknown that may be held: the data do not tell it, nor does it sway the others.

    Holding one that is correlated with others would make those look better known than they are:
    their errors shrink by ``√(1 − ρ²)``.
    """
    names = [e.unknown.name for e in found.estimates]
    sway = np.abs(found.correlation - np.eye(len(names))).max(axis=1, initial=0.0)
    lost = [
        (e.log_error, e.unknown.name)
        for e, correlation in zip(found.estimates, sway, strict=True)
        if e.verdict == "open" and e.unknown.name != "stiffness" and correlation < _SWAY
    ]
    return max(lost)[1] if lost else None


def _fit(
    ink: Ink, collagen: Collagens, law: Law, test: Measurement,
    unknowns: list[Unknown], held: Mapping[str, float], starts: int = STARTS,
    profiled: bool = False,
) -> Regression:  # fmt: skip
    def model(numbers: FloatArray) -> FloatArray:
        values = {u.name: float(v) for u, v in zip(unknowns, numbers, strict=True)}
        try:
            return predict(with_numbers(ink, collagen, law, {**values, **held}), test)
        except (SolveError, np.linalg.LinAlgError):
            return np.full(len(test.strain), np.nan)

    return fit_curve(model, unknowns, test.value, test.sd, starts=starts, profiled=profiled)


def with_numbers(ink: Ink, collagen: Collagens, law: Law, values: Mapping[str, float]) -> Ink:
    """The ink with the numbers of a law (names of :func:`calibrate`) put in.

    Parameters
    ----------
    values
        ``stiffness`` in kPa, the law's own, and ``matrix`` (kPa) where that was fitted.
    """
    fibres = _collagen(ink, collagen)
    if law == "crimped":
        length = values["wavelength"]
        wave = Waviness(length * np.sqrt(values["locking_strain"]) / np.pi, length)
        fibres = replace(
            fibres, waviness=wave, law=CrimpedChoice(values["buckling"], values["stiffness"])
        )
    else:
        fibres = replace(fibres, waviness=Waviness(), law=_straight_law(law, values))
    changed = _put(ink, collagen, fibres)
    if MATRIX not in values:
        return changed
    poisson = build_gel(ink, Draw()).matrix_poisson
    return replace(changed, alginate=Alginate(youngs_modulus=values[MATRIX], poisson_ratio=poisson))


def _straight_law(law: Law, values: Mapping[str, float]) -> LawChoice:
    if law == "exponential":
        return ExponentialChoice(values["k2"], values["stiffness"], values["buckling"])
    return SemiAffineChoice(
        values["stiffness"], values["buckling_strain"], values["linear_range"], values["stiffening"]
    )


def _collagen(ink: Ink, name: Collagens) -> Collagen:
    found = ink.collagen_I if name == "I" else ink.collagen_III
    if found is None or found.concentration <= 0.0:
        raise InputError(
            f"ink {ink.name} holds no collagen {name}",
            hint="fit the other collagen, or add it to the ink with its concentration",
        )
    return found


def _put(ink: Ink, name: Collagens, fibres: Collagen) -> Ink:
    return replace(ink, collagen_I=fibres) if name == "I" else replace(ink, collagen_III=fibres)


def _matrix_unknown(ink: Ink) -> Unknown:
    start = build_gel(ink, Draw()).matrix_modulus
    needs = "a curve that shows the gel before its fibres carry, or a gel without collagen"
    return Unknown(MATRIX, "kPa", start, 1e-2, 1e4, needs)


def _unknowns(ink: Ink, collagen: Collagens, law: Law) -> list[Unknown]:
    """What a law leaves open; it starts from the case's own law, or from published numbers."""
    fibres = _collagen(ink, collagen)
    straight = _put(ink, collagen, replace(fibres, waviness=Waviness(), law=None))
    start = next(f for f in build_gel(straight, Draw()).fibres if f.name == collagen).stiffness
    stiffness = Unknown("stiffness", "kPa", start, 1e-3, 1e5, "stresses above those of the matrix")
    if law == "semi_affine":
        known = fibres.law if isinstance(fibres.law, SemiAffineChoice) else SemiAffineChoice()
        return [
            stiffness,
            Unknown("buckling_strain", "", known.buckling, 1e-5, 0.5, _PRESSED),
            Unknown(
                "linear_range", "", known.linear_range, 1e-4, 0.5,
                "closely spaced points around the strain at which stiffening starts",
            ),
            Unknown(
                "stiffening", "", known.stiffening, 1e-3, 1.0,
                "strains well beyond the onset of stiffening",
            ),
        ]  # fmt: skip
    if law == "exponential":
        steep = fibres.law if isinstance(fibres.law, ExponentialChoice) else ExponentialChoice(10.0)
        needs = "strains at which the gel has clearly stiffened"
        return [
            stiffness,
            Unknown("k2", "", steep.k2, 1e-2, 5e3, needs),
            Unknown("buckling", "", steep.compressive, 1e-4, 1.0, _PRESSED),
        ]
    crimped = fibres.law if isinstance(fibres.law, CrimpedChoice) else CrimpedChoice()
    wave = fibres.waviness
    given = wave.amplitude > 0.0
    return [
        stiffness,
        Unknown(
            "locking_strain", "",
            (np.pi * wave.amplitude / wave.wavelength) ** 2 if given else 0.025,
            1e-4, 0.98 * (np.pi * _STEEPEST) ** 2, "strains at which the fibres become straight",
        ),
        Unknown(
            "wavelength", "µm", wave.wavelength if given else 20.0,
            max(12.0 * fibres.fibril_radius, 0.1), 200.0,
            "stresses before the fibres are straight, well above those of the matrix",
        ),
        Unknown("buckling", "", crimped.buckling, 1e-3, 1.0, _PRESSED),
    ]  # fmt: skip
