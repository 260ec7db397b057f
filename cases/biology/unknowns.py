"""Which unknown matters most for these cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cases.biology.sites import Sites
from cases.biology.state import State
from cases.schema import Case

if TYPE_CHECKING:
    import pandas


def rank_unknowns(
    case: Case, state: State, sites: Sites, inks: Sequence[str]
) -> pandas.DataFrame | None:
    """Sobol indices of the mean P, the weightiest first; None where not asked for.

    No rows: no unknown moves it.

    Memory is left out: the indices are those of cells without a past.
    """
    if not case.dormancy.sensitivity:
        return None
    import pandas as pd

    from solver.coupling.sensitivity import sobol_indices

    found = sobol_indices(
        state.forgetful().rule,
        **state.inputs,
        **sites.uncertain,
        ink_names=inks,
        seed=case.dormancy.band.seed,
    )
    return pd.DataFrame(
        {
            "factor": found.factors,
            "label": found.labels,
            "first": found.first,
            "first_conf": found.first_conf,
            "total": found.total,
            "total_conf": found.total_conf,
        }
    )
