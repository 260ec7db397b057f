"""Fit E50 and n of the rule to counted cells on gels of known stiffness, with honest intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .collagen_doses import FloatArray
from .counts import Counts
from .fit_model import FITTED, Gels, Response, prior_bounds
from .fit_words import stated_conditions, warnings_of
from .posterior import Bounds, Posterior, grid_posterior
from .rule import DormancyRule, Doses

LEVEL = 0.90
"""Probability of all intervals."""

_KNOWN, _WEAK = 4.0, 100.0  # high over low of an interval: up to here determined, weakly known
_PRESSED = 0.05  # of the highest density, at a bound of the prior: the bound cuts the interval
_CURVES = 1024

Verdict = Literal["determined", "weak", "open"]


@dataclass(frozen=True)
class Found:
    """What was found for one number of the rule.

    Attributes
    ----------
    name, unit : str
        Unit ``"1"`` is dimensionless.
    value, low, high : float
        Median and 90 % interval of the posterior, in the unit.
    best : float
        Where the likelihood is highest.
    verdict : str
        ``determined`` (interval within a factor 4), ``weak`` (within 100), or ``open``: wider, or
        cut off by the bounds of the search and not by the data.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    best: float
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Fit:
    """The rule's E50 and n under counted cells.

    Attributes
    ----------
    E50, n, Pmin, Pmax : Found
        E50 in kPa. The plateaus were free within the preset's ranges.
    correlation : float
        Of ln E50 and ln n.
    stiffness, dormant, total : ndarray, shape (m,)
        The gels, kPa, and their cells; rows of the same stiffness added up.
    fitted, low, high : ndarray, shape (m,)
        P(dormant) on these gels: median and 90 % band of the curve, not of the next count.
    freedom : float
        Rows less the unknowns that the counts tell (a plateau that they hardly tell hardly counts);
        below 1 the scatter cannot be judged.
    dispersion : float
        Pearson's χ² per degree of freedom, φ; 1 where the counts scatter as the binomial law says,
        and where there are too few rows to tell.
    dispersion_chance : float
        Chance of so large a χ² under that law.
    softened : float
        What the log-likelihood was divided by, at least 1 and growing with φ: all intervals are
        wider by about its root.
    rows : int
        Rows of the table.
    preset : str
        Preset whose direction and plateaus were used.
    conditions : tuple of str
        Under which conditions the numbers hold, in words.
    held : tuple of str
        Numbers that have a range and act here but were held at their value; the intervals know
        nothing of it.
    warnings : tuple of str
        What the user must know of the fit.
    """

    E50: Found
    n: Found
    Pmin: Found
    Pmax: Found
    correlation: float
    stiffness: FloatArray
    dormant: NDArray[np.int64]
    total: NDArray[np.int64]
    fitted: FloatArray
    low: FloatArray
    high: FloatArray
    freedom: float
    dispersion: float
    dispersion_chance: float
    softened: float
    rows: int
    source: str
    preset: str
    conditions: tuple[str, ...]
    held: tuple[str, ...]
    warnings: tuple[str, ...]

    def yaml(self) -> str:
        """The numbers as part of a case file, with what they rest on as comments.

        Returns
        -------
        str
            ``dormancy: {preset, parameters: {E50, n}}`` over several lines. A number that the
            counts do not tell is left out, so that the preset's own range stays in force.
        """
        gels, cells = len(self.stiffness), int(self.total.sum())
        comments = [
            f"{self.source}: {cells} cells on {gels} stiffness{'es' if gels > 1 else ''}",
            *self.conditions,
            *(f"held: {text}" for text in self.held),
            *(f"warning: {text}" for text in self.warnings),
        ]
        lines = [
            # A file's name may hold anything: nothing of it may end the comment.
            *(f"# {''.join(c if c.isprintable() else ' ' for c in text)}" for text in comments),
            "dormancy:",
            f"  preset: {self.preset}",
        ]
        told = [found for found in (self.E50, self.n) if found.verdict != "open"]
        if told:
            lines.append("  parameters:")
        lines += [f"    {found.name}: {_plain(found)}" for found in told]
        return "\n".join(lines) + "\n"


def _plain(found: Found) -> str:
    unit = "" if found.unit == "1" else f" {found.unit}"
    if found.low == found.high:
        return f"{found.value:.4g}{unit}"
    ends = (("value", found.value), ("low", found.low), ("high", found.high))
    return "{" + ", ".join(f"{key}: {number:.4g}{unit}" for key, number in ends) + "}"


def fit_counts(
    counts: Counts,
    rule: DormancyRule,
    ligand: float = 1.0,
    doses: Doses | None = None,
    upar: float = 1.0,
    fibronectin: float = 1.0,
    *,
    hold: Mapping[str, float] | None = None,
) -> Fit:
    """Find the E50 and n of a rule under which the counts are likely.

    Each row is binomial with the P(dormant) of the rule. The prior is flat in ln E50 and ln n
    within wide bounds (`REACH`, `STEEPNESS`), and flat in the plateaus within their ranges. Where
    rows scatter more than the binomial law says, the likelihood is softened by Pearson's χ² per
    degree of freedom (quasi-likelihood, McCullagh and Nelder 1989, Generalized Linear Models).

    Parameters
    ----------
    counts
        From `read_counts`.
    rule
        With the preset, blocks and cues of the experiment; its own E50 and n are not used.
    ligand, doses, upar, fibronectin
        As in `DormancyRule.probability`, the same for all rows.
    hold
        ``E50`` (kPa) or ``n`` to be kept at a number instead of being fitted.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        If the rule has a mechanical model in place of the Hill term, only one stiffness was counted
        and neither number is held, a held number is unknown or out of range, a cue is unknown, or
        the counts are impossible under the rule.
    ValueError
        If a condition is out of range.
    """
    if rule.gate is not None:
        raise InputError(
            f"the fit finds E50 and n of the Hill term, which gate {rule.gate.name} replaces",
            hint="fit with gate: hill",
        )
    gels = Gels.pooled(counts)
    bounds = prior_bounds(gels.stiffness, rule, hold or {})
    response = Response(rule, gels.stiffness, (ligand, doses, upar, fibronectin))
    plain = grid_posterior(response, gels.dormant, gels.awake, bounds)
    freedom, dispersion, chance = _scatter(counts, gels, plain, bounds)
    softened = _softened(dispersion, freedom)
    found = (
        grid_posterior(response, gels.dormant, gels.awake, bounds, softened)
        if softened > 1.0
        else plain
    )
    curves = found.probability(found.evenly(_CURVES))
    tail = 0.5 * (1.0 - LEVEL)
    low, fitted, high = np.quantile(curves, [tail, 0.5, 1.0 - tail], axis=1)
    E50, n, bottom, top = _unknowns(found, bounds)
    fit = Fit(
        E50=E50,
        n=n,
        Pmin=bottom,
        Pmax=top,
        correlation=found.correlation(),
        stiffness=gels.stiffness,
        dormant=gels.dormant.astype(np.int64),
        total=(gels.dormant + gels.awake).astype(np.int64),
        fitted=fitted,
        low=low,
        high=high,
        freedom=freedom,
        dispersion=dispersion,
        dispersion_chance=chance,
        softened=softened,
        rows=len(counts.stiffness),
        source=counts.source,
        preset=rule.parameters.preset,
        conditions=tuple(stated_conditions(rule, ligand, doses or {}, upar, fibronectin)),
        held=response.held(),
        warnings=(),
    )
    opposite = grid_posterior(response.turned(), gels.dormant, gels.awake, bounds)
    # Where rows scatter, likelihoods are softened by the scatter that the better curve leaves.
    least = max(1.0, min(dispersion, _scatter(counts, gels, opposite, bounds)[1]))
    gain = (opposite.log_evidence - plain.log_evidence) / least
    return replace(fit, warnings=tuple(warnings_of(fit, plain, gain, rule.parameters)))


def _scatter(
    counts: Counts, gels: Gels, found: Posterior, bounds: Bounds
) -> tuple[float, float, float]:
    """Degrees of freedom, Pearson's χ² of the rows for each, and the chance of so large a one."""
    from scipy.stats import chi2

    p = found.probability(found.best)[gels.of_row]
    freedom = len(p) - found.told(bounds)
    variance = counts.total * p * (1.0 - p)
    if freedom < 1.0 or not (variance > 0.0).all():
        return freedom, 1.0, 1.0
    pearson = float(((counts.dormant - counts.total * p) ** 2 / variance).sum())
    return freedom, pearson / freedom, float(chi2.sf(pearson, freedom))


def _softened(dispersion: float, freedom: float) -> float:
    """By what the log-likelihood is divided, ``1 + (φ − 1)(t/z)²`` for φ above 1.

    Student's t over the normal quantile: φ itself is estimated, from few rows badly. Taking the
    excess alone by it keeps φ = 1 the binomial law (assumption).
    """
    from scipy.stats import norm, t

    if dispersion <= 1.0:
        return 1.0
    upper = 0.5 + 0.5 * LEVEL
    return 1.0 + (dispersion - 1.0) * float(t.ppf(upper, freedom) / norm.ppf(upper)) ** 2


def _unknowns(found: Posterior, bounds: Bounds) -> list[Found]:
    """E50, n, Pmin and Pmax with their intervals."""
    tail = 0.5 * (1.0 - LEVEL)
    unknowns = []
    for axis, (name, unit) in enumerate((("E50", "kPa"), ("n", "1"), ("Pmin", "1"), ("Pmax", "1"))):
        at_best = found.axes[axis][found.best[axis]]
        ends = np.append(found.quantile(axis, (0.5, tail, 1.0 - tail)), at_best)
        value, low, high, best = map(float, np.exp(ends) if name in FITTED else ends)
        pressed = found.pressed(axis, bounds[axis], _PRESSED)
        verdict: Verdict = (
            "open"
            if pressed or high > _WEAK * low
            else "weak"
            if high > _KNOWN * low
            else "determined"
        )
        unknowns.append(Found(name, unit, value, low, high, best, verdict))
    return unknowns
