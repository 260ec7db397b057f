"""What the network says of sites: activities, dormancy and P(dormant)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from meshes.errors import InputError
from solver.coupling.collagen_doses import FloatArray
from solver.coupling.parameters import load_preset

from .conditions import Conditions, conditions
from .model import Network, load_network
from .steady import STARTS, steady_state

_APART = 1e-4
"""Ends of the two starts that differ by more are two steady states, not one."""


@dataclass(frozen=True)
class NetworkAnswer:
    """Steady state of n sites.

    Attributes
    ----------
    species : tuple of str
        Names of the s nodes.
    activity : ndarray, shape (n, s)
        Of the nodes, 0 to 1, from the chosen start.
    p : ndarray, shape (n,)
        P(dormant) = Pmin + (Pmax − Pmin) · dormancy.
    start : str
        Start the numbers belong to: ``asleep`` or ``awake``.
    bistable : ndarray of bool, shape (n,)
        Where the other start ends elsewhere.
    unique : bool
        Whether the wiring is monotone, so that a site that is not bistable has one steady state and
        no other (see `Network.monotone`).
    residual : float
        Largest \\|f ymax − y\\| left.
    left_out : tuple of str
        Doses and blocks the network has no node for.
    """

    species: tuple[str, ...]
    activity: FloatArray
    p: FloatArray
    start: str
    bistable: NDArray[np.bool_]
    unique: bool
    residual: float
    left_out: tuple[str, ...]

    def of(self, species: str) -> FloatArray:
        """Activity of one node.

        Parameters
        ----------
        species
            Its name.

        Returns
        -------
        ndarray, shape (n,)
            0 to 1.
        """
        return self.activity[:, self.species.index(species)]

    @property
    def dormancy(self) -> FloatArray:
        """Activity of the node ``dormancy``, shape (n,), 0 to 1."""
        return self.of("dormancy")


def answer_of(
    network: Network,
    at: Conditions,
    *,
    start: str = "asleep",
    plateaus: tuple[float, float] | None = None,
) -> NetworkAnswer:
    """Solve a network at given inputs.

    Parameters
    ----------
    network
        The wiring.
    at
        n conditions.
    start, plateaus
        As in `network_answer`.

    Returns
    -------
    NetworkAnswer

    Raises
    ------
    InputError
        If the start is unknown or the plateaus are none.
    SolveError
        If the network does not come to rest.
    """
    if plateaus is None:
        shared = load_preset("adhesive")
        plateaus = shared["Pmin"], shared["Pmax"]
    low, high = plateaus
    if not 0.0 <= low < high <= 1.0:
        raise InputError(f"network: expected 0 <= Pmin < Pmax <= 1, found {low:g} and {high:g}")
    chosen = steady_state(network, at, start)
    (other,) = (steady_state(network, at, name) for name in STARTS if name != start)
    apart = np.abs(chosen.activity - other.activity).max(axis=1, initial=0.0)
    dormancy = chosen.activity[:, network.node_names.index("dormancy")]
    return NetworkAnswer(
        species=network.node_names,
        activity=chosen.activity,
        p=low + (high - low) * dormancy,
        start=start,
        bistable=apart > _APART,
        unique=network.monotone,
        residual=chosen.residual,
        left_out=at.left_out,
    )


def network_answer(
    E: ArrayLike,
    ligand: ArrayLike = 1.0,
    doses: Mapping[str, ArrayLike] = MappingProxyType({}),
    blocks: Mapping[str, ArrayLike] = MappingProxyType({}),
    upar: ArrayLike = 1.0,
    fibronectin: ArrayLike = 1.0,
    *,
    stiffness_sign: int = 1,
    degradability: float = 1.0,
    start: str = "asleep",
    plateaus: tuple[float, float] | None = None,
    network: Network | None = None,
) -> NetworkAnswer:
    """The network's steady state and P(dormant) at n sites.

    P = Pmin + (Pmax − Pmin) · dormancy: the activity of the last node read as the fraction asleep,
    between the rule's plateaus. An assumption: the network is one mean cell, not a population.

    Parameters
    ----------
    E
        Sensed stiffness, kPa; number or shape (n,). The cost grows with n: see `site_classes`.
    ligand, doses, blocks, upar, fibronectin
        Numbers or shape (n,), see `conditions`. Names without a node are left out and listed.
    stiffness_sign, degradability
        Of the preset: `conditions`.
    start
        ``asleep`` or ``awake``: which steady state is reported where there are two.
    plateaus
        Pmin and Pmax; None: those of the rule.
    network
        The wiring; None: the one that comes along.

    Returns
    -------
    NetworkAnswer

    Raises
    ------
    InputError
        If a number is none, out of range or of another length.
    SolveError
        If the network does not come to rest.
    """
    network = load_network() if network is None else network
    at = conditions(
        network,
        E,
        ligand,
        doses,
        blocks,
        upar,
        fibronectin,
        stiffness_sign=stiffness_sign,
        degradability=degradability,
    )
    return answer_of(network, at, start=start, plateaus=plateaus)
