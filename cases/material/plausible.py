"""What no gel and no machine gives: refused before a fit, and after one that explains nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

if TYPE_CHECKING:
    from cases.material.table import Curve
    from solver.materials.regression import Regression

MOST_STIFF = 1e4  # kPa; gels of these inks are a thousand times softer
LEAST_SCATTER = 1e-6  # of the largest value: finer than any machine
_POOR = 0.05  # typical residual over the largest value from which a flat curve counts as missed
_EMPTY = 1.01  # stiffness over the lower end of its range: no network at all
Values = NDArray[np.float64]


def require_plausible(
    refuse: Callable[..., None],
    headings: tuple[str, str, str],
    lines: Sequence[int],
    numbers: tuple[Values, Values, Values | None],
) -> None:
    """Refuse strains, values or a scatter that no measurement gives.

    Parameters
    ----------
    refuse
        Raises the error of the table: a headline and the rows of
        :class:`cases.errors.Problem`.
    headings
        Of strain, value and scatter.
    lines
        ``(m,)`` line of each row.
    numbers
        ``(m,)`` strains (pure), values (kPa) and their scatter (kPa), which may be None.
    """
    strain, value, scatter = headings
    x, y, error = numbers
    if np.ptp(x) <= 1e-9 * max(1.0, float(np.abs(x).max())):
        refuse(
            "all strains are equal", key=strain, expected="a curve: strains that rise",
            found=f"{x[0]:g} in every row", mend="check the column and its decimal sign",
        )  # fmt: skip
    if not y.any():
        refuse(
            "all values are zero", key=value, expected="a measured curve",
            found="0 in every row", mend="check the column and its unit",
        )  # fmt: skip
    place = int(np.argmax(np.abs(y)))
    largest = float(abs(y[place]))
    if largest > MOST_STIFF:
        refuse(
            "a value beyond what a gel can bear", line=lines[place], key=value,
            expected=f"at most {MOST_STIFF:g} kPa", found=f"{y[place]:g} kPa",
            mend=f"check the unit of the heading ({value}?)",
        )  # fmt: skip
    if error is None:
        return
    place = int(np.argmin(error))
    if not error[place] > 0.0:
        refuse(
            "a scatter that is not above zero", line=lines[place], key=scatter,
            expected="a positive number in every row", found=f"{error[place]:g}",
            mend="delete the column: the scatter is then estimated",
        )  # fmt: skip
    if error[place] < LEAST_SCATTER * largest:
        refuse(
            "a scatter too small to be true", line=lines[place], key=scatter,
            expected=f"at least {LEAST_SCATTER:g} of the largest value",
            found=f"{error[place]:g} kPa beside values up to {largest:g} kPa",
            mend="check its unit, or delete the column: the scatter is then estimated",
        )  # fmt: skip


def require_explained(
    name: str, curve: Curve, fit: Regression, matrix: tuple[float, Values], fit_matrix: bool
) -> None:
    """Refuse a fit that explains nothing, or whose network is no gel's: nothing of it is pasted.

    A curve is missed where R² ≤ 0, or where the search did away with the network, and the typical
    residual is above 5 % of the largest value [assumption]: a modulus that hardly changes is told
    well by a law although there is no variance to explain.

    Parameters
    ----------
    name
        Of the ink.
    curve
        The data.
    fit
        What was found.
    matrix
        Young's modulus of the matrix (kPa), and what the gel would read with next to no network,
        ``(m,)`` kPa.
    fit_matrix
        Whether the matrix was fitted too.

    Raises
    ------
    InputError
        With what was found, why, and the way out.
    """
    values = fit.values
    stiffness = next(e for e in fit.estimates if e.unknown.name == "stiffness")
    if stiffness.value > MOST_STIFF:
        raise InputError(
            f"the fit asks for a network of {stiffness.value:.3g} kPa, and no gel has more than "
            f"{MOST_STIFF:g} kPa",
            hint="check the unit of the heading (stress_MPa?) and that of the strain (%?)",
        )
    largest = float(np.abs(curve.value).max())
    lost = fit.r_squared <= 0.0 or stiffness.value <= _EMPTY * stiffness.unknown.low
    if not lost or fit.rms <= _POOR * largest:
        return
    found = (
        f"the law explains nothing of these data: typical residual {fit.rms:.3g} kPa, "
        f"{100.0 * fit.rms / largest:.2g} % of the largest value ({_r_squared(fit)})"
    )
    why, hint = _reason(name, curve, matrix, fit_matrix and "matrix" in values)
    raise InputError(f"{found}; {why}", hint=hint)


def _r_squared(fit: Regression) -> str:
    return f"R² {fit.r_squared:.2f}" if fit.r_squared > -100.0 else "R² far below 0"


def _reason(
    name: str, curve: Curve, matrix: tuple[float, Values], fit_matrix: bool
) -> tuple[str, str]:
    """Why a law missed the data, and the way out."""
    pulled = curve.strain - (0.0 if curve.kind == "shear" else 1.0)
    work = curve.value * pulled if curve.quantity == "stress" else curve.value
    if float(work.sum()) < 0.0:
        told = "negative where the strain is positive" if pulled.sum() > 0.0 else (
            "positive where the sample is shortened"
        )  # fmt: skip
        return (
            f"most values are {told}",
            "turn the sign of the column; if a compression was written with positive strains, add "
            "--kind compression",
        )
    modulus, alone = matrix
    typical, read = (float(np.median(np.abs(v))) for v in (curve.value, alone))
    if read > typical and not fit_matrix:
        return (
            f"the matrix of ink {name} alone (E {modulus:.3g} kPa) is stiffer than the sample: it "
            f"would read {read:.3g} kPa where {typical:.3g} kPa was measured (medians)",
            "correct the matrix of the ink, add --fit-matrix, or check the unit of the heading",
        )
    return (
        "they do not rise with strain as fibres in a gel do",
        "look at the columns, units and order of the data; leave out what comes after slip or "
        "rupture",
    )
