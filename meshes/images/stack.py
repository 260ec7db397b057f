"""A stack of images with its voxel size: what the microscope saw, in µm.

Frame: column → x, row → y, slice → z, so that rows run along +y and the first slice lies lowest;
:func:`flipped` mends a stack that was taken the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.scaffold import FloatArray, require_positive

ImageArray = npt.NDArray[np.float32]
Axis = Literal["x", "y", "z"]

MAX_VOXELS = 1 << 27  # of all channels together: 512 MiB in memory
SMALLEST_STEP, LARGEST_STEP = 1e-3, 1e3  # µm
_AXES = {"x": 3, "y": 2, "z": 1}  # of the array (channel, z, y, x)


@dataclass(frozen=True, eq=False)
class Stack:
    """Intensities on a grid of voxels.

    Attributes
    ----------
    values
        (channels, z, y, x), any linear unit of intensity.
    voxel
        Step along x, y, z, shape (3,), µm.
    origin
        Corner of the first voxel, shape (3,), µm.
    names
        One per channel.
    warnings
        What the reader should tell the user.

    Raises
    ------
    InputError
        If the shapes do not fit or a step is no length.
    """

    values: ImageArray
    voxel: FloatArray
    origin: FloatArray = field(default_factory=lambda: np.zeros(3))
    names: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float32)
        if values.ndim == 3:
            values = values[None]
        if values.ndim != 4 or not values.size:
            raise InputError(f"stack: expected values (channels, z, y, x), found {values.shape}")
        names = tuple(self.names) or tuple(str(k) for k in range(len(values)))
        if len(names) != len(values):
            raise InputError(f"stack: {len(values)} channels, but the names {list(names)}")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "voxel", require_voxel(self.voxel))
        object.__setattr__(self, "origin", np.array(self.origin, dtype=float).reshape(3))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        _, nz, ny, nx = self.values.shape
        return nz, ny, nx

    @property
    def size(self) -> FloatArray:
        """Extent along x, y, z, shape (3,), µm."""
        return np.asarray(self.voxel * np.array(self.shape[::-1]))

    @property
    def flat(self) -> bool:
        """One slice: directions out of the plane cannot be seen."""
        return self.shape[0] == 1

    def channel(self, which: int | str = 0) -> ImageArray:
        """Intensities (z, y, x) of one channel, by number from 0 or by name."""
        if which in self.names:
            return self.values[self.names.index(str(which))]
        if isinstance(which, int) and 0 <= which < len(self.values):
            return self.values[which]
        raise InputError(
            f"channel: expected a number from 0 to {len(self.values) - 1} or one of "
            f"{list(self.names)}, found {which!r}",
            hint="say which channel shows which collagen",
        )


def require_voxel(voxel: Sequence[float] | FloatArray) -> FloatArray:
    """Return a voxel size as an array.

    Parameters
    ----------
    voxel
        Step along x, y, z, µm.

    Raises
    ------
    InputError
        If these are not three lengths from 1 nm to 1 mm.
    """
    steps = np.ravel(voxel).tolist()
    if len(steps) != 3:
        raise InputError(
            f"voxel: expected three steps, found {len(steps)}", hint="voxel: [x, y, z] in um"
        )
    out = np.array(
        [
            require_positive(f"voxel: step along {a}, um", s)
            for a, s in zip("xyz", steps, strict=True)
        ]
    )
    if out.min() < SMALLEST_STEP or out.max() > LARGEST_STEP:
        raise InputError(
            f"voxel: expected steps from {SMALLEST_STEP:g} to {LARGEST_STEP:g} um, found "
            f"{out.tolist()}",
            hint="give micrometres, not metres or nanometres",
        )
    return out


def flipped(stack: Stack, *axes: Axis) -> Stack:
    """Mirror a stack along axes; needed where rows run against y or slices start at the top."""
    for axis in axes:
        if axis not in _AXES:
            raise InputError(f"flip: expected x, y or z, found {axis!r}")
    values = np.flip(stack.values, [_AXES[axis] for axis in axes])
    return replace(stack, values=np.ascontiguousarray(values))


def project(
    stack: Stack, axis: Axis = "z", *, how: Literal["max", "mean"] = "max", channel: int | str = 0
) -> ImageArray:
    """Picture of one channel as seen along an axis.

    Returns
    -------
    ndarray
        Seen along z: (y, x); along y: (z, x); along x: (z, y).
    """
    if axis not in _AXES or how not in ("max", "mean"):
        raise InputError(f"project: expected x, y or z and max or mean, found {axis!r}, {how!r}")
    values = stack.channel(channel)
    along = _AXES[axis] - 1
    seen = values.max(axis=along) if how == "max" else values.mean(axis=along)
    return np.asarray(seen, dtype=np.float32)
