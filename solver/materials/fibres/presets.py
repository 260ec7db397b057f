"""Published parameter sets by name, each with its source and its standing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from solver.materials.fibres.choice import LawChoice, SemiAffineChoice, TensionAlignedChoice

_CHOICES: dict[str, type[SemiAffineChoice] | type[TensionAlignedChoice]] = {
    choice.kind: choice for choice in (SemiAffineChoice, TensionAlignedChoice)
}


@dataclass(frozen=True)
class Preset:
    """A published law: its parameters, what was measured, how sure it is, and the DOI."""

    name: str
    choice: LawChoice
    what: str
    standing: str
    doi: str


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, Any]]:
    text = files("solver.materials.fibres").joinpath("presets.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def preset_names() -> tuple[str, ...]:
    """Names of all presets."""
    return tuple(_table())


def load_preset(name: str) -> Preset:
    """A published law by name.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    table = _table()
    if name not in table:
        raise ValueError(f"expected one of {', '.join(table)}, found {name!r}")
    numbers = dict(table[name])
    about = {key: numbers.pop(key) for key in ("what", "standing", "doi")}
    choice = _CHOICES[numbers.pop("kind")](**numbers)
    return Preset(name=name, choice=choice, **about)
