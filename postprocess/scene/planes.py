"""Planes across a body: where it is cut, and which half is taken away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError
from postprocess.contract import FloatArray

_AXES = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True)
class Plane:
    """A plane across the bounds of a body.

    Parameters
    ----------
    axis
        ``"x"``, ``"y"`` or ``"z"``: its normal.
    share
        Where it stands: 0 at the lower end of the bounds, 1 at the upper.
    keep
        Which half a cut leaves: ``"above"`` the plane or ``"below"`` it.

    Raises
    ------
    InputError
        Where the axis is none, or the share is not from 0 to 1.
    """

    axis: str
    share: float = 0.5
    keep: str = "above"

    def __post_init__(self) -> None:
        if self.axis not in _AXES or not 0.0 <= self.share <= 1.0:
            raise InputError(
                f"no plane {self.axis}={self.share:g}", hint="an axis and a share: x, y=0.5, z=0.25"
            )

    @property
    def normal(self) -> FloatArray:
        """``(3,)`` unit vector."""
        return np.eye(3)[_AXES[self.axis]]

    def origin(self, bounds: FloatArray) -> FloatArray:
        """``(3,)`` point of the plane in ``(2, 3)`` bounds, µm."""
        return np.asarray(bounds[0] + self.share * (bounds[1] - bounds[0]))

    def kept(self, points: FloatArray, bounds: FloatArray) -> np.ndarray:
        """``(n,)`` bool: which of ``(n, 3)`` points, µm, a cut leaves."""
        height = (np.asarray(points) - self.origin(bounds)) @ self.normal
        return np.asarray(height >= 0 if self.keep == "above" else height <= 0)


def parse_plane(option: str, text: str) -> Plane:
    """Read ``x``, ``y=0.3`` or ``-z=0.5`` (the minus keeps the lower half).

    Raises
    ------
    InputError
        Where the text is no plane.
    """
    keep = "below" if text.startswith("-") else "above"
    axis, _, share = text.removeprefix("-").partition("=")
    try:
        return Plane(axis.strip().lower(), float(share) if share else 0.5, keep)
    except (ValueError, InputError):
        raise InputError(
            f"{option} {text[:40]!r}: expected x, y or z and where, from 0 to 1",
            hint=f"for example {option} y, {option} x=0.3 or {option} z=0.25; "
            "a minus keeps the other half",
        ) from None
