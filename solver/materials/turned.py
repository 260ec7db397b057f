"""A gel's stiffness turned into the frame of the scaffold, at any point of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from solver.materials.gel import Gel, fibre_orientation
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import FloatArray, TransverseIsotropy, symmetric_square

_ALONG_Z = 1e-6  # sine of the angle to e_z below which the vertical says nothing across


def print_frames(axes: FloatArray) -> FloatArray:
    """Frames ``(n, 3, 3)`` of print directions a ``(n, 3)``: columns e1, e2, a, right-handed.

    e2 is the vertical made perpendicular to a, so the plane of planar fibres holds the print
    direction and lies as flat as it can. Along the vertical e2 is e_x made perpendicular
    [assumption].
    """
    up = np.zeros_like(axes)
    vertical = np.hypot(axes[:, 0], axes[:, 1]) < _ALONG_Z
    up[:, 2] = ~vertical
    up[:, 0] = vertical
    e2 = up - (up * axes).sum(axis=1)[:, None] * axes
    e2 /= np.linalg.norm(e2, axis=1)[:, None]
    return np.stack([np.cross(e2, axes), e2, axes], axis=2)


class Turned(Protocol):
    """Stiffness ``(n, 6, 6)`` in kPa at points ``(n, 3)`` µm with print directions ``(n, 3)``."""

    def __call__(self, x: FloatArray, axes: FloatArray) -> FloatArray: ...


@dataclass(frozen=True, eq=False)
class _AlongAxis:
    """The fibres are alike all around the print direction."""

    law: TransverseIsotropy

    def __call__(self, x: FloatArray, axes: FloatArray) -> FloatArray:
        return self.law.along(axes)


@dataclass(frozen=True, eq=False)
class _InFrame:
    """The fibres follow the frame of the print direction."""

    stiffness: FloatArray

    def __call__(self, x: FloatArray, axes: FloatArray) -> FloatArray:
        turn = symmetric_square(print_frames(axes))
        return np.asarray(turn @ self.stiffness @ turn.swapaxes(1, 2))


@dataclass(frozen=True, eq=False)
class _InSpace:
    """The fibres have directions of their own."""

    matrix: FloatArray
    fibres: float
    field: OrientationField

    def __call__(self, x: FloatArray, axes: FloatArray) -> FloatArray:
        return self.matrix + self.fibres * self.field.fourth_moment(x)


def turned_stiffness(gel: Gel) -> Turned:
    """How the stiffness of a gel follows from place and print direction."""
    given = gel.ink.orientation
    if gel.fibres and isinstance(given, OrientationField):
        return _InSpace(gel.matrix_stiffness, gel.fibre_stiffness, given)
    if not gel.fibres or fibre_orientation(gel.ink).axisymmetric:
        return _AlongAxis(TransverseIsotropy(gel.stiffness))
    return _InFrame(gel.stiffness)
