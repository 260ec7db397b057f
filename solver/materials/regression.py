"""Least squares on logarithms: values, intervals, and what the data cannot tell.

Every unknown is positive, so its logarithm is what is fitted, inside bounds and from several
starts. Near the best fit the weighted residuals are linear in the unknowns, with Jacobian J, and
``cov = s² (JᵀJ)⁻¹``, ``s² = |r|²/(m − p)``: errors and correlations. Intervals end where the
squared residuals, all other unknowns fitted anew, have grown by ``t² s²`` with Student's t: the
profile, which needs no linear picture (Seber and Wild, 10.1002/0471725315, chapters 2 and 5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from meshes.errors import InputError, SolveError
from solver.materials.descent import Box
from solver.materials.tensors import FloatArray

LEVEL = 0.90  # of all intervals
# Scatter of a measured curve: relative, and relative to its largest value [assumption]
RELATIVE_SCATTER, FLOOR_SCATTER = 0.05, 0.01
STARTS = 8
WEAK, OPEN = 2.0, 10.0  # interval up to these factors around the value: weakly known, unknown
COUPLED = 0.95  # correlation from which two unknowns cannot be told apart
# Below this share of the assumed scatter the optimiser's own digits count, not the data's.
_DIGITS = 1e-3
_AT_BOUND = 1e-4  # of the logarithmic range
_LOST = 1e-6  # singular value relative to the largest: a direction that the data do not see
_UNUSABLE = 1e8  # residual where the model has no answer
_MISSED = 1e3  # residual, in units of the expected scatter, that no data have

Model = Callable[[FloatArray], FloatArray]
Verdict = Literal["determined", "weak", "open"]


@dataclass(frozen=True)
class Unknown:
    """A positive number to be found.

    Parameters
    ----------
    name, unit
        For messages and tables; unit "" for a pure number.
    start, low, high
        First guess and bounds, in the unit.
    needs
        Which data tell it, in words: ``"stretches beyond 1.05"``.
    """

    name: str
    unit: str
    start: float
    low: float
    high: float
    needs: str = ""


@dataclass(frozen=True)
class Estimate:
    """What was found for one unknown.

    Attributes
    ----------
    value, low, high
        Best value and 90 % interval, clipped to the unknown's bounds; in its unit.
    log_error
        Standard error of ln(value): 0.1 is about 10 %; never more than the widest range of all
        unknowns.
    verdict
        ``determined`` (interval within a factor 2), ``weak`` (within 10) or ``open``.
    """

    unknown: Unknown
    value: float
    low: float
    high: float
    log_error: float
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted curve.

    Attributes
    ----------
    estimates
        One per unknown.
    correlation
        ``(p, p)`` of the logarithms of the unknowns; 0 where nothing is known.
    fitted, low, high
        ``(m,)`` best curve at the data and its 90 % confidence band (of the curve, not of the
        next measurement); unit of the data.
    residuals
        ``(m,)`` data minus fit; unit of the data.
    r_squared
        Share of the data's variance that the curve explains; negative if worse than their mean.
    rms
        Root of the mean squared residual; unit of the data.
    widened
        Factor on all intervals because neighbouring residuals are alike; 1 for random ones.
    warnings
        What the user must know of the fit.
    rivals
        Other numbers that fit as well, in words.
    """

    estimates: tuple[Estimate, ...]
    correlation: FloatArray
    fitted: FloatArray
    low: FloatArray
    high: FloatArray
    residuals: FloatArray
    r_squared: float
    rms: float
    widened: float
    warnings: tuple[str, ...]
    rivals: tuple[str, ...]

    @property
    def values(self) -> dict[str, float]:
        """Best values by name."""
        return {e.unknown.name: e.value for e in self.estimates}


def scatter(measured: FloatArray) -> FloatArray:
    """Expected scatter ``(m,)`` of measured values that come without one, in their unit.

    ``hypot(5 % of the value, 1 % of the largest value)`` [assumption]; only its shape along the
    curve matters, for its size is estimated from the residuals.
    """
    y = np.abs(measured)
    return np.hypot(RELATIVE_SCATTER * y, FLOOR_SCATTER * float(y.max()))


def fit_curve(
    model: Model,
    unknowns: Sequence[Unknown],
    measured: FloatArray,
    sd: FloatArray | None = None,
    *,
    starts: int = STARTS,
    profiled: bool = True,
) -> Regression:
    """Find the unknowns that bring a model nearest to measured values.

    Parameters
    ----------
    model
        From ``(p,)`` values in the unknowns' units to ``(m,)`` predictions; NaN where it has none.
    unknowns
        What is to be found.
    measured
        ``(m,)``, ordered along the curve.
    sd
        ``(m,)`` scatter of each value, in the unit of the data; ``None``: :func:`scatter`.
    starts
        From how many places to search, the unknowns' own start among them.
    profiled
        Intervals by the profile of the squared residuals, which follows how the curve bends away
        from its linear picture; else by the linear picture alone, which is quick.

    Raises
    ------
    InputError
        If there are fewer than ``p + 2`` values, all of them or of the model's are zero, none is
        ever met, or the scatter given is far smaller than what the model misses.
    SolveError
        If the model has no answer anywhere, or at its best place not everywhere.
    """
    y = np.asarray(measured, dtype=float)
    p, m = len(unknowns), len(y)
    if m < p + 2:
        raise InputError(
            f"expected at least {p + 2} measured values for {p} unknowns, found {m}",
            hint="measure more points, or choose a law with fewer unknowns",
        )
    if not y.any():
        raise InputError("all measured values are zero", hint="check the column and its unit")
    low, high = (np.log([getattr(u, end) for u in unknowns]) for end in ("low", "high"))
    weight = 1.0 / (scatter(y) if sd is None else np.asarray(sd, dtype=float))

    def residual(x: FloatArray) -> FloatArray:
        r = (model(np.exp(x)) - y) * weight
        return np.where(np.isfinite(r), np.clip(r, -_UNUSABLE, _UNUSABLE), _UNUSABLE)

    box = Box(low, high)
    x, *others = box.best(residual, box.starts(np.log([u.start for u in unknowns]), starts))
    if np.all(np.abs(residual(x)) >= _UNUSABLE):
        raise SolveError("the law has no answer at these strains", hint="leave the largest out")
    if np.median(np.abs(residual(x))) >= _MISSED:
        if sd is not None and np.median(np.abs(model(np.exp(x)) - y) / scatter(y)) < _MISSED:
            raise InputError(
                f"the law misses the values by far more than their scatter, {np.median(sd):.3g}",
                hint="check the unit of the scatter, or leave it out: it is then estimated",
            )
        raise InputError(
            "no numbers of the law come near the measured values",
            hint="check columns and units; perhaps the matrix alone is stiffer than what was "
            "measured",
        )
    if sd is None:
        # Weights from the data favour values that chance made small: take them from the fit.
        weight = 1.0 / scatter(_answer(model, x))
        x = box.best(residual, [x])[0]
    jacobian, r = box.jacobian(residual, x), residual(x)
    widened = _alike(r)
    spread = widened * max(float(np.sqrt(r @ r / (m - p))), _DIGITS)
    covariance = _covariance(jacobian, spread, float(np.max(high - low)))
    quantile = _quantile(m - p)
    ends = box.linear_ends(x, quantile * np.sqrt(np.diag(covariance)))
    if profiled:
        ends = box.profile_ends(residual, x, ends, quantile * spread)
    estimates = _estimates(unknowns, x, ends, np.sqrt(np.diag(covariance)))
    fitted = _answer(model, x)
    half = quantile * np.sqrt(
        np.maximum(np.einsum("mi,ij,mj->m", jacobian, covariance, jacobian), 0.0)
    )
    correlation = _correlation(covariance)
    return Regression(
        estimates=estimates,
        correlation=correlation,
        fitted=fitted,
        low=fitted - half / weight,
        high=fitted + half / weight,
        residuals=y - fitted,
        r_squared=_r_squared(y, y - fitted),
        rms=float(np.sqrt(np.mean((y - fitted) ** 2))),
        widened=widened,
        warnings=tuple(_warnings(estimates, correlation, jacobian, widened)),
        rivals=tuple(_rivals(estimates, [np.exp(other) for other in others])),
    )


def _answer(model: Model, x: FloatArray) -> FloatArray:
    """The law's own curve at the best place: residuals are clipped, this is not."""
    curve = model(np.exp(x))
    if not np.all(np.isfinite(curve)):
        raise SolveError("the law has no answer at some strains", hint="leave the largest out")
    if not curve.any():
        raise InputError(
            "the law gives zero at these strains", hint="check the strains and their unit"
        )
    return curve


def _quantile(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 + LEVEL / 2.0, freedom))


def _alike(r: FloatArray) -> float:
    """Factor on the intervals when neighbouring residuals are alike (law and data disagree).

    A first-order autoregression of correlation ρ leaves ``m (1 − ρ)/(1 + ρ)`` independent values;
    1 where ρ is within what chance gives, ``1.64/√m``.
    """
    m, size = len(r), float(r @ r)
    if m < 8 or size <= m * _DIGITS**2:
        return 1.0
    rho = min(float(r[1:] @ r[:-1]) / size, 0.95)
    return 1.0 if rho < 1.64 / np.sqrt(m) else float(np.sqrt((1.0 + rho) / (1.0 - rho)))


def _covariance(jacobian: FloatArray, spread: float, whole: float) -> FloatArray:
    """``spread² (JᵀJ)⁻¹``; a direction that the data do not see is unknown over its whole range."""
    _, s, directions = np.linalg.svd(jacobian, full_matrices=False)
    seen = s > _LOST * max(float(s[0]), 1e-300)
    sd = np.where(seen, np.minimum(spread / np.where(seen, s, 1.0), whole), whole)
    return np.asarray((directions.T * sd**2) @ directions)


def _estimates(
    unknowns: Sequence[Unknown], x: FloatArray, ends: FloatArray, errors: FloatArray
) -> tuple[Estimate, ...]:
    found = []
    for i, unknown in enumerate(unknowns):
        # An end that the bounds cut off says nothing: there the linear picture counts.
        at_bound = np.isclose(ends[i], np.log([unknown.low, unknown.high]), atol=1e-9)
        reach = float(np.abs(ends[i] - x[i]).max())
        if at_bound.any():
            reach = max(reach, _quantile(60) * float(errors[i]))
        verdict: Verdict = (
            "determined" if reach <= np.log(WEAK) else "weak" if reach <= np.log(OPEN) else "open"
        )
        value, low, high = (float(np.exp(v)) for v in (x[i], *ends[i]))
        found.append(Estimate(unknown, value, low, high, float(errors[i]), verdict))
    return tuple(found)


def _correlation(covariance: FloatArray) -> FloatArray:
    sd = np.sqrt(np.diag(covariance))
    safe = np.where(sd > 0.0, sd, 1.0)
    return np.asarray(np.clip(covariance / np.outer(safe, safe), -1.0, 1.0))


def _r_squared(y: FloatArray, residuals: FloatArray) -> float:
    total = float(np.sum((y - y.mean()) ** 2))
    return 1.0 - float(residuals @ residuals) / total if total > 0.0 else 0.0


def _warnings(
    estimates: Sequence[Estimate], correlation: FloatArray, jacobian: FloatArray, widened: float
) -> list[str]:
    found = []
    influence = np.linalg.norm(jacobian, axis=0)
    for i, e in enumerate(estimates):
        u, unit = e.unknown, f" {e.unknown.unit}" if e.unknown.unit else ""
        needs = f"; it takes {u.needs}" if u.needs else ""
        edge = _AT_BOUND * np.log(u.high / u.low)
        at = next((b for b in (u.low, u.high) if abs(np.log(e.value / b)) < edge), None)
        if influence[i] < _LOST * influence.max():
            found.append(f"{u.name} has no influence on these data{needs}")
        elif at is not None:
            found.append(f"{u.name} ran to the end of its range, {at:g}{unit}{needs}")
        elif e.verdict != "determined":
            known = "only roughly known" if e.verdict == "weak" else "not determined"
            found.append(f"{u.name} is {known}: {e.low:.3g} to {e.high:.3g}{unit}{needs}")
    for i, one in enumerate(estimates):
        for j in range(i):
            if abs(correlation[i, j]) > COUPLED:
                found.append(
                    f"{estimates[j].unknown.name} and {one.unknown.name} can hardly be told apart "
                    f"(correlation {correlation[i, j]:+.2f}): these data know their combination "
                    "better than either"
                )
    if widened > 1.0:
        found.append(
            "neighbouring residuals are alike: the law does not follow the curve in all places; "
            f"the intervals are widened by {widened:.2g}"
        )
    return found


def _rivals(estimates: Sequence[Estimate], others: Sequence[FloatArray]) -> list[str]:
    """Say where other numbers, outside the intervals, fit as well."""
    found = []
    for other in others:
        differing = [
            f"{e.unknown.name} {value:.3g} {e.unknown.unit}".rstrip()
            for e, value in zip(estimates, other, strict=True)
            if not e.low <= value <= e.high
        ]
        if differing:
            found.append(f"other numbers fit as well: {', '.join(differing)}")
    return list(dict.fromkeys(found))
