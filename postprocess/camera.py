"""Parallel projection shared by the renderer and by what is drawn over its pictures.

A parallel view keeps lengths, so that every picture can carry an exact scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError
from postprocess.contract import FloatArray

OBLIQUE = (-0.62, -1.0, 0.62)
"""Where the eye stands for the oblique view: in front, to the left, above."""

PLAN = (0.0, 0.0, 1.0)
"""Where the eye stands for the view from above."""

FRONT, SIDE = (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)
"""Where the eye stands for the views along y and against x."""

_MARGIN = 1.03
_NAMED = {"iso": OBLIQUE, "top": PLAN, "front": FRONT, "side": SIDE}


@dataclass(frozen=True)
class Projection:
    """Where a point of space falls on a picture.

    Parameters
    ----------
    right, up
        ``(3,)`` unit vectors of the picture's axes.
    centre
        ``(3,)`` point in the middle of the picture, µm.
    scale
        Pixels per µm in the plane of the picture.
    size
        Width and height, pixels.
    """

    right: tuple[float, float, float]
    up: tuple[float, float, float]
    centre: tuple[float, float, float]
    scale: float
    size: tuple[int, int]

    @property
    def toward_eye(self) -> FloatArray:
        """``(3,)`` unit vector from the object to the eye."""
        return np.cross(self.right, self.up).astype(np.float64)

    def pixels(self, x: FloatArray) -> FloatArray:
        """Pixel coordinates (from the left, from the top) of points.

        Parameters
        ----------
        x
            ``(n, 3)`` µm.

        Returns
        -------
        numpy.ndarray
            ``(n, 2)``.
        """
        offset = np.atleast_2d(x) - np.array(self.centre)
        width, height = self.size
        return np.stack(
            [
                width / 2 + self.scale * offset @ np.array(self.right),
                height / 2 - self.scale * offset @ np.array(self.up),
            ],
            axis=1,
        )


def look(
    bounds: FloatArray,
    eye: tuple[float, float, float],
    width: int,
    height: int | None = None,
    zoom: float = 1.0,
) -> Projection:
    """Frame a box tightly from a direction.

    Parameters
    ----------
    bounds
        ``(2, 3)`` lower and upper corner, µm.
    eye
        Direction from the object to the eye; z points up in the picture, y where z cannot.
    width
        Width of the picture, pixels.
    height
        Its height, pixels; None: as follows from the shape of the box, never more than 1.2 times
        the width.
    zoom
        Above 1: nearer to the middle of the box.

    Returns
    -------
    Projection
        The view, with a margin of 3 % at a zoom of 1.
    """
    toward = np.array(eye) / np.linalg.norm(eye)
    pole = np.array([0.0, 0.0, 1.0]) if abs(toward[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
    right = np.cross(pole, toward)
    right /= np.linalg.norm(right)
    up = np.cross(toward, right)
    corners = np.array([[bounds[i, 0], bounds[j, 1], bounds[k, 2]]
                        for i in (0, 1) for j in (0, 1) for k in (0, 1)])  # fmt: skip
    centre = bounds.mean(axis=0)
    half_width = np.abs((corners - centre) @ right).max() * _MARGIN
    half_height = np.abs((corners - centre) @ up).max() * _MARGIN
    if height is None:
        height = int(np.clip(round(width * half_height / half_width), 0.2 * width, 1.2 * width))
    scale = zoom * min(width / (2 * half_width), height / (2 * half_height))
    return Projection(
        right=_triple(right),
        up=_triple(up),
        centre=_triple(centre),
        scale=float(scale),
        size=(int(width), int(height)),
    )


@dataclass(frozen=True)
class Camera:
    """Where the eye stands.

    Parameters
    ----------
    eye
        Direction from the object to the eye.
    zoom
        Above 1: nearer.
    """

    eye: tuple[float, float, float] = OBLIQUE
    zoom: float = 1.0

    def frame(self, bounds: FloatArray, width: int, height: int | None = None) -> Projection:
        """The projection of a box, see :func:`look`."""
        return look(bounds, self.eye, width, height, self.zoom)


FROM_THE_LEFT = Camera()
"""The oblique view of all pictures."""


def parse_camera(text: str) -> Camera:
    """Read ``iso``, ``top``, ``front``, ``side`` or ``azimuth,elevation``, then ``,zoom``.

    Azimuth and elevation in degrees: at 0,0 the eye looks along y from the front, a growing azimuth
    walks it to the right (90: from the side), a growing elevation lifts it (90: from above).

    Raises
    ------
    InputError
        Where the text is none of them.
    """
    parts = [part.strip() for part in text.lower().split(",")]
    named = _NAMED.get(parts[0])
    try:
        numbers = [float(part) for part in (parts[1:] if named else parts)]
        if not np.isfinite(numbers).all():
            raise ValueError
        zoom = numbers.pop() if len(numbers) == (1 if named else 3) else 1.0
        if len(numbers) != (0 if named else 2) or not 0.05 <= zoom <= 100:
            raise ValueError
    except ValueError:
        raise InputError(
            f"--camera {text[:40]!r}: no such view",
            hint="iso, top, front, side, or azimuth,elevation in degrees; then, if wished, a "
            "zoom: 30,20 or top,2",
        ) from None
    if named:
        return Camera(named, zoom)
    azimuth, elevation = np.radians(numbers[0]), np.radians(np.clip(numbers[1], -90, 90))
    level = np.array([np.sin(azimuth), -np.cos(azimuth)]) * np.cos(elevation)
    return Camera((float(level[0]), float(level[1]), float(np.sin(elevation))), zoom)


def _triple(vector: FloatArray) -> tuple[float, float, float]:
    x, y, z = (float(component) for component in vector)
    return x, y, z


def round_length(longest: float) -> float:
    """Largest of 1, 2, 5 times a power of ten that does not exceed a length."""
    power = 10.0 ** np.floor(np.log10(longest))
    return float(power * max(step for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9)))
