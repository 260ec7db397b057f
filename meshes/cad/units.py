"""Units of length in files that name none, and a guard against a factor of a thousand."""

from __future__ import annotations

from pathlib import Path

from meshes.errors import InputError
from meshes.scaffold import FloatArray

UNITS = {"um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6, "nm": 1e-3, "in": 25_400.0}
"""µm per unit."""
SMALLEST_BODY = 20.0
"""Largest edge of the bounding box of the smallest body taken, µm: about one cell."""
LARGEST_BODY = 5e5
"""Largest edge of the bounding box of the largest body taken, µm: 0.5 m."""
_SPELLINGS = {"µm": "um", "μm": "um", "micron": "um", "microns": "um", "inch": "in", '"': "in"}
_USUAL = (100.0, 1e5)  # µm, the extent of printed bodies
_LIKELY = ("mm", "um", "m", "cm", "in", "nm")  # what programs write, the most likely first


def length_factor(unit: str) -> float:
    """µm per unit of length.

    Parameters
    ----------
    unit
        One of um (µm), mm, cm, m, nm, in.

    Raises
    ------
    InputError
        If the unit is none of them.
    """
    name = str(unit).strip().lower()
    name = _SPELLINGS.get(name, name)
    if name not in UNITS:
        raise InputError(
            f"unit: expected one of {', '.join(UNITS)}, found {unit!r}",
            hint="the unit is what a length of 1 in the file stands for; most CAD files are in mm",
        )
    return UNITS[name]


def require_plausible_size(source: Path, points: FloatArray, unit: str) -> None:
    """Refuse a body smaller than a cell or larger than half a metre.

    Parameters
    ----------
    source
        The file, for the message.
    points
        Its vertices, shape (n, 3), µm.
    unit
        The unit that was assumed.

    Raises
    ------
    InputError
        With the unit and the factor that would make a scaffold of it.
    """
    edges = points.max(axis=0) - points.min(axis=0)
    largest = float(edges.max())
    if SMALLEST_BODY <= largest <= LARGEST_BODY:
        return
    raw = largest / length_factor(unit)
    fault = "smaller than a cell" if largest < SMALLEST_BODY else "larger than half a metre"
    fitting = [u for u in _LIKELY if _USUAL[0] <= raw * UNITS[u] <= _USUAL[1]]
    fitting += [u for u in _LIKELY if SMALLEST_BODY <= raw * UNITS[u] <= LARGEST_BODY]
    span = " x ".join(f"{edge:.4g}" for edge in edges)
    if fitting:
        best = fitting[0]
        factor = UNITS[best] / length_factor(unit)
        hint = (
            f"write unit: {best}, which makes it {raw * UNITS[best] / 1e3:.4g} mm long "
            f"({factor:g} times as large)"
        )
    else:
        hint = "scale it in the program that wrote it"
    raise InputError(
        f"{source}: read in {unit} the body is {span} µm, {fault}: the unit looks wrong", hint=hint
    )
