"""The signalling network as a second opinion on the rule, at classes of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.sites import Sites
from cases.biology.state import State
from cases.schema import Case

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from solver.coupling import Band
    from solver.coupling.network import SiteClasses

MOST_CLASSES = 64


def cross_check(
    case: Case,
    state: State,
    sites: Sites,
    p: NDArray[np.float64],
    band: Band,
    inks: Sequence[str],
) -> tuple[pandas.DataFrame | None, list[str]]:
    """P of the rule and of the network by class of cells, and what the reader must know of it.

    Parameters
    ----------
    case, state, sites
        What was asked, of which cells.
    p, band
        The rule's answer for each cell.
    inks
        Names of the inks by index.

    Returns
    -------
    table, notes
        None and nothing where the case does not ask for it.
    """
    if not case.dormancy.network:
        return None, []
    import pandas as pd

    from solver.coupling.network import disagreements, network_answer, site_classes

    parameters = state.rule.parameters
    classes = site_classes(sites.stiffness, sites.ink, MOST_CLASSES)
    stiffness = classes.geometric_mean(_felt(state, sites))
    answer = network_answer(
        stiffness,
        classes.mean(state.inputs["ligand"]),
        _doses(state, classes),
        _blocks(state),
        state.inputs["upar"],
        state.inputs["fibronectin"],
        stiffness_sign=parameters.stiffness_sign,
        degradability=parameters["degradability"],
        plateaus=(parameters["Pmin"], parameters["Pmax"]),
    )
    rule, low, high = (classes.mean(values) for values in (p, band.low, band.high))
    notes = disagreements(
        stiffness,
        rule,
        answer.p,
        rule_low=low,
        rule_high=high,
        count=classes.count,
        left_out=answer.left_out,
    )
    if answer.bistable.any():
        notes.append(
            f"At {int(answer.bistable.sum())} of {len(stiffness)} classes the network has two "
            "resting states; the one that cells reach from sleep is shown."
        )
    if case.dormancy.memory is not None:
        notes.append("The network is shown without the cells' past.")
    if state.rule.gate is not None:
        notes.append("The network senses stiffness in its own way, not through the clutch.")
    first = np.zeros(len(stiffness), dtype=np.intp)
    first[classes.index] = sites.ink
    return (
        pd.DataFrame(
            {
                "stiffness_kPa": stiffness,
                "ink": [inks[int(i)] for i in first],
                "n_sites": classes.count,
                "p_rule": rule,
                "p_rule_low": low,
                "p_rule_high": high,
                "p_network": answer.p,
            }
        ),
        notes,
    )


def network_assumptions() -> list[dict[str, str]]:
    """What the second opinion rests on."""
    from solver.coupling.network import load_network
    from solver.coupling.network.assumptions import stated_assumptions

    return stated_assumptions(load_network())


def _felt(state: State, sites: Sites) -> NDArray[np.float64]:
    """The stiffness that acts: with collagen's, or without where that path is switched off."""
    if state.rule.collagen_mechanics or sites.without_collagen is None:
        return sites.stiffness
    return sites.without_collagen


def _doses(state: State, classes: SiteClasses) -> Mapping[str, Any]:
    """Mean dose of every signal in each class, at the nominal half-maximal concentrations."""
    from solver.coupling import COLLAGEN_CUES, Dose

    rule = state.rule
    nominal = {name: p.value for name, p in rule.parameters.table.items()}
    doses = dict(state.inputs["doses"])
    if not rule.collagen_chemistry:
        doses = {name: dose for name, dose in doses.items() if name not in COLLAGEN_CUES}
    return {
        name: classes.mean(dose.at(nominal) if isinstance(dose, Dose) else dose)
        for name, dose in doses.items()
    }


def _blocks(state: State) -> dict[str, float]:
    """Each block as one number: several on one target leave the product of what each leaves."""
    from solver.coupling.blocks import checked_blocks

    nominal = {name: p.value for name, p in state.rule.parameters.table.items()}
    blocks = checked_blocks(state.rule.blocks, state.rule.cues)
    return {
        name: 1.0 - float(np.prod([1.0 - float(dose.at(nominal)) for dose in doses]))
        for name, doses in blocks.items()
    }
