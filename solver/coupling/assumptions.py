"""What the rule rests on, in words a report can print."""

from __future__ import annotations

from collections.abc import Sequence

from .cues import Cue
from .gate import StiffnessGate
from .memory import Memory
from .parameters import Parameter, RuleParameters, unknown_name

_FORM = (
    "P(dormant) is the fraction of a heterogeneous population in G0 arrest: "
    "P = Pmax - (Pmax - Pmin) a R/(1 + R)"
)
_BAND = (
    "The band of P samples the stated ranges (scales log-uniform, the rest uniform, independent "
    "but for q > n); it is not a confidence interval of an experiment"
)


def _range(low: float, high: float) -> str:
    return f" ({low:g} to {high:g})" if high > low else ""


def _parameter(parameter: Parameter) -> dict[str, str]:
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    return {
        "what": f"Dormancy rule, {parameter.name}: {parameter.note}",
        "value": f"{parameter.value:g}{unit}{_range(parameter.low, parameter.high)}",
        "standing": parameter.standing,
        "source": parameter.source,
    }


def _cue(cue: Cue) -> dict[str, str]:
    if cue.acts_on == "R":
        acts, unit = ("keeps asleep" if cue.direction > 0 else "wakes"), "ln F"
    else:
        acts, unit = ("softens" if cue.direction > 0 else "stiffens"), "ln E"
    if cue.weight_high == 0.0:
        acts = "changes nothing by itself"
    return {
        "what": f"Cue {cue.cue} {acts} through {cue.acts_through}: {cue.note}",
        "value": f"weight {cue.weight:g}{_range(cue.weight_low, cue.weight_high)} "
        f"in units of {unit}",
        "standing": cue.standing,
        "source": cue.source,
    }


# Numbers that act only with a mechanical model, only without one, and only with memory.
_WITH_GATE, _WITHOUT_GATE, _WITH_MEMORY = (
    ("clutch_scale", "clutch_gain"),
    ("E50", "n"),
    ("feedback",),
)


def stated_assumptions(
    parameters: RuleParameters,
    cues: Sequence[Cue],
    names: Sequence[str] | None,
    gate: StiffnessGate | None,
    memory: Memory | None,
) -> list[dict[str, str]]:
    """The rule's form, its preset, its parameters and the given cues, each with its standing.

    Parameters
    ----------
    parameters
        Numbers in force.
    cues
        The cue table.
    names
        Of the cues to state; None: all of them.
    gate, memory
        Of the rule; None: it has none, and the numbers that act only there are left out.

    Returns
    -------
    list of dict
        ``what``, ``value``, ``standing``, ``source``.

    Raises
    ------
    InputError
        If a cue is unknown.
    """
    known = {cue.cue: cue for cue in cues}
    for name in names or ():
        if name not in known:
            raise unknown_name("cue", name, known)
    lines = [_cue(known[name]) for name in (known if names is None else names)]
    direction = {
        "what": f"Direction of stiffness, not universal: {parameters.description}",
        "value": f"preset {parameters.preset}",
        "standing": parameters.standing,
        "source": parameters.source,
    }
    form = {"what": _FORM, "value": "closed form", "standing": "assumption", "source": ""}
    band = {"what": _BAND, "value": "sampled", "standing": "assumption", "source": ""}
    idle = {*(_WITH_GATE if gate is None else _WITHOUT_GATE)}
    idle.update(_WITH_MEMORY if memory is None else ())
    stated = [_parameter(p) for name, p in parameters.table.items() if name not in idle]
    models = [model.assumptions() for model in (gate, memory) if model is not None]
    more = [line for model in models for line in model]
    return [direction, form, *more, *stated, *lines, band]
