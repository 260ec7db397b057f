"""Arms of a comparison, and the other presets, on the same solved stiffness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.sites import Sites
from cases.biology.state import State, arm_state, preset_state
from cases.schema import Case
from cases.schema.amounts import Concentration
from cases.schema.treatment import Arm

if TYPE_CHECKING:
    import pandas

    from solver.coupling import Band


def compare_arms(
    case: Case, state: State, sites: Sites, control: Band, how: dict[str, Any]
) -> dict[str, pandas.DataFrame | None]:
    """Mean P of every arm, and its difference from the control sample by sample.

    Parameters
    ----------
    case
        With the arms.
    state, control
        The case itself and its band. Arms are compared without memory: they are treatments of the
        same cells, not a past.
    sites
        What the cells feel and meet.
    how
        Sampling of the band.

    Returns
    -------
    dict
        ``compare`` and ``compare_sites``; None where the case has no arms.
    """
    if not case.dormancy.compare:
        return {"compare": None, "compare_sites": None}
    import pandas as pd

    from postprocess.biology import CONTROL

    if state.rule.memory is not None:
        control = state.forgetful().rule.band(**state.inputs, **sites.uncertain, **how)
    rows = [_row(CONTROL, "the case itself", control, control, how["level"])]
    each = []
    if state.rule.memory is not None:  # else the control is the sites table itself
        each.append(_sites(CONTROL, state.forgetful()))
    for name, arm in case.dormancy.compare.items():
        other = arm_state(case, sites, arm).forgetful()
        band = other.rule.band(**other.inputs, **sites.uncertain, **how)
        rows.append(_row(name, _changed(case, arm), band, control, how["level"]))
        each.append(_sites(name, other))
    return {"compare": pd.DataFrame(rows), "compare_sites": pd.concat(each, ignore_index=True)}


def _sites(name: str, state: State) -> pandas.DataFrame:
    import pandas as pd

    p = state.rule.probability(**state.inputs)
    return pd.DataFrame({"id": np.arange(len(p)), "arm": name, "p_dormant": p})


def _row(name: str, changed: str, band: Band, control: Band, level: float) -> dict[str, Any]:
    value, low, high = band.mean
    difference = value - control.mean[0]
    samples = band.mean_samples - control.mean_samples
    tail = 0.5 * (1.0 - level)
    below, above = np.quantile(samples, (tail, 1.0 - tail))
    # The band holds the nominal, as all bands here do.
    return {
        "arm": name,
        "changed": changed,
        "mean_p": value,
        "mean_p_low": low,
        "mean_p_high": high,
        "difference": difference,
        "difference_low": min(float(below), difference),
        "difference_high": max(float(above), difference),
        "same_sign": float(np.mean(np.sign(samples) == np.sign(difference))),
        "above_half": band.fraction_above_half[0],
    }


def _changed(case: Case, arm: Arm) -> str:
    """What an arm changes, in words."""
    said = []
    for key, group in arm.given.items():
        for name, amount in group.items():
            if case.dormancy.given[key].get(name, 0.0) != amount:
                said.append(_given_words(key, name, amount))
    for key in ("preset", "degradability", "ligand", "uPAR", "fibronectin"):
        value = getattr(arm, key)
        if value is not None and value != getattr(case.dormancy, key, None):
            said.append(f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}")
    return "; ".join(said) or "nothing"


def _given_words(key: str, name: str, amount: float | Concentration) -> str:
    """One signal, block or drug in words: ``without NETs``, ``FAK half blocked``."""
    words = name.replace("_", " ")
    if amount == 0.0:
        return f"without {words}" if key != "block" else f"{words} not blocked"
    full = amount == 1.0
    if key == "block":
        return f"{words} blocked" if full else f"{words} blocked, dose {amount_words(amount)}"
    return words if full else f"{words}, dose {amount_words(amount)}"


def amount_words(amount: float | Concentration) -> str:
    """A dose in words: ``0.5``, or ``20 ng/mL (EC50 10 ng/mL)``."""
    if isinstance(amount, Concentration):
        unit = amount.unit
        return f"{amount.amount:g} {unit} ({amount.half} {amount.value:g} {unit})"
    return f"{amount:g}"


def compare_presets(case: Case, sites: Sites, chosen: Band, how: dict[str, Any]) -> Any:
    """What every preset says of the same cells, with the user's numbers where presets share them.

    A preset that those numbers do not allow is left out; the case is warned.
    """
    import pandas as pd

    from solver.coupling import load_preset

    rows = []
    for name in case.dormancy.presets_that_fit():
        mine = name == case.dormancy.preset
        band = chosen
        if not mine:
            other = preset_state(case, sites, name).forgetful()
            band = other.rule.band(**other.inputs, **sites.uncertain, **how)
        value, low, high = band.mean
        rows.append(
            {
                "preset": name,
                "words": load_preset(name).description,
                "chosen": mine,
                "mean_p": value,
                "mean_p_low": low,
                "mean_p_high": high,
                "above_half": band.fraction_above_half[0],
            }
        )
    return pd.DataFrame(rows)
