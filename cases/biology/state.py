"""A state of the cells: the rule in force and its inputs. Arms and the past are states too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from cases.biology.sites import Sites
from cases.schema import Case
from cases.schema.amounts import Concentration
from cases.schema.treatment import Arm, Conditions, PastState, Treatment

if TYPE_CHECKING:
    from solver.coupling import DormancyRule, Parameter, RuleParameters
    from solver.coupling.clutch import ClutchGate


@dataclass(frozen=True, eq=False)
class State:
    """A rule with its inputs, ready for ``rule.probability(**inputs)``.

    Attributes
    ----------
    rule
        Parameters, table of signals, blocks, paths, gate, memory.
    inputs
        ``E``, ``ligand``, ``doses``, ``upar``, ``fibronectin``, ``E_without_collagen``.
    """

    rule: DormancyRule
    inputs: dict[str, Any]

    def forgetful(self) -> State:
        """The same state of cells without memory."""
        return State(replace(self.rule, memory=None), self.inputs)

    def plateaus(self) -> dict[str, float]:
        """Plateaus of P at their nominal values, and the amplitude that the cells' uPAR leaves."""
        number = {name: self.rule.parameters[name] for name in ("Pmin", "Pmax", "u0")}
        drive = min(float(self.inputs["upar"]) * float(self.inputs["fibronectin"]), 1.0)
        return {
            "p_min": number["Pmin"],
            "p_max": number["Pmax"],
            "amplitude": number["u0"] + (1.0 - number["u0"]) * drive,
        }


def present_state(case: Case, sites: Sites) -> State:
    """The state that the case describes."""
    return _state(case, sites, Conditions(), case.dormancy.preset, case.dormancy.overrides)


def arm_state(case: Case, sites: Sites, arm: Arm) -> State:
    """The state of one arm of the comparison: the case's, but for what the arm says."""
    wanted = case.dormancy
    preset = arm.preset or wanted.preset
    overrides = wanted.overrides_under(preset)
    if arm.degradability is not None:
        overrides["degradability"] = arm.degradability
    return _state(case, sites, arm, preset, overrides)


def past_state(case: Case, sites: Sites, past: PastState) -> State:
    """A state that the same cells have been through."""
    state = _state(case, sites, past, case.dormancy.preset, case.dormancy.overrides)
    inputs = dict(state.inputs)
    for key in ("E", "E_without_collagen"):
        if inputs[key] is not None:
            inputs[key] = inputs[key] * past.stiffness
    return State(state.rule, inputs)


def preset_state(case: Case, sites: Sites, preset: str) -> State:
    """The case under another preset: what an arm with that preset, and nothing else, would be."""
    return arm_state(case, sites, Arm(preset=preset))


def _state(
    case: Case,
    sites: Sites,
    conditions: Conditions,
    preset: str,
    overrides: Mapping[str, float | dict[str, float]],
) -> State:
    from solver.coupling import DormancyRule, Memory, load_preset
    from solver.coupling.drugs import resolve_drugs

    wanted = case.dormancy
    cues = wanted.cue_lines()
    merged = wanted.merged(conditions)
    plain = {
        key: {name: _dose(name, amount) for name, amount in group.items()}
        for key, group in merged.items()
    }
    blocks, doses = resolve_drugs(plain["drugs"], plain["block"], plain["cues"], cues)
    parameters = load_preset(preset, overrides)
    rule = DormancyRule(
        parameters=_with_halves(parameters, case, merged),
        cues=cues,
        blocks=blocks,
        collagen_mechanics=wanted.paths.collagen_mechanics,
        collagen_chemistry=wanted.paths.collagen_chemistry,
        gate=clutch_gate() if wanted.gate == "clutch" and parameters.stiffness_sign > 0 else None,
        memory=None if wanted.memory is None else Memory(wanted.memory.start),
    )
    ligand = 1.0 if conditions.ligand is None else conditions.ligand
    inputs = {
        "E": sites.stiffness,
        "ligand": sites.ligand * ligand,
        "doses": {**sites.collagen, **doses},
        "upar": wanted.uPAR if conditions.uPAR is None else conditions.uPAR,
        "fibronectin": wanted.fibronectin
        if conditions.fibronectin is None
        else conditions.fibronectin,
        "E_without_collagen": sites.without_collagen,
    }
    return State(rule, inputs)


@cache
def clutch_gate() -> ClutchGate:
    """The gate of the molecular clutch: its tables are read once for all states."""
    from solver.coupling.clutch import load_gate

    return load_gate()


def _dose(name: str, amount: float | Concentration) -> Any:
    """A dose for the rule; a concentration saturates with its own half-maximal one."""
    from solver.coupling import Dose

    if not isinstance(amount, Concentration):
        return amount
    half = _half_name(name, amount)
    return Dose(1.0, ((amount.amount, half),), exponent=amount.hill)


def _half_name(name: str, amount: Concentration) -> str:
    return f"{amount.half}_{name}"


def _with_halves(
    parameters: RuleParameters, case: Case, merged: Mapping[str, Mapping[str, Any]]
) -> RuleParameters:
    """Half-maximal concentrations as parameters of the rule, with ranges of their own.

    Every state carries those of all states, so that all are sampled alike and can be subtracted
    sample by sample.
    """
    found: dict[str, Parameter] = {}
    for group in merged.values():
        found |= {p.name: p for name, amount in group.items() for p in _half(name, amount)}
    for treatment in _treatments(case):
        for group in treatment.given.values():
            for name, amount in group.items():
                for parameter in _half(name, amount):
                    found.setdefault(parameter.name, parameter)
    return parameters.with_extra(*(found[name] for name in sorted(found)))


def _treatments(case: Case) -> Iterator[Treatment]:
    yield case.dormancy
    yield from case.dormancy.compare.values()
    if case.dormancy.memory is not None:
        yield from case.dormancy.memory.history


def _half(name: str, amount: float | Concentration) -> Iterator[Parameter]:
    from solver.coupling import Parameter

    if isinstance(amount, Concentration):
        yield Parameter(
            name=_half_name(name, amount),
            value=amount.value,
            low=amount.low,
            high=amount.high,
            unit=amount.unit,
            sampling="log",
            allowed=(0.0, float("inf")),
            standing="assumption",
            source="",
            note=f"Concentration at which {name} acts half-maximally, given by the user.",
        )
