"""What the stiffness of the inks rests on, in words, for the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from solver.materials import alginate, collagen, draws
from solver.materials import gel as gels_module
from solver.materials.fibres import Crimped, Exponential, SemiAffine, TensionAligned
from solver.materials.fibres.law import FibreLaw
from solver.materials.fibres.tension_aligned import STIFFNESS_RATIO as TENSION_RATIO
from solver.materials.gel import Gel, fibre_orientation
from solver.materials.ink import Ink
from solver.materials.orientation_field import OrientationField

Row = dict[str, str]
DRAINED_POISSON = 0.3


def _row(what: str, value: str, standing: str, source: str = "") -> Row:
    return {"what": what, "value": value, "standing": standing, "source": source}


def stated_assumptions(gels: Sequence[Gel], *, finite_strain: bool = False) -> list[Row]:
    """Rows ``what, value, standing, source`` that these gels rest on, each once.

    Parameters
    ----------
    gels
        The gels of a case.
    finite_strain
        Whether fibres are strained so far that more than their tangent at rest counts.
    """
    rows: list[Row] = []
    for gel in gels:
        laws = _laws(gel) if finite_strain else ()
        for row in (*_matrix(gel), *_fibres(gel), *laws):
            if row not in rows:
                rows.append(row)
    return rows


def _matrix(gel: Gel) -> Iterator[Row]:
    ink = gel.ink
    if ink.youngs_modulus is not None:
        spread = gels_module.MEASURED_LOG_SD
        yield _row(
            f"{ink.name}: modulus of the whole gel",
            f"{ink.youngs_modulus:g} kPa, ± {spread:.0%} taken as its spread",
            "measured",
            "given in the case",
        )
    if ink.alginate is None:
        share = gels_module.BARE_MATRIX_SHARE
        yield _row("Ground matrix of a gel without alginate", f"{share:.0%} of G", "assumption")
    elif ink.alginate.youngs_modulus is not None:
        yield _row(
            f"{ink.name}: modulus of the matrix",
            f"{ink.alginate.youngs_modulus:g} kPa, ± {gels_module.MEASURED_LOG_SD:.0%}",
            "measured",
            "given in the case",
        )
    else:
        yield _row(
            "Alginate modulus from concentration, calcium and chain length",
            "2 % w/v; 280 kDa: 3.0 ± 1.1 kPa at 9.8 mM, 18.5 ± 3.8 at 24.4 mM; 35 kDa: 2.7 ± 1.6 "
            "at 28.1 mM, 19.0 ± 4.5 at 54.9 mM",
            "published",
            alginate.SOURCE,
        )
        if ink.alginate.chain not in alginate.ANCHORS:
            yield _row(
                "Alginate between the two measured chain lengths: ln E linear in ln(chain)",
                f"{ink.alginate.chain:g} kDa",
                "assumption",
            )
        if ink.alginate.concentration != alginate.REFERENCE_CONCENTRATION:
            yield _row("Alginate modulus scales as concentration squared", "2 ± 0.5", "assumption")
    drained = gel.matrix_poisson == DRAINED_POISSON
    yield _row(
        "Poisson ratio of the matrix"
        + (" (drained: cells pull for minutes, water leaves)" if drained else ", as given"),
        f"{gel.matrix_poisson:g}",
        "assumption",
    )
    if ink.heterogeneity is not None:
        law = ink.heterogeneity
        yield _row(
            f"{ink.name}: log-normal modulus field; the ink's modulus is its arithmetic mean, so a "
            "tester reads less (by simulation 2 % at a variation of 0.2, 9 % at 0.5, 26 % at 1)",
            f"coefficient of variation {law.cv:g}, correlation length {law.length:g} µm",
            "assumption",
        )


def _fibres(gel: Gel) -> Iterator[Row]:
    if not gel.fibres:
        return
    ink = gel.ink
    for fibre in gel.fibres:
        given = fibre.choice.straight_stiffness
        if given is not None:
            yield _row(
                f"{ink.name}: stiffness of the network of collagen {fibre.name} with straight "
                "fibres, in place of the recipe's",
                f"{given:g} kPa, ± {gels_module.MEASURED_LOG_SD:.0%} taken as its spread",
                "measured",
                "given in the case",
            )
    if all(f.choice.straight_stiffness is not None for f in gel.fibres):
        yield from _shape(gel)
        return
    yield _row(
        "Shear modulus of a collagen I network",
        "27 / 115 / 431 Pa at 0.6 / 1.2 / 2.4 mg/mL; batches differ fourfold, taken as the 90 % "
        "band; the fibres of those gels are taken as straight",
        "derived",
        f"published shear curves; exponent 1.91 in {collagen.SOURCE}",
    )
    yield _row(
        "Fibres carry the effective modulus that gives back the measured gel, not that of a fibril",
        "E = 15 G(c)/φ, φ = 0.73e-3 · c",
        "derived",
    )
    if any(f.name == "III" and f.choice.straight_stiffness is None for f in gel.fibres):
        ratio = next(f.stiffness_ratio for f in gel.fibres if f.name == "III")
        low, high = draws.RATIO_BAND_III
        band = f" (band {low:g} to {high:g})" if ratio == gels_module.DEFAULT_RATIO_III else ""
        yield _row(
            "Fibres of collagen III relative to collagen I; the literature disagrees on the sign",
            f"{ratio:g}" + (band or ", as given"),
            "assumption",
            "10.1038/s41598-017-01476-y, 10.1016/j.matbio.2019.10.001",
        )
    yield from _shape(gel)


def _shape(gel: Gel) -> Iterator[Row]:
    """What turns the network's stiffness into that of these fibres."""
    ink = gel.ink
    yield _row(
        "Synergy: collagen's share times this factor (composites can reach ten times the sum of "
        "their parts); not part of the band",
        f"factor {ink.synergy:g}",
        "assumption",
        "arXiv 2306.03952",
    )
    if ink.orientation is None:
        yield _row(
            f"{ink.name}: order parameter of the fibres along the strand",
            f"{ink.alignment:g}",
            "assumption",
            "extension in the nozzle aligns, shear does not: 10.1101/2025.05.20.654730",
        )
    else:
        measured = isinstance(ink.orientation, OrientationField)
        yield _row(
            f"{ink.name}: directions of the fibres",
            _directions(ink),
            "measured" if measured else "assumption",
            "given in the case",
        )
    if any(f.crimp.free < 1.0 for f in gel.fibres):
        yield _row(
            "A wavy fibre is softer, less so where the gel holds it; it is held as if alone, as "
            "fibres whose waves are not in step are (explicit fibres in step keep half as much)",
            "E_eff/E = 1/(1 + (2A²/r²)/(1 + k_f/B))",
            "derived",
            "that a matrix takes away most of the softening: 10.1115/1.4032465",
        )
        yield _fibril(ink)


def _directions(ink: Ink) -> str:
    given = ink.orientation
    if isinstance(given, OrientationField):
        return f"structure tensors at {len(given)} points, the nearest counts"
    side, normal, along = np.diag(fibre_orientation(ink).structure_tensor)
    return f"mean squares {along:.2f} along the strand, {side:.2f} and {normal:.2f} across it"


def _fibril(ink: Ink) -> Row:
    low, high = (e / 1e3 for e in draws.FIBRIL_BAND)
    return _row(
        "Modulus and radius of a single fibril (how it bends and buckles)",
        f"{collagen.FIBRIL_MODULUS / 1e3:g} MPa (band {low:g} to {high:g}), "
        + ", ".join(f"{c.fibril_radius:g} µm" for c in (ink.collagen_I, ink.collagen_III) if c),
        "assumption",
    )


def _laws(gel: Gel) -> Iterator[Row]:
    """What the fibres do beyond small strain."""
    for fibre in gel.fibres:
        subject = f"{gel.ink.name}: fibres of collagen {fibre.name} at large strain"
        law = fibre.law
        if isinstance(law, Crimped):
            if law.held < 1.0:
                yield _row(
                    f"{subject} follow their crimp: straight at λ_s, whole stiffness from there on",
                    f"λ_s {law.locking_stretch:.4g}, {law.held:.2g} of the stiffness before",
                    "derived",
                    "planar sine of constant length",
                )
                yield _row(
                    "Recruitment of wavy fibres is spread around λ_s (not all have the same waves)",
                    f"over a stretch of {law.width:.3g}",
                    "assumption",
                )
            yield _row("Stiffness left in a buckled fibre", f"{law.buckling:g} of it", "assumption")
            yield from _buckling(gel.ink, fibre.name, law.buckling_strain)
        elif isinstance(law, SemiAffine):
            yield _row(
                f"{subject} follow the semi-affine law",
                f"d0 {law.buckling:g}, λs {law.linear_range:g}, ds {law.stiffening:g}",
                *_standing(
                    law,
                    SemiAffine(law.stiffness),
                    "10.1038/nmeth.3685, fitted at 1.2 mg/mL",
                ),
            )
        elif isinstance(law, Exponential):
            yield _row(
                f"{subject} follow the exponential law",
                f"k2 {law.k2:g}",
                "assumption",
                "k2 given in the case, form: 10.1098/rsif.2005.0073",
            )
            yield _row(
                "Stiffness left in a compressed fibre of the exponential law",
                f"{law.compressive:g} of it",
                "assumption",
            )
            yield from _buckling(gel.ink, fibre.name, law.buckling_strain)
        elif isinstance(law, TensionAligned):
            yield _row(
                f"{subject} align under tension; at rest the recipe's network, taken as an "
                "isotropic base, carries all",
                f"E_f {law.modulus * fibre.fraction:.3g} kPa, λc {law.critical_stretch:g}, "
                f"n {law.exponent:g}, m {law.hardening:g}",
                *_standing(
                    law,
                    TensionAligned(TENSION_RATIO * fibre.base / 5.0),
                    "10.1016/j.bpj.2014.09.044",
                ),
            )
            yield _row(
                "Width of that transition, so that the gel at rest bears no stress",
                f"a stretch of {law.transition:g}",
                "assumption",
            )


def _buckling(ink: Ink, name: str, strain: float) -> Iterator[Row]:
    yield _row(
        f"{ink.name}: strain at which pushed fibres of collagen {name} buckle, held by the gel",
        f"{strain:.2%}; straight beam on an elastic foundation, P = 2√(k_f E I), of one fibril, "
        "read as a strain of the network",
        "assumption",
    )
    yield _fibril(ink)


def _standing(law: FibreLaw, published: FibreLaw, source: str) -> tuple[str, str]:
    """Standing and source of a law's numbers: published, or somebody's own in a published form."""
    if law == published:
        return "published", source
    return "assumption", f"given in the case, form: {source}"
