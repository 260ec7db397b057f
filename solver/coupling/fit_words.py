"""What is to be said of a fit: under which conditions it holds, and what the counts do not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .collagen_doses import FloatArray
from .parameters import RuleParameters, known_presets, load_preset

if TYPE_CHECKING:
    from .fit import Fit, Found
    from .posterior import Posterior
    from .rule import DormancyRule

_EDGE = 0.75  # probability in the outer quarter of a plateau's range that says it is too narrow
_UNLIKELY = 0.05  # chance of so much scatter under the binomial law
_TOO_GOOD = 0.995  # chance of more scatter: counts that were made up from percentages look so
_OPPOSITE = float(np.log(20.0))  # log evidence by which the other direction must be better
_TOLD_APART = 0.95  # correlation
_NARROW = 2.0  # stiffest over softest gel
_FEW = 5.0  # cells in a row, below which χ² says little


def stated_conditions(
    rule: DormancyRule, ligand: float, doses: Mapping[str, object], upar: float, fibronectin: float
) -> Iterator[str]:
    """Under which conditions the numbers of a fit hold, in words.

    Parameters
    ----------
    rule, ligand, doses, upar, fibronectin
        Of the fit.

    Yields
    ------
    str
    """
    parameters = rule.parameters
    table = parameters.table
    yield f"preset {parameters.preset}: {_direction(parameters.stiffness_sign)}"
    yield f"ligand {ligand:g}, uPAR {upar:g}, fibronectin {fibronectin:g}, relative to parental"
    if table["degradability"].value < 1.0 and parameters.stiffness_sign > 0:
        yield f"degradability {table['degradability'].value:g}: confinement acts"
    if doses:
        yield f"cues given: {_amounts(doses)}"
    if rule.blocks:
        yield f"blocked: {_amounts(rule.blocks)}"
    plateaus = (f"{name} {table[name].low:g} to {table[name].high:g}" for name in ("Pmin", "Pmax"))
    yield f"plateaus anywhere within {' and '.join(plateaus)}"


def _amounts(given: Mapping[str, object] | Sequence[str]) -> str:
    """Names with their doses where these are plain numbers."""
    if not isinstance(given, Mapping):
        return ", ".join(given)
    numbers = {name: dose for name, dose in given.items() if isinstance(dose, int | float)}
    return ", ".join(f"{name} {numbers[name]:g}" if name in numbers else name for name in given)


def _direction(sign: int) -> str:
    return "stiffer gels wake cells" if sign > 0 else "stiffer gels put cells to sleep"


def warnings_of(fit: Fit, found: Posterior, gain: float, parameters: RuleParameters) -> list[str]:
    """What the user must know of a fit.

    Parameters
    ----------
    fit
        Without warnings.
    found
        Its posterior.
    gain
        Log evidence of the other direction of stiffness, over that of this one.
    parameters
        Of the rule.

    Returns
    -------
    list of str
    """
    return [
        *_of_direction(gain, parameters.stiffness_sign),
        *_of_range(fit),
        *(text for name in (fit.E50, fit.n) for text in _of_number(name)),
        *_of_correlation(fit),
        *_of_scatter(fit),
        *_of_plateaus(found, parameters),
    ]


def _of_direction(gain: float, sign: int) -> Iterator[str]:
    if gain < _OPPOSITE:
        return
    others = [name for name in known_presets() if load_preset(name).stiffness_sign == -sign]
    odds = f"{np.exp(gain):.0f}" if gain < np.log(1e4) else "over 10000"
    yield (
        f"the counts are {odds} times likelier if {_direction(-sign)}, which is the opposite of "
        f"this preset: consider {' or '.join(others)}"
    )


def _of_range(fit: Fit) -> Iterator[str]:
    softest, stiffest = float(fit.stiffness.min()), float(fit.stiffness.max())
    span = f"{softest:.3g} to {stiffest:.3g} kPa"
    if not (fit.dormant < fit.total).any() or not fit.dormant.any():
        state = "awake" if not fit.dormant.any() else "asleep"
        yield f"all cells were {state}: E50 is only known to lie on one side of {span}"
    elif not softest <= fit.E50.value <= stiffest and fit.E50.low < fit.E50.high:
        yield f"E50 lies outside the stiffnesses measured ({span}): it is extrapolated"
    if len(fit.stiffness) > 1 and stiffest < _NARROW * softest:
        yield f"the stiffnesses span little ({span}): E50 and n rest on the form of the rule"
    if len(fit.stiffness) == 2:
        yield "two stiffnesses cannot show whether the curve has the rule's form"


def _of_number(found: Found) -> Iterator[str]:
    unit = "" if found.unit == "1" else f" {found.unit}"
    needs = (
        "counts on gels on either side of it"
        if found.name == "E50"
        else "counts on gels on which part of the cells sleep"
    )
    if found.verdict == "open":
        yield (
            f"{found.name} is not determined ({found.low:.3g} to {found.high:.3g}{unit} within the "
            f"bounds of the search), the preset's range is kept; it takes {needs}"
        )
    elif found.verdict == "weak":
        yield f"{found.name} is only roughly known; it takes {needs}, or more cells"


def _of_correlation(fit: Fit) -> Iterator[str]:
    if abs(fit.correlation) > _TOLD_APART:
        yield (
            f"E50 and n can hardly be told apart (correlation {fit.correlation:+.2f}); a case "
            "draws them independently, and its band is then too wide"
        )


def _of_scatter(fit: Fit) -> Iterator[str]:
    if fit.freedom < 1:
        yield "too few rows to see whether they scatter more than counting alone would make them"
    elif fit.total.sum() < _FEW * fit.rows:
        yield (
            f"rows of fewer than {_FEW:g} cells: whether they scatter more than counting alone "
            "would make them cannot be judged"
        )
    elif fit.dispersion_chance < _UNLIKELY:
        yield (
            f"the rows scatter more than counting alone makes them (chi-squared per degree of "
            f"freedom {fit.dispersion:.2g}, chance {fit.dispersion_chance:.1g}): the intervals are "
            f"widened by {fit.softened**0.5:.2g}; perhaps replicates differ, the plateaus lie "
            "outside their ranges, or the curve has another form"
        )
    elif fit.dispersion_chance > _TOO_GOOD:
        yield (
            "the rows scatter less than counting makes them: are these counts, or were they made "
            "from percentages? The intervals rest on the number of cells"
        )


def _of_plateaus(found: Posterior, parameters: RuleParameters) -> Iterator[str]:
    for axis, name in ((2, "Pmin"), (3, "Pmax")):
        p = parameters.table[name]
        if p.high == p.low:
            continue
        quarter = 0.25 * (p.high - p.low)
        below = _share_below(found, axis, np.array([p.low + quarter, p.high - quarter]))
        for pressed, end in ((below[0] > _EDGE, p.low), (1.0 - below[1] > _EDGE, p.high)):
            if pressed:
                yield (
                    f"the counts press {name} against {end:g}, the end of its range: give it a "
                    f"wider one under parameters, and fit again"
                )


def _share_below(found: Posterior, axis: int, x: FloatArray) -> FloatArray:
    """Probability that an unknown lies below some values, shape of ``x``."""
    q: FloatArray = np.linspace(0.0, 1.0, 201, dtype=float)
    return np.interp(x, found.quantile(axis, q), q)
