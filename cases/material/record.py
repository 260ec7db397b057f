"""The sheet of an ink as plain JSON: what is printed, drawn and written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cases.material.curves import Banded, TestCurve
from cases.material.describe import CrimpEffect, Fibre, InkSheet
from cases.material.text import number_text
from solver.materials.assumptions import stated_assumptions
from solver.materials.gel import DEFAULT_RATIO_III

STRETCHES = (1.0, 1.02, 1.05, 1.10, 1.20)
Row = dict[str, Any]


def ink_record(sheet: InkSheet) -> Row:
    """Return the sheet as plain JSON, units in the names of the keys.

    Parameters
    ----------
    sheet
        Of :func:`cases.material.describe.describe_ink`.
    """
    return {
        "ink": sheet.gel.ink.name,
        "headline": _headline(sheet),
        "numbers": [row | {"text": number_text(row)} for row in _numbers(sheet)],
        "tangents": _tangents(sheet),
        "curves": [_curve(curve) for curve in sheet.curves],
        "variants": [
            _curve(variant.curve) | {"key": variant.key, "words": variant.words}
            for variant in sheet.variants
        ],
        "crimp": None if sheet.crimp is None else _crimp(sheet, sheet.crimp),
        "cells": None,
        "assumptions": stated_assumptions([sheet.gel]),
        "warnings": list(sheet.notes),
    }


def _headline(sheet: InkSheet) -> str:
    """The ink in two or three sentences."""
    if sheet.directed:
        first = (
            f"At small strain {sheet.along.value:.2g} kPa along its fibres and "
            f"{sheet.across.value:.2g} kPa across them."
        )
    else:
        first = f"At small strain {sheet.isotropic.value:.2g} kPa in every direction."
    if not sheet.fibres:
        return f"{first} Without fibres nothing straightens, aligns or buckles."
    if sheet.straightened is None:
        second = "Its fibres are straight: they carry from the first stretch on."
    else:
        wavy = next(f for f in sheet.fibres if f.collagen.waviness.amplitude > 0.0)
        second = (
            f"Waviness leaves its collagen {wavy.name} {100 * wavy.held.value:.2g} % of a straight "
            f"fibre's stiffness in this gel ({100 * wavy.free.value:.2g} % without a gel around "
            f"it), and the gel {100 * sheet.straightened.value:.0f} % of what it would have along "
            "straight fibres."
        )
    start = float(sheet.curves[0].onset.value)
    third = (
        f"Pulled, it is 10 % stiffer from a stretch of {start:.3f} on."
        if np.isfinite(start)
        else f"Pulled, it does not stiffen by 10 % up to {sheet.curves[0].control[-1]:.2f}."
    )
    return f"{first} {second} {third}"


def _number(what: str, number: Banded, unit: str, standing: str, key: str) -> Row:
    return {"key": key, "what": what, "unit": unit, "standing": standing, **number.plain()}


def _numbers(sheet: InkSheet) -> Iterator[Row]:
    ink, gel = sheet.gel.ink, sheet.gel
    whole = "measured" if ink.youngs_modulus is not None else "derived"
    yield _number("matrix, Young's modulus", sheet.matrix, "kPa", _matrix_standing(sheet), "matrix")
    nu = gel.matrix_poisson
    yield _number("matrix, Poisson ratio", _exact(nu), "", "assumption", "matrix_poisson")
    for fibre in sheet.fibres:
        yield from _fibre(fibre)
    if sheet.directed:
        yield _number("gel, along the fibres", sheet.along, "kPa", whole, "along")
        yield _number("gel, across the fibres", sheet.across, "kPa", whole, "across")
    yield _number(
        "gel, mean of all directions" if sheet.directed else "gel, Young's modulus",
        sheet.isotropic, "kPa", whole, "isotropic",
    )  # fmt: skip
    yield _number("gel, Poisson ratio", sheet.poisson, "", "derived", "poisson")
    if sheet.straightened is not None:
        yield _number(
            "what its waves leave of the gel along the fibres",
            sheet.straightened, "", "derived", "straightened",
        )  # fmt: skip
    for curve in sheet.curves:
        name = "shear" if curve.key == "shear" else "stretch"
        words = f"{curve.words}: stiffening (by 10 %) starts at a {name} of"
        row = _number(words, curve.onset, "", "derived", f"onset_{curve.key}")
        yield row | {"beyond": float(curve.control[-1])}


def _fibre(fibre: Fibre) -> Iterator[Row]:
    collagen, wave = fibre.collagen, fibre.collagen.waviness
    waves = f"waves {wave.amplitude:g} of {wave.wavelength:g} µm" if wave.amplitude else "straight"
    name = f"collagen {fibre.name}"
    given = collagen.law is not None and collagen.law.stiffness is not None
    guessed = fibre.name == "III" and collagen.stiffness_ratio == DEFAULT_RATIO_III
    yield _number(
        f"{name}, {collagen.concentration:g} mg/mL, {waves}, {fibre.law}: network if straight",
        fibre.straight, "kPa",
        "measured" if given else "assumption" if guessed else "derived",
        f"network_{fibre.name}",
    )  # fmt: skip
    if wave.amplitude == 0.0:
        return
    for key, words, number in (
        ("held", "waviness leaves, held by this gel", fibre.held),
        ("free", "waviness leaves, without a gel", fibre.free),
        ("locking", "straight at a stretch of", _exact(fibre.locking)),
    ):
        yield _number(f"{name}: {words}", number, "", "derived", f"{key}_{fibre.name}")


def _matrix_standing(sheet: InkSheet) -> str:
    """A measurement, the published gels, or a guess."""
    ink = sheet.gel.ink
    if ink.youngs_modulus is not None or ink.alginate is None:
        return "assumption" if ink.alginate is None else "derived"
    if ink.alginate.youngs_modulus is not None:
        return "measured"
    beyond = any(warning.startswith("alginate") for warning in sheet.gel.warnings)
    return "assumption" if beyond else "published"


def _exact(value: float) -> Banded:
    return Banded(*(np.asarray(value, dtype=float),) * 3)


def _tangents(sheet: InkSheet) -> Row:
    """Tangent modulus along the fibres at a few stretches: the gel, and its collagen otherwise."""
    along = sheet.curves[0]
    rows = [("this gel", along), *((v.words, v.curve) for v in sheet.variants)]
    stretches = [s for s in STRETCHES if s <= along.control[-1]]
    return {
        "stretch": stretches,
        "rows": [
            {
                "words": words,
                "tangent_kPa": [
                    curve.modulus.at(curve.control, stretch).plain() for stretch in stretches
                ],
            }
            for words, curve in rows
        ],
    }


def _curve(curve: TestCurve) -> Row:
    return {
        "key": curve.key,
        "words": curve.words,
        "control": curve.control_name,
        curve.control_name: curve.control.tolist(),
        "nominal_stress_kPa": curve.stress.plain(),
        "tangent_modulus_kPa": curve.modulus.plain(),
        "onset": curve.onset.plain(),
    }


def _crimp(sheet: InkSheet, crimp: CrimpEffect) -> Row:
    wave = crimp.fibre.waviness
    return {
        "amplitude_um": wave.amplitude,
        "wavelength_um": wave.wavelength,
        "fibril_radius_um": crimp.fibre.fibril_radius,
        "assumed": crimp.assumed,
        "matrix_kPa": crimp.matrix.tolist(),
        "held": crimp.held.plain(),
        "free": crimp.free.plain(),
        "matrix_here_kPa": sheet.matrix.plain(),
        "here": crimp.here.plain(),
    }
