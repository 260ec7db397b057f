"""The scale beside a picture, drawn as vectors: arrows along x, y, z, or a bar where it is flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from postprocess.camera import Projection, round_length
from postprocess.contract import FloatArray
from postprocess.labels import significant

INK = "#333333"
_SHORT = 0.05  # of the longest: an arrow that points to the eye
_CROSS = 0.045  # arms of the cross that names the axes of a flat view, of the width


@dataclass(frozen=True)
class Scale:
    """One length as the projection of a picture shows it.

    Parameters
    ----------
    length
        µm.
    foot
        ``(2,)`` where arrows or bar begin, pixels: in the lower left corner, below the picture.
    arms
        ``(3, 2)`` that length along x, y and z, pixels. In an oblique view these are the arrows.
    flat
        Whether the eye looks along an axis: lengths are true, and a bar says all.
    bar
        That length in the plane of the picture, pixels.
    floor
        Lowest pixel taken.
    """

    length: float
    foot: FloatArray
    arms: FloatArray
    flat: bool
    bar: float
    floor: float


def scale_of(projection: Projection, bounds: FloatArray) -> Scale:
    """The scale of a picture of a body with ``(2, 3)`` bounds, µm."""
    width, height = projection.size
    # As long as a quarter of the body, and never longer than a quarter of what is seen.
    seen = min(float(np.ptp(bounds, axis=0)[:2].max()), width / projection.scale)
    length = round_length(0.25 * seen)
    ends = projection.pixels(
        np.array(projection.centre) + length * np.vstack([np.zeros(3), np.eye(3)])
    )
    arms = ends[1:] - ends[0]
    strides = np.hypot(*arms.T)
    flat = bool(strides.min() < _SHORT * strides.max())
    if flat:
        foot = np.array([0.03 * width, height + (0.025 + _CROSS) * width])
        floor = foot[1] + 0.025 * width
    else:
        # Mostly below the picture: what rises above the foot stays in the corner.
        foot = np.array([0.05 * width - min(arms[:, 0].min(), 0.0), height + 0.06 * width])
        floor = max(foot[1], (foot + arms)[:, 1].max()) + 0.03 * width
    return Scale(length, foot, arms, flat, length * projection.scale, float(floor))


def draw_scale(axes: Any, scale: Scale, width: int, colour: str = INK) -> None:
    """Draw it on the axes of a picture of that width, pixels."""
    text = {"va": "center", "fontsize": 8.5, "color": colour}
    strides = np.hypot(*scale.arms.T)
    arms = scale.arms
    if scale.flat:
        arms = arms * (_CROSS * width / strides.max())
    for name, arm, stride in zip("xyz", arms, strides, strict=True):
        if stride < _SHORT * strides.max():
            continue
        arrow = {"arrowstyle": "-|>", "lw": 1.1, "color": colour, "shrinkA": 0, "shrinkB": 0}
        axes.annotate(
            "", xy=scale.foot + arm, xytext=scale.foot, arrowprops=arrow, annotation_clip=False
        )
        x, y = scale.foot + arm * (1 + 0.022 * width / np.hypot(*arm))
        axes.text(x, y, name, ha="center", **text)
    right, y = float(scale.foot[0] + max(arms[:, 0].max(), 0.0) + 0.05 * width), scale.foot[1]
    words = f"{significant(scale.length, 2)} µm"
    if scale.flat:
        axes.plot([right, right + scale.bar], [y, y], color=colour, lw=2.4, solid_capstyle="butt")
        axes.text(right + scale.bar + 0.02 * width, y, words, **text)
    else:
        axes.text(right, y, f"each arrow {words}", **text)
