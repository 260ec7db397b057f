"""A case with some numbers changed, written so that it can be checked and run again."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cases.view.controls import SECTIONS

if TYPE_CHECKING:
    from solver.coupling import Parameter

_LONGEST_NAME = 80
_FLOOR = 1e-9  # a number whose logarithm is taken stays above 0


def changed_dormancy(
    written: Mapping[str, Any],
    moved: Mapping[str, float],
    table: Mapping[str, Parameter],
    preset: str,
) -> dict[str, Any]:
    """The part ``dormancy`` of a case file with other numbers.

    Parameters
    ----------
    written
        That part as the author wrote it.
    moved
        Keys of :class:`cases.view.controls.Control` to their new values.
    table
        Numbers of the preset in force before anything was moved.
    preset
        Name of that preset.

    Returns
    -------
    dict
        A moved number keeps the width of its range: as a factor where it is a scale, else as a
        difference. The ligand is not among them: it belongs to the inks.
    """
    plain = copy.deepcopy(dict(written))
    plain["preset"] = preset
    for key, value in moved.items():
        kind, _, name = key.partition(":")
        if kind == "parameter":
            if name == "degradability" and name in plain:
                plain[name] = _number(value)
            else:
                plain.setdefault("parameters", {})[name] = _with_range(table[name], value)
        elif kind in SECTIONS:
            section = SECTIONS[kind]
            plain[section] = {**_as_doses(plain.get(section)), name: _number(value)}
        elif key in ("uPAR", "fibronectin"):
            plain[key] = _number(value)
    return plain


def _as_doses(group: Any) -> dict[str, Any]:
    """Blocks may be written as a bare list of names."""
    return dict.fromkeys(group, 1.0) if isinstance(group, list) else dict(group or {})


def _with_range(parameter: Parameter, value: float) -> Any:
    smallest, largest = parameter.allowed
    if parameter.sampling == "log":
        smallest = max(smallest, _FLOOR)
        low, high = (value * end / parameter.value for end in (parameter.low, parameter.high))
    else:
        low, high = (value + end - parameter.value for end in (parameter.low, parameter.high))
    ends = {"value": value, "low": max(low, smallest), "high": min(high, largest)}
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    return {key: f"{_number(end):g}{unit}" if unit else _number(end) for key, end in ends.items()}


def _number(value: float) -> float:
    """Six digits: what a slider can say; the rest would only look exact."""
    return float(f"{value:.6g}")


def with_ligand(
    inks: Mapping[str, Any], resolved: Mapping[str, Any], factor: float
) -> dict[str, Any]:
    """The part ``inks`` of a case file with the ligand of every ink multiplied.

    Parameters
    ----------
    inks
        As written.
    resolved
        The same with every default.
    factor
        Relative to what each ink carries.
    """
    changed = copy.deepcopy(dict(inks))
    for name, ink in changed.items():
        known = resolved[name]
        ink["ligand"] = _number(factor * known["ligand"])
        if known.get("gradient") is not None:
            ink["gradient"]["to"]["ligand"] = _number(factor * known["gradient"]["to"]["ligand"])
    return changed


def edited_name(name: str) -> str:
    """Name of an edited case: its result must not take the place of the first."""
    return f"{name[:_LONGEST_NAME]} (edited)"


def yaml_text(document: Mapping[str, Any], first_lines: str) -> str:
    """A case file.

    Parameters
    ----------
    document
        Plain values.
    first_lines
        Comment on top, plain text.
    """
    from ruamel.yaml import YAML

    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False
    writer.width = 100
    writer.allow_unicode = True
    stream = io.StringIO()
    writer.dump(dict(document), stream)
    comment = "".join(f"# {line}\n" for line in first_lines.splitlines())
    return comment + stream.getvalue()
