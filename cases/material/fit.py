"""Fit the law of an ink's collagen to a measured curve, and say what to write into the case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from cases.build import build_ink
from cases.doctor import own_version
from cases.errors import clean
from cases.material.lines import MAX_BYTES
from cases.material.plausible import require_explained
from cases.material.snippet import ink_yaml, written
from cases.material.table import KINDS, Curve, read_curve
from cases.schema import Case, Ink
from cases.schema.law import NAMES
from cases.schema.rule import nearest
from meshes.errors import InputError

if TYPE_CHECKING:
    from solver.materials.calibrate import Calibration
    from solver.materials.regression import Estimate, Unknown

LAWS = ("semi_affine", "exponential", "crimped")
COLLAGENS = ("I", "III")
_NAMES = {"stress": "stress", "secant": "secant modulus", "tangent": "tangent modulus"}
_WORDS = {
    "matrix": "matrix, Young's modulus",
    "stiffness": "network of straight fibres",
    "buckling_strain": "buckling strain (d0)",
    "linear_range": "linear range (λs)",
    "stiffening": "stiffening strain (ds)",
    "k2": "k2",
    "buckling": "share left under compression",
    "locking_strain": "strain at which the fibres are straight",
    "wavelength": "wavelength",
}


@dataclass(frozen=True)
class FitOptions:
    """What is fitted to which data.

    Parameters
    ----------
    data
        CSV file, see :func:`cases.material.table.read_curve`.
    law, kind, collagen
        Names; ``kind`` and ``collagen`` may be left open.
    matrix
        Fit the matrix's modulus as well.
    buckling
        Fit also how fibres give way when they are pushed.
    as_printed
        The fibres of the sample lie as the ink says; else it was cast, its fibres in all
        directions.
    """

    data: Path
    law: str
    kind: str | None
    collagen: str | None
    matrix: bool
    buckling: bool
    as_printed: bool

    @property
    def digest(self) -> str:
        """Hash of data and options; of a file that cannot be used the reader says why."""
        content = b""
        if self.data.is_file() and self.data.stat().st_size <= MAX_BYTES:
            content = self.data.read_bytes()
        return repr(replace(self, data=Path(hashlib.sha256(content).hexdigest())))

    @classmethod
    def read(
        cls, data: Path | None, law: str | None, kind: str | None, collagen: str | None,
        matrix: bool, buckling: bool, as_printed: bool,
    ) -> FitOptions | None:  # fmt: skip
        """Return the options of a command line; None where nothing is to be fitted.

        Raises
        ------
        InputError
            If a name is unknown, or options of a fit come without data.
        """
        given = {"--law": law, "--kind": kind, "--collagen": collagen}
        flags = {
            "--fit-matrix": matrix, "--fit-buckling": buckling, "--as-printed": as_printed
        }  # fmt: skip
        if data is None:
            lonely = [name for name, value in {**given, **flags}.items() if value]
            if lonely:
                raise InputError(
                    f"{lonely[0]} without data to fit", hint="add --fit DATA.csv, or leave it out"
                )
            return None
        for name, names in (("--law", LAWS), ("--kind", KINDS), ("--collagen", COLLAGENS)):
            value = given[name]
            if value is not None and value not in names:
                near = nearest(value, names)
                raise InputError(
                    f"{name} {clean(value)}: expected {_either(names)}",
                    hint=f"did you mean {name} {near}?" if near else f"write {name} {names[0]}",
                )
        return cls(data, law or LAWS[0], kind, collagen, matrix, buckling, as_printed)


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def fit_ink(case: Case, name: str, options: FitOptions) -> tuple[Any, dict[str, Any]]:
    """Fit one ink of a case.

    Parameters
    ----------
    case
        The case.
    name
        Of the ink.
    options
        Data and law.

    Returns
    -------
    ink, record
        The fitted recipe (:class:`solver.materials.Ink`) and the fit as plain JSON.

    Raises
    ------
    InputError
        If the data or the ink cannot be used, or the law explains nothing of the data.
    SolveError
        If the gel cannot be followed.
    """
    from solver.materials.calibrate import Measurement, calibrate, matrix_alone, predict

    schema = case.inks[name]
    collagen = _choose(name, schema, options.collagen)
    curve = read_curve(options.data, options.kind)
    recipe = build_ink(name, schema)
    sample = replace(recipe, youngs_modulus=None)
    if not options.as_printed:
        sample = replace(sample, alignment=0.0, orientation=None)
    test = Measurement(
        shear=curve.kind == "shear",
        strain=curve.strain,
        value=curve.value,
        quantity=cast("Literal['stress', 'secant', 'tangent']", curve.quantity),
        sd=curve.sd,
    )
    found = calibrate(
        sample,
        cast("Literal['I', 'III']", collagen),
        cast("Literal['semi_affine', 'exponential', 'crimped']", options.law),
        test,
        fit_matrix=options.matrix,
        fit_buckling=options.buckling,
    )
    alone = matrix_alone(
        found.ink if options.matrix else sample, cast("Literal['I', 'III']", collagen), test
    )
    require_explained(name, curve, found.regression, alone, options.matrix)
    fitted = _with_law(schema, collagen, options.law, found)
    record = _record(curve, options, found, predict(sample, test))
    record |= {
        "ink": name,
        "collagen": collagen,
        "warnings": list(
            dict.fromkeys([*_own_notes(name, schema, collagen, options), *record["warnings"]])
        ),
        "snippet": _snippet(name, fitted, collagen, options, record),
    }
    ink = build_ink(name, fitted)
    return ink, record


def _choose(name: str, ink: Ink, wanted: str | None) -> str:
    held = [
        key for key in COLLAGENS
        if (fibres := getattr(ink, f"collagen_{key}")) is not None and fibres.concentration > 0.0
    ]  # fmt: skip
    if not held:
        raise InputError(
            f"ink {name} holds no collagen: there are no fibres to fit",
            hint="add collagen_I with its concentration to the ink",
        )
    if wanted is not None and wanted not in held:
        raise InputError(
            f"ink {name} holds no collagen {wanted}", hint=f"write --collagen {held[0]}"
        )
    return wanted or held[0]


def _own_notes(name: str, ink: Ink, collagen: str, options: FitOptions) -> list[str]:
    notes = []
    if ink.youngs_modulus is not None and (ink.alginate is not None or ink.has_collagen):
        notes.append(f"inks.{name}.youngs_modulus is left out: the measured curve takes its place")
    directed = ink.alignment != 0.0 or ink.orientation is not None
    if directed and not options.as_printed:
        notes.append(
            "the sample is taken as cast, with fibres in all directions; --as-printed if it was "
            "printed and pulled along the strands"
        )
    fibres = getattr(ink, f"collagen_{collagen}")
    if options.law != "crimped" and not fibres.waviness.straight:
        notes.append(f"the waviness of collagen {collagen} is left out: this law holds it already")
    if ink.synergy != 1.0:
        notes.append(f"the stiffness found is before the ink's synergy of {ink.synergy:g}")
    return notes


def _with_law(ink: Ink, collagen: str, law: str, found: Calibration) -> Ink:
    """The ink of the case with what was found in place of law, waviness and matrix."""
    plain = written(ink)
    plain.pop("youngs_modulus", None)
    values = dict(found.regression.values) | {
        u.name: u.start for u in (*found.held, *found.assumed)
    }
    fibres = plain[f"collagen_{collagen}"]
    fibres.pop("waviness", None)
    fibres["law"] = {"kind": law} | {
        key: _digits(values[key]) for key in NAMES[law] if key in values
    }
    if law == "crimped":
        recipe = found.ink.collagen_I if collagen == "I" else found.ink.collagen_III
        assert recipe is not None
        fibres["waviness"] = {
            "amplitude": _digits(recipe.waviness.amplitude),
            "wavelength": _digits(recipe.waviness.wavelength),
        }
    if "matrix" in found.regression.values:
        assert found.ink.alginate is not None
        plain["alginate"] = {
            "youngs_modulus": _digits(values["matrix"]),
            "poisson_ratio": found.ink.alginate.poisson_ratio,
        }
    return Ink.model_validate(plain)


def _digits(value: float) -> float:
    return float(f"{value:.6g}")


def _record(curve: Curve, options: FitOptions, found: Calibration, before: Any) -> dict[str, Any]:
    fit = found.regression
    data = {
        "strain": curve.strain,
        "measured": curve.value,
        "fitted": fit.fitted,
        "low": fit.low,
        "high": fit.high,
        "residual": fit.residuals,
        "before": before,
    }
    names = [e.unknown.name for e in fit.estimates]
    return {
        "file": options.data.name,
        "law": options.law,
        "kind": curve.kind,
        "cast": not options.as_printed,
        "rows": curve.rows,
        "points": len(curve.strain),
        "strain_name": "shear_strain" if curve.kind == "shear" else "stretch",
        "value_name": _NAMES[curve.quantity],
        "r_squared": fit.r_squared,
        "rms_kPa": fit.rms,
        "headline": f"R² {fit.r_squared:.4f}; typical residual {fit.rms:.3g} kPa, "
        f"{100 * fit.rms / float(np.abs(curve.value).max()):.2g} % of the largest value.",
        "parameters": [
            *(_estimate(e) for e in fit.estimates),
            *(_held(unknown, "held") for unknown in found.held),
            *(_held(unknown, "assumed") for unknown in found.assumed),
        ],
        "correlation": {"names": names, "matrix": fit.correlation.tolist()},
        "widened": fit.widened,
        "warnings": [
            *fit.warnings,
            *fit.rivals,
            *(
                f"{_WORDS[u.name]} is held at {f'{u.start:g} {u.unit}'.rstrip()}: these data do "
                f"not tell it; it takes {u.needs}"
                for u in found.held
            ),
            *(
                f"{_WORDS[u.name]} is taken as {u.start:g}, an assumption that the intervals rest "
                "on; --fit-buckling asks the data"
                for u in found.assumed
            ),
        ],
        "data": {key: np.asarray(values).tolist() for key, values in data.items()},
    }


def _estimate(e: Estimate) -> dict[str, Any]:
    return {
        "key": e.unknown.name,
        "words": _WORDS[e.unknown.name],
        "unit": e.unknown.unit,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "standard_error_of_ln": e.log_error,
        "verdict": e.verdict,
    }


def _held(unknown: Unknown, verdict: str) -> dict[str, Any]:
    return {
        "key": unknown.name,
        "words": _WORDS[unknown.name],
        "unit": unknown.unit,
        "value": unknown.start,
        "low": unknown.start,
        "high": unknown.start,
        "standard_error_of_ln": None,
        "verdict": verdict,
    }


def _snippet(
    name: str, ink: Ink, collagen: str, options: FitOptions, record: Mapping[str, Any]
) -> str:
    notes: dict[tuple[str, ...], str] = {}
    for row in record["parameters"]:
        group: tuple[str, ...] = (f"collagen_{collagen}", "law")
        if row["key"] == "wavelength":
            group = (f"collagen_{collagen}", "waviness")
        place = ("alginate", "youngs_modulus") if row["key"] == "matrix" else (*group, row["key"])
        kept = {"held": "held: these data do not tell it", "assumed": "assumed"}
        notes[place] = kept.get(row["verdict"], f"{row['low']:.3g} to {row['high']:.3g}")
    head = (
        f"# {options.law} fitted to {clean(options.data.name)} by dormatrix {own_version()}: "
        f"R2 {record['r_squared']:.4f}; 90 % intervals\n"
    )
    return head + ink_yaml(name, ink, notes)
