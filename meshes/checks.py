"""What several shapes ask of their input, each with one message."""

from __future__ import annotations

from typing import Any

import numpy as np

from meshes.errors import InputError
from meshes.scaffold import require_ink_names, require_positive

SMALLEST_OVERLAP = 0.05
LARGEST_OVERLAP = 0.50
_NUMBERS = {2: "two", 3: "three"}


def require_size(value: Any, axes: str, body: str) -> tuple[float, ...]:
    """Return the lengths of a body along some axes, as floats.

    Parameters
    ----------
    value
        Lengths, µm.
    axes
        Names of the axes, such as "xy".
    body
        Name of the body with its article, for the message.

    Raises
    ------
    InputError
        If there are more or fewer lengths than axes, or one is not finite and positive.
    """
    if np.shape(value) != (len(axes),):
        names = ", ".join(f"l{axis}" for axis in axes)
        raise InputError(
            f"size: {body} needs {_NUMBERS[len(axes)]} lengths ({names}), found {value!r}"
        )
    return tuple(
        require_positive(f"size {axis} (µm)", v) for axis, v in zip(axes, value, strict=True)
    )


def require_direction(value: Any, body: str) -> tuple[float, float, float]:
    """Return a print direction as a unit vector.

    Parameters
    ----------
    value
        Three numbers, of any length.
    body
        Name of the body with its article, for the message.

    Raises
    ------
    InputError
        If there are not three finite numbers, or all are zero.
    """
    try:
        vector = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        vector = np.zeros(0)
    length = float(np.linalg.norm(vector)) if vector.shape == (3,) else 0.0
    if not np.isfinite(length) or length == 0.0:
        raise InputError(
            f"direction: expected three numbers, not all zero, found {value!r}",
            hint=f"for {body} printed along x write (1, 0, 0)",
        )
    x, y, z = (float(v) for v in vector / length)
    return x, y, z


def require_inks(names: Any, count: int, body: str) -> tuple[str, ...]:
    """Return ink names, if there are as many as a body is made of.

    Parameters
    ----------
    names
        One name, or a sequence of them.
    count
        How many the body needs.
    body
        Name of the body with its article, for the message.

    Raises
    ------
    InputError
        If there are more or fewer, or :func:`~meshes.scaffold.require_ink_names` refuses them.
    """
    inks = require_ink_names(names)
    if len(inks) != count:
        number = "one ink" if count == 1 else f"{_NUMBERS[count]} inks"
        raise InputError(f"inks: {body} is of {number}, found {list(inks)}")
    return inks


def require_whole(what: str, value: Any) -> int:
    """Return a whole number of 1 or more.

    Parameters
    ----------
    what
        Name of the quantity, for the message.
    value
        What was given.

    Raises
    ------
    InputError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{what}: expected a whole number of 1 or more, found {value!r}")
    return int(value)


def require_turns(inks: tuple[str, ...], layers: int) -> None:
    """Refuse more inks than layers, between which they take turns.

    Raises
    ------
    InputError
        If an ink would get no layer.
    """
    if len(inks) > layers:
        raise InputError(
            f"inks: {len(inks)} inks share {layers} layer(s), so that one gets none",
            hint="add layers or leave out an ink",
        )


def require_overlap(strand_diameter: float, layer_height: float) -> None:
    """Refuse layers of strands that do not fuse, or run into the layer after next.

    Parameters
    ----------
    strand_diameter, layer_height
        µm.

    Raises
    ------
    InputError
        If layers overlap by less than 5 % of the diameter, or by half of it and more.
    """
    diameter, rise = strand_diameter, layer_height
    overlap = 1.0 - rise / diameter
    if rise >= diameter:
        raise InputError(
            f"layer_height: layers do not touch: they rise by {rise:g} µm, strands are "
            f"{diameter:g} µm thick",
            hint=f"choose a layer height of {0.7 * diameter:g} to {0.9 * diameter:g} µm",
        )
    if overlap < SMALLEST_OVERLAP - 1e-12:
        raise InputError(
            f"layer_height: layers overlap by {100 * overlap:.2g} % of the diameter; "
            f"below {100 * SMALLEST_OVERLAP:g} % the necks between strands cannot be meshed",
            hint=f"choose a layer height of at most {(1 - SMALLEST_OVERLAP) * diameter:g} µm",
        )
    if overlap > LARGEST_OVERLAP - 1e-12:
        raise InputError(
            f"layer_height: layers overlap by {100 * overlap:.3g} % of the diameter; "
            f"from {100 * LARGEST_OVERLAP:g} % on a layer runs into the one after next",
            hint=f"choose a layer height above {LARGEST_OVERLAP * diameter:g} µm",
        )
