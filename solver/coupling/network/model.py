"""The equations: ``dy/dt = (f · ymax − y)/τ`` with the right-hand side and its exact Jacobian.

A reaction is the AND of its terms, ``r = w Π g``, ``g = f(x)`` of an activator and ``1 − f(x)`` of
an inhibitor (the product of the single values ``w g`` over ``w^(m−1)``); the reactions of one node
are joined by OR, ``1 − Π (1 − r)`` (Kraeutler 2010, 10.1186/1752-0509-4-157; Netflux).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from solver.coupling.collagen_doses import FloatArray

from .hill import hill, hill_constants, hill_slope
from .tables import MADE, Reaction, Species, read_tables

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Network:
    """A wiring of inputs and nodes.

    Attributes
    ----------
    species : tuple of Species
        Inputs and nodes, in the table's order.
    reactions : tuple of Reaction
    """

    species: tuple[Species, ...]
    reactions: tuple[Reaction, ...]

    @cached_property
    def nodes(self) -> tuple[Species, ...]:
        """What the network works out, s of them: the columns of every state."""
        return tuple(one for one in self.species if one.kind in MADE)

    @cached_property
    def inputs(self) -> tuple[Species, ...]:
        """What is given, p of them: the columns of every array of inputs."""
        return tuple(one for one in self.species if one.kind not in MADE)

    @cached_property
    def node_names(self) -> tuple[str, ...]:
        """Names of `nodes`."""
        return tuple(one.species for one in self.nodes)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """Names of `inputs`."""
        return tuple(one.species for one in self.inputs)

    @cached_property
    def tau(self) -> FloatArray:
        """Relaxation times, shape (s,), arbitrary unit."""
        return np.array([one.tau for one in self.nodes])

    @cached_property
    def monotone(self) -> bool:
        """Whether every arrow between nodes agrees with their sides.

        Then raising any node of the awake side never lowers another of that side, the trajectories
        from the two extreme starting states enclose all others, and where both end in one steady
        state it is the only one (order-preserving systems, Smith 1995, Monotone Dynamical Systems,
        theorem from memory).
        """
        side = {one.species: one.side for one in self.nodes}
        return all(
            (side[name] == side[reaction.product]) == activates
            for reaction in self.reactions
            for names, activates in ((reaction.activators, True), (reaction.inhibitors, False))
            for name in names
            if name in side
        )

    def extreme(self, start: str, ymax: FloatArray) -> FloatArray:
        """The state farthest to one side: its nodes at ymax, those of the other side at 0.

        Parameters
        ----------
        start
            ``"awake"`` or ``"asleep"``.
        ymax
            Largest activities, shape (k, s).

        Returns
        -------
        ndarray, shape (k, s)
            Activity.
        """
        return ymax * np.array([one.side == start for one in self.nodes])

    @cached_property
    def _terms(self) -> tuple[Index, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Source, sign, n, B, K^n of each term of each reaction, shape (R, M).

        Columns of the state are followed by those of the inputs and by a constant 1, which fills
        the reactions that have fewer than M terms: f(1) = 1.
        """
        column = {name: i for i, name in enumerate((*self.node_names, *self.input_names))}
        one = len(column)
        most = max(len(r.activators) + len(r.inhibitors) for r in self.reactions)
        shape = (len(self.reactions), max(most, 1))
        source, sign = np.full(shape, one, dtype=np.intp), np.ones(shape)
        for i, reaction in enumerate(self.reactions):
            names = (*reaction.activators, *reaction.inhibitors)
            source[i, : len(names)] = [column[name] for name in names]
            sign[i, len(reaction.activators) : len(names)] = -1.0
        n = np.array([[r.n] for r in self.reactions])
        B, Kn = hill_constants(n, np.array([[r.ec50] for r in self.reactions]))
        return source, sign, n, B, Kn

    @cached_property
    def _weights(self) -> FloatArray:
        """Weights of the reactions, and 0 for the one that fills groups."""
        return np.array([*(reaction.weight for reaction in self.reactions), 0.0])

    @cached_property
    def _groups(self) -> tuple[Index, Index, Index]:
        """Reactions of each node, shape (s, G), and where each reaction stands in it.

        Nodes with fewer than G reactions are filled with one that never acts: r = 0.
        """
        row = {name: i for i, name in enumerate(self.node_names)}
        members: list[list[int]] = [[] for _ in row]
        node, slot = [], []
        for i, reaction in enumerate(self.reactions):
            group = members[row[reaction.product]]
            node.append(row[reaction.product])
            slot.append(len(group))
            group.append(i)
        most = max(len(group) for group in members)
        filled = np.full((len(row), most), len(self.reactions), dtype=np.intp)
        for i, group in enumerate(members):
            filled[i, : len(group)] = group
        return filled, np.array(node, dtype=np.intp), np.array(slot, dtype=np.intp)

    def _all(self, y: FloatArray, inputs: FloatArray) -> FloatArray:
        return np.concatenate([y, inputs, np.ones((len(y), 1))], axis=1)

    def _factors(self, x: FloatArray) -> FloatArray:
        """g of every term, shape (k, R, M)."""
        source, sign, n, B, Kn = self._terms
        value = hill(x[:, source], n, B, Kn)
        return np.where(sign > 0.0, value, 1.0 - value)

    def _idle(self, g: FloatArray) -> FloatArray:
        """1 − r of every reaction in its group, shape (k, s, G)."""
        r = np.ones((len(g), len(self._weights)))
        r[:, :-1] = g.prod(axis=2)
        return 1.0 - (self._weights * r)[:, self._groups[0]]

    def rhs(self, y: FloatArray, inputs: FloatArray, ymax: FloatArray) -> FloatArray:
        """dy/dt = (f · ymax − y)/τ.

        Parameters
        ----------
        y
            Activity of the nodes, shape (k, s): k conditions at once.
        inputs
            Activity of the inputs, 0 to 1, shape (k, p).
        ymax
            Largest activity of the nodes after blocks, shape (k, s).

        Returns
        -------
        ndarray, shape (k, s)
            Per unit of τ.
        """
        f = 1.0 - self._idle(self._factors(self._all(y, inputs))).prod(axis=2)
        return (f * ymax - y) / self.tau

    def jacobian(self, y: FloatArray, inputs: FloatArray, ymax: FloatArray) -> FloatArray:
        """d(dy_i/dt)/dy_j, exact.

        Parameters
        ----------
        y, inputs, ymax
            As in `rhs`.

        Returns
        -------
        ndarray, shape (k, s, s)
            Row i, column j; per unit of τ.
        """
        source, sign, n, B, Kn = self._terms
        _, node, slot = self._groups
        x = self._all(y, inputs)
        g = self._factors(x)
        # AND: dr/dx is w g' of the one term times g of the reaction's others.
        dr = self._weights[:-1, None] * sign * hill_slope(x[:, source], n, B, Kn) * _others(g)
        # OR: d(1 − Π(1 − r))/dr is the product over the node's other reactions.
        dr *= _others(self._idle(g))[:, node, slot, None] * ymax[:, node, None]
        size = len(self.nodes)
        reaction, term = np.nonzero(source < size)
        jacobian = np.zeros((size, size, len(y)))
        np.add.at(jacobian, (node[reaction], source[reaction, term]), dr[:, reaction, term].T)
        jacobian[range(size), range(size)] -= 1.0
        return np.ascontiguousarray(np.moveaxis(jacobian, 2, 0)) / self.tau[:, None]


def _others(values: FloatArray) -> FloatArray:
    """Along the last axis, the product of all values but the own one (which may be 0)."""
    product = np.ones_like(values)
    for i in range(values.shape[-1]):
        product[..., :i] *= values[..., i : i + 1]
        product[..., i + 1 :] *= values[..., i : i + 1]
    return product


def load_network(folder: str | PathLike[str] | None = None) -> Network:
    """Read a network from its two tables.

    Parameters
    ----------
    folder
        Holds ``species.csv`` and ``reactions.csv``; None: the wiring that comes along.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        Naming file, line and column of a wrong cell.
    """
    return _own() if folder is None else Network(*read_tables(folder))


@cache
def _own() -> Network:
    return Network(*read_tables())
