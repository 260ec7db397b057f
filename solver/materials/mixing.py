"""Two recipes mixed number by number: what lies between the ends of a gradient.

A mixed ink is a recipe of its own, from which a gel is built like any other: concentrations,
alignment and waves run straight from one end to the other, moduli follow from them [assumption].
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from solver.materials.ink import Collagen, Ink, Waviness

# Numbers that name or place something: alike in both, never mixed.
_KEPT = frozenset({"name", "seed", "principal"})


def mix_inks(first: Ink, second: Ink, weight: float, name: str) -> Ink:
    """Return the ink between two: ``(1 − w) first + w second``, number by number.

    A collagen that one of them lacks is there at 0 mg/mL; a straight fibre has the wavelength of
    its wavy counterpart.

    Parameters
    ----------
    first, second
        Recipes of the same make.
    weight
        w, 0 to 1.
    name
        What the mixture is called.

    Raises
    ------
    ValueError
        If the weight is outside, or the recipes differ in more than numbers: naming the key.
    """
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"weight: expected 0 to 1, found {weight:g}")
    first, second = replace(first, name=name), replace(second, name=name)
    if first.ligand_level != second.ligand_level:
        first = replace(first, ligand=first.ligand_level)
        second = replace(second, ligand=second.ligand_level)
    one_I, other_I = _both(first.collagen_I, second.collagen_I)
    one_III, other_III = _both(first.collagen_III, second.collagen_III)
    mixed: Ink = _mix(
        replace(first, collagen_I=one_I, collagen_III=one_III),
        replace(second, collagen_I=other_I, collagen_III=other_III),
        float(weight),
        "",
    )
    return replace(
        mixed, collagen_I=_there(mixed.collagen_I), collagen_III=_there(mixed.collagen_III)
    )


def _there(fibres: Collagen | None) -> Collagen | None:
    """Collagen at 0 mg/mL is no collagen."""
    return None if fibres is None or fibres.concentration == 0.0 else fibres


def _both(one: Collagen | None, other: Collagen | None) -> tuple[Collagen | None, Collagen | None]:
    """Both collagens where there is either, in waves that can be mixed."""
    if one is None and other is None:
        return None, None
    if one is None or other is None:
        there = one or other
        assert there is not None
        none = replace(there, concentration=0.0)
        return (none, there) if one is None else (there, none)
    return (
        replace(one, waviness=_in_step(one.waviness, other.waviness)),
        replace(other, waviness=_in_step(other.waviness, one.waviness)),
    )


def _in_step(waves: Waviness, beside: Waviness) -> Waviness:
    return waves if waves.amplitude else replace(waves, wavelength=beside.wavelength)


def _mix(a: Any, b: Any, w: float, key: str) -> Any:
    """One value between two of the same kind."""
    if _alike(a, b):
        return a
    kept = key.rpartition(".")[2] in _KEPT
    if _is_number(a) and _is_number(b) and not kept:
        return (1.0 - w) * a + w * b
    if type(a) is type(b) and not kept:
        if is_dataclass(a) and not isinstance(a, type):
            names = [f.name for f in fields(a) if f.init]
            mixed = {
                n: _mix(getattr(a, n), getattr(b, n), w, f"{key}.{n}" if key else n) for n in names
            }
            return type(a)(**mixed)
        if isinstance(a, tuple) and len(a) == len(b):
            return tuple(_mix(x, y, w, key) for x, y in zip(a, b, strict=True))
    raise ValueError(
        f"{key}: expected the same in both recipes but for numbers, found {_word(a)} and {_word(b)}"
    )


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    if is_dataclass(a) and type(a) is type(b):  # some of them hold arrays and compare by identity
        return all(_alike(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.init)
    return a is b or (type(a) is type(b) and bool(a == b))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _word(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Real | str):
        return str(value)
    return f"one of another kind ({type(value).__name__})"
