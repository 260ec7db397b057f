"""What the dormancy rule knows, asked only when a case names something of it."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.quantity import rejection
from cases.units import KINDS, QuantityError, describe, parse_quantity
from meshes.errors import InputError

if TYPE_CHECKING:
    from solver.coupling import Cue

_KIND_OF_UNIT = {"kPa": "pressure", "mg/mL": "concentration", "um": "length", "1": "number"}
_OVERRIDE_KEYS = ("value", "low", "high")


def known(what: str) -> tuple[str, ...]:
    """Return the names that the rule knows: presets, cues, blocks, drugs or parameters."""
    from solver import coupling

    names: tuple[str, ...] = getattr(coupling, f"known_{what}")()
    return names


def gates() -> tuple[str, ...]:
    """Return the blocks that shut the integrin gate itself."""
    from solver.coupling import GATES

    return GATES


def parameter_kind(name: str) -> str:
    """Return the kind of quantity (a key of :data:`cases.units.KINDS`) of a parameter."""
    from solver import coupling

    table = coupling.load_preset(coupling.known_presets()[0]).table
    return _KIND_OF_UNIT[table[name].unit]


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Return the name of `names` that looks most like `name`, or ""."""
    folded = {entry.casefold(): entry for entry in names}
    if name.casefold() in folded:
        return folded[name.casefold()]
    near = difflib.get_close_matches(name.casefold()[:100], list(folded), n=1, cutoff=0.5)
    return folded[near[0]] if near else ""


def require_known(
    what: str, name: str, names: tuple[str, ...], at: tuple[str | int, ...] = ()
) -> None:
    """Raise with the nearest name where `name` is not one of `names`."""
    if name in names:
        return
    near = nearest(name, names)
    raise rejection(
        f"unknown {what}",
        expected="one of: " + ", ".join(names),
        found=name,
        mend=f"did you mean '{near}'?" if near else "choose one of the names above, or delete it",
        at=at,
    )


def read_cue_lines(path: Path | None, extend: bool) -> tuple[Cue, ...]:
    """Return a table of signals of the user's own; without a path the one that comes along.

    Raises where it cannot be used.
    """
    from solver.coupling import load_cues

    if path is None:
        return load_cues()
    try:
        return load_cues(path, extend=extend)
    except (InputError, UnicodeDecodeError) as error:
        raise rejection(
            "a table of signals that cannot be used",
            expected="lines such as 'dormatrix rule list --csv' prints",
            found=str(error.args[0]) if isinstance(error, InputError) else "no text in UTF-8",
            mend=getattr(error, "hint", "") or "mend the cell named above",
            at=("file",),
        ) from None


def read_parameters(parameters: dict[str, Any]) -> dict[str, float | dict[str, float]]:
    """Return overrides of the rule's parameters in internal units.

    Parameters
    ----------
    parameters
        Name to a quantity, or to a group with any of value, low and high.
    """
    values: dict[str, float | dict[str, float]] = {}
    for name, written in parameters.items():
        require_known("parameter", name, known("parameters"), at=(name,))
        if not isinstance(written, dict):
            values[name] = _read(written, name, (name,))
            continue
        for key in written:
            require_known("key", key, _OVERRIDE_KEYS, at=(name, key))
        values[name] = {key: _read(entry, name, (name, key)) for key, entry in written.items()}
    return values


def _read(written: Any, name: str, at: tuple[str, ...]) -> float:
    kind = parameter_kind(name)
    try:
        value = parse_quantity(written, kind) + 0.0
    except QuantityError as error:
        raise rejection(
            error.headline, expected=error.expected, found=error.found, mend=error.mend, at=at
        ) from None
    if not 0.0 <= value <= 1e6:
        raise rejection(
            "out of range",
            expected=f"{KINDS[kind].what} from 0 to 1e6",
            found=describe(written),
            mend="check the number and its unit",
            at=at,
        )
    return value


def admissible(preset: str, overrides: dict[str, float | dict[str, float]]) -> bool:
    """Return whether a preset allows the numbers given for it."""
    from solver import coupling

    try:
        coupling.load_preset(preset, overrides)
    except InputError:
        return False
    return True


def require_admissible(
    preset: str, overrides: dict[str, float | dict[str, float]], at: tuple[str | int, ...] = ()
) -> None:
    """Raise where the rule itself refuses the numbers given for it.

    ``at`` is the place to point at; by default the parameter that is meant.
    """
    if not overrides:
        return
    from solver import coupling

    try:
        coupling.load_preset(preset, overrides)
    except InputError as error:
        named = [name for name in overrides if f" {name}" in error.args[0]]
        meant = ("degradability",) if named == ["degradability"] else ("parameters", *named[:1])
        raise rejection(
            "parameters that the rule cannot use",
            expected="numbers within the limits of the rule",
            found=error.args[0],
            mend=error.hint or "see the ranges in docs/case-file.md",
            at=at or meant,
        ) from None
