"""An ink as YAML, with units: what a fit hands back for the case file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cases.schema import Ink
from cases.schema.base import CaseModel, find_quantity
from cases.schema.law import NAMES, Law

DIGITS = 6  # enough to give the fitted curve back
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def ink_yaml(name: str, ink: Ink, notes: Mapping[tuple[str, ...], str]) -> str:
    """Return ``inks: {name: …}`` as YAML that :func:`cases.load.load_case` accepts.

    Parameters
    ----------
    name
        Of the ink.
    ink
        Only what its author wrote is repeated, defaults are left out.
    notes
        Comments, by the path of a key below the ink.
    """
    lines = ["inks:", f"  {_quoted(name)}:"]
    lines += _lines(written(ink), 4, (), notes)
    return "\n".join(lines) + "\n"


def written(model: CaseModel) -> dict[str, Any]:
    """Return what the author of a group of keys wrote, each quantity as text with its unit."""
    plain: dict[str, Any] = {}
    for key, info in type(model).model_fields.items():
        value = getattr(model, key)
        if key not in model.model_fields_set or value is None:
            continue
        if isinstance(model, Law) and key not in ("kind", *NAMES[model.kind]):
            continue
        quantity = find_quantity((info.annotation, *info.metadata))
        if isinstance(value, CaseModel):
            word = value.resolved()
            plain[key] = word if isinstance(word, str) else written(value)
        elif quantity is not None:
            plain[key] = f"{value:.{DIGITS}g} {quantity.unit}".rstrip()
        else:
            plain[key] = value if isinstance(value, bool | int | float) else _quoted(str(value))
    return plain


def _quoted(text: str) -> str:
    """A word as it is, anything else in quotation marks."""
    plain = _PLAIN.match(text) is not None and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _lines(
    group: Mapping[str, Any], indent: int, path: tuple[str, ...],
    notes: Mapping[tuple[str, ...], str],
) -> Iterator[str]:  # fmt: skip
    for key, value in group.items():
        here = (*path, key)
        note = f"  # {notes[here]}" if here in notes else ""
        if isinstance(value, Mapping):
            yield f"{' ' * indent}{key}:{note}"
            yield from _lines(value, indent + 2, here, notes)
        else:
            yield f"{' ' * indent}{key}: {value}{note}"
