"""The finite-strain material at any points of a scaffold: gel, free space and glass.

The same field as :class:`MaterialField`, with hyperelastic gels in place of stiffness tensors: at
C = I the tangent is ``MaterialField.stiffness`` (or ``smeared``, where a width is given).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.materials.field import MaterialField
from solver.materials.hyperelastic import (
    Dispersion,
    HyperelasticGel,
    PointMaterial,
    Response,
)
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import FloatArray


class FiniteField:
    """Hyperelastic gels over a scaffold.

    Parameters
    ----------
    material
        Scaffold, gels and random factors.
    dispersion
        How fibres are summed over directions (see :class:`HyperelasticGel`).
    """

    def __init__(self, material: MaterialField, *, dispersion: Dispersion = "angular") -> None:
        self.material = material
        self.gels = tuple(HyperelasticGel(g, dispersion=dispersion) for g in material.gels)

    def bind(
        self,
        points: FloatArray,
        ink: NDArray[np.int_] | None = None,
        width: FloatArray | None = None,
        corners: FloatArray | None = None,
    ) -> PointMaterial:
        """The material at points.

        Parameters
        ----------
        points
            ``(n, 3)``, µm.
        ink
            Ink of each, ``(n,)``; ``None``: as the scaffold says.
        width
            Size of the volume each point stands for (µm, ``(n,)``): free space and glass within
            it are mixed in as :meth:`MaterialField.smear_factor` says. ``None``: gel everywhere.
        corners
            Of the mesh cells that the points lie in, ``(m, 4, 3)`` µm, as many points to each, one
            cell after the other: the random factor is then that of the cell, as in the linear
            stage (:meth:`MaterialField.cell_heterogeneity`). ``None``: that of each point.
        """
        ink = self.material.body.ink(points) if ink is None else ink
        if corners is None:
            scale = self.material.heterogeneity(points, ink)
        else:
            each = len(points) // max(len(corners), 1)
            scale = np.repeat(self.material.cell_heterogeneity(corners, ink[::each]), each)
        if width is not None:
            scale = scale * self.material.smear_factor(points, width)
        frames = self.material.frames(points, ink)
        parts: list[tuple[NDArray[np.intp], PointMaterial]] = []
        for i, gel in enumerate(self.gels):
            here = np.flatnonzero(ink == i)
            if not len(here):
                continue
            given = gel.gel.ink.orientation
            densities = given.at(points[here])[1] if isinstance(given, OrientationField) else None
            parts.append((here, gel.bind(frames[here], scale[here], densities)))
        if len(parts) == 1:
            return parts[0][1]
        return MixedMaterial(len(points), tuple(parts))


@dataclass(frozen=True, eq=False)
class MixedMaterial:
    """Different materials at different points.

    Parameters
    ----------
    n
        Number of points.
    parts
        Which points ``(k,)`` each material has, and the material bound to them.
    """

    n: int
    parts: tuple[tuple[NDArray[np.intp], PointMaterial], ...]

    @property
    def lame(self) -> FloatArray:
        """λ of the matrix ``(n,)``, kPa."""
        values = np.empty(self.n)
        for here, material in self.parts:
            values[here] = material.lame
        return values

    @property
    def shear(self) -> FloatArray:
        """Shear modulus at small strain ``(n,)``, kPa."""
        values = np.empty(self.n)
        for here, material in self.parts:
            values[here] = material.shear
        return values

    def respond(self, c: FloatArray, *, volumetric: bool = True) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)`` Mandel."""
        answer = Response(np.empty(self.n), np.empty((self.n, 6)), np.empty((self.n, 6, 6)))
        for here, material in self.parts:
            response = material.respond(c[here], volumetric=volumetric)
            for whole, part in zip(answer, response, strict=True):
                whole[here] = part
        return answer
