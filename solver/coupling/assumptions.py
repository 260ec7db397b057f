"""What the rule rests on, in words a report can print."""

from __future__ import annotations

from collections.abc import Sequence

from .cues import Cue
from .parameters import Parameter, RuleParameters

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
    acts = "keeps asleep" if cue.direction > 0 else "wakes"
    return {
        "what": f"Cue {cue.cue} {acts} through {cue.acts_through}: {cue.note}",
        "value": f"weight {cue.weight:g}{_range(cue.weight_low, cue.weight_high)} in units of ln F",
        "standing": cue.standing,
        "source": cue.source,
    }


def stated_assumptions(parameters: RuleParameters, cues: Sequence[Cue]) -> list[dict[str, str]]:
    """The rule's form, its preset, its parameters and the given cues, each with its standing.

    Parameters
    ----------
    parameters
        Numbers in force.
    cues
        Lines of the cue table to state.

    Returns
    -------
    list of dict
        ``what``, ``value``, ``standing``, ``source``.
    """
    direction = {
        "what": f"Direction of stiffness, not universal: {parameters.description}",
        "value": f"preset {parameters.preset}",
        "standing": parameters.standing,
        "source": parameters.source,
    }
    form = {"what": _FORM, "value": "closed form", "standing": "assumption", "source": ""}
    band = {"what": _BAND, "value": "sampled", "standing": "assumption", "source": ""}
    stated = [_parameter(parameter) for parameter in parameters.table.values()]
    return [direction, form, *stated, *(_cue(cue) for cue in cues), band]
