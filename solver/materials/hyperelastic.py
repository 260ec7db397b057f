"""Finite strain of a gel at points: neo-Hookean matrix and networks of fibres, in plain NumPy.

``Ψ = μ/2 (tr C − 3 − 2 ln J) + λ/2 (ln J)² + Σ_k synergy φ_k ⟨ψ_k(λ_n)⟩``; stress is
``S = 2 ∂Ψ/∂C``, tangent ``D = dS/dE = 2 dS/dC``. At C = I it is the linear gel: D equals
``Gel.stiffness`` turned into the local frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from solver.materials.fibres.network import (
    AngularNetwork,
    FieldNetwork,
    Network,
    PrincipalNetwork,
    StructureTensorNetwork,
)
from solver.materials.fibres.tension_aligned import TensionAligned
from solver.materials.gel import Fibres, Gel, fibre_orientation
from solver.materials.odf import Orientation
from solver.materials.orientation_field import FieldRule, OrientationField
from solver.materials.tensors import (
    IDENTITY,
    SQRT2,
    FloatArray,
    from_mandel,
    isotropic_part,
    symmetric_square,
    to_mandel,
)

_STRETCHES_AT_A_TIME = 100_000  # a block's arrays stay in the cache, whatever the number of points
Dispersion = Literal["angular", "structure_tensor"]


class Response(NamedTuple):
    """A material's answer at ``n`` points; NaN where C is not positive definite.

    Attributes
    ----------
    energy
        ``(n,)``, kPa (per reference volume).
    stress
        2nd Piola–Kirchhoff, ``(n, 6)`` Mandel, kPa.
    tangent
        dS/dE, ``(n, 6, 6)`` Mandel, kPa, symmetric.
    """

    energy: FloatArray
    stress: FloatArray
    tangent: FloatArray


class PointMaterial(Protocol):
    """A material bound to ``n`` points."""

    @property
    def lame(self) -> FloatArray:
        """λ of the matrix ``(n,)``, kPa: what a mixed formulation takes over."""

    @property
    def shear(self) -> FloatArray:
        """Shear modulus at small strain ``(n,)``, kPa: isotropic part of the whole."""

    def respond(self, c: FloatArray, *, volumetric: bool = True) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)`` Mandel.

        Parameters
        ----------
        c
            C = FᵀF at each of the points, in their order.
        volumetric
            ``False`` leaves out ``λ/2 (ln J)²``.
        """


def neo_hookean(c: FloatArray, shear: float, lame: float) -> Response:
    """Compressible neo-Hookean matrix, ``μ/2 (tr C − 3 − 2 ln J) + λ/2 (ln J)²``.

    ``S = μ (I − C⁻¹) + λ ln J C⁻¹``, ``D = λ C⁻¹⊗C⁻¹ + 2 (μ − λ ln J) C⁻¹⊙C⁻¹``.

    Parameters
    ----------
    c
        ``(n, 6)`` Mandel, positive definite.
    shear, lame
        μ and λ, kPa.
    """
    tensor = from_mandel(c)
    inverse = np.linalg.inv(tensor)
    log_j = 0.5 * np.log(np.linalg.det(tensor))
    flat = to_mandel(inverse)
    pressure = lame * log_j - shear
    tangent = (-2.0 * pressure)[:, None, None] * symmetric_square(inverse)
    tangent += lame * flat[:, :, None] * flat[:, None, :]
    return Response(
        0.5 * shear * (c[:, :3].sum(axis=1) - 3.0 - 2.0 * log_j) + 0.5 * lame * log_j**2,
        shear * IDENTITY + pressure[:, None] * flat,
        tangent,
    )


class HyperelasticGel:
    """The material of a gel at finite strain.

    Parameters
    ----------
    gel
        Matrix, fibres with their laws, synergy and scale.
    orientation
        Of the fibres in the local frame; ``None``: as the ink says.
    dispersion
        ``angular`` sums over directions; ``structure_tensor`` takes one mean stretch: far
        cheaper, and wrong for dispersed fibres (see :class:`StructureTensorNetwork`).
    rule
        Directions ``(d, 3)`` and weights ``(d,)`` summing to 1 for the angular sum, in place of
        the orientation's own: to see what the rule does to a result.

    Attributes
    ----------
    matrix_shear, matrix_lame
        Of matrix and isotropic base, kPa.
    networks
        The fibres, in their own frame.

    Raises
    ------
    ValueError
        If a structure tensor is to stand for directions that differ from point to point.
    """

    def __init__(
        self,
        gel: Gel,
        orientation: Orientation | None = None,
        *,
        dispersion: Dispersion = "angular",
        rule: tuple[FloatArray, FloatArray] | None = None,
    ) -> None:
        if dispersion == "structure_tensor" and isinstance(gel.ink.orientation, OrientationField):
            raise ValueError("directions given in space are summed one by one: expected angular")
        self.gel = gel
        self.orientation = orientation or fibre_orientation(gel.ink)
        young, poisson = gel.matrix_modulus, gel.matrix_poisson
        self.matrix_shear = young / (2.0 * (1.0 + poisson))
        self.matrix_lame = young * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson))
        for fibre in gel.fibres:
            # an isotropic affine network of modulus E has λ = μ = φE/15 [derived]
            self.matrix_shear += self._weight(fibre) * fibre.base / 15.0
            self.matrix_lame += self._weight(fibre) * fibre.base / 15.0
        self.networks = tuple(self._network(f, dispersion, rule) for f in gel.fibres)

    def _weight(self, fibre: Fibres) -> float:
        return self.gel.ink.synergy * self.gel.scale * fibre.fraction

    def _network(
        self, fibre: Fibres, dispersion: Dispersion, rule: tuple[FloatArray, FloatArray] | None
    ) -> Network:
        weight = self._weight(fibre)
        if isinstance(fibre.law, TensionAligned):
            return PrincipalNetwork(fibre.law, weight)
        if dispersion == "structure_tensor":
            return StructureTensorNetwork(fibre.law, self.orientation.structure_tensor, weight)
        directions, share = rule or self.orientation.quadrature()
        return AngularNetwork(fibre.law, directions, weight * share)

    @cached_property
    def small_strain_stiffness(self) -> FloatArray:
        """Tangent at C = I in the local frame, ``(6, 6)`` Mandel, kPa."""
        return self.respond(IDENTITY[None]).tangent[0]

    def respond(
        self, c: FloatArray, *, volumetric: bool = True, rule: FieldRule | None = None
    ) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)`` given in the local frame.

        ``rule``: directions that differ from point to point, in place of the gel's own.
        """
        answer = neo_hookean(c, self.matrix_shear, self.matrix_lame if volumetric else 0.0)
        networks = self.networks
        if rule is not None:
            networks = tuple(FieldNetwork(f.law, rule, self._weight(f)) for f in self.gel.fibres)
        for network in networks:
            for total, part in zip(answer, network.respond(c), strict=True):
                total += part
        return answer

    def bind(
        self, frames: FloatArray, scale: FloatArray, densities: NDArray[np.int_] | None = None
    ) -> BoundGel:
        """The material at points.

        Parameters
        ----------
        frames
            ``(n, 3, 3)``, columns e1, e2, a of the local frame.
        scale
            ``(n,)``, multiplies everything.
        densities
            Where the ink's orientation is a field: which of its densities, ``(n,)``.
        """
        return BoundGel(self, frames, scale, densities)


def _positive_definite(c: FloatArray) -> NDArray[np.bool_]:
    """Which of ``(n, 6)`` are positive definite: all leading minors are (Sylvester)."""
    a, b, d, e, f, g = c.T
    minor = a * b - 0.5 * g**2
    determinant = minor * d + e * f * g / SQRT2 - 0.5 * (a * e**2 + b * f**2)
    return np.asarray((a > 0.0) & (minor > 0.0) & (determinant > 0.0))


@dataclass(frozen=True, eq=False)
class BoundGel:
    """A :class:`HyperelasticGel` at ``n`` points with their frames and factors."""

    gel: HyperelasticGel
    frames: FloatArray
    scale: FloatArray
    densities: NDArray[np.int_] | None = None

    def __post_init__(self) -> None:
        if self.frames.shape != (len(self.scale), 3, 3):
            raise ValueError(
                f"expected frames ({len(self.scale)}, 3, 3) for as many factors, "
                f"found {self.frames.shape}"
            )

    @property
    def lame(self) -> FloatArray:
        """λ of the matrix ``(n,)``, kPa."""
        return self.gel.matrix_lame * self.scale

    @property
    def shear(self) -> FloatArray:
        """Shear modulus at small strain ``(n,)``, kPa: isotropic part of the whole."""
        return isotropic_part(self.gel.small_strain_stiffness).shear * self.scale

    def respond(self, c: FloatArray, *, volumetric: bool = True) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)`` Mandel; see :class:`PointMaterial`."""
        n = len(c)
        answer = Response(np.empty(n), np.empty((n, 6)), np.empty((n, 6, 6)))
        cost = max([36, *(network.cost for network in self.gel.networks)])
        step = max(1, _STRETCHES_AT_A_TIME // cost)
        for start in range(0, n, step):
            part = slice(start, start + step)
            turn = symmetric_square(self.frames[part])
            tensor, factor = c[part], self.scale[part]
            wrong = ~_positive_definite(tensor)
            local = np.where(wrong[:, None], IDENTITY, np.einsum("nij,ni->nj", turn, tensor))
            energy, stress, tangent = self.gel.respond(
                local, volumetric=volumetric, rule=self._rule(part)
            )
            factor = np.where(wrong, np.nan, factor)
            answer.energy[part] = factor * energy
            answer.stress[part] = np.einsum("nij,nj->ni", turn, factor[:, None] * stress)
            tangent *= factor[:, None, None]
            answer.tangent[part] = turn @ tangent @ turn.swapaxes(1, 2)
        return answer

    def _rule(self, part: slice) -> FieldRule | None:
        field = self.gel.gel.ink.orientation
        if self.densities is None or not isinstance(field, OrientationField):
            return None
        return field.rule(self.densities[part])


@dataclass(frozen=True, eq=False)
class GrownMaterial:
    """A material that has swollen freely and alike in all directions by the stretch ``g``.

    ``Ψ_g(C) = g³ Ψ(C/g²)`` per volume of the dry reference, so ``S = g S(C/g²)`` and
    ``D = D(C/g²)/g``; free of stress at ``C = g² I``. Growth is a stretch of its own here: with
    ``volumetric=False`` what is left out is ``g³ λ/2 (ln(J/g³))²``.

    Parameters
    ----------
    material
        The dry material at ``n`` points.
    growth
        g at each point ``(n,)``.
    """

    material: PointMaterial
    growth: FloatArray

    @property
    def lame(self) -> FloatArray:
        """λ of the matrix per dry volume ``(n,)``, kPa."""
        return self.growth**3 * self.material.lame

    @property
    def shear(self) -> FloatArray:
        """Shear modulus at small strain per dry volume ``(n,)``, kPa."""
        return self.growth**3 * self.material.shear

    def respond(self, c: FloatArray, *, volumetric: bool = True) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)`` from the dry reference."""
        g = self.growth
        energy, stress, tangent = self.material.respond(c / g[:, None] ** 2, volumetric=volumetric)
        return Response(g**3 * energy, g[:, None] * stress, tangent / g[:, None, None])
