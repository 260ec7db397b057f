"""The past of the cells, where they remember it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.biology.sites import Sites
from cases.biology.state import State, past_state
from cases.schema import Case

if TYPE_CHECKING:
    import pandas

    from solver.coupling import Moment

PRESENT = "now"


def past_states(case: Case, sites: Sites) -> tuple[Moment, ...]:
    """The states that the cells have been through, the first one first."""
    from solver.coupling import Moment

    memory = case.dormancy.memory
    if memory is None:
        return ()
    states = [past_state(case, sites, past) for past in memory.history]
    return tuple(Moment(rule=state.rule, **state.inputs) for state in states)


def tell_history(
    case: Case, state: State, sites: Sites, after: tuple[Moment, ...], how: dict[str, Any]
) -> pandas.DataFrame | None:
    """Mean P step by step with memory, and without; None where nothing is remembered."""
    memory = case.dormancy.memory
    if memory is None:
        return None
    import pandas as pd

    from solver.coupling import Moment

    moments = (*after, Moment(rule=state.rule, **state.inputs))
    bands = state.rule.history(moments, **sites.uncertain, **how)
    forgetful = state.forgetful().rule.history(moments, **sites.uncertain, **how)
    rows = []
    names = [*(past.name for past in memory.history), PRESENT]
    for step, (name, band) in enumerate(zip(names, bands, strict=True)):
        without = forgetful[step].mean[0]
        value, low, high = band.mean
        rows.append(
            {
                "step": step,
                "name": name,
                "mean_p": value,
                "mean_p_low": low,
                "mean_p_high": high,
                "without_memory": without,
            }
        )
    return pd.DataFrame(rows)
