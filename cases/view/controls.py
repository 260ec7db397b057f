"""What can be moved in a viewer: numbers of the rule, of the cells, signals, blocks and drugs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cases.schema.amounts import Concentration

if TYPE_CHECKING:
    from cases.schema.dormancy import Dormancy
    from solver.coupling import Cue, Parameter

FIRST = ("E50", "n")
"""Numbers of the rule that are asked for most."""

GROUPS = {
    "first": "Rule",
    "cells": "Cells and gel",
    "cue": "Signals",
    "block": "Blocks",
    "drug": "Drugs",
    "parameter": "More numbers of the rule",
}
"""Groups of controls, in the order in which they are shown."""

SECTIONS = {"cue": "cues", "block": "block", "drug": "drugs"}
"""Where a dose stands below ``dormancy``."""

_BEYOND = 4.0  # how far beyond its own range a number may be moved, as a factor
_LEVEL = 3.0  # how far a level relative to parental may be moved


@dataclass(frozen=True)
class Control:
    """One number that can be moved.

    Attributes
    ----------
    key
        ``parameter:E50``, ``ligand``, ``uPAR``, ``fibronectin``, ``cue:NAME``, ``block:NAME`` or
        ``drug:NAME``.
    group
        A key of `GROUPS`.
    label
        Its name; any text where the table of signals is the user's own.
    unit
        ``kPa``, ``mg/mL``, ``um`` or ``""``.
    value, low, high
        Value with nothing moved, and between which it can be moved, in ``unit``.
    log
        Whether even steps are even factors.
    note
        What it rests on, in words.
    """

    key: str
    group: str
    label: str
    unit: str
    value: float
    low: float
    high: float
    log: bool
    note: str


def controls_of(dormancy: Dormancy, table: Mapping[str, Parameter]) -> tuple[Control, ...]:
    """Everything that can be moved in a case.

    Parameters
    ----------
    dormancy
        The rule of the case.
    table
        The numbers of the preset in force, with the case's own in place of the preset's.
    """
    idle = {
        "clutch_scale": dormancy.gate != "clutch",
        "clutch_gain": dormancy.gate != "clutch",
        "feedback": dormancy.memory is None,
    }
    numbers = {name: number for name, number in table.items() if not idle.get(name, False)}
    found = [*_numbers(numbers), *_levels(dormancy), *_doses(dormancy)]
    return tuple(sorted(found, key=lambda control: list(GROUPS).index(control.group)))


def _numbers(table: Mapping[str, Parameter]) -> Iterator[Control]:
    for name, parameter in table.items():
        low, high = _range(parameter)
        yield Control(
            key=f"parameter:{name}",
            group="first" if name in FIRST else "parameter",
            label=name,
            unit="" if parameter.unit == "1" else parameter.unit,
            value=parameter.value,
            low=low,
            high=high,
            log=parameter.sampling == "log",
            note=parameter.note,
        )


def _range(parameter: Parameter) -> tuple[float, float]:
    smallest, largest = parameter.allowed
    if parameter.sampling == "log":
        low, high = parameter.low / _BEYOND, parameter.high * _BEYOND
        return max(smallest, low), min(largest, high)
    beyond = 2.0 * max(parameter.high - parameter.low, abs(parameter.value), 1e-3)
    return max(smallest, parameter.low - beyond), min(largest, parameter.high + beyond)


def _levels(dormancy: Dormancy) -> Iterator[Control]:
    for key, label, value, note in (
        ("ligand", "adhesive ligand", 1.0, "Times what each ink carries."),
        ("uPAR", "uPAR", dormancy.uPAR, "Of the cells, relative to parental."),
        ("fibronectin", "fibronectin", dormancy.fibronectin, "Relative to parental."),
    ):
        yield Control(key, "cells", label, "", value, 0.0, max(_LEVEL, value), False, note)


def _doses(dormancy: Dormancy) -> Iterator[Control]:
    from solver.coupling import block_names
    from solver.coupling.drugs import load_drugs

    cues = dormancy.cue_lines()
    given = dormancy.given
    notes = {
        "cue": {cue.cue: _cue_note(cue) for cue in cues if cue.given in ("by_user", "always")},
        "block": {name: "Fraction of it taken away." for name in block_names(cues)},
        "drug": {
            name: f"{drug.action.capitalize()} {', '.join(drug.targets)}. {drug.note}".strip()
            for name, drug in load_drugs().items()
        },
    }
    there = {cue.cue: 1.0 for cue in cues if cue.given == "always"}
    for kind, names in notes.items():
        for name, note in names.items():
            amount = given[SECTIONS[kind]].get(name, there.get(name, 0.0) if kind == "cue" else 0.0)
            value = relative_dose(amount)
            yield Control(f"{kind}:{name}", kind, name, "", value, 0.0, 1.0, False, note)


def _cue_note(cue: Cue) -> str:
    way = "Keeps asleep" if cue.direction > 0 else "Wakes"
    needs = f", needs {' and '.join(cue.needs)}" if cue.needs else ""
    return f"{way}{needs}. {cue.note}".strip()


def relative_dose(amount: Any) -> float:
    """A dose as a share of its full effect, 0 to 1, also where a concentration was given."""
    if not isinstance(amount, Concentration):
        return float(amount)
    acting = float(amount.amount**amount.hill)
    return acting / (acting + float(amount.value**amount.hill))
