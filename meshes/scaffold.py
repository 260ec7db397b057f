"""What every shape can answer: the contract between geometry and all that is computed on it.

A *scaffold* is an implicit body. It stands on the plane z = 0 (glass, where there is any) and ends
at z = height (the plate of a tester). Lengths are µm throughout.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@runtime_checkable
class Scaffold(Protocol):
    """An implicit body made of one or more inks, printed along known directions.

    Attributes
    ----------
    inks
        Names of the inks; :meth:`ink` indexes this tuple.
    substrate_height
        z (µm) of the rigid plane under the gel; None where nothing lies under it.
    height
        Distance from bottom to top, µm.
    footprint_area
        Area that the plate of a tester covers, µm²: for the apparent modulus and bulk averages.
    bounds
        Lower and upper corner of the body, shape (2, 3), µm.
    """

    @property
    def inks(self) -> tuple[str, ...]: ...

    @property
    def substrate_height(self) -> float | None: ...

    @property
    def height(self) -> float: ...

    @property
    def footprint_area(self) -> float: ...

    @property
    def bounds(self) -> FloatArray: ...

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Distance to the surface, negative in the gel: points (n, 3) µm -> (n,) µm.

        The sign is exact everywhere and the value never exceeds the true distance.
        """
        ...

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """As :meth:`signed_distance` without the face on glass: the body goes on below it."""
        ...

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Index into :attr:`inks` at points (n, 3) µm -> (n,), defined outside the body too."""
        ...

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit vector along the strand at points (n, 3) µm -> (n, 3), defined everywhere."""
        ...

    def volume(self) -> dict[str, float] | None:
        """Exact volume (µm³) of each ink, or None where there is no closed form."""
        ...


def as_points(x: npt.ArrayLike) -> FloatArray:
    """Return `x` as a float array of points, one point per row.

    Parameters
    ----------
    x
        Points, shape (n, 3) or (3,), µm.

    Returns
    -------
    ndarray, shape (n, 3), µm

    Raises
    ------
    InputError
        If the last axis has not three entries.
    """
    points = np.atleast_2d(np.asarray(x, dtype=np.float64))
    if points.ndim != 2 or points.shape[1] != 3:
        raise InputError(f"points need the shape (n, 3), found {np.shape(x)}")
    return points


def require_positive(what: str, value: Any) -> float:
    """Return `value` as a float, if it is a finite number above zero.

    Parameters
    ----------
    what
        Name of the quantity with its unit, for the message.
    value
        What was given.

    Raises
    ------
    InputError
        If `value` is no number, not finite, zero or negative.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{what}: expected a number, found {value!r}") from None
    if not np.isfinite(number) or number <= 0.0:
        raise InputError(f"{what}: expected a finite number above 0, found {value!r}")
    return number


def require_ink_names(names: Any) -> tuple[str, ...]:
    """Return `names` as a tuple of distinct, printable ink names.

    Parameters
    ----------
    names
        One name, or a sequence of them.

    Raises
    ------
    InputError
        If there is no name, one occurs twice, or one is empty, longer than 80 characters or holds
        characters that mesh files cannot carry (quotes, control characters).
    """
    inks = (names,) if isinstance(names, str) else tuple(names)
    if not inks:
        raise InputError("inks: at least one name is needed")
    for name in inks:
        if not isinstance(name, str) or not name.strip() or len(name) > 80:
            raise InputError(f"inks: expected a name of 1 to 80 characters, found {name!r}")
        if not name.isprintable() or '"' in name:
            raise InputError(f"inks: {name!r} holds quotes or control characters")
    if len(set(inks)) < len(inks):
        raise InputError(
            f"inks: a name occurs twice in {list(inks)}",
            hint="name each ink once; the inks take turns from layer to layer",
        )
    return inks
