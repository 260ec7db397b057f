"""States of the sites, each a rule and what it is asked of, made ready to be evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from meshes.errors import InputError

from .blocks import checked_blocks
from .collagen_doses import Dose, upar_loss_dose
from .course import Course, State
from .draws import Draw, nominal_draw, sobol_draw
from .exposure import Doses, Exposure, expose, number_of_sites, uncertain_inks
from .log_odds import Terms
from .memory import Memory
from .parameters import unknown_name

if TYPE_CHECKING:
    from .rule import DormancyRule


@dataclass(frozen=True, eq=False)
class Moment:
    """One state of n sites, past or present.

    Attributes
    ----------
    rule : DormancyRule
        Which answers it: its parameters, cues, blocks and gate. Its memory is not looked at.
    E : float or ndarray, shape (n,)
        Sensed stiffness, kPa, above 0.
    ligand, upar, fibronectin : float or ndarray, shape (n,)
        Relative to 1 = parental.
    doses : mapping of str to DoseLike, or None
        Of the cues.
    E_without_collagen : float, ndarray of shape (n,), or None
        Stiffness of the sites without the ink's collagen, kPa.
    """

    rule: DormancyRule
    E: ArrayLike
    ligand: ArrayLike = 1.0
    doses: Doses | None = None
    upar: ArrayLike = 1.0
    fibronectin: ArrayLike = 1.0
    E_without_collagen: ArrayLike | None = None


def nominal_course(moments: Sequence[Moment], memory: Memory | None = None) -> Course:
    """Moments of the same sites under nominal numbers, checked.

    Parameters
    ----------
    moments
        Oldest first; those before the last need a memory.
    memory
        Of the cells.

    Returns
    -------
    Course

    Raises
    ------
    InputError
        If a cue, or a half-saturating amount, is unknown; if there is a past but no memory.
    ValueError
        If a value is out of range, naming its index.
    """
    _require_memory(moments, memory)
    ink = np.zeros(number_of_sites(moments[-1].E), dtype=np.intp)
    return Course([_state(moment, None, ink) for moment in moments], memory)


def sampled_course(
    moments: Sequence[Moment],
    memory: Memory | None,
    stiffness_log_sd: ArrayLike,
    ink: ArrayLike,
    *,
    samples: int,
    seed: int,
    apart: bool = False,
) -> Course:
    """Moments of the same sites under samples of all ranges, checked.

    Parameters
    ----------
    moments, memory
        As in `nominal_course`.
    stiffness_log_sd
        Standard deviation of ln E of each ink, shape (n_inks,).
    ink
        Index of each site's ink, int or shape (n,).
    samples, seed
        As in `sobol_draw`; the same for all moments.
    apart
        True: without memory each moment is answered alone.

    Returns
    -------
    Course

    Raises
    ------
    InputError, ValueError
        As `nominal_course`; if ``samples`` is not a power of two, or there is no moment.
    """
    if not moments:
        raise ValueError("moments: expected at least one")
    if not apart:
        _require_memory(moments, memory)
    log_sd, inks = uncertain_inks(stiffness_log_sd, ink, number_of_sites(moments[-1].E))
    states = []
    for moment in moments:
        rule = moment.rule
        draw = sobol_draw(rule.parameters, rule.cues, log_sd, samples=samples, seed=seed)
        states.append(_state(moment, draw, inks))
    return Course(states, memory)


def drawn_course(moment: Moment, memory: Memory | None, draw: Draw, ink: ArrayLike) -> Course:
    """One moment under a given draw, checked.

    Parameters
    ----------
    moment, memory
        As in `nominal_course`.
    draw
        S samples of its rule's numbers.
    ink
        Index of each site's ink, int or shape (n,).

    Returns
    -------
    Course

    Raises
    ------
    InputError, ValueError
        As `nominal_course`.
    """
    n_inks = 0 if draw.log_stiffness is None else len(draw.log_stiffness)
    _, inks = uncertain_inks(np.zeros(n_inks), ink, number_of_sites(moment.E))
    return Course([_state(moment, draw, inks)], memory)


def _require_memory(moments: Sequence[Moment], memory: Memory | None) -> None:
    if len(moments) > 1 and memory is None:
        raise InputError("after: a rule without memory has no past", hint="give the rule a memory")


def _state(moment: Moment, draw: Draw | None, ink: NDArray[np.intp]) -> State:
    rule = moment.rule
    nominal = nominal_draw(rule.parameters, rule.cues)
    terms = Terms(rule.parameters.stiffness_sign, rule.cues, rule.gate)
    return State(terms, _exposure(moment, ink), nominal, nominal if draw is None else draw)


def _exposure(moment: Moment, ink: NDArray[np.intp]) -> Exposure:
    rule = moment.rule
    site = expose(
        moment.E,
        moment.ligand,
        _doses_of_the_medium(moment),
        checked_blocks(rule.blocks, rule.cues),
        moment.upar,
        moment.fibronectin,
        moment.E_without_collagen,
        ink=ink,
    )
    site = _with_cells(site, moment)
    _check_halves(site, rule)
    if rule.collagen_mechanics:
        return site
    if site.log_stiffness_without_collagen is None:
        raise ValueError("collagen_mechanics=False needs E_without_collagen")
    return replace(site, log_stiffness=site.log_stiffness_without_collagen)


def _doses_of_the_medium(moment: Moment) -> Doses:
    """The doses given, and those of cues that are always there."""
    rule, given = moment.rule, dict(moment.doses or {})
    known = {cue.cue: cue for cue in rule.cues}
    for name in given:
        if name not in known:
            raise unknown_name("cue", name, known)
    for name, cue in known.items():
        if cue.given == "by_ink" and not rule.collagen_chemistry:
            given.pop(name, None)
        elif cue.given == "always" and name not in given:
            given[name] = 1.0
    return given


def _with_cells(site: Exposure, moment: Moment) -> Exposure:
    """With the cues that are the cells' own, unless their dose is given.

    uPAR acts on fibronectin: what counts is their product, as in the amplitude of P. Hence they
    are made here, where both are known to fit the sites.
    """
    names = {cue.cue for cue in moment.rule.cues if cue.given == "by_cells"}
    dose = upar_loss_dose(site.upar * site.fibronectin)
    if not dose.any():
        return site
    return replace(
        site, doses={**site.doses, **dict.fromkeys(names - set(moment.doses or {}), Dose(dose))}
    )


def _check_halves(site: Exposure, rule: DormancyRule) -> None:
    table = rule.parameters.table
    inhibitors = [dose for doses in site.blocks.values() for dose in doses]
    for dose in (*site.doses.values(), *inhibitors):
        for _, half in dose.saturating:
            if half not in table:
                raise unknown_name("dormancy parameter", half, table)
            if table[half].sampling != "log":
                raise InputError(
                    f"dormancy parameter {half}: a half-saturating amount is a positive scale, "
                    "sampled 'log'"
                )
