"""Posterior of the Hill rule's E50, n and plateaus, given counted cells, on a grid that zooms in.

``k_i ~ Binomial(N_i, P_i)``, ``P = Pmax − (Pmax − Pmin) h(E; E50, n)``; the prior is flat in
ln E50, ln n, Pmin and Pmax within their bounds. Every axis is narrowed to where the likelihood is
worth looking at, and widened again where that was too bold, before the last and finest grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

from .collagen_doses import FloatArray

Response = Callable[[FloatArray, FloatArray], FloatArray]
"""From E50 (kPa) and n, each ``(G,)``, to h ``(m, G)``: how far from Pmax (0) to Pmin (1) P is."""

Bounds = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Lowest and highest ln E50 (E50 in kPa), ln n, Pmin, Pmax; equal ends hold the number."""

_COARSE = (17, 17, 5, 5)
_FINE = (61, 49, 9, 9)
_DEPTH = 12.0  # log-likelihood below the best that is worth looking at: 6e-6 of it
_STEADY = 0.25  # of its width that a range may still move when the zoom ends
_ZOOMS = 40
_BETWEEN = 16  # steps between two nodes, where quantiles are looked for


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weights on the last grid.

    Attributes
    ----------
    axes : tuple of ndarray
        Nodes of ln E50 (E50 in kPa), ln n, Pmin and Pmax; a single one where held.
    weights : ndarray, shape (a, b, c, d)
        Probability at each node; they sum to 1.
    response : ndarray, shape (m, a·b)
        h at the gels for each pair of E50 and n, the latter running faster.
    best : tuple of int
        Node of the highest likelihood.
    log_likelihood : float
        There, without the binomial coefficients.
    log_evidence : float
        Logarithm of the likelihood averaged over the prior, likewise.
    """

    axes: tuple[FloatArray, ...]
    weights: FloatArray
    response: FloatArray
    best: tuple[int, ...]
    log_likelihood: float
    log_evidence: float

    def marginal(self, axis: int) -> FloatArray:
        """Probability at the nodes of one axis, shape (len(axes[axis]),)."""
        others = tuple(i for i in range(4) if i != axis)
        return np.asarray(self.weights.sum(axis=others))

    def quantile(self, axis: int, q: Sequence[float] | FloatArray) -> FloatArray:
        """Quantiles of one unknown.

        Parameters
        ----------
        axis
            0 to 3: ln E50, ln n, Pmin, Pmax.
        q
            Probabilities, shape (k,).

        Returns
        -------
        ndarray, shape (k,)
            In the axis' own unit.
        """
        from scipy.interpolate import CubicSpline

        x, mass = self.axes[axis], self.marginal(axis)
        if len(x) == 1:
            return np.full(len(q), x[0])
        # Weights at the ends of a trapezoidal rule are those of half an interval.
        density = CubicSpline(x, mass / _trapezoid(x))
        fine = np.linspace(x[0], x[-1], _BETWEEN * (len(x) - 1) + 1)
        cumulated = np.maximum.accumulate(density.antiderivative()(fine))
        return np.interp(np.asarray(q) * cumulated[-1], cumulated, fine)

    def pressed(self, axis: int, bound: tuple[float, float], share: float) -> bool:
        """Whether a bound of the prior cuts the posterior of one unknown off.

        Parameters
        ----------
        axis
            0 to 3.
        bound
            Of the prior.
        share
            Density at a bound, relative to the highest, from which it cuts.

        Returns
        -------
        bool
            False where the unknown is held.
        """
        x = self.axes[axis]
        density = self.marginal(axis) / _trapezoid(x)
        ends = density[[0, -1]] >= share * density.max()
        return len(x) > 1 and bool((ends & (x[[0, -1]] == np.asarray(bound))).any())

    def told(self, bounds: Bounds) -> float:
        """Effective number of unknowns that the counts tell, 0 to 4.

        Each counts as ``1 − variance of the posterior/variance of the prior``.

        Parameters
        ----------
        bounds
            Of the prior.

        Returns
        -------
        float
        """
        told = 0.0
        for axis, (low, high) in enumerate(bounds):
            x, weight = self.axes[axis], self.marginal(axis)
            if high > low:
                variance = float(weight @ (x - weight @ x) ** 2)
                told += max(0.0, 1.0 - 12.0 * variance / (high - low) ** 2)
        return told

    def correlation(self) -> float:
        """Correlation of ln E50 and ln n; 0 where one of them is held."""
        pair = self.weights.sum(axis=(2, 3))
        x = self.axes[0] - self.marginal(0) @ self.axes[0]
        y = self.axes[1] - self.marginal(1) @ self.axes[1]
        if min(pair.shape) == 1:
            return 0.0
        return float(x @ pair @ y / np.sqrt((self.marginal(0) @ x**2) * (self.marginal(1) @ y**2)))

    def probability(self, nodes: Sequence[NDArray[np.intp] | int]) -> FloatArray:
        """P(dormant) at the gels, for some nodes of the grid.

        Parameters
        ----------
        nodes
            Index on each axis, four numbers or arrays of shape (s,).

        Returns
        -------
        ndarray, shape (m,) or (m, s)
        """
        i, j, k, l = nodes  # noqa: E741
        h = self.response[:, np.asarray(i) * len(self.axes[1]) + np.asarray(j)]
        low, high = self.axes[2][k], self.axes[3][l]
        return np.asarray(high - (high - low) * h)

    def evenly(self, samples: int) -> tuple[NDArray[np.intp], ...]:
        """Nodes that stand for the posterior, each for the same probability.

        Parameters
        ----------
        samples
            How many.

        Returns
        -------
        tuple of ndarray, shape (samples,)
            Index on each axis.
        """
        cumulated = np.cumsum(self.weights.ravel())
        middles = (np.arange(samples) + 0.5) / samples * cumulated[-1]
        return np.unravel_index(np.searchsorted(cumulated, middles), self.weights.shape)


def log_likelihood(
    dormant: FloatArray, awake: FloatArray, p: FloatArray, q: FloatArray
) -> FloatArray:
    """Logarithm of the binomial likelihood without its coefficients, ``Σ k ln P + (N − k) ln Q``.

    Parameters
    ----------
    dormant, awake
        k and N − k of each gel, shape (m,).
    p, q
        P(dormant) and 1 − P, shape (m, ...).

    Returns
    -------
    ndarray, shape (...)
        -inf where a cell was seen in a state that P rules out.
    """
    with np.errstate(divide="ignore"):
        log_p, log_q = np.log(p), np.log(q)
    total = np.zeros(p.shape[1:])
    for k, j, a, b in zip(dormant, awake, log_p, log_q, strict=True):
        # 0 · ln 0 = 0: nobody was seen in a state that cannot be.
        total += (k * a if k else 0.0) + (j * b if j else 0.0)
    return total


def grid_posterior(
    response: Response,
    dormant: FloatArray,
    awake: FloatArray,
    bounds: Bounds,
    softened: float = 1.0,
) -> Posterior:
    """Posterior on a grid.

    Parameters
    ----------
    response
        h of the gels.
    dormant, awake
        Cells of each gel in G0 arrest, and the others, shape (m,).
    bounds
        Of the prior.
    softened
        Dispersion φ, at least 1: the log-likelihood is divided by it.

    Returns
    -------
    Posterior

    Raises
    ------
    InputError
        If the counts are impossible wherever the prior allows.
    """
    ranges = [(low, high) for low, high in bounds]
    for _ in range(_ZOOMS):
        axes = _axes(ranges, _COARSE)
        value, _ = _log_likelihoods(response, dormant, awake, axes)
        if not np.isfinite(value.max()):
            raise InputError(
                "what was counted cannot be under this rule: cells were seen in a state that it "
                "rules out",
                hint="give the plateaus Pmin and Pmax ranges that do not end at 0 and 1",
            )
        narrowed = [
            _narrowed(x, np.asarray(_profile(value, i) / softened), bounds[i])
            for i, x in enumerate(axes)
        ]
        steady = all(_steady(old, new) for old, new in zip(ranges, narrowed, strict=True))
        ranges = narrowed
        if steady:
            break
    axes = _axes(ranges, _FINE)
    value, h = _log_likelihoods(response, dormant, awake, axes)
    best = np.unravel_index(int(np.argmax(value)), value.shape)
    rule = np.ix_(*(_trapezoid(x) for x in axes))
    volume = rule[0] * rule[1] * rule[2] * rule[3]
    density = np.exp((value - value[best]) / softened)
    mass = float((density * volume).sum())
    prior = float(np.prod([high - low for low, high in bounds if high > low]))
    return Posterior(
        axes=tuple(axes),
        weights=density * volume / mass,
        response=h,
        best=tuple(int(i) for i in best),
        log_likelihood=float(value[best]),
        log_evidence=float(value[best]) / softened + float(np.log(mass / prior)),
    )


def _axes(ranges: Sequence[tuple[float, float]], sizes: Sequence[int]) -> list[FloatArray]:
    return [
        np.asarray(np.linspace(low, high, size if high > low else 1))
        for (low, high), size in zip(ranges, sizes, strict=True)
    ]


def _trapezoid(x: FloatArray) -> FloatArray:
    """Weights of the trapezoidal rule on evenly spaced nodes; 1 for a single one."""
    if len(x) == 1:
        return np.ones(1)
    weights = np.full(len(x), x[1] - x[0])
    weights[[0, -1]] *= 0.5
    return weights


def _log_likelihoods(
    response: Response, dormant: FloatArray, awake: FloatArray, axes: Sequence[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """The log-likelihood at every node ``(a, b, c, d)``, and h ``(m, a·b)``."""
    x, y, low, high = axes
    first, second = (g.ravel() for g in np.meshgrid(np.exp(x), np.exp(y), indexing="ij"))
    h = response(first, second)
    value = np.empty((len(low), len(high), h.shape[1]))
    for i, bottom in enumerate(low):
        for j, top in enumerate(high):
            reach = (top - bottom) * h
            value[i, j] = log_likelihood(dormant, awake, top - reach, (1.0 - top) + reach)
    return np.moveaxis(value.reshape(len(low), len(high), len(x), len(y)), (2, 3), (0, 1)), h


def _profile(value: FloatArray, axis: int) -> FloatArray:
    """Best value at each node of an axis, relative to the best of all."""
    others = tuple(i for i in range(value.ndim) if i != axis)
    best: FloatArray = np.asarray(value.max(axis=others), dtype=float)
    return best - best.max()


def _narrowed(
    x: FloatArray, profile: FloatArray, bound: tuple[float, float]
) -> tuple[float, float]:
    """Range of an axis that is worth looking at, one node further than needed on either side."""
    if len(x) == 1:
        return float(x[0]), float(x[0])
    worth = np.flatnonzero(profile > -_DEPTH)
    first, last = int(worth[0]), int(worth[-1])
    half = 0.5 * float(x[-1] - x[0])
    low = float(x[first - 1]) if first > 0 else float(x[0]) - half
    high = float(x[last + 1]) if last < len(x) - 1 else float(x[-1]) + half
    return max(low, bound[0]), min(high, bound[1])


def _steady(old: tuple[float, float], new: tuple[float, float]) -> bool:
    width = new[1] - new[0]
    return all(abs(a - b) <= _STEADY * width for a, b in zip(old, new, strict=True))
