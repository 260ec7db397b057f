"""What an arm of a comparison changes, in words, from the resolved case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from postprocess.casefile import split_unit
from postprocess.labels import cue_label, percent, plain

_SAME = "nothing: as the control"
_LONGEST = 400  # signs; a table cell is no place for more


def describe_changes(arm: Mapping[str, Any]) -> str:
    """What one arm, or one past state, changes: ``"FAK blocked by 80 %; drug DNaseI; uPAR 0.3"``.

    Parameters
    ----------
    arm
        Its section of the resolved case: any of ``preset``, ``degradability``, ``ligand``,
        ``uPAR``, ``fibronectin``, ``stiffness``, ``cues``, ``block``, ``drugs`` and others. A dose
        is a number from 0 to 1, or a mapping with ``concentration_<unit>`` and its half-maximal
        concentration. What is None or empty is not changed.

    Returns
    -------
    str
        Plain text, at most 400 signs.
    """
    words = "; ".join(_changes(arm)) or _SAME
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _changes(arm: Mapping[str, Any]) -> Iterator[str]:
    for key, value in arm.items():
        if value is None or value in ({}, [], ()) or key == "name":
            continue
        if key == "block":
            given = value if isinstance(value, Mapping) else dict.fromkeys(value, 1.0)
            for name, dose in given.items():
                yield f"{_name(name)} blocked{_by(dose)}"
        elif key == "drugs":
            for name, dose in value.items():
                yield f"drug {_name(name)}{_at(dose)}"
        elif key == "cues":
            for name, dose in value.items():
                yield f"{cue_label(str(name))} {_dose(dose)}"
        else:
            label, unit = split_unit(str(key))
            yield f"{label} {plain(value)} {unit}".rstrip()


def _name(name: Any) -> str:
    return str(name).replace("_", " ")


def _by(dose: Any) -> str:
    if isinstance(dose, Mapping):
        return f" with {_dose(dose)}"
    return "" if dose == 1 else f" by {percent(float(dose))}"


def _at(dose: Any) -> str:
    return "" if dose == 1 else f", {_dose(dose)}"


def _dose(dose: Any) -> str:
    """A relative dose, or a concentration with the one at which it acts half-maximally."""
    if not isinstance(dose, Mapping):
        return f"dose {plain(dose)}"
    parts: list[str] = []
    for key, value in dose.items():
        label, unit = split_unit(str(key))
        number = value.get("value") if isinstance(value, Mapping) else value
        if label == "concentration":
            parts.insert(0, f"{plain(number)} {unit}".rstrip())
        elif label != "hill":
            parts.append(f"({label} {plain(number)} {unit}".rstrip() + ")")
    return " ".join(parts)
