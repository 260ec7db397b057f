"""What the rule says of every cell, and what it would say otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.arms import compare_arms, compare_presets
from cases.biology.clutch import clutch_tables
from cases.biology.network import cross_check, network_assumptions
from cases.biology.past import past_states, tell_history
from cases.biology.sites import Sites
from cases.biology.state import State, present_state
from cases.biology.unknowns import rank_unknowns
from cases.schema import Case

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from postprocess.biology import Biology
    from solver.coupling import Band, Moment


@dataclass(frozen=True, eq=False)
class Answer:
    """What the rule says of each of ``n`` cells.

    Attributes
    ----------
    p
        P(dormant), ``(n,)``.
    band
        Its band, per cell and for the summaries.
    shares
        Name to log-odds ``(n,)``; positive keeps asleep.
    curve
        P against stiffness for the first ink's ligand and this case's cues.
    plateaus
        ``p_min``, ``p_max``, ``amplitude``: what turns the sum of the shares into P.
    assumptions
        Rows that the rule and whatever else was asked rest on.
    biology
        Arms, presets, unknowns, history, network, clutch.
    """

    p: NDArray[np.float64]
    band: Band
    shares: dict[str, NDArray[np.float64]]
    curve: dict[str, NDArray[np.float64]]
    plateaus: dict[str, float]
    assumptions: list[dict[str, str]]
    biology: Biology


def sampling(case: Case) -> dict[str, Any]:
    """How the case wants bands to be sampled: keywords of the rule's methods."""
    band = case.dormancy.band
    return {"level": band.level, "samples": band.samples, "seed": band.seed}


def apply_rule(case: Case, sites: Sites, inks: Sequence[str], *, tables: bool = True) -> Answer:
    """P(dormant) with band and shares, and everything else that the case asks of the rule.

    Parameters
    ----------
    case
        Rule, treatment, arms, history.
    sites
        What the cells feel and meet.
    inks
        Names of the inks by index.
    tables
        Whether arms, presets, unknowns and history are wanted, which are tables of their own.
    """
    from postprocess.biology import Biology

    state = present_state(case, sites)
    after = past_states(case, sites)
    how = sampling(case)
    p = state.rule.probability(**state.inputs, after=after)
    band = _band(state, sites, after, how)
    shares = state.rule.log_odds_shares(**state.inputs)
    known = {cue.cue for cue in state.rule.cues}
    network, notes = cross_check(case, state, sites, p, band, inks)
    clutch, thresholds = clutch_tables(case)
    rests_on = state.rule.assumptions([name for name in shares if name in known])
    if network is not None:
        rests_on += network_assumptions()
    return Answer(
        p=p,
        band=band,
        shares=shares,
        curve=_curve(state, sites, how),
        plateaus=state.plateaus(),
        assumptions=rests_on,
        biology=Biology(
            **(_tables(case, state, sites, band, after, inks) if tables else {}),
            network=network,
            network_notes=notes,
            clutch=clutch,
            clutch_threshold_kPa=thresholds,
        ),
    )


def _tables(
    case: Case,
    state: State,
    sites: Sites,
    band: Band,
    after: tuple[Moment, ...],
    inks: Sequence[str],
) -> dict[str, Any]:
    """What else could be, and which unknown matters."""
    how = sampling(case)
    return {
        **compare_arms(case, state, sites, band, how),
        "presets": compare_presets(case, sites, band, how),
        "sensitivity": rank_unknowns(case, state, sites, inks),
        "history": tell_history(case, state, sites, after, how),
    }


def band_of(case: Case, sites: Sites) -> Band:
    """P(dormant) with its band, as :func:`apply_rule` finds it, and nothing else."""
    return _band(present_state(case, sites), sites, past_states(case, sites), sampling(case))


def _band(state: State, sites: Sites, after: tuple[Moment, ...], how: dict[str, Any]) -> Band:
    return state.rule.band(**state.inputs, **sites.uncertain, **how, after=after)


def _curve(state: State, sites: Sites, how: dict[str, Any]) -> dict[str, NDArray[np.float64]]:
    """P against stiffness, for the ligand and the collagen of the first ink that has cells."""
    from solver.coupling import Dose

    first = int(np.argmin(sites.ink))

    def at(values: Any) -> Any:
        array = np.asarray(values, dtype=float)
        return array if array.ndim == 0 else float(array[first])

    doses = {
        name: dose.of_sites(at) if isinstance(dose, Dose) else at(dose)
        for name, dose in state.inputs["doses"].items()
    }
    return state.rule.curve(
        ligand=float(at(state.inputs["ligand"])),
        doses=doses,
        upar=state.inputs["upar"],
        fibronectin=state.inputs["fibronectin"],
        **how,
    )
