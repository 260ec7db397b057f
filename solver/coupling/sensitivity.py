"""Which unknown matters most: Sobol indices of the mean P(dormant) over the rule's ranges."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .collagen_doses import Dose, FloatArray
from .draws import draw_from_unit, factor_names
from .exposure import DoseLike, uncertain_inks
from .parameters import load_preset
from .sobol import Indices, moving_factors, unit_cube_indices

if TYPE_CHECKING:
    from .rule import DormancyRule, Doses


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Which of the rule's unknowns the mean P(dormant) depends on, the weightiest first.

    Attributes
    ----------
    factors, labels : tuple of str
        Names of those that move the mean at all, and what they are in words.
    first, first_conf, total, total_conf : ndarray, shape (len(factors),)
        See `Indices`.
    variance : float
        Of the mean P over the ranges.
    idle : tuple of str
        Factors with a range that do not move the mean P of these sites.
    sites : int
        From how many sites the mean was taken.
    words : str
        The outcome in a sentence or two.
    """

    factors: tuple[str, ...]
    labels: tuple[str, ...]
    first: FloatArray
    first_conf: FloatArray
    total: FloatArray
    total_conf: FloatArray
    variance: float
    idle: tuple[str, ...]
    sites: int
    words: str


def sobol_indices(
    rule: DormancyRule,
    E: ArrayLike,
    ligand: ArrayLike = 1.0,
    doses: Doses | None = None,
    upar: ArrayLike = 1.0,
    fibronectin: ArrayLike = 1.0,
    *,
    E_without_collagen: ArrayLike | None = None,
    stiffness_log_sd: ArrayLike = (),
    ink: ArrayLike = 0,
    ink_names: Sequence[str] = (),
    samples: int = 512,
    seed: int = 20,
    most_sites: int = 512,
) -> Sensitivity:
    """How much of the spread of the mean P(dormant) each unknown of the rule accounts for.

    Parameters
    ----------
    rule
        With its parameters, cues and blocks.
    E, ligand, doses, upar, fibronectin, E_without_collagen, stiffness_log_sd, ink
        As in `DormancyRule.band`: the ranges are those of the band.
    ink_names
        For the labels, shape (n_inks,); by default they are numbered.
    samples
        N, a power of two; the rule is asked ``N (D + 2)`` times, D being the unknowns that matter.
    seed
        Of the samples.
    most_sites
        The mean is taken over at most so many sites, spread evenly over each ink's ranking by P.

    Returns
    -------
    Sensitivity
        Without any factor where no range moves the mean P (all cells at a plateau whose value is
        known, say); ``words`` says so.

    Raises
    ------
    InputError
        If a cue is unknown.
    ValueError
        If a value is out of range, or ``samples`` is not a power of two.
    """
    shared = (ligand, doses, upar, fibronectin)
    nominal = rule.probability(E, *shared, E_without_collagen=E_without_collagen)
    n = len(nominal)
    log_sd, inks = uncertain_inks(stiffness_log_sd, ink, n)
    at = _spread(nominal, inks, most_sites)

    def of_sites(values: ArrayLike) -> ArrayLike:
        array = np.asarray(values)
        return array[at] if array.shape == (n,) and n > 1 else array

    chosen = tuple(of_sites(values) for values in (E, ligand, upar, fibronectin))
    without = None if E_without_collagen is None else of_sites(E_without_collagen)
    chosen_doses = {cue: _dose_of(dose, of_sites) for cue, dose in (doses or {}).items()}

    def mean_p(unit: FloatArray) -> FloatArray:
        draw = draw_from_unit(rule.parameters, rule.cues, log_sd, unit)
        stiffness, ligand, upar, fibronectin = chosen
        return rule.mean_samples(
            draw, stiffness, ligand, chosen_doses, upar, fibronectin,
            E_without_collagen=without, ink=inks[at],
        )  # fmt: skip

    names = factor_names(rule.parameters, rule.cues, len(log_sd))
    free = _with_width(rule, log_sd)
    moving = np.array(moving_factors(mean_p, free, seed=seed))
    idle = tuple(name for name, f, m in zip(names, free, moving, strict=True) if f and not m)
    if not moving.any():
        none = np.zeros(0)
        words = "No unknown that has a range moves the mean P(dormant) of these cells."
        return Sensitivity((), (), none, none, none, none, 0.0, idle, len(at), words)

    def of_moving(unit: FloatArray) -> FloatArray:
        whole = np.full((len(names), unit.shape[1]), 0.5)
        whole[moving] = unit
        return mean_p(whole)

    found = unit_cube_indices(of_moving, int(moving.sum()), samples=samples, seed=seed)
    order = np.argsort(-found.total, kind="stable")
    labels = _labels(rule, ink_names, len(log_sd))
    where = np.flatnonzero(moving)[order]
    return Sensitivity(
        factors=tuple(names[i] for i in where),
        labels=tuple(labels[i] for i in where),
        first=found.first[order],
        first_conf=found.first_conf[order],
        total=found.total[order],
        total_conf=found.total_conf[order],
        variance=found.variance,
        idle=idle,
        sites=len(at),
        words=_words([labels[i] for i in where], found, order),
    )


def _spread(p: FloatArray, inks: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Indices of at most so many sites: evenly spaced in each ink's ranking by P."""
    ranking = np.lexsort((p, inks))
    if len(p) <= most:
        return np.sort(ranking)
    middles = (np.arange(most) + 0.5) * (len(p) / most)
    return np.sort(ranking[middles.astype(np.intp)])


def _dose_of(dose: DoseLike, of_sites: Callable[[ArrayLike], ArrayLike]) -> DoseLike:
    if not isinstance(dose, Dose):
        return of_sites(dose)
    return dose.of_sites(of_sites)


def _with_width(rule: DormancyRule, log_sd: FloatArray) -> list[bool]:
    """Which factors have a range, in the order of `factor_names`."""
    return [
        *(p.high > p.low for p in rule.parameters.table.values()),
        *(cue.weight_high > cue.weight_low for cue in rule.cues),
        *(bool(sd > 0.0) for sd in log_sd),
    ]


def _labels(rule: DormancyRule, ink_names: Sequence[str], n_inks: int) -> list[str]:
    """What each factor is, in the order of `factor_names`."""
    published = load_preset(rule.parameters.preset).table
    parameters = [
        # The user's own number is noted as such; what it is, the preset's note says.
        f"{p.name} ({_first_words(published.get(p.name, p).note)})"
        for p in rule.parameters.table.values()
    ]
    cues = [f"weight of {cue.cue} ({cue.acts_through})" for cue in rule.cues]
    inks = ink_names or [str(i + 1) for i in range(n_inks)]
    return [*parameters, *cues, *(f"stiffness of ink {name}" for name in inks)]


def _first_words(note: str) -> str:
    start = re.split(r"[.:;] ", note.rstrip("."), maxsplit=1)[0]
    return start[:1].lower() + start[1:]


def _words(labels: Sequence[str], found: Indices, order: NDArray[np.intp]) -> str:
    if found.variance == 0.0:
        return "The mean P(dormant) of these cells hardly moves within the ranges."
    total, first = found.total[order], found.first[order]
    text = (
        f"Most of the spread of the mean P(dormant), whose standard deviation is "
        f"{np.sqrt(found.variance):.2g}, comes from {labels[0]}: {_percent(first[0])} by itself, "
        f"{_percent(total[0])} with its interplay."
    )
    if len(labels) == 1:
        return text
    unsure = np.hypot(*found.total_conf[order][:2]) > total[0] - total[1]
    second = f" Next comes {labels[1]}, {_percent(total[1])}"
    return text + second + (", perhaps as much: the two are within their error." if unsure else ".")


def _percent(share: float) -> str:
    return f"{100.0 * min(max(share, 0.0), 1.0):.0f} %"
