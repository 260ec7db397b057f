"""Read-out of a whole design: how an assay answers to P(dormant), and how P lies in the design.

An assay is simulated once, at sites of a few P (nodes). For each node the cells alive and the cells
called dormant, per founder, are kept; between nodes both are linear. A design is then a mean over
its sites, of the cells called and of all cells: sites at which cells grow weigh more in the share a
laboratory sees, for it cannot tell from which site a cell came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

if TYPE_CHECKING:
    from solver.assays import Readings
    from solver.population import Course, Population

FloatArray = NDArray[np.float64]

NODES: tuple[float, ...] = (*(0.05 * i for i in range(20)), 0.99)
"""P(dormant) at which assays are simulated."""

_BLOCK = 2**19  # elements of sites times samples worked on at a time


@dataclass(frozen=True, eq=False)
class Design:
    """A scaffold as its sites' P(dormant), with what is not known of it.

    Parameters
    ----------
    name
        What tables call it.
    p : ndarray, shape (n,)
        Nominal P of its sites, 0 to 1.
    samples : ndarray, shape (n, S)
        P under S samples of what is not known of the rule. Sample for sample the same numbers as in
        the design it is compared with.

    Raises
    ------
    InputError
        If shapes do not fit, or a P is not within 0 to 1.
    """

    name: str
    p: FloatArray
    samples: FloatArray

    def __post_init__(self) -> None:
        if self.p.ndim != 1 or not len(self.p) or self.samples.ndim != 2:
            raise InputError(f"{self.name}: expected P of n sites and S samples of each")
        if len(self.samples) != len(self.p) or not self.samples.shape[1]:
            raise InputError(
                f"{self.name}: expected samples for {len(self.p)} sites, found shape "
                f"{self.samples.shape}"
            )
        for p in (self.p, self.samples):
            if not (np.min(p) >= 0.0 and np.max(p) <= 1.0):
                raise InputError(f"{self.name}: expected P(dormant) from 0 to 1")

    def weights(self, nodes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How much each node counts in a mean over the sites of what is linear between nodes.

        Parameters
        ----------
        nodes : ndarray, shape (k,)
            P, ascending, at least two; sites beyond the ends count as the end.

        Returns
        -------
        nominal : ndarray, shape (k,)
        samples : ndarray, shape (k, S)
            Each sums to 1 over the nodes.
        """
        n, size = self.samples.shape
        total = np.zeros((len(nodes), size))
        step = max(1, _BLOCK // size)
        for start in range(0, n, step):
            total += _hats(self.samples[start : start + step], nodes)
        return _hats(self.p[:, None], nodes)[:, 0] / n, total / n


def _hats(p: FloatArray, nodes: FloatArray) -> FloatArray:
    """Sum over sites of the weights of the two nodes beside each P, shape (k, S)."""
    size, k = p.shape[1], len(nodes)
    left = np.clip(np.searchsorted(nodes, p, side="right") - 1, 0, k - 2)
    part = np.clip((p - nodes[left]) / (nodes[left + 1] - nodes[left]), 0.0, 1.0)
    flat = left * size + np.arange(size)
    total = np.zeros(k * size)
    total += np.bincount(flat.ravel(), (1.0 - part).ravel(), k * size)
    total += np.bincount((flat + size).ravel(), part.ravel(), k * size)
    return total.reshape(k, size)


@dataclass(frozen=True, eq=False)
class Curve:
    """How an assay, read at one time, answers to P.

    Attributes
    ----------
    assay : str
        Its name.
    at_h : float
        When it is read, h from the start.
    nodes : ndarray, shape (k,)
        P, ascending.
    cells, called, asleep : ndarray, shape (k,)
        Cells alive, cells called dormant and cells in G0, per founder.
    noise : ndarray, shape (k, 3, 3)
        Covariance of these three means, from the spread between founders.
    """

    assay: str
    at_h: float
    nodes: FloatArray
    cells: FloatArray
    called: FloatArray
    asleep: FloatArray
    noise: FloatArray

    def shares(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Shares that a laboratory would call dormant, and that are in G0.

        Parameters
        ----------
        weights : ndarray, shape (k, ...)
            Of the nodes, from `Design.weights`.

        Returns
        -------
        called, asleep : ndarray, shape (...)
            Of all cells alive; NaN where none is.
        """
        cells = np.tensordot(self.cells, weights, axes=1)
        with np.errstate(invalid="ignore"):
            return (
                np.tensordot(self.called, weights, axes=1) / cells,
                np.tensordot(self.asleep, weights, axes=1) / cells,
            )

    def simulation_error(self, first: FloatArray, second: FloatArray) -> float:
        """Standard error of the difference of two shares called, from the founders simulated.

        Parameters
        ----------
        first, second : ndarray, shape (k,)
            Weights of the nodes in the two designs.

        Returns
        -------
        float
            By the delta method. Nodes are independent; what two designs share at one cancels.
        """
        slope = np.zeros((len(self.nodes), 3))
        for sign, weights in ((-1.0, first), (1.0, second)):
            cells = weights @ self.cells
            slope[:, 0] -= sign * weights * (weights @ self.called) / cells**2
            slope[:, 1] += sign * weights / cells
        return float(np.sqrt(np.einsum("ki,kij,kj->", slope, self.noise, slope)))


def node_sites(founders: int, nodes: Sequence[float] = NODES) -> Population:
    """Founders to simulate for `curve_of`: as many at each node, and none in another's way.

    Parameters
    ----------
    founders
        At each node; the error of a share falls with its root. 150 leave some 0.005 (see
        `Curve.simulation_error`).
    nodes
        P(dormant).

    Returns
    -------
    Population
        To be simulated without room: all lie at the origin.
    """
    from solver.population import Population

    p = np.repeat(np.asarray(nodes, dtype=float), founders)
    return Population(np.zeros((len(p), 3)), p)


def curve_of(course: Course, readings: Readings) -> Curve:
    """The answer of an assay to P, from a simulation whose sites stand at a few P.

    Parameters
    ----------
    course
        Simulation with several founders at each of at least two P.
    readings
        What the assay reads of it.

    Returns
    -------
    Curve

    Raises
    ------
    InputError
        If there are fewer than two P, or a single founder at one of them.
    """
    sites = len(course.sites.p)
    each = np.stack(
        [
            np.bincount(readings.founder, weights, minlength=sites)[course.kept]
            for weights in (None, readings.gate, readings.truth)
        ]
    ).astype(float)
    nodes, node = np.unique(course.sites.p[course.kept], return_inverse=True)
    count = np.bincount(node)
    if len(nodes) < 2 or count.min() < 2:
        raise InputError(
            "assay: expected two founders or more at each of two P(dormant) or more, found "
            f"{count.min()} at one of {len(nodes)}"
        )
    mean = np.array([np.bincount(node, row) for row in each]) / count
    off = each - mean[:, node]
    noise = np.array([[np.bincount(node, a * b) for b in off] for a in off])
    return Curve(
        assay=readings.assay,
        at_h=readings.at_h,
        nodes=nodes,
        cells=mean[0],
        called=mean[1],
        asleep=mean[2],
        noise=np.moveaxis(noise / (count * (count - 1.0)), 2, 0),
    )
