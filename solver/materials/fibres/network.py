"""Networks of fibres: from the law of one fibre to stress and tangent at points.

All in the local frame of the fibres. Ways to sum over directions: a fixed set of them (matrix
products, whatever the density; also with a density of its own at each point), the generalised
structure tensor (one mean stretch, cheap, wrong when directions are dispersed), and principal
stretches (laws of isotropic networks).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from solver.materials.fibres.law import FibreLaw
from solver.materials.orientation_field import FieldRule
from solver.materials.tensors import MANDEL_PAIRS, FloatArray, dyads, from_mandel, to_mandel

_UPPER = np.triu_indices(6)
_UNPACK = np.zeros((6, 6), dtype=int)
_UNPACK[_UPPER] = np.arange(21)
_UNPACK = np.maximum(_UNPACK, _UNPACK.T)
_EQUAL = 1e-6  # relative distance of squared stretches below which they count as equal


class NetworkResponse(NamedTuple):
    """Energy ``(n,)``, 2nd Piola–Kirchhoff stress ``(n, 6)`` and dS/dE ``(n, 6, 6)``, kPa."""

    energy: FloatArray
    stress: FloatArray
    tangent: FloatArray


class Network(Protocol):
    """Fibres in their own frame; ``cost`` is the number of stretches taken at each point."""

    @property
    def cost(self) -> int:
        """Stretches per point."""

    def respond(self, c: FloatArray) -> NetworkResponse:
        """Answer to right Cauchy–Green tensors ``(n, 6)`` Mandel, positive definite."""


@dataclass(frozen=True, eq=False)
class AngularNetwork:
    """``Ψ = Σ_d w_d ψ(λ_d)``, ``λ_d = √(n_d·C n_d)``.

    Parameters
    ----------
    law
        Of one fibre.
    directions, weights
        ``(d, 3)`` unit vectors and ``(d,)``; the weights carry density and amount of fibres.
    """

    law: FibreLaw
    directions: FloatArray
    weights: FloatArray
    _dyads: FloatArray = field(init=False, repr=False)
    _weighted: FloatArray = field(init=False, repr=False)
    _products: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        m = dyads(self.directions)
        weighted = self.weights[:, None] * m
        object.__setattr__(self, "_dyads", np.ascontiguousarray(m.T))
        object.__setattr__(self, "_weighted", weighted)
        object.__setattr__(self, "_products", weighted[:, _UPPER[0]] * m[:, _UPPER[1]])

    @property
    def cost(self) -> int:
        """Stretches per point."""
        return len(self.weights)

    def respond(self, c: FloatArray) -> NetworkResponse:
        """Answer to right Cauchy–Green tensors ``(n, 6)``."""
        square = c @ self._dyads
        stretch = np.sqrt(square)
        energy, force, tangent = self.law(stretch)
        per_stretch = force / stretch  # 2 dψ/d(λ²)
        curvature = (tangent - per_stretch) / square
        return NetworkResponse(
            energy @ self.weights,
            per_stretch @ self._weighted,
            (curvature @ self._products)[:, _UNPACK],
        )


@dataclass(frozen=True, eq=False)
class FieldNetwork:
    """Fibres whose density differs from point to point, on one even set of directions u.

    The directions of point p are ``n = L_p u/|L_p u|`` (see :class:`FieldRule`), so that the same
    matrix products serve all points: ``λ² = shares · (u·(L C L) u)``.

    Parameters
    ----------
    law
        Of one fibre.
    rule
        Directions and weights at the points that are asked for, in their order.
    weight
        Amount of fibres.
    """

    law: FibreLaw
    rule: FieldRule
    weight: float

    @property
    def cost(self) -> int:
        """Stretches per point."""
        return len(self.rule.directions)

    def respond(self, c: FloatArray) -> NetworkResponse:
        """Answer to right Cauchy–Green tensors ``(n, 6)``, one for each row of the rule."""
        length, shares = self.rule.lengths, self.rule.shares
        i, j = np.array(MANDEL_PAIRS).T
        pull = length[:, i] * length[:, j]  # L A L of a Mandel vector, component by component
        m = dyads(self.rule.directions)
        square = shares * ((pull * c) @ m.T)
        stretch = np.sqrt(square)
        energy, force, tangent = self.law(stretch)
        weights = self.weight * self.rule.weights
        per_stretch = force / stretch
        curvature = (tangent - per_stretch) / square
        products = m[:, _UPPER[0]] * m[:, _UPPER[1]]
        moments = ((weights * shares**2 * curvature) @ products)[:, _UNPACK]
        return NetworkResponse(
            np.einsum("nd,nd->n", weights, energy),
            pull * ((weights * shares * per_stretch) @ m),
            pull[:, :, None] * pull[:, None, :] * moments,
        )


@dataclass(frozen=True, eq=False)
class StructureTensorNetwork:
    """``Ψ = w ψ(λ̄)`` with ``λ̄² = A:C``, A = ⟨n⊗n⟩ (10.1098/rsif.2005.0073).

    Exact for perfectly aligned fibres; for dispersed ones it averages the stretch before the law
    is asked, so that pushed and pulled fibres cancel: its linear tangent ``A⊗A`` is already too
    soft in shear.

    Parameters
    ----------
    law
        Of one fibre.
    structure_tensor
        A ``(3, 3)``, trace 1.
    weight
        Amount of fibres.
    """

    law: FibreLaw
    structure_tensor: FloatArray
    weight: float

    @property
    def cost(self) -> int:
        """Stretches per point."""
        return 1

    def respond(self, c: FloatArray) -> NetworkResponse:
        """Answer to right Cauchy–Green tensors ``(n, 6)``."""
        a = to_mandel(self.structure_tensor)
        square = c @ a
        stretch = np.sqrt(square)
        energy, force, tangent = self.law(stretch)
        per_stretch = self.weight * force / stretch
        curvature = (self.weight * tangent - per_stretch) / square
        return NetworkResponse(
            self.weight * energy,
            per_stretch[:, None] * a,
            curvature[:, None, None] * np.outer(a, a),
        )


@dataclass(frozen=True, eq=False)
class PrincipalNetwork:
    """``Ψ = w Σ_a f(λ_a)`` of the principal stretches.

    ``S = Σ_a g(c_a) N_a⊗N_a``, ``g = f'(λ)/λ``, ``c = λ²``; the tangent of this isotropic tensor
    function follows from the divided differences of g (Daleckii & Krein), which go over into g'
    where two stretches agree.

    Parameters
    ----------
    law
        Of a principal stretch.
    weight
        Amount of fibres.
    """

    law: FibreLaw
    weight: float

    @property
    def cost(self) -> int:
        """Stretches per point."""
        return 9

    def respond(self, c: FloatArray) -> NetworkResponse:
        """Answer to right Cauchy–Green tensors ``(n, 6)``."""
        square, vectors = np.linalg.eigh(from_mandel(c))
        stretch = np.sqrt(square)
        energy, force, tangent = self.law(stretch)
        value = force / stretch
        slope = 0.5 * (tangent - value) / square  # g'(c)
        gap = square[:, :, None] - square[:, None, :]
        equal = np.abs(gap) <= _EQUAL * square[:, 2, None, None]
        mean_slope = 0.5 * (slope[:, :, None] + slope[:, None, :])
        rise = value[:, :, None] - value[:, None, :]
        divided = np.where(equal, mean_slope, rise / np.where(equal, 1.0, gap))
        # dS = Σ_ab g[a,b] (N_a·dC N_b) N_a⊗N_b
        outer = np.einsum("nia,njb->nabij", vectors, vectors)
        pairs = to_mandel(0.5 * (outer + outer.swapaxes(-1, -2))).reshape(-1, 9, 6)
        weighted = 2.0 * self.weight * divided.reshape(-1, 9, 1) * pairs
        return NetworkResponse(
            self.weight * energy.sum(axis=1),
            self.weight * np.einsum("na,nap->np", value, pairs[:, ::4]),
            pairs.swapaxes(1, 2) @ weighted,
        )
