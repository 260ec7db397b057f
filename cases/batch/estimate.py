"""What a case will cost, before it is computed: a sense of time, no more.

The numbers are rough times of one core of a desk machine of the 2020s; assumptions, all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cases.schema import Case
from cases.schema.case import ELEMENTS_PER_CUBE

SECONDS_PER_CELL = 0.2  # probing it; assumption
SECONDS_PER_PULL = 4.0  # a cell that pulls by a finite strain; assumption
_SECONDS_PER_ELEMENT = {"mesh": 1e-4, "linear": 3e-4, "finite": 6e-3}  # assumption
_FIRST_ORDER = 0.15  # of the cost of elements of second order; assumption
_SECONDS_OF_RULE = 0.3  # assumption
_MOST_ROWS = 500  # cells of a file that is not read for a guess; assumption

Costs = Mapping[str, float]


def costs(case: Case) -> dict[str, float]:
    """Seconds of one core by stage: ``mesh``, ``scaffold``, ``sensed``, ``rule``.

    Parameters
    ----------
    case
        A checked case.
    """
    shape = case.scaffold
    elements = ELEMENTS_PER_CUBE * shape.nominal_volume / shape.mesh_size**3
    cells = case.cells.expected(shape.nominal_volume) or _MOST_ROWS
    pull = case.cells.contraction
    pulling = 0.0 if pull is None else min(pull.count or cells, cells)
    order = 1.0 if case.compute.element_order == 2 else _FIRST_ORDER
    load = order * elements * _SECONDS_PER_ELEMENT[case.load.theory]
    return {
        "mesh": 1.0 + elements * _SECONDS_PER_ELEMENT["mesh"],
        "scaffold": load if case.load.solves else 0.0,
        "sensed": cells * SECONDS_PER_CELL + pulling * SECONDS_PER_PULL,
        "rule": _SECONDS_OF_RULE,
    }


def left(needs: Iterable[tuple[str, str]], cost: Costs, there: set[tuple[str, str]]) -> Costs:
    """What of a case's cost is still to be paid, given the stages that are there.

    Parameters
    ----------
    needs
        (stage, key) of the case, in order.
    cost
        Of :func:`costs`.
    there
        Stages that are in the store, or that another case makes.
    """
    wanted = list(needs)
    ready = bool(wanted) and wanted[-1] in there
    kept = {} if ready else {name: cost[name] for name, key in wanted if (name, key) not in there}
    return {**kept, "rule": cost["rule"]}


def total(
    cases: Iterable[tuple[Iterable[tuple[str, str]], Costs]], there: set[tuple[str, str]]
) -> float:
    """Seconds of one core for cases that share their stages.

    Parameters
    ----------
    cases
        Needs and costs of each.
    there
        Stages that are in the store.
    """
    at_hand = set(there)
    seconds = 0.0
    for needs, cost in cases:
        wanted = list(needs)
        seconds += sum(left(wanted, cost, at_hand).values())
        at_hand.update(wanted)
    return seconds
